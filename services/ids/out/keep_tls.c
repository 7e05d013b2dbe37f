/* SPDX-License-Identifier: BSD-3-Clause */
/* What is told of TLS: the server's name, the version, JA3, and the first certificate. */

#include <string.h>

#include "out/keep.h"
#include "stream/l7/tls.h"

enum { SNI_MAX = 512, JA3_MAX = 2048 };

static void
keep_ja3(struct fields *fields, const struct wp_tls_hello *hello)
{
	struct wp_span parts[] = {
		{(const uint8_t *)hello->ja3_hash, WP_TLS_JA3_HASH_SIZE - 1},
		hello->ja3,
	};

	if (hello->ja3.data != NULL)
		field_add_parts(fields, hello->is_client ? FIELD_TLS_JA3 : FIELD_TLS_JA3S, JA3_MAX,
				parts, 2);
}

void
keep_tls_hello(struct fields *fields, const struct wp_stream_event *event)
{
	const struct wp_tls_hello *hello = event->tls;
	struct field_tls_hello field = {.version = hello->version, .is_client = hello->is_client};

	field_add_struct(fields, FIELD_TLS_HELLO, &field, sizeof(field));
	if (hello->is_client)
		field_add(fields, FIELD_TLS_SNI, SNI_MAX, hello->server_name);
	keep_ja3(fields, hello);
}

static void
keep_text(struct fields *fields, enum field_kind kind, const char *text, size_t size)
{
	field_add(fields, kind, size,
		  (struct wp_span){(const uint8_t *)text, (uint32_t)strnlen(text, size)});
}

void
keep_tls_certificates(struct fields *fields, const struct wp_stream_event *event)
{
	const struct wp_tls_certificate *first = event->certificates->first;
	struct field_certificate field;

	if (first == NULL)
		return;
	field = (struct field_certificate){
		.not_before = first->not_before,
		.not_after = first->not_after,
		.is_client = event->side == WP_CLIENT,
	};
	field_add_struct(fields, FIELD_TLS_CERTIFICATE, &field, sizeof(field));
	keep_text(fields, FIELD_TLS_SUBJECT, first->subject, sizeof(first->subject));
	keep_text(fields, FIELD_TLS_ISSUER, first->issuer, sizeof(first->issuer));
	keep_text(fields, FIELD_TLS_SERIAL, first->serial, sizeof(first->serial));
	keep_text(fields, FIELD_TLS_FINGERPRINT, first->fingerprint, sizeof(first->fingerprint));
}
