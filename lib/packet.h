/* SPDX-License-Identifier: BSD-3-Clause */
/* A packet as a service sees it: a view, kept beside the buffer. Knows nothing of DPDK. */

#ifndef WP_PACKET_H
#define WP_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WP_API __attribute__((visibility("default")))

/** Packets in one burst at the most. */
#define WP_BURST_MAX 32
/** State entries the runtime resolves for one packet at the most. */
#define WP_STATE_MAX 4

/** What becomes of one packet. The runtime sets WP_NEXT before burst(). */
enum wp_verdict {
	WP_NEXT,   /* on to the next step of its path */
	WP_DROP,   /* freed, counted under 'reason' */
	WP_HOLD,   /* kept by the runtime until wp_release() or its deadline */
	WP_REPLY,  /* an answer to its sender now: on along the reverse path; see wp_reply() */
	WP_ABSORB, /* used up: its content lives on elsewhere; freed, counted as absorbed */
	WP_FAIL,   /* could not be served: the path's fail mode for 'reason' (enum wp_cause) */
	WP_AGAIN,  /* this step once more, keys() included: addresses or pkt->inside changed */
	WP_TURN,   /* on along the reverse path, behind this instance's step there; see wp_turn() */
};

/** Why a packet could not be served; the 'reason' of WP_FAIL. */
enum wp_cause {
	WP_CAUSE_DOWN,       /* the service cannot work at all */
	WP_CAUSE_OVERLOAD,   /* more work than the worker can do */
	WP_CAUSE_NO_KEY,     /* a key is missing, expired or used up */
	WP_CAUSE_TABLE_FULL, /* no room for state */
	WP_N_CAUSES,
};

/** Which side of a path its tenant's own hosts are on. */
enum wp_inside {
	WP_INSIDE_SOURCE,      /* packets come from the tenant's hosts */
	WP_INSIDE_DESTINATION, /* packets go to them */
};

/** What the parser found out; bits of wp_packet.flags. */
enum wp_packet_flag {
	WP_PKT_ETHERNET = 1 << 0, /* starts with an Ethernet header; else with the IP header */
	WP_PKT_FRAGMENT = 1 << 1, /* one fragment of an IP datagram */
	WP_PKT_LATER_FRAGMENT = 1 << 2, /* not the first: it has no L4 header */
	WP_PKT_TRUNCATED = 1 << 3,      /* a length field claims more bytes than there are */
	WP_PKT_BAD_HEADER = 1 << 4,     /* a header contradicts itself; l3 or l4 is then 0 */
	WP_PKT_STEER = 1 << 5,          /* set by a service: addresses changed, steer it again */
	WP_PKT_FIRST_SEEN = 1 << 6, /* a fragment; l4_sport, l4_dport and l4_proto are those of its
				     * datagram's first one (l4 of a later one stays 0). Only for
				     * services with WP_NEEDS_L4; wp_parse() takes it off */
	WP_PKT_AGAIN = 1 << 7,      /* set by the runtime: WP_AGAIN was said of it, and will not be
				     * heard again */
	WP_PKT_TURNED = 1 << 8,     /* likewise WP_TURN */
	WP_PKT_REPLIED = 1 << 9,    /* likewise WP_REPLY */
	WP_PKT_OVERLAPS = 1 << 10,  /* set by the runtime where it brings fragments together: some
				     * bytes of this one were in another */
};

/** What the router wrote on the packet, and what the runtime knows of its way. */
struct wp_tag {
	uint32_t path;       /* NSH: service path identifier, host order */
	uint8_t index;       /* NSH: service index; counted down with every step */
	uint8_t ttl;         /* NSH: hops left on arrival */
	uint8_t next;        /* NSH: next protocol on arrival */
	uint8_t md_type;     /* NSH: kind of metadata */
	uint16_t encap;      /* where outer Ethernet and tag are: bytes from buf */
	uint16_t encap_size; /* bytes of them */
	uint32_t context;    /* a word for services: first word of NSH MD type 1, host order */
	uint64_t ingress_ns; /* when it was received; runtime clock */
	uint16_t port;       /* origin: the port it came from */
};

struct wp_path;  /* the runtime's, opaque here */
struct wp_epoch; /* the runtime's, opaque here */
struct wp_entry; /* one state entry; see state/state.h */
struct wp_flow;  /* what it belongs to; see stream/flow.h */

/**
 * The view of one packet. Offsets count bytes from buf, so they stay true when
 * bytes are put in front. The packet is the bytes [start, start + len), all contiguous.
 * Worker that has the packet only.
 */
struct wp_packet {
	/* First cache line: what the parser and most services look at. */
	uint8_t *buf;     /* the whole buffer; do not change */
	uint16_t room;    /* bytes of buf */
	uint16_t start;   /* first byte of the packet (of the inner one: behind the tag) */
	uint16_t len;     /* bytes of it */
	uint16_t flags;   /* enum wp_packet_flag */
	uint16_t l3;      /* IP header; 0 when it is not IP */
	uint16_t l4;      /* L4 header; 0 when there is none to read */
	uint16_t payload; /* first byte behind the L4 header; 0 when there is none to read */
	uint16_t end; /* one past the last byte the IP header claims (Ethernet padding follows) */
	uint16_t ethertype;   /* of the innermost tag of an Ethernet stack, host order; 0 without
				 Ethernet */
	uint16_t l4_sport;    /* TCP, UDP, SCTP, DCCP: port, host order; ESP: high half of the SPI;
				 else 0 */
	uint16_t l4_dport;    /* likewise; ESP: low half; ICMP: identifier of an echo */
	uint8_t ip_version;   /* 4, 6, or 0 when it is not IP */
	uint8_t l4_proto;     /* IANA protocol number behind extension headers */
	uint16_t reason;      /* of a drop or hold: the service's; of WP_FAIL: enum wp_cause */
	uint16_t tenant;      /* dense id of its tenant */
	uint16_t hold_ms;     /* of a hold: its deadline; 0: 100 ms; 10000 at the most */
	uint8_t verdict;      /* enum wp_verdict */
	uint8_t step;         /* which step of its path this is; from 0 */
	uint8_t inside;       /* enum wp_inside */
	uint8_t hold_end;     /* of a hold that nobody released: WP_NEXT or WP_DROP */
	uint8_t bucket;       /* the packet's, while buckets are in use */
	uint8_t tracked;      /* the runtime's: up to where of its path its flow has seen it */
	uint16_t home;        /* the runtime's: the bucket as whose owner a worker serves it */
	const void *args;     /* of this step: what open_step() made, else the step_fields struct */
	struct wp_flow *flow; /* for services that hear of flows; NULL: it belongs to none */
	/* Second: its way. */
	const struct wp_path *path;
	struct wp_tag tag;
	const struct wp_epoch *epoch; /* the configuration it is processed under */
	uint64_t hold_id;             /* the runtime's; 0: not held */
	uint32_t turn_to;             /* of WP_TURN: see wp_turn() and wp_turn_to() */
	struct wp_packet *next;       /* the runtime's: behind it among packets that wait */
	/* Third: only packets whose service has keys(). */
	struct wp_entry *state[WP_STATE_MAX]; /* what keys() asked for; NULL: not found */
};

/** @return the first byte of the packet. */
static inline uint8_t *
wp_start(const struct wp_packet *pkt)
{
	return pkt->buf + pkt->start;
}

/** @return the IP header. Only when pkt->l3 != 0. */
static inline uint8_t *
wp_l3(const struct wp_packet *pkt)
{
	return pkt->buf + pkt->l3;
}

/** @return the L4 header. Only when pkt->l4 != 0. */
static inline uint8_t *
wp_l4(const struct wp_packet *pkt)
{
	return pkt->buf + pkt->l4;
}

/** @return the source address. Only when pkt->l3 != 0. */
static inline const uint8_t *
wp_source(const struct wp_packet *pkt)
{
	return wp_l3(pkt) + (pkt->ip_version == 4 ? 12 : 8);
}

/** @return the destination address. Only when pkt->l3 != 0. */
static inline const uint8_t *
wp_dest(const struct wp_packet *pkt)
{
	return wp_l3(pkt) + (pkt->ip_version == 4 ? 16 : 24);
}

/** @return bytes of each. */
static inline unsigned int
wp_address_size(const struct wp_packet *pkt)
{
	return pkt->ip_version == 4 ? 4 : 16;
}

/** Sets the verdict to send the packet, which the service has made an answer of, to its sender:
 * along the reverse path, behind this instance's step there. */
static inline void
wp_reply(struct wp_packet *pkt)
{
	pkt->verdict = WP_REPLY;
}

/** Sets the verdict to go on along the reverse path, behind this instance's step there. */
static inline void
wp_turn(struct wp_packet *pkt)
{
	pkt->verdict = WP_TURN;
	pkt->turn_to = 0;
}

/** Likewise, along the path on which this instance serves what goes to the hosts of @p tenant
 * (dense id). Only for services with WP_NEEDS_HOST. */
static inline void
wp_turn_to(struct wp_packet *pkt, uint16_t tenant)
{
	pkt->verdict = WP_TURN;
	pkt->turn_to = tenant + 1u;
}

/** Sets the verdict to end here: the service has taken what it wanted. */
static inline void
wp_absorb(struct wp_packet *pkt)
{
	pkt->verdict = WP_ABSORB;
}

/** Sets the verdict to drop. @param reason index into the service's reasons */
static inline void
wp_drop(struct wp_packet *pkt, uint16_t reason)
{
	pkt->verdict = WP_DROP;
	pkt->reason = reason;
}

/** Says that the packet could not be served; the path's fail mode decides. */
static inline void
wp_fail(struct wp_packet *pkt, enum wp_cause cause)
{
	pkt->verdict = WP_FAIL;
	pkt->reason = cause;
}

/**
 * Makes room in front of the IP header: what is before it (tag, Ethernet header) moves
 * forward by @p n bytes, and the new bytes start at the new pkt->l3, uninitialised.
 * The packet's end stays where it is. Parse it again when the new header stands.
 *
 * @return 0, or -ENOBUFS when the headroom is too small, or -EINVAL when it is not IP; the packet
 * is then untouched
 */
WP_API int wp_packet_push_l3(struct wp_packet *pkt, uint16_t n);

/**
 * Removes @p n bytes at pkt->l3: what is before them moves back.
 *
 * @return 0, or -EINVAL when the packet has fewer bytes there or is not IP
 */
WP_API int wp_packet_pull_l3(struct wp_packet *pkt, uint16_t n);

/**
 * Sets the number of bytes from pkt->l3 to the packet's end, growing or trimming at the tail.
 * New bytes are uninitialised; Ethernet padding is cut off.
 *
 * @return 0, or -ENOBUFS when the tailroom is too small, or -EINVAL when it is not IP
 */
WP_API int wp_packet_resize_l3(struct wp_packet *pkt, uint16_t n);

/** Turns an inner Ethernet header round, if there is one: for answers. */
WP_API void wp_turn_ethernet(struct wp_packet *pkt);

/** Sets the EtherType in front of pkt->l3, when there is an Ethernet header. @param ethertype host
 * order */
WP_API void wp_packet_set_ethertype(struct wp_packet *pkt, uint16_t ethertype);

#endif
