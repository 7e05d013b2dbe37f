/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections that go on in another process, from wherever they were. */

#include "saved.h"
#include "talk.h"

static const char document[] = DOCUMENT("", LISTENER("a"), STEP("a"), STEP("a"));

/** Goes on in another PE. */
static struct bed *
move(struct bed *bed)
{
	struct import_report report;

	receive_all(bed);
	bed = carry_over(bed, "stream", talk_document(document, 0), &report);
	check_report(&report, "flows", 1, 0);
	import_report_free(&report);
	return bed;
}

/** What is sent again as it was, or answers what was sent, is nothing odd. @param _i  segments of
 * the handshake before the other process begins */
START_TEST(test_handshake_goes_on)
{
	static const struct {
		bool back;
		uint8_t flags;
		uint32_t seq, ack;
	} segments[] = {{false, SYN, 0, 0}, {true, SYN | ACK, 0, 1}, {false, ACK, 1, 1}};
	struct bed *bed = talk_open(document, 0);

	for (int i = 0; i < 3; i++) {
		send_segment(bed, 5000, segments[i].back, segments[i].flags, segments[i].seq,
			     segments[i].ack, "");
		if (i != _i)
			continue;
		bed = move(bed);
		for (int again = 0; again <= i; again++)
			send_segment(bed, 5000, segments[again].back, segments[again].flags,
				     segments[again].seq, segments[again].ack, "");
	}
	send_segment(bed, 5000, false, ACK, 1, 1, "hello");
	send_segment(bed, 5000, true, ACK, 1, 6, "there");
	ck_assert_uint_eq(count(bed, 0, "anomaly"), 0);
	ck_assert_uint_eq(count(bed, 0, "start"), 0);
	ck_assert_uint_eq(count(bed, 0, "setup"), _i == 2 ? 0 : 1);
	ck_assert_uint_eq(count(bed, 0, "bytes"), 10);
	check_order(bed, 0);
	receive_all(bed);
	bed_close(bed);
}
END_TEST

/** Bytes that have waited are missing, unless they are sent again. */
START_TEST(test_bytes_that_waited_stay_behind)
{
	struct bed *bed = talk_open(document, 0);

	handshake(bed, 5000);
	send_segment(bed, 5000, false, ACK, 1, 1, "told");
	send_segment(bed, 5000, false, ACK, 10, 1, "waits");
	bed = move(bed);
	send_segment(bed, 5000, false, ACK, 5, 1, "front");
	ck_assert_uint_eq(count(bed, 0, "bytes"), 5);
	if (_i == 1)
		send_segment(bed, 5000, false, ACK, 10, 1, "waits");
	send_segment(bed, 5000, true, ACK, 1, 15, "");
	send_segment(bed, 5000, false, ACK, 15, 1, "behind");
	send_segment(bed, 5000, true, ACK, 1, 21, "");
	ck_assert_uint_eq(count(bed, 0, "bytes"), _i == 1 ? 16 : 11);
	ck_assert_uint_eq(count(bed, 0, "gap"), _i == 1 ? 0 : 1);
	ck_assert_uint_eq(count(bed, 0, "anomaly"), 0);
	receive_all(bed);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("streams import");
	TCase *tcase = tcase_create("streams import");

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_handshake_goes_on, 0, 3);
	tcase_add_loop_test(tcase, test_bytes_that_waited_stay_behind, 0, 2);
	return bed_main(suite);
}
