/* SPDX-License-Identifier: BSD-3-Clause */
/* See carry.h. */

#include "pe/carry.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "pe/state_export.h"
#include "pe/state_import.h"
#include "pe/state_print.h"

int
carry_out(struct pe *pe, const char *file)
{
	struct state_exported exported = {0};
	uint64_t start_ns = pe_now_ns(pe);
	int err = pe_state_export(pe, file, &state_filter_all, &exported);

	if (err != 0)
		pe_log(pe, "--export: %s: %s", file, strerror(-err));
	else
		pe_log(pe, "--export: %s: %" PRIu64 " entries of %" PRIu64 " tables in %.1f s",
		       file, exported.records, exported.tables,
		       (double)(pe_now_ns(pe) - start_ns) / 1e9);
	if (err == 0 && exported.orphans != 0)
		pe_log(pe,
		       "--export: %" PRIu64
		       " entries of instances or tenants that are gone stay behind",
		       exported.orphans);
	return err;
}

static void
say_table(const struct pe *pe, const struct import_table *table)
{
	const struct state_schema *schema = &table->schema;

	if (table->left_out != NULL) {
		pe_log(pe, "--import: %s/%s (version %u): left out: it %s here", schema->service,
		       schema->table, schema->version, table->left_out);
		return;
	}
	pe_log(pe, "--import: %s/%s: %" PRIu64 " came back, %" PRIu64 " left out", schema->service,
	       schema->table, table->restored, table->skipped);
	for (unsigned int i = 0; i < table->n_reasons; i++)
		pe_log(pe, "--import: %s/%s: %" PRIu64 " left out: %s", schema->service,
		       schema->table, table->reasons[i].n, table->reasons[i].why);
}

static void
say_age(const struct pe *pe, const char *file, const struct state_summary *summary)
{
	time_t seconds = (time_t)(summary->time_ns / 1000000000);
	char text[32];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL || strftime(text, sizeof(text), "%FT%TZ", &tm) == 0)
		text[0] = '\0';
	pe_log(pe, "--import: %s: %" PRIu64 " entries, written %s", file, summary->records, text);
}

int
carry_in(struct pe *pe, const char *file, bool partial)
{
	const struct import_options options = {.partial = partial,
					       .check_only = pe->options.check_only};
	struct import_report report;
	char message[256];
	int err = pe_state_import(pe, file, &options, &report, message, sizeof(message));

	if (err != 0) {
		pe_log(pe, "--import: %s: %s%s", file, message,
		       err == -EPROTO ? "; --partial leaves such tables out" : "");
	} else {
		say_age(pe, file, &report.summary);
		for (unsigned int i = 0; !options.check_only && i < report.n_tables; i++)
			say_table(pe, &report.tables[i]);
	}
	import_report_free(&report);
	return err;
}

int
carry_show(const char *text, const char *file)
{
	struct state_filter filter;
	char message[256];
	FILE *in = NULL;
	int err = state_filter_parse(text, &filter, message, sizeof(message));

	if (err != 0) {
		fprintf(stderr, "waypointd: --get: %s\n", message);
		return err;
	}
	err = state_file_open(file, &in, message, sizeof(message));
	if (err == 0) {
		err = state_print_file(in, &filter, stdout, message, sizeof(message));
		fclose(in);
	}
	if (err != 0)
		fprintf(stderr, "waypointd: %s: %s\n", file, message);
	return err;
}
