/* SPDX-License-Identifier: BSD-3-Clause */
/* Edit distance, and lists of names. */

#include "conf/suggest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 32, NEAR = 2 };

static unsigned int
least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

unsigned int
conf_distance(const char *a, const char *b)
{
	unsigned int row[WORD_MAX + 1];
	size_t n_a = strlen(a), n_b = strlen(b);

	if (n_a > WORD_MAX || n_b > WORD_MAX)
		return UINT32_MAX;
	for (unsigned int j = 0; j <= n_b; j++)
		row[j] = j;
	for (unsigned int i = 1; i <= n_a; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (unsigned int j = 1; j <= n_b; j++) {
			unsigned int above = row[j];

			row[j] =
				least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[n_b];
}

const char *
conf_nearer(const char *best, const char *name, const char *word)
{
	unsigned int distance = conf_distance(name, word);

	/* A word of which nothing is left is near to any other of its length. */
	if (distance > NEAR || distance >= strlen(word) || distance >= strlen(name))
		return best;
	return best == NULL || distance < conf_distance(best, word) ? name : best;
}

const char *
conf_suggest_field(const struct wp_field *fields, const char *word)
{
	const char *best = NULL;

	for (; fields->name != NULL; fields++)
		best = conf_nearer(best, fields->name, word);
	return best;
}

/** Appends one name. @return bytes used so far; size when it is full */
static size_t
append(char *out, size_t size, size_t used, const char *name)
{
	int n = snprintf(out + used, size - used, "%s%s", used != 0 ? ", " : "", name);

	if (used + (size_t)n < size)
		return used + (size_t)n;
	if (size > 4)
		strcpy(out + size - 4, "...");
	return size;
}

const char *
conf_list_names(const char *const *names, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (; *names != NULL && used < size; names++)
		used = append(out, size, used, *names);
	return out;
}

const char *
conf_list_fields(const struct wp_field *fields, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (; fields->name != NULL && used < size; fields++)
		used = append(out, size, used, fields->name);
	return out;
}
