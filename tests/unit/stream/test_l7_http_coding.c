/* SPDX-License-Identifier: BSD-3-Clause */
/* Content codings in the HTTP/1 view: gzip and deflate, broken ones, bombs; however they are cut.
 */

#include "l7_http_text.h"
#include "stream/l7/http_inflate.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "unit.h"

static const size_t steps[] = {0, 1, 3, 1000};

#define NEXT "HTTP/1.1 204 N\r\n\r\n"
#define NEXT_TOLD "S response to ? 204 reason=N 1.1 @"

static struct l7_bed bed;

static void
open_bed(void)
{
	bed = (struct l7_bed){.view = &l7_http_view, .write = l7_http_write};
	l7_bed_open(&bed);
}

static void
close_bed(const char *want)
{
	ck_assert_str_eq(l7_bed_close(&bed), want);
	l7_bed_free(&bed);
}

struct coded {
	uint8_t bytes[1 << 16];
	size_t size;
};

/** Adds a member or stream of so many times the same word. @param bits  zlib's windowBits */
static void
deflate_words(struct coded *coded, int bits, const char *word, unsigned int n)
{
	z_stream z = {0};
	int done;

	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_out = coded->bytes + coded->size;
	z.avail_out = (unsigned int)(sizeof(coded->bytes) - coded->size);
	for (unsigned int i = 0; i < n; i++) {
		z.next_in = (uint8_t *)(uintptr_t)word;
		z.avail_in = (unsigned int)strlen(word);
		ck_assert_int_eq(deflate(&z, Z_NO_FLUSH), Z_OK);
	}
	done = deflate(&z, Z_FINISH);
	ck_assert_int_eq(done, Z_STREAM_END);
	coded->size = sizeof(coded->bytes) - z.avail_out;
	deflateEnd(&z);
}

static void
add_bytes(struct coded *coded, const void *bytes, size_t size)
{
	memcpy(coded->bytes + coded->size, bytes, size);
	coded->size += size;
}

/** Feeds a body of a coding, and a response behind it; @p want is told between their heads. */
static void
check_coding(const char *name, const struct coded *coded, const char *want, size_t limit)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		char head[128];
		const char *told, *from;
		int n = snprintf(head, sizeof(head),
				 "HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\n"
				 "Content-Length: %zu\r\n\r\n",
				 name, coded->size);

		bed = (struct l7_bed){
			.view = &l7_http_view, .write = l7_http_write, .limit = limit};
		l7_bed_open(&bed);
		/* The head comes whole: it shall need no memory. */
		l7_bed_feed(&bed, WP_SERVER, head, (size_t)n, 0);
		l7_bed_feed(&bed, WP_SERVER, coded->bytes, coded->size, steps[i]);
		ck_assert_uint_eq(bed.used, 0);
		l7_bed_say(&bed, WP_SERVER, NEXT, 0);
		told = l7_bed_close(&bed);
		from = strstr(told, " @0\n");
		ck_assert_ptr_nonnull(from);
		ck_assert_msg(strncmp(from + 4, want, strlen(want)) == 0 &&
				      strncmp(from + 4 + strlen(want), "S end@", 6) == 0,
			      "step %zu: want:\n%s\ngot:\n%s", steps[i], want, told);
		ck_assert_ptr_nonnull(strstr(from, NEXT_TOLD));
		l7_bed_free(&bed);
	}
}

START_TEST(test_codings)
{
	static struct coded coded;

	/* RFC 9110 section 8.4.1 */
	coded.size = 0;
	deflate_words(&coded, 16 + MAX_WBITS, "word ", 3);
	check_coding("gzip", &coded, "S body@0 word word word \n", 0);
	check_coding("X-GZip", &coded, "S body@0 word word word \n", 0);
	/* RFC 1952 section 2.2: members */
	deflate_words(&coded, 16 + MAX_WBITS, "", 0);
	deflate_words(&coded, 16 + MAX_WBITS, "more", 1);
	check_coding("gzip", &coded, "S body@0 word word word more\n", 0);
	coded.size = 0;
	deflate_words(&coded, MAX_WBITS, "word ", 3);
	check_coding("deflate", &coded, "S body@0 word word word \n", 0);
	coded.size = 0;
	deflate_words(&coded, -MAX_WBITS, "word ", 3);
	check_coding("deflate", &coded, "S body@0 word word word \n", 0);
	/* What is none of ours */
	coded.size = 0;
	add_bytes(&coded, "word", 4);
	check_coding("br", &coded, "S body@0 word\n", 0);
	check_coding("identity", &coded, "S body@0 word\n", 0);
	check_coding("identity, , ", &coded, "S body@0 word\n", 0);
}
END_TEST

START_TEST(test_codings_in_layers)
{
	static struct coded outer;

	outer.size = 0;
	deflate_words(&outer, 16 + MAX_WBITS, "word", 1);
	bed = (struct l7_bed){.view = &l7_http_view, .write = l7_http_write};
	/* The last is outermost; what is told is the other's. */
	check_coding("br, gzip", &outer, "S body@0 word\n", 0);
	/* Layers that are said to be there, and are not */
	check_coding("gzip, deflate", &outer, "S anomaly 47\nS body@0 word\n", 0);
	check_coding("gzip, br", &outer, "S body@0 word\n", 0);
	open_bed();
	l7_bed_say(&bed, WP_SERVER, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\n\r\n", 0);
	close_bed("S anomaly 43\nS response to ? 200 reason=OK 1.1 {Content-Encoding:gzip, gzip}"
		  " gzip @0\n");
}
END_TEST

/** Puts a layer around what is there. */
static void
wrap(struct coded *coded, int bits)
{
	static struct coded inner;
	z_stream z = {0};

	inner = *coded;
	ck_assert_int_eq(deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = inner.bytes;
	z.avail_in = (unsigned int)inner.size;
	z.next_out = coded->bytes;
	z.avail_out = sizeof(coded->bytes);
	ck_assert_int_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
	coded->size = z.total_out;
	deflateEnd(&z);
}

#define WORDS "word word word word word word word word word word "

START_TEST(test_layers_are_taken_off)
{
	static struct coded coded;

	coded.size = 0;
	deflate_words(&coded, 16 + MAX_WBITS, WORDS, 1);
	wrap(&coded, -MAX_WBITS);
	check_coding("gzip, deflate", &coded, "S body@0 " WORDS "\n", 0);
	/* Which of them it is does not count. */
	check_coding("deflate, gzip", &coded, "S body@0 " WORDS "\n", 0);
	wrap(&coded, MAX_WBITS);
	check_coding("gzip, deflate, deflate", &coded, "S body@0 " WORDS "\n", 0);
	/* One that is said to be there, and is not */
	coded.size = 0;
	deflate_words(&coded, MAX_WBITS, WORDS, 1);
	wrap(&coded, 16 + MAX_WBITS);
	check_coding("identity, deflate, gzip, gzip", &coded, "S anomaly 47\nS body@0 " WORDS "\n",
		     0);
}
END_TEST

/** The innermost of more than WP_HTTP_LAYERS_MAX stays. */
START_TEST(test_more_layers_than_are_taken_off)
{
	static struct coded coded;

	coded.size = 0;
	deflate_words(&coded, 16 + MAX_WBITS, "word", 1);
	coded.bytes[9] = '#'; /* RFC 1952 section 2.3.1: what it was made on */
	for (unsigned int i = 0; i < WP_HTTP_LAYERS_MAX; i++)
		wrap(&coded, 16 + MAX_WBITS);
	check_coding("gzip, gzip, gzip, gzip", &coded,
		     "S body@0 \\x1f\\x8b\\x08\\x00\\x00\\x00\\x00\\x00\\x02#"
		     "+\\xcf/J\\x01\\x00\\x11u\\xf1\\xc3\\x04\\x00\\x00\\x00\n",
		     0);
}
END_TEST

/** What a body is said to be coded by is what it is looked for in, whatever stands around it. */
START_TEST(test_the_bytes_say_what_the_coding_is)
{
	static const char *const names[] = {"x gzip",   "gzip;q=1", "(deflate)", "xdeflate",
					    "gzip\x0b", "\xa0gzip", ": gzip",    "deflate, br"};
	static const int formats[] = {-MAX_WBITS, MAX_WBITS, 16 + MAX_WBITS};
	static struct coded coded;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (size_t j = 0; j < sizeof(formats) / sizeof(formats[0]); j++) {
			coded.size = 0;
			deflate_words(&coded, formats[j], "word ", 3);
			check_coding(names[i], &coded, "S body@0 word word word \n", 0);
		}
	}
}
END_TEST

/** Adds gzip (RFC 1952 section 2.3) with flags, and what they say that follows the header. */
static void
add_gzip(struct coded *coded, uint8_t flags, const void *more, size_t size)
{
	uint8_t header[10] = {0x1f, 0x8b, 8, flags, [9] = 3};
	static struct coded whole;

	whole.size = 0;
	deflate_words(&whole, 16 + MAX_WBITS, "word", 1);
	coded->size = 0;
	add_bytes(coded, header, sizeof(header));
	add_bytes(coded, more, size);
	add_bytes(coded, whole.bytes + 10, whole.size - 10);
}

START_TEST(test_odd_gzip)
{
	static struct coded coded;
	static const uint8_t name[1000] = {[0 ... 998] = 'n'};

	add_gzip(&coded, 0x1c, "\x02\0abn\0c", 8);
	check_coding("gzip", &coded, "S body@0 word\n", 0);
	add_gzip(&coded, 0x08, name, sizeof(name));
	check_coding("gzip", &coded, "S body@0 word\n", 0);
	/* A wrong check value of the header */
	add_gzip(&coded, 0x02, "xx", 2);
	check_coding("gzip", &coded, "S body@0 word\n", 0);
	/* Flags that have no meaning */
	add_gzip(&coded, 0xe1, "", 0);
	check_coding("gzip", &coded, "S anomaly 47\nS body@0 word\n", 0);
	/* Line ends in front */
	coded.size = 0;
	add_bytes(&coded, "\r\n", 2);
	deflate_words(&coded, 16 + MAX_WBITS, "word", 1);
	check_coding("gzip", &coded, "S body@0 word\n", 0);
}
END_TEST

/** So many line ends in front of gzip that its flags are not among the first bytes. */
START_TEST(test_gzip_behind_many_line_ends)
{
	static struct coded coded;

	for (size_t n = HTTP_FIRST_MAX - 4; n <= HTTP_FIRST_MAX; n++) {
		coded.size = 0;
		for (size_t i = 0; i < n; i++)
			add_bytes(&coded, "\n", 1);
		deflate_words(&coded, 16 + MAX_WBITS, "word", 1);
		check_coding("gzip", &coded, "S body@0 word\n", 0);
	}
}
END_TEST

/** Plain bytes that begin as a coding might. */
START_TEST(test_plain_bytes_stay_as_they_are)
{
	static const char *const plain[] = {
		"x",
		"X5O!P%@AP[4",
		"<html><head>",
		"{\"a\": \"b\"}",
		"some words, and some more of them, so that it is long "
		"enough to be known early",
		"Keep on, and on, and on, and on, and on, and on, and on, "
		"and on, and on, and on"};
	static struct coded coded;
	char want[256];

	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		coded.size = 0;
		add_bytes(&coded, plain[i], strlen(plain[i]));
		snprintf(want, sizeof(want), "S anomaly 47\nS body@0 %s\n", plain[i]);
		check_coding("gzip", &coded, want, 0);
		check_coding("deflate", &coded, want, 0);
	}
}
END_TEST

START_TEST(test_broken_codings)
{
	static struct coded coded;

	coded.size = 0;
	add_bytes(&coded, "plain", 5);
	check_coding("gzip", &coded, "S anomaly 47\nS body@0 plain\n", 0);
	coded.size = 1;
	check_coding("gzip", &coded, "S anomaly 47\nS body@0 p\n", 0);
	coded.size = 0;
	check_coding("gzip", &coded, "", 0);
	/* Bytes behind a member */
	deflate_words(&coded, 16 + MAX_WBITS, "word", 1);
	add_bytes(&coded, "xyz", 3);
	check_coding("gzip", &coded, "S body@0 word\nS anomaly 47\nS body@4 xyz\n", 0);
	/* It ends early. */
	coded.size -= 3 + 8;
	check_coding("gzip", &coded, "S body@0 word\nS anomaly 47\n", 0);
	/* RFC 1951 section 3.2.3: a block of type 11 */
	coded.size = 0;
	add_bytes(&coded, "\x1f\x8b\x08\0\0\0\0\0\0\x03\x07word", 15);
	check_coding("gzip", &coded,
		     "S anomaly 47\nS body@0 \\x1f\\x8b\\x08\\x00\\x00\\x00\\x00\\x00\\x00"
		     "\\x03\\x07word\n",
		     0);
	/* Likewise, behind one that is not compressed */
	coded.size = 0;
	add_bytes(&coded, "\x1f\x8b\x08\0\0\0\0\0\0\x03\0\x04\0\xfb\xffword\x06xyz", 23);
	check_coding("gzip", &coded, "S body@0 word\nS anomaly 47\nS body@4 xyz\n", 0);
	/* A wrong check value: all was told by then. */
	coded.size = 0;
	deflate_words(&coded, MAX_WBITS, "word", 1);
	coded.bytes[coded.size - 1] ^= 1;
	check_coding("deflate", &coded, "S body@0 word\nS anomaly 47\n", 0);
}
END_TEST

START_TEST(test_codings_without_memory)
{
	static struct coded coded;

	coded.size = 0;
	add_bytes(&coded, "\x1f\x8b\x08", 3);
	check_coding("gzip", &coded, "S anomaly 2\nS body@0 \\x1f\\x8b\\x08\n", 1);
	/* None for zlib's state, which is larger than ours */
	check_coding("gzip", &coded, "S anomaly 2\nS body@0 \\x1f\\x8b\\x08\n", 1000);
	/* None for its window, which it wants within a stream */
	coded.size = 0;
	deflate_words(&coded, 16 + MAX_WBITS,
		      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 3);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const char *told;

		bed = (struct l7_bed){
			.view = &l7_http_view, .write = l7_http_write, .limit = 20000};
		l7_bed_open(&bed);
		l7_bed_say(&bed, WP_SERVER, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", 0);
		l7_bed_feed(&bed, WP_SERVER, coded.bytes, coded.size - 10, steps[i]);
		told = l7_bed_close(&bed);
		ck_assert_msg(strstr(told, "S anomaly 2\n") != NULL, "%zu %s", steps[i], told);
		ck_assert_ptr_null(strstr(told, "S anomaly 47\n"));
		l7_bed_free(&bed);
	}
}
END_TEST

START_TEST(test_gap_within_a_coding)
{
	static struct coded coded;

	coded.size = 0;
	deflate_words(&coded, 16 + MAX_WBITS, "word", 1);
	open_bed();
	l7_bed_say(&bed, WP_SERVER,
		   "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 24\r\n\r\n", 0);
	ck_assert_uint_eq(coded.size, 24);
	l7_bed_feed(&bed, WP_SERVER, coded.bytes, 10, 0);
	l7_bed_gap(&bed, WP_SERVER, 4);
	l7_bed_feed(&bed, WP_SERVER, coded.bytes + 14, 10, 0);
	l7_bed_say(&bed, WP_SERVER, NEXT, 0);
	close_bed("S response to ? 200 reason=OK 1.1 {Content-Encoding:gzip} {Content-Length:24}"
		  " length=24 gzip @0\nS anomaly 3\nS end@87\n" NEXT_TOLD "87\nS end@105\n");
}
END_TEST

/** What a body was told to grow to. */
struct growth {
	uint64_t size;
	unsigned int n_bombs, n_ends;
};

static struct growth growth;

static void
note_growth(struct l7_run *run, struct wp_stream_event *event)
{
	if (event->type == WP_HTTP_BODY) {
		ck_assert_uint_eq(event->offset, growth.size);
		growth.size += event->size;
	}
	growth.n_bombs += event->type == WP_L7_ANOMALY && event->detail == WP_HTTP_BOMB;
	growth.n_ends += event->type == WP_HTTP_END;
}

/** @return what a body of so many times a word grows to. */
static struct growth
grow(const struct coded *coded, size_t step)
{
	struct l7_host host;
	char head[128];
	int n = snprintf(head, sizeof(head),
			 "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
			 coded->size);

	open_bed();
	host = *bed.run.host;
	host.tell = note_growth;
	bed.run.host = &host;
	growth = (struct growth){0};
	l7_bed_feed(&bed, WP_SERVER, head, (size_t)n, 0);
	l7_bed_feed(&bed, WP_SERVER, coded->bytes, coded->size, step);
	l7_bed_close(&bed);
	l7_bed_free(&bed);
	return growth;
}

/** What is free is so once for a side, not for each of its bodies. */
START_TEST(test_many_small_bombs)
{
	static const char word[1025] = {[0 ... 1023] = 'a'};
	static struct coded coded;
	uint64_t all = 0, n_bombs = 0;
	struct l7_host host;
	char head[128];
	int n;

	coded.size = 0;
	deflate_words(&coded, 16 + MAX_WBITS, word, 100);
	n = snprintf(head, sizeof(head),
		     "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: "
		     "%zu\r\n\r\n",
		     coded.size);
	open_bed();
	host = *bed.run.host;
	host.tell = note_growth;
	bed.run.host = &host;
	for (unsigned int i = 0; i < 20; i++) {
		growth = (struct growth){0};
		l7_bed_feed(&bed, WP_CLIENT, head, (size_t)n, 0);
		l7_bed_feed(&bed, WP_CLIENT, coded.bytes, coded.size, 0);
		ck_assert_uint_eq(growth.n_ends, 1);
		all += growth.size;
		n_bombs += growth.n_bombs;
	}
	l7_bed_close(&bed);
	l7_bed_free(&bed);
	ck_assert_uint_gt(n_bombs, 10);
	ck_assert_uint_le(all, (128 << 10) + 20 * coded.size * 100);
	/* None hides what is behind it. */
	ck_assert_uint_eq(growth.size, 8 << 10);
}
END_TEST

START_TEST(test_bombs)
{
	static const char word[1025] = {[0 ... 1023] = 'a'};
	static struct coded coded;

	/* So much is free. */
	coded.size = 0;
	deflate_words(&coded, 16 + MAX_WBITS, word, 128);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct growth grown = grow(&coded, steps[i]);

		ck_assert_uint_eq(grown.size, 128 << 10);
		ck_assert_uint_eq(grown.n_bombs, 0);
		ck_assert_uint_eq(grown.n_ends, 1);
	}
	/* More is not, before a thousand bytes have come; framing goes on. */
	coded.size = 0;
	deflate_words(&coded, 16 + MAX_WBITS, word, 4096);
	ck_assert_uint_gt(coded.size, 2048);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct growth grown = grow(&coded, steps[i]);

		ck_assert_uint_eq(grown.size, 128 << 10);
		ck_assert_uint_eq(grown.n_bombs, 1);
		ck_assert_uint_eq(grown.n_ends, 1);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("http");

	tcase_add_test(tcase, test_codings);
	tcase_add_test(tcase, test_codings_in_layers);
	tcase_add_test(tcase, test_layers_are_taken_off);
	tcase_add_test(tcase, test_more_layers_than_are_taken_off);
	tcase_add_test(tcase, test_the_bytes_say_what_the_coding_is);
	tcase_add_test(tcase, test_odd_gzip);
	tcase_add_test(tcase, test_gzip_behind_many_line_ends);
	tcase_add_test(tcase, test_plain_bytes_stay_as_they_are);
	tcase_add_test(tcase, test_broken_codings);
	tcase_add_test(tcase, test_codings_without_memory);
	tcase_add_test(tcase, test_gap_within_a_coding);
	tcase_add_test(tcase, test_bombs);
	tcase_add_test(tcase, test_many_small_bombs);
	return unit_main("l7_http_coding", tcase);
}
