/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of FTP's control connection that name an endpoint (RFC 959, RFC 2428). Knows no NAT. */

#ifndef NAT_FTP_LINE_H
#define NAT_FTP_LINE_H

#include <stdbool.h>
#include <stdint.h>

/** Bytes of the longest text that names an endpoint: "255,255,255,255,255,255". */
#define FTP_TEXT_MAX 23

/** What a line is. */
enum ftp_kind {
	FTP_OTHER,   /* nothing of ours */
	FTP_RUBBISH, /* begins like one of ours, but names no endpoint that can be read */
	FTP_PORT,    /* a client's: PORT h1,h2,h3,h4,p1,p2 */
	FTP_EPRT,    /* a client's: EPRT |1|a.b.c.d|port| */
	FTP_227,     /* a server's: 227 Entering Passive Mode (h1,h2,h3,h4,p1,p2) */
	FTP_229,     /* a server's: 229 Entering Extended Passive Mode (|||port|) */
};

struct ftp_line {
	enum ftp_kind kind;
	uint16_t at;      /* where the text that names the endpoint begins, in the line */
	uint8_t size;     /* bytes of it; at most FTP_TEXT_MAX */
	uint16_t port;    /* host order */
	uint32_t address; /* network order; of FTP_229 0: it names none */
};

/**
 * Reads a line.
 * @param size       its bytes, with or without its end
 * @param of_server  it is a reply; else a command
 */
struct ftp_line ftp_line_read(const uint8_t *line, unsigned int size, bool of_server);

/** Writes the text that names an endpoint, as a line of a kind has it. @param text  FTP_TEXT_MAX
 * bytes @return bytes of it */
uint8_t ftp_line_write(enum ftp_kind kind, uint32_t address, uint16_t port, uint8_t *text);

/** @return whether the beginning of a line could be of one of ours. */
bool ftp_line_may_be(const uint8_t *line, unsigned int size, bool of_server);

/** @return whether a client's first line is one that a client of FTP begins with. */
bool ftp_line_logs_in(const uint8_t *line, unsigned int size);

/** @return whether a server's first line is a greeting. */
bool ftp_line_greets(const uint8_t *line, unsigned int size);

#endif
