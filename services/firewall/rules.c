/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the first rule that a packet matches. */

#include "rules.h"

#include <string.h>

#include "parse/parse.h"

bool
rule_set_prefix(uint32_t words[4], uint32_t masks[4], const struct wp_prefix *prefix,
		uint8_t version)
{
	uint8_t mask[16] = {0};

	if (prefix->addr.version != 0 && prefix->addr.version != version)
		return false;
	for (unsigned int bit = 0; bit < prefix->bits; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	memcpy(masks, mask, sizeof(mask));
	memcpy(words, prefix->addr.bytes, sizeof(mask));
	return true;
}

bool
rules_proto_has_ports(uint8_t proto)
{
	return proto == WP_PROTO_TCP || proto == WP_PROTO_UDP || proto == WP_PROTO_SCTP ||
	       proto == WP_PROTO_DCCP;
}

/** What rules look at, loaded once. */
struct subject {
	uint32_t from[4], to[4];
	int32_t tenant;
	int16_t proto;
	uint16_t from_port, to_port;
	bool has_ports;
};

static inline void
load(struct subject *subject, const struct wp_packet *pkt)
{
	const uint8_t *ip = wp_l3(pkt);
	bool v4 = pkt->ip_version == 4;

	memcpy(subject->from, ip + (v4 ? 12 : 8), v4 ? 4 : 16);
	memcpy(subject->to, ip + (v4 ? 16 : 24), v4 ? 4 : 16);
	subject->tenant = pkt->tenant;
	subject->proto = pkt->l4_proto;
	subject->from_port = pkt->l4_sport;
	subject->to_port = pkt->l4_dport;
	subject->has_ports = pkt->l4 != 0 && rules_proto_has_ports(pkt->l4_proto);
}

static inline uint32_t
differ(const uint32_t *words, const uint32_t *value, const uint32_t *mask, unsigned int n)
{
	uint32_t difference = 0;

	for (unsigned int i = 0; i < n; i++)
		difference |= (words[i] ^ value[i]) & mask[i];
	return difference;
}

static inline bool
in_range(uint16_t port, const struct wp_port_range *range)
{
	return port >= range->first && port <= range->last;
}

static inline bool
matches(const struct rule *rule, const struct subject *subject, unsigned int words)
{
	if ((differ(subject->from, rule->from, rule->from_mask, words) |
	     differ(subject->to, rule->to, rule->to_mask, words)) != 0)
		return false;
	if ((rule->proto >= 0 && rule->proto != subject->proto) ||
	    (rule->tenant >= 0 && rule->tenant != subject->tenant))
		return false;
	return !rule->needs_ports ||
	       (subject->has_ports && in_range(subject->from_port, &rule->from_port) &&
		in_range(subject->to_port, &rule->to_port));
}

const struct rule *
rules_find(const struct rule_list *list, const struct wp_packet *pkt)
{
	unsigned int words = pkt->ip_version == 4 ? 1 : 4;
	struct subject subject;

	load(&subject, pkt);
	for (uint32_t i = 0; i < list->n; i++)
		if (matches(&list->rules[i], &subject, words))
			return &list->rules[i];
	return NULL;
}
