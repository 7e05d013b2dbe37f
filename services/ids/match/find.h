/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds bytes in bytes. */

#ifndef IDS_FIND_H
#define IDS_FIND_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <emmintrin.h>

#include "ascii.h"

/** @return whether bytes are those of @p lower, whatever their case. */
static inline bool
find_equal_nocase(const uint8_t *bytes, const uint8_t *lower, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		if (wp_lower(bytes[i]) != lower[i])
			return false;
	return true;
}

/** Bytes that begin and end what is looked for, in both cases. */
struct find_ends {
	__m128i first, first_upper, last, last_upper;
};

static inline uint8_t
find_upper(uint8_t byte)
{
	return (uint8_t)(byte - 'a') < 26 ? byte & (uint8_t)~0x20 : byte;
}

/** @return a mask of those of 16 places at which the first and the last byte stand. */
static inline unsigned int
find_places(const struct find_ends *ends, const uint8_t *at, uint32_t size)
{
	__m128i first = _mm_loadu_si128((const __m128i *)at);
	__m128i last = _mm_loadu_si128((const __m128i *)(at + size - 1));

	first = _mm_or_si128(_mm_cmpeq_epi8(first, ends->first),
			     _mm_cmpeq_epi8(first, ends->first_upper));
	last = _mm_or_si128(_mm_cmpeq_epi8(last, ends->last),
			    _mm_cmpeq_epi8(last, ends->last_upper));
	return (unsigned int)_mm_movemask_epi8(_mm_and_si128(first, last));
}

/** Finds bytes whatever their case. @param lower  in lower case @return NULL: not there */
static inline const uint8_t *
find_nocase(const uint8_t *in, uint32_t in_size, const uint8_t *lower, uint32_t size)
{
	const uint8_t *end = in + in_size;

	if (size == 0 || in_size < size)
		return size == 0 ? in : NULL;
	if (in_size - size >= 15) {
		struct find_ends ends = {
			.first = _mm_set1_epi8((char)lower[0]),
			.first_upper = _mm_set1_epi8((char)find_upper(lower[0])),
			.last = _mm_set1_epi8((char)lower[size - 1]),
			.last_upper = _mm_set1_epi8((char)find_upper(lower[size - 1])),
		};

		for (; end - in >= (ptrdiff_t)size + 15; in += 16)
			for (unsigned int places = find_places(&ends, in, size); places != 0;
			     places &= places - 1) {
				const uint8_t *at = in + __builtin_ctz(places);

				if (find_equal_nocase(at, lower, size))
					return at;
			}
	}
	for (; end - in >= (ptrdiff_t)size; in++)
		if (find_equal_nocase(in, lower, size))
			return in;
	return NULL;
}

/** Finds bytes: there are few that one looks for, so that nothing is prepared. @return NULL: not
 * there */
static inline const uint8_t *
find_bytes(const uint8_t *in, uint32_t in_size, const uint8_t *bytes, uint32_t size)
{
	const uint8_t *end = in + in_size;

	if (size == 0 || in_size < size)
		return size == 0 ? in : NULL;
	if (in_size - size >= 15) {
		const __m128i first = _mm_set1_epi8((char)bytes[0]);
		const __m128i last = _mm_set1_epi8((char)bytes[size - 1]);
		const struct find_ends ends = {first, first, last, last};

		for (; end - in >= (ptrdiff_t)size + 15; in += 16)
			for (unsigned int places = find_places(&ends, in, size); places != 0;
			     places &= places - 1) {
				const uint8_t *at = in + __builtin_ctz(places);

				if (memcmp(at, bytes, size) == 0)
					return at;
			}
	}
	for (; end - in >= (ptrdiff_t)size; in++)
		if (*in == *bytes && memcmp(in, bytes, size) == 0)
			return in;
	return NULL;
}

#endif
