/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams by bucket, each bucket's in a table of its own (lib/frag): only its owner looks at it,
 * and who gets the bucket has the datagrams.
 */

#include "pe/fragments.h"

#include <errno.h>
#include <stdlib.h>

#include "frag/table.h"
#include "parse/parse.h"
#include "pe/dispatch.h"
#include "pe/worker_ops.h"
#include "state/siphash.h"

enum {
	TICK_MAX = 1024, /* datagrams given up in one tick of a worker */
	/* How long one that lacks nothing is remembered: its fragments may come once more, on
	   another path. Ids do not come again so soon. */
	WHOLE_NS = 100000000,
};

struct fragments {
	uint64_t timeout_ns;
	uint32_t max; /* datagrams of one bucket */
	struct frag_table *tables[PE_BUCKETS];
};

/* Control. */

int
fragments_create(const struct document_workers *conf, struct fragments **fragments)
{
	struct fragments *new = calloc(1, sizeof(*new));
	uint32_t wait_max; /* of one bucket */

	if (new == NULL)
		return -ENOMEM;
	new->timeout_ns = conf->fragment_ms * 1000000ull;
	new->max = (conf->fragment_max + PE_BUCKETS - 1) / PE_BUCKETS;
	wait_max = (conf->fragment_wait + PE_BUCKETS - 1) / PE_BUCKETS;
	for (unsigned int i = 0; i < PE_BUCKETS; i++) {
		if (frag_table_create(new->max, wait_max, &new->tables[i]) != 0) {
			fragments_destroy(new);
			return -ENOMEM;
		}
	}
	*fragments = new;
	return 0;
}

void
fragments_destroy(struct fragments *fragments)
{
	if (fragments == NULL)
		return;
	for (unsigned int i = 0; i < PE_BUCKETS; i++)
		frag_table_destroy(fragments->tables[i]);
	free(fragments);
}

uint64_t
fragments_used(const struct fragments *fragments, uint64_t *max)
{
	uint64_t used = 0;

	for (unsigned int i = 0; i < PE_BUCKETS; i++)
		used += frag_table_used(fragments->tables[i]);
	*max = (uint64_t)fragments->max * PE_BUCKETS;
	return used;
}

/* Waiting. */

/** Takes out what waits in a record. */
static struct wp_packet *
take(struct worker *worker, struct frag_table *table, struct frag_record *record)
{
	struct wp_packet *list = frag_table_take(table, record);

	for (struct wp_packet *pkt = list; pkt != NULL; pkt = pkt->next) {
		worker->cells[pkt->path->cells + PATH_RELEASED]++;
		worker->totals.held--;
	}
	return list;
}

static void
drop_waiting(struct worker *worker, struct frag_table *table, struct frag_record *record,
	     enum drop reason)
{
	struct wp_packet *pkt = take(worker, table, record), *next;

	for (; pkt != NULL; pkt = next) {
		next = pkt->next;
		worker_drop(worker, pkt, reason);
	}
}

/** Keeps a packet until its datagram's first fragment comes; older ones may have to make room. */
static void
wait(struct worker *worker, struct frag_table *table, struct frag_record *record,
     struct wp_packet *pkt)
{
	struct frag_record *victim;
	bool waits = frag_table_wait(table, record, pkt);

	if (!waits) {
		victim = frag_table_waiting_victim(table, pkt->tenant);
		if (victim != NULL && victim != record) {
			drop_waiting(worker, table, victim, DROP_FRAGMENT_LIMIT);
			waits = frag_table_wait(table, record, pkt);
		}
	}
	if (!waits) {
		worker_drop(worker, pkt, DROP_FRAGMENT_LIMIT);
		return;
	}
	worker->cells[pkt->path->cells + PATH_HELD]++;
	worker->totals.held++;
}

/* Records. */

/** Forgets a datagram, and drops what waits for its first fragment. */
static void
give_up(struct worker *worker, struct frag_table *table, struct frag_record *record,
	enum drop reason)
{
	drop_waiting(worker, table, record, reason);
	frag_table_remove(table, record);
}

static bool
is_late(const struct worker *worker, const struct frag_record *record)
{
	return worker->now_ns - record->made_ns >= worker->pe->fragments->timeout_ns;
}

/** @return whether a record is not that of a fragment with its key any more. */
static bool
is_over(const struct worker *worker, const struct frag_record *record,
	const struct frag_piece *piece)
{
	return is_late(worker, record) || frag_is_next(record, piece) ||
	       (frag_is_complete(record) && worker->now_ns - record->made_ns >= WHOLE_NS);
}

/** A fragment on its way in. */
struct arrival {
	struct wp_packet *pkt;
	struct frag_piece piece;
	uint64_t hash;
	bool is_new; /* its ports are not known yet; else it just goes by */
};

/** Finds or makes the record of a fragment's datagram. @return NULL when there is no room */
static struct frag_record *
record_of(struct worker *worker, struct frag_table *table, const struct arrival *arrival)
{
	const struct frag_key *key = &arrival->piece.key;
	struct frag_record *record = frag_table_find(table, key, arrival->hash), *victim;

	if (record != NULL && !is_over(worker, record, &arrival->piece))
		return record;
	if (record != NULL)
		give_up(worker, table, record, DROP_FRAGMENT_TIME_OUT);
	record = frag_table_add(table, key, arrival->hash, worker->now_ns);
	if (record != NULL)
		return record;
	victim = frag_table_victim(table, key->tenant);
	if (victim == NULL)
		return NULL;
	give_up(worker, table, victim, DROP_FRAGMENT_LIMIT);
	return frag_table_add(table, key, arrival->hash, worker->now_ns);
}

/* Going on. */

/** @return where a fragment is at home that has just been told its ports; where its service's keys
 * steer, it stays for now. */
static uint16_t
home_of_told(const struct worker *worker, struct wp_packet *pkt)
{
	uint8_t key[WP_STEER_KEY_SIZE];

	if (!pkt->epoch->steers || packet_instance(pkt)->by_key)
		return pkt->home;
	wp_steer_key(pkt, (enum wp_steering)pkt->path->steering, key);
	pkt->bucket = wp_hash_bucket(wp_siphash(&worker->pe->hash_key, key, sizeof(key)));
	return pkt->bucket;
}

static void
go_on(struct worker *worker, struct wp_packet **pkts, const uint16_t *homes, uint16_t n)
{
	n = steer_keep_own(worker, pkts, homes, n);
	if (n != 0)
		dispatch_resume(worker, pkts, n);
}

/** Lets a list of packets go on that have been told, in order. */
static void
go_on_list(struct worker *worker, struct wp_packet *list)
{
	while (list != NULL) {
		struct wp_packet *pkts[WP_BURST_MAX];
		uint16_t homes[WP_BURST_MAX], n = 0;

		for (; list != NULL && n < WP_BURST_MAX; list = list->next, n++) {
			pkts[n] = list;
			homes[n] = home_of_told(worker, list);
		}
		go_on(worker, pkts, homes, n);
	}
}

/** Takes out what waits in a record, now that its first fragment is here. */
static struct wp_packet *
take_told(struct worker *worker, struct frag_table *table, struct frag_record *record)
{
	struct wp_packet *list = take(worker, table, record);

	for (struct wp_packet *pkt = list; pkt != NULL; pkt = pkt->next)
		frag_tell(record, pkt);
	return list;
}

/* Resolving. */

static enum drop
drop_of(enum frag_fault fault)
{
	static const enum drop drops[] = {
		[FRAG_MALFORMED] = DROP_FRAGMENT_MALFORMED,
		[FRAG_TINY] = DROP_FRAGMENT_TINY,
		[FRAG_OVERLAP] = DROP_FRAGMENT_OVERLAP,
		[FRAG_TOO_MANY] = DROP_FRAGMENT_LIMIT,
	};

	return drops[fault];
}

/**
 * Says what becomes of one fragment.
 * @param[out] list  packets that have waited for it, and go on behind it
 * @return whether it goes on
 */
static bool
resolve(struct worker *worker, const struct arrival *arrival, struct wp_packet **list)
{
	struct frag_table *table = worker->pe->fragments->tables[wp_hash_bucket(arrival->hash)];
	struct frag_record *record = record_of(worker, table, arrival);
	enum frag_fault fault;

	if (record == NULL) {
		worker_drop(worker, arrival->pkt, DROP_FRAGMENT_LIMIT);
		return false;
	}
	fault = frag_note(record, &arrival->piece);
	if (fault != FRAG_FINE) {
		drop_waiting(worker, table, record, drop_of(fault));
		worker_drop(worker, arrival->pkt, drop_of(fault));
		return false;
	}
	if (!record->first_seen) {
		wait(worker, table, record, arrival->pkt);
		return false;
	}
	frag_tell(record, arrival->pkt);
	*list = take_told(worker, table, record);
	return true;
}

/** Reads the fragments whose ports are not known yet, and drops those that are none. @return how
 * many packets are left, and in @p n_new how many of them are such fragments */
static uint16_t
read_burst(struct worker *worker, struct wp_packet **pkts, uint16_t n, struct arrival *arrivals,
	   uint16_t *n_new)
{
	uint16_t kept = 0;

	*n_new = 0;
	for (uint16_t i = 0; i < n; i++) {
		struct arrival *arrival = &arrivals[kept];
		enum frag_fault fault = FRAG_FINE;

		arrival->pkt = pkts[i];
		arrival->is_new =
			(pkts[i]->flags & (WP_PKT_FRAGMENT | WP_PKT_FIRST_SEEN)) == WP_PKT_FRAGMENT;
		if (arrival->is_new)
			fault = frag_read(pkts[i], &arrival->piece);
		if (fault != FRAG_FINE) {
			worker_drop(worker, pkts[i], drop_of(fault));
			continue;
		}
		*n_new += arrival->is_new;
		kept++;
	}
	return kept;
}

/** Makes the bucket of its datagram each fragment's home while that is looked up: hands it over,
 * or keeps it back while the bucket moves. @return how many packets are left */
static uint16_t
bring_together(struct worker *worker, struct arrival *arrivals, uint16_t n)
{
	struct wp_packet *pkts[WP_BURST_MAX];
	uint16_t homes[WP_BURST_MAX], kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct arrival *arrival = &arrivals[i];

		pkts[i] = arrival->pkt;
		homes[i] = pkts[i]->home;
		if (!arrival->is_new)
			continue;
		arrival->hash = wp_siphash(&worker->pe->hash_key, &arrival->piece.key,
					   sizeof(arrival->piece.key));
		homes[i] = wp_hash_bucket(arrival->hash);
	}
	n = steer_keep_own(worker, pkts, homes, n);
	for (uint16_t i = 0; kept < n; i++)
		if (arrivals[i].pkt == pkts[kept])
			arrivals[kept++] = arrivals[i];
	return n;
}

uint16_t
fragments_resolve(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	struct arrival arrivals[WP_BURST_MAX];
	uint16_t homes[WP_BURST_MAX], n_new, n_out = 0;

	n = read_burst(worker, pkts, n, arrivals, &n_new);
	if (n_new != 0)
		n = bring_together(worker, arrivals, n);
	for (uint16_t i = 0; i < n; i++) {
		struct wp_packet *pkt = arrivals[i].pkt, *list = NULL;

		if (arrivals[i].is_new && !resolve(worker, &arrivals[i], &list))
			continue;
		homes[n_out] = arrivals[i].is_new ? home_of_told(worker, pkt) : pkt->home;
		pkts[n_out++] = pkt;
		if (list == NULL)
			continue;
		/* They may be of other paths and steps: all up to here leaves the burst first. */
		go_on(worker, pkts, homes, n_out);
		go_on_list(worker, list);
		n_out = 0;
	}
	return n_new == 0 ? n_out : steer_keep_own(worker, pkts, homes, n_out);
}

/* Now and then. */

void
fragments_tick(struct worker *worker)
{
	unsigned int left = TICK_MAX;

	for (unsigned int i = 0; i < PE_BUCKETS && left != 0; i++) {
		uint8_t bucket = worker->fragments_at++; /* in turn: none waits for ever */
		struct frag_table *table = worker->pe->fragments->tables[bucket];
		struct frag_record *record;

		if (!worker_owns(worker, bucket))
			continue;
		while (left != 0 && (record = frag_table_oldest(table)) != NULL &&
		       is_late(worker, record)) {
			give_up(worker, table, record, DROP_FRAGMENT_TIME_OUT);
			left--;
		}
	}
}

/* When a bucket moves, and at the end. */

void
fragments_give(struct worker *worker, uint8_t bucket)
{
	uint32_t n = frag_table_waiting(worker->pe->fragments->tables[bucket]);

	worker->totals.held -= n;
	worker->totals.ring_out += n;
}

void
fragments_take(struct worker *worker, uint8_t bucket)
{
	uint32_t n = frag_table_waiting(worker->pe->fragments->tables[bucket]);

	worker->totals.ring_in += n;
	worker->totals.held += n;
}

void
fragments_abandon_bucket(struct worker *worker, uint8_t bucket)
{
	struct frag_table *table = worker->pe->fragments->tables[bucket];
	struct frag_record *record = frag_table_oldest(table);

	for (; record != NULL; record = frag_table_newer(table, record))
		drop_waiting(worker, table, record, DROP_SHUTDOWN);
}

void
fragments_abandon(struct worker *worker)
{
	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++)
		if (worker_owns(worker, (uint8_t)bucket))
			fragments_abandon_bucket(worker, (uint8_t)bucket);
}
