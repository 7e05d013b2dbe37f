/* SPDX-License-Identifier: BSD-3-Clause */
/* The service ids beside a tracker: what it prevents has to be told in time. */

#include "saved.h"
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;

/** Makes a document. @param tell  of the tracker; NULL: there is no instance of it */
static const char *
document(const char *mode, const char *tell)
{
	static char text[1024];
	char tracker[128] = "";

	if (tell != NULL)
		snprintf(
			tracker, sizeof(tracker),
			", {\"name\": \"tracker\", \"service\": \"stream\", \"config\": {\"tell\": "
			"\"%s\"}}",
			tell);
	snprintf(text, sizeof(text),
		 "{\"version\": 1, \"workers\": {\"cores\": [0]}, \"modules\": [\"ids\"], "
		 "\"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}], \"instances\": [{\"name\": "
		 "\"guard\", \"service\": \"ids\", \"config\": {\"rules\": [\"%s/a.rules\"], "
		 "\"mode\": \"%s\"}}%s], \"paths\": [{\"name\": \"p\", \"spi\": 291, \"steps\": "
		 "[{\"instance\": \"guard\"}]}]}",
		 folder, mode, tracker);
	return text;
}

static void
expect_refusal(const char *said)
{
	ck_assert_ptr_nonnull(said);
	ck_assert_msg(strncmp(said, "/instances/0/config/mode: ", 26) == 0, "%s", said);
	ck_assert_ptr_nonnull(strstr(said, "prevent would drop too late"));
	ck_assert_ptr_nonnull(strstr(said, "'stream' \"tell\": \"arrival\""));
}

START_TEST(test_prevent_behind_acknowledgements_is_refused)
{
	expect_refusal(bed_refusal(document("prevent", "acknowledged")));
}
END_TEST

START_TEST(test_all_else_is_not)
{
	ck_assert_ptr_null(bed_refusal(document("prevent", "arrival")));
	ck_assert_ptr_null(bed_refusal(document("prevent", NULL)));
	ck_assert_ptr_null(bed_refusal(document("detect", "acknowledged")));
}
END_TEST

/** The instance would serve on: nothing of it has changed. */
START_TEST(test_an_open_one_is_not_put_behind_acknowledgements)
{
	struct bed *bed = bed_open(document("prevent", "arrival"));

	ck_assert_int_eq(bed_reload(bed, document("prevent", "acknowledged")), -EINVAL);
	expect_refusal(bed_error());
	ck_assert_int_eq(bed_reload(bed, document("prevent", NULL)), 0);
	bed_close(bed);
}
END_TEST

/** A document with a path there and one back. @param more  of the service's configuration */
static const char *
two_ways(const char *more)
{
	static char text[1024];

	snprintf(text, sizeof(text),
		 "{\"version\": 1, \"workers\": {\"cores\": [0]}, \"modules\": [\"ids\"], "
		 "\"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": \"p1\", "
		 "\"type\": \"ring\"}], \"instances\": [{\"name\": \"guard\", \"service\": "
		 "\"ids\", \"config\": {\"rules\": [\"%s/a.rules\"], \"mode\": \"prevent\"%s}}], "
		 "\"paths\": [{\"name\": \"out\", \"spi\": 291, \"inside\": \"source\", "
		 "\"reverse\": \"back\", \"steps\": [{\"instance\": \"guard\"}]}, {\"name\": "
		 "\"back\", \"spi\": 292, \"inside\": \"destination\", \"reverse\": \"out\", "
		 "\"steps\": [{\"instance\": \"guard\"}]}]}",
		 folder, more);
	return text;
}

/** What is dropped before its burst is not there any more when its rules are heard: its memory may
 * be that of somebody who has done nothing. */
START_TEST(test_nobody_else_is_stopped)
{
	enum { BAD = 5000, GOOD = 6000, SEGMENTS = 8 };
	static const char request[] = "GET /evil HTTP/1.1\r\n\r\n";
	struct bed *bed = bed_open(two_ways(""));

	handshake(bed, BAD);
	handshake(bed, GOOD);
	ck_assert_uint_eq(receive_all(bed), 6);
	for (unsigned int i = 0; i < SEGMENTS; i++) { /* of one burst */
		struct frame frame = talk_segment(
			BAD, false, ACK, 1 + (uint32_t)(sizeof(request) - 1) * i, 1, request);

		bed_send(bed, "p0", &frame);
	}
	bed_run(bed);
	ck_assert_uint_eq(receive_all(bed), 0);
	for (unsigned int i = 0; i < SEGMENTS; i++)
		send_segment(bed, GOOD, false, ACK, 1 + 4 * i, 1, "good");
	ck_assert_uint_eq(receive_all(bed), SEGMENTS);
	bed_close(bed);
}
END_TEST

/** Bytes are looked at with the first packet of a burst, whoever has brought them: those that did
 * must not go on. */
START_TEST(test_what_is_bad_does_not_go_on)
{
	struct bed *bed = bed_open(two_ways(""));
	struct frame empty, bad;

	handshake(bed, 5000);
	ck_assert_uint_eq(receive_all(bed), 3);
	empty = talk_segment(5000, false, ACK, 1, 1, "");
	bad = talk_segment(5000, false, ACK, 1, 1, "bad ");
	bed_send(bed, "p0", &empty); /* in one burst */
	bed_send(bed, "p0", &bad);
	bed_run(bed);
	ck_assert_uint_eq(receive_all(bed), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/flow-blocked"), 1);
	bed_close(bed);
}
END_TEST

/** Opens it, with a connection. */
static struct bed *
open_connected(const char *more)
{
	struct bed *bed = bed_open(two_ways(more));

	handshake(bed, 5000);
	ck_assert_uint_eq(receive_all(bed), 3);
	return bed;
}

/** The tracker does not believe it, but who gets it might: it does not go on. What brings nothing
 * does. */
START_TEST(test_what_is_not_believed_does_not_go_on)
{
	const uint32_t far = 1u << 30;
	struct bed *bed = open_connected("");

	send_segment(bed, 5000, false, ACK, far, 1, "bytes");
	send_segment(bed, 5000, false, ACK | FIN, far, 1, "");
	ck_assert_uint_eq(receive_all(bed), 0);
	ck_assert_uint_eq(count(bed, 0, "invalid"), 2);
	send_segment(bed, 5000, false, ACK, far, 1, "");
	send_segment(bed, 5000, false, ACK, 1, 1, "bytes");
	ck_assert_uint_eq(receive_all(bed), 2);
	bed_close(bed);
	bed = open_connected(", \"drop_invalid\": false");
	send_segment(bed, 5000, false, ACK, far, 1, "bytes");
	ck_assert_uint_eq(receive_all(bed), 1);
	ck_assert_uint_eq(count(bed, 0, "invalid"), 0);
	bed_close(bed);
}
END_TEST

/** What its receiver answers with an acknowledgement gets there: the sender may wait for one that
 * was lost, or have forgotten the connection. */
START_TEST(test_what_is_answered_goes_on)
{
	struct bed *bed = open_connected("");

	send_segment(bed, 5000, false, ACK, 1, 1, "first");
	send_segment(bed, 5000, false, ACK, 6, 1, "second");
	send_segment(bed, 5000, true, ACK, 1, 12, "");
	ck_assert_uint_eq(receive_all(bed), 3);
	send_segment(bed, 5000, false, ACK, 1, 1, "first");
	send_segment(bed, 5000, false, SYN, 77777, 0, "");
	send_segment(bed, 5000, false, RST, 1u << 30, 0, "");
	ck_assert_uint_eq(receive_all(bed), 3);
	ck_assert_uint_eq(count(bed, 0, "invalid"), 0);
	bed_close(bed);
}
END_TEST

/** Whose RST got lost further on is waited for: who goes on has to be answered. */
START_TEST(test_who_missed_a_rst_goes_on)
{
	struct bed *bed = open_connected("");

	send_segment(bed, 5000, false, RST, 1, 0, "");
	send_segment(bed, 5000, true, ACK, 1, 1, "answer");
	ck_assert_uint_eq(receive_all(bed), 2);
	bed_close(bed);
}
END_TEST

/** Of a connection of which one side alone is heard, too. */
START_TEST(test_one_side_alone_goes_on)
{
	struct bed *bed = bed_open(two_ways(""));

	send_segment(bed, 5000, false, SYN, 0, 0, "");
	send_segment(bed, 5000, false, ACK, 1, 1, "bytes");
	send_segment(bed, 5000, false, ACK | FIN, 6, 1, "");
	send_segment(bed, 5000, false, SYN, 1u << 30, 0, ""); /* another, from the same port */
	send_segment(bed, 5000, false, ACK, (1u << 30) + 1, 1, "bytes");
	ck_assert_uint_eq(receive_all(bed), 5);
	bed_close(bed);
}
END_TEST

/** Of a connection that was there before too little is known. */
START_TEST(test_what_was_there_before_goes_on)
{
	struct bed *bed = bed_open(two_ways(""));

	send_segment(bed, 5000, false, ACK, 1, 1, "bytes");
	send_segment(bed, 5000, false, ACK, 1u << 30, 1, "bytes");
	ck_assert_uint_eq(receive_all(bed), 2);
	ck_assert_uint_eq(count(bed, 0, "invalid"), 0);
	bed_close(bed);
}
END_TEST

/** Nor of one that another process has followed: what it has seen meanwhile is not known. */
START_TEST(test_what_another_process_followed_goes_on)
{
	struct bed *bed = open_connected("");
	struct import_report report;

	bed = carry_over(bed, "", two_ways(""), &report);
	check_report(&report, "flows", 1, 0);
	import_report_free(&report);
	send_segment(bed, 5000, false, ACK, 1u << 30, 1, "bytes");
	ck_assert_uint_eq(receive_all(bed), 1);
	ck_assert_uint_eq(count(bed, 0, "invalid"), 0);
	bed_close(bed);
}
END_TEST

/** Makes a file of rules. */
static void
write_rules(void)
{
	FILE *rules = fopen("a.rules", "w");

	if (rules == NULL ||
	    fputs("drop tcp any any -> any any (content:\"bad\"; sid:1;)\n"
		  "drop http any any -> any any (http.uri; content:\"/evil\"; sid:2;)\n",
		  rules) < 0 ||
	    fclose(rules) != 0)
		exit(1);
}

int
main(void)
{
	Suite *suite = suite_create("ids");
	TCase *tcase = tcase_create("ids");

	folder = bed_folder();
	write_rules();
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, test_prevent_behind_acknowledgements_is_refused);
	tcase_add_test(tcase, test_all_else_is_not);
	tcase_add_test(tcase, test_an_open_one_is_not_put_behind_acknowledgements);
	tcase_add_test(tcase, test_nobody_else_is_stopped);
	tcase_add_test(tcase, test_what_is_bad_does_not_go_on);
	tcase_add_test(tcase, test_what_is_not_believed_does_not_go_on);
	tcase_add_test(tcase, test_what_is_answered_goes_on);
	tcase_add_test(tcase, test_who_missed_a_rst_goes_on);
	tcase_add_test(tcase, test_one_side_alone_goes_on);
	tcase_add_test(tcase, test_what_was_there_before_goes_on);
	tcase_add_test(tcase, test_what_another_process_followed_goes_on);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
