/* SPDX-License-Identifier: BSD-3-Clause */
/* See balance.h. */

#include "pe/balance.h"

#include "pe/pe.h"

enum {
	WINDOW_NS = 1000000000,
	FIXED_WINDOWS = 10, /* a bucket that has moved stays that long */
	UNEVEN_MIN = 2,     /* windows in a row before anything moves */
	/* Millionths of a worker's time. */
	BUSY_MIN = 500000, /* below, the busiest has time enough */
	GAP_MIN = 200000,  /* between the two: less is not worth the trouble */
	GAP_GOOD = 50000,  /* once at it, even them out to this */
	GAIN_MIN = 1000,   /* for one bucket */
};

/** @return which worker is the busiest, or with @p least the least busy one. */
static unsigned int
extreme(const struct balance_window *window, bool least)
{
	unsigned int found = 0;

	for (unsigned int w = 1; w < window->n_workers; w++)
		if (least ? window->busy[w] < window->busy[found]
			  : window->busy[w] > window->busy[found])
			found = w;
	return found;
}

/** @return packets sampled at a worker. */
static uint64_t
worker_load(const struct balance_window *window, unsigned int worker)
{
	uint64_t sum = 0;

	for (unsigned int bucket = 0; bucket < BALANCE_BUCKETS; bucket++)
		if (window->owner[bucket] == worker)
			sum += window->load[bucket];
	return sum;
}

/** Two workers that may be evened out. */
struct pair {
	unsigned int from, to;
	uint32_t busy_from, busy_to; /* ppm, as they would be */
	uint64_t load_from;          /* packets that stand for busy_from at first */
	uint32_t busy_at_first;
};

/** @return how busy a bucket keeps its worker, ppm. */
static uint32_t
bucket_busy(const struct balance_window *window, const struct pair *pair, unsigned int bucket)
{
	return (uint32_t)(window->load[bucket] * pair->busy_at_first / pair->load_from);
}

/** @return the bucket that evens a pair out best, or BALANCE_BUCKETS when none does. */
static unsigned int
best_bucket(const struct balance_window *window, const struct pair *pair, const bool *chosen)
{
	uint32_t least = pair->busy_from - GAIN_MIN + 1;
	unsigned int best = BALANCE_BUCKETS;

	for (unsigned int bucket = 0; bucket < BALANCE_BUCKETS; bucket++) {
		uint32_t busy, after;

		if (window->owner[bucket] != pair->from || window->fixed[bucket] || chosen[bucket])
			continue;
		busy = bucket_busy(window, pair, bucket);
		after = RTE_MAX(pair->busy_from - busy, pair->busy_to + busy);
		if (after < least) {
			least = after;
			best = bucket;
		}
	}
	return best;
}

unsigned int
balance_choose(const struct balance_window *window, struct balance_move moves[BALANCE_MOVES_MAX])
{
	struct pair pair = {.from = extreme(window, false), .to = extreme(window, true)};
	bool chosen[BALANCE_BUCKETS] = {false};
	unsigned int n = 0;

	pair.busy_at_first = pair.busy_from = window->busy[pair.from];
	pair.busy_to = window->busy[pair.to];
	pair.load_from = worker_load(window, pair.from);
	if (pair.load_from == 0 || pair.busy_from < BUSY_MIN ||
	    pair.busy_from - pair.busy_to < GAP_MIN)
		return 0;
	while (n < BALANCE_MOVES_MAX && pair.busy_from > pair.busy_to + GAP_GOOD) {
		unsigned int bucket = best_bucket(window, &pair, chosen);
		uint32_t busy;

		if (bucket == BALANCE_BUCKETS)
			break;
		busy = bucket_busy(window, &pair, bucket);
		chosen[bucket] = true;
		pair.busy_from -= busy;
		pair.busy_to += busy;
		moves[n++] =
			(struct balance_move){.bucket = (uint8_t)bucket, .to = (uint8_t)pair.to};
	}
	return n;
}

/** @return a bucket's packets at all workers so far. */
static uint64_t
load_now(const struct pe *pe, unsigned int bucket)
{
	uint64_t sum = 0;

	for (uint16_t w = 0; w < pe->n_workers; w++)
		sum += __atomic_load_n(&pe->workers[w]->load[bucket], __ATOMIC_RELAXED);
	return sum;
}

/** @return what share of a window a worker was busy, ppm. */
static uint32_t
busy_ppm(const struct pe *pe, uint64_t cycles, uint64_t ns)
{
	double all = (double)ns * (double)pe->tsc_hz / 1e9;
	double busy = all > 0 ? (double)cycles * 1e6 / all : 0;

	return busy > 1e6 ? 1000000 : (uint32_t)busy;
}

/** Notes what was seen since the last time. */
static void
look(struct pe *pe, uint64_t now_ns)
{
	struct balance *balance = &pe->balance;
	struct balance_window *seen = &balance->seen;

	seen->n_workers = pe->n_workers;
	for (uint16_t w = 0; w < pe->n_workers; w++) {
		uint64_t cycles =
			atomic_load_explicit(&pe->workers[w]->busy_cycles, memory_order_relaxed);

		seen->busy[w] =
			busy_ppm(pe, cycles - balance->busy_cycles[w], now_ns - balance->start_ns);
		balance->busy_cycles[w] = cycles;
	}
	for (unsigned int bucket = 0; bucket < BALANCE_BUCKETS; bucket++) {
		uint64_t load = load_now(pe, bucket);

		seen->owner[bucket] = pe->owner[bucket];
		seen->load[bucket] = load - balance->load[bucket];
		seen->fixed[bucket] = now_ns < balance->fixed_until_ns[bucket];
		balance->load[bucket] = load;
	}
	balance->start_ns = now_ns;
}

static void
even_out(struct pe *pe, uint64_t now_ns)
{
	struct balance *balance = &pe->balance;
	struct balance_move moves[BALANCE_MOVES_MAX];
	unsigned int n = balance_choose(&balance->seen, moves);

	balance->uneven = n == 0 ? 0 : balance->uneven + 1;
	if (balance->uneven < UNEVEN_MIN)
		return;
	balance->uneven = 0; /* two windows more before the next: these show what came of it */
	for (unsigned int i = 0; i < n; i++) {
		balance->fixed_until_ns[moves[i].bucket] =
			now_ns + (uint64_t)FIXED_WINDOWS * WINDOW_NS;
		pe_move_bucket(pe, moves[i].bucket, moves[i].to);
	}
}

void
balance_tick(struct pe *pe)
{
	uint64_t now_ns = pe_now_ns(pe);

	if (now_ns < pe->balance.next_ns)
		return;
	pe->balance.next_ns = now_ns + WINDOW_NS;
	look(pe, now_ns);
	if (pe->current->document->workers.balance && pe->n_workers > 1 && !pe_moving(pe))
		even_out(pe, now_ns);
}
