/* SPDX-License-Identifier: BSD-3-Clause */
/* Tables of what two sides say in HTTP/1, and what is told of it. */

#ifndef L7_HTTP_ROWS_H
#define L7_HTTP_ROWS_H

#include <stddef.h>

/** What both sides say, one after the other, and what comes of it. Anomalies are numbered from
 * WP_L7_OWN, 16, as enum wp_http_anomaly has them. */
struct http_row {
	const char *client, *server, *told;
	unsigned int finish; /* bits: sides that end behind that */
};

/** Checks rows, whole, byte by byte and three bytes at a time. */
void l7_http_check(const struct http_row *rows, size_t n);

#define CHECK(TABLE) l7_http_check(TABLE, sizeof(TABLE) / sizeof((TABLE)[0]))

/* A request, and what is told of it as a client's first. */
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define GOT "C request GET method=GET target=/ 1.1 {Host:a} @0\nC end@27\n"

#endif
