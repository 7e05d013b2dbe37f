/* SPDX-License-Identifier: BSD-3-Clause */
/* How functions say why they refuse. */

#ifndef WP_SAY_H
#define WP_SAY_H

#include <stddef.h>

/** Writes the reason into @p message. @return @p error, so that it can be returned at once */
int wp_say(char *message, size_t size, int error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
