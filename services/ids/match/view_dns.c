/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers of DNS: names as bytes, with dots between their labels. */

#include "match/view_parts.h"

#include "stream/l7/dns.h"
#include "stream/l7/dns_text.h"

static struct wp_span
unescape(struct view *view, struct wp_span text)
{
	struct view_text bytes;

	if (view_find(text, '\\') == text.size)
		return text;
	bytes = view_text_begin(view);
	for (uint32_t i = 0; i < text.size;) {
		uint8_t byte;

		i += wp_dns_unescape(text.data + i, text.size - i, &byte);
		view_text_byte(&bytes, byte);
	}
	return view_text_end(&bytes);
}

/** @return a name as bytes; VIEW_NONE: it is not told, or is the root, which is no name to rules.
 */
static struct wp_span
bytes_of(struct view *view, const struct wp_dns_name *name)
{
	if (name->text.data == NULL || name->n_labels == 0)
		return VIEW_NONE;
	return unescape(view, name->text);
}

/** dns.queries.rrname: the names of questions. */
static struct wp_span
make_questions(struct view *view)
{
	const struct wp_dns_message *dns = view->event->dns;
	struct wp_span *spans = view_take(view, dns->n_questions_told, sizeof(*spans));
	uint32_t n = 0;

	for (unsigned int i = 0; spans != NULL && i < dns->n_questions_told; i++) {
		spans[n] = bytes_of(view, &dns->questions[i].name);
		n += spans[n].data != NULL;
	}
	return view_list(spans, n);
}

/** dns.answers.rrname: the owners of answers. */
static struct wp_span
make_answers(struct view *view)
{
	const struct wp_dns_message *dns = view->event->dns;
	struct wp_span *spans = view_take(view, dns->n_records_told, sizeof(*spans));
	uint32_t n = 0;

	for (unsigned int i = 0; spans != NULL && i < dns->n_records_told; i++) {
		if (dns->records[i].section != WP_DNS_ANSWER)
			continue;
		spans[n] = bytes_of(view, &dns->records[i].name);
		n += spans[n].data != NULL;
	}
	return view_list(spans, n);
}

struct wp_span
view_dns_make(struct view *view, enum buffer_id buffer)
{
	switch (buffer) {
	case BUFFER_DNS_QUERY: /* a response's are not looked at */
		return view->event->dns->is_response ? VIEW_NONE : make_questions(view);
	case BUFFER_DNS_QUESTION:
		return make_questions(view);
	case BUFFER_DNS_ANSWER:
		return make_answers(view);
	default:
		return VIEW_NONE;
	}
}
