/* SPDX-License-Identifier: BSD-3-Clause */
/* FTP's control connection (RFC 959) out of the streams of a flow. */

#ifndef STREAM_L7_FTP_VIEW_H
#define STREAM_L7_FTP_VIEW_H

#include "stream/l7/ftp.h"
#include "stream/l7/text_lines.h"
#include "stream/l7/text_replies.h"
#include "stream/l7/view.h"

/** State of the view. */
struct ftp {
	struct text_lines client;
	struct text_replies server;
	bool tls_is_asked; /* AUTH TLS was seen */
	bool tls_waits;    /* behind AUTH TLS: no reply, and no byte of the client's */
	bool is_lost;      /* bytes are missing, or there was a 234 to nothing: TLS may begin */
};

extern const struct l7_view l7_ftp_view;

/** Fills all but line->line of a command. @param[in,out] line  its line is there */
void ftp_command_read(struct wp_text_line *line);

/** @return whether a command asks for TLS: RFC 4217 section 4, and the SSL of older drafts. */
bool ftp_command_is_tls(const struct wp_text_line *line);

/**
 * Reads the endpoint that a command or the last line of a reply announces.
 * @return false: it should, and does not
 */
bool ftp_endpoint_read(struct wp_text_line *line);

/**
 * Takes Telnet's commands (RFC 854) out of a line that has some.
 * @param[out] memory  what the line lies in then: for the caller to give back; NULL: as before
 */
void ftp_telnet_strip(struct l7_run *run, struct wp_span *line, uint64_t offset, void **memory);

#endif
