/* SPDX-License-Identifier: BSD-3-Clause */
/* Mappings and the inside hosts that have them: how they begin and end. */

#include <errno.h>

#include "bytes.h"
#include "kind.h"
#include "parse/parse.h"

static const uint8_t protocols[NAT_PROTOS] = {
	[NAT_TCP] = WP_PROTO_TCP, [NAT_UDP] = WP_PROTO_UDP, [NAT_ICMP] = WP_PROTO_ICMP};

/** Finds the entry of an inside host, or makes it. @return NULL when the table is full */
static struct wp_entry *
find_subscriber(const struct nat *nat, struct wp_core *core, const struct wp_packet *pkt)
{
	struct wp_table *table = subscribers_of(core, pkt->ip_version);
	struct wp_entry *entry = NULL;
	const uint8_t *host = wp_source(pkt);
	uint8_t key[16];

	if (pkt->ip_version == 6) {
		nat64_subscriber(&nat->six, host, key);
		host = key;
	}
	if (is_first(pkt))
		entry = pkt->state[1];
	if (entry == NULL)
		entry = wp_table_find(core, table, pkt->tenant, pkt->ip_version, false, host);
	if (entry == NULL)
		wp_table_insert(core, table, pkt->tenant, pkt->bucket, pkt->ip_version, host, NULL,
				&entry);
	return entry;
}

/** @return the limit that keeps a host from one more mapping; 0: none does */
static uint32_t
limit_of(const struct nat *nat, const struct wp_entry *entry, enum nat_proto proto)
{
	const struct subscriber *subscriber = wp_value(entry);

	if (nat->max_mappings != 0 && subscriber->n_mappings[proto] >= nat->max_mappings)
		return nat->max_mappings;
	if (subscriber->n_sessions >= nat->max_sessions)
		return nat->max_sessions;
	return 0;
}

/** Sets the verdict of a packet that gets no mapping. @param limit  that it has come to, or 0: why
 * is in @p err */
static void
refuse(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
       struct wp_entry *subscriber, uint32_t limit, int err)
{
	const struct nat_step *step = pkt->args;

	if (err == -EDQUOT && limit == 0)
		limit = port_limit(nat, subscriber, step->pool);
	switch (err) {
	case -EDQUOT:
		tell_quota(nat, core, subscriber, protocol_of(pkt), limit);
		wp_drop(pkt, NAT_DROP_QUOTA);
		break;
	case -ENOSPC:
		tell_exhausted(nat, core, subscriber, step->pool, protocol_of(pkt));
		wp_drop(pkt, NAT_DROP_PORTS);
		break;
	default:
		wp_fail(pkt, WP_CAUSE_TABLE_FULL);
	}
}

void
mapping_set_deltas(struct mapping *mapping, const struct wp_entry *entry)
{
	uint32_t inside = mapping->outside;

	if (key_version(entry) == 4)
		inside = wp_load32(wp_entry_key(entry));
	mapping->address_delta = nat_difference(inside, mapping->outside, 0, 0);
	if (mapping_protocol(entry) == WP_PROTO_ICMP) /* has no pseudo header */
		inside = mapping->outside;
	mapping->delta = nat_difference(inside, mapping->outside, mapping_inside_port(entry),
					mapping->outside_port);
}

static void
fill(const struct nat *nat, struct wp_core *core, struct wp_entry *entry,
     struct wp_entry *subscriber, const struct port *port, enum nat_proto proto)
{
	struct mapping *mapping = wp_write(entry, core->now_ns);
	struct subscriber *host = nat_mutable(subscriber);

	mapping->subscriber = subscriber;
	mapping->block = port->block;
	mapping->outside = port->outside;
	mapping->outside_port = port->outside_port;
	mapping_set_deltas(mapping, entry);
	mapping->created = entry->used;
	mapping->checked = nat->fixed_mark;
	wp_written(entry);
	if (entry->idle != nat->idle[proto])
		wp_table_set_idle(core->tables[NAT_MAPPINGS], entry, nat->idle[proto],
				  core->now_ns);
	host->n_mappings[proto]++;
	host->n_sessions++;
	wp_count(core, NAT_COUNT_CREATED, 1);
	tell_mapping(nat, core, NAT_MAPPING_CREATED, entry);
}

/** Tries one port. @return 0, -EEXIST when it is taken after all, or another negative errno */
static int
try_port(const struct nat *nat, struct wp_core *core, const struct wp_packet *pkt,
	 struct wp_entry *subscriber, const struct port *port, uint8_t protocol,
	 uint16_t inside_port, struct wp_entry **entry)
{
	uint8_t key[MAPPING_KEY_SIZE_MAX], key2[MAPPING_KEY_SIZE];

	if (fixed_outside(nat, port->outside, port->outside_port, protocol) != NULL)
		return -EEXIST;
	mapping_key_of(key, pkt->ip_version, wp_source(pkt), inside_port, protocol);
	mapping_key(key2, &port->outside, port->outside_port, protocol);
	return wp_table_insert(core, core->tables[NAT_MAPPINGS], pkt->tenant, subscriber->bucket,
			       pkt->ip_version, key, key2, entry);
}

struct wp_entry *
mapping_find(struct wp_core *core, const struct wp_packet *pkt, uint8_t protocol,
	     uint16_t inside_port)
{
	uint8_t key[MAPPING_KEY_SIZE_MAX];

	mapping_key_of(key, pkt->ip_version, wp_source(pkt), inside_port, protocol);
	return wp_table_find(core, core->tables[NAT_MAPPINGS], pkt->tenant, pkt->ip_version, false,
			     key);
}

/** Takes ports until one makes a mapping. @return 0, or as port_take(); -EEXIST when there is one
 * already */
static int
try_ports(const struct nat *nat, struct wp_core *core, const struct wp_packet *pkt,
	  struct wp_entry *subscriber, enum nat_proto proto, uint16_t inside_port,
	  struct wp_entry **entry)
{
	const struct nat_step *step = pkt->args;

	for (unsigned int tries = 0; tries < BLOCK_PORTS; tries++) {
		struct port port = {0};
		int err = port_take(nat, core, subscriber, step->pool, proto, &port);

		if (err != 0)
			return err;
		err = try_port(nat, core, pkt, subscriber, &port, protocols[proto], inside_port,
			       entry);
		if (err == 0) {
			fill(nat, core, *entry, subscriber, &port, proto);
			return 0;
		}
		if (err != -EEXIST || *entry != NULL) {
			port_return(&port, proto);
			return err == -EEXIST ? -EEXIST : -ENOMEM;
		}
		port_give(nat, core, &port, proto); /* somebody else has it: try another */
	}
	return -ENOSPC;
}

struct wp_entry *
mapping_make(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
	     enum nat_proto proto, uint16_t inside_port)
{
	struct wp_entry *subscriber = find_subscriber(nat, core, pkt), *entry = NULL;
	uint32_t limit;
	int err;

	if (subscriber == NULL) {
		wp_fail(pkt, WP_CAUSE_TABLE_FULL);
		return NULL;
	}
	wp_touch(subscriber, core->now_ns);
	limit = limit_of(nat, subscriber, proto);
	err = limit != 0 ? -EDQUOT
			 : try_ports(nat, core, pkt, subscriber, proto, inside_port, &entry);
	if (err == 0)
		return entry;
	/* An earlier packet of the burst may have made it. If another worker has, what is a
	 * subscriber changes just now. */
	entry = mapping_find(core, pkt, protocols[proto], inside_port);
	if (entry != NULL && entry->bucket == subscriber->bucket)
		return entry;
	refuse(nat, core, pkt, subscriber, limit, err);
	return NULL;
}

void
mapping_end(const struct nat *nat, struct wp_core *core, struct wp_entry *entry)
{
	const struct mapping *mapping = wp_value(entry);
	struct subscriber *host = nat_mutable(mapping->subscriber);
	enum nat_proto proto = proto_of(mapping_protocol(entry));

	tell_mapping(nat, core, NAT_MAPPING_DELETED, entry);
	port_give(nat, core,
		  &(struct port){.block = mapping->block, .outside_port = mapping->outside_port},
		  proto);
	host->n_mappings[proto]--;
	host->n_sessions--;
	wp_count(core, NAT_COUNT_REMOVED, 1);
}

uint32_t
mapping_expire(const struct nat *nat, struct wp_core *core, struct wp_entry *entry)
{
	struct mapping *mapping = nat_mutable(entry);

	if (mapping->n_peers != 0) {
		/* Its first connection is over, others are not: they end it. */
		mapping->has_peer = false;
		mapping->state = TCP_CLOSED;
		return nat->tcp_idle[TCP_FIN_BOTH];
	}
	if (mapping->pinned) {
		mapping->has_peer = false;
		mapping->state = TCP_CLOSED;
		return nat->idle[proto_of(mapping_protocol(entry))];
	}
	mapping_end(nat, core, entry);
	return 0;
}

uint32_t
subscriber_expire(const struct nat *nat, struct wp_entry *entry)
{
	const struct subscriber *subscriber = wp_value(entry);

	return subscriber->n_blocks == 0 ? 0 : nat->quarantine;
}
