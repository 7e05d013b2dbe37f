/* SPDX-License-Identifier: BSD-3-Clause */
/* Text in a bounded place. */

#ifndef WP_STREAM_L7_TLS_TEXT_H
#define WP_STREAM_L7_TLS_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/** A text that grows. */
struct tls_text {
	char *bytes;   /* a zero is not among them */
	uint32_t size; /* of them */
	uint32_t room;
	bool is_full; /* something did not fit: nothing is added any more */
};

/** Adds bytes: all of them or none. */
void tls_text_add(struct tls_text *text, const char *bytes, uint32_t size);

/** Adds a string. */
void tls_text_say(struct tls_text *text, const char *string);

/** Writes a number in decimal. @param[out] digits  10 bytes @return how many it took */
uint32_t tls_decimal(uint32_t number, char *digits);

/** Writes bytes in hex, with something between them and a zero behind. @param between  '\0':
 * nothing
 * @param digits  "0123456789abcdef", or that in capitals */
void tls_hex(const uint8_t *bytes, uint32_t size, char between, const char *digits, char *to);

#endif
