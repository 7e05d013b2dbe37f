/* SPDX-License-Identifier: BSD-3-Clause */
/* Every verdict and fail mode, packet in and packet out. */

#include "bed.h"

#include <stdlib.h>
#include <string.h>

#define HEAD                                                                                       \
	"{\"version\": 1, \"workers\": {\"cores\": [0]}, \"modules\": [\"%s\"],"                   \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}],"                                    \
	" \"instances\": [{\"name\": \"one\", \"service\": \"probe\"}, {\"name\": \"two\", "       \
	"\"service\": \"probe\"}],"
#define STEPS                                                                                      \
	"\"steps\": [{\"instance\": \"one\"}, {\"instance\": \"two\", \"args\": {\"mark\": 77}}]"

/** Two steps; the second marks the payload. A reverse path for replies. */
static const char two_steps[] = HEAD " \"paths\": [{\"name\": \"out\", \"spi\": 291, \"inside\": "
				     "\"source\", \"reverse\": \"back\"," STEPS "},"
				     " {\"name\": \"back\", \"spi\": 8388899, \"inside\": "
				     "\"destination\", \"reverse\": \"out\"," STEPS "}]}";

static struct bed *bed;

static void
send_order(const char *order)
{
	struct frame frame = frame_udp(&(struct frame_spec){.payload = order, .payload_len = 8});

	bed_send(bed, "p0", &frame);
	bed_run(bed);
}

static uint8_t
mark_of(struct frame *frame)
{
	return frame_payload(frame)[3];
}

START_TEST(test_next_goes_through_both_steps_and_back_to_its_port)
{
	struct frame sent = frame_udp(
			     &(struct frame_spec){.payload = "n.......", .payload_len = 8}),
		     got;
	static const uint8_t to[6] = {2, 0, 0, 0, 0x0b, 0}, from[6] = {2, 0, 0, 0, 0x0a, 0};

	bed = bed_open(two_steps);
	send_order("n.......");

	ck_assert(bed_receive(bed, "p0", &got));
	ck_assert_uint_eq(got.len, sent.len);
	ck_assert_mem_eq(got.bytes, to, 6);
	ck_assert_mem_eq(got.bytes + 6, from, 6);
	ck_assert_uint_eq(frame_spi(&got), 291);
	ck_assert_uint_eq(frame_si(&got), 253);
	ck_assert_uint_eq(mark_of(&got), 77);
	ck_assert_mem_eq(got.bytes + 22, sent.bytes + 22,
			 sent.len - 22 - 8); /* metadata, inner packet */
	ck_assert_uint_eq(bed_number(bed, "paths/0/rx"), 1);
	ck_assert_uint_eq(bed_number(bed, "paths/0/tx"), 1);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/seen"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_drop_is_counted_under_its_reason)
{
	bed = bed_open(two_steps);
	send_order("d.......");

	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/0/drops/told-to"), 1);
	ck_assert_uint_eq(bed_number(bed, "instances/1/counters/seen"), 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_verdict_or_reason_out_of_range_is_dropped_as_such)
{
	bed = bed_open(two_steps);
	send_order("D.......");
	send_order("v.......");
	send_order("f9......");

	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/bad-verdict"), 3);
	bed_close(bed);
}
END_TEST

START_TEST(test_absorbed_packet_is_gone_and_counted)
{
	bed = bed_open(two_steps);
	send_order("a.......");

	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/absorbed"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_created_packet_goes_on_behind_its_step)
{
	struct frame got[2];

	bed = bed_open(two_steps);
	send_order("c.......");

	/* The second step meets the order in both, and makes two more. */
	ck_assert_uint_eq(bed_number(bed, "instances/1/counters/seen"), 2);
	ck_assert_uint_eq(bed_number(bed, "paths/0/created"), 3);
	ck_assert(bed_receive(bed, "p0", &got[0]));
	ck_assert(bed_receive(bed, "p0", &got[1]));
	ck_assert_uint_eq(got[0].len, got[1].len);
	ck_assert_uint_eq(frame_si(&got[0]), 253);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 2);
	bed_close(bed);
}
END_TEST

/* Holds: 'h', deadline in ms, 'n' or 'd' at its end. */

START_TEST(test_hold_ends_at_its_deadline_with_the_wish_of_the_service)
{
	struct frame got;

	bed = bed_open(two_steps);
	send_order("h\x05n.....");
	send_order("h\x05"
		   "d.....");
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "workers/0/held"), 2);

	bed_sleep(bed, 4);
	ck_assert_uint_eq(bed_number(bed, "workers/0/held"), 2);
	bed_sleep(bed, 2);

	/* The first went on to the second step, which held it again. */
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/0/drops/held"), 1);
	ck_assert_uint_eq(bed_number(bed, "workers/0/held"), 1);
	bed_sleep(bed, 6);
	ck_assert(bed_receive(bed, "p0", &got));
	ck_assert_uint_eq(frame_si(&got), 253);
	ck_assert_uint_eq(bed_number(bed, "paths/0/holds"), 3);
	ck_assert_uint_eq(bed_number(bed, "paths/0/holds_ended"), 3);
	bed_close(bed);
}
END_TEST

START_TEST(test_hold_without_deadline_lasts_100_ms)
{
	bed = bed_open(two_steps);
	send_order("h\0d.....");
	bed_sleep(bed, 99);
	ck_assert_uint_eq(bed_number(bed, "workers/0/held"), 1);
	bed_sleep(bed, 2);
	ck_assert_uint_eq(bed_number(bed, "workers/0/held"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/0/drops/held"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_released_packet_goes_on_and_cannot_be_released_twice)
{
	struct frame got;

	bed = bed_open(two_steps);
	send_order("h\x32n.....");
	send_order("Rn......"); /* through both steps itself; the first releases */

	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/released"), 1);
	ck_assert(bed_receive(bed, "p0", &got));                 /* the order */
	ck_assert_uint_eq(bed_number(bed, "workers/0/held"), 1); /* held again by the second step */
	send_order("Rd......");
	ck_assert_uint_eq(bed_number(bed, "instances/1/counters/released"), 1);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/1/drops/held"), 1);
	bed_receive_all(bed, "p0");
	bed_sleep(bed, 100);
	send_order("Rn......");
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/not-held"), 0);
	bed_receive_all(bed, "p0");
	bed_close(bed);
}
END_TEST

START_TEST(test_release_after_the_deadline_finds_nothing)
{
	bed = bed_open(two_steps);
	send_order("h\x05"
		   "d.....");
	bed_sleep(bed, 10);
	send_order("Rn......");
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/not-held"), 1);
	bed_receive_all(bed, "p0");
	bed_close(bed);
}
END_TEST

START_TEST(test_hold_beyond_the_limit_ends_at_once)
{
	bed = bed_open("{\"version\": 1, \"workers\": {\"cores\": [0], \"hold_max\": 2}, "
		       "\"modules\": [\"%s\"],"
		       " \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}],"
		       " \"instances\": [{\"name\": \"one\", \"service\": \"probe\"}],"
		       " \"paths\": [{\"name\": \"out\", \"spi\": 291, \"steps\": [{\"instance\": "
		       "\"one\"}]}]}");
	for (unsigned int i = 0; i < 3; i++)
		send_order("h\x05"
			   "d.....");
	ck_assert_uint_eq(bed_number(bed, "workers/0/held"), 2);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/0/drops/held"), 1);
	bed_sleep(bed, 10);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/0/drops/held"), 3);
	bed_close(bed);
}
END_TEST

START_TEST(test_named_hold_that_is_not_used_is_given_back)
{
	bed = bed_open("{\"version\": 1, \"workers\": {\"cores\": [0], \"hold_max\": 2}, "
		       "\"modules\": [\"%s\"],"
		       " \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}],"
		       " \"instances\": [{\"name\": \"one\", \"service\": \"probe\"}],"
		       " \"paths\": [{\"name\": \"out\", \"spi\": 291, \"steps\": [{\"instance\": "
		       "\"one\"}]}]}");
	for (unsigned int i = 0; i < 10; i++)
		send_order("N.......");
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 10);
	send_order("h\x05"
		   "d.....");
	ck_assert_uint_eq(bed_number(bed, "workers/0/held"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_services_are_ticked)
{
	bed = bed_open(two_steps);
	for (unsigned int i = 0; i < 10; i++)
		bed_sleep(bed, 10);
	ck_assert_uint_ge(bed_number(bed, "instances/0/counters/ticks"), 9);
	bed_close(bed);
}
END_TEST

/* Fail modes, for each cause. */

static const char *const causes[] = {"down", "overload", "no-key", "table-full"};

static struct bed *
open_failing(const char *mode, unsigned int cause)
{
	char text[2048];

	snprintf(text, sizeof(text),
		 "%s \"paths\": [{\"name\": \"out\", \"spi\": 291, \"peer_spi\": 500, \"fail\": "
		 "{\"%s\": \"%s\"}," STEPS "}]}",
		 HEAD, causes[cause], mode);
	return bed_open(text);
}

static void
send_failing(unsigned int cause)
{
	char order[9] = "f0......";

	order[1] = (char)('0' + cause);
	send_order(order);
}

START_TEST(test_fail_mode_drop_counts_the_cause)
{
	char where[64];

	bed = open_failing("drop", (unsigned int)_i);
	send_failing((unsigned int)_i);
	snprintf(where, sizeof(where), "paths/0/drops/fail-%s", causes[_i]);
	ck_assert_uint_eq(bed_number(bed, where), 1);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_fail_mode_bypass_skips_the_step)
{
	struct frame got;

	bed = open_failing("bypass", (unsigned int)_i);
	send_failing((unsigned int)_i);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/0/bypassed"), 1);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/1/bypassed"), 1);
	ck_assert(bed_receive(bed, "p0", &got));
	ck_assert_uint_eq(frame_si(&got), 253);
	bed_close(bed);
}
END_TEST

START_TEST(test_fail_mode_peer_sends_to_the_peer_at_the_same_step)
{
	struct frame got;

	bed = open_failing("peer", (unsigned int)_i);
	send_failing((unsigned int)_i);
	ck_assert(bed_receive(bed, "p0", &got));
	ck_assert_uint_eq(frame_spi(&got), 500);
	ck_assert_uint_eq(frame_si(&got), 255);
	ck_assert_uint_eq(bed_number(bed, "paths/0/to_peer"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_packet_that_ends_outside_its_buffer_never_leaves)
{
	bed = open_failing("drop", 0);
	send_order("L.......");
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/bad-view"), 1);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("verdicts");
	TCase *tcase = tcase_create("verdicts");

	tcase_add_test(tcase, test_next_goes_through_both_steps_and_back_to_its_port);
	tcase_add_test(tcase, test_packet_that_ends_outside_its_buffer_never_leaves);
	tcase_add_test(tcase, test_drop_is_counted_under_its_reason);
	tcase_add_test(tcase, test_verdict_or_reason_out_of_range_is_dropped_as_such);
	tcase_add_test(tcase, test_absorbed_packet_is_gone_and_counted);
	tcase_add_test(tcase, test_created_packet_goes_on_behind_its_step);
	tcase_add_test(tcase, test_hold_ends_at_its_deadline_with_the_wish_of_the_service);
	tcase_add_test(tcase, test_hold_without_deadline_lasts_100_ms);
	tcase_add_test(tcase, test_released_packet_goes_on_and_cannot_be_released_twice);
	tcase_add_test(tcase, test_release_after_the_deadline_finds_nothing);
	tcase_add_test(tcase, test_hold_beyond_the_limit_ends_at_once);
	tcase_add_test(tcase, test_named_hold_that_is_not_used_is_given_back);
	tcase_add_test(tcase, test_services_are_ticked);
	tcase_add_loop_test(tcase, test_fail_mode_drop_counts_the_cause, 0, 4);
	tcase_add_loop_test(tcase, test_fail_mode_bypass_skips_the_step, 0, 4);
	tcase_add_loop_test(tcase, test_fail_mode_peer_sends_to_the_peer_at_the_same_step, 0, 4);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
