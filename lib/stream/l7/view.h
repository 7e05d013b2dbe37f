/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a view is: it reads the two streams of a flow as an application protocol, byte by byte as
 * they are told, and says what stands there. A view knows nothing of packets, tables and
 * services; it sees bytes, and what it keeps between two calls lies in its state and in memory
 * that it has asked for. Worker that owns the flow only.
 */

#ifndef WP_STREAM_L7_VIEW_H
#define WP_STREAM_L7_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/event.h"

struct l7_run;

/** Where a view runs: the tracker, or a test. */
struct l7_host {
	/** @return memory of at least @p size bytes, not zeroed; NULL: there is none. At most
	 * L7_TAKE_MAX */
	void *(*take)(struct l7_run *run, size_t size);
	/** Accepts NULL. */
	void (*give)(struct l7_run *run, void *memory);
	/** Tells an event; what it points to need not stay valid. The host fills flow, pkt and
	 * plan. */
	void (*tell)(struct l7_run *run, struct wp_stream_event *event);
};

enum { L7_TAKE_MAX = 65536 };

/** What a view makes of the bytes that it was given. */
enum l7_then {
	L7_GOES_ON,
	L7_STOPS,     /* the view has seen all that it can read: the flow's bytes are for nobody */
	L7_GOES_DARK, /* likewise, as both sides are encrypted from here on */
	L7_BEGINS_ANEW, /* another protocol begins, with the next byte of either side (STARTTLS) */
};

/** One call of a view. */
struct l7_run {
	const struct l7_host *host;
	struct wp_flow *flow;
	void *state;       /* of the view, for both sides of the flow: zeroed at first */
	unsigned int side; /* enum wp_side: whose bytes */
	enum l7_then then; /* for the view to set */
	uint32_t wants;    /* WP_EVENT_BIT()s that somebody hears of: no need to work for others */
	uint64_t offset;   /* of the first byte of this call in the side's stream */
};

/** Whether a flow is of a protocol. */
enum l7_match {
	L7_NO,
	L7_MAYBE, /* more bytes would tell, or the other side's */
	L7_YES,
};

enum { L7_MATCH_SIZE = 64 }; /* bytes of a side by which a protocol is known, at the most */

/** What a protocol is known by. */
struct l7_hint {
	const uint8_t *data;  /* the first bytes of a side */
	uint32_t size;        /* of them, 1 .. L7_MATCH_SIZE; UDP: the whole datagram */
	unsigned int side;    /* enum wp_side: whose */
	uint16_t server_port; /* host order */
	uint8_t proto;        /* IANA protocol number of the flow */
	uint16_t client_port; /* host order */
};

/** One protocol. */
struct l7_view {
	const char *name; /* as EVE's app_proto has it */
	enum wp_l7 protocol;
	uint8_t proto;     /* IANA protocol number that it is carried by; 0: TCP or UDP */
	uint32_t events;   /* WP_EVENT_BIT()s that it may tell, but for WP_L7_START, _ANOMALY */
	uint16_t leads_to; /* bits: enum wp_l7: protocols that it may hand a flow over to: who wants
			    * these needs it read. 0: none */
	size_t state_size; /* bytes, at most L7_TAKE_MAX; 0: none */
	enum l7_match (*match)(const struct l7_hint *hint);
	/**
	 * Reads the next bytes of a side. UDP: a datagram, and no other call.
	 * @return how many were read: all, unless run->then is L7_BEGINS_ANEW
	 */
	uint32_t (*data)(struct l7_run *run, const uint8_t *data, uint32_t size);
	/** @p size bytes of a side are missing. */
	void (*gap)(struct l7_run *run, uint64_t size);
	/** A side's stream is at its end. NULL: nothing follows from that */
	void (*finish)(struct l7_run *run);
	/** Gives back what the view has taken; the state goes by itself. NULL: it takes nothing */
	void (*close)(struct l7_run *run);
};

/** Bytes that are kept until what they are part of is whole. All zero: none. */
struct l7_buffer {
	uint8_t *bytes;
	uint32_t size; /* bytes in it */
	uint32_t room;
};

/** Adds to a buffer that shall not get longer than @p max (at most L7_TAKE_MAX). @return false:
 * the buffer is as it was, and L7_TOO_LONG or L7_NO_MEMORY was told */
bool l7_buffer_add(struct l7_run *run, struct l7_buffer *buffer, const void *data, uint32_t size,
		   uint32_t max);

/** Gives back what a buffer has. */
void l7_buffer_free(struct l7_run *run, struct l7_buffer *buffer);

/** Tells an event of a view's, of run->side. @return it is gone when this returns */
void l7_tell(struct l7_run *run, struct wp_stream_event event);

/** Tells an anomaly. @param anomaly  enum wp_l7_anomaly, or the protocol's own */
void l7_anomaly(struct l7_run *run, unsigned int anomaly);

/** Likewise. @param offset  of the byte at which it begins, in the side's stream */
void l7_anomaly_at(struct l7_run *run, unsigned int anomaly, uint64_t offset);

#endif
