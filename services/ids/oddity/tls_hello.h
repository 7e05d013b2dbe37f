/* SPDX-License-Identifier: BSD-3-Clause */
/* What is odd about a ClientHello or a ServerHello; see tls_watch.h. */

#ifndef IDS_TLS_HELLO_H
#define IDS_TLS_HELLO_H

#include "oddity/oddity.h"
#include "stream/event.h"

/** Adds what is odd. @param[in,out] has_name  whether a server's name was there before, or is now
 */
void tls_hello_look(struct wp_span body, bool from_client, bool *has_name, struct oddities *odd);

/** Adds what is odd about the server's names in the extensions of a ClientHello. */
void tls_hello_look_at_names(struct wp_span extensions, struct oddities *odd);

#endif
