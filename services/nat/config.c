/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes an instance of what an operator wrote. Control thread. */

#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "deterministic.h"
#include "kind.h"
#include "parse/parse.h"

enum {
	ADDRESSES_MAX = 1 << 17,
	SECONDS_MAX = 1000000,
	IPV4_MTU_MIN = 68, /* RFC 791 3.2 */
};

static const char *const filterings[] = {
	[NAT_ANYBODY] = "endpoint-independent",
	[NAT_ADDRESS] = "address-dependent",
	[NAT_ADDRESS_AND_PORT] = "address-and-port-dependent",
	NULL,
};
static const char *const unmatched[] = {"drop", "forward", NULL};
static const char *const protocol_names[] = {"any", "tcp", "udp", "icmp", NULL};
static const uint8_t protocols[] = {0, WP_PROTO_TCP, WP_PROTO_UDP, WP_PROTO_ICMP};

#define HOSTS(NAME) .name = #NAME, .offset = offsetof(struct nat_hosts_conf, NAME)
static const struct wp_field hosts_fields[] = {
	{HOSTS(tenant), .type = WP_NAME, .help = "whose hosts they are"},
	{HOSTS(inside), .type = WP_STRING_LIST, .min = 1, .max = 43,
	 .help = "inside IPv4 addresses or prefixes; all addresses of a prefix are hosts"},
	{.name = NULL},
};

#define SHARES(NAME) .name = #NAME, .offset = offsetof(struct nat_deterministic_conf, NAME)
static const struct wp_field deterministic_fields[] = {
	{SHARES(hosts), .type = WP_LIST, .max = 1024, .fields = hosts_fields,
	 .item_size = sizeof(struct nat_hosts_conf), .dflt = "[]",
	 .help = "inside hosts that have a share of the pool's ports, in this order"},
	{SHARES(hosts_per_address), .type = WP_U32, .max = ADDRESS_BLOCKS, .dflt = "0",
	 .help = "hosts that share an external address; 0: as few as the pool's addresses allow"},
	{SHARES(ports_per_host), .type = WP_U32, .max = 65536, .dflt = "0",
	 .help = "ports of each protocol in a share, a multiple of 64; 0: as many as divide"},
	{SHARES(overflow_blocks), .type = WP_U32, .max = ADDRESS_BLOCKS, .dflt = "0",
	 .help = "blocks (64 ports each) that a host may have of what the shares leave; they are "
		 "logged"},
	{.name = NULL},
};

#define POOL(NAME) .name = #NAME, .offset = offsetof(struct nat_pool_conf, NAME)
static const struct wp_field pool_fields[] = {
	{POOL(name), .type = WP_NAME, .help = "what steps call the pool"},
	{POOL(addresses), .type = WP_STRING_LIST, .min = 1, .max = 43,
	 .help = "external IPv4 addresses or prefixes; all addresses of a prefix are used"},
	{POOL(ports), .type = WP_PORT_RANGE, .dflt = "\"1024-65535\"",
	 .help = "external ports and ICMP identifiers"},
	{POOL(excluded), .type = WP_U32_LIST, .max = 65535, .dflt = "[]",
	 .help = "ports that nobody gets, nor any of the 63 others of their blocks"},
	{POOL(deterministic), .type = WP_OBJECT, .fields = deterministic_fields, .dflt = "{}",
	 .help = "inside hosts have their ports by the configuration alone (RFC 7422)"},
	{.name = NULL},
};

#define FIXED(NAME) .name = #NAME, .offset = offsetof(struct nat_fixed_conf, NAME)
static const struct wp_field fixed_fields[] = {
	{FIXED(tenant), .type = WP_NAME, .help = "whose inside address it is"},
	{FIXED(inside), .type = WP_ADDR, .help = "inside IPv4 address"},
	{FIXED(outside), .type = WP_ADDR, .help = "external IPv4 address"},
	{FIXED(protocol), .type = WP_ENUM, .choices = protocol_names, .dflt = "\"any\"",
	 .help = "which protocol; any: the whole address, whatever the protocol"},
	{FIXED(inside_port), .type = WP_U32, .max = 65535, .dflt = "0",
	 .help = "port of tcp or udp"},
	{FIXED(outside_port), .type = WP_U32, .max = 65535, .dflt = "0",
	 .help = "port of tcp or udp; 0: the same as inside"},
	{.name = NULL},
};

#define SECONDS(NAME, DEFAULT, HELP)                                                               \
	{                                                                                          \
		.name = #NAME, .type = WP_U32, .offset = offsetof(struct nat_timeouts, NAME),      \
		.min = 1, .max = SECONDS_MAX, .dflt = (DEFAULT), .help = (HELP)                    \
	}
static const struct wp_field timeout_fields[] = {
	SECONDS(udp, "300",
		"seconds without a packet until a UDP mapping ends; RFC 4787: 120 or more"),
	SECONDS(icmp, "60", "seconds, of an ICMP query; RFC 5508: 60 or more"),
	SECONDS(tcp_established, "7440",
		"seconds, of an established TCP connection; RFC 5382: 7440 or more"),
	SECONDS(tcp_opening, "240", "seconds, of one that is opening; RFC 5382: 240 or more"),
	SECONDS(tcp_transitory, "240",
		"seconds, of one that is closed or reset; RFC 5382: 240 or more"),
	SECONDS(tcp_half_closed, "240", "seconds, of one that one side has closed"),
	SECONDS(quarantine, "120", "seconds at least until a port is given to another mapping"),
	{.name = NULL},
};

#define CONF(NAME) .name = #NAME, .offset = offsetof(struct nat_conf, NAME)
const struct wp_field nat_fields[] = {
	{CONF(pools), .type = WP_LIST, .max = 64, .fields = pool_fields,
	 .item_size = sizeof(struct nat_pool_conf), .dflt = "[]",
	 .help = "external addresses for mappings that are made on demand"},
	{.name = "static",
	 .offset = offsetof(struct nat_conf, fixed),
	 .type = WP_LIST,
	 .max = 100000,
	 .fields = fixed_fields,
	 .item_size = sizeof(struct nat_fixed_conf),
	 .dflt = "[]",
	 .help = "mappings that always stand: one address for another, or port forwards"},
	{CONF(filtering), .type = WP_ENUM, .choices = filterings,
	 .dflt = "\"endpoint-independent\"",
	 .help = "who from outside may use a mapping: anybody, addresses it was used with, or "
		 "addresses and ports"},
	{CONF(max_blocks), .type = WP_U32, .min = 1, .max = ADDRESS_BLOCKS, .dflt = "16",
	 .help = "port blocks (64 ports each) an inside host may have"},
	{CONF(max_mappings), .type = WP_U32, .max = UINT32_MAX, .dflt = "0",
	 .help = "mappings of each protocol an inside host may have; 0: as its ports allow"},
	{CONF(max_sessions), .type = WP_U32, .max = UINT32_MAX, .dflt = "0",
	 .help = "sessions an inside host may have, all protocols: mappings, and further remote "
		 "endpoints of them; 0: no limit"},
	{CONF(max_mapping_sessions), .type = WP_U32, .max = UINT32_MAX, .dflt = "4096",
	 .help = "TCP connections, and under a filter remote endpoints, that one mapping may have; "
		 "0: no limit"},
	{CONF(timeouts), .type = WP_OBJECT, .fields = timeout_fields, .dflt = "{}",
	 .help = "when mappings end"},
	{CONF(unmatched), .type = WP_ENUM, .choices = unmatched, .dflt = "\"drop\"",
	 .help = "what becomes of packets from outside that are not for an external address"},
	{CONF(prefix64), .type = WP_STRING, .max = 43, .dflt = "\"\"",
	 .help = "IPv6 prefix that stands for IPv4 (RFC 6052), such as 64:ff9b::/96: what goes "
		 "there from inside becomes IPv4 (NAT64); empty: IPv6 passes untouched"},
	{CONF(prefix64_hosts), .type = WP_U32, .min = 32, .max = 128, .dflt = "64",
	 .help = "bits that the addresses of one IPv6 subscriber share: they have one external "
		 "address, and one limit of blocks and mappings"},
	{CONF(mtu), .type = WP_U32, .max = 65535, .dflt = "0",
	 .help = "bytes of an IP packet that fits the links: the MSS of TCP connections is lowered "
		 "to it, packets that NAT64 makes longer are cut, or their sender is told; 0: not "
		 "known"},
	{CONF(icmp_rate), .type = WP_U32, .max = 1000000, .dflt = "100",
	 .help = "ICMP errors a second, worker and tenant: to hosts that get no port, about "
		 "packets "
		 "that are too big, and outside to unsolicited SYNs; 0: none"},
	{CONF(syn_answer), .type = WP_U32, .max = 60, .dflt = "6",
	 .help = "seconds until an unsolicited SYN from outside is answered (port unreachable); "
		 "RFC 5382: 6 or more; 0: never"},
	{CONF(log), .type = WP_LIST, .max = NAT_LOG_TARGETS_MAX, .fields = nat_log_fields,
	 .item_size = sizeof(struct nat_log_target), .dflt = "[]",
	 .help = "where events go: IPFIX collectors, files of JSON lines"},
	{CONF(pcp), .type = WP_OBJECT, .fields = nat_pcp_fields, .dflt = "{}",
	 .help = "hosts that ask for mappings: Port Control Protocol"},
	{CONF(inbound_refresh), .type = WP_BOOL, .dflt = "true",
	 .help = "packets from outside keep a UDP or ICMP mapping alive, too"},
	{CONF(tcp_loose), .type = WP_BOOL, .dflt = "false",
	 .help = "take over TCP connections from inside whose beginning was not seen"},
	{CONF(ping), .type = WP_BOOL, .dflt = "true", .help = "answer pings of external addresses"},
	{CONF(ftp_alg), .type = WP_BOOL, .dflt = "false",
	 .help = "translate addresses in FTP's control connections, and let their data connections "
		 "in"},
	{CONF(ftp_ports), .type = WP_U32_LIST, .min = 1, .max = 65535, .dflt = "[21]",
	 .help = "ports of FTP's control connections, 8 at the most; of a forward, both"},
	{.name = NULL},
};

const struct wp_field nat_step_fields[] = {
	{.name = "pool",
	 .offset = offsetof(struct nat_step_conf, pool),
	 .type = WP_STRING,
	 .max = 63,
	 .dflt = "\"\"",
	 .help = "name of the pool that new mappings take addresses of; empty: the first"},
	{.name = NULL},
};

/** Reads "203.0.113.0/28" or "203.0.113.7". @return false when it is neither */
static bool
read_range(const char *text, struct pool_range *range)
{
	struct wp_prefix prefix;
	uint32_t first;

	if (wp_conf_prefix(text, &prefix) != 0 || prefix.addr.version != 4 || prefix.bits == 0)
		return false;
	memcpy(&first, prefix.addr.bytes, sizeof(first));
	range->first = ntohl(first);
	range->last = range->first + (uint32_t)(((uint64_t)1 << (32 - prefix.bits)) - 1);
	return true;
}

/** Widens what nat_is_outside() looks at first. */
static void
cover(struct nat *nat, uint32_t first, uint32_t last)
{
	uint32_t old_last = nat->outside_first + nat->outside_size - 1;

	if (nat->outside_size == 0) {
		nat->outside_first = first;
		old_last = last;
	}
	if (first < nat->outside_first)
		nat->outside_first = first;
	if (last < old_last)
		last = old_last;
	nat->outside_size = last - nat->outside_first + 1;
}

/** Enters the blocks that are given. @return whether there are any */
static bool
set_usable(struct pool *pool, const struct wp_list *excluded)
{
	const uint32_t *ports = excluded->items;
	uint64_t any = 0;

	for (unsigned int block = 0; block < ADDRESS_BLOCKS; block++) {
		unsigned int first = block * BLOCK_PORTS;

		if (first + BLOCK_PORTS > pool->ports.first && first <= pool->ports.last)
			pool->usable[block / 64] |= (uint64_t)1 << block % 64;
	}
	for (uint32_t i = 0; i < excluded->n; i++) {
		unsigned int block = ports[i] / BLOCK_PORTS;

		pool->usable[block / 64] &= ~((uint64_t)1 << block % 64);
	}
	for (unsigned int word = 0; word < ADDRESS_BLOCKS / 64; word++)
		any |= pool->usable[word];
	return any != 0;
}

/** @return the pool that has an address of a range already: an earlier one, or its own; or NULL. */
static const struct pool *
find_overlap(const struct nat *nat, const struct pool *pool, const struct pool_range *range)
{
	for (const struct pool *other = nat->pools; other <= pool; other++)
		for (uint32_t i = 0; i < other->n_ranges; i++)
			if (range->first <= other->ranges[i].last &&
			    other->ranges[i].first <= range->last)
				return other;
	return NULL;
}

/** Enters the addresses of one range. */
static int
open_range(struct wp_env *env, struct nat *nat, struct pool *pool, const struct pool_range *range,
	   const char *member)
{
	uint32_t n = range->last - range->first + 1;
	struct pool_address *grown;

	if (n > ADDRESSES_MAX - pool->n_addresses)
		return wp_error(env, -EINVAL, member, "%s: a pool has at most %u addresses", member,
				ADDRESSES_MAX);
	grown = realloc(pool->addresses, (pool->n_addresses + n) * sizeof(*grown));
	if (grown == NULL)
		return wp_error(env, -ENOMEM, member, "no memory for a pool");
	pool->addresses = grown;
	pool->ranges[pool->n_ranges] = *range;
	pool->ranges[pool->n_ranges++].index = pool->n_addresses;
	for (uint32_t i = 0; i < n; i++) {
		struct pool_address *address = &pool->addresses[pool->n_addresses++];
		int err;

		address->outside = htonl(range->first + i);
		err = wp_env_entry(env, NAT_ADDRESSES, 4, &address->outside, &address->entry);
		if (err != 0)
			return err;
	}
	cover(nat, range->first, range->last);
	return 0;
}

/** Reads one of a pool's addresses and prefixes. */
static int
open_addresses(struct wp_env *env, struct nat *nat, struct pool *pool, const char *text,
	       const char *member)
{
	struct pool_range range = {0};
	const struct pool *other;

	if (!read_range(text, &range))
		return wp_error(env, -EINVAL, member,
				"%s: '%s' is no IPv4 address, nor a prefix with only zeros behind "
				"it, such as 203.0.113.0/28",
				member, text);
	other = find_overlap(nat, pool, &range);
	if (other != NULL)
		return wp_error(env, -EINVAL, member,
				"%s: '%s' has an address that is in pool '%s' already", member,
				text, other->name);
	if (is_nowhere(htonl(range.first))) /* then all are: a pool is smaller than a /8 */
		return wp_error(env, -EINVAL, member,
				"%s: '%s' is loopback, multicast or reserved: no packet can come "
				"from there",
				member, text);
	return open_range(env, nat, pool, &range, member);
}

/** Reads a pool's name and ports. */
static int
open_ports(struct wp_env *env, struct nat *nat, const struct nat_pool_conf *conf, uint32_t index)
{
	struct pool *pool = &nat->pools[index];
	char member[64];

	pool->name = conf->name;
	pool->ports = conf->ports;
	snprintf(member, sizeof(member), "pools/%u/name", index);
	for (uint32_t i = 0; i < index; i++)
		if (strcmp(nat->pools[i].name, conf->name) == 0)
			return wp_error(env, -EINVAL, member,
					"%s: pools/%u has the name '%s' already", member, i,
					conf->name);
	snprintf(member, sizeof(member), "pools/%u/ports", index);
	if (conf->ports.first == 0)
		return wp_error(env, -EINVAL, member,
				"%s: nobody can have port 0; from 1 on, or 1024-65535", member);
	snprintf(member, sizeof(member), "pools/%u/excluded", index);
	if (!set_usable(pool, &conf->excluded))
		return wp_error(env, -EINVAL, member, "%s: they leave no block of %u ports", member,
				BLOCK_PORTS);
	return 0;
}

static int
open_pool(struct wp_env *env, struct nat *nat, const struct nat_pool_conf *conf, uint32_t index)
{
	struct pool *pool = &nat->pools[index];
	const char *const *texts = conf->addresses.items;
	int err = open_ports(env, nat, conf, index);
	char member[64];

	if (err != 0)
		return err;
	snprintf(member, sizeof(member), "pools/%u/addresses", index);
	if (conf->addresses.n == 0)
		return wp_error(env, -EINVAL, member, "%s: a pool needs addresses", member);
	pool->ranges = calloc(conf->addresses.n, sizeof(*pool->ranges));
	if (pool->ranges == NULL)
		return wp_error(env, -ENOMEM, member, "no memory for a pool");
	for (uint32_t i = 0; err == 0 && i < conf->addresses.n; i++) {
		snprintf(member, sizeof(member), "pools/%u/addresses/%u", index, i);
		err = open_addresses(env, nat, pool, texts[i], member);
	}
	return err != 0 ? err : deterministic_open(env, nat, index, &conf->deterministic);
}

/** @return why a fixed mapping cannot be, and which member says so; NULL when it can. */
static const char *
fixed_fault(const struct nat *nat, const struct nat_fixed_conf *conf, const char **member)
{
	uint32_t outside;

	*member = "inside";
	if (conf->inside.version != 4)
		return "is no IPv4 address";
	*member = "outside";
	if (conf->outside.version != 4)
		return "is no IPv4 address";
	memcpy(&outside, conf->outside.bytes, 4);
	*member = "protocol";
	if (conf->protocol == 3)
		return "icmp has no ports to forward; any maps the whole address";
	*member = "inside_port";
	if (conf->protocol == 0)
		return conf->inside_port != 0 || conf->outside_port != 0
			       ? "a port needs a protocol"
			       : (*member = "outside",
				  nat_pool_of(nat, outside) != NULL
					  ? "is in a pool; a whole address cannot be"
					  : NULL);
	return conf->inside_port == 0 ? "a protocol needs a port" : NULL;
}

static int
open_fixed(struct wp_env *env, struct nat *nat, const struct nat_fixed_conf *conf, uint32_t index)
{
	struct fixed *fixed = &nat->by_inside[index];
	const char *name, *fault = fixed_fault(nat, conf, &name);
	int tenant = wp_env_tenant_id(env, conf->tenant);
	char member[64];

	snprintf(member, sizeof(member), "static/%u/%s", index, tenant < 0 ? "tenant" : name);
	if (tenant < 0)
		return wp_error(env, -EINVAL, member, "%s: there is no tenant '%s'", member,
				conf->tenant);
	if (fault != NULL)
		return wp_error(env, -EINVAL, member, "%s: %s", member, fault);
	fixed->tenant = (uint16_t)tenant;
	memcpy(&fixed->inside, conf->inside.bytes, 4);
	memcpy(&fixed->outside, conf->outside.bytes, 4);
	fixed->proto = protocols[conf->protocol];
	fixed->inside_port = htons((uint16_t)conf->inside_port);
	fixed->outside_port =
		conf->outside_port != 0 ? htons((uint16_t)conf->outside_port) : fixed->inside_port;
	cover(nat, ntohl(fixed->outside), ntohl(fixed->outside));
	nat->n_fixed++;
	return 0;
}

static bool
same_outside(const struct fixed *a, const struct fixed *b)
{
	return a->outside == b->outside &&
	       (a->proto == 0 || b->proto == 0 ||
		(a->outside_port == b->outside_port && a->proto == b->proto));
}

static bool
same_inside(const struct fixed *a, const struct fixed *b)
{
	return a->tenant == b->tenant && a->inside == b->inside &&
	       a->inside_port == b->inside_port && a->proto == b->proto;
}

/** Looks for fixed mappings that contradict each other: they are neighbours. */
static int
check_fixed(struct wp_env *env, const struct nat *nat)
{
	char text[INET_ADDRSTRLEN];

	for (uint32_t i = 1; i < nat->n_fixed; i++) {
		if (same_outside(&nat->by_outside[i - 1], &nat->by_outside[i]))
			return wp_error(env, -EINVAL, "static",
					"static: two mappings have the same outside, %s",
					inet_ntop(AF_INET, &nat->by_outside[i].outside, text,
						  sizeof(text)));
		if (same_inside(&nat->by_inside[i - 1], &nat->by_inside[i]))
			return wp_error(
				env, -EINVAL, "static",
				"static: two mappings have the same inside, %s",
				inet_ntop(AF_INET, &nat->by_inside[i].inside, text, sizeof(text)));
	}
	return 0;
}

/** @return ticks that are no less than so many seconds: the one that has begun does not count. */
static uint32_t
ticks_of(uint32_t seconds)
{
	return wp_ticks(seconds * (uint64_t)1000) + 1;
}

static void
set_times(struct nat *nat, const struct nat_timeouts *conf)
{
	uint32_t transitory = ticks_of(conf->tcp_transitory);

	nat->idle[NAT_UDP] = ticks_of(conf->udp);
	nat->idle[NAT_ICMP] = ticks_of(conf->icmp);
	nat->idle[NAT_TCP] = ticks_of(conf->tcp_opening); /* until more is known */
	for (unsigned int state = 0; state < TCP_STATES; state++)
		nat->tcp_idle[state] = transitory;
	nat->tcp_idle[TCP_INIT_IN] = nat->tcp_idle[TCP_INIT_OUT] = nat->idle[NAT_TCP];
	nat->tcp_idle[TCP_ESTABLISHED] = ticks_of(conf->tcp_established);
	nat->tcp_idle[TCP_FIN_IN] = nat->tcp_idle[TCP_FIN_OUT] = ticks_of(conf->tcp_half_closed);
	nat->quarantine = ticks_of(conf->quarantine);
}

/** Keeps the names that the log shows. */
static int
open_names(struct wp_env *env, struct nat *nat)
{
	const char **pools = calloc(nat->n_pools + 1, sizeof(*pools));
	int err = pools == NULL ? -ENOMEM : nat_log_names_open(env, &nat->names);

	if (err != 0) {
		free(pools);
		return wp_error(env, err, NULL, "no memory for an instance");
	}
	for (uint32_t i = 0; i < nat->n_pools; i++)
		pools[i] = nat->pools[i].name;
	nat->names.pools = pools;
	nat->names.n_pools = nat->n_pools;
	return nat_log_check(env, "log", &nat->log);
}

static int
open_ftp(struct wp_env *env, struct nat *nat, const struct nat_conf *conf)
{
	const uint32_t *ports = conf->ftp_ports.items;

	if (conf->ftp_ports.n > NAT_FTP_PORTS)
		return wp_error(env, -EINVAL, "ftp_ports", "ftp_ports: at most %u", NAT_FTP_PORTS);
	if (conf->ftp_alg && conf->ftp_ports.n == 0)
		return wp_error(env, -EINVAL, "ftp_ports",
				"ftp_ports: ftp_alg needs a port, such as 21");
	for (uint32_t i = 0; conf->ftp_alg && i < conf->ftp_ports.n; i++)
		nat->ftp_ports[nat->n_ftp_ports++] = (uint16_t)ports[i];
	return 0;
}

/** Looks for what could not work, once the pools are there. */
static int
check_options(struct wp_env *env, const struct nat *nat)
{
	if (nat->n_pools == 0 && nat->n_fixed == 0)
		return wp_error(env, -EINVAL, "pools",
				"pools: there is no address to translate to");
	if (nat->n_pools == 0 && nat->six.on)
		return wp_error(env, -EINVAL, "prefix64", "prefix64: IPv6 hosts need a pool");
	if (nat->mtu != 0 && nat->mtu < IPV4_MTU_MIN)
		return wp_error(env, -EINVAL, "mtu",
				"mtu: %u is below %u, the least of IPv4 (0: not known)", nat->mtu,
				IPV4_MTU_MIN);
	return 0;
}

static int
fill(struct wp_env *env, struct nat *nat, const struct nat_conf *conf)
{
	const struct nat_pool_conf *pools = conf->pools.items;
	const struct nat_fixed_conf *fixed = conf->fixed.items;
	int err = 0;

	nat->filtering = conf->filtering;
	nat->max_blocks = conf->max_blocks;
	nat->max_mappings = conf->max_mappings;
	nat->max_sessions = conf->max_sessions;
	nat->max_mapping_sessions = conf->max_mapping_sessions;
	nat->forward_unmatched = conf->unmatched == 1;
	nat->inbound_refresh = conf->inbound_refresh;
	nat->tcp_loose = conf->tcp_loose;
	nat->ping = conf->ping;
	nat->mtu = conf->mtu;
	nat->icmp_rate = wp_icmp_rate(conf->icmp_rate);
	if (nat->icmp_rate.burst_ns != 0)
		nat->syn_wait_ns = conf->syn_answer * (uint64_t)1000000000;
	nat->log = conf->log;
	nat->event_kinds = nat_log_kinds(&conf->log);
	set_times(nat, &conf->timeouts);
	nat->pools = calloc(conf->pools.n + 1, sizeof(*nat->pools));
	nat->by_inside = calloc(conf->fixed.n + 1, sizeof(*nat->by_inside));
	if (nat->pools == NULL || nat->by_inside == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory for an instance");
	for (uint32_t i = 0; err == 0 && i < conf->pools.n; i++, nat->n_pools++)
		err = open_pool(env, nat, &pools[i], i);
	for (uint32_t i = 0; err == 0 && i < conf->fixed.n; i++)
		err = open_fixed(env, nat, &fixed[i], i);
	if (err == 0)
		err = nat64_open(env, conf->prefix64, conf->prefix64_hosts, &nat->six);
	if (err == 0)
		err = check_options(env, nat);
	if (err != 0)
		return err;
	if (fixed_sort(nat) != 0)
		return wp_error(env, -ENOMEM, NULL, "no memory for an instance");
	deterministic_ready(env, nat);
	err = check_fixed(env, nat);
	if (err == 0)
		err = pcp_open(env, nat, &conf->pcp);
	if (err == 0)
		err = open_ftp(env, nat, conf);
	return err != 0 ? err : open_names(env, nat);
}

int
nat_open(struct wp_env *env, const void *config, void **inst)
{
	struct nat *nat = calloc(1, sizeof(*nat));
	int err;

	if (nat == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory for an instance");
	err = fill(env, nat, config);
	if (err != 0) {
		nat_close(nat);
		return err;
	}
	*inst = nat;
	return 0;
}

void
nat_close(void *inst)
{
	struct nat *nat = inst;

	if (nat == NULL)
		return;
	deterministic_close(nat);
	for (uint32_t i = 0; nat->pools != NULL && i <= nat->n_pools; i++) {
		free(nat->pools[i].ranges);
		free(nat->pools[i].addresses);
	}
	free((void *)(uintptr_t)nat->names.pools);
	nat_log_names_close(&nat->names);
	free(nat->pools);
	free(nat->by_inside);
	free(nat->by_outside);
	free(nat->pcp.servers);
	free(nat);
}

int
nat_open_step(struct wp_env *env, const void *inst, const void *args, void **step)
{
	const struct nat_step_conf *conf = args;
	const struct nat *nat = inst;
	struct nat_step *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory for a step");
	if (conf->pool[0] == '\0' && nat->n_pools != 0)
		new->pool = &nat->pools[0];
	for (uint32_t i = 0; i < nat->n_pools; i++)
		if (strcmp(nat->pools[i].name, conf->pool) == 0)
			new->pool = &nat->pools[i];
	if (new->pool == NULL && conf->pool[0] != '\0') {
		free(new);
		return wp_error(env, -EINVAL, "pool", "pool: there is no pool '%s'", conf->pool);
	}
	*step = new;
	return 0;
}

void
nat_close_step(const void *inst, void *step)
{
	free(step);
}
