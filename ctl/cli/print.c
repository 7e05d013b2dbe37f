/* SPDX-License-Identifier: BSD-3-Clause */
/* See print.h. */

#include "ctl/cli/print.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MAX = 16, CELL_MAX = 60 };

/** @return whether a value is a list of objects, that a table can show. */
static bool
is_table(const json_t *value)
{
	json_t *row;
	size_t i;

	if (!json_is_array(value) || json_array_size(value) == 0)
		return false;
	json_array_foreach(value, i, row) if (!json_is_object(row)) return false;
	return true;
}

/** Writes what a cell shows: text as it is, all else as JSON, lists of texts with commas. */
static void
write_cell(const json_t *value, char text[CELL_MAX + 1])
{
	char *dump;
	json_t *item;
	size_t i, at = 0;
	bool plain = json_is_array(value);

	text[0] = '\0';
	if (value == NULL)
		return;
	json_array_foreach(value, i, item) plain = plain && json_is_string(item);
	if (json_is_string(value)) {
		snprintf(text, CELL_MAX + 1, "%s", json_string_value(value));
	} else if (plain) {
		json_array_foreach(value, i, item) if (at < CELL_MAX) at +=
			(size_t)snprintf(text + at, CELL_MAX + 1 - at, "%s%s", i == 0 ? "" : ", ",
					 json_string_value(item));
	} else {
		dump = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		snprintf(text, CELL_MAX + 1, "%s", dump == NULL ? "?" : dump);
		free(dump);
	}
}

/** What a table's columns are: members of its rows, in the order of their coming. */
struct columns {
	const char *names[COLUMNS_MAX];
	int widths[COLUMNS_MAX];
	unsigned int n;
};

static unsigned int
column_of(struct columns *columns, const char *name)
{
	for (unsigned int i = 0; i < columns->n; i++)
		if (strcmp(columns->names[i], name) == 0)
			return i;
	if (columns->n == COLUMNS_MAX)
		return COLUMNS_MAX;
	columns->names[columns->n] = name;
	columns->widths[columns->n] = (int)strlen(name);
	return columns->n++;
}

static void
measure(const json_t *rows, struct columns *columns)
{
	char text[CELL_MAX + 1];
	const char *name;
	json_t *row, *value;
	size_t i;

	json_array_foreach(rows, i, row) json_object_foreach(row, name, value)
	{
		unsigned int column = column_of(columns, name);

		if (column == COLUMNS_MAX)
			continue;
		write_cell(value, text);
		if ((int)strlen(text) > columns->widths[column])
			columns->widths[column] = (int)strlen(text);
	}
}

static void
print_table(const json_t *rows)
{
	struct columns columns = {.n = 0};
	char text[CELL_MAX + 1];
	json_t *row;
	size_t i;

	measure(rows, &columns);
	for (unsigned int c = 0; c < columns.n; c++)
		printf("%-*s%s", c + 1 < columns.n ? columns.widths[c] : 0, columns.names[c],
		       c + 1 < columns.n ? "  " : "\n");
	json_array_foreach(rows, i, row) for (unsigned int c = 0; c < columns.n; c++)
	{
		const json_t *value = json_object_get(row, columns.names[c]);

		write_cell(value, text);
		if (json_is_number(value))
			printf("%*s%s", columns.widths[c], text, c + 1 < columns.n ? "  " : "\n");
		else
			printf("%-*s%s", c + 1 < columns.n ? columns.widths[c] : 0, text,
			       c + 1 < columns.n ? "  " : "\n");
	}
}

void
print_result(const json_t *result)
{
	char text[CELL_MAX + 1];
	const char *name;
	json_t *value;

	if (!json_is_object(result)) {
		json_dumpf(result, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
		putchar('\n');
		return;
	}
	json_object_foreach((json_t *)(size_t)result, name, value)
	{
		if (is_table(value)) {
			print_table(value);
		} else if (json_is_object(value) || json_is_array(value)) {
			printf("%s: ", name);
			json_dumpf(value, stdout, JSON_INDENT(2));
			putchar('\n');
		} else {
			write_cell(value, text);
			printf("%s: %s\n", name, text);
		}
	}
}
