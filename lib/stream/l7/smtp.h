/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SMTP as services see it: WP_SMTP_COMMAND and WP_SMTP_REPLY with a struct wp_text_line, and
 * WP_SMTP_DATA with the bytes of a message. A message is at its end when WP_SMTP_END_OF_DATA is
 * told, or another command or reply is.
 */

#ifndef WP_STREAM_L7_SMTP_H
#define WP_STREAM_L7_SMTP_H

#include "stream/l7/text.h"

/** wp_text_line.command of WP_SMTP_COMMAND. */
enum wp_smtp_command {
	WP_SMTP_OTHER,
	WP_SMTP_HELO,
	WP_SMTP_EHLO,
	WP_SMTP_LHLO, /* RFC 2033 */
	WP_SMTP_MAIL,
	WP_SMTP_RCPT,
	WP_SMTP_DATA_BEGINS, /* the command DATA */
	WP_SMTP_BDAT,        /* RFC 3030; its bytes follow at once */
	WP_SMTP_RSET,
	WP_SMTP_VRFY,
	WP_SMTP_EXPN,
	WP_SMTP_HELP,
	WP_SMTP_NOOP,
	WP_SMTP_QUIT,
	WP_SMTP_STARTTLS, /* RFC 3207 */
	WP_SMTP_AUTH,     /* RFC 4954 */
	WP_SMTP_ETRN,     /* RFC 1985 */
	WP_SMTP_TURN,     /* RFC 821 */
	WP_SMTP_SEND,     /* RFC 821, as SOML and SAML */
	WP_SMTP_SOML,
	WP_SMTP_SAML,
	WP_SMTP_BURL,    /* RFC 4468 */
	WP_SMTP_XCLIENT, /* Postfix */
	WP_SMTP_XFORWARD,
	WP_SMTP_AUTH_DATA,   /* no command, but a client's answer to a 334: credentials */
	WP_SMTP_END_OF_DATA, /* of a message; line is "." behind DATA, and empty behind BDAT LAST */
};

/** What is wrong with a session. */
enum wp_smtp_anomaly {
	WP_SMTP_SMUGGLING = WP_TEXT_OWN, /* a dot alone on a line whose ends are not both CR LF: it
					  * is no end here, but some servers take it for one. Of
					  * the server: it takes a message for whole that is not */
	WP_SMTP_EARLY_DATA,              /* bytes of a message before the reply to DATA */
	WP_SMTP_EARLY_TLS,  /* bytes behind STARTTLS before its reply (CVE-2011-0411) */
	WP_SMTP_EARLY_AUTH, /* a line behind AUTH that no 334 has asked for */
	WP_SMTP_BAD_CHUNK,  /* BDAT without a size */
	WP_SMTP_TOO_MANY,   /* more commands wait for their reply than are counted; told once */
};

#endif
