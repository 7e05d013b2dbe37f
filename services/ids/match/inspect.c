/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See inspect.h. A condition that fails lets the one before it be tried at its next place, as long
 * as the two are relative to each other, and that may help; a budget of steps, of which bytes that
 * are searched take some, ends what would take too long.
 */

#include "match/inspect.h"

#include "match/asn1.h"
#include "match/base64.h"
#include "match/data_set.h"
#include "match/find.h"
#include "match/range.h"
#include "match/number.h"

/** One buffer while it is asked about. */
struct inspection {
	struct inspector *inspector;
	const struct rule_match *matches;
	unsigned int n;
	const uint8_t *data;
	uint32_t size;
	uint64_t offset; /* of data within the whole */
};

/** What has come of conditions. */
enum answer {
	HOLDS,
	FAILS_HERE,  /* it may hold when the one before ends elsewhere */
	FAILS_BEHIND /* wherever behind that may be, it does not */
};

enum { BYTES_A_STEP = 64 /* that are searched for one step */ };

static enum answer follow(struct inspection *is, unsigned int index, uint32_t at);

static int64_t
number(const struct inspection *is, const struct rule_number *of)
{
	return of->var < 0 ? of->value : (int64_t)is->inspector->vars[of->var];
}

/** @return likewise, of places: what is further away than any buffer is long is so all the same,
 * and can be added to another one. */
static int64_t
place(const struct inspection *is, const struct rule_number *of)
{
	const int64_t far = (int64_t)1 << 40;
	int64_t at = number(is, of);

	return at > far ? far : at < -far ? -far : at;
}

bool
inspect_is_relative(const struct rule_match *match)
{
	switch (match->kind) {
	case MATCH_CONTENT:
		return (match->content.flags & (CONTENT_DISTANCE | CONTENT_WITHIN)) != 0;
	case MATCH_PCRE:
		return (match->pcre.flags & PCRE_RELATIVE) != 0;
	case MATCH_BYTE_TEST:
	case MATCH_BYTE_JUMP:
	case MATCH_BYTE_EXTRACT:
	case MATCH_BYTE_MATH:
		return (match->bytes.flags & BYTE_RELATIVE) != 0;
	case MATCH_ISDATAAT:
		return match->is_data_at.relative;
	case MATCH_BASE64_DECODE:
		return match->base64.relative;
	default:
		return false;
	}
}

/** @return whether another place of a condition may help one behind it. */
static bool
may_retry(const struct inspection *is, unsigned int index)
{
	for (unsigned int i = index + 1; i < is->n; i++) {
		const struct rule_match *match = &is->matches[i];

		if (inspect_is_relative(match))
			return true;
		if ((match->kind == MATCH_CONTENT &&
		     (match->content.flags & CONTENT_NEGATED) == 0) ||
		    (match->kind == MATCH_PCRE && (match->pcre.flags & PCRE_NEGATED) == 0))
			return false; /* those behind it stand behind that */
	}
	return false;
}

/** @return an offset or a depth. What was read or calculated for it may be more than any buffer
 * has, or have left 64 bits: it is behind the end then, as isdataat has it. */
static int64_t
place_from_begin(const struct inspection *is, const struct rule_number *of)
{
	int64_t value = place(is, of);

	return of->var >= 0 && (value < 0 || value > UINT32_MAX) ? UINT32_MAX : value;
}

/** Part of a buffer in which a content must lie: [from, to). */
struct range {
	int64_t from, to;
};

/** @param at  where the condition before has left off */
static struct range
content_range(const struct inspection *is, const struct rule_content *content, uint32_t at)
{
	struct range range = {0, is->size};
	int64_t base = (int64_t)is->offset, offset, end;

	if ((content->flags & (CONTENT_DISTANCE | CONTENT_WITHIN)) != 0) {
		range.from = at;
		if ((content->flags & CONTENT_DISTANCE) != 0)
			range.from += place(is, &content->distance);
		if ((content->flags & CONTENT_WITHIN) != 0)
			range.to = range.from + place(is, &content->within);
	}
	if ((content->flags & CONTENT_OFFSET) != 0) {
		offset = place_from_begin(is, &content->offset) - base;
		range.from = offset > range.from ? offset : range.from;
	}
	if ((content->flags & CONTENT_DEPTH) != 0) {
		end = place_from_begin(is, &content->depth) - base;
		if ((content->flags & CONTENT_OFFSET) != 0)
			end += place_from_begin(is, &content->offset);
		range.to = end < range.to ? end : range.to;
	}
	if ((content->flags & CONTENT_STARTSWITH) != 0 && range.to > (int64_t)content->size - base)
		range.to = (int64_t)content->size - base;
	range.from = range.from < 0 ? 0 : range.from;
	range.to = range.to > is->size ? is->size : range.to;
	return range;
}

/** @return where a content stands within a range, or -1. */
static int64_t
content_find(const struct inspection *is, const struct rule_content *content, struct range range)
{
	const uint8_t *in, *found;
	uint32_t size;

	if ((content->flags & CONTENT_ENDSWITH) != 0 &&
	    range.from < is->size - (int64_t)content->size)
		range.from = is->size - (int64_t)content->size;
	if (range.from < 0 || range.to - range.from < content->size)
		return -1;
	in = is->data + range.from;
	size = (uint32_t)(range.to - range.from);
	found = (content->flags & CONTENT_NOCASE) != 0
			? find_nocase(in, size, content->bytes, content->size)
			: find_bytes(in, size, content->bytes, content->size);
	if (found == NULL)
		return -1;
	if ((content->flags & CONTENT_ENDSWITH) != 0 &&
	    found + content->size != is->data + is->size)
		return -1;
	return found - is->data;
}

/** Takes steps for what was looked at. @return whether there are any left */
static bool
pay(struct inspection *is, uint32_t bytes)
{
	uint32_t steps = 1 + bytes / BYTES_A_STEP;
	bool is_enough = is->inspector->steps.left > steps;

	is->inspector->steps.left = is_enough ? is->inspector->steps.left - steps : 0;
	return is_enough;
}

/** @return whether a content that is not found will not be found from a later place on either. */
static bool
is_open_ended(const struct rule_content *content)
{
	return (content->flags & CONTENT_WITHIN) == 0 && content->distance.var < 0 &&
	       content->offset.var < 0 && content->depth.var < 0;
}

static enum answer
ask_content(struct inspection *is, unsigned int index, uint32_t at)
{
	const struct rule_content *content = &is->matches[index].content;
	struct range range = content_range(is, content, at);
	bool retries = may_retry(is, index);
	enum answer answer;
	int64_t found;

	if ((content->flags & CONTENT_NEGATED) != 0) {
		if (range.to > range.from)
			pay(is, (uint32_t)(range.to - range.from));
		return content_find(is, content, range) < 0 ? follow(is, index + 1, at)
							    : FAILS_HERE;
	}
	while ((found = content_find(is, content, range)) >= 0) {
		answer = follow(is, index + 1, (uint32_t)found + content->size);
		if (answer != FAILS_HERE)
			return answer;
		if (!retries || !pay(is, (uint32_t)(found - range.from)))
			return FAILS_HERE;
		range.from = found + 1;
	}
	pay(is, range.to > range.from ? (uint32_t)(range.to - range.from) : 0);
	return is_open_ended(content) ? FAILS_BEHIND : FAILS_HERE;
}

/** @return what has come of conditions behind one that, tried from a later place, may leave off
 * earlier, or with other numbers: these may hold then. */
static enum answer
here(enum answer answer)
{
	return answer == FAILS_BEHIND ? FAILS_HERE : answer;
}

static enum answer
ask_pcre(struct inspection *is, unsigned int index, uint32_t at)
{
	const struct rule_pcre *pcre = &is->matches[index].pcre;
	bool is_relative_one = (pcre->flags & PCRE_RELATIVE) != 0;
	enum answer fails = is_relative_one ? FAILS_HERE : FAILS_BEHIND;
	uint32_t base = is_relative_one ? at : 0, from = 0;
	const uint8_t *data = is->data == NULL ? NULL : is->data + base;
	bool retries = may_retry(is, index);
	struct pattern_found found;
	enum pattern_result result;
	enum answer answer;

	while (from <= is->size - base) {
		result = pattern_search(pcre->pattern, is->inspector->patterns, data,
					is->size - base, from, &is->inspector->steps, &found);
		if (result == PATTERN_GAVE_UP) {
			is->inspector->gave_up += is->inspector->steps.left != 0;
			return FAILS_HERE;
		}
		if ((pcre->flags & PCRE_NEGATED) != 0)
			return result == PATTERN_ABSENT ? follow(is, index + 1, at) : fails;
		if (result == PATTERN_ABSENT)
			break;
		answer = here(follow(is, index + 1, base + found.end));
		if (answer != FAILS_HERE)
			return answer;
		if (!retries || !pay(is, 0))
			return FAILS_HERE;
		from = found.start + 1;
	}
	return fails;
}

/** Reads the number that a condition is about. @param[out] next  where it ends @return false: it
 * is not there */
static bool
read_number(const struct inspection *is, const struct rule_bytes *bytes, uint32_t at,
	    uint64_t *value, uint32_t *next)
{
	static const uint8_t nothing;
	int64_t from = place(is, &bytes->offset), n = number(is, &bytes->n_bytes);
	uint32_t used;

	if ((bytes->flags & BYTE_RELATIVE) != 0)
		from += at;
	if (from < 0 || from > is->size || n < 0 || n > is->size - from)
		return false;
	if (!number_read(bytes, is->data == NULL ? &nothing : is->data + from,
			 is->size - (uint32_t)from, (uint32_t)n, value, &used))
		return false;
	*next = (uint32_t)from + used;
	return true;
}

static enum answer
ask_byte_test(struct inspection *is, unsigned int index, uint32_t at)
{
	const struct rule_bytes *bytes = &is->matches[index].bytes;
	uint64_t value;
	uint32_t next;

	if (!read_number(is, bytes, at, &value, &next))
		return FAILS_HERE;
	if (number_compare((enum byte_operator)bytes->operator, value,
			   (uint64_t)number(is, &bytes->value)) ==
	    ((bytes->flags & BYTE_NEGATED) != 0))
		return FAILS_HERE;
	return follow(is, index + 1, at);
}

static enum answer
ask_byte_jump(struct inspection *is, unsigned int index, uint32_t at)
{
	const struct rule_bytes *bytes = &is->matches[index].bytes;
	uint64_t value = 0;
	uint32_t next = at, to;

	if (!read_number(is, bytes, at, &value, &next) ||
	    !number_jump(bytes, number_scale(bytes, value), number(is, &bytes->post), next,
			 is->size, &to))
		return FAILS_HERE;
	return here(follow(is, index + 1, to));
}

static enum answer
ask_byte_extract(struct inspection *is, unsigned int index, uint32_t at)
{
	const struct rule_bytes *bytes = &is->matches[index].bytes;
	uint64_t value;
	uint32_t next;

	if (!read_number(is, bytes, at, &value, &next))
		return FAILS_HERE;
	is->inspector->vars[bytes->result] = number_scale(bytes, value);
	return here(follow(is, index + 1, next));
}

static enum answer
ask_byte_math(struct inspection *is, unsigned int index, uint32_t at)
{
	const struct rule_bytes *bytes = &is->matches[index].bytes;
	uint64_t value;
	uint32_t next;

	if (!read_number(is, bytes, at, &value, &next) ||
	    !number_calculate((enum byte_operator)bytes->operator, value,
			      (uint64_t)number(is, &bytes->value), &value))
		return FAILS_HERE;
	is->inspector->vars[bytes->result] = number_mask(bytes->mask, value);
	return here(follow(is, index + 1, next));
}

static enum answer
ask_is_data_at(struct inspection *is, unsigned int index, uint32_t at)
{
	const struct rule_match *match = &is->matches[index];
	uint64_t place = (uint64_t)number(is, &match->is_data_at.at); /* of a variable: any */
	bool there = match->is_data_at.relative ? place <= is->size - at : place < is->size;

	return there != match->negated ? follow(is, index + 1, at) : FAILS_HERE;
}

/** @return the rule's conditions on what is decoded, or NULL. */
static const struct rule_list *
base64_list(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_lists; i++)
		if (rule->lists[i].buffer == BUFFER_BASE64)
			return &rule->lists[i];
	return NULL;
}

static enum answer
ask_base64(struct inspection *is, unsigned int index, uint32_t at)
{
	const struct rule_match *match = &is->matches[index];
	const struct rule_list *list = base64_list(is->inspector->rule);
	uint64_t from = (match->base64.relative ? at : 0) + (uint64_t)match->base64.offset;
	struct inspection decoded = *is;
	uint32_t size;

	if (from >= is->size)
		return FAILS_HERE;
	size = is->size - (uint32_t)from;
	if (match->base64.n_bytes != 0 && match->base64.n_bytes < size)
		size = match->base64.n_bytes;
	if (!pay(is, BYTES_A_STEP * size)) /* a byte takes as long as a step */
		return FAILS_HERE;
	decoded.data = is->inspector->base64;
	decoded.size = (uint32_t)base64_decode(BASE64_RFC4648, is->data + from, size,
					       is->inspector->base64, INSPECT_BASE64);
	decoded.offset = 0;
	if (decoded.size == 0)
		return FAILS_HERE;
	if (list != NULL) {
		decoded.matches = list->matches;
		decoded.n = list->n;
		if (follow(&decoded, 0, 0) != HOLDS)
			return FAILS_HERE;
	}
	return follow(is, index + 1, at);
}

/** Asks conditions on a buffer as a whole. */
static bool
ask_whole(struct inspection *is, unsigned int index)
{
	const struct rule_match *match = &is->matches[index];

	switch (match->kind) {
	case MATCH_BSIZE:
		return range_has(&match->range, is->offset + is->size) != match->negated;
	case MATCH_DATASET:
		return data_set_holds(&match->dataset, is->data, is->size);
	case MATCH_ABSENT: /* it is there */
		return match->absent.or_else;
	default:
		return false;
	}
}

static enum answer
ask_asn1(struct inspection *is, unsigned int index, uint32_t at)
{
	const struct rule_asn1 *asn1 = &is->matches[index].asn1;
	int64_t from = asn1->offset + ((asn1->flags & ASN1_RELATIVE) != 0 ? (int64_t)at : 0);

	if (from < 0 || from > is->size ||
	    !asn1_holds(asn1, is->data + from, is->size - (uint32_t)from))
		return FAILS_HERE;
	return follow(is, index + 1, at);
}

/** Asks a condition and those behind it. @param at  where the one before has left off */
static enum answer
follow(struct inspection *is, unsigned int index, uint32_t at)
{
	if (index == is->n)
		return HOLDS;
	if (!pay(is, 0))
		return FAILS_BEHIND;
	switch (is->matches[index].kind) {
	case MATCH_CONTENT:
		return ask_content(is, index, at);
	case MATCH_PCRE:
		return ask_pcre(is, index, at);
	case MATCH_BYTE_TEST:
		return ask_byte_test(is, index, at);
	case MATCH_BYTE_JUMP:
		return ask_byte_jump(is, index, at);
	case MATCH_BYTE_EXTRACT:
		return ask_byte_extract(is, index, at);
	case MATCH_BYTE_MATH:
		return ask_byte_math(is, index, at);
	case MATCH_ISDATAAT:
		return ask_is_data_at(is, index, at);
	case MATCH_BASE64_DECODE:
		return ask_base64(is, index, at);
	case MATCH_ASN1:
		return ask_asn1(is, index, at);
	default:
		return ask_whole(is, index) ? follow(is, index + 1, at) : FAILS_BEHIND;
	}
}

bool
inspect(struct inspector *inspector, const struct rule_list *list,
	const struct inspect_bytes *bytes)
{
	struct inspection is = {
		.inspector = inspector,
		.matches = list->matches,
		.n = list->n,
		.data = bytes->data,
		.size = bytes->size,
		.offset = bytes->offset,
	};
	uint64_t most = INSPECT_STEPS + bytes->size / INSPECT_BYTES_A_STEP;
	uint32_t limit = most < inspector->budget ? (uint32_t)most : inspector->budget;
	bool holds;

	inspector->steps = (struct pattern_steps){limit, limit};
	holds = follow(&is, 0, 0) == HOLDS;
	inspector->budget -= limit - inspector->steps.left;
	inspector->gave_up += !holds && inspector->steps.left == 0 && limit == most;
	return holds;
}
