/* SPDX-License-Identifier: BSD-3-Clause */
/* nptv6: one IPv6 prefix for another, without state, in both directions (RFC 6296). */

#include <errno.h>
#include <stdlib.h>

#include "config.h"
#include "pair.h"
#include "parse/parse.h"

enum {
	SOURCE_AT = 8, /* bytes into an IPv6 header */
	DEST_AT = 24,
	IPV6_SIZE = 40,
	ICMP_HEADER = 8,
	ICMP_INFORMATION = 128,     /* types from here on are no errors (RFC 4443 2.1) */
	ICMP_DISCOVERY_FIRST = 133, /* neighbour discovery: routers, neighbours, redirects */
	ICMP_DISCOVERY_LAST = 137,
};

enum { COUNT_OUT, COUNT_IN, COUNT_ERRORS, COUNT_HAIRPINS, COUNT_ANSWERED };
static const char *const nptv6_counters[] = {
	[COUNT_OUT] = "translated-out",
	[COUNT_IN] = "translated-in",
	[COUNT_ERRORS] = "icmp-errors",
	[COUNT_HAIRPINS] = "hairpins",
	[COUNT_ANSWERED] = "untranslatable-answered",
	NULL,
};

enum { DROP_MALFORMED, DROP_UNMATCHED, DROP_UNTRANSLATABLE };
static const char *const nptv6_reasons[] = {
	[DROP_MALFORMED] = "malformed",
	[DROP_UNMATCHED] = "unmatched",
	[DROP_UNTRANSLATABLE] = "untranslatable",
	NULL,
};

static const struct pair *
find_in(const struct nptv6 *nptv6, struct nptv6_range range, enum pair_side side,
	const uint8_t *address)
{
	for (uint32_t i = range.first; i < range.end; i++)
		if (pair_has(&nptv6->pairs[i], side, address))
			return &nptv6->pairs[i];
	return NULL;
}

/** @return the pair of a tenant whose prefix an address has, or NULL. */
static const struct pair *
find(const struct nptv6 *nptv6, uint16_t tenant, enum pair_side side, const uint8_t *address)
{
	const struct pair *pair = NULL;

	if (tenant < nptv6->n_tenants)
		pair = find_in(nptv6, nptv6->by_tenant[tenant], side, address);
	return pair != NULL ? pair : find_in(nptv6, nptv6->common, side, address);
}

/** @return whether an address is good on one link only: link-local, or multicast of that scope (RFC
 * 4291 2.5.6, 2.7), or no address at all. */
static bool
is_of_link(const uint8_t *address)
{
	static const uint8_t none[16];

	if (address[0] == 0xff)
		return (address[1] & 15) <= 2;
	return (address[0] == 0xfe && (address[1] & 0xc0) == 0x80) ||
	       memcmp(address, none, sizeof(none)) == 0;
}

static bool
is_icmp(const struct wp_packet *pkt)
{
	return pkt->l4_proto == WP_PROTO_ICMPV6 && pkt->l4 != 0;
}

/** @return whether a packet is between neighbours, and so never crosses a border. */
static bool
stays_on_link(const struct wp_packet *pkt)
{
	const uint8_t *ip = wp_l3(pkt);

	if (is_of_link(ip + SOURCE_AT) || is_of_link(ip + DEST_AT))
		return true;
	return is_icmp(pkt) && wp_l4(pkt)[0] >= ICMP_DISCOVERY_FIRST &&
	       wp_l4(pkt)[0] <= ICMP_DISCOVERY_LAST;
}

/**
 * Translates the packet that an ICMPv6 error quotes: its destination on the way out, its source on
 * the way in. The error's checksum covers it, and does not change either. An address without a
 * counterpart stays.
 */
static void
translate_quoted(const struct nptv6 *nptv6, struct wp_core *core, struct wp_packet *pkt,
		 enum pair_side from)
{
	uint8_t *quoted = wp_l4(pkt) + ICMP_HEADER;
	uint8_t *address = quoted + (from == PAIR_INSIDE ? DEST_AT : SOURCE_AT);
	const struct pair *pair;

	if (!is_icmp(pkt) || wp_l4(pkt)[0] >= ICMP_INFORMATION ||
	    pkt->l4 + ICMP_HEADER + IPV6_SIZE > pkt->end || quoted[0] >> 4 != 6)
		return;
	pair = find(nptv6, pkt->tenant, from, address);
	if (pair != NULL && pair_translate(pair, from, address))
		wp_count(core, COUNT_ERRORS, 1);
}

/** A packet whose own side has none of our prefixes. */
static void
unmatched(const struct nptv6 *nptv6, struct wp_packet *pkt)
{
	if (!nptv6->forward_unmatched)
		wp_drop(pkt, DROP_UNMATCHED);
}

/** A packet with an address that has no counterpart: its sender is told (RFC 6296 3.7). */
static void
untranslatable(const struct nptv6 *nptv6, struct wp_core *core, struct wp_packet *pkt, uint8_t at)
{
	const struct wp_icmp icmp = {.error = WP_ICMP_PARAMETER, .pointer = at};
	bool hairpin = (pkt->flags & WP_PKT_AGAIN) != 0; /* its sender's address has changed */

	if (!hairpin &&
	    wp_icmp_answer(pkt, &icmp, &nptv6->icmp_rate, core->scratch, core->now_ns) == 0)
		wp_count(core, COUNT_ANSWERED, 1);
	else
		wp_drop(pkt, DROP_UNTRANSLATABLE);
}

/** Gives a packet's own side its address of the other side of the border. @return whether it did;
 * else the verdict is set */
static bool
translate(const struct nptv6 *nptv6, struct wp_core *core, struct wp_packet *pkt,
	  enum pair_side from)
{
	uint8_t at = from == PAIR_INSIDE ? SOURCE_AT : DEST_AT;
	const struct pair *pair = find(nptv6, pkt->tenant, from, wp_l3(pkt) + at);

	if (pair == NULL) {
		unmatched(nptv6, pkt);
		return false;
	}
	if (!pair_translate(pair, from, wp_l3(pkt) + at)) {
		untranslatable(nptv6, core, pkt, at);
		return false;
	}
	translate_quoted(nptv6, core, pkt, from);
	pkt->flags |= WP_PKT_STEER;
	wp_count(core, from == PAIR_INSIDE ? COUNT_OUT : COUNT_IN, 1);
	return true;
}

static void
outbound(const struct nptv6 *nptv6, struct wp_core *core, struct wp_packet *pkt)
{
	if (find(nptv6, pkt->tenant, PAIR_INSIDE, wp_l3(pkt) + DEST_AT) != NULL)
		return; /* from inside to inside, by inside addresses */
	if (!translate(nptv6, core, pkt, PAIR_INSIDE) ||
	    find(nptv6, pkt->tenant, PAIR_OUTSIDE, wp_l3(pkt) + DEST_AT) == NULL)
		return;
	/* To another inside host, by its outside address: as if it came back (RFC 6296 4.3). */
	wp_count(core, COUNT_HAIRPINS, 1);
	pkt->inside = WP_INSIDE_DESTINATION;
	pkt->verdict = WP_AGAIN;
}

static void
inbound(const struct nptv6 *nptv6, struct wp_core *core, struct wp_packet *pkt)
{
	if (translate(nptv6, core, pkt, PAIR_OUTSIDE) && (pkt->flags & WP_PKT_AGAIN) != 0)
		pkt->verdict = WP_TURN;
}

static void
nptv6_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	const struct nptv6 *nptv6 = inst;

	for (uint16_t i = 0; i < n; i++) {
		struct wp_packet *pkt = pkts[i];

		if ((pkt->flags & (WP_PKT_BAD_HEADER | WP_PKT_TRUNCATED)) != 0)
			wp_drop(pkt, DROP_MALFORMED);
		else if (pkt->ip_version != 6 || stays_on_link(pkt))
			continue;
		else if (pkt->inside == WP_INSIDE_SOURCE)
			outbound(nptv6, core, pkt);
		else
			inbound(nptv6, core, pkt);
	}
}

static int
nptv6_open_core(struct wp_env *env, const void *inst, struct wp_core *core)
{
	core->scratch = calloc(1, sizeof(struct wp_icmp_limit));
	return core->scratch == NULL ? wp_error(env, -ENOMEM, NULL, "no memory for a worker") : 0;
}

static void
nptv6_close_core(const void *inst, struct wp_core *core)
{
	free(core->scratch);
}

const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.flags = WP_NEVER_BYPASS | WP_CHANGES_FLOWS,
	.name = "nptv6",
	.summary = "translates IPv6 prefixes, without state",
	.fields = nptv6_fields,
	.config_size = sizeof(struct nptv6_conf),
	.counters = nptv6_counters,
	.reasons = nptv6_reasons,
	.open = nptv6_open,
	.close = nptv6_close,
	.burst = nptv6_burst,
	.open_core = nptv6_open_core,
	.close_core = nptv6_close_core,
};
