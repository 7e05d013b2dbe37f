/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of certificates as text. */

#ifndef WP_STREAM_L7_TLS_NAME_H
#define WP_STREAM_L7_TLS_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/event.h"

/**
 * Writes a Name (RFC 5280 section 4.1.2.4) as "C=US, O=Example, CN=www.example.org", in the order
 * that it stands, several attributes of an RDN with " + " between them, with a zero behind.
 * @param name  the RDNSequence's content
 * @param room  bytes of @p to; what does not fit is left out
 * @return false: it contradicts itself; what stands before that is written
 */
bool tls_name(struct wp_span name, char *to, uint32_t room);

#endif
