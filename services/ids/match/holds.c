/* SPDX-License-Identifier: BSD-3-Clause */
/* See holds.h. */

#include "match/holds.h"

#include <string.h>

#include "match/data_set.h"
#include "match/holds_packet.h"
#include "match/range.h"
#include "oddity/oddity.h"
#include "parse/parse.h"
#include "rule/address.h"
#include "rule/geo.h"
#include "rule/port.h"
#include "state/flow_state.h"
#include "state/host_bits.h"
#include "stream/l7/dns.h"
#include "stream/l7/text.h"
#include "stream/l7/tls.h"

/* The header of a rule. */

static bool
proto_holds(const struct rule *rule, const struct moment *moment)
{
	switch ((enum rule_proto)rule->proto) {
	case RULE_TCP:
		return moment->proto == WP_PROTO_TCP;
	case RULE_UDP:
		return moment->proto == WP_PROTO_UDP;
	case RULE_ICMP:
		return moment->proto == WP_PROTO_ICMP || moment->proto == WP_PROTO_ICMPV6;
	case RULE_SCTP:
		return moment->proto == WP_PROTO_SCTP;
	case RULE_L7:
		return moment->l7 == rule->l7;
	default:
		return true;
	}
}

/** Whether a packet of no flow is as a rule wants. Of TCP, who speaks first is the client. */
static bool
stray_holds(uint16_t want, bool is_client)
{
	return (want & (RULE_TO_CLIENT | RULE_ESTABLISHED)) == 0 &&
	       (is_client || (want & RULE_TO_SERVER) == 0);
}

static bool
is_fragment(const struct wp_packet *pkt)
{
	return pkt != NULL && (pkt->flags & WP_PKT_FRAGMENT) != 0;
}

static bool
flow_holds(uint16_t want, const struct moment *moment)
{
	bool is_part = is_fragment(moment->pkt);
	bool is_stream = moment->kind != MOMENT_PACKET;

	if (want == 0)
		return true;
	if ((want & RULE_ONLY_FRAGMENT) != 0 && !is_part)
		return false;
	if ((want & RULE_NO_FRAGMENT) != 0 && is_part)
		return false;
	if ((want & RULE_ONLY_STREAM) != 0 && !is_stream)
		return false;
	if ((want & RULE_NO_STREAM) != 0 && is_stream)
		return false;
	if (moment->flow == NULL)
		return stray_holds(want, moment->proto == WP_PROTO_TCP && !is_part);
	if ((want & RULE_TO_SERVER) != 0 && moment->side != WP_CLIENT)
		return false;
	if ((want & RULE_TO_CLIENT) != 0 && moment->side != WP_SERVER)
		return false;
	if ((want & RULE_ESTABLISHED) != 0 && !moment->is_established)
		return false;
	return (want & RULE_NOT_ESTABLISHED) == 0 || !moment->is_established;
}

/** @return whether addresses and ports are those of a rule, as they stand or the other way round.
 */
static bool
ends_hold(const struct rule *rule, const struct moment *moment, bool reversed)
{
	const struct address_set *first = reversed ? rule->destination : rule->source;
	const struct address_set *second = reversed ? rule->source : rule->destination;
	const struct port_set *first_ports =
		reversed ? rule->destination_ports : rule->source_ports;
	const struct port_set *second_ports =
		reversed ? rule->source_ports : rule->destination_ports;

	return port_set_has(second_ports, moment->destination_port) &&
	       port_set_has(first_ports, moment->source_port) &&
	       address_set_has(second, moment->version, moment->destination) &&
	       address_set_has(first, moment->version, moment->source);
}

/** @return whether it is time to ask about addresses alone: once each way of a flow. */
static bool
is_first_of_way(const struct moment *moment)
{
	return moment->flow == NULL || moment->flow->sides[moment->side].packets <= 1;
}

bool
holds_header(const struct asked *asked, const struct moment *moment)
{
	const struct rule *rule = asked->rule;

	if (!proto_holds(rule, moment) || (moment->is_stray && rule->scope == RULE_STREAM) ||
	    (rule->ip_version != 0 && rule->ip_version != moment->version) ||
	    !flow_holds(rule->flow, moment))
		return false;
	if (moment->source == NULL)
		return rule->proto == RULE_PKTHDR;
	if ((asked->is_address_only && !is_first_of_way(moment)) ||
	    (asked->is_protocol_only && !moment->meets_l7))
		return false;
	if (rule->is_pair) /* as the request goes */
		return ends_hold(rule, moment, moment->side == WP_SERVER);
	return ends_hold(rule, moment, false) || (rule->both_ways && ends_hold(rule, moment, true));
}

/* Conditions. */

/** @return whether the bits of a flow are as a rule wants them; of several names one will do: that
 * is set, or that is not. */
static bool
flowbits_hold(const struct rule_bits *bits, const uint32_t *names, const struct flow_state *state)
{
	bool wants_set = bits->command == BITS_IS_SET, holds = false;

	for (unsigned int i = 0; i < bits->n && !holds; i++)
		holds = wants_set ==
			(state != NULL && flow_state_has_bit(state, names[bits->names[i]]));
	return holds;
}

static bool
host_bits_hold(struct wp_core *core, const struct rule_bits *bits, const uint32_t *names,
	       const struct moment *moment, enum reader_names kind)
{
	bool is_set = false;

	for (unsigned int i = 0; i < bits->n && !is_set; i++)
		is_set = host_bits_has(core, moment, bits, names[bits->names[i]], kind);
	return bits->command == BITS_IS_SET ? is_set : !is_set;
}

static bool
flowint_holds(const struct rule_flowint *want, const uint32_t *names, struct flow_state *state)
{
	struct flow_int *is = state == NULL ? NULL : flow_state_int(state, names[want->name]);
	struct flow_int *other;
	uint32_t value = want->value;

	if (want->command == FLOWINT_IS_SET || want->command == FLOWINT_IS_NOT_SET)
		return (is != NULL) == (want->command == FLOWINT_IS_SET);
	if (is == NULL)
		return false;
	if (want->other != 0) {
		other = flow_state_int(state, names[want->other]);
		value = other == NULL ? 0 : other->value;
	}
	switch ((enum flowint_command)want->command) {
	case FLOWINT_LT:
		return is->value < value;
	case FLOWINT_LE:
		return is->value <= value;
	case FLOWINT_EQ:
		return is->value == value;
	case FLOWINT_NE:
		return is->value != value;
	case FLOWINT_GE:
		return is->value >= value;
	default:
		return is->value > value;
	}
}

/** Compares what each side has with what a rule wants. */
static bool
sizes_hold(const struct rule_stream_size *want, uint64_t client, uint64_t server)
{
	switch (want->of) {
	case SIZE_CLIENT:
		return range_has(&want->range, client);
	case SIZE_SERVER:
		return range_has(&want->range, server);
	case SIZE_BOTH:
		return range_has(&want->range, client) && range_has(&want->range, server);
	default:
		return range_has(&want->range, client) || range_has(&want->range, server);
	}
}

/** @return what a side has sent, a SYN and a FIN included: with the packet at hand, or up to the
 * bytes of a stream that are. */
static uint32_t
sent(const struct moment *moment, enum wp_side side)
{
	const struct wp_flow_side *of = &moment->flow->sides[side];

	return (moment->kind == MOMENT_PACKET ? of->end : of->next) - moment->flow->isn[side];
}

static bool
stream_size_holds(const struct rule_stream_size *want, const struct moment *moment)
{
	return moment->flow != NULL && moment->flow->proto == WP_PROTO_TCP &&
	       sizes_hold(want, sent(moment, WP_CLIENT), sent(moment, WP_SERVER));
}

static bool
flow_counts_hold(const struct rule_match *match, const struct wp_flow *flow)
{
	const struct wp_flow_side *sides;

	if (flow == NULL)
		return false;
	sides = flow->sides;
	switch (match->kind) {
	case MATCH_FLOW_AGE:
		return range_has(&match->range, (flow->last_ns - flow->start_ns) / 1000000000);
	case MATCH_FLOW_PACKETS:
		return sizes_hold(&match->stream_size, sides[WP_CLIENT].packets,
				  sides[WP_SERVER].packets);
	default:
		return sizes_hold(&match->stream_size, sides[WP_CLIENT].bytes,
				  sides[WP_SERVER].bytes);
	}
}

/** @return whether an address is in one of the countries, or in none of them, as a rule wants it;
 * one that is not known is neither. */
static bool
country_holds(const struct rule_geo *geo, unsigned int version, const uint8_t *address)
{
	char code[GEO_CODE];

	if (address == NULL || !geo_country(geo->geo, version, address, code))
		return false;
	for (unsigned int i = 0; i < geo->n; i++)
		if (memcmp(geo->codes[i], code, GEO_CODE) == 0)
			return !geo->negated;
	return geo->negated;
}

static bool
geo_holds(const struct rule_geo *geo, const struct moment *moment)
{
	bool of_source = geo->of != GEO_OF_DESTINATION &&
			 country_holds(geo, moment->version, moment->source);

	if (geo->of == GEO_OF_SOURCE || (geo->of == GEO_OF_EITHER && of_source) ||
	    (geo->of == GEO_OF_BOTH && !of_source))
		return of_source;
	return country_holds(geo, moment->version, moment->destination);
}

/** @return whether an address of the packet is in a set as the rule wants it. */
static bool
ip_set_holds(const struct rule_match *match, const struct moment *moment)
{
	const uint8_t *address = match->ip_set.side == 0 ? moment->source : moment->destination;

	return address != NULL &&
	       data_set_holds(&match->ip_set.of, address, moment->version == 6 ? 16u : 4u);
}

/** @return the protocol that one side of the moment's flow speaks: enum rule_l7. */
static uint8_t
l7_of_side(const struct moment *moment, unsigned int side)
{
	static const uint8_t l7s[] = {
		[FIRST_HTTP] = RULE_L7_HTTP, [FIRST_TLS] = RULE_L7_TLS, [FIRST_SSH] = RULE_L7_SSH,
		[FIRST_SMTP] = RULE_L7_SMTP, [FIRST_FTP] = RULE_L7_FTP, [FIRST_SMB] = RULE_L7_SMB,
	};
	enum first_is found = moment->state == NULL ? FIRST_OPEN : moment->state->first[side].found;

	return l7s[found] == RULE_L7_UNKNOWN ? moment->l7 : l7s[found];
}

static bool
protocol_holds(const struct rule_match *match, const struct moment *moment)
{
	unsigned int side = match->protocol.side == 0 ? moment->side : match->protocol.side - 1u;

	return moment->l7 != RULE_L7_UNKNOWN &&
	       (l7_of_side(moment, side) == match->protocol.l7) != match->negated;
}

static bool
is_about(const struct moment *moment, enum wp_stream_event_type type)
{
	return moment->message != NULL && moment->message->type == type;
}

/** @return whether a client of FTP wants its data to go to an address that is not its own. */
static bool
bounces(const struct moment *moment)
{
	const struct wp_text_line *line;

	if (!is_about(moment, WP_FTP_COMMAND))
		return false;
	line = moment->message->line;
	if (!line->has_endpoint || line->version == 0)
		return false;
	return line->version != moment->version ||
	       memcmp(line->endpoint.address, moment->source, line->version == 4 ? 4 : 16) != 0;
}

static bool
dns_holds(const struct rule_match *match, const struct moment *moment)
{
	const struct wp_dns_message *dns;

	if (!is_about(moment, WP_DNS_MESSAGE))
		return false;
	dns = moment->message->dns;
	switch (match->kind) {
	case MATCH_DNS_OPCODE:
		return range_has(&match->range, dns->opcode) != match->negated;
	case MATCH_DNS_RCODE:
		return dns->is_response && range_has(&match->range, dns->rcode) != match->negated;
	default:
		break;
	}
	for (unsigned int i = 0; i < dns->n_questions_told; i++)
		if (range_has(&match->range, dns->questions[i].type) != match->negated)
			return true;
	for (unsigned int i = 0; i < dns->n_records_told; i++)
		if (range_has(&match->range, dns->records[i].type) != match->negated)
			return true;
	return false;
}

static bool
of_flow_holds(const struct detector *detector, const struct rule_match *match,
	      const struct moment *moment, struct wp_core *core)
{
	switch (match->kind) {
	case MATCH_FLOWBITS:
		return flowbits_hold(&match->bits, detector->names[NAMES_FLOWBITS], moment->state);
	case MATCH_XBITS:
		return host_bits_hold(core, &match->bits, detector->names[NAMES_XBITS], moment,
				      NAMES_XBITS);
	case MATCH_HOSTBITS:
		return host_bits_hold(core, &match->bits, detector->names[NAMES_HOSTBITS], moment,
				      NAMES_HOSTBITS);
	case MATCH_FLOWINT:
		return flowint_holds(&match->flowint, detector->names[NAMES_FLOWINTS],
				     moment->state);
	case MATCH_STREAM_SIZE:
		return stream_size_holds(&match->stream_size, moment);
	case MATCH_L7_PROTOCOL:
		return protocol_holds(match, moment);
	case MATCH_FLOW_AGE:
	case MATCH_FLOW_PACKETS:
	case MATCH_FLOW_BYTES:
		return flow_counts_hold(match, moment->flow);
	case MATCH_IP_SET:
		return ip_set_holds(match, moment);
	default:
		return false;
	}
}

static bool
holds(const struct detector *detector, const struct rule_match *match, const struct moment *moment,
      struct wp_core *core)
{
	if (match->kind == MATCH_GEOIP)
		return geo_holds(match->geo, moment);
	if (match->kind == MATCH_DSIZE && is_fragment(moment->pkt))
		return moment->payload.data != NULL &&
		       range_has(&match->range, moment->payload.size);
	if (match->kind <= MATCH_DSIZE)
		return holds_packet(match, moment->pkt);
	switch (match->kind) {
	case MATCH_DECODE_EVENT:
	case MATCH_STREAM_EVENT:
	case MATCH_L7_EVENT:
		return moment->kind == MOMENT_EVENT && oddities_have(moment->odd, match->event);
	case MATCH_TLS_VERSION:
		return moment->state != NULL && moment->state->tls_version != 0 &&
		       range_has(&match->range, moment->state->tls_version) != match->negated;
	case MATCH_TLS_CERTS_COUNT:
		return is_about(moment, WP_TLS_CERTIFICATES) &&
		       range_has(&match->range, moment->message->certificates->n) != match->negated;
	case MATCH_FTPBOUNCE:
		return bounces(moment);
	case MATCH_DNS_OPCODE:
	case MATCH_DNS_RCODE:
	case MATCH_DNS_RRTYPE:
		return dns_holds(match, moment);
	case MATCH_FILE_SIZE:
	case MATCH_FILE_HASH:
		return true; /* they were asked with the lists: file_facts.h */
	default:
		return of_flow_holds(detector, match, moment, core);
	}
}

bool
holds_conditions(const struct detector *detector, const struct asked *asked,
		 const struct moment *moment, struct wp_core *core)
{
	for (unsigned int i = 0; i < asked->rule->n_packet; i++)
		if (!holds(detector, &asked->rule->packet[i], moment, core))
			return false;
	return true;
}
