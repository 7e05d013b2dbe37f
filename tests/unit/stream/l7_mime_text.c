/* SPDX-License-Identifier: BSD-3-Clause */
/* See l7_mime_text.h. */

#include "l7_mime_text.h"

#include "stream/l7/mime.h"

void
l7_mime_write(FILE *out, const struct wp_stream_event *event)
{
	if (event->type == WP_MIME_END) {
		fprintf(out, "end%s", event->detail == WP_MIME_CUT ? ", cut" : "");
		return;
	}
	fprintf(out, "part %u", event->mime->number);
	l7_write_span(out, "name", event->mime->name);
	l7_write_span(out, "type", event->mime->type);
}
