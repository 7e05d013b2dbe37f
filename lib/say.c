/* SPDX-License-Identifier: BSD-3-Clause */
/* See say.h. */

#include "say.h"

#include <stdarg.h>
#include <stdio.h>

int
wp_say(char *message, size_t size, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(message, size, format, args);
	va_end(args);
	return error;
}
