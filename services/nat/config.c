/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes an instance of what an operator wrote. Control thread. */

#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "deterministic.h"

enum {
	SECONDS_MAX = 1000000,
	IPV4_MTU_MIN = 68, /* RFC 791 3.2 */
	SESSIONS_PER_PORT = 8,
};

static const char *const filterings[] = {
	[NAT_ANYBODY] = "endpoint-independent",
	[NAT_ADDRESS] = "address-dependent",
	[NAT_ADDRESS_AND_PORT] = "address-and-port-dependent",
	NULL,
};
static const char *const unmatched[] = {"drop", "forward", NULL};
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
	{CONF(pools), .type = WP_LIST, .max = 64, .fields = nat_pool_fields,
	 .item_size = sizeof(struct nat_pool_conf), .dflt = "[]",
	 .help = "external addresses for mappings that are made on demand"},
	{.name = "static",
	 .offset = offsetof(struct nat_conf, fixed),
	 .type = WP_LIST,
	 .max = 100000,
	 .fields = nat_fixed_fields,
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
		 "endpoints of them; 0: eight for each port that it may have"},
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

/** @return ports that a host may have, of one protocol: by max_blocks, or as a share. */
static uint32_t
most_ports(const struct nat *nat)
{
	uint32_t blocks = nat->max_blocks;

	for (uint32_t i = 0; i < nat->n_pools; i++) {
		const struct deterministic *at = nat->pools[i].deterministic;

		if (at != NULL && at->share + at->overflow > blocks)
			blocks = at->share + at->overflow;
	}
	return blocks * BLOCK_PORTS;
}

static int
fill(struct wp_env *env, struct nat *nat, const struct nat_conf *conf)
{
	int err;

	nat->filtering = conf->filtering;
	nat->max_blocks = conf->max_blocks;
	nat->max_mappings = conf->max_mappings;
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
	err = pools_open(env, nat, &conf->pools);
	nat->max_sessions =
		conf->max_sessions != 0 ? conf->max_sessions : most_ports(nat) * SESSIONS_PER_PORT;
	if (err == 0)
		err = fixed_open(env, nat, &conf->fixed);
	if (err == 0)
		err = nat64_open(env, conf->prefix64, conf->prefix64_hosts, &nat->six);
	if (err == 0)
		err = check_options(env, nat);
	if (err == 0)
		err = pcp_open(env, nat, &conf->pcp);
	if (err == 0)
		err = open_ftp(env, nat, conf);
	if (err == 0)
		err = open_names(env, nat);
	if (err == 0)
		deterministic_ready(env, nat);
	return err;
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
	pools_close(nat);
	free((void *)(uintptr_t)nat->names.pools);
	nat_log_names_close(&nat->names);
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
