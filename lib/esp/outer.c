/* SPDX-License-Identifier: BSD-3-Clause */
/* Outer headers: built once for a tunnel, completed for each packet. */

#include "esp/esp.h"

#include "parse/checksum.h"
#include "parse/parse.h"

enum { IPV4_DF = 0x40, ECN_MASK = 3, ECN_NOT_ECT = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3 };

/* Sums are of words as they are in memory: the checksum comes out in network order by itself (RFC
 * 1071 2B). Headers are put together in registers, in the order of a little-endian machine. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "headers are put together the other way");

static uint32_t
sum_words(const uint8_t *bytes, unsigned int size)
{
	uint32_t sum = 0;

	for (unsigned int i = 0; i < size; i += 2)
		sum += (uint32_t)(bytes[i] | bytes[i + 1] << 8);
	return sum;
}

void
esp_outer_init(struct esp_outer *outer, const struct wp_addr *local, const struct wp_addr *remote,
	       const struct esp_outer_rules *rules)
{
	unsigned int size = wp_addr_size(local->version);
	uint8_t *ip = outer->bytes;

	memset(outer, 0, sizeof(*outer));
	outer->version = local->version;
	outer->class_mask = rules->copy_dscp ? 0xff : ECN_MASK; /* RFC 6040 4.1: ECN is copied */
	outer->class_set = rules->copy_dscp ? 0 : (uint8_t)(rules->dscp << 2);
	outer->df_mask = rules->df == ESP_DF_COPY ? IPV4_DF : 0;
	outer->df_set = rules->df == ESP_DF_SET ? IPV4_DF : 0;
	if (local->version == 4) {
		outer->size = 20;
		ip[0] = 0x45;
		ip[8] = rules->ttl;
		ip[9] = WP_PROTO_ESP;
	} else {
		outer->size = 40;
		ip[0] = 0x60;
		ip[6] = WP_PROTO_ESP;
		ip[7] = rules->ttl;
	}
	ip += outer->size - size; /* the addresses come last */
	memcpy(ip, remote->bytes, size);
	memcpy(ip - size, local->bytes, size);
	outer->sum = sum_words(outer->bytes, 20);
}

static inline void
write_ipv4(const struct esp_outer *outer, uint8_t *at, uint8_t class, uint16_t size, uint16_t id,
	   uint8_t df)
{
	uint16_t total = __builtin_bswap16((uint16_t)(20 + size));
	uint32_t sum = outer->sum;
	uint64_t first, second;

	id = df != 0 ? 0 : __builtin_bswap16(id); /* RFC 6864: it means something only then */
	sum += (uint32_t) class << 8;
	sum += total;
	sum += id;
	sum += df;
	sum = (sum & 0xffff) + (sum >> 16);
	sum += sum >> 16;
	memcpy(&first, outer->bytes, 8);
	memcpy(&second, outer->bytes + 8, 8);
	first |= (uint64_t)df << 48 | (uint64_t)id << 32 | (uint64_t)total << 16 |
		 (uint64_t) class << 8;
	second |= (uint64_t)(uint16_t)~sum << 16;
	memcpy(at, &first, 8);
	memcpy(at + 8, &second, 8);
	memcpy(at + 16, outer->bytes + 16, 4);
}

static inline void
write_ipv6(const struct esp_outer *outer, uint8_t *at, uint8_t class, uint16_t size)
{
	uint64_t first;

	memcpy(&first, outer->bytes, 8);
	first |=
		(uint64_t)__builtin_bswap16(size) << 32 | (uint64_t)(class & 15) << 12 | class >> 4;
	memcpy(at, &first, 8);
	memcpy(at + 8, outer->bytes + 8, 32);
}

void
esp_outer_write(const struct esp_outer *outer, uint8_t *at, const uint8_t *inner, uint16_t size,
		uint16_t id)
{
	bool is_ipv4 = inner[0] >> 4 == 4;
	uint8_t class = esp_traffic_class(inner);
	uint8_t df = is_ipv4 ? inner[6] & IPV4_DF : IPV4_DF; /* RFC 4301 8.1 */

	class = (uint8_t)((class & outer->class_mask) | outer->class_set);
	if (outer->version == 4)
		write_ipv4(outer, at, class, size, id,
			   (uint8_t)((df & outer->df_mask) | outer->df_set));
	else
		write_ipv6(outer, at, class, size);
}

/** Sets the ECN field of an IP header. */
static void
set_ecn(uint8_t *ip, uint8_t ecn)
{
	uint16_t before, after, sum;

	if (ip[0] >> 4 == 6) {
		ip[1] = (uint8_t)((ip[1] & ~(ECN_MASK << 4)) | ecn << 4);
		return;
	}
	memcpy(&before, ip, 2);
	ip[1] = (uint8_t)((ip[1] & ~ECN_MASK) | ecn);
	memcpy(&after, ip, 2);
	memcpy(&sum, ip + 10, 2);
	sum = wp_checksum_adjust16(sum, before, after);
	memcpy(ip + 10, &sum, 2);
}

bool
esp_decapsulate_ecn(uint8_t outer, uint8_t *inner)
{
	uint8_t theirs = outer & ECN_MASK, ours = esp_traffic_class(inner) & ECN_MASK;

	if (theirs == ECN_CE && ours == ECN_NOT_ECT)
		return false;
	if (theirs == ECN_CE && ours != ECN_CE)
		set_ecn(inner, ECN_CE);
	else if (theirs == ECN_ECT1 && ours == ECN_ECT0)
		set_ecn(inner, ECN_ECT1);
	return true;
}
