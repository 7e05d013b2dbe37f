/* SPDX-License-Identifier: BSD-3-Clause */
/* See ask.h. */

#include "match/ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <hs/hs.h>

#include "match/data.h"
#include "match/file_facts.h"
#include "match/holds.h"
#include "match/places.h"
#include "match/view.h"
#include "oddity/oddity.h"
#include "state/flow_state.h"

enum {
	TRANSFORM_ROOM = 256 * 1024, /* bytes of one half of what transforms work in */
	SCAN_STEPS = 8,              /* of a look for literals, */
	SCAN_BYTES = 16,             /* and one for so many bytes */
	PLACES = 4,                  /* that are looked at for one step */
	SORTED_RULES = 2,            /* for one step */
};

int
asker_create(const struct detector *detector, struct wp_core *core, ask_hit hit, void *arg,
	     struct asker **asker)
{
	struct asker *new = calloc(1, sizeof(*new));
	uint32_t n = detector->set->n + 1;

	if (new == NULL)
		return -ENOMEM;
	new->detector = detector;
	new->core = core;
	new->hit = hit;
	new->arg = arg;
	new->candidates.rules = calloc(n, sizeof(uint32_t));
	new->candidates.seen = calloc(n, sizeof(uint32_t));
	if (detector->scratch != NULL &&
	    hs_clone_scratch(detector->scratch, &new->scratch) != HS_SUCCESS)
		goto err_new;
	new->inspector.patterns = pattern_worker_create(new->scratch);
	if (new->candidates.rules == NULL || new->candidates.seen == NULL ||
	    new->inspector.patterns == NULL || transform_room_open(&new->room, TRANSFORM_ROOM) != 0)
		goto err_new;
	*asker = new;
	return 0;

err_new:
	asker_destroy(new);
	return -ENOMEM;
}

void
asker_destroy(struct asker *asker)
{
	if (asker == NULL)
		return;
	pattern_worker_destroy(asker->inspector.patterns);
	hs_free_scratch(asker->scratch);
	transform_room_close(&asker->room);
	free(asker->candidates.rules);
	free(asker->candidates.seen);
	free(asker);
}

/* Buffers. */

/** Keeps what was made for as long as the moment lasts. */
static void
keep(struct asker *asker, uint16_t data, uint16_t index, bool is_there, struct wp_span *span)
{
	struct ask_made *made = &asker->made[asker->n_made];

	if (asker->n_made == ASK_MADE || span->size > ASK_ROOM - asker->used)
		return;
	if (is_there && span->size != 0)
		memcpy(asker->bytes + asker->used, span->data, span->size);
	*made = (struct ask_made){data, index, is_there, {asker->bytes + asker->used, span->size}};
	asker->used += is_there ? span->size : 0;
	asker->n_made++;
}

/** Finds the bytes of a buffer. Of a message, they may have to be made first, which is paid for. */
static bool
get_plain(struct asker *asker, const struct moment *moment, enum buffer_id buffer, uint16_t index,
	  struct inspect_bytes *bytes)
{
	bool is_there = data_get(moment, buffer, index, bytes);

	if (moment->view != NULL)
		inspect_pay(&asker->inspector, view_steps(moment->view));
	return is_there;
}

/** Finds the bytes of a buffer, transformed as the rules ask for. @param[out] bytes  valid until
 * the next one @return false: there are none of that index */
static bool
get(struct asker *asker, const struct moment *moment, uint16_t data, uint16_t index,
    struct inspect_bytes *bytes)
{
	const struct rule_data *of = &asker->detector->set->data[data];
	struct wp_span span;
	bool is_there;

	if (of->n_transforms == 0)
		return get_plain(asker, moment, (enum buffer_id)of->buffer, index, bytes);
	for (unsigned int i = 0; i < asker->n_made; i++)
		if (asker->made[i].data == data && asker->made[i].index == index) {
			*bytes = (struct inspect_bytes){asker->made[i].span.data,
							asker->made[i].span.size, 0};
			return asker->made[i].is_there;
		}
	if (!get_plain(asker, moment, (enum buffer_id)of->buffer, index, bytes))
		return false;
	span = (struct wp_span){bytes->data, bytes->size};
	is_there = transform_run(of->transforms, of->n_transforms, &asker->room, &span);
	keep(asker, data, index, is_there, &span);
	*bytes = (struct inspect_bytes){span.data, span.size, 0};
	return is_there;
}

/* Rules. */

/** @return whether the conditions on a buffer hold; of one that is there several times, for one of
 * them. */
static bool
list_holds(struct asker *asker, const struct moment *moment, const struct rule_list *list)
{
	struct inspect_bytes bytes;
	uint16_t index = 0;

	if (!get(asker, moment, list->data, 0, &bytes))
		return list->n != 0 && list->matches[0].kind == MATCH_ABSENT;
	do
		if (inspect(&asker->inspector, list, &bytes))
			return true;
	while (buffers[list->buffer].is_many && ++index < UINT16_MAX &&
	       get(asker, moment, list->data, index, &bytes));
	return false;
}

/** @return whether bytes of a buffer are still to come: the names of a form's parts come with its
 * body. */
static bool
comes_later(const struct moment *moment, const struct rule_list *list)
{
	return moment->kind == MOMENT_HEAD && buffer_is_name((enum buffer_id)list->buffer) &&
	       view_has_parts(moment->view);
}

/** Asks for the lists of a rule that can be looked at now. @param[in,out] found  bits @return
 * false: one of them does not hold, and will not */
static bool
lists_hold(struct asker *asker, const struct moment *moment, const struct asked *asked,
	   uint32_t *found)
{
	uint32_t now = asked->lists[moment->kind] & asked->sides[moment->side] & ~*found;

	if (moment->is_early)
		now &= asked->early;
	inspect_begin(&asker->inspector, asked->rule);
	for (; now != 0; now &= now - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(now);

		if (1u << i == ASKED_FILE ? file_facts_hold(asked->rule, moment->file)
					  : list_holds(asker, moment, &asked->rule->lists[i]))
			*found |= 1u << i;
		else if (moment->ends || (moment->kind != MOMENT_BODY &&
					  !comes_later(moment, &asked->rule->lists[i])))
			return false;
	}
	return true;
}

/** Remembers a rule that holds in parts. */
static void
remember(struct asker *asker, struct moment *moment, const struct asked *asked, uint32_t found)
{
	struct flow_side_state *side;

	if (moment->flow == NULL || (moment->is_early && found == 0) ||
	    (moment->state == NULL &&
	     (moment->state = flow_state_make(moment->flow, asker->core)) == NULL))
		return;
	side = &moment->state->sides[moment->side];
	for (unsigned int i = 0; i < side->n_pending; i++)
		if (side->pending[i].rule == asked->rule->number) {
			side->pending[i].found |= found;
			return;
		}
	if (side->n_pending < FLOW_PENDING)
		side->pending[side->n_pending++] =
			(struct flow_pending){asked->rule->number, found};
}

/** @return what was found of a rule before. */
static uint32_t
remembered(const struct moment *moment, uint32_t rule)
{
	const struct flow_side_state *side;

	if (moment->state == NULL || moment->kind < MOMENT_HEAD || moment->kind > MOMENT_BODY)
		return 0;
	side = &moment->state->sides[moment->side];
	for (unsigned int i = 0; i < side->n_pending; i++)
		if (side->pending[i].rule == rule)
			return side->pending[i].found;
	return 0;
}

/** @return whether a rule about a stream held already when the last bytes were not there. One about
 * a protocol did not while that was not known. */
static bool
held_before(struct asker *asker, const struct moment *moment, const struct asked *asked)
{
	struct moment before = *moment;
	uint32_t found = 0;

	if (moment->kind != MOMENT_STREAM || moment->old == 0 ||
	    (moment->learns_l7 && asked->is_of_protocol))
		return false;
	before.payload.size = moment->old;
	return lists_hold(asker, &before, asked, &found) && found == asked->needs;
}

/** @return whether a rule asks for what other rules set: it may hold later of bytes that are there
 * already. */
static bool
asks_state(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_packet; i++)
		if (rule->packet[i].kind >= MATCH_FLOWBITS &&
		    rule->packet[i].kind <= MATCH_HOSTBITS)
			return true;
	return false;
}

/** @return where a rule's hit is noted; or the place of one whose bytes are gone; or NULL: all are
 * taken */
static struct flow_hit *
find_hit(struct flow_side_state *side, const struct moment *moment, uint32_t rule)
{
	struct flow_hit *free = NULL;

	for (unsigned int i = 0; i < FLOW_HITS; i++) {
		struct flow_hit *hit = &side->hits[i];

		if (hit->end <= moment->payload.offset)
			free = hit;
		else if (hit->rule == rule)
			return hit;
	}
	return free;
}

/** @return whether a rule about a stream has hit on bytes that are still there. Where too many
 * rules have, those that are forgotten have: none alerts without end. */
static bool
has_hit(struct asker *asker, const struct moment *moment, const struct asked *asked)
{
	const struct flow_hit *hit;

	if (!held_before(asker, moment, asked))
		return false;
	if (!asks_state(asked->rule))
		return true;
	if (moment->state == NULL)
		return false;
	hit = find_hit(&moment->state->sides[moment->side], moment, asked->rule->number);
	return hit == NULL || hit->end > moment->payload.offset;
}

/** Notes that a rule about a stream hits, for has_hit(). */
static void
note_hit(struct asker *asker, struct moment *moment, const struct asked *asked)
{
	struct flow_side_state *side;
	struct flow_hit *hit;

	if (moment->kind != MOMENT_STREAM || !asks_state(asked->rule))
		return;
	if (moment->state == NULL)
		moment->state = flow_state_make(moment->flow, asker->core);
	if (moment->state == NULL)
		return;
	side = &moment->state->sides[moment->side];
	hit = find_hit(side, moment, asked->rule->number);
	if (hit == NULL) {
		hit = &side->hits[side->next_hit];
		side->next_hit = (uint8_t)((side->next_hit + 1) % FLOW_HITS);
	}
	*hit = (struct flow_hit){moment->payload.offset + moment->payload.size,
				 asked->rule->number};
}

/** @return whether the request that is answered was so. */
static bool
has_request(const struct moment *moment, const struct asked *asked)
{
	const struct flow_state *state = moment->state;

	for (unsigned int i = 0; state != NULL && i < FLOW_PAIRS; i++)
		if (state->pairs[i].message == (uint32_t)moment->transaction &&
		    state->pairs[i].rule == asked->rule->number)
			return moment->transaction != 0;
	return false;
}

/** Notes that a request is what a pair wants one to be. */
static void
note_request(struct asker *asker, struct moment *moment, const struct asked *asked)
{
	struct flow_state *state = moment->state;

	if (state == NULL && moment->flow != NULL)
		state = moment->state = flow_state_make(moment->flow, asker->core);
	if (state == NULL || has_request(moment, asked))
		return;
	state->pairs[state->next_pair] =
		(struct flow_pair){asked->rule->number, (uint32_t)moment->transaction};
	state->next_pair = (uint8_t)((state->next_pair + 1) % FLOW_PAIRS);
}

enum { FORGET = UINT32_MAX /* of flow_pending.found: it is not to be asked again */ };

/** @return whether a rule about a message whose bytes are as it wants may hold of it yet: others,
 * about what is still to come of the message, may set what it asks for. */
static bool
may_hold_later(const struct moment *moment, const struct rule *rule)
{
	return moment->l7 == RULE_L7_HTTP && !moment->ends && asks_state(rule) &&
	       (moment->kind == MOMENT_HEAD || moment->kind == MOMENT_BODY);
}

/** Asks one rule. */
static void
ask_rule(struct asker *asker, struct moment *moment, uint32_t number)
{
	const struct asked *asked = &asker->detector->asked[number];
	uint32_t before = remembered(moment, number), found = before;

	asker->n_asked++;
	if (before == (uint32_t)FORGET || !holds_header(asked, moment) ||
	    !lists_hold(asker, moment, asked, &found))
		return;
	if (found != (asked->needs & asked->sides[moment->side])) {
		if (moment->kind >= MOMENT_HEAD && moment->kind <= MOMENT_BODY)
			remember(asker, moment, asked, found);
		return;
	}
	if (asked->rule->is_pair && moment->side == WP_CLIENT)
		note_request(asker, moment, asked);
	if (asked->rule->is_pair && (moment->side == WP_CLIENT || !has_request(moment, asked)))
		return;
	if (!holds_conditions(asker->detector, asked, moment, asker->core)) {
		if (may_hold_later(moment, asked->rule))
			remember(asker, moment, asked, found);
		return;
	}
	if (has_hit(asker, moment, asked))
		return;
	note_hit(asker, moment, asked);
	if (moment->kind == MOMENT_BODY || moment->is_early || moment->comes_again || before != 0)
		remember(asker, moment, asked, (uint32_t)FORGET);
	asker->hit(asker->arg, moment, asked);
}

static int
compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/** Puts candidates into the order of the rules. */
static void
sort(struct candidates *candidates)
{
	enum { FEW = 24 };
	uint32_t *rules = candidates->rules;

	if (candidates->n > FEW) {
		qsort(rules, candidates->n, sizeof(*rules), compare);
		return;
	}
	for (uint32_t i = 1; i < candidates->n; i++) {
		uint32_t rule = rules[i], k = i;

		for (; k > 0 && rules[k - 1] > rule; k--)
			rules[k] = rules[k - 1];
		rules[k] = rule;
	}
}

/** Gathers the rules that ask for what is odd. */
static void
gather_of_events(struct asker *asker, const struct moment *moment)
{
	const struct event_rules *events = &asker->detector->events;

	for (unsigned int i = 0; i < moment->odd->n; i++) {
		unsigned int event = moment->odd->events[i];

		for (uint32_t k = events->first[event]; k < events->first[event + 1]; k++)
			candidates_add(&asker->candidates, events->rules[k]);
	}
}

/** Looks for a part's literals in bytes of its buffer. */
static void
look_for(struct asker *asker, const struct bundle_part *part, const struct inspect_bytes *bytes)
{
	uint32_t steps = 1;

	if (part->places != NULL)
		steps += places_look(part->places, bytes->data, bytes->size, bytes->offset,
				     &asker->candidates) /
			 PLACES;
	if (part->prefilter != NULL) {
		prefilter_scan(part->prefilter, asker->scratch, bytes->data, bytes->size,
			       &asker->candidates);
		steps += SCAN_STEPS + bytes->size / SCAN_BYTES;
	}
	inspect_pay(&asker->inspector, steps);
}

/** @return whether a part of a bundle is not looked at: names were with the head, but for those of
 * a form's parts; where more of a body comes, what is made of all of it is later. */
static bool
is_left_out(const struct asker *asker, const struct moment *moment, const struct bundle_part *part)
{
	const struct rule_data *data = &asker->detector->set->data[part->data];

	if (moment->kind != MOMENT_BODY)
		return false;
	if (moment->is_early && data->n_transforms != 0)
		return true;
	return buffer_is_name((enum buffer_id)data->buffer) &&
	       (moment->is_early || !view_has_parts(moment->view));
}

/** Gathers the rules of a bundle that may hold. */
static void
gather(struct asker *asker, const struct moment *moment, const struct bundle *bundle)
{
	struct inspect_bytes bytes;

	for (unsigned int i = 0; i < bundle->n_parts; i++) {
		const struct bundle_part *part = &bundle->parts[i];
		uint8_t buffer = asker->detector->set->data[part->data].buffer;
		uint16_t index = 0;

		if (is_left_out(asker, moment, part))
			continue;
		while (get(asker, moment, part->data, index, &bytes)) {
			look_for(asker, part, &bytes);
			if (!buffers[buffer].is_many || ++index == UINT16_MAX)
				break;
		}
	}
	for (unsigned int i = 0; i < bundle->n_always; i++)
		candidates_add(&asker->candidates, bundle->always[i]);
}

/** Gathers those of a family. */
static void
gather_family(struct asker *asker, const struct moment *moment, const struct family *family)
{
	uint16_t port = moment->side == WP_CLIENT ? moment->destination_port : moment->source_port;
	const struct bundle *further = family_of_port(family, port);

	gather(asker, moment, family_of_l7(family, moment->l7));
	if (further != NULL)
		gather(asker, moment, further);
}

/** Gathers all that may hold at a moment. */
static void
gather_all(struct asker *asker, const struct moment *moment)
{
	const struct detector *detector = asker->detector;

	if (moment->kind == MOMENT_EVENT)
		gather_of_events(asker, moment);
	else if (moment->kind == MOMENT_PACKET)
		gather_family(asker, moment, detector_packets(detector, moment));
	else if (moment->kind != MOMENT_STREAM)
		gather(asker, moment, detector_bundle(detector, moment));
	if (moment->kind == MOMENT_STREAM || moment->is_stray)
		gather_family(asker, moment, &detector->streams[moment->side]);
}

static void
gather_pending(struct asker *asker, const struct moment *moment)
{
	const struct flow_side_state *side;

	if (moment->state == NULL || moment->kind < MOMENT_HEAD || moment->kind > MOMENT_BODY)
		return;
	side = &moment->state->sides[moment->side];
	for (unsigned int i = 0; i < side->n_pending; i++)
		candidates_add(&asker->candidates, side->pending[i].rule);
}

void
ask(struct asker *asker, struct moment *moment)
{
	asker->n_made = 0;
	asker->used = 0;
	candidates_clear(&asker->candidates);
	gather_all(asker, moment);
	gather_pending(asker, moment);
	sort(&asker->candidates);
	inspect_pay(&asker->inspector, asker->candidates.n / SORTED_RULES);
	for (uint32_t i = 0; i < asker->candidates.n && asker->inspector.budget != 0; i++)
		ask_rule(asker, moment, asker->candidates.rules[i]);
}
