/* SPDX-License-Identifier: BSD-3-Clause */
/* Flags of TCP, and bits of a fragment. */

#include "rule/keyword_condition.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/** A letter and its bit. */
struct letter {
	char letter;
	uint8_t bit;
};

static const struct letter tcp_letters[] = {
	{'F', 0x01}, {'S', 0x02}, {'R', 0x04}, {'P', 0x08}, {'A', 0x10}, {'U', 0x20},
	{'E', 0x40}, {'2', 0x40}, {'C', 0x80}, {'1', 0x80}, {'\0', 0},
};

/** Bits 7 to 5 of byte 6 of IPv4's header. */
static const struct letter fragment_letters[] = {{'M', 1}, {'D', 2}, {'R', 4}, {'\0', 0}};

static const struct letter *
find_letter(const struct letter *letters, char letter)
{
	while (letters->letter != '\0' && letters->letter != letter)
		letters++;
	return letters->letter == '\0' ? NULL : letters;
}

/** @return whether it says how: "+", "*", "!" */
static bool
read_how(char sign, struct rule_flags *flags)
{
	if (sign == '\0' || strchr("+*!", sign) == NULL)
		return false;
	flags->how = sign == '+' ? FLAGS_ALL : sign == '*' ? FLAGS_ANY : FLAGS_NONE;
	return true;
}

/** "SA+", "!S": with its sign on either end; a 0 forgets what stands in front of it. */
static int
read_tcp(struct rule_reader *reader, const char *text, struct rule_flags *flags)
{
	unsigned int n_signs = 0, n_letters = 0;

	for (const char *at = text; *at != '\0'; at++) {
		const struct letter *letter = find_letter(tcp_letters, *at);

		if (read_how(*at, flags) && (at == text || at[1] == '\0')) {
			n_signs++;
			continue;
		}
		if (letter == NULL && *at != '0')
			return reader_fault(reader, "'%c' in '%.20s' is no flag of TCP", *at, text);
		flags->flags = letter == NULL ? 0 : flags->flags | letter->bit;
		n_letters++;
	}
	if (n_letters == 0)
		return reader_fault(reader, "there are no flags");
	return n_signs > 1 ? reader_fault(reader, "there can be one of + * ! only") : 0;
}

/** ",12": flags that do not count */
static int
read_ignored(struct rule_reader *reader, const char *text, struct rule_flags *flags)
{
	while (isspace((unsigned char)*text))
		text++;
	if (*text == '\0')
		return reader_fault(reader, "flags are missing behind the comma");
	for (; *text != '\0'; text++) {
		const struct letter *letter = find_letter(tcp_letters, *text);

		if (letter == NULL)
			return reader_fault(reader, "'%c' is no flag of TCP", *text);
		flags->ignored |= letter->bit;
	}
	return 0;
}

static int
read_tcp_flags(struct rule_reader *reader, char *value, struct rule_flags *flags)
{
	char *comma = strchr(value, ',');
	int err;

	if (comma != NULL) {
		err = read_ignored(reader, comma + 1, flags);
		if (err != 0)
			return err;
		while (comma > value && isspace((unsigned char)comma[-1]))
			comma--;
		*comma = '\0';
	}
	return read_tcp(reader, value, flags);
}

/** "+MD": a sign behind them is for nothing, as Suricata has it */
static int
read_fragment_bits(struct rule_reader *reader, char *value, struct rule_flags *flags)
{
	const char *at = value + (read_how(*value, flags) ? 1 : 0);

	for (; *at != '\0'; at++) {
		const struct letter *letter = find_letter(fragment_letters, *at);

		if (letter != NULL)
			flags->flags |= letter->bit;
		else if (*at != ' ' && *at != ',' && (at[1] != '\0' || strchr("+*!", *at) == NULL))
			return reader_fault(reader, "'%c' is none of M, D, R", *at);
	}
	return flags->flags == 0 ? reader_fault(reader, "there are no bits") : 0;
}

int
keyword_flags_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_flags flags = {.how = FLAGS_EXACT};
	struct rule_match *match;
	int err = keyword->detail == MATCH_TCP_FLAGS ? read_tcp_flags(reader, value, &flags)
						     : read_fragment_bits(reader, value, &flags);

	if (err != 0)
		return err;
	match = reader_packet(reader, (enum match_kind)keyword->detail);
	if (match == NULL)
		return -EINVAL;
	match->flags = flags;
	return 0;
}
