/* SPDX-License-Identifier: BSD-3-Clause */
/* See first_bytes.h. */

#include "oddity/first_bytes.h"

#include <string.h>

#include "ascii.h"
#include "stream/l7/tls.h"

/** Bytes behind which a side begins as no protocol does. */
enum { CLIENT_ENOUGH = 25, SERVER_ENOUGH = 9 };

/** A word that a side begins with, in capital letters. */
struct first_word {
	const char *word;
	enum first_is is;
};

/** Takes the letters of a word as they come, and a blank for any. */
static bool
begins(const struct first_bytes *first, const char *word)
{
	size_t size = strlen(word);

	if (first->n < size)
		return false;
	for (size_t i = 0; i < size; i++)
		if (wp_lower(first->bytes[i]) != wp_lower((uint8_t)word[i]) &&
		    (word[i] != ' ' || first->bytes[i] != '\t'))
			return false;
	return true;
}

static enum first_is
find_word(const struct first_bytes *first, const struct first_word *words)
{
	for (; words->word != NULL; words++)
		if (begins(first, words->word))
			return words->is;
	return FIRST_OPEN;
}

/** @return whether a record of TLS begins (RFC 8446 section 5.1). @param type  of the record */
static bool
is_record(const struct first_bytes *first, uint8_t type)
{
	enum { VERSIONS_MAJOR = 3, LAST_MINOR = 4 };

	return first->n >= 3 && first->bytes[0] == type && first->bytes[1] == VERSIONS_MAJOR &&
	       first->bytes[2] <= LAST_MINOR;
}

/** @return whether a hello begins as SSL 2 has it (RFC 5246 appendix E.2). */
static bool
is_old_hello(const struct first_bytes *first)
{
	enum { HIGH = 0x80, CLIENT_HELLO = 1, VERSIONS_MAJOR = 3 };

	return first->n >= 5 && (first->bytes[0] & HIGH) != 0 && first->bytes[2] == CLIENT_HELLO &&
	       first->bytes[3] <= VERSIONS_MAJOR;
}

/** @return whether a message of SMB begins, behind the length of it. */
static bool
is_smb(const struct first_bytes *first)
{
	enum { LENGTH = 4, FIRST_VERSION = 0xfd };

	return first->n > LENGTH + 4 && first->bytes[LENGTH] >= FIRST_VERSION &&
	       memcmp(first->bytes + LENGTH + 1, "SMB", 3) == 0;
}

static enum first_is
find_client(const struct first_bytes *first)
{
	static const struct first_word words[] = {
		{"GET ", FIRST_HTTP},
		{"PUT ", FIRST_HTTP},
		{"POST ", FIRST_HTTP},
		{"HEAD ", FIRST_HTTP},
		{"TRACE ", FIRST_HTTP},
		{"OPTIONS ", FIRST_HTTP},
		{"CONNECT ", FIRST_HTTP},
		{"DELETE ", FIRST_HTTP},
		{"PATCH ", FIRST_HTTP},
		{"PROPFIND ", FIRST_HTTP},
		{"PROPPATCH ", FIRST_HTTP},
		{"MKCOL ", FIRST_HTTP},
		{"COPY ", FIRST_HTTP},
		{"MOVE ", FIRST_HTTP},
		{"LOCK ", FIRST_HTTP},
		{"UNLOCK ", FIRST_HTTP},
		{"CHECKOUT ", FIRST_HTTP},
		{"CHECKIN ", FIRST_HTTP},
		{"UNCHECKOUT ", FIRST_HTTP},
		{"REPORT ", FIRST_HTTP},
		{"UPDATE ", FIRST_HTTP},
		{"LABEL ", FIRST_HTTP},
		{"MERGE ", FIRST_HTTP},
		{"MKWORKSPACE ", FIRST_HTTP},
		{"MKACTIVITY ", FIRST_HTTP},
		{"BASELINE-CONTROL ", FIRST_HTTP},
		{"VERSION-CONTROL ", FIRST_HTTP},
		{"INVALID ", FIRST_HTTP},
		{"SSH-", FIRST_SSH},
		{"EHLO", FIRST_SMTP},
		{"HELO", FIRST_SMTP},
		{"QUIT", FIRST_SMTP},
		{"USER ", FIRST_FTP},
		{"PASS ", FIRST_FTP},
		{"PORT ", FIRST_FTP},
		{NULL, FIRST_OPEN},
	};

	if (is_record(first, WP_TLS_HANDSHAKE) || is_old_hello(first))
		return FIRST_TLS;
	return is_smb(first) ? FIRST_SMB : find_word(first, words);
}

static enum first_is
find_server(const struct first_bytes *first)
{
	static const struct first_word words[] = {
		{"HTTP/0.9", FIRST_HTTP}, {"HTTP/1.0", FIRST_HTTP}, {"HTTP/1.1", FIRST_HTTP},
		{"SSH-", FIRST_SSH},      {NULL, FIRST_OPEN},
	};

	for (unsigned int type = WP_TLS_ALERT; type <= WP_TLS_APPLICATION_DATA; type++)
		if (is_record(first, (uint8_t)type))
			return FIRST_TLS;
	return is_smb(first) ? FIRST_SMB : find_word(first, words);
}

/** Adds to what is remembered. @return whether it is known now what the side begins with */
static bool
remember(struct first_bytes *first, bool is_client, struct wp_span bytes)
{
	uint8_t enough = is_client ? CLIENT_ENOUGH : SERVER_ENOUGH;

	for (uint32_t i = 0; i < bytes.size && first->n < enough; i++) {
		if (first->n < FIRST_ROOM)
			first->bytes[first->n] = bytes.data[i];
		first->n++;
	}
	first->is = (uint8_t)(is_client ? find_client(first) : find_server(first));
	if (first->is == FIRST_OPEN && first->n == enough)
		first->is = FIRST_NONE;
	first->found = first->is;
	return first->is != FIRST_OPEN;
}

/** Nothing more is to be known. */
static void
give_up(struct first_bytes sides[2])
{
	sides[WP_CLIENT].is = sides[WP_SERVER].is = FIRST_LOST;
}

/** Both are known. @param side  that was known last */
static void
compare(const struct first_bytes sides[2], unsigned int side, struct oddities *odd)
{
	enum first_is is = sides[side].is, other = sides[!side].is;

	/* Anything may come before TLS: a protocol that it secures. */
	if (is == other || (is == FIRST_TLS && other == FIRST_NONE && side == WP_CLIENT))
		return;
	oddities_add(odd, is == FIRST_NONE || other == FIRST_NONE
				  ? EVENT_L7_DETECT_PROTOCOL_ONLY_ONE_DIRECTION
				  : EVENT_L7_MISMATCH_PROTOCOL_BOTH_DIRECTIONS);
}

void
first_bytes_take(struct first_bytes sides[2], unsigned int side, uint64_t offset,
		 struct wp_span bytes, struct oddities *odd)
{
	struct first_bytes *me = &sides[side], *peer = &sides[!side];

	if (me->is != FIRST_OPEN)
		return;
	if (offset != me->n) {
		give_up(sides);
	} else if (remember(me, side == WP_CLIENT, bytes)) {
		if (me->is == FIRST_TLS && side == WP_SERVER && peer->n == 0) {
			oddities_add(odd, EVENT_L7_WRONG_DIRECTION_FIRST_DATA);
			give_up(sides);
		} else if (peer->is != FIRST_OPEN) {
			compare(sides, side, odd);
			give_up(sides);
		}
	}
}
