/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet is a front that changes (its IP header; of an ICMP error also the ICMP header and the IP
 * header that it quotes) and what is behind, which stays where it is. First the new front is made
 * beside the packet, and everything is checked; then it takes the old one's place, and checksums
 * behind it learn of the new addresses.
 */

#include "siit/siit.h"

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "siit/header.h"
#include "siit/icmp.h"

enum {
	IPV6_SIZE = 40,
	ERROR_MAX6 = 1280, /* bytes of an ICMPv6 error (RFC 4443 2.4 c) */
	PROTO_UDPLITE = 136,
	UDP_SUM_AT = 6,
};

/** A translation that has not happened yet. */
struct plan {
	struct header outer, quoted;
	bool quotes;              /* is an ICMP error */
	uint16_t outer_addresses; /* ones' complement sums of them, before */
	uint16_t quoted_addresses;
	uint16_t udp_sum;              /* in place of none */
	uint16_t icmp_sum;             /* of all that an error's checksum covers */
	uint16_t old_front, new_front; /* bytes */
	uint16_t size;                 /* bytes of the new packet from l3 on */
	uint8_t front[2 * HEADER_SIZE_MAX + ICMP_HEADER_SIZE];
};

/* Ones' complement sums, in network order. */

static uint16_t
sum(const void *data, size_t size)
{
	return (uint16_t)~wp_checksum(data, size);
}

static uint16_t
add(uint16_t a, uint16_t b)
{
	uint32_t wide = (uint32_t)a + b;

	return (uint16_t)((wide & 0xffff) + (wide >> 16));
}

/** @return the sum of a header's two addresses. */
static uint16_t
sum_addresses(uint8_t version, const uint8_t *ip)
{
	return version == 4 ? sum(ip + 12, 8) : sum(ip + 8, 32);
}

/** @return the sum of an ICMPv6 pseudo header (RFC 4443 2.3). */
static uint16_t
sum_pseudo(uint16_t addresses, uint32_t size)
{
	return add(add(addresses, __builtin_bswap16((uint16_t)size)),
		   __builtin_bswap16(WP_PROTO_ICMPV6));
}

/* Planning. */

/** @return where a protocol's checksum is that covers addresses; 0: there is none. */
static unsigned int
sum_place(uint8_t protocol)
{
	switch (protocol) {
	case WP_PROTO_TCP:
		return 16;
	case WP_PROTO_UDP:
	case WP_PROTO_DCCP:
	case PROTO_UDPLITE:
		return UDP_SUM_AT;
	default:
		return 0;
	}
}

/** A UDP packet without a checksum needs one in IPv6. */
static int
plan_udp(const struct wp_packet *pkt, const uint8_t *udp, struct plan *plan)
{
	if (header_is_fragment(&plan->outer) || pkt->l4 == 0)
		return -EPROTONOSUPPORT;
	if ((uint32_t)(udp[4] << 8 | udp[5]) != plan->outer.payload)
		return -EBADMSG;
	plan->udp_sum = wp_checksum_l4(pkt);
	if (plan->udp_sum == 0)
		plan->udp_sum = UINT16_MAX;
	return 0;
}

/** Plans a packet that is not ICMP. @param l4  @p room bytes behind the header */
static int
plan_other(const struct wp_packet *pkt, const uint8_t *l4, unsigned int room, struct plan *plan)
{
	unsigned int at = sum_place(plan->outer.protocol);

	if (at == 0 || plan->outer.offset != 0)
		return 0;
	if (room < at + 2)
		return -EBADMSG; /* its checksum is in a later fragment, or nowhere */
	if (plan->outer.version == 4 && plan->outer.protocol == WP_PROTO_UDP &&
	    wp_load16(l4 + at) == 0)
		return plan_udp(pkt, l4, plan);
	return 0;
}

/** Reads the packet that an error quotes, and checks that the start of it can be translated. */
static int
plan_quoted(const uint8_t *ip, unsigned int room, struct plan *plan)
{
	struct header *quoted = &plan->quoted;
	uint8_t icmp[ICMP_HEADER_SIZE];
	int err = header_read(ip, room, quoted);

	if (err != 0)
		return err;
	if (quoted->version != plan->outer.version)
		return -EBADMSG;
	if (quoted->version == 6 && quoted->payload + 20 > UINT16_MAX)
		return -EMSGSIZE;
	plan->quoted_addresses = sum_addresses(quoted->version, ip);
	if (quoted->protocol != WP_PROTO_ICMP || quoted->offset != 0)
		return 0;
	if (room - quoted->size < ICMP_HEADER_SIZE)
		return -EBADMSG;
	memcpy(icmp, ip + quoted->size, sizeof(icmp));
	return icmp_turn(quoted->version, icmp, NULL, NULL); /* an error about an error: refused */
}

/** @return how many bytes behind the quoted header an error keeps: what RFC 4884 puts behind them
 * goes, as its length would no longer be true, and so does what makes the error too long. */
static int
plan_rest(const uint8_t *icmp, unsigned int room, const struct plan *plan)
{
	unsigned int length = icmp_quoted_length(plan->outer.version, icmp);
	unsigned int rest = room - ICMP_HEADER_SIZE - plan->quoted.size, max;

	if (length != 0 && length < plan->quoted.size)
		return -EBADMSG;
	if (length != 0 && length - plan->quoted.size < rest)
		rest = length - plan->quoted.size;
	max = ERROR_MAX6 - IPV6_SIZE - ICMP_HEADER_SIZE - header_other_size(&plan->quoted);
	return (int)(plan->outer.version == 4 && rest > max ? max : rest);
}

/** Makes the new ICMP header and the new quoted one, behind the place of the outer header. */
static int
plan_error(const uint8_t *icmp, unsigned int room, const struct wp_siit *how, struct plan *plan)
{
	uint8_t *front = plan->front + header_other_size(&plan->outer);
	uint8_t version = plan->outer.version;
	int err = plan_quoted(icmp + ICMP_HEADER_SIZE, room - ICMP_HEADER_SIZE, plan), rest;

	if (err != 0)
		return err;
	memcpy(front, icmp, ICMP_HEADER_SIZE);
	err = icmp_turn(version, front, &plan->quoted, how);
	if (err != 0)
		return err;
	rest = plan_rest(icmp, room, plan);
	if (rest < 0)
		return rest;
	header_write(&plan->quoted, front + ICMP_HEADER_SIZE, how->quoted.source, how->quoted.dest,
		     how->id);
	plan->quotes = true;
	plan->icmp_sum = sum(icmp, room);
	if (version == 6)
		plan->icmp_sum = add(plan->icmp_sum, sum_pseudo(plan->outer_addresses, room));
	plan->old_front = (uint16_t)(plan->old_front + ICMP_HEADER_SIZE + plan->quoted.size);
	plan->new_front =
		(uint16_t)(plan->new_front + ICMP_HEADER_SIZE + header_other_size(&plan->quoted));
	plan->outer.payload =
		ICMP_HEADER_SIZE + header_other_size(&plan->quoted) + (unsigned int)rest;
	return 0;
}

static int
plan_icmp(const uint8_t *icmp, unsigned int room, const struct wp_siit *how, struct plan *plan)
{
	uint8_t copy[ICMP_HEADER_SIZE];

	if (header_is_fragment(&plan->outer))
		return -EPROTONOSUPPORT; /* the checksum covers the whole's length */
	if (room < ICMP_HEADER_SIZE)
		return -EBADMSG;
	if (icmp_quotes(plan->outer.version, icmp[0]))
		return plan_error(icmp, room, how, plan);
	memcpy(copy, icmp, sizeof(copy));
	return icmp_turn(plan->outer.version, copy, NULL, how);
}

static int
make_plan(const struct wp_packet *pkt, uint8_t version, const struct wp_siit *how,
	  struct plan *plan)
{
	unsigned int room = (unsigned int)(pkt->end - pkt->l3);
	const uint8_t *ip = wp_l3(pkt);
	int err;

	plan->quotes = false;
	plan->udp_sum = 0;
	if (pkt->l3 == 0 || pkt->ip_version != version ||
	    (pkt->flags & (WP_PKT_TRUNCATED | WP_PKT_BAD_HEADER)) != 0)
		return -EBADMSG;
	err = header_read(ip, room, &plan->outer);
	if (err != 0)
		return err;
	plan->outer_addresses = sum_addresses(version, ip);
	plan->old_front = plan->outer.size;
	plan->new_front = (uint16_t)header_other_size(&plan->outer);
	room -= plan->outer.size;
	if (plan->outer.protocol == WP_PROTO_ICMP)
		err = plan_icmp(ip + plan->outer.size, room, how, plan);
	else
		err = plan_other(pkt, ip + plan->outer.size, room, plan);
	if (err != 0)
		return err;
	if (header_other_size(&plan->outer) + plan->outer.payload > UINT16_MAX)
		return -EMSGSIZE;
	plan->size = (uint16_t)(header_other_size(&plan->outer) + plan->outer.payload);
	header_write(&plan->outer, plan->front, how->packet.source, how->packet.dest, how->id);
	return 0;
}

/* Doing it. */

/** Brings an echo, or a quoted one, into the other family's words. */
static void
turn_echo(const struct header *header, uint8_t *icmp, uint16_t before, uint16_t after)
{
	uint16_t old = wp_load16(icmp), value = wp_load16(icmp + 2);

	icmp_turn(header->version, icmp, NULL, NULL);
	value = wp_checksum_adjust16(value, old, wp_load16(icmp));
	if (header->version == 4)
		value = wp_checksum_adjust16(value, 0, sum_pseudo(after, header->payload));
	else
		value = wp_checksum_adjust16(value, sum_pseudo(before, header->payload), 0);
	wp_store16(icmp + 2, value);
}

/** Tells the L4 header behind an IP header of its new addresses, as far as it is there. */
static void
turn_l4(const struct header *header, uint8_t *l4, unsigned int room, uint16_t before,
	uint16_t after)
{
	unsigned int at = sum_place(header->protocol);
	uint16_t value;

	if (header->offset != 0)
		return;
	if (header->protocol == WP_PROTO_ICMP && room >= ICMP_HEADER_SIZE)
		turn_echo(header, l4, before, after);
	if (at == 0 || room < at + 2)
		return;
	value = wp_load16(l4 + at);
	if (header->protocol == WP_PROTO_UDP && value == 0)
		return;
	value = wp_checksum_adjust16(value, before, after);
	if (header->protocol == WP_PROTO_UDP && value == 0)
		value = UINT16_MAX;
	wp_store16(l4 + at, value);
}

/** Completes an error, such that its checksum is as right or wrong as it was. */
static void
finish_error(const struct plan *plan, uint8_t *ip)
{
	uint8_t *icmp = ip + header_other_size(&plan->outer);
	uint16_t covered;

	wp_store16(icmp + 2, 0);
	covered = sum(icmp, plan->outer.payload);
	if (plan->outer.version == 4)
		covered = add(covered, sum_pseudo(sum_addresses(6, ip), plan->outer.payload));
	covered = add(plan->icmp_sum, (uint16_t)~covered);
	wp_store16(icmp + 2, covered == UINT16_MAX ? 0 : covered);
}

/** Puts the new front in the place of the old one. */
static int
swap_fronts(struct wp_packet *pkt, const struct plan *plan)
{
	uint16_t old = plan->old_front, new = plan->new_front;
	int err = new > old ? wp_packet_push_l3(pkt, (uint16_t)(new - old))
			    : wp_packet_pull_l3(pkt, (uint16_t)(old - new));

	if (err != 0)
		return err;
	memcpy(wp_l3(pkt), plan->front, new);
	wp_packet_resize_l3(pkt, plan->size);
	return 0;
}

static int
carry_out(struct wp_packet *pkt, const struct plan *plan)
{
	uint8_t to = plan->outer.version == 4 ? 6 : 4, *ip, *behind;
	int err = swap_fronts(pkt, plan);

	if (err != 0)
		return err;
	ip = wp_l3(pkt);
	behind = ip + plan->new_front;
	if (plan->udp_sum != 0)
		wp_store16(behind + UDP_SUM_AT, plan->udp_sum);
	if (plan->quotes) {
		const uint8_t *quoted = ip + header_other_size(&plan->outer) + ICMP_HEADER_SIZE;

		turn_l4(&plan->quoted, behind, plan->size - plan->new_front, plan->quoted_addresses,
			sum_addresses(to, quoted));
		finish_error(plan, ip);
	} else {
		turn_l4(&plan->outer, behind, plan->size - plan->new_front, plan->outer_addresses,
			sum_addresses(to, ip));
	}
	wp_packet_set_ethertype(pkt, to == 4 ? WP_ETHERTYPE_IPV4 : WP_ETHERTYPE_IPV6);
	wp_parse(pkt);
	pkt->flags |= WP_PKT_STEER;
	return 0;
}

static int
translate(struct wp_packet *pkt, uint8_t version, const struct wp_siit *how)
{
	struct plan plan;
	int err = make_plan(pkt, version, how, &plan);

	return err != 0 ? err : carry_out(pkt, &plan);
}

int
wp_siit_6to4(struct wp_packet *pkt, const struct wp_siit *how)
{
	return translate(pkt, 6, how);
}

int
wp_siit_4to6(struct wp_packet *pkt, const struct wp_siit *how)
{
	return translate(pkt, 4, how);
}

const uint8_t *
wp_siit_quoted(const struct wp_packet *pkt)
{
	uint8_t protocol = pkt->ip_version == 4 ? WP_PROTO_ICMP : WP_PROTO_ICMPV6;
	unsigned int size = pkt->ip_version == 4 ? 20 : IPV6_SIZE;

	if (pkt->l4 == 0 || pkt->l4_proto != protocol ||
	    pkt->l4 + ICMP_HEADER_SIZE + size > pkt->end ||
	    !icmp_quotes(pkt->ip_version, wp_l4(pkt)[0]) ||
	    wp_l4(pkt)[ICMP_HEADER_SIZE] >> 4 != pkt->ip_version)
		return NULL;
	return wp_l4(pkt) + ICMP_HEADER_SIZE;
}
