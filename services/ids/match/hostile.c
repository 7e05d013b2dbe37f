/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See hostile.h. A list takes the longest where its first conditions hold at many places and the
 * next one at none: there is a kind for each number of conditions that stand there again and again,
 * one by one or in heaps of each.
 */

#include "match/hostile.h"

#include <string.h>

#include "match/sample.h"

enum { UNIT = 2048 /* bytes that are repeated, at the most */ };

/** How what conditions look for is put together. */
enum shape {
	SHAPE_WHOLE,    /* one condition behind the other, again and again */
	SHAPE_CUT,      /* likewise, each time without the very last byte */
	SHAPE_HEAPS,    /* the first again and again, then the second, ... */
	SHAPE_CUT_ONCE, /* likewise, the last one without its last byte */
	SHAPES
};

unsigned int
hostile_kinds(const struct rule_list *list)
{
	return list->n * (unsigned int)SHAPES;
}

static void
fill(struct sample *sample, int64_t n)
{
	for (uint8_t byte = 'a'; n > 0 && sample->size < sample->room; n--)
		sample_add(sample, &byte, 1);
}

/** Adds what a condition looks for, where the one before it has left off. */
static void
add(struct sample *sample, const struct rule_match *match)
{
	const struct rule_content *content = &match->content;

	if (match->kind == MATCH_PCRE && (match->pcre.flags & PCRE_NEGATED) == 0)
		sample_pcre(sample, &match->pcre);
	if (match->kind != MATCH_CONTENT || (content->flags & CONTENT_NEGATED) != 0)
		return;
	if ((content->flags & CONTENT_DISTANCE) != 0 && content->distance.var < 0)
		fill(sample, content->distance.value);
	sample_add(sample, content->bytes, content->size);
}

/** Repeats the bytes from @p from on until there are @p limit. */
static void
repeat(struct sample *sample, uint32_t from, uint32_t limit)
{
	uint32_t size = sample->size - from;

	while (size != 0 && sample->size < limit)
		sample_add(sample, sample->bytes + from,
			   size < limit - sample->size ? size : limit - sample->size);
}

/** Makes heaps: each condition has an equal part. */
static void
heap(const struct rule_list *list, unsigned int n, bool is_cut, struct sample *sample)
{
	for (unsigned int i = 0; i < n; i++) {
		uint32_t from = sample->size;

		add(sample, &list->matches[i]);
		if (is_cut && i + 1 == n && sample->size > from + 1)
			sample->size--;
		repeat(sample, from, sample->room * (i + 1) / n);
	}
}

void
hostile_make(const struct rule_list *list, unsigned int kind, uint8_t *bytes, uint32_t size)
{
	unsigned int n = kind / SHAPES + 1, shape = kind % SHAPES;
	struct sample sample = {.bytes = bytes, .room = size};

	if (shape >= SHAPE_HEAPS) {
		heap(list, n, shape == SHAPE_CUT_ONCE, &sample);
	} else {
		sample.room = size < UNIT ? size : UNIT;
		for (unsigned int i = 0; i < n; i++)
			add(&sample, &list->matches[i]);
		if (shape == SHAPE_CUT && sample.size > 1)
			sample.size--;
		sample.room = size;
		repeat(&sample, 0, size);
	}
	fill(&sample, size);
}
