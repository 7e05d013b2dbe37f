/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments that the tracker has not believed: their bytes are in no stream. */

#ifndef IDS_REFUSE_H
#define IDS_REFUSE_H

struct detect;
struct wp_stream_event;

/** Takes an event WP_FLOW_ANOMALY. Where the service prevents, the segment does not go on if it
 * brings something: its receiver might believe it. The flow's owner. */
void refuse(struct detect *detect, const struct wp_stream_event *event);

#endif
