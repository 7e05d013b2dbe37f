/* SPDX-License-Identifier: BSD-3-Clause */
/* See act.h. */

#include "act.h"

#include "detect.h"
#include "state/flow_state.h"
#include "state/host_bits.h"

/* Bits and integers. */

static void
set_bits(struct detect *detect, const struct moment *moment, const struct rule_bits *bits)
{
	const uint32_t *names = detect->detector->names[NAMES_FLOWBITS];
	struct flow_state *state = moment->state;

	for (unsigned int i = 0; i < bits->n; i++) {
		uint32_t name = names[bits->names[i]];
		bool clears = bits->command == BITS_UNSET ||
			      (bits->command == BITS_TOGGLE && flow_state_has_bit(state, name));

		if (clears)
			flow_state_clear_bit(state, name);
		else if (!flow_state_set_bit(moment->flow, detect->core, state, name))
			detect->core->counters[COUNT_NO_ROOM]++;
	}
}

static void
set_host_bits(struct detect *detect, const struct moment *moment, const struct rule_bits *bits,
	      enum reader_names kind)
{
	const uint32_t *names = detect->detector->names[kind];
	struct wp_core *core = detect->core;

	for (unsigned int i = 0; i < bits->n; i++) {
		uint32_t name = names[bits->names[i]];
		bool clears = bits->command == BITS_UNSET ||
			      (bits->command == BITS_TOGGLE &&
			       host_bits_has(core, moment, bits, name, kind));

		if (clears)
			host_bits_clear(core, moment, bits, name, kind);
		else
			host_bits_set(core, moment, bits, name, kind);
	}
}

/** @return the number that another is set to, or changed by: one that is not set is 0. */
static uint32_t
operand(const struct rule_flowint *flowint, const uint32_t *names, struct flow_state *state)
{
	const struct flow_int *other =
		flowint->other == 0 ? NULL : flow_state_int(state, names[flowint->other]);

	if (flowint->other == 0)
		return flowint->value;
	return other == NULL ? 0 : other->value;
}

static void
set_int(struct detect *detect, struct flow_state *state, const struct rule_flowint *flowint)
{
	const uint32_t *names = detect->detector->names[NAMES_FLOWINTS];
	uint32_t value = operand(flowint, names, state);
	struct flow_int *is;

	if (flowint->command == FLOWINT_SUB && flow_state_int(state, names[flowint->name]) == NULL)
		return; /* there is nothing to take it from */
	is = flow_state_make_int(state, names[flowint->name]);
	if (is == NULL) {
		detect->core->counters[COUNT_NO_ROOM]++;
		return;
	}
	if (flowint->command == FLOWINT_SET)
		is->value = value;
	else if (flowint->command == FLOWINT_ADD)
		is->value += value;
	else if (flowint->command == FLOWINT_SUB)
		is->value -= value < is->value ? value : is->value;
}

/** @return the state of the moment's flow, made if need be; NULL: no flow, or no room. */
static struct flow_state *
state_of(struct detect *detect, struct moment *moment)
{
	if (moment->state == NULL && moment->flow != NULL)
		moment->state = flow_state_make(moment->flow, detect->core);
	return moment->state;
}

static void
do_one(struct detect *detect, struct moment *moment, const struct rule_match *match)
{
	struct flow_state *state;

	switch (match->kind) {
	case MATCH_XBITS:
		if (match->bits.track != BITS_OF_FLOW)
			set_host_bits(detect, moment, &match->bits, NAMES_XBITS);
		return;
	case MATCH_HOSTBITS:
		set_host_bits(detect, moment, &match->bits, NAMES_HOSTBITS);
		return;
	default:
		break;
	}
	state = state_of(detect, moment);
	if (state == NULL)
		return;
	if (match->kind == MATCH_FLOWBITS)
		set_bits(detect, moment, &match->bits);
	else if (match->kind == MATCH_FLOWINT)
		set_int(detect, state, &match->flowint);
}

/* Alerts. */

/** @return whether a rule tells of what it does. */
static bool
tells(const struct rule *rule)
{
	return rule->action == RULE_PASS ? rule->alert_too : !rule->no_alert;
}

void
act(void *arg, struct moment *moment, const struct asked *asked)
{
	struct detect *detect = arg;
	const struct rule *rule = asked->rule;

	if (hits_have(detect, moment, asked))
		return;
	for (unsigned int i = 0; i < rule->n_after; i++)
		do_one(detect, moment, &rule->after[i]);
	detect->record.size = 0;
	if (tells(rule))
		tell_alert(detect, moment, rule, &detect->record);
	if (!hits_add(detect, moment, asked, detect->record.bytes, detect->record.size)) {
		hits_hear_all(detect);
		hits_add(detect, moment, asked, detect->record.bytes, detect->record.size);
	}
}
