/* SPDX-License-Identifier: BSD-3-Clause */
/* What cannot be looked at as its receiver does: segments that the tracker has not believed, whose
 * bytes are in no stream, and packets whose headers cannot be read. */

#ifndef IDS_REFUSE_H
#define IDS_REFUSE_H

struct detect;
struct wp_packet;
struct wp_stream_event;

/** Takes an event WP_FLOW_ANOMALY. Where the service prevents, the segment does not go on if it
 * brings something: its receiver might believe it. The flow's owner. */
void refuse(struct detect *detect, const struct wp_stream_event *event);

/** Takes a packet that rules were asked about. Where the service prevents, it does not go on if its
 * headers cannot be walked to their end: nobody has seen what they hide. */
void refuse_unread(struct detect *detect, struct wp_packet *pkt);

#endif
