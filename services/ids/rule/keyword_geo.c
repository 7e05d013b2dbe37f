/* SPDX-License-Identifier: BSD-3-Clause */
/* "geoip": in which countries addresses are. */

#include "rule/keyword_condition.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "rule/geo.h"
#include "rule/set.h"

enum { CODES_MAX = 64 };

static const struct keyword_choice sides[] = {
	{"any", GEO_OF_EITHER},
	{"both", GEO_OF_BOTH},
	{"src", GEO_OF_SOURCE},
	{"dst", GEO_OF_DESTINATION},
	{NULL, 0},
};

/** Reads one code. A list that is negated is by its first one; others may say so, too. */
static int
read_code(struct rule_reader *reader, struct rule_geo *geo, char *text)
{
	bool negated = reader_negated(&text);

	if (geo->n == 0)
		geo->negated = negated;
	if (negated && !geo->negated)
		return reader_fault(reader, "the first country is not negated");
	if (strlen(text) != GEO_CODE || !isupper((unsigned char)text[0]) ||
	    !isupper((unsigned char)text[1]))
		return reader_fault(reader, "'%.40s' is no code of a country, as in ISO 3166",
				    text);
	memcpy(geo->codes[geo->n++], text, GEO_CODE);
	return 0;
}

/** "[any|both|src|dst,][!]DE,FR" */
int
keyword_geo_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	char *parts[CODES_MAX + 1];
	unsigned int n = reader_split(value, parts, CODES_MAX + 1), i = 0;
	const struct keyword_choice *side;
	struct rule_match *match;
	struct rule_geo *geo;
	int err = 0;

	if (reader->set->conf.geo == NULL)
		return reader_fault(reader, "there is no database of where addresses are");
	if (n > CODES_MAX)
		return reader_fault(reader, "there are more than %d countries", CODES_MAX);
	geo = wp_arena_alloc(reader->arena, sizeof(*geo) + sizeof(geo->codes[0]) * n);
	if (geo == NULL)
		return -ENOMEM;
	*geo = (struct rule_geo){.geo = reader->set->conf.geo};
	side = keyword_choose(sides, parts[0]);
	if (side != NULL) {
		geo->of = side->value;
		i++;
	}
	if (i == n)
		return reader_fault(reader, "no country is named");
	for (; i < n && err == 0; i++)
		err = read_code(reader, geo, parts[i]);
	match = err != 0 ? NULL : reader_packet(reader, MATCH_GEOIP);
	if (match == NULL)
		return -EINVAL;
	match->geo = geo;
	return 0;
}
