/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules that ask for something odd, by what they ask for: so that nothing is looked for that nobody
 * asks for. */

#ifndef IDS_EVENT_RULES_H
#define IDS_EVENT_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "rule/event.h"
#include "rule/rule.h"

struct event_rules {
	uint32_t first[RULE_EVENTS + 1]; /* index: enum rule_event; its rules begin there */
	uint32_t *rules;                 /* numbers, in order for each event */
	uint32_t n, room;
	bool decode, stream, l7; /* whether any rule asks for such */
};

/** @return whether a rule asks for something odd. */
bool event_rules_are_of(const struct rule *rule);

/** Adds such a rule. Rules come in order. @return 0 or -ENOMEM. Control. */
int event_rules_add(struct event_rules *events, const struct rule *rule);

/** Makes them ready when all have been added. @return 0 or -ENOMEM. Control. */
int event_rules_finish(struct event_rules *events, struct rule *const *rules);

/** Gives back what they have. Control. */
void event_rules_clear(struct event_rules *events);

/** @return whether any rule asks for an event. Worker. */
static inline bool
event_rules_have(const struct event_rules *events, unsigned int event)
{
	return events->first[event] != events->first[event + 1];
}

#endif
