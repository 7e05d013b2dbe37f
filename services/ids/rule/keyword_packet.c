/* SPDX-License-Identifier: BSD-3-Clause */
/* Conditions on the headers of a packet. */

#include "rule/keyword.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "match/range.h"
#include "rule/keyword_condition.h"

/** Names of IANA's that may stand for a number of "ip_proto". */
static const struct keyword_choice ip_protos[] = {
	{"hopopt", 0},     {"ip", 0},           {"icmp", 1},       {"igmp", 2},
	{"ggp", 3},        {"ipencap", 4},      {"ipv4", 4},       {"st", 5},
	{"tcp", 6},        {"egp", 8},          {"igp", 9},        {"pup", 12},
	{"udp", 17},       {"hmp", 20},         {"xns-idp", 22},   {"rdp", 27},
	{"iso-tp4", 29},   {"dccp", 33},        {"xtp", 36},       {"ddp", 37},
	{"idpr-cmtp", 38}, {"ipv6", 41},        {"idrp", 45},      {"rsvp", 46},
	{"gre", 47},       {"ipv6-route", 43},  {"ipv6-frag", 44}, {"esp", 50},
	{"ah", 51},        {"skip", 57},        {"ipv6-icmp", 58}, {"ipv6-nonxt", 59},
	{"ipv6-opts", 60}, {"rspf", 73},        {"vmtp", 81},      {"eigrp", 88},
	{"ospf", 89},      {"ax.25", 93},       {"ipip", 94},      {"etherip", 97},
	{"encap", 98},     {"pim", 103},        {"ipcomp", 108},   {"vrrp", 112},
	{"l2tp", 115},     {"isis", 124},       {"sctp", 132},     {"fc", 133},
	{"udplite", 136},  {"mpls-in-ip", 137}, {"hip", 139},      {"shim6", 140},
	{"wesp", 141},     {"rohc", 142},       {NULL, 0},
};

/** @return 0, or -EINVAL after a fault */
static int
read_ip_proto_name(struct rule_reader *reader, const char *name, uint64_t *number)
{
	if (isdigit((unsigned char)*name))
		return reader_number(reader, name, 0, UINT8_MAX, number);
	for (const struct keyword_choice *proto = ip_protos; proto->name != NULL; proto++)
		if (strcasecmp(proto->name, name) == 0) {
			*number = proto->value;
			return 0;
		}
	return reader_fault(reader, "'%.40s' is no protocol", name);
}

/** @return whether there is a number that all "ip_proto"s of a rule hold for */
static bool
is_any_ip_proto(const struct draft *draft)
{
	for (unsigned int number = 0; number <= UINT8_MAX; number++) {
		bool holds = true;

		for (const struct draft_match *match = draft->packet.first; match != NULL;
		     match = match->next)
			if (match->match.kind == MATCH_IP_PROTO)
				holds = holds && range_has(&match->match.range, number);
		if (holds)
			return true;
	}
	return false;
}

static int
read_ip_proto(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	enum rule_compare compare = RULE_EQ;
	struct rule_match *match;
	uint64_t number;
	int err;

	if (*value == '<' || *value == '>' || *value == '!') {
		compare = *value == '<' ? RULE_LT : *value == '>' ? RULE_GT : RULE_NE;
		for (value++; isspace((unsigned char)*value); value++)
			;
	}
	err = read_ip_proto_name(reader, value, &number);
	if (err != 0)
		return err;
	if (reader->rule->proto != RULE_ANY && reader->rule->proto != RULE_PKTHDR)
		return reader_fault(reader,
				    "the rule says its protocol in front: it must be of ip");
	match = reader_packet(reader, MATCH_IP_PROTO);
	if (match == NULL)
		return -EINVAL;
	match->range = (struct rule_range){.compare = compare, .low = number};
	return is_any_ip_proto(draft_of(reader))
		       ? 0
		       : reader_fault(reader, "no protocol is all that the rule says");
}

/** "l3_proto:ipv4" */
static int
read_ip_version(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	bool is_4 = strcasecmp(value, "ipv4") == 0 || strcasecmp(value, "ip4") == 0;
	bool is_6 = strcasecmp(value, "ipv6") == 0 || strcasecmp(value, "ip6") == 0;
	struct rule_match *match;

	if (!is_4 && !is_6)
		return reader_fault(reader, "'%.40s' is neither ipv4 nor ipv6", value);
	match = reader_packet(reader, MATCH_IP_VERSION);
	if (match == NULL)
		return -EINVAL;
	match->number = is_4 ? 4 : 6;
	return 0;
}

/** "tos:8", "tos:!x08": decimal, or hexadecimal behind an x */
static int
read_tos(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	bool negated = reader_negated(&value);
	struct rule_match *match;
	uint64_t number = 0;
	char text[8];
	int err;

	if (tolower((unsigned char)*value) == 'x' && strlen(value) <= 3) {
		snprintf(text, sizeof(text), "0x%s", value + 1);
		value = text;
	} else if (!isdigit((unsigned char)*value) || value[1] == 'x') {
		return reader_fault(reader, "'%.40s' is not a number", value);
	}
	err = reader_number(reader, value, 0, UINT8_MAX, &number);
	if (err != 0)
		return err;
	match = reader_packet(reader, MATCH_TOS);
	if (match == NULL)
		return -EINVAL;
	match->number = (uint32_t)number;
	match->negated = negated;
	return 0;
}

/** "window:!55808" */
static int
read_window(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	bool negated = reader_negated(&value);
	int err = keyword_number_read(reader, keyword, value);

	if (err == 0)
		keyword_find(reader, MATCH_WINDOW, MATCH_WINDOW)->negated = negated;
	return err;
}

/** Types of RFC 791 and IANA. */
static const struct keyword_choice ip_options[] = {
	{"eol", 0},    {"nop", 1},          {"rr", 7},     {"ts", 68},
	{"sec", 130},  {"lsrr", 131},       {"esec", 133}, {"satid", 136},
	{"ssrr", 137}, {"any", UINT32_MAX}, {NULL, 0},
};

static int
read_ip_options(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_match *match;

	for (const struct keyword_choice *option = ip_options; option->name != NULL; option++) {
		if (strcasecmp(option->name, value) != 0)
			continue;
		match = reader_packet(reader, MATCH_IPOPTS);
		if (match == NULL)
			return -EINVAL;
		match->number = option->value;
		return 0;
	}
	return reader_fault(reader, "'%.40s' is no option of IP", value);
}

static int
read_same_ip(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	return reader_packet(reader, MATCH_SAME_IP) == NULL ? -EINVAL : 0;
}

static int
read_size(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	if (keyword_find(reader, MATCH_DSIZE, MATCH_DSIZE) != NULL)
		return reader_fault(reader, "it is there twice");
	return keyword_range_read(reader, keyword, value);
}

const struct keyword keywords_packet[] = {
	{"ttl", KEYWORD_VALUE, keyword_range_read, MATCH_TTL | KEYWORD_8},
	{"ip_proto", KEYWORD_VALUE, read_ip_proto, 0},
	{"l3_proto", KEYWORD_VALUE, read_ip_version, 0},
	{"id", KEYWORD_VALUE, keyword_number_read, MATCH_IP_ID | KEYWORD_16},
	{"tos", KEYWORD_VALUE, read_tos, 0},
	{"fragbits", KEYWORD_VALUE, keyword_flags_read, MATCH_FRAGBITS},
	{"fragoffset", KEYWORD_VALUE, keyword_range_read, MATCH_FRAGOFFSET | KEYWORD_16},
	{"ipopts", KEYWORD_VALUE, read_ip_options, 0},
	{"sameip", KEYWORD_ALONE, read_same_ip, 0},
	{"ip.src", KEYWORD_ALONE, keyword_address_read, 0},
	{"ip.dst", KEYWORD_ALONE, keyword_address_read, 1},
	{"geoip", KEYWORD_VALUE, keyword_geo_read, 0},
	{"flags", KEYWORD_VALUE, keyword_flags_read, MATCH_TCP_FLAGS},
	{"tcp.flags", KEYWORD_VALUE, keyword_flags_read, MATCH_TCP_FLAGS},
	{"seq", KEYWORD_VALUE, keyword_number_read, MATCH_SEQ | KEYWORD_32},
	{"tcp.seq", KEYWORD_VALUE, keyword_number_read, MATCH_SEQ | KEYWORD_32},
	{"ack", KEYWORD_VALUE, keyword_number_read, MATCH_ACK | KEYWORD_32},
	{"tcp.ack", KEYWORD_VALUE, keyword_number_read, MATCH_ACK | KEYWORD_32},
	{"window", KEYWORD_VALUE, read_window, MATCH_WINDOW | KEYWORD_16},
	{"tcp.window", KEYWORD_VALUE, read_window, MATCH_WINDOW | KEYWORD_16},
	{"tcp.mss", KEYWORD_VALUE, keyword_range_read, MATCH_TCP_MSS | KEYWORD_16},
	{"itype", KEYWORD_VALUE, keyword_range_read, MATCH_ICMP_TYPE | KEYWORD_8},
	{"icode", KEYWORD_VALUE, keyword_range_read, MATCH_ICMP_CODE | KEYWORD_8},
	{"icmp_id", KEYWORD_VALUE, keyword_number_read, MATCH_ICMP_ID | KEYWORD_16},
	{"icmp_seq", KEYWORD_VALUE, keyword_number_read, MATCH_ICMP_SEQ | KEYWORD_16},
	{"icmpv6.mtu", KEYWORD_VALUE, keyword_range_read, MATCH_ICMPV6_MTU | KEYWORD_32},
	{"dsize", KEYWORD_VALUE, read_size, MATCH_DSIZE | KEYWORD_16},
	{"decode-event", KEYWORD_VALUE, keyword_decode_event_read, 0},
	{"stream-event", KEYWORD_VALUE, keyword_stream_event_read, 0},
	{"engine-event", KEYWORD_VALUE, keyword_engine_event_read, 0},
	{NULL, KEYWORD_ALONE, NULL, 0},
};
