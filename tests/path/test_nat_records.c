/* SPDX-License-Identifier: BSD-3-Clause */
/* Records of what a NAT in a whole PE does: who had which endpoint, as lines of JSON and as IPFIX
 * messages that libfixbuf reads. */

#include "nat_bed.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "collector.h"

/* RFC 8158 table 1: natEvent. */
enum { SESSION_MADE = 8, SESSION_GONE, BINDING_MADE = 14, BINDING_GONE, BLOCK_MADE, BLOCK_GONE };

#define TIMES "\"timeouts\": {\"udp\": 5, \"quarantine\": 5}, "
#define BLOCK_PORTS 64

static const struct forge udp = {
	.proto = UDP, .src = HOST_A, .sport = 5000, .dst = REMOTE, .dport = 53, .payload = 21};

/** Lines with all of three parts. */
static unsigned int
lines_of(const char *file, const char *event, const char *more, const char *still_more)
{
	char line[512];
	FILE *stream = fopen(file, "r");
	unsigned int n = 0;

	ck_assert_ptr_nonnull(stream);
	while (fgets(line, sizeof(line), stream) != NULL)
		n += strstr(line, event) != NULL && strstr(line, more) != NULL &&
		     strstr(line, still_more) != NULL;
	fclose(stream);
	return n;
}

static void
endpoint_text(char *text, size_t size, const char *member, struct endpoint endpoint)
{
	snprintf(text, size, "\"%s\":\"%u.%u.%u.%u\",\"%s_port\":%u,", member,
		 endpoint.address >> 24, endpoint.address >> 16 & 255, endpoint.address >> 8 & 255,
		 endpoint.address & 255, member, endpoint.port);
}

static struct bed *
open_with(unsigned int workers, const char *target)
{
	char config[1024];

	snprintf(config, sizeof(config),
		 "\"log\": [{%s, \"events\": \"sessions\"}], " TIMES POOL_16, target);
	return nat_open(workers, config);
}

/* A mapping's begin and end each have a line, with both of its endpoints; no line has a remote. */
START_TEST(test_records_of_sessions_as_json)
{
	const char *file = NAT_WORKERS == 1 ? "json-1" : "json-2";
	char target[600], folder[512], inside[64], outside[64];
	struct endpoint external;
	struct bed *bed;

	ck_assert_ptr_nonnull(getcwd(folder, sizeof(folder)));
	snprintf(target, sizeof(target), "\"to\": \"json\", \"path\": \"%s/%s\"", folder, file);
	bed = open_with(NAT_WORKERS, target);
	external = nat_out(bed, OUT, &udp);
	endpoint_text(inside, sizeof(inside), "inside", (struct endpoint){HOST_A, 5000});
	endpoint_text(outside, sizeof(outside), "outside", external);
	bed_run(bed);
	ck_assert_uint_eq(lines_of(file, "\"event\":\"mapping-created\"", inside, outside), 1);
	ck_assert_uint_eq(lines_of(file, "\"event\":\"block-allocated\"", "red", "first_port"), 1);
	ck_assert_uint_eq(lines_of(file, "deleted", "", ""), 0);
	nat_wait(bed, 30);
	ck_assert_uint_eq(lines_of(file, "\"event\":\"mapping-deleted\"", inside, outside), 1);
	ck_assert_uint_eq(lines_of(file, "\"event\":\"block-released\"", "red", "first_port"), 1);
	ck_assert_uint_eq(lines_of(file, "198.51.100.", "", ""), 0);
	ck_assert_uint_eq(nat_count(bed, "log-lost"), 0);
	ck_assert_uint_eq(bed_number(bed, "instances/0/events/lost"), 0);
	bed_close(bed);
}
END_TEST

struct seen {
	struct endpoint external;
	unsigned int n[32]; /* index: natEvent */
};

static void
look_at(void *arg, uint16_t template, const struct collected *record)
{
	struct seen *seen = arg;

	ck_assert_uint_lt(record->event, 32);
	seen->n[record->event]++;
	ck_assert_uint_eq(record->source4, HOST_A);
	ck_assert_uint_eq(record->post_source4, seen->external.address);
	ck_assert_uint_eq(record->realm.len, 3);
	ck_assert_mem_eq(record->realm.buf, "red", 3);
	if (record->event == SESSION_MADE || record->event == SESSION_GONE) {
		ck_assert_uint_eq(record->sport, 5000);
		ck_assert_uint_eq(record->post_sport, seen->external.port);
	}
	if (record->event == BLOCK_MADE || record->event == BLOCK_GONE) {
		ck_assert_uint_eq(record->first_port,
				  seen->external.port / BLOCK_PORTS * BLOCK_PORTS);
		ck_assert_uint_eq(record->last_port, record->first_port + BLOCK_PORTS - 1);
	}
}

START_TEST(test_records_of_sessions_as_ipfix)
{
	struct collector collector;
	struct seen seen = {0};
	char target[128];
	uint32_t missing;
	struct bed *bed;

	collector_open(&collector, false);
	snprintf(target, sizeof(target),
		 "\"to\": \"ipfix-udp\", \"host\": \"127.0.0.1\", \"port\": %u",
		 collector.target.port);
	bed = open_with(NAT_WORKERS, target);
	seen.external = nat_out(bed, OUT, &udp);
	nat_wait(bed, 30);
	collector_read(&collector);
	ck_assert_uint_eq(collector_each(&collector, look_at, &seen), 6);
	for (unsigned int event = 0; event < 32; event++)
		ck_assert_uint_eq(seen.n[event],
				  event == SESSION_MADE || event == SESSION_GONE ||
					  (event >= BINDING_MADE && event <= BLOCK_GONE));
	collector_check_sequence(&collector, &missing);
	ck_assert_uint_eq(missing, 0);
	ck_assert_uint_eq(nat_count(bed, "log-written"), 6);
	bed_close(bed);
	collector_close(&collector);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nat records");
	TCase *tcase = tcase_create("records");

	bed_folder();
	nat_add_test(tcase, test_records_of_sessions_as_json);
	nat_add_test(tcase, test_records_of_sessions_as_ipfix);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
