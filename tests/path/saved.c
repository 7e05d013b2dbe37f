/* SPDX-License-Identifier: BSD-3-Clause */
/* See saved.h. */

#include "saved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pe/state_export.h"
#include "pe/state_filter.h"
#include "pe/state_print.h"

const char file[] = "state", other_file[] = "other";

void
export_to(struct bed *bed, const char *name, const char *filter)
{
	struct state_exported exported;
	struct state_filter parsed;
	char message[256];

	ck_assert_int_eq(state_filter_parse(filter, &parsed, message, sizeof(message)), 0);
	ck_assert_int_eq(pe_state_export(bed->pe, name, &parsed, &exported), 0);
}

int
try_import(struct bed *bed, const struct import_options *options, struct import_report *report,
	   char message[256])
{
	return pe_state_import(bed->pe, file, options, report, message, 256);
}

const struct import_table *
part_of(const struct import_report *report, const char *table)
{
	for (unsigned int i = 0; i < report->n_tables; i++)
		if (strcmp(report->tables[i].schema.table, table) == 0)
			return &report->tables[i];
	ck_abort_msg("no table '%s'", table);
	return NULL;
}

void
import(struct bed *bed, bool through_workers, struct import_report *report)
{
	const struct import_options options = {.through_workers = through_workers};
	char message[256];

	ck_assert_msg(try_import(bed, &options, report, message) == 0, "%s", message);
}

void
check_report(const struct import_report *report, const char *table, uint64_t restored,
	     uint64_t skipped)
{
	const struct import_table *part = part_of(report, table);

	ck_assert_msg(part->restored == restored && part->skipped == skipped,
		      "%s: %lu restored, %lu skipped: %s", table, part->restored, part->skipped,
		      part->n_reasons == 0 ? "" : part->reasons[0].why);
}

void
pass(struct bed *bed, unsigned int seconds)
{
	while (seconds-- != 0)
		bed_sleep(bed, 1000);
	for (unsigned int i = 0; i < 30; i++)
		bed_run(bed); /* a poll does some of the timers only */
}

struct bed *
restart(struct bed *bed, const char *document)
{
	bed_close(bed);
	return bed_open(document);
}

struct bed *
carry_over(struct bed *bed, const char *filter, const char *document, struct import_report *report)
{
	export_to(bed, file, filter);
	bed = restart(bed, document);
	import(bed, false, report);
	return bed;
}

/* What a PE has, as text. */

static int
compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *
describe(const char *name, const char *filter, size_t shown)
{
	struct state_filter parsed;
	char message[256], *text, *line, *save = NULL, *sorted, **lines;
	size_t size, n = 0, fill = 0;
	FILE *in, *out = open_memstream(&text, &size);

	ck_assert_int_eq(state_filter_parse(filter, &parsed, message, sizeof(message)), 0);
	ck_assert_int_eq(state_file_open(name, &in, message, sizeof(message)), 0);
	ck_assert_int_eq(state_print_file(in, &parsed, out, message, sizeof(message)), 0);
	fclose(in);
	fclose(out);
	lines = calloc(size / 64 + 2, sizeof(char *));
	sorted = calloc(1, size + 1);
	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		char *value = strstr(line, "\"value\":\"");

		ck_assert_ptr_nonnull(value);
		value += 9;
		if (strlen(value) > 2 * shown)
			value[2 * shown] = '\0';
		lines[n++] = line;
	}
	qsort(lines, n, sizeof(char *), compare_lines);
	for (size_t i = 0; i < n; i++)
		fill += (size_t)sprintf(sorted + fill, "%s\n", lines[i]);
	free(lines);
	free(text);
	return sorted;
}

static unsigned int
n_lines(const char *text)
{
	unsigned int n = 0;

	while ((text = strchr(text, '\n')) != NULL) {
		n++;
		text++;
	}
	return n;
}

/** Checks that two texts are the same; says where they are not. */
static void
check_text(const char *before, const char *after)
{
	size_t at = 0;

	while (before[at] != '\0' && before[at] == after[at])
		at++;
	while (at != 0 && before[at - 1] != '\n')
		at--;
	ck_assert_msg(strcmp(before, after) == 0, "before: %.200s after: %.200s", before + at,
		      after + at);
}

void
check_same(const char *table, size_t shown, unsigned int n)
{
	char *before = describe(file, table, shown), *after = describe(other_file, table, shown);

	ck_assert_uint_eq(n_lines(before), n);
	check_text(before, after);
	free(before);
	free(after);
}
