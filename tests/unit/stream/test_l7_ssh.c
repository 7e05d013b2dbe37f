/* SPDX-License-Identifier: BSD-3-Clause */
/* The view of SSH: banners, key exchange lists, and what comes instead of them. */

#include "stream/l7/ssh_view.h"

#include <string.h>

#include "l7_bed.h"
#include "l7_ssh_text.h"
#include "unit.h"

/** Bytes, and how many: strings here have zeros in them. */
#define BYTES(TEXT) (TEXT), sizeof(TEXT) - 1

#define LINE "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3"
#define PARTS "proto=2.0 software=OpenSSH_9.2p1 comment=Debian-2+deb12u3"
#define BANNER LINE "\r\n"
#define TOLD " line 40@0 line=" LINE " " PARTS "\n"

/* clang-format off */

/* RFC 4253 sections 6 and 7.1: 164 bytes of packet with 5 of padding, 158 of payload. */
#define COOKIE "\x14" "0123456789abcdef"
#define LISTS \
	"\0\0\0\x11" "curve25519-sha256" \
	"\0\0\0\x0b" "ssh-ed25519" \
	"\0\0\0\x15" "aes128-ctr,aes256-ctr" \
	"\0\0\0\x0a" "aes128-gcm" \
	"\0\0\0\x0d" "hmac-sha2-256" \
	"\0\0\0\x09" "hmac-sha1" \
	"\0\0\0\x09" "none,zlib" \
	"\0\0\0\x04" "none" \
	"\0\0\0\x02" "en" \
	"\0\0\0\x00" ""
#define KEXINIT "\0\0\0\xa4" "\x05" COOKIE LISTS "\0\0\0\0\0" "\0\0\0\0\0"
#define GUESS "\0\0\0\xa4" "\x05" COOKIE LISTS "\1\0\0\0\0" "\0\0\0\0\0"
#define EMPTY_LISTS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define EMPTY "\0\0\0\x44\5" COOKIE EMPTY_LISTS "\0\0\0\0\0" "\0\0\0\0\0"
#define TOLD_LISTS " kex=curve25519-sha256 host_keys=ssh-ed25519 ciphers_c=aes128-ctr,aes256-ctr " \
	"ciphers_s=aes128-gcm macs_c=hmac-sha2-256 macs_s=hmac-sha1 compressions_c=none,zlib " \
	"compressions_s=none languages_c=en languages_s="
#define TOLD_EMPTY " kex= host_keys= ciphers_c= ciphers_s= macs_c= macs_s= compressions_c= " \
	"compressions_s= languages_c= languages_s="
/* MD5 of "curve25519-sha256;aes128-ctr,aes256-ctr;hmac-sha2-256;none,zlib", of
 * "curve25519-sha256;aes128-gcm;hmac-sha1;none" and of ";;;". */
#define HASSH_C " hassh=5ae3c97914c48bd98bda8c8c6bc78a21"
#define HASSH_S " hassh=5b128dd030b0a6a79d3919df17b69a82"
#define HASSH_0 " hassh=95420f9d932ddd22833f17b96a80bedb"
#define TOLD_KEXINIT " kexinit 164@44 line=" LINE " " PARTS TOLD_LISTS
#define IGNORE "\0\0\0\x0c\4" "\2\0\0\0\2hi" "\0\0\0\0"
#define DISCONNECT "\0\0\0\x14\4" "\1\0\0\0\2" "\0\0\0\2no" "\0\0\0\0" "\0\0\0\0"
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X241 X64 X64 X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct side_case {
	const char *input;
	size_t size;
	const char *client; /* what is told when a client sends it */
	const char *server; /* likewise; NULL: the same */
} sides[] = {
	{BYTES(BANNER), "C" TOLD, NULL},
	{BYTES("SSH-2.0-x\n"), "C line 10@0 line=SSH-2.0-x proto=2.0 software=x\n", NULL},
	{BYTES("SSH-2.0-x \r\n"), "C line 12@0 line=SSH-2.0-x  proto=2.0 software=x comment=\n", NULL},
	{BYTES(BANNER KEXINIT), "C" TOLD "C" TOLD_KEXINIT HASSH_C "\n",
	 "S" TOLD "S" TOLD_KEXINIT HASSH_S "\n"},
	{BYTES(BANNER GUESS "behind"), "C" TOLD "C" TOLD_KEXINIT HASSH_C " guess\n",
	 "S" TOLD "S" TOLD_KEXINIT HASSH_S " guess\n"},
	{BYTES(BANNER EMPTY), "C" TOLD "C kexinit 68@44 line=" LINE " " PARTS TOLD_EMPTY HASSH_0 "\n", NULL},
	/* Lines of a server before its banner; of a client there are none. */
	{BYTES("hello\r\n\nSS\nSSH\n" "SSH-2.0-x\n"), "C anomaly 0\n",
	 "S line 10@15 line=SSH-2.0-x proto=2.0 software=x\n"},
	{BYTES("GET / HTTP/1.1\r\n\r\n"), "C anomaly 0\n", ""},
	{BYTES(X241 X241 "\n" "SSH-2.0-x\n"), "C anomaly 0\n",
	 "S line 10@483 line=SSH-2.0-x proto=2.0 software=x\n"},
	/* No software, no version, bytes that are not ASCII, a NUL. */
	{BYTES("SSH-2.0\r\n" KEXINIT), "C anomaly 16\nC line 9@0 line=SSH-2.0 proto=2.0\n"
	 "C kexinit 164@13 line=SSH-2.0 proto=2.0" TOLD_LISTS HASSH_C "\n",
	 "S anomaly 16\nS line 9@0 line=SSH-2.0 proto=2.0\n"
	 "S kexinit 164@13 line=SSH-2.0 proto=2.0" TOLD_LISTS HASSH_S "\n"},
	{BYTES("SSH-\n"), "C anomaly 16\nC line 5@0 line=SSH- proto=\n", NULL},
	{BYTES("SSH--x\n"), "C anomaly 16\nC line 7@0 line=SSH--x proto= software=x\n", NULL},
	{BYTES("SSH-2.0-\xe9\r\n"),
	 "C anomaly 16\nC line 11@0 line=SSH-2.0-\\xe9 proto=2.0 software=\\xe9\n", NULL},
	{BYTES("SSH-2.0-a\0b\r\n"),
	 "C anomaly 16\nC line 13@0 line=SSH-2.0-a\\x00b proto=2.0 software=a\\x00b\n", NULL},
	/* RFC 4253 section 4.2: 255 bytes with CR LF, and more. */
	{BYTES("SSH-2.0-" X241 "xxxx\r\n"), "C line 255@0 line=SSH-2.0-" X241 "xxxx proto=2.0 software=" X241 "xxxx\n", NULL},
	{BYTES("SSH-2.0-" X241 "xxxxxyz\r\n" KEXINIT "z"),
	 "C anomaly 17\nC line 255@0 line=SSH-2.0-" X241 "xxxxxy proto=2.0 software=" X241 "xxxxxy\n"
	 "C kexinit 164@262 line=SSH-2.0-" X241 "xxxxxy proto=2.0 software=" X241 "xxxxxy" TOLD_LISTS HASSH_C "\n",
	 "S anomaly 17\nS line 255@0 line=SSH-2.0-" X241 "xxxxxy proto=2.0 software=" X241 "xxxxxy\n"
	 "S kexinit 164@262 line=SSH-2.0-" X241 "xxxxxy proto=2.0 software=" X241 "xxxxxy" TOLD_LISTS HASSH_S "\n"},
	/* RFC 4253 section 5: SSH 1 has other packets; 1.99 has these as well. */
	{BYTES("SSH-1.5-1.2.27\n\0\0\1\x0b"), "C line 15@0 line=SSH-1.5-1.2.27 proto=1.5 software=1.2.27\n", NULL},
	{BYTES("SSH-1.99-x\n" KEXINIT),
	 "C line 11@0 line=SSH-1.99-x proto=1.99 software=x\n"
	 "C kexinit 164@15 line=SSH-1.99-x proto=1.99 software=x" TOLD_LISTS HASSH_C "\n",
	 "S line 11@0 line=SSH-1.99-x proto=1.99 software=x\n"
	 "S kexinit 164@15 line=SSH-1.99-x proto=1.99 software=x" TOLD_LISTS HASSH_S "\n"},
	/* Other messages before KEXINIT: IGNORE is passed over, DISCONNECT is the end, what else. */
	{BYTES(BANNER IGNORE KEXINIT), "C" TOLD "C anomaly 19\nC kexinit 164@60 line=" LINE " " PARTS TOLD_LISTS HASSH_C "\n",
	 "S" TOLD "S anomaly 19\nS kexinit 164@60 line=" LINE " " PARTS TOLD_LISTS HASSH_S "\n"},
	{BYTES(BANNER DISCONNECT KEXINIT), "C" TOLD, NULL},
	{BYTES(BANNER "\0\0\0\x0c\4\x15" "\0\0\0\0\0\0\0\0\0\0" KEXINIT), "C" TOLD "C anomaly 20\n", NULL},
	{BYTES(BANNER "\0\0\0\x0c\4\0" "\0\0\0\0\0\0\0\0\0\0" KEXINIT), "C" TOLD "C anomaly 20\n", NULL},
	/* Lengths: none, over 35000 bytes, of padding only, of a list, no flag behind the lists. */
	{BYTES(BANNER "\0\0\0\0"), "C" TOLD "C anomaly 20\n", NULL},
	{BYTES(BANNER "\0\0\0\1\0"), "C" TOLD "C anomaly 20\n", NULL},
	{BYTES(BANNER "\0\0\x88\xb5"), "C" TOLD "C anomaly 20\n", NULL},
	{BYTES(BANNER "\0\0\x88\xb4"), "C" TOLD, NULL},
	{BYTES(BANNER "\0\0\0\5\4\x14\0\0\0"), "C" TOLD "C anomaly 20\n", NULL},
	{BYTES(BANNER "\0\0\0\5\4\1\0\0\0"), "C" TOLD "C anomaly 20\n", NULL},
	{BYTES(BANNER "\0\0\0\x12\4" COOKIE), "C" TOLD "C anomaly 20\n", NULL},
	{BYTES(BANNER "\0\0\0\x11\0" "\x14" "0123456789abcde"), "C" TOLD "C anomaly 20\n", NULL},
	{BYTES(BANNER "\0\0\0\x14\0" COOKIE "\0\0"), "C" TOLD "C anomaly 20\n", NULL},
	{BYTES(BANNER "\0\0\0\x16\0" COOKIE "\0\0\0\1"), "C" TOLD "C anomaly 20\n", NULL},
	{BYTES(BANNER "\0\0\0\x1a\0" COOKIE "\xff\xff\xff\xff" "abcd"), "C" TOLD "C anomaly 20\n", NULL},
	{BYTES(BANNER "\0\0\0\x3a\0" COOKIE EMPTY_LISTS), "C" TOLD "C anomaly 20\n", NULL},
};

/* clang-format on */

static void
check_side(const struct side_case *row, unsigned int side, size_t step)
{
	struct l7_bed bed = {.view = &l7_ssh_view, .write = l7_ssh_text, .server_port = 22};
	char expected[4096];
	const char *same = side == WP_SERVER && row->server != NULL ? row->server : row->client;

	ck_assert_uint_lt(strlen(same), sizeof(expected));
	strcpy(expected, same);
	for (char *at = expected; side == WP_SERVER && at != NULL && *at != '\0';) {
		*at = 'S';
		at = strchr(at, '\n');
		at = at != NULL ? at + 1 : NULL;
	}
	l7_bed_open(&bed);
	l7_bed_feed(&bed, side, row->input, row->size, step);
	ck_assert(!bed.is_over);
	ck_assert_str_eq(l7_bed_close(&bed), expected);
	l7_bed_free(&bed);
}

START_TEST(test_sides)
{
	for (unsigned int side = WP_CLIENT; side <= WP_SERVER; side++) {
		check_side(&sides[_i], side, 0);
		check_side(&sides[_i], side, 1);
		check_side(&sides[_i], side, 3);
	}
}
END_TEST

/** Feeds the same to both sides. */
static void
feed_both(struct l7_bed *bed, const char *data, size_t size)
{
	l7_bed_feed(bed, WP_SERVER, data, size, 0);
	l7_bed_feed(bed, WP_CLIENT, data, size, 0);
}

START_TEST(test_stops_behind_both_lists)
{
	struct l7_bed bed = {.view = &l7_ssh_view, .write = l7_ssh_text};

	l7_bed_open(&bed);
	feed_both(&bed, BYTES(BANNER));
	l7_bed_say(&bed, WP_SERVER, KEXINIT, 0);
	ck_assert(!bed.is_over);
	l7_bed_say(&bed, WP_CLIENT, KEXINIT, 0);
	ck_assert(bed.is_over);
	ck_assert_int_eq(bed.then, L7_GOES_DARK);
	ck_assert_str_eq(l7_bed_close(&bed), "S" TOLD "C" TOLD "S" TOLD_KEXINIT HASSH_S
					     "\nC" TOLD_KEXINIT HASSH_C "\n");
	l7_bed_free(&bed);
}
END_TEST

/* A client of SSH 1 makes a server that speaks both send other packets. */
START_TEST(test_packets_of_ssh_1_are_not_read)
{
	struct l7_bed bed = {.view = &l7_ssh_view, .write = l7_ssh_text};

	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_SERVER, "SSH-1.99-x\n", 0);
	l7_bed_say(&bed, WP_CLIENT, "SSH-1.5-y\n", 0);
	ck_assert(!bed.is_over);
	l7_bed_say(&bed, WP_SERVER, "\0\0\1\x0b\0\0\0\0\0\2", 0);
	ck_assert(bed.is_over);
	ck_assert_str_eq(l7_bed_close(&bed), "S line 11@0 line=SSH-1.99-x proto=1.99 software=x\n"
					     "C line 10@0 line=SSH-1.5-y proto=1.5 software=y\n");
	l7_bed_free(&bed);
}
END_TEST

/** Feeds so many lines of so many bytes before a banner. @return what was told; to be freed */
static char *
read_lines(unsigned int n, size_t size, size_t step)
{
	struct l7_bed bed = {.view = &l7_ssh_view, .write = l7_ssh_text};
	char line[8300];

	memset(line, 'x', size);
	line[size - 1] = '\n';
	l7_bed_open(&bed);
	for (unsigned int i = 0; i < n; i++)
		l7_bed_feed(&bed, WP_SERVER, line, size, step);
	l7_bed_say(&bed, WP_SERVER, "SSH-2.0-x\n", step);
	l7_bed_close(&bed);
	return bed.text;
}

START_TEST(test_lines_before_a_banner_are_bounded)
{
	static const struct {
		unsigned int n;
		size_t size;
		const char *expected;
	} rows[] = {
		{50, 1, "S line 10@50 line=SSH-2.0-x proto=2.0 software=x\n"},
		{51, 1, "S anomaly 18\n"},
		{1, 8192, "S line 10@8192 line=SSH-2.0-x proto=2.0 software=x\n"},
		{2, 4096, "S line 10@8192 line=SSH-2.0-x proto=2.0 software=x\n"},
		{1, 8193, "S anomaly 18\n"},
		{2, 4097, "S anomaly 18\n"},
	};

	for (int i = 0; i < ROWS(rows); i++)
		for (size_t step = 0; step < 4; step++) {
			char *told = read_lines(rows[i].n, rows[i].size, step);

			ck_assert_str_eq(told, rows[i].expected);
			free(told);
		}
}
END_TEST

/* The rest of a long banner is bounded too: the side is given up then. */
START_TEST(test_rest_of_a_banner_is_bounded)
{
	static char banner[255 + 8193] = "SSH-2.0-";
	struct l7_bed bed = {.view = &l7_ssh_view, .write = l7_ssh_text};

	memset(banner + 8, 'x', sizeof(banner) - 8);
	for (size_t more = 0; more < 2; more++) {
		bed = (struct l7_bed){.view = &l7_ssh_view, .write = l7_ssh_text};
		banner[sizeof(banner) - 2] = more ? 'x' : '\n';
		l7_bed_open(&bed);
		l7_bed_feed(&bed, WP_CLIENT, banner, sizeof(banner) - (more ? 0 : 1), 0);
		l7_bed_say(&bed, WP_CLIENT, KEXINIT, 0);
		l7_bed_close(&bed);
		ck_assert_uint_eq(bed.n, more ? 2 : 3);
		ck_assert_int_eq(strstr(bed.text, "C kexinit 164@8451 ") != NULL, !more);
		l7_bed_free(&bed);
	}
}
END_TEST

START_TEST(test_early_packets_are_bounded)
{
	struct l7_bed bed = {.view = &l7_ssh_view, .write = l7_ssh_text};

	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_CLIENT, BANNER, 0);
	for (unsigned int i = 0; i < 20; i++)
		l7_bed_say(&bed, WP_CLIENT, IGNORE, 0);
	ck_assert_ptr_nonnull(strstr(l7_bed_close(&bed), "anomaly 19\nC anomaly 20\n"));
	ck_assert_uint_eq(bed.n, 1 + 16 + 1);
	l7_bed_free(&bed);
}
END_TEST

START_TEST(test_gap)
{
	struct l7_bed bed = {.view = &l7_ssh_view, .write = l7_ssh_text};

	l7_bed_open(&bed);
	l7_bed_say(&bed, WP_CLIENT, "SSH-2", 0);
	l7_bed_gap(&bed, WP_CLIENT, 3);
	l7_bed_say(&bed, WP_CLIENT, BANNER, 0);
	l7_bed_gap(&bed, WP_CLIENT, 3);
	l7_bed_say(&bed, WP_SERVER, BANNER "\0\0\1\0abc", 0);
	ck_assert_uint_ne(bed.used, 0);
	l7_bed_gap(&bed, WP_SERVER, 1);
	ck_assert_uint_eq(bed.used, 0);
	ck_assert(bed.is_over);
	ck_assert_str_eq(l7_bed_close(&bed), "C anomaly 3\nS" TOLD "S anomaly 3\n");
	l7_bed_free(&bed);
}
END_TEST

START_TEST(test_finish)
{
	static const struct {
		const char *input;
		size_t size;
		const char *expected;
	} rows[] = {
		{BYTES(""), ""},
		{BYTES("SSH-"), ""},
		{BYTES("SSH-2.0-scan"), "C anomaly 16\nC line 12@0 line=SSH-2.0-scan proto=2.0 "
					"software=scan\n"},
		{BYTES(BANNER), "C" TOLD},
		{BYTES(BANNER "\0"), "C" TOLD "C anomaly 20\n"},
		{BYTES(BANNER "\0\0\1\0abc"), "C" TOLD "C anomaly 20\n"},
		{BYTES(BANNER KEXINIT "\0"), "C" TOLD "C" TOLD_KEXINIT HASSH_C "\n"},
	};

	for (int i = 0; i < ROWS(rows); i++) {
		struct l7_bed bed = {.view = &l7_ssh_view, .write = l7_ssh_text};

		l7_bed_open(&bed);
		l7_bed_feed(&bed, WP_CLIENT, rows[i].input, rows[i].size, 0);
		l7_bed_finish(&bed, WP_CLIENT);
		ck_assert(!bed.is_over);
		l7_bed_finish(&bed, WP_SERVER);
		ck_assert(bed.is_over);
		ck_assert_str_eq(l7_bed_close(&bed), rows[i].expected);
		l7_bed_free(&bed);
	}
}
END_TEST

/* Without memory a packet that is cut cannot be read; one that is whole can. */
START_TEST(test_memory_limit)
{
	for (size_t step = 0; step <= 100; step += 50) {
		struct l7_bed bed = {.view = &l7_ssh_view, .write = l7_ssh_text, .limit = 100};

		l7_bed_open(&bed);
		l7_bed_feed(&bed, WP_CLIENT, BANNER KEXINIT,
			    sizeof(BANNER KEXINIT) - (step == 0 ? 1 : 40), step);
		l7_bed_finish(&bed, WP_CLIENT);
		ck_assert_str_eq(l7_bed_close(&bed), step == 0 ? "C" TOLD "C" TOLD_KEXINIT HASSH_C
								 "\n"
							       : "C" TOLD "C anomaly 2\n");
		ck_assert_uint_eq(bed.peak, 0);
		l7_bed_free(&bed);
	}
}
END_TEST

static const struct match_case {
	const char *data;
	uint32_t size;
	uint16_t port;
	uint8_t side;
	enum l7_match expected;
} matches[] = {
	{BYTES("SSH-2.0-x"), 2222, WP_CLIENT, L7_YES},
	{BYTES("SSH-"), 2222, WP_SERVER, L7_YES},
	{BYTES("SSH"), 22, WP_CLIENT, L7_MAYBE},
	{BYTES("SSH-2.0-x /a HTTP/1.1\r\n"), 2222, WP_CLIENT, L7_NO},
	{BYTES("SSH-2.0-x /a"), 2222, WP_CLIENT, L7_NO},
	{BYTES("SSH-2.0-x"), 80, WP_CLIENT, L7_MAYBE},
	{BYTES("SSH-2.0-x a\r\n"), 80, WP_CLIENT, L7_YES},
	{BYTES("S"), 80, WP_SERVER, L7_MAYBE},
	{BYTES("SSL-"), 22, WP_CLIENT, L7_NO},
	{BYTES("hello\r\nSSH-2.0-x"), 22, WP_SERVER, L7_YES},
	{BYTES("hello\r\nSSH-2.0-x"), 2222, WP_SERVER, L7_NO},
	{BYTES("hello\r\nSSH-2.0-x"), 22, WP_CLIENT, L7_NO},
	{BYTES("hello\r\n"), 22, WP_SERVER, L7_MAYBE},
	{BYTES("hello\r\n"), 2222, WP_SERVER, L7_NO},
	{BYTES("hello\0\n"), 22, WP_SERVER, L7_NO},
};

START_TEST(test_match)
{
	const struct match_case *row = &matches[_i];
	uint8_t *copy = malloc(row->size);
	struct l7_hint hint = {
		.data = copy, .size = row->size, .side = row->side, .server_port = row->port};

	memcpy(copy, row->data, row->size);
	ck_assert_int_eq(l7_ssh_view.match(&hint), row->expected);
	free(copy);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("l7_ssh");

	tcase_add_loop_test(tcase, test_sides, 0, ROWS(sides));
	tcase_add_test(tcase, test_stops_behind_both_lists);
	tcase_add_test(tcase, test_packets_of_ssh_1_are_not_read);
	tcase_add_test(tcase, test_lines_before_a_banner_are_bounded);
	tcase_add_test(tcase, test_rest_of_a_banner_is_bounded);
	tcase_add_test(tcase, test_early_packets_are_bounded);
	tcase_add_test(tcase, test_gap);
	tcase_add_test(tcase, test_finish);
	tcase_add_test(tcase, test_memory_limit);
	tcase_add_loop_test(tcase, test_match, 0, ROWS(matches));
	return unit_main("l7_ssh", tcase);
}
