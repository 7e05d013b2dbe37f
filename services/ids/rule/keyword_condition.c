/* SPDX-License-Identifier: BSD-3-Clause */
/* See keyword_condition.h. */

#include "rule/keyword_condition.h"

#include <errno.h>
#include <string.h>

const struct keyword_choice *
keyword_choose(const struct keyword_choice *choices, const char *name)
{
	for (; choices->name != NULL; choices++)
		if (strcmp(choices->name, name) == 0)
			return choices;
	return NULL;
}

static uint64_t
width_max(unsigned int bits)
{
	return bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
}

int
keyword_range(struct rule_reader *reader, const char *text, unsigned int bits,
	      struct rule_range *range)
{
	uint64_t max = width_max(bits);
	int err = reader_range(reader, text, max, range);

	if (err != 0)
		return err;
	if ((range->compare == RULE_LT && range->low == 0) ||
	    (range->compare == RULE_GT && range->low == max))
		return reader_fault(reader, "no number is '%.40s'", text);
	return 0;
}

struct rule_match *
keyword_find(struct rule_reader *reader, enum match_kind from, enum match_kind to)
{
	struct draft_match *match = draft_of(reader)->packet.last;

	while (match != NULL && (match->match.kind < from || match->match.kind > to))
		match = match->previous;
	return match == NULL ? NULL : &match->match;
}

int
keyword_range_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_range range;
	struct rule_match *match;
	int err = keyword_range(reader, value, keyword->detail >> 8, &range);

	if (err != 0)
		return err;
	match = reader_packet(reader, (enum match_kind)(keyword->detail & 0xff));
	if (match == NULL)
		return -EINVAL;
	match->range = range;
	return 0;
}

int
keyword_number_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_match *match;
	uint64_t number;
	int err = reader_number(reader, value, 0, width_max(keyword->detail >> 8), &number);

	if (err != 0)
		return err;
	match = reader_packet(reader, (enum match_kind)(keyword->detail & 0xff));
	if (match == NULL)
		return -EINVAL;
	match->number = (uint32_t)number;
	return 0;
}
