/* SPDX-License-Identifier: BSD-3-Clause */
/* For oddity_http*.c only. */

#ifndef IDS_ODDITY_HTTP_OWN_H
#define IDS_ODDITY_HTTP_OWN_H

#include "oddity/oddity_http.h"

/** What is odd about requests. */
void oddity_http_request(const struct wp_http_head *head, struct oddities *odd);

/** What is odd about responses. */
void oddity_http_response(const struct wp_http_head *head, struct oddities *odd);

/** Hosts: of the target, of the header, and both together. */
void oddity_http_hosts(const struct wp_http_head *head, struct oddities *odd);

/** @return whether a span is a word, in any case, NULs passed over. @param word  in lower case */
bool span_is(struct wp_span span, const char *word);

/** Likewise, without NULs. */
bool span_is_exactly(struct wp_span span, const char *word);

/** @return where a word stands first, in any case; NULL: it does not. */
const uint8_t *span_find(struct wp_span span, const char *word);

/** Takes an item of a list from the front, white space around it cut off. @return false: there is
 * none */
bool span_next(struct wp_span *list, char separator, struct wp_span *item);

struct wp_span span_trim(struct wp_span span);

#endif
