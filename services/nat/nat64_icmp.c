/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP errors through a NAT64 (RFC 6146 3.4 and 3.5, RFC 7915 4.2 and 5.2): the packet that they
 * quote is turned back to what its sender knows. As an IPv4 packet it gets its port, then or before
 * headers are translated.
 */

#include "kind.h"
#include "parse/checksum.h"
#include "siit/embed.h"
#include "siit/siit.h"

enum { ERROR_HEADER = 8, HOPS = 64 };

/* From inside. */

/** The packet that an ICMPv6 error quotes, parsed. @return false when it shows no endpoint */
static bool
read_quoted(const struct wp_packet *pkt, struct wp_packet *quoted)
{
	bool echo;

	if (wp_siit_quoted(pkt) == NULL)
		return false;
	*quoted = (struct wp_packet){.buf = pkt->buf,
				     .room = pkt->room,
				     .start = (uint16_t)(pkt->l4 + ERROR_HEADER),
				     .len = (uint16_t)(pkt->end - pkt->l4 - ERROR_HEADER)};
	wp_parse(quoted);
	if (quoted->ip_version != 6 || quoted->l4 == 0 || (quoted->flags & WP_PKT_BAD_HEADER) != 0)
		return false;
	echo = quoted->l4_proto == WP_PROTO_ICMPV6 &&
	       (wp_l4(quoted)[0] == ICMPV6_ECHO || wp_l4(quoted)[0] == ICMPV6_ECHO_REPLY);
	return echo || is_tcp_or_udp(quoted);
}

void
nat64_error_keys(struct wp_keys *keys, uint16_t i, const struct wp_packet *pkt)
{
	struct wp_packet quoted;

	if (read_quoted(pkt, &quoted))
		mapping_key_of(wp_key_ask(keys, i, NAT_MAPPINGS, 6), 6, wp_dest(&quoted),
			       port_of(&quoted, false), protocol_of(&quoted));
}

/** @return whether an error is sound and goes where what it quotes came from; else it is dropped.
 * @param[out] remote  that is */
static bool
is_sound(const struct nat *nat, struct wp_packet *pkt, uint8_t remote[4])
{
	struct wp_packet quoted;

	if ((pkt->flags & WP_PKT_FRAGMENT) == 0 && wp_checksum_l4(pkt) != 0) {
		wp_drop(pkt, NAT_DROP_CHECKSUM);
		return false;
	}
	if (!read_quoted(pkt, &quoted) || memcmp(wp_source(&quoted), wp_dest(pkt), 16) != 0 ||
	    !wp_embed_extract(&nat->six.prefix, wp_dest(pkt), remote)) {
		wp_drop(pkt, NAT_DROP_ICMP);
		return false;
	}
	return true;
}

void
nat64_error_out(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	struct wp_siit how = {.mtu4 = nat->mtu, .mtu6 = nat->mtu};
	const struct wp_entry *entry = pkt->state[0];
	const struct mapping *mapping;
	struct quoted quoted;

	if (!is_sound(nat, pkt, how.packet.dest))
		return;
	if (entry == NULL) {
		wp_drop(pkt, NAT_DROP_NO_MAPPING);
		return;
	}
	mapping = wp_value(entry);
	/* Also of a router inside: it has no address outside (RFC 5508 REQ-5). */
	memcpy(how.packet.source, &mapping->outside, 4);
	memcpy(how.quoted.source, how.packet.dest, 4);
	memcpy(how.quoted.dest, &mapping->outside, 4);
	if (!nat64_6to4(core, pkt, &how))
		return;
	if (!quoted_read(pkt, &quoted)) {
		wp_drop(pkt, NAT_DROP_ICMP);
		return;
	}
	icmp_translate(pkt, &quoted, true, mapping->outside, mapping->outside_port,
		       mapping->outside);
	wp_count(core, NAT_COUNT_ERRORS, 1);
	nat_hairpin(nat, core, pkt);
}

/* From outside. */

void
nat64_error_in(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
	       const struct quoted *quoted, struct wp_entry *entry)
{
	struct wp_siit how = {.mtu4 = nat->mtu, .mtu6 = nat->mtu};
	const struct mapping *mapping = wp_value(entry);
	const uint8_t *sender = wp_source(pkt);

	if (!nat->six.on) {
		wp_drop(pkt, NAT_DROP_NO_MAPPING);
		return;
	}
	/* A router with a private address: what it says must not be lost (path MTU discovery), but
	 * it has no address in the well-known prefix (RFC 6052 3.1). */
	if (nat->six.well_known && !wp_embed_is_global(sender))
		sender = (const uint8_t *)&mapping->outside;
	wp_embed(&nat->six.prefix, sender, how.packet.source);
	wp_embed(&nat->six.prefix, quoted->ip + 16, how.quoted.dest);
	memcpy(how.packet.dest, wp_entry_key(entry), 16);
	memcpy(how.quoted.source, wp_entry_key(entry), 16);
	icmp_translate(pkt, quoted, false, mapping->outside, mapping_inside_port(entry),
		       dest_of(pkt));
	if (nat64_4to6(pkt, &how))
		wp_count(core, NAT_COUNT_ERRORS, 1);
}

/* Pings of external addresses. */

void
nat64_answer_echo(struct wp_packet *pkt)
{
	uint8_t *ip = wp_l3(pkt), *l4 = wp_l4(pkt), source[16];
	uint16_t before = wp_load16(l4);

	wp_turn_ethernet(pkt);
	memcpy(source, ip + 8, 16);
	memcpy(ip + 8, ip + 24, 16);
	memcpy(ip + 24, source, 16);
	ip[7] = HOPS;
	l4[0] = ICMPV6_ECHO_REPLY;
	wp_store16(l4 + 2, wp_checksum_adjust16(wp_load16(l4 + 2), before, wp_load16(l4)));
}
