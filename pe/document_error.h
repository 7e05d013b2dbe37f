/* SPDX-License-Identifier: BSD-3-Clause */
/* Where and why something in a document is refused. */

#ifndef PE_DOCUMENT_ERROR_H
#define PE_DOCUMENT_ERROR_H

struct document_error {
	char path[256]; /* JSON pointer (RFC 6901), "/services/0/min_ttl"; "" is the whole document
			 */
	char message[512]; /* "min_ttl: 300 is above 255" */
	int line, column;  /* of a syntax error, from 1; 0: not known */
};

/** Says why the place @p at is refused. @return @p err, so that it can be returned at once */
#define document_refuse(error, err, at, ...) (document_say(error, at, __VA_ARGS__), (err))

void document_say(struct document_error *error, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
