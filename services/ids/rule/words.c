/* SPDX-License-Identifier: BSD-3-Clause */
/* See words.h: a sorted array. A word that is in two tables is read by the first of them. */

#include "rule/words.h"

#include <stdlib.h>
#include <strings.h>

#include "conf/suggest.h"
#include "rule/keyword_buffer.h"

struct words {
	struct keyword *of;
	uint32_t n;
};

static const struct keyword *const tables[] = {
	keywords_meta,   keywords_bytes,  keywords_number, keywords_size,    keywords_pcre,
	keywords_buffer, keywords_packet, keywords_flow,   keywords_message, keywords_limit,
};

enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

static uint32_t
count(void)
{
	uint32_t n = 3 * BUFFERS;

	for (unsigned int t = 0; t < TABLES; t++)
		for (const struct keyword *word = tables[t]; word->name != NULL; word++)
			n++;
	return n;
}

static void
add_buffer(struct words *words, unsigned int buffer)
{
	const struct buffer *of = &buffers[buffer];
	/* Pairs say of which direction one of both is meant. */
	enum keyword_value value =
		of->directions == BUFFER_BOTH_WAYS ? KEYWORD_EITHER : KEYWORD_ALONE;

	words->of[words->n++] = (struct keyword){of->name, value, keyword_sticky_read, buffer};
	if (of->old_name != NULL)
		words->of[words->n++] =
			(struct keyword){of->old_name, value, keyword_sticky_read, buffer};
	if (of->modifier != NULL)
		words->of[words->n++] = (struct keyword){of->modifier, KEYWORD_ALONE,
							 keyword_modifier_read, buffer};
}

static int
compare(const void *a, const void *b)
{
	const struct keyword *left = a, *right = b;

	return strcasecmp(left->name, right->name);
}

/** Sorts them; of equal ones the first stays in front (there are some 250, once). */
static void
sort(struct words *words)
{
	for (uint32_t i = 1; i < words->n; i++) {
		struct keyword word = words->of[i];
		uint32_t at = i;

		for (; at > 0 && compare(&words->of[at - 1], &word) > 0; at--)
			words->of[at] = words->of[at - 1];
		words->of[at] = word;
	}
}

struct words *
words_create(void)
{
	struct words *words = calloc(1, sizeof(*words));

	if (words == NULL)
		return NULL;
	words->of = calloc(count(), sizeof(*words->of));
	if (words->of == NULL) {
		free(words);
		return NULL;
	}
	for (unsigned int t = 0; t < TABLES; t++)
		for (const struct keyword *word = tables[t]; word->name != NULL; word++)
			words->of[words->n++] = *word;
	for (unsigned int buffer = 0; buffer < BUFFERS; buffer++)
		add_buffer(words, buffer);
	sort(words);
	return words;
}

void
words_destroy(struct words *words)
{
	if (words == NULL)
		return;
	free(words->of);
	free(words);
}

const struct keyword *
words_find(const struct words *words, const char *name)
{
	uint32_t low = 0, high = words->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (strcasecmp(words->of[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < words->n && strcasecmp(words->of[low].name, name) == 0 ? &words->of[low]
									    : NULL;
}

const char *
words_nearest(const struct words *words, const char *name)
{
	const char *best = NULL;

	for (uint32_t i = 0; i < words->n; i++)
		best = conf_nearer(best, words->of[i].name, name);
	return best;
}
