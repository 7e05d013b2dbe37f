/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of protocols that speak in commands and replies: SMTP (smtp.h) and FTP (ftp.h), as
 * services see them.
 */

#ifndef WP_STREAM_L7_TEXT_H
#define WP_STREAM_L7_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/event.h"
#include "stream/flow.h"

/** Bytes of a line that are told, its CR counted: the rest of a longer one is left away, and
 * WP_L7_TOO_LONG is told first. RFC 5321 section 4.5.3.1 has 512 for commands and replies. */
enum { WP_TEXT_LINE_MAX = 4096 };

/** What is wrong with a line; told before the line is. */
enum wp_text_anomaly {
	WP_TEXT_BARE_LF = WP_L7_OWN, /* it ends with LF alone */
	WP_TEXT_BARE_CR,             /* CR stands within it */
	WP_TEXT_NOT_ENDED,           /* the stream ends within it, or within a message */
	WP_TEXT_BAD_REPLY,           /* a reply without code, or with another than it began with */
	WP_TEXT_OWN = WP_L7_OWN + 8, /* the protocol's own begin here */
};

/**
 * A command, or one line of a reply. The offset of its event is that of its first byte in the
 * side's stream. What spans point to is the runtime's, and valid during the event's call.
 */
struct wp_text_line {
	struct wp_span line;     /* without its end; FTP: without Telnet's commands, too */
	struct wp_span verb;     /* command: its first word, as it came; NULL: there is none */
	struct wp_span argument; /* command: behind the verb and blanks; NULL: there is nothing */
	struct wp_span path;     /* SMTP's MAIL and RCPT: between < and >; NULL: there is none */
	struct wp_span text; /* reply: behind its code, or all when it has none; NULL: command */
	struct wp_endpoint endpoint; /* FTP: that is announced, if has_endpoint; version 0: port */
	uint16_t code;               /* reply: three digits; 0: it does not begin so */
	uint8_t command;             /* enum wp_smtp_command or wp_ftp_command; 0: reply, other */
	uint8_t version;             /* of endpoint.address: 4, 6, or 0: there is a port alone */
	bool has_endpoint;           /* FTP's PORT, EPRT, 227 and 229 */
	bool is_last;                /* reply: no more lines of it follow */
};

#endif
