/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads JSON text, more strictly than the parser by itself. */

#include "conf/conf.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "conf/text.h"

/** A place in a text. */
struct place {
	int line, column;
};

enum excess { NONE, TOO_DEEP, TOO_MANY };

/** Finds where brackets nest deeper than allowed, or where there are more values than anybody
 * needs, before the parser follows them down and takes memory for each. */
static enum excess
look_ahead(const char *text, size_t size, unsigned int depth_max, struct place *place)
{
	unsigned int depth = 0, values = 0;
	bool in_string = false, escaped = false;

	*place = (struct place){.line = 1};
	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		place->column++;
		if (c == '\n')
			*place = (struct place){.line = place->line + 1};
		else if (escaped)
			escaped = false;
		else if (c == '\\' && in_string)
			escaped = true;
		else if (c == '"')
			in_string = !in_string;
		else if (!in_string && (c == '{' || c == '[' || c == ',') &&
			 ++values > WP_CONF_VALUES_MAX)
			return TOO_MANY;
		else if (!in_string && (c == '{' || c == '[') && ++depth > depth_max)
			return TOO_DEEP;
		else if (!in_string && (c == '}' || c == ']') && depth > 0)
			depth--;
	}
	return NONE;
}

/** Says why the parser stopped. It has no word for running out of memory in some of its calls. */
static void
explain(const json_error_t *error, char *message, size_t message_size, int *line, int *column)
{
	bool is_short =
		error->text[0] == '\0' || json_error_code(error) == json_error_out_of_memory;

	snprintf(message, message_size, "%s", is_short ? "no memory" : error->text);
	conf_make_printable(message);
	*line = !is_short && error->line > 0 ? error->line : 0;
	*column = !is_short && error->column > 0 ? error->column : 0;
	errno = is_short ? ENOMEM : EINVAL;
}

json_t *
wp_conf_load(const char *text, size_t size, unsigned int depth_max, char *message,
	     size_t message_size, int *line, int *column)
{
	struct place place;
	json_error_t error;
	enum excess excess;
	json_t *root;

	excess = look_ahead(text, size, depth_max, &place);
	if (excess != NONE) {
		if (excess == TOO_DEEP)
			snprintf(message, message_size, "nested deeper than %u levels", depth_max);
		else
			snprintf(message, message_size, "has more than %u values",
				 WP_CONF_VALUES_MAX);
		*line = place.line;
		*column = place.column;
		errno = EINVAL;
		return NULL;
	}
	root = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		explain(&error, message, message_size, line, column);
	explicit_bzero(&error, sizeof(error)); /* it quotes the text, which may be a key store's */
	return root;
}
