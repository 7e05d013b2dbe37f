/* SPDX-License-Identifier: BSD-3-Clause */
/* State goes out, while workers run: into a file that another process can take it from, or for
 * people. Control. */

#ifndef PE_STATE_EXPORT_H
#define PE_STATE_EXPORT_H

#include "pe/pe.h"
#include "pe/state_filter.h"

/** What an export came to. */
struct state_exported {
	uint64_t tables, records;
	uint64_t orphans; /* entries of instances and tenants that the document does not have */
};

/**
 * Writes what a filter means to @p file, which is replaced in one step or stays as it was.
 * @return 0 or a negative errno
 */
int pe_state_export(struct pe *pe, const char *file, const struct state_filter *filter,
		    struct state_exported *exported);

/** Prints what a filter means, a line of JSON for each entry. @return 0 or a negative errno */
int pe_state_get(struct pe *pe, const struct state_filter *filter, FILE *out);

#endif
