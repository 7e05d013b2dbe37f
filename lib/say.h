/* SPDX-License-Identifier: BSD-3-Clause */
/* How functions say why they refuse. */

#ifndef WP_SAY_H
#define WP_SAY_H

#include <stddef.h>

/** Writes the reason into @p message. @return @p error, so that it can be returned at once */
#define wp_say(message, size, error, ...) (wp_say_why(message, size, __VA_ARGS__), (error))

void wp_say_why(char *message, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
