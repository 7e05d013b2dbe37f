/* SPDX-License-Identifier: BSD-3-Clause */
/* A stream to another host: TLS 1.3, both sides with certificates. */

#ifndef CLI_SECURE_H
#define CLI_SECURE_H

#include <stddef.h>
#include <stdio.h>

/** Whom to talk to, and with what. */
struct secure_options {
	const char *where;             /* HOST:PORT, [HOST]:PORT */
	const char *certificate, *key; /* ours; file names (PEM) */
	const char *authority;         /* of the other side's certificate */
};

struct secure;

/** Connects. @param[out] message  why not @return NULL when it cannot */
struct secure *secure_open(const struct secure_options *options, char *message,
			   size_t message_size);

/** @return a stream to read from (mode "r"), or to write to ("w"); the caller closes it. Or NULL */
FILE *secure_stream(struct secure *secure, const char *mode);

/** After its streams are closed. Accepts NULL. */
void secure_close(struct secure *secure);

#endif
