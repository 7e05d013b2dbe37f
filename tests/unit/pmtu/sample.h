/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets for the tests of this folder: Ethernet and IP headers that are right until a test changes
 * them. */

#ifndef TESTS_PMTU_SAMPLE_H
#define TESTS_PMTU_SAMPLE_H

#include <stdint.h>
#include <string.h>

#include "packet.h"
#include "parse/checksum.h"
#include "parse/parse.h"

enum { SAMPLE_ROOM = 12000, SAMPLE_START = 128, LINK = 14 };

/** A packet with its buffer. */
struct sample {
	struct wp_packet pkt;
	uint8_t bytes[SAMPLE_ROOM];
};

static inline void
put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline unsigned int
get16(const uint8_t *at)
{
	return (unsigned int)(at[0] << 8 | at[1]);
}

static inline void
write_ipv4(uint8_t *ip, uint8_t proto, uint16_t size)
{
	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, size);
	put16(ip + 4, 0x1234);
	ip[8] = 64;
	ip[9] = proto;
	memcpy(ip + 12, (const uint8_t[]){10, 0, 0, 1, 10, 0, 0, 2}, 8);
}

static inline void
write_ipv6(uint8_t *ip, uint8_t proto, uint16_t size)
{
	memset(ip, 0, 40);
	ip[0] = 0x60;
	put16(ip + 4, size - 40u);
	ip[6] = proto;
	ip[7] = 64;
	memcpy(ip + 8, (const uint8_t[]){0x20, 1, 0xd, 0xb8}, 4);
	memcpy(ip + 24, ip + 8, 4);
	ip[23] = 1;
	ip[39] = 2;
}

/** Starts an IP packet of @p size bytes; those behind the header count up. @return its header */
static inline uint8_t *
sample_start(struct sample *sample, uint8_t version, uint8_t proto, uint16_t size)
{
	uint8_t *at = sample->bytes + SAMPLE_START;

	memset(sample, 0, sizeof(*sample));
	memcpy(at, (const uint8_t[]){2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}, 12);
	put16(at + 12, version == 4 ? WP_ETHERTYPE_IPV4 : WP_ETHERTYPE_IPV6);
	for (unsigned int i = 0; i < size; i++)
		at[LINK + i] = (uint8_t)(i ^ i >> 8);
	if (version == 4)
		write_ipv4(at + LINK, proto, size);
	else
		write_ipv6(at + LINK, proto, size);
	sample->pkt = (struct wp_packet){.buf = sample->bytes,
					 .room = SAMPLE_ROOM,
					 .start = SAMPLE_START,
					 .len = (uint16_t)(LINK + size),
					 .flags = WP_PKT_ETHERNET};
	return at + LINK;
}

/** Completes the IPv4 header's checksum and parses. */
static inline struct wp_packet *
sample_done(struct sample *sample)
{
	uint8_t *ip = sample->bytes + SAMPLE_START + LINK;
	uint16_t sum;

	if (ip[0] >> 4 == 4) {
		sum = wp_checksum_ipv4(ip, (ip[0] & 15) * 4u);
		memcpy(ip + 10, &sum, 2);
	}
	wp_parse(&sample->pkt);
	return &sample->pkt;
}

#endif
