/* SPDX-License-Identifier: BSD-3-Clause */
/* See timers.h. */

#include "pe/timers.h"

#include "pe/pe.h"
#include "pe/streams.h"
#include "pe/tables.h"
#include "pe/worker_ops.h"

enum {
	BUCKETS = 256,
	/* Steps of timer wheels in one poll: as many entries may expire as a burst can make. */
	BUDGET = 2 * WP_BURST_MAX,
	BUCKETS_PER_STEP = 8, /* looked at for the price of one step */
};

/** @return the service's id of one of its tables. */
static unsigned int
table_id(const struct instance *instance, const struct wp_table *table)
{
	unsigned int id = 0;

	while (instance->tables[id] != table)
		id++;
	return id;
}

/** Asks the service of an entry whether it shall live on. What no instance knows any more goes. */
static uint32_t
ask_service(void *arg, struct wp_table *table, struct wp_entry *entry)
{
	struct worker *worker = arg;
	const struct instance *instance = epoch_instance(worker->epoch, entry->instance);
	struct wp_core *core;

	if (instance == NULL) {
		streams_forget(worker, table, entry);
		return 0;
	}
	if (instance->expire != NULL)
		return instance->expire(worker, instance, entry);
	if (instance->service->expire == NULL)
		return 0;
	core = &instance->cores[worker->id].core;
	core->now_ns = worker->now_ns;
	atomic_store_explicit(&worker->running, instance, memory_order_relaxed);
	return instance->service->expire(instance->inst, core, table_id(instance, table), entry);
}

/** Runs the timers of one table. @return what is left of the budget; 0: it goes on in the next poll
 */
static unsigned int
run_table(struct worker *worker, struct wp_table *table, unsigned int budget)
{
	struct worker_timers *timers = &worker->timers;

	for (; timers->bucket < BUCKETS; timers->bucket++) {
		uint8_t bucket = (uint8_t)timers->bucket;

		if (timers->bucket % BUCKETS_PER_STEP == 0 && --budget == 0)
			return 0;
		if (!worker_owns(worker, bucket))
			continue;
		budget = wp_table_expire(table, worker->id, bucket, worker->now_ns, budget,
					 ask_service, worker);
		if (budget == 0)
			return 0;
	}
	timers->bucket = 0;
	return budget;
}

void
timers_run(struct worker *worker)
{
	struct worker_timers *timers = &worker->timers;
	unsigned int budget = BUDGET;

	if (timers->table == NULL) {
		timers->target = worker->now_ns >> WP_TICK_SHIFT;
		timers->table = tables_first(worker->pe->tables);
	}
	for (; timers->table != NULL; timers->table = known_table_next(timers->table)) {
		struct wp_table *table = known_table(timers->table);

		if (!wp_table_expires(table))
			continue;
		budget = run_table(worker, table, budget);
		if (budget == 0)
			return;
	}
	timers->tick = timers->target;
}
