/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads JSON text, more strictly than the parser by itself. */

#include "conf/conf.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/** A place in a text. */
struct place {
	int line, column;
};

/** Finds where brackets nest deeper than allowed, before the parser follows them down. @return
 * whether they do */
static bool
too_deep(const char *text, size_t size, unsigned int depth_max, struct place *place)
{
	unsigned int depth = 0;
	bool in_string = false;

	*place = (struct place){.line = 1};
	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		place->column++;
		if (c == '\n')
			*place = (struct place){.line = place->line + 1};
		else if (c == '\\' && in_string)
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '[') && ++depth > depth_max)
			return true;
		else if (!in_string && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return false;
}

json_t *
wp_conf_load(const char *text, size_t size, unsigned int depth_max, char *message,
	     size_t message_size, int *line, int *column)
{
	struct place place;
	json_error_t error;
	json_t *root;

	if (too_deep(text, size, depth_max, &place)) {
		snprintf(message, message_size, "nested deeper than %u levels", depth_max);
		*line = place.line;
		*column = place.column;
		return NULL;
	}
	root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL) {
		snprintf(message, message_size, "%s", error.text);
		*line = error.line > 0 ? error.line : 0;
		*column = error.column > 0 ? error.column : 0;
	}
	return root;
}
