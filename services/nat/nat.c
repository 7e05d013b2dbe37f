/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nat: network address and port translation, between IPv4 and IPv4 (RFC 3022, 4787, 5382, 5508,
 * 6888, 7857) and from IPv6 to IPv4 (RFC 6146; nat64.h). This file has what every packet passes
 * through; how mappings begin and end is in mapping.c.
 */

#include "nat.h"

#include <errno.h>
#include <stdlib.h>

#include "ask.h"
#include "config.h"
#include "ftp.h"
#include "pcp.h"
#include "restore.h"
#include "state/siphash.h"
#include "translate.h"

static const struct wp_table_decl nat_tables[] = {
	[NAT_MAPPINGS] = {.name = "mappings",
			  .version = 4,
			  .class = WP_FLOW,
			  .common = WP_COMMON_KEY2,
			  .key = {WP_KEY_ADDR, WP_KEY_PORT, WP_KEY_U8},
			  .key2 = {WP_KEY_ADDR4, WP_KEY_PORT, WP_KEY_U8},
			  .rank = 2,
			  .local = 2 * sizeof(void *), /* subscriber and block */
			  .value_size = sizeof(struct mapping),
			  .max_entries = 1 << 20,
			  .idle_ms = 300000},
	[NAT_PEERS] = {.name = "peers",
		       .version = 3,
		       .class = WP_FLOW,
		       .key = {WP_KEY_ADDR, WP_KEY_PORT, WP_KEY_ADDR4, WP_KEY_PORT, WP_KEY_U8},
		       .rank = 3,
		       .local = sizeof(void *), /* mapping */
		       .value_size = sizeof(struct peer),
		       .max_entries = 1 << 20,
		       .idle_ms = 300000},
	[NAT_SUBSCRIBERS] = {.name = "subscribers",
			     .version = 2,
			     .class = WP_FLOW,
			     .key = {WP_KEY_ADDR},
			     .local = sizeof(void *), /* list of blocks */
			     .value_size = sizeof(struct subscriber),
			     .max_entries = 1 << 18,
			     .idle_ms = 120000},
	[NAT_BLOCKS] = {.name = "blocks",
			.version = 3,
			.class = WP_FLOW,
			.common = WP_COMMON_KEY,
			.key = {WP_KEY_ADDR4, WP_KEY_PORT},
			.rank = 1,
			.local = 2 * sizeof(void *), /* subscriber, and the next of the list */
			.value_size = sizeof(struct block),
			.max_entries = 1 << 18,
			.idle_ms = 120000},
	[NAT_ADDRESSES] = {.name = "addresses",
			   .version = 2,
			   .class = WP_ATOMIC,
			   .owner = WP_OWNER_KEY,
			   .common = WP_COMMON_KEY,
			   .key = {WP_KEY_ADDR4},
			   .stays = 1, /* blocks say which of them are taken */
			   .value_size = sizeof(struct address),
			   .max_entries = 1 << 18},
	[NAT_CLAIMS] = {.name = "claims",
			.version = 1,
			.class = WP_FLOW,
			.key = {WP_KEY_ADDR, WP_KEY_PORT, WP_KEY_U8},
			.rank = 3,
			.value_size = sizeof(struct claim),
			.max_entries = 1 << 16,
			.idle_ms = 120000},
	[NAT_FTP] = {.name = "ftp",
		     .version = 1,
		     .class = WP_FLOW,
		     .common = WP_COMMON_KEY2,
		     .key = {WP_KEY_ADDR, WP_KEY_PORT, WP_KEY_ADDR, WP_KEY_PORT},
		     .key2 = {WP_KEY_ADDR, WP_KEY_PORT, WP_KEY_ADDR, WP_KEY_PORT},
		     .rank = 4,
		     .value_size = sizeof(struct ftp),
		     .max_entries = 1 << 16,
		     .idle_ms = 7440000},
	/* Hosts of a prefix are steered one by one: their packets meet where their prefix is. */
	[NAT_SUBSCRIBERS6] = {.name = "subscribers6",
			      .version = 1,
			      .class = WP_FLOW,
			      .owner = WP_OWNER_KEY,
			      .key = {WP_KEY_ADDR},
			      .local = sizeof(void *), /* list of blocks */
			      .value_size = sizeof(struct subscriber),
			      .max_entries = 1 << 18,
			      .idle_ms = 120000},
	{.name = NULL},
};

static const char *const nat_counters[] = {
	[NAT_COUNT_CREATED] = "mappings-created",
	[NAT_COUNT_REMOVED] = "mappings-removed",
	[NAT_COUNT_BLOCKS_TAKEN] = "blocks-taken",
	[NAT_COUNT_BLOCKS_GIVEN] = "blocks-given-back",
	[NAT_COUNT_ERRORS] = "icmp-errors",
	[NAT_COUNT_HAIRPINS] = "hairpins",
	[NAT_COUNT_PINGS] = "pings-answered",
	[NAT_COUNT_QUOTA] = "quota-answers",
	[NAT_COUNT_EXHAUSTED] = "exhausted-answers",
	[NAT_COUNT_RESTORED] = "mappings-restored",
	[NAT_COUNT_PCP] = "pcp-granted",
	[NAT_COUNT_PCP_REFUSED] = "pcp-refused",
	[NAT_COUNT_SYNS] = "syns-answered",
	[NAT_COUNT_FTP] = "ftp-lines",
	[NAT_COUNT_FTP_LEFT] = "ftp-lines-left",
	[NAT_COUNT_CUT] = "nat64-cut",
	[NAT_COUNT_TOO_BIG] = "too-big-answers",
	[NAT_COUNT_LOG] = NAT_LOG_COUNT_NAMES,
	NULL,
};

static const char *const nat_alerts[] = {"ports-exhausted", "quota", "table-full", NULL};

_Static_assert(sizeof(nat_counters) / sizeof(nat_counters[0]) == NAT_COUNT_LOG + NAT_LOG_COUNTS + 1,
	       "each counter has a name: what has none is another's");

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
	[NAT_DROP_CHECKSUM] = "checksum",
	[NAT_DROP_ADDRESS] = "address",
	[NAT_DROP_FTP] = "ftp",
	[NAT_DROP_TOO_BIG] = "too-big",
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

/* Looking up. */

static void __attribute__((noinline))
ask_quoted(struct wp_keys *keys, uint16_t i, const struct wp_packet *pkt)
{
	struct quoted quoted;

	if (!quoted_read(pkt, &quoted) || !quoted.has_ports)
		return;
	if (pkt->inside == WP_INSIDE_SOURCE)
		mapping_key(wp_key_ask(keys, i, NAT_MAPPINGS, 4), quoted.ip + 16, quoted.dest,
			    quoted.l4_protocol);
	else
		mapping_key(wp_key_ask_second(keys, i, NAT_MAPPINGS, 4), quoted.ip + 12,
			    quoted.source, quoted.l4_protocol);
}

/** Asks for the host of a first packet, too: it would have to be looked up alone otherwise. */
static void __attribute__((noinline))
ask_subscriber(struct wp_keys *keys, uint16_t i, const struct wp_packet *pkt)
{
	memcpy(wp_key_ask(keys, i, NAT_SUBSCRIBERS, 4), wp_source(pkt), 4);
}

static void
nat_keys(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n,
	 struct wp_keys *keys)
{
	const struct nat *nat = inst;
	uint32_t six = 0; /* bits: packets */

	for (uint16_t i = 0; i < n; i++) {
		const struct wp_packet *pkt = pkts[i];
		enum kind kind = kind_of(pkt);

		if (unlikely(kind == KIND_ERROR))
			ask_quoted(keys, i, pkt);
		if (unlikely(kind == KIND_OTHER) && nat64_is_for(&nat->six, pkt))
			six |= 1u << i;
		if (unlikely(kind != KIND_ENDPOINT))
			continue;
		if (pkt->inside == WP_INSIDE_SOURCE) {
			mapping_key(wp_key_ask(keys, i, NAT_MAPPINGS, 4), wp_l3(pkt) + 12,
				    port_of(pkt, true), pkt->l4_proto);
			if (unlikely(is_first(pkt)))
				ask_subscriber(keys, i, pkt);
		} else {
			mapping_key(wp_key_ask_second(keys, i, NAT_MAPPINGS, 4), wp_l3(pkt) + 16,
				    port_of(pkt, false), pkt->l4_proto);
		}
	}
	if (unlikely(six != 0))
		nat64_keys(nat, keys, pkts, six);
	if (unlikely(nat->n_ftp_ports != 0))
		ftp_keys(nat, pkts, n, keys);
}

/** Asks for the block that a first packet's port will come from. */
static inline void
look_ahead(const struct wp_packet *pkt)
{
	const struct wp_entry *subscriber = pkt->state[1];
	const char *block;

	if (likely(subscriber == NULL || pkt->state[0] != NULL || !is_first(pkt)))
		return;
	block = (const char *)((const struct subscriber *)wp_value(subscriber))->blocks;
	__builtin_prefetch(block);
	__builtin_prefetch(block + 64);
	__builtin_prefetch(block + 128);
}

/* What is established. */

/** @return whether an address may be one of ours: most are not. */
static inline bool
may_be_outside(const struct nat *nat, uint32_t address)
{
	return unlikely(__builtin_bswap32(address) - nat->outside_first < nat->outside_size);
}

/** @return whether UDP needs nothing but translation: anybody may use the mapping, and nobody is
 * lied to about addresses. */
static inline bool
is_plain_udp(const struct nat *nat, const struct wp_packet *pkt, bool from_inside)
{
	uint32_t remote = from_inside ? dest_of(pkt) : source_of(pkt);

	return pkt->l4_proto == WP_PROTO_UDP && pkt->l4 != 0 && udp_fits(pkt) &&
	       nat->filtering == NAT_ANYBODY && (from_inside || nat->inbound_refresh) &&
	       pkt->l4_sport != 0 && pkt->l4_dport != 0 && !is_nowhere(remote) &&
	       (!from_inside || pkt->l4_dport != nat->pcp.port) &&
	       (from_inside || !may_be_outside(nat, remote));
}

/** @return whether a packet needs nothing but translation: such UDP, or TCP between the mapping's
 * first two, established. */
static inline bool
is_established(const struct nat *nat, const struct wp_packet *pkt, const struct mapping *mapping,
	       bool from_inside)
{
	if (likely(pkt->l4_proto == WP_PROTO_TCP && pkt->l4 != 0))
		return mapping->state == TCP_ESTABLISHED && mapping->has_peer &&
		       (wp_l4(pkt)[TCP_FLAGS_AT] & (TCP_SYN | TCP_FIN | TCP_RST)) == 0 &&
		       mapping->peer == (from_inside ? dest_of(pkt) : source_of(pkt)) &&
		       mapping->peer_port == port_of(pkt, !from_inside);
	return is_plain_udp(nat, pkt, from_inside) &&
	       (!from_inside || mapping->checked == nat->fixed_mark);
}

static inline void
outbound(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	struct wp_entry *entry = pkt->state[0];

	if (unlikely(entry == NULL || key_version(entry) != 4 ||
		     !is_established(nat, pkt, wp_value(entry), true))) {
		nat_out_slowly(nat, core, pkt);
		return;
	}
	wp_touch(entry, core->now_ns);
	translate_out(pkt, wp_value(entry));
	if (may_be_outside(nat, dest_of(pkt)))
		nat_hairpin(nat, core, pkt);
}

static inline void
inbound(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	struct wp_entry *entry = pkt->state[0];

	if (unlikely(entry == NULL || entry->tenant != pkt->tenant || key_version(entry) != 4 ||
		     (pkt->flags & WP_PKT_AGAIN) != 0 ||
		     !is_established(nat, pkt, wp_value(entry), false))) {
		nat_in_slowly(nat, core, pkt);
		return;
	}
	wp_touch(entry, core->now_ns);
	translate_in(pkt, entry, wp_value(entry));
}

static void
nat_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	const struct nat *nat = inst;

	for (uint16_t i = 0; i < n; i++)
		look_ahead(pkts[i]);
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
	case NAT_SUBSCRIBERS6:
		return subscriber_expire(nat, entry);
	case NAT_BLOCKS:
		return block_expire(nat, core, entry);
	case NAT_CLAIMS:
		return claim_expire(nat, core, entry);
	case NAT_FTP:
		return ftp_expire(nat, core, entry);
	default:
		return 0;
	}
}

static void
nat_tick(const void *inst, struct wp_core *core, uint64_t now_ns)
{
	tell_shares(inst, core);
	knock_answer(inst, core, now_ns);
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

static int
nat_open_log(struct wp_env *env, const void *inst, void *old, void **log)
{
	const struct nat *nat = inst;

	return nat_log_open(env, "log", &nat->log, old, (struct nat_log **)log);
}

static void
nat_log(void *log, const void *inst, uint64_t *counters, const struct wp_event *events,
	unsigned int n)
{
	const struct nat *nat = inst;

	nat_log_write(log, &nat->names, counters + NAT_COUNT_LOG, events, n);
}

static void
nat_tick_log(void *log, uint64_t *counters, uint64_t now_ns)
{
	nat_log_tick(log, counters + NAT_COUNT_LOG, now_ns);
}

static void
nat_end_log(void *log, uint64_t *counters)
{
	nat_log_close(log, counters + NAT_COUNT_LOG);
}

const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.flags = WP_NEVER_BYPASS | WP_NEEDS_L4 | WP_NEEDS_HOST | WP_CHANGES_FLOWS,
	.name = "nat",
	.summary = "translates addresses and ports, to IPv4 from IPv4 and IPv6",
	.fields = nat_fields,
	.step_fields = nat_step_fields,
	.config_size = sizeof(struct nat_conf),
	.step_size = sizeof(struct nat_step_conf),
	.tables = nat_tables,
	.counters = nat_counters,
	.reasons = nat_reasons,
	.alerts = nat_alerts,
	.open = nat_open,
	.close = nat_close,
	.burst = nat_burst,
	.open_core = nat_open_core,
	.close_core = nat_close_core,
	.open_step = nat_open_step,
	.close_step = nat_close_step,
	.keys = nat_keys,
	.tick = nat_tick,
	.expire = nat_expire,
	.ask = nat_ask,
	.open_log = nat_open_log,
	.log = nat_log,
	.log_tick = nat_tick_log,
	.close_log = nat_end_log,
	.home = nat_home,
	.restore = nat_restore,
};
