/* SPDX-License-Identifier: BSD-3-Clause */
/* See nat64.h. What a packet is, whose it is, and whether it may pass. */

#include "nat64.h"

#include <errno.h>

#include "conf/conf.h"
#include "kind.h"
#include "parse/checksum.h"
#include "siit/embed.h"
#include "siit/siit.h"
#include "translate.h"

/* Control. */

/** Makes the prefix what packets are compared with. */
static void
set_words(struct nat64 *six)
{
	uint8_t mask[16] = {0};

	for (unsigned int i = 0; i < six->prefix.bits; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	memcpy(six->mask, mask, sizeof(six->mask));
	memcpy(six->value, six->prefix.addr.bytes, sizeof(six->value));
}

int
nat64_open(struct wp_env *env, const char *prefix, uint32_t host_bits, struct nat64 *six)
{
	const char *fault;

	*six = (struct nat64){.value = {1}, .host_bits = (uint8_t)host_bits};
	if (prefix[0] == '\0')
		return 0;
	if (wp_conf_prefix(prefix, &six->prefix) != 0)
		return wp_error(
			env, -EINVAL, "prefix64",
			"prefix64: '%s' is no IPv6 prefix with only zeros behind it, such as "
			"64:ff9b::/96",
			prefix);
	fault = wp_embed_fault(&six->prefix);
	if (fault != NULL)
		return wp_error(env, -EINVAL, "prefix64", "prefix64: '%s' %s", prefix, fault);
	set_words(six);
	six->on = true;
	six->well_known = wp_embed_is_well_known(&six->prefix);
	return 0;
}

/* Worker. */

void
nat64_subscriber(const struct nat64 *six, const uint8_t *address, uint8_t key[16])
{
	unsigned int whole = six->host_bits / 8, rest = six->host_bits % 8;

	memset(key, 0, 16);
	memcpy(key, address, whole);
	if (rest != 0)
		key[whole] = (uint8_t)(address[whole] & 0xff00 >> rest);
}

static enum kind
kind64(const struct wp_packet *pkt)
{
	if ((pkt->flags & (WP_PKT_BAD_HEADER | WP_PKT_TRUNCATED)) != 0)
		return KIND_BAD;
	if ((pkt->flags & WP_PKT_LATER_FRAGMENT) != 0)
		return (pkt->flags & WP_PKT_FIRST_SEEN) != 0 && is_tcp_or_udp(pkt) ? KIND_ENDPOINT
										   : KIND_ADDRESS;
	if (is_tcp_or_udp(pkt))
		return pkt->l4_sport != 0 && pkt->l4_dport != 0 ? KIND_ENDPOINT : KIND_BAD;
	if (pkt->l4_proto != WP_PROTO_ICMPV6)
		return KIND_ADDRESS;
	if (pkt->l4 == 0)
		return KIND_BAD;
	switch (wp_l4(pkt)[0]) {
	case ICMPV6_ECHO:
	case ICMPV6_ECHO_REPLY:
		/* Its checksum covers the length of the whole: nobody can translate fragments. */
		return (pkt->flags & WP_PKT_FRAGMENT) != 0 ? KIND_REFUSED : KIND_ENDPOINT;
	default:
		return wp_l4(pkt)[0] <= ICMPV6_ERROR_LAST ? KIND_ERROR : KIND_REFUSED;
	}
}

void
nat64_keys(const struct nat *nat, struct wp_keys *keys, struct wp_packet *const *pkts, uint32_t six)
{
	/* Table by table: keys of one size are hashed together. */
	for (uint32_t left = six; left != 0; left &= left - 1) {
		uint16_t i = (uint16_t)__builtin_ctz(left);
		enum kind kind = kind64(pkts[i]);

		if (kind == KIND_ENDPOINT)
			nat64_subscriber(&nat->six, wp_source(pkts[i]),
					 wp_key_ask(keys, i, NAT_SUBSCRIBERS6, 6));
		else
			six &= ~(1u << i);
		if (kind == KIND_ERROR)
			nat64_error_keys(keys, i, pkts[i]);
	}
	for (; six != 0; six &= six - 1) {
		uint16_t i = (uint16_t)__builtin_ctz(six);
		const struct wp_packet *pkt = pkts[i];

		mapping_key_of(wp_key_ask(keys, i, NAT_MAPPINGS, 6), 6, wp_source(pkt),
			       port_of(pkt, true), protocol_of(pkt));
	}
}

/** @return whether an inside host may have an address: one of a single host, with a route to it,
 * that stands for no IPv4 one (RFC 6146 3.5: that would be a loop). */
static bool
may_be_inside(const struct nat *nat, const uint8_t *address)
{
	static const uint8_t zero[15];

	return address[0] != 0xff && memcmp(address, zero, sizeof(zero)) != 0 &&
	       !(address[0] == 0xfe && (address[1] & 0xc0) == 0x80) &&
	       !nat64_has(&nat->six, address);
}

/** @return whether an IPv4 address can be that of a remote: one of a single host, and with the
 * well-known prefix a global one (RFC 6052 3.1). */
static bool
may_be_remote(const struct nat *nat, uint32_t address)
{
	return !is_nowhere(address) &&
	       (!nat->six.well_known || wp_embed_is_global((const uint8_t *)&address));
}

/** Drops what is never translated. @param[out] remote  whom it is for */
static bool
is_good(const struct nat *nat, struct wp_packet *pkt, enum kind kind, uint32_t *remote)
{
	if (kind == KIND_BAD || nat_is_bad_l4(pkt))
		wp_drop(pkt, NAT_DROP_MALFORMED);
	else if (!may_be_inside(nat, wp_source(pkt)) ||
		 !wp_embed_extract(&nat->six.prefix, wp_dest(pkt), (uint8_t *)remote) ||
		 !may_be_remote(nat, *remote))
		wp_drop(pkt, NAT_DROP_ADDRESS);
	else if (kind == KIND_REFUSED)
		wp_drop(pkt, NAT_DROP_PROTOCOL);
	return pkt->verdict == WP_NEXT;
}

static bool
is_ping_of_ours(const struct nat *nat, const struct wp_packet *pkt, uint32_t remote)
{
	return nat->ping && pkt->l4_proto == WP_PROTO_ICMPV6 && pkt->l4 != 0 &&
	       wp_l4(pkt)[0] == ICMPV6_ECHO && nat_pool_of(nat, remote) != NULL;
}

static void
answer_ping(struct wp_core *core, struct wp_packet *pkt)
{
	if (wp_checksum_l4(pkt) != 0) {
		wp_drop(pkt, NAT_DROP_CHECKSUM);
		return;
	}
	nat64_answer_echo(pkt);
	wp_count(core, NAT_COUNT_PINGS, 1);
	wp_reply(pkt);
}

/** Makes a packet that may pass IPv4, from its mapping's outside endpoint. */
static void
send_out(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
	 const struct mapping *mapping, uint32_t remote)
{
	struct wp_siit how = {.mtu4 = nat->mtu, .mtu6 = nat->mtu};

	memcpy(how.packet.source, &mapping->outside, 4);
	memcpy(how.packet.dest, &remote, 4);
	if (!nat64_6to4(core, pkt, &how))
		return;
	translate_out(pkt, mapping); /* the port */
	nat_hairpin(nat, core, pkt);
}

void
nat64_out(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	enum kind kind = kind64(pkt);
	struct wp_entry *entry;
	uint32_t remote;

	if (!is_good(nat, pkt, kind, &remote))
		return;
	if (kind == KIND_ERROR) {
		nat64_error_out(nat, core, pkt);
		return;
	}
	if (is_ping_of_ours(nat, pkt, remote)) {
		answer_ping(core, pkt);
		return;
	}
	entry = nat_mapping_for(nat, core, pkt, kind == KIND_ENDPOINT, pkt->state[1]);
	if (entry == NULL)
		return;
	if (session_pass(nat, core, pkt, entry, true, remote, port_of(pkt, false)))
		send_out(nat, core, pkt, wp_value(entry), remote);
	else
		nat_answer_refusal(nat, core, pkt);
}

void
nat64_in(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt, struct wp_entry *entry)
{
	const struct mapping *mapping = wp_value(entry);
	struct nat_core *scratch = core->scratch;
	struct wp_siit how = {.mtu4 = nat->mtu, .mtu6 = nat->mtu};
	uint32_t remote = source_of(pkt);

	if (!nat->six.on) { /* no longer: its mappings have not ended yet */
		wp_drop(pkt, NAT_DROP_NO_MAPPING);
		return;
	}
	if (!may_be_remote(nat, remote)) {
		wp_drop(pkt, NAT_DROP_ADDRESS);
		return;
	}
	if (!session_pass(nat, core, pkt, entry, false, remote, port_of(pkt, true)))
		return;
	wp_embed(&nat->six.prefix, (const uint8_t *)&remote, how.packet.source);
	memcpy(how.packet.dest, wp_entry_key(entry), 16);
	if (nat64_is_long(nat, pkt) && !nat64_fit(nat, core, pkt))
		return;
	for (unsigned int i = 0; i < scratch->n_pieces; i++) {
		struct wp_packet *piece = scratch->pieces[i];

		set_endpoint(piece, false, mapping->outside, mapping_inside_port(entry), 0,
			     (uint16_t)~mapping->delta);
		nat64_4to6(piece, &how);
	}
	set_endpoint(pkt, false, mapping->outside, mapping_inside_port(entry), 0,
		     (uint16_t)~mapping->delta);
	nat64_4to6(pkt, &how);
}
