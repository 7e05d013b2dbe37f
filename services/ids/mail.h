/* SPDX-License-Identifier: BSD-3-Clause */
/* Files that mail carries: parts of messages that have a name. They are bodies (body.h), and files
 * (file.h), as those of HTTP are. */

#ifndef IDS_MAIL_H
#define IDS_MAIL_H

#include <stdbool.h>

#include "stream/event.h"

struct detect;
struct detector;

/** @return whether an event is about them. @param type  enum wp_stream_event_type */
static inline bool
mail_is_event(unsigned int type)
{
	return type >= WP_MIME_PART && type <= WP_MIME_END;
}

/** @return whether a rule asks about them. */
bool mail_is_asked_about(const struct detector *detector);

/** A part of a message begins: WP_MIME_PART. */
void mail_begin(struct detect *detect, const struct wp_stream_event *event);

/** Nothing more of it comes: WP_MIME_END. What is known of the file was told of before. */
void mail_end(struct detect *detect, const struct wp_stream_event *event);

#endif
