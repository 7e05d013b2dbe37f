/* SPDX-License-Identifier: BSD-3-Clause */
/* The decrypt module: replays, numbers beyond 2^32, what is authentic but not good, lifetimes. */

#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "parse/checksum.h"
#include "unit.h"

#define ENDS "\"local\": \"192.0.2.2\", \"remote\": \"192.0.2.1\", "
#define SA(MORE) "{" ENDS "\"sas\": [{\"spi\": 4096, \"key\": \"128k@1\"" MORE "}]}"
#define NO_ESN ", \"esn\": false"

static const struct inner usual = {.version = 4, .size = 61};
static struct service *out, *in;
static struct step to, from;
static struct frame frames[WP_BURST_MAX], spare;
static struct wp_packet *pkts[WP_BURST_MAX];

static void
open_both(const char *json, bool esn)
{
	char args[256];

	out = service_open("encrypt");
	in = service_open("decrypt");
	snprintf(args, sizeof(args),
		 "{\"local\": \"192.0.2.1\", \"remote\": \"192.0.2.2\", \"spi\": 4096,"
		 " \"key\": \"128k@1\", \"esn\": %s}",
		 esn ? "true" : "false");
	ck_assert_int_eq(step_open(out, &to, args), 0);
	ck_assert_msg(step_open(in, &from, json) == 0, "%s: %s", in->member, in->message);
}

static void
close_both(void)
{
	step_close(&to);
	step_close(&from);
	service_close(out);
	service_close(in);
}

/** Makes the packet of a number. */
static void
seal(struct frame *frame, uint64_t number)
{
	counter_set(out->entries[0], number, UINT64_MAX);
	frame_inner(frame, &usual, (uint32_t)number);
	ck_assert_str_eq(step_one(&to, frame), "next");
}

static const char *
receive(uint64_t number)
{
	seal(&spare, number);
	return step_one(&from, &spare);
}

/* Numbers. */

static const struct arrival {
	const char *json;
	bool esn;
	struct {
		uint64_t number;
		const char *want;
	} packets[12];
} arrivals[] = {
	{SA(", \"window\": 64" NO_ESN),
	 false,
	 {{1, "next"},
	  {1, "replay"},
	  {3, "next"},
	  {2, "next"},
	  {2, "replay"},
	  {100, "next"},
	  {37, "next"},
	  {36, "replay"},
	  {37, "replay"},
	  {1000000, "next"},
	  {0xffffffff, "next"},
	  {0xffffffff, "replay"}}},
	{SA(", \"window\": 65536"),
	 true,
	 {{1, "next"},
	  {65536, "next"},
	  {2, "next"},
	  {1, "replay"},
	  {65537, "next"},
	  {200000, "next"},
	  {134465, "next"},
	  {134465, "replay"}}},
	{SA(", \"window\": 64"), /* over 2^32, and late ones from before it */
	 true,
	 {{0x7fffffff, "next"},
	  {0xfffffff0, "next"},
	  {0xffffffff, "next"},
	  {0x100000000, "next"},
	  {0xfffffffe, "next"},
	  {0xfffffffe, "replay"},
	  {0x100000000, "replay"},
	  {0x10000003f, "next"},
	  {0xffffffff, "bad-icv"}, /* now taken for a number of the round after */
	  {0x180000000, "next"},
	  {0x200000000, "next"},
	  {0x2ffffffff, "bad-icv"} /* so far ahead is taken for late */}},
	{SA(""), true, {{0xfffffff0, "replay"}}}, /* would lie before the first */
};

START_TEST(test_each_number_is_taken_once)
{
	const struct arrival *row = &arrivals[_i];

	open_both(row->json, row->esn);
	for (unsigned int i = 0; i < 12 && row->packets[i].want != NULL; i++)
		ck_assert_msg(strcmp(receive(row->packets[i].number), row->packets[i].want) == 0,
			      "packet %u: %s", i, outcome(in, &spare.pkt));
	close_both();
}
END_TEST

START_TEST(test_duplicates_in_one_burst_are_caught)
{
	static const uint64_t numbers[] = {5, 6, 5, 200, 6, 7, 200, 7};
	static const char *const wants[] = {"next",   "next", "replay", "next",
					    "replay", "next", "replay", "replay"};

	open_both(SA(", \"window\": 1024"), true);
	for (int i = 0; i < ROWS(numbers); i++) {
		seal(&frames[i], numbers[i]);
		frames[i].pkt.args = from.args;
		pkts[i] = &frames[i].pkt;
	}
	service_burst(in, pkts, ROWS(numbers));
	for (int i = 0; i < ROWS(numbers); i++)
		ck_assert_str_eq(outcome(in, pkts[i]), wants[i]);
	ck_assert_uint_eq(counter(in, "packets"), 4);
	ck_assert_uint_eq(counter(in, "bytes"), 4 * usual.size);
	close_both();
}
END_TEST

START_TEST(test_number_that_the_burst_itself_moves_out_of_the_window_is_dropped)
{
	static const uint64_t numbers[] = {1, 500, 2};

	open_both(SA(", \"window\": 64"), true);
	for (int i = 0; i < 3; i++) {
		seal(&frames[i], numbers[i]);
		frames[i].pkt.args = from.args;
		pkts[i] = &frames[i].pkt;
	}
	service_burst(in, pkts, 3);
	ck_assert_str_eq(outcome(in, pkts[0]), "next");
	ck_assert_str_eq(outcome(in, pkts[1]), "next");
	ck_assert_str_eq(outcome(in, pkts[2]), "replay");
	close_both();
}
END_TEST

START_TEST(test_forged_packet_does_not_move_the_window)
{
	open_both(SA(", \"window\": 64"), true);
	ck_assert_str_eq(receive(10), "next");
	seal(&spare, 100000);
	spare.bytes[spare.pkt.end - 1] ^= 1;
	ck_assert_str_eq(step_one(&from, &spare), "bad-icv");
	ck_assert_str_eq(receive(9), "next");
	ck_assert_str_eq(receive(10), "replay");
	close_both();
}
END_TEST

START_TEST(test_window_lives_on_over_a_new_configuration)
{
	struct step next;

	open_both(SA(", \"window\": 64"), true);
	ck_assert_str_eq(receive(1000), "next");
	ck_assert_str_eq(receive(999), "next");
	ck_assert_str_eq(receive(500), "bad-icv"); /* outside: taken for one of the next round */
	ck_assert_int_eq(step_open(in, &next, SA(", \"window\": 4096")), 0);
	step_close(&from);
	from = next;
	ck_assert_str_eq(receive(999), "replay");
	ck_assert_str_eq(receive(500), "next");
	ck_assert_str_eq(receive(500), "replay");
	close_both();
}
END_TEST

START_TEST(test_both_sides_must_agree_on_extended_numbers)
{
	open_both(_i ? SA("") : SA(NO_ESN), _i == 0);
	ck_assert_str_eq(receive(1), "bad-icv");
	close_both();
}
END_TEST

START_TEST(test_two_keys_serve_at_once)
{
	struct step other;

	open_both("{" ENDS "\"sas\": [{\"spi\": 4096, \"key\": \"128k@1\"},"
		  " {\"spi\": 4097, \"key\": \"256k@2\", \"esn\": false}]}",
		  true);
	ck_assert_int_eq(step_open(out, &other,
				   "{\"local\": \"192.0.2.1\", \"remote\": \"192.0.2.2\","
				   " \"spi\": 4097, \"key\": \"256k@2\", \"esn\": false}"),
			 0);
	for (unsigned int i = 0; i < 8; i++) {
		frame_inner(&frames[i], &usual, i);
		ck_assert_str_eq(step_one(i % 2 ? &other : &to, &frames[i]), "next");
		frames[i].pkt.args = from.args;
		pkts[i] = &frames[i].pkt;
	}
	service_burst(in, pkts, 8);
	for (unsigned int i = 0; i < 8; i++) {
		ck_assert_str_eq(outcome(in, pkts[i]), "next");
		/* The runtime brings each packet to the owner of its SA. */
		ck_assert_ptr_eq(pkts[i]->state[0], in->entries[i % 2]);
	}
	step_close(&other);
	close_both();
}
END_TEST

/* What is authentic, but not good: contents that no encrypt of ours makes. */

#define IPV4_20 0x45, 0, 0, 20, [8] = 64, 253, 0, 0, 10, 0, 0, 1, 10, 1, 0, 2

static const struct text {
	const char *what;
	uint8_t bytes[64];
	uint16_t size;
	const char *want;
} texts[] = {
	{"whole", {IPV4_20, [20] = 1, 2, 2, 4}, 24, "next"},
	{"no padding", {IPV4_20, [20] = 0, 4}, 22, "next"}, /* a sender may leave it unaligned */
	{"more padding than needed", {IPV4_20, [20] = 1, 2, 3, 4, 5, 6, 6, 4}, 28, "next"},
	{"padding of zeros", {IPV4_20, [20] = 0, 0, 2, 4}, 24, "bad-padding"},
	{"padding from 0", {IPV4_20, [20] = 0, 1, 2, 4}, 24, "bad-padding"},
	{"padding broken at its end", {IPV4_20, [20] = 1, 3, 2, 4}, 24, "bad-padding"},
	{"padding longer than all", {IPV4_20, [20] = 1, 2, 23, 4}, 24, "bad-padding"},
	{"padding as long as all", {IPV4_20, [20] = 1, 2, 22, 4}, 24, "bad-padding"},
	{"padding of 255", {IPV4_20, [20] = 1, 2, 255, 4}, 24, "bad-padding"},
	{"transport mode: UDP", {IPV4_20, [20] = 1, 2, 2, 17}, 24, "bad-next-header"},
	{"next header 0", {IPV4_20, [20] = 1, 2, 2, 0}, 24, "bad-next-header"},
	{"IPv4 that says IPv6", {IPV4_20, [20] = 1, 2, 2, 41}, 24, "bad-inner-packet"},
	{"IPv6 that says IPv4", {0x60, [40] = 1, 2, 2, 4}, 44, "bad-inner-packet"},
	{"IPv6", {0x60, [6] = 59, [40] = 1, 2, 2, 41}, 44, "next"},
	{"IPv6 header cut", {0x60, [6] = 59, [38] = 0, 41}, 40, "bad-inner-packet"},
	{"IPv4 header cut", {0x45, 0, 0, 20, [16] = 1, 2, 2, 4}, 20, "bad-inner-packet"},
	{"nothing inside", {1, 2, 2, 4}, 4, "bad-inner-packet"},
	{"IPv4 longer than its text", {0x45, 0, 0, 21, [20] = 1, 2, 2, 4}, 24, "bad-inner-packet"},
	{"IPv4 shorter than its header",
	 {0x45, 0, 0, 19, [20] = 1, 2, 2, 4},
	 24,
	 "bad-inner-packet"},
	{"IPv4 options behind the end",
	 {0x46, 0, 0, 20, [20] = 1, 2, 2, 4},
	 24,
	 "bad-inner-packet"},
	{"dummy", {1, 2, 3, 4, 5, 6, 0, 59}, 8, "absorb"}, /* RFC 4303 2.6 */
	{"dummy without contents", {1, 2, 2, 59}, 4, "absorb"},
};

START_TEST(test_authentic_contents_are_still_looked_at)
{
	const struct text *text = &texts[_i];
	const char *got;

	open_both(SA(NO_ESN), false);
	frame_sealed(&spare, "128k@1", 4096, 1, text->bytes, text->size);
	got = step_one(&from, &spare);
	ck_assert_msg(strcmp(got, text->want) == 0, "%s: %s", text->what, got);
	ck_assert_uint_eq(counter(in, "dummy"), strcmp(text->want, "absorb") == 0);
	ck_assert_uint_eq(counter(in, "packets"), strcmp(text->want, "next") == 0);
	frame_sealed(&spare, "128k@1", 4096, 1, text->bytes, text->size);
	ck_assert_str_eq(step_one(&from, &spare), "replay"); /* it had its number all the same */
	close_both();
}
END_TEST

/* RFC 4303 2.7: bytes behind the inner packet hide its length. */
START_TEST(test_confidentiality_padding_is_cut_off)
{
	static const uint8_t text[64] = {IPV4_20, [60] = 1, 2, 2, 4};

	open_both(SA(NO_ESN), false);
	frame_sealed(&spare, "128k@1", 4096, 1, text, sizeof(text));
	ck_assert_str_eq(step_one(&from, &spare), "next");
	ck_assert_uint_eq(spare.pkt.len, 20);
	ck_assert_uint_eq(counter(in, "bytes"), 20);
	close_both();
}
END_TEST

/* What is not for the tunnel. */

static const uint8_t v4_esp[60] = {0x45, 0, 0, 60, 0,   0, 0, 0, 64, 50, 0,  0,
				   192,  0, 2, 1,  192, 0, 2, 2, 0,  0,  16, 0};

static const struct stray {
	const char *what;
	struct {
		uint8_t at, value;
	} changes[4];
	uint16_t size;
	const char *want;
} strays[] = {
	{"not authentic", {{0}}, 60, "bad-icv"},
	{"UDP", {{9, 17}}, 60, "not-esp"},
	{"not IP", {{0, 0x75}}, 60, "not-esp"},
	{"first fragment", {{6, 0x20}}, 60, "fragment"},
	{"later fragment", {{7, 1}}, 60, "fragment"},
	{"source", {{15, 9}}, 60, "wrong-endpoint"},
	{"destination", {{19, 9}}, 60, "wrong-endpoint"},
	{"reversed", {{15, 2}, {19, 1}}, 60, "wrong-endpoint"},
	{"SPI", {{23, 1}}, 60, "unknown-spi"},
	{"SPI 0", {{22, 0}}, 60, "unknown-spi"},
	{"no room for trailer and tag", {{3, 55}}, 60, "short"},
	{"cut", {{0}}, 59, "short"},
	{"only an IP header", {{3, 20}}, 20, "short"},
};

START_TEST(test_strays_are_dropped_by_their_reason)
{
	const struct stray *stray = &strays[_i];
	uint8_t bytes[sizeof(v4_esp)];

	memcpy(bytes, v4_esp, sizeof(bytes));
	bytes[27] = 1;
	for (unsigned int i = 0; i < 4; i++)
		if (stray->changes[i].at != 0 || stray->changes[i].value != 0)
			bytes[stray->changes[i].at] = stray->changes[i].value;
	open_both(SA(NO_ESN), false);
	frame_bytes(&spare, bytes, stray->size, false);
	ck_assert_msg(strcmp(step_one(&from, &spare), stray->want) == 0, "%s: %s", stray->what,
		      outcome(in, &spare.pkt));
	close_both();
}
END_TEST

START_TEST(test_options_and_extension_headers_in_front_of_esp_are_taken_off)
{
	static const uint8_t options[8] = {1, 1, 1, 1, 1, 1, 1, 0};
	static uint8_t bytes[512];
	unsigned int size;

	open_both(SA(""), true);
	seal(&spare, 1);
	size = (unsigned int)(spare.pkt.end - spare.pkt.l4);
	memcpy(bytes, wp_l3(&spare.pkt), 20);
	memcpy(bytes + 20, options, 8);
	memcpy(bytes + 28, wp_l4(&spare.pkt), size);
	bytes[0] = 0x47;
	bytes[2] = (uint8_t)((28 + size) >> 8);
	bytes[3] = (uint8_t)(28 + size);
	frame_bytes(&spare, bytes, (uint16_t)(28 + size), false);
	ck_assert_str_eq(step_one(&from, &spare), "next");
	frame_inner(&frames[0], &usual, 1);
	ck_assert_uint_eq(spare.pkt.len, usual.size);
	ck_assert_mem_eq(wp_start(&spare.pkt), wp_start(&frames[0].pkt), usual.size);
	close_both();
}
END_TEST

/* Hop-by-hop options and an atomic fragment (RFC 6946) in front of ESP. */
START_TEST(test_ipv6_extension_headers_in_front_of_esp_are_taken_off)
{
	static const uint8_t more[16] = {44, 0, 1, 4, 0, 0, 0, 0, 50, 0, 0, 0, 0, 0, 0, 7};
	static uint8_t bytes[512];
	unsigned int size;

	open_both("{\"local\": \"2001:db8::2\", \"remote\": \"2001:db8::1\","
		  " \"sas\": [{\"spi\": 4096, \"key\": \"128k@1\"}]}",
		  true);
	step_close(&to);
	ck_assert_int_eq(step_open(out, &to,
				   "{\"local\": \"2001:db8::1\", \"remote\": \"2001:db8::2\","
				   " \"spi\": 4096, \"key\": \"128k@1\"}"),
			 0);
	seal(&spare, 1);
	size = (unsigned int)(spare.pkt.end - spare.pkt.l4);
	memcpy(bytes, wp_l3(&spare.pkt), 40);
	memcpy(bytes + 40, more, 16);
	memcpy(bytes + 56, wp_l4(&spare.pkt), size);
	bytes[6] = 0;
	bytes[4] = (uint8_t)((16 + size) >> 8);
	bytes[5] = (uint8_t)(16 + size);
	frame_bytes(&spare, bytes, (uint16_t)(56 + size), false);
	ck_assert_str_eq(step_one(&from, &spare), "next");
	frame_inner(&frames[0], &usual, 1);
	ck_assert_uint_eq(spare.pkt.len, usual.size);
	ck_assert_mem_eq(wp_start(&spare.pkt), wp_start(&frames[0].pkt), usual.size);
	close_both();
}
END_TEST

/* RFC 6040 figure 4, through both modules: the outer mark is set on the way. */
enum { NOT_ECT, ECT1, ECT0, CE, DROP };
static const uint8_t ecn[4][4] = {
	[NOT_ECT] = {[NOT_ECT] = NOT_ECT, [ECT0] = NOT_ECT, [ECT1] = NOT_ECT, [CE] = DROP},
	[ECT0] = {[NOT_ECT] = ECT0, [ECT0] = ECT0, [ECT1] = ECT1, [CE] = CE},
	[ECT1] = {[NOT_ECT] = ECT1, [ECT0] = ECT1, [ECT1] = ECT1, [CE] = CE},
	[CE] = {[NOT_ECT] = CE, [ECT0] = CE, [ECT1] = CE, [CE] = CE},
};

START_TEST(test_congestion_marks_set_on_the_way_reach_the_inner_packet)
{
	uint8_t ours = (uint8_t)(_i & 3), theirs = (uint8_t)(_i >> 2 & 3);
	const struct inner inner = {
		.version = _i & 16 ? 6 : 4, .size = 61, .class = (uint8_t)(0xb8 | ours)};
	uint8_t *ip;

	open_both(SA(""), true);
	frame_inner(&spare, &inner, 1);
	ck_assert_str_eq(step_one(&to, &spare), "next");
	ip = wp_l3(&spare.pkt);
	ip[1] = theirs; /* another DSCP as well: it stays outside (RFC 4301 5.1.2) */
	if (ecn[ours][theirs] == DROP) {
		ck_assert_str_eq(step_one(&from, &spare), "ecn");
	} else {
		ck_assert_str_eq(step_one(&from, &spare), "next");
		ip = wp_l3(&spare.pkt);
		ck_assert_uint_eq(esp_traffic_class(ip), 0xb8 | ecn[ours][theirs]);
		if (inner.version == 4)
			ck_assert_uint_eq(wp_checksum(ip, 20), 0);
	}
	close_both();
}
END_TEST

static const struct selector {
	const char *more;
	uint8_t version;
	const char *want;
} selectors[] = {
	{"\"from\": \"10.0.0.1/32\", \"to\": \"10.1.0.0/16\"", 4, "next"},
	{"\"from\": \"10.0.0.2/32\"", 4, "selector"},
	{"\"to\": \"10.2.0.0/16\"", 4, "selector"},
	{"\"to\": \"any\"", 6, "next"},
	{"\"from\": \"10.0.0.1/32\"", 6, "selector"}, /* the other family */
	{"\"to\": \"2020::/16\"", 6, "next"},
	{"\"to\": \"2021::/16\"", 6, "selector"},
};

START_TEST(test_inner_addresses_outside_the_selectors_are_dropped)
{
	const struct inner inner = {.version = selectors[_i].version, .size = 61};
	char json[256];

	snprintf(json, sizeof(json),
		 "{" ENDS "\"sas\": [{\"spi\": 4096, \"key\": \"128k@1\"}], %s}",
		 selectors[_i].more);
	open_both(json, true);
	frame_inner(&spare, &inner, 1);
	ck_assert_str_eq(step_one(&to, &spare), "next");
	ck_assert_str_eq(step_one(&from, &spare), selectors[_i].want);
	close_both();
}
END_TEST

static const struct life {
	const char *json;
	unsigned int bursts, n, want;
} lives[] = {
	{SA(", \"max_packets\": 10"), 3, 4, 10},  {SA(", \"max_packets\": 10"), 1, 32, 10},
	{SA(", \"max_packets\": 64"), 3, 32, 64}, {SA(", \"max_bytes\": 640"), 3, 4, 10},
	{SA(", \"max_bytes\": 639"), 3, 4, 9},    {SA(", \"max_bytes\": 63"), 1, 4, 0},
	{SA(", \"max_bytes\": 639"), 1, 32, 9},
};

START_TEST(test_lifetime_ends_with_the_packet_that_it_names)
{
	const struct life *life = &lives[_i];
	unsigned int went = 0;

	open_both(life->json, true);
	for (unsigned int i = 0; i < life->bursts; i++) {
		for (unsigned int at = 0; at < life->n; at++) {
			seal(&frames[at], 1 + i * life->n + at);
			frames[at].pkt.args = from.args;
			pkts[at] = &frames[at].pkt;
		}
		service_burst(in, pkts, (uint16_t)life->n);
		for (unsigned int at = 0; at < life->n; at++) {
			ck_assert_str_eq(outcome(in, pkts[at]),
					 went < life->want ? "next" : "fail no-key");
			went += pkts[at]->verdict == WP_NEXT;
			/* What fails may be sent to a peer: it must be as it came. */
			if (pkts[at]->verdict == WP_FAIL) {
				seal(&spare, 1 + i * life->n + at);
				ck_assert_uint_eq(pkts[at]->len, spare.pkt.len);
				ck_assert_mem_eq(wp_start(pkts[at]), wp_start(&spare.pkt),
						 spare.pkt.len);
			}
		}
	}
	ck_assert_uint_eq(went, life->want);
	ck_assert_uint_eq(counter(in, "lifetime-over"), life->bursts * life->n - life->want);
	close_both();
}
END_TEST

static const struct refusal {
	const char *json, *member;
} refusals[] = {
	{"{" ENDS "\"sas\": []}", "/sas"},
	{SA(", \"window\": 63"), "/sas/0/window"},
	{SA(", \"window\": 65537"), "/sas/0/window"},
	{"{" ENDS "\"sas\": [{\"spi\": 1, \"key\": \"128k@1\"}]}", "/sas/0/spi"},
	{"{" ENDS "\"sas\": [{\"spi\": 256, \"key\": \"none@1\"}]}", "sas/0/key"},
	{"{" ENDS
	 "\"sas\": [{\"spi\": 256, \"key\": \"128k@1\"}, {\"spi\": 256, \"key\": \"128k@2\"}]}",
	 "sas/1/spi"},
	{"{\"local\": \"192.0.2.1\", \"remote\": \"2001:db8::1\","
	 " \"sas\": [{\"spi\": 256, \"key\": \"128k@1\"}]}",
	 "remote"},
};

START_TEST(test_bad_arguments_are_refused_by_name)
{
	in = service_open("decrypt");
	ck_assert_int_lt(step_open(in, &from, refusals[_i].json), 0);
	ck_assert_str_eq(in->member, refusals[_i].member);
	ck_assert_uint_gt(strlen(in->message), 10);
	service_close(in);
}
END_TEST

/* The map of SPIs, with as many as collide. */
START_TEST(test_every_spi_of_many_is_found)
{
	char json[4096];
	int at = snprintf(json, sizeof(json), "{" ENDS "\"sas\": [");

	for (unsigned int i = 0; i < 16; i++)
		at += snprintf(json + at, sizeof(json) - (size_t)at,
			       "%s{\"spi\": %u, \"key\": \"128k@1\", \"esn\": false}",
			       i ? ", " : "", 256 + i * 0x1000000);
	snprintf(json + at, sizeof(json) - (size_t)at, "]}");
	in = service_open("decrypt");
	ck_assert_int_eq(step_open(in, &from, json), 0);
	for (unsigned int i = 0; i < 16; i++) {
		frame_sealed(&spare, "128k@1", 256 + i * 0x1000000, 1, texts[0].bytes,
			     texts[0].size);
		ck_assert_str_eq(step_one(&from, &spare), "next");
		frame_sealed(&spare, "128k@1", 257 + i * 0x1000000, 1, texts[0].bytes,
			     texts[0].size);
		ck_assert_str_eq(step_one(&from, &spare), "unknown-spi");
	}
	step_close(&from);
	service_close(in);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("decrypt");

	tcase_add_loop_test(tcase, test_each_number_is_taken_once, 0, ROWS(arrivals));
	tcase_add_test(tcase, test_duplicates_in_one_burst_are_caught);
	tcase_add_test(tcase, test_number_that_the_burst_itself_moves_out_of_the_window_is_dropped);
	tcase_add_test(tcase, test_forged_packet_does_not_move_the_window);
	tcase_add_test(tcase, test_window_lives_on_over_a_new_configuration);
	tcase_add_loop_test(tcase, test_both_sides_must_agree_on_extended_numbers, 0, 2);
	tcase_add_test(tcase, test_two_keys_serve_at_once);
	tcase_add_loop_test(tcase, test_authentic_contents_are_still_looked_at, 0, ROWS(texts));
	tcase_add_test(tcase, test_confidentiality_padding_is_cut_off);
	tcase_add_loop_test(tcase, test_strays_are_dropped_by_their_reason, 0, ROWS(strays));
	tcase_add_test(tcase, test_options_and_extension_headers_in_front_of_esp_are_taken_off);
	tcase_add_test(tcase, test_ipv6_extension_headers_in_front_of_esp_are_taken_off);
	tcase_add_loop_test(tcase, test_congestion_marks_set_on_the_way_reach_the_inner_packet, 0,
			    32);
	tcase_add_loop_test(tcase, test_inner_addresses_outside_the_selectors_are_dropped, 0,
			    ROWS(selectors));
	tcase_add_loop_test(tcase, test_lifetime_ends_with_the_packet_that_it_names, 0,
			    ROWS(lives));
	tcase_add_loop_test(tcase, test_bad_arguments_are_refused_by_name, 0, ROWS(refusals));
	tcase_add_test(tcase, test_every_spi_of_many_is_found);
	return unit_main("esp decrypt", tcase);
}
