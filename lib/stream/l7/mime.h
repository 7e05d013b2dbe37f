/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Messages of mail as services see them (RFC 5322, RFC 2045, RFC 2046): WP_MIME_PART for each part
 * that is no multipart itself, WP_MIME_DATA with its bytes, decoded, and WP_MIME_END, whose detail
 * is of enum wp_mime_end. A message without parts is one. What a part that is a message (RFC 2046
 * section 5.2.1) has within is told as parts of its own.
 */

#ifndef WP_STREAM_L7_MIME_H
#define WP_STREAM_L7_MIME_H

#include "stream/event.h"

/** How a part ends. */
enum wp_mime_end {
	WP_MIME_WHOLE,
	WP_MIME_CUT, /* bytes of it are missing, or its message has no end */
};

/** What a part says of itself. Spans are the runtime's, and valid during the event's call. */
struct wp_mime_part {
	struct wp_span name; /* of a file, as sent: Content-Disposition's, else Content-Type's;
			      * NULL: it has none */
	struct wp_span type; /* media type, as sent, without parameters; NULL: it has none */
	uint32_t number;     /* in the message, from 1 */
};

#endif
