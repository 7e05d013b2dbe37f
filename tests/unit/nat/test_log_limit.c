/* SPDX-License-Identifier: BSD-3-Clause */
/* Events of want: one a second, and none uncounted. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log_bed.h"
#include "unit.h"

static char path[] = "/tmp/waypoint-limit-XXXXXX";

static void
set_up(void)
{
	int fd;

	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void
tear_down(void)
{
	unlink(path);
}

/** What the file says of one text. */
struct told {
	unsigned int lines; /* that have it */
	uint64_t events;    /* that they stand for */
};

static struct told
told_of(const char *what)
{
	struct told told = {0};
	FILE *file = fopen(path, "r");
	char line[1024];
	const char *at;

	while (fgets(line, sizeof(line), file) != NULL) {
		if (strstr(line, what) == NULL)
			continue;
		at = strstr(line, "\"suppressed\":");
		ck_assert_ptr_nonnull(at);
		told.lines++;
		told.events += 1 + strtoull(at + strlen("\"suppressed\":"), NULL, 10);
	}
	fclose(file);
	return told;
}

static void
open_json(struct log_bed *bed)
{
	const struct nat_log_target to = {.to = NAT_LOG_JSON, .path = path};

	bed_open(bed, &to);
}

START_TEST(test_one_a_second_of_each_pool_and_all_are_counted)
{
	struct nat_event event = {.kind = NAT_PORTS_EXHAUSTED, .suppressed = 9};
	struct log_bed bed;

	open_json(&bed);
	for (unsigned int i = 0; i < 1000; i++) { /* 5 s */
		event.pool = i & 1;
		bed_put(&bed, &event);
		bed_tick(&bed, 5);
	}
	bed_close(&bed);
	ck_assert_uint_eq(told_of("\"small\"").events, 500 * 10);
	ck_assert_uint_eq(told_of("\"big\"").events, 500 * 10);
	ck_assert_uint_ge(told_of("\"big\"").lines, 5);
	ck_assert_uint_le(told_of("\"big\"").lines, 7); /* and what the end let out */
}
END_TEST

START_TEST(test_last_of_a_flood_is_told_after_its_second)
{
	struct nat_event event = {.kind = NAT_ADDRESSES_EXHAUSTED, .pool = 1};
	struct log_bed bed;

	open_json(&bed);
	for (unsigned int i = 0; i < 100; i++)
		bed_put(&bed, &event);
	bed_tick(&bed, 10);
	ck_assert_uint_eq(told_of("addresses").events, 1);
	bed_tick(&bed, 1000);
	bed_tick(&bed, 10);
	ck_assert_uint_eq(told_of("addresses").events, 100);
	ck_assert_uint_eq(told_of("addresses").lines, 2);
	bed_tick(&bed, 5000);
	ck_assert_uint_eq(told_of("addresses").lines, 2); /* quiet again */
	bed_close(&bed);
}
END_TEST

START_TEST(test_hosts_over_quota_do_not_hide_each_other)
{
	struct nat_event event = {
		.kind = NAT_QUOTA_EXCEEDED, .version = 4, .quota = NAT_QUOTA_USER};
	struct log_bed bed;
	char text[32];

	open_json(&bed);
	for (unsigned int i = 0; i < 100 * 50; i++) {
		memcpy(event.inside, (uint8_t[]){10, 0, 0, (uint8_t)(i % 100 + 100)}, 4);
		bed_put(&bed, &event);
	}
	bed_close(&bed);
	for (unsigned int i = 100; i < 200; i++) {
		snprintf(text, sizeof(text), "\"10.0.0.%u\"", i);
		ck_assert_uint_eq(told_of(text).events, 50);
	}
}
END_TEST

START_TEST(test_worker_brake_lets_one_a_second_through)
{
	struct nat_event_brake brake = {0};
	uint64_t through = 0, events = 0;
	uint32_t suppressed;

	for (uint64_t now_ns = 1; now_ns < 3000000000; now_ns += 1000000) {
		if (!nat_event_allowed(&brake, now_ns, &suppressed))
			continue;
		through++;
		events += 1 + suppressed;
	}
	ck_assert_uint_eq(through, 3);
	ck_assert_uint_eq(events + brake.suppressed, 3000);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("limit");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_one_a_second_of_each_pool_and_all_are_counted);
	tcase_add_test(tcase, test_last_of_a_flood_is_told_after_its_second);
	tcase_add_test(tcase, test_hosts_over_quota_do_not_hide_each_other);
	tcase_add_test(tcase, test_worker_brake_lets_one_a_second_through);
	return unit_main("nat log limit", tcase);
}
