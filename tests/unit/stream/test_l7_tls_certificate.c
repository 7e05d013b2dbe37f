/* SPDX-License-Identifier: BSD-3-Clause */
/* What certificates say: names, times, and certificates that are cut or changed anywhere. */

#include "stream/l7/tls.h"

#include <string.h>

#include "l7_bed.h"
#include "l7_tls_feed.h"
#include "l7_tls_flights.h"
#include "stream/l7/der.h"
#include "stream/l7/tls_name.h"
#include "stream/l7/tls_view.h"
#include "unit.h"

enum { DER_MAX = 1024 };

/* The leaf of the TLS 1.2 handshake. */
static uint8_t leaf[DER_MAX];
static uint32_t leaf_size;

static void
keep_leaf(FILE *out, const struct wp_stream_event *event)
{
	if (event->type != WP_TLS_CERTIFICATES || event->certificates->n == 0)
		return;
	leaf_size = event->certificates->ders[0].size;
	ck_assert_uint_le(leaf_size, DER_MAX);
	memcpy(leaf, event->certificates->ders[0].data, leaf_size);
}

static void
open_leaf(void)
{
	struct l7_bed bed = {.view = &l7_tls_view, .write = keep_leaf};

	l7_bed_open(&bed);
	l7_tls_feed(&bed, tls_1_2, 0);
	l7_bed_close(&bed);
	l7_bed_free(&bed);
	ck_assert_uint_ne(leaf_size, 0);
}

static const struct {
	const char *name, *text;
	bool is_sound;
} names[] = {
	{"", "", true},
	{"310b3009060355040613025553310b300906035504030c02c3a9", "C=US, CN=\xc3\xa9", true},
	/* Several attributes in one RDN. */
	{"31143008060355040a13016130080603550403130162310a30080603550403130163", "O=a + CN=b, CN=c",
	 true},
	/* TeletexString, BMPString, UniversalString. */
	{"310d300b060355040a1404636166e9", "O=caf\xc3\xa9", true},
	{"310f300d060355040a1e06006100e920ac", "O=a\xc3\xa9\xe2\x82\xac", true},
	{"310e300c060355040a1e050061d80041", "O=a\\xed\\xa0\\x80\\x41", true},
	{"31153013060355040a1c0c000000610001f6007fffffff",
	 "O=a\xf0\x9f\x98\x80\\x7f\\xff\\xff\\xff", true},
	/* What is not printable, and what is not UTF-8. */
	{"31123010060355040a0c096100625c630a7fc285", "O=a\\x00b\\\\c\\x0a\\x7f\\xc2\\x85", true},
	{"311a3018060355040a0c11ffc0afeda080e28278f4908080f09f9880",
	 "O=\\xff\\xc0\\xaf\\xed\\xa0\\x80\\xe2\\x82x\\xf4\\x90\\x80\\x80\xf0\x9f\x98\x80", true},
	{"3110300e06092b06010401868d1f01130178310a30080603883703130179",
	 "1.3.6.1.4.1.99999.1=x, 2.999.3=y", true},
	{"31133011060a0992268993f22c64011916036f72673112301006092a864886f70d0109011603614062"
	 "3111300f060a0992268993f22c640101160175",
	 "DC=org, Email=a@b, UID=u", true},
	{"31133011060b2b0601040182373c02010313025553310a3008060355040f130150",
	 "msJurisdictionCountry=US, businessCategory=P", true},
	/* Names that contradict themselves. */
	{"310b3009060355040613025553310530030601", "C=US", false},
	{"310b3009060355040613025553310730050603550403", "C=US, ", false},
	{"310c300a06035504031301610500", "CN=a", false},
	{"310b30090603550406130255533100", "C=US", false},
};

START_TEST(test_names)
{
	char text[WP_TLS_NAME_SIZE];
	uint8_t bytes[256];
	struct wp_span name = {bytes, 0};
	size_t size;

	l7_tls_unhex(names[_i].name, bytes, sizeof(bytes), &size);
	name.size = (uint32_t)size;
	ck_assert_int_eq(tls_name(name, text, sizeof(text)), names[_i].is_sound);
	ck_assert_str_eq(text, names[_i].text);
	/* In less room there is the beginning of it, and no half of a character. */
	for (uint32_t room = 1; room < strlen(names[_i].text); room++) {
		tls_name(name, text, room);
		ck_assert_uint_lt(strlen(text), room);
		ck_assert_int_eq(strncmp(text, names[_i].text, strlen(text)), 0);
		ck_assert_int_ne((uint8_t)names[_i].text[strlen(text)] & 0xc0, 0x80);
	}
}
END_TEST

/* date -u -d ... +%s */
static const struct {
	uint8_t tag;
	const char *text;
	int64_t seconds; /* -1: it is none */
} times[] = {
	{DER_UTC_TIME, "700101000000Z", 0},
	{DER_UTC_TIME, "991231235959Z", 946684799},
	{DER_UTC_TIME, "000229120000Z", 951825600},
	{DER_UTC_TIME, "491231235959Z", 2524607999},
	{DER_UTC_TIME, "500101000000Z", -631152000},
	{DER_UTC_TIME, "0002291200Z", 951825600}, /* without seconds */
	{DER_GENERALIZED_TIME, "20500101000000Z", 2524608000},
	{DER_GENERALIZED_TIME, "99991231235959Z", 253402300799},
	{DER_GENERALIZED_TIME, "21000301000000Z", 4107542400},
	{DER_UTC_TIME, "", -1},
	{DER_UTC_TIME, "Z", -1},
	{DER_UTC_TIME, "700101000000", -1},
	{DER_UTC_TIME, "700101000000X", -1},
	{DER_UTC_TIME, "7001010000000Z", -1},
	{DER_UTC_TIME, "701301000000Z", -1},
	{DER_UTC_TIME, "700100000000Z", -1},
	{DER_UTC_TIME, "700132000000Z", -1},
	{DER_UTC_TIME, "700101240000Z", -1},
	{DER_UTC_TIME, "700101006000Z", -1},
	{DER_UTC_TIME, "7a0101000000Z", -1},
	{DER_UTC_TIME, "700101000000+0100", -1},
	{DER_GENERALIZED_TIME, "00000101000000Z", -1},
	{DER_GENERALIZED_TIME, "20500101000000.5Z", -1},
	{DER_INTEGER, "700101000000Z", -1},
};

START_TEST(test_times)
{
	struct der_item item = {
		times[_i].tag, {(const uint8_t *)times[_i].text, (uint32_t)strlen(times[_i].text)}};
	int64_t seconds = -1;

	ck_assert_int_eq(der_time(&item, &seconds), times[_i].seconds != -1);
	ck_assert_int_eq(seconds, times[_i].seconds);
}
END_TEST

static const struct {
	const char *bytes;
	int size; /* of the content; -1: it is not read */
} items[] = {
	{"0400", 0},
	{"0401ff", 1},
	{"048101ff", 1},
	{"04840000000141", 1},
	{"0486000000000001ff", 1}, /* not the shortest, which clients do not mind */
	{"0401", -1},
	{"04", -1},
	{"", -1},
	{"048041", -1},
	{"04850000000001", -1},
	{"0484ffffffff41", -1},
	{"0485010000000141", -1},
	{"1f8101", -1},
	{"0482", -1},
};

/** X.690 section 8.1 */
START_TEST(test_items)
{
	uint8_t bytes[16];
	size_t size;
	struct der_item item = {.tag = 0};
	struct wp_span from = {bytes, 0}, body;

	l7_tls_unhex(items[_i].bytes, bytes, sizeof(bytes), &size);
	from.size = (uint32_t)size;
	ck_assert(!der_take(&from, DER_SEQUENCE, &body));
	ck_assert_uint_eq(from.size, size);
	ck_assert_int_eq(der_next(&from, &item), items[_i].size >= 0);
	ck_assert_uint_eq(from.size, items[_i].size >= 0 ? 0 : size);
	if (items[_i].size >= 0)
		ck_assert_int_eq((int)item.body.size, items[_i].size);
}
END_TEST

/** The same certificate without what is behind its first bytes, in memory of its own. */
START_TEST(test_a_certificate_that_is_cut)
{
	struct wp_tls_certificate certificate;

	for (uint32_t size = 0; size < leaf_size; size++) {
		uint8_t *copy = malloc(size + 1);

		memcpy(copy, leaf, size);
		ck_assert(!wp_tls_certificate_read((struct wp_span){copy, size}, &certificate));
		ck_assert(!certificate.is_sound);
		ck_assert_uint_eq(strlen(certificate.fingerprint), WP_TLS_FINGERPRINT_SIZE - 1);
		free(copy);
	}
	ck_assert(wp_tls_certificate_read((struct wp_span){leaf, leaf_size}, &certificate));
	ck_assert_uint_eq(certificate.n_names, 2);
}
END_TEST

/** What stands in front of where it is cut, or of what contradicts itself, is read. */
START_TEST(test_what_can_be_read_is)
{
	struct wp_tls_certificate whole, cut;
	char subject[WP_TLS_NAME_SIZE], issuer[WP_TLS_NAME_SIZE];
	struct wp_span der = {leaf, leaf_size - 1};

	wp_tls_certificate_read((struct wp_span){leaf, leaf_size}, &whole);
	ck_assert(!wp_tls_certificate_read(der, &cut));
	wp_tls_certificate_name(der, false, subject, sizeof(subject));
	wp_tls_certificate_name(der, true, issuer, sizeof(issuer));
	ck_assert_str_ne(whole.subject, whole.issuer);
	ck_assert_str_eq(cut.subject, whole.subject);
	ck_assert_str_eq(cut.issuer, whole.issuer);
	ck_assert_str_eq(cut.serial, whole.serial);
	ck_assert_str_eq(subject, whole.subject);
	ck_assert_str_eq(issuer, whole.issuer);
	wp_tls_certificate_name((struct wp_span){leaf, 5}, true, issuer, sizeof(issuer));
	ck_assert_str_eq(issuer, "");
}
END_TEST

/** What it shows stays within its bounds, whatever is changed. */
START_TEST(test_a_certificate_that_is_changed)
{
	struct wp_tls_certificate certificate;
	unsigned int unsound = 0;

	for (uint32_t at = 0; at < leaf_size; at++) {
		uint8_t before = leaf[at];

		for (unsigned int bit = 0; bit < 8; bit++) {
			leaf[at] = (uint8_t)(before ^ 1u << bit);
			unsound += !wp_tls_certificate_read((struct wp_span){leaf, leaf_size},
							    &certificate);
			for (unsigned int i = 0; i < certificate.n_names; i++)
				ck_assert(certificate.names[i].data >= leaf &&
					  certificate.names[i].data + certificate.names[i].size <=
						  leaf + leaf_size);
			ck_assert_uint_lt(strlen(certificate.subject), WP_TLS_NAME_SIZE);
		}
		leaf[at] = before;
	}
	/* Every change of a length is seen. */
	ck_assert_uint_gt(unsound, 100);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("l7_tls_certificate");

	tcase_add_unchecked_fixture(tcase, open_leaf, NULL);
	tcase_add_loop_test(tcase, test_names, 0, ROWS(names));
	tcase_add_loop_test(tcase, test_times, 0, ROWS(times));
	tcase_add_loop_test(tcase, test_items, 0, ROWS(items));
	tcase_add_test(tcase, test_a_certificate_that_is_cut);
	tcase_add_test(tcase, test_what_can_be_read_is);
	tcase_add_test(tcase, test_a_certificate_that_is_changed);
	return unit_main("l7_tls_certificate", tcase);
}
