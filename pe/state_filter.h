/* SPDX-License-Identifier: BSD-3-Clause */
/* Which state is meant: "nat/mappings,tenant=red,address=10.0.0.0/24". Control. */

#ifndef PE_STATE_FILTER_H
#define PE_STATE_FILTER_H

#include "addr.h"
#include "pe/state_file.h"

/** What is not given matches everything; all zero but for 'bucket': everything. */
struct state_filter {
	char service[STATE_NAME_SIZE], table[STATE_NAME_SIZE], tenant[STATE_NAME_SIZE];
	struct wp_prefix address; /* of the first or the second key; version 0: any */
	int bucket;               /* -1: all; only of a running PE */
};

extern const struct state_filter state_filter_all;

/** Reads "[SERVICE[/TABLE]][,tenant=NAME][,address=PREFIX][,bucket=N]". @return 0, or -EINVAL with
 * @p message filled */
int state_filter_parse(const char *text, struct state_filter *filter, char *message,
		       size_t message_size);

/** @return whether records of a table may be meant. */
bool state_filter_has_table(const struct state_filter *filter, const char *service,
			    const char *table);

/** @return whether a record of such a table is meant. @param key, key2  parts, as declared */
bool state_filter_has(const struct state_filter *filter, const uint8_t *key, const uint8_t *key2,
		      const char *tenant, const struct wp_record *entry);

#endif
