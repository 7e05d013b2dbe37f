/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers of HTTP's heads. */

#include "match/view_parts.h"

#include "stream/l7/http.h"

enum { STATUS_CONTINUE = 100 };

/** Buffers that are the value of a header. */
static const struct value {
	const char *name;
	uint8_t buffer;
	bool of_request, of_response;
} values[] = {
	{"user-agent", BUFFER_HTTP_USER_AGENT, true, false},
	{"referer", BUFFER_HTTP_REFERER, true, false},
	{"accept", BUFFER_HTTP_ACCEPT, true, false},
	{"accept-encoding", BUFFER_HTTP_ACCEPT_ENCODING, true, false},
	{"accept-language", BUFFER_HTTP_ACCEPT_LANGUAGE, true, false},
	{"cookie", BUFFER_HTTP_COOKIE, true, false},
	{"set-cookie", BUFFER_HTTP_COOKIE, false, true},
	{"server", BUFFER_HTTP_SERVER, false, true},
	{"location", BUFFER_HTTP_LOCATION, false, true},
	{"connection", BUFFER_HTTP_CONNECTION, true, true},
	{"content-type", BUFFER_HTTP_CONTENT_TYPE, true, true},
	{"content-length", BUFFER_HTTP_CONTENT_LENGTH, true, true},
};

static const struct wp_http_head *
head_of(const struct view *view)
{
	return view->event->http;
}

static struct wp_span
make_value(struct view *view, enum buffer_id buffer)
{
	bool is_request = head_of(view)->is_request;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		const struct value *value = &values[i];
		if (value->buffer != buffer ||
		    !(is_request ? value->of_request : value->of_response))
			continue;
		return view_fields_find(view, value->name);
	}
	return VIEW_NONE;
}

static void
add_field(struct view_text *text, const struct view_field *field)
{
	view_text_add(text, field->name.data, field->name.size);
	view_text_add(text, ": ", 2);
	view_text_add(text, field->value.data, field->value.size);
	view_text_add(text, "\r\n", 2);
}

/** @return whether a header is for http.cookie. */
static bool
is_cookie(const struct view *view, const struct view_field *field)
{
	return view_is(field->name, head_of(view)->is_request ? "cookie" : "set-cookie");
}

/** http.header: without cookies. */
static struct wp_span
make_headers(struct view *view)
{
	struct view_text text;
	struct wp_span headers;

	view_fields_read(view);
	text = view_text_begin(view);
	for (uint32_t i = 0; i < view->n_fields; i++)
		if (!view->fields[i].is_more && !is_cookie(view, &view->fields[i]))
			add_field(&text, &view->fields[i]);
	headers = view_text_end(&text);
	return headers.size == 0 ? VIEW_NONE : headers;
}

static struct wp_span
make_names(struct view *view)
{
	struct view_text text;

	view_fields_read(view);
	if (view->n_fields == 0)
		return VIEW_NONE;
	text = view_text_begin(view);
	view_text_add(&text, "\r\n", 2);
	for (uint32_t i = 0; i < view->n_fields; i++) {
		if (view->fields[i].is_more)
			continue;
		view_text_add(&text, view->fields[i].name.data, view->fields[i].name.size);
		view_text_add(&text, "\r\n", 2);
	}
	view_text_add(&text, "\r\n", 2);
	return view_text_end(&text);
}

/** http.start: all of the head, each header once. */
static struct wp_span
make_start(struct view *view)
{
	struct wp_span line = view_line_read(head_of(view)).whole;
	struct view_text text;

	if (line.data == NULL)
		return VIEW_NONE;
	view_fields_read(view);
	text = view_text_begin(view);
	view_text_add(&text, line.data, line.size);
	view_text_add(&text, "\r\n", 2);
	for (uint32_t i = 0; i < view->n_fields; i++)
		if (!view->fields[i].is_more)
			add_field(&text, &view->fields[i]);
	if (view->n_fields != 0)
		view_text_add(&text, "\r\n", 2);
	return view_text_end(&text);
}

/** http.request_header, http.response_header: each by itself. */
static struct wp_span
make_each(struct view *view)
{
	struct wp_span *spans;
	uint32_t n = 0;

	view_fields_read(view);
	spans = view_take(view, view->n_fields, sizeof(*spans));
	if (spans == NULL)
		return VIEW_NONE;
	for (uint32_t i = 0; i < view->n_fields; i++) {
		struct view_text text = view_text_begin(view);

		if (view->fields[i].is_more)
			continue;
		add_field(&text, &view->fields[i]);
		spans[n] = view_text_end(&text);
		spans[n].size -= spans[n].size < 2 ? spans[n].size : 2;
		n++;
	}
	return view_list(spans, n);
}

/** http.header.raw: all behind the first line. */
static struct wp_span
make_raw(const struct view *view)
{
	struct wp_span raw = view_line_rest(head_of(view));

	return raw.size == 0 ? VIEW_NONE : raw;
}

static struct view_uri
uri_of(const struct view *view)
{
	struct view_line line = view_line_read(head_of(view));

	return view_uri_split(line.target, view_is(line.method, "connect"));
}

/** http.host.raw: of the target, as http.host has it; else the header's value. */
static struct wp_span
make_raw_host(struct view *view)
{
	struct wp_span host = uri_of(view).host;

	if (host.data != NULL)
		return view_host_of_target(view, host);
	return view_fields_find(view, "host");
}

/** @return whether a response may have a body, whatever its headers say (RFC 9112 section 6.3). */
static bool
may_have_body(const struct wp_http_head *head)
{
	if (head->known_method == WP_HTTP_METHOD_HEAD)
		return false;
	return head->known_method != WP_HTTP_METHOD_CONNECT || head->status / 100 != 2;
}

/** @return whether a body may follow that is not empty. */
static bool
has_body(const struct wp_http_head *head)
{
	if (!head->is_request && !may_have_body(head))
		return false;
	if (head->is_chunked || head->has_content_length)
		return head->is_chunked || head->content_length != 0;
	return !head->is_request && !wp_http_status_is_bare(head->status);
}

/** An upload's: its path. */
static struct wp_span
make_upload_name(struct view *view)
{
	struct wp_span method = view_line_read(head_of(view)).method;

	if (!view_is(method, "post") && !view_is(method, "put"))
		return VIEW_NONE;
	return view_uri_path(view, uri_of(view).path);
}

/** A download's: as the response says, or the path that was asked for. */
static struct wp_span
make_download_name(struct view *view)
{
	struct wp_span value = view_fields_find(view, "content-disposition");
	struct wp_span name = view_file_disposition(value);

	if (name.data != NULL || view->target.data == NULL)
		return name;
	return view_uri_path(view, view_uri_split(view->target, false).path);
}

bool
view_has_parts(struct view *view)
{
	return view->event->type == WP_HTTP_HEAD && head_of(view)->is_request &&
	       has_body(head_of(view)) && view_file_is_form(view_fields_find(view, "content-type"));
}

/** The parts of a form have names of their own. */
static struct wp_span
make_file_names(struct view *view)
{
	struct wp_span name, *names;

	if (!has_body(head_of(view)))
		return VIEW_NONE;
	if (view_has_parts(view))
		return view_file_parts(view, view_fields_find(view, "content-type"));
	name = head_of(view)->is_request ? make_upload_name(view) : make_download_name(view);
	names = name.data == NULL ? NULL : view_take(view, 1, sizeof(name));
	if (names != NULL)
		*names = name;
	return view_list(names, 1);
}

static struct wp_span
make_of_request(struct view *view, enum buffer_id buffer)
{
	switch (buffer) {
	case BUFFER_HTTP_METHOD:
		return view_line_read(head_of(view)).method;
	case BUFFER_HTTP_URI_RAW:
		return view_line_read(head_of(view)).target;
	case BUFFER_HTTP_URI: {
		struct view_uri uri = uri_of(view);

		return view_uri_make(view, &uri);
	}
	case BUFFER_HTTP_REQUEST_LINE:
		return view_line_read(head_of(view)).whole;
	case BUFFER_HTTP_HOST:
		return view_host_make(view, uri_of(view).host);
	case BUFFER_HTTP_HOST_RAW:
		return make_raw_host(view);
	case BUFFER_HTTP_REQUEST_HEADER:
		return make_each(view);
	default:
		return VIEW_NONE;
	}
}

static struct wp_span
make_of_response(struct view *view, enum buffer_id buffer)
{
	switch (buffer) {
	case BUFFER_HTTP_STATUS_CODE:
		return view_line_read(head_of(view)).status;
	case BUFFER_HTTP_STATUS_MESSAGE:
		return view_line_read(head_of(view)).reason;
	case BUFFER_HTTP_RESPONSE_LINE:
		return view_line_read(head_of(view)).whole;
	case BUFFER_HTTP_RESPONSE_HEADER:
		return make_each(view);
	default:
		return VIEW_NONE;
	}
}

/** @return whether a head only says that the request may go on: to rules, that is no response. */
static bool
is_continue(const struct wp_http_head *head)
{
	return !head->is_request && head->status == STATUS_CONTINUE && head->content_length == 0 &&
	       !head->is_chunked;
}

struct wp_span
view_http_make(struct view *view, enum buffer_id buffer)
{
	if (is_continue(head_of(view)))
		return VIEW_NONE;
	switch (buffer) {
	case BUFFER_HTTP_HEADER:
		return make_headers(view);
	case BUFFER_HTTP_HEADER_RAW:
		return make_raw(view);
	case BUFFER_HTTP_HEADER_NAMES:
		return make_names(view);
	case BUFFER_HTTP_START:
		return make_start(view);
	case BUFFER_HTTP_PROTOCOL:
		return view_line_read(head_of(view)).protocol;
	case BUFFER_FILE_NAME:
		return make_file_names(view);
	case BUFFER_FILE_EXTENSION:
		return view_file_extensions(view);
	case BUFFER_HTTP_USER_AGENT:
	case BUFFER_HTTP_REFERER:
	case BUFFER_HTTP_ACCEPT:
	case BUFFER_HTTP_ACCEPT_ENCODING:
	case BUFFER_HTTP_ACCEPT_LANGUAGE:
	case BUFFER_HTTP_COOKIE:
	case BUFFER_HTTP_SERVER:
	case BUFFER_HTTP_LOCATION:
	case BUFFER_HTTP_CONNECTION:
	case BUFFER_HTTP_CONTENT_TYPE:
	case BUFFER_HTTP_CONTENT_LENGTH:
		return make_value(view, buffer);
	default:
		return head_of(view)->is_request ? make_of_request(view, buffer)
						 : make_of_response(view, buffer);
	}
}
