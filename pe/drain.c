/* SPDX-License-Identifier: BSD-3-Clause */
/* See drain.h; and pe_drain() of pe.h. */

#include "pe/drain.h"

#include <linux/membarrier.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pe/clock.h"
#include "pe/pe.h"

enum {
	DRAIN_STEP_US = 200,
	FENCE_US = 1000,
	STUCK_NS = 1000000000,    /* in one poll: that is no slow burst any more */
	WAIT_MAX_NS = 1000000000, /* for packets in front of a port that takes none */
};

/** @return whether all workers take new packets under @p epoch. */
static bool
all_seen(const struct pe *pe, const struct wp_epoch *epoch)
{
	for (uint16_t i = 0; i < pe->n_workers; i++)
		if (atomic_load_explicit(&pe->workers[i]->seen, memory_order_acquire) !=
		    epoch->number)
			return false;
	return true;
}

/** Lets some time pass for the workers: they run by themselves, or here. */
static void
give_time(struct pe *pe)
{
	if (pe->running)
		usleep(DRAIN_STEP_US);
	else
		pe_poll(pe);
}

/** Waits until a worker has ended a poll; names the service when that takes too long. */
static void
wait_poll(const struct pe *pe, struct worker *worker, uint64_t sequence)
{
	uint64_t late_ns = clock_ns(CLOCK_MONOTONIC) + STUCK_NS;
	bool told = false;

	while (atomic_load_explicit(&worker->sequence, memory_order_acquire) == sequence) {
		const struct instance *instance =
			atomic_load_explicit(&worker->running, memory_order_relaxed);

		usleep(DRAIN_STEP_US);
		if (told || instance == NULL || clock_ns(CLOCK_MONOTONIC) < late_ns)
			continue;
		told = true;
		pe_log(pe, "worker %u does not come back from instance '%s' of service '%s'",
		       worker->id, instance->name, instance->service->name);
	}
}

/** What was stored before this is seen by whoever begins a poll after it, and who has begun one by
 * now is seen to have: a barrier on all our cores, so that workers need none of their own. */
static void
fence_workers(void)
{
	static bool registered;

	if (!registered)
		registered = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0,
				     0) == 0;
	atomic_thread_fence(memory_order_seq_cst);
	if (!registered || syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0)
		usleep(FENCE_US); /* a kernel without it: store buffers are long empty by then */
}

void
drain_polls(struct pe *pe)
{
	uint64_t before[DOCUMENT_WORKERS_MAX];

	if (!pe->running)
		return;
	fence_workers();
	for (uint16_t i = 0; i < pe->n_workers; i++)
		before[i] = atomic_load_explicit(&pe->workers[i]->sequence, memory_order_acquire);
	for (uint16_t i = 0; i < pe->n_workers; i++)
		if ((before[i] & 1) != 0)
			wait_poll(pe, pe->workers[i], before[i]);
}

/**
 * Waits until nothing is in flight under @p old. A worker may count a packet out and, when the port
 * does not take it, in again within one poll: hence the second look.
 */
void
drain_epoch(struct pe *pe, const struct wp_epoch *old)
{
	uint64_t late_ns = clock_ns(CLOCK_MONOTONIC) + WAIT_MAX_NS;

	while (!all_seen(pe, pe->current))
		give_time(pe);
	do {
		while (epoch_in_flight(old) != 0) {
			give_time(pe);
			pe_tick(pe);
			if (clock_ns(CLOCK_MONOTONIC) >= late_ns)
				atomic_store_explicit(&pe->hurry, true, memory_order_relaxed);
		}
		drain_polls(pe);
	} while (epoch_in_flight(old) != 0);
	atomic_store_explicit(&pe->hurry, false, memory_order_relaxed);
	atomic_store_explicit(&pe->draining, NULL, memory_order_relaxed);
	drain_polls(pe); /* nobody ticks it any more */
	for (uint16_t i = 0; i < pe->n_workers; i++)
		atomic_store_explicit(&pe->workers[i]->running, NULL, memory_order_relaxed);
}

bool
pe_drain(struct pe *pe, unsigned int ms)
{
	uint64_t end_ns;

	for (uint16_t i = 0; i < pe->n_workers; i++)
		atomic_store_explicit(&pe->workers[i]->closed, true, memory_order_relaxed);
	drain_polls(pe);
	end_ns = clock_ns(CLOCK_MONOTONIC) + ms * 1000000ull;
	for (;;) {
		give_time(pe);
		pe_tick(pe);
		if (epoch_in_flight(pe->current) == 0)
			return true;
		if (clock_ns(CLOCK_MONOTONIC) > end_ns)
			return false;
	}
}
