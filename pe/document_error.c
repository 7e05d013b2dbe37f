/* SPDX-License-Identifier: BSD-3-Clause */
/* See document_error.h. */

#include "pe/document_error.h"

#include <stdarg.h>
#include <stdio.h>

void
document_say(struct document_error *error, const char *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	snprintf(error->path, sizeof(error->path), "%s", at);
}
