/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes an instance of what an operator wrote. Control thread. */

#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAIRS_MAX = 1024, ALL_TENANTS = -1 };

static const char *const unmatched[] = {"drop", "forward", NULL};

#define PREFIXES(NAME) .name = #NAME, .offset = offsetof(struct nptv6_prefixes_conf, NAME)
static const struct wp_field prefixes_fields[] = {
	{PREFIXES(tenant), .type = WP_STRING, .max = 63, .dflt = "\"\"",
	 .help = "whose hosts they are; empty: of all tenants"},
	{PREFIXES(inside), .type = WP_PREFIX,
	 .help = "IPv6 prefix that the tenant's hosts have, up to 64 bits"},
	{PREFIXES(outside), .type = WP_PREFIX,
	 .help = "IPv6 prefix that they are known by outside, up to 64 bits"},
	{.name = NULL},
};

#define CONF(NAME) .name = #NAME, .offset = offsetof(struct nptv6_conf, NAME)
const struct wp_field nptv6_fields[] = {
	{CONF(prefixes), .type = WP_LIST, .min = 1, .max = PAIRS_MAX, .fields = prefixes_fields,
	 .item_size = sizeof(struct nptv6_prefixes_conf),
	 .help = "pairs of prefixes; of different lengths, the shorter is extended by zeros"},
	{CONF(unmatched), .type = WP_ENUM, .choices = unmatched, .dflt = "\"drop\"",
	 .help = "what becomes of IPv6 packets whose own side has no prefix of the list"},
	{CONF(icmp_rate), .type = WP_U32, .max = 1000000, .dflt = "1000",
	 .help = "answers a second, for each worker and tenant, to what cannot be translated; 0: "
		 "none"},
	{.name = NULL},
};

/** A pair with what it is sorted and told by. */
struct entry {
	struct pair pair;
	int tenant;      /* dense id, or ALL_TENANTS */
	uint32_t number; /* place in the configuration */
};

/** @return why a prefix cannot be translated; NULL when it can. */
static const char *
prefix_fault(const struct wp_prefix *prefix)
{
	static const struct wp_prefix multicast = {{6, {0xff}}, 8}, link = {{6, {0xfe, 0x80}}, 10};

	if (prefix->addr.version != 6)
		return "is no IPv6 prefix, such as 2001:db8:1::/48";
	if (prefix->bits > PAIR_BITS_MAX)
		return "is longer than 64 bits: no interface identifier is left";
	if (wp_prefix_has(prefix, 6, multicast.addr.bytes) ||
	    wp_prefix_has(&multicast, 6, prefix->addr.bytes))
		return "has multicast addresses";
	if (wp_prefix_has(prefix, 6, link.addr.bytes) ||
	    wp_prefix_has(&link, 6, prefix->addr.bytes))
		return "has link-local addresses";
	return NULL;
}

static int
refuse(struct wp_env *env, uint32_t number, const char *name, const char *fault)
{
	char member[48];

	snprintf(member, sizeof(member), "prefixes/%u/%s", number, name);
	return wp_error(env, -EINVAL, member, "%s: %s", name, fault);
}

/** @return whether two pairs can be told apart, whichever way a packet goes. */
static bool
contradict(const struct entry *a, const struct entry *b)
{
	if (a->tenant != b->tenant && a->tenant != ALL_TENANTS && b->tenant != ALL_TENANTS)
		return false;
	return pair_overlaps(&a->pair, PAIR_INSIDE, &b->pair, PAIR_INSIDE) ||
	       pair_overlaps(&a->pair, PAIR_OUTSIDE, &b->pair, PAIR_OUTSIDE) ||
	       pair_overlaps(&a->pair, PAIR_INSIDE, &b->pair, PAIR_OUTSIDE) ||
	       pair_overlaps(&a->pair, PAIR_OUTSIDE, &b->pair, PAIR_INSIDE);
}

static int
read_entry(struct wp_env *env, const struct nptv6_prefixes_conf *conf, struct entry *entries,
	   uint32_t number)
{
	struct entry *entry = &entries[number];
	const char *fault;

	entry->number = number;
	entry->tenant = conf->tenant[0] == '\0' ? ALL_TENANTS : wp_env_tenant_id(env, conf->tenant);
	if (entry->tenant < ALL_TENANTS)
		return refuse(env, number, "tenant", "there is no such tenant");
	fault = prefix_fault(&conf->inside);
	if (fault != NULL)
		return refuse(env, number, "inside", fault);
	fault = prefix_fault(&conf->outside);
	if (fault != NULL)
		return refuse(env, number, "outside", fault);
	pair_make(&entry->pair, &conf->inside, &conf->outside);
	if (pair_overlaps(&entry->pair, PAIR_INSIDE, &entry->pair, PAIR_OUTSIDE))
		return refuse(env, number, "outside", "has addresses of inside");
	for (uint32_t i = 0; i < number; i++)
		if (contradict(&entries[i], entry))
			return refuse(env, number, "inside",
				      "one of the two prefixes has addresses of an earlier pair of "
				      "this tenant");
	return 0;
}

static int
by_tenant(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->tenant != y->tenant)
		return x->tenant < y->tenant ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

/** Enters sorted pairs. */
static void
fill(struct nptv6 *nptv6, const struct entry *entries, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct nptv6_range *range = entries[i].tenant == ALL_TENANTS
						    ? &nptv6->common
						    : &nptv6->by_tenant[entries[i].tenant];

		if (range->end == 0)
			range->first = i;
		range->end = i + 1;
		nptv6->pairs[i] = entries[i].pair;
	}
}

static int
open_pairs(struct wp_env *env, struct nptv6 *nptv6, const struct nptv6_conf *conf,
	   struct entry *entries)
{
	uint32_t n = conf->prefixes.n;

	for (uint32_t i = 0; i < n; i++) {
		const struct nptv6_prefixes_conf *items = conf->prefixes.items;
		int err = read_entry(env, &items[i], entries, i);

		if (err != 0)
			return err;
	}
	qsort(entries, n, sizeof(*entries), by_tenant);
	fill(nptv6, entries, n);
	return 0;
}

int
nptv6_open(struct wp_env *env, const void *config, void **inst)
{
	const struct nptv6_conf *conf = config;
	struct entry *entries = calloc(conf->prefixes.n, sizeof(*entries));
	struct nptv6 *nptv6 = calloc(1, sizeof(*nptv6));
	int err = -ENOMEM;

	if (entries != NULL && nptv6 != NULL) {
		nptv6->n_tenants = wp_env_tenants(env);
		nptv6->icmp_rate = wp_icmp_rate(conf->icmp_rate);
		nptv6->forward_unmatched = conf->unmatched == 1;
		nptv6->pairs = calloc(conf->prefixes.n, sizeof(*nptv6->pairs));
		nptv6->by_tenant = calloc(nptv6->n_tenants, sizeof(*nptv6->by_tenant));
		if (nptv6->pairs != NULL && nptv6->by_tenant != NULL)
			err = open_pairs(env, nptv6, conf, entries);
	}
	if (err == -ENOMEM)
		wp_error(env, err, NULL, "no memory for an instance");
	free(entries);
	if (err != 0)
		nptv6_close(nptv6);
	else
		*inst = nptv6;
	return err;
}

void
nptv6_close(void *inst)
{
	struct nptv6 *nptv6 = inst;

	if (nptv6 == NULL)
		return;
	free(nptv6->pairs);
	free(nptv6->by_tenant);
	free(nptv6);
}
