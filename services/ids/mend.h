/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes of TCP that are sent again must be those that were looked at: another content of them is
 * put right before it goes on, or nobody would know what the receiver takes. */

#ifndef IDS_MEND_H
#define IDS_MEND_H

#include "service.h"

struct detect;
struct moment;

/** Puts back what was sent before: WP_FLOW_CONFLICT, where the service prevents. */
void mend_conflict(struct detect *detect, const struct wp_stream_event *event);

/** Looks at what a packet brings instead of what it was to bring. @param moment  of the packet */
void mend_look(struct detect *detect, const struct moment *moment);

#endif
