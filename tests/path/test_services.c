/* SPDX-License-Identifier: BSD-3-Clause */
/* Services and overload through a whole PE: the firewall against a plain reading of its rules,
 * tenants' shares. */

#include "bed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIREWALL(RULES)                                                                            \
	"{\"version\": 1, \"workers\": {\"cores\": [0]}, \"modules\": [\"%s\", \"firewall\", "     \
	"\"ttl\"],"                                                                                \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}],"                                    \
	" \"tenants\": [{\"name\": \"red\"}, {\"name\": \"blue\"}],"                               \
	" \"instances\": [{\"name\": \"fw\", \"service\": \"firewall\", \"config\": {" RULES "}}," \
	"  {\"name\": \"t\", \"service\": \"ttl\", \"config\": {\"min_ttl\": 65}}],"               \
	" \"paths\": [{\"name\": \"red\", \"spi\": 1, \"tenant\": \"red\", \"steps\": "            \
	"[{\"instance\": \"fw\"}]},"                                                               \
	"  {\"name\": \"blue\", \"spi\": 2, \"tenant\": \"blue\", \"steps\": [{\"instance\": "     \
	"\"fw\"}]},"                                                                               \
	"  {\"name\": \"ttl\", \"spi\": 3, \"tenant\": \"red\", \"steps\": [{\"instance\": "       \
	"\"t\"}]}]}"

static const char rules[] =
	FIREWALL("\"rules\": ["
		 "{\"action\": \"drop\", \"from\": \"10.0.0.66/32\"},"
		 "{\"action\": \"allow\", \"tenant\": \"blue\", \"to_port\": \"100-200\"},"
		 "{\"action\": \"allow\", \"to\": \"10.1.0.0/16\", \"protocol\": \"udp\", "
		 "\"from_port\": 53},"
		 "{\"action\": \"drop\", \"to\": \"10.1.2.0/24\"},"
		 "{\"action\": \"allow\", \"to\": \"10.1.0.0/16\", \"protocol\": \"tcp\"},"
		 "{\"action\": \"allow\", \"to\": \"10.1.0.0/16\", \"to_port\": 443}]");

static const struct verdict {
	uint32_t spi, source, dest;
	uint16_t sport, dport;
	bool passes;
	int rule; /* that counts it; -1: none */
} verdicts[] = {
	{1, 0x0a000001, 0x0a010001, 1000, 443, true, 5},
	{1, 0x0a000042, 0x0a010001, 1000, 443, false, 0},
	{1, 0x0a000001, 0x0a010001, 53, 9, true, 2},
	{1, 0x0a000001, 0x0a010201, 53, 9, true, 2},
	{1, 0x0a000001, 0x0a010201, 54, 443, false, 3},
	{1, 0x0a000001, 0x0a010001, 54, 444, false, -1},
	{1, 0x0a000001, 0x0a020001, 1000, 443, false, -1},
	{1, 0x0a000001, 0x0a020001, 1000, 150, false, -1},
	{2, 0x0a000001, 0x0a020001, 1000, 150, true, 1},
	{2, 0x0a000001, 0x0a020001, 1000, 100, true, 1},
	{2, 0x0a000001, 0x0a020001, 1000, 200, true, 1},
	{2, 0x0a000001, 0x0a020001, 1000, 201, false, -1},
	{2, 0x0a000042, 0x0a020001, 1000, 150, false, 0},
};

static int
take_hits(void *arg, const struct wp_record *record)
{
	uint64_t *hits = arg;
	uint32_t rule;

	memcpy(&rule, record->key, 4);
	memcpy(&hits[rule], record->value, 8);
	return 0;
}

START_TEST(test_first_rule_that_matches_decides_and_counts)
{
	const struct verdict *row = &verdicts[_i];
	struct bed *bed = bed_open(rules);
	uint64_t hits[8] = {0};
	struct frame frame = frame_udp(&(struct frame_spec){.spi = row->spi,
							    .source = row->source,
							    .dest = row->dest,
							    .sport = row->sport,
							    .dport = row->dport});

	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), row->passes);
	ck_assert_int_eq(
		wp_table_export(bed->pe->current->instances[0].tables[0], -1, take_hits, hits), 0);
	for (int rule = 0; rule < 6; rule++)
		ck_assert_uint_eq(hits[rule], rule == row->rule);
	bed_close(bed);
}
END_TEST

START_TEST(test_what_is_not_ip_passes_the_firewall_unless_told)
{
	struct frame arp = frame_udp(&(struct frame_spec){.spi = 1});
	struct bed *bed = bed_open(rules);

	arp.bytes[14 + 24 + 13] = 6;
	bed_send(bed, "p0", &arp);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 1);
	bed_close(bed);
	bed = bed_open(FIREWALL("\"other\": \"drop\""));
	bed_send(bed, "p0", &arp);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/0/drops/not-ip"), 1);
	bed_close(bed);
}
END_TEST

/** Sends the first fragment of a datagram and a later one. */
static void
send_fragments(struct bed *bed, uint16_t dport)
{
	struct frame frame = frame_udp(&(struct frame_spec){
		.spi = 1, .dest = 0x0a010001, .dport = dport, .payload = rules, .payload_len = 16});
	uint8_t *field = &frame.bytes[14 + 24 + 14 + 6]; /* the checksum is nobody's business */

	field[0] = 0x20; /* more */
	bed_send(bed, "p0", &frame);
	field[0] = 0;
	field[1] = 3; /* 24 bytes on; where ports would be stands what is in no rule */
	memset(&frame.bytes[14 + 24 + 14 + 20], 0xee, 4);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
}

START_TEST(test_later_fragment_is_judged_as_its_first)
{
	struct bed *bed = bed_open(rules);

	send_fragments(bed, 443);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 2);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/allowed"), 2);
	send_fragments(bed, 444);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/0/drops/default"), 2);
	bed_close(bed);
	bed = bed_open(FIREWALL("\"default\": \"allow\", \"fragments\": \"drop\""));
	send_fragments(bed, 443);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 1);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/0/drops/fragment"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_bad_rule_is_refused_with_its_place)
{
	ck_assert_ptr_nonnull(
		strstr(bed_refusal(FIREWALL(
			       "\"rules\": [{\"action\": \"allow\", \"tenant\": \"green\"}]")),
		       "/instances/0/config/rules/0/tenant: tenant: there is no tenant 'green'"));
	ck_assert_ptr_nonnull(
		strstr(bed_refusal(FIREWALL("\"rules\": [{\"action\": \"allow\", \"from\": "
					    "\"10.0.0.0/8\", \"to\": \"2001:db8::/32\"}]")),
		       "/instances/0/config/rules/0/to: to: is not of the address family of from"));
}
END_TEST

START_TEST(test_ttl_below_minimum_is_dropped)
{
	struct bed *bed = bed_open(rules);
	struct frame frame = frame_udp(&(struct frame_spec){.spi = 3});

	bed_send(bed, "p0", &frame); /* TTL 64 */
	frame.bytes[14 + 24 + 14 + 8] = 65;
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 1);
	ck_assert_uint_eq(bed_number(bed, "paths/2/steps/0/drops/ttl-expired"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_overload_is_shed_by_tenant_share)
{
	struct bed *bed = bed_open(FIREWALL("\"default\": \"allow\""));
	unsigned int red = 0, blue = 0;

	/* Each millisecond 2,048 packets in full bursts: one in eight is blue's. */
	for (unsigned int ms = 0; ms < 20; ms++) {
		for (unsigned int burst = 0; burst < 64; burst++) {
			for (unsigned int i = 0; i < 32; i++) {
				bool is_blue = i % 8 == 7;
				struct frame frame =
					frame_udp(&(struct frame_spec){.spi = is_blue ? 2 : 1});

				bed_send(bed, "p0", &frame);
				red += !is_blue;
				blue += is_blue;
			}
			pe_poll(bed->pe);
			bed_receive_all(bed, "p0");
		}
		bed->now_ns += 1000001;
	}
	bed_run(bed);
	bed_receive_all(bed, "p0");
	ck_assert_uint_eq(bed_number(bed, "paths/0/rx"), red);
	ck_assert_uint_eq(bed_number(bed, "paths/1/rx"), blue);
	ck_assert_uint_gt(bed_number(bed, "paths/0/drops/fail-overload"), red / 10);
	ck_assert_uint_eq(bed_number(bed, "paths/1/drops/fail-overload"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/1/tx"), blue);
	bed_close(bed);
}
END_TEST

START_TEST(test_one_tenant_alone_is_never_shed)
{
	struct bed *bed = bed_open(FIREWALL("\"default\": \"allow\""));

	for (unsigned int ms = 0; ms < 10; ms++) {
		for (unsigned int burst = 0; burst < 64; burst++) {
			for (unsigned int i = 0; i < 32; i++) {
				struct frame frame = frame_udp(&(struct frame_spec){.spi = 1});

				bed_send(bed, "p0", &frame);
			}
			pe_poll(bed->pe);
			bed_receive_all(bed, "p0");
		}
		bed->now_ns += 1000001;
	}
	ck_assert_uint_eq(bed_number(bed, "paths/0/tx"), 10 * 64 * 32);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("services");
	TCase *tcase = tcase_create("services");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_first_rule_that_matches_decides_and_counts, 0,
			    (int)(sizeof(verdicts) / sizeof(verdicts[0])));
	tcase_add_test(tcase, test_what_is_not_ip_passes_the_firewall_unless_told);
	tcase_add_test(tcase, test_later_fragment_is_judged_as_its_first);
	tcase_add_test(tcase, test_bad_rule_is_refused_with_its_place);
	tcase_add_test(tcase, test_ttl_below_minimum_is_dropped);
	tcase_add_test(tcase, test_overload_is_shed_by_tenant_share);
	tcase_add_test(tcase, test_one_tenant_alone_is_never_shed);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
