/* SPDX-License-Identifier: BSD-3-Clause */
/* What stands in front of network headers: Ethernet, tags, labels, sessions. */

#include <string.h>

#include "bytes.h"
#include "oddity/oddity_walk.h"
#include "parse/parse.h"

enum {
	TAGS_MAX = 3, /* of VLANs */
	ETHER_SIZE = 14,
};

enum {
	TYPE_ARP = 0x0806,
	TYPE_MPLS = 0x8847,
	TYPE_MPLS_MULTICAST = 0x8848,
	TYPE_PPPOE_DISCOVERY = 0x8863,
	TYPE_PPPOE = 0x8864,
	TYPE_PBB = 0x88e7,
	TYPE_DCE = 0x8903,
	TYPE_VNTAG = 0x8926,
	TYPE_QINQ_OLD = 0x9100,
};

void
walk_ethernet(struct walk *walk, struct stretch from)
{
	if (!walk_deeper(walk))
		return;
	if (from.size < ETHER_SIZE)
		walk_add(walk, EVENT_DECODE_ETHERNET_PKT_TOO_SMALL);
	else
		walk_type(walk, wp_get16(from.at + 12), stretch_behind(from, ETHER_SIZE));
}

/* Tags. */

static void
walk_vlan(struct walk *walk, struct stretch from)
{
	enum { TAG_SIZE = 4, TYPE_AT = 2 };

	if (from.size < TAG_SIZE) {
		walk_add(walk, EVENT_DECODE_VLAN_HEADER_TOO_SMALL);
		return;
	}
	if (walk->tags == TAGS_MAX) {
		walk_add(walk, EVENT_DECODE_VLAN_TOO_MANY_LAYERS);
		return;
	}
	walk->tags++;
	if (walk_deeper(walk) &&
	    !walk_type(walk, wp_get16(from.at + TYPE_AT), stretch_behind(from, TAG_SIZE)))
		walk_add(walk, EVENT_DECODE_VLAN_UNKNOWN_TYPE);
}

static void
walk_pbb(struct walk *walk, struct stretch from)
{
	enum { TAG_SIZE = 18, TYPE_AT = 16 };

	if (from.size < TAG_SIZE)
		walk_add(walk, EVENT_DECODE_IEEE8021AH_HEADER_TOO_SMALL);
	else
		walk_type(walk, wp_get16(from.at + TYPE_AT), stretch_behind(from, TAG_SIZE));
}

static void
walk_vntag(struct walk *walk, struct stretch from)
{
	enum { TAG_SIZE = 6, TYPE_AT = 4 };

	if (!walk_deeper(walk))
		return;
	if (from.size < TAG_SIZE)
		walk_add(walk, EVENT_DECODE_VNTAG_HEADER_TOO_SMALL);
	else if (!walk_type(walk, wp_get16(from.at + TYPE_AT), stretch_behind(from, TAG_SIZE)))
		walk_add(walk, EVENT_DECODE_VNTAG_UNKNOWN_TYPE);
}

/** Cisco's FabricPath: a tag, and the frame that it is put in front of. */
static void
walk_dce(struct walk *walk, struct stretch from)
{
	enum { HEADER_SIZE = 2 };

	if (from.size < HEADER_SIZE + ETHER_SIZE)
		walk_add(walk, EVENT_DECODE_DCE_PKT_TOO_SMALL);
	else
		walk_ethernet(walk, stretch_behind(from, HEADER_SIZE));
}

/* Labels. */

enum { LABEL_SIZE = 4 };

/** What is behind labels nobody says: it is told by its first nibble. */
static void
walk_unlabelled(struct walk *walk, struct stretch from)
{
	enum { CONTROL_WORD = 4 };

	if (from.size < CONTROL_WORD) {
		walk_add(walk, EVENT_DECODE_MPLS_PKT_TOO_SMALL);
		return;
	}
	switch (from.at[0] >> 4) {
	case 0:
		walk_ethernet(walk, stretch_behind(from, CONTROL_WORD));
		break;
	case 4:
		walk_ipv4(walk, from);
		break;
	case 6:
		walk_ipv6(walk, from);
		break;
	default:
		walk_add(walk, EVENT_DECODE_MPLS_UNKNOWN_PAYLOAD_TYPE);
	}
}

/** @param label  the last one (RFC 3032 section 2.1) */
static void
walk_labelled(struct walk *walk, uint32_t label, struct stretch from)
{
	enum { IPV4_NULL, ROUTER_ALERT, IPV6_NULL, IMPLICIT_NULL, FIRST_USUAL = 15 };

	if (label == IPV4_NULL)
		walk_ipv4(walk, from);
	else if (label == IPV6_NULL)
		walk_ipv6(walk, from);
	else if (label == ROUTER_ALERT)
		walk_add(walk, EVENT_DECODE_MPLS_BAD_LABEL_ROUTER_ALERT);
	else if (label == IMPLICIT_NULL)
		walk_add(walk, EVENT_DECODE_MPLS_BAD_LABEL_IMPLICIT_NULL);
	else if (label < FIRST_USUAL)
		walk_add(walk, EVENT_DECODE_MPLS_BAD_LABEL_RESERVED);
	else
		walk_unlabelled(walk, from);
}

static void
walk_labels(struct walk *walk, struct stretch from)
{
	uint32_t label;

	if (!walk_deeper(walk))
		return;
	do {
		if (from.size < LABEL_SIZE) {
			walk_add(walk, EVENT_DECODE_MPLS_HEADER_TOO_SMALL);
			return;
		}
		label = wp_get32(from.at);
		from = stretch_behind(from, LABEL_SIZE);
	} while ((label >> 8 & 1) == 0);
	walk_labelled(walk, label >> 12, from);
}

/* Sessions. */

enum {
	PPP_IPV4 = 0x0021,
	PPP_VAN_JACOBSON = 0x002f, /* a header that is not compressed */
	PPP_IPV6 = 0x0057,
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
};

/** @return what is told of a protocol that is not looked into: those that set up links and their
 * protocols are as they must be. */
static enum rule_event
event_of_ppp(uint16_t proto)
{
	static const uint16_t networks[] = {0x0023, 0x0025, 0x0027, 0x0029, 0x002b, 0x002d, 0x0031,
					    0x0033, 0x0035, 0x0201, 0x0231, 0x0233, 0x0281, 0x0283};
	static const uint16_t control[] = {0x8021, 0x8023, 0x8025, 0x8027, 0x8029,
					   0x802b, 0x8033, 0x8035, 0x8057, 0x80fd,
					   0x8281, 0xc021, 0xc023, 0xc025, 0xc223};

	if (is_among(proto, control, sizeof(control) / sizeof(control[0])))
		return EVENT_NONE;
	return is_among(proto, networks, sizeof(networks) / sizeof(networks[0]))
		       ? EVENT_DECODE_PPP_UNSUP_PROTO
		       : EVENT_DECODE_PPP_WRONG_TYPE;
}

static void
walk_ppp_of(struct walk *walk, uint16_t proto, struct stretch from)
{
	switch (proto) {
	case PPP_IPV4:
		if (from.size < IPV4_SIZE)
			walk_add(walk, EVENT_DECODE_PPP_IP4_PKT_TOO_SMALL);
		else
			walk_ipv4(walk, from);
		break;
	case PPP_VAN_JACOBSON:
		if (from.size < IPV4_SIZE)
			walk_add(walk, EVENT_DECODE_PPP_VJU_PKT_TOO_SMALL);
		else if (from.at[0] >> 4 == 4)
			walk_ipv4(walk, from);
		break;
	case PPP_IPV6:
		if (from.size < IPV6_SIZE)
			walk_add(walk, EVENT_DECODE_PPP_IP6_PKT_TOO_SMALL);
		else
			walk_ipv6(walk, from);
		break;
	default:
		if (event_of_ppp(proto) != EVENT_NONE)
			walk_add(walk, event_of_ppp(proto));
	}
}

static void
walk_pppoe(struct walk *walk, struct stretch from)
{
	enum { HEADER_SIZE = 8, PROTO_AT = 6 };

	if (from.size < HEADER_SIZE)
		walk_add(walk, EVENT_DECODE_PPPOE_PKT_TOO_SMALL);
	else
		walk_ppp_of(walk, wp_get16(from.at + PROTO_AT), stretch_behind(from, HEADER_SIZE));
}

/** A discovery (RFC 2516 section 5): its tags are as long as it says. */
static void
walk_pppoe_discovery(struct walk *walk, struct stretch from)
{
	enum { HEADER_SIZE = 6, CODE_AT = 1, LENGTH_AT = 4 };
	static const uint8_t codes[] = {0x07, 0x09, 0x19, 0x65, 0xa7};

	if (from.size < HEADER_SIZE)
		walk_add(walk, EVENT_DECODE_PPPOE_PKT_TOO_SMALL);
	else if (memchr(codes, from.at[CODE_AT], sizeof(codes)) == NULL)
		walk_add(walk, EVENT_DECODE_PPPOE_WRONG_CODE);
	else if (wp_get16(from.at + LENGTH_AT) > from.size - HEADER_SIZE)
		walk_add(walk, EVENT_DECODE_PPPOE_MALFORMED_TAGS);
}

/* Service headers. */

/** @return what is wrong with a header of RFC 8300, of whose bytes @p from has 8 at least. */
static enum rule_event
fault_of_nsh(struct stretch from)
{
	enum { FIXED = 1, VARIABLE = 2, EXPERIMENT = 15, FIXED_WORDS = 6 };
	uint16_t word = wp_get16(from.at);
	unsigned int words = word & 0x3f;
	uint8_t type = from.at[2];

	if (word >> 14 != 0)
		return EVENT_DECODE_NSH_UNSUPPORTED_VERSION;
	if (words * 4 > from.size)
		return EVENT_DECODE_NSH_BAD_HEADER_LENGTH;
	if (type == 0 || type == EXPERIMENT)
		return EVENT_DECODE_NSH_RESERVED_TYPE;
	if (type == FIXED && words != FIXED_WORDS)
		return EVENT_DECODE_NSH_BAD_HEADER_LENGTH;
	return type > VARIABLE ? EVENT_DECODE_NSH_UNSUPPORTED_TYPE : EVENT_NONE;
}

static void
walk_nsh(struct walk *walk, struct stretch from)
{
	enum { HEADER_SIZE = 8, NEXT_AT = 3, IPV4 = 1, IPV6 = 2, ETHERNET = 3, MPLS = 5 };
	enum rule_event fault;
	struct stretch behind;

	if (!walk_deeper(walk))
		return;
	fault = from.size < HEADER_SIZE ? EVENT_DECODE_NSH_HEADER_TOO_SMALL : fault_of_nsh(from);
	if (fault != EVENT_NONE) {
		walk_add(walk, fault);
		return;
	}
	behind = stretch_behind(from, (wp_get16(from.at) & 0x3fu) * 4);
	switch (from.at[NEXT_AT]) {
	case IPV4:
		walk_ipv4(walk, behind);
		break;
	case IPV6:
		walk_ipv6(walk, behind);
		break;
	case ETHERNET:
		walk_ethernet(walk, behind);
		break;
	case MPLS:
		walk_labels(walk, behind);
		break;
	default:
		walk_add(walk, EVENT_DECODE_NSH_UNKNOWN_PAYLOAD);
	}
}

bool
walk_type(struct walk *walk, uint16_t type, struct stretch from)
{
	switch (type) {
	case WP_ETHERTYPE_IPV4:
		walk_ipv4(walk, from);
		return true;
	case WP_ETHERTYPE_IPV6:
		walk_ipv6(walk, from);
		return true;
	case WP_ETHERTYPE_VLAN:
	case WP_ETHERTYPE_QINQ:
	case TYPE_QINQ_OLD:
		walk_vlan(walk, from);
		return true;
	case TYPE_PBB:
		walk_pbb(walk, from);
		return true;
	case TYPE_MPLS:
	case TYPE_MPLS_MULTICAST:
		walk_labels(walk, from);
		return true;
	case TYPE_PPPOE:
		walk_pppoe(walk, from);
		return true;
	case TYPE_PPPOE_DISCOVERY:
		walk_pppoe_discovery(walk, from);
		return true;
	case TYPE_DCE:
		walk_dce(walk, from);
		return true;
	case TYPE_VNTAG:
		walk_vntag(walk, from);
		return true;
	case WP_ETHERTYPE_NSH:
		walk_nsh(walk, from);
		return true;
	case TYPE_ARP:
		return true;
	default:
		return false;
	}
}
