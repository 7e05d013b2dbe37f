/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who talks through a mapping: its remote endpoints, for filtering (RFC 4787 section 5) and for the
 * states of TCP connections (RFC 7857 section 2). Most mappings have one; it is in the mapping.
 */

#include <errno.h>
#include <string.h>

#include "bytes.h"
#include "ftp.h"
#include "kind.h"
#include "nat.h"
#include "parse/parse.h"

/** One conversation: where its state and its timer are. */
struct session {
	struct wp_entry *entry; /* of the mapping, or the peer; NULL: there is none */
	struct wp_table *table;
	uint8_t *state;
	bool *permits; /* the inside has sent to the remote: for filtering */
};

/** What a packet is, for these functions. */
struct segment {
	struct wp_entry *mapping;
	bool from_inside;
	uint32_t remote;
	uint16_t port; /* 0 when the filter does not look at it */
	uint8_t protocol;
	uint8_t flags; /* TCP */
	bool watched;  /* a control connection of FTP: never the first, as those that are
			* established are not looked at */
};

static struct wp_entry *
find_peer(struct wp_core *core, const struct wp_entry *mapping, const uint8_t *key)
{
	return wp_table_find(core, core->tables[NAT_PEERS], mapping->tenant, key_version(mapping),
			     false, key);
}

static int
insert_peer(struct wp_core *core, const struct wp_entry *mapping, const uint8_t *key,
	    struct wp_entry **entry)
{
	return wp_table_insert(core, core->tables[NAT_PEERS], mapping->tenant, mapping->bucket,
			       key_version(mapping), key, NULL, entry);
}

static struct session
first_session(struct wp_core *core, struct wp_entry *entry)
{
	struct mapping *mapping = nat_mutable(entry);

	return (struct session){.entry = entry,
				.table = core->tables[NAT_MAPPINGS],
				.state = &mapping->state,
				.permits = &mapping->peer_permits};
}

static struct session
peer_session(struct wp_core *core, struct wp_entry *entry)
{
	struct peer *peer = entry == NULL ? NULL : nat_mutable(entry);

	return (struct session){.entry = entry,
				.table = core->tables[NAT_PEERS],
				.state = entry == NULL ? NULL : &peer->state,
				.permits = entry == NULL ? NULL : &peer->permits};
}

/** @return whether the first peer of UDP or ICMP has been silent for too long: the mapping may live
 * on by others. A TCP connection's time is the mapping's. */
static bool
is_over(const struct wp_core *core, const struct segment *segment)
{
	const struct mapping *mapping = wp_value(segment->mapping);

	return segment->protocol != WP_PROTO_TCP &&
	       (uint32_t)(core->now_ns >> WP_TICK_SHIFT) - mapping->peer_used >=
		       segment->mapping->idle;
}

static struct session
find_session(struct wp_core *core, const struct segment *segment)
{
	const struct mapping *mapping = wp_value(segment->mapping);
	uint8_t key[PEER_KEY_SIZE_MAX];

	if (mapping->has_peer && mapping->peer == segment->remote &&
	    mapping->peer_port == segment->port && !is_over(core, segment))
		return first_session(core, segment->mapping);
	if (mapping->n_peers == 0)
		return (struct session){0};
	peer_key(key, segment->mapping, segment->remote, segment->port);
	return peer_session(core, find_peer(core, segment->mapping, key));
}

/** @return whether connections of the inside's let a segment's remote address come in. */
static bool
is_address_held(struct wp_core *core, const struct segment *segment)
{
	uint8_t key[PEER_KEY_SIZE_MAX];

	peer_key(key, segment->mapping, segment->remote, segment->port);
	return peer_find_address(core, segment->mapping, key) != NULL;
}

/** @return whether the host has asked a segment's remote to connect. */
static bool
is_expected(const struct mapping *mapping, const struct segment *segment)
{
	return segment->protocol == WP_PROTO_TCP && mapping->has_peer && mapping->peer_permits &&
	       mapping->peer_port == 0 && mapping->peer == segment->remote;
}

/** Sets the verdict. @return false */
static bool
refuse(struct wp_packet *pkt, enum nat_reason reason)
{
	wp_drop(pkt, reason);
	return false;
}

/** @return whether a mapping has its first session's place free: it is counted with the mapping. */
static bool
is_vacant(const struct mapping *mapping)
{
	return !mapping->has_peer && !mapping->first_is_peer;
}

uint32_t
session_limit(const struct nat *nat, const struct mapping *mapping, bool from_inside)
{
	const struct subscriber *host = wp_value(mapping->subscriber);
	uint32_t of_mapping = nat->max_mapping_sessions, of_host = nat->max_sessions;

	if (is_vacant(mapping))
		return 0;
	if (of_mapping != 0 && mapping->n_peers + !mapping->first_is_peer >=
				       of_mapping - (from_inside ? 0 : of_mapping / 4))
		return of_mapping;
	if (host->n_sessions >= of_host - (from_inside ? 0 : of_host / 4))
		return of_host;
	return 0;
}

void
session_count(struct mapping *mapping, struct peer *peer)
{
	peer->first = is_vacant(mapping);
	if (peer->first)
		mapping->first_is_peer = true;
	else
		((struct subscriber *)nat_mutable(mapping->subscriber))->n_sessions++;
	mapping->n_peers++;
}

/** Makes the entry of a further remote endpoint. @return NULL with the verdict set */
static struct wp_entry *
make_peer(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
	  const struct segment *segment)
{
	struct mapping *mapping = nat_mutable(segment->mapping);
	uint32_t limit = session_limit(nat, mapping, true);
	struct wp_entry *entry = NULL;
	uint8_t key[PEER_KEY_SIZE_MAX];
	struct peer *peer;

	if (limit != 0) {
		tell_quota(nat, core, mapping->subscriber, segment->protocol, limit);
		refuse(pkt, NAT_DROP_QUOTA);
		return NULL;
	}
	peer_key(key, segment->mapping, segment->remote, segment->port);
	if (insert_peer(core, segment->mapping, key, &entry) != 0) {
		refuse(pkt, NAT_DROP_TABLE_FULL);
		return NULL;
	}
	peer = wp_write(entry, core->now_ns);
	peer->mapping = segment->mapping;
	session_count(mapping, peer);
	wp_written(entry);
	return entry;
}

/** Begins a session. @return without an entry when it must not be, with the verdict set */
static struct session
make_session(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
	     const struct segment *segment)
{
	struct mapping *mapping = nat_mutable(segment->mapping);
	bool expected = is_expected(mapping, segment);

	if (!segment->watched && (is_vacant(mapping) || is_over(core, segment) || expected)) {
		mapping = wp_write(segment->mapping, core->now_ns);
		mapping->has_peer = true;
		mapping->peer = segment->remote;
		mapping->peer_port = segment->port;
		mapping->peer_used = (uint32_t)(core->now_ns >> WP_TICK_SHIFT);
		mapping->state = TCP_CLOSED;
		mapping->peer_permits = expected;
		wp_written(segment->mapping);
		return first_session(core, segment->mapping);
	}
	return peer_session(core, make_peer(nat, core, pkt, segment));
}

/** Notes that the inside has sent to a remote: from now on it, or its address, may come in. @return
 * false when the table is full */
static bool
permit(const struct nat *nat, struct wp_core *core, const struct session *session,
       const struct segment *segment)
{
	if (*session->permits)
		return true;
	if (nat->filtering == NAT_ADDRESS && session->entry != segment->mapping) {
		uint8_t key[PEER_KEY_SIZE_MAX];

		peer_key(key, segment->mapping, segment->remote, segment->port);
		if (peer_hold_address(core, segment->mapping, key) != 0)
			return false;
		((struct peer *)nat_mutable(session->entry))->held = true;
	}
	wp_write(session->entry, ((uint64_t)session->entry->used << WP_TICK_SHIFT));
	*session->permits = true;
	wp_written(session->entry);
	return true;
}

/** @return whether a packet from outside may pass, as others of its remote's address may. */
static bool
may_come_in(const struct nat *nat, struct wp_core *core, const struct segment *segment)
{
	const struct mapping *mapping = wp_value(segment->mapping);

	if (mapping->pinned)
		return true;
	switch (nat->filtering) {
	case NAT_ANYBODY:
		return true;
	case NAT_ADDRESS:
		return (mapping->has_peer && mapping->peer_permits &&
			mapping->peer == segment->remote) ||
		       (mapping->n_peers != 0 && is_address_held(core, segment));
	default:
		return is_expected(mapping, segment);
	}
}

/** Brings a TCP connection to its next state. */
static void
step_tcp(const struct nat *nat, struct wp_core *core, const struct session *session,
	 const struct segment *segment)
{
	enum tcp_state before = *session->state,
		       next = tcp_next(before, segment->flags, segment->from_inside);

	if (next != before) {
		wp_write(session->entry, core->now_ns);
		*session->state = (uint8_t)next;
		wp_written(session->entry);
		wp_table_set_idle(session->table, session->entry, nat->tcp_idle[next],
				  core->now_ns);
	} else if (tcp_refreshes(next, segment->flags)) {
		wp_touch(session->entry, core->now_ns);
	}
}

/** @return whether a later fragment from outside may pass, as its first may have. */
static bool
may_follow(const struct nat *nat, struct wp_core *core, const struct segment *segment)
{
	struct session session = find_session(core, segment);

	return (session.entry != NULL && *session.permits) || may_come_in(nat, core, segment);
}

static bool
pass_tcp(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
	 const struct segment *segment)
{
	struct session session = find_session(core, segment);
	bool opens = tcp_opens(segment->flags), is_new = session.entry == NULL;

	if (!segment->from_inside && (session.entry == NULL || !*session.permits) &&
	    !may_come_in(nat, core, segment))
		return refuse(pkt, NAT_DROP_FILTERED);
	if (session.entry == NULL) {
		if (!opens &&
		    !(nat->tcp_loose && segment->from_inside && tcp_goes_on(segment->flags)))
			return true; /* translated, and forgotten (RFC 6146 3.5.2.2) */
		if (!segment->from_inside &&
		    (session_limit(nat, wp_value(segment->mapping), false) != 0 ||
		     wp_table_crowded(core->tables[NAT_PEERS], segment->mapping->tenant)))
			return true; /* likewise: what is left is for those inside */
		session = make_session(nat, core, pkt, segment);
		if (session.entry == NULL)
			return false;
		if (!opens) {
			*session.state = TCP_TRANS; /* until another one shows that it lives */
			wp_table_set_idle(session.table, session.entry, nat->tcp_idle[TCP_TRANS],
					  core->now_ns);
		}
	}
	if (segment->from_inside && !permit(nat, core, &session, segment))
		return refuse(pkt, NAT_DROP_TABLE_FULL);
	if (!is_new || opens)
		step_tcp(nat, core, &session, segment);
	return true;
}

/** A remote endpoint of UDP or ICMP may go on for as long as the mapping would. */
static void
refresh(struct wp_core *core, const struct session *session, const struct segment *segment)
{
	if (session->entry == segment->mapping)
		((struct mapping *)nat_mutable(segment->mapping))->peer_used =
			(uint32_t)(core->now_ns >> WP_TICK_SHIFT);
	else if (session->entry->idle != segment->mapping->idle)
		wp_table_set_idle(session->table, session->entry, segment->mapping->idle,
				  core->now_ns);
	else
		wp_touch(session->entry, core->now_ns);
}

/** UDP and ICMP queries: remote endpoints are of interest for filtering only. */
static bool
pass_other(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
	   const struct segment *segment)
{
	struct session session;

	if (nat->filtering == NAT_ANYBODY ||
	    ((const struct mapping *)wp_value(segment->mapping))->pinned) {
		if (segment->from_inside || nat->inbound_refresh)
			wp_touch(segment->mapping, core->now_ns);
		return true;
	}
	session = find_session(core, segment);
	if (session.entry == NULL && !segment->from_inside)
		return refuse(pkt, NAT_DROP_FILTERED);
	if (session.entry == NULL)
		session = make_session(nat, core, pkt, segment);
	if (session.entry == NULL)
		return false;
	if (segment->from_inside || nat->inbound_refresh) {
		wp_touch(segment->mapping, core->now_ns);
		refresh(core, &session, segment);
	}
	return true;
}

bool
session_pass(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
	     struct wp_entry *mapping, bool from_inside, uint32_t remote, uint16_t port)
{
	struct segment segment = {.mapping = mapping,
				  .from_inside = from_inside,
				  .remote = remote,
				  .port = port,
				  .protocol = protocol_of(pkt)};

	if (pkt->l4_proto == WP_PROTO_TCP) {
		if (pkt->l4 == 0) /* a later fragment: its first may have been dropped */
			return from_inside || may_follow(nat, core, &segment) ||
			       refuse(pkt, NAT_DROP_FILTERED);
		segment.flags = wp_l4(pkt)[TCP_FLAGS_AT];
		segment.watched =
			key_version(mapping) == 4 && ftp_is_control(nat, __builtin_bswap16(port));
		return pass_tcp(nat, core, pkt, &segment);
	}
	if (nat->filtering != NAT_ADDRESS_AND_PORT || segment.protocol == WP_PROTO_ICMP)
		segment.port = 0;
	return pass_other(nat, core, pkt, &segment);
}

void
session_expect(const struct nat *nat, struct wp_core *core, struct wp_entry *entry, uint32_t remote)
{
	const struct mapping *was = wp_value(entry);
	struct mapping *mapping;

	wp_touch(entry, core->now_ns);
	if (nat->filtering == NAT_ANYBODY || was->first_is_peer ||
	    (was->has_peer && was->state != TCP_CLOSED && was->state != TCP_FIN_BOTH))
		return; /* anybody may come; or the mapping is in use, and as it is */
	mapping = wp_write(entry, core->now_ns);
	mapping->has_peer = mapping->peer_permits = true;
	mapping->peer = remote;
	mapping->peer_port = 0;
	mapping->state = TCP_CLOSED;
	wp_written(entry);
	wp_table_set_idle(core->tables[NAT_MAPPINGS], entry, nat->idle[NAT_TCP], core->now_ns);
}

bool
session_permits(const struct nat *nat, struct wp_core *core, struct wp_entry *mapping,
		uint32_t remote, uint16_t port)
{
	const struct segment segment = {
		.mapping = mapping, .remote = remote, .port = port, .protocol = WP_PROTO_TCP};
	struct session session = find_session(core, &segment);

	return session.entry != NULL && *session.permits;
}

uint32_t
peer_expire(const struct nat *nat, struct wp_core *core, struct wp_entry *entry)
{
	const struct peer *peer = wp_value(entry);
	struct wp_entry *owner = peer->mapping;
	struct mapping *mapping = nat_mutable(owner);

	if (peer->held)
		peer_release_address(core, owner, wp_entry_key(entry));
	if (nat->n_ftp_ports != 0 && key_version(entry) == 4)
		ftp_end(nat, core, entry->tenant, wp_entry_key(entry));
	if (peer->first)
		mapping->first_is_peer = false;
	else
		((struct subscriber *)nat_mutable(mapping->subscriber))->n_sessions--;
	if (--mapping->n_peers == 0 && !mapping->has_peer && !mapping->pinned) {
		mapping_end(nat, core, owner);
		wp_table_remove(core, core->tables[NAT_MAPPINGS], owner);
	}
	return 0;
}
