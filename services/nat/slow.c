/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets that are not simply part of an established conversation. */

#include "bytes.h"
#include "ftp.h"
#include "parse/checksum.h"
#include "pmtu/icmp.h"
#include "pmtu/mss.h"
#include "pcp.h"
#include "translate.h"

/** @return whether a packet is an echo request. */
static bool
is_ping(const struct wp_packet *pkt)
{
	return pkt->l4_proto == WP_PROTO_ICMP && pkt->l4 != 0 && icmp_is_echo(wp_l4(pkt)[0]) &&
	       (pkt->flags & WP_PKT_FRAGMENT) == 0;
}

static void
answer_ping(struct wp_core *core, struct wp_packet *pkt)
{
	const uint8_t *ip = wp_l3(pkt);

	if (wp_checksum_l4(pkt) != 0 ||
	    wp_checksum_ipv4(ip, (size_t)(pkt->l4 - pkt->l3)) != wp_load16(ip + 10)) {
		wp_drop(pkt, NAT_DROP_CHECKSUM);
		return;
	}
	icmp_answer_echo(pkt);
	wp_count(core, NAT_COUNT_PINGS, 1);
	wp_reply(pkt);
}

void
nat_hairpin(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	if (!nat_is_outside(nat, dest_of(pkt)))
		return;
	wp_count(core, NAT_COUNT_HAIRPINS, 1);
	pkt->inside = WP_INSIDE_DESTINATION;
	pkt->verdict = WP_AGAIN;
}

/** Gives one side of a packet another address, and another port when it has one. */
static void
set_fixed(struct wp_packet *pkt, bool source, uint32_t to, uint16_t port)
{
	uint8_t *at = wp_l3(pkt) + (source ? 12 : 16);
	uint32_t from = wp_load32(at);
	uint16_t from_port;

	if (!is_tcp_or_udp(pkt)) {
		memcpy(at, &to, sizeof(to));
		add_to_sum(wp_l3(pkt) + 10, nat_difference(from, to, 0, 0));
		return;
	}
	from_port = port_of(pkt, source);
	if (port == 0)
		port = from_port;
	set_endpoint(pkt, source, to, port, nat_difference(from, to, 0, 0),
		     nat_difference(from, to, from_port, port));
}

/** @return whether an ICMP error is what it claims to be; else it is dropped (RFC 5508 REQ-3). */
static bool
read_error(struct wp_packet *pkt, struct quoted *quoted)
{
	bool own_sum = (pkt->flags & WP_PKT_FRAGMENT) != 0 || wp_checksum_l4(pkt) == 0;

	if (own_sum && !quoted_read(pkt, quoted)) {
		wp_drop(pkt, NAT_DROP_ICMP);
		return false;
	}
	if (own_sum && wp_checksum_ipv4(quoted->ip, (size_t)(quoted->l4 - quoted->ip)) ==
			       wp_load16(quoted->ip + 10))
		return true;
	wp_drop(pkt, NAT_DROP_CHECKSUM);
	return false;
}

/** @return what the sender of an outbound error is known as: a router on the way to the host may
 * have sent it (RFC 5508 REQ-5). @param usual  the outside address of the quoted packet's host */
static uint32_t
outside_of_sender(const struct nat *nat, const struct wp_packet *pkt, uint32_t usual)
{
	const struct fixed *fixed = fixed_inside(nat, pkt->tenant, source_of(pkt), 0, 0);

	return fixed != NULL ? fixed->outside : usual;
}

/** What the endpoint of a quoted packet is on the other side. */
struct other_side {
	uint32_t address; /* network order, as the port */
	uint16_t port;
	uint16_t tenant; /* of the host inside */
};

/** Of the destination of a packet that came in. @return false: nothing translates it */
static bool
find_outside(const struct nat *nat, const struct wp_packet *pkt, const struct quoted *quoted,
	     struct other_side *to)
{
	const struct fixed *fixed = fixed_inside(nat, pkt->tenant, wp_load32(quoted->ip + 16),
						 quoted->dest, quoted->l4_protocol);
	const struct mapping *mapping;

	to->tenant = pkt->tenant;
	if (fixed != NULL) {
		to->address = fixed->outside;
		to->port = fixed->outside_port != 0 ? fixed->outside_port : quoted->dest;
		return true;
	}
	if (pkt->state[0] == NULL)
		return false;
	mapping = wp_value(pkt->state[0]);
	to->address = mapping->outside;
	to->port = mapping->outside_port;
	return true;
}

/** Of the source of a packet that left. @return likewise */
static bool
find_inside(const struct nat *nat, const struct wp_packet *pkt, const struct quoted *quoted,
	    struct other_side *to)
{
	const struct fixed *fixed =
		fixed_outside(nat, dest_of(pkt), quoted->source, quoted->l4_protocol);
	const struct wp_entry *entry = pkt->state[0];

	if (fixed != NULL) {
		to->address = fixed->inside;
		to->port = fixed->inside_port != 0 ? fixed->inside_port : quoted->source;
		to->tenant = fixed->tenant;
		return true;
	}
	if (entry == NULL)
		return false;
	to->address = wp_load32(wp_entry_key(entry));
	to->port = wp_load16(wp_entry_key(entry) + 4);
	to->tenant = entry->tenant;
	return true;
}

/** @return the tenant whose host it is for, or from */
static uint16_t
pass_error(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt, bool from_inside)
{
	struct other_side to;
	struct quoted quoted;

	if (!read_error(pkt, &quoted))
		return pkt->tenant;
	if (!from_inside && wp_load32(quoted.ip + 12) != dest_of(pkt)) {
		wp_drop(pkt, NAT_DROP_ICMP);
		return pkt->tenant;
	}
	if (!from_inside && pkt->state[0] != NULL && key_version(pkt->state[0]) == 6) {
		nat64_error_in(nat, core, pkt, &quoted, pkt->state[0]);
		return pkt->state[0]->tenant;
	}
	if (!(from_inside ? find_outside : find_inside)(nat, pkt, &quoted, &to)) {
		wp_drop(pkt, NAT_DROP_NO_MAPPING);
		return pkt->tenant;
	}
	icmp_translate(pkt, &quoted, from_inside, to.address, to.port,
		       from_inside ? outside_of_sender(nat, pkt, to.address) : to.address);
	wp_count(core, NAT_COUNT_ERRORS, 1);
	if (from_inside)
		nat_hairpin(nat, core, pkt);
	return to.tenant;
}

bool
nat_is_bad_l4(const struct wp_packet *pkt)
{
	uint8_t flags;

	if (pkt->l4 == 0)
		return false;
	if (pkt->l4_proto == WP_PROTO_UDP)
		return !udp_fits(pkt);
	flags = pkt->l4_proto == WP_PROTO_TCP ? wp_l4(pkt)[TCP_FLAGS_AT] : 0;
	return (flags & TCP_SYN) != 0 && (flags & (TCP_FIN | TCP_RST)) != 0;
}

/** @return whether a packet from outside is for none of our addresses, and may go on. */
static bool
is_passing_by(const struct nat *nat, const struct wp_packet *pkt)
{
	return pkt->inside == WP_INSIDE_DESTINATION && nat->forward_unmatched &&
	       !nat_is_outside(nat, dest_of(pkt));
}

/** Drops what is never translated, and lets through what is not ours. @return whether that was it
 */
static bool
set_aside(const struct nat *nat, struct wp_packet *pkt, enum kind kind)
{
	bool again = (pkt->flags & WP_PKT_AGAIN) != 0;

	if (kind == KIND_OTHER)
		return true;
	if (kind == KIND_BAD || nat_is_bad_l4(pkt))
		wp_drop(pkt, NAT_DROP_MALFORMED);
	else if (is_nowhere(source_of(pkt)) || is_nowhere(dest_of(pkt)) ||
		 (!again && nat_is_outside(nat, source_of(pkt)) &&
		  !nat_is_identity(nat, pkt, source_of(pkt))))
		wp_drop(pkt, NAT_DROP_ADDRESS);
	else if (kind == KIND_REFUSED && !is_passing_by(nat, pkt))
		wp_drop(pkt, NAT_DROP_PROTOCOL);
	return pkt->verdict != WP_NEXT || kind == KIND_REFUSED;
}

/** @return whether ICMP of either family asks for an answer. */
static bool
is_request(const struct wp_packet *pkt)
{
	uint8_t type = wp_l4(pkt)[0];

	return pkt->ip_version == 6 ? type == ICMPV6_ECHO : icmp_is_request(type);
}

/** @return why a packet that has no mapping cannot get one; NAT_DROP_TABLE_FULL: it can. */
static enum nat_reason
no_mapping_for(const struct nat *nat, const struct wp_packet *pkt, bool is_endpoint)
{
	if ((pkt->flags & WP_PKT_LATER_FRAGMENT) != 0)
		return NAT_DROP_FRAGMENT;
	if (!is_endpoint)
		return NAT_DROP_PROTOCOL;
	if (pkt->l4_proto == WP_PROTO_TCP) {
		uint8_t flags = wp_l4(pkt)[TCP_FLAGS_AT];

		return tcp_opens(flags) || (nat->tcp_loose && tcp_goes_on(flags))
			       ? NAT_DROP_TABLE_FULL
			       : NAT_DROP_NO_SESSION;
	}
	if (protocol_of(pkt) == WP_PROTO_ICMP && !is_request(pkt))
		return NAT_DROP_NO_MAPPING;
	return NAT_DROP_TABLE_FULL;
}

void
nat_answer_refusal(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	static const struct wp_icmp prohibited = {.error = WP_ICMP_PROHIBITED};
	struct nat_core *scratch = core->scratch;
	uint16_t reason = pkt->reason;

	if (pkt->verdict != WP_DROP || (reason != NAT_DROP_QUOTA && reason != NAT_DROP_PORTS))
		return;
	if (wp_icmp_answer(pkt, &prohibited, &nat->icmp_rate, &scratch->icmp_limit, core->now_ns) ==
	    0)
		wp_count(core, reason == NAT_DROP_QUOTA ? NAT_COUNT_QUOTA : NAT_COUNT_EXHAUSTED, 1);
}

struct wp_entry *
nat_mapping_for(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
		bool is_endpoint, struct wp_entry *entry)
{
	enum nat_reason reason;

	/* A later fragment's first, in the same burst, may have made it. */
	if (entry == NULL && (pkt->flags & WP_PKT_LATER_FRAGMENT) != 0 && is_endpoint)
		entry = mapping_find(core, pkt, protocol_of(pkt), port_of(pkt, true));
	if (entry != NULL)
		return entry;
	reason = no_mapping_for(nat, pkt, is_endpoint);
	if (reason != NAT_DROP_TABLE_FULL) {
		wp_drop(pkt, reason);
		return NULL;
	}
	entry = mapping_make(nat, core, pkt, proto_of(pkt->l4_proto), port_of(pkt, true));
	if (entry == NULL)
		nat_answer_refusal(nat, core, pkt);
	return entry;
}

/** @return the port that tells fixed mappings apart; 0: the address alone does. */
static uint16_t
fixed_port(const struct wp_packet *pkt, enum kind kind, bool source)
{
	return kind == KIND_ENDPOINT && is_tcp_or_udp(pkt) ? port_of(pkt, source) : 0;
}

static void
out(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	enum kind kind = kind_of(pkt);
	struct mapping *mapping;
	const struct fixed *fixed;
	struct wp_entry *entry;

	if (set_aside(nat, pkt, kind))
		return;
	if (kind == KIND_ERROR) {
		pass_error(nat, core, pkt, true);
		return;
	}
	if (nat->ping && is_ping(pkt) && nat_pool_of(nat, dest_of(pkt)) != NULL) {
		answer_ping(core, pkt);
		return;
	}
	if (pcp_is_request(nat, pkt)) {
		pcp_serve(nat, core, pkt);
		return;
	}
	fixed = fixed_inside(nat, pkt->tenant, source_of(pkt), fixed_port(pkt, kind, true),
			     pkt->l4_proto);
	if (fixed != NULL) {
		uint16_t port = fixed->outside_port;

		if (ftp_watches(nat, pkt) &&
		    !ftp_out(nat, core, pkt, fixed->outside, port != 0 ? port : port_of(pkt, true)))
			return;
		set_fixed(pkt, true, fixed->outside, port);
		nat_hairpin(nat, core, pkt);
		return;
	}
	entry = nat_mapping_for(nat, core, pkt, kind == KIND_ENDPOINT, pkt->state[0]);
	if (entry == NULL)
		return;
	if (!session_pass(nat, core, pkt, entry, true, dest_of(pkt), port_of(pkt, false))) {
		nat_answer_refusal(nat, core, pkt);
		return;
	}
	mapping = nat_mutable(entry);
	mapping->checked = nat->fixed_mark;
	if (ftp_watches(nat, pkt) &&
	    !ftp_out(nat, core, pkt, mapping->outside, mapping->outside_port))
		return;
	translate_out(pkt, mapping);
	nat_hairpin(nat, core, pkt);
}

/** A packet from outside that no mapping is for. */
static void
in_unmatched(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt, enum kind kind)
{
	uint32_t dest = dest_of(pkt);

	if (!nat_is_outside(nat, dest) && nat->forward_unmatched)
		return;
	if (nat->ping && is_ping(pkt) && nat_pool_of(nat, dest) != NULL)
		answer_ping(core, pkt);
	else if (kind == KIND_ENDPOINT)
		wp_drop(pkt, NAT_DROP_NO_MAPPING);
	else
		wp_drop(pkt, (pkt->flags & WP_PKT_LATER_FRAGMENT) != 0 ? NAT_DROP_FRAGMENT
								       : NAT_DROP_PROTOCOL);
}

/** @return the tenant whose host it is for */
static uint16_t
in(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	enum kind kind = kind_of(pkt);
	struct wp_entry *entry = pkt->state[0];
	const struct fixed *fixed;

	if (set_aside(nat, pkt, kind))
		return pkt->tenant;
	if (kind == KIND_ERROR)
		return pass_error(nat, core, pkt, false);
	fixed = entry != NULL ? NULL
			      : fixed_outside(nat, dest_of(pkt), fixed_port(pkt, kind, false),
					      pkt->l4_proto);
	if (fixed != NULL) {
		uint16_t port = fixed->inside_port;

		if (ftp_watches(nat, pkt))
			ftp_in(nat, core, pkt, fixed->tenant, fixed->inside,
			       port != 0 ? port : port_of(pkt, false));
		set_fixed(pkt, false, fixed->inside, port);
		return fixed->tenant;
	}
	if (entry == NULL) {
		in_unmatched(nat, core, pkt, kind);
		return pkt->tenant;
	}
	if (key_version(entry) == 6) {
		nat64_in(nat, core, pkt, entry);
		return entry->tenant;
	}
	if (!session_pass(nat, core, pkt, entry, false, source_of(pkt), port_of(pkt, true)))
		return entry->tenant;
	if (ftp_watches(nat, pkt))
		ftp_in(nat, core, pkt, entry->tenant, wp_load32(wp_entry_key(entry)),
		       wp_load16(wp_entry_key(entry) + 4));
	translate_in(pkt, entry, wp_value(entry));
	return entry->tenant;
}

/** Lowers the MSS of what is translated. */
static void
clamp(const struct nat *nat, struct wp_packet *pkt)
{
	if (nat->mtu != 0 && pkt->verdict == WP_NEXT && pkt->l4_proto == WP_PROTO_TCP)
		wp_mss_clamp(pkt, nat->mtu);
}

/** Forgets entries that an earlier packet of the burst has ended since they were looked up: nothing
 * may be written to them, nor point to them. */
static void
forget_ended(struct wp_packet *pkt)
{
	for (unsigned int i = 0; i < WP_STATE_MAX; i++)
		if (pkt->state[i] != NULL && key_version(pkt->state[i]) == 0)
			pkt->state[i] = NULL;
}

void
nat_out_slowly(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	forget_ended(pkt);
	if (nat64_is_for(&nat->six, pkt)) {
		clamp(nat, pkt); /* to what fits as IPv6 */
		nat64_out(nat, core, pkt);
		return;
	}
	out(nat, core, pkt);
	clamp(nat, pkt);
}

/** Says where a packet goes on that has been translated. */
static void
turn(struct wp_packet *pkt, uint16_t tenant, bool again)
{
	if (tenant != pkt->tenant)
		wp_turn_to(pkt, tenant); /* it came on another tenant's path */
	else if (again)
		wp_turn(pkt);
}

void
nat_in_slowly(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt)
{
	struct nat_core *scratch = core->scratch;
	bool again = (pkt->flags & WP_PKT_AGAIN) != 0;
	uint16_t tenant;

	if (nat->n_ftp_ports != 0 && ftp_is_astray(core, pkt)) {
		wp_drop(pkt, NAT_DROP_FTP);
		return;
	}
	forget_ended(pkt);
	scratch->n_pieces = 0;
	tenant = in(nat, core, pkt);
	clamp(nat, pkt);
	if (pkt->verdict != WP_NEXT) {
		knock_note(nat, core, pkt);
		return;
	}
	turn(pkt, tenant, again);
	for (unsigned int i = 0; i < scratch->n_pieces; i++)
		if (scratch->pieces[i]->verdict == WP_NEXT)
			turn(scratch->pieces[i], tenant, again);
}
