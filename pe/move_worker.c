/* SPDX-License-Identifier: BSD-3-Clause */
/* The workers' side of moves; see move.h. */

#include "pe/move.h"

#include "pe/dispatch.h"
#include "pe/fragments.h"
#include "pe/move_word.h"
#include "pe/worker_ops.h"

enum {
	RUN_MIN = 2 * WP_BURST_MAX, /* packets kept that are served in one poll, if there are */
	LINE_MAX_NS = 50000000,     /* for packets in front of a port that takes none */
};

static void
advance(struct worker *worker, const struct move *move, enum move_state state)
{
	atomic_store_explicit(&worker->pe->move, move_word_in(move, state), memory_order_release);
}

/** Serves a bucket no more. */
static void
park_from_now(struct worker *worker, uint8_t bucket)
{
	worker->owner[bucket] = OWNER_PARKED;
	worker->parks = bucket;
}

/** The old owner: between two polls it has no packet of the bucket but those that it holds. */
static void
freeze(struct worker *worker, const struct move *move)
{
	uint64_t asked = move_word(move);

	if (worker->holds.by_bucket[move->bucket] != 0 || worker->n_released != 0)
		return;
	if (atomic_compare_exchange_strong_explicit(&worker->pe->move, &asked,
						    move_word_in(move, MOVE_FROZEN),
						    memory_order_release, memory_order_relaxed))
		park_from_now(worker, move->bucket);
}

/** @return what totals.ring_in will be when all that is in the ring now is out of it. */
static uint64_t
ring_mark(const struct worker *worker)
{
	return worker->totals.ring_in + rte_ring_count(worker->ring);
}

static bool
ring_passed(const struct worker *worker, uint64_t mark)
{
	return (int64_t)(worker->totals.ring_in - mark) >= 0;
}

/** Sends the bucket's packets to the new owner from now on. */
static void
turn(struct worker *worker, const struct move *move)
{
	struct worker_move *own = &worker->move;

	if (worker->id != move->to)
		worker->owner[move->bucket] = move->to;
	own->number = move->number;
	own->stage = MOVE_RING;
	own->draining = false;
	own->ring_mark = ring_mark(worker);
	own->late_ns = worker->now_ns + LINE_MAX_NS;
	atomic_store_explicit(&worker->turned, move->number, memory_order_release);
}

static void
mark_lines(struct worker *worker)
{
	for (uint16_t port = 0; port < worker->pe->n_ports; port++)
		worker->txqs[port].mark = worker->txqs[port].gone + worker->txqs[port].n_waiting;
}

/** @return whether all packets that stood in line at mark_lines() are gone. */
static bool
lines_passed(const struct worker *worker)
{
	for (uint16_t port = 0; port < worker->pe->n_ports; port++)
		if ((int32_t)(worker->txqs[port].gone - worker->txqs[port].mark) < 0)
			return false;
	return true;
}

/** Looks whether what was in the ring, and then in front of ports, is gone. */
static void
flush(struct worker *worker)
{
	struct worker_move *own = &worker->move;

	if (own->stage == MOVE_RING && ring_passed(worker, own->ring_mark)) {
		mark_lines(worker);
		own->stage = MOVE_LINES;
	}
	if (own->stage == MOVE_LINES && (lines_passed(worker) || worker->now_ns >= own->late_ns)) {
		own->stage = MOVE_FLUSHED;
		atomic_store_explicit(&worker->flushed, own->number, memory_order_release);
	}
}

static bool
all_turned(const struct worker *worker, uint32_t number)
{
	const struct pe *pe = worker->pe;

	for (uint16_t i = 0; i < pe->n_workers; i++)
		if (atomic_load_explicit(&pe->workers[i]->turned, memory_order_acquire) != number)
			return false;
	return true;
}

static bool
all_flushed(const struct worker *worker, uint32_t number)
{
	const struct pe *pe = worker->pe;

	for (uint16_t i = 0; i < pe->n_workers; i++)
		if (atomic_load_explicit(&pe->workers[i]->flushed, memory_order_acquire) != number)
			return false;
	return true;
}

/** The old owner: hands over what it keeps, when nobody sends it more and its ring has no more. */
static void
drain(struct worker *worker, const struct move *move)
{
	struct worker_move *own = &worker->move;
	uint32_t n = park_count(&worker->parked);

	if (!own->draining) {
		if (!all_turned(worker, move->number))
			return;
		own->drain_mark = ring_mark(worker);
		own->draining = true;
	}
	if (!ring_passed(worker, own->drain_mark))
		return;
	worker->parks = BUCKET_NONE;
	worker->totals.queued -= n;
	worker->totals.ring_out += n;
	fragments_give(worker, move->bucket);
	advance(worker, move, MOVE_DRAINED);
}

/** The new owner: takes over what the old one kept. */
static void
take_over(struct worker *worker, const struct move *move)
{
	uint32_t n = park_count(&worker->pe->workers[move->from]->parked);

	if (!all_flushed(worker, move->number))
		return;
	worker->totals.ring_in += n;
	worker->totals.queued += n;
	fragments_take(worker, move->bucket);
	worker->move.n_new = 0;
	advance(worker, move, MOVE_RUNNING);
}

/** Serves packets that were kept. @return how many */
static unsigned int
serve(struct worker *worker, struct park *park, unsigned int max)
{
	struct wp_packet *pkts[WP_BURST_MAX];
	unsigned int done = 0;
	uint16_t n;

	while (done < max && (n = park_take(park, pkts, WP_BURST_MAX)) != 0) {
		worker->totals.queued -= n;
		worker_time(worker);
		dispatch_resume(worker, pkts, n);
		done += n;
	}
	return done;
}

/** The new owner: serves more than comes meanwhile, and is done when nothing is left. */
static unsigned int
run(struct worker *worker, const struct move *move)
{
	struct park *first = &worker->pe->workers[move->from]->parked;
	unsigned int max = RTE_MAX((unsigned int)RUN_MIN, 2 * worker->move.n_new), done;

	worker->move.n_new = 0;
	done = serve(worker, first, max);
	if (done < max)
		done += serve(worker, &worker->parked, max - done);
	if (park_count(first) != 0 || park_count(&worker->parked) != 0)
		return done;
	worker->owner[move->bucket] = (uint8_t)worker->id;
	worker->parks = BUCKET_NONE;
	advance(worker, move, MOVE_DONE);
	return done;
}

/** What everybody does once the new owner keeps what comes. */
static void
join(struct worker *worker, const struct move *move)
{
	if (worker->move.number != move->number)
		turn(worker, move);
	if (worker->move.stage != MOVE_FLUSHED)
		flush(worker);
}

unsigned int
move_poll(struct worker *worker)
{
	struct move move = move_of(atomic_load_explicit(&worker->pe->move, memory_order_acquire));
	bool from = worker->id == move.from, to = worker->id == move.to;

	switch (move.state) {
	case MOVE_ASKED:
		if (from)
			freeze(worker, &move);
		break;
	case MOVE_FROZEN:
		if (!to)
			break;
		park_from_now(worker, move.bucket);
		advance(worker, &move, MOVE_PARKING);
		break;
	case MOVE_PARKING:
		join(worker, &move);
		if (from)
			drain(worker, &move);
		break;
	case MOVE_DRAINED:
		join(worker, &move);
		if (to)
			take_over(worker, &move);
		break;
	case MOVE_RUNNING:
		if (to)
			return run(worker, &move);
		break;
	default:
		break;
	}
	return 0;
}

void
move_park(struct worker *worker, struct wp_packet *pkt)
{
	if (unlikely(!park_put(&worker->parked, pkt))) {
		worker_drop(worker, pkt, DROP_MOVING);
		return;
	}
	worker->totals.queued++;
	worker->move.n_new++;
}

uint16_t
move_park_ring(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (pkts[i]->home == worker->parks)
			move_park(worker, pkts[i]);
		else
			pkts[kept++] = pkts[i];
	}
	return kept;
}
