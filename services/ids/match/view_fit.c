/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes that stand best for characters of Unicode, as Windows makes code page 1252 of them; as far
 * as they are ASCII, which is what hides something from a rule. */

#include "match/view_parts.h"

#include <string.h>

/** ASCII in full width: U+FF01 .. U+FF5E. */
enum { WIDE_FIRST = 0xff01, WIDE_LAST = 0xff5e, WIDE_TO_ASCII = 0xfee0 };

/** Characters in a row, from @p first on; a dot: nothing stands for that one. Sorted. */
static const struct row {
	uint16_t first;
	const char *bytes;
} rows[] = {
	{0x0100, "AaAaAaCcCcCcCcDd.dEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi..JjKk.LlLlLl"},
	{0x0141, "LlNnNnNn...OoOoOo..RrRrRrSsSsSs..TtTtTtUuUuUuUuUuUuWwYy.Z.Zz...b"},
	{0x0197, "I..l....OOo"},
	{0x01ab, "t..TUu.....z"},
	{0x01c0, "|..!"},
	{0x01cd, "AaIiOoUuUuUuUuUu.Aa....GgGgKkOoOo..j"},
	{0x0261, "g"},
	{0x02b9, "'\".'"},
	{0x02c4, "^...'..`._"},
	{0x0300, "`.^~"},
	{0x030e, "\""},
	{0x0331, "__"},
	{0x037e, ";"},
	{0x0393, "G....T"},
	{0x03a3, "S..F..O"},
	{0x03b1, "a..de"},
	{0x03c0, "p..st.f"},
	{0x04bb, "h"},
	{0x0589, ":"},
	{0x066a, "%"},
	{0x2000, "       "},
	{0x2010, "--.....="},
	{0x2032, "'..`"},
	{0x2044, "/"},
	{0x2074, "45678"},
	{0x207f, "n0123456789"},
	{0x20a7, "P"},
	{0x2102, "C....E..gHHHh.IILl.N..PPQRRR"},
	{0x2124, "Z...Z.K.BCeeEF.Mo"},
	{0x2212, "-../\\*..v...8....|.....n"},
	{0x2236, ":.....~"},
	{0x2261, "=..=="},
	{0x2303, "^"},
	{0x2320, "()"},
	{0x2329, "<>"},
	{0x2500, "-"},
	{0x250c, "+...+...+...+...+"},
	{0x252c, "-"},
	{0x2534, "-"},
	{0x253c, "+"},
	{0x2550, "-.++++++++++++"},
	{0x2564, "------+++"},
	{0x2584, "_"},
	{0x2758, "|"},
	{0x3000, " "},
	{0x3008, "<>"},
	{0x301a, "[]"},
};

/** @return the last row that begins at a character or before it; NULL: none does */
static const struct row *
row_of(uint32_t character)
{
	size_t low = 0, high = sizeof(rows) / sizeof(rows[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (rows[middle].first <= character)
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? NULL : &rows[low - 1];
}

uint8_t
view_best_fit(uint32_t character)
{
	const struct row *row;
	uint8_t byte;

	if (character < 0x100)
		return (uint8_t)character;
	if (character >= WIDE_FIRST && character <= WIDE_LAST)
		return (uint8_t)(character - WIDE_TO_ASCII);
	row = row_of(character);
	if (row == NULL || character - row->first >= strlen(row->bytes))
		return '?';
	byte = (uint8_t)row->bytes[character - row->first];
	return byte == '.' ? '?' : byte;
}
