/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control socket for other hosts: TLS 1.3, both sides with certificates. Certificates and
 * revocation lists are read again when their files have changed. Control thread.
 */

#ifndef AGENT_TLS_H
#define AGENT_TLS_H

#include <stddef.h>

#include "ctl/agent/conn.h"
#include "pe/document.h"

#define TLS_GREETINGS_MAX 64 /* connections that have not shown who they are yet */
#define TLS_GREETING_S 10    /* for them to do so */

struct tls;

/**
 * Listens where a document says.
 * @param[out] message  why not, and what to do
 * @return 0, or a negative errno
 */
int tls_listen(struct event_base *base, struct conns *conns, const struct document_control *conf,
	       struct tls **tls, char *message, size_t message_size);

/** Accepts NULL. */
void tls_end(struct tls *tls);

/** What has become of connections that did not get through. */
struct tls_stats {
	uint64_t refused, too_slow, too_many;
};

const struct tls_stats *tls_stats(const struct tls *tls);

#endif
