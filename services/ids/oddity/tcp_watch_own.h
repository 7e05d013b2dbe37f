/* SPDX-License-Identifier: BSD-3-Clause */
/* A segment while it is looked at; for tcp_watch*.c only. */

#ifndef IDS_TCP_WATCH_OWN_H
#define IDS_TCP_WATCH_OWN_H

#include "oddity/tcp_watch.h"
#include "stream/seq.h"

/** One look at a segment. */
struct glance {
	struct tcp_watch *watch;
	const struct stream_segment *tcp;
	struct watch_side *me, *peer;
	struct oddities *odd;
	uint32_t sacked; /* see struct watch_segment */
	uint32_t end;    /* behind its bytes, SYN and FIN not counted */
	bool is_client;  /* the client has sent it */
	bool picks_up;
};

/** Adds what is odd, and ends the look. @return false */
static inline bool
glance_tell(struct glance *glance, enum rule_event event)
{
	oddities_add(glance->odd, event);
	return false;
}

static inline bool
glance_has(const struct glance *glance, unsigned int flags)
{
	return (glance->tcp->flags & flags) != 0;
}

/** @return whether its timestamp is not older than the last one; else it was told. */
bool glance_time_fits(struct glance *glance);

/** @return whether an answer to a SYN echoes a timestamp of it; else it was told. */
bool glance_echoes(struct glance *glance);

/** @return whether what it acknowledges can have been sent; else that was told. @param event  that
 * the state has for it */
bool glance_ack_fits(struct glance *glance, enum rule_event event);

/** Takes what it says of the other side's bytes, and its timestamp. */
void glance_take_ack(struct glance *glance);

/** Takes its bytes. */
void glance_take_bytes(struct glance *glance);

/** SYN_SENT, and segments that begin a session. */
void watch_begin(struct glance *glance);
void watch_syn_sent(struct glance *glance);
void watch_syn_received(struct glance *glance);

/** A session that is through its handshake. */
void watch_established(struct glance *glance);
void watch_fin(struct glance *glance);

/** One that ends. */
void watch_ending(struct glance *glance);

#endif
