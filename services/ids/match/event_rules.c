/* SPDX-License-Identifier: BSD-3-Clause */
/* See event_rules.h. */

#include "match/event_rules.h"

#include <errno.h>
#include <stdlib.h>

/** @return the event that a rule is found by, or EVENT_NONE; of several one will do. */
static enum rule_event
event_of(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_packet; i++)
		switch (rule->packet[i].kind) {
		case MATCH_DECODE_EVENT:
		case MATCH_STREAM_EVENT:
		case MATCH_L7_EVENT:
			return (enum rule_event)rule->packet[i].event;
		default:
			break;
		}
	return EVENT_NONE;
}

bool
event_rules_are_of(const struct rule *rule)
{
	return event_of(rule) != EVENT_NONE;
}

int
event_rules_add(struct event_rules *events, const struct rule *rule)
{
	unsigned int event = event_of(rule);

	if (events->n == events->room) {
		uint32_t room = events->room == 0 ? 64 : 2 * events->room;
		uint32_t *rules = realloc(events->rules, room * sizeof(*rules));

		if (rules == NULL)
			return -ENOMEM;
		events->rules = rules;
		events->room = room;
	}
	events->rules[events->n++] = rule->number;
	events->first[event + 1]++;
	events->decode |= event < EVENT_FIRST_STREAM;
	events->stream |= event >= EVENT_FIRST_STREAM && event < EVENT_FIRST_L7;
	events->l7 |= event >= EVENT_FIRST_L7;
	return 0;
}

int
event_rules_finish(struct event_rules *events, struct rule *const *rules)
{
	uint32_t *sorted = malloc(((size_t)events->n + 1) * sizeof(*sorted));
	uint32_t at[RULE_EVENTS];

	if (sorted == NULL)
		return -ENOMEM;
	for (unsigned int i = 0; i < RULE_EVENTS; i++) {
		events->first[i + 1] += events->first[i];
		at[i] = events->first[i];
	}
	for (uint32_t i = 0; i < events->n; i++)
		sorted[at[event_of(rules[events->rules[i]])]++] = events->rules[i];
	free(events->rules);
	events->rules = sorted;
	events->room = events->n;
	return 0;
}

void
event_rules_clear(struct event_rules *events)
{
	free(events->rules);
	*events = (struct event_rules){.n = 0};
}
