/* SPDX-License-Identifier: BSD-3-Clause */
/* Outer headers: built once for a tunnel, completed for each packet. */

#include "esp/esp.h"

#include "parse/checksum.h"
#include "parse/parse.h"

enum { IPV4_DF = 0x40, ECN_MASK = 3, ECN_NOT_ECT = 0, ECN_ECT1 = 1, ECN_ECT0 = 2, ECN_CE = 3 };

static uint32_t
sum_words(const uint8_t *bytes, unsigned int size)
{
	uint32_t sum = 0;

	for (unsigned int i = 0; i < size; i += 2)
		sum += (uint32_t)bytes[i] << 8 | bytes[i + 1];
	return sum;
}

void
esp_outer_init(struct esp_outer *outer, const struct wp_addr *local, const struct wp_addr *remote,
	       uint8_t ttl)
{
	uint8_t *ip = outer->bytes;

	memset(ip, 0, sizeof(outer->bytes));
	outer->version = local->version;
	if (local->version == 4) {
		outer->size = 20;
		ip[0] = 0x45;
		ip[8] = ttl;
		ip[9] = WP_PROTO_ESP;
		memcpy(ip + 12, local->bytes, 4);
		memcpy(ip + 16, remote->bytes, 4);
		outer->sum = sum_words(ip, 20);
	} else {
		outer->size = 40;
		ip[0] = 0x60;
		ip[6] = WP_PROTO_ESP;
		ip[7] = ttl;
		memcpy(ip + 8, local->bytes, 16);
		memcpy(ip + 24, remote->bytes, 16);
	}
}

static inline void
put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/** @return whether the outer packet must not be fragmented. */
static inline bool
df_of(const struct esp_outer *outer, const uint8_t *inner)
{
	if (outer->df == ESP_DF_COPY)
		return inner[0] >> 4 == 6 || (inner[6] & IPV4_DF) != 0;
	return outer->df == ESP_DF_SET;
}

static inline void
write_ipv4(const struct esp_outer *outer, uint8_t *at, uint8_t class, uint16_t size, uint16_t id,
	   bool df)
{
	uint16_t total = (uint16_t)(outer->size + size), flags = df ? IPV4_DF << 8 : 0;
	uint32_t sum = outer->sum + class + total + flags;

	memcpy(at, outer->bytes, 20);
	at[1] = class;
	put16(at + 2, total);
	if (!df) { /* RFC 6864: the identification means something only then */
		put16(at + 4, id);
		sum += id;
	}
	put16(at + 6, flags);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(at + 10, (uint16_t)~sum);
}

void
esp_outer_write(const struct esp_outer *outer, uint8_t *at, const uint8_t *inner, uint16_t size,
		uint16_t id)
{
	uint8_t class = esp_traffic_class(inner);

	if (!outer->copy_dscp)
		class = (uint8_t)(outer->dscp << 2 |
				  (class & ECN_MASK)); /* RFC 6040 4.1: ECN is copied */
	if (outer->version == 4) {
		write_ipv4(outer, at, class, size, id, df_of(outer, inner));
		return;
	}
	memcpy(at, outer->bytes, 40);
	at[0] = (uint8_t)(0x60 | class >> 4);
	at[1] = (uint8_t)(class << 4);
	put16(at + 4, size);
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
