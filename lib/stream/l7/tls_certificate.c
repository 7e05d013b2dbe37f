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

/** Without it a certificate is of version 1. */
static bool
read_version(struct wp_span *tbs, struct wp_tls_certificate *certificate)
{
	struct wp_span explicit, version;

	certificate->version = 1;
	if (!der_take(tbs, VERSION, &explicit))
		return true;
	if (!der_take(&explicit, DER_INTEGER, &version) || version.size != 1 || version.data[0] > 2)
		return false;
	certificate->version = (uint8_t)(version.data[0] + 1);
	return true;
}

static bool
read_serial(struct wp_span *tbs, struct wp_tls_certificate *certificate)
{
	struct wp_span serial;

	if (!der_take(tbs, DER_INTEGER, &serial) || serial.size == 0)
		return false;
	tls_hex(serial.data, serial.size < SERIAL_MAX ? serial.size : SERIAL_MAX, ':',
		"0123456789ABCDEF", certificate->serial);
	return serial.size <= SERIAL_MAX;
}

static bool
read_validity(struct wp_span *tbs, struct wp_tls_certificate *certificate)
{
	struct wp_span validity;
	struct der_item before, after;
	bool is_sound;

	if (!der_take(tbs, DER_SEQUENCE, &validity) || !der_next(&validity, &before) ||
	    !der_next(&validity, &after))
		return false;
	is_sound = der_time(&before, &certificate->not_before);
	return der_time(&after, &certificate->not_after) && is_sound && validity.size == 0;
}

static bool
read_name(struct wp_span *tbs, char *to)
{
	struct wp_span name;

	return der_take(tbs, DER_SEQUENCE, &name) && tls_name(name, to, WP_TLS_NAME_SIZE);
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

static bool
read_extensions(struct wp_span *tbs, struct names *names)
{
	struct wp_span explicit, extensions, extension;
	bool is_sound = true;

	if (tbs->size == 0)
		return true;
	if (!der_take(tbs, EXTENSIONS, &explicit) ||
	    !der_take(&explicit, DER_SEQUENCE, &extensions) || explicit.size != 0)
		return false;
	while (extensions.size != 0) {
		if (!der_take(&extensions, DER_SEQUENCE, &extension))
			return false;
		is_sound &= read_extension(extension, names);
	}
	return is_sound;
}

/** TBSCertificate. What can be found in spite of something that cannot be read is read. */
static bool
read_tbs(struct wp_span tbs, struct wp_tls_certificate *certificate)
{
	struct names names = {.spans = certificate->names, .room = WP_TLS_NAMES_MAX};
	bool is_sound = read_version(&tbs, certificate);
	struct wp_span left_out;

	is_sound &= read_serial(&tbs, certificate);
	is_sound &= der_take(&tbs, DER_SEQUENCE, &left_out); /* signature */
	is_sound &= read_name(&tbs, certificate->issuer);
	is_sound &= read_validity(&tbs, certificate);
	is_sound &= read_name(&tbs, certificate->subject);
	is_sound &= der_take(&tbs, DER_SEQUENCE, &left_out); /* subjectPublicKeyInfo */
	der_take(&tbs, ISSUER_ID, &left_out);
	der_take(&tbs, SUBJECT_ID, &left_out);
	is_sound &= read_extensions(&tbs, &names);
	certificate->n_names = (uint8_t)(names.n < names.room ? names.n : names.room);
	return is_sound && tbs.size == 0;
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

/** AlgorithmIdentifier and signature, behind what is signed. */
static bool
ends_well(struct wp_span certificate)
{
	struct wp_span algorithm;
	struct der_item signature;

	return der_take(&certificate, DER_SEQUENCE, &algorithm) &&
	       der_next(&certificate, &signature) && certificate.size == 0;
}

bool
wp_tls_certificate_read(struct wp_span der, struct wp_tls_certificate *certificate)
{
	struct wp_span whole, tbs;
	bool is_whole, is_read;

	*certificate = (struct wp_tls_certificate){0};
	put_fingerprint(der, certificate->fingerprint);
	if (!der_open(der, DER_SEQUENCE, &whole) || !der_open(whole, DER_SEQUENCE, &tbs))
		return false;
	is_read = read_tbs(tbs, certificate);
	is_whole = der_take(&der, DER_SEQUENCE, &whole) && der_take(&whole, DER_SEQUENCE, &tbs) &&
		   der.size == 0;
	certificate->is_sound = is_read && is_whole && ends_well(whole);
	return certificate->is_sound;
}

/** Finds the content of a Name in a TBSCertificate. */
static bool
find_name(struct wp_span tbs, bool is_issuer, struct wp_span *name)
{
	struct wp_span left_out;

	der_take(&tbs, VERSION, &left_out);
	if (!der_take(&tbs, DER_INTEGER, &left_out) ||  /* serialNumber */
	    !der_take(&tbs, DER_SEQUENCE, &left_out) || /* signature */
	    !der_take(&tbs, DER_SEQUENCE, name))
		return false;
	return is_issuer || (der_take(&tbs, DER_SEQUENCE, &left_out) && /* validity */
			     der_take(&tbs, DER_SEQUENCE, name));
}

void
wp_tls_certificate_name(struct wp_span der, bool is_issuer, char *to, uint32_t room)
{
	struct wp_span whole, tbs, name;

	*to = '\0';
	if (der_open(der, DER_SEQUENCE, &whole) && der_open(whole, DER_SEQUENCE, &tbs) &&
	    find_name(tbs, is_issuer, &name))
		tls_name(name, to, room);
}

/** Goes behind what stands in front of the extensions. */
static bool
skip_to_extensions(struct wp_span *tbs)
{
	enum { FIELDS = 6 /* from serialNumber to subjectPublicKeyInfo */ };
	struct wp_span left_out;
	struct der_item field;

	der_take(tbs, VERSION, &left_out);
	for (unsigned int i = 0; i < FIELDS; i++)
		if (!der_next(tbs, &field))
			return false;
	der_take(tbs, ISSUER_ID, &left_out);
	der_take(tbs, SUBJECT_ID, &left_out);
	return true;
}

uint32_t
wp_tls_certificate_names(struct wp_span der, struct wp_span *to, uint32_t room)
{
	struct names names = {.spans = to, .room = room};
	struct wp_span whole, tbs;

	if (der_open(der, DER_SEQUENCE, &whole) && der_open(whole, DER_SEQUENCE, &tbs) &&
	    skip_to_extensions(&tbs))
		read_extensions(&tbs, &names);
	return names.n;
}
