/* SPDX-License-Identifier: BSD-3-Clause */
/* The poll loop, and what belongs to one worker. */

#include "pe/worker.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_pause.h>

#include "pe/crash.h"
#include "pe/dispatch.h"
#include "pe/events.h"
#include "pe/flow_order.h"
#include "pe/fragments.h"
#include "pe/restore.h"
#include "pe/timers.h"
#include "pe/worker_ops.h"

enum {
	TICK_NS = 10000000,
	IDLE_PAUSE_POLLS = 2000, /* empty polls before a worker yields */
	IDLE_YIELD_POLLS = 2100, /* ... before it sleeps */
	IDLE_SLEEP_NS = 20000,   /* at first; doubled up to the next one */
	IDLE_SLEEP_MAX_NS = 160000,
};

int
worker_create(struct pe *pe, uint16_t id, uint32_t hold_max, struct worker **worker)
{
	char name[RTE_RING_NAMESIZE];
	struct worker *new;
	int err;

	if (posix_memalign((void **)&new, RTE_CACHE_LINE_SIZE, sizeof(*new)) != 0)
		return -ENOMEM;
	memset(new, 0, sizeof(*new));
	if (getrandom(&new->random, sizeof(new->random), 0) != sizeof(new->random)) {
		free(new);
		return -EIO;
	}
	new->pe = pe;
	new->id = id;
	new->timed_below = pe->options.rehearsal != NULL ? UINT32_MAX : 1u << 29;
	new->pool = pools_near(&pe->pools, pe->node[id]);
	new->cells = account_cells(pe->account, id);
	new->events = events_ring(pe->events, id);
	new->txqs = calloc(pe->n_ports, sizeof(*new->txqs));
	new->released = calloc((size_t)hold_max + 1, sizeof(struct wp_packet *));
	new->keys = calloc(1, sizeof(*new->keys));
	new->parked.pkts = calloc(PARK_MAX, sizeof(struct wp_packet *));
	new->parks = BUCKET_NONE;
	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++)
		new->owner[bucket] = pe->owner[bucket];
	new->owner[BUCKET_NONE] = (uint8_t)id;
	snprintf(name, sizeof(name), "worker%u", id);
	new->ring = rte_ring_create(name, WORKER_RING_SIZE, pe->node[id], RING_F_SC_DEQ);
	err = hold_create(&new->holds, hold_max, DOCUMENT_TENANTS_MAX);
	if (err == 0)
		err = shed_create(&new->shed);
	if (err != 0 || new->txqs == NULL || new->released == NULL || new->keys == NULL ||
	    new->parked.pkts == NULL || new->ring == NULL) {
		worker_destroy(new);
		return err != 0 ? err : -ENOMEM;
	}
	*worker = new;
	return 0;
}

/** Drops all packets that a stopped worker still has. */
static void
drop_left(struct worker *worker)
{
	struct wp_packet *pkt;
	void *obj;

	for (uint32_t i = 0; i < worker->n_released; i++) {
		worker->totals.queued--;
		dispatch_abandon(worker, worker->released[i]);
	}
	while ((pkt = hold_expired(&worker->holds, UINT64_MAX)) != NULL) {
		worker->totals.held--;
		dispatch_abandon(worker, pkt);
	}
	fragments_abandon(worker);
	while (worker->ring != NULL && rte_ring_dequeue(worker->ring, &obj) == 0) {
		worker->totals.ring_in++;
		dispatch_abandon(worker, obj);
	}
	for (uint16_t port = 0; worker->txqs != NULL && port < worker->pe->n_ports; port++) {
		struct worker_txq *txq = &worker->txqs[port];

		for (uint16_t i = 0; i < txq->n_waiting; i++)
			dispatch_abandon(worker, txq->waiting[i]);
		worker->totals.queued -= txq->n_waiting;
		txq->n_waiting = 0;
	}
}

void
worker_destroy(struct worker *worker)
{
	if (worker == NULL)
		return;
	if (worker->released != NULL && worker->txqs != NULL)
		drop_left(worker); /* else it was never whole */
	shed_destroy(&worker->shed);
	hold_destroy(&worker->holds);
	rte_ring_free(worker->ring);
	stream_defrag_destroy(worker->defrag, worker->stream_pool);
	stream_pool_destroy(worker->stream_pool);
	stream_pool_destroy(worker->stream_views);
	free(worker->parked.pkts);
	free(worker->keys);
	free(worker->released);
	free(worker->txqs);
	free(worker);
}

static void
look_at_clock(struct worker *worker)
{
	worker->now_tsc = rte_rdtsc();
	worker->now_ns = pe_now_ns(worker->pe);
}

void
worker_look(struct worker *worker)
{
	const struct wp_epoch *epoch =
		atomic_load_explicit(&worker->pe->epoch, memory_order_acquire);

	if (likely(epoch == worker->epoch))
		return;
	worker->epoch = epoch;
	atomic_store_explicit(&worker->seen, epoch->number, memory_order_release);
}

static unsigned int
poll_ports(struct worker *worker)
{
	unsigned int work = 0;

	for (uint16_t i = 0; i < worker->n_rxqs; i++) {
		const struct worker_rxq *rxq = &worker->rxqs[i];
		struct rte_mbuf *mbufs[WP_BURST_MAX];
		uint16_t n = rte_eth_rx_burst(rxq->dpdk_port, rxq->queue, mbufs, WP_BURST_MAX);

		worker->shed.polls++;
		if (n == 0)
			continue;
		worker->shed.full_polls += n == WP_BURST_MAX;
		dispatch_receive(worker, rxq, mbufs, n);
		work += n;
	}
	return work;
}

static unsigned int
poll_ring(struct worker *worker)
{
	struct wp_packet *pkts[WP_BURST_MAX];
	unsigned int n = rte_ring_dequeue_burst(worker->ring, (void **)pkts, WP_BURST_MAX, NULL);
	uint16_t n_own;

	if (n == 0)
		return 0;
	worker->totals.ring_in += n;
	n_own = (uint16_t)n;
	if (unlikely(worker->parks != BUCKET_NONE))
		n_own = move_park_ring(worker, pkts, n_own);
	worker_time(worker);
	for (uint16_t at = 0, span; at < n_own; at += span) {
		span = flow_order_span(worker, &pkts[at], (uint16_t)(n_own - at));
		dispatch_resume(worker, &pkts[at], span);
	}
	return n;
}

/** Lets packets go on whose holds a service has ended. */
static unsigned int
poll_released(struct worker *worker)
{
	unsigned int n = worker->n_released;

	for (unsigned int i = 0; i < worker->n_released; i++)
		dispatch_release(worker, worker->released[i]);
	worker->n_released = 0;
	return n;
}

static unsigned int
poll_holds(struct worker *worker)
{
	struct wp_packet *pkt;
	unsigned int n = 0;

	while (n < WP_BURST_MAX && (pkt = hold_expired(&worker->holds, worker->now_ns)) != NULL) {
		dispatch_expire(worker, pkt);
		n++;
	}
	return n;
}

static void
tick_epoch(struct worker *worker, const struct wp_epoch *epoch)
{
	for (uint32_t i = 0; i < epoch->n_instances; i++) {
		const struct instance *instance = &epoch->instances[i];
		struct wp_core *core = &instance->cores[worker->id].core;

		if (instance->tick == NULL)
			continue;
		core->now_ns = worker->now_ns;
		atomic_store_explicit(&worker->running, instance, memory_order_relaxed);
		instance->tick(instance->inst, core, worker->now_ns);
		if (unlikely(worker->n_created != 0))
			dispatch_created(worker);
	}
}

/** Services whose packets are still inside go on ticking, to release them. */
static void
tick(struct worker *worker)
{
	const struct wp_epoch *old =
		atomic_load_explicit(&worker->pe->draining, memory_order_acquire);

	worker->next_tick_ns = worker->now_ns + TICK_NS;
	worker->ticking = true;
	tick_epoch(worker, worker->epoch);
	if (old != NULL && old != worker->epoch)
		tick_epoch(worker, old);
	worker->ticking = false;
	fragments_tick(worker);
}

/** Gives control a copy of the totals when it wants one: they are whole here. */
static inline void
answer(struct worker *worker)
{
	uint32_t asked = atomic_load_explicit(&worker->asked, memory_order_relaxed);

	if (likely(asked == atomic_load_explicit(&worker->answered, memory_order_relaxed)))
		return;
	worker->copy = worker->totals;
	atomic_store_explicit(&worker->answered, asked, memory_order_release);
}

unsigned int
worker_poll(struct worker *worker)
{
	uint64_t sequence = atomic_load_explicit(&worker->sequence, memory_order_relaxed);
	unsigned int work = 0;

	atomic_store_explicit(&worker->sequence, sequence + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	look_at_clock(worker);
	worker_look(worker);
	worker->capture = atomic_load_explicit(&worker->pe->capture, memory_order_acquire);
	if (unlikely(atomic_load_explicit(&worker->pe->move, memory_order_relaxed) != 0))
		work += move_poll(worker);
	if (likely(!atomic_load_explicit(&worker->closed, memory_order_relaxed)))
		work += poll_ports(worker);
	work += poll_ring(worker);
	if (unlikely(worker->holds.n_heap != 0))
		work += poll_holds(worker);
	if (unlikely(worker->now_ns >= worker->next_tick_ns))
		tick(worker);
	if (unlikely(timers_due(worker)))
		timers_run(worker);
	if (unlikely(worker->n_released != 0))
		work += poll_released(worker);
	if (unlikely(atomic_load_explicit(&worker->restore, memory_order_relaxed) != NULL))
		work += restore_poll(worker);
	work += dispatch_flush(worker);
	if (unlikely(worker->now_ns >= worker->shed.window_end_ns))
		shed_window(worker);
	answer(worker);
	atomic_store_explicit(&worker->sequence, sequence + 2, memory_order_release);
	return work;
}

/** Waits a little, longer the longer there was nothing to do. */
static void
back_off(struct worker *worker)
{
	struct timespec nap = {.tv_nsec = IDLE_SLEEP_NS};

	worker->idle_polls++;
	if (worker->pe->idle == IDLE_SPIN || worker->idle_polls < IDLE_PAUSE_POLLS) {
		rte_pause();
	} else if (worker->idle_polls < IDLE_YIELD_POLLS) {
		sched_yield();
	} else {
		nap.tv_nsec <<= RTE_MIN((worker->idle_polls - IDLE_YIELD_POLLS) / 64, 3u);
		if (nap.tv_nsec > IDLE_SLEEP_MAX_NS)
			nap.tv_nsec = IDLE_SLEEP_MAX_NS;
		nanosleep(&nap, NULL);
	}
}

int
worker_main(void *arg)
{
	struct worker *worker = arg;

	crash_tell(worker);
	prctl(PR_SET_TIMERSLACK, 1000ul);
	while (!atomic_load_explicit(&worker->stop, memory_order_relaxed)) {
		uint64_t start = rte_rdtsc();

		if (worker_poll(worker) == 0) {
			back_off(worker);
			continue;
		}
		worker->idle_polls = 0;
		atomic_store_explicit(
			&worker->busy_cycles,
			atomic_load_explicit(&worker->busy_cycles, memory_order_relaxed) +
				rte_rdtsc() - start,
			memory_order_relaxed);
	}
	return 0;
}
