/* SPDX-License-Identifier: BSD-3-Clause */
/* State comes back from a file, under the document in force. Control. */

#ifndef PE_STATE_IMPORT_H
#define PE_STATE_IMPORT_H

#include "pe/pe.h"
#include "pe/state_file.h"

#define IMPORT_REASONS_MAX 16

/** What became of the records of one table. */
struct import_table {
	struct state_schema schema;
	const char *left_out; /* why all of it, in words; NULL: it was not */
	uint64_t restored, skipped;
	unsigned int n_reasons;
	struct {
		const char *why; /* in words; the last stands for all others, too */
		uint64_t n;
	} reasons[IMPORT_REASONS_MAX];
};

/** What an import came to. */
struct import_report {
	struct state_summary summary;
	struct import_table *tables; /* in the order of the file */
	unsigned int n_tables;
};

struct import_options {
	bool check_only;      /* look whether the file is whole and fits; take nothing */
	bool partial;         /* leave out tables that do not fit; else the file is refused */
	bool through_workers; /* they run, or somebody polls them; else nobody does */
};

/**
 * Takes the state of a file. It is read to its end before anything is taken: a file that is refused
 * changes nothing. Records that do not fit the document are left out and counted.
 * Time stands still between export and import: timers go on with what they had left.
 * @param[out] report  free it with import_report_free(); filled on failure, too
 * @return 0, or a negative errno with @p message filled
 */
int pe_state_import(struct pe *pe, const char *file, const struct import_options *options,
		    struct import_report *report, char *message, size_t message_size);

void import_report_free(struct import_report *report);

#endif
