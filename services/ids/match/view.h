/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of application protocols as conditions see them: buffers, made when they are asked for.
 */

#ifndef IDS_VIEW_H
#define IDS_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "rule/buffer.h"
#include "state/state.h"
#include "stream/event.h"

struct view_field;

enum { VIEW_ROOM = 256 * 1024 /* bytes for what is made of one message */ };

/** Header lines of HTTP by their names: a table of open addressing, in room. */
struct view_names {
	uint16_t *slots; /* number of a line, from 1; 0: none */
	uint32_t mask;   /* of slots */
};

/** One message, while it is looked at. One for each worker; some 260 KiB. */
struct view {
	struct wp_hash_key key; /* of names, which are the sender's to choose; set before use */
	const struct wp_stream_event *event;
	/* Target of the request that a response answers, from which files have their names: set
	 * behind view_open() by who knows it; NULL: not known. */
	struct wp_span target;
	struct wp_span body; /* of what is looked at of its body, set likewise; NULL: nothing */
	const struct view_field *fields; /* header lines of HTTP, in room; NULL: not read yet */
	uint32_t n_fields;
	struct view_names names;      /* of fields */
	uint32_t lines;               /* of fields that view_steps() has not told of */
	uint32_t used;                /* of room, */
	uint32_t paid;                /* and what it has told of that */
	struct wp_span made[BUFFERS]; /* of several: an array of them, and how many; see is_made */
	uint64_t is_made[(BUFFERS + 63) / 64];
	uint8_t room[VIEW_ROOM];
};

/** Begins with a message: HTTP_HEAD, DNS_MESSAGE, TLS_HELLO, TLS_CERTIFICATES, SSH_BANNER,
 * SMTP_COMMAND, MIME_PART, SMB_MESSAGE. @param event  stays valid while the view is in use */
void view_open(struct view *view, const struct wp_stream_event *event);

/**
 * @param index  which one of several, from 0; of a buffer that is there once: 0
 * @param[out] span  its bytes, valid until the next view_open()
 * @return false: there is none (of that index)
 */
bool view_get(struct view *view, enum buffer_id buffer, unsigned int index, struct wp_span *span);

/** @return steps (see INSPECT_STEPS) that making buffers has taken since the last call. What usual
 * messages take is in each look's fair part, and not counted. */
uint32_t view_steps(struct view *view);

/** @return whether a message is a form of parts: what those are comes with its body. */
bool view_has_parts(struct view *view);

#endif
