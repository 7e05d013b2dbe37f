/* SPDX-License-Identifier: BSD-3-Clause */
/* A message of HTTP, or a file of mail, whose body comes bit by bit: its head is kept, and its body
 * gathered, until there is enough of it to be looked at. */

#ifndef IDS_BODY_H
#define IDS_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "service.h"
#include "stream/l7/http.h"
#include "stream/l7/mime.h"

struct detect;

enum {
	BODY_HEADERS = 64,  /* header lines that are kept */
	BODY_TEXT = 8192,   /* bytes of a head that are kept beside it; a larger one is elsewhere */
	BODY_TARGET = 8192, /* at the most, of a target that is not of the head; see told.h */
	BODY_ROOM = 48 << 10, /* bytes that are looked at together */
	BODY_OVERLAP = 4096,  /* of them, that stay in front of the next ones */
	BODY_BEFORE = 1024,   /* in front of those that are looked at as they come */
};

/** Value of TABLE_BODIES. */
struct body {
	struct wp_stream_event event; /* the head as it was told; what it points to is below */
	struct wp_mime_part part;
	struct wp_http_head head;
	struct wp_http_header headers[BODY_HEADERS];
	struct wp_span target; /* of the request that a response answers; NULL: not known */
	uint64_t offset;       /* of the first byte in the body */
	uint64_t seen;         /* bytes of the body that came */
	uint64_t looked_at;    /* of them, in front of what was taken for its end */
	uint32_t size;
	uint32_t early; /* of the bytes at hand, how many were looked at as they came */
	bool is_over;   /* its end came, though more may follow */
	uint8_t text[BODY_TEXT];
	uint8_t bytes[BODY_ROOM];
};

/** Value of TABLE_HEADS: a head that is larger than BODY_TEXT, and the target that it answers. */
struct body_head {
	uint8_t text[WP_HTTP_HEAD_MAX + BODY_TARGET];
};

/** Keeps a head, as far as there is room. For body.c */
void body_head_keep(struct detect *detect, struct body *body, const struct wp_stream_event *event);

/** Keeps what a part of mail says of itself. For body.c */
void body_part_keep(struct body *body, const struct wp_stream_event *event);

/** Takes a head, if its body will be asked about: WP_HTTP_HEAD. */
void body_begin(struct detect *detect, const struct wp_stream_event *event);

/** Takes a part of mail, if its body will be asked about: WP_MIME_PART. */
void body_begin_part(struct detect *detect, const struct wp_stream_event *event);

/** Takes the next bytes: WP_HTTP_BODY, WP_MIME_DATA. */
void body_data(struct detect *detect, const struct wp_stream_event *event);

/** Looks at what has come of a message's body, before it goes on. @param pkt  that has brought it
 */
void body_flush(struct detect *detect, struct wp_flow *flow, unsigned int side,
		struct wp_packet *pkt);

/** The message is over, or no more of it comes. @param pkt  that has brought the end, or NULL */
void body_end(struct detect *detect, struct wp_flow *flow, unsigned int side,
	      struct wp_packet *pkt);

/** Forgets what is gathered, unseen. */
void body_drop(struct detect *detect, struct wp_flow *flow, unsigned int side);

#endif
