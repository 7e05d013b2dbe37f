/* SPDX-License-Identifier: BSD-3-Clause */
/* RFC 1071 sums, RFC 1624 adjustments. */

#include "parse/checksum.h"

#include <string.h>

#include "parse/parse.h"

/** Adds 16-bit words, as they are in memory; an odd last byte counts as one with a zero behind it.
 */
static uint64_t
sum_bytes(uint64_t sum, const void *data, size_t size)
{
	const uint8_t *at = data;
	uint16_t word;

	for (; size >= 4; size -= 4, at += 4) {
		uint32_t words;

		memcpy(&words, at, 4);
		sum += words;
	}
	for (; size >= 2; size -= 2, at += 2) {
		memcpy(&word, at, 2);
		sum += word;
	}
	if (size != 0) {
		word = 0;
		memcpy(&word, at, 1);
		sum += word;
	}
	return sum;
}

static uint16_t
fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t
wp_checksum(const void *data, size_t size)
{
	return (uint16_t)~fold(sum_bytes(0, data, size));
}

uint16_t
wp_checksum_ipv4(const void *header, size_t size)
{
	uint64_t sum = sum_bytes(0, header, 10);

	return (uint16_t)~fold(sum_bytes(sum, (const uint8_t *)header + 12, size - 12));
}

uint16_t
wp_checksum_l4(const struct wp_packet *pkt)
{
	uint16_t size = (uint16_t)(pkt->end - pkt->l4);
	uint8_t tail[4] = {(uint8_t)(size >> 8), (uint8_t)size, 0, pkt->l4_proto};
	uint64_t sum = sum_bytes(0, wp_l4(pkt), size);

	if (pkt->l4_proto != WP_PROTO_ICMP) {
		sum = sum_bytes(sum, tail, sizeof(tail));
		if (pkt->ip_version == 4)
			sum = sum_bytes(sum, wp_l3(pkt) + 12, 8);
		else
			sum = sum_bytes(sum, wp_l3(pkt) + 8, 32);
	}
	return (uint16_t)~fold(sum);
}

uint16_t
wp_checksum_adjust16(uint16_t sum, uint16_t before, uint16_t after)
{
	/* RFC 1624 equation 3: HC' = ~(~HC + ~m + m') */
	return (uint16_t)~fold((uint64_t)(uint16_t)~sum + (uint16_t)~before + after);
}

uint16_t
wp_checksum_adjust32(uint16_t sum, uint32_t before, uint32_t after)
{
	return (uint16_t)~fold((uint64_t)(uint16_t)~sum + (uint32_t)~before + after);
}
