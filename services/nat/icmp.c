/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP errors about packets that were translated (RFC 5508 section 4): the packet that they quote
 * is turned back to what its sender knows. All checksums change by difference (RFC 1624), so that
 * what was wrong stays wrong.
 */

#include <string.h>

#include "bytes.h"
#include "nat.h"
#include "parse/checksum.h"
#include "parse/parse.h"

enum {
	ECHO_REPLY = 0,
	UNREACHABLE = 3,
	QUENCH = 4,
	REDIRECT = 5,
	ECHO = 8,
	TIME_EXCEEDED = 11,
	PARAMETER_PROBLEM = 12,
	TIMESTAMP = 13,
	TIMESTAMP_REPLY = 14,
	ERROR_HEADER = 8,
	L4_MIN = 8, /* bytes of L4 that an error quotes at least (RFC 792) */
};

bool
icmp_is_error(uint8_t type)
{
	return type == UNREACHABLE || type == TIME_EXCEEDED || type == PARAMETER_PROBLEM;
}

bool
icmp_is_query(uint8_t type)
{
	return type == ECHO || type == ECHO_REPLY || type == TIMESTAMP || type == TIMESTAMP_REPLY;
}

bool
icmp_is_request(uint8_t type)
{
	return type == ECHO || type == TIMESTAMP;
}

bool
icmp_is_echo(uint8_t type)
{
	return type == ECHO;
}

bool
icmp_is_refused(uint8_t type)
{
	return type == QUENCH || type == REDIRECT;
}

/** Reads the ports of a quoted packet, or the identifier of a query. */
static void
read_ports(struct quoted *quoted)
{
	const uint8_t *l4 = quoted->l4;

	quoted->has_ports = true;
	if (quoted->l4_protocol == WP_PROTO_TCP || quoted->l4_protocol == WP_PROTO_UDP) {
		quoted->source = wp_load16(l4);
		quoted->dest = wp_load16(l4 + 2);
	} else if (quoted->l4_protocol == WP_PROTO_ICMP && icmp_is_query(l4[0])) {
		quoted->source = quoted->dest = wp_load16(l4 + 4);
	} else {
		quoted->source = quoted->dest = 0;
		quoted->has_ports = false;
	}
}

bool
quoted_read(const struct wp_packet *pkt, struct quoted *quoted)
{
	uint8_t *ip = wp_l4(pkt) + ERROR_HEADER;
	unsigned int size = (unsigned int)(pkt->end - pkt->l4) - ERROR_HEADER, header;

	if (pkt->end < pkt->l4 + ERROR_HEADER || size < 20 || ip[0] >> 4 != 4)
		return false;
	header = (unsigned int)(ip[0] & 15) * 4;
	if (header < 20 || size < header + L4_MIN ||
	    __builtin_bswap16(wp_load16(ip + 2)) < header + L4_MIN)
		return false;
	if ((wp_load16(ip + 6) & __builtin_bswap16(0x1fff)) != 0)
		return false; /* of a later fragment: it says no port */
	quoted->ip = ip;
	quoted->l4 = ip + header;
	quoted->size = (uint16_t)size;
	quoted->l4_protocol = ip[9];
	read_ports(quoted);
	/* There are no errors about errors (RFC 1122 3.2.2). */
	return quoted->l4_protocol != WP_PROTO_ICMP ||
	       !(icmp_is_error(quoted->l4[0]) || icmp_is_refused(quoted->l4[0]));
}

/** Changes bytes and all checksums that cover them. */
static void
change(uint8_t *at, const void *to, unsigned int size, uint8_t *const *sums, unsigned int n_sums)
{
	for (unsigned int i = 0; i < size; i += 2) {
		uint16_t before = wp_load16(at + i), after = wp_load16((const uint8_t *)to + i);

		for (unsigned int s = 0; s < n_sums; s++)
			wp_store16(sums[s],
				   wp_checksum_adjust16(wp_load16(sums[s]), before, after));
		wp_store16(at + i, after);
	}
}

/** @return where the checksum of the quoted L4 header is; NULL: it is not quoted, or not used. */
static uint8_t *
quoted_checksum(const struct quoted *quoted)
{
	unsigned int left = quoted->size - (unsigned int)(quoted->l4 - quoted->ip);

	if (quoted->l4_protocol == WP_PROTO_TCP && left >= 18)
		return quoted->l4 + 16;
	if (quoted->l4_protocol == WP_PROTO_UDP && wp_load16(quoted->l4 + 6) != 0)
		return quoted->l4 + 6;
	return quoted->l4_protocol == WP_PROTO_ICMP ? quoted->l4 + 2 : NULL;
}

/** Changes an endpoint of the quoted packet: its own checksums too. */
static void
change_quoted(const struct quoted *quoted, bool source, uint32_t address, uint16_t port)
{
	uint8_t *ip_sum = quoted->ip + 10, *l4_sum = quoted_checksum(quoted);
	uint8_t *sums[] = {ip_sum, l4_sum};
	bool pseudo = quoted->l4_protocol != WP_PROTO_ICMP && l4_sum != NULL;
	uint8_t *at = quoted->l4 + (quoted->l4_protocol == WP_PROTO_ICMP ? 4 : source ? 0 : 2);

	change(quoted->ip + (source ? 12 : 16), &address, 4, sums, pseudo ? 2 : 1);
	if (quoted->has_ports)
		change(at, &port, 2, &sums[1], l4_sum != NULL ? 1 : 0);
	if (l4_sum != NULL && quoted->l4_protocol == WP_PROTO_UDP && wp_load16(l4_sum) == 0)
		wp_store16(l4_sum, UINT16_MAX); /* 0 would mean that there is none (RFC 768) */
}

/** @return the ones' complement sum of what a translation may change in the quoted packet. */
static uint16_t
sum_quoted(const struct quoted *quoted)
{
	unsigned int size = (unsigned int)(quoted->l4 - quoted->ip) + 20;

	return wp_checksum(quoted->ip, size < quoted->size ? size : quoted->size & ~1u);
}

void
icmp_translate(struct wp_packet *pkt, const struct quoted *quoted, bool from_inside,
	       uint32_t address, uint16_t port, uint32_t own)
{
	uint8_t *ip = wp_l3(pkt), *sum = wp_l4(pkt) + 2, *ip_sum = ip + 10;
	uint16_t before = sum_quoted(quoted);

	change_quoted(quoted, !from_inside, address, port);
	change(ip + (from_inside ? 12 : 16), &own, 4, &ip_sum, 1);
	/* Both are complements of sums. */
	wp_store16(sum, wp_checksum_adjust16(wp_load16(sum), (uint16_t)~before,
					     (uint16_t)~sum_quoted(quoted)));
}

void
icmp_mend_sum(struct wp_packet *pkt)
{
	uint8_t *l4 = wp_l4(pkt);

	if (wp_checksum(l4, (size_t)(pkt->end - pkt->l4)) == UINT16_MAX)
		wp_store16(l4 + 2, UINT16_MAX);
}

void
icmp_answer_echo(struct wp_packet *pkt)
{
	uint8_t *ip = wp_l3(pkt), *l4 = wp_l4(pkt), source[4];

	wp_turn_ethernet(pkt);
	memcpy(source, ip + 12, 4);
	memcpy(ip + 12, ip + 16, 4);
	memcpy(ip + 16, source, 4);
	l4[0] = ECHO_REPLY;
	wp_store16(l4 + 2, 0);
	wp_store16(l4 + 2, wp_checksum(l4, (size_t)(pkt->end - pkt->l4)));
	ip[8] = 64;
	wp_store16(ip + 10, wp_checksum_ipv4(ip, (size_t)(pkt->l4 - pkt->l3)));
}
