/* SPDX-License-Identifier: BSD-3-Clause */
/* See l7_ftp_text.h. */

#include "l7_ftp_text.h"

#include <arpa/inet.h>

#include "stream/l7/ftp.h"

static void
write_endpoint(FILE *out, const struct wp_text_line *line)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (line->version != 0)
		inet_ntop(line->version == 6 ? AF_INET6 : AF_INET, line->endpoint.address, text,
			  sizeof(text));
	fprintf(out, " endpoint=%s|%u", text, line->endpoint.port);
}

void
l7_ftp_write(FILE *out, const struct wp_stream_event *event)
{
	const struct wp_text_line *line = event->line;

	if (event->type == WP_FTP_COMMAND)
		fprintf(out, "command %u", line->command);
	else
		fprintf(out, "reply %u%s", line->code, line->is_last ? "" : "+");
	l7_write_span(out, "line", line->line);
	l7_write_span(out, "verb", line->verb);
	l7_write_span(out, "arg", line->argument);
	l7_write_span(out, "text", line->text);
	if (line->has_endpoint)
		write_endpoint(out, line);
}
