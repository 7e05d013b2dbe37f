/* SPDX-License-Identifier: BSD-3-Clause */
/* See log_limit.h. */

#include "log_limit.h"

#include <stdio.h>
#include <string.h>

enum { SECOND_NS = 1000000000 };

static bool
same_cause(const struct nat_event *a, const struct nat_event *b)
{
	if (a->kind != b->kind || a->pool != b->pool)
		return false;
	return a->kind != NAT_QUOTA_EXCEEDED ||
	       (a->quota == b->quota && a->tenant == b->tenant && a->version == b->version &&
		memcmp(a->inside, b->inside, sizeof(a->inside)) == 0);
}

static struct log_limit_slot *
slot_of(struct log_limit *limit, const struct nat_event *event)
{
	uint32_t hash = event->kind * 31u + event->pool;

	if (event->kind == NAT_QUOTA_EXCEEDED) {
		hash = hash * 31 + event->tenant;
		for (unsigned int i = 0; i < sizeof(event->inside); i++)
			hash = hash * 31 + event->inside[i];
	}
	return &limit->slots[(hash * 2654435761u >> 16) % LOG_LIMIT_SLOTS];
}

/** Lets out one record for all that a slot holds. */
static void
let_out(struct log_limit *limit, struct log_limit_slot *slot, const struct nat_log_entry *like,
	log_limit_out *out, void *arg)
{
	struct nat_log_entry entry = *like;

	slot->event.suppressed = slot->held - 1;
	entry.event = &slot->event;
	entry.time_ns = slot->time_ns;
	entry.tenant = slot->tenant;
	entry.pool = slot->pool;
	out(arg, &entry);
	slot->held = 0;
	limit->n_held--;
}

/** Keeps an event for later. */
static void
hold_back(struct log_limit *limit, struct log_limit_slot *slot, const struct nat_log_entry *entry)
{
	limit->n_held += slot->held == 0;
	slot->held += 1 + entry->event->suppressed;
	slot->event = *entry->event;
	slot->time_ns = entry->time_ns;
	snprintf(slot->tenant, sizeof(slot->tenant), "%s", entry->tenant);
	snprintf(slot->pool, sizeof(slot->pool), "%s", entry->pool);
}

void
log_limit_put(struct log_limit *limit, const struct nat_log_entry *entry, uint64_t now_ns,
	      log_limit_out *out, void *arg)
{
	struct log_limit_slot *slot = slot_of(limit, entry->event);
	bool same = slot->next_ns != 0 && same_cause(&slot->event, entry->event);

	if (!same && slot->held != 0)
		let_out(limit, slot, entry, out, arg);
	if (same && now_ns < slot->next_ns) {
		hold_back(limit, slot, entry);
		return;
	}
	hold_back(limit, slot, entry);
	let_out(limit, slot, entry, out, arg);
	slot->next_ns = now_ns + SECOND_NS;
}

void
log_limit_tick(struct log_limit *limit, const struct nat_log_entry *like, uint64_t now_ns, bool all,
	       log_limit_out *out, void *arg)
{
	for (unsigned int i = 0; limit->n_held != 0 && i < LOG_LIMIT_SLOTS; i++) {
		struct log_limit_slot *slot = &limit->slots[i];

		if (slot->held == 0 || (!all && now_ns < slot->next_ns))
			continue;
		let_out(limit, slot, like, out, arg);
		slot->next_ns = now_ns + SECOND_NS;
	}
}
