/* SPDX-License-Identifier: BSD-3-Clause */
/* A deterministic pool through a whole PE of two workers: each host has its share, and a reload
 * that gives everybody another one harms no mapping. */

#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"

#include "pe/events.h"
#include "pe/state_export.h"
#include "pe/state_import.h"

enum { HOSTS = 64, OUT = 10, IN = 11, IP = 14 + 24 + 14, UDP = IP + 20, SHARE = 128 };

/* 64 hosts on 4 addresses, 16 each; ports 1024 to 1024 + 16 * 128 - 1. */
#define NAT(INSIDE, MORE) NAT_LOG(INSIDE, MORE, "")
#define NAT_LOG(INSIDE, MORE, LOG)                                                                 \
	"{\"version\": 1, \"workers\": {\"cores\": [0, 1], \"buffers\": 16384},"                   \
	" \"modules\": [\"nat\"],"                                                                 \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": \"p1\", \"type\": "       \
	"\"ring\"}],"                                                                              \
	" \"tables\": [{\"service\": \"nat\", \"table\": \"mappings\", \"max_entries\": 10000},"   \
	"  {\"service\": \"nat\", \"table\": \"peers\", \"max_entries\": 10000},"                  \
	"  {\"service\": \"nat\", \"table\": \"subscribers\", \"max_entries\": 10000},"            \
	"  {\"service\": \"nat\", \"table\": \"blocks\", \"max_entries\": 10000},"                 \
	"  {\"service\": \"nat\", \"table\": \"addresses\", \"max_entries\": 100}],"               \
	" \"tenants\": [{\"name\": \"red\"}],"                                                     \
	" \"instances\": [{\"name\": \"n\", \"service\": \"nat\", \"config\": {\"pools\": "        \
	"  [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/30\"], \"deterministic\": "            \
	"   {\"hosts\": [{\"tenant\": \"red\", \"inside\": [" INSIDE "]}], "                       \
	"    \"ports_per_host\": 128" MORE "}}]" LOG "}}],"                                        \
	" \"paths\": [{\"name\": \"out\", \"spi\": 10, \"tenant\": \"red\", \"inside\": "          \
	"   \"source\", \"reverse\": \"in\", \"steps\": [{\"instance\": \"n\"}]},"                 \
	"  {\"name\": \"in\", \"spi\": 11, \"tenant\": \"red\", \"inside\": \"destination\","      \
	"   \"reverse\": \"out\", \"steps\": [{\"instance\": \"n\"}]}]}"
#define FORWARDS "\"10.0.0.0/27\", \"10.0.0.32/27\""
#define BACKWARDS "\"10.0.0.32/27\", \"10.0.0.0/27\""

static const uint32_t inside = 0x0a000000, outside = 0xcb007100, remote = 0xc6336401;

static void
send_udp(struct bed *bed, uint32_t spi, uint32_t source, uint16_t sport, uint32_t dest,
	 uint16_t dport)
{
	bed_send_udp(bed, dport % 2 ? "p0" : "p1", spi, source, sport, dest, dport);
}

/** Outside endpoints of one flow of each host. */
struct flows {
	uint16_t sport; /* of host 0; the others' follow */
	uint32_t address[HOSTS];
	uint16_t port[HOSTS];
};

/** Sends a packet of each host, and notes where it comes from outside. */
static void
open_flows(struct bed *bed, uint16_t sport, struct flows *flows)
{
	struct frame frame;
	unsigned int got = 0;

	flows->sport = sport;
	for (uint32_t host = 0; host < HOSTS; host++)
		send_udp(bed, OUT, inside + host, (uint16_t)(sport + host), remote,
			 (uint16_t)(2000 + host));
	bed_run(bed);
	while (bed_receive_any(bed, &frame)) {
		unsigned int host = wp_get16(frame.bytes + UDP + 2) - 2000u;

		ck_assert_uint_lt(host, HOSTS);
		flows->address[host] = wp_get32(frame.bytes + IP + 12);
		flows->port[host] = wp_get16(frame.bytes + UDP);
		got++;
	}
	ck_assert_uint_eq(got, HOSTS);
}

/** @param first  number that the host 10.0.0.0 has; the others follow, around */
static void
check_shares(const struct flows *flows, uint32_t first)
{
	for (uint32_t host = 0; host < HOSTS; host++) {
		uint32_t number = (first + host) % HOSTS, low = 1024 + number % 16 * SHARE;

		ck_assert_uint_eq(flows->address[host], outside + number / 16);
		ck_assert_uint_ge(flows->port[host], low);
		ck_assert_uint_lt(flows->port[host], low + SHARE);
	}
}

/** Sends answers to all, and checks that they reach their hosts. */
static void
answer(struct bed *bed, const struct flows *flows)
{
	unsigned int got = 0;
	struct frame frame;

	for (uint32_t host = 0; host < HOSTS; host++)
		send_udp(bed, IN, remote, (uint16_t)(2000 + host), flows->address[host],
			 flows->port[host]);
	bed_run(bed);
	while (bed_receive_any(bed, &frame)) {
		uint32_t host = wp_get32(frame.bytes + IP + 16) - inside;

		ck_assert_uint_lt(host, HOSTS);
		ck_assert_uint_eq(wp_get16(frame.bytes + UDP + 2), flows->sport + host);
		ck_assert_uint_eq(wp_get16(frame.bytes + UDP), 2000 + host);
		got++;
	}
	ck_assert_uint_eq(got, HOSTS);
}

static void
sleep_s(struct bed *bed, unsigned int seconds)
{
	for (unsigned int s = 0; s < seconds; s++)
		bed_sleep(bed, 1000);
	for (unsigned int poll = 0; poll < 100; poll++) /* timers run a little in each */
		bed_run(bed);
}

START_TEST(test_each_host_has_its_share)
{
	static struct flows flows[20];
	struct bed *bed = bed_open(NAT(FORWARDS, ""));

	for (uint16_t i = 0; i < 20; i++) {
		open_flows(bed, (uint16_t)(1000 + i * HOSTS), &flows[i]);
		check_shares(&flows[i], 0);
	}
	for (unsigned int i = 0; i < 20; i++)
		answer(bed, &flows[i]);
	ck_assert_uint_gt(bed_number(bed, "workers/0/handed_over"), 0);
	ck_assert_uint_gt(bed_number(bed, "workers/1/handed_over"), 0);
	bed_close(bed);
}
END_TEST

/** All get shares that others have flows in. */
START_TEST(test_a_reload_gives_others)
{
	struct bed *bed = bed_open(NAT(FORWARDS, ""));
	struct flows old = {0}, again = {0}, new;

	open_flows(bed, 1000, &old);
	check_shares(&old, 0);
	ck_assert_int_eq(bed_reload(bed, NAT(BACKWARDS, "")), 0);
	answer(bed, &old);
	open_flows(bed, 1000, &again); /* goes on where it was */
	ck_assert_int_eq(memcmp(&old, &again, sizeof(old)), 0);
	for (uint16_t i = 1; i < 10; i++) {
		open_flows(bed, (uint16_t)(1000 + i * HOSTS), &new);
		check_shares(&new, 32);
		answer(bed, &new);
	}
	answer(bed, &old);
	sleep_s(bed, 310);
	sleep_s(bed, 300);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-removed"), 10 * HOSTS);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/blocks-given-back"),
			  bed_number(bed, "instances/0/counters/blocks-taken"));
	open_flows(bed, 1000, &new); /* nothing is left of what was */
	check_shares(&new, 32);
	bed_close(bed);
}
END_TEST

/** @return lines of a file that have a text. */
static unsigned int
count_lines(const char *name, const char *text)
{
	FILE *file = fopen(name, "r");
	unsigned int n = 0;
	char line[1024];

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL)
		n += strstr(line, text) != NULL;
	fclose(file);
	return n;
}

/** The log has the shares at each start; of blocks only those that nobody could know of. */
START_TEST(test_what_is_logged)
{
	static char before[8192], after[8192], name[64] = "/tmp/waypoint-shares-XXXXXX";
	struct flows flows;
	struct bed *bed;
	int fd = mkstemp(name);

	ck_assert_int_ge(fd, 0);
	close(fd);
	snprintf(before, sizeof(before),
		 NAT_LOG(FORWARDS, "", ", \"log\": [{\"to\": \"json\", \"path\": \"%s\"}]"), name);
	snprintf(after, sizeof(after),
		 NAT_LOG(BACKWARDS, "", ", \"log\": [{\"to\": \"json\", \"path\": \"%s\"}]"), name);
	bed = bed_open(before);
	open_flows(bed, 1000, &flows);
	sleep_s(bed, 310);
	sleep_s(bed, 300);
	events_run(bed->pe->events);
	ck_assert_uint_eq(count_lines(name, ""), 2);
	ck_assert_uint_eq(count_lines(name, "\"event\":\"shares-set\",\"instance\":\"n\","
					    "\"tenant\":\"red\",\"pool\":\"p\",\"inside\":"
					    "\"10.0.0.32\",\"outside\":\"203.0.113.2\","
					    "\"first_port\":1024,\"last_port\":1151,\"hosts\":32,"
					    "\"hosts_per_address\":16}"),
			  1);
	open_flows(bed, 1000, &flows);
	ck_assert_int_eq(bed_reload(bed, after), 0);
	sleep_s(bed, 310);
	sleep_s(bed, 300);
	bed_close(bed);
	ck_assert_uint_eq(count_lines(name, "shares-set"), 4);
	ck_assert_uint_eq(count_lines(name, "block-released"), HOSTS);
	ck_assert_uint_eq(count_lines(name, ""), 4 + HOSTS);
	ck_assert_int_eq(unlink(name), 0);
}
END_TEST

/** Brings all state to another PE. @return it */
static struct bed *
restart(struct bed *bed, const char *document)
{
	static const struct import_options options;
	char name[] = "/tmp/waypoint-shares-XXXXXX", message[256] = "";
	struct state_exported exported;
	struct import_report report;
	struct state_filter all;
	int fd = mkstemp(name);

	ck_assert_int_ge(fd, 0);
	close(fd);
	ck_assert_int_eq(state_filter_parse("", &all, message, sizeof(message)), 0);
	ck_assert_int_eq(pe_state_export(bed->pe, name, &all, &exported), 0);
	bed_close(bed);
	bed = bed_open(document);
	ck_assert_msg(pe_state_import(bed->pe, name, &options, &report, message, 256) == 0, "%s",
		      message);
	import_report_free(&report);
	ck_assert_int_eq(unlink(name), 0);
	return bed;
}

START_TEST(test_shares_after_a_restart)
{
	struct bed *bed = bed_open(NAT(FORWARDS, ""));
	struct flows old, new;

	open_flows(bed, 1000, &old);
	bed = restart(bed, NAT(FORWARDS, ""));
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-restored"), HOSTS);
	answer(bed, &old);
	open_flows(bed, 3000, &new);
	check_shares(&new, 0);
	/* In another process mappings need not live on where they are not allowed. */
	bed = restart(bed, NAT(BACKWARDS, ""));
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-restored"), 0);
	open_flows(bed, 1000, &new);
	check_shares(&new, 32);
	bed_close(bed);
}
END_TEST

/** A host whose whole share others still have waits; it does not take what is not its own. */
START_TEST(test_a_share_that_is_not_free_yet)
{
	struct bed *bed = bed_open(NAT("\"10.0.0.0/32\"", ""));
	struct frame frame;

	for (uint16_t i = 0; i < SHARE; i++)
		send_udp(bed, OUT, inside, (uint16_t)(1000 + i), remote, (uint16_t)(2000 + i));
	bed_run(bed);
	for (unsigned int i = 0; i < SHARE; i++)
		ck_assert(bed_receive_any(bed, &frame));
	ck_assert_int_eq(bed_reload(bed, NAT("\"10.0.0.1/32\"", "")), 0);
	send_udp(bed, OUT, inside + 1, 1000, remote, 2000);
	bed_run(bed);
	ck_assert(bed_receive_any(bed, &frame));
	ck_assert_uint_eq(frame.bytes[IP + 9], 1); /* told by ICMP: prohibited */
	ck_assert_uint_eq(wp_get32(frame.bytes + IP + 16), inside + 1);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/exhausted-answers"), 1);
	/* The other has no share any more: it keeps what it has, and gets no more. */
	send_udp(bed, OUT, inside, 5000, remote, 2000);
	send_udp(bed, OUT, inside, 1000, remote, 2000);
	bed_run(bed);
	ck_assert(bed_receive_any(bed, &frame));
	ck_assert(bed_receive_any(bed, &frame));
	ck_assert(!bed_receive_any(bed, &frame));
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/quota-answers"), 1);
	sleep_s(bed, 310);
	sleep_s(bed, 300);
	send_udp(bed, OUT, inside + 1, 1000, remote, 2000);
	bed_run(bed);
	ck_assert(bed_receive_any(bed, &frame));
	ck_assert_uint_eq(wp_get32(frame.bytes + IP + 12), outside);
	ck_assert_uint_ge(wp_get16(frame.bytes + UDP), 1024);
	ck_assert_uint_lt(wp_get16(frame.bytes + UDP), 1024 + SHARE);
	bed_close(bed);
}
END_TEST

/** From on demand to shares and back. */
START_TEST(test_a_pool_becomes_deterministic)
{
	static const char *const demand =
		NAT("\"10.9.0.0/26\"", ", \"overflow_blocks\": 16"); /* for nobody here */
	struct bed *bed = bed_open(demand);
	struct flows old, new, last;

	open_flows(bed, 1000, &old);
	for (unsigned int host = 0; host < HOSTS; host++)
		ck_assert_uint_ge(old.port[host], 1024 + 16 * SHARE);
	ck_assert_int_eq(bed_reload(bed, NAT(FORWARDS, "")), 0);
	open_flows(bed, 3000, &new);
	check_shares(&new, 0);
	answer(bed, &old);
	answer(bed, &new);
	ck_assert_int_eq(bed_reload(bed, demand), 0);
	open_flows(bed, 5000, &last);
	for (unsigned int host = 0; host < HOSTS; host++)
		ck_assert_uint_ge(last.port[host], 1024 + 16 * SHARE);
	answer(bed, &old);
	answer(bed, &new);
	answer(bed, &last);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nat deterministic");
	TCase *tcase = tcase_create("nat deterministic");

	tcase_add_test(tcase, test_each_host_has_its_share);
	tcase_add_test(tcase, test_a_reload_gives_others);
	tcase_add_test(tcase, test_what_is_logged);
	tcase_add_test(tcase, test_shares_after_a_restart);
	tcase_add_test(tcase, test_a_share_that_is_not_free_yet);
	tcase_add_test(tcase, test_a_pool_becomes_deterministic);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
