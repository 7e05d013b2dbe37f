/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one tracker of flows: TCP connections with their bytes in order, UDP and ICMP exchanges. The
 * runtime puts it in front of the first service of a path that wants to hear of flows; it is itself
 * declared as a service is (stream_service), with configuration, table and counters, so that all
 * that can be done with those can be done with flows.
 *
 * Who looks at a packet: stream_key() says which flow it belongs to, the runtime finds its entry,
 * stream_packet() looks at it there, stream_tell() tells what has happened.
 */

#ifndef WP_STREAM_H
#define WP_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "service.h"
#include "stream/defrag.h"
#include "stream/event.h"
#include "stream/flow.h"
#include "stream/policy.h"
#include "stream/pool.h"

/** When the bytes of a TCP connection are told. */
enum stream_when {
	STREAM_ON_ARRIVAL, /* at once, so that a service can stop the packet that brings them */
	STREAM_WHEN_ACKED, /* when their receiver has acknowledged them: it has taken just these */
};

/** Where programs find a byte that is marked urgent. */
enum stream_urgent {
	STREAM_URGENT_APART,  /* not in the stream: what sockets do unless they are asked */
	STREAM_URGENT_INLINE, /* in the stream, as any other */
};

/** What happens at a limit. */
enum stream_at_cap {
	STREAM_BYPASS, /* the side's bytes are not looked at any more; its packets go on */
	STREAM_DROP,   /* the packet is dropped: its sender will send it again */
	STREAM_IGNORE, /* these bytes are not kept; they may be missed later */
};

/** Which time-out a flow has; index of stream_conf.idle_s. */
enum stream_idle {
	STREAM_TCP_NEW,
	STREAM_TCP_ESTABLISHED,
	STREAM_TCP_CLOSING,
	STREAM_TCP_CLOSED,
	STREAM_UDP_NEW,
	STREAM_UDP_ESTABLISHED,
	STREAM_OTHER_NEW,
	STREAM_OTHER_ESTABLISHED,
	STREAM_IDLES,
};

/** What hosts of a network are. */
struct stream_hosts {
	struct wp_prefix prefix;
	uint32_t policy; /* enum stream_policy */
};

/** Configuration of the tracker. */
struct stream_conf {
	struct wp_list hosts;          /* struct stream_hosts; the longest prefix counts */
	uint32_t policy;               /* enum stream_policy: of all others */
	uint32_t when;                 /* enum stream_when */
	uint32_t urgent;               /* enum stream_urgent */
	bool pick_up;                  /* connections are followed that were not seen to begin */
	bool verify;                   /* TCP checksums are looked at */
	uint32_t flow_memory;          /* bytes that may wait of one side */
	uint32_t memory;               /* MiB that may wait in one worker */
	uint32_t view_memory;          /* MiB for reading application protocols in one worker */
	uint32_t tenant_memory;        /* percent of each that one tenant may have */
	uint32_t window_slack;         /* bytes that segments may lie behind windows */
	uint64_t depth;                /* bytes of a side that are looked at; 0: all */
	uint32_t at_cap[WP_N_CAPS];    /* enum stream_at_cap */
	uint32_t idle_s[STREAM_IDLES]; /* seconds without a packet */
	uint32_t emergency_s;          /* the most of them while the table is crowded */
};

/** What the services of a path want to hear of, all together. The runtime's own structure begins
 * with it. */
struct stream_plan {
	uint32_t wants;  /* WP_EVENT_BIT()s, and those of events that others are made of */
	uint16_t l7_all; /* bits: enum wp_l7: of these all that is read is wanted, whatever it is */
	/* Bits: views that are asked whose a flow's bytes are; see stream_plan_close(). */
	uint16_t views_tcp, views_udp;
	bool has_one_reader; /* one service hears what views tell: wp_flow_put_off() */
	uint64_t since_ns;   /* since when somebody hears of the path; 0: always */
};

/** Adds to a plan that an event is wanted. @param l7  enum wp_l7 of the flows, or 0: all */
static inline void
stream_plan_add(struct stream_plan *plan, uint8_t type, uint8_t l7)
{
	plan->wants |= WP_EVENT_BIT(type);
	if ((WP_EVENTS_OF_L7 & WP_EVENT_BIT(type)) != 0) /* which are made of bytes */
		plan->wants |= WP_EVENT_BIT(WP_FLOW_DATA) | WP_EVENT_BIT(WP_FLOW_GAP) |
			       WP_EVENT_BIT(WP_FLOW_FINISH);
	if (type == WP_L7_START || type == WP_L7_ANOMALY)
		plan->l7_all |= (uint16_t)(l7 == 0 ? UINT16_MAX : 1u << l7);
}

/** Works out which views a plan needs, when all is added. Control. */
void stream_plan_close(struct stream_plan *plan);

/** Counters of the tracker. */
enum stream_counter {
	STREAM_COUNT_FLOWS,
	STREAM_COUNT_PICKED_UP,
	STREAM_COUNT_ENDED,
	STREAM_COUNT_NOT_FOLLOWED,
	STREAM_COUNT_NO_ROOM,
	STREAM_COUNT_REASSEMBLED,
	STREAM_COUNT_NOT_REASSEMBLED,
	STREAM_COUNT_RETRANSMISSIONS,
	STREAM_COUNT_CONFLICTS,
	STREAM_COUNT_EVICTED,
	STREAM_COUNT_GAPS,
	STREAM_COUNT_GAP_BYTES,
	STREAM_COUNT_ANOMALIES, /* the first of WP_N_ANOMALIES */
	STREAM_COUNT_CAPS = STREAM_COUNT_ANOMALIES + WP_N_ANOMALIES, /* the first of WP_N_CAPS */
	STREAM_COUNT_VIEWS_NO_ROOM = STREAM_COUNT_CAPS + WP_N_CAPS,
	STREAM_COUNT_VIEWS_EVICTED,
	STREAM_COUNT_L7, /* flows by their protocol, from WP_L7_NONE on */
	STREAM_COUNTERS = STREAM_COUNT_L7 + WP_L7_PROTOCOLS - WP_L7_NONE,
};

/** Tables of the tracker. */
enum { STREAM_TABLE_FLOWS };

/** The tracker, declared as a service. It has no burst(): it cannot be a step. */
extern const struct wp_service stream_service;

struct stream_worker;

/** Tells services what has happened; one may drop the packet that brings its bytes. Worker. */
typedef void (*stream_tell_fn)(void *arg, const struct wp_stream_event *events, unsigned int n);

/** What a worker's tracker works with, longer than one configuration lives. */
struct stream_link {
	struct stream_pool *pool;  /* bytes that wait */
	struct stream_pool *views; /* what views keep */
	struct stream_defrag *defrag;
	stream_tell_fn tell;
	void *tell_arg;
	/** @return whether this worker owns a bucket now; NULL: it owns all. @param arg  tell_arg
	 */
	bool (*owns)(const void *arg, uint8_t bucket);
};

/** @return the limits of a worker's pool of bytes that wait by a configuration. */
struct stream_pool_limits stream_limits(const struct stream_conf *conf);

/** @return likewise, of what views keep. */
struct stream_pool_limits stream_view_limits(const struct stream_conf *conf);

/** After stream_service.open_core(), before the first packet. Control. */
void stream_connect(struct wp_core *core, const struct stream_link *link);

/** Which side of its flow's key a packet is from. */
enum stream_from { STREAM_FROM_FIRST, STREAM_FROM_SECOND, STREAM_FROM_NONE };

/**
 * Writes the key of a packet's flow, the same for both directions, in the table's layout, with
 * zeros behind it.
 * @return STREAM_FROM_NONE: it belongs to no flow (it is not IP, or a fragment whose ports are not
 * known); nothing is written then. Worker.
 */
enum stream_from stream_key(const struct wp_packet *pkt, uint8_t key[WP_KEY_SIZE_MAX]);

/** What becomes of a packet, as far as its flow is concerned. */
enum stream_outcome {
	STREAM_GOES_ON,
	STREAM_REFUSED,   /* a limit was met whose way is STREAM_DROP */
	STREAM_NO_ROOM,   /* the table has none for its flow */
	STREAM_ELSEWHERE, /* another worker has just made its flow, of a packet the other way: it is
			   * 'entry', or not to be seen yet */
};

/** One packet on its way in. */
struct stream_arrival {
	struct wp_packet *pkt;
	const struct stream_plan *plan;
	struct wp_entry *entry;      /* of its flow; NULL: there is none yet. Also what comes out */
	enum stream_outcome outcome; /* what comes out */
	enum stream_from from;
	const uint8_t *key; /* what stream_key() wrote; stays valid */
};

/**
 * Takes a fragment whose flow is not known before its datagram is whole: for captures, in which
 * nobody has told it its ports.
 * @param[out] whole  the datagram, for stream_key() and stream_packet(); valid until the next call
 * @return whether that was the last one
 */
bool stream_reassemble(struct wp_core *core, struct wp_packet *pkt, struct wp_packet *whole);

/** Asks for memory that stream_packet() will want besides what a look-up has asked for. Once
 * 'entry' and 'plan' are known, some packets ahead. Worker. */
void stream_ask_for(const struct stream_arrival *arrival);

/**
 * Looks at a packet: makes its flow if need be, follows it, gathers events.
 * Worker that owns the flow's bucket, which is pkt->bucket for a new one.
 */
void stream_packet(struct wp_core *core, struct stream_arrival *arrival);

/** Tells what has gathered. After the last packet of a burst. Worker. */
void stream_tell(struct wp_core *core);

/** @return the flow of an entry. Its owner. */
struct wp_flow *stream_flow(const struct wp_entry *entry);

/** @return the side of a flow that a packet is from. */
static inline enum wp_side
stream_side(const struct wp_flow *flow, enum stream_from from)
{
	bool is_flipped = (flow->flags & WP_FLOW_FLIPPED) != 0;

	return (from == STREAM_FROM_SECOND) != is_flipped ? WP_SERVER : WP_CLIENT;
}

/** Gives back what a flow has whose tracker is no more, and tells nobody. It can be removed then.
 * Owner. */
void stream_forget(const struct stream_link *link, struct wp_entry *entry);

/** Tells the last bytes of a flow and its end to those that @p plan says (NULL: to nobody): its
 * time is over, or whatever @p how says. It can be removed then. Owner. */
void stream_end(struct wp_core *core, struct wp_entry *entry, const struct stream_plan *plan,
		enum wp_flow_end how);

#endif
