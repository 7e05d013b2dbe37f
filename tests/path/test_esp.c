/* SPDX-License-Identifier: BSD-3-Clause */
/* ESP tunnels through a whole PE: each way for a packet to be refused, lifetimes, and the end of
 * the numbers. */

#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parse/checksum.h"
#include "pe/keystore.h"
#include "pe/reserve.h"
#include "pe/state_export.h"
#include "pe/state_import.h"

/** What stands before the paths; opened by an instance named @p OPENER. */
#define HOUSE(TENANTS, OPENER)                                                                     \
	"{\"version\": 1, \"workers\": {\"cores\": [0]}, \"key_store\": \"keys.json\", "           \
	"\"state_dir\": \"state\"," TENANTS                                                        \
	" \"modules\": [\"%s\", \"encrypt\", \"decrypt\"], \"ports\": [{\"name\": \"p0\", "        \
	"\"type\": \"ring\"}],"                                                                    \
	" \"instances\": [{\"name\": \"e\", \"service\": \"encrypt\"}, {\"name\": \"" OPENER       \
	"\", \"service\": \"decrypt\"}],"

/** A path that seals, and one that opens. */
#define PATHS(KEY, SEAL, OPENER, OPEN, SA)                                                         \
	" \"paths\": [{\"name\": \"seal\", \"spi\": 291, \"steps\": [{\"instance\": \"e\", "       \
	"\"args\": {\"spi\": 4096,"                                                                \
	" \"local\": \"192.0.2.1\", \"remote\": \"192.0.2.2\", \"key\": \"" KEY "\"" SEAL "}}]},"  \
	" {\"name\": \"open\", \"spi\": 292, \"inside\": \"destination\", \"steps\": "             \
	"[{\"instance\": \"" OPENER "\", \"args\": {"                                              \
	" \"local\": \"192.0.2.2\", \"remote\": \"192.0.2.1\", \"to\": \"10.0.0.0/8\"" OPEN ","    \
	" \"sas\": [{\"spi\": 4096, \"key\": \"a@1\"" SA "}]}}]}]}"

/** One tunnel: sealed on path 291, opened on path 292. */
#define TUNNEL(KEY, SEAL, OPEN, SA) HOUSE("", "d") PATHS(KEY, SEAL, "d", OPEN, SA)

enum { OUTER_IP = 14 + 24 + 14, ESP = OUTER_IP + 20, TEXT = ESP + 16 };

static struct bed *bed;

/** Seals a packet, and puts it on the path that opens it. */
static struct frame
sealed(uint32_t dest)
{
	struct frame frame = frame_udp(
		&(struct frame_spec){.dest = dest, .payload = "hello...", .payload_len = 8});

	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &frame));
	memcpy(frame.bytes + 14 + 4, "\0\1\x24\xff", 4);
	return frame;
}

static const struct refused {
	const char *reason;
	uint16_t at; /* byte of the frame */
	uint8_t keep, flip;
	uint32_t dest;
} refused[] = {
	{"bad-icv", TEXT, 0xff, 1, 0},
	{"bad-icv", TEXT + 37, 0xff, 0x80, 0},
	{"bad-icv", ESP + 8, 0xff, 1, 0},
	{"bad-icv", ESP + 15, 0xff, 1, 0},
	{"bad-icv", ESP + 7, 0xff, 2, 0},
	{"bad-icv", TEXT + 40 + 15, 0xff, 1, 0},
	{"unknown-spi", ESP + 3, 0xff, 1, 0},
	{"wrong-endpoint", OUTER_IP + 15, 0xff, 1, 0},
	{"wrong-endpoint", OUTER_IP + 19, 0xff, 1, 0},
	{"not-esp", OUTER_IP + 9, 0, 17, 0},
	{"fragment", OUTER_IP + 6, 0xff, 0x20, 0},
	{"short", OUTER_IP + 3, 0, 52, 0},
	{"short", OUTER_IP + 2, 0xff, 4, 0},
	{"ecn", OUTER_IP + 1, 0xff, 3, 0},
	{"selector", OUTER_IP + 8, 0xff, 0, 0xc0000205},
};

START_TEST(test_refused_packet_is_counted_under_its_reason)
{
	const struct refused *row = &refused[_i];
	struct frame frame;
	char where[64];

	bed = bed_open(TUNNEL("a@1", "", "", ""));
	frame = sealed(row->dest);
	frame.bytes[row->at] = (uint8_t)((frame.bytes[row->at] & row->keep) ^ row->flip);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	snprintf(where, sizeof(where), "paths/1/steps/0/drops/%s", row->reason);
	ck_assert_uint_eq(bed_number(bed, where), 1);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_forged_packets_do_not_move_the_window)
{
	struct frame frame, forged;

	bed = bed_open(TUNNEL("a@1", "", "", ", \"window\": 64"));
	frame = sealed(0);
	forged = frame;
	forged.bytes[ESP + 4] = 0x7f; /* far ahead */
	bed_send(bed, "p0", &forged);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_number(bed, "paths/1/steps/0/drops/bad-icv"), 1);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_opened_packet_is_as_it_was)
{
	struct frame plain = frame_udp(
			     &(struct frame_spec){.payload = "hello...", .payload_len = 8}),
		     frame;

	bed = bed_open(TUNNEL("a@1", "", "", ""));
	frame = sealed(0);
	ck_assert_uint_eq(frame.bytes[OUTER_IP + 9], 50);
	ck_assert_ptr_null(memmem(frame.bytes, frame.len, "hello", 5));
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame.len, plain.len);
	ck_assert_mem_eq(frame.bytes + 14 + 24, plain.bytes + 14 + 24, plain.len - 14 - 24);
	bed_close(bed);
}
END_TEST

static const char *const re_configured[] = {
	TUNNEL("a@1", "", "", ", \"window\": 64"),
	HOUSE("", "d2") PATHS("a@1", "", "d2", "", ""),
	HOUSE(" \"tenants\": [{\"name\": \"new\"}, {\"name\": \"default\"}],", "d")
		PATHS("a@1", "", "d", "", ""),
};

START_TEST(test_replay_stays_one_over_re_configuration)
{
	struct frame frame;

	bed = bed_open(TUNNEL("a@1", "", "", ""));
	frame = sealed(0);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 1);
	ck_assert_msg(bed_reload(bed, re_configured[_i]) == 0, "%s", bed_error());
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/1/steps/0/drops/replay"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_replay_stays_one_when_the_key_was_away)
{
	struct frame frame;

	bed = bed_open(TUNNEL("a@1", "", "", ""));
	frame = sealed(0);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 1);
	ck_assert_int_eq(bed_reload(bed, HOUSE("", "d") " \"paths\": []}"), 0);
	ck_assert_int_eq(bed_reload(bed, TUNNEL("a@1", "", "", "")), 0);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/1/steps/0/drops/replay"), 1);
	bed_close(bed);
}
END_TEST

static int
is_counter(void *arg, unsigned int index, const struct state_schema *schema)
{
	return strcmp(schema->service, "encrypt") == 0 ? -EINVAL : 0;
}

/** What was seen travels; the numbers that seal do not. */
START_TEST(test_replay_stays_one_in_the_next_process)
{
	const struct state_reader reader = {.table = is_counter};
	struct state_exported exported;
	struct import_report report;
	struct frame frame;
	char message[256];
	FILE *in;

	bed = bed_open(TUNNEL("a@1", "", "", ""));
	frame = sealed(0);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 1);
	ck_assert_int_eq(pe_state_export(bed->pe, "esp", &state_filter_all, &exported), 0);
	bed_close(bed);
	ck_assert_int_eq(state_file_open("esp", &in, message, sizeof(message)), 0);
	ck_assert_int_eq(state_read(in, &reader, NULL, message, sizeof(message)), 0);
	fclose(in);
	bed = bed_open(TUNNEL("a@1", "", "", ""));
	ck_assert_int_eq(pe_state_import(bed->pe, "esp", &(struct import_options){0}, &report,
					 message, sizeof(message)),
			 0);
	import_report_free(&report);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_number(bed, "paths/1/steps/0/drops/replay"), 1);
	frame = sealed(0);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 1);
	bed_close(bed);
}
END_TEST

/** What comes out of a tunnel meets a service that answers. */
#define ANSWERED                                                                                   \
	"{\"version\": 1, \"workers\": {\"cores\": [0]}, \"key_store\": \"keys.json\", "           \
	"\"state_dir\": \"state\","                                                                \
	" \"modules\": [\"%s\", \"encrypt\", \"decrypt\"], \"ports\": [{\"name\": \"p0\", "        \
	"\"type\": \"ring\"}],"                                                                    \
	" \"instances\": [{\"name\": \"e\", \"service\": \"encrypt\"}, {\"name\": \"d\", "         \
	"\"service\": \"decrypt\"}, {\"name\": \"p\", \"service\": \"probe\"}],"                   \
	" \"paths\": [{\"name\": \"seal\", \"spi\": 291, \"reverse\": \"open\", \"steps\": "       \
	"[{\"instance\": \"e\", \"args\": {\"spi\": 4096, \"local\": \"192.0.2.1\", "              \
	"\"remote\": \"192.0.2.2\", \"key\": \"a@1\"}}]},"                                         \
	" {\"name\": \"open\", \"spi\": 292, \"inside\": \"destination\", \"reverse\": \"seal\", " \
	"\"steps\": [{\"instance\": \"d\", \"args\": {\"local\": \"192.0.2.2\", "                  \
	"\"remote\": \"192.0.2.1\", \"sas\": [{\"spi\": 4096, \"key\": \"a@1\"}]}}, "              \
	"{\"instance\": \"p\"}]}]}"

START_TEST(test_answer_to_what_was_sealed_does_not_leave_in_clear)
{
	struct frame frame =
		frame_udp(&(struct frame_spec){.payload = "r.secret", .payload_len = 8});

	bed = bed_open(ANSWERED);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &frame));
	memcpy(frame.bytes + 14 + 4, "\0\1\x24\xff", 4);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	while (bed_receive(bed, "p0", &frame))
		ck_assert_ptr_null(memmem(frame.bytes, frame.len, "secret", 6));
	ck_assert_uint_eq(bed_number(bed, "paths/1/drops/no-reverse"), 1);
	bed_close(bed);
}
END_TEST

/** A packet of 1500 bytes, all of its payload "secret..". */
static struct frame
long_frame(bool df)
{
	static char payload[1472];
	struct frame frame;
	uint8_t *ip;
	uint16_t sum;

	for (unsigned int i = 0; i < sizeof(payload); i += 8)
		memcpy(payload + i, "secret..", 8);
	frame = frame_udp(&(struct frame_spec){.payload = payload, .payload_len = sizeof(payload)});
	ip = frame.bytes + OUTER_IP;
	ip[6] = df ? 0x40 : 0;
	sum = wp_checksum_ipv4(ip, 20);
	memcpy(ip + 10, &sum, 2);
	return frame;
}

START_TEST(test_sender_of_too_long_packet_is_told_over_the_reverse_path)
{
	struct frame frame = long_frame(true), sent = frame;
	const uint8_t *ip = frame.bytes + OUTER_IP;

	bed = bed_open(ANSWERED);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame_spi(&frame), 292);
	ck_assert_uint_eq(frame_si(&frame), 253); /* as if it were through both steps */
	ck_assert_uint_eq(frame.len, OUTER_IP + 576);
	ck_assert_uint_eq(ip[9], 1);
	ck_assert_mem_eq(ip + 12, sent.bytes + OUTER_IP + 16, 4);
	ck_assert_mem_eq(ip + 16, sent.bytes + OUTER_IP + 12, 4);
	ck_assert_mem_eq(ip + 20, "\3\4", 2);
	ck_assert_mem_eq(ip + 24, "\0\0\x05\xa6", 4); /* 1446 */
	ck_assert_mem_eq(ip + 28, sent.bytes + OUTER_IP, 548);
	ck_assert_uint_eq(bed_number(bed, "paths/0/replied"), 1);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/too-big-answered"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_without_reverse_path_too_long_packet_is_dropped)
{
	struct frame frame = long_frame(true);

	bed = bed_open(TUNNEL("a@1", "", "", ""));
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/no-reverse"), 1);
	bed_close(bed);
}
END_TEST

/* Of the four packets that two become, one may be encrypted. */
START_TEST(test_fragments_beyond_the_lifetime_do_not_leave_in_clear)
{
	struct frame frame = long_frame(false);

	bed = bed_open(TUNNEL("packets@1", ", \"max_packets\": 1", "", ""));
	bed_send(bed, "p0", &frame);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame.bytes[OUTER_IP + 9], 50);
	ck_assert_ptr_null(memmem(frame.bytes, frame.len, "secret", 6));
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/created"), 2);
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/fail-no-key"), 3);
	bed_close(bed);
}
END_TEST

START_TEST(test_fragments_go_through_the_tunnel)
{
	struct frame frame = long_frame(false), sealed[2];
	unsigned int secrets = 0;

	bed = bed_open(TUNNEL("a@1", "", "", ""));
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	for (unsigned int i = 0; i < 2; i++) {
		ck_assert(bed_receive(bed, "p0", &sealed[i]));
		ck_assert_uint_eq(sealed[i].bytes[OUTER_IP + 9], 50);
		memcpy(sealed[i].bytes + 14 + 4, "\0\1\x24\xff", 4);
		bed_send(bed, "p0", &sealed[i]);
	}
	bed_run(bed);
	while (bed_receive(bed, "p0", &frame))
		for (unsigned int i = OUTER_IP; i + 8 <= frame.len; i++)
			secrets += memcmp(frame.bytes + i, "secret..", 8) == 0;
	ck_assert_uint_eq(secrets, 1472 / 8);
	bed_close(bed);
}
END_TEST

static void
send_plain(unsigned int n)
{
	struct frame frame =
		frame_udp(&(struct frame_spec){.payload = "hello...", .payload_len = 8});

	while (n-- > 0)
		bed_send(bed, "p0", &frame);
	bed_run(bed);
}

START_TEST(test_key_is_not_used_beyond_its_lifetime)
{
	bed = bed_open(TUNNEL("packets@1", ", \"max_packets\": 3", "", ""));
	for (unsigned int i = 0; i < 5; i++)
		send_plain(1);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 3);
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/fail-no-key"), 2);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/lifetime-over"), 2);
	bed_close(bed);
}
END_TEST

START_TEST(test_sa_brings_nothing_beyond_its_lifetime)
{
	struct frame frames[4];

	bed = bed_open(TUNNEL("a@1", "", "", ", \"max_packets\": 2"));
	for (unsigned int i = 0; i < 4; i++)
		frames[i] = sealed(0);
	for (unsigned int i = 0; i < 4; i++) {
		bed_send(bed, "p0", &frames[i]);
		bed_run(bed);
	}
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 2);
	ck_assert_uint_eq(bed_number(bed, "paths/1/drops/fail-no-key"), 2);
	bed_close(bed);
}
END_TEST

/** Reserves a key's numbers up to @p limit, as an earlier life would have. */
static void
use_up(const char *name, uint64_t limit)
{
	char message[256];
	struct keystore *keys = NULL;
	struct reserve *reserve = NULL;

	ck_assert_int_eq(keystore_open("keys.json", &keys, message, sizeof(message)), 0);
	ck_assert_int_eq(reserve_open("state", &reserve, message, sizeof(message)), 0);
	ck_assert_int_eq(reserve_extend(reserve, keystore_find(keys, name)->fingerprint, limit), 0);
	reserve_close(reserve);
	keystore_close(keys);
}

START_TEST(test_32_bit_numbers_end_and_never_wrap)
{
	use_up("end@1", 0xfffffff0);
	bed = bed_open(TUNNEL("end@1", ", \"esn\": false", "", ""));
	send_plain(32);
	send_plain(1);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 16); /* fffffff0 to ffffffff */
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/fail-no-key"), 17);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/sequence-exhausted"), 17);
	bed_close(bed);
}
END_TEST

START_TEST(test_extended_numbers_go_on_over_2_to_the_32)
{
	struct frame frame;
	uint64_t last = 0;

	use_up("esn@1", 0xfffffff0);
	bed = bed_open(TUNNEL("esn@1", "", "", ""));
	send_plain(32);
	for (unsigned int i = 0; i < 32; i++) {
		uint64_t iv;
		uint32_t low;

		ck_assert(bed_receive(bed, "p0", &frame));
		memcpy(&low, frame.bytes + ESP + 4, 4);
		memcpy(&iv, frame.bytes + ESP + 8, 8);
		iv = __builtin_bswap64(iv);
		ck_assert_uint_eq(__builtin_bswap32(low), (uint32_t)iv);
		ck_assert(last == 0 || iv == last + 1);
		last = iv;
	}
	ck_assert_uint_eq(last, 0xfffffff0 + 31ull);
	bed_close(bed);
}
END_TEST

START_TEST(test_key_that_is_not_there_is_named)
{
	ck_assert_ptr_nonnull(strstr(bed_refusal(TUNNEL("no@1", "", "", "")),
				     "/paths/0/steps/0/args/key: no key 'no@1' in the key store"));
	ck_assert_ptr_nonnull(strstr(bed_refusal(TUNNEL("a@1", ", \"ttl\": 0", "", "")),
				     "/paths/0/steps/0/args/ttl: ttl: 0 is below 1"));
	ck_assert_ptr_nonnull(
		strstr(bed_refusal(TUNNEL("a@1", "", "", "}, {\"spi\": 4096, \"key\": \"esn@1\"")),
		       "/paths/1/steps/0/args/sas/1/spi: spi: 4096 is there twice"));
	ck_assert_ptr_nonnull(
		strstr(bed_refusal(TUNNEL("a@1", "", "", "}, {\"spi\": 4097, \"key\": \"no@1\"")),
		       "/paths/1/steps/0/args/sas/1/key: no key 'no@1' in the key store"));
}
END_TEST

/** Keys for these tests, in the folder they run in. */
static void
write_keys(void)
{
	static const char *const names[] = {"a@1", "packets@1", "end@1", "esn@1"};
	FILE *file = fopen("keys.json", "w");

	fputs("{\"keys\": [", file);
	for (unsigned int i = 0; i < 4; i++)
		fprintf(file,
			"%s{\"name\": \"%s\", \"algorithm\": \"aes-128-gcm\", \"salt\": "
			"\"00010203\","
			" \"key\": \"0%u0102030405060708090a0b0c0d0e0f\"}",
			i == 0 ? "" : ", ", names[i], i);
	fputs("]}", file);
	fclose(file);
	if (system("chmod 600 keys.json") != 0)
		exit(1);
}

int
main(void)
{
	Suite *suite = suite_create("esp");
	TCase *tcase = tcase_create("esp");

	bed_folder();
	write_keys();
	tcase_add_loop_test(tcase, test_refused_packet_is_counted_under_its_reason, 0,
			    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(tcase, test_forged_packets_do_not_move_the_window);
	tcase_add_test(tcase, test_opened_packet_is_as_it_was);
	tcase_add_test(tcase, test_replay_stays_one_when_the_key_was_away);
	tcase_add_test(tcase, test_replay_stays_one_in_the_next_process);
	tcase_add_loop_test(tcase, test_replay_stays_one_over_re_configuration, 0,
			    (int)(sizeof(re_configured) / sizeof(re_configured[0])));
	tcase_add_test(tcase, test_answer_to_what_was_sealed_does_not_leave_in_clear);
	tcase_add_test(tcase, test_sender_of_too_long_packet_is_told_over_the_reverse_path);
	tcase_add_test(tcase, test_without_reverse_path_too_long_packet_is_dropped);
	tcase_add_test(tcase, test_fragments_beyond_the_lifetime_do_not_leave_in_clear);
	tcase_add_test(tcase, test_fragments_go_through_the_tunnel);
	tcase_add_test(tcase, test_key_is_not_used_beyond_its_lifetime);
	tcase_add_test(tcase, test_sa_brings_nothing_beyond_its_lifetime);
	tcase_add_test(tcase, test_32_bit_numbers_end_and_never_wrap);
	tcase_add_test(tcase, test_extended_numbers_go_on_over_2_to_the_32);
	tcase_add_test(tcase, test_key_that_is_not_there_is_named);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
