/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts that ask nat for mappings, through a whole PE: the answer comes on the reverse path, and
 * what was asked for outlasts a reload and the process. */

#include "bed.h"

#include <string.h>

#include "pe/state_export.h"
#include "pe/state_import.h"

enum { IP = 14 + 24 + 14, UDP = IP + 20, ASK = UDP + 8, OUT = 10, IN = 11 };

#define NAT(LIFETIME)                                                                              \
	"{\"version\": 1, \"workers\": {\"cores\": [0, 1]}, \"modules\": [\"nat\"],"               \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}],"                                    \
	" \"tenants\": [{\"name\": \"red\"}],"                                                     \
	" \"instances\": [{\"name\": \"n\", \"service\": \"nat\", \"config\": {\"pools\": "        \
	"[{\"name\": \"p\", \"addresses\": [\"203.0.113.0/28\"]}], \"pcp\": {\"servers\": "        \
	"[\"10.0.0.254\"], \"max_lifetime\": " LIFETIME "}}}],"                                    \
	" \"paths\": [{\"name\": \"out\", \"spi\": 10, \"tenant\": \"red\", \"inside\": "          \
	"\"source\", \"reverse\": \"in\", \"steps\": [{\"instance\": \"n\"}]},"                    \
	" {\"name\": \"in\", \"spi\": 11, \"tenant\": \"red\", \"inside\": \"destination\", "      \
	"\"reverse\": \"out\", \"steps\": [{\"instance\": \"n\"}]}]}"

static const uint32_t host = 0x0a000001, server = 0x0a0000fe, remote = 0xc6336401;

static uint32_t outside;
static uint16_t outside_port;

/** Asks for UDP port 4000, for an hour; notes the answer. */
static void
ask(struct bed *bed)
{
	static const uint8_t request[60] = {
		2, 1, 0,   0,   0,   0,   0x0e, 0x10,      [18] = 0xff, 0xff, 10,          0,
		0, 1, 'n', 'o', 'n', 'c', 'e',  [36] = 17, [40] = 0x0f, 0xa0, [54] = 0xff, 0xff};
	struct frame frame = frame_udp(&(struct frame_spec){.spi = OUT,
							    .source = host,
							    .sport = 6000,
							    .dest = server,
							    .dport = 5351,
							    .payload = request,
							    .payload_len = sizeof(request)});
	const uint8_t *at = frame.bytes + ASK;

	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame_spi(&frame), IN);
	ck_assert_uint_eq(frame_si(&frame), 254);
	ck_assert_mem_eq(frame.bytes + IP + 12, "\x0a\0\0\xfe\x0a\0\0\1", 8);
	ck_assert_mem_eq(frame.bytes + UDP, "\x14\xe7\x17\x70", 4);
	ck_assert_mem_eq(at, "\2\x81\0\0\0\0\x0e\x10", 8);
	outside_port = (uint16_t)(at[42] << 8 | at[43]);
	outside = (uint32_t)at[56] << 24 | (uint32_t)at[57] << 16 | (uint32_t)at[58] << 8 | at[59];
}

/** @return whether somebody reaches the host by what it was told. */
static bool
knock(struct bed *bed)
{
	struct frame frame = frame_udp(&(struct frame_spec){.spi = IN,
							    .source = remote,
							    .sport = 80,
							    .dest = outside,
							    .dport = outside_port,
							    .payload = "knock",
							    .payload_len = 5});

	bed_send(bed, "p0", &frame);
	bed_run(bed);
	if (!bed_receive(bed, "p0", &frame))
		return false;
	ck_assert_mem_eq(frame.bytes + IP + 16, "\x0a\0\0\1", 4);
	ck_assert_mem_eq(frame.bytes + UDP + 2, "\x0f\xa0", 2);
	return true;
}

static void
sleep_s(struct bed *bed, unsigned int seconds)
{
	for (unsigned int s = 0; s < seconds; s++)
		bed_sleep(bed, 1000);
}

START_TEST(test_answer_and_mapping_over_a_reload)
{
	struct bed *bed = bed_open(NAT("86400"));

	ask(bed);
	ck_assert(knock(bed));
	ck_assert_int_eq(bed_reload(bed, NAT("7200")), 0);
	sleep_s(bed, 3500);
	ck_assert(knock(bed));
	sleep_s(bed, 800);
	for (unsigned int poll = 0; poll < 100; poll++)
		bed_run(bed);
	ck_assert(!knock(bed));
	bed_close(bed);
}
END_TEST

START_TEST(test_mapping_in_the_next_process)
{
	struct state_exported exported;
	struct import_report report;
	struct state_filter all;
	char message[256];
	struct bed *bed = bed_open(NAT("86400"));

	ask(bed);
	sleep_s(bed, 60);
	ck_assert_int_eq(state_filter_parse("", &all, message, sizeof(message)), 0);
	ck_assert_int_eq(pe_state_export(bed->pe, "state", &all, &exported), 0);
	bed_close(bed);
	bed = bed_open(NAT("86400"));
	ck_assert(!knock(bed));
	ck_assert_int_eq(pe_state_import(bed->pe, "state", &(struct import_options){0}, &report,
					 message, sizeof(message)),
			 0);
	for (unsigned int i = 0; i < report.n_tables; i++)
		ck_assert_uint_eq(report.tables[i].skipped, 0);
	import_report_free(&report);
	sleep_s(bed, 3400);
	ck_assert(knock(bed));
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("pcp");
	TCase *tcase = tcase_create("pcp");

	bed_folder();
	tcase_add_test(tcase, test_answer_and_mapping_over_a_reload);
	tcase_add_test(tcase, test_mapping_in_the_next_process);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
