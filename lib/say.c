/* SPDX-License-Identifier: BSD-3-Clause */
/* See say.h. */

#include "say.h"

#include <stdarg.h>
#include <stdio.h>

void
wp_say_why(char *message, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(message, size, format, args);
	va_end(args);
}
