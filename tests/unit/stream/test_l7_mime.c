/* SPDX-License-Identifier: BSD-3-Clause */
/* Mail within SMTP: parts, their names, and what they are when they are decoded. */

#include <string.h>

#include "l7_mime_text.h"
#include "stream/l7/smtp_view.h"
#include "unit.h"

#define MIXED "Content-Type: multipart/mixed; boundary=\"b 1\"\r\n\r\n"
#define FILE_HEAD(NAME, CODING)                                                                    \
	"Content-Disposition: attachment; filename=" NAME "\r\n"                                   \
	"Content-Transfer-Encoding: " CODING "\r\n\r\n"
#define LONG "0123456789012345678901234567890123456789012345678901234567890123"
#define VERY_LONG LONG LONG LONG LONG LONG LONG LONG LONG

static const struct {
	const char *name, *message, *expected;
} rows[] = {
	{"a message without parts", "Subject: a\r\n\r\nHello\r\nyou\r\n",
	 "C part 1\nC body@0 Hello\\x0d\\x0ayou\\x0d\\x0a\nC end\n"},
	{"no headers", "\r\nHello\r\n", "C part 1\nC body@0 Hello\\x0d\\x0a\nC end\n"},
	{"lines that LF ends", "Subject: a\n\nHello\nyou\r\n",
	 "C part 1\nC body@0 Hello\\x0ayou\\x0d\\x0a\nC end\n"},
	{"CR alone is a byte as others", "A: b\r\n\r\na\rb\r\r\n\rc\r\n",
	 "C part 1\nC body@0 a\\x0db\\x0d\\x0d\\x0a\\x0dc\\x0d\\x0a\nC end\n"},
	{"parts, and what is none of them",
	 MIXED "for old readers\r\n--b 1\r\n\r\none\r\n--b 1  \r\nContent-Type: text/html; "
	       "charset=a\r\n\r\ntwo\r\n\r\n--b 1--\r\nbehind\r\n",
	 "C part 1\nC body@0 one\nC end\nC part 2 type=text/html\n"
	 "C body@0 two\\x0d\\x0a\nC end\n"},
	{"lines that only look like boundaries",
	 MIXED "--b 1\r\n\r\n--b 11\r\n-b 1\r\n--b\r\n --b 1\r\n-\r\n--\r\n--b 1--x\r\n--b 1\r\n",
	 "C part 1\nC body@0 --b 11\\x0d\\x0a-b 1\\x0d\\x0a--b\\x0d\\x0a --b "
	 "1\\x0d\\x0a-\\x0d\\x0a--\\x0d\\x0a--b 1--x\nC end\n"},
	{"base64, with what does not belong there",
	 MIXED "--b 1\r\n" FILE_HEAD("a.exe", "BASE64 (a comment)") "TV\r\nqQ\r\n AA M=\r\n"
								    "AAA=BB!BB\r\n--b 1--\r\n",
	 "C part 1 name=a.exe\n"
	 "C body@0 MZ\\x90\\x00\\x03\\x00\\x00\\x04\\x10A\nC end\n"},
	{"quoted-printable",
	 "Content-Transfer-Encoding: quoted-printable\r\n\r\na=3Db=\r\nc=4\r\n=zz==41=3d=\r\n",
	 "C part 1\nC body@0 a=bc=4\\x0d\\x0a=zz=A=\nC end\n"},
	{"parts within parts",
	 MIXED "--b 1\r\nContent-Type: Multipart/Alternative; boundary=b2\r\n\r\n--b2\r\n\r\n"
	       "one\r\n--b2\r\n\r\ntwo\r\n--b2--\r\n--b 1\r\n\r\nthree\r\n--b 1--\r\n",
	 "C part 1\nC body@0 one\nC end\nC part 2\nC body@0 two\nC end\n"
	 "C part 3\nC body@0 three\nC end\n"},
	{"the outer boundary ends the inner parts",
	 MIXED "--b 1\r\nContent-Type: multipart/mixed; boundary=b2\r\n\r\n--b2\r\n\r\n"
	       "one\r\n--b 1\r\n\r\n--b2\r\n--b 1--\r\n",
	 "C part 1\nC body@0 one\nC end\nC part 2\nC body@0 --b2\nC end\n"},
	{"a message within a message",
	 MIXED "--b 1\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n"
	       "Content-Type: multipart/mixed; boundary=b2\r\n\r\n--b2\r\n" FILE_HEAD(
		       "x", "7bit") "one\r\n--b2--\r\n--b 1--\r\n",
	 "C part 1 name=x\nC body@0 one\nC end\n"},
	{"names, folded, quoted, of the type, of several",
	 MIXED "--b 1\r\nContent-Type: application/x;\r\n\tname=\"of type\"\r\n\r\n1\r\n"
	       "--b 1\r\ncontent-disposition : inline ;\r\n filename = \"a;\\\"b\" ; size=1\r\n"
	       "Content-Type: a/b; name=other\r\n\r\n2\r\n"
	       "--b 1\r\nContent-Type: a/b; name=first\r\nContent-Disposition: attachment; "
	       "filename*0*=utf-8''se; filename*1=cond\r\n\r\n3\r\n--b 1--\r\n",
	 "C part 1 name=of type type=application/x\nC body@0 1\nC end\n"
	 "C part 2 name=a;\"b type=a/b\nC body@0 2\nC end\n"
	 "C part 3 name=utf-8''se type=a/b\nC body@0 3\nC end\n"},
	{"of codings that which is one counts, wherever it stands",
	 MIXED "--b 1\r\nContent-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit\r\n"
	       "\r\nTVo=\r\n--b 1\r\nContent-Transfer-Encoding: 7bit\r\n"
	       "Content-Transfer-Encoding: \"base64\"\r\n\r\nTVo=\r\n--b 1--\r\n",
	 "C part 1\nC body@0 MZ\nC end\nC part 2\nC body@0 MZ\nC end\n"},
	{"of types each boundary counts",
	 "Content-Type: multipart/mixed; boundary=one\r\nContent-Type: multipart/mixed; "
	 "boundary=two\r\n\r\n--one\r\n\r\n1\r\n--two\r\n\r\n2\r\n--two--\r\n--one\r\n\r\n3\r\n--"
	 "one--\r\n",
	 "C part 1\nC body@0 1\nC end\nC part 2\nC body@0 2\nC end\nC part 3\nC body@0 3\nC end\n"},
	{"of types only the first of which has a boundary",
	 "Content-Type: multipart/mixed; boundary=one\r\nContent-Type: text/plain\r\n\r\na\r\n"
	 "--one\r\n\r\n1\r\n--one--\r\n",
	 "C part 1 type=text/plain\nC body@0 a\nC end\nC part 2\nC body@0 1\nC end\n"},
	{"comments, and brackets that are none",
	 "Content-Type: (a; boundary=x) multipart/mixed (b\\) (c)); (d) boundary=\"e (f)\" "
	 "(g)\r\n\r\n"
	 "--e (f)\r\nContent-Type: a/b; name=c(1).exe\r\nContent-Transfer-Encoding: (a)base64(b\r\n"
	 "\r\nTVo=\r\n--e (f)--\r\n",
	 "C part 1 name=c(1).exe type=a/b\nC body@0 MZ\nC end\n"},
	{"headers that a boundary ends", MIXED "--b 1\r\nA: b\r\n--b 1\r\n\r\none\r\n--b 1--\r\n",
	 "C part 1\nC body@0 one\nC end\n"},
	{"a multipart without a boundary is one part",
	 "Content-Type: multipart/mixed\r\n\r\n--\r\none\r\n",
	 "C part 1 type=multipart/mixed\nC body@0 --\\x0d\\x0aone\\x0d\\x0a\nC end\n"},
	{"lines longer than what is kept of them",
	 MIXED "--b 1\r\nX: " VERY_LONG VERY_LONG VERY_LONG
	       "\r\nContent-Transfer-Encoding: base64\r\n\r\n" VERY_LONG VERY_LONG VERY_LONG
	       "TVo=\r\n--b 1--\r\n",
	 NULL},
	{"a boundary longer than what is compared",
	 "Content-Type: multipart/mixed; boundary=" LONG LONG LONG "\r\n\r\n--" LONG LONG LONG
	 "\r\n\r\none\r\n--" LONG LONG "\r\n--" LONG LONG LONG "--\r\n",
	 "C part 1\nC body@0 one\\x0d\\x0a--" LONG LONG "\nC end\n"},
	{"nothing behind the headers", "Subject: a\r\n\r\n", "C part 1\nC end\n"},
	{"nothing", "", ""},
};

static void
play(struct l7_bed *bed, const char *message, size_t step)
{
	l7_bed_open(bed);
	l7_bed_say(bed, WP_SERVER, "220 a\r\n", 0);
	l7_bed_say(bed, WP_CLIENT, "DATA\r\n", 0);
	l7_bed_say(bed, WP_SERVER, "354 go\r\n", 0);
	l7_bed_feed(bed, WP_CLIENT, message, strlen(message), step);
}

#define BED                                                                                        \
	{                                                                                          \
		.view = &l7_smtp_view, .write = l7_mime_write, .wants = MIME_EVENTS                \
	}

START_TEST(test_parts_however_they_are_cut)
{
	char *first = NULL;

	for (size_t step = 0; step <= 9; step++) {
		struct l7_bed bed = BED;
		const char *told;

		play(&bed, rows[_i].message, step);
		l7_bed_say(&bed, WP_CLIENT, ".\r\n", step);
		told = l7_bed_close(&bed);
		if (first == NULL)
			first = strdup(rows[_i].expected != NULL ? rows[_i].expected : told);
		ck_assert_msg(strcmp(told, first) == 0, "%s, step %zu:\n%s", rows[_i].name, step,
			      told);
		l7_bed_free(&bed);
	}
	ck_assert_msg(rows[_i].expected != NULL || strstr(first, "MZ\nC end\n") != NULL, "%s",
		      first);
	free(first);
}
END_TEST

/** What is missing may be a boundary: nothing is told up to the next one. */
START_TEST(test_missing_bytes_end_a_part)
{
	struct l7_bed bed = BED;

	play(&bed, MIXED "--b 1\r\n\r\none", 0);
	l7_bed_gap(&bed, WP_CLIENT, 10);
	l7_bed_say(&bed, WP_CLIENT, "two\r\nthree\r\n--b 1\r\n\r\nfour\r\n--b 1--\r\n.\r\n", 0);
	ck_assert_str_eq(l7_bed_close(&bed), "C part 1\nC body@0 one\nC end, cut\n"
					     "C part 2\nC body@0 four\nC end\n");
	l7_bed_free(&bed);
}
END_TEST

START_TEST(test_a_message_without_an_end)
{
	struct l7_bed bed = BED;

	play(&bed, "\r\none\r\n", 0);
	l7_bed_finish(&bed, WP_CLIENT);
	ck_assert_str_eq(l7_bed_close(&bed), "C part 1\nC body@0 one\nC anomaly 18\nC end, cut\n");
	l7_bed_free(&bed);
}
END_TEST

/** Behind BDAT, in chunks that are cut anywhere (RFC 3030). */
START_TEST(test_chunks)
{
	struct l7_bed bed = BED;

	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_CLIENT, "BDAT 3\r\n\r\noBDAT 4 LAST\r\nne\r\nNOOP\r\n", 1);
	ck_assert_str_eq(l7_bed_close(&bed), "C part 1\nC body@0 one\\x0d\\x0a\nC end\n");
	l7_bed_free(&bed);
}
END_TEST

/** Deeper ones are told as one part; the memory is that of the first. */
START_TEST(test_parts_that_are_too_deep)
{
	char message[4096] = "", part[64];
	struct l7_bed bed = BED;

	for (unsigned int i = 0; i < MIME_DEPTH_MAX + 2; i++) {
		snprintf(part, sizeof(part),
			 "Content-Type: multipart/x; boundary=%u\r\n\r\n--%u\r\n", i, i);
		strcat(message, part);
	}
	play(&bed, message, 0);
	l7_bed_say(&bed, WP_CLIENT, "\r\n.\r\n", 0);
	ck_assert_ptr_nonnull(
		strstr(l7_bed_close(&bed), "C part 1 type=multipart/x\nC body@0 --8"));
	ck_assert_uint_le(bed.peak, sizeof(struct smtp) + sizeof(struct mime) + 64);
	l7_bed_free(&bed);
}
END_TEST

START_TEST(test_mail_for_which_there_is_no_memory)
{
	struct l7_bed bed = BED;

	bed.limit = 1;
	play(&bed, "\r\none\r\n.\r\nNOOP\r\n", 0);
	ck_assert_str_eq(l7_bed_close(&bed), "C anomaly 2\n");
	l7_bed_free(&bed);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("mime");

	tcase_add_loop_test(tcase, test_parts_however_they_are_cut, 0, ROWS(rows));
	tcase_add_test(tcase, test_missing_bytes_end_a_part);
	tcase_add_test(tcase, test_a_message_without_an_end);
	tcase_add_test(tcase, test_chunks);
	tcase_add_test(tcase, test_parts_that_are_too_deep);
	tcase_add_test(tcase, test_mail_for_which_there_is_no_memory);
	return unit_main("l7 mime", tcase);
}
