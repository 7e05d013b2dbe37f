/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of what is odd, as EVE has them. */

#ifndef IDS_ANOMALY_H
#define IDS_ANOMALY_H

#include "stream/event.h"

/** @return the name of an event WP_FLOW_ANOMALY, WP_L7_ANOMALY, WP_FLOW_GAP, WP_FLOW_CONFLICT or
 * WP_FLOW_RETRANSMISSION; NULL for others. */
const char *anomaly_name(const struct wp_stream_event *event);

#endif
