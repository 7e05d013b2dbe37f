/* SPDX-License-Identifier: BSD-3-Clause */
/* See hits.h. */

#include "hits.h"

#include <string.h>

#include "detect.h"
#include "out/amend.h"
#include "reject.h"
#include "state/flow_state.h"

bool
hits_have(const struct detect *detect, const struct moment *moment, const struct asked *asked)
{
	const struct hits *hits = &detect->hits;

	if (!detect->prevents || moment->pkt == NULL || asked->is_of_message ||
	    moment->kind > MOMENT_STREAM)
		return false;
	for (unsigned int i = 0; i < hits->n; i++)
		if (hits->all[i].asked == asked && hits->all[i].pkt == moment->pkt)
			return true;
	return false;
}

bool
hits_add(struct detect *detect, const struct moment *moment, const struct asked *asked,
	 const void *record, uint32_t size)
{
	struct hits *hits = &detect->hits;
	unsigned int address = moment->version == 6 ? 16 : 4;
	struct hit *hit;

	if (hits->n == HITS || size > HITS_ROOM - hits->used)
		return false;
	hit = &hits->all[hits->n++];
	*hit = (struct hit){
		.asked = asked,
		.pkt = (struct wp_packet *)(uintptr_t)moment->pkt,
		.flow = moment->flow,
		.flow_id = moment->flow == NULL ? 0 : wp_flow_id(moment->flow),
		.record = hits->used,
		.size = size,
		.tenant = moment->tenant,
		.version = moment->version,
		.side = moment->side,
		.source_port = moment->source_port,
		.destination_port = moment->destination_port,
		.is_of_stream = moment->kind == MOMENT_STREAM,
		.has_addresses = moment->source != NULL,
	};
	if (hit->has_addresses) {
		memcpy(hit->source, moment->source, address);
		memcpy(hit->destination, moment->destination, address);
	}
	if (moment->pkt != NULL) {
		hit->pkt_ns = moment->pkt->tag.ingress_ns;
		hit->pkt_context = moment->pkt->tag.context;
	}
	if (size != 0)
		memcpy(hits->records + hits->used, record, size);
	hits->used += (size + 7) & ~7u;
	return true;
}

/* What a rule does. */

/** What has come of the rules about one packet so far. */
struct hearing {
	bool is_stopped;
	bool was_stopped; /* before */
	bool is_passed;
	uint8_t answered; /* who was told: enum rule_reject */
	unsigned int n_told;
	const struct hit *why; /* is_stopped: the first that has */
};

/** @return whether what a rule does to a packet, it does to all of its flow. */
static bool
is_of_flow(const struct hit *hit)
{
	const struct asked *asked = hit->asked;

	return asked->is_of_message || hit->is_of_stream || asked->is_address_only ||
	       (asked->is_of_protocol && !asked->is_of_stream && !asked->is_of_packet);
}

static void
pass(struct detect *detect, const struct hit *hit)
{
	struct flow_state *state;

	detect->core->counters[COUNT_PASSED]++;
	if (hit->flow == NULL || !is_of_flow(hit))
		return;
	state = flow_state_make(hit->flow, detect->core);
	if (state != NULL)
		state->passed = true;
}

/** @return whom a rule tells: that a rate filter made reject, the sender. */
static uint8_t
whom_of(const struct rule *rule)
{
	return rule->reject != 0 ? rule->reject : RULE_REJECT_SOURCE;
}

/** Ends a flow. A RST may miss its receiver, which has more bytes by then, or less, than it says:
 * what that one sends further on is answered. @param whom  is told; 0: nobody */
static void
end_flow(const struct hit *hit, uint8_t whom)
{
	wp_flow_block(hit->flow);
	if ((whom & RULE_REJECT_SOURCE) != 0)
		wp_flow_refuse(hit->flow, hit->side);
	if ((whom & RULE_REJECT_DESTINATION) != 0)
		wp_flow_refuse(hit->flow, !hit->side);
}

/** Rejects a packet, but tells each end once, whatever number of rules want that. */
static void
answer(struct detect *detect, const struct hit *hit, struct hearing *so_far, uint8_t whom)
{
	uint8_t untold = whom & (uint8_t)~so_far->answered;

	so_far->answered |= whom;
	if (untold != 0 && hit->pkt != NULL)
		detect->core->counters[COUNT_REJECTED] +=
			reject(&detect->rejects, detect->core, hit->pkt, hit->side, untold);
}

static void
stop(struct detect *detect, const struct hit *hit, struct hearing *so_far, enum rule_action action)
{
	uint8_t whom = action == RULE_REJECT ? whom_of(hit->asked->rule) : 0;

	if (!so_far->is_stopped && !so_far->was_stopped)
		detect->core->counters[COUNT_DROPPED]++;
	answer(detect, hit, so_far, whom);
	if (hit->pkt != NULL)
		wp_drop(hit->pkt, REASON_RULE);
	if (hit->flow != NULL && is_of_flow(hit))
		end_flow(hit, whom);
}

/** Looks no more at a flow of which a rule says so. What was found with the same packet counts. */
static void
bypass(struct detect *detect, const struct hit *hit)
{
	const struct rule *rule = hit->asked->rule;
	struct flow_state *state;

	for (unsigned int i = 0; i < rule->n_after; i++) {
		if (rule->after[i].kind != MATCH_BYPASS || hit->flow == NULL)
			continue;
		state = flow_state_make(hit->flow, detect->core);
		if (state != NULL)
			state->bypassed = true;
	}
}

static enum limit_outcome
ask_limit(struct detect *detect, const struct hit *hit, enum rule_action *action)
{
	const struct rule *rule = hit->asked->rule;
	const struct limit_hit of = {
		.source = hit->source,
		.destination = hit->destination,
		.flow = hit->flow_id,
		.source_port = hit->source_port,
		.destination_port = hit->destination_port,
		.tenant = hit->tenant,
		.version = hit->version,
	};

	if (rule->limit == NULL || !hit->has_addresses)
		return LIMIT_PASSES;
	return limit_check(detect->limits, rule, &of, detect->core->now_ns, action);
}

static void
tell(struct detect *detect, const struct hit *hit, const struct hearing *hearing)
{
	uint8_t *record = detect->hits.records + hit->record;

	detect->core->counters[COUNT_ALERTS]++;
	amend_alert(record, hit->size, hit->stops ? RECORD_BLOCKED : RECORD_ALLOWED,
		    hearing->is_passed ? RULE_PASS : (enum rule_action)hit->action,
		    hearing->is_stopped || hearing->was_stopped);
	tell_hit(detect, hit, record);
}

/** @return whether a hit is of a flow that a rule has passed since it was found, with an earlier
 * packet of the burst. */
static bool
is_passed(const struct detect *detect, const struct hit *hit)
{
	const struct flow_state *state =
		hit->flow == NULL ? NULL : flow_state_find(hit->flow, detect->core);

	return state != NULL && state->passed;
}

/** @return whether rules behind it are heard */
static bool
hear(struct detect *detect, struct hit *hit, struct hearing *so_far)
{
	enum rule_action action = (enum rule_action)hit->asked->rule->action;
	enum limit_outcome outcome =
		is_passed(detect, hit) ? LIMIT_NO_MATCH : ask_limit(detect, hit, &action);
	bool stops = detect->prevents && (action == RULE_DROP || action == RULE_REJECT);

	if (outcome == LIMIT_NO_MATCH)
		return true;
	bypass(detect, hit);
	if (outcome != LIMIT_PASSES)
		detect->core->counters[COUNT_SILENCED]++;
	else if (hit->size != 0 && so_far->n_told++ < detect->alerts_max)
		hit->is_told = true;
	hit->action = (uint8_t)action;
	hit->stops = stops;
	if (stops && !so_far->is_stopped)
		so_far->why = hit;
	if (stops)
		stop(detect, hit, so_far, action);
	so_far->is_stopped |= stops;
	if (action != RULE_PASS)
		return true;
	if (outcome != LIMIT_PASSES && hit->asked->rule->action == RULE_PASS)
		return true; /* beyond its limit a rule passes nothing */
	so_far->is_passed = !so_far->is_stopped;
	if (so_far->is_passed)
		pass(detect, hit);
	return so_far->is_stopped;
}

/* In which order. */

/** Orders by rule; those of the same one as they came. */
static void
insert(const struct hits *hits, unsigned int *order, unsigned int n, unsigned int which)
{
	uint32_t number = hits->all[which].asked->rule->number;
	unsigned int at = n;

	for (; at > 0 && hits->all[order[at - 1]].asked->rule->number > number; at--)
		order[at] = order[at - 1];
	order[at] = which;
}

/** Hears what was found with a packet; NULL: with none, in a flow. */
static void
hear_all_of(struct detect *detect, struct wp_packet *pkt, uint64_t flow_id)
{
	struct hits *hits = &detect->hits;
	unsigned int order[HITS], n = 0;
	struct hearing hearing = {.was_stopped = pkt != NULL && pkt->verdict == WP_DROP};

	for (unsigned int i = 0; i < hits->n; i++)
		if (hits->all[i].pkt == pkt && hits->all[i].asked != NULL &&
		    (pkt != NULL || hits->all[i].flow_id == flow_id))
			insert(hits, order, n++, i);
	for (unsigned int i = 0; i < n; i++)
		if (!hear(detect, &hits->all[order[i]], &hearing))
			break;
	for (unsigned int i = 0; i < n; i++)
		if (hits->all[order[i]].is_told)
			tell(detect, &hits->all[order[i]], &hearing);
	if (hearing.is_stopped && !hearing.was_stopped)
		tell_drop(detect, hearing.why);
	for (unsigned int i = 0; i < n; i++)
		hits->all[order[i]].asked = NULL;
	if (n == hits->n)
		hits->n = hits->used = 0;
}

void
hits_hear(struct detect *detect, struct wp_packet *pkt)
{
	struct hits *hits = &detect->hits;

	if (pkt != NULL) {
		hear_all_of(detect, pkt, 0);
		return;
	}
	for (unsigned int i = 0; i < hits->n; i++)
		if (hits->all[i].pkt == NULL && hits->all[i].asked != NULL)
			hear_all_of(detect, NULL, hits->all[i].flow_id);
}

/** @return whether a hit's packet is still what it was. */
static bool
is_there(const struct hit *hit)
{
	return hit->pkt != NULL && hit->pkt->tag.ingress_ns == hit->pkt_ns &&
	       hit->pkt->tag.context == hit->pkt_context;
}

void
hits_part(struct detect *detect)
{
	struct hits *hits = &detect->hits;

	for (unsigned int i = 0; i < hits->n; i++)
		if (!is_there(&hits->all[i]))
			hits->all[i].pkt = NULL;
}

void
hits_end(struct detect *detect, const struct wp_flow *flow)
{
	struct hits *hits = &detect->hits;

	for (unsigned int i = 0; i < hits->n; i++)
		if (hits->all[i].flow == flow && hits->all[i].pkt != NULL &&
		    hits->all[i].asked != NULL)
			hits_hear(detect, hits->all[i].pkt);
}

void
hits_hear_all(struct detect *detect)
{
	struct hits *hits = &detect->hits;

	hits_part(detect);
	for (unsigned int i = 0; i < hits->n; i++)
		if (hits->all[i].asked != NULL)
			hits_hear(detect, hits->all[i].pkt);
	hits->n = hits->used = 0;
}
