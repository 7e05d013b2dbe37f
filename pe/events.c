/* SPDX-License-Identifier: BSD-3-Clause */
/* See events.h. */

#include "pe/events.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "pe/account.h"
#include "pe/clock.h"
#include "pe/event_ring.h"
#include "pe/pe.h"

enum {
	NAP_NS = 10000000,                 /* between looks at the rings */
	BUSY_BYTES = EVENT_RING_SIZE / 16, /* in one ring: no nap, there is more to come */
	BATCH = 64,                        /* records for one call of log() */
	NICE = 10, /* of the thread: it takes what workers and control leave */
};

/** One opened log. */
struct event_log {
	/* Constant. */
	const struct wp_service *service;
	void *own;          /* the service's */
	uint64_t *counters; /* the log thread's part of the instance's counters */
	/* Control. */
	unsigned int users; /* instances */
	/* Under events.lock. */
	struct event_log *closing; /* the next one that control has no more use for */
	/* Under events.lock until it has been taken over, then log thread. */
	struct event_log *next;
};

struct events {
	struct pe *pe;
	bool threaded;
	pthread_t thread;
	pthread_mutex_t lock; /* control and the log thread only; never held during a service's call
			       */
	pthread_cond_t wake, settled;
	/* Under the lock. */
	struct event_log *opened, *closing; /* not yet taken over, no longer wanted */
	uint64_t asked, answered;           /* wishes to settle */
	bool stop;
	/* Log thread. */
	struct event_log *logs;
	/* Constant; see event_ring.h for what is in them. */
	uint16_t n_rings;
	struct event_ring rings[];
};

/* The log thread. */

/**
 * Hands the records from *@p at on to the log of the first one's instance, up to the first of
 * another.
 * @param utc_ns  what to add to the runtime's clock
 */
static void
hand_on(const struct event_ring *ring, uint16_t worker, uint64_t *at, uint64_t end, uint64_t utc_ns)
{
	const struct instance *instance = NULL;
	struct wp_event events[BATCH];
	unsigned int n = 0;

	while (n < BATCH) {
		uint64_t next = *at;
		const struct event_header *header = event_ring_next(ring, &next, end);

		if (header == NULL || (n != 0 && header->instance != instance))
			break;
		instance = header->instance;
		events[n++] = (struct wp_event){
			.data = header + 1,
			.time_ns = header->time_ns + utc_ns,
			.size = header->size,
			.worker = worker,
		};
		*at = next;
	}
	if (n != 0)
		instance->service->log(instance->log->own, instance->inst, instance->log->counters,
				       events, n);
}

/** Empties a ring of what is in it now. @return whether there was so much that more will come soon
 */
static bool
empty_ring(struct event_ring *ring, uint16_t worker, uint64_t utc_ns)
{
	uint64_t at = atomic_load_explicit(&ring->tail, memory_order_relaxed);
	uint64_t end = at + event_ring_used(ring);
	bool busy = end - at > BUSY_BYTES;

	while (at != end) {
		hand_on(ring, worker, &at, end, utc_ns);
		event_ring_take(ring, at);
	}
	return busy;
}

static bool
empty_rings(struct events *events)
{
	uint64_t utc_ns = clock_ns(CLOCK_REALTIME) - pe_now_ns(events->pe);
	bool busy = false;

	for (uint16_t i = 0; i < events->n_rings; i++)
		busy |= empty_ring(&events->rings[i], i, utc_ns);
	return busy;
}

static void
tick_logs(const struct events *events)
{
	uint64_t now_ns = pe_now_ns(events->pe);

	for (struct event_log *log = events->logs; log != NULL; log = log->next)
		if (log->service->log_tick != NULL)
			log->service->log_tick(log->own, log->counters, now_ns);
}

/** Moves logs from one list to another. */
static void
take_over(struct event_log **from, struct event_log **to)
{
	while (*from != NULL) {
		struct event_log *log = *from;

		*from = log->next;
		log->next = *to;
		*to = log;
	}
}

static void
close_all(struct event_log *logs)
{
	while (logs != NULL) {
		struct event_log *next = logs->next;

		if (logs->service->close_log != NULL)
			logs->service->close_log(logs->own, logs->counters);
		free(logs);
		logs = next;
	}
}

/** Takes a log off the list it is on. */
static void
unlink_log(struct event_log **list, const struct event_log *log)
{
	while (*list != log)
		list = &(*list)->next;
	*list = log->next;
}

/** Takes the logs out of the list of those in use that control has no more use for. @return them */
static struct event_log *
take_closing(struct events *events)
{
	struct event_log *closing = events->closing, *out = NULL;

	events->closing = NULL;
	while (closing != NULL) {
		struct event_log *log = closing;

		closing = log->closing;
		unlink_log(&events->logs, log);
		log->next = out;
		out = log;
	}
	return out;
}

/** One round. @return whether the next one should follow at once */
static bool
round_once(struct events *events)
{
	struct event_log *closing;
	uint64_t asked;
	bool busy;

	pthread_mutex_lock(&events->lock);
	asked = events->asked;
	take_over(&events->opened, &events->logs);
	closing = take_closing(events);
	pthread_mutex_unlock(&events->lock);
	busy = empty_rings(events);
	tick_logs(events);
	close_all(closing);
	pthread_mutex_lock(&events->lock);
	events->answered = asked;
	pthread_cond_broadcast(&events->settled);
	pthread_mutex_unlock(&events->lock);
	return busy;
}

/** Sleeps until it is time to look again, or control wants something. @return whether to go on */
static bool
nap(struct events *events)
{
	uint64_t end_ns = clock_ns(CLOCK_MONOTONIC) + NAP_NS;
	struct timespec end = {.tv_sec = (time_t)(end_ns / 1000000000),
			       .tv_nsec = (long)(end_ns % 1000000000)};
	bool stop;

	pthread_mutex_lock(&events->lock);
	while (!events->stop && events->asked == events->answered && events->closing == NULL &&
	       pthread_cond_timedwait(&events->wake, &events->lock, &end) == 0)
		;
	stop = events->stop;
	pthread_mutex_unlock(&events->lock);
	return !stop;
}

static void *
log_thread(void *arg)
{
	struct events *events = arg;

	pthread_setname_np(pthread_self(), "wp-log");
	setpriority(PRIO_PROCESS, 0, NICE); /* Linux: of this thread only */
	do {
		while (round_once(events))
			;
	} while (nap(events));
	return NULL;
}

/* Control. */

static int
make_locks(struct events *events)
{
	pthread_condattr_t monotonic;

	if (pthread_mutex_init(&events->lock, NULL) != 0 || pthread_condattr_init(&monotonic) != 0)
		return -ENOMEM;
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&events->wake, &monotonic);
	pthread_cond_init(&events->settled, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return 0;
}

int
events_create(struct pe *pe, struct events **events)
{
	size_t size = sizeof(struct events) + pe->n_workers * sizeof(struct event_ring);
	struct events *new = aligned_alloc(64, (size + 63) & ~(size_t)63);
	int err;

	if (new == NULL)
		return -ENOMEM;
	memset(new, 0, size);
	new->pe = pe;
	err = make_locks(new);
	while (err == 0 && new->n_rings < pe->n_workers)
		err = event_ring_open(&new->rings[new->n_rings++], EVENT_RING_SIZE);
	if (err != 0) {
		events_destroy(new);
		return err;
	}
	*events = new;
	return 0;
}

int
events_start(struct events *events)
{
	int err = pthread_create(&events->thread, NULL, log_thread, events);

	events->threaded = err == 0;
	return -err;
}

void
events_destroy(struct events *events)
{
	if (events == NULL)
		return;
	if (events->threaded) {
		pthread_mutex_lock(&events->lock);
		events->stop = true;
		pthread_cond_signal(&events->wake);
		pthread_mutex_unlock(&events->lock);
		pthread_join(events->thread, NULL);
	}
	round_once(events);
	for (uint16_t i = 0; i < events->n_rings; i++)
		event_ring_close(&events->rings[i]);
	pthread_cond_destroy(&events->wake);
	pthread_cond_destroy(&events->settled);
	pthread_mutex_destroy(&events->lock);
	free(events);
}

void
events_run(struct events *events)
{
	if (!events->threaded)
		round_once(events);
}

void
events_settle(struct events *events)
{
	uint64_t mine;

	if (!events->threaded) {
		round_once(events);
		return;
	}
	pthread_mutex_lock(&events->lock);
	mine = ++events->asked;
	pthread_cond_signal(&events->wake);
	while (events->answered < mine)
		pthread_cond_wait(&events->settled, &events->lock);
	pthread_mutex_unlock(&events->lock);
}

/** @return the log thread's part of an instance's counters: behind those of all workers. */
static uint64_t *
log_counters(const struct events *events, const struct instance *instance)
{
	return account_cells(events->pe->account, events->pe->n_workers) + instance->counters;
}

static int
add_log(struct events *events, const struct instance *instance, void *own, struct event_log **log)
{
	struct event_log *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	new->service = instance->service;
	new->own = own;
	new->counters = log_counters(events, instance);
	pthread_mutex_lock(&events->lock);
	new->next = events->opened;
	events->opened = new;
	pthread_mutex_unlock(&events->lock);
	*log = new;
	return 0;
}

int
events_open_log(struct events *events, struct wp_env *env, struct instance *instance,
		struct event_log *old)
{
	const struct wp_service *service = instance->service;
	void *own = NULL;
	int err;

	if (service->open_log == NULL)
		return 0;
	err = service->open_log(env, instance->inst, old == NULL ? NULL : old->own, &own);
	if (err != 0 || own == NULL)
		return err;
	if (old != NULL && own == old->own)
		instance->log = old;
	else
		err = add_log(events, instance, own, &instance->log);
	if (err == 0)
		instance->log->users++;
	else if (service->close_log != NULL)
		service->close_log(own, log_counters(events, instance));
	return err;
}

void
events_close_log(struct events *events, struct event_log *log)
{
	if (log == NULL || --log->users != 0)
		return;
	pthread_mutex_lock(&events->lock);
	log->closing = events->closing;
	events->closing = log;
	pthread_cond_signal(&events->wake);
	pthread_mutex_unlock(&events->lock);
}

struct event_ring *
events_ring(struct events *events, uint16_t worker)
{
	return &events->rings[worker];
}
