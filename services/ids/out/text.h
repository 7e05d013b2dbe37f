/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON as it is written, member by member, into a room of one line. Nothing is written behind its
 * end; a line that did not fit says so at last. For this folder only.
 */

#ifndef IDS_TEXT_H
#define IDS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/event.h"

struct text {
	char *start, *at, *end;
	bool more; /* a comma comes before the next member */
	bool full; /* something did not fit */
};

/** Begins a line. */
struct text text_begin(char *line, size_t room);

/** Members of objects; of arrays with @p name NULL. Names and static texts are written as they
 * stand. */
void text_open(struct text *text, const char *name);
void text_close(struct text *text);
void text_open_array(struct text *text, const char *name);
void text_close_array(struct text *text);
void text_number(struct text *text, const char *name, uint64_t number);
void text_bool(struct text *text, const char *name, bool is);
void text_static(struct text *text, const char *name, const char *value);

/**
 * Any bytes. UTF-8 stands as it is; where it is none, bytes from 0x80 on are \xNN, as text. Control
 * bytes, quotes and backslashes are escaped.
 */
void text_bytes(struct text *text, const char *name, struct wp_span value);

/** Likewise, of text that ends with a NUL. */
void text_string(struct text *text, const char *name, const char *value);

/** The name of a member, of any bytes; its value is written next, with a name NULL. */
void text_key(struct text *text, struct wp_span name);

/** Bytes where those that cannot be printed are dots; line ends are kept. */
void text_printable(struct text *text, const char *name, struct wp_span value);

void text_base64(struct text *text, const char *name, struct wp_span value);

/** Hexadecimal. @param separator  between bytes; '\0': none */
void text_hex(struct text *text, const char *name, struct wp_span value, char separator);

/** @param version  4 or 6: without groups left out, as EVE has it */
void text_address(struct text *text, const char *name, uint8_t version, const uint8_t *address);

/** A time as RFC 3339 has it, in microseconds, "+0000" behind it. */
void text_time(struct text *text, const char *name, uint64_t time_ns);

/** Bytes as they are. */
void text_raw(struct text *text, const void *bytes, size_t size);

#endif
