/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files of exported state. A header, then chunks, each with its size and a sum that covers all
 * before it, so that nothing can be missing, moved or put in:
 *
 *   names     instances and tenants; records have their numbers in the order of the file
 *   tables    a schema each: what must agree for two builds to exchange records
 *   records   of one table and key version; all of one size, without padding
 *   end       how many records there were
 *
 * Numbers are in the machine's order. Knows nothing of DPDK, and little of the PE. Control.
 */

#ifndef PE_STATE_FILE_H
#define PE_STATE_FILE_H

#include <stdint.h>
#include <stdio.h>

#include "state/state.h"

#define STATE_FILE_VERSION 1
#define STATE_NAME_SIZE 64 /* with the zero behind it */
#define STATE_TABLES_MAX 256
#define STATE_INSTANCES_MAX 4096
#define STATE_TENANTS_MAX 1024
#define STATE_CHUNK_MAX (1u << 20)   /* bytes */
#define STATE_VALUE_MAX (512u << 10) /* bytes; tables with larger values do not travel */
#define STATE_NO_NAME UINT16_MAX     /* number of the instance, or tenant, that there is none of */
#define STATE_FOREVER UINT32_MAX     /* of an entry without a timer: milliseconds left */

/** What records of a table are made of. As on disk. */
struct state_schema {
	char service[STATE_NAME_SIZE], table[STATE_NAME_SIZE];
	uint32_t version;    /* as declared */
	uint32_t value_size; /* bytes in memory */
	uint32_t local;      /* bytes of them, at the beginning, that do not travel */
	uint8_t class, global, common;
	uint8_t zero;
	uint8_t key[WP_KEY_PARTS_MAX], key2[WP_KEY_PARTS_MAX];
};

_Static_assert(sizeof(struct state_schema) == 160, "a schema has no padding");

/** One record, with names instead of numbers, and times instead of ticks. */
struct state_record {
	unsigned int table;                    /* number of its schema in the file */
	uint16_t instance_index, tenant_index; /* numbers of the names; or STATE_NO_NAME */
	const char *instance;                  /* NULL: of a global table */
	const char *tenant;                    /* likewise; or of what an instance has for all */
	uint32_t age_ms;                       /* since the last touch */
	uint32_t left_ms;                      /* until it ends without a touch; or STATE_FOREVER */
	uint32_t tick;                         /* of the writer, when the file was begun */
	struct wp_record entry;                /* but for numbers and ticks */
};

/** Fills a schema from a declaration. @return false: no such records can be in a file */
bool state_schema_of(const char *service, const struct wp_table_decl *decl,
		     struct state_schema *schema);

/** @return why records of @p theirs cannot become entries of @p ours, in words; NULL: they can. */
const char *state_schema_differs(const struct state_schema *ours,
				 const struct state_schema *theirs);

/* Writing. */

struct state_writer;

enum state_name { STATE_INSTANCE, STATE_TENANT };

/**
 * Begins a file beside @p file, for the owner's eyes only; it takes the name in the end.
 * @param time_ns, tick  when that is: UTC, since 1970; as ages, and values of tables, count it
 * @return 0 or a negative errno
 */
int state_writer_open(const char *file, uint64_t time_ns, uint32_t tick,
		      struct state_writer **writer);

/** Writes to a stream of the caller's. */
int state_writer_to(FILE *out, uint64_t time_ns, uint32_t tick, struct state_writer **writer);

/** Enters the next name, which has the next number of its kind. @return 0 or a negative errno */
int state_writer_name(struct state_writer *writer, enum state_name kind, const char *name);

/** Enters a table, which has the next number; its records may follow. */
int state_writer_table(struct state_writer *writer, const struct state_schema *schema);

/** Enters a record of the last table; entry.value without what does not travel is written. */
int state_writer_record(struct state_writer *writer, const struct state_record *record);

/** Ends the file, makes sure that it is on disk, and gives it its name. Takes the writer. @return 0
 * or a negative errno: there is no such file then, or the old one */
int state_writer_commit(struct state_writer *writer);

/** Takes back what was begun. Accepts NULL. */
void state_writer_abort(struct state_writer *writer);

/* Reading. */

/** What to call while a file is read; each may be NULL. @return 0, or a negative errno that ends
 * it, after wp_say() or not */
struct state_reader {
	void *arg;
	int (*name)(void *arg, enum state_name kind, unsigned int index, const char *name);
	int (*table)(void *arg, unsigned int index, const struct state_schema *schema);
	int (*record)(void *arg, const struct state_record *record);
};

/** Numbers of a file. */
struct state_summary {
	uint64_t time_ns; /* when it was begun: UTC, since 1970 */
	uint64_t records;
};

/**
 * Opens a file that nobody but the owner and root can have written.
 * @return 0, or a negative errno with @p message filled
 */
int state_file_open(const char *file, FILE **in, char *message, size_t message_size);

/**
 * Reads a file from its beginning to its end, and believes nothing of it: records come as whole and
 * as long as their schema says, whatever the file is. Only when this returns 0 it is sure that they
 * were all.
 * @param[out] summary  or NULL
 * @return 0, or a negative errno with @p message filled
 */
int state_read(FILE *in, const struct state_reader *reader, struct state_summary *summary,
	       char *message, size_t message_size);

#endif
