/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages that several tests make records of. */

#ifndef TESTS_RECORD_MESSAGES_H
#define TESTS_RECORD_MESSAGES_H

#include <stdbool.h>

#include "stream/l7/dns.h"
#include "stream/l7/http.h"

enum { MESSAGE_QUERIES = 3, MESSAGE_RECORDS = 12 };

/** @return a request of HTTP with headers. @param method, target  as they stand in @p first_line */
struct wp_http_head message_request(const char *first_line, const char *method, const char *target);

/** @return a message of DNS without records: MESSAGE_QUERIES queries, or an answer to the first. */
struct wp_dns_message message_dns(bool is_response);

/** Records for an answer, of all kinds that are told in a way of their own. */
extern const struct wp_dns_record message_records[MESSAGE_RECORDS];

#endif
