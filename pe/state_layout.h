/* SPDX-License-Identifier: BSD-3-Clause */
/* How a file of state is laid out; for the files that write and read it. */

#ifndef PE_STATE_LAYOUT_H
#define PE_STATE_LAYOUT_H

#include <string.h>

#include "pe/state_file.h"
#include "state/siphash.h"

#define STATE_MAGIC "WPSTATE\n"

enum state_chunk_type { CHUNK_INSTANCE = 1, CHUNK_TENANT, CHUNK_TABLE, CHUNK_RECORDS, CHUNK_END };

struct state_header {
	char magic[8];
	uint32_t version;
	uint32_t tick;    /* when it was begun, as values of tables count them */
	uint64_t time_ns; /* likewise: UTC, since 1970 */
	uint64_t sum;     /* of what stands before */
};

/** In front of each chunk. */
struct state_chunk {
	uint32_t type; /* enum state_chunk_type */
	uint32_t size; /* bytes that follow */
	uint64_t sum;  /* of the sum before, type, size, and what follows */
};

/** The beginning of a chunk of records. */
struct state_run {
	uint16_t table;
	uint8_t key_version; /* 4 or 6 */
	uint8_t zero;
	uint32_t n; /* records */
};

/** The beginning of a record; key, second key and value follow. */
struct state_times {
	uint16_t instance, tenant; /* numbers of the names */
	uint32_t age_ms, left_ms;
};

struct state_end {
	uint64_t records;
};

_Static_assert(sizeof(struct state_header) == 32, "no padding");
_Static_assert(sizeof(struct state_chunk) == 16, "no padding");
_Static_assert(sizeof(struct state_run) == 8, "no padding");
_Static_assert(sizeof(struct state_times) == 12, "no padding");

/** @return the sum of a header. */
static inline uint64_t
state_header_sum(const struct state_header *header)
{
	return wp_siphash(&(struct wp_hash_key){0}, header, offsetof(struct state_header, sum));
}

/** @return the sum of a chunk. @param before  that of the chunk, or header, in front of it */
static inline uint64_t
state_chunk_sum(uint64_t before, const struct state_chunk *chunk, const void *payload)
{
	const struct wp_hash_key key = {before, (uint64_t)chunk->type << 32 | chunk->size};

	return wp_siphash(&key, payload, chunk->size);
}

/** @return bytes of a record. */
static inline uint32_t
state_record_size(const struct state_schema *schema, uint8_t key_version)
{
	return (uint32_t)sizeof(struct state_times) + wp_key_parts_size(schema->key, key_version) +
	       wp_key_parts_size(schema->key2, key_version) + schema->value_size - schema->local;
}

#endif
