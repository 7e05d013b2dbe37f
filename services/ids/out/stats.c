/* SPDX-License-Identifier: BSD-3-Clause */
/* The event "stats": counters, nested as their names say. */

#include <string.h>

#include "out/line.h"

enum { DEPTH_MAX = 8, NAME_ROOM = 256 };

/** Names of the objects that are open. */
struct nest {
	struct wp_span open[DEPTH_MAX];
	unsigned int depth;
};

/** @return the part of a name up to its next dot, which is taken off; the last part has none. */
static bool
cut(struct wp_span *name, struct wp_span *part)
{
	const uint8_t *dot = name->size == 0 ? NULL : memchr(name->data, '.', name->size);

	if (dot == NULL)
		return false;
	*part = (struct wp_span){name->data, (uint32_t)(dot - name->data)};
	name->size -= part->size + 1;
	name->data = dot + 1;
	return true;
}

static bool
is_same(struct wp_span a, struct wp_span b)
{
	return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

static void
close_to(struct text *text, struct nest *nest, unsigned int depth)
{
	for (; nest->depth > depth; nest->depth--)
		text_close(text);
}

/** Writes a counter in the objects that its name says. */
static void
put(struct text *text, struct nest *nest, struct wp_span name, uint64_t value)
{
	unsigned int depth = 0;
	struct wp_span part;

	while (depth < DEPTH_MAX && cut(&name, &part)) {
		if (depth >= nest->depth || !is_same(nest->open[depth], part)) {
			close_to(text, nest, depth);
			text_key(text, part);
			text_open(text, NULL);
			nest->open[nest->depth++] = part;
		}
		depth++;
	}
	close_to(text, nest, depth);
	text_key(text, name);
	text_number(text, NULL, value);
}

void
line_stats(const struct line *line)
{
	struct wp_span rest = line->fields;
	struct nest nest = {.depth = 0};
	struct field field;
	uint64_t value;

	text_open(line->text, "stats");
	text_number(line->text, "uptime", line->head->uptime_s);
	while (field_next(&rest, &field)) {
		if (field.kind != FIELD_COUNTER || field.size < sizeof(value))
			continue;
		memcpy(&value, field.bytes, sizeof(value));
		put(line->text, &nest,
		    (struct wp_span){field.bytes + sizeof(value),
				     field.size - (uint32_t)sizeof(value)},
		    value);
	}
	close_to(line->text, &nest, 0);
	text_close(line->text);
}
