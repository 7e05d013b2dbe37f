/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/match/ask.c: bytes of a stream that are looked at again with those behind them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>
#include <pcap/dlt.h>

#include "bytes.h"
#include "parse/parse.h"
#include "tool/host.h"
#include "unit.h"

enum {
	HEADERS = 40,
	SIZE = 1000,
	PORT = 40000,
	PSH_ACK = 0x18,
	ACK = 0x10,
	SYN = 0x02,
	WINDOW = 65000,
};

static const uint64_t begin_ns = (uint64_t)1700000000 * 1000000000;

static char folder[64], rules_file[80], eve_file[80];
static struct host *host;
static uint32_t next[2]; /* sequence numbers; index: enum wp_side */
static uint64_t now_ns;

/** Opens the service with some rules. @param mode  "detect" or "prevent" */
static void
open_host(const char *mode, const char *rules)
{
	json_t *config, *tracker = json_pack("{sb}", "verify_checksums", 0);
	struct host_conf conf = {.service = &wp_service, .is_repeatable = true};
	FILE *file;
	char why[256];

	strcpy(folder, "/tmp/test_held.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(rules_file, sizeof(rules_file), "%s/rules", folder);
	snprintf(eve_file, sizeof(eve_file), "%s/eve", folder);
	file = fopen(rules_file, "w");
	ck_assert_ptr_nonnull(file);
	fputs(rules, file);
	ck_assert_int_eq(fclose(file), 0);
	config = json_pack("{ss s[s] ss s[s] si}", "mode", mode, "rules", rules_file, "eve",
			   eve_file, "events", "alert", "chunk", 1);
	ck_assert(config != NULL && tracker != NULL);
	conf.config = config;
	conf.tracker = tracker;
	ck_assert_msg(host_open(&conf, &host, why, sizeof(why)) == 0, "%s", why);
	json_decref(config);
	json_decref(tracker);
}

static void
tear_down(void)
{
	host_close(host);
	host = NULL;
	unlink(rules_file);
	unlink(eve_file);
	rmdir(folder);
}

static void
send_segment(unsigned int side, uint8_t flags, const char *text)
{
	static const uint8_t ends[2][8] = {{10, 0, 0, 1, 10, 0, 0, 2}, {10, 0, 0, 2, 10, 0, 0, 1}};
	uint8_t bytes[HEADERS + SIZE] = {0x45};
	uint32_t size = (uint32_t)strlen(text);
	const struct capture_packet packet = {.bytes = bytes,
					      .size = HEADERS + size,
					      .wire_size = HEADERS + size,
					      .time_ns = now_ns += 1000000,
					      .link = DLT_RAW};

	wp_put16(bytes + 2, HEADERS + size);
	bytes[8] = 64;
	bytes[9] = WP_PROTO_TCP;
	memcpy(bytes + 12, ends[side], sizeof(ends[side]));
	wp_put16(bytes + 20, side == 0 ? PORT : 9999);
	wp_put16(bytes + 22, side == 0 ? 9999 : PORT);
	wp_put32(bytes + 24, next[side]);
	wp_put32(bytes + 28, (flags & ACK) != 0 ? next[!side] : 0);
	bytes[32] = 5 << 4;
	bytes[33] = flags;
	wp_put16(bytes + 34, WINDOW);
	memcpy(bytes + HEADERS, text, size);
	host_packet(host, &packet);
	next[side] += size + ((flags & SYN) != 0);
}

static void
shake_hands(void)
{
	now_ns = begin_ns;
	next[0] = 1000;
	next[1] = 5000;
	send_segment(0, SYN, "");
	send_segment(1, SYN | ACK, "");
	send_segment(0, ACK, "");
}

/** Sends bytes, which are acknowledged. */
static void
say(const char *text)
{
	send_segment(0, PSH_ACK, text);
	send_segment(1, ACK, "");
}

/** @return how many alerts a rule has given so far. */
static unsigned int
count_alerts(unsigned int sid)
{
	char line[65536], text[64];
	unsigned int n = 0;
	FILE *file;

	host_end(host);
	snprintf(text, sizeof(text), "\"signature_id\":%u,", sid);
	file = fopen(eve_file, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file) != NULL)
		n += strstr(line, text) != NULL;
	fclose(file);
	return n;
}

/* A rule that sets a bit, and one that asks for it. */
#define SETTER                                                                                     \
	"alert tcp any any -> any 9999 (flow:established,to_server; content:\"setter\"; "          \
	"flowbits:set,open; flowbits:noalert; sid:1;)\n"
#define NEEDLE                                                                                     \
	"alert tcp any any -> any 9999 (flow:established,to_server; content:\"needle\"; "          \
	"flowbits:isset,open; sid:2;)\n"

static const char *const modes[] = {"detect", "prevent"};

/** A rule that holds of bytes for as long as they are there alerts once. */
START_TEST(test_once)
{
	open_host(modes[_i], "alert tcp any any -> any 9999 (flow:established,to_server; "
			     "content:\"needle\"; sid:1;)\n");
	shake_hands();
	say("a needle ");
	say("in a ");
	say("haystack");
	ck_assert_uint_eq(count_alerts(1), 1);
}
END_TEST

/** What it asks of others comes later than its bytes. */
START_TEST(test_bit_comes_later)
{
	open_host(modes[_i], SETTER NEEDLE);
	shake_hands();
	say("a needle ");
	say("and then ");
	say("the setter ");
	say("and more ");
	say("and still more");
	ck_assert_uint_eq(count_alerts(2), 1);
}
END_TEST

/** A second one is told, too, where the first one is not there any more. */
START_TEST(test_again)
{
	char filler[SIZE];

	memset(filler, 'x', sizeof(filler) - 1);
	filler[SIZE - 1] = '\0';
	open_host(modes[_i], SETTER NEEDLE);
	shake_hands();
	say("the setter and a needle ");
	for (unsigned int i = 0; i < 16; i++)
		say(filler);
	say("another needle");
	say("and an end");
	ck_assert_uint_eq(count_alerts(2), 2);
}
END_TEST

/** More rules than are remembered hold of the same bytes: none alerts twice. */
START_TEST(test_many)
{
	char rules[4096] = SETTER;

	for (unsigned int i = 2; i < 12; i++)
		snprintf(rules + strlen(rules), sizeof(rules) - strlen(rules),
			 "alert tcp any any -> any 9999 (flow:established,to_server; "
			 "content:\"needle\"; flowbits:isset,open; sid:%u;)\n",
			 i);
	open_host(modes[_i], rules);
	shake_hands();
	say("the setter and a needle");
	for (unsigned int i = 0; i < 100; i++)
		say("x");
	for (unsigned int i = 2; i < 12; i++)
		ck_assert_uint_eq(count_alerts(i), 1);
}
END_TEST

/** It has hit on bytes that are gone; of later ones it holds when the bit is set once more. */
START_TEST(test_bit_comes_later_once_more)
{
	char filler[SIZE];

	memset(filler, 'x', sizeof(filler) - 1);
	filler[SIZE - 1] = '\0';
	open_host(modes[_i], SETTER
		  "alert tcp any any -> any 9999 (flow:established,to_server; "
		  "content:\"closer\"; flowbits:unset,open; flowbits:noalert; sid:3;)\n" NEEDLE);
	shake_hands();
	say("the setter and a needle ");
	say("the closer ");
	for (unsigned int i = 0; i < 16; i++)
		say(filler);
	say("another needle ");
	say("the setter ");
	say("and an end");
	ck_assert_uint_eq(count_alerts(2), 2);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("held");

	tcase_add_checked_fixture(tcase, NULL, tear_down);
	tcase_add_loop_test(tcase, test_once, 0, 2);
	tcase_add_loop_test(tcase, test_bit_comes_later, 0, 2);
	tcase_add_loop_test(tcase, test_again, 0, 2);
	tcase_add_loop_test(tcase, test_many, 0, 2);
	tcase_add_loop_test(tcase, test_bit_comes_later_once_more, 0, 2);
	return unit_main("ids held", tcase);
}
