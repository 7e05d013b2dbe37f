/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of text for whoever listens at a Unix socket. Nobody waits for it: what it does not take at
 * once gathers, and what does not fit then, or comes while nobody listens, is lost. Log thread, but
 * for opening.
 */

#ifndef IDS_SINK_H
#define IDS_SINK_H

#include <stddef.h>
#include <stdint.h>

struct sink;

/** @param path  of a socket (SOCK_STREAM); nobody needs to listen there yet @return 0,
 * -ENAMETOOLONG or -ENOMEM. Control. */
int sink_open(const char *path, struct sink **sink);

/** @return the socket's name. */
const char *sink_path(const struct sink *sink);

/** Takes lines, '\n' included. @return lines that are lost */
uint64_t sink_put(struct sink *sink, const char *text, size_t size);

/** Sends what has gathered; where nobody listens, tries again now and then. @return as sink_put()
 */
uint64_t sink_tick(struct sink *sink, uint64_t now_ns);

/** Sends what it can, and closes. Accepts NULL. @return as sink_put() */
uint64_t sink_close(struct sink *sink);

#endif
