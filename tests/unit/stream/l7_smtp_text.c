/* SPDX-License-Identifier: BSD-3-Clause */
/* See l7_smtp_text.h. */

#include "l7_smtp_text.h"

#include "stream/l7/smtp.h"

void
l7_smtp_write(FILE *out, const struct wp_stream_event *event)
{
	const struct wp_text_line *line = event->line;

	if (event->type == WP_SMTP_COMMAND)
		fprintf(out, "command %u", line->command);
	else
		fprintf(out, "reply %u%s", line->code, line->is_last ? "" : "+");
	l7_write_span(out, "line", line->line);
	l7_write_span(out, "verb", line->verb);
	l7_write_span(out, "arg", line->argument);
	l7_write_span(out, "path", line->path);
	l7_write_span(out, "text", line->text);
}
