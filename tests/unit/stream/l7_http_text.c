/* SPDX-License-Identifier: BSD-3-Clause */
/* See l7_http_text.h. */

#include "l7_http_text.h"

#include <stdlib.h>
#include <string.h>

#include "stream/l7/http.h"

static void
must(bool holds)
{
	if (!holds)
		abort();
}

/** @return whether a span that is not folded lies in the head. */
static bool
lies_in(struct wp_span span, struct wp_span raw)
{
	return span.data == NULL ||
	       (span.data >= raw.data && span.data + span.size <= raw.data + raw.size);
}

static void
check_head(const struct wp_http_head *head)
{
	bool has_folds = (head->anomalies & WP_HTTP_BIT(WP_HTTP_FOLD)) != 0;

	must(lies_in(head->method, head->raw) && lies_in(head->target, head->raw));
	must(lies_in(head->first_line, head->raw) && lies_in(head->reason, head->raw));
	must(head->n_headers <= WP_HTTP_HEADERS_MAX && head->raw.size <= WP_HTTP_HEAD_MAX);
	for (unsigned int i = 0; i < head->n_headers; i++) {
		must(lies_in(head->headers[i].name, head->raw));
		must(has_folds || lies_in(head->headers[i].value, head->raw));
	}
}

static void
write_headers(FILE *out, const struct wp_http_head *head)
{
	for (unsigned int i = 0; i < head->n_headers; i++) {
		fputs(" {", out);
		l7_write_bytes(out, head->headers[i].name.data, head->headers[i].name.size);
		if (head->headers[i].value.data != NULL)
			fputc(':', out);
		l7_write_bytes(out, head->headers[i].value.data, head->headers[i].value.size);
		fputc('}', out);
	}
}

static void
write_head(FILE *out, const struct wp_http_head *head)
{
	static const char *const methods[] = {"?",       "other", "GET",    "HEAD",
					      "POST",    "PUT",   "DELETE", "CONNECT",
					      "OPTIONS", "TRACE", "PATCH"};
	static const char *const codings[] = {"", " gzip", " deflate", " coded"};

	check_head(head);
	fprintf(out, head->is_request ? "request %s" : "response to %s",
		methods[head->known_method]);
	l7_write_span(out, "method", head->method);
	l7_write_span(out, "target", head->target);
	if (!head->is_request)
		fprintf(out, " %u", head->status);
	l7_write_span(out, "reason", head->reason);
	fprintf(out, " %u.%u", head->major, head->minor);
	write_headers(out, head);
	if (head->has_content_length)
		fprintf(out, " length=%llu", (unsigned long long)head->content_length);
	fprintf(out, "%s%s%s%s", head->is_chunked ? " chunked" : "", codings[head->coding],
		head->keeps_alive ? "" : " last", head->is_upgrade ? " upgrade" : "");
}

void
l7_http_write(FILE *out, const struct wp_stream_event *event)
{
	if (event->type == WP_HTTP_HEAD)
		write_head(out, event->http);
	else
		fprintf(out, "end@%llu", (unsigned long long)event->offset);
	if (event->type == WP_HTTP_HEAD)
		fprintf(out, " @%llu", (unsigned long long)event->offset);
}
