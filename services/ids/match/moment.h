/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A moment at which rules are asked: a packet, bytes of a stream, a message of an application, some
 * of its body, something odd. What is there to look at then.
 */

#ifndef IDS_MOMENT_H
#define IDS_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "match/inspect.h"
#include "packet.h"
#include "rule/rule.h"
#include "stream/flow.h"

struct file_facts;
struct flow_state;
struct oddities;
struct view;

enum moment_kind {
	MOMENT_PACKET,
	MOMENT_STREAM,       /* bytes of a TCP stream */
	MOMENT_HEAD,         /* what a message begins with, or is */
	MOMENT_CERTIFICATES, /* of TLS */
	MOMENT_BODY,         /* of a message whose head was before */
	MOMENT_EVENT,        /* something odd */
	MOMENTS,
};

struct moment {
	enum moment_kind kind;
	uint8_t side;           /* enum wp_side: who has sent it */
	uint8_t version, proto; /* of IP; behind it */
	uint8_t l7;             /* enum rule_l7 of the flow */
	bool is_established;    /* of the flow */
	bool ends;              /* BODY: no more of it comes */
	bool is_early;          /* HEAD, BODY: it is looked at again, with what comes */
	bool comes_again;       /* HEAD: it may come once more: what holds is not asked again */
	bool meets_l7;          /* PACKET: the side's first one behind its protocol is known */
	bool is_stray;          /* PACKET: its bytes are in no stream, but are asked about
				 * like those of one, too */
	uint16_t tenant;
	uint16_t source_port, destination_port;
	const uint8_t *source, *destination; /* network order; NULL: it is not IP */
	struct wp_endpoint endpoints[2];     /* room for those of a flow; index: enum wp_side */

	const struct wp_packet *pkt;           /* NULL: none */
	struct wp_flow *flow;                  /* NULL: none */
	struct flow_state *state;              /* NULL: none yet */
	struct view *view;                     /* of a message; NULL: none */
	const struct wp_stream_event *message; /* its event; NULL: none */
	struct inspect_bytes payload;          /* of the packet, or of the stream */
	uint32_t old;                          /* STREAM: bytes at its beginning that were asked
						* about before */
	bool learns_l7;                        /* STREAM: what is spoken was not known then */
	struct inspect_bytes body;
	const struct file_facts *file; /* BODY: of the file that it is; NULL: not known yet */
	const struct oddities *odd;    /* EVENT: what is */
	uint64_t transaction;          /* number of the message in its flow, from 1; 0: none */
};

/** @return at which moment the bytes of a buffer are there; those of payload and of decoded bytes
 * are at several, for which it is MOMENTS. */
enum moment_kind moment_of(enum buffer_id buffer);

/** @return where the payload begins that rules are asked about, from pkt->buf; 0: there is none. */
uint32_t moment_payload_at(const struct wp_packet *pkt);

/** @return the payload of a packet; no bytes: it has none */
struct inspect_bytes moment_payload(const struct wp_packet *pkt);

/** Sets a moment up for a packet. @param flow  NULL: it has none */
void moment_of_packet(struct moment *moment, const struct wp_packet *pkt, struct wp_flow *flow);

/** Sets a moment up for what one side of a flow has sent. @param pkt  that has brought it, or NULL
 */
void moment_of_flow(struct moment *moment, enum moment_kind kind, struct wp_flow *flow,
		    unsigned int side, const struct wp_packet *pkt);

#endif
