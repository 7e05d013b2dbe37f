/* SPDX-License-Identifier: BSD-3-Clause */
/* Conditions on a flow, and what is done to it. */

#include "rule/keyword.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "rule/keyword_condition.h"

enum { PARTS_MAX = 8 /* of an option, between commas */ };

/** Words of "flow:", and which others they do not go with. */
static const struct {
	const char *name;
	uint16_t flag, against;
} flow_words[] = {
	{"to_server", RULE_TO_SERVER, RULE_TO_CLIENT},
	{"from_client", RULE_TO_SERVER, RULE_TO_CLIENT},
	{"to_client", RULE_TO_CLIENT, RULE_TO_SERVER},
	{"from_server", RULE_TO_CLIENT, RULE_TO_SERVER},
	{"established", RULE_ESTABLISHED, RULE_NOT_ESTABLISHED | RULE_STATELESS},
	{"not_established", RULE_NOT_ESTABLISHED, RULE_ESTABLISHED},
	{"stateless", RULE_STATELESS, RULE_ESTABLISHED},
	{"only_stream", RULE_ONLY_STREAM, RULE_NO_STREAM},
	{"no_stream", RULE_NO_STREAM, RULE_ONLY_STREAM},
	{"only_frag", RULE_ONLY_FRAGMENT, RULE_NO_FRAGMENT},
	{"no_frag", RULE_NO_FRAGMENT, RULE_ONLY_FRAGMENT},
};

enum { FLOW_WORDS = sizeof(flow_words) / sizeof(flow_words[0]) };

static int
read_flow_word(struct rule_reader *reader, const char *word, uint16_t *flow)
{
	for (unsigned int i = 0; i < FLOW_WORDS; i++) {
		if (strcasecmp(flow_words[i].name, word) != 0)
			continue;
		if ((*flow & flow_words[i].flag) != 0)
			return reader_fault(reader, "'%s' is said twice", word);
		if ((*flow & flow_words[i].against) != 0)
			return reader_fault(reader, "'%s' does not go with what is in front of it",
					    word);
		*flow |= flow_words[i].flag;
		return 0;
	}
	return reader_fault(reader, "'%.40s' is nothing that a flow can be", word);
}

static int
read_flow(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	char *parts[PARTS_MAX];
	unsigned int n = reader_split(value, parts, PARTS_MAX);
	struct rule *rule = reader->rule;
	uint16_t flow = 0;
	int err = 0;

	if (n > PARTS_MAX)
		return reader_fault(reader, "there are too many words");
	for (unsigned int i = 0; i < n && err == 0; i++)
		err = read_flow_word(reader, parts[i], &flow);
	if (err != 0)
		return err;
	if (rule->flow != 0 && rule->flow != flow)
		return reader_fault(reader, "a rule has one 'flow' only");
	rule->flow = flow;
	return 0;
}

static const struct keyword_choice stream_sides[] = {
	{"client", SIZE_CLIENT},
	{"server", SIZE_SERVER},
	{"both", SIZE_BOTH},
	{"either", SIZE_EITHER},
	{NULL, 0},
};

static const struct keyword_choice compares[] = {
	{"<", RULE_LT},  {">", RULE_GT},  {"=", RULE_EQ},  {"!", RULE_NE},
	{"!=", RULE_NE}, {"<=", RULE_LE}, {">=", RULE_GE}, {NULL, 0},
};

/** "server,<,5" */
static int
read_stream_size(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	const struct keyword_choice *side, *compare;
	struct rule_match *match;
	uint64_t number;
	char *parts[3];
	int err;

	if (reader_split(value, parts, 3) != 3)
		return reader_fault(reader, "it must be SIDE,OPERATOR,NUMBER");
	side = keyword_choose(stream_sides, parts[0]);
	if (side == NULL)
		return reader_fault(reader, "'%.30s' is none of client, server, both, either",
				    parts[0]);
	compare = keyword_choose(compares, parts[1]);
	if (compare == NULL)
		return reader_fault(reader, "'%.30s' compares nothing", parts[1]);
	err = reader_number(reader, parts[2], 0, UINT32_MAX, &number);
	if (err != 0)
		return err;
	match = reader_packet(reader, MATCH_STREAM_SIZE);
	if (match == NULL)
		return -EINVAL;
	match->stream_size.of = side->value;
	match->stream_size.range =
		(struct rule_range){.compare = (enum rule_compare)compare->value, .low = number};
	return 0;
}

/** By who sends them. */
static const struct keyword_choice flow_sides[] = {
	{"toserver", SIZE_CLIENT},
	{"to_server", SIZE_CLIENT},
	{"toclient", SIZE_SERVER},
	{"to_client", SIZE_SERVER},
	{"both", SIZE_BOTH},
	{"either", SIZE_EITHER},
	{NULL, 0},
};

enum {
	FLOW_KIND = 0xff,
	FLOW_OF = 8,     /* bits in front of the side */
	FLOW_ANY = 0xff, /* the value says the side */
};

/** "flow.pkts:either,>10", "flow.pkts_toserver:>10". detail: kind and side */
static int
read_flow_count(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	enum match_kind kind = (enum match_kind)(keyword->detail & FLOW_KIND);
	uint32_t of = keyword->detail >> FLOW_OF;
	struct rule_range range;
	struct rule_match *match;
	int err;

	if (of == FLOW_ANY) {
		char *parts[2] = {NULL, NULL};
		const struct keyword_choice *side = NULL;

		if (reader_split(value, parts, 2) == 2)
			side = keyword_choose(flow_sides, parts[0]);
		if (side == NULL)
			return reader_fault(reader, "toserver, toclient or either is missing");
		of = side->value;
		value = parts[1];
	}
	err = keyword_range(reader, value, kind == MATCH_FLOW_BYTES ? 64 : 32, &range);
	if (err != 0)
		return err;
	match = reader_packet(reader, kind);
	if (match == NULL)
		return -EINVAL;
	match->stream_size.of = of;
	match->stream_size.range = range;
	return 0;
}

static int
read_bypass(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	return reader_after(reader, MATCH_BYPASS) == NULL ? -EINVAL : 0;
}

/** "prefilter": the rule shall be found by the condition in front of it. */
static int
read_prefilter(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct draft *draft = draft_of(reader);
	struct rule_match *last =
		draft->n_matches == 0 ? NULL : &draft->matches[draft->n_matches - 1].match;

	if (last == NULL && reader->rule->flow == 0)
		return reader_fault(reader, "there is no condition in front of it");
	if (last != NULL && last->kind == MATCH_CONTENT) {
		last->content.flags |= CONTENT_FAST_PATTERN;
		return 0;
	}
	if (last != NULL && last->kind < MATCH_TTL)
		return reader_fault(reader, "no rule is found by the condition in front of it");
	reader->rule->prefilter = true;
	return 0;
}

const struct keyword keywords_flow[] = {
	{"flow", KEYWORD_VALUE, read_flow, 0},
	{"flowbits", KEYWORD_VALUE, keyword_flowbits_read, 0},
	{"flowint", KEYWORD_VALUE, keyword_flowint_read, 0},
	{"xbits", KEYWORD_VALUE, keyword_xbits_read, 0},
	{"hostbits", KEYWORD_VALUE, keyword_hostbits_read, 0},
	{"stream_size", KEYWORD_VALUE, read_stream_size, 0},
	{"flow.age", KEYWORD_VALUE, keyword_range_read, MATCH_FLOW_AGE | KEYWORD_32},
	{"flow.pkts", KEYWORD_VALUE, read_flow_count, MATCH_FLOW_PACKETS | FLOW_ANY << FLOW_OF},
	{"flow.pkts_toserver", KEYWORD_VALUE, read_flow_count,
	 MATCH_FLOW_PACKETS | SIZE_CLIENT << FLOW_OF},
	{"flow.pkts_toclient", KEYWORD_VALUE, read_flow_count,
	 MATCH_FLOW_PACKETS | SIZE_SERVER << FLOW_OF},
	{"flow.bytes", KEYWORD_VALUE, read_flow_count, MATCH_FLOW_BYTES | FLOW_ANY << FLOW_OF},
	{"flow.bytes_toserver", KEYWORD_VALUE, read_flow_count,
	 MATCH_FLOW_BYTES | SIZE_CLIENT << FLOW_OF},
	{"flow.bytes_toclient", KEYWORD_VALUE, read_flow_count,
	 MATCH_FLOW_BYTES | SIZE_SERVER << FLOW_OF},
	{"app-layer-protocol", KEYWORD_VALUE, keyword_l7_protocol_read, 0},
	{"bypass", KEYWORD_ALONE, read_bypass, 0},
	{"tag", KEYWORD_VALUE, keyword_tag_read, 0},
	{"prefilter", KEYWORD_ALONE, read_prefilter, 0},
	{NULL, KEYWORD_ALONE, NULL, 0},
};
