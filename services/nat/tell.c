/* SPDX-License-Identifier: BSD-3-Clause */
/* What workers tell the log: see event.h and log.md. */

#include "bytes.h"
#include "deterministic.h"
#include "event.h"
#include "kind.h"

enum { SHARES_AT_ONCE = 64 };

/** @return whether some target wants events of a kind. */
static bool
is_wanted(const struct nat *nat, enum nat_event_kind kind)
{
	return (nat->event_kinds >> kind & 1) != 0;
}

/** Says which inside host it is about. @param entry  whose first key begins with its address */
static void
set_inside(struct nat_event *event, const struct wp_entry *entry)
{
	event->version = key_version(entry);
	memcpy(event->inside, wp_entry_key(entry), wp_addr_size(event->version));
}

static void
tell(const struct nat *nat, struct wp_core *core, struct nat_event *event, uint32_t outside)
{
	const struct pool *pool = nat_pool_of(nat, outside);

	event->pool = pool == NULL ? 0 : (uint16_t)(pool - nat->pools);
	memcpy(event->outside, &outside, 4);
	wp_event(core, event, sizeof(*event));
}

void
tell_mapping(const struct nat *nat, struct wp_core *core, enum nat_event_kind kind,
	     const struct wp_entry *entry)
{
	const struct mapping *mapping = wp_value(entry);
	struct nat_event event = {
		.kind = (uint8_t)kind,
		.protocol = mapping_protocol(entry),
		.tenant = entry->tenant,
		.inside_port = __builtin_bswap16(mapping_inside_port(entry)),
		.outside_port = __builtin_bswap16(mapping->outside_port),
	};

	if (!is_wanted(nat, kind))
		return;
	set_inside(&event, entry);
	tell(nat, core, &event, mapping->outside);
}

void
tell_block(const struct nat *nat, struct wp_core *core, enum nat_event_kind kind,
	   const struct wp_entry *subscriber, const struct block *block)
{
	struct nat_event event = {.kind = (uint8_t)kind, .tenant = subscriber->tenant};

	if (!is_wanted(nat, kind))
		return;
	set_inside(&event, subscriber);
	if (kind == NAT_BLOCK_ALLOCATED || kind == NAT_BLOCK_RELEASED) {
		event.first_port = block->first;
		event.last_port = (uint16_t)(block->first + BLOCK_PORTS - 1);
	}
	tell(nat, core, &event, block->outside);
}

/** Tells of hosts in a row: where the first of them has its share. */
static void
tell_range(const struct nat *nat, struct wp_core *core, const struct inside_range *range)
{
	const uint32_t inside = __builtin_bswap32(range->first);
	struct nat_event event = {.kind = NAT_SHARES_SET,
				  .version = 4,
				  .tenant = range->tenant,
				  .limit = range->last - range->first + 1};
	struct share share;

	share_of(nat, range->tenant, inside, &share);
	event.suppressed = share.pool->deterministic->hosts_per_address;
	event.first_port = (uint16_t)(share.blocks[0] * BLOCK_PORTS);
	event.last_port = (uint16_t)(share.blocks[share.n - 1] * BLOCK_PORTS + BLOCK_PORTS - 1);
	memcpy(event.inside, &inside, 4);
	tell(nat, core, &event, share.address->outside);
}

void
tell_shares(const struct nat *nat, struct wp_core *core)
{
	struct nat_core *scratch = core->scratch;

	if (core->worker != 0 || !is_wanted(nat, NAT_SHARES_SET))
		return;
	for (unsigned int i = 0; i < SHARES_AT_ONCE && scratch->shares_told < nat->n_inside; i++)
		tell_range(nat, core, &nat->inside[scratch->shares_told++]);
}

void
tell_exhausted(const struct nat *nat, struct wp_core *core, const struct wp_entry *subscriber,
	       const struct pool *pool, uint8_t protocol)
{
	const struct subscriber *host = wp_value(subscriber);
	struct nat_core *scratch = core->scratch;
	enum nat_event_kind kind =
		host->n_blocks == 0 ? NAT_ADDRESSES_EXHAUSTED : NAT_PORTS_EXHAUSTED;
	struct nat_event event = {
		.kind = (uint8_t)kind, .tenant = subscriber->tenant, .protocol = protocol};

	if (!is_wanted(nat, kind) ||
	    !nat_event_allowed(&scratch->exhausted[kind == NAT_PORTS_EXHAUSTED], core->now_ns,
			       &event.suppressed))
		return;
	set_inside(&event, subscriber);
	tell(nat, core, &event,
	     host->n_blocks != 0 ? host->outside : (pool == NULL ? 0 : pool->addresses[0].outside));
}

/** @return which brake a host shares. */
static unsigned int
brake_of(const struct wp_entry *subscriber)
{
	const uint8_t *key = wp_entry_key(subscriber);
	uint32_t host = wp_load32(key);

	if (key_version(subscriber) == 6)
		host ^= wp_load32(key + 4) ^ wp_load32(key + 8) ^ wp_load32(key + 12);
	return (host ^ host >> 16 ^ host >> 24) % NAT_BRAKES;
}

void
tell_quota(const struct nat *nat, struct wp_core *core, struct wp_entry *subscriber,
	   uint8_t protocol, uint32_t limit)
{
	struct nat_core *scratch = core->scratch;
	struct nat_event event = {.kind = NAT_QUOTA_EXCEEDED,
				  .quota = NAT_QUOTA_USER,
				  .tenant = subscriber->tenant,
				  .protocol = protocol,
				  .limit = limit};

	if (!is_wanted(nat, NAT_QUOTA_EXCEEDED) ||
	    !nat_event_allowed(&scratch->quota[brake_of(subscriber)], core->now_ns,
			       &event.suppressed))
		return;
	set_inside(&event, subscriber);
	tell(nat, core, &event, ((const struct subscriber *)wp_value(subscriber))->outside);
}
