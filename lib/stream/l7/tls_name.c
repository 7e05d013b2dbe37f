/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Names of certificates as text: the strings of ASN.1, whatever they are encoded in, come out as
 * UTF-8; what is not printable comes out as \xNN, byte by byte of its UTF-8 or as it stands.
 */

#include "stream/l7/tls_name.h"

#include <string.h>

#include "stream/l7/der.h"
#include "stream/l7/tls_text.h"

/** An attribute type that has a name. */
struct attribute {
	const char *text;
	uint8_t oid[11]; /* content of the OID */
	uint8_t size;
};

/* As Suricata writes them: its rules look for them. RFC 4519 section 2, RFC 5280 appendix A, RFC
 * 2985; ms...: the guidelines for extended validation.
 */
static const struct attribute attributes[] = {
	{"CN", {0x55, 4, 3}, 3},
	{"surname", {0x55, 4, 4}, 3},
	{"serialNumber", {0x55, 4, 5}, 3},
	{"C", {0x55, 4, 6}, 3},
	{"L", {0x55, 4, 7}, 3},
	{"ST", {0x55, 4, 8}, 3},
	{"streetAddress", {0x55, 4, 9}, 3},
	{"O", {0x55, 4, 10}, 3},
	{"OU", {0x55, 4, 11}, 3},
	{"title", {0x55, 4, 12}, 3},
	{"description", {0x55, 4, 13}, 3},
	{"businessCategory", {0x55, 4, 15}, 3},
	{"postalCode", {0x55, 4, 17}, 3},
	{"name", {0x55, 4, 41}, 3},
	{"givenName", {0x55, 4, 42}, 3},
	{"initials", {0x55, 4, 43}, 3},
	{"dnQualifier", {0x55, 4, 46}, 3},
	{"organizationIdentifier", {0x55, 4, 97}, 3},
	{"subjectAltName", {0x55, 0x1d, 17}, 3},
	{"Email", {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1}, 9},
	{"UID", {0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1}, 10},
	{"DC", {0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25}, 10},
	{"msJurisdictionLocality", {0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 1}, 11},
	{"msJurisdictionStateOrProvince", {0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 2}, 11},
	{"msJurisdictionCountry", {0x2b, 6, 1, 4, 1, 0x82, 0x37, 60, 2, 1, 3}, 11},
};

enum { N_ATTRIBUTES = sizeof(attributes) / sizeof(attributes[0]) };

static void
put_number(struct tls_text *text, uint32_t number)
{
	char digits[10];

	tls_text_add(text, digits, tls_decimal(number, digits));
}

/** Writes an OID in dots (X.690 section 8.19). Numbers of more than 32 bits lose what is above. */
static void
put_dotted(struct tls_text *text, struct wp_span oid)
{
	uint32_t number = 0;
	bool is_first = true;

	for (uint32_t i = 0; i < oid.size && !text->is_full; i++) {
		number = number << 7 | (oid.data[i] & 0x7f);
		if ((oid.data[i] & 0x80) != 0)
			continue;
		if (is_first) {
			uint32_t top = number < 80 ? number / 40 : 2;

			put_number(text, top);
			number -= top * 40;
		}
		tls_text_add(text, ".", 1);
		put_number(text, number);
		number = 0;
		is_first = false;
	}
}

static void
put_type(struct tls_text *text, struct wp_span oid)
{
	for (unsigned int i = 0; i < N_ATTRIBUTES; i++) {
		if (oid.size == attributes[i].size &&
		    memcmp(oid.data, attributes[i].oid, oid.size) == 0) {
			tls_text_say(text, attributes[i].text);
			return;
		}
	}
	put_dotted(text, oid);
}

static void
put_escaped(struct tls_text *text, const uint8_t *bytes, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++) {
		char escaped[5] = "\\x";

		tls_hex(bytes + i, 1, '\0', "0123456789abcdef", escaped + 2);
		tls_text_add(text, escaped, 4);
	}
}

/** Writes a code point as UTF-8 (RFC 3629 section 3). @return bytes of it */
static uint32_t
encode(uint32_t point, uint8_t *bytes)
{
	uint32_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (uint32_t i = n; i-- > 1; point >>= 6)
		bytes[i] = (uint8_t)(0x80 | (point & 0x3f));
	bytes[0] = (uint8_t)(marks[n] | point);
	return n;
}

static bool
is_printable(uint32_t point)
{
	return point >= 0x20 && (point < 0x7f || point >= 0xa0) &&
	       (point < 0xd800 || point > 0xdfff);
}

/** Writes a code point, up to 0x10ffff. */
static void
put_point(struct tls_text *text, uint32_t point)
{
	uint8_t bytes[4];
	uint32_t n = encode(point, bytes);

	if (point == '\\')
		tls_text_add(text, "\\\\", 2);
	else if (is_printable(point))
		tls_text_add(text, (const char *)bytes, n);
	else
		put_escaped(text, bytes, n);
}

/** Reads one code point of UTF-8 (RFC 3629 section 4). @return bytes of it; 0: it is none */
static uint32_t
decode(const uint8_t *bytes, uint32_t size, uint32_t *point)
{
	uint8_t again[4];
	uint32_t n = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;

	if (n > size || (bytes[0] >= 0x80 && bytes[0] < 0xc2) || bytes[0] > 0xf4)
		return 0;
	*point = n == 1 ? bytes[0] : bytes[0] & (0x7fu >> n);
	for (uint32_t i = 1; i < n; i++)
		*point = *point << 6 | (bytes[i] & 0x3f);
	if (*point > 0x10ffff || (*point >= 0xd800 && *point <= 0xdfff))
		return 0;
	/* There is one encoding of each: the shortest, with 10 on top of what follows. */
	return encode(*point, again) == n && memcmp(again, bytes, n) == 0 ? n : 0;
}

/** Of all strings whose characters are ASCII or UTF-8. */
static void
put_utf8(struct tls_text *text, struct wp_span value)
{
	for (uint32_t i = 0; i < value.size && !text->is_full;) {
		uint32_t point, n = decode(value.data + i, value.size - i, &point);

		if (n == 0)
			put_escaped(text, value.data + i, 1);
		else
			put_point(text, point);
		i += n == 0 ? 1 : n;
	}
}

/** Of strings whose characters have so many bytes each: ISO 8859-1, UCS-2, UCS-4. */
static void
put_wide(struct tls_text *text, struct wp_span value, uint32_t bytes)
{
	uint32_t i = 0;

	for (; value.size - i >= bytes && !text->is_full; i += bytes) {
		uint32_t point = 0;

		for (uint32_t k = 0; k < bytes; k++)
			point = point << 8 | value.data[i + k];
		if (point > 0x10ffff)
			put_escaped(text, value.data + i, bytes);
		else
			put_point(text, point);
	}
	if (!text->is_full)
		put_escaped(text, value.data + i, value.size - i);
}

static void
put_value(struct tls_text *text, const struct der_item *value)
{
	switch (value->tag) {
	case DER_TELETEX_STRING: /* T.61, but everybody means ISO 8859-1 */
		put_wide(text, value->body, 1);
		break;
	case DER_BMP_STRING:
		put_wide(text, value->body, 2);
		break;
	case DER_UNIVERSAL_STRING:
		put_wide(text, value->body, 4);
		break;
	default:
		put_utf8(text, value->body);
	}
}

/** AttributeTypeAndValue */
static bool
put_attribute(struct tls_text *text, struct wp_span attribute)
{
	struct wp_span type;
	struct der_item value;

	if (!der_take(&attribute, DER_OID, &type) || !der_next(&attribute, &value))
		return false;
	put_type(text, type);
	tls_text_add(text, "=", 1);
	put_value(text, &value);
	return attribute.size == 0;
}

/** RelativeDistinguishedName. @param between  what stands before it; NULL: it is the first */
static bool
put_rdn(struct tls_text *text, struct wp_span rdn, const char *between)
{
	struct wp_span attribute;

	if (rdn.size == 0)
		return false;
	for (; rdn.size != 0; between = " + ") {
		if (!der_take(&rdn, DER_SEQUENCE, &attribute))
			return false;
		if (between != NULL)
			tls_text_say(text, between);
		if (!put_attribute(text, attribute))
			return false;
	}
	return true;
}

bool
tls_name(struct wp_span name, char *to, uint32_t room)
{
	struct tls_text text = {.bytes = to, .room = room - 1};
	const char *between = NULL;
	bool is_sound = true;
	struct wp_span rdn;

	while (is_sound && name.size != 0) {
		is_sound = der_take(&name, DER_SET, &rdn) && put_rdn(&text, rdn, between);
		between = ", ";
	}
	to[text.size] = '\0';
	return is_sound;
}
