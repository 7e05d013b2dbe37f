/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nat: network address and port translation for IPv4 (RFC 3022, 4787, 5382, 5508, 6888, 7857). This
 * file has what every packet passes through; how mappings begin and end is in mapping.c.
 */

#include "nat.h"

#include <errno.h>
#include <stdlib.h>

#include "config.h"
#include "parse/parse.h"
#include "state/siphash.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

enum { ICMP_ECHO_REPLY = 0, ICMP_ECHO = 8, TCP_FLAGS_AT = 13 };

static const struct wp_table_decl nat_tables[] = {
	[NAT_MAPPINGS] = {.name = "mappings",
			  .version = 1,
			  .class = WP_FLOW,
			  .common = WP_COMMON_KEY2,
			  .key = {WP_KEY_ADDR, WP_KEY_PORT, WP_KEY_U8},
			  .key2 = {WP_KEY_ADDR, WP_KEY_PORT, WP_KEY_U8},
			  .value_size = sizeof(struct mapping),
			  .max_entries = 1 << 20,
			  .idle_ms = 300000},
	[NAT_PEERS] = {.name = "peers",
		       .version = 1,
		       .class = WP_FLOW,
		       .key = {WP_KEY_ADDR, WP_KEY_PORT, WP_KEY_ADDR, WP_KEY_PORT, WP_KEY_U8},
		       .value_size = sizeof(struct peer),
		       .max_entries = 1 << 20,
		       .idle_ms = 300000},
	[NAT_SUBSCRIBERS] = {.name = "subscribers",
			     .version = 1,
			     .class = WP_FLOW,
			     .key = {WP_KEY_ADDR},
			     .value_size = sizeof(struct subscriber),
			     .max_entries = 1 << 18,
			     .idle_ms = 120000},
	[NAT_BLOCKS] = {.name = "blocks",
			.version = 1,
			.class = WP_FLOW,
			.common = WP_COMMON_KEY,
			.key = {WP_KEY_ADDR, WP_KEY_PORT},
			.value_size = sizeof(struct block),
			.max_entries = 1 << 18,
			.idle_ms = 120000},
	[NAT_ADDRESSES] = {.name = "addresses",
			   .version = 1,
			   .class = WP_ATOMIC,
			   .owner = WP_OWNER_KEY,
			   .common = WP_COMMON_KEY,
			   .key = {WP_KEY_ADDR},
			   .value_size = sizeof(struct address),
			   .max_entries = 1 << 18},
	{.name = NULL},
};

static const char *const nat_counters[] = {
	[NAT_COUNT_CREATED] = "mappings-created",  [NAT_COUNT_REMOVED] = "mappings-removed",
	[NAT_COUNT_BLOCKS_TAKEN] = "blocks-taken", [NAT_COUNT_BLOCKS_GIVEN] = "blocks-given-back",
	[NAT_COUNT_ERRORS] = "icmp-errors",        [NAT_COUNT_HAIRPINS] = "hairpins",
	[NAT_COUNT_PINGS] = "pings-answered",      NULL,
};

static const char *const nat_reasons[] = {
	[NAT_DROP_MALFORMED] = "malformed",
	[NAT_DROP_PROTOCOL] = "protocol",
	[NAT_DROP_FRAGMENT] = "fragment",
	[NAT_DROP_NO_MAPPING] = "no-mapping",
	[NAT_DROP_NO_SESSION] = "no-session",
	[NAT_DROP_FILTERED] = "filtered",
	[NAT_DROP_PORTS] = "ports-exhausted",
	[NAT_DROP_QUOTA] = "quota",
	[NAT_DROP_TABLE_FULL] = "table-full",
	[NAT_DROP_ICMP] = "icmp",
	NULL,
};

uint64_t
nat_random(struct wp_core *core)
{
	struct nat_core *scratch = core->scratch;
	const uint64_t words[2] = {core->random, ++scratch->drawn};
	const struct wp_hash_key key = {core->random ^ 0x9e3779b97f4a7c15, 0};

	return wp_siphash(&key, words, sizeof(words));
}

/* What a packet is to us. */

/** How a packet is translated. */
enum kind {
	KIND_ENDPOINT, /* TCP or UDP by port, an ICMP query by identifier */
	KIND_ERROR,    /* ICMP error: as the packet that it quotes */
	KIND_ADDRESS,  /* by whole addresses only */
	KIND_OTHER,    /* not IPv4: not for us */
	KIND_BAD,
};

static inline uint32_t
load32(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static inline uint16_t
load16(const uint8_t *at)
{
	uint16_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/** @return whether L4 ports can be read. */
static inline bool
has_ports(const struct wp_packet *pkt)
{
	return (pkt->l4_proto == WP_PROTO_TCP || pkt->l4_proto == WP_PROTO_UDP) && pkt->l4 != 0;
}

static enum kind __attribute__((noinline)) rare_kind(const struct wp_packet *pkt)
{
	if ((pkt->flags & (WP_PKT_BAD_HEADER | WP_PKT_TRUNCATED)) != 0)
		return KIND_BAD;
	if (pkt->ip_version != 4)
		return KIND_OTHER;
	if (pkt->l4_proto == WP_PROTO_ICMP && pkt->l4 != 0) {
		uint8_t type = wp_l4(pkt)[0];

		if (type == ICMP_ECHO || type == ICMP_ECHO_REPLY)
			return KIND_ENDPOINT;
		return icmp_is_error(pkt) ? KIND_ERROR : KIND_ADDRESS;
	}
	return KIND_ADDRESS;
}

static inline enum kind
kind_of(const struct wp_packet *pkt)
{
	if (likely(has_ports(pkt) && pkt->ip_version == 4 &&
		   (pkt->flags & (WP_PKT_BAD_HEADER | WP_PKT_TRUNCATED)) == 0))
		return KIND_ENDPOINT;
	return rare_kind(pkt);
}

/** @return the port of a packet's own side, or the identifier, network order. Only KIND_ENDPOINT.
 */
static inline uint16_t
port_of(const struct wp_packet *pkt, bool source)
{
	const uint8_t *l4 = wp_l4(pkt);

	return load16(l4 + (pkt->l4_proto == WP_PROTO_ICMP ? 4 : source ? 0 : 2));
}

/* Looking up. */

static void __attribute__((noinline))
ask_quoted(struct wp_keys *keys, uint16_t i, const struct wp_packet *pkt)
{
	struct quoted quoted;

	if (!quoted_read(pkt, &quoted))
		return;
	if (pkt->inside == WP_INSIDE_SOURCE)
		mapping_key(wp_key_ask(keys, i, NAT_MAPPINGS, 4), quoted.ip + 16, quoted.dest,
			    quoted.l4_protocol);
	else
		mapping_key(wp_key_ask_second(keys, i, NAT_MAPPINGS, 4), quoted.ip + 12,
			    quoted.source, quoted.l4_protocol);
}

static void
nat_keys(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n,
	 struct wp_keys *keys)
{
	for (uint16_t i = 0; i < n; i++) {
		const struct wp_packet *pkt = pkts[i];
		enum kind kind = kind_of(pkt);

		if (unlikely(kind == KIND_ERROR))
			ask_quoted(keys, i, pkt);
		if (unlikely(kind != KIND_ENDPOINT))
			continue;
		if (pkt->inside == WP_INSIDE_SOURCE)
			mapping_key(wp_key_ask(keys, i, NAT_MAPPINGS, 4), wp_l3(pkt) + 12,
				    port_of(pkt, true), pkt->l4_proto);
		else
			mapping_key(wp_key_ask_second(keys, i, NAT_MAPPINGS, 4), wp_l3(pkt) + 16,
				    port_of(pkt, false), pkt->l4_proto);
	}
}

/* Translating. */

/** Adds a difference to a checksum (RFC 1624). */
static inline void
add_to_sum(uint8_t *at, uint16_t delta)
{
	uint16_t sum = load16(at);
	uint32_t wide = (uint32_t)(uint16_t)~sum + delta;

	sum = (uint16_t) ~((wide & 0xffff) + (wide >> 16));
	memcpy(at, &sum, sizeof(sum));
}

/** Likewise in a UDP header: 0 means that there is none (RFC 768). */
static inline void
add_to_udp_sum(uint8_t *at, uint16_t delta)
{
	static const uint16_t ones = UINT16_MAX;

	if (load16(at) == 0)
		return;
	add_to_sum(at, delta);
	if (load16(at) == 0)
		memcpy(at, &ones, sizeof(ones));
}

/** Gives one side of a packet another endpoint. @param deltas  what the sums gain */
static inline void
set_endpoint(struct wp_packet *pkt, bool source, uint32_t address, uint16_t port,
	     uint16_t address_delta, uint16_t delta)
{
	uint8_t *ip = wp_l3(pkt), *l4 = wp_l4(pkt);
	uint16_t host_port = __builtin_bswap16(port);

	memcpy(ip + (source ? 12 : 16), &address, sizeof(address));
	add_to_sum(ip + 10, address_delta);
	if (likely(pkt->l4_proto == WP_PROTO_TCP)) {
		add_to_sum(l4 + 16, delta);
	} else if (pkt->l4_proto == WP_PROTO_UDP) {
		add_to_udp_sum(l4 + 6, delta);
	} else {
		add_to_sum(l4 + 2, delta);
		memcpy(l4 + 4, &port, sizeof(port));
		pkt->l4_dport = host_port;
		return;
	}
	memcpy(l4 + (source ? 0 : 2), &port, sizeof(port));
	*(source ? &pkt->l4_sport : &pkt->l4_dport) = host_port;
}

static inline void
translate_out(struct wp_packet *pkt, const struct mapping *mapping)
{
	set_endpoint(pkt, true, mapping->outside, mapping->outside_port, mapping->address_delta,
		     mapping->delta);
}

static inline void
translate_in(struct wp_packet *pkt, const struct wp_entry *entry, const struct mapping *mapping)
{
	const uint8_t *inside = wp_entry_key(entry);

	set_endpoint(pkt, false, load32(inside), load16(inside + 4),
		     (uint16_t)~mapping->address_delta, (uint16_t)~mapping->delta);
}

/** Gives one side of a packet another address, and another port when it has one. */
static void
set_fixed(struct wp_packet *pkt, bool source, uint32_t to, uint16_t port)
{
	uint8_t *at = wp_l3(pkt) + (source ? 12 : 16);
	uint32_t from = load32(at);

	if (has_ports(pkt)) {
		uint16_t from_port = port_of(pkt, source);

		if (port == 0)
			port = from_port;
		set_endpoint(pkt, source, to, port, nat_difference(from, to, 0, 0),
			     nat_difference(from, to, from_port, port));
		return;
	}
	memcpy(at, &to, sizeof(to));
	add_to_sum(wp_l3(pkt) + 10, nat_difference(from, to, 0, 0));
}

/* What is not established. */

/** @return whether a packet is an echo request. */
static bool
is_ping(const struct wp_packet *pkt)
{
	return pkt->l4_proto == WP_PROTO_ICMP && pkt->l4 != 0 && wp_l4(pkt)[0] == ICMP_ECHO &&
	       (pkt->flags & WP_PKT_FRAGMENT) == 0;
}

static void
answer_ping(struct wp_core *core, struct wp_packet *pkt)
{
	icmp_answer_echo(pkt);
	wp_count(core, NAT_COUNT_PINGS, 1);
	wp_reply(pkt);
}

/** A packet whose source is translated: is it for another inside host? Then it comes in again, as
 * if from outside (RFC 4787 REQ-9). */
static inline void
hairpin(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	uint32_t dest = load32(wp_l3(pkt) + 16);

	if (likely(__builtin_bswap32(dest) - nat->outside_first >= nat->outside_size) ||
	    !nat_is_outside(nat, dest))
		return;
	wp_count(core, NAT_COUNT_HAIRPINS, 1);
	pkt->inside = WP_INSIDE_DESTINATION;
	pkt->verdict = WP_AGAIN;
}

static void
error_out(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	struct wp_entry *entry = pkt->state[0];
	const struct fixed *fixed;
	struct quoted quoted;

	if (!quoted_read(pkt, &quoted)) {
		wp_drop(pkt, NAT_DROP_ICMP);
		return;
	}
	fixed = fixed_inside(nat, pkt->tenant, load32(quoted.ip + 16), quoted.dest,
			     quoted.l4_protocol);
	if (fixed != NULL) {
		icmp_translate(pkt, &quoted, true, fixed->inside, quoted.dest, fixed->outside,
			       fixed->outside_port != 0 ? fixed->outside_port : quoted.dest);
	} else if (entry != NULL) {
		const struct mapping *mapping = wp_value(entry);

		icmp_translate(pkt, &quoted, true, 0, 0, mapping->outside, mapping->outside_port);
	} else {
		wp_drop(pkt, NAT_DROP_NO_MAPPING);
		return;
	}
	wp_count(core, NAT_COUNT_ERRORS, 1);
	hairpin(nat, core, pkt);
}

static void
error_in(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	struct wp_entry *entry = pkt->state[0];
	const struct fixed *fixed;
	struct quoted quoted;

	if (!quoted_read(pkt, &quoted) || memcmp(quoted.ip + 12, wp_l3(pkt) + 16, 4) != 0) {
		wp_drop(pkt, NAT_DROP_ICMP);
		return;
	}
	fixed = fixed_outside(nat, load32(quoted.ip + 12), quoted.source, quoted.l4_protocol);
	if (fixed != NULL) {
		icmp_translate(pkt, &quoted, false, fixed->inside,
			       fixed->inside_port != 0 ? fixed->inside_port : quoted.source,
			       fixed->outside, quoted.source);
	} else if (entry != NULL) {
		const uint8_t *inside = wp_entry_key(entry);

		icmp_translate(pkt, &quoted, false, load32(inside), load16(inside + 4), 0, 0);
	} else {
		wp_drop(pkt, NAT_DROP_NO_MAPPING);
		return;
	}
	wp_count(core, NAT_COUNT_ERRORS, 1);
}

/** Drops what is never translated, and lets through what is not ours. @return whether that was it
 */
static bool
set_aside(struct wp_packet *pkt, enum kind kind)
{
	if (kind == KIND_BAD)
		wp_drop(pkt, NAT_DROP_MALFORMED);
	return kind == KIND_BAD || kind == KIND_OTHER;
}

/** @return the fixed mapping of a packet's inside endpoint. */
static const struct fixed *
fixed_of_source(const struct nat *nat, const struct wp_packet *pkt, enum kind kind)
{
	bool ports = kind == KIND_ENDPOINT && has_ports(pkt);

	return fixed_inside(nat, pkt->tenant, load32(wp_l3(pkt) + 12),
			    ports ? port_of(pkt, true) : 0, ports ? pkt->l4_proto : 0);
}

static const struct fixed *
fixed_of_dest(const struct nat *nat, const struct wp_packet *pkt, enum kind kind)
{
	bool ports = kind == KIND_ENDPOINT && has_ports(pkt);

	return fixed_outside(nat, load32(wp_l3(pkt) + 16), ports ? port_of(pkt, false) : 0,
			     ports ? pkt->l4_proto : 0);
}

/** @return why a packet that has no mapping cannot get one; NAT_DROP_TABLE_FULL: it can. */
static enum nat_reason
no_mapping_for(const struct nat *nat, const struct wp_packet *pkt, enum kind kind)
{
	if (kind != KIND_ENDPOINT)
		return (pkt->flags & WP_PKT_LATER_FRAGMENT) != 0 ? NAT_DROP_FRAGMENT
								 : NAT_DROP_PROTOCOL;
	if (pkt->l4_proto == WP_PROTO_TCP && !nat->tcp_loose &&
	    (wp_l4(pkt)[TCP_FLAGS_AT] & (TCP_SYN | TCP_RST)) != TCP_SYN)
		return NAT_DROP_NO_SESSION;
	if (pkt->l4_proto == WP_PROTO_ICMP && wp_l4(pkt)[0] != ICMP_ECHO)
		return NAT_DROP_NO_MAPPING;
	return NAT_DROP_TABLE_FULL;
}

static enum nat_proto
proto_of(const struct wp_packet *pkt)
{
	return pkt->l4_proto == WP_PROTO_TCP   ? NAT_TCP
	       : pkt->l4_proto == WP_PROTO_UDP ? NAT_UDP
					       : NAT_ICMP;
}

/** A packet from inside that is not simply part of an established conversation. */
static void __attribute__((noinline))
out_slowly(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	enum kind kind = kind_of(pkt);
	struct wp_entry *entry = pkt->state[0];
	const struct fixed *fixed;

	if (set_aside(pkt, kind))
		return;
	if (kind == KIND_ERROR) {
		error_out(nat, core, pkt);
		return;
	}
	fixed = fixed_of_source(nat, pkt, kind);
	if (fixed != NULL) {
		set_fixed(pkt, true, fixed->outside, fixed->outside_port);
		hairpin(nat, core, pkt);
		return;
	}
	if (nat->ping && is_ping(pkt) && nat_pool_of(nat, load32(wp_l3(pkt) + 16)) != NULL) {
		answer_ping(core, pkt);
		return;
	}
	if (entry == NULL) {
		enum nat_reason reason = no_mapping_for(nat, pkt, kind);

		if (reason != NAT_DROP_TABLE_FULL) {
			wp_drop(pkt, reason);
			return;
		}
		entry = mapping_make(nat, core, pkt, proto_of(pkt), port_of(pkt, true));
	}
	if (entry == NULL || !session_pass(nat, core, pkt, entry, true, load32(wp_l3(pkt) + 16),
					   port_of(pkt, false)))
		return;
	translate_out(pkt, wp_value(entry));
	hairpin(nat, core, pkt);
}

/** A packet from outside that no mapping is for. */
static void
in_unmatched(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt, enum kind kind)
{
	uint32_t dest = load32(wp_l3(pkt) + 16);
	const struct fixed *fixed = fixed_of_dest(nat, pkt, kind);

	if (fixed != NULL)
		set_fixed(pkt, false, fixed->inside, fixed->inside_port);
	else if (!nat_is_outside(nat, dest) && nat->forward_unmatched)
		return;
	else if (nat->ping && is_ping(pkt) && nat_pool_of(nat, dest) != NULL)
		answer_ping(core, pkt);
	else if (kind == KIND_ENDPOINT)
		wp_drop(pkt, NAT_DROP_NO_MAPPING);
	else
		wp_drop(pkt, (pkt->flags & WP_PKT_LATER_FRAGMENT) != 0 ? NAT_DROP_FRAGMENT
								       : NAT_DROP_PROTOCOL);
}

/** A packet from outside that is not simply part of an established conversation. */
static void __attribute__((noinline))
in_slowly(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	enum kind kind = kind_of(pkt);
	struct wp_entry *entry = pkt->state[0];

	if (set_aside(pkt, kind))
		return;
	if (kind == KIND_ERROR) {
		error_in(nat, core, pkt);
	} else if (entry == NULL || is_ping(pkt)) {
		in_unmatched(nat, core, pkt, kind);
	} else if (session_pass(nat, core, pkt, entry, false, load32(wp_l3(pkt) + 12),
				port_of(pkt, true))) {
		translate_in(pkt, entry, wp_value(entry));
	}
}

/** @return whether a packet needs nothing but translation: UDP that anybody may use, or TCP between
 * the mapping's first two, established. */
static inline bool
is_established(const struct nat *nat, const struct wp_packet *pkt, const struct mapping *mapping,
	       bool from_inside)
{
	const uint8_t *ip = wp_l3(pkt), *l4 = wp_l4(pkt);

	if (likely(pkt->l4_proto == WP_PROTO_TCP))
		return mapping->state == TCP_ESTABLISHED &&
		       (l4[TCP_FLAGS_AT] & (TCP_SYN | TCP_FIN | TCP_RST)) == 0 &&
		       mapping->peer == load32(ip + (from_inside ? 16 : 12)) &&
		       mapping->peer_port == load16(l4 + (from_inside ? 2 : 0));
	return pkt->l4_proto == WP_PROTO_UDP && nat->filtering == NAT_ANYBODY &&
	       (from_inside || nat->inbound_refresh);
}

static inline void
outbound(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	struct wp_entry *entry = pkt->state[0];

	if (likely(entry != NULL && is_established(nat, pkt, wp_value(entry), true))) {
		wp_touch(entry, core->now_ns);
		translate_out(pkt, wp_value(entry));
		hairpin(nat, core, pkt);
		return;
	}
	out_slowly(nat, core, pkt);
}

static inline void
inbound(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	struct wp_entry *entry = pkt->state[0];
	bool again = (pkt->flags & WP_PKT_AGAIN) != 0;

	if (likely(entry != NULL && is_established(nat, pkt, wp_value(entry), false))) {
		wp_touch(entry, core->now_ns);
		translate_in(pkt, entry, wp_value(entry));
	} else {
		in_slowly(nat, core, pkt);
	}
	if (unlikely(again) && pkt->verdict == WP_NEXT)
		pkt->verdict = WP_TURN;
}

static void
nat_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	const struct nat *nat = inst;

	for (uint16_t i = 0; i < n; i++) {
		if (pkts[i]->inside == WP_INSIDE_SOURCE)
			outbound(nat, core, pkts[i]);
		else
			inbound(nat, core, pkts[i]);
	}
}

static uint32_t
nat_expire(const void *inst, struct wp_core *core, unsigned int table, struct wp_entry *entry)
{
	const struct nat *nat = inst;

	switch ((enum nat_table)table) {
	case NAT_MAPPINGS:
		return mapping_expire(nat, core, entry);
	case NAT_PEERS:
		return peer_expire(nat, core, entry);
	case NAT_SUBSCRIBERS:
		return subscriber_expire(nat, entry);
	case NAT_BLOCKS:
		return block_expire(nat, core, entry);
	default:
		return 0;
	}
}

static int
nat_open_core(struct wp_env *env, const void *inst, struct wp_core *core)
{
	core->scratch = calloc(1, sizeof(struct nat_core));
	return core->scratch == NULL ? wp_error(env, -ENOMEM, NULL, "no memory for a worker") : 0;
}

static void
nat_close_core(const void *inst, struct wp_core *core)
{
	free(core->scratch);
}

const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.flags = WP_NEVER_BYPASS | WP_NEEDS_L4 | WP_NEEDS_HOST,
	.name = "nat",
	.summary = "translates addresses and ports of IPv4",
	.fields = nat_fields,
	.step_fields = nat_step_fields,
	.config_size = sizeof(struct nat_conf),
	.step_size = sizeof(struct nat_step_conf),
	.tables = nat_tables,
	.counters = nat_counters,
	.reasons = nat_reasons,
	.open = nat_open,
	.close = nat_close,
	.burst = nat_burst,
	.open_core = nat_open_core,
	.close_core = nat_close_core,
	.open_step = nat_open_step,
	.close_step = nat_close_step,
	.keys = nat_keys,
	.expire = nat_expire,
};
