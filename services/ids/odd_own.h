/* SPDX-License-Identifier: BSD-3-Clause */
/* What is odd, to the rules. For the files odd*.c. */

#ifndef IDS_ODD_OWN_H
#define IDS_ODD_OWN_H

#include "odd.h"

#include "detect.h"
#include "oddity/oddity.h"
#include "state/flow_state.h"

/** Asks the rules of a moment, if there is anything that is odd. */
void odd_ask(struct detect *detect, const struct moment *at, const struct oddities *odd);

/** Looks at what has happened to a stream. */
void odd_stream(struct detect *detect, const struct wp_stream_event *event);

/** Asks the rules about a message of one side. @param side  whose rules are asked: such about what
 * it sends */
void odd_ask_of_message(struct detect *detect, const struct wp_stream_event *event,
			unsigned int side, const struct oddities *odd);

/** Keeps what is odd until a side sends a packet. */
void odd_keep(struct detect *detect, const struct wp_stream_event *event, unsigned int side,
	      const struct oddities *odd);

/** Asks of both ways: a message and its answer are one to rules. */
void odd_ask_both_ways(struct detect *detect, const struct wp_stream_event *event,
		       const struct oddities *odd);

/** Asks of both ways; before it is known what the connection carries, with packets to come. */
void odd_ask_when_known(struct detect *detect, const struct wp_stream_event *event, enum wp_l7 l7,
			const struct oddities *odd);

/** Looks at a message, or at what a reader of messages has found odd. */
void odd_message(struct detect *detect, const struct wp_stream_event *event);

/** Likewise of HTTP. */
void odd_http(struct detect *detect, const struct wp_stream_event *event);

/** Likewise of TLS. */
void odd_tls(struct detect *detect, const struct wp_stream_event *event);

/** Looks at the bytes of a connection. */
void odd_bytes(struct detect *detect, const struct wp_stream_event *event);

/** Asks of what is odd about TLS: of each thing once in a connection. */
void odd_ask_of_tls(struct detect *detect, const struct wp_stream_event *event,
		    const struct oddities *odd);

#endif
