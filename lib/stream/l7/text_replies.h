/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies of a server, of one line or of several. */

#ifndef STREAM_L7_TEXT_REPLIES_H
#define STREAM_L7_TEXT_REPLIES_H

#include "stream/l7/text_lines.h"

/** How the lines inside of a reply look. */
enum text_inside {
	TEXT_WITH_CODE, /* as the first: RFC 5321 section 4.2.1 */
	TEXT_ANY,       /* as they like: RFC 959 section 4.2 */
};

/** A server's replies. */
struct text_replies {
	struct text_lines lines;
	uint16_t open;  /* code of the reply whose last line is to come; 0: none */
	bool has_begun; /* the first line was read */
	bool is_lost;   /* bytes were missing: nobody knows where in a reply the next line is */
};

/** Reads the code of a reply's line (line->line), and what else belongs to it. Stops the run when
 * the first line that a server has sent is no reply. */
void text_replies_read(struct l7_run *run, struct text_replies *replies, enum text_inside inside,
		       struct wp_text_line *line);

/** Bytes of the server's are missing. */
void text_replies_gap(struct l7_run *run, struct text_replies *replies);

/** @return whether the server's stream is there to be looked at: else nobody can say that its
 * client did not wait for a reply. */
bool text_replies_are_heard(const struct l7_run *run, const struct text_replies *replies);

/** Where the reply that lets TLS begin may have been missed, the client's next byte tells: no
 * command begins as a record of the handshake does. @return whether another protocol begins */
bool text_guess_tls(struct l7_run *run, const struct text_lines *client, const struct text_in *in,
		    bool is_lost);

/** Tells a line of a reply, or a command. @param type  enum wp_stream_event_type */
void text_tell(struct l7_run *run, unsigned int type, const struct wp_text_line *line,
	       uint64_t offset);

#endif
