/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is odd about messages of HTTP, as Suricata's parser counts it. Looked for in the head as it
 * came: what is read of it may be more lenient, or stricter.
 */

#ifndef IDS_ODDITY_HTTP_H
#define IDS_ODDITY_HTTP_H

#include "oddity/oddity.h"
#include "stream/l7/http.h"

/** Adds what is odd about a head. Worker. */
void oddity_http_head(const struct wp_http_head *head, struct oddities *odd);

/** Likewise what was found in a body. @param anomaly  enum wp_http_anomaly */
void oddity_http_body(unsigned int anomaly, bool is_request, struct oddities *odd);

/** @return whether it ends what is read of its side: nobody asks about the message from the other
 * side any more. @param head  that it is in; NULL: it is in a body */
bool oddity_http_is_fatal(const struct wp_http_head *head, enum rule_event event);

#endif
