/* SPDX-License-Identifier: BSD-3-Clause */
/* nat through a whole PE of two workers: both directions meet, hairpins turn, state stays. */

#include "bed.h"

#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"

enum { HOSTS = 64, OUT = 10, IN = 11, IP = 14 + 24 + 14, UDP = IP + 20 };

#define NAT(MORE, STEPS)                                                                           \
	"{\"version\": 1, \"workers\": {\"cores\": [0, 1], \"buffers\": 16384},"                   \
	" \"modules\": [\"nat\", \"firewall\"],"                                                   \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": \"p1\", \"type\": "       \
	"\"ring\"}],"                                                                              \
	" \"tables\": [{\"service\": \"nat\", \"table\": \"mappings\", \"max_entries\": 10000},"   \
	"  {\"service\": \"nat\", \"table\": \"peers\", \"max_entries\": 10000},"                  \
	"  {\"service\": \"nat\", \"table\": \"subscribers\", \"max_entries\": 10000},"            \
	"  {\"service\": \"nat\", \"table\": \"blocks\", \"max_entries\": 10000},"                 \
	"  {\"service\": \"nat\", \"table\": \"addresses\", \"max_entries\": 100}],"               \
	" \"tenants\": [{\"name\": \"red\"" MORE "}],"                                             \
	" \"instances\": [{\"name\": \"n\", \"service\": \"nat\", \"config\": {\"pools\": "        \
	"  [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/28\"]}]}},"                            \
	"  {\"name\": \"fw\", \"service\": \"firewall\", \"config\": {\"rules\": "                 \
	"   [{\"action\": \"drop\", \"to_port\": 666}, {\"action\": \"allow\"}]}}],"               \
	" \"paths\": [{\"name\": \"out\", \"spi\": 10, \"tenant\": \"red\", \"inside\": "          \
	"   \"source\", \"reverse\": \"in\", \"steps\": [" STEPS "]},"                             \
	"  {\"name\": \"in\", \"spi\": 11, \"tenant\": \"red\", \"inside\": \"destination\","      \
	"   \"reverse\": \"out\", \"steps\": [{\"instance\": \"n\"}, {\"instance\": \"fw\"}]}]}"
#define FIREWALL_NAT "{\"instance\": \"fw\"}, {\"instance\": \"n\"}"

static const uint32_t remote = 0xc6336401;

static void
send_udp(struct bed *bed, uint32_t spi, uint32_t source, uint16_t sport, uint32_t dest,
	 uint16_t dport)
{
	bed_send_udp(bed, dport % 2 ? "p0" : "p1", spi, source, sport, dest, dport);
}

/** Outside endpoints; index: inside host. */
static struct {
	uint32_t address;
	uint16_t port;
} outside[HOSTS];

/** Sends a packet of each host, and notes where it comes from outside. */
static void
open_all(struct bed *bed)
{
	struct frame frame;
	unsigned int got = 0;

	for (uint32_t host = 0; host < HOSTS; host++)
		send_udp(bed, OUT, 0x0a000000 + host, (uint16_t)(1000 + host), remote,
			 (uint16_t)(2000 + host));
	bed_run(bed);
	while (bed_receive_any(bed, &frame)) {
		unsigned int host = wp_get16(frame.bytes + UDP + 2) - 2000u;

		ck_assert_uint_lt(host, HOSTS);
		ck_assert_uint_eq(frame_spi(&frame), OUT);
		outside[host].address = wp_get32(frame.bytes + IP + 12);
		outside[host].port = wp_get16(frame.bytes + UDP);
		got++;
	}
	ck_assert_uint_eq(got, HOSTS);
}

/** Sends answers to all, and checks that they reach their hosts. */
static void
answer_all(struct bed *bed)
{
	bool seen[HOSTS] = {false};
	struct frame frame;

	for (uint32_t host = 0; host < HOSTS; host++)
		send_udp(bed, IN, remote, (uint16_t)(2000 + host), outside[host].address,
			 outside[host].port);
	bed_run(bed);
	while (bed_receive_any(bed, &frame)) {
		uint32_t host = wp_get32(frame.bytes + IP + 16) - 0x0a000000;

		ck_assert_uint_lt(host, HOSTS);
		ck_assert_uint_eq(wp_get16(frame.bytes + UDP + 2), 1000 + host);
		ck_assert_uint_eq(wp_get16(frame.bytes + UDP), 2000 + host);
		ck_assert_uint_eq(frame_spi(&frame), IN);
		seen[host] = true;
	}
	for (unsigned int host = 0; host < HOSTS; host++)
		ck_assert(seen[host]);
}

START_TEST(test_both_directions_meet)
{
	struct bed *bed = bed_open(NAT("", FIREWALL_NAT));

	open_all(bed);
	answer_all(bed);
	open_all(bed); /* the same mappings */
	answer_all(bed);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-created"), HOSTS);
	ck_assert_uint_gt(bed_number(bed, "workers/0/handed_over"), 0);
	ck_assert_uint_gt(bed_number(bed, "workers/1/handed_over"), 0);
	bed_close(bed);
}
END_TEST

/** Timers run a little in each poll; of which there are few here. */
static void
run_timers(struct bed *bed)
{
	for (unsigned int poll = 0; poll < 100; poll++)
		bed_run(bed);
}

START_TEST(test_mappings_end)
{
	struct bed *bed = bed_open(NAT("", FIREWALL_NAT));

	open_all(bed);
	for (unsigned int s = 0; s < 299; s++)
		bed_sleep(bed, 1000);
	answer_all(bed);
	for (unsigned int s = 0; s < 302; s++)
		bed_sleep(bed, 1000);
	run_timers(bed);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-removed"), HOSTS);
	send_udp(bed, IN, remote, 2000, outside[0].address, outside[0].port);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0") + bed_receive_all(bed, "p1"), 0);
	for (unsigned int s = 0; s < 500; s++)
		bed_sleep(bed, 1000);
	run_timers(bed);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/blocks-given-back"), HOSTS);
	bed_close(bed);
}
END_TEST

START_TEST(test_mappings_survive_a_new_document)
{
	struct bed *bed = bed_open(NAT("", FIREWALL_NAT));

	open_all(bed);
	ck_assert_int_eq(bed_reload(bed, NAT(", \"share\": 2", "{\"instance\": \"n\"}")), 0);
	answer_all(bed);
	bed_close(bed);
}
END_TEST

/** A hairpin goes on along the reverse path, behind nat: through the firewall there. */
START_TEST(test_hairpins_turn)
{
	struct bed *bed = bed_open(NAT("", FIREWALL_NAT));
	unsigned int got = 0;
	struct frame frame;

	open_all(bed);
	for (uint32_t host = 0; host < HOSTS; host++) {
		uint32_t other = (host + 1) % HOSTS;

		send_udp(bed, OUT, 0x0a000000 + host, (uint16_t)(1000 + host),
			 outside[other].address, outside[other].port);
	}
	bed_run(bed);
	while (bed_receive_any(bed, &frame)) {
		uint32_t to = wp_get32(frame.bytes + IP + 16) - 0x0a000000,
			 from = (to + HOSTS - 1) % HOSTS;

		ck_assert_uint_lt(to, HOSTS);
		ck_assert_uint_eq(frame_spi(&frame), IN);
		ck_assert_uint_eq(frame_si(&frame), 253);
		ck_assert_uint_eq(wp_get32(frame.bytes + IP + 12), outside[from].address);
		ck_assert_uint_eq(wp_get16(frame.bytes + UDP), outside[from].port);
		ck_assert_uint_eq(wp_get16(frame.bytes + UDP + 2), 1000 + to);
		got++;
	}
	ck_assert_uint_eq(got, HOSTS);
	ck_assert_uint_eq(bed_number(bed, "paths/0/turned_out"), HOSTS);
	ck_assert_uint_eq(bed_number(bed, "paths/1/turned_in"), HOSTS);
	bed_close(bed);
}
END_TEST

START_TEST(test_hairpins_meet_the_reverse_firewall)
{
	struct bed *bed = bed_open(NAT("", "{\"instance\": \"n\"}"));
	struct frame frame;

	/* Host 0 is known by inside port 666, which the firewall of the reverse path drops. */
	send_udp(bed, OUT, 0x0a000000, 666, remote, 2000);
	bed_run(bed);
	ck_assert(bed_receive_any(bed, &frame));
	send_udp(bed, OUT, 0x0a000001, 1001, wp_get32(frame.bytes + IP + 12),
		 wp_get16(frame.bytes + UDP));
	bed_run(bed);
	ck_assert(!bed_receive_any(bed, &frame));
	ck_assert_uint_eq(bed_number(bed, "paths/1/turned_in"), 1);
	bed_close(bed);
}
END_TEST

/** Sends a SYN from outside to a port that nobody has. */
static void
knock(struct bed *bed, uint16_t port)
{
	static const uint8_t rest[12] = {[4] = 0x50, [5] = 0x02}; /* of a TCP header; SYN */
	struct frame frame = frame_udp(&(struct frame_spec){.spi = IN,
							    .source = remote,
							    .sport = port,
							    .dest = 0xcb007104,
							    .dport = 4444,
							    .payload = rest,
							    .payload_len = sizeof(rest)});
	uint16_t sum;

	frame.bytes[IP + 9] = 6;
	sum = wp_checksum_ipv4(frame.bytes + IP, 20);
	memcpy(frame.bytes + IP + 10, &sum, 2);
	bed_send(bed, port % 2 ? "p0" : "p1", &frame);
}

/** With no packet about, the answer leaves when it is due; on the way of the hosts' packets. */
START_TEST(test_unsolicited_syns_are_answered)
{
	struct bed *bed = bed_open(NAT("", FIREWALL_NAT));
	struct frame frame;

	for (uint16_t port = 1; port <= 8; port++)
		knock(bed, port);
	bed_run(bed);
	bed_sleep(bed, 5900);
	ck_assert(!bed_receive_any(bed, &frame));
	bed_sleep(bed, 200);
	for (unsigned int i = 0; i < 8; i++) {
		ck_assert(bed_receive_any(bed, &frame));
		ck_assert_uint_eq(frame_spi(&frame), OUT);
		ck_assert_uint_eq(frame_si(&frame), 253);
		ck_assert_uint_eq(frame.bytes[IP + 9], 1);
		ck_assert_uint_eq(wp_get16(frame.bytes + IP + 20), 0x0303);
		ck_assert_uint_eq(wp_get32(frame.bytes + IP + 12), 0xcb007104);
		ck_assert_uint_eq(wp_get32(frame.bytes + IP + 16), remote);
		ck_assert_uint_eq(wp_checksum(frame.bytes + IP + 20, frame.len - IP - 20), 0);
	}
	ck_assert(!bed_receive_any(bed, &frame));
	ck_assert_uint_eq(bed_number(bed, "paths/1/created"), 8);
	bed_close(bed);
}
END_TEST

/** Those of an older configuration are forgotten; nothing enters under it. */
START_TEST(test_unsolicited_syns_end_with_their_configuration)
{
	struct bed *bed = bed_open(NAT("", FIREWALL_NAT));
	struct frame frame;

	knock(bed, 1);
	bed_run(bed);
	ck_assert_int_eq(bed_reload(bed, NAT("", "{\"instance\": \"n\"}")), 0);
	knock(bed, 2);
	bed_run(bed);
	bed_sleep(bed, 6100);
	ck_assert(bed_receive_any(bed, &frame));
	ck_assert_uint_eq(wp_get16(frame.bytes + IP + 20 + 8 + 20), 2);
	ck_assert(!bed_receive_any(bed, &frame));
	bed_close(bed);
}
END_TEST

START_TEST(test_refusals)
{
	const char *why = bed_refusal(NAT(", \"steering\": \"flow\"", FIREWALL_NAT));

	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, "/paths/0/tenant") != NULL && strstr(why, "steering 'host'"),
		      "%s", why);
	why = bed_refusal("{\"version\": 1, \"modules\": [\"nat\"], \"tables\": [{\"service\": "
			  "\"nat\", \"table\": \"mappingz\", \"max_entries\": 5}]}");
	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, "/tables/0/table") != NULL, "%s", why);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nat");
	TCase *tcase = tcase_create("nat");

	tcase_add_test(tcase, test_both_directions_meet);
	tcase_add_test(tcase, test_mappings_end);
	tcase_add_test(tcase, test_mappings_survive_a_new_document);
	tcase_add_test(tcase, test_hairpins_turn);
	tcase_add_test(tcase, test_hairpins_meet_the_reverse_firewall);
	tcase_add_test(tcase, test_unsolicited_syns_are_answered);
	tcase_add_test(tcase, test_unsolicited_syns_end_with_their_configuration);
	tcase_add_test(tcase, test_refusals);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
