/* SPDX-License-Identifier: BSD-3-Clause */
/* See l7_tls_text.h. */

#include "l7_tls_text.h"

#include "l7_bed.h"

static void
write_hex(FILE *out, const char *name, struct wp_span span)
{
	if (span.data == NULL)
		return;
	fprintf(out, " %s=", name);
	for (uint32_t i = 0; i < span.size; i++)
		fprintf(out, "%02x", span.data[i]);
}

static void
write_protocols(FILE *out, struct wp_span list)
{
	struct wp_span name;

	while (wp_tls_next_protocol(&list, &name))
		l7_write_span(out, "alpn", name);
}

static void
write_hello(FILE *out, const struct wp_tls_hello *hello)
{
	static const char *const kinds[] = {"server", "retry", "client", "sslv2"};

	fprintf(out, "%s record=%04x hello=%04x version=%04x",
		kinds[hello->is_client * 2 + (hello->is_sslv2 || hello->is_retry)],
		hello->record_version, hello->handshake_version, hello->version);
	write_hex(out, "random", (struct wp_span){hello->random, 32});
	write_hex(out, "session", hello->session_id);
	write_hex(out, "ciphers", hello->ciphers);
	write_hex(out, "compressions", hello->compressions);
	if (!hello->is_client)
		fprintf(out, " cipher=%04x compression=%u", hello->cipher, hello->compression);
	if (hello->extensions.data != NULL)
		fprintf(out, " extensions=%u/%u", hello->n_extensions, hello->extensions.size);
	l7_write_span(out, "sni", hello->server_name);
	write_protocols(out, hello->alpn);
	write_hex(out, "versions", hello->versions);
	write_hex(out, "groups", hello->groups);
	write_hex(out, "formats", hello->point_formats);
	write_hex(out, "signatures", hello->signature_algorithms);
	l7_write_span(out, "ja3", hello->ja3);
	fprintf(out, " hash=%s", hello->ja3_hash);
}

static void
write_certificates(FILE *out, const struct wp_tls_certificates *certificates)
{
	const struct wp_tls_certificate *first = certificates->first;

	fprintf(out, "certificates");
	for (unsigned int i = 0; i < certificates->n; i++)
		fprintf(out, " %u", certificates->ders[i].size);
	if (first == NULL)
		return;
	fprintf(out, " v%u%s subject=\"%s\" issuer=\"%s\" serial=%s before=%lld after=%lld sha1=%s",
		first->version, first->is_sound ? "" : " unsound", first->subject, first->issuer,
		first->serial, (long long)first->not_before, (long long)first->not_after,
		first->fingerprint);
	for (unsigned int i = 0; i < first->n_names; i++)
		l7_write_span(out, "name", first->names[i]);
}

void
l7_tls_write(FILE *out, const struct wp_stream_event *event)
{
	if (event->type == WP_TLS_HELLO)
		write_hello(out, event->tls);
	else
		write_certificates(out, event->certificates);
}
