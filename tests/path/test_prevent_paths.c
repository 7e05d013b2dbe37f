/* SPDX-License-Identifier: BSD-3-Clause */
/* The service ids where it prevents, with others on its paths: a NAT in front of it or behind, a
 * log of flows, another one with other rules. With one worker and with two. */

#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

enum { IP = 14 + 24 + 14, L4 = IP + 20, SERVER = 0xc6336401, HOST = 0x0a000001 };

static const char *folder;

/** What stands on a path, and on the way back. */
static const struct way {
	const char *out, *back;
	bool translates;
} ways[] = {
	{STEP("g"), STEP("g"), false},
	{STEP("g") "," STEP("n"), STEP("n") "," STEP("g"), true},
	{STEP("n") "," STEP("g"), STEP("g") "," STEP("n"), true},
	{STEP("f") "," STEP("g"), STEP("g") "," STEP("f"), false},
	{STEP("h") "," STEP("g"), STEP("g") "," STEP("h"), false},
	{STEP("g") "," STEP("h"), STEP("h") "," STEP("g"), false},
	{STEP("f") "," STEP("g") "," STEP("n") "," STEP("h"),
	 STEP("h") "," STEP("n") "," STEP("g") "," STEP("f"), true},
};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

/** A connection: its client, and as its server sees that. */
struct talk {
	uint16_t port, seen_port;
	uint32_t seen;
};

static const char *
document(const struct way *way, int workers)
{
	static char text[4096];

	snprintf(text, sizeof(text),
		 "{\"version\": 1, \"workers\": {\"cores\": %s}, \"modules\": [\"ids\", \"nat\", "
		 "\"flowlog\"], \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": "
		 "\"p1\", \"type\": \"ring\"}], \"instances\": [{\"name\": \"g\", \"service\": "
		 "\"ids\", \"config\": {\"rules\": [\"%s/a.rules\"], \"mode\": \"prevent\"}}, "
		 "{\"name\": \"h\", \"service\": \"ids\", \"config\": {\"rules\": "
		 "[\"%s/b.rules\"], \"mode\": \"prevent\"}}, {\"name\": \"f\", \"service\": "
		 "\"flowlog\", \"config\": {\"file\": \"flows.json\"}}, {\"name\": \"n\", "
		 "\"service\": \"nat\", \"config\": {\"pools\": [{\"name\": \"p\", \"addresses\": "
		 "[\"203.0.113.1/32\"]}]}}], \"paths\": [{\"name\": \"out\", \"spi\": 291, "
		 "\"inside\": \"source\", \"reverse\": \"back\", \"steps\": [%s]}, {\"name\": "
		 "\"back\", \"spi\": 292, \"inside\": \"destination\", \"reverse\": \"out\", "
		 "\"steps\": [%s]}, {\"name\": \"other\", \"spi\": 300, \"steps\": "
		 "[{\"instance\": \"g\"}]}]}",
		 workers == 0 ? "[0]" : "[0, 1]", folder, folder, way->out, way->back);
	return text;
}

static struct bed *
open_way(const struct way *way, int workers)
{
	return bed_open(document(way, workers));
}

/** Sends a segment of a connection. */
static void
say(struct bed *bed, const struct talk *talk, bool back, uint8_t flags, uint32_t seq, uint32_t ack,
    const char *data)
{
	talk_client = back ? talk->seen : HOST;
	send_segment(bed, back ? talk->seen_port : talk->port, back, flags, seq, ack, data);
}

/** Begins one. */
static struct talk
begin(struct bed *bed, const struct way *way, uint16_t port)
{
	struct talk talk = {.port = port, .seen_port = port, .seen = HOST};
	struct frame frame;

	say(bed, &talk, false, SYN, 0, 0, "");
	ck_assert(bed_receive_any(bed, &frame));
	talk.seen = wp_get32(frame.bytes + IP + 12);
	talk.seen_port = (uint16_t)wp_get16(frame.bytes + L4);
	ck_assert_int_eq(way->translates, talk.seen != HOST);
	say(bed, &talk, true, SYN | ACK, 0, 1, "");
	say(bed, &talk, false, ACK, 1, 1, "");
	ck_assert_uint_eq(receive_all(bed), 2);
	return talk;
}

/** Expects that a RST comes out among others. @param seq  behind the initial one of its sender */
static void
expect_reset(struct bed *bed, const struct talk *talk, bool to_server, uint32_t seq, uint32_t ack)
{
	struct frame frame, as;

	talk_client = talk->seen;
	as = talk_segment(talk->seen_port, !to_server, RST | ACK, seq, ack, "");
	if (!to_server) {
		talk_client = HOST;
		as = talk_segment(talk->port, true, RST | ACK, seq, ack, "");
	}
	ck_assert(bed_receive_any(bed, &frame));
	ck_assert_uint_eq(frame_spi(&frame), to_server ? 291 : 292);
	ck_assert_mem_eq(frame.bytes + IP + 12, as.bytes + IP + 12, 8 + 14);
}

/** Expects a RST to each, in any order. */
static void
expect_both(struct bed *bed, const struct talk *talk)
{
	struct frame frame;
	unsigned int to_server = 0, n = 0;

	for (; bed_receive_any(bed, &frame); n++) {
		struct frame as;
		bool is = frame_spi(&frame) == 291;

		to_server += is;
		talk_client = is ? talk->seen : HOST;
		as = talk_segment(is ? talk->seen_port : talk->port, !is, RST | ACK, 1, is ? 1 : 9,
				  "");
		ck_assert_mem_eq(frame.bytes + IP + 12, as.bytes + IP + 12, 8 + 14);
	}
	ck_assert_uint_eq(n, 2);
	ck_assert_uint_eq(to_server, 1);
}

START_TEST(test_reset_has_the_addresses_of_its_side)
{
	const struct way *way = &ways[_i / 2];
	struct bed *bed = open_way(way, _i % 2);

	for (uint16_t port = 5000; port < 5004; port++) {
		struct talk talk = begin(bed, way, port);

		say(bed, &talk, false, ACK, 1, 1, "both end");
		expect_both(bed, &talk);
		say(bed, &talk, true, ACK, 1, 1, "more");
		expect_reset(bed, &talk, true, 1, 5);
		say(bed, &talk, false, ACK, 1, 1, "more");
		expect_reset(bed, &talk, false, 1, 5);
		say(bed, &talk, false, ACK | FIN, 1, 1, "more");
		expect_reset(bed, &talk, false, 1, 6);
		ck_assert_uint_eq(receive_all(bed), 0);
	}
	bed_close(bed);
}
END_TEST

/** What comes to one path's step is of the other's connection, too. */
START_TEST(test_dropped_connection_is_dropped_both_ways)
{
	const struct way *way = &ways[_i / 2];
	struct bed *bed = open_way(way, _i % 2);

	for (uint16_t port = 5000; port < 5004; port++) {
		struct talk talk = begin(bed, way, port);

		say(bed, &talk, true, ACK, 1, 1, port % 2 == 0 ? "bad" : "worse");
		if (port % 2 == 0 || strstr(way->out, "\"h\"") != NULL)
			ck_assert_uint_eq(receive_all(bed), 0);
		else
			ck_assert_uint_eq(receive_all(bed), 1);
		if (port % 2 == 0) {
			say(bed, &talk, false, ACK, 1, 1, "more");
			say(bed, &talk, true, ACK, 4, 1, "more");
			ck_assert_uint_eq(receive_all(bed), 0);
		}
	}
	bed_close(bed);
}
END_TEST

/** @return the bucket that has the packets of the only connection. */
static uint8_t
bucket_of(const struct bed *bed)
{
	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++)
		for (unsigned int w = 0; w < bed->pe->n_workers; w++)
			if (bed->pe->workers[w]->load[bucket] != 0)
				return (uint8_t)bucket;
	return 0;
}

/** Moves everything to the other worker. */
static void
move_all(struct bed *bed)
{
	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++)
		pe_move_bucket(bed->pe, (uint8_t)bucket, 1 - bed->pe->owner[bucket]);
	while (pe_moving(bed->pe))
		bed_run(bed);
}

/** What one worker has gathered of a connection, or said of it, goes for the next one. */
START_TEST(test_what_is_known_moves_with_the_connection)
{
	const struct way *way = &ways[_i];
	struct bed *bed = open_way(way, 1);
	struct talk bad = begin(bed, way, 5000), refused = begin(bed, way, 5001);
	struct talk body = begin(bed, way, 5002), passed = begin(bed, way, 5003);

	say(bed, &bad, false, ACK, 1, 1, "ba");
	say(bed, &refused, false, ACK, 1, 1, "both ");
	say(bed, &body, false, ACK, 1, 1, "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n123no");
	say(bed, &passed, false, ACK, 1, 1, "GET /trusty HTTP/1.1\r\n\r\n");
	ck_assert_uint_eq(receive_all(bed), 4);
	move_all(bed);
	say(bed, &bad, false, ACK, 3, 1, "d");
	ck_assert_uint_eq(receive_all(bed), 0);
	say(bed, &refused, false, ACK, 6, 1, "end");
	ck_assert_uint_eq(receive_all(bed), 2);
	say(bed, &body, false, ACK, 44, 1, "body");
	ck_assert_uint_eq(receive_all(bed), 0);
	say(bed, &passed, false, ACK, 25, 1, "bad");
	ck_assert_uint_eq(receive_all(bed), 1);
	move_all(bed);
	say(bed, &bad, true, ACK, 1, 4, "more");
	say(bed, &body, true, ACK, 1, 4, "more");
	ck_assert_uint_eq(receive_all(bed), 0);
	say(bed, &refused, true, ACK, 1, 6, "more");
	expect_reset(bed, &refused, true, 6, 5);
	say(bed, &passed, false, ACK, 28, 1, "bad");
	ck_assert_uint_eq(receive_all(bed), 1);
	bed_close(bed);
}
END_TEST

/** Likewise of what comes while it moves: at each stage a byte. */
START_TEST(test_word_that_is_said_while_its_bucket_moves)
{
	static const char word[] = "both end";
	struct bed *bed = open_way(&ways[0], 1);
	struct talk talk = begin(bed, &ways[0], 5000);
	uint8_t bucket = bucket_of(bed);
	unsigned int at = 0, n;

	pe_move_bucket(bed->pe, bucket, 1 - bed->pe->owner[bucket]);
	for (enum move_state state = MOVE_ASKED; state < MOVE_DONE; state++) {
		char text[3] = {word[at], at == 0 ? word[at + 1] : 0, 0};
		struct frame frame;

		bed_bring_to(bed, state);
		frame = talk_segment(5000, false, ACK, 1 + at, 1, text);
		at += (unsigned int)strlen(text);
		bed_send(bed, "p0", &frame);
	}
	n = at;
	while (pe_moving(bed->pe))
		bed_run(bed);
	ck_assert_uint_eq(receive_all(bed), 5);
	say(bed, &talk, false, ACK, 1 + n, 1, word + n);
	ck_assert_uint_eq(receive_all(bed), 2);
	bed_close(bed);
}
END_TEST

/** The instance is taken off the path, and put back; another path keeps the tracker. What came past
 * meanwhile, a little or more than a window, is missed for good: nothing waits for it unseen, nor
 * is what comes behind it none of the connection. */
START_TEST(test_connection_that_was_not_heard_for_a_while)
{
	static const struct way none = {"", "", false};
	const uint32_t at = _i / 2 == 0 ? 11 : 1u << 20;
	struct bed *bed = open_way(&ways[0], _i % 2);
	struct talk talk = begin(bed, &ways[0], 5000);

	say(bed, &talk, false, ACK, 1, 1, "hello");
	say(bed, &talk, true, ACK, 1, 6, "hello");
	ck_assert_int_eq(bed_reload(bed, document(&none, _i % 2)), 0);
	bed_sleep(bed, 10);
	say(bed, &talk, false, ACK, at - 5, 6, "hello");
	say(bed, &talk, true, ACK, 6, at, "hello");
	ck_assert_int_eq(bed_reload(bed, document(&ways[0], _i % 2)), 0);
	say(bed, &talk, false, ACK, at, 11, "good");
	say(bed, &talk, true, ACK, 11, at + 4, "good");
	ck_assert_uint_eq(receive_all(bed), 6);
	say(bed, &talk, false, ACK, at + 4, 15, "ba");
	say(bed, &talk, false, ACK, at + 6, 15, "d");
	ck_assert_uint_eq(receive_all(bed), 1);
	bed_close(bed);
}
END_TEST

/** What is blocked is so as well when it is heard again. */
START_TEST(test_blocked_connection_stays_so)
{
	static const struct way none = {"", "", false};
	struct bed *bed = open_way(&ways[0], _i);
	struct talk talk = begin(bed, &ways[0], 5000);

	say(bed, &talk, false, ACK, 1, 1, "bad");
	ck_assert_int_eq(bed_reload(bed, document(&none, _i)), 0);
	bed_sleep(bed, 10);
	ck_assert_int_eq(bed_reload(bed, document(&ways[0], _i)), 0);
	say(bed, &talk, false, ACK, 11, 1, "good");
	ck_assert_uint_eq(receive_all(bed), 0);
	bed_close(bed);
}
END_TEST

/** Fragments come by their addresses to whom they come; the flow may be the other worker's. */
START_TEST(test_word_in_fragments)
{
	const struct way *way = &ways[_i / 4];
	struct bed *bed = open_way(way, _i % 2);

	for (uint16_t port = 5000; port < 5004; port++) {
		struct talk talk = begin(bed, way, port);

		talk_client = HOST;
		send_fragments(bed, port, 1, "all fine", 0);
		ck_assert_uint_eq(receive_all(bed), 2);
		send_fragments(bed, port, 9, "xxbadyyy", _i / 2 % 2);
		ck_assert_uint_le(receive_all(bed), 1);
		say(bed, &talk, false, ACK, 9, 1, "more");
		say(bed, &talk, true, ACK, 1, 9, "more");
		ck_assert_uint_eq(receive_all(bed), 0);
	}
	bed_close(bed);
}
END_TEST

/** Segments of both directions come at once. One of a connection that was under way is not
 * believed, and goes on; it is looked at for itself, whichever of the two ways is gone first. */
START_TEST(test_word_that_is_in_no_stream_beside_one_the_other_way)
{
	const struct way *way = &ways[_i];
	struct bed *bed;

	if (way->translates) /* what it has not seen begin is dropped */
		return;
	bed = open_way(way, 0);
	for (uint16_t port = 5000; port < 5004; port++) {
		struct talk talk = {.port = port, .seen_port = port, .seen = HOST};
		bool back = port % 2 == 0;

		say(bed, &talk, false, ACK, 1, 1, "good");
		say(bed, &talk, true, ACK, 1, 5, "good");
		ck_assert_uint_eq(receive_all(bed), 2);
		if (port < 5002)
			say(bed, &talk, !back, ACK, 5, 5, "good");
		say(bed, &talk, back, ACK, 1u << 30, 5, "a bad one");
		if (port >= 5002)
			say(bed, &talk, !back, ACK, 5, 5, "good");
		ck_assert_uint_eq(receive_all(bed), 1);
	}
	bed_close(bed);
}
END_TEST

static void
write_rules(const char *name, const char *text)
{
	FILE *rules = fopen(name, "w");

	if (rules == NULL || fputs(text, rules) < 0 || fclose(rules) != 0)
		exit(1);
}

int
main(void)
{
	Suite *suite = suite_create("prevent paths");
	TCase *tcase = tcase_create("prevent paths");

	folder = bed_folder();
	write_rules("a.rules",
		    "drop tcp any any -> any any (content:\"bad\"; sid:1;)\n"
		    "rejectboth tcp any any -> any any (content:\"both end\"; sid:2;)\n"
		    "drop http any any -> any any (http.request_body; content:\"nobody\"; sid:3;)\n"
		    "pass http any any -> any any (http.uri; content:\"trusty\"; sid:4;)\n");
	write_rules("b.rules", "drop tcp any any -> any any (content:\"worse\"; sid:1;)\n");
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_reset_has_the_addresses_of_its_side, 0, 2 * WAYS);
	tcase_add_loop_test(tcase, test_dropped_connection_is_dropped_both_ways, 0, 2 * WAYS);
	tcase_add_loop_test(tcase, test_what_is_known_moves_with_the_connection, 0, WAYS);
	tcase_add_test(tcase, test_word_that_is_said_while_its_bucket_moves);
	tcase_add_loop_test(tcase, test_connection_that_was_not_heard_for_a_while, 0, 4);
	tcase_add_loop_test(tcase, test_blocked_connection_stays_so, 0, 2);
	tcase_add_loop_test(tcase, test_word_in_fragments, 0, 4 * WAYS);
	tcase_add_loop_test(tcase, test_word_that_is_in_no_stream_beside_one_the_other_way, 0,
			    WAYS);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
