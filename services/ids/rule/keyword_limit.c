/* SPDX-License-Identifier: BSD-3-Clause */
/* Options on how often a rule alerts: "threshold", "detection_filter". */

#include "rule/keyword.h"

#include <errno.h>

#include "rule/limit_parse.h"

static int
read_limit(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct limit *limit;
	char why[128];
	int err;

	if (reader->rule->limit != NULL)
		return reader_fault(reader, "a rule has one threshold or detection_filter only");
	limit = wp_arena_alloc(reader->arena, sizeof(*limit));
	if (limit == NULL)
		return -ENOMEM;
	err = limit_parse(reader->arena, reader->vars, (enum limit_form)keyword->detail, value,
			  limit, why, sizeof(why));
	if (err == -EINVAL)
		return reader_fault(reader, "%s", why);
	if (err == 0)
		reader->rule->limit = limit;
	return err;
}

const struct keyword keywords_limit[] = {
	{"threshold", KEYWORD_VALUE, read_limit, LIMIT_FORM_THRESHOLD},
	{"detection_filter", KEYWORD_VALUE, read_limit, LIMIT_FORM_DETECTION},
	{NULL, KEYWORD_ALONE, NULL, 0},
};
