/* SPDX-License-Identifier: BSD-3-Clause */
/* See rarity.h. Bytes of text and of binary protocols are taken for equally frequent. */

#include "match/rarity.h"

#include <string.h>

#include "ascii.h"

enum {
	BIT = 8,    /* what is counted in */
	AGAIN = 8,  /* a byte behind the same one, as in padding */
	ENDING = 4, /* bytes that Hyperscan looks for first */
	LEAST = 5,  /* bytes that are left of a literal at the least: fewer are met by chance */
	WORTH = 18, /* that an ending is rarer, to be worth what is lost of the literal */
};

/** @return what one byte tells. */
static unsigned int
of_byte(uint8_t byte, bool nocase)
{
	static const char rare[] = "jkqvxz", marks[] = "\r\n/.-=:\"";

	if (wp_is_letter(byte)) {
		bool is_rare = strchr(rare, byte | 0x20) != NULL;

		if (nocase)
			return is_rare ? 54 : 39;
		return byte >= 'a' ? (is_rare ? 59 : 42) : (is_rare ? 67 : 55);
	}
	if (byte == 0)
		return 27;
	if (byte == ' ')
		return 38;
	if (wp_is_digit(byte))
		return 47;
	if (strchr(marks, byte) != NULL)
		return 49;
	if (byte == 1 || byte == 0xff)
		return 53;
	return byte > ' ' && byte < 0x7f ? 67 : 72;
}

unsigned int
rarity(const uint8_t *bytes, unsigned int size, bool nocase)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < size; i++)
		sum += i != 0 && bytes[i] == bytes[i - 1] ? AGAIN : of_byte(bytes[i], nocase);
	return sum;
}

unsigned int
rarity_end(const uint8_t *bytes, unsigned int size, bool nocase)
{
	unsigned int best = size, most;

	if (size <= LEAST)
		return size;
	most = rarity(bytes + size - ENDING, ENDING, nocase);
	for (unsigned int end = size - 1; end >= LEAST; end--) {
		unsigned int one = rarity(bytes + end - ENDING, ENDING, nocase);

		if (one > most + WORTH) {
			most = one;
			best = end;
		}
	}
	return best;
}
