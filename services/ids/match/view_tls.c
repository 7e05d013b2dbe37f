/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers of TLS: hellos and certificates. */

#include "match/view_parts.h"

#include <string.h>

#include "stream/l7/tls.h"

enum {
	RANDOM = 32,
	RANDOM_TIME = 4, /* its first bytes, which once were the time */
};

static struct wp_span
span_of(const char *text)
{
	return *text == '\0' ? VIEW_NONE
			     : (struct wp_span){(const uint8_t *)text, (uint32_t)strlen(text)};
}

/** tls.sni: a server takes it for a string of C, and a rule sees no more. */
static struct wp_span
make_sni(const struct wp_tls_hello *hello)
{
	if (hello->server_name.data == NULL)
		return VIEW_NONE;
	return view_first(hello->server_name, view_find(hello->server_name, '\0'));
}

static struct wp_span
make_random(const struct wp_tls_hello *hello, uint32_t from, uint32_t size)
{
	return hello->random == NULL ? VIEW_NONE : (struct wp_span){hello->random + from, size};
}

/** tls.alpn: each name. */
static struct wp_span
make_alpn(struct view *view)
{
	struct wp_span list = view->event->tls->alpn, name, *spans;
	uint32_t n = 0;

	while (wp_tls_next_protocol(&list, &name))
		n++;
	spans = view_take(view, n, sizeof(*spans));
	if (spans == NULL)
		return VIEW_NONE;
	list = view->event->tls->alpn;
	for (uint32_t i = 0; i < n; i++)
		wp_tls_next_protocol(&list, &spans[i]);
	return view_list(spans, n);
}

struct wp_span
view_tls_make(struct view *view, enum buffer_id buffer)
{
	const struct wp_tls_hello *hello = view->event->tls;

	switch (buffer) {
	case BUFFER_TLS_SNI:
		return make_sni(hello);
	case BUFFER_TLS_ALPN:
		return make_alpn(view);
	case BUFFER_TLS_RANDOM:
		return make_random(hello, 0, RANDOM);
	case BUFFER_TLS_RANDOM_TIME:
		return make_random(hello, 0, RANDOM_TIME);
	case BUFFER_TLS_RANDOM_BYTES:
		return make_random(hello, RANDOM_TIME, RANDOM - RANDOM_TIME);
	case BUFFER_JA3_HASH:
		return hello->is_client ? span_of(hello->ja3_hash) : VIEW_NONE;
	case BUFFER_JA3_STRING:
		return hello->is_client ? hello->ja3 : VIEW_NONE;
	case BUFFER_JA3S_HASH:
		return hello->is_client ? VIEW_NONE : span_of(hello->ja3_hash);
	case BUFFER_JA3S_STRING:
		return hello->is_client ? VIEW_NONE : hello->ja3;
	default:
		return VIEW_NONE;
	}
}

/** @return a name as its certificate has it, without the escapes of struct wp_tls_certificate: with
 * the NUL that some clients take for its end, and with nothing in it, too */
static struct wp_span
name_of(struct view *view, const char *name)
{
	struct view_text text = view_text_begin(view);

	for (const char *at = name; *at != '\0'; at++) {
		uint8_t byte = (uint8_t)*at;

		if (byte == '\\' && at[1] == 'x' && at[2] != '\0' && at[3] != '\0') {
			byte = (uint8_t)wp_hex_byte((uint8_t)at[2], (uint8_t)at[3]);
			at += 3;
		} else if (byte == '\\' && at[1] == '\\') {
			at++;
		}
		view_text_byte(&text, byte);
	}
	return view_text_end(&text);
}

/** @return a name of the first certificate. One that may have been cut is read again, as a whole:
 * who wants to hide what stands in it puts more in front. One that could not be read is none. */
static struct wp_span
make_name(struct view *view, const char *name, bool is_issuer)
{
	enum { MAY_BE_CUT = WP_TLS_NAME_SIZE - 64 /* bytes; no part of a name is longer */ };
	const struct wp_tls_certificates *certificates = view->event->certificates;
	char *text = (char *)view->room + view->used;

	if (*name == '\0' && !certificates->first->is_sound)
		return VIEW_NONE;
	if (strlen(name) < MAY_BE_CUT || view->used >= VIEW_ROOM)
		return name_of(view, name);
	wp_tls_certificate_name(certificates->ders[0], is_issuer, text,
				(VIEW_ROOM - view->used + 1) / 2);
	return name_of(view, text); /* where it stands: it gets no longer */
}

/** tls.subjectaltname: each of them. */
static struct wp_span
make_alt_names(struct view *view)
{
	enum { MOST = 4096 /* names: 64 KiB of the room */ };
	const struct wp_tls_certificates *certificates = view->event->certificates;
	const struct wp_tls_certificate *first = certificates->first;
	struct wp_span *spans;
	uint32_t n;

	if (first->n_names < WP_TLS_NAMES_MAX)
		return view_list(first->names, first->n_names);
	n = wp_tls_certificate_names(certificates->ders[0], NULL, 0);
	n = n < MOST ? n : MOST;
	spans = view_take(view, n, sizeof(*spans));
	if (spans == NULL)
		return view_list(first->names, first->n_names);
	wp_tls_certificate_names(certificates->ders[0], spans, n);
	return view_list(spans, n);
}

/** Of a certificate that contradicts itself there is what could be read: clients that do not verify
 * it are as lax. */
struct wp_span
view_certificate_make(struct view *view, enum buffer_id buffer)
{
	const struct wp_tls_certificates *certificates = view->event->certificates;
	const struct wp_tls_certificate *first = certificates->first;

	if (first == NULL)
		return VIEW_NONE;
	switch (buffer) {
	case BUFFER_TLS_CERTIFICATES:
		return view_list(certificates->ders, certificates->n);
	case BUFFER_TLS_SUBJECT:
		return make_name(view, first->subject, false);
	case BUFFER_TLS_ISSUER:
		return make_name(view, first->issuer, true);
	case BUFFER_TLS_SERIAL:
		return span_of(first->serial);
	case BUFFER_TLS_FINGERPRINT:
		return span_of(first->fingerprint);
	case BUFFER_TLS_ALT_NAME:
		return make_alt_names(view);
	default:
		return VIEW_NONE;
	}
}
