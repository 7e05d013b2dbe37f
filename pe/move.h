/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Moves a bucket from one worker to another while its packets flow: none is lost, none overtakes
 * another of its flow, and never do two workers write its entries. One bucket at a time; what is
 * wanted meanwhile waits.
 *
 * Each worker has an owner table of its own, and changes it between two polls only: a packet gets
 * one answer. Who brings a move from one state to the next:
 *
 *   ASKED    control. The old owner goes on as before, as long as it holds packets of the bucket:
 *            services know held packets by numbers of their worker's.
 *   FROZEN   the old owner, when it holds none. It serves no packet of the bucket any more, but
 *            keeps in order what comes.
 *   PARKING  the new owner: it keeps what comes, too. From now on every worker sends the bucket's
 *            packets to it, and sees to it that those which had been served before are gone: out
 *            of its ring, out of its lines in front of ports.
 *   DRAINED  the old owner, when all workers do so and its ring has no packet of the bucket any
 *            more. What it kept is the new owner's, and so is the bucket's table of datagrams with
 *            the fragments that wait in it.
 *   RUNNING  the new owner, when nothing that was served before is inside any more. It serves what
 *            the old one kept, then what it kept itself; in between come new ones, at the end.
 *   DONE     the new owner, when nothing is left of them. Control takes note.
 *
 * Workers do all but the first and the last by themselves, so a busy control (a reload, say) holds
 * up no packets. No worker waits for another one.
 */

#ifndef PE_MOVE_H
#define PE_MOVE_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

struct pe;
struct worker;

enum move_state {
	MOVE_NONE,
	MOVE_ASKED,
	MOVE_FROZEN,
	MOVE_PARKING,
	MOVE_DRAINED,
	MOVE_RUNNING,
	MOVE_DONE,
};

/** A move, as it stands; in one word, so that who reads it reads all of one move. */
struct move {
	uint8_t state; /* enum move_state */
	uint8_t bucket, from, to;
	uint32_t number; /* of this move; never 0 */
};

/** Control's side. */
struct moves {
	uint8_t wanted[256]; /* index: bucket; the worker that shall own it */
	uint64_t asked_ns;   /* when the move under way began */
	uint32_t number;     /* of the last one */
	uint64_t done;
	uint64_t gave_up;
	char last[128]; /* why the last one that was given up was; "": none */
};

/* Control. */

/**
 * Wants @p bucket to be @p worker's. Returns at once; pe_tick() sees to it. A bucket of which the
 * old owner holds packets waits until it holds none; after two seconds it is given up: see
 * pe->moves.last.
 * @return 0, or -EINVAL when there is no such worker
 */
int pe_move_bucket(struct pe *pe, uint8_t bucket, uint16_t worker);

/** @return whether a bucket is about to move, or on its way. */
bool pe_moving(const struct pe *pe);

/** @return the move under way; its state is MOVE_NONE when there is none. */
struct move pe_move(const struct pe *pe);

/** All buckets are where they shall be. */
void move_start(struct pe *pe);

/** Takes note of a move that is done, gives one up that cannot begin, begins the next. */
void move_tick(struct pe *pe);

/** Drops what workers keep; they have stopped. */
void move_abandon(struct pe *pe);

/* Worker. */

/** What a worker has to do for the move under way, before anything else in a poll.
 * @return packets that it served */
unsigned int move_poll(struct worker *worker);

/** Keeps a packet of the moving bucket, or drops it when there are too many. */
void move_park(struct worker *worker, struct wp_packet *pkt);

/** Keeps packets of the moving bucket among those that came out of the ring. @return how many
 * others there are; they are packed at the front, in order */
uint16_t move_park_ring(struct worker *worker, struct wp_packet **pkts, uint16_t n);

#endif
