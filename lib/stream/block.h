/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory of what reads flows: of a view, and of what it keeps. Those who let what they send be kept
 * for ever have to make room for others. Worker that owns the flow. For the files of this folder
 * only.
 */

#ifndef WP_STREAM_BLOCK_H
#define WP_STREAM_BLOCK_H

#include <stddef.h>

#include "stream/worker.h"

/**
 * Takes memory for reading a flow; when there is none, other flows, whose memory is the oldest, are
 * not read any more.
 * @param owner  whose it is, and who goes when it is taken away; NULL: which it will be itself
 * @param size  bytes, at most L7_TAKE_MAX
 * @return not zeroed; NULL: there is none
 */
void *stream_block_take(struct stream_worker *worker, const struct wp_flow *flow,
			struct l7_flow *owner, size_t size);

/** Gives it back; accepts NULL. */
void stream_block_give(struct stream_worker *worker, void *memory);

#endif
