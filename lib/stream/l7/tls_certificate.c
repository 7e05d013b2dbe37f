/* SPDX-License-Identifier: BSD-3-Clause */
/* What an X.509 certificate says (RFC 5280 section 4.1). Nothing is verified. */

/* These work on a struct of the caller's; what has replaced them allocates. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "stream/l7/tls.h"

#include <string.h>

#include <openssl/sha.h>

#include "stream/l7/der.h"
#include "stream/l7/tls_name.h"
#include "stream/l7/tls_text.h"

/** Context-specific tags. */
enum {
	VERSION = 0xa0,
	ISSUER_ID = 0x81,
	SUBJECT_ID = 0x82,
	EXTENSIONS = 0xa3,
	DNS_NAME = 0x82,
};

enum { SERIAL_MAX = WP_TLS_SERIAL_SIZE / 3 };

/** The fields of a TBSCertificate, as they stand there; the others are passed over. What is not
 * there has no data. */
struct fields {
	struct wp_span version, serial, issuer, validity, subject, extensions;
	bool is_sound; /* each is there that has to be, and nothing else is */
};

/** Takes a TBSCertificate apart. What can be found in spite of something that is not there is. */
static void
take_apart(struct wp_span tbs, struct fields *fields)
{
	struct wp_span left_out;

	der_take(&tbs, VERSION, &fields->version);
	fields->is_sound = der_take(&tbs, DER_INTEGER, &fields->serial);
	fields->is_sound &= der_take(&tbs, DER_SEQUENCE, &left_out); /* signature */
	fields->is_sound &= der_take(&tbs, DER_SEQUENCE, &fields->issuer);
	fields->is_sound &= der_take(&tbs, DER_SEQUENCE, &fields->validity);
	fields->is_sound &= der_take(&tbs, DER_SEQUENCE, &fields->subject);
	fields->is_sound &= der_take(&tbs, DER_SEQUENCE, &left_out); /* subjectPublicKeyInfo */
	der_take(&tbs, ISSUER_ID, &left_out);
	der_take(&tbs, SUBJECT_ID, &left_out);
	der_take(&tbs, EXTENSIONS, &fields->extensions);
	fields->is_sound &= tbs.size == 0;
}

/** Finds a TBSCertificate, which may be cut off, and takes it apart. @return whether there is one
 */
static bool
find_fields(struct wp_span der, struct fields *fields)
{
	struct wp_span whole, tbs;

	*fields = (struct fields){0};
	if (!der_open(der, DER_SEQUENCE, &whole) || !der_open(whole, DER_SEQUENCE, &tbs))
		return false;
	take_apart(tbs, fields);
	return true;
}

/** Without it a certificate is of version 1. */
static bool
read_version(struct wp_span explicit, struct wp_tls_certificate *certificate)
{
	struct wp_span version;

	certificate->version = 1;
	if (explicit.data == NULL)
		return true;
	if (!der_take(&explicit, DER_INTEGER, &version) || version.size != 1 || version.data[0] > 2)
		return false;
	certificate->version = (uint8_t)(version.data[0] + 1);
	return true;
}

static bool
read_serial(struct wp_span serial, struct wp_tls_certificate *certificate)
{
	if (serial.size == 0)
		return false;
	tls_hex(serial.data, serial.size < SERIAL_MAX ? serial.size : SERIAL_MAX, ':',
		"0123456789ABCDEF", certificate->serial);
	return serial.size <= SERIAL_MAX;
}

static bool
read_validity(struct wp_span validity, struct wp_tls_certificate *certificate)
{
	struct der_item before, after;
	bool is_sound;

	if (!der_next(&validity, &before) || !der_next(&validity, &after))
		return false;
	is_sound = der_time(&before, &certificate->not_before);
	return der_time(&after, &certificate->not_after) && is_sound && validity.size == 0;
}

/** Names that are noted, as many as there is room for. */
struct names {
	struct wp_span *spans;
	uint32_t room;
	uint32_t n; /* in all */
};

/** GeneralNames (RFC 5280 section 4.2.1.6): other ones than dNSName are left out. */
static bool
read_names(struct wp_span value, struct names *into)
{
	struct wp_span names;
	struct der_item name;

	if (!der_take(&value, DER_SEQUENCE, &names) || value.size != 0)
		return false;
	while (der_next(&names, &name)) {
		if (name.tag != DNS_NAME)
			continue;
		if (into->n < into->room)
			into->spans[into->n] = name.body;
		into->n++;
	}
	return names.size == 0;
}

static bool
read_extension(struct wp_span extension, struct names *names)
{
	static const uint8_t subject_alt_name[] = {0x55, 0x1d, 0x11};
	struct wp_span oid, critical, value;

	if (!der_take(&extension, DER_OID, &oid))
		return false;
	der_take(&extension, DER_BOOLEAN, &critical);
	if (!der_take(&extension, DER_OCTET_STRING, &value) || extension.size != 0)
		return false;
	if (oid.size != sizeof(subject_alt_name) ||
	    memcmp(oid.data, subject_alt_name, oid.size) != 0)
		return true;
	return read_names(value, names);
}

/** @param explicit  what is tagged as extensions */
static bool
read_extensions(struct wp_span explicit, struct names *names)
{
	struct wp_span extensions, extension;
	bool is_sound = true;

	if (explicit.data == NULL)
		return true;
	if (!der_take(&explicit, DER_SEQUENCE, &extensions) || explicit.size != 0)
		return false;
	while (extensions.size != 0) {
		if (!der_take(&extensions, DER_SEQUENCE, &extension))
			return false;
		is_sound &= read_extension(extension, names);
	}
	return is_sound;
}

/** @return whether all of it says what it should. */
static bool
read_fields(const struct fields *fields, struct wp_tls_certificate *certificate)
{
	struct names names = {.spans = certificate->names, .room = WP_TLS_NAMES_MAX};
	bool is_sound = fields->is_sound;

	is_sound &= read_version(fields->version, certificate);
	is_sound &= read_serial(fields->serial, certificate);
	is_sound &= tls_name(fields->issuer, certificate->issuer, WP_TLS_NAME_SIZE);
	is_sound &= read_validity(fields->validity, certificate);
	is_sound &= tls_name(fields->subject, certificate->subject, WP_TLS_NAME_SIZE);
	is_sound &= read_extensions(fields->extensions, &names);
	certificate->n_names = (uint8_t)(names.n < names.room ? names.n : names.room);
	return is_sound;
}

static void
put_fingerprint(struct wp_span der, char *to)
{
	uint8_t hash[SHA_DIGEST_LENGTH];
	SHA_CTX sha;

	SHA1_Init(&sha);
	SHA1_Update(&sha, der.data, der.size);
	SHA1_Final(hash, &sha);
	tls_hex(hash, sizeof(hash), ':', "0123456789abcdef", to);
}

/** @return whether a certificate is whole: AlgorithmIdentifier and signature stand behind what is
 * signed, and nothing else. */
static bool
is_whole(struct wp_span der)
{
	struct wp_span whole, part;
	struct der_item signature;

	return der_take(&der, DER_SEQUENCE, &whole) && der.size == 0 &&
	       der_take(&whole, DER_SEQUENCE, &part) && der_take(&whole, DER_SEQUENCE, &part) &&
	       der_next(&whole, &signature) && whole.size == 0;
}

bool
wp_tls_certificate_read(struct wp_span der, struct wp_tls_certificate *certificate)
{
	struct fields fields;

	*certificate = (struct wp_tls_certificate){0};
	put_fingerprint(der, certificate->fingerprint);
	if (find_fields(der, &fields))
		certificate->is_sound = read_fields(&fields, certificate) && is_whole(der);
	return certificate->is_sound;
}

void
wp_tls_certificate_name(struct wp_span der, bool is_issuer, char *to, uint32_t room)
{
	struct fields fields;

	find_fields(der, &fields);
	tls_name(is_issuer ? fields.issuer : fields.subject, to, room);
}

uint32_t
wp_tls_certificate_names(struct wp_span der, struct wp_span *to, uint32_t room)
{
	struct names names = {.spans = to, .room = room};
	struct fields fields;

	find_fields(der, &fields);
	read_extensions(fields.extensions, &names);
	return names.n;
}
