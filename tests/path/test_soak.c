/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Connections and floods for a while: two seconds, or twenty minutes with WP_TEST_ALL (or as many
 * seconds as WP_SOAK_SECONDS says). Connections lose nothing, accounts stay closed, memory does not
 * grow.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "talk.h"

enum {
	CONNECTIONS = 40,
	STRANGERS = 4000,
	PIECE = 8,
	WARM_PERCENT = 25,
	GROWTH_PERCENT = 5,
	SLACK = 8 << 20, /* bytes; what allocators and page tables do on their own */
	HOST_BASE = 0x0a000001,
	STRANGER_BASE = 0x0a010001,
};

/* The second one drops what ends a connection: it is told of that only when all in front has come.
 */
#define LAST "!end"
static const char document[] = DOCUMENT(
	" \"tables\": [{\"service\": \"stream\", \"table\": \"flows\", \"max_entries\": 4096}],",
	LISTENER(
		"a") ",{\"name\": \"b\", \"service\": \"listener\", \"config\": {\"drops\": \"" LAST
		     "\"}},"
		     "{\"name\": \"log\", \"service\": \"flowlog\", \"config\": {\"file\": "
		     "\"soak.json\"}},"
		     "{\"name\": \"s\", \"service\": \"stream\", \"config\": {\"memory\": 4, "
		     "\"view_memory\": 1, \"tcp_new_s\": 1, \"tcp_closed_s\": 1, \"flow_memory\": "
		     "8192}}",
	STEP("a") "," STEP("b") "," STEP("log"), STEP("log") "," STEP("b") "," STEP("a"));

/* Of each connection: the sequence number of its next byte. */
static uint32_t next[CONNECTIONS];

#ifdef WP_SANITIZE
enum { ALL_SECONDS = 30 };
#else
enum { ALL_SECONDS = 1200 };
#endif

static unsigned int
seconds_wanted(void)
{
	const char *said = getenv("WP_SOAK_SECONDS");

	if (said != NULL)
		return (unsigned int)strtoul(said, NULL, 10);
	return getenv("WP_TEST_ALL") != NULL ? ALL_SECONDS : 2;
}

/** @return bytes of memory that this process has. */
static uint64_t
resident(void)
{
	char line[128] = "", *at = line;
	FILE *file = fopen("/proc/self/statm", "r");

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	fclose(file);
	strtoul(line, &at, 10);
	return strtoul(at, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/** The next bytes of a connection, in order, the other way round, or in two fragments. */
static void
talk(struct bed *bed, unsigned int i)
{
	talk_client = HOST_BASE + i;
	switch (bed_pick(4)) {
	case 0:
		send_segment(bed, 5000, false, ACK, next[i] + PIECE, 1, "later...");
		send_segment(bed, 5000, false, ACK, next[i], 1, "sooner..");
		break;
	case 1:
		send_fragments(bed, 5000, next[i], "sixteen bytes...", bed_pick(2));
		break;
	default:
		send_segment(bed, 5000, false, ACK, next[i], 1, "in order");
		send_segment(bed, 5000, false, ACK, next[i] + PIECE, 1, "and more");
	}
	next[i] += 2 * PIECE;
	send_segment(bed, 5000, true, ACK, 1, next[i], "");
}

/** What protocols begin with; some never come to an end. */
static const char *const protocols[] = {
	"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /again HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /slow HTTP/1.1\r\nHost: a\r\nX-Never: ends",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
	"5\r\n\x1f\x8b\x08\x01\x01\r\n",
	"EHLO there\r\nMAIL FROM:<a@b>\r\n",
	"SSH-2.0-stranger\r\n",
	"USER anonymous\r\n",
	"\x16\x03\x01\x01\x01\x01\x01\x01\xff",
};
enum { N_PROTOCOLS = sizeof(protocols) / sizeof(protocols[0]) };

/** What strangers send: SYNs, connections that begin and end, bytes out of order, overlaps, resets.
 */
static void
disturb(struct bed *bed)
{
	uint16_t port = (uint16_t)(1024 + bed_pick(60000));
	uint32_t at = bed_pick(20000);

	talk_client = STRANGER_BASE + bed_pick(STRANGERS);
	switch (bed_pick(6)) {
	case 0:
		send_segment(bed, port, false, SYN, at, 0, "");
		break;
	case 1:
		send_segment(bed, 7, false, ACK, at, 1, "somewhere");
		break;
	case 2:
		send_segment(bed, 7, false, ACK, at, 1, bed_pick(2) == 0 ? "overlap" : "OVERLAPS");
		break;
	case 3:
		handshake(bed, port);
		send_segment(bed, port, true, RST, 1, 0, "");
		break;
	case 4:
		handshake(bed, port);
		send_segment(bed, port, false, ACK, 1, 1, protocols[bed_pick(N_PROTOCOLS)]);
		break;
	default:
		send_fragments(bed, port, at, "nobody has asked for these bytes", bed_pick(2));
	}
}

static void
play(struct bed *bed)
{
	for (unsigned int i = 0; i < 100; i++) {
		talk(bed, bed_pick(CONNECTIONS));
		disturb(bed);
		disturb(bed);
	}
	receive_all(bed);
	bed_sleep(bed, 50);
}

/** @param warm  bytes of memory when a quarter of the time was over */
static void
check_memory(uint64_t warm, time_t seconds)
{
	uint64_t now = resident();

#ifdef WP_SANITIZE
	return; /* its allocator keeps what is freed */
#endif
	if (seconds < 20)
		return; /* not all that is made at first is made by then */
	ck_assert_msg(now <= warm + warm * GROWTH_PERCENT / 100 + SLACK,
		      "%lu bytes were %lu when it was warm", (unsigned long)now,
		      (unsigned long)warm);
}

START_TEST(test_soak)
{
	time_t begin = time(NULL), seconds = seconds_wanted();
	struct bed *bed = talk_open(document, _i);
	uint64_t warm = 0, rounds = 0;

	bed_seed(7);
	for (unsigned int i = 0; i < CONNECTIONS; i++) {
		talk_client = HOST_BASE + i;
		handshake(bed, 5000);
		next[i] = 1;
	}
	for (; time(NULL) - begin < seconds; rounds++) {
		play(bed);
		if (warm == 0 && (time(NULL) - begin) * 100 >= seconds * WARM_PERCENT)
			warm = resident();
		if (rounds % 16 == 0)
			ck_assert_msg(pe_audit(bed->pe), "%s", bed->pe->audit.last);
	}
	for (unsigned int i = 0; i < CONNECTIONS; i++) {
		talk_client = HOST_BASE + i;
		send_segment(bed, 5000, false, ACK, next[i], 1, LAST);
	}
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/1/drops/told-to"), CONNECTIONS);
	ck_assert_uint_gt(count(bed, 0, "http_head"), 0);
	ck_assert_uint_gt(count(bed, 0, "ssh"), 0);
	check_order(bed, 0);
	check_order(bed, 1);
	receive_all(bed);
	check_memory(warm, seconds);
	bed_close(bed);
	unlink("soak.json");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("path soak");
	TCase *tcase = tcase_create("soak");

	tcase_set_timeout(tcase, 1700);
	tcase_add_loop_test(tcase, test_soak, 1, 2);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
