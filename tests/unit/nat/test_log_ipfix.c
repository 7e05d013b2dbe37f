/* SPDX-License-Identifier: BSD-3-Clause */
/* IPFIX messages over UDP and TCP: what libfixbuf reads out of them, sessions that begin anew, and
 * collectors that do not read or are not there. With a file name: messages of all events go there.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collector.h"
#include "log_bed.h"
#include "unit.h"

enum { EVENTS = 15, UDP_MESSAGE = 1232, BATCH = 2048 };

static uint64_t
clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
put_all(struct log_bed *bed)
{
	for (unsigned int i = 0; bed_events[i].kind != NAT_N_EVENTS; i++)
		bed_put(bed, &bed_events[i]);
}

static void
put_many(struct log_bed *bed, unsigned int n)
{
	struct nat_event event = bed_events[0];

	for (unsigned int i = 0; i < n; i++) {
		event.inside_port = (uint16_t)i;
		bed_put(bed, &event);
	}
}

/** Opens a log, and the connection to it. */
static void
open_both(struct log_bed *bed, struct collector *collector, bool stream)
{
	collector_open(collector, stream);
	bed_open(bed, &collector->target);
	if (stream)
		ck_assert(collector_accept(collector));
	bed_tick(bed, 10);
}

/* What the records say. */

struct check {
	unsigned int i;
	bool in_order; /* of put_many() */
};

static void
check_event(void *arg, uint16_t template, const struct collected *record)
{
	static const uint8_t events[EVENTS] = {4, 7,  8,  11, 16, 17, 14, 15,
					       3, 12, 13, 13, 13, 13, 13};
	struct check *check = arg;
	const struct nat_event *event = &bed_events[check->i];
	bool has_realm = event->tenant != 0;
	uint8_t nat_event = events[check->i++];

	ck_assert_uint_eq(record->time_ms, BED_TIME_NS / 1000000);
	ck_assert_uint_eq(record->event, nat_event);
	ck_assert_uint_eq(record->sport, event->inside_port);
	ck_assert_uint_eq(record->post_sport, event->outside_port);
	ck_assert_uint_eq(record->first_port, event->first_port);
	ck_assert_uint_eq(record->last_port, event->last_port);
	ck_assert_uint_eq(record->source4, event->version == 4 && has_realm ? 0x0a000001 : 0);
	ck_assert_uint_eq(record->realm.len, has_realm ? 5 : 0);
	if (has_realm)
		ck_assert_mem_eq(record->realm.buf, "green", 5);
}

START_TEST(test_libfixbuf_reads_every_event)
{
	struct check check = {0};
	struct collector collector;
	struct log_bed bed;
	uint32_t missing;

	open_both(&bed, &collector, _i == 1);
	put_all(&bed);
	bed_tick(&bed, 10);
	collector_read(&collector);
	ck_assert_uint_eq(collector_each(&collector, check_event, &check), EVENTS);
	ck_assert_uint_gt(collector_check_sequence(&collector, &missing), 1);
	ck_assert_uint_eq(missing, 0);
	ck_assert_uint_eq(bed.counts[NAT_LOG_WRITTEN], EVENTS);
	ck_assert_uint_eq(bed.counts[NAT_LOG_LOST], 0);
	bed_close(&bed);
	collector_close(&collector);
}
END_TEST

static void
check_port(void *arg, uint16_t template, const struct collected *record)
{
	struct check *check = arg;

	check->in_order &= record->sport == check->i % BATCH;
	check->i++;
}

START_TEST(test_many_messages_keep_order_and_numbers)
{
	struct check check = {.in_order = true};
	struct collector collector;
	struct log_bed bed;
	uint32_t missing;

	open_both(&bed, &collector, _i == 1);
	for (unsigned int i = 0; i < 10; i++) {
		put_many(&bed, BATCH);
		bed_tick(&bed, 10);
		collector_read(&collector);
	}
	ck_assert_uint_eq(collector_each(&collector, check_port, &check), 10 * BATCH);
	ck_assert(check.in_order);
	collector_check_sequence(&collector, &missing);
	ck_assert_uint_eq(missing, 0);
	if (_i == 0)
		ck_assert_uint_le(collector.largest, UDP_MESSAGE);
	bed_close(&bed);
	collector_close(&collector);
}
END_TEST

START_TEST(test_udp_sends_templates_again)
{
	struct collector collector;
	struct log_bed bed;
	uint32_t once;

	open_both(&bed, &collector, false);
	once = collector_read(&collector);
	ck_assert_uint_gt(once, 500);
	bed_tick(&bed, 58000);
	ck_assert_uint_eq(collector_read(&collector), 0);
	bed_tick(&bed, 3000);
	ck_assert_uint_eq(collector_read(&collector), once);
	put_all(&bed);
	bed_tick(&bed, 10);
	collector_read(&collector);
	ck_assert_uint_eq(collector_each(&collector, NULL, NULL), EVENTS);
	bed_close(&bed);
	collector_close(&collector);
}
END_TEST

/* Records wait for who was refused, and templates come first, however long until they would again.
 */
START_TEST(test_udp_begins_anew_when_somebody_is_there_again)
{
	struct collector collector;
	struct log_bed bed;
	uint32_t missing;

	open_both(&bed, &collector, false);
	collector_hang_up(&collector);
	if (_i == 1) { /* nobody knows yet that it goes nowhere */
		put_many(&bed, 1);
		bed_tick(&bed, 10);
	}
	put_many(&bed, 100);
	for (unsigned int i = 0; i < 20; i++)
		bed_tick(&bed, 100);
	ck_assert_uint_le(bed.counts[NAT_LOG_WRITTEN], 100);
	collector_come_back(&collector);
	for (unsigned int i = 0; i < 50; i++)
		bed_tick(&bed, 100);
	collector_read(&collector);
	ck_assert_uint_ge(collector_each(&collector, NULL, NULL), _i == 1 ? 100 : 75);
	collector_check_sequence(&collector, &missing);
	ck_assert_uint_eq(missing, 0);
	ck_assert_uint_eq(bed.counts[NAT_LOG_CONNECTS], 2);
	ck_assert_uint_eq(bed.counts[NAT_LOG_LOST], 0);
	bed_close(&bed);
	collector_close(&collector);
}
END_TEST

START_TEST(test_tcp_begins_anew_when_the_collector_has_hung_up)
{
	struct collector collector;
	struct log_bed bed;
	uint32_t missing;

	open_both(&bed, &collector, true);
	put_many(&bed, 100);
	bed_tick(&bed, 10);
	collector_read(&collector);
	ck_assert_uint_eq(collector_each(&collector, NULL, NULL), 100);
	collector_hang_up(&collector);
	bed_tick(&bed, 10); /* sees it */
	put_many(&bed, 200);
	bed_tick(&bed, 10);
	ck_assert(!collector_accept(&collector)); /* not yet */
	bed_tick(&bed, 1000);
	ck_assert(collector_accept(&collector));
	bed_tick(&bed, 10);
	collector_read(&collector);
	ck_assert_uint_eq(collector_each(&collector, NULL, NULL), 200);
	collector_check_sequence(&collector, &missing);
	ck_assert_uint_eq(missing, 0);
	ck_assert_uint_eq(bed.counts[NAT_LOG_CONNECTS], 2);
	ck_assert_uint_eq(bed.counts[NAT_LOG_LOST], 0);
	bed_close(&bed);
	collector_close(&collector);
}
END_TEST

START_TEST(test_stuck_collector_costs_only_counted_records)
{
	enum { ROUNDS = 300, EACH = 1000 };
	struct collector collector;
	struct log_bed bed;
	uint64_t start_ms = clock_ms();
	uint32_t missing, got;

	open_both(&bed, &collector, true);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		put_many(&bed, EACH);
		bed_tick(&bed, 10);
	}
	ck_assert_uint_lt(clock_ms() - start_ms, 20000); /* it waits for nothing */
	ck_assert_uint_gt(bed.counts[NAT_LOG_LOST], 0);
	while (collector_read(&collector) != 0)
		bed_tick(&bed, 10); /* it reads again */
	put_many(&bed, 5);
	bed_tick(&bed, 10);
	collector_read(&collector);
	got = collector_each(&collector, NULL, NULL);
	ck_assert_uint_eq(got + bed.counts[NAT_LOG_LOST], ROUNDS * EACH + 5);
	ck_assert_uint_eq(got, bed.counts[NAT_LOG_WRITTEN]);
	collector_check_sequence(&collector, &missing);
	ck_assert_uint_eq(missing, bed.counts[NAT_LOG_LOST]); /* the collector can tell, too */
	bed_close(&bed);
	collector_close(&collector);
}
END_TEST

START_TEST(test_absent_collector_is_tried_again_and_closing_waits_little)
{
	struct collector collector;
	struct log_bed bed;
	uint64_t start_ms;

	collector_open(&collector, true);
	close(collector.listener);
	collector.listener = -1;
	bed_open(&bed, &collector.target);
	for (unsigned int i = 0; i < 100; i++)
		bed_tick(&bed, 100);
	ck_assert_uint_eq(bed.counts[NAT_LOG_CONNECTS], 0);
	put_many(&bed, 100);
	start_ms = clock_ms();
	bed_close(&bed);
	ck_assert_uint_lt(clock_ms() - start_ms, 1000);
	ck_assert_uint_eq(bed.counts[NAT_LOG_LOST], 100);
	collector_close(&collector);
}
END_TEST

START_TEST(test_closing_sends_what_is_left)
{
	struct collector collector;
	struct log_bed bed;

	collector_open(&collector, _i == 1);
	bed_open(&bed, &collector.target);
	put_many(&bed, 5000);
	bed_close(&bed);
	ck_assert_uint_eq(bed.counts[NAT_LOG_WRITTEN], 5000);
	if (_i == 1)
		ck_assert(collector_accept(&collector));
	collector_read(&collector);
	ck_assert_uint_eq(collector_each(&collector, NULL, NULL), 5000);
	collector_close(&collector);
}
END_TEST

static const char *dump_to; /* a file */

/** For a judge that is not libfixbuf. */
START_TEST(test_dump)
{
	FILE *file = fopen(dump_to, "w");
	struct collector collector;
	struct log_bed bed;

	open_both(&bed, &collector, true);
	put_all(&bed);
	bed_tick(&bed, 10);
	collector_read(&collector);
	ck_assert_uint_eq(fwrite(collector.bytes, 1, collector.size, file), collector.size);
	fclose(file);
	bed_close(&bed);
	collector_close(&collector);
}
END_TEST

int
main(int argc, char **argv)
{
	TCase *tcase = tcase_create("ipfix");

	if (argc == 2) {
		dump_to = argv[1];
		tcase_add_test(tcase, test_dump);
		return unit_main("nat log dump", tcase);
	}
	tcase_add_loop_test(tcase, test_libfixbuf_reads_every_event, 0, 2);
	tcase_add_loop_test(tcase, test_many_messages_keep_order_and_numbers, 0, 2);
	tcase_add_test(tcase, test_udp_sends_templates_again);
	tcase_add_loop_test(tcase, test_udp_begins_anew_when_somebody_is_there_again, 0, 2);
	tcase_add_test(tcase, test_tcp_begins_anew_when_the_collector_has_hung_up);
	tcase_add_test(tcase, test_stuck_collector_costs_only_counted_records);
	tcase_add_test(tcase, test_absent_collector_is_tried_again_and_closing_waits_little);
	tcase_add_loop_test(tcase, test_closing_sends_what_is_left, 0, 2);
	return unit_main("nat log ipfix", tcase);
}
