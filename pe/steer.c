/* SPDX-License-Identifier: BSD-3-Clause */
/* Who serves a packet: buckets, owners, and the rings between workers. Never waits. */

#include "pe/worker_ops.h"

#include "state/siphash.h"
#include "state/state.h"

void
steer_hand_over(struct worker *worker, struct wp_packet **pkts, const uint8_t *to, uint16_t n)
{
	uint8_t dest[WP_BURST_MAX];

	memcpy(dest, to, n);
	while (n != 0) {
		struct worker *other = worker->pe->workers[dest[0]];
		void *group[WP_BURST_MAX];
		uint8_t now = dest[0];
		uint16_t n_group = 0, rest = 0;
		unsigned int taken, room;

		for (uint16_t i = 0; i < n; i++) {
			if (dest[i] == now) {
				group[n_group++] = pkts[i];
			} else {
				pkts[rest] = pkts[i];
				dest[rest++] = dest[i];
			}
		}
		room = rte_ring_free_count(other->ring);
		if (unlikely(room < WORKER_RING_SIZE / 2))
			n_group = shed_crowd(worker, group, n_group, room);
		/* Counted before they are out of sight. */
		worker->totals.ring_out += n_group;
		taken = rte_ring_enqueue_burst(other->ring, group, n_group, NULL);
		worker->totals.ring_out -= n_group - taken;
		for (unsigned int i = taken; i < n_group; i++)
			worker_drop(worker, group[i], DROP_RING_FULL);
		n = rest;
	}
}

uint16_t
steer_keep_own(struct worker *worker, struct wp_packet **pkts, const uint16_t *homes, uint16_t n)
{
	struct wp_packet *others[WP_BURST_MAX];
	uint8_t to[WP_BURST_MAX];
	uint16_t kept = 0, n_others = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct wp_packet *pkt = pkts[i];
		uint16_t was = pkt->home;
		uint8_t owner = worker->owner[homes[i]];

		pkt->home = homes[i];
		if (likely(owner == worker->id) || (owner == OWNER_PARKED && homes[i] == was)) {
			pkts[kept++] = pkt;
		} else if (unlikely(owner == OWNER_PARKED)) {
			move_park(worker, pkt);
		} else {
			to[n_others] = owner;
			others[n_others++] = pkt;
		}
	}
	if (n_others != 0)
		steer_hand_over(worker, others, to, n_others);
	return kept;
}

/** Computes the buckets of packets. */
static void
find_buckets(const struct worker *worker, struct wp_packet *const *pkts, uint16_t n,
	     uint16_t *homes)
{
	uint8_t bytes[WP_BURST_MAX][WP_STEER_KEY_SIZE];
	const void *keys[WP_BURST_MAX];
	uint64_t hashes[WP_BURST_MAX];

	for (uint16_t i = 0; i < n; i++) {
		wp_steer_key(pkts[i], (enum wp_steering)pkts[i]->path->steering, bytes[i]);
		keys[i] = bytes[i];
	}
	wp_siphash_bulk(&worker->pe->hash_key, keys, WP_STEER_KEY_SIZE, hashes, n);
	for (uint16_t i = 0; i < n; i++) {
		pkts[i]->bucket = wp_hash_bucket(hashes[i]);
		homes[i] = pkts[i]->bucket;
	}
}

uint16_t
steer_packets(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	uint16_t homes[WP_BURST_MAX];

	if (n == 0)
		return 0;
	find_buckets(worker, pkts, n, homes);
	return steer_keep_own(worker, pkts, homes, n);
}

/** Takes what needs no look-up: entries given as such. @return how many keys are left to look up,
 * in
 * @p wanted */
static unsigned int
sort_keys(const struct instance *instance, struct wp_keys *keys, struct wp_packet *const *pkts,
	  uint16_t *homes, struct wp_key **wanted)
{
	unsigned int n = 0;

	for (unsigned int k = 0; k < keys->n; k++) {
		struct wp_key *key = &keys->keys[k];
		struct wp_packet *pkt = pkts[key->pkt];

		if (key->entry != NULL) {
			pkt->state[key->slot] = key->entry;
			homes[key->pkt] = key->entry->bucket;
		} else if (key->table < instance->n_tables) {
			wp_table_address(instance->tables[key->table], key, instance->number,
					 pkt->tenant);
			wanted[n++] = key;
		} /* else a service's mistake: nothing is found */
	}
	return n;
}

/** Gives packets what was found. Who owns a packet's entry owns the packet; with several, the last
 * counts. */
static void
settle(const struct instance *instance, struct wp_packet *const *pkts, uint16_t *homes,
       struct wp_key *const *found, unsigned int n)
{
	for (unsigned int k = 0; k < n; k++) {
		const struct wp_key *key = found[k];
		const struct wp_table_decl *decl = wp_table_decl(instance->tables[key->table]);

		pkts[key->pkt]->state[key->slot] = key->entry;
		if (decl->owner == WP_OWNER_KEY)
			homes[key->pkt] = wp_hash_bucket(key->hash);
		else if (decl->class == WP_FLOW && key->entry != NULL)
			homes[key->pkt] = key->entry->bucket;
	}
}

/** Packets whose keys say nothing are steered as their tenant wishes. */
static void
steer_rest(const struct worker *worker, struct wp_packet *const *pkts, uint16_t n, uint16_t *homes)
{
	struct wp_packet *rest[WP_BURST_MAX];
	uint16_t of_rest[WP_BURST_MAX] = {0};
	uint16_t n_rest = 0, at = 0;

	for (uint16_t i = 0; i < n; i++)
		if (homes[i] == BUCKET_NONE)
			rest[n_rest++] = pkts[i];
	if (n_rest == 0)
		return;
	find_buckets(worker, rest, n_rest, of_rest);
	for (uint16_t i = 0; i < n; i++)
		if (homes[i] == BUCKET_NONE)
			homes[i] = of_rest[at++];
}

/** Finds the entries of flows. @param keys  room for the keys, which arrivals point into */
static void
find_flows(const struct instance *stream, struct wp_packet *const *pkts,
	   struct stream_arrival *arrivals, struct wp_key *keys, uint16_t n)
{
	struct wp_table *table = stream->tables[STREAM_TABLE_FLOWS];
	struct wp_key *wanted[WP_BURST_MAX] = {NULL};
	unsigned int n_wanted = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct stream_arrival *arrival = &arrivals[i];
		struct wp_key *key = &keys[n_wanted];

		arrival->pkt = pkts[i];
		arrival->entry = NULL;
		arrival->outcome = STREAM_GOES_ON;
		arrival->key = key->bytes;
		arrival->from = stream_key(pkts[i], key->bytes);
		if (arrival->from == STREAM_FROM_NONE)
			continue;
		key->table = STREAM_TABLE_FLOWS;
		key->version = pkts[i]->ip_version;
		key->second = 0;
		key->pkt = i;
		wp_table_address(table, key, stream->number, pkts[i]->tenant);
		wanted[n_wanted++] = key;
	}
	if (n_wanted != 0)
		wp_table_resolve(stream->tables, wanted, n_wanted);
	for (unsigned int k = 0; k < n_wanted; k++)
		arrivals[keys[k].pkt].entry = keys[k].entry;
}

uint16_t
steer_flows(struct worker *worker, const struct instance *stream, struct wp_packet **pkts,
	    struct stream_arrival *arrivals, uint16_t n)
{
	uint16_t homes[WP_BURST_MAX], kept = 0;

	atomic_store_explicit(&worker->running, stream, memory_order_relaxed);
	find_flows(stream, pkts, arrivals, worker->keys->keys, n);
	for (uint16_t i = 0; i < n; i++)
		homes[i] = arrivals[i].entry == NULL ? BUCKET_NONE : arrivals[i].entry->bucket;
	steer_rest(worker, pkts, n, homes);
	n = steer_keep_own(worker, pkts, homes, n);
	for (uint16_t i = 0; kept < n; i++)
		if (arrivals[i].pkt == pkts[kept])
			arrivals[kept++] = arrivals[i];
	return n;
}

uint16_t
steer_keys(struct worker *worker, const struct instance *instance, struct wp_packet **pkts,
	   uint16_t n)
{
	struct wp_core *core = &instance->cores[worker->id].core;
	struct wp_key *wanted[WP_BURST_MAX * WP_STATE_MAX];
	struct wp_keys *keys = worker->keys;
	uint16_t homes[WP_BURST_MAX];
	unsigned int n_wanted;

	keys->n = 0;
	memset(keys->n_slots, 0, sizeof(keys->n_slots));
	for (uint16_t i = 0; i < n; i++) {
		homes[i] = BUCKET_NONE;
		memset(pkts[i]->state, 0, sizeof(pkts[i]->state));
	}
	atomic_store_explicit(&worker->running, instance, memory_order_relaxed);
	instance->keys(instance->inst, core, pkts, n, keys);
	n_wanted = sort_keys(instance, keys, pkts, homes, wanted);
	if (n_wanted != 0) {
		wp_table_resolve(instance->tables, wanted, n_wanted);
		settle(instance, pkts, homes, wanted, n_wanted);
	}
	steer_rest(worker, pkts, n, homes);
	return steer_keep_own(worker, pkts, homes, n);
}
