/* SPDX-License-Identifier: BSD-3-Clause */
/* firewall: ordered rules by tenant, address, protocol and port; the first that matches decides,
 * and counts. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parse/parse.h"
#include "rules.h"
#include "service.h"
#include "state/state.h"

enum action { ACTION_ALLOW, ACTION_DROP };
enum fragments { FRAGMENTS_JUDGE, FRAGMENTS_DROP };

/** One rule as configured. */
struct rule_conf {
	const char *name, *tenant;
	uint32_t action; /* enum action */
	struct wp_prefix from, to;
	uint32_t protocol; /* index into protocols */
	struct wp_port_range from_port, to_port;
};

struct firewall_conf {
	struct wp_list rules; /* struct rule_conf */
	uint32_t dflt, other; /* enum action */
	uint32_t fragments;   /* enum fragments */
};

/** What becomes of packets that match a rule. */
struct decision {
	struct wp_entry *hits;
	uint8_t action; /* enum action */
};

struct firewall {
	struct rule_list v4, v6;
	uint8_t dflt, other;     /* enum action */
	uint8_t fragments;       /* enum fragments */
	struct decision rules[]; /* index: rule's number, its place in the configuration */
};

static const char *const actions[] = {"allow", "drop", NULL};
static const char *const fragment_choices[] = {"judge", "drop", NULL};
static const char *const protocols[] = {"any", "tcp",  "udp",  "icmp", "icmpv6",
					"esp", "sctp", "dccp", NULL};
static const int16_t protocol_numbers[] = {
	-1,           WP_PROTO_TCP,  WP_PROTO_UDP, WP_PROTO_ICMP, WP_PROTO_ICMPV6,
	WP_PROTO_ESP, WP_PROTO_SCTP, WP_PROTO_DCCP};

#define RULE(NAME) .offset = offsetof(struct rule_conf, NAME)
#define CONF(NAME) .offset = offsetof(struct firewall_conf, NAME)

static const struct wp_field rule_fields[] = {
	{.name = "name",
	 .type = WP_STRING,
	 RULE(name),
	 .min = 0,
	 .max = 63,
	 .dflt = "\"\"",
	 .help = "a name for people"},
	{.name = "action",
	 .type = WP_ENUM,
	 RULE(action),
	 .choices = actions,
	 .help = "what becomes of the packet"},
	{.name = "tenant",
	 .type = WP_STRING,
	 RULE(tenant),
	 .min = 0,
	 .max = 63,
	 .dflt = "\"\"",
	 .help = "packets of this tenant only; empty: of all"},
	{.name = "from",
	 .type = WP_PREFIX,
	 RULE(from),
	 .dflt = "\"any\"",
	 .help = "source addresses"},
	{.name = "to",
	 .type = WP_PREFIX,
	 RULE(to),
	 .dflt = "\"any\"",
	 .help = "destination addresses"},
	{.name = "protocol",
	 .type = WP_ENUM,
	 RULE(protocol),
	 .choices = protocols,
	 .dflt = "\"any\"",
	 .help = "protocol above IP"},
	{.name = "from_port",
	 .type = WP_PORT_RANGE,
	 RULE(from_port),
	 .dflt = "\"any\"",
	 .help = "source ports; packets without ports match any only"},
	{.name = "to_port",
	 .type = WP_PORT_RANGE,
	 RULE(to_port),
	 .dflt = "\"any\"",
	 .help = "destination ports; packets without ports match any only"},
	{.name = NULL},
};

static const struct wp_field firewall_fields[] = {
	{.name = "rules",
	 .type = WP_LIST,
	 CONF(rules),
	 .max = RULES_MAX,
	 .fields = rule_fields,
	 .item_size = sizeof(struct rule_conf),
	 .dflt = "[]",
	 .help = "rules; the first that matches decides"},
	{.name = "default",
	 .type = WP_ENUM,
	 CONF(dflt),
	 .choices = actions,
	 .dflt = "\"drop\"",
	 .help = "for IP packets that match no rule"},
	{.name = "other",
	 .type = WP_ENUM,
	 CONF(other),
	 .choices = actions,
	 .dflt = "\"allow\"",
	 .help = "for packets that are not IP, such as ARP"},
	{.name = "fragments",
	 .type = WP_ENUM,
	 CONF(fragments),
	 .choices = fragment_choices,
	 .dflt = "\"judge\"",
	 .help = "fragments that are not the first: judged as the first one of their datagram, or "
		 "dropped"},
	{.name = NULL},
};

enum { TABLE_HITS };
static const struct wp_table_decl firewall_tables[] = {
	[TABLE_HITS] = {.name = "hits",
			.version = 1,
			.class = WP_SHARED,
			.owner = WP_OWNER_KEY,
			.key = {WP_KEY_U32},
			.value_size = sizeof(uint64_t),
			.max_entries = 65536},
	{.name = NULL},
};

enum { COUNT_ALLOWED, COUNT_DEFAULT, COUNT_OTHER };
static const char *const firewall_counters[] = {
	[COUNT_ALLOWED] = "allowed",
	[COUNT_DEFAULT] = "no-rule-matched",
	[COUNT_OTHER] = "not-ip",
	NULL,
};

enum { DROP_RULE, DROP_DEFAULT, DROP_OTHER, DROP_FRAGMENT, DROP_MALFORMED };
static const char *const firewall_reasons[] = {
	[DROP_RULE] = "rule",         [DROP_DEFAULT] = "default",     [DROP_OTHER] = "not-ip",
	[DROP_FRAGMENT] = "fragment", [DROP_MALFORMED] = "malformed", NULL,
};

/** Compiles one rule. @return 0 or a negative errno after wp_error() */
static int
compile_rule(struct wp_env *env, struct firewall *firewall, const struct rule_conf *conf,
	     uint32_t number)
{
	struct rule_match match = {
		.from = conf->from,
		.to = conf->to,
		.from_port = conf->from_port,
		.to_port = conf->to_port,
		.tenant = -1,
		.proto = protocol_numbers[conf->protocol],
	};
	char member[48];

	if (conf->tenant[0] != '\0')
		match.tenant = wp_env_tenant_id(env, conf->tenant);
	if (match.tenant < -1) {
		snprintf(member, sizeof(member), "rules/%u/tenant", number);
		return wp_error(env, -EINVAL, member, "tenant: there is no tenant '%s'",
				conf->tenant);
	}
	if (conf->from.addr.version != 0 && conf->to.addr.version != 0 &&
	    conf->from.addr.version != conf->to.addr.version) {
		snprintf(member, sizeof(member), "rules/%u/to", number);
		return wp_error(env, -EINVAL, member, "to: is not of the address family of from");
	}
	rules_add(&firewall->v4, &match, number);
	rules_add(&firewall->v6, &match, number);
	firewall->rules[number].action = (uint8_t)conf->action;
	return wp_env_entry(env, TABLE_HITS, 4, &number, &firewall->rules[number].hits);
}

static void
firewall_close(void *inst)
{
	struct firewall *firewall = inst;

	if (firewall == NULL)
		return;
	rules_close(&firewall->v4);
	rules_close(&firewall->v6);
	free(firewall);
}

static int
firewall_open(struct wp_env *env, const void *config, void **inst)
{
	const struct firewall_conf *conf = config;
	const struct rule_conf *rules = conf->rules.items;
	struct firewall *firewall =
		calloc(1, sizeof(*firewall) + conf->rules.n * sizeof(firewall->rules[0]));
	int err;

	if (firewall == NULL)
		return -ENOMEM;
	firewall->dflt = (uint8_t)conf->dflt;
	firewall->other = (uint8_t)conf->other;
	firewall->fragments = (uint8_t)conf->fragments;
	err = rules_open(&firewall->v4, 4, conf->rules.n);
	if (err == 0)
		err = rules_open(&firewall->v6, 6, conf->rules.n);
	if (err != 0)
		wp_error(env, err, "rules", "no memory for %u rules", conf->rules.n);
	for (uint32_t i = 0; err == 0 && i < conf->rules.n; i++)
		err = compile_rule(env, firewall, &rules[i], i);
	if (err != 0) {
		firewall_close(firewall);
		return err;
	}
	*inst = firewall;
	return 0;
}

/** Counts a hit in this worker's part. */
static inline void
hit(const struct decision *rule, const struct wp_core *core)
{
	uint64_t *hits = wp_shared_part(rule->hits, core->worker);

	__atomic_store_n(hits, *hits + 1, __ATOMIC_RELAXED);
}

/** Judges an IP packet. */
static inline void
judge(const struct firewall *firewall, struct wp_core *core, struct wp_packet *pkt)
{
	int32_t number = rules_find(pkt->ip_version == 4 ? &firewall->v4 : &firewall->v6, pkt);

	if (number < 0) {
		wp_count(core, COUNT_DEFAULT, 1);
		if (firewall->dflt == ACTION_DROP)
			wp_drop(pkt, DROP_DEFAULT);
		return;
	}
	hit(&firewall->rules[number], core);
	if (firewall->rules[number].action == ACTION_DROP)
		wp_drop(pkt, DROP_RULE);
	else
		wp_count(core, COUNT_ALLOWED, 1);
}

/** Judges what is not IP. */
static void
judge_other(const struct firewall *firewall, struct wp_core *core, struct wp_packet *pkt)
{
	wp_count(core, COUNT_OTHER, 1);
	if (firewall->other == ACTION_DROP)
		wp_drop(pkt, DROP_OTHER);
}

/**
 * Whether the headers hide what rules ask for: they contradict themselves, cannot be walked, or end
 * before the ports (a tiny first fragment, RFC 1858 section 3; RFC 7112 section 4).
 */
static inline bool
is_malformed(const struct wp_packet *pkt)
{
	if ((pkt->flags & WP_PKT_BAD_HEADER) != 0)
		return true;
	return pkt->l4 == 0 && (pkt->flags & WP_PKT_LATER_FRAGMENT) == 0 &&
	       rules_proto_has_ports(pkt->l4_proto);
}

static void
firewall_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	const struct firewall *firewall = inst;

	for (uint16_t i = 0; i < n; i++) {
		struct wp_packet *pkt = pkts[i];

		if (is_malformed(pkt))
			wp_drop(pkt, DROP_MALFORMED);
		else if (pkt->l3 == 0)
			judge_other(firewall, core, pkt);
		else if ((pkt->flags & WP_PKT_LATER_FRAGMENT) != 0 &&
			 firewall->fragments == FRAGMENTS_DROP)
			wp_drop(pkt, DROP_FRAGMENT);
		else
			judge(firewall, core, pkt);
	}
}

const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.flags = WP_NEEDS_L4,
	.name = "firewall",
	.summary = "lets packets through, or not, by ordered rules",
	.fields = firewall_fields,
	.config_size = sizeof(struct firewall_conf),
	.tables = firewall_tables,
	.counters = firewall_counters,
	.reasons = firewall_reasons,
	.open = firewall_open,
	.close = firewall_close,
	.burst = firewall_burst,
};
