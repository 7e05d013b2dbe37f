/* SPDX-License-Identifier: BSD-3-Clause */
/* Which file makes which buffers, and the room that they are made in. See view.h, view_parts.h. */

#include "match/view_parts.h"

#include <string.h>

enum {
	ALIGN = 8,
	BYTES_A_STEP = 32, /* of room, that making something has taken */
	LINE_STEPS = 6,
	USUAL_ROOM = 4096, /* that is not counted */
	USUAL_LINES = 64,  /* likewise */
};

static const view_make makers[WP_FLOW_EVENTS] = {
	[WP_HTTP_HEAD] = view_http_make,  [WP_DNS_MESSAGE] = view_dns_make,
	[WP_TLS_HELLO] = view_tls_make,   [WP_TLS_CERTIFICATES] = view_certificate_make,
	[WP_SSH_BANNER] = view_ssh_make,  [WP_SMTP_COMMAND] = view_smtp_make,
	[WP_SMB_MESSAGE] = view_smb_make, [WP_MIME_PART] = view_mail_make,
};

/** @return whether a message may have several of a buffer. */
static bool
is_list(enum buffer_id buffer)
{
	switch (buffer) {
	case BUFFER_HTTP_REQUEST_HEADER:
	case BUFFER_HTTP_RESPONSE_HEADER:
	case BUFFER_FILE_NAME:
	case BUFFER_FILE_EXTENSION:
	case BUFFER_DNS_QUERY:
	case BUFFER_DNS_QUESTION:
	case BUFFER_DNS_ANSWER:
	case BUFFER_TLS_CERTIFICATES:
	case BUFFER_TLS_ALT_NAME:
	case BUFFER_TLS_ALPN:
		return true;
	default:
		return false;
	}
}

void
view_open(struct view *view, const struct wp_stream_event *event)
{
	view->event = event;
	view->target = view->body = VIEW_NONE;
	view->fields = NULL;
	view->n_fields = 0;
	view->used = 0;
	view->paid = USUAL_ROOM;
	view->lines = 0;
	memset(view->is_made, 0, sizeof(view->is_made));
}

/** @return a buffer, which is made if it was not yet. */
static struct wp_span
find(struct view *view, enum buffer_id buffer)
{
	uint64_t bit = UINT64_C(1) << (buffer % 64), *word = &view->is_made[buffer / 64];
	view_make make = makers[view->event->type];

	if ((*word & bit) == 0) {
		*word |= bit;
		view->made[buffer] = make == NULL ? VIEW_NONE : make(view, buffer);
	}
	return view->made[buffer];
}

bool
view_get(struct view *view, enum buffer_id buffer, unsigned int index, struct wp_span *span)
{
	struct wp_span found;

	if (buffer >= BUFFERS || view->event->type >= WP_FLOW_EVENTS)
		return false;
	found = find(view, buffer);
	if (is_list(buffer)) {
		if (index >= found.size)
			return false;
		memcpy(span, found.data + index * sizeof(*span), sizeof(*span));
		return true;
	}
	if (index != 0 || found.data == NULL)
		return false;
	*span = found;
	return true;
}

uint32_t
view_steps(struct view *view)
{
	uint32_t steps = 0;

	if (view->used > view->paid) {
		steps = (view->used - view->paid) / BYTES_A_STEP;
		view->paid += steps * BYTES_A_STEP;
	}
	if (view->lines > USUAL_LINES)
		steps += (view->lines - USUAL_LINES) * LINE_STEPS;
	view->lines = 0;
	return steps;
}

void *
view_take(struct view *view, size_t n, size_t size)
{
	uint32_t begin = (view->used + ALIGN - 1) / ALIGN * ALIGN;

	if (begin > VIEW_ROOM || n > (VIEW_ROOM - begin) / size)
		return NULL;
	view->used = begin + (uint32_t)(n * size);
	return memset(view->room + begin, 0, n * size);
}

struct wp_span
view_list(const struct wp_span *spans, uint32_t n)
{
	return (struct wp_span){(const uint8_t *)spans, spans == NULL ? 0 : n};
}

struct view_text
view_text_begin(struct view *view)
{
	return (struct view_text){.view = view, .begin = view->used};
}

void
view_text_add(struct view_text *text, const void *bytes, uint32_t size)
{
	uint32_t left = VIEW_ROOM - text->view->used;

	if (size > left)
		size = left;
	if (size != 0)
		memcpy(text->view->room + text->view->used, bytes, size);
	text->view->used += size;
}

void
view_text_byte(struct view_text *text, uint8_t byte)
{
	view_text_add(text, &byte, 1);
}

struct wp_span
view_text_end(const struct view_text *text)
{
	return (struct wp_span){text->view->room + text->begin, text->view->used - text->begin};
}

struct wp_span
view_from(struct wp_span span, uint32_t at)
{
	return at == 0 ? span : (struct wp_span){span.data + at, span.size - at};
}

struct wp_span
view_first(struct wp_span span, uint32_t size)
{
	return (struct wp_span){span.data, size};
}

uint32_t
view_find(struct wp_span span, uint8_t byte)
{
	const uint8_t *at = span.size == 0 ? NULL : memchr(span.data, byte, span.size);

	return at == NULL ? span.size : (uint32_t)(at - span.data);
}

bool
view_is(struct wp_span span, const char *word)
{
	if (span.size != strlen(word))
		return false;
	for (uint32_t i = 0; i < span.size; i++)
		if (wp_lower(span.data[i]) != (uint8_t)word[i])
			return false;
	return true;
}
