/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes fixed mappings of what an operator wrote. Control thread. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "kind.h"

static const char *const protocol_names[] = {"any", "tcp", "udp", "icmp", NULL};
static const uint8_t protocols[] = {0, WP_PROTO_TCP, WP_PROTO_UDP, WP_PROTO_ICMP};

#define FIXED(NAME) .name = #NAME, .offset = offsetof(struct nat_fixed_conf, NAME)
const struct wp_field nat_fixed_fields[] = {
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

static const char no_host[] = "is no IPv4 address, or one that no packet comes from: loopback, "
			      "multicast, reserved";

static bool
is_host(const struct wp_addr *addr)
{
	return addr->version == 4 && !is_nowhere(wp_load32(addr->bytes));
}

/** @return why a fixed mapping cannot be, and which member says so; NULL when it can. */
static const char *
fixed_fault(const struct nat *nat, const struct nat_fixed_conf *conf, const char **member)
{
	uint32_t outside;

	*member = "inside";
	if (!is_host(&conf->inside))
		return no_host;
	*member = "outside";
	if (!is_host(&conf->outside))
		return no_host;
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
open_one(struct wp_env *env, struct nat *nat, const struct nat_fixed_conf *conf, uint32_t index)
{
	struct fixed *fixed = &nat->by_inside[index];
	const char *name, *fault = fixed_fault(nat, conf, &name);
	int tenant = wp_env_tenant_id(env, conf->tenant);
	char member[64];

	snprintf(member, sizeof(member), "static/%u/%s", index, tenant < 0 ? "tenant" : name);
	if (tenant < 0)
		return wp_error(env, -EINVAL, member, "tenant: there is no tenant '%s'",
				conf->tenant);
	if (fault != NULL)
		return wp_error(env, -EINVAL, member, "%s: %s", name, fault);
	fixed->tenant = (uint16_t)tenant;
	memcpy(&fixed->inside, conf->inside.bytes, 4);
	memcpy(&fixed->outside, conf->outside.bytes, 4);
	fixed->proto = protocols[conf->protocol];
	fixed->inside_port = htons((uint16_t)conf->inside_port);
	fixed->outside_port =
		conf->outside_port != 0 ? htons((uint16_t)conf->outside_port) : fixed->inside_port;
	outside_cover(nat, ntohl(fixed->outside), ntohl(fixed->outside));
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

/** Says which endpoint two mappings have. @return -EINVAL */
static int
refuse_twice(struct wp_env *env, const char *side, const struct fixed *fixed, uint32_t address,
	     uint16_t port)
{
	char text[INET_ADDRSTRLEN], of_port[32] = "";

	inet_ntop(AF_INET, &address, text, sizeof(text));
	if (fixed->proto != 0)
		snprintf(of_port, sizeof(of_port), " %s port %u",
			 fixed->proto == WP_PROTO_TCP ? "tcp" : "udp", ntohs(port));
	return wp_error(env, -EINVAL, "static", "static: two mappings have the same %s, %s%s", side,
			text, of_port);
}

/** Looks for fixed mappings that contradict each other: they are neighbours. */
static int
check(struct wp_env *env, const struct nat *nat)
{
	for (uint32_t i = 1; i < nat->n_fixed; i++) {
		const struct fixed *outside = &nat->by_outside[i], *inside = &nat->by_inside[i];

		if (same_outside(outside - 1, outside))
			return refuse_twice(env, "outside", outside, outside->outside,
					    outside->outside_port);
		if (same_inside(inside - 1, inside))
			return refuse_twice(env, "inside", inside, inside->inside,
					    inside->inside_port);
	}
	return 0;
}

int
fixed_open(struct wp_env *env, struct nat *nat, const struct wp_list *fixed)
{
	const struct nat_fixed_conf *conf = fixed->items;
	int err = 0;

	nat->by_inside = calloc(fixed->n + 1, sizeof(*nat->by_inside));
	if (nat->by_inside == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory for an instance");
	for (uint32_t i = 0; err == 0 && i < fixed->n; i++)
		err = open_one(env, nat, &conf[i], i);
	if (err == 0 && fixed_sort(nat) != 0)
		err = wp_error(env, -ENOMEM, NULL, "no memory for an instance");
	return err != 0 ? err : check(env, nat);
}
