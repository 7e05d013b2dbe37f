/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NAT64 (RFC 6146): hosts inside that have IPv6 only, and remotes that have IPv4 only. Mappings,
 * ports and sessions are those of NAT44; the first key of such a mapping is an IPv6 endpoint.
 */

#ifndef NAT_NAT64_H
#define NAT_NAT64_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "addr.h"
#include "service.h"

struct nat;
struct quoted;

/** What is configured of it. */
struct nat64 {
	struct wp_prefix prefix;    /* IPv6 addresses that stand for IPv4 ones (RFC 6052) */
	uint64_t value[2], mask[2]; /* the same, for packets; off: no address fits */
	bool on, well_known;        /* 64:ff9b::/96 stands for global addresses only */
	uint8_t host_bits;          /* that the addresses of one subscriber share */
};

/** Takes the configuration. Accepts "" for prefix: off. Control. @return 0, or -EINVAL after
 * wp_error() */
int nat64_open(struct wp_env *env, const char *prefix, uint32_t host_bits, struct nat64 *six);

/** @return whether an IPv6 address stands for an IPv4 one. */
static inline bool
nat64_has(const struct nat64 *six, const uint8_t *address)
{
	uint64_t words[2];

	memcpy(words, address, sizeof(words));
	return (words[0] & six->mask[0]) == six->value[0] &&
	       (words[1] & six->mask[1]) == six->value[1];
}

/** Writes the key of the subscriber that has an address. */
void nat64_subscriber(const struct nat64 *six, const uint8_t *address, uint8_t key[16]);

/** @return whether a packet is IPv6 from inside that is to become IPv4. */
static inline bool
nat64_is_for(const struct nat64 *six, const struct wp_packet *pkt)
{
	return pkt->ip_version == 6 && pkt->inside == WP_INSIDE_SOURCE &&
	       nat64_has(six, wp_dest(pkt));
}

/** As wp_service.keys(), of those packets for which nat64_is_for() holds. A packet's subscriber
 * comes first, then its mapping; of an ICMP error only the mapping of what it quotes. @param six
 * bits: which of @p pkts */
void nat64_keys(const struct nat *nat, struct wp_keys *keys, struct wp_packet *const *pkts,
		uint32_t six);

/** A packet for which nat64_is_for() holds. */
void nat64_out(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt);

/** A packet from outside whose mapping is an IPv6 host's. */
void nat64_in(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
	      struct wp_entry *mapping);

/** nat64_icmp.c: ICMP errors. What they quote has been read, and what it shows is right. */
void nat64_error_in(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
		    const struct quoted *quoted, struct wp_entry *mapping);

/** Asks for the mapping of what an error from inside quotes. */
void nat64_error_keys(struct wp_keys *keys, uint16_t i, const struct wp_packet *pkt);
void nat64_error_out(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt);

/** Answers an echo request in place. */
void nat64_answer_echo(struct wp_packet *pkt);

/** nat64_translate.c: makes packets those of the other family. Without success the verdict is set.
 */
struct wp_siit;
bool nat64_6to4(struct wp_core *core, struct wp_packet *pkt, struct wp_siit *how);
bool nat64_4to6(struct wp_packet *pkt, const struct wp_siit *how);

/** nat64_size.c: an IPv4 packet that would be too long as an IPv6 one is answered, or cut: the
 * pieces are then in the worker's scratch. @return whether it, or its last piece, goes on */
bool nat64_fit(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt);

/** @return whether a packet would be too long. */
bool nat64_is_long(const struct nat *nat, const struct wp_packet *pkt);

#endif
