/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A flow's messages as transactions: what is kept of a request until its response is through, of a
 * hello until the certificates are there; and when a record of it all is due. Plain memory, that
 * the caller keeps with the flow. Owner of the flow only; no heap.
 */

#ifndef IDS_TALK_H
#define IDS_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "out/record.h"
#include "stream/event.h"

enum {
	TALK_OPEN = 16,   /* transactions of a flow that are kept at a time: the oldest make room */
	TALK_ROOM = 8192, /* bytes of all of them */
};

/** One transaction. */
struct talk_part {
	uint64_t tx;   /* number in its flow, from 0 */
	uint64_t from; /* HTTP: where the response's body begins in the server's stream. SMB: the
			* message's id */
	uint32_t at, size; /* of its bytes */
	bool is_answered;  /* HTTP: the head of its response was there */
	bool is_told;      /* its record was due already */
	uint8_t kex;       /* SSH: bits: enum wp_side: who has sent what it can do */
	uint8_t unused[5];
};

/** What is kept of a flow. All zero: nothing. */
struct talk {
	uint64_t n;       /* transactions so far */
	uint64_t over;    /* the one that the next call forgets, from 1; 0: none */
	uint64_t body;    /* HTTP: whose response's body comes, from 1; 0: none */
	uint32_t lost;    /* transactions that had to make room */
	uint32_t n_open;  /* of parts, the oldest first */
	uint32_t used;    /* of bytes */
	uint8_t l7;       /* enum wp_l7: whose they are */
	uint8_t before;   /* likewise: what the flow was before that; WP_L7_UNKNOWN: nothing */
	uint16_t dialect; /* SMB: that the sides have agreed on; 0: not known */
	struct talk_part parts[TALK_OPEN];
	uint8_t bytes[TALK_ROOM];
};

/** A record that is due: for record_message(). */
struct talk_due {
	enum record_kind kind;
	int64_t tx;                          /* -1: none */
	struct wp_span kept;                 /* valid until the next call */
	const struct wp_stream_event *event; /* to be told, too; NULL: it is in 'kept' */
};

/**
 * Takes an event of a flow: all of WP_EVENTS_OF_L7, others do nothing.
 * @param[out] due  what is to be recorded
 * @return whether something is
 */
bool talk_event(struct talk *talk, const struct wp_stream_event *event, struct talk_due *due);

/** Takes what is left at the end of a flow, one transaction a call. @return false: there is no
 * more */
bool talk_end(struct talk *talk, const struct wp_flow *flow, struct talk_due *due);

/**
 * Looks up what was kept of the transaction that a message belongs to: for alerts. What
 * talk_event() has taken of the message itself is part of it.
 * @param[out] tx  its number; -1: none
 * @return no data: nothing is kept
 */
struct wp_span talk_kept(const struct talk *talk, const struct wp_stream_event *event, int64_t *tx);

/** @return what was kept of a transaction. @param tx  its number, from 0 */
struct wp_span talk_of(const struct talk *talk, uint64_t tx);

/** @return bytes of the body of a transaction's response that have come so far; 0 when it is
 * through. HTTP. @param tx  its number, from 0 */
uint64_t talk_length(const struct talk *talk, const struct wp_flow *flow, uint64_t tx);

#endif
