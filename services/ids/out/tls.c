/* SPDX-License-Identifier: BSD-3-Clause */
/* The event "tls". */

#include <stdio.h>
#include <time.h>

#include "out/line.h"

enum { HASH_SIZE = 32 };

/** @return the name of a version, as EVE has it; NULL: it has none. */
static const char *
version_name(uint16_t version)
{
	switch (version) {
	case 0:
		return "UNDETERMINED";
	case 0x0002:
		return "SSLv2";
	case 0x0300:
		return "SSLv3";
	case 0x0301:
		return "TLSv1";
	case 0x0302:
		return "TLS 1.1";
	case 0x0303:
		return "TLS 1.2";
	case 0x0304:
		return "TLS 1.3";
	default:
		return NULL;
	}
}

static void
put_version(struct text *text, uint16_t version)
{
	const char *name = version_name(version);
	char out[24];

	if (name == NULL && (version & 0xff00) == 0x7f00 && version < 0x7f10)
		name = "TLS 1.3 draft-<16";
	else if (name == NULL)
		snprintf(out, sizeof(out),
			 (version & 0xff00) == 0x7f00 ? "TLS 1.3 draft-%u" : "0x%04x",
			 (version & 0xff00) == 0x7f00 ? version & 0xff : version);
	text_static(text, "version", name != NULL ? name : out);
}

/** Writes the version that the server has chosen. */
static void
put_chosen(const struct line *line)
{
	struct wp_span rest = line->fields;
	struct field_tls_hello hello;
	struct field field;
	uint16_t version = 0;

	while (field_next(&rest, &field))
		if (field.kind == FIELD_TLS_HELLO && field_get(&field, &hello, sizeof(hello)) &&
		    !hello.is_client && version == 0)
			version = hello.version;
	put_version(line->text, version);
}

static void
put_date(struct text *text, const char *name, int64_t seconds)
{
	time_t at = (time_t)seconds;
	char out[48];
	struct tm tm;

	if (seconds == 0 || gmtime_r(&at, &tm) == NULL ||
	    strftime(out, sizeof(out), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return;
	text_static(text, name, out);
}

static void
put_field(struct text *text, const char *name, const struct field *field)
{
	if (field->bytes != NULL)
		text_bytes(text, name, (struct wp_span){field->bytes, field->size});
}

/** What is told of a certificate. */
struct certificate {
	bool is_there;
	struct field_certificate fixed;
	struct field subject, issuer, serial, fingerprint;
};

/** Sorts a field into the certificate that it belongs to. */
static void
take(struct certificate *certificate, const struct field *field)
{
	switch (field->kind) {
	case FIELD_TLS_SUBJECT:
		certificate->subject = *field;
		break;
	case FIELD_TLS_ISSUER:
		certificate->issuer = *field;
		break;
	case FIELD_TLS_SERIAL:
		certificate->serial = *field;
		break;
	case FIELD_TLS_FINGERPRINT:
		certificate->fingerprint = *field;
		break;
	default:
		break;
	}
}

/** Finds the certificate of a side; its fields stand behind its head. */
static struct certificate
find_certificate(struct wp_span rest, bool of_client)
{
	struct certificate found = {.is_there = false};
	struct field_certificate fixed;
	bool mine = false;
	struct field field;

	while (field_next(&rest, &field)) {
		if (field.kind == FIELD_TLS_CERTIFICATE &&
		    field_get(&field, &fixed, sizeof(fixed))) {
			mine = (fixed.is_client != 0) == of_client && !found.is_there;
			if (mine) {
				found.is_there = true;
				found.fixed = fixed;
			}
		} else if (mine) {
			take(&found, &field);
		}
	}
	return found;
}

static void
put_names(struct text *text, const struct certificate *certificate)
{
	put_field(text, "subject", &certificate->subject);
	put_field(text, "issuerdn", &certificate->issuer);
	put_field(text, "serial", &certificate->serial);
	put_field(text, "fingerprint", &certificate->fingerprint);
}

static void
put_dates(struct text *text, const struct certificate *certificate)
{
	put_date(text, "notbefore", certificate->fixed.not_before);
	put_date(text, "notafter", certificate->fixed.not_after);
}

static void
put_ja3(const struct line *line, const char *name, enum field_kind kind)
{
	struct field field = field_find(line->fields, kind);

	if (field.bytes == NULL || field.size < HASH_SIZE)
		return;
	text_open(line->text, name);
	text_bytes(line->text, "hash", (struct wp_span){field.bytes, HASH_SIZE});
	text_bytes(line->text, "string",
		   (struct wp_span){field.bytes + HASH_SIZE, field.size - HASH_SIZE});
	text_close(line->text);
}

void
line_tls(const struct line *line)
{
	struct certificate server = find_certificate(line->fields, false);
	struct certificate client = find_certificate(line->fields, true);

	text_open(line->text, "tls");
	put_names(line->text, &server);
	line_bytes(line, "sni", FIELD_TLS_SNI);
	put_chosen(line);
	put_dates(line->text, &server);
	put_ja3(line, "ja3", FIELD_TLS_JA3);
	put_ja3(line, "ja3s", FIELD_TLS_JA3S);
	line_bytes(line, "from_proto", FIELD_TLS_FROM);
	if (client.is_there) {
		text_open(line->text, "client");
		put_names(line->text, &client);
		put_dates(line->text, &client);
		text_close(line->text);
	}
	text_close(line->text);
}
