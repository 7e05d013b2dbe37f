/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A flow as services see it: the packets between two endpoints, both ways. The runtime tracks it
 * once for all services of a path. Worker that owns it only; services read.
 */

#ifndef WP_STREAM_FLOW_H
#define WP_STREAM_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct l7_flow;
struct stream_piece;
struct wp_core;
struct wp_entry;

/** Who of the two: index of wp_flow.sides. */
enum wp_side {
	WP_CLIENT, /* sent the first packet, or is taken for who did */
	WP_SERVER,
};

/** State of one end of a TCP connection, as far as its packets tell (RFC 9293 section 3.3.2). */
enum wp_tcp_state {
	WP_TCP_NONE, /* nothing seen of it yet; all ends of flows that are not TCP */
	WP_TCP_SYN_SENT,
	WP_TCP_SYN_RECEIVED,
	WP_TCP_ESTABLISHED,
	WP_TCP_FIN_WAIT_1,
	WP_TCP_FIN_WAIT_2,
	WP_TCP_CLOSE_WAIT,
	WP_TCP_CLOSING,
	WP_TCP_LAST_ACK,
	WP_TCP_TIME_WAIT,
	WP_TCP_CLOSED,
};

/** State of a flow as a whole. */
enum wp_flow_state {
	WP_FLOW_NEW,         /* one side has spoken */
	WP_FLOW_ESTABLISHED, /* TCP: the handshake is through; else: both have spoken */
	WP_FLOW_CLOSING,     /* TCP: a FIN was seen */
	WP_FLOW_CLOSED,      /* TCP: both FINs are acknowledged, or it was reset */
};

/** How a flow came to its end. */
enum wp_flow_end {
	WP_FLOW_IS_OPEN,
	WP_FLOW_BY_FIN,
	WP_FLOW_BY_RST,
	WP_FLOW_BY_TIME_OUT,
	WP_FLOW_BY_REUSE,    /* another connection has taken its addresses and ports */
	WP_FLOW_BY_SHUTDOWN, /* the process ends, and nobody goes on with it */
};

/** Application protocol of a flow, as its first bytes tell. */
enum wp_l7 {
	WP_L7_UNKNOWN, /* not known yet, or nobody has asked */
	WP_L7_NONE,    /* none of those that somebody on its path wants to hear of */
	WP_L7_HTTP,    /* HTTP/1 */
	WP_L7_TLS,
	WP_L7_DNS,
	WP_L7_SSH,
	WP_L7_SMTP,
	WP_L7_FTP,
	WP_L7_SMB,
	WP_L7_PROTOCOLS,
};

/** What else is known of a flow; bits. */
enum wp_flow_flag {
	WP_FLOW_FLIPPED = 1 << 0,   /* the runtime's: its client stands second in its key */
	WP_FLOW_PICKED_UP = 1 << 1, /* it was under way when it was first seen */
	WP_FLOW_UNREAD = 1 << 2,    /* its bytes are not read as an application protocol */
	WP_FLOW_PAWS = 1 << 3,      /* both sides send timestamps (RFC 7323) */
	WP_FLOW_BLOCKED = 1 << 4,   /* a service wants none of its packets to go on */
	WP_FLOW_LOST = 1 << 5, /* the runtime's: its view was taken away, and nobody knows yet */
	WP_FLOW_ENCRYPTED = 1 << 6, /* TLS or SSH, and behind its handshake: what both sides send
				     * says nothing to those who have no key. Not known where
				     * nobody wants to hear of these protocols */
	WP_FLOW_PUT_OFF = 1 << 7,   /* wp_flow_put_off() */
};

/** Of one side; bits. */
enum wp_side_flag {
	WP_SIDE_SYN = 1 << 0,      /* its SYN was seen: isn is true */
	WP_SIDE_FIN = 1 << 1,      /* its FIN was seen: nothing comes behind 'end' */
	WP_SIDE_WSCALE = 1 << 2,   /* it has offered to scale windows */
	WP_SIDE_TS = 1 << 3,       /* it sends timestamps */
	WP_SIDE_SPOKEN = 1 << 4,   /* it has sent a packet at all */
	WP_SIDE_GAP = 1 << 5,      /* bytes of it were missed */
	WP_SIDE_FINISHED = 1 << 6, /* all that there is of it was told */
	WP_SIDE_BYPASSED = 1 << 7, /* its bytes are not looked at any more */
	WP_SIDE_BOUND = 1 << 8,    /* 'limit' is what the other side said; else a guess */
	WP_SIDE_WAITS = 1 << 9,    /* its queue is not empty */
	WP_SIDE_URGENT = 1 << 10,  /* the runtime's: its receiver waits for an urgent byte */
	WP_SIDE_SIGNED = 1 << 11,  /* its SYN had a signature (RFC 2385, RFC 5925) */
	WP_SIDE_MD5 = 1 << 12,     /* the former of them */
	WP_SIDE_REFUSED = 1 << 13, /* wp_flow_refuse() */
};

/** What one side has sent. Sequence numbers in host order; a side's are the ones it sends. */
struct wp_flow_side {
	uint64_t offset; /* in the stream: bytes told so far, gaps included */
	uint64_t packets;
	uint64_t bytes;     /* of IP packets, headers included */
	uint32_t next;      /* sequence number of the byte that is told next */
	uint32_t end;       /* behind the highest byte (and SYN, FIN) it has sent */
	uint32_t acked;     /* what the other side acknowledged up to */
	uint32_t limit;     /* what the other side's window allows up to */
	uint32_t ts_recent; /* its last timestamp; see WP_SIDE_TS */
	uint16_t flags;     /* enum wp_side_flag */
	uint8_t state;      /* enum wp_tcp_state */
	uint8_t wscale;     /* shift of the windows that it announces */
};

/** Bytes of one side that wait or may be compared; the runtime's. */
struct stream_queue {
	struct stream_piece *root; /* a tree by sequence number */
	struct stream_piece *last;
	uint32_t size;   /* bytes of memory */
	uint32_t urgent; /* sequence number of the byte that an urgent pointer means: WP_SIDE_URGENT
			  */
};

/** Instances that may keep a word in each flow. */
#define WP_FLOW_WORDS 4

/** What instances keep of a flow; see wp_flow_word(). */
struct wp_flow_words {
	uint64_t words[WP_FLOW_WORDS];
	uint32_t owners[WP_FLOW_WORDS]; /* stable number of an instance; 0: free */
};

/** One flow: the value of an entry of the runtime's table "flows". */
struct wp_flow {
	/* Means something in this process only; few packets touch it. */
	struct wp_entry *entry;        /* whose value this is */
	struct stream_queue queues[2]; /* index: enum wp_side */
	struct wp_flow_words words;
	uint32_t isn[2];      /* initial sequence numbers; index: enum wp_side */
	uint16_t mss[2];      /* that the sides have announced; likewise. 0: not */
	uint32_t other_syn;   /* sequence number of a SYN that was not believed; see other_from */
	struct l7_flow *view; /* what reads its bytes as its application protocol; NULL: nothing */
	/* Goes with the flow to other processes; each packet touches it. */
	struct wp_flow_side sides[2]; /* index: enum wp_side */
	uint64_t start_ns;            /* runtime clock: its first packet */
	uint64_t last_ns;             /* its last packet */
	uint32_t path;                /* service path identifier of its last packet */
	uint8_t step;                 /* of that path, at which it is tracked */
	uint8_t proto;                /* IANA protocol number */
	uint8_t state;                /* enum wp_flow_state */
	uint8_t end;                  /* enum wp_flow_end */
	uint8_t flags;                /* enum wp_flow_flag */
	uint8_t policy;               /* enum stream_policy: what its overlaps are resolved by */
	uint8_t version;              /* 4 or 6 */
	uint8_t reset_by;             /* enum wp_side: of WP_FLOW_BY_RST */
	uint8_t tcp_flags[2];         /* of all segments of a side, or'ed; index: enum wp_side */
	uint8_t other_from; /* who has sent other_syn, and what it offers: handshake.c; 0: nobody */
	uint8_t l7;         /* enum wp_l7 */
};

_Static_assert(offsetof(struct wp_flow, sides) == 128 && sizeof(struct wp_flow) == 256,
	       "what packets touch lies on two cache lines");

/** An endpoint of a flow, as it stands in packets: network order. */
struct wp_endpoint {
	uint8_t address[16]; /* IPv4: the first four bytes */
	uint16_t port;       /* host order; ICMP: identifier of an echo */
};

/** @return the name of an application protocol, as EVE has it: "http"; "unknown", "none". @param l7
 * enum wp_l7 */
const char *wp_l7_name(unsigned int l7) __attribute__((visibility("default")));

/** @return a number that tells flows apart, of 53 bits: EVE's flow_id. */
uint64_t wp_flow_id(const struct wp_flow *flow) __attribute__((visibility("default")));

/** @return the dense id of the tenant whose flow it is. */
uint16_t wp_flow_tenant(const struct wp_flow *flow) __attribute__((visibility("default")));

/** @return the addresses of a flow. */
void wp_flow_endpoint(const struct wp_flow *flow, enum wp_side side, struct wp_endpoint *endpoint)
	__attribute__((visibility("default")));

/**
 * @return a word that the instance of @p core keeps in a flow, 0 at first, for it to read and
 * write; it is gone when the flow is, and not taken to another process. NULL: WP_FLOW_WORDS others
 * have one
 */
uint64_t *wp_flow_word(struct wp_flow *flow, const struct wp_core *core)
	__attribute__((visibility("default")));

/** Drops the flow's packets from now on, this burst's too, both ways (reason "flow-blocked"), until
 * it is over; other processes go on with that. In events() or burst(). Worker that owns it. */
static inline void
wp_flow_block(struct wp_flow *flow)
{
	flow->flags |= WP_FLOW_BLOCKED;
}

/** Besides, answers what a side of TCP sends further on with a RST, until it has believed one. */
static inline void
wp_flow_refuse(struct wp_flow *flow, unsigned int side)
{
	flow->sides[side].flags |= WP_SIDE_REFUSED;
}

/**
 * Asks that a TCP flow is not read as its application protocol for now, as it costs too much; or
 * that it is again. What has come meanwhile is missing then, as where packets were lost. Nothing
 * changes while its protocol is not known, nor where another service of the path hears of it. In
 * events() or burst(). Worker that owns it.
 */
static inline void
wp_flow_put_off(struct wp_flow *flow, bool is_put_off)
{
	flow->flags = is_put_off ? flow->flags | WP_FLOW_PUT_OFF
				 : flow->flags & (uint8_t)~WP_FLOW_PUT_OFF;
}

#endif
