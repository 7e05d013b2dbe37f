/* SPDX-License-Identifier: BSD-3-Clause */
/* Control's side of moves; see move.h. */

#include "pe/move.h"

#include <errno.h>
#include <stdio.h>

#include "pe/dispatch.h"
#include "pe/fragments.h"
#include "pe/move_word.h"
#include "pe/pe.h"

enum { ASKED_MAX_NS = 2000000000 };

struct move
pe_move(const struct pe *pe)
{
	return move_of(atomic_load_explicit(&pe->move, memory_order_acquire));
}

void
move_start(struct pe *pe)
{
	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++)
		pe->moves.wanted[bucket] = pe->owner[bucket];
}

/** @return the next bucket that is not where it shall be, or PE_BUCKETS. */
static unsigned int
next_wanted(const struct pe *pe)
{
	unsigned int bucket = 0;

	while (bucket < PE_BUCKETS && pe->moves.wanted[bucket] == pe->owner[bucket])
		bucket++;
	return bucket;
}

bool
pe_moving(const struct pe *pe)
{
	return pe_move(pe).state != MOVE_NONE || next_wanted(pe) != PE_BUCKETS;
}

static void
begin(struct pe *pe)
{
	unsigned int bucket = next_wanted(pe);
	struct move move = {.state = MOVE_ASKED, .bucket = (uint8_t)bucket};

	if (bucket == PE_BUCKETS)
		return;
	if (++pe->moves.number == 0)
		pe->moves.number = 1;
	move.from = pe->owner[bucket];
	move.to = pe->moves.wanted[bucket];
	move.number = pe->moves.number;
	pe->moves.asked_ns = pe_now_ns(pe);
	atomic_store_explicit(&pe->move, move_word(&move), memory_order_release);
}

/** Takes a move back that its old owner has not begun with. @return whether it had not */
static bool
take_back(struct pe *pe, const struct move *move)
{
	uint64_t asked = move_word(move);

	return atomic_compare_exchange_strong_explicit(&pe->move, &asked, 0, memory_order_relaxed,
						       memory_order_relaxed);
}

/** Leaves a bucket where it is, and says why. */
static void
give_up(struct pe *pe, const struct move *move)
{
	const struct worker *from = pe->workers[move->from];
	uint32_t held = __atomic_load_n(&from->holds.by_bucket[move->bucket], __ATOMIC_RELAXED);
	struct moves *moves = &pe->moves;

	if (!take_back(pe, move))
		return;
	moves->wanted[move->bucket] = move->from;
	moves->gave_up++;
	if (held != 0)
		snprintf(moves->last, sizeof(moves->last),
			 "bucket %u stays with worker %u, which holds %u of its packets",
			 move->bucket, move->from, held);
	else
		snprintf(moves->last, sizeof(moves->last),
			 "bucket %u stays with worker %u, which does not answer", move->bucket,
			 move->from);
	pe_log(pe, "%s", moves->last);
}

/** A move that has not begun yet: waited for too long, or not wanted any more? */
static void
look_again(struct pe *pe, const struct move *move)
{
	if (pe->moves.wanted[move->bucket] != move->to)
		take_back(pe, move);
	else if (pe_now_ns(pe) - pe->moves.asked_ns > ASKED_MAX_NS)
		give_up(pe, move);
}

void
move_tick(struct pe *pe)
{
	struct move move = pe_move(pe);

	if (move.state == MOVE_ASKED) {
		look_again(pe, &move);
	} else if (move.state == MOVE_DONE) {
		pe->owner[move.bucket] = move.to;
		pe->moves.done++;
		atomic_store_explicit(&pe->move, 0, memory_order_release);
	}
	if (pe_move(pe).state == MOVE_NONE)
		begin(pe);
}

int
pe_move_bucket(struct pe *pe, uint8_t bucket, uint16_t worker)
{
	if (worker >= pe->n_workers)
		return -EINVAL;
	pe->moves.wanted[bucket] = (uint8_t)worker;
	move_tick(pe);
	return 0;
}

/** Drops what one worker keeps, in the name of @p owner. */
static void
drop(struct worker *keeper, struct worker *owner)
{
	struct wp_packet *pkt;

	while (keeper->parked.pkts != NULL && park_take(&keeper->parked, &pkt, 1) != 0) {
		owner->totals.queued--;
		dispatch_abandon(owner, pkt);
	}
}

void
move_abandon(struct pe *pe)
{
	struct move move = pe_move(pe);

	if (move.state == MOVE_DRAINED) { /* as if it had been taken over */
		struct worker *to = pe->workers[move.to];
		uint32_t n = park_count(&pe->workers[move.from]->parked);

		to->totals.ring_in += n;
		to->totals.queued += n;
		fragments_take(to, move.bucket);
	}
	if (move.state == MOVE_FROZEN || move.state == MOVE_PARKING)
		fragments_abandon_bucket(pe->workers[move.from], move.bucket);
	if (move.state == MOVE_DRAINED || move.state == MOVE_RUNNING) {
		drop(pe->workers[move.from], pe->workers[move.to]);
		fragments_abandon_bucket(pe->workers[move.to], move.bucket);
	}
	for (uint16_t i = 0; i < pe->n_workers; i++)
		if (pe->workers[i] != NULL)
			drop(pe->workers[i], pe->workers[i]);
}
