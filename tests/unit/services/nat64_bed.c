/* SPDX-License-Identifier: BSD-3-Clause */
/* See nat64_bed.h. */

#include "nat64_bed.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"

enum { ROOM_IN_FRONT = 128, ETHER = 14 };

/* Making. */

static bool
is_ipv6(const struct spec *spec)
{
	return strchr(spec->from.address, ':') != NULL;
}

/** @return bytes of what comes behind the IP headers. */
static uint16_t
write_l4(uint8_t *l4, const struct spec *spec)
{
	uint16_t head = spec->proto == WP_PROTO_TCP ? 20 : 8, size;

	if (spec->offset != 0)
		head = 0;
	size = (uint16_t)(head + (spec->quote != NULL ? spec->quote_size : spec->data));
	memset(l4, 0, head);
	for (uint16_t i = head; i < size; i++)
		l4[i] = spec->quote != NULL ? ((const uint8_t *)spec->quote)[i - head]
					    : (uint8_t)(i - head + spec->offset);
	if (head == 0)
		return size;
	if (spec->proto == WP_PROTO_TCP || spec->proto == WP_PROTO_UDP) {
		wp_put16(l4, spec->from.port);
		wp_put16(l4 + 2, spec->to.port);
	}
	if (spec->proto == WP_PROTO_TCP) {
		l4[12] = 0x50;
		l4[13] = spec->flags;
	} else if (spec->proto == WP_PROTO_UDP) {
		wp_put16(l4 + 4, spec->more ? 4000u : size);
	} else {
		l4[0] = spec->type;
		l4[1] = spec->code;
		wp_put32(
			l4 + 4,
			spec->quote != NULL
				? spec->word
				: (uint32_t)(spec->from.port != 0 ? spec->from.port : spec->to.port)
					  << 16);
	}
	return size;
}

static uint8_t *
write_ipv4(uint8_t *ip, const struct spec *spec, uint16_t size)
{
	uint16_t sum;

	memset(ip, 0, 20);
	ip[0] = 0x45;
	wp_put16(ip + 2, size + 20u);
	wp_put16(ip + 4, spec->id);
	wp_put16(ip + 6, (spec->df ? 0x4000u : 0) | (spec->more ? 0x2000u : 0) | spec->offset / 8u);
	ip[8] = spec->hops != 0 ? spec->hops : 64;
	ip[9] = spec->proto;
	ck_assert_int_eq(inet_pton(AF_INET, spec->from.address, ip + 12), 1);
	ck_assert_int_eq(inet_pton(AF_INET, spec->to.address, ip + 16), 1);
	sum = wp_checksum_ipv4(ip, 20);
	memcpy(ip + 10, &sum, 2);
	return ip + 20;
}

static bool
has_fragment_header(const struct spec *spec)
{
	return spec->more || spec->offset != 0 || spec->id != 0;
}

static uint8_t *
write_ipv6(uint8_t *ip, const struct spec *spec, uint16_t size)
{
	uint8_t *fragment = ip + 40;

	memset(ip, 0, 48);
	ip[0] = 0x60;
	wp_put16(ip + 4, size);
	ip[6] = spec->proto;
	ip[7] = spec->hops != 0 ? spec->hops : 64;
	ck_assert_int_eq(inet_pton(AF_INET6, spec->from.address, ip + 8), 1);
	ck_assert_int_eq(inet_pton(AF_INET6, spec->to.address, ip + 24), 1);
	if (!has_fragment_header(spec))
		return ip + 40;
	wp_put16(ip + 4, size + 8u);
	ip[6] = WP_PROTO_FRAGMENT;
	fragment[0] = spec->proto;
	wp_put16(fragment + 2, (spec->offset & ~7u) | spec->more);
	wp_put32(fragment + 4, spec->id);
	return ip + 48;
}

/** @return where the checksum of an L4 header is; NULL: there is none. */
static uint8_t *
sum_of(const struct wp_packet *view)
{
	if (view->l4 == 0)
		return NULL;
	switch (view->l4_proto) {
	case WP_PROTO_TCP:
		return wp_l4(view) + 16;
	case WP_PROTO_UDP:
		return wp_l4(view) + 6;
	case WP_PROTO_ICMP:
	case WP_PROTO_ICMPV6:
		return wp_l4(view) + 2;
	default:
		return NULL;
	}
}

void
bed_parse(void)
{
	packet.view.buf = packet.bytes;
	wp_parse(&packet.view);
}

uint8_t *
bed_make(const struct spec *spec)
{
	uint8_t l4[SVC_PACKET_ROOM], *ip = packet.bytes + ROOM_IN_FRONT + ETHER, *behind, *sum;
	uint16_t size, value;

	memset(&packet, 0, sizeof(packet));
	size = write_l4(l4, spec);
	behind = is_ipv6(spec) ? write_ipv6(ip, spec, size) : write_ipv4(ip, spec, size);
	ck_assert(behind + size <= packet.bytes + sizeof(packet.bytes));
	memcpy(behind, l4, size);
	wp_put16(ip - 2, is_ipv6(spec) ? WP_ETHERTYPE_IPV6 : WP_ETHERTYPE_IPV4);
	packet.view.room = SVC_PACKET_ROOM;
	packet.view.start = ROOM_IN_FRONT;
	packet.view.len = (uint16_t)(behind + size - packet.bytes - ROOM_IN_FRONT);
	packet.view.flags = WP_PKT_ETHERNET;
	bed_parse();
	sum = sum_of(&packet.view);
	if (sum != NULL && (packet.view.flags & WP_PKT_FRAGMENT) == 0) {
		value = wp_checksum_l4(&packet.view);
		memcpy(sum, &value, 2);
	}
	return ip;
}

enum wp_verdict
bed_out(const struct spec *spec)
{
	bed_make(spec);
	return bed_pass(WP_INSIDE_SOURCE);
}

enum wp_verdict
bed_in(const struct spec *spec)
{
	bed_make(spec);
	return bed_pass(WP_INSIDE_DESTINATION);
}

void
bed_refused_out(const struct spec *spec, enum nat_reason reason)
{
	ck_assert_int_eq(bed_out(spec), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, reason);
}

void
bed_refused_in(const struct spec *spec, enum nat_reason reason)
{
	ck_assert_int_eq(bed_in(spec), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, reason);
}

/* Looking. */

/** Fills in what an IP header at @p ip says. */
static void
read_addresses(const struct wp_packet *view, struct seen *seen)
{
	int family = view->ip_version == 6 ? AF_INET6 : AF_INET;

	inet_ntop(family, wp_source(view), seen->source, sizeof(seen->source));
	inet_ntop(family, wp_dest(view), seen->dest, sizeof(seen->dest));
	seen->version = view->ip_version;
	seen->proto = view->l4_proto;
	seen->hops = wp_l3(view)[view->ip_version == 6 ? 7 : 8];
	seen->size = (uint16_t)(view->end - view->l3);
	seen->sport = view->l4_sport;
	seen->dport = view->l4_dport;
	if (view->l4 == 0 || (view->l4_proto != WP_PROTO_ICMP && view->l4_proto != WP_PROTO_ICMPV6))
		return;
	seen->sport = view->l4_dport;
	seen->type = wp_l4(view)[0];
	seen->code = wp_l4(view)[1];
	seen->word = wp_get32(wp_l4(view) + 4);
}

static bool
sums_are_right(const struct wp_packet *view)
{
	const uint8_t *ip = wp_l3(view);

	if (view->ip_version == 4 &&
	    wp_checksum_ipv4(ip, (size_t)(ip[0] & 15) * 4) != wp_load16(ip + 10))
		return false;
	if ((view->flags & WP_PKT_FRAGMENT) != 0 || sum_of(view) == NULL)
		return true;
	return wp_checksum_l4(view) == 0;
}

struct seen
bed_look(struct svc_packet *at)
{
	struct wp_packet view = at->view;
	struct seen seen = {0};

	wp_parse(&view);
	ck_assert_uint_eq(view.flags & (WP_PKT_BAD_HEADER | WP_PKT_TRUNCATED), 0);
	ck_assert_uint_eq(view.end, view.start + view.len); /* nothing is left behind it */
	ck_assert_uint_eq(view.ethertype,
			  view.ip_version == 6 ? WP_ETHERTYPE_IPV6 : WP_ETHERTYPE_IPV4);
	ck_assert_uint_eq(view.l3, at->view.l3); /* the view fits */
	ck_assert_uint_eq(view.l4, at->view.l4);
	read_addresses(&view, &seen);
	seen.right = sums_are_right(&view);
	return seen;
}

struct seen
bed_seen(void)
{
	return bed_look(&packet);
}

struct seen
bed_quoted(void)
{
	struct wp_packet view = {.buf = packet.bytes,
				 .room = packet.view.room,
				 .start = (uint16_t)(packet.view.l4 + 8),
				 .len = (uint16_t)(packet.view.end - packet.view.l4 - 8)};
	struct seen seen = {0};

	wp_parse(&view);
	ck_assert_uint_eq(view.flags & WP_PKT_BAD_HEADER, 0);
	read_addresses(&view, &seen);
	seen.right = (view.flags & WP_PKT_TRUNCATED) != 0 || sums_are_right(&view);
	return seen;
}

struct end
bed_source(const struct seen *seen)
{
	static char texts[8][46];
	static unsigned int next;
	char *text = texts[next++ % 8];

	snprintf(text, sizeof(texts[0]), "%s", seen->source);
	return (struct end){text, seen->sport};
}

/* Conversations. */

bool
in_pool(struct end end)
{
	return strncmp(end.address, "203.0.113.", 10) == 0 && end.port >= 1024;
}

bool
is_end(const char *address, uint16_t port, struct end end)
{
	return strcmp(address, end.address) == 0 && port == end.port;
}

struct end
in_prefix(struct end x)
{
	static char text[8][46];
	static unsigned int next;
	unsigned long b4;
	char *to = text[next++ % 8];

	ck_assert(in_pool(x));
	b4 = strtoul(x.address + strlen("203.0.113."), NULL, 10);
	snprintf(to, sizeof(text[0]),
		 b4 == 0 ? "2001:db8:64::cb00:7100" : "2001:db8:64::cb00:71%02lx", b4);
	return (struct end){to, x.port};
}

struct end
send_out(uint8_t proto, struct end from, uint8_t flags)
{
	const struct spec spec = {
		.from = from, .to = r6, .proto = proto, .flags = flags, .data = 12, .hops = 9};
	struct seen seen;

	ck_assert_int_eq(bed_out(&spec), WP_NEXT);
	seen = bed_seen();
	ck_assert_uint_eq(seen.version, 4);
	ck_assert_uint_eq(seen.proto, proto);
	ck_assert_uint_eq(seen.hops, 9);
	ck_assert(is_end(seen.dest, seen.dport, r));
	ck_assert(in_pool(bed_source(&seen)));
	ck_assert(seen.right);
	return bed_source(&seen);
}

void
send_in(uint8_t proto, struct end to, uint8_t flags, struct end host)
{
	const struct spec spec = {
		.from = r, .to = to, .proto = proto, .flags = flags, .data = 12, .hops = 7};
	struct seen seen;

	ck_assert_int_eq(bed_in(&spec), WP_NEXT);
	seen = bed_seen();
	ck_assert_uint_eq(seen.version, 6);
	ck_assert_uint_eq(seen.hops, 7);
	ck_assert(is_end(seen.source, seen.sport, r6));
	ck_assert(is_end(seen.dest, seen.dport, host));
	ck_assert(seen.right);
}

struct end
ping(struct end from)
{
	const struct spec spec = {
		.from = from, .to = {r6.address, 0}, .proto = ICMP6, .type = ECHO6, .data = 20};
	struct seen seen;

	ck_assert_int_eq(bed_out(&spec), WP_NEXT);
	seen = bed_seen();
	ck_assert_uint_eq(seen.proto, ICMP4);
	ck_assert_uint_eq(seen.type, ECHO4);
	ck_assert_str_eq(seen.dest, r.address);
	ck_assert(seen.right);
	return bed_source(&seen);
}
