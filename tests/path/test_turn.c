/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers, and where on the reverse path they come in. */

#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "parse/checksum.h"

enum { IP = 14 + 24 + 14, ICMP = IP + 20, QUOTED = ICMP + 8, MTU = 1500 };

/** Probes 'one', 'two' and 'three', and the paths 291 and 292. */
#define PROBES(OUT, BACK)                                                                          \
	"{\"version\": 1, \"workers\": {\"cores\": [0]}, \"modules\": [\"%s\"],"                   \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}],"                                    \
	" \"instances\": [{\"name\": \"one\", \"service\": \"probe\"}, {\"name\": \"two\", "       \
	"\"service\": \"probe\"}, {\"name\": \"three\", \"service\": \"probe\"}],"                 \
	" \"paths\": [{\"name\": \"out\", \"spi\": 291, \"inside\": \"source\", \"reverse\": "     \
	"\"back\", \"steps\": [" OUT "]}, {\"name\": \"back\", \"spi\": 292, \"inside\": "         \
	"\"destination\", \"reverse\": \"out\", \"steps\": [" BACK "]}]}"
#define STEP(NAME) "{\"instance\": \"" NAME "\"}"
#define ANSWERS(NAME) "{\"instance\": \"" NAME "\", \"args\": {\"answers\": true}}"

/** A packet's way, by the places of the probes. */
static const struct way {
	const char *document;
	unsigned int met[3]; /* how often each probe met it */
} ways[] = {
	/* behind the step of the same instance */
	{PROBES(ANSWERS("one") "," STEP("two"), STEP("two") "," STEP("one")), {1, 0, 0}},
	{PROBES(STEP("one") "," ANSWERS("two"), STEP("two") "," STEP("one")), {2, 1, 0}},
	{PROBES(ANSWERS("one") "," STEP("two"), STEP("one") "," STEP("two")), {1, 1, 0}},
	/* ... of several, the one that a packet from there would have met last */
	{PROBES(STEP("one") "," STEP("two") "," ANSWERS("one"),
		STEP("one") "," STEP("two") "," STEP("one")),
	 {3, 2, 0}},
	{PROBES(ANSWERS("one") "," STEP("two") "," STEP("one"),
		STEP("one") "," STEP("two") "," STEP("one")),
	 {1, 0, 0}},
	/* no such step: those at the end that it has been through */
	{PROBES(STEP("one") "," ANSWERS("three"), STEP("two") "," STEP("one")), {2, 0, 1}},
	{PROBES(STEP("one") "," STEP("two") "," ANSWERS("three"), STEP("two") "," STEP("one")),
	 {2, 2, 1}},
	{PROBES(STEP("one") "," ANSWERS("three"), STEP("one") "," STEP("two")), {1, 0, 1}},
	{PROBES(ANSWERS("three"), STEP("two") "," STEP("one")), {0, 0, 1}},
};

START_TEST(test_answer_goes_on_where_its_sender_s_packets_would)
{
	const struct way *way = &ways[_i];
	struct bed *bed = bed_open(way->document);
	struct frame frame =
		frame_udp(&(struct frame_spec){.payload = "n.......", .payload_len = 8});
	char where[64];

	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame_spi(&frame), 292);
	for (unsigned int i = 0; i < 3; i++) {
		snprintf(where, sizeof(where), "instances/%u/counters/seen", i);
		ck_assert_uint_eq(bed_number(bed, where), way->met[i]);
	}
	ck_assert_uint_eq(bed_number(bed, "paths/0/replied"), 1);
	ck_assert_uint_eq(bed_number(bed, "paths/0/tx"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/1/tx"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_answered_packet_leaves_as_one_that_is_through)
{
	struct bed *bed = bed_open(ways[0].document);
	struct frame frame =
		frame_udp(&(struct frame_spec){.payload = "n.......", .payload_len = 8});
	const uint8_t *ip = frame.bytes + IP;

	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame_si(&frame), 253);
	ck_assert_mem_eq(ip + 12, "\x0a\0\0\2\x0a\0\0\1", 8);
	bed_close(bed);
}
END_TEST

START_TEST(test_answer_is_not_answered)
{
	struct bed *bed = bed_open(PROBES(ANSWERS("one"), ANSWERS("one") "," ANSWERS("two")));
	struct frame frame =
		frame_udp(&(struct frame_spec){.payload = "n.......", .payload_len = 8});

	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/replied"), 1);
	ck_assert_uint_eq(bed_number(bed, "paths/1/drops/no-reverse"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_answer_without_reverse_is_dropped)
{
	struct bed *bed = bed_open("{\"version\": 1, \"workers\": {\"cores\": [0]},"
				   " \"modules\": [\"%s\"],"
				   " \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}],"
				   " \"instances\": [{\"name\": \"one\", \"service\": \"probe\"}],"
				   " \"paths\": [{\"name\": \"out\", \"spi\": 291,"
				   " \"steps\": [{\"instance\": \"one\"}]}]}");
	struct frame frame =
		frame_udp(&(struct frame_spec){.payload = "r.......", .payload_len = 8});

	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/no-reverse"), 1);
	bed_close(bed);
}
END_TEST

/** Behind a NAT, a tunnel, whose MTU is smaller than the hosts'. */
static const char sealed_nat[] =
	"{\"version\": 1, \"workers\": {\"cores\": [0]}, \"key_store\": \"keys.json\","
	" \"state_dir\": \"state\", \"modules\": [\"nat\", \"encrypt\", \"decrypt\"],"
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}],"
	" \"tenants\": [{\"name\": \"red\"}],"
	" \"instances\": [{\"name\": \"n\", \"service\": \"nat\", \"config\": {\"pools\":"
	"  [{\"name\": \"p\", \"addresses\": [\"203.0.113.1\"]}]}},"
	"  {\"name\": \"e\", \"service\": \"encrypt\"}, {\"name\": \"d\", \"service\": "
	"\"decrypt\"}],"
	" \"paths\": [{\"name\": \"out\", \"spi\": 291, \"tenant\": \"red\", \"inside\": "
	"\"source\", \"reverse\": \"in\", \"steps\": [{\"instance\": \"n\"}, {\"instance\": "
	"\"e\", \"args\": {\"spi\": 4096, \"local\": \"192.0.2.1\", \"remote\": \"192.0.2.2\","
	" \"key\": \"a@1\"}}]},"
	"  {\"name\": \"in\", \"spi\": 292, \"tenant\": \"red\", \"inside\": \"destination\","
	" \"reverse\": \"out\", \"steps\": [{\"instance\": \"d\", \"args\": {\"local\": "
	"\"192.0.2.1\", \"remote\": \"192.0.2.2\", \"sas\": [{\"spi\": 4097, \"key\": \"b@1\"}]}},"
	" {\"instance\": \"n\"}]}]}";

static void
write_keys(void)
{
	static const char store[] =
		"{\"keys\": [{\"name\": \"a@1\", \"algorithm\": \"aes-128-gcm\", \"salt\": "
		"\"00010203\", \"key\": \"000102030405060708090a0b0c0d0e0f\"},"
		" {\"name\": \"b@1\", \"algorithm\": \"aes-128-gcm\", \"salt\": "
		"\"10010203\", \"key\": \"100102030405060708090a0b0c0d0e0f\"}]}";
	FILE *file = fopen("keys.json", "w");

	if (file == NULL || fputs(store, file) < 0 || fclose(file) != 0 ||
	    chmod("keys.json", 0600) != 0)
		exit(1);
}

START_TEST(test_too_big_behind_nat_reaches_the_host_in_its_own_words)
{
	static char payload[MTU - 28];
	struct frame frame = frame_udp(&(struct frame_spec){.payload = payload,
							    .payload_len = sizeof(payload)}),
		     sent;
	uint8_t *ip = frame.bytes + IP;
	struct bed *bed;
	uint16_t sum;

	ip[6] = 0x40; /* DF */
	sum = wp_checksum_ipv4(ip, 20);
	memcpy(ip + 10, &sum, 2);
	sent = frame;
	bed = bed_open(sealed_nat);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame_spi(&frame), 292);
	ck_assert_uint_eq(ip[9], 1);
	ck_assert_mem_eq(frame.bytes + ICMP, "\3\4", 2);
	ck_assert_mem_eq(ip + 12, "\x0a\0\0\2\x0a\0\0\1", 8);
	ck_assert_mem_eq(frame.bytes + QUOTED, sent.bytes + IP, 20 + 4);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/icmp-errors"), 1);
	ck_assert_uint_eq(bed_number(bed, "paths/0/replied"), 1);
	ck_assert_uint_eq(bed_number(bed, "paths/1/turned_in"), 1);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("turn");
	TCase *tcase = tcase_create("turn");

	bed_folder();
	write_keys();
	tcase_add_loop_test(tcase, test_answer_goes_on_where_its_sender_s_packets_would, 0,
			    (int)(sizeof(ways) / sizeof(ways[0])));
	tcase_add_test(tcase, test_answered_packet_leaves_as_one_that_is_through);
	tcase_add_test(tcase, test_answer_is_not_answered);
	tcase_add_test(tcase, test_answer_without_reverse_is_dropped);
	tcase_add_test(tcase, test_too_big_behind_nat_reaches_the_host_in_its_own_words);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
