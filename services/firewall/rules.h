/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules, compiled for the packet path: what a rule leaves open has a mask of zeros. */

#ifndef FIREWALL_RULES_H
#define FIREWALL_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "packet.h"

#define RULES_MAX 4096

enum action { ACTION_ALLOW, ACTION_DROP };

/** A rule for packets of one IP version. Addresses as words in host order of memory, the first
 * words only for IPv4. */
struct rule {
	uint32_t from[4], from_mask[4];
	uint32_t to[4], to_mask[4];
	struct wp_port_range from_port, to_port;
	int32_t tenant;   /* dense id; -1: any */
	int16_t proto;    /* IANA number; -1: any */
	bool needs_ports; /* tells ports apart, so later fragments do not match */
	uint8_t action;   /* enum action */
	uint32_t number;  /* its place in the configuration */
};

/** Rules of one IP version, in order. */
struct rule_list {
	uint32_t n;
	struct rule *rules;
};

/** Sets a rule's side to a prefix. @return whether the prefix may hold for @p version */
bool rule_set_prefix(uint32_t words[4], uint32_t masks[4], const struct wp_prefix *prefix,
		     uint8_t version);

/** @return whether what the parser calls ports are ports, not an identifier or half an SPI. */
bool rules_proto_has_ports(uint8_t proto);

/** @return the first rule that matches, or NULL. Worker. */
const struct rule *rules_find(const struct rule_list *list, const struct wp_packet *pkt);

#endif
