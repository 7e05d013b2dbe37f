/* SPDX-License-Identifier: BSD-3-Clause */
/* See hashes.h: a sorted array. */

#include "rule/hashes.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hex.h"
#include "rule/text_file.h"

struct hashes {
	enum hashes_kind kind;
	uint32_t n;
	uint8_t bytes[]; /* n of 'kind' bytes */
};

/** @return whether a hash stands there */
static bool
read_hash(const char *text, enum hashes_kind kind, uint8_t *hash)
{
	return strspn(text, "0123456789abcdefABCDEF") == (size_t)2 * kind &&
	       wp_hex_read(text, kind, hash);
}

static uint32_t
count_lines(const char *text)
{
	uint32_t n = 1;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static bool
is_blank(const char *line)
{
	return *line == '\0' || *line == '#' || isspace((unsigned char)*line);
}

static int
read_lines(struct hashes *hashes, const char *text, char *why, size_t size)
{
	for (uint32_t line = 1; *text != '\0'; line++) {
		if (!is_blank(text)) {
			if (!read_hash(text, hashes->kind,
				       hashes->bytes + (size_t)hashes->n * hashes->kind)) {
				snprintf(why, size, "line %u is no hash of %d bytes", line,
					 hashes->kind);
				return -EINVAL;
			}
			hashes->n++;
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return 0;
}

static int
compare(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(const enum hashes_kind *)size);
}

int
hashes_read(struct wp_arena *arena, const char *file, enum hashes_kind kind,
	    const struct hashes **hashes, char *why, size_t size)
{
	struct hashes *new;
	size_t length;
	char *text;
	int err = text_file_read(file, &text, &length);

	if (err != 0) {
		snprintf(why, size, "%s: %s", file, text_file_why(err));
		return err;
	}
	new = wp_arena_alloc(arena, sizeof(*new) + (size_t)count_lines(text) * kind);
	if (new == NULL) {
		free(text);
		snprintf(why, size, "there is no memory");
		return -ENOMEM;
	}
	new->kind = kind;
	err = read_lines(new, text, why, size);
	free(text);
	if (err != 0)
		return err;
	qsort_r(new->bytes, new->n, kind, compare, &new->kind);
	*hashes = new;
	return 0;
}

enum hashes_kind
hashes_kind(const struct hashes *hashes)
{
	return hashes->kind;
}

bool
hashes_has(const struct hashes *hashes, const uint8_t *hash)
{
	uint32_t low = 0, high = hashes->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order =
			memcmp(hashes->bytes + (size_t)middle * hashes->kind, hash, hashes->kind);

		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}
