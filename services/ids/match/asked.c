/* SPDX-License-Identifier: BSD-3-Clause */
/* See asked.h. */

#include "match/asked.h"

#include <errno.h>
#include <stdio.h>

#include "match/event_rules.h"
#include "match/file_facts.h"
#include "match/part.h"
#include "match/range.h"

/* What it asks for. */

static bool
has_condition(const struct rule *rule, enum match_kind from, enum match_kind to)
{
	for (unsigned int i = 0; i < rule->n_packet; i++)
		if (rule->packet[i].kind >= from && rule->packet[i].kind <= to)
			return true;
	return false;
}

/** @return whether a rule asks for a header of a packet. */
static bool
has_header(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_lists; i++)
		if (buffers[rule->lists[i].buffer].stage == STAGE_PACKET)
			return true;
	return false;
}

/** @return whether conditions ask for a packet itself. */
static bool
needs_packet(const struct rule *rule)
{
	return rule->scope == RULE_PACKETS || (rule->flow & RULE_NO_STREAM) != 0 ||
	       has_header(rule) || has_condition(rule, MATCH_TTL, MATCH_IP_ID) ||
	       has_condition(rule, MATCH_TOS, MATCH_IPOPTS) ||
	       has_condition(rule, MATCH_TCP_FLAGS, MATCH_DSIZE) ||
	       has_condition(rule, MATCH_FLOW_AGE, MATCH_FLOW_AGE);
}

/** @return whether it matters how often a rule holds: it counts, or takes back what others set. */
static bool
counts_packets(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_after; i++) {
		const struct rule_match *match = &rule->after[i];
		bool is_of_bits = match->kind == MATCH_FLOWBITS || match->kind == MATCH_XBITS ||
				  match->kind == MATCH_HOSTBITS;

		if (match->kind == MATCH_FLOWINT || (is_of_bits && match->bits.command != BITS_SET))
			return true;
	}
	return false;
}

/** @return whether a rule is about addresses, ports and IP's protocol, which no packet of a flow
 * changes, and nothing else. */
static bool
is_address_only(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_packet; i++)
		if (rule->packet[i].kind != MATCH_IP_PROTO)
			return false;
	return rule->n_lists == 0 && rule->flow == 0 && rule->proto != RULE_L7 &&
	       rule->proto != RULE_PKTHDR && !counts_packets(rule);
}

/** @return whether a rule is about the protocol of flows and nothing else. */
static bool
is_protocol_only(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_packet; i++)
		if (rule->packet[i].kind != MATCH_L7_PROTOCOL)
			return false;
	return rule->n_packet != 0 && rule->n_lists == 0;
}

/** @return whether a rule is about messages: their bytes, and what else is known of them. */
static bool
is_of_message(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_lists; i++)
		if (buffers[rule->lists[i].buffer].stage >= STAGE_HEAD)
			return true;
	/* One that asks for something odd is found by that, whatever else it asks for. */
	return !event_rules_are_of(rule) && has_condition(rule, MATCH_TLS_VERSION, MATCH_FTPBOUNCE);
}

/** @return whether a rule is asked about bytes of a stream. */
static bool
is_of_stream(const struct asked *asked)
{
	return asked_is_of_transport(asked, TRANSPORT_TCP) && asked_has_payload(asked) &&
	       !asked->is_of_packet && !asked->is_of_message && !event_rules_are_of(asked->rule);
}

/** @return whether a rule holds where there is no body. */
static bool
asks_absent_body(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_lists; i++)
		if (buffers[rule->lists[i].buffer].stage == STAGE_BODY &&
		    rule->lists[i].matches[0].kind == MATCH_ABSENT)
			return true;
	return false;
}

/** @return whether conditions on the payload count from its beginning: a packet's, too. */
static bool
counts_from_start(const struct rule *rule)
{
	const uint16_t flags = CONTENT_DEPTH | CONTENT_OFFSET | CONTENT_STARTSWITH;

	for (unsigned int i = 0; i < rule->n_lists; i++)
		for (unsigned int k = 0;
		     rule->lists[i].buffer == BUFFER_PAYLOAD && k < rule->lists[i].n; k++)
			if (rule->lists[i].matches[k].kind == MATCH_CONTENT &&
			    (rule->lists[i].matches[k].content.flags & flags) != 0)
				return true;
	return false;
}

/* Reading it. */

static int
read_lists(struct asked *asked, char *why, size_t size)
{
	const struct rule *rule = asked->rule;

	if (rule->n_lists > 30) { /* all bits together mean something else: ask.c */
		snprintf(why, size, "conditions on more than 30 buffers");
		return -EINVAL;
	}
	for (unsigned int i = 0; i < rule->n_lists; i++) {
		enum moment_kind moment = moment_of((enum buffer_id)rule->lists[i].buffer);
		uint32_t bit = 1u << i;

		if (rule->lists[i].buffer == BUFFER_BASE64)
			continue; /* asked where it is decoded */
		asked->needs |= bit;
		if (moment == MOMENT_HEAD || part_decides(&rule->lists[i]))
			asked->early |= bit;
		for (unsigned int k = 0; k < MOMENTS; k++)
			if (moment == MOMENTS || moment == k || moment == MOMENT_PACKET ||
			    (k == MOMENT_BODY && moment == MOMENT_HEAD))
				asked->lists[k] |= bit;
	}
	return 0;
}

/** Notes which lists are about what a side sends: all of them, but of a pair. */
static void
read_sides(struct asked *asked)
{
	const struct rule *rule = asked->rule;

	asked->sides[WP_CLIENT] = asked->sides[WP_SERVER] = UINT32_MAX;
	if (!rule->is_pair)
		return;
	asked->sides[WP_CLIENT] = rule->file_side == BUFFER_TO_SERVER ? ASKED_FILE : 0;
	asked->sides[WP_SERVER] = rule->file_side == BUFFER_TO_CLIENT ? ASKED_FILE : 0;
	for (unsigned int i = 0; i < rule->n_lists; i++)
		asked->sides[rule->lists[i].side == BUFFER_TO_SERVER ? WP_CLIENT : WP_SERVER] |=
			1u << i;
}

/** Notes what a rule asks about files. It is found when they have come. */
static int
read_files(struct asked *asked, char *why, size_t size)
{
	const struct rule *rule = asked->rule;

	for (unsigned int i = 0; i < rule->n_lists; i++)
		asked->asks_names |= buffer_is_name((enum buffer_id)rule->lists[i].buffer);
	if (!file_facts_are_asked(rule))
		return 0;
	if (rule->proto == RULE_L7 && rule->l7 != RULE_L7_HTTP && rule->l7 != RULE_L7_SMTP) {
		snprintf(why, size, "files of its protocol are not looked at");
		return -EINVAL;
	}
	asked->is_of_message = true;
	asked->needs |= ASKED_FILE;
	asked->lists[MOMENT_BODY] |= ASKED_FILE;
	return 0;
}

/** Notes what a rule is about, by which it is decided where it is found. */
static void
read_kind(struct asked *asked)
{
	const struct rule *rule = asked->rule;

	asked->is_address_only = is_address_only(rule);
	asked->is_protocol_only = is_protocol_only(rule);
	asked->is_of_packet = needs_packet(rule);
	asked->is_of_protocol =
		rule->proto == RULE_L7 || has_condition(rule, MATCH_L7_PROTOCOL, MATCH_L7_PROTOCOL);
	asked->is_of_message |= is_of_message(rule);
	asked->is_of_stream = is_of_stream(asked);
	asked->asks_absent = asks_absent_body(rule);
}

int
asked_read(struct asked *asked, char *why, size_t size)
{
	int err = read_lists(asked, why, size);

	if (err != 0)
		return err;
	read_sides(asked);
	err = read_files(asked, why, size);
	if (err == 0)
		read_kind(asked);
	return err;
}

/* What was read. */

uint32_t
asked_message_lists(const struct asked *asked)
{
	return asked->lists[MOMENT_HEAD] | asked->lists[MOMENT_CERTIFICATES] |
	       asked->lists[MOMENT_BODY];
}

bool
asked_has_payload(const struct asked *asked)
{
	for (unsigned int i = 0; i < asked->rule->n_lists; i++)
		if (asked->rule->lists[i].buffer == BUFFER_PAYLOAD)
			return true;
	return false;
}

bool
asked_is_of_packets(const struct asked *asked)
{
	return asked->is_of_packet ||
	       (asked->rule->scope != RULE_STREAM && counts_from_start(asked->rule));
}

/** @return whether all that a rule says of the protocol's number holds for one of a transport. */
static bool
allows_transport(const struct rule *rule, enum transport transport)
{
	for (unsigned int proto = 0; proto <= UINT8_MAX; proto++) {
		bool holds = transport_of((uint8_t)proto) == transport;

		for (unsigned int i = 0; i < rule->n_packet && holds; i++)
			holds = rule->packet[i].kind != MATCH_IP_PROTO ||
				range_has(&rule->packet[i].range, proto);
		if (holds)
			return true;
	}
	return false;
}

bool
asked_is_of_transport(const struct asked *asked, enum transport transport)
{
	if (!allows_transport(asked->rule, transport))
		return false;
	switch ((enum rule_proto)asked->rule->proto) {
	case RULE_TCP:
		return transport == TRANSPORT_TCP;
	case RULE_UDP:
		return transport == TRANSPORT_UDP;
	case RULE_ICMP:
		return transport == TRANSPORT_ICMP;
	case RULE_SCTP:
		return transport == TRANSPORT_OTHER;
	case RULE_L7:
		return transport == TRANSPORT_TCP ||
		       (transport == TRANSPORT_UDP && asked->rule->l7 == RULE_L7_DNS);
	default:
		return true;
	}
}

bool
asked_is_of_l7(const struct asked *asked, enum rule_l7 l7)
{
	const struct rule *rule = asked->rule;

	if (rule->proto == RULE_L7 && rule->l7 != l7)
		return false;
	for (unsigned int i = 0; i < rule->n_lists; i++)
		if (buffers[rule->lists[i].buffer].l7 != RULE_L7_UNKNOWN &&
		    buffers[rule->lists[i].buffer].l7 != l7)
			return false;
	return true;
}

unsigned int
asked_senders(const struct asked *asked)
{
	const struct rule *rule = asked->rule;
	unsigned int bits = 3;

	if ((rule->flow & RULE_TO_SERVER) != 0)
		bits &= 1;
	if ((rule->flow & RULE_TO_CLIENT) != 0)
		bits &= 2;
	for (unsigned int i = 0; i < rule->n_lists; i++)
		bits &= buffers[rule->lists[i].buffer].directions;
	return bits;
}
