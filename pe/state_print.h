/* SPDX-License-Identifier: BSD-3-Clause */
/* State for people and scripts: a line of JSON for each entry, with its keys in their parts. */

#ifndef PE_STATE_PRINT_H
#define PE_STATE_PRINT_H

#include "pe/state_filter.h"

/** Prints one record. */
void state_print(FILE *out, const struct state_schema *schema, const struct state_record *record);

/**
 * Prints the records of a file that a filter means.
 * @return 0, or a negative errno with @p message filled; what was printed is then not all
 */
int state_print_file(FILE *in, const struct state_filter *filter, FILE *out, char *message,
		     size_t message_size);

#endif
