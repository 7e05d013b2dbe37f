/* SPDX-License-Identifier: BSD-3-Clause */
/* ESP in tunnel mode with AES-GCM, on the wire (RFC 4303, RFC 4106), and the headers around it. */

#ifndef WP_ESP_H
#define WP_ESP_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "addr.h"

enum {
	ESP_HEADER = 8, /* SPI, sequence number */
	ESP_IV = 8,     /* RFC 4106 3.1 */
	ESP_FRONT = ESP_HEADER + ESP_IV,
	ESP_TRAILER = 2,                                        /* pad length, next header */
	ESP_ICV = 16,                                           /* RFC 4106 6 */
	ESP_ALIGN = 4,                                          /* RFC 4303 2.4 */
	ESP_BEHIND_MAX = ESP_ALIGN - 1 + ESP_TRAILER + ESP_ICV, /* of all that follows a packet */
	ESP_SPI_MIN = 256, /* lower ones are reserved (RFC 4303 2.1) */
	ESP_NEXT_IPV4 = 4,
	ESP_NEXT_IPV6 = 41,
	ESP_NEXT_DUMMY = 59, /* traffic flow confidentiality (RFC 4303 2.6) */
};

/** How the outer header takes the inner one's DF bit (RFC 4301 8.1). */
enum esp_df { ESP_DF_COPY, ESP_DF_SET, ESP_DF_CLEAR };

/**
 * Writes padding (1, 2, 3, RFC 4303 2.4) and trailer.
 * @param at  behind the inner packet; 8 bytes are written, the ICV comes over what is too much
 */
static inline void
esp_trailer_write(uint8_t *at, unsigned int padding, uint8_t next)
{
	static const uint32_t starts[ESP_ALIGN] = {0, 0x0101, 0x020201, 0x03030201};
	uint64_t word = (uint64_t)next << 8 * (padding + 1) | starts[padding];

	memcpy(at, &word, 8);
}

/** @return the largest inner packet that @p mtu bytes take, with @p front bytes before it; 0: none
 */
static inline unsigned int
esp_inner_max(unsigned int mtu, unsigned int front)
{
	unsigned int text = mtu > front + ESP_ICV ? (mtu - front - ESP_ICV) & ~(ESP_ALIGN - 1u) : 0;

	return text > ESP_TRAILER ? text - ESP_TRAILER : 0;
}

/** What an outer header is to be like. */
struct esp_outer_rules {
	enum esp_df df;
	bool copy_dscp;
	uint8_t dscp; /* when not copied */
	uint8_t ttl;
};

/** The outer header of a tunnel, all but what differs from packet to packet. */
struct esp_outer {
	uint8_t bytes[40];
	uint32_t sum;    /* of the IPv4 header as it stands in bytes, not folded; see outer.c */
	uint8_t size;    /* 20 or 40 */
	uint8_t version; /* 4 or 6 */
	/* Traffic class and DF flag: what is taken over of the inner header's, and what is added.
	 */
	uint8_t class_mask, class_set, df_mask, df_set;
};

/** @return bytes of padding that @p size bytes of inner packet want. */
static inline unsigned int
esp_padding(unsigned int size)
{
	return -(size + ESP_TRAILER) & (ESP_ALIGN - 1);
}

/** Prepares the outer header of a tunnel. Both addresses are of one family. */
void esp_outer_init(struct esp_outer *outer, const struct wp_addr *local,
		    const struct wp_addr *remote, const struct esp_outer_rules *rules);

/** @return the traffic class (DSCP and ECN) of an IP header. */
static inline uint8_t
esp_traffic_class(const uint8_t *ip)
{
	return ip[0] >> 4 == 4 ? ip[1] : (uint8_t)(ip[0] << 4 | ip[1] >> 4);
}

/**
 * Writes the outer header in front of a packet.
 * @param inner  the inner IP header, as it was
 * @param size   bytes behind the outer header
 * @param id     IPv4 identification, for packets that may be fragmented
 */
void esp_outer_write(const struct esp_outer *outer, uint8_t *at, const uint8_t *inner,
		     uint16_t size, uint16_t id);

/**
 * Brings congestion marks of the outer header to the inner one (RFC 6040 4.2).
 * @param outer  traffic class of the outer header
 * @return whether the packet may go on: a mark on a packet whose ends do not know them is a drop
 */
bool esp_decapsulate_ecn(uint8_t outer, uint8_t *inner);

#endif
