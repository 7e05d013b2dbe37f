/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers that stand in a buffer, as bytes or as text: byte_test, byte_jump, byte_extract and
 * byte_math are made of these. All are pure. */

#ifndef IDS_NUMBER_H
#define IDS_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule/rule.h"

enum {
	NUMBER_BYTES_MAX = 8,
	NUMBER_DIGITS_MAX = 23, /* of BYTE_STRING: 64 bits in octal, and a zero in front */
};

/**
 * Reads a number.
 *
 * As text (BYTE_STRING) it may have white space, a sign and, by its base, "0x" in front, and
 * anything behind; a minus gives the complement to 2^64. The mask is applied, but for byte_math,
 * where it is for the result: see number_mask().
 *
 * @param at       where it stands; not NULL
 * @param left     bytes from there to the end of the buffer
 * @param n_bytes  of the number; 0: it is 0, or a text of as many digits as there are
 * @param[out] used  bytes that the number takes; of a text, those up to its last digit
 * @return false: it is not within the buffer, too long, or not a number
 */
bool number_read(const struct rule_bytes *bytes, const uint8_t *at, size_t left, uint32_t n_bytes,
		 uint64_t *value, uint32_t *used);

/** Multiplies and aligns what was read, as byte_jump and byte_extract say. */
uint64_t number_scale(const struct rule_bytes *bytes, uint64_t value);

/**
 * Where byte_jump goes with a number that was read and scaled.
 *
 * A place in front of the buffer counts as its begin; the sums are those of two's complement, so
 * that a number may be negative.
 *
 * @param post  what its post_offset is
 * @param next  place behind the number
 * @param size  of the buffer
 * @param[out] to  at most @p size
 * @return false: it is behind the buffer
 */
bool number_jump(const struct rule_bytes *bytes, uint64_t value, int64_t post, uint32_t next,
		 uint32_t size, uint32_t *to);

/** Takes the bits of a mask, and shifts them down by its zeros. @param mask  0: all of them */
uint64_t number_mask(uint32_t mask, uint64_t value);

/** @return whether it holds; false for operators that do not compare */
bool number_compare(enum byte_operator operator, uint64_t left, uint64_t right);

/** Calculates modulo 2^64. Shifts by 64 and more give 0 to the left; to the right they count modulo
 * 64. @return false: division by zero, or an operator that compares */
bool number_calculate(enum byte_operator operator, uint64_t left, uint64_t right, uint64_t *result);

#endif
