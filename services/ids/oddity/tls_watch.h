/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watches the records and the handshake of TLS for what is odd, as Suricata's parser counts it: the
 * bytes of both sides as they are told, as far as they are in the clear. Messages that do not come
 * in one piece are passed over: what is wrong with such is for the view of TLS to say, and for
 * tls_hello_look_at_names().
 */

#ifndef IDS_TLS_WATCH_H
#define IDS_TLS_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "oddity/oddity.h"
#include "stream/event.h"

/** One side. All zero: nothing has come of it. */
struct tls_watch {
	uint8_t head[5];    /* of a record */
	uint8_t n_head;     /* bytes of it that have come */
	uint8_t message[4]; /* head of a message of the handshake */
	uint8_t n_message;
	uint16_t left;         /* bytes of the record that have not come */
	uint32_t message_left; /* likewise of the message */
	bool has_begun;        /* a record of the handshake has come first */
	bool is_over;          /* it is no TLS, or what follows is not looked at */
	bool is_encrypted;
	bool has_hello; /* a hello with a server's name has come */
	uint32_t told;  /* bits: events of TLS from the first on: each is told once */
};

/** Takes the next bytes. @param from_client  whose they are. Owner of the flow. */
void tls_watch_take(struct tls_watch *watch, struct wp_span bytes, bool from_client,
		    struct oddities *odd);

#endif
