/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks the options of a TCP header that somebody hostile may have written. */

#include "pmtu/mss.h"

#include <string.h>

#include "parse/checksum.h"

enum {
	TCP_SIZE = 20,
	TCP_CHECKSUM = 16,
	/* RFC 9293 3.2 */
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_MSS_SIZE = 4,
	HEADERS_IPV4 = 20 + TCP_SIZE,
	HEADERS_IPV6 = 40 + TCP_SIZE,
};

static inline uint16_t
swapped(uint16_t word)
{
	return (uint16_t)(word << 8 | word >> 8);
}

/** Brings a change of two bytes to the checksum. Where they lie across two of the words that it
 * sums up, both words change by the bytes swapped (RFC 1071 2B). */
static void
adjust_checksum(uint8_t *tcp, uint16_t before, uint16_t after, bool across)
{
	uint16_t sum;

	memcpy(&sum, tcp + TCP_CHECKSUM, 2);
	if (across)
		sum = wp_checksum_adjust16(sum, swapped(before), swapped(after));
	else
		sum = wp_checksum_adjust16(sum, before, after);
	memcpy(tcp + TCP_CHECKSUM, &sum, 2);
}

/** Lowers the value at byte @p at of a TCP header. @return whether it was above @p mss */
static bool
lower(uint8_t *tcp, unsigned int at, uint16_t mss)
{
	uint16_t before, after = __builtin_bswap16(mss);

	if ((tcp[at] << 8 | tcp[at + 1]) <= mss)
		return false;
	memcpy(&before, tcp + at, 2);
	memcpy(tcp + at, &after, 2);
	adjust_checksum(tcp, before, after, at % 2 != 0);
	return true;
}

bool
wp_mss_lower(struct wp_packet *pkt, uint32_t mtu)
{
	uint32_t headers = pkt->ip_version == 4 ? HEADERS_IPV4 : HEADERS_IPV6;
	unsigned int end = (unsigned int)(pkt->payload - pkt->l4), size;
	uint8_t *tcp = wp_l4(pkt);
	bool lowered = false;

	if (mtu <= headers || mtu - headers > UINT16_MAX)
		return false;
	for (unsigned int at = TCP_SIZE; at < end && tcp[at] != OPTION_END; at += size) {
		size = 1;
		if (tcp[at] == OPTION_NOP)
			continue;
		if (end - at < 2)
			break;
		size = tcp[at + 1];
		if (size < 2 || size > end - at)
			break;
		if (tcp[at] == OPTION_MSS && size == OPTION_MSS_SIZE)
			lowered |= lower(tcp, at + 2, (uint16_t)(mtu - headers));
	}
	return lowered;
}
