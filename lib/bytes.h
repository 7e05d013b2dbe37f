/* SPDX-License-Identifier: BSD-3-Clause */
/* Words in packets, at any address: get and put turn them between network and host order, load and
 * store leave them as they are. */

#ifndef WP_BYTES_H
#define WP_BYTES_H

#include <stdint.h>
#include <string.h>

static inline uint16_t
wp_load16(const void *at)
{
	uint16_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static inline uint32_t
wp_load32(const void *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static inline void
wp_store16(void *at, uint16_t word)
{
	memcpy(at, &word, sizeof(word));
}

static inline uint16_t
wp_get16(const void *at)
{
	return __builtin_bswap16(wp_load16(at));
}

static inline uint32_t
wp_get32(const void *at)
{
	return __builtin_bswap32(wp_load32(at));
}

/** @param value  its low 16 bits count */
static inline void
wp_put16(void *at, unsigned int value)
{
	wp_store16(at, __builtin_bswap16((uint16_t)value));
}

static inline void
wp_put32(void *at, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(at, &value, sizeof(value));
}

#endif
