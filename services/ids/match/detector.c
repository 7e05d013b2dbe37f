/* SPDX-License-Identifier: BSD-3-Clause */
/* See detector.h. */

#include "match/detector.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <hs/hs.h>

#include "match/file_facts.h"
#include "match/pattern_set.h"
#include "match/plans.h"
#include "rule/compiling.h"
#include "state/flow_state.h"

static int
name_names(struct detector *detector)
{
	for (unsigned int kind = 0; kind < READER_NAMES; kind++) {
		uint16_t n = rule_set_names(detector->set, kind);

		detector->names[kind] = calloc((size_t)n + 1, sizeof(uint32_t));
		if (detector->names[kind] == NULL)
			return -ENOMEM;
		for (uint32_t i = 1; i <= n; i++)
			detector->names[kind][i] =
				flow_state_name(rule_set_name(detector->set, kind, (uint16_t)i));
	}
	return 0;
}

/** Adds a rule to the faults of its set. It stays among the rules, but is not asked. */
static int
add_fault(struct detector *detector, const struct rule *rule, const char *why)
{
	struct rule_fault fault = {.file = rule->file,
				   .line = rule->line,
				   .column = 1,
				   .sid = rule->sid,
				   .why = wp_arena_string(detector->set->arena, why),
				   .hint = "",
				   .text = rule->text};

	return fault.why == NULL ? -ENOMEM : rule_set_add_fault(detector->set, &fault);
}

/** Makes a rule's patterns ready, and finds out what it costs. */
static int
admit(struct detector *detector, struct cost_meter *meter, struct asked *asked, char *why,
      size_t size)
{
	int err = pattern_set_give(detector->patterns, asked->rule, &detector->scratch, why, size);

	return err == 0 ? cost_admit(meter, asked->rule, detector->scratch, &asked->cost, why, size)
			: err;
}

/** Notes what has to be made for a rule, as far as it was read: it may turn out not to serve. */
static void
note(struct detector *detector, const struct asked *asked)
{
	detector->asks_names |= asked->asks_names;
	detector->asks_absent |= asked->asks_absent;
	detector->asks_sides |= asked->is_protocol_only;
	if ((asked->needs & ASKED_FILE) != 0) {
		detector->asks_files = true;
		detector->digests |= file_facts_digests(asked->rule);
	}
}

static int
add_rule(struct detector *detector, struct plans *plans, struct asked *asked, char *why,
	 size_t size)
{
	int err = asked_read(asked, why, size);

	note(detector, asked);
	if (err != 0)
		return err;
	return event_rules_are_of(asked->rule) ? event_rules_add(&detector->events, asked->rule)
					       : plans_add(plans, asked);
}

static int
add_rules(struct detector *detector, struct plans *plans, const struct compiling *compiling,
	  char *why, size_t size)
{
	struct cost_meter *meter = cost_meter_create();
	int err = meter == NULL ? -ENOMEM : 0;

	for (uint32_t i = 0; i < detector->set->n && err == 0; i++) {
		struct asked *asked = &detector->asked[i];

		asked->rule = detector->set->rules[i];
		err = compiling_is_over(compiling) ? -ECANCELED
						   : admit(detector, meter, asked, why, size);
		if (err == 0)
			err = add_rule(detector, plans, asked, why, size);
		if (err == -EINVAL)
			err = add_fault(detector, asked->rule, why);
		else
			detector->n_serving++;
	}
	cost_meter_destroy(meter);
	return err;
}

/** @return a number that no detector had before: the time. */
static uint64_t
next_number(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int
detector_create(struct rule_set *set, const struct compiling *compiling, struct detector **detector,
		char *why, size_t size)
{
	struct detector *new = calloc(1, sizeof(*new));
	struct plans *plans = plans_create(set);
	int err = -ENOMEM;

	snprintf(why, size, "no memory");
	if (new == NULL)
		goto err_plans;
	new->set = set;
	new->number = next_number();
	new->asked = calloc((size_t)set->n + 1, sizeof(*new->asked));
	if (new->asked == NULL || name_names(new) != 0 || plans == NULL)
		goto err_new;
	err = pattern_set_create(set, compiling, &new->patterns);
	if (err == 0)
		err = add_rules(new, plans, compiling, why, size);
	if (err == 0)
		err = event_rules_finish(&new->events, set->rules);
	if (err == 0)
		err = plans_make(plans, compiling, new, why, size);
	if (err != 0)
		goto err_new;
	plans_destroy(plans);
	malloc_trim(0); /* compiling has had far more than it leaves behind */
	*detector = new;
	return 0;

err_new:
	if (err == -ECANCELED)
		snprintf(why, size, "given up");
	new->set = NULL; /* it stays the caller's */
	detector_destroy(new);
err_plans:
	plans_destroy(plans);
	return err;
}

void
detector_destroy(struct detector *detector)
{
	struct family *families;
	struct bundle *bundles;

	if (detector == NULL)
		return;
	families = &detector->packets[0][0];
	bundles = &detector->heads[0][0];
	for (unsigned int i = 0; i < DETECTOR_FAMILIES; i++)
		family_destroy(&families[i]);
	for (unsigned int i = 0; i < DETECTOR_BUNDLES; i++)
		bundle_destroy(&bundles[i]);
	hs_free_scratch(detector->scratch);
	event_rules_clear(&detector->events);
	pattern_set_destroy(detector->patterns);
	for (unsigned int kind = 0; kind < READER_NAMES; kind++)
		free(detector->names[kind]);
	free(detector->asked);
	rule_set_destroy(detector->set);
	free(detector);
}

const struct bundle *
detector_bundle(const struct detector *detector, const struct moment *moment)
{
	switch (moment->kind) {
	case MOMENT_HEAD:
		return &detector->heads[moment->l7][moment->side];
	case MOMENT_CERTIFICATES:
		return &detector->certificates[moment->side];
	default:
		return &detector->bodies[moment->l7][moment->side];
	}
}

const struct family *
detector_packets(const struct detector *detector, const struct moment *moment)
{
	return &detector->packets[transport_of(moment->proto)][moment->side];
}
