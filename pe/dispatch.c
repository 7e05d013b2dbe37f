/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The second half of a packet's way: step by step along its path. Packets of a burst whose next
 * step is served by the same instance go to it together, whatever their paths.
 */

#include "pe/dispatch.h"

#include <errno.h>

#include <rte_cycles.h>

#include "parse/parse.h"
#include "pe/capture.h"
#include "pe/fragments.h"
#include "pe/streams.h"
#include "pe/turn.h"
#include "pe/worker_ops.h"

enum { HOLD_DEFAULT_MS = 100, HOLD_MAX_MS = 10000 };

void
worker_drop_cell(struct worker *worker, struct wp_packet *pkt, uint32_t cell)
{
	worker->cells[cell]++;
	worker->totals.dropped++;
	epoch_leave(worker, pkt->epoch, 1);
	rte_pktmbuf_free(packet_buffer(pkt));
}

static void
drop_by_service(struct worker *worker, struct wp_packet *pkt)
{
	const struct step *step = packet_step(pkt);

	if (unlikely(pkt->reason >= step->instance->n_reasons))
		worker_drop(worker, pkt, DROP_BAD_VERDICT);
	else
		worker_drop_cell(worker, pkt, step->cells + STEP_DROPS + pkt->reason);
}

static void
absorb(struct worker *worker, struct wp_packet *pkt)
{
	worker->cells[pkt->path->cells + PATH_ABSORBED]++;
	worker->totals.absorbed++;
	epoch_leave(worker, pkt->epoch, 1);
	rte_pktmbuf_free(packet_buffer(pkt));
}

/** Takes a packet off its path: it goes back with another tag, as if it were through. */
static void
divert(struct worker *worker, struct wp_packet *pkt, uint32_t spi, uint8_t index)
{
	pkt->tag.path = spi;
	pkt->tag.index = index;
	pkt->step = STEP_DIVERTED;
	send_done(worker, &pkt, 1);
}

/** Lets a packet meet its step once more, but not for ever. */
static bool
again(struct worker *worker, struct wp_packet *pkt)
{
	if ((pkt->flags & WP_PKT_AGAIN) != 0) {
		worker_drop(worker, pkt, DROP_BAD_VERDICT);
		return false;
	}
	pkt->flags |= WP_PKT_AGAIN;
	pkt->verdict = WP_NEXT;
	return true;
}

bool
dispatch_fail(struct worker *worker, struct wp_packet *pkt, enum wp_cause cause)
{
	const struct wp_path *path = pkt->path;
	const struct step *step = packet_step(pkt);

	if (path->fail[cause] == FAIL_BYPASS && step->bypassable) {
		worker->cells[step->cells + STEP_BYPASSED]++;
		packet_advance(pkt);
		return true;
	}
	if (path->fail[cause] == FAIL_PEER) {
		worker->cells[path->rare + PATH_PEERED]++;
		divert(worker, pkt, path->peer_spi, (uint8_t)(path->first_index - pkt->step));
		return false;
	}
	worker_drop(worker, pkt, (enum drop)(DROP_DOWN + cause));
	return false;
}

/** Ends a hold, or a wish to hold that cannot be met, as the service said it should end. @return
 * whether the packet goes on */
static bool
end_hold(struct worker *worker, struct wp_packet *pkt)
{
	if (pkt->hold_end == WP_NEXT && packet_step(pkt)->bypassable) {
		packet_advance(pkt);
		return true;
	}
	drop_by_service(worker, pkt);
	return false;
}

/** Keeps a packet. @return true when it could not be kept and goes on at once */
static bool
hold(struct worker *worker, struct wp_packet *pkt)
{
	uint64_t id = pkt->hold_id != 0 ? pkt->hold_id : packet_hold_name(worker, pkt);
	uint64_t ms = pkt->hold_ms == 0 ? HOLD_DEFAULT_MS : RTE_MIN(pkt->hold_ms, HOLD_MAX_MS);

	pkt->hold_id = id;
	pkt->flow = NULL; /* it may be gone when the hold ends */
	if (id == 0) {
		worker->cells[pkt->path->rare + PATH_HOLD_FULL]++;
		return end_hold(worker, pkt);
	}
	worker->cells[pkt->path->cells + PATH_HELD]++;
	worker->totals.held++;
	hold_keep(&worker->holds, id, pkt, worker->now_ns + ms * 1000000);
	return false;
}

/** Applies a verdict. @return whether the packet goes on along its path */
static bool
judge(struct worker *worker, struct wp_packet *pkt)
{
	if (unlikely(pkt->hold_id != 0 && pkt->verdict != WP_HOLD)) {
		hold_forget(&worker->holds, pkt->hold_id);
		pkt->hold_id = 0;
	}
	switch (pkt->verdict) {
	case WP_NEXT:
		packet_advance(pkt);
		return true;
	case WP_DROP:
		drop_by_service(worker, pkt);
		return false;
	case WP_HOLD:
		return hold(worker, pkt);
	case WP_REPLY:
		return turn_reply(worker, pkt);
	case WP_ABSORB:
		absorb(worker, pkt);
		return false;
	case WP_AGAIN:
		return again(worker, pkt);
	case WP_TURN:
		return turn_back(worker, pkt);
	case WP_FAIL:
		if (pkt->reason < WP_N_CAUSES)
			return dispatch_fail(worker, pkt, pkt->reason);
		/* fallthrough */
	default:
		worker_drop(worker, pkt, DROP_BAD_VERDICT);
		return false;
	}
}

/** One burst in eight is timed, and its first packet stands for all: the others' cells are mostly
 * far away. */
static void
burst_timed(struct worker *worker, const struct instance *instance, struct wp_core *core,
	    struct wp_packet **pkts, uint16_t n)
{
	uint64_t *cells = &worker->cells[packet_step(pkts[0])->cells];
	uint64_t start = rte_rdtsc(), cycles;

	instance->burst(instance->inst, core, pkts, n);
	cycles = (rte_rdtsc() - start) / n;
	for (uint16_t i = 0; i < n; i++)
		worker->load[pkts[i]->home]++;
	cells[STEP_TIMED]++;
	cells[STEP_CYCLES] += cycles;
	cells[STEP_HISTOGRAM + account_bucket(cycles, STEP_HISTOGRAM_END - STEP_HISTOGRAM)]++;
}

static void
burst_watched(struct worker *worker, const struct instance *instance, struct wp_core *core,
	      struct wp_packet **pkts, uint16_t n)
{
	if ((worker->watched & WATCHED_TIME) != 0)
		burst_timed(worker, instance, core, pkts, n);
	else
		instance->burst(instance->inst, core, pkts, n);
	if ((worker->watched & WATCHED_CAPTURE) != 0)
		capture_step(worker, instance, pkts, n);
}

void
dispatch_created(struct worker *worker)
{
	struct wp_packet *pkts[WP_BURST_MAX];
	uint16_t n = worker->n_created, n_out = 0;

	packets_copy(pkts, worker->created, n);
	worker->n_created = 0;
	for (uint16_t i = 0; i < n; i++) {
		wp_parse(pkts[i]);
		if (judge(worker, pkts[i]))
			pkts[n_out++] = pkts[i];
	}
	dispatch_resume(worker, pkts, n_out);
}

void
dispatch_judge(struct worker *worker, struct wp_packet *pkt)
{
	if (judge(worker, pkt))
		dispatch_resume(worker, &pkt, 1);
}

/** Lets an instance work on its packets. */
static inline void
call_burst(struct worker *worker, const struct instance *instance, struct wp_packet **pkts,
	   uint16_t n)
{
	struct wp_core *core = &instance->cores[worker->id].core;

	atomic_store_explicit(&worker->running, instance, memory_order_relaxed);
	core->now_ns = worker->now_ns;
	core->random = worker->random += 0x9e3779b97f4a7c15;
	if (unlikely(worker->watched != 0))
		burst_watched(worker, instance, core, pkts, n);
	else
		instance->burst(instance->inst, core, pkts, n);
}

/** Applies the verdicts of a burst. @return how many packets go on, at their next steps */
static uint16_t
judge_all(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	uint16_t n_out = 0;

	worker->named_hold = false;
	for (uint16_t i = 0; i < n; i++) {
		struct wp_packet *pkt = pkts[i];

		if (likely((pkt->verdict | pkt->hold_id) == WP_NEXT))
			packet_advance(pkt);
		else if (!judge(worker, pkt))
			continue;
		pkts[n_out++] = pkt;
	}
	if (unlikely(worker->n_created != 0))
		dispatch_created(worker);
	return n_out;
}

/** Steers packets again whose addresses a service has changed, if they have steps left. @return how
 * many stay here */
static uint16_t
steer_again(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	struct wp_packet *changed[WP_BURST_MAX];
	uint16_t n_changed = 0, kept = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct wp_packet *pkt = pkts[i];

		if ((pkt->flags & WP_PKT_STEER) == 0 || packet_done(pkt) || !pkt->epoch->steers) {
			pkts[kept++] = pkt;
			continue;
		}
		pkt->flags &= (uint16_t)~WP_PKT_STEER;
		pkt->flow = NULL;
		changed[n_changed++] = pkt;
	}
	if (n_changed == 0)
		return kept;
	n_changed = steer_packets(worker, changed, n_changed);
	packets_copy(&pkts[kept], changed, n_changed);
	return (uint16_t)(kept + n_changed);
}

/** @return whether all packets stand at the same step of the same path. */
static bool
in_one_place(struct wp_packet *const *pkts, uint16_t n)
{
	for (uint16_t i = 1; i < n; i++)
		if (pkts[i]->path != pkts[0]->path || pkts[i]->step != pkts[0]->step)
			return false;
	return true;
}

/** Finds what serves each packet next. @return whether it is the same for all */
static bool
next_instances(struct wp_packet *const *pkts, uint16_t n, const struct instance **next)
{
	uintptr_t differ = 0;

	for (uint16_t i = 0; i < n; i++) {
		next[i] = packet_instance(pkts[i]);
		differ |= (uintptr_t)next[i] ^ (uintptr_t)next[0];
	}
	return differ == 0;
}

/** Puts packets to a step. */
static inline void
set_step(struct wp_packet *const *pkts, uint16_t n, uint8_t step, const void *args)
{
	for (uint16_t i = 0; i < n; i++) {
		pkts[i]->step = step;
		pkts[i]->args = args;
	}
}

/** @return the verdicts of a burst, or'ed: WP_NEXT when all are. */
static inline unsigned int
all_verdicts(struct wp_packet *const *pkts, uint16_t n)
{
	unsigned int all = 0;

	for (uint16_t i = 0; i < n; i++)
		all |= pkts[i]->verdict;
	return all;
}

static inline unsigned int
all_flags(struct wp_packet *const *pkts, uint16_t n)
{
	unsigned int all = 0;

	for (uint16_t i = 0; i < n; i++)
		all |= pkts[i]->flags;
	return all;
}

/** Runs one step for packets of one instance. @return whether all of them just go on; else their
 * verdicts are applied, and those that go on, @p n, are at their next steps */
static inline bool
run_burst(struct worker *worker, const struct instance *instance, struct wp_packet **pkts,
	  uint16_t *n)
{
	if (instance->needs_l4 && unlikely((all_flags(pkts, *n) & WP_PKT_FRAGMENT) != 0))
		*n = fragments_resolve(worker, pkts, *n);
	if (instance->keys != NULL && *n != 0)
		*n = steer_keys(worker, instance, pkts, *n);
	if (instance->hears && *n != 0)
		*n = streams_resolve(worker, pkts, *n);
	if (*n == 0) {
		if (worker->n_created != 0)
			dispatch_created(worker);
		return false;
	}
	if (instance->burst == NULL)
		return true;
	call_burst(worker, instance, pkts, *n);
	if (instance->hears && unlikely(streams_any_blocked(pkts, *n)))
		*n = streams_drop_blocked(worker, pkts, *n);
	if (likely(all_verdicts(pkts, *n) == WP_NEXT && worker->n_created == 0 &&
		   !worker->named_hold && *n != 0))
		return true;
	*n = judge_all(worker, pkts, *n);
	return false;
}

/**
 * The usual case: a burst that stays together. Brings it along its path for as long as all its
 * packets just go on.
 * @return how many packets are left, in any places
 */
static uint16_t
run_together(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	const struct wp_path *path = pkts[0]->path;
	uint8_t step = pkts[0]->step;

	while (step < path->n_steps) {
		const struct instance *instance = path->steps[step].instance;

		if (!run_burst(worker, instance, pkts, &n))
			return n;
		step++;
		set_step(pkts, n, step, step < path->n_steps ? path->steps[step].args : NULL);
		if (step < path->n_steps && (all_flags(pkts, n) & WP_PKT_STEER) != 0)
			return n;
	}
	send_done(worker, pkts, n);
	return 0;
}

/** Packets of several paths that one instance serves next, or none any more. Brings them one step
 * further. @return as run_together() */
static uint16_t
run_alike(struct worker *worker, const struct instance *instance, struct wp_packet **pkts,
	  uint16_t n)
{
	bool done = true;

	if (instance != NULL) {
		if (!run_burst(worker, instance, pkts, &n))
			return n;
		for (uint16_t i = 0; i < n; i++) {
			packet_advance(pkts[i]);
			done &= packet_done(pkts[i]);
		}
		if (!done)
			return n;
	}
	send_done(worker, pkts, n);
	return 0;
}

/** Brings packets of several kinds one step further, kind by kind in the order of their first.
 * Returns likewise, in @p pkts. */
static uint16_t
run_mixed(struct worker *worker, const struct instance **next, struct wp_packet **pkts, uint16_t n)
{
	struct wp_packet *group[WP_BURST_MAX], *out[WP_BURST_MAX];
	uint16_t n_out = 0;

	while (n != 0) {
		const struct instance *instance = next[0];
		uint16_t n_group = 0, rest = 0;

		for (uint16_t i = 0; i < n; i++) {
			struct wp_packet *pkt = pkts[i];
			bool same = next[i] == instance;

			group[n_group] = pkt;
			n_group += same;
			pkts[rest] = pkt;
			next[rest] = next[i];
			rest += !same;
		}
		n_group = run_alike(worker, instance, group, n_group);
		packets_copy(&out[n_out], group, n_group);
		n_out += n_group;
		n = rest;
	}
	packets_copy(pkts, out, n_out);
	return n_out;
}

/** @return whether packets are of two configurations. Only while one drains. */
static bool
of_two_epochs(const struct worker *worker, struct wp_packet *const *pkts, uint16_t n)
{
	if (likely(atomic_load_explicit(&worker->pe->draining, memory_order_relaxed) == NULL))
		return false;
	for (uint16_t i = 1; i < n; i++)
		if (pkts[i]->epoch != pkts[0]->epoch)
			return true;
	return false;
}

/** Brings the packets of the older configuration to the end of their way first: of one flow, they
 * came first. Returns likewise. */
static uint16_t
run_older(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	const struct wp_epoch *newest = pkts[0]->epoch;
	struct wp_packet *older[WP_BURST_MAX];
	uint16_t n_older = 0, rest = 0;

	for (uint16_t i = 1; i < n; i++)
		if (pkts[i]->epoch->number > newest->number)
			newest = pkts[i]->epoch;
	for (uint16_t i = 0; i < n; i++) {
		if (pkts[i]->epoch == newest)
			pkts[rest++] = pkts[i];
		else
			older[n_older++] = pkts[i];
	}
	dispatch_resume(worker, older, n_older);
	return rest;
}

void
dispatch_resume(struct worker *worker, struct wp_packet **pkts, uint16_t n)
{
	const struct instance *next[WP_BURST_MAX];

	while (n != 0) {
		if (likely(in_one_place(pkts, n)))
			n = run_together(worker, pkts, n);
		else if (next_instances(pkts, n, next))
			n = run_alike(worker, next[0], pkts, n);
		else if (unlikely(of_two_epochs(worker, pkts, n)))
			n = run_older(worker, pkts, n);
		else
			n = run_mixed(worker, next, pkts, n);
		if (all_flags(pkts, n) & WP_PKT_STEER)
			n = steer_again(worker, pkts, n);
	}
}

void
dispatch_expire(struct worker *worker, struct wp_packet *pkt)
{
	pkt->hold_id = 0;
	worker->cells[pkt->path->cells + PATH_RELEASED]++;
	worker->totals.held--;
	if (end_hold(worker, pkt))
		dispatch_resume(worker, &pkt, 1);
}

void
dispatch_release(struct worker *worker, struct wp_packet *pkt)
{
	pkt->hold_id = 0;
	worker->cells[pkt->path->cells + PATH_RELEASED]++;
	worker->totals.queued--;
	if (pkt->verdict != WP_NEXT) {
		drop_by_service(worker, pkt);
		return;
	}
	packet_advance(pkt);
	dispatch_resume(worker, &pkt, 1);
}

void
dispatch_abandon(struct worker *worker, struct wp_packet *pkt)
{
	worker_drop(worker, pkt, DROP_SHUTDOWN);
}
