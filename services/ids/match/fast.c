/* SPDX-License-Identifier: BSD-3-Clause */
/* See fast.h. */

#include "match/fast.h"

#include <string.h>

/** @return whether all bytes of a content are the same, as in padding. */
static bool
is_run(const struct rule_content *content)
{
	return memcmp(content->bytes, content->bytes + 1, content->size - 1u) == 0;
}

/** @return how good a content is to be found by; 0: it will not do. */
static unsigned int
worth(const struct rule_match *match)
{
	const struct rule_content *content = &match->content;

	if (match->kind != MATCH_CONTENT || (content->flags & CONTENT_NEGATED) != 0 ||
	    content->size == 0)
		return 0;
	if ((content->flags & (CONTENT_FAST_PATTERN | CONTENT_FAST_PATTERN_ONLY)) != 0)
		return 1u << 16;
	return is_run(content) ? 1 : content->size;
}

/** Notes where a content has to stand, if that is one place, or a few for so short a one that it is
 * met by chance elsewhere. */
static void
find_place(struct bundle_need *need)
{
	enum { SHORT = 2, FEW = 16 };
	const struct rule_content *content = need->content;
	bool starts = (content->flags & CONTENT_STARTSWITH) != 0;
	int64_t first = (content->flags & CONTENT_OFFSET) != 0 ? content->offset.value : 0;
	int64_t last = first + content->depth.value - content->size;

	if (starts)
		first = last = 0;
	else if ((content->flags & CONTENT_DEPTH) == 0 || content->depth.var >= 0 ||
		 ((content->flags & CONTENT_OFFSET) != 0 && content->offset.var >= 0))
		return;
	if (first < 0 || last < first || last + content->size > UINT16_MAX)
		return;
	need->has_place = last == first || (content->size <= SHORT && last - first < FEW);
	need->first = (uint16_t)first;
	need->last = (uint16_t)last;
}

struct fast
fast_choose(const struct rule *rule, uint32_t eligible)
{
	struct fast fast = {{.content = NULL}, MOMENTS};
	unsigned int best = 0;

	for (unsigned int i = 0; i < rule->n_lists; i++)
		for (unsigned int k = 0; (eligible >> i & 1) != 0 && k < rule->lists[i].n; k++) {
			const struct rule_match *match = &rule->lists[i].matches[k];

			if (worth(match) <= best)
				continue;
			best = worth(match);
			fast.need = (struct bundle_need){.content = &match->content,
							 .data = rule->lists[i].data};
			if (rule->lists[i].buffer == BUFFER_PAYLOAD)
				find_place(&fast.need);
			fast.moment = moment_of((enum buffer_id)rule->lists[i].buffer);
		}
	return fast;
}
