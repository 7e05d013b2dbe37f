/* SPDX-License-Identifier: BSD-3-Clause */
/* See part.h. */

#include "match/part.h"

#include <string.h>

#include "match/inspect.h"

/** @return whether an expression may have "^" that is not that of a class. */
static bool
has_caret(const char *text)
{
	const char *at = text;

	while ((at = strchr(at, '^')) != NULL) {
		if (at == text || at[-1] != '[')
			return true;
		at++;
	}
	return false;
}

/** @return whether an expression asks for more than what it matches: where the bytes begin or end,
 * or what is not there. */
static bool
looks_around(const struct rule_pcre *pcre)
{
	static const char *const around[] = {"$", "\\A", "\\z", "\\Z", "(?!", "(?<!"};

	for (size_t i = 0; i < sizeof(around) / sizeof(around[0]); i++)
		if (strstr(pcre->text, around[i]) != NULL)
			return true;
	if ((pcre->flags & PCRE_RELATIVE) != 0)
		return false;
	return (pcre->flags & PCRE_ANCHORED) != 0 || has_caret(pcre->text);
}

static bool
decides(const struct rule_match *match)
{
	switch (match->kind) {
	case MATCH_CONTENT:
		return (match->content.flags & (CONTENT_NEGATED | CONTENT_ENDSWITH)) == 0;
	case MATCH_PCRE:
		return (match->pcre.flags & PCRE_NEGATED) == 0 && !looks_around(&match->pcre);
	case MATCH_BYTE_TEST:
	case MATCH_BYTE_JUMP:
	case MATCH_BYTE_EXTRACT:
	case MATCH_BYTE_MATH: /* other places are counted from where the bytes begin, or end */
		return inspect_is_relative(match) &&
		       (match->bytes.flags & (BYTE_FROM_BEGINNING | BYTE_FROM_END)) == 0;
	case MATCH_ISDATAAT:
		return inspect_is_relative(match) && !match->negated;
	default:
		return false;
	}
}

bool
part_decides(const struct rule_list *list)
{
	if (list->n_transforms != 0 || (list->n != 0 && inspect_is_relative(&list->matches[0])))
		return false;
	for (unsigned int i = 0; i < list->n; i++)
		if (!decides(&list->matches[i]))
			return false;
	return true;
}
