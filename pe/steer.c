/* SPDX-License-Identifier: BSD-3-Clause */
/* Who serves a packet: buckets, owners, and the rings between workers. Never waits. */

#include "pe/worker_ops.h"

#include "state/siphash.h"
#include "state/state.h"

static uint8_t
owner_of(const struct worker *worker, uint8_t bucket)
{
	return atomic_load_explicit(&worker->pe->owner[bucket], memory_order_relaxed);
}

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

/** Hands over the packets whose owner is another worker. @return how many are left */
static uint16_t
keep_own(struct worker *worker, struct wp_packet **pkts, const uint8_t *owners, uint16_t n)
{
	struct wp_packet *others[WP_BURST_MAX];
	uint8_t to[WP_BURST_MAX];
	uint16_t kept = 0, n_others = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (owners[i] == worker->id) {
			pkts[kept++] = pkts[i];
		} else {
			to[n_others] = owners[i];
			others[n_others++] = pkts[i];
		}
	}
	if (n_others != 0)
		steer_hand_over(worker, others, to, n_others);
	return kept;
}

uint16_t
steer_packets(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	uint8_t bytes[WP_BURST_MAX][WP_STEER_KEY_SIZE], owners[WP_BURST_MAX];
	const void *keys[WP_BURST_MAX];
	uint64_t hashes[WP_BURST_MAX];

	if (n == 0)
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		wp_steer_key(pkts[i], (enum wp_steering)pkts[i]->path->steering, bytes[i]);
		keys[i] = bytes[i];
	}
	wp_siphash_bulk(&worker->pe->hash_key, keys, WP_STEER_KEY_SIZE, hashes, n);
	for (uint16_t i = 0; i < n; i++) {
		pkts[i]->bucket = wp_hash_bucket(hashes[i]);
		owners[i] = owner_of(worker, pkts[i]->bucket);
	}
	return keep_own(worker, pkts, owners, n);
}

/** The look-ups of one burst, and where their answers go. */
struct key_batch {
	struct wp_lookup lookups[WP_BURST_MAX * WP_STATE_MAX];
	struct wp_packet *pkt[WP_BURST_MAX * WP_STATE_MAX];
	uint8_t *owner[WP_BURST_MAX * WP_STATE_MAX]; /* of the packet */
	uint8_t slot[WP_BURST_MAX * WP_STATE_MAX];
	unsigned int n;
};

/** Turns one slot into a look-up. An entry given as such needs none, but a right owner. */
static void
collect_slot(struct worker *worker, const struct instance *instance, const struct wp_key *key,
	     struct wp_packet *pkt, uint8_t slot, struct key_batch *batch, uint8_t *owner)
{
	const struct wp_core *core = &instance->cores[worker->id].core;

	if (key->entry != NULL) {
		pkt->state[slot] = key->entry;
		*owner = owner_of(worker, key->entry->bucket);
		return;
	}
	if (unlikely(key->table >= instance->n_tables))
		return; /* a service's mistake: nothing is found */
	batch->lookups[batch->n] = (struct wp_lookup){
		.table = core->tables[key->table],
		.instance = core->instance,
		.tenant = pkt->tenant,
		.version = key->version,
		.second = key->second,
		.key = key->bytes,
	};
	batch->pkt[batch->n] = pkt;
	batch->owner[batch->n] = owner;
	batch->slot[batch->n++] = slot;
}

static void
collect(struct worker *worker, const struct instance *instance, const struct wp_keys *keys,
	struct wp_packet **pkts, uint16_t n, struct key_batch *batch, uint8_t *owners)
{
	for (uint16_t i = 0; i < n; i++) {
		unsigned int n_slots = RTE_MIN(keys->n[i], (uint8_t)WP_STATE_MAX);

		owners[i] = (uint8_t)worker->id;
		memset(pkts[i]->state, 0, sizeof(pkts[i]->state));
		for (unsigned int slot = 0; slot < n_slots; slot++)
			collect_slot(worker, instance, &keys->key[i][slot], pkts[i], (uint8_t)slot,
				     batch, &owners[i]);
	}
}

/** Says who a look-up makes the owner of its packet. With several, the last counts. */
static void
settle(const struct worker *worker, const struct wp_lookup *lookup, uint8_t *owner)
{
	const struct wp_table_decl *decl = wp_table_decl(lookup->table);

	if (decl->owner == WP_OWNER_KEY)
		*owner = owner_of(worker, wp_hash_bucket(lookup->hash));
	else if (decl->class == WP_FLOW && lookup->found != NULL)
		*owner = owner_of(worker, lookup->found->bucket);
}

uint16_t
steer_keys(struct worker *worker, const struct instance *instance, struct wp_packet **pkts,
	   uint16_t n)
{
	struct wp_core *core = &instance->cores[worker->id].core;
	struct key_batch batch;
	uint8_t owners[WP_BURST_MAX];

	batch.n = 0;
	memset(worker->keys->n, 0, sizeof(worker->keys->n));
	atomic_store_explicit(&worker->running, instance, memory_order_relaxed);
	instance->keys(instance->inst, core, pkts, n, worker->keys);
	collect(worker, instance, worker->keys, pkts, n, &batch, owners);
	if (batch.n != 0) {
		wp_table_hash_bulk(batch.lookups, batch.n);
		wp_table_lookup_bulk(batch.lookups, batch.n);
	}
	for (unsigned int i = 0; i < batch.n; i++) {
		const struct wp_lookup *lookup = &batch.lookups[i];

		batch.pkt[i]->state[batch.slot[i]] = lookup->found;
		settle(worker, lookup, batch.owner[i]);
	}
	return keep_own(worker, pkts, owners, n);
}
