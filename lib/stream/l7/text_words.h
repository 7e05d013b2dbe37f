/* SPDX-License-Identifier: BSD-3-Clause */
/* Words in lines: letters compare without regard to case (RFC 5321 section 2.4, RFC 959 5.3). */

#ifndef STREAM_L7_TEXT_WORDS_H
#define STREAM_L7_TEXT_WORDS_H

#include "stream/l7/text.h"
#include "stream/l7/view.h"

/** A row of a table of words. */
struct text_word {
	const char *name; /* capitals */
	uint8_t value;    /* not 0 */
};

/** What is not read yet of an argument. */
struct text_reader {
	const uint8_t *at;
	const uint8_t *end;
};

/** @return whether bytes begin with a word. @param word  capitals */
bool text_begins(const uint8_t *data, uint32_t size, const char *word);

/** @return L7_YES: they do; L7_MAYBE: they are too few, and may; or L7_NO. */
enum l7_match text_match(const uint8_t *data, uint32_t size, const char *word);

/** @return whether a word stands anywhere in them. Looks at each byte once for each letter. */
bool text_has(const uint8_t *data, uint32_t size, const char *word);

/** @return the value of a word; 0: it is not in the table. */
uint8_t text_find(const struct text_word *words, unsigned int n, struct wp_span word);

/** Fills verb and argument of a command from its line. */
void text_split(struct wp_text_line *line);

/** @return a reader of a command's argument, or of a reply's text. */
struct text_reader text_reader(struct wp_span span);

/** Goes over blanks. */
void text_read_blanks(struct text_reader *reader);

/** @return whether the next byte was @p byte; goes over it then. */
bool text_read_byte(struct text_reader *reader, uint8_t byte);

/** Reads a decimal number of any length. @return false: there is none, or it is above @p max */
bool text_read_number(struct text_reader *reader, uint64_t max, uint64_t *number);

/** @return whether a server greets (reply 220), as far as its first bytes say. */
enum l7_match text_match_greeting(const struct l7_hint *hint);

/** @return bytes of the first line of what a protocol is known by, without its end. What stands
 * behind it must not change what was said of the line. */
uint32_t text_line_size(const struct l7_hint *hint);

/** @return whether the first line is there, or as much of it as will be looked at. */
bool text_is_whole(const struct l7_hint *hint);

/** @return whether a side's first bytes begin with one of @p n words. */
enum l7_match text_match_any(const struct l7_hint *hint, const char *const *words, unsigned int n);

#endif
