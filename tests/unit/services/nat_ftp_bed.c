/* SPDX-License-Identifier: BSD-3-Clause */
/* See nat_ftp_bed.h. */

#include "nat_ftp_bed.h"

#include <stdio.h>
#include <string.h>

#include "ftp.h"
#include "parse/checksum.h"

enum { TCP_SUM = 16 }; /* where it is in the header */

void
make_segment(struct end from, struct end to, uint8_t flags, uint32_t seq, uint32_t ack,
	     const char *text, const uint8_t *options)
{
	unsigned int n = options == NULL ? 0 : 12, size = TCP + n + (unsigned int)strlen(text);
	uint8_t *ip = svc_ipv4(&packet, WP_PROTO_TCP, (uint16_t)size);

	wp_put16(ip + 2, IP + size);
	set_ends(ip, from, to);
	wp_put32(ip + IP + 4, seq);
	wp_put32(ip + IP + 8, ack);
	ip[IP + 12] = (uint8_t)((TCP + n) << 2);
	ip[IP + 13] = flags;
	if (options != NULL)
		memcpy(ip + IP + TCP, options, n);
	memcpy(ip + IP + TCP + n, text, strlen(text));
	bed_finish(ip, TCP_SUM);
}

const uint8_t *
ip(void)
{
	return wp_l3(&packet.view);
}

uint32_t
seq(void)
{
	return wp_get32(ip() + IP + 4);
}

uint32_t
ack(void)
{
	return wp_get32(ip() + IP + 8);
}

const char *
text(void)
{
	static char copy[600];
	unsigned int size = (unsigned int)(packet.view.end - packet.view.payload);

	memcpy(copy, packet.bytes + packet.view.payload, size);
	copy[size] = '\0';
	return copy;
}

void
is_right(void)
{
	uint16_t sum;

	memcpy(&sum, ip() + 10, 2);
	ck_assert_uint_eq(wp_checksum_ipv4(ip(), IP), sum);
	svc_parse(&packet);
	ck_assert_uint_eq(packet.view.flags & (WP_PKT_TRUNCATED | WP_PKT_BAD_HEADER), 0);
	ck_assert_uint_eq(packet.view.end, packet.view.start + packet.view.len);
	ck_assert_uint_eq(wp_checksum_l4(&packet.view), 0);
}

const char *
say(struct end from, struct end to, uint8_t flags, uint32_t number, const char *said)
{
	make_segment(from, to, flags, number, 1, said, NULL);
	ck_assert_int_eq(out(), WP_NEXT);
	is_right();
	return text();
}

void
acknowledge(struct end from, struct end to, uint8_t flags, uint32_t acked, struct end host)
{
	make_segment(from, to, flags, 1, acked, "", NULL);
	ck_assert_int_eq(in(), WP_NEXT);
	is_right();
	ck_assert_uint_eq(wp_get32(ip() + 16), host.address);
	ck_assert_uint_eq(wp_get16(ip() + IP + 2), host.port);
}

void
refused_in(struct end from, struct end to, uint8_t flags, enum nat_reason reason)
{
	make_segment(from, to, flags, 1, 1, "", NULL);
	ck_assert_int_eq(in(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, reason);
}

struct end
log_in(uint8_t from_port)
{
	struct end from = {client.address, (uint16_t)(client.port - 100 * from_port)}, outside;

	say(from, server, SYN, 999, "");
	outside = source();
	acknowledge(server, outside, SYN | ACK, 1000, from);
	say(from, server, ACK, 1000, "");
	ck_assert_str_eq(say(from, server, ACK, 1000, "USER a\r\n"), "USER a\r\n");
	return outside;
}

struct end
named(const char *line)
{
	unsigned int n[6];

	line = strpbrk(line, "0123456789");
	if (strncmp(line, "227 ", 4) == 0)
		line = strchr(line, '(') + 1;
	ck_assert_int_eq(
		sscanf(line, "%u,%u,%u,%u,%u,%u", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]), 6);
	return (struct end){n[0] << 24 | n[1] << 16 | n[2] << 8 | n[3],
			    (uint16_t)(n[4] << 8 | n[5])};
}

const struct mapping *
mapping_of(struct end inside)
{
	uint32_t address = __builtin_bswap32(inside.address);
	struct wp_core *core = svc_core(svc);
	uint8_t key[MAPPING_KEY_SIZE];
	struct wp_entry *entry;

	mapping_key(key, &address, __builtin_bswap16(inside.port), WP_PROTO_TCP);
	entry = wp_table_find(core, core->tables[NAT_MAPPINGS], 0, 4, false, key);
	return entry == NULL ? NULL : wp_value(entry);
}

uint32_t
connections(void)
{
	struct wp_table_stats stats;

	wp_table_stats(svc_core(svc)->tables[NAT_FTP], &stats);
	return (uint32_t)stats.entries;
}

void
open_filtering(int filtering)
{
	static const char *const names[] = {"endpoint-independent", "address-dependent",
					    "address-and-port-dependent"};
	char config[1024];

	snprintf(config, sizeof(config), "{" ALG ", \"filtering\": \"%s\"}", names[filtering]);
	bed_open(config);
}
