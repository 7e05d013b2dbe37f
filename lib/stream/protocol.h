/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which protocol a flow has, and so which view reads it: views are asked about the first bytes of
 * both sides, which are kept until one of them says yes. Worker that owns the flow. For the files
 * of this folder only.
 */

#ifndef WP_STREAM_PROTOCOL_H
#define WP_STREAM_PROTOCOL_H

#include <stdint.h>

#include "stream/reading.h"

/** Looks which protocol a flow has, now that there are more bytes of a side. When it is known, they
 * are read. */
void stream_protocol_find(struct stream_reading *reading, const uint8_t *data, uint32_t size);

/** Likewise, now that bytes of a side are missing: nobody knows how it begins. */
void stream_protocol_miss(struct stream_reading *reading, uint64_t size);

/** Looks whether the first bytes of the side by which the view was not found are of it, too: what
 * one side sends first is no more than its word. */
void stream_protocol_doubt(struct stream_reading *reading, const uint8_t *data, uint32_t size);

/** @return the view that reads a datagram; NULL: none */
const struct l7_view *stream_protocol_of_datagram(struct stream_reading *reading,
						  const uint8_t *data, uint32_t size);

#endif
