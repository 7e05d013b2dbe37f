/* SPDX-License-Identifier: BSD-3-Clause */
/* What a PE has, saved in a file, and in another PE that has read it. */

#ifndef TESTS_PATH_SAVED_H
#define TESTS_PATH_SAVED_H

#include "bed.h"
#include "pe/state_import.h"

/* Files in the folder of bed_folder(); imports are of the first. */
extern const char file[], other_file[];

/** Saves what a filter lets through. */
void export_to(struct bed *bed, const char *name, const char *filter);

/** Reads the file, as the library would. */
int try_import(struct bed *bed, const struct import_options *options, struct import_report *report,
	       char message[256]);

/** Reads the file; free the report. */
void import(struct bed *bed, bool through_workers, struct import_report *report);

/** @return the report's part on a table. */
const struct import_table *part_of(const struct import_report *report, const char *table);

/** Checks what a report says of a table. */
void check_report(const struct import_report *report, const char *table, uint64_t restored,
		  uint64_t skipped);

/** Lets time pass, and timers keep up with it. */
void pass(struct bed *bed, unsigned int seconds);

/** Ends a PE, and with it all that is not in the file. @return another one */
struct bed *restart(struct bed *bed, const char *document);

/** Saves, ends and reads: another PE has what the first one had. */
struct bed *carry_over(struct bed *bed, const char *filter, const char *document,
		       struct import_report *report);

/** @return the entries of a table in a file, sorted, free() it. Of a value, the first @p shown
 * bytes. */
char *describe(const char *name, const char *filter, size_t shown);

/** Checks that both files have the same @p n entries of a table. */
void check_same(const char *table, size_t shown, unsigned int n);

#endif
