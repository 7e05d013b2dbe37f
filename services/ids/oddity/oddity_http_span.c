/* SPDX-License-Identifier: BSD-3-Clause */
/* Words in what HTTP brings; see oddity_http_own.h. */

#include <string.h>
#include <strings.h>

#include "ascii.h"
#include "oddity/oddity_http_own.h"

struct wp_span
span_trim(struct wp_span span)
{
	while (span.size != 0 && wp_is_blank(span.data[0])) {
		span.data++;
		span.size--;
	}
	while (span.size != 0 && wp_is_blank(span.data[span.size - 1]))
		span.size--;
	return span;
}

bool
span_is(struct wp_span span, const char *word)
{
	for (uint32_t i = 0; i < span.size; i++) {
		if (span.data[i] == '\0')
			continue;
		if (*word == '\0' || wp_lower(span.data[i]) != (uint8_t)*word)
			return false;
		word++;
	}
	return *word == '\0' && span.data != NULL;
}

bool
span_is_exactly(struct wp_span span, const char *word)
{
	return span.size == strlen(word) && span_is(span, word);
}

const uint8_t *
span_find(struct wp_span span, const char *word)
{
	uint32_t size = (uint32_t)strlen(word);

	for (uint32_t i = 0; i + size <= span.size; i++)
		if (strncasecmp((const char *)span.data + i, word, size) == 0)
			return span.data + i;
	return NULL;
}

bool
span_next(struct wp_span *list, char separator, struct wp_span *item)
{
	const uint8_t *end;
	uint32_t size;

	if (list->data == NULL || list->size == 0)
		return false;
	end = memchr(list->data, separator, list->size);
	size = end == NULL ? list->size : (uint32_t)(end - list->data);
	*item = span_trim((struct wp_span){list->data, size});
	size += end == NULL ? 0 : 1;
	list->data += size;
	list->size -= size;
	return true;
}
