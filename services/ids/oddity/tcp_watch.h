/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watches a TCP connection for segments that do not fit, as Suricata's stream engine names them, so
 * that rules for stream events mean what their authors meant. Beside the tracker, which follows
 * what receivers take: here a connection is what its packets claim, in the states of a whole
 * session. Only where some rule asks for such events.
 */

#ifndef IDS_TCP_WATCH_H
#define IDS_TCP_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "oddity/oddity.h"
#include "stream/segment.h"

/** State of a session. Whose FIN came first tells its two ways of ending apart. */
enum watch_state {
	WATCH_NONE,
	WATCH_SYN_SENT,
	WATCH_SYN_RECEIVED,
	WATCH_ESTABLISHED,
	WATCH_FIN_WAIT_1, /* the server's FIN was seen */
	WATCH_FIN_WAIT_2, /* and is acknowledged */
	WATCH_TIME_WAIT,  /* and the client's was seen */
	WATCH_CLOSE_WAIT, /* the client's FIN was seen */
	WATCH_LAST_ACK,   /* and the server's */
	WATCH_CLOSED,
};

enum {
	WATCH_SYNS = 10,    /* different SYNs besides the first one */
	WATCH_SYN_ACKS = 5, /* likewise */
};

/** What one side has sent, and what the other said to it. Sequence numbers, in host order. */
struct watch_side {
	uint32_t isn;
	uint32_t next;   /* behind what it has sent */
	uint32_t acked;  /* up to where the other side has acknowledged */
	uint32_t limit;  /* up to where the other side's window went at most */
	uint32_t window; /* bytes: that window, as it was last */
	uint32_t sacked; /* bytes: that were received behind missing ones */
	uint32_t ts;     /* its last timestamp */
	uint8_t scale;   /* shift of the windows that it announces */
	bool is_known;   /* its SYN was seen, or it was picked up */
	bool has_ts;
	bool was_reset; /* it has sent a RST that nobody can have believed */
};

/** Another SYN than the first. */
struct watch_syn {
	uint32_t isn, ts;
};

/** A connection. All zero: nothing was seen of it. */
struct tcp_watch {
	struct watch_side sides[2];          /* index: enum wp_side */
	struct watch_syn others[WATCH_SYNS]; /* SYNs, then answers to them */
	uint8_t n_others;
	uint8_t state;      /* enum watch_state */
	uint8_t before;     /* enum watch_state: before it was reset */
	bool is_four_way;   /* both sides have sent a SYN */
	bool has_fast_open; /* the SYN brought bytes (RFC 7413) */
	bool has_ts;        /* both sides send timestamps */
	bool scales;        /* the client has offered to scale windows */
};

/** A segment on its way in. */
struct watch_segment {
	const struct stream_segment *tcp;
	unsigned int side; /* enum wp_side: who has sent it */
	uint32_t sacked;   /* bytes that it says were received behind what it acknowledges */
	bool picks_up;     /* connections are followed that were not seen to begin */
};

/** Takes a segment, and adds what is odd about it. Worker that owns the connection. */
void tcp_watch_take(struct tcp_watch *watch, const struct watch_segment *segment,
		    struct oddities *odd);

/** Likewise of a segment that belongs to no connection. */
void tcp_watch_stray(const struct stream_segment *tcp, struct oddities *odd);

#endif
