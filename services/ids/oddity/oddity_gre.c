/* SPDX-License-Identifier: BSD-3-Clause */
/* What is odd about headers of GRE. */

#include "bytes.h"
#include "oddity/gre.h"
#include "oddity/oddity_walk.h"

enum { BASE = 4, WORD = 4 };

static void
look_at_version_0(struct walk *walk, uint16_t flags, struct stretch from)
{
	uint32_t header = BASE;
	bool is_routed = (flags & GRE_ROUTING) != 0;

	if ((flags & GRE_RECURSION) != 0) {
		walk_add(walk, EVENT_DECODE_GRE_VERSION0_RECUR);
		return;
	}
	if ((flags & GRE_UNUSED) != 0) {
		walk_add(walk, EVENT_DECODE_GRE_VERSION0_FLAGS);
		return;
	}
	header += (flags & GRE_KEY) != 0 ? WORD : 0;
	header += (flags & GRE_SEQUENCE) != 0 ? WORD : 0;
	header += (flags & (GRE_CHECKSUM | GRE_ROUTING)) != 0 ? WORD : 0;
	if (header > from.size) {
		walk_add(walk, EVENT_DECODE_GRE_VERSION0_HDR_TOO_BIG);
		return;
	}
	from = stretch_behind(from, header);
	if (is_routed && gre_routes_end(from.at, 0, from.size) == 0)
		walk_add(walk, EVENT_DECODE_GRE_VERSION0_MALFORMED_SRE_HDR);
}

/** @return what is wrong with the fields of a header of version 1. */
static enum rule_event
fault_of_version_1(uint16_t flags, uint16_t type)
{
	if ((flags & GRE_CHECKSUM) != 0)
		return EVENT_DECODE_GRE_VERSION1_CHKSUM;
	if ((flags & GRE_ROUTING) != 0)
		return EVENT_DECODE_GRE_VERSION1_ROUTE;
	if ((flags & GRE_STRICT) != 0)
		return EVENT_DECODE_GRE_VERSION1_SSR;
	if ((flags & GRE_RECURSION) != 0)
		return EVENT_DECODE_GRE_VERSION1_RECUR;
	if ((flags & GRE_UNUSED) != 0)
		return EVENT_DECODE_GRE_VERSION1_FLAGS;
	if (type != GRE_PPP)
		return EVENT_DECODE_GRE_VERSION1_WRONG_PROTOCOL;
	return (flags & GRE_KEY) == 0 ? EVENT_DECODE_GRE_VERSION1_NO_KEY : EVENT_NONE;
}

static void
look_at_version_1(struct walk *walk, uint16_t flags, struct stretch from)
{
	enum rule_event fault = fault_of_version_1(flags, wp_get16(from.at + 2));
	uint32_t header = BASE + WORD;

	if (fault != EVENT_NONE) {
		walk_add(walk, fault);
		return;
	}
	header += (flags & GRE_SEQUENCE) != 0 ? WORD : 0;
	header += (flags & GRE_ACK) != 0 ? WORD : 0;
	if (header > from.size)
		walk_add(walk, EVENT_DECODE_GRE_VERSION1_HDR_TOO_BIG);
}

void
walk_gre(struct walk *walk, struct stretch from)
{
	uint16_t flags;

	if (!walk_deeper(walk))
		return;
	if (from.size < BASE) {
		walk_add(walk, EVENT_DECODE_GRE_PKT_TOO_SMALL);
		return;
	}
	flags = wp_get16(from.at);
	if ((flags & GRE_VERSION) == 0)
		look_at_version_0(walk, flags, from);
	else if ((flags & GRE_VERSION) == 1)
		look_at_version_1(walk, flags, from);
	else
		walk_add(walk, EVENT_DECODE_GRE_WRONG_VERSION);
}
