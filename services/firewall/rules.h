/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules, compiled for the packet path: four are looked at at once, in order. */

#ifndef FIREWALL_RULES_H
#define FIREWALL_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "packet.h"

#define RULES_MAX 4096

/** What a rule asks of a packet. */
struct rule_match {
	struct wp_prefix from, to; /* of one IP version, or any */
	struct wp_port_range from_port, to_port;
	int32_t tenant; /* dense id; -1: any */
	int16_t proto;  /* IANA number; -1: any */
};

/** Rules for packets of one IP version, in order. */
struct rule_list {
	uint8_t version;      /* 4 or 6 */
	uint32_t n;           /* rules */
	uint32_t *numbers;    /* index: place in this list; a rule's number as it was added */
	uint32_t (*lanes)[4]; /* groups of four rules, a lane each; see rules.c */
};

/** Makes an empty list with room for @p max rules. @return 0 or -ENOMEM */
int rules_open(struct rule_list *list, uint8_t version, uint32_t max);

/** Accepts a zeroed list. */
void rules_close(struct rule_list *list);

/** Appends a rule, unless no packet of the list's version can match it. */
void rules_add(struct rule_list *list, const struct rule_match *match, uint32_t number);

/** @return whether what the parser calls ports are ports, not an identifier or half an SPI. */
static inline bool
rules_proto_has_ports(uint8_t proto)
{
	/* TCP 6, UDP 17, DCCP 33; SCTP 132 */
	return proto < 64 ? (1ull << 6 | 1ull << 17 | 1ull << 33) >> proto & 1 : proto == 132;
}

/** @return the number of the first rule that an IP packet of the list's version matches, or -1.
 * Worker. */
int32_t rules_find(const struct rule_list *list, const struct wp_packet *pkt);

#endif
