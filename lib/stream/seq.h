/* SPDX-License-Identifier: BSD-3-Clause */
/* Arithmetic of TCP sequence numbers, modulo 2^32 (RFC 9293 section 3.4). */

#ifndef WP_STREAM_SEQ_H
#define WP_STREAM_SEQ_H

#include <stdbool.h>
#include <stdint.h>

/** @return how far @p a is behind @p b; negative: in front of it. */
static inline int32_t
seq_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

static inline bool
seq_before(uint32_t a, uint32_t b)
{
	return seq_diff(a, b) < 0;
}

static inline uint32_t
seq_max(uint32_t a, uint32_t b)
{
	return seq_before(a, b) ? b : a;
}

static inline uint32_t
seq_min(uint32_t a, uint32_t b)
{
	return seq_before(a, b) ? a : b;
}

#endif
