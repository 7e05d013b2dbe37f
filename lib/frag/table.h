/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The datagrams of one bucket. A fixed number of them, in memory that is set aside at the start;
 * only the bucket's owner touches any of it, so that a record is free again at once, and the whole
 * goes to another worker with its bucket. When it is full, room is made by the tenant that has
 * more, or by the tenant itself: nobody gets less than an equal share.
 */

#ifndef WP_FRAG_TABLE_H
#define WP_FRAG_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "frag/frag.h"

/** Records that are looked at to find one that can go. */
#define FRAG_SEARCH_MAX 64

struct frag_table;

/**
 * Control.
 * @param max  datagrams, at least 1
 * @param max_waiting  packets that may wait in it
 * @return 0 or -ENOMEM
 */
int frag_table_create(uint32_t max, uint32_t max_waiting, struct frag_table **table);

/** Accepts NULL. Nothing waits in it any more. Control. */
void frag_table_destroy(struct frag_table *table);

/** @return datagrams now. Any thread. */
uint32_t frag_table_used(const struct frag_table *table);

/** @return packets that wait in it. */
uint32_t frag_table_waiting(const struct frag_table *table);

/** @param hash  keyed hash of @p key  @return the record of a datagram, or NULL */
struct frag_record *frag_table_find(const struct frag_table *table, const struct frag_key *key,
				    uint64_t hash);

/** Makes the record of a datagram that has none. @return NULL when the table is full */
struct frag_record *frag_table_add(struct frag_table *table, const struct frag_key *key,
				   uint64_t hash, uint64_t now_ns);

/** Forgets a datagram. Nothing waits in its record. */
void frag_table_remove(struct frag_table *table, struct frag_record *record);

/** @return the record that was made longest ago, or NULL. */
struct frag_record *frag_table_oldest(const struct frag_table *table);

/** @return the record made next after @p record, or NULL. */
struct frag_record *frag_table_newer(const struct frag_table *table,
				     const struct frag_record *record);

/** @return what has to go for a new datagram of @p tenant when the table is full: the oldest of a
 * tenant that has more than it, else the oldest of its own; poisoned ones last. NULL: there is none
 * among the oldest */
struct frag_record *frag_table_victim(const struct frag_table *table, uint16_t tenant);

/** @return whose packets have to go for another one of @p tenant's to wait: likewise, by packets
 * that wait. */
struct frag_record *frag_table_waiting_victim(const struct frag_table *table, uint16_t tenant);

/** Lets a packet wait for the first fragment. @return false when as many wait as may, in the table
 * or in this record */
bool frag_table_wait(struct frag_table *table, struct frag_record *record, struct wp_packet *pkt);

/** Takes out all that wait in a record; see frag_take_waiting(). */
struct wp_packet *frag_table_take(struct frag_table *table, struct frag_record *record);

#endif
