/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counters. Each worker has cells of its own, so nothing is shared while counting; control adds
 * them up. Cells are given out in blocks by name, and a name keeps its block as long as the process
 * lives: counters go on over a change of configuration.
 *
 * Every packet ends in exactly one place:  rx + created = tx + dropped + absorbed + held + queued.
 */

#ifndef PE_ACCOUNT_H
#define PE_ACCOUNT_H

#include <stddef.h>
#include <stdint.h>

/** Cells of a worker; memory is reserved, and taken as cells are used. */
#define ACCOUNT_CELLS (8u << 20)
/** The first cells are for what every packet touches, close together; the rest for the others. */
#define ACCOUNT_HOT_CELLS (1u << 20)

/** Cells of a path that every packet touches: one cache line. */
enum path_cell {
	PATH_RX,
	PATH_RX_BYTES,
	PATH_TX,
	PATH_TX_BYTES,
	PATH_CREATED,
	PATH_ABSORBED,
	PATH_HELD,     /* holds begun */
	PATH_RELEASED, /* holds ended */
	PATH_CELLS,
};

/** Why the runtime itself drops a packet that is on a path. */
enum drop {
	DROP_DOWN, /* fail mode drop, by cause: same order as enum wp_cause */
	DROP_OVERLOAD,
	DROP_NO_KEY,
	DROP_TABLE_FULL,
	DROP_RING_FULL,          /* the ring to the worker that owns its bucket */
	DROP_TX_FULL,            /* the port's send queue, and the wait in front of it */
	DROP_LINK_DOWN,          /* the port to send on has no link */
	DROP_NO_HEADROOM,        /* no room to put the tag back */
	DROP_NO_REVERSE,         /* a reply on a path without a reverse, or from behind decrypt */
	DROP_BAD_VIEW,           /* a service's mistake: the packet ends outside its buffer */
	DROP_BAD_VERDICT,        /* a service's mistake: verdict or reason out of range */
	DROP_FRAGMENT_MALFORMED, /* of fragments in front of a service that needs ports: as in */
	DROP_FRAGMENT_TINY,      /* enum frag_fault */
	DROP_FRAGMENT_OVERLAP,
	DROP_FRAGMENT_LIMIT,    /* no room for its datagram, or to wait; or it has too many */
	DROP_FRAGMENT_TIME_OUT, /* the first one has not come */
	DROP_FLOW_BLOCKED,      /* a service wants none of its flow */
	DROP_STREAM_LIMIT,      /* a limit of the tracker, whose way is to drop */
	DROP_MOVING,   /* its bucket is on its way to another worker, and too many wait already */
	DROP_SHUTDOWN, /* held or queued when the process ended */
	N_DROPS,
};

/** Index: enum drop. */
extern const char *const drop_names[N_DROPS];

/** Cells of a path that few packets touch. */
enum path_rare_cell {
	PATH_REPLIED,
	PATH_TURNED_OUT, /* went on along the reverse path */
	PATH_TURNED_IN,  /* came from the reverse path */
	PATH_PEERED,
	PATH_HOLD_FULL,   /* wishes to hold that were not met: the worker holds as many as it may */
	PATH_NOT_CREATED, /* packets that services could not make: no buffers, or too long */
	PATH_DROPS,       /* one for each enum drop */
	PATH_LATENCY = PATH_DROPS + N_DROPS, /* histogram of ns from receive to send */
	PATH_LATENCY_END = PATH_LATENCY + 96,
	PATH_LATENCY_SUM = PATH_LATENCY_END, /* of all in it, in ns */
	PATH_RARE_CELLS,
};

/** Cells of one step of a path; the service's drop reasons follow. */
enum step_cell {
	STEP_TIMED,  /* timed bursts, each by its first packet */
	STEP_CYCLES, /* TSC cycles a packet of those */
	STEP_BYPASSED,
	STEP_HISTOGRAM, /* of cycles a packet */
	STEP_HISTOGRAM_END = STEP_HISTOGRAM + 64,
	STEP_DROPS = STEP_HISTOGRAM_END,
};

/** What a worker has seen go by, counted where packets come and go and not by path: the auditor's
 * other side. */
struct account_totals {
	uint64_t rx; /* frames from ports */
	uint64_t created;
	uint64_t refused; /* frames without a path */
	uint64_t tx;      /* frames that ports took */
	uint64_t dropped;
	uint64_t absorbed;
	uint64_t ring_in;  /* handed over to this worker */
	uint64_t ring_out; /* handed over by this worker */
	uint64_t held;     /* now */
	uint64_t queued;   /* now, waiting for a send queue, or for their bucket to arrive */
};

struct account;

/** @return 0 or -ENOMEM. Control. */
int account_create(unsigned int n_workers, struct account **account);

/** Accepts NULL. */
void account_destroy(struct account *account);

/** @return the cells of a worker; index: what account_block() gave. */
uint64_t *account_cells(const struct account *account, unsigned int worker);

/** What a block is for. Blocks of ports, paths and instances are hot: every packet touches them. */
enum account_kind {
	ACCOUNT_PORT,      /* enum port_cell */
	ACCOUNT_PATH,      /* enum path_cell */
	ACCOUNT_INSTANCE,  /* a service's counters */
	ACCOUNT_PATH_RARE, /* enum path_rare_cell */
	ACCOUNT_STEP,      /* enum step_cell, a service's drop reasons */
	ACCOUNT_N_KINDS,
};

/** From now on blocks are given out on trial: until one of the next two. */
void account_try(struct account *account);

/** What was given out on trial stays. */
void account_keep(struct account *account);

/** What was given out on trial is as if it had not been: nobody has counted in it. */
void account_undo(struct account *account);

/**
 * Finds or makes the block of that kind and name. Control.
 * @param[out] block  index of its first cell; aligned to a cache line
 * @return 0, -ENOMEM, or -ENOSPC when all cells are given out
 */
int account_block(struct account *account, enum account_kind kind, const char *name,
		  unsigned int n_cells, uint32_t *block);

/** Says how many cells are given out. */
void account_used(const struct account *account, uint32_t *hot, uint32_t *rare);

/** Calls @p fn for all blocks of a kind that there ever were. */
void account_each(const struct account *account, enum account_kind kind,
		  void (*fn)(void *arg, uint32_t block, uint32_t n_cells), void *arg);

/** @return the sum of one cell over all workers. */
uint64_t account_sum(const struct account *account, uint32_t cell);

/**
 * Bucket of a value in a histogram of four steps to the power of two: 0 to 3 are themselves, and
 * each further bucket is at most 25 % wide.
 */
static inline unsigned int
account_bucket(uint64_t value, unsigned int n_buckets)
{
	unsigned int log, bucket;

	if (value < 4)
		return (unsigned int)value;
	log = 63 - (unsigned int)__builtin_clzll(value);
	bucket = 4 * (log - 1) + (unsigned int)((value >> (log - 2)) & 3);
	return bucket < n_buckets ? bucket : n_buckets - 1;
}

/** @return the largest value that falls into @p bucket. */
uint64_t account_bucket_top(unsigned int bucket);

/** @return the value below which @p permille of the histogram's entries lie (its bucket's top); 0
 * without entries. */
uint64_t account_quantile(const struct account *account, uint32_t first_cell,
			  unsigned int n_buckets, unsigned int permille);

#endif
