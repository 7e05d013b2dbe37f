/* SPDX-License-Identifier: BSD-3-Clause */
/* A walk through the headers of a packet; for oddity_*.c that look at one kind of header each. */

#ifndef IDS_ODDITY_WALK_H
#define IDS_ODDITY_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "oddity/oddity.h"

/** Bytes from where the walk is, up to the end of what it is in. */
struct stretch {
	const uint8_t *at;
	uint32_t size;
};

/** The walk. */
struct walk {
	struct oddities *odd;
	unsigned int depth; /* headers so far, those of transport not counted */
	unsigned int tags;  /* of VLANs */
	uint8_t hops;       /* of the IP header: hop limit */
};

/** @return what is left behind @p n bytes of it, of which there are as many. */
static inline struct stretch
stretch_behind(struct stretch from, uint32_t n)
{
	return (struct stretch){from.at + n, from.size - n};
}

static inline void
walk_add(struct walk *walk, enum rule_event event)
{
	oddities_add(walk->odd, event);
}

/** @return whether it may go on to another header. */
static inline bool
walk_deeper(struct walk *walk)
{
	enum { DEPTH_MAX = 15 };

	if (walk->depth++ < DEPTH_MAX)
		return true;
	walk_add(walk, EVENT_DECODE_TOO_MANY_LAYERS);
	return false;
}

/** @return whether a type is among some. */
static inline bool
is_among(uint16_t type, const uint16_t *types, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (types[i] == type)
			return true;
	return false;
}

/* Each looks at a header, and at those behind it. */

void walk_ethernet(struct walk *walk, struct stretch from);

/** @return false: nothing of that type is looked at. */
bool walk_type(struct walk *walk, uint16_t type, struct stretch from);

void walk_ipv4(struct walk *walk, struct stretch from);
void walk_ipv6(struct walk *walk, struct stretch from);

void walk_tcp(struct walk *walk, struct stretch from);
void walk_udp(struct walk *walk, struct stretch from);
void walk_sctp(struct walk *walk, struct stretch from);
void walk_esp(struct walk *walk, struct stretch from);
void walk_icmp(struct walk *walk, struct stretch from);
void walk_icmpv6(struct walk *walk, struct stretch from);
void walk_gre(struct walk *walk, struct stretch from);

#endif
