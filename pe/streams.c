/* SPDX-License-Identifier: BSD-3-Clause */
/* See streams.h. */

#include "pe/streams.h"

#include <errno.h>

#include "pe/dispatch.h"
#include "pe/events.h"
#include "pe/worker_ops.h"
#include "stream/reset.h"

/* Telling. */

/** @return the step of a packet's path at which an instance serves it, from where it stands on. */
static uint8_t
step_of(const struct wp_packet *pkt, const struct instance *instance)
{
	for (uint8_t step = pkt->step; step < pkt->path->n_steps; step++)
		if (pkt->path->steps[step].instance == instance)
			return step;
	return pkt->step;
}

/** Keeps a drop that a service has asked for, if it is the first of the packet's. Others' steps are
 * not jumped over for any other verdict: it is a mistake. */
static void
keep_drop(struct flow_drops *drops, struct wp_packet *pkt, const struct instance *instance)
{
	unsigned int i = 0;

	while (i < drops->n && drops->of[i].pkt != pkt)
		i++;
	if (i == drops->n) {
		drops->n++;
		drops->of[i].pkt = pkt;
		drops->of[i].step = step_of(pkt, instance);
		drops->of[i].reason = pkt->verdict == WP_DROP ? pkt->reason : UINT16_MAX;
	}
	pkt->verdict = WP_DROP;
	pkt->reason = drops->of[i].reason;
}

/** Says which wishes an event meets. */
static uint64_t
wishes_met(const struct flow_plan *plan, const struct wp_stream_event *event)
{
	uint64_t met = 0;

	for (uint64_t left = plan->by_type[event->type]; left != 0; left &= left - 1) {
		unsigned int i = (unsigned int)__builtin_ctzll(left);

		if (plan->wish_l7[i] != 0 && plan->wish_l7[i] != event->flow->l7)
			continue;
		if (plan->wishes[i] == NULL || plan->wishes[i](event))
			met |= 1ull << i;
	}
	return met;
}

/** Tells one service. */
static void
tell_hearer(struct worker *worker, const struct instance *instance, const struct wp_told *told,
	    unsigned int n)
{
	struct wp_core *core = &instance->cores[worker->id].core;

	atomic_store_explicit(&worker->running, instance, memory_order_relaxed);
	core->now_ns = worker->now_ns;
	core->random = worker->random += 0x9e3779b97f4a7c15;
	instance->service->events(instance->inst, core, told, n);
	for (unsigned int i = 0; i < n; i++)
		if (told[i].event->pkt != NULL && told[i].event->pkt->verdict != WP_NEXT)
			keep_drop(&worker->flow_drops, told[i].event->pkt, instance);
}

/** @return which of a service's rows an event meets. */
static uint32_t
rows_met(const struct flow_hearer *hearer, uint64_t met)
{
	uint32_t rows = 0;

	for (unsigned int i = 0; i < hearer->n_rows; i++)
		rows |= (uint32_t)(met >> hearer->wish[i] & 1) << i;
	return rows;
}

enum { TOLD_MAX = 64 }; /* events at a time */

/** Tells events of one plan to all who hear of them. n <= TOLD_MAX */
static void
tell_run(struct worker *worker, const struct flow_plan *plan, const struct wp_stream_event *events,
	 unsigned int n)
{
	struct wp_told told[TOLD_MAX];
	uint64_t met[TOLD_MAX];

	for (unsigned int i = 0; i < n; i++)
		met[i] = wishes_met(plan, &events[i]);
	for (unsigned int h = 0; h < plan->n_hearers; h++) {
		const struct flow_hearer *hearer = &plan->hearers[h];
		unsigned int n_told = 0;

		for (unsigned int i = 0; i < n; i++) {
			if ((met[i] & hearer->wishes) == 0)
				continue;
			told[n_told++] = (struct wp_told){&events[i], rows_met(hearer, met[i])};
		}
		if (n_told != 0)
			tell_hearer(worker, hearer->instance, told, n_told);
	}
}

/** Tells what has happened, run by run of events that the same services hear of. */
static void
tell(void *arg, const struct wp_stream_event *events, unsigned int n)
{
	struct worker *worker = arg;

	for (unsigned int at = 0, end; at < n; at = end) {
		for (end = at + 1; end < n && end - at < TOLD_MAX; end++)
			if (events[end].plan != events[at].plan)
				break;
		tell_run(worker, events[at].plan, &events[at], end - at);
	}
}

/** Of struct stream_link. */
static bool
owns(const void *arg, uint8_t bucket)
{
	return worker_owns(arg, bucket);
}

/* Control. */

/** Makes what a worker's tracker works with, as far as it is not there. */
static int
furnish(struct pe *pe, struct worker *worker, const struct stream_conf *conf)
{
	const struct stream_pool_limits limits = stream_limits(conf);
	const struct stream_pool_limits view_limits = stream_view_limits(conf);

	if (worker->stream_pool == NULL && stream_pool_create(&limits, &worker->stream_pool) != 0)
		return -ENOMEM;
	if (worker->stream_views == NULL &&
	    stream_pool_create(&view_limits, &worker->stream_views) != 0)
		return -ENOMEM;
	if (worker->defrag == NULL && stream_defrag_create(&pe->hash_key, &worker->defrag) != 0)
		return -ENOMEM;
	stream_pool_limit(worker->stream_pool, &limits);
	stream_pool_limit(worker->stream_views, &view_limits);
	return 0;
}

int
streams_connect(struct pe *pe, const struct instance *instance)
{
	for (uint16_t i = 0; i < pe->n_workers; i++) {
		struct worker *worker = pe->workers[i];
		struct stream_link link = {.tell = tell, .tell_arg = worker, .owns = owns};

		if (furnish(pe, worker, instance->inst) != 0)
			return -ENOMEM;
		link.pool = worker->stream_pool;
		link.views = worker->stream_views;
		link.defrag = worker->defrag;
		stream_connect(&instance->cores[i].core, &link);
	}
	return 0;
}

/* Packets. */

/** @return whether a packet has still to be put to its flow for its step. */
static bool
is_due(const struct wp_packet *pkt)
{
	const struct flow_plan *plan = packet_step(pkt)->flows;

	return plan != NULL && pkt->tracked < plan->part;
}

/** Says what is wanted of packets, of whom, and asks for it. */
static void
prepare(struct stream_arrival *arrivals, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		struct stream_arrival *arrival = &arrivals[i];
		const struct flow_plan *plan = packet_step(arrival->pkt)->flows;

		arrival->pkt->tracked = plan->part;
		arrival->pkt->flow = NULL;
		arrival->plan = &plan->plan;
		if (arrival->from != STREAM_FROM_NONE)
			stream_ask_for(arrival);
	}
}

/** Follows packets within their flows. */
static void
follow(struct worker *worker, const struct instance *stream, struct stream_arrival *arrivals,
       uint16_t n)
{
	struct wp_core *core = &stream->cores[worker->id].core;

	core->now_ns = worker->now_ns;
	worker->flow_drops.n = 0;
	prepare(arrivals, n);
	for (uint16_t i = 0; i < n; i++) {
		struct stream_arrival *arrival = &arrivals[i];
		struct wp_packet *pkt = arrival->pkt;

		if (arrival->from == STREAM_FROM_NONE)
			continue;
		stream_packet(core, arrival);
		if (arrival->entry == NULL || arrival->outcome == STREAM_ELSEWHERE)
			continue;
		pkt->flow = stream_flow(arrival->entry);
		pkt->flow->path = pkt->path->spi;
		pkt->flow->step = pkt->step;
	}
	stream_tell(core);
}

/** Puts packets that are to be dropped to the steps of the services that have asked for it. */
static void
place_drops(const struct flow_drops *drops)
{
	for (unsigned int i = 0; i < drops->n; i++)
		drops->of[i].pkt->step = drops->of[i].step;
}

/** A flow was made by another worker since it was looked for. @return whether the packet goes
 * there; when the flow is not to be seen yet, it goes on without */
static bool
goes_to_owner(struct worker *worker, const struct stream_arrival *arrival)
{
	struct wp_packet *pkt = arrival->pkt;
	uint16_t home;

	if (arrival->entry == NULL)
		return false;
	home = arrival->entry->bucket;
	pkt->tracked--;
	return steer_keep_own(worker, &pkt, &home, 1) == 0;
}

/** @return whether a packet of a flow that is blocked is answered: a service wants that, there can
 * be a RST, and there were not too many. */
static bool
is_answered(struct worker *worker, const struct stream_arrival *arrival)
{
	const struct wp_packet *pkt = arrival->pkt;
	unsigned int side = stream_side(pkt->flow, arrival->from);

	return (pkt->flow->sides[side].flags & WP_SIDE_REFUSED) != 0 &&
	       pkt->path->reverse != NULL && wp_reset_size(pkt) != 0 &&
	       wp_icmp_take(&worker->resets, &wp_reset_rate, pkt->tenant, worker->now_ns);
}

/** Drops a packet of a flow that is blocked, and tells its sender if need be. */
static void
drop_blocked(struct worker *worker, const struct instance *stream,
	     const struct stream_arrival *arrival)
{
	if (is_answered(worker, arrival))
		wp_reset_sender(&stream->cores[worker->id].core, arrival->pkt);
	worker_drop(worker, arrival->pkt, DROP_FLOW_BLOCKED);
}

/** Lets packets meet the verdicts that they were given, and limits. @return how many are left, in
 * @p pkts */
static uint16_t
judge_told(struct worker *worker, const struct instance *stream,
	   const struct stream_arrival *arrivals, struct wp_packet **pkts, uint16_t n)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct wp_packet *pkt = arrivals[i].pkt;

		if (pkt->verdict == WP_NEXT && unlikely(streams_is_blocked(pkt))) {
			drop_blocked(worker, stream, &arrivals[i]);
			continue;
		}
		if (likely(pkt->verdict == WP_NEXT && arrivals[i].outcome == STREAM_GOES_ON)) {
			pkts[kept++] = pkt;
			continue;
		}
		if (pkt->verdict == WP_NEXT && arrivals[i].outcome == STREAM_ELSEWHERE) {
			if (!goes_to_owner(worker, &arrivals[i]))
				pkts[kept++] = pkt;
			continue;
		}
		if (pkt->verdict == WP_NEXT && arrivals[i].outcome == STREAM_REFUSED) {
			worker_drop(worker, pkt, DROP_STREAM_LIMIT);
			continue;
		}
		if (pkt->verdict == WP_NEXT)
			wp_fail(pkt, WP_CAUSE_TABLE_FULL);
		dispatch_judge(worker, pkt);
	}
	return kept;
}

uint16_t
streams_resolve(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	struct stream_arrival arrivals[WP_BURST_MAX];
	struct wp_packet *due[WP_BURST_MAX];
	const struct instance *stream;
	uint16_t n_due = 0, kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (is_due(pkts[i]))
			due[n_due++] = pkts[i];
		else
			pkts[kept++] = pkts[i];
	}
	if (n_due == 0)
		return kept;
	stream = packet_step(due[0])->flows->stream;
	n_due = steer_flows(worker, stream, due, arrivals, n_due);
	follow(worker, stream, arrivals, n_due);
	place_drops(&worker->flow_drops);
	n_due = judge_told(worker, stream, arrivals, due, n_due);
	packets_copy(&pkts[kept], due, n_due);
	return (uint16_t)(kept + n_due);
}

uint16_t
streams_drop_blocked(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		if (pkts[i]->verdict == WP_NEXT && streams_is_blocked(pkts[i]))
			worker_drop(worker, pkts[i], DROP_FLOW_BLOCKED);
		else
			pkts[kept++] = pkts[i];
	}
	return kept;
}

/** Tells the end of a flow to those who hear of the path that its last packet was on. */
static void
end_flow(struct worker *worker, const struct wp_epoch *epoch, const struct instance *stream,
	 struct wp_entry *entry, enum wp_flow_end how)
{
	const struct wp_flow *flow = stream_flow(entry);
	const struct wp_path *path = epoch_path(epoch, flow->path);
	struct wp_core *core = &stream->cores[worker->id].core;
	const struct flow_plan *plan = NULL;

	if (path != NULL && flow->step < path->n_steps)
		plan = path->steps[flow->step].flows;
	core->now_ns = worker->now_ns;
	stream_end(core, entry, plan == NULL ? NULL : &plan->plan, how);
}

uint32_t
streams_expire(struct worker *worker, const struct instance *instance, struct wp_entry *entry)
{
	end_flow(worker, worker->epoch, instance, entry, WP_FLOW_BY_TIME_OUT);
	return 0;
}

void
streams_forget(struct worker *worker, const struct wp_table *table, struct wp_entry *entry)
{
	const struct stream_link link = {.pool = worker->stream_pool,
					 .views = worker->stream_views};

	/* The declaration was copied; its name is the tracker's own. */
	if (link.pool != NULL &&
	    wp_table_decl(table)->name == stream_service.tables[STREAM_TABLE_FLOWS].name)
		stream_forget(&link, entry);
}

/* The end. */

enum {
	SETTLE = 256,      /* flows whose records are let go through at a time */
	BUDGET = 1 << 20,  /* entries of a bucket in one go */
	LATER_S = 2000000, /* no flow lives so long */
};

/** Whose flows end. */
struct ending {
	struct pe *pe;
	struct worker *worker;
	const struct instance *stream;
	unsigned int n;
};

static uint32_t
end_one(void *arg, struct wp_table *table, struct wp_entry *entry)
{
	struct ending *ending = arg;

	end_flow(ending->worker, ending->pe->current, ending->stream, entry, WP_FLOW_BY_SHUTDOWN);
	if (++ending->n % SETTLE == 0)
		events_settle(ending->pe->events);
	return 0;
}

void
streams_end(struct pe *pe)
{
	uint64_t later_ns = pe_now_ns(pe) + LATER_S * 1000000000ull;
	struct ending ending = {.pe = pe};

	for (uint32_t i = 0; i < pe->current->n_instances; i++)
		if (pe->current->instances[i].service == &stream_service)
			ending.stream = &pe->current->instances[i];
	if (ending.stream == NULL)
		return;
	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++) {
		ending.worker = pe->workers[pe->owner[bucket]];
		while (wp_table_expire(ending.stream->tables[STREAM_TABLE_FLOWS], ending.worker->id,
				       (uint8_t)bucket, later_ns, BUDGET, end_one, &ending) == 0)
			;
	}
}
