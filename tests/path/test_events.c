/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of services: in order, whole, counted when lost, complete over reloads and the end. */

#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pe/event_ring.h"
#include "pe/events.h"

#define DOCUMENT(CONFIG)                                                                           \
	"{\"version\": 1, \"workers\": {\"cores\": [0, 1]}, \"modules\": [\"%s\"],"                \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}],"                                    \
	" \"instances\": [{\"name\": \"one\", \"service\": \"probe\", \"config\": {" CONFIG "}}]," \
	" \"paths\": [{\"name\": \"out\", \"spi\": 291, \"steps\": [{\"instance\": \"one\"}]}]}"
#define LOG(FILE, MARK) "\"log\": \"" FILE "\", \"log_mark\": " MARK

enum { HOSTS = 64, WORKERS = 2, EACH = 200, MARKS = 4 };

/** What a log file says. */
struct lines {
	unsigned int n[MARKS][WORKERS];
	uint32_t last[MARKS][WORKERS]; /* number of the last record */
	uint64_t last_ns;
	bool in_order, closed;
};

static struct lines
read_log(const char *name)
{
	struct lines lines = {.in_order = true};
	FILE *file = fopen(name, "r");
	char line[128];
	unsigned int mark, worker, number;

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		ck_assert(!lines.closed);
		if (strcmp(line, "closed\n") == 0) {
			lines.closed = true;
			continue;
		}
		ck_assert_int_eq(
			sscanf(line, "%u %u %u %lu", &mark, &worker, &number, &lines.last_ns), 4);
		ck_assert_uint_lt(mark, MARKS);
		ck_assert_uint_lt(worker, WORKERS);
		lines.in_order &= lines.n[mark][worker] == 0 || number > lines.last[mark][worker];
		lines.last[mark][worker] = number;
		lines.n[mark][worker]++;
	}
	fclose(file);
	return lines;
}

static unsigned int
all_of(const struct lines *lines, unsigned int mark)
{
	return lines->n[mark][0] + lines->n[mark][1];
}

/** Lets each of the hosts' packets emit @p each records, without the log's having a look. */
static void
emit(struct bed *bed, uint8_t each)
{
	char order[8] = {'e', (char)each};

	for (unsigned int host = 0; host < HOSTS; host++) {
		struct frame frame = frame_udp(&(struct frame_spec){
			.source = 0x0a000000 + host, .payload = order, .payload_len = 8});

		bed_send(bed, "p0", &frame);
	}
	for (unsigned int idle = 0; idle < 3;)
		idle = pe_poll(bed->pe) == 0 ? idle + 1 : 0;
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), HOSTS);
}

static uint64_t
count(struct bed *bed, const char *counter)
{
	char where[64];

	snprintf(where, sizeof(where), "instances/0/%s", counter);
	return bed_number(bed, where);
}

static uint64_t
clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

START_TEST(test_records_come_whole_and_in_order_from_each_worker)
{
	struct bed *bed = bed_open(DOCUMENT(LOG("order", "1")));
	struct lines lines;

	for (unsigned int round = 0; round < 16; round++) { /* several times round the ring */
		emit(bed, EACH);
		pe_tick(bed->pe);
	}
	ck_assert_uint_eq(count(bed, "counters/emitted"), 16 * EACH * HOSTS);
	ck_assert_uint_eq(count(bed, "counters/logged"), 16 * EACH * HOSTS);
	ck_assert_uint_eq(count(bed, "events/taken"), 16 * EACH * HOSTS);
	ck_assert_uint_eq(count(bed, "events/lost"), 0);
	ck_assert_uint_eq(count(bed, "counters/damaged"), 0);
	ck_assert_uint_ge(count(bed, "counters/log-ticks"), 16);
	lines = read_log("order");
	ck_assert(lines.in_order);
	ck_assert(!lines.closed);
	for (unsigned int worker = 0; worker < WORKERS; worker++) {
		ck_assert_uint_gt(lines.n[1][worker], 0);
		ck_assert_uint_eq(lines.last[1][worker] + 1, lines.n[1][worker]); /* none missing */
	}
	bed_close(bed);
	ck_assert(read_log("order").closed);
}
END_TEST

START_TEST(test_time_is_utc)
{
	struct bed *bed = bed_open(DOCUMENT(LOG("time", "1")));
	uint64_t utc_ns;

	emit(bed, 1);
	bed->now_ns += 5000000000; /* the record waits for five seconds */
	utc_ns = clock_ns(CLOCK_REALTIME) - 5000000000;
	pe_tick(bed->pe);
	ck_assert_uint_ge(read_log("time").last_ns, utc_ns);
	ck_assert_uint_lt(read_log("time").last_ns, utc_ns + 2000000000);
	bed_close(bed);
}
END_TEST

START_TEST(test_full_ring_loses_the_newest_and_counts_them)
{
	struct bed *bed = bed_open(DOCUMENT(LOG("full", "1")));
	struct lines lines;
	uint64_t lost;

	while (count(bed, "events/lost") == 0)
		emit(bed, EACH);
	lost = count(bed, "events/lost");
	ck_assert_uint_eq(count(bed, "events/taken") + lost, count(bed, "counters/emitted"));
	ck_assert_uint_eq(count(bed, "counters/logged"), 0);
	pe_tick(bed->pe);
	ck_assert_uint_eq(count(bed, "counters/logged"), count(bed, "events/taken"));
	emit(bed, EACH); /* there is room again */
	ck_assert_uint_eq(count(bed, "events/lost"), lost);
	pe_tick(bed->pe);
	lines = read_log("full");
	ck_assert(lines.in_order);
	ck_assert_uint_eq(all_of(&lines, 1), count(bed, "events/taken"));
	ck_assert_uint_eq(lines.last[1][0] + lines.last[1][1] + 2, all_of(&lines, 1) + lost);
	ck_assert_uint_eq(count(bed, "counters/damaged"), 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_reload_keeps_a_log_that_would_do_and_loses_nothing)
{
	struct bed *bed = bed_open(DOCUMENT(LOG("kept", "1")));
	struct lines lines;

	emit(bed, EACH);
	ck_assert_int_eq(bed_reload(bed, DOCUMENT(LOG("kept", "2"))), 0);
	emit(bed, EACH);
	ck_assert_int_eq(bed_reload(bed, DOCUMENT("\"log\": 7")), -EINVAL);
	ck_assert_int_eq(bed_reload(bed, DOCUMENT(LOG("no/such/folder", "3"))), -ENOENT);
	ck_assert_str_eq(bed_error(), "/instances/0/config/log: cannot be opened");
	emit(bed, EACH);
	pe_tick(bed->pe);
	lines = read_log("kept");
	ck_assert(lines.in_order);
	ck_assert(!lines.closed);
	ck_assert_uint_eq(all_of(&lines, 1), EACH * HOSTS);
	ck_assert_uint_eq(all_of(&lines, 2), 2 * EACH * HOSTS);
	ck_assert_uint_eq(count(bed, "events/taken"), 3 * EACH * HOSTS); /* counters go on */
	ck_assert_uint_eq(count(bed, "counters/logged"), 3 * EACH * HOSTS);
	bed_close(bed);
	ck_assert(read_log("kept").closed);
}
END_TEST

START_TEST(test_reload_closes_another_log_when_it_has_everything)
{
	struct bed *bed = bed_open(DOCUMENT(LOG("before", "1")));
	struct lines lines;

	emit(bed, EACH);
	ck_assert_int_eq(bed_reload(bed, DOCUMENT(LOG("behind", "2"))), 0);
	pe_tick(bed->pe);
	lines = read_log("before");
	ck_assert(lines.closed);
	ck_assert_uint_eq(all_of(&lines, 1), EACH * HOSTS);
	emit(bed, EACH);
	ck_assert_int_eq(bed_reload(bed, DOCUMENT("")), 0); /* no log at all */
	pe_tick(bed->pe);
	lines = read_log("behind");
	ck_assert(lines.closed);
	ck_assert_uint_eq(all_of(&lines, 2), EACH * HOSTS);
	emit(bed, EACH);
	ck_assert_uint_eq(count(bed, "events/taken"), 2 * EACH * HOSTS);
	ck_assert_uint_eq(count(bed, "events/lost"), 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_reload_waits_until_the_log_thread_has_the_records_of_the_old)
{
	struct bed *bed = bed_open(DOCUMENT(LOG("slow", "1") ", \"log_ms\": 200"));
	struct lines lines;

	ck_assert_int_eq(events_start(bed->pe->events), 0);
	for (unsigned int round = 0; round < 3; round++)
		emit(bed, 4);
	ck_assert_int_eq(bed_reload(bed, DOCUMENT(LOG("quick", "2"))), 0);
	lines = read_log("slow"); /* the reload has waited for the old one's records */
	ck_assert_uint_eq(all_of(&lines, 1), 3 * 4 * HOSTS);
	emit(bed, 4);
	bed_close(bed);
	ck_assert(read_log("slow").closed);
	lines = read_log("quick");
	ck_assert(lines.closed);
	ck_assert_uint_eq(all_of(&lines, 2), 4 * HOSTS);
}
END_TEST

START_TEST(test_slow_log_holds_up_no_worker)
{
	struct bed *bed = bed_open(DOCUMENT(LOG("stuck", "1") ", \"log_ms\": 1000"));
	uint64_t start_ns = clock_ns(CLOCK_MONOTONIC);
	struct lines lines;

	ck_assert_int_eq(events_start(bed->pe->events), 0);
	while (count(bed, "events/lost") == 0)
		emit(bed, EACH);
	ck_assert_uint_lt(count(bed, "counters/logged"), count(bed, "events/taken") / 2);
	if (clock_ns(CLOCK_MONOTONIC) - start_ns > 1000000000)
		fputs("this machine is too slow to see that nothing was waited for\n", stderr);
	ck_assert_uint_eq(count(bed, "events/taken") + count(bed, "events/lost"),
			  count(bed, "counters/emitted"));
	events_settle(bed->pe->events);
	ck_assert_uint_eq(count(bed, "counters/logged"), count(bed, "events/taken"));
	ck_assert_uint_eq(count(bed, "counters/damaged"), 0);
	ck_assert_int_eq(bed_reload(bed, DOCUMENT("")), 0);
	lines = read_log("stuck");
	ck_assert(lines.in_order);
	ck_assert_uint_eq(all_of(&lines, 1), count(bed, "events/taken"));
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("events");
	TCase *tcase = tcase_create("events");

	bed_folder();
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_records_come_whole_and_in_order_from_each_worker);
	tcase_add_test(tcase, test_time_is_utc);
	tcase_add_test(tcase, test_full_ring_loses_the_newest_and_counts_them);
	tcase_add_test(tcase, test_reload_keeps_a_log_that_would_do_and_loses_nothing);
	tcase_add_test(tcase, test_reload_closes_another_log_when_it_has_everything);
	tcase_add_test(tcase, test_reload_waits_until_the_log_thread_has_the_records_of_the_old);
	tcase_add_test(tcase, test_slow_log_holds_up_no_worker);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
