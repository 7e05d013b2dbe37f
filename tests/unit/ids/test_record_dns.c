/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/out: queries and answers of DNS as records. */

#include <string.h>

#include "record_bed.h"
#include "record_messages.h"
#include "stream/l7/dns.h"
#include "unit.h"

START_TEST(test_dns_query_has_a_line_for_each_question)
{
	struct wp_dns_message dns = message_dns(false);
	struct wp_stream_event event = {.flow = &flow, .type = WP_DNS_MESSAGE, .dns = &dns};
	struct record_context context = bed_context(&event);
	static const char *const rrnames[MESSAGE_QUERIES] = {"\"we.ird.\\u0001\\\\xff\\\\.Ex\"",
							     "\"\"", "\"\""},
				 *const rrtypes[MESSAGE_QUERIES] = {"\"ANY\"", "\"65280\"",
								    "\"A\""};
	char *at = line;
	size_t size;

	context.tx = 2;
	record_message(&record, &context, RECORD_DNS);
	size = json_line(line, sizeof(line), record.bytes, record.size, BED_TIME_NS, &names);
	for (unsigned int i = 0; i < MESSAGE_QUERIES; i++) {
		char *end = memchr(at, '\n', (size_t)(line + size - at));
		json_t *root;

		ck_assert_ptr_nonnull(end);
		root = json_loadb(at, (size_t)(end - at), JSON_ALLOW_NUL, NULL);
		ck_assert_ptr_nonnull(root);
		bed_check(root, "dns.rrname", rrnames[i]);
		bed_check(root, "dns.rrtype", rrtypes[i]);
		bed_check(root, "dns.type", "\"query\"");
		bed_check(root, "dns.version", "2");
		bed_check(root, "dns.id", "77");
		bed_check(root, "dns.tx_id", "2");
		bed_check(root, "dns.opcode", "0");
		json_decref(root);
		at = end + 1;
	}
	ck_assert_ptr_eq(at, line + size);
}
END_TEST

START_TEST(test_dns_answer_has_its_records_and_groups)
{
	struct wp_dns_message dns = message_dns(true);
	struct wp_stream_event event = {.flow = &flow, .type = WP_DNS_MESSAGE, .dns = &dns};
	struct record_context context = bed_context(&event);

	dns.records = message_records;
	dns.n_records_told = MESSAGE_RECORDS;
	record_message(&record, &context, RECORD_DNS);
	CHECK({"dns.type", "\"answer\""}, {"dns.flags", "\"8583\""}, {"dns.qr", "true"},
	      {"dns.aa", "true"}, {"dns.tc", NULL}, {"dns.rd", "true"}, {"dns.ra", "true"},
	      {"dns.rcode", "\"NXDOMAIN\""}, {"dns.answers[0].rrname", "\"a.example\""},
	      {"dns.answers[0].rrtype", "\"A\""}, {"dns.answers[0].ttl", "7"},
	      {"dns.answers[0].rdata", "\"1.2.3.4\""},
	      {"dns.answers[1].rdata", "\"2001:0000:0000:0000:0000:0000:0000:000f\""},
	      {"dns.answers[2].rdata", "\"\""}, {"dns.answers[3].rdata", "\"c.d.e\""},
	      {"dns.answers[4].rdata", "\"h\\\\xff\\u0001\\\"\\n\""},
	      {"dns.answers[5].rdata", "\"\""},
	      {"dns.answers[6].soa",
	       "{\"mname\":\"m\",\"rname\":\"r\",\"serial\":1,\"refresh\":2,\"retry\":3,"
	       "\"expire\":4,\"minimum\":5}"},
	      {"dns.answers[7].srv", "{\"priority\":1,\"weight\":2,\"port\":3,\"name\":\"s\"}"},
	      {"dns.answers[8].sshfp", "{\"fingerprint\":\"0a:ff\",\"algo\":1,\"type\":2}"},
	      {"dns.answers[9].sshfp", NULL}, {"dns.answers[10].rdata", NULL},
	      {"dns.answers[10].rrtype", "\"HTTPS\""}, {"dns.answers[11]", NULL},
	      {"dns.grouped.A", "[\"1.2.3.4\",\"\"]"}, {"dns.grouped.CNAME", "[\"c.d.e\"]"},
	      {"dns.grouped.HTTPS", NULL}, {"dns.authorities[0].rdata", "\"n\""},
	      {"dns.authorities[1]", NULL});
	record_alert(&record, &context, &(struct record_alert){.rule = &rule});
	CHECK({"dns.version", "2"}, {"dns.answer.version", "2"}, {"dns.answer.answers", NULL},
	      {"dns.answer.authorities[0].rdata", "\"n\""});
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("record dns");

	tcase_add_checked_fixture(tcase, bed_set_up, NULL);
	tcase_add_test(tcase, test_dns_query_has_a_line_for_each_question);
	tcase_add_test(tcase, test_dns_answer_has_its_records_and_groups);
	return unit_main("ids record dns", tcase);
}
