/* SPDX-License-Identifier: BSD-3-Clause */
/* The view of TLS: records, handshake messages and hellos; what is told of them, however they are
 * cut. */

#include "stream/l7/tls_view.h"

#include <string.h>

#include "bytes.h"
#include "l7_bed.h"
#include "l7_tls_feed.h"
#include "l7_tls_flights.h"
#include "l7_tls_text.h"
#include "unit.h"

#define RANDOM "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RETRY_RANDOM "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
#define ZEROS "00000000000000000000000000000000"

/* Messages, without their record. */
#define CLIENT "010000290303" RANDOM "0000021301" /* up to the ciphers */
#define CLIENT_HELLO CLIENT "0100"
#define SERVER_1_2 "020000260303" RANDOM "00c02b00"
#define SERVER_1_3                                                                                 \
	"0200002e0303" RANDOM "00c02b00"                                                           \
	"0006002b00020304"
#define RETRY                                                                                      \
	"0200002e0303" RETRY_RANDOM "00c02b00"                                                     \
	"0006002b00020304"

#define C_HELLO "C 160301002d" CLIENT_HELLO " "
#define S_HELLO "S 160303002a" SERVER_1_2 " "
#define S_HELLO_1_3 "S 1603030032" SERVER_1_3 " "
#define S_RETRY "S 1603030032" RETRY " "
#define CHANGE "140303000101 "
#define DATA "17030300050102030405 "
#define FINISHED "16030300200000000000000000e54d9d3fcdd7ff2d4d3b0ee4ad2f3bba7ec3a6a1ba8ecc4b "

/* What is told of them. */
#define MINIMAL_JA3 "ja3=771,4865,,, hash=ea1e247991e541e39bf918cb7cfa5139\n"
#define CLIENT_TOLD(RECORD)                                                                        \
	"C client record=" RECORD " hello=0303 version=0303 random=" RANDOM                        \
	" session= ciphers=1301 compressions=00 " MINIMAL_JA3
#define TOLD_C CLIENT_TOLD("0301")
#define TOLD_S                                                                                     \
	"S server record=0303 hello=0303 version=0303 random=" RANDOM                              \
	" session= cipher=c02b compression=0 ja3=771,49195,"                                       \
	" hash=ec9fdb7b766d47dd56948c6a5d580ddd\n"
#define SERVER_1_3_TOLD(KIND, RANDOM_TOLD)                                                         \
	"S " KIND " record=0303 hello=0303 version=0304 random=" RANDOM_TOLD                       \
	" session= cipher=c02b compression=0 extensions=1/6 versions=0304"                         \
	" ja3=771,49195,43 hash=f97bab246ef69ca282ab70ec268b2299\n"
#define TOLD_S_1_3 SERVER_1_3_TOLD("server", RANDOM)
#define TOLD_RETRY SERVER_1_3_TOLD("retry", RETRY_RANDOM)

/* A ClientHello with extensions; SIZES: of message and of extensions. */
#define WITH(SIZE, MESSAGE_SIZE, EXTENSIONS)                                                       \
	"C 160303" SIZE "01" MESSAGE_SIZE "0303" RANDOM "00000213010100" EXTENSIONS " "
#define WITH_TOLD                                                                                  \
	"C client record=0303 hello=0303 version=0303 random=" RANDOM                              \
	" session= ciphers=1301 compressions=00 "

struct l7_case {
	const char *name, *fed, *told;
	bool stops;
};

static const struct l7_case handshakes[] = {
	{"TLS 1.2", tls_1_2, tls_1_2_told, true},
	{"TLS 1.3", tls_1_3, tls_1_3_told, true},
	{"HelloRetryRequest", retry, retry_told, true},
	{"no extensions", C_HELLO S_HELLO, TOLD_C TOLD_S, false},
	{"both change ciphers", C_HELLO S_HELLO "S " CHANGE DATA "C " CHANGE DATA, TOLD_C TOLD_S,
	 true},
	{"data of one side", C_HELLO S_HELLO "S " CHANGE "C " CHANGE DATA, TOLD_C TOLD_S, false},
	{"both change ciphers, and nothing behind it", C_HELLO S_HELLO "S " CHANGE "C " CHANGE,
	 TOLD_C TOLD_S, false},
	{"a heartbeat in front of data",
	 C_HELLO S_HELLO "S " CHANGE "C " CHANGE "S 1803020003010000", TOLD_C TOLD_S, false},
	{"no records any more", C_HELLO S_HELLO "S " CHANGE "C " CHANGE "S ffffffffff" DATA,
	 TOLD_C TOLD_S, true},
	{"1.3 is dark from its ServerHello on", C_HELLO S_HELLO_1_3 "S " DATA "C " DATA,
	 TOLD_C TOLD_S_1_3, true},
	/* RFC 8446 section 4.2.10: early data, which a HelloRetryRequest refuses. */
	{"early data, then another hello",
	 C_HELLO "C " CHANGE DATA S_RETRY "S " CHANGE "C " DATA C_HELLO S_HELLO_1_3 "S " DATA
		 "C " DATA,
	 TOLD_C TOLD_RETRY TOLD_C TOLD_S_1_3, true},
	{"data of both", C_HELLO "S " DATA "C " DATA, TOLD_C, true},
	{"a ChangeCipherSpec in front is no way to hide", "C " CHANGE C_HELLO S_HELLO,
	 TOLD_C TOLD_S, false},
	{"encrypted, and nobody said how", "C " CHANGE FINISHED C_HELLO "S " DATA, "", true},
	{"certificate list of a client that has none", "C 16030300070b000003000000",
	 "C certificates\n", false},
	{"draft 18 (its server says 7f12)",
	 "S 1603010030"
	 "0200002c7f12" RANDOM "1301"
	 "0006002800024141",
	 "S server record=0301 hello=7f12 version=7f12 random=" RANDOM
	 " cipher=1301 compression=0 extensions=1/6"
	 " ja3=32530,4865,40 hash=b8a8031b301aef7618403061e9f33065\n",
	 false},
};

static const struct l7_case extensions[] = {
	/* RFC 8701: ciphers, extensions, groups and versions that mean nothing. */
	{"GREASE is not in JA3",
	 "C 1603010050"
	 "0100004c0303" RANDOM "0000060a0a1301fafa0100"
	 "001d"
	 "1a1a0000"
	 "000a000600042a2a001d"
	 "000b00020100"
	 "002b0005043a3a0303",
	 "C client record=0301 hello=0303 version=0303 random=" RANDOM
	 " session= ciphers=0a0a1301fafa compressions=00 extensions=4/29 versions=3a3a0303"
	 " groups=2a2a001d formats=00 ja3=771,4865,10-11-43,29,0"
	 " hash=e938bb35143fa3d1624e120b921b9a61\n",
	 false},
	{"ALPN (RFC 7301)", WITH("0041", "00003d", "00120010000e000c02683208687474702f312e31"),
	 WITH_TOLD "extensions=1/18 alpn=h2 alpn=http/1.1"
		   " ja3=771,4865,16,, hash=79bec9f8e9d974a2ec7ceb481134f481\n",
	 false},
	{"bytes behind the extensions",
	 WITH("003a", "000036",
	      "000a000000060004000001"
	      "6178"),
	 "C anomaly 17\n" WITH_TOLD "extensions=1/10 sni=a"
	 " ja3=771,4865,0,, hash=1e7c622032b0cb79401b0f7be3793a1a\n",
	 false},
	{"an extension is longer than all",
	 WITH("0041", "00003d",
	      "0012000000060004000001"
	      "61"
	      "000a00090002001d"),
	 "C anomaly 18\n" WITH_TOLD "extensions=2/18 sni=a groups=001d"
	 " ja3=771,4865,0-10,29, hash=cf1e50cd0cada5cb1c1351201c9f426d\n",
	 false},
	{"twice: the first counts",
	 WITH("0043", "00003f",
	      "0014000000060004000001"
	      "61"
	      "000000060004000001"
	      "62"),
	 "C anomaly 18\n" WITH_TOLD "extensions=2/20 sni=a"
	 " ja3=771,4865,0-0,, hash=2b6fcc3ab14de1f028f89f6e8f5f1985\n",
	 false},
	{"two names: the first counts",
	 WITH("003d", "000039",
	      "000e0000000a0008000001"
	      "61"
	      "000001"
	      "62"),
	 "C anomaly 18\n" WITH_TOLD "extensions=1/14 sni=a"
	 " ja3=771,4865,0,, hash=1e7c622032b0cb79401b0f7be3793a1a\n",
	 false},
	{"an empty name", WITH("0038", "000034", "0009000000050003000000"),
	 "C anomaly 18\n" WITH_TOLD "extensions=1/9 sni="
	 " ja3=771,4865,0,, hash=1e7c622032b0cb79401b0f7be3793a1a\n",
	 false},
	{"a list of names that is too long", WITH("0039", "000035", "000a00000006000900000161"),
	 "C anomaly 18\n" WITH_TOLD "extensions=1/10 sni=a"
	 " ja3=771,4865,0,, hash=1e7c622032b0cb79401b0f7be3793a1a\n",
	 false},
	{"an empty protocol name", WITH("0039", "000035", "000a00100006000400026832"),
	 "C anomaly 18\n" WITH_TOLD "extensions=1/10"
	 " ja3=771,4865,16,, hash=79bec9f8e9d974a2ec7ceb481134f481\n",
	 false},
	{"extensions end within a type", WITH("0030", "00002c", "000100"),
	 "C anomaly 18\n" WITH_TOLD "extensions=0/1 " MINIMAL_JA3, false},
	{"an odd list of ciphers",
	 "C 160303002e"
	 "0100002a0303" RANDOM "0000031301000100",
	 "C anomaly 17\nC client record=0303 hello=0303 version=0303 random=" RANDOM
	 " session= ciphers=130100 compressions=00 " MINIMAL_JA3,
	 false},
	{"a session of 33 bytes, and no ciphers, do not hide the name",
	 "C 1603030058"
	 "010000540303" RANDOM "21" RANDOM "aa"
	 "00000100"
	 "000a"
	 "00000006000400000161",
	 "C anomaly 17\nC client record=0303 hello=0303 version=0303 random=" RANDOM
	 " session=" RANDOM "aa ciphers= compressions=00 extensions=1/10 sni=a"
	 " ja3=771,,0,, hash=eb135aa01a32c0d5cf6ca9cc0f16d7f5\n",
	 false},
};

static const struct l7_case records[] = {
	{"a hello in three records",
	 "C 160301000101"
	 "1603010006000029030300"
	 "1603010026"
	 "0102030405060708090a0b0c0d0e0f10"
	 "1112131415161718191a1b1c1d1e1f"
	 "00000213010100",
	 TOLD_C, false},
	{"several messages in one record, of which some are of no interest",
	 "S 1603030039" SERVER_1_2 "0b000003000000"
	 "0e000000"
	 "00000000",
	 TOLD_S "S certificates\n", false},
	{"an alert between",
	 "S 1603030001"
	 "02"
	 "15030300020164"
	 "1603030029"
	 "0000260303" RANDOM "00c02b00",
	 TOLD_S, false},
	{"something else between",
	 "C 160301000101 " CHANGE "160301002c"
	 "0000290303" RANDOM "00000213010100",
	 "C anomaly 17\n" TOLD_C, false},
	{"empty records are told of once",
	 "C 1603010000"
	 "1603010000"
	 "160301002d" CLIENT_HELLO,
	 "C anomaly 16\n" TOLD_C, false},
	{"a record that is too long", "C 1503034801 ~18433 160301002d" CLIENT_HELLO,
	 "C anomaly 16\n" TOLD_C, false},
	{"not TLS any more", "C 1602030001 S 160303002a" SERVER_1_2, "C anomaly 0\n" TOLD_S, false},
	/* The answer to TLS on a port where HTTP is spoken. */
	{"an answer in another protocol", C_HELLO "S 485454502f312e312034303020426164",
	 TOLD_C "S anomaly 0\n", false},
	{"a type that is not there",
	 "C 1903030001"
	 "00" C_HELLO,
	 "C anomaly 0\n", false},
	{"both are not TLS", "C 0000000000 S 0000000000", "C anomaly 0\nS anomaly 0\n", true},
	{"a message that is not there",
	 "C 1603010006"
	 "63000002ffff" C_HELLO,
	 "C anomaly 17\n" TOLD_C, false},
	{"a hello with nothing but a random",
	 "C 1603010026"
	 "01000022"
	 "0303" ZEROS ZEROS C_HELLO,
	 "C anomaly 17\nC client record=0301 hello=0303 version=0303 random=" ZEROS ZEROS
	 " ja3=771,,,, hash=bddda940f9963577c41d7c28b1a5f65f\n" TOLD_C,
	 false},
	{"a short hello",
	 "C 1603010007"
	 "01000003"
	 "030300" C_HELLO,
	 "C anomaly 17\n" TOLD_C, false},
	{"an empty hello",
	 "C 1603010004"
	 "01000000" C_HELLO,
	 "C anomaly 17\n" TOLD_C, false},
	{"a message that is too long",
	 "C 1603010014"
	 "01010001" ZEROS,
	 "C anomaly 1\n", false},
};

static const struct l7_case others[] = {
	/* RFC 6520 section 4 */
	{"a heartbeat",
	 C_HELLO "C 1803020016"
		 "010003414243" ZEROS,
	 TOLD_C, false},
	{"a heartbeat that wants more than it brings", C_HELLO "C 1803020003014000",
	 TOLD_C "C anomaly 20\n", false},
	{"each is told", "C 1803020003014000 1803020003010001", "C anomaly 20\nC anomaly 20\n",
	 false},
	{"one byte more", "C 18030200040100024100", "C anomaly 20\n", false},
	{"a response", "S 1803020003024000", "", false},
	{"half a heartbeat", "S 18030200020140", "S anomaly 16\n", false},
	/* RFC 5246 appendix E.2 */
	{"a hello in SSL 2.0's form",
	 "C 801c010301"
	 "000300000010"
	 "00002f"
	 "101112131415161718191a1b1c1d1e1f" S_HELLO,
	 "C sslv2 record=0000 hello=0301 version=0301 random=" ZEROS
	 "101112131415161718191a1b1c1d1e1f session= ciphers=00002f hash=\n" TOLD_S,
	 false},
	{"SSL 2.0 itself",
	 "C 801c010002"
	 "000300000010"
	 "00002f"
	 "101112131415161718191a1b1c1d1e1f" S_HELLO,
	 "C sslv2 record=0000 hello=0002 version=0002 random=" ZEROS
	 "101112131415161718191a1b1c1d1e1f session= ciphers=00002f hash=\n",
	 true},
	{"one that contradicts itself",
	 "C 801c010301"
	 "000300000011"
	 "00002f"
	 "101112131415161718191a1b1c1d1e1f",
	 "C anomaly 17\nC sslv2 record=0000 hello=0301 version=0301 random=" ZEROS
	 "101112131415161718191a1b1c1d1e1f session= ciphers=00002f hash=\n",
	 false},
	{"17 certificates",
	 "S 160303005c"
	 "0b000058000055"
	 "000002300000000230000000023000000002300000000230000000023000"
	 "0000023000000002300000000230000000023000000002300000000230000000023000000002300000000230"
	 "000000023000"
	 "0000023000",
	 "S anomaly 21\nS anomaly 19\nS certificates 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 v0 unsound"
	 " subject=\"\" issuer=\"\" serial= before=0 after=0"
	 " sha1=f9:44:dc:d6:35:f9:80:1f:7a:c9:0a:40:7f:bc:47:99:64:de:c0:24\n",
	 false},
	{"a list that is too long",
	 "S 160303000b"
	 "0b000007"
	 "000004"
	 "00000530",
	 "S anomaly 19\nS certificates 1 v0 unsound subject=\"\" issuer=\"\" serial= before=0"
	 " after=0 sha1=b6:58:9f:c6:ab:0d:c8:2c:f1:20:99:d1:c2:d4:0a:b9:94:e8:41:0c\n",
	 false},
};

static const struct l7_case gaps[] = {
	{"within a hello", "C 160301002d01000029 ~41" C_HELLO, "C anomaly 3\n" TOLD_C, false},
	{"within what is left out",
	 "S 160303000e"
	 "0c00000a00 ~9" S_HELLO,
	 TOLD_S, false},
	{"within a heartbeat", "S 1803020003 ~1 ffff" S_HELLO, TOLD_S, false},
	{"over the end of a message",
	 "S 160303002f"
	 "0e000001 ~2"
	 "00" S_HELLO,
	 "S anomaly 3\n", false},
	{"over the end of a record", "S 16030300050e000001 ~2" S_HELLO C_HELLO,
	 "S anomaly 3\n" TOLD_C, false},
	{"in the head of a record", "S 1603 ~3" S_HELLO C_HELLO, "S anomaly 3\n" TOLD_C, false},
	{"at first", "S ~100 " S_HELLO, "S anomaly 3\n", false},
	{"of what is encrypted", C_HELLO "S " DATA " ~1000" DATA, TOLD_C, false},
	{"both sides", "S ~100 C ~100", "S anomaly 3\nC anomaly 3\n", true},
	{"a side ends within a message", "C 160301002d010000290303 ." S_HELLO, TOLD_S, false},
	{"both end", C_HELLO "C . S .", TOLD_C, true},
};

/** @return whether both sides have said hello, and then what is encrypted. */
static bool
is_agreed(const struct l7_case *row)
{
	return row->stops && strstr(row->fed, "ffffffffff") == NULL &&
	       strstr(row->told, "C client") != NULL && strstr(row->told, "S server") != NULL;
}

static void
check_case(const struct l7_case *row, size_t step)
{
	struct l7_bed bed = {.view = &l7_tls_view, .write = l7_tls_write};

	l7_bed_open(&bed);
	l7_tls_feed(&bed, row->fed, step);
	ck_assert_msg(strcmp(l7_bed_close(&bed), row->told) == 0, "%s, by %zu:\n%s\nnot\n%s",
		      row->name, step, bed.text, row->told);
	ck_assert_msg(bed.is_over == row->stops, "%s, by %zu: stops: %d", row->name, step,
		      bed.is_over);
	ck_assert_msg((bed.then == L7_GOES_DARK) == is_agreed(row), "%s, by %zu: then: %d",
		      row->name, step, bed.then);
	l7_bed_free(&bed);
}

static void
check_steps(const struct l7_case *row)
{
	check_case(row, 0);
	check_case(row, 1);
	check_case(row, 3);
}

START_TEST(test_handshakes_of_each_version)
{
	check_steps(&handshakes[_i]);
}
END_TEST

START_TEST(test_extensions_are_read_as_far_as_they_go)
{
	check_steps(&extensions[_i]);
}
END_TEST

START_TEST(test_messages_are_put_together_from_records)
{
	check_steps(&records[_i]);
}
END_TEST

START_TEST(test_heartbeats_old_hellos_and_lists)
{
	check_steps(&others[_i]);
}
END_TEST

START_TEST(test_gaps_and_ends)
{
	check_steps(&gaps[_i]);
}
END_TEST

/** One side alone tells what the other side's absence does not take from it. */
START_TEST(test_one_side_alone)
{
	struct l7_case client = {"client", C_HELLO "C " CHANGE FINISHED, TOLD_C, false};
	struct l7_case server = {"server", S_HELLO "S " CHANGE FINISHED, TOLD_S, false};

	check_steps(&client);
	check_steps(&server);
}
END_TEST

START_TEST(test_without_memory_the_next_message_is_read)
{
	struct l7_bed bed = {.view = &l7_tls_view, .write = l7_tls_write, .limit = 600};

	l7_bed_open(&bed);
	l7_tls_feed(&bed, tls_1_2, 1);
	ck_assert(bed.is_over);
	ck_assert_uint_le(bed.peak, 600);
	l7_bed_close(&bed);
	/* The hellos fit, the certificates do not. */
	ck_assert_ptr_nonnull(strstr(bed.text, "C client "));
	ck_assert_ptr_nonnull(strstr(bed.text, "S server "));
	ck_assert_ptr_nonnull(strstr(bed.text, "S anomaly 2\n"));
	ck_assert_ptr_null(strstr(bed.text, "certificates"));
	l7_bed_free(&bed);
}
END_TEST

/** A message that says how long it is does not get memory for it before it comes. */
START_TEST(test_a_promise_takes_no_memory)
{
	struct l7_bed bed = {.view = &l7_tls_view, .write = l7_tls_write};

	l7_bed_open(&bed);
	l7_tls_feed(&bed, "C 1603014000 0100ffff 00", 0);
	ck_assert_uint_le(bed.peak, 512);
	ck_assert_uint_gt(bed.peak, 0);
	l7_tls_feed(&bed, ".", 0);
	ck_assert_uint_eq(bed.used, 0);
	ck_assert_str_eq(l7_bed_close(&bed), "");
	l7_bed_free(&bed);
}
END_TEST

enum { MANY = 2000, FRONT = 5 + 4 + 2 + 32 + 1 };

/** Builds a ClientHello that offers MANY ciphers, from 0x1000 on. @return bytes of it */
static size_t
many_ciphers(uint8_t *bytes)
{
	static const uint8_t head[] = {22, 3, 1, 0, 0, TLS_CLIENT_HELLO, 0, 0, 0, 3, 3};
	size_t size = FRONT + 2 + 2 * MANY + 2;

	memset(bytes, 0, size);
	memcpy(bytes, head, sizeof(head));
	bytes[3] = (uint8_t)((size - 5) >> 8);
	bytes[4] = (uint8_t)(size - 5);
	bytes[7] = (uint8_t)((size - 9) >> 8);
	bytes[8] = (uint8_t)(size - 9);
	bytes[FRONT] = 2 * MANY >> 8;
	bytes[FRONT + 1] = (uint8_t)(2 * MANY);
	for (unsigned int i = 0; i < MANY; i++) {
		bytes[FRONT + 2 + 2 * i] = (uint8_t)((0x1000 + i) >> 8);
		bytes[FRONT + 3 + 2 * i] = (uint8_t)(0x1000 + i);
	}
	bytes[size - 2] = 1;
	return size;
}

/** The text is cut, its hash is of all of it. */
START_TEST(test_ja3_of_a_long_hello)
{
	static uint8_t bytes[8192];
	struct l7_bed bed = {.view = &l7_tls_view, .write = l7_tls_write};
	const char *text, *ja3, *hash;

	l7_bed_open(&bed);
	l7_bed_feed(&bed, WP_CLIENT, bytes, many_ciphers(bytes), 7);
	text = l7_bed_close(&bed);
	ja3 = strstr(text, "ja3=771,4096-4097-");
	ck_assert_ptr_nonnull(ja3);
	hash = strstr(ja3, " hash=");
	ck_assert_ptr_nonnull(hash);
	ck_assert_int_eq(hash - ja3 - 4, TLS_JA3_MAX);
	ck_assert_str_eq(hash, " hash=aa5ced48c978fc49878a565a14c340d7\n");
	l7_bed_free(&bed);
}
END_TEST

static void
put24(uint8_t *to, uint32_t number)
{
	to[0] = (uint8_t)(number >> 16);
	wp_put16(to + 1, number & 0xffff);
}

/** The chain that a server adds does not hide its own certificate. @param _i  whether that is cut,
 * too
 */
START_TEST(test_certificates_that_are_too_long)
{
	enum { RECORD = 16384, RECORDS = 5, CHAIN = RECORDS * RECORD - 4 - 3 };
	static uint8_t bytes[RECORDS * (5 + RECORD)], message[RECORDS * RECORD];
	static const char *const told[] = {"S certificates 4 65523 ", "S certificates 65530 "};
	struct l7_bed bed = {.view = &l7_tls_view, .write = l7_tls_write};

	message[0] = TLS_CERTIFICATE;
	put24(message + 1, CHAIN + 3);
	put24(message + 4, CHAIN);
	put24(message + 7, _i == 0 ? 4 : CHAIN - 3);
	if (_i == 0)
		put24(message + 7 + 3 + 4, CHAIN - 3 - 4 - 3);
	for (unsigned int i = 0; i < RECORDS; i++) {
		memcpy(bytes + (size_t)i * (5 + RECORD), "\x16\x03\x03\x40\x00", 5);
		memcpy(bytes + (size_t)i * (5 + RECORD) + 5, message + (size_t)i * RECORD, RECORD);
	}
	l7_bed_open(&bed);
	l7_bed_feed(&bed, WP_SERVER, bytes, sizeof(bytes), 1000);
	ck_assert_uint_eq(bed.used, 0);
	l7_bed_close(&bed);
	ck_assert_ptr_nonnull(strstr(bed.text, told[_i]));
	l7_bed_free(&bed);
}
END_TEST

static const struct {
	const char *bytes;
	enum l7_match want;
} matches[] = {
	{"160301002d01000029030300", L7_YES},
	{"160303002a02000026030300", L7_YES},
	{"16030000010116030000", L7_YES}, /* cut into records */
	{"15030100020228", L7_YES},
	{"801c0103010003000000101011", L7_YES},
	{"801c0100020003000000101011", L7_YES},
	{"16", L7_MAYBE},
	{"160301002d010000", L7_MAYBE},
	{"1503010002", L7_MAYBE},
	{"801c010301000300", L7_MAYBE},
	{"1603050001", L7_NO},
	{"1602000001", L7_NO},
	{"1603010000", L7_NO},
	{"1603017fff", L7_NO},
	{"160301002d0b", L7_NO},
	{"160301002d01000029040300", L7_NO},
	{"160301002d0101", L7_NO},
	{"1703030005", L7_NO},
	{"15030100030228", L7_NO},
	{"801c02", L7_NO},
	{"801c010304000300000011", L7_NO}, /* its lists do not fill it */
	{"801c010305", L7_NO},
	{"474554202f20", L7_NO},
};

START_TEST(test_what_it_is_known_by)
{
	uint8_t bytes[L7_MATCH_SIZE];
	size_t size;

	l7_tls_unhex(matches[_i].bytes, bytes, sizeof(bytes), &size);
	for (size_t n = 1; n <= size; n++) {
		struct l7_hint hint = {.data = bytes, .size = (uint32_t)n};
		enum l7_match match = l7_tls_view.match(&hint);

		/* What was said of fewer bytes is not taken back. */
		ck_assert_msg(match == matches[_i].want || (n < size && match == L7_MAYBE),
			      "%s: %u of %zu bytes", matches[_i].bytes, match, n);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("l7_tls");

	tcase_add_loop_test(tcase, test_handshakes_of_each_version, 0, ROWS(handshakes));
	tcase_add_loop_test(tcase, test_extensions_are_read_as_far_as_they_go, 0, ROWS(extensions));
	tcase_add_loop_test(tcase, test_messages_are_put_together_from_records, 0, ROWS(records));
	tcase_add_loop_test(tcase, test_heartbeats_old_hellos_and_lists, 0, ROWS(others));
	tcase_add_loop_test(tcase, test_gaps_and_ends, 0, ROWS(gaps));
	tcase_add_test(tcase, test_one_side_alone);
	tcase_add_test(tcase, test_without_memory_the_next_message_is_read);
	tcase_add_test(tcase, test_a_promise_takes_no_memory);
	tcase_add_test(tcase, test_ja3_of_a_long_hello);
	tcase_add_loop_test(tcase, test_certificates_that_are_too_long, 0, 2);
	tcase_add_loop_test(tcase, test_what_it_is_known_by, 0, ROWS(matches));
	return unit_main("l7_tls", tcase);
}
