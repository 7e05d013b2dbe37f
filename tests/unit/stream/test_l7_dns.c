/* SPDX-License-Identifier: BSD-3-Clause */
/* The view of DNS: messages in datagrams and streams, and what is wrong with them. */

#include "stream/l7/dns_view.h"

#include <string.h>

#include "l7_bed.h"
#include "parse/parse.h"
#include "l7_dns_text.h"
#include "unit.h"

enum { TCP = 6, UDP = 17, MESSAGE_MAX = 65535 };

/** Bytes, and how many: strings here have zeros in them. */
#define BYTES(TEXT) (TEXT), sizeof(TEXT) - 1

#define WWW "\3www\7example\3com\0"
#define QUERY "\x12\x34\1\0\0\1\0\0\0\0\0\0"
#define QUERY_WWW QUERY WWW "\0\1\0\1"
#define ANSWER(N) "\x12\x34\x84\0\0\0\0" N "\0\0\0\0"
#define IN_60 "\0\1\0\0\0\x3c" /* class and TTL of a record */
#define FIXED(TYPE, SIZE) "\0" TYPE IN_60 "\0" SIZE
#define OPT "\0\0\x29\x04\xd0\0\0\x80\0\0\0"
#define L16                                                                                        \
	"\x0f"                                                                                     \
	"0123456789abcde"
#define L64 L16 L16 L16 L16
#define TEXT15 "0123456789abcde"
#define TEXT63 TEXT15 "." TEXT15 "." TEXT15 "." TEXT15

struct message_case {
	const char *input;
	size_t size;
	const char *expected;
};

static struct l7_view
view_of(uint8_t proto)
{
	struct l7_view view = l7_dns_view;

	view.proto = proto;
	return view;
}

/** Reads a message as a datagram. */
static void
check_datagram(const struct message_case *row)
{
	struct l7_view view = view_of(UDP);
	struct l7_bed bed = {.view = &view, .write = l7_dns_text, .server_port = 53};

	l7_bed_open(&bed);
	l7_bed_feed(&bed, WP_CLIENT, row->input, row->size, 0);
	ck_assert_str_eq(l7_bed_close(&bed), row->expected);
	ck_assert_uint_eq(bed.peak, 0);
	l7_bed_free(&bed);
}

/** @return how many bytes it takes to put a message's length in front. */
static size_t
put_framed(uint8_t *to, const char *message, size_t size)
{
	to[0] = (uint8_t)(size >> 8);
	to[1] = (uint8_t)size;
	memcpy(to + 2, message, size);
	return size + 2;
}

/** Reads a message in a stream: the same is told but for where it stands. */
static void
check_stream(const struct message_case *row, size_t step)
{
	static uint8_t framed[2 + MESSAGE_MAX];
	struct l7_view view = view_of(TCP);
	struct l7_bed bed = {.view = &view, .write = l7_dns_text, .server_port = 53};
	size_t size = put_framed(framed, row->input, row->size);
	const char *at = row->expected, *told;

	l7_bed_open(&bed);
	l7_bed_feed(&bed, WP_CLIENT, framed, size, step);
	told = l7_bed_close(&bed);
	for (; *at != '\0'; at++, told++) {
		if (*at == '@') { /* the message is at 0 of its datagram, at 2 of the stream */
			ck_assert_int_eq(strncmp(told, "@2", 2), 0);
			at += 2;
			told += 2;
		}
		if (*at != *told)
			ck_abort_msg("step %zu: '%s' is not '%s'", step, told, at);
	}
	ck_assert_int_eq(*told, '\0');
	l7_bed_free(&bed);
}

static void
check_message(const struct message_case *row)
{
	check_datagram(row);
	check_stream(row, 0);
	check_stream(row, 1);
	check_stream(row, 3);
}

/* clang-format off */

static const struct message_case messages[] = {
	{BYTES(QUERY_WWW), "C 33@0 id=1234 flags=0100 op=0 rc=0 n=1/0/0/0 q=www.example.com(3)/1/1\n"},
	/* RFC 1035 section 4.1.4: F.ISI.ARPA, FOO.F.ISI.ARPA, ARPA, and the root. */
	{BYTES("\0\7\1\0\0\4\0\0\0\0\0\0" "\1F\3ISI\4ARPA\0\0\1\0\1" "\3FOO\xc0\x0c\0\1\0\1"
	       "\xc0\x12\0\1\0\1" "\0\0\2\0\1"), "C 49@0 id=7 flags=0100 op=0 rc=0 n=4/0/0/0 q=F.ISI.ARPA(3)/1/1 q=FOO.F.ISI.ARPA(4)/1/1 q=ARPA(1)/1/1 q=.(0)/2/1\n"},
	/* RFC 6891 section 6.1: EDNS with DO; and BADVERS, of which the upper bits stand in it. */
	{BYTES("\x12\x34\1\x20\0\1\0\0\0\0\0\1" WWW "\0\x1c\0\1" OPT), "C 44@0 id=1234 flags=0120 op=0 rc=0 n=1/0/0/1 edns=0/1232/1 q=www.example.com(3)/28/1 ar=.(0)/41/1232/32768/0:-\n"},
	{BYTES("\x12\x34\x81\x80\0\0\0\0\0\0\0\1" "\0\0\x29\x02\0\1\0\0\0\0\0"), "C 23@0 id=1234 flags=8180 op=0 rc=16 n=0/0/0/1 edns=0/512/0 ar=.(0)/41/512/16777216/0:-\n"},
	/* RFC 2782: its example, with the target compressed all the same. */
	{BYTES(ANSWER("\1") "\5_ldap\4_tcp\7example\3com\0" FIXED("\x21", "\x1d")
	       "\0\0\0\1\0\x15" "\x0cold-slow-box\7example\xc0\x1f"), "C 75@0 id=1234 flags=8400 op=0 rc=0 n=0/1/0/0 an=_ldap._tcp.example.com(4)/33/1/60/29 0,1,21 :old-slow-box.example.com\n"},
	{BYTES("\x12\x34\x81\x80\0\1\0\4\0\0\0\0" WWW "\0\1\0\1" "\xc0\x0c" FIXED("\5", "\6")
	       "\3cdn\xc0\x10" "\xc0\x2d" FIXED("\1", "\4") "\x5d\xb8\xd8\x22" "\xc0\x2d"
	       FIXED("\x1c", "\x10") "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1" "\xc0\x10"
	       FIXED("\x0f", "\x09") "\0\x0a\4mail\xc0\x10"), "C 116@0 id=1234 flags=8180 op=0 rc=0 n=1/4/0/0 q=www.example.com(3)/1/1 an=www.example.com(3)/5/1/60/6:cdn.example.com an=cdn.example.com(3)/1/1/60/4:93.184.216.34 an=cdn.example.com(3)/28/1/60/16:2001:db8::1 an=example.com(2)/15/1/60/9 10,0,0 :mail.example.com\n"},
	{BYTES(ANSWER("\4") "\7example\3com\0" FIXED("\6", "\x20") "\2ns\xc0\x0c" "\4root\xc0\x0c"
	       "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5" "\xc0\x0c" FIXED("\2", "\2") "\xc0\x23"
	       "\xc0\x0c" FIXED("\x10", "\x0c") "\5v=one\5 two\0" "\xc0\x0c" FIXED("\x27", "\1")
	       "\0"), "C 118@0 id=1234 flags=8400 op=0 rc=0 n=0/4/0/0 an=example.com(2)/6/1/60/32:ns.example.com mailbox=root.example.com an=example.com(2)/2/1/60/2:ns.example.com an=example.com(2)/16/1/60/12:v=one an=example.com(2)/39/1/60/1:.\n"},
	/* RFC 9460 section 2.1: HTTPS 1 . alpn=h2, and an alias. */
	{BYTES(ANSWER("\2") "\7example\3com\0" FIXED("\x41", "\x0a") "\0\1\0\0\1\0\3\2h2"
	       "\xc0\x0c" FIXED("\x40", "\4") "\0\0\xc0\x0c"), "C 61@0 id=1234 flags=8400 op=0 rc=0 n=0/2/0/0 an=example.com(2)/65/1/60/10 1,0,0 :. an=example.com(2)/64/1/60/4:example.com\n"},
	/* RFC 4034 section 5.4: a DS; and an RRSIG, of which nothing is told as text either. */
	{BYTES(ANSWER("\2") "\5dskey\7example\3com\0" "\0\x2b\0\1\0\1\x51\x80\0\x18\xec\x45\5\1"
	       "\x2b\xb1\x83\xaf\x5f\x22\x58\x81\x79\xa5\x3b\x0a\x98\x63\x1f\xad\x1a\x29\x21\x18"
	       "\xc0\x0c" FIXED("\x2e", "\x15") "\0\x30\5\3\0\1\x51\x80\0\0\0\2\0\0\0\1\xec\x45\0"
	       "ab"), "C 98@0 id=1234 flags=8400 op=0 rc=0 n=0/2/0/0 an=dskey.example.com(3)/43/1/86400/24:- an=dskey.example.com(3)/46/1/60/21:-\n"},
	/* RFC 2136 sections 2.4.3 and 2.5.4: a name in use; a record to delete; a set to delete. */
	{BYTES("\0\1\x28\0\0\1\0\1\0\2\0\0" "\7example\3com\0\0\6\0\1"
	       "\xc0\x0c\0\xff\0\xff\0\0\0\0\0\0" "\xc0\x0c\0\1\0\xfe\0\0\0\0\0\4\x0a\0\0\1"
	       "\xc0\x0c\0\2\0\xff\0\0\0\0\0\0"), "C 69@0 id=1 flags=2800 op=5 rc=0 n=1/1/2/0 q=example.com(2)/6/1 an=example.com(2)/255/255/0/0:- ns=example.com(2)/1/254/0/4:10.0.0.1 ns=example.com(2)/2/255/0/0:-\n"},
	/* RFC 6762 sections 5.4 and 10.2: a unicast response wanted, the cache to be flushed. */
	{BYTES("\0\0\x84\0\0\1\0\1\0\0\0\0" "\1h\5local\0\0\1\x80\1"
	       "\xc0\x0c\0\1\x80\1\0\0\0\x78\0\4\xa9\xfe\0\1"), "C 41@0 id=0 flags=8400 op=0 rc=0 n=1/1/0/0 q=h.local(2)/1/32769 an=h.local(2)/1/32769/120/4:169.254.0.1\n"},
	/* CHAOS: an A is not an address there, a TXT is a TXT. */
	{BYTES(ANSWER("\2") "\7version\4bind\0" "\0\x10\0\3\0\0\0\0\0\4\0039.9"
	       "\xc0\x0c\0\1\0\3\0\0\0\0\0\4\1\2\3\4"), "C 56@0 id=1234 flags=8400 op=0 rc=0 n=0/2/0/0 an=version.bind(2)/16/3/0/4:9.9 an=version.bind(2)/1/3/0/4:-\n"},
	/* RFC 4343 section 2.1: what is not printable, a dot and a backslash in a label. */
	{BYTES(QUERY "\7a.b\\\0 \xff\1B\0\0\1\0\1"), "C 27@0 id=1234 flags=0100 op=0 rc=0 n=1/0/0/0 q=a\\x5c.b\\x5c\\x5c\\x5c000\\x5c032\\x5c255.B(2)/1/1\n"},
	/* RFC 1035 section 2.3.4: a name of 255 bytes, and of 256, also by way of a pointer. */
	{BYTES(QUERY L64 L64 L64 L16 L16 L16 "\x0d" "0123456789abc" "\0\0\1\0\1"), "C 271@0 id=1234 flags=0100 op=0 rc=0 n=1/0/0/0 q=" TEXT63 "." TEXT63 "." TEXT63 "." TEXT15 "." TEXT15 "." TEXT15 ".0123456789abc(16)/1/1\n"},
	{BYTES(QUERY L64 L64 L64 L16 L16 L16 "\x0e" "0123456789abcd" "\0\0\1\0\1"), "C anomaly 17\n"
	 "C 272@0 id=1234 flags=0100 op=0 rc=0 n=1/0/0/0 wrong=2 q=-(0)/1/1\n"},
	{BYTES("\x12\x34\1\0\0\2\0\0\0\0\0\0" L64 L64 L64 L16 L16 L16 "\0\0\1\0\1"
	       "\x0e" "0123456789abcd\xc0\x0c\0\1\0\1"), "C anomaly 17\n"
	 "C 278@0 id=1234 flags=0100 op=0 rc=0 n=2/0/0/0 wrong=2 q=" TEXT63 "." TEXT63 "." TEXT63 "." TEXT15 "." TEXT15 "." TEXT15 "(15)/1/1 q=-(0)/1/1\n"},
};

static const struct message_case wrong[] = {
	{BYTES("\x12"), "C anomaly 16\n"},
	{BYTES("\x12\x34\1\0\0\1\0\0\0\0\0"), "C anomaly 16\n"},
	/* The Z bit; and more records than there is room for. */
	{BYTES("\x12\x34\1\x40\0\0\0\0\0\0\0\0"), "C anomaly 16\n"
	 "C 12@0 id=1234 flags=0140 op=0 rc=0 n=0/0/0/0 wrong=1\n"},
	{BYTES("\x12\x34\1\0\0\1\xff\xff\0\0\0\0" WWW "\0\1\0\1"), "C anomaly 16\n"
	 "C anomaly 18\n"
	 "C 33@0 id=1234 flags=0100 op=0 rc=0 n=1/65535/0/0 wrong=5 q=www.example.com(3)/1/1\n"},
	/* Pointers: to itself, onwards, to each other, into the header. */
	{BYTES(QUERY "\xc0\x0c\0\1\0\1"), "C anomaly 17\n"
	 "C 18@0 id=1234 flags=0100 op=0 rc=0 n=1/0/0/0 wrong=2 q=-(0)/1/1\n"},
	{BYTES(QUERY "\xc0\x0e\0\1\0\1\1a\0"), "C anomaly 17\n"
	 "C anomaly 21\n"
	 "C 21@0 id=1234 flags=0100 op=0 rc=0 n=1/0/0/0 wrong=22 q=.(0)/1/1\n"},
	{BYTES(QUERY "\1b\xc0\x14\0\1\0\1\1a\0"), "C anomaly 17\n"
	 "C anomaly 21\n"
	 "C 23@0 id=1234 flags=0100 op=0 rc=0 n=1/0/0/0 wrong=22 q=b.a(2)/1/1\n"},
	{BYTES(QUERY "\1a\xc0\x0c\0\1\0\1"), "C anomaly 17\n"
	 "C 20@0 id=1234 flags=0100 op=0 rc=0 n=1/0/0/0 wrong=2 q=-(0)/1/1\n"},
	{BYTES("\x12\x34\1\0\0\2\0\0\0\0\0\0" "\xc0\x12\0\1\0\1" "\xc0\x0c\0\1\0\1"), "C anomaly 17\n"
	 "C 24@0 id=1234 flags=0100 op=0 rc=0 n=2/0/0/0 wrong=2 q=-(0)/1/1 q=-(0)/1/1\n"},
	{BYTES("\1a\0\0\0\1\0\0\0\0\0\0" "\1b\xc0\0\0\1\0\1"), "C anomaly 17\n"
	 "C 20@0 id=161 flags=0000 op=0 rc=0 n=1/0/0/0 wrong=2 q=b.a(2)/1/1\n"},
	/* Labels of types that RFC 6891 section 5 has done away with: nothing is read behind. */
	{BYTES("\x12\x34\1\0\0\2\0\0\0\0\0\0" "\1a\x41\1\0\0\1\0\1" WWW "\0\1\0\1"), "C anomaly 17\n"
	 "C 42@0 id=1234 flags=0100 op=0 rc=0 n=2/0/0/0 wrong=2\n"},
	{BYTES(QUERY "\x80\1\0\0\1\0\1"), "C anomaly 17\n"
	 "C 19@0 id=1234 flags=0100 op=0 rc=0 n=1/0/0/0 wrong=2\n"},
	/* Cut within a name, a pointer, a question, a record's front, its data. */
	{BYTES(QUERY "\3ww"), "C anomaly 16\n"
	 "C anomaly 18\n"
	 "C 15@0 id=1234 flags=0100 op=0 rc=0 n=1/0/0/0 wrong=5\n"},
	{BYTES(QUERY "\1a\xc0"), "C anomaly 16\n"
	 "C anomaly 18\n"
	 "C 15@0 id=1234 flags=0100 op=0 rc=0 n=1/0/0/0 wrong=5\n"},
	{BYTES(QUERY WWW "\0\1\0"), "C anomaly 18\n"
	 "C 32@0 id=1234 flags=0100 op=0 rc=0 n=1/0/0/0 wrong=4\n"},
	{BYTES(ANSWER("\1") "\1a\0" "\0\1\0\1\0\0\0\0\0"), "C anomaly 18\n"
	 "C 24@0 id=1234 flags=8400 op=0 rc=0 n=0/1/0/0 wrong=4\n"},
	{BYTES(ANSWER("\1") "\1a\0" FIXED("\1", "\5") "\1\2\3\4"), "C anomaly 18\n"
	 "C 29@0 id=1234 flags=8400 op=0 rc=0 n=0/1/0/0 wrong=4\n"},
	/* Data that is none of its type. */
	{BYTES(ANSWER("\2") "\1a\0" FIXED("\1", "\3") "\1\2\3" "\1b\0" FIXED("\x1c", "\4")
	       "\1\2\3\4"), "C anomaly 19\n"
	 "C 45@0 id=1234 flags=8400 op=0 rc=0 n=0/2/0/0 wrong=8 an=a(1)/1/1/60/3:- an=b(1)/28/1/60/4:-\n"},
	{BYTES(ANSWER("\1") "\1a\0" FIXED("\5", "\2") "\1b" "\0"), "C anomaly 19\n"
	 "C anomaly 21\n"
	 "C 28@0 id=1234 flags=8400 op=0 rc=0 n=0/1/0/0 wrong=28 an=a(1)/5/1/60/2:-\n"},
	{BYTES(ANSWER("\1") "\1a\0" FIXED("\5", "\4") "\1b\0\0"), "C anomaly 19\n"
	 "C 29@0 id=1234 flags=8400 op=0 rc=0 n=0/1/0/0 wrong=8 an=a(1)/5/1/60/4:b\n"},
	{BYTES(ANSWER("\1") "\1a\0" FIXED("\x0f", "\1") "\1"), "C anomaly 19\n"
	 "C 26@0 id=1234 flags=8400 op=0 rc=0 n=0/1/0/0 wrong=8 an=a(1)/15/1/60/1:-\n"},
	{BYTES(ANSWER("\1") "\1a\0" FIXED("\x21", "\5") "\0\0\0\0\0"), "C anomaly 19\n"
	 "C 30@0 id=1234 flags=8400 op=0 rc=0 n=0/1/0/0 wrong=8 an=a(1)/33/1/60/5:-\n"},
	{BYTES(ANSWER("\1") "\1a\0" FIXED("\x10", "\4") "\4abc"), "C anomaly 19\n"
	 "C 29@0 id=1234 flags=8400 op=0 rc=0 n=0/1/0/0 wrong=8 an=a(1)/16/1/60/4:-\n"},
	{BYTES(ANSWER("\1") "\1a\0" FIXED("\x10", "\0")), "C anomaly 19\n"
	 "C 25@0 id=1234 flags=8400 op=0 rc=0 n=0/1/0/0 wrong=8 an=a(1)/16/1/60/0:-\n"},
	{BYTES(ANSWER("\1") "\1a\0" FIXED("\x10", "\3") "\1x\7"), "C anomaly 19\n"
	 "C 28@0 id=1234 flags=8400 op=0 rc=0 n=0/1/0/0 wrong=8 an=a(1)/16/1/60/3:x\n"},
	{BYTES(ANSWER("\1") "\1a\0" FIXED("\6", "\6") "\1b\0\1c\0"), "C anomaly 19\n"
	 "C 31@0 id=1234 flags=8400 op=0 rc=0 n=0/1/0/0 wrong=8 an=a(1)/6/1/60/6:b mailbox=c\n"},
	{BYTES(ANSWER("\1") "\1a\0" FIXED("\2", "\2") "\x41\0"), "C anomaly 17\n"
	 "C 27@0 id=1234 flags=8400 op=0 rc=0 n=0/1/0/0 wrong=2 an=a(1)/2/1/60/2:-\n"},
	{BYTES(ANSWER("\1") "\1a\0" FIXED("\x41", "\2") "\0\1"), "C anomaly 19\n"
	 "C 27@0 id=1234 flags=8400 op=0 rc=0 n=0/1/0/0 wrong=8 an=a(1)/65/1/60/2 1,0,0 :-\n"},
	/* RFC 6891 section 6.1.1: one OPT, of the root, in the additional section. */
	{BYTES("\x12\x34\1\0\0\0\0\0\0\0\0\2" OPT "\0\0\x29\2\0\0\0\0\0\0\0"), "C anomaly 20\n"
	 "C 34@0 id=1234 flags=0100 op=0 rc=0 n=0/0/0/2 edns=0/1232/1 wrong=10 ar=.(0)/41/1232/32768/0:- ar=.(0)/41/512/0/0:-\n"},
	{BYTES("\x12\x34\1\0\0\0\0\0\0\0\0\1" "\1a" OPT), "C anomaly 20\n"
	 "C 25@0 id=1234 flags=0100 op=0 rc=0 n=0/0/0/1 wrong=10 ar=a(1)/41/1232/32768/0:-\n"},
	{BYTES("\x12\x34\1\0\0\0\0\1\0\0\0\0" OPT), "C anomaly 20\n"
	 "C 23@0 id=1234 flags=0100 op=0 rc=0 n=0/1/0/0 wrong=10 an=.(0)/41/1232/32768/0:-\n"},
	{BYTES(QUERY_WWW "x"), "C anomaly 21\n"
	 "C 34@0 id=1234 flags=0100 op=0 rc=0 n=1/0/0/0 wrong=20 q=www.example.com(3)/1/1\n"},
};

/* clang-format on */

START_TEST(test_messages)
{
	check_message(&messages[_i]);
}
END_TEST

START_TEST(test_wrong_messages)
{
	check_message(&wrong[_i]);
}
END_TEST

/** Writes a name of so many bytes, in labels of bytes that take four each as text. */
static size_t
put_long_name(uint8_t *to, size_t size)
{
	size_t at = 0;

	while (size - at > 1) {
		size_t label = size - at - 2 < 63 ? size - at - 2 : 63;

		to[at++] = (uint8_t)label;
		memset(to + at, 0xee, label);
		at += label;
	}
	to[at++] = 0;
	return at;
}

static void
count_questions(FILE *out, const struct wp_stream_event *event)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < event->dns->n_questions_told; i++)
		n += event->dns->questions[i].name.text.data != NULL;
	fprintf(out, "%u/%u/%u", event->dns->n_questions, event->dns->n_questions_told, n);
}

/** Reads a datagram. @return what was told; to be freed */
static char *
read_datagram(const uint8_t *message, size_t size, l7_write write)
{
	struct l7_view view = view_of(UDP);
	struct l7_bed bed = {.view = &view, .write = write, .server_port = 53};

	l7_bed_open(&bed);
	l7_bed_feed(&bed, WP_CLIENT, message, size, 0);
	l7_bed_close(&bed);
	return bed.text;
}

/* 16 KiB of texts have room for 16 names of 255 bytes that are all escaped: 1003 bytes each. */
START_TEST(test_names_beyond_the_room_are_not_told)
{
	uint8_t message[12 + 32 * 259] = {0, 1, 1, 0, 0, 20};
	size_t size = 12;
	char *told;

	for (unsigned int i = 0; i < 20; i++)
		size += put_long_name(message + size, 255) + 4;
	told = read_datagram(message, size, count_questions);
	ck_assert_str_eq(told, "C anomaly 22\nC 20/20/16\n");
	free(told);
}
END_TEST

static void
count_addresses(FILE *out, const struct wp_stream_event *event)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < event->dns->n_records_told; i++)
		n += event->dns->records[i].text.data != NULL;
	fprintf(out, "%u/%u", event->dns->n_records_told, n);
}

/* Behind 16 such names there is room for 22 addresses of 15 bytes, and for no name. */
START_TEST(test_addresses_beyond_the_room_are_not_told)
{
	static const char record[] = "\0" FIXED("\1", "\4") "\xff\xff\xff\xff";
	uint8_t message[12 + 16 * 259 + 24 * 15] = {0, 1, 0x80, 0, 0, 16, 0, 24};
	size_t size = 12;
	char *told;

	for (unsigned int i = 0; i < 16; i++)
		size += put_long_name(message + size, 255) + 4;
	for (unsigned int i = 0; i < 24; i++, size += 15)
		memcpy(message + size, record, sizeof(record) - 1);
	told = read_datagram(message, size, count_addresses);
	ck_assert_str_eq(told, "C anomaly 22\nC 24/22\n");
	free(told);
}
END_TEST

START_TEST(test_questions_beyond_the_limit_are_counted)
{
	uint8_t message[12 + 40 * 5] = {0, 1, 1, 0, 0, 40};
	char *told = read_datagram(message, sizeof(message), count_questions);

	ck_assert_str_eq(told, "C 40/32/32\n");
	free(told);
	told = read_datagram(message, sizeof(message) - 1, count_questions);
	ck_assert_str_eq(told, "C anomaly 16\nC anomaly 18\nC 40/32/32\n");
	free(told);
}
END_TEST

static void
count_records(FILE *out, const struct wp_stream_event *event)
{
	fprintf(out, "%u/%u edns=%u", event->dns->n_records[WP_DNS_ADDITIONAL],
		event->dns->n_records_told, event->dns->edns_udp_size);
}

/* Of records that are not told the OPT is read all the same. */
START_TEST(test_records_beyond_the_limit_are_counted)
{
	uint8_t message[12 + 70 * 11] = {0, 1, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 70};
	char *told;

	for (unsigned int i = 0; i < 70; i++)
		message[12 + i * 11 + 2] = 99;
	memcpy(message + 12 + 69 * 11, OPT, 11);
	told = read_datagram(message, sizeof(message), count_records);
	ck_assert_str_eq(told, "C 70/64 edns=1232\n");
	free(told);
	message[12 + 68 * 11] = 0x40;
	told = read_datagram(message, sizeof(message), count_records);
	ck_assert_str_eq(told, "C anomaly 17\nC 70/64 edns=0\n");
	free(told);
}
END_TEST

/* A chain of pointers, each to the one before: 127 are followed. */
START_TEST(test_pointers_are_bounded)
{
	uint8_t message[12 + 5 + 11 + 300] = {0, 1, 0x80, 0, 0, 1, 0, 1};
	size_t at = 12 + 5, rdata, n;
	char *told;

	memcpy(message + at, "\0\0\x63\0\1\0\0\0\0", 9); /* of a type that is not known */
	rdata = at += 11;
	for (n = 0; n < 126; n++, at += 2) {
		size_t to = n == 0 ? 12 : at - 2;

		message[at] = (uint8_t)(0xc0 | to >> 8);
		message[at + 1] = (uint8_t)to;
	}
	message[rdata - 1] = (uint8_t)(at - rdata);
	message[7] = 2;
	message[at] = (uint8_t)(0xc0 | (at - 2) >> 8);
	message[at + 1] = (uint8_t)(at - 2);
	memcpy(message + at + 2, "\0\x63\0\1\0\0\0\0\0\0", 10);
	told = read_datagram(message, at + 12, l7_dns_text);
	ck_assert_ptr_nonnull(strstr(told, " an=.(0)/99/1/0/0:-"));
	ck_assert_ptr_null(strstr(told, "anomaly"));
	free(told);
	/* One more pointer in front. */
	message[rdata - 1] += 2;
	memmove(message + at + 2, message + at, 12);
	message[at + 2] = (uint8_t)(0xc0 | at >> 8);
	message[at + 3] = (uint8_t)at;
	told = read_datagram(message, at + 14, l7_dns_text);
	ck_assert_ptr_nonnull(strstr(told, "anomaly 17"));
	free(told);
}
END_TEST

/* Whatever is missing of a message at its end, it is told as truncated. */
START_TEST(test_each_prefix_is_truncated)
{
	const struct message_case *row = &messages[_i];

	for (size_t size = 12; size < row->size; size++) {
		char *told = read_datagram((const uint8_t *)row->input, size, l7_dns_text);

		ck_assert_msg(strstr(told, "anomaly 18") != NULL, "%zu: %s", size, told);
		free(told);
	}
}
END_TEST

#define FRAMED_QUERY "\0\x21" QUERY_WWW
#define TOLD_QUERY "id=1234 flags=0100 op=0 rc=0 n=1/0/0/0 q=www.example.com(3)/1/1\n"

static const struct stream_case {
	const char *input;
	size_t size;
	size_t gap; /* bytes that are missing behind it; 0: none */
	const char *then;
	size_t then_size;
	size_t limit; /* bytes of memory; 0: enough */
	bool stops;
	const char *expected;
} streams[] = {
	{BYTES(FRAMED_QUERY FRAMED_QUERY), 0, BYTES(FRAMED_QUERY), 0, false,
	 "C 33@2 " TOLD_QUERY "C 33@37 " TOLD_QUERY "C 33@72 " TOLD_QUERY},
	/* No message, and one without a whole header. */
	{BYTES("\0\0\0\3abc"), 0, BYTES(FRAMED_QUERY), 0, false,
	 "C anomaly 16\nC anomaly 16\nC 33@9 " TOLD_QUERY},
	/* Bytes of one message are missing, some or all that were left of it. */
	{BYTES("\0\x21\1\2\3"), 25, BYTES("abcde" FRAMED_QUERY), 0, false,
	 "C anomaly 3\nC 33@37 " TOLD_QUERY},
	{BYTES("\0\x21\1\2\3"), 30, BYTES(FRAMED_QUERY), 0, false,
	 "C anomaly 3\nC 33@37 " TOLD_QUERY},
	/* More than that, or a length. */
	{BYTES("\0\x21\1\2\3"), 31, BYTES(FRAMED_QUERY), 0, false, "C anomaly 3\n"},
	{BYTES(FRAMED_QUERY), 1, BYTES(FRAMED_QUERY), 0, false,
	 "C 33@2 " TOLD_QUERY "C anomaly 3\n"},
	{BYTES("\0"), 1, BYTES(FRAMED_QUERY), 0, false, "C anomaly 3\n"},
	/* The stream ends in a message, in a length. */
	{BYTES("\0\x21\1\2\3"), 0, "", 0, 0, false, "C anomaly 18\n"},
	{BYTES("\0"), 0, "", 0, 0, false, "C anomaly 18\n"},
};

static void
check_streams(const struct stream_case *row, size_t step)
{
	struct l7_view view = view_of(TCP);
	struct l7_bed bed = {.view = &view, .write = l7_dns_text, .limit = row->limit};

	l7_bed_open(&bed);
	l7_bed_feed(&bed, WP_CLIENT, row->input, row->size, step);
	if (row->gap != 0)
		l7_bed_gap(&bed, WP_CLIENT, row->gap);
	l7_bed_feed(&bed, WP_CLIENT, row->then, row->then_size, step);
	l7_bed_finish(&bed, WP_CLIENT);
	ck_assert_int_eq(bed.is_over, row->stops);
	ck_assert_str_eq(l7_bed_close(&bed), row->expected);
	l7_bed_free(&bed);
}

START_TEST(test_streams)
{
	check_streams(&streams[_i], 0);
	check_streams(&streams[_i], 1);
	check_streams(&streams[_i], 3);
}
END_TEST

START_TEST(test_a_lost_side_leaves_the_other)
{
	struct l7_view view = view_of(TCP);
	struct l7_bed bed = {.view = &view, .write = l7_dns_text};

	l7_bed_open(&bed);
	l7_bed_gap(&bed, WP_CLIENT, 7);
	l7_bed_say(&bed, WP_CLIENT, FRAMED_QUERY, 0);
	l7_bed_say(&bed, WP_SERVER, FRAMED_QUERY, 0);
	ck_assert(!bed.is_over);
	l7_bed_gap(&bed, WP_CLIENT, 1);
	l7_bed_gap(&bed, WP_SERVER, 1);
	ck_assert(bed.is_over);
	ck_assert_int_eq(bed.then, L7_STOPS);
	ck_assert_str_eq(l7_bed_close(&bed), "C anomaly 3\nS 33@2 " TOLD_QUERY "S anomaly 3\n");
	l7_bed_free(&bed);
}
END_TEST

/* A message for which there is no memory is passed over, the next is read. */
START_TEST(test_memory_limit)
{
	static const char large[] = "\x02\x01" QUERY_WWW;
	uint8_t bytes[2 + 513 + 35] = {0};
	struct l7_view view = view_of(TCP);
	struct l7_bed bed = {.view = &view, .write = l7_dns_text, .limit = 600};

	memcpy(bytes, large, sizeof(large) - 1);
	memcpy(bytes + 2 + 513, FRAMED_QUERY, 35);
	l7_bed_open(&bed);
	l7_bed_feed(&bed, WP_CLIENT, bytes, sizeof(bytes), 100);
	ck_assert_uint_eq(bed.peak, 512);
	ck_assert_str_eq(l7_bed_close(&bed), "C anomaly 2\nC 33@517 " TOLD_QUERY);
	l7_bed_free(&bed);
}
END_TEST

/* Nothing is taken for a message that lies in one call, and all is given back behind others. */
START_TEST(test_largest_message)
{
	static uint8_t bytes[2 + MESSAGE_MAX] = {0xff, 0xff, 0, 1};
	struct l7_view view = view_of(TCP);

	for (size_t step = 0; step <= 1000; step += 1000) {
		struct l7_bed bed = {.view = &view, .write = count_records};

		l7_bed_open(&bed);
		l7_bed_feed(&bed, WP_SERVER, bytes, sizeof(bytes), step);
		ck_assert_uint_eq(bed.used, 0);
		ck_assert_uint_le(bed.peak, step == 0 ? 0 : 2 * L7_TAKE_MAX);
		ck_assert_str_eq(l7_bed_close(&bed), "S anomaly 21\nS 0/0 edns=0\n");
		l7_bed_free(&bed);
	}
}
END_TEST

/* clang-format off */

static const struct match_case {
	const char *data;
	uint32_t size;
	uint16_t port;
	uint8_t side;
	enum l7_match expected;
	uint8_t proto;
} matches[] = {
	/* Datagrams at the ports of DNS. */
	{BYTES(QUERY_WWW), 53, WP_CLIENT, L7_YES, WP_PROTO_UDP},
	{BYTES(QUERY_WWW), 5355, WP_SERVER, L7_YES, WP_PROTO_UDP},
	{BYTES("\0\0\x84\0\0\0\0\1\0\0\0\0\1h\5local\0\0\1\x80\1\0\0\0\x78\0\4\1\2\3\4"), 5353,
	 WP_SERVER, L7_YES, WP_PROTO_UDP},
	{BYTES("\x12\x34\x81\5\0\0\0\0\0\0\0\0"), 53, WP_SERVER, L7_YES, WP_PROTO_UDP},
	{BYTES(QUERY "\x41\0\0\1\0\1"), 53, WP_CLIENT, L7_NO, WP_PROTO_UDP},
	/* Records that are not there, behind a question; without one they would be all there is. */
	{BYTES("\x12\x34\1\0\0\1\0\x20\0\0\0\0" WWW "\0\1\0\1"), 53, WP_CLIENT, L7_YES, WP_PROTO_UDP},
	{BYTES("\x12\x34\1\0\0\1\0\x20\0\0\0\0" WWW "\0\1\0\1"), 4000, WP_CLIENT, L7_NO, WP_PROTO_UDP},
	{BYTES("\x12\x34\1\0\0\0\0\x20\0\0\0\0" WWW "\0\1\0\1"), 53, WP_CLIENT, L7_NO, WP_PROTO_UDP},
	{BYTES(QUERY "\3www\7example"), 53, WP_CLIENT, L7_NO, WP_PROTO_UDP},
	{BYTES("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"), 53, WP_CLIENT, L7_NO, WP_PROTO_UDP},
	/* Datagrams elsewhere. */
	{BYTES(QUERY_WWW), 4000, WP_CLIENT, L7_YES, WP_PROTO_UDP},
	{BYTES("\x12\x34\1\0\0\1\0\0\0\0\0\1" WWW "\0\1\0\1" OPT), 4000, WP_CLIENT, L7_YES, WP_PROTO_UDP},
	{BYTES("\x12\x34\x81\x80\0\1\0\1\0\0\0\0" WWW "\0\1\0\1" "\xc0\x0c" FIXED("\1", "\4")
	       "\1\2\3\4"), 4000, WP_SERVER, L7_YES, WP_PROTO_UDP},
	{BYTES("\x12\x34\1\0\0\1\0\0\0\0\0\1" WWW "\0\1\0\1" "\1" OPT), 4000, WP_CLIENT, L7_NO, WP_PROTO_UDP},
	{BYTES(QUERY_WWW), 4000, WP_SERVER, L7_NO, WP_PROTO_UDP},
	{BYTES(QUERY_WWW "x"), 4000, WP_CLIENT, L7_NO, WP_PROTO_UDP},
	{BYTES(QUERY "\1a\0\0\1\0\3"), 4000, WP_CLIENT, L7_NO, WP_PROTO_UDP},
	{BYTES(QUERY "\1a\0\x12\x34\0\1"), 4000, WP_CLIENT, L7_NO, WP_PROTO_UDP},
	{BYTES(QUERY "\1\x01\0\0\1\0\1"), 4000, WP_CLIENT, L7_NO, WP_PROTO_UDP},
	{BYTES("\x12\x34\1\x40\0\1\0\0\0\0\0\0" "\1a\0\0\1\0\1"), 4000, WP_CLIENT, L7_NO, WP_PROTO_UDP},
	/* Streams. */
	{BYTES(FRAMED_QUERY), 53, WP_CLIENT, L7_YES, WP_PROTO_TCP},
	{BYTES(FRAMED_QUERY FRAMED_QUERY), 4000, WP_CLIENT, L7_YES, WP_PROTO_TCP},
	{BYTES("\0"), 53, WP_CLIENT, L7_MAYBE, WP_PROTO_TCP},
	{BYTES("\0\x21"), 4000, WP_CLIENT, L7_MAYBE, WP_PROTO_TCP},
	{BYTES("\0\x21\x12\x34\1\0\0\1\0\0\0\0\0"), 4000, WP_CLIENT, L7_MAYBE, WP_PROTO_TCP},
	{BYTES("\0\x21\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\7exa"), 4000, WP_CLIENT, L7_MAYBE, WP_PROTO_TCP},
	/* Too many questions, unless it is a stream; an unknown opcode. */
	{BYTES("\x12\x34\1\0\0\2\0\0\0\0\0\0" "\0\0\1\0\1"), 53, WP_CLIENT, L7_MAYBE, WP_PROTO_TCP},
	{BYTES("\x12\x34\x78\0\0\1\0\0\0\0\0\0" "\0\0\1\0\1"), 53, WP_CLIENT, L7_MAYBE, WP_PROTO_TCP},
	{BYTES("\x12\x34\1\0\0\2\0\0\0\0\0\0" "\0\0\1\0\1"), 53, WP_CLIENT, L7_NO, WP_PROTO_UDP},
	{BYTES("\x12\x34\x78\0\0\1\0\0\0\0\0\0" "\0\0\1\0\1"), 53, WP_CLIENT, L7_YES, WP_PROTO_UDP},
	{BYTES("\0\x0c"), 53, WP_CLIENT, L7_MAYBE, WP_PROTO_TCP},
	{BYTES("\0\x0b"), 53, WP_CLIENT, L7_NO, WP_PROTO_TCP},
	{BYTES("\0\x10"), 4000, WP_CLIENT, L7_NO, WP_PROTO_TCP},
	{BYTES("\0\x21\x12\x34\1\0\0\2"), 4000, WP_CLIENT, L7_NO, WP_PROTO_TCP},
	{BYTES("\0\x60\x12\x34\1\0\0\1\0\0\0\0\0\0" "\x3f" "0123456789012345678901234567890123456789"
	       "012345678"), 4000, WP_CLIENT, L7_YES, WP_PROTO_TCP},
	{BYTES("GET /i"), 4000, WP_CLIENT, L7_NO, WP_PROTO_TCP},
	{BYTES("\x16\3\1\2\0\1\0\1\xfc\3\3"), 443, WP_CLIENT, L7_NO, WP_PROTO_TCP},
};

/* clang-format on */

/** Where answers alone pass, who sends them is taken for the client. */
START_TEST(test_answers_alone_are_known_by_their_port)
{
	static const char answer[] = "\x12\x34\x81\x83\0\1\0\0\0\0\0\0" WWW "\0\1\0\1";
	struct l7_hint hint = {.data = (const uint8_t *)answer,
			       .size = sizeof(answer) - 1,
			       .side = WP_CLIENT,
			       .server_port = 40000,
			       .client_port = 53,
			       .proto = WP_PROTO_UDP};

	ck_assert_int_eq(l7_dns_view.match(&hint), L7_YES);
	hint.client_port = 40001;
	ck_assert_int_eq(l7_dns_view.match(&hint), L7_NO);
}
END_TEST

START_TEST(test_match)
{
	const struct match_case *row = &matches[_i];
	uint8_t *copy = malloc(row->size);
	struct l7_hint hint = {.data = copy,
			       .size = row->size,
			       .side = row->side,
			       .server_port = row->port,
			       .proto = row->proto};

	memcpy(copy, row->data, row->size);
	if (row->size > L7_MATCH_SIZE && row->data[0] == 0)
		hint.size = L7_MATCH_SIZE;
	ck_assert_int_eq(l7_dns_view.match(&hint), row->expected);
	free(copy);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("l7_dns");

	tcase_add_loop_test(tcase, test_messages, 0, ROWS(messages));
	tcase_add_loop_test(tcase, test_wrong_messages, 0, ROWS(wrong));
	tcase_add_test(tcase, test_names_beyond_the_room_are_not_told);
	tcase_add_test(tcase, test_addresses_beyond_the_room_are_not_told);
	tcase_add_test(tcase, test_questions_beyond_the_limit_are_counted);
	tcase_add_test(tcase, test_records_beyond_the_limit_are_counted);
	tcase_add_test(tcase, test_pointers_are_bounded);
	tcase_add_loop_test(tcase, test_each_prefix_is_truncated, 0, ROWS(messages));
	tcase_add_loop_test(tcase, test_streams, 0, ROWS(streams));
	tcase_add_test(tcase, test_a_lost_side_leaves_the_other);
	tcase_add_test(tcase, test_memory_limit);
	tcase_add_test(tcase, test_largest_message);
	tcase_add_loop_test(tcase, test_match, 0, ROWS(matches));
	tcase_add_test(tcase, test_answers_alone_are_known_by_their_port);
	return unit_main("l7_dns", tcase);
}
