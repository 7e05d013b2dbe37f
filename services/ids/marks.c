/* SPDX-License-Identifier: BSD-3-Clause */
/* See marks.h. */

#include "marks.h"

#include <errno.h>
#include <stdlib.h>

#include "match/detector.h"

struct mark {
	uint32_t number; /* flow_state_name() */
	const char *name;
};

/** Names of one kind, by their numbers. */
struct table {
	struct mark *marks;
	unsigned int n;
};

struct marks {
	struct table bits, ints;
};

static int
compare(const void *a, const void *b)
{
	uint32_t x = ((const struct mark *)a)->number, y = ((const struct mark *)b)->number;

	return x < y ? -1 : x > y;
}

static int
fill(const struct detector *detector, unsigned int kind, struct table *table)
{
	unsigned int n = rule_set_names(detector->set, kind);

	table->marks = calloc(n + 1, sizeof(*table->marks));
	if (table->marks == NULL)
		return -ENOMEM;
	for (unsigned int i = 1; i <= n; i++)
		table->marks[table->n++] = (struct mark){
			detector->names[kind][i], rule_set_name(detector->set, kind, (uint16_t)i)};
	qsort(table->marks, table->n, sizeof(*table->marks), compare);
	return 0;
}

int
marks_create(const struct detector *detector, struct marks **marks)
{
	struct marks *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	if (fill(detector, NAMES_FLOWBITS, &new->bits) != 0 ||
	    fill(detector, NAMES_FLOWINTS, &new->ints) != 0) {
		marks_destroy(new);
		return -ENOMEM;
	}
	*marks = new;
	return 0;
}

void
marks_destroy(struct marks *marks)
{
	if (marks == NULL)
		return;
	free(marks->bits.marks);
	free(marks->ints.marks);
	free(marks);
}

/** @return the name of a number, or NULL: no rule of these names it. */
static const char *
find(const struct table *table, uint32_t number)
{
	const struct mark key = {.number = number};
	const struct mark *found =
		bsearch(&key, table->marks, table->n, sizeof(*table->marks), compare);

	return found == NULL ? NULL : found->name;
}

const struct record_marks *
marks_tell(const struct marks *marks, const struct flow_state *state, struct marks_told *told)
{
	if (state == NULL || marks == NULL)
		return NULL;
	told->marks = (struct record_marks){.bits = told->bits, .ints = told->ints};
	for (unsigned int i = 0; i < state->n_bits; i++) {
		const char *name = find(&marks->bits, flow_state_bit(state, i));

		if (name != NULL)
			told->bits[told->marks.n_bits++] = name;
	}
	for (unsigned int i = 0; i < state->n_ints; i++) {
		const char *name = find(&marks->ints, state->ints[i].name);

		if (name != NULL)
			told->ints[told->marks.n_ints++] =
				(struct record_int){name, state->ints[i].value};
	}
	return &told->marks;
}
