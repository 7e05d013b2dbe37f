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

/** @return whether a content lies within the first BUNDLE_NEAR bytes, or not where it should. */
static bool
is_near(const struct rule_content *content)
{
	int64_t end = content->depth.value;

	if ((content->flags & CONTENT_STARTSWITH) != 0)
		return content->size <= BUNDLE_NEAR;
	if ((content->flags & CONTENT_DEPTH) == 0 || content->depth.var >= 0)
		return false;
	if ((content->flags & CONTENT_OFFSET) != 0)
		end += content->offset.value;
	return content->offset.var < 0 && end <= BUNDLE_NEAR;
}

/** @return whether a rule is about packets with BUNDLE_NEAR bytes at the most. */
static bool
is_of_small(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_packet; i++) {
		const struct rule_range *range = &rule->packet[i].range;
		uint64_t most = range->compare == RULE_BETWEEN ? range->high : range->low;

		if (rule->packet[i].kind == MATCH_DSIZE && !rule->packet[i].negated &&
		    most <= BUNDLE_NEAR &&
		    (range->compare == RULE_EQ || range->compare == RULE_LT ||
		     range->compare == RULE_LE || range->compare == RULE_BETWEEN))
			return true;
	}
	return false;
}

struct fast
fast_choose(const struct rule *rule, uint32_t eligible)
{
	struct fast fast = {{NULL, 0, false}, MOMENTS};
	bool is_small = is_of_small(rule);
	unsigned int best = 0;

	for (unsigned int i = 0; i < rule->n_lists; i++)
		for (unsigned int k = 0; (eligible >> i & 1) != 0 && k < rule->lists[i].n; k++) {
			const struct rule_match *match = &rule->lists[i].matches[k];

			if (worth(match) <= best)
				continue;
			best = worth(match);
			fast.need.content = &match->content;
			fast.need.data = rule->lists[i].data;
			fast.need.is_near = rule->lists[i].buffer == BUFFER_PAYLOAD &&
					    (is_near(&match->content) || is_small);
			fast.moment = moment_of((enum buffer_id)rule->lists[i].buffer);
		}
	return fast;
}
