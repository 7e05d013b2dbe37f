/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of state: parts of what a PE had, what its new document has no place for, and records that
 * make no sense. */

#include "nat_hosts.h"
#include "saved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pe/state_export.h"
#include "pe/state_filter.h"
#include "pe/state_print.h"

/** Hosts whose mapping of 4000 is in the file; index: host. @return how many */
static unsigned int
hosts_of_file(bool *there)
{
	char *text = describe(file, "nat/mappings", 0), *save = NULL;
	unsigned int n = 0;

	memset(there, 0, HOSTS * sizeof(*there));
	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		unsigned int high, low;
		const char *key = strstr(line, "\"key\":[\"10.0.");

		ck_assert_ptr_nonnull(key);
		ck_assert_int_eq(sscanf(key + 13, "%u.%u", &high, &low), 2);
		there[high * 256 + low] = true;
	}
	for (unsigned int host = 0; host < HOSTS; host++)
		n += there[host];
	free(text);
	return n;
}

START_TEST(test_one_bucket_alone)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;
	bool there[HOSTS];
	char filter[32];
	unsigned int n = 0;

	open_all(bed);
	for (unsigned int bucket = (unsigned int)rand() % 256; n == 0;
	     bucket = (bucket + 1) % 256) {
		snprintf(filter, sizeof(filter), "bucket=%u", bucket);
		export_to(bed, file, filter);
		n = hosts_of_file(there);
	}
	ck_assert_uint_lt(n, HOSTS / 10);
	bed = restart(bed, afterwards[1]);
	import(bed, false, &report);
	check_report(&report, "mappings", 2 * n, 0);
	check_report(&report, "subscribers", n, 0);
	check_report(&report, "blocks", n, 0);
	import_report_free(&report);
	for (unsigned int host = 0; host < HOSTS; host++)
		if (there[host])
			check_hosts(bed, host, host + 1);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-created"), 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_a_prefix_of_hosts_alone)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;

	open_all(bed);
	bed = carry_over(bed, "nat,tenant=red,address=10.0.1.0/28", afterwards[1], &report);
	check_report(&report, "mappings", 32, 0); /* they make their hosts and blocks */
	import_report_free(&report);
	check_hosts(bed, 256, 272);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-created"), 0);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/blocks-taken"), 16);
	bed_close(bed);
}
END_TEST

/** Restarts with another configuration, and checks why nothing comes back. */
static struct bed *
come_back_as(const char *document, const char *why)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;
	const struct import_table *mappings;

	open_hosts(bed, 0, AT_ONCE);
	bed = carry_over(bed, "nat", document, &report);
	mappings = part_of(&report, "mappings");
	ck_assert_uint_eq(mappings->restored, 0);
	ck_assert_uint_eq(mappings->skipped, 2 * AT_ONCE);
	ck_assert_str_eq(mappings->reasons[0].why, why);
	import_report_free(&report);
	return bed;
}

START_TEST(test_another_pool)
{
	struct bed *bed = come_back_as(DOCUMENT("0", "192.0.2.0/28", "}]"),
				       "no pool has its outside address");

	open_hosts(bed, 0, AT_ONCE);
	ck_assert_uint_eq(hosts[0].udp.address >> 8, 0xc00002);
	check_hosts(bed, 0, AT_ONCE);
	bed_close(bed);
}
END_TEST

START_TEST(test_pool_of_fewer_ports)
{
	struct bed *bed = come_back_as(DOCUMENT("0", POOL, ", \"ports\": \"1-63\"}]"),
				       "its pool has not its ports any more");

	bed_close(bed);
}
END_TEST

START_TEST(test_instance_and_tenant_that_are_gone)
{
	static const char document[] =
		"{\"version\": 1, \"modules\": [\"nat\"], \"tenants\": [{\"name\": \"green\"}],"
		" \"instances\": [{\"name\": \"%s\", \"service\": \"nat\", \"config\": "
		"  {\"pools\": [{\"name\": \"p\", \"addresses\": [\"" POOL "\"]}]}}]}";
	char text[512];
	struct bed *bed;

	snprintf(text, sizeof(text), document, "n");
	bed = come_back_as(text, "there is no such tenant");
	bed_close(bed);
	snprintf(text, sizeof(text), document, "m");
	bed = come_back_as(text, "there is no such instance");
	bed_close(bed);
}
END_TEST

START_TEST(test_service_that_is_gone_is_refused_or_left_out)
{
	static const char document[] =
		"{\"version\": 1, \"modules\": [\"firewall\"], \"tenants\": [{\"name\": \"red\"}],"
		" \"instances\": [{\"name\": \"fw\", \"service\": \"firewall\", \"config\": "
		"  {\"rules\": [{\"action\": \"allow\"}]}}]}";
	const struct import_options partial = {.partial = true};
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;
	char message[256];

	open_hosts(bed, 0, AT_ONCE);
	export_to(bed, file, "");
	bed = restart(bed, document);
	ck_assert_int_eq(try_import(bed, &(struct import_options){0}, &report, message), -EPROTO);
	ck_assert_ptr_nonnull(strstr(message, "table nat/"));
	import_report_free(&report);
	ck_assert_int_eq(try_import(bed, &partial, &report, message), 0);
	ck_assert_str_eq(part_of(&report, "mappings")->left_out,
			 "is of a service that no instance is of");
	ck_assert_uint_eq(part_of(&report, "hits")->restored, 1); /* of two rules */
	ck_assert_uint_eq(part_of(&report, "hits")->skipped, 1);
	import_report_free(&report);
	bed_close(bed);
}
END_TEST

START_TEST(test_counts_of_rules_come_back)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;
	char *before, *after;

	open_hosts(bed, 0, AT_ONCE);
	export_to(bed, file, "");
	before = describe(file, "firewall", 64);
	ck_assert_ptr_nonnull(strstr(before, "\"value\":\""));
	bed = restart(bed, afterwards[1]);
	import(bed, true, &report);
	check_report(&report, "hits", 2, 0);
	import_report_free(&report);
	export_to(bed, other_file, "");
	after = describe(other_file, "firewall", 64);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
	bed_close(bed);
}
END_TEST

START_TEST(test_a_file_twice_harms_nobody)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;

	open_all(bed);
	export_to(bed, file, "");
	import(bed, true, &report);
	check_report(&report, "mappings", 0, 2 * HOSTS);
	check_report(&report, "peers", 0, HOSTS / 4);
	import_report_free(&report);
	check_all(bed);
	bed_close(bed);
}
END_TEST

/* Both are of the same moment, and in the same order. */
START_TEST(test_what_runs_is_printed_as_its_file_is)
{
	struct bed *bed = bed_open(BEFORE);
	char message[256], *got, *of_file;
	struct state_filter filter;
	size_t sizes[2];
	FILE *in, *out = open_memstream(&got, &sizes[0]);

	open_hosts(bed, 0, AT_ONCE);
	ck_assert_int_eq(state_filter_parse("nat/mappings,address=10.0.0.0/26", &filter, message,
					    sizeof(message)),
			 0);
	ck_assert_int_eq(pe_state_get(bed->pe, &filter, out), 0);
	fclose(out);
	export_to(bed, file, "");
	out = open_memstream(&of_file, &sizes[1]);
	ck_assert_int_eq(state_file_open(file, &in, message, sizeof(message)), 0);
	ck_assert_int_eq(state_print_file(in, &filter, out, message, sizeof(message)), 0);
	fclose(in);
	fclose(out);
	ck_assert_str_eq(got, of_file);
	ck_assert_uint_gt(sizes[0], 128 * 100); /* of 64 hosts, two mappings each */
	free(got);
	free(of_file);
	bed_close(bed);
}
END_TEST

/* Records that make no sense. */

struct twister {
	struct state_writer *writer;
	int table; /* of the last record */
	struct state_schema schemas[STATE_TABLES_MAX];
};

static int
copy_name(void *arg, enum state_name kind, unsigned int index, const char *name)
{
	return state_writer_name(((struct twister *)arg)->writer, kind, name);
}

static int
copy_table(void *arg, unsigned int index, const struct state_schema *schema)
{
	struct twister *twister = arg;

	twister->schemas[index] = *schema;
	return state_writer_table(twister->writer, schema);
}

/** Changes some bytes. */
static void
twist(uint8_t *bytes, uint32_t size)
{
	while (size != 0 && rand() % 3 == 0)
		bytes[(unsigned int)rand() % size] = (uint8_t)rand();
}

static int
twist_record(void *arg, const struct state_record *record)
{
	struct twister *twister = arg;
	struct state_record twisted = *record;
	uint64_t key[8], key2[8], value[64];

	ck_assert_uint_le(record->entry.value_size, sizeof(value));
	memcpy(key, record->entry.key, record->entry.key_size);
	if (record->entry.key2 != NULL)
		memcpy(key2, record->entry.key2, record->entry.key2_size);
	memcpy(value, record->entry.value, record->entry.value_size);
	twist((uint8_t *)key, record->entry.key_size);
	twist((uint8_t *)key2, record->entry.key2_size);
	twist((uint8_t *)value, record->entry.value_size);
	twist((uint8_t *)&twisted.age_ms, sizeof(twisted.age_ms));
	twist((uint8_t *)&twisted.left_ms, sizeof(twisted.left_ms));
	twisted.entry.key = key;
	twisted.entry.key2 = record->entry.key2 == NULL ? NULL : key2;
	twisted.entry.value = value;
	return state_writer_record(twister->writer, &twisted);
}

/** Writes the file again with other bytes in its records, under sums that are right. */
static void
twist_file(void)
{
	struct twister *twister = calloc(1, sizeof(*twister));
	const struct state_reader reader = {twister, copy_name, copy_table, twist_record};
	char message[256];
	FILE *in;

	ck_assert_int_eq(state_file_open(file, &in, message, sizeof(message)), 0);
	ck_assert_int_eq(state_writer_open(file, 1, 1, &twister->writer), 0);
	ck_assert_int_eq(state_read(in, &reader, NULL, message, sizeof(message)), 0);
	ck_assert_int_eq(state_writer_commit(twister->writer), 0);
	fclose(in);
	free(twister);
}

START_TEST(test_records_that_make_no_sense_do_no_harm)
{
	struct bed *bed = bed_open(BEFORE);
	struct import_report report;
	const struct import_table *mappings;

	srand((unsigned int)_i);
	open_all(bed);
	export_to(bed, file, "nat");
	twist_file();
	bed = restart(bed, afterwards[_i % 2]);
	import(bed, false, &report);
	mappings = part_of(&report, "mappings");
	ck_assert_uint_eq(mappings->restored + mappings->skipped, 2 * HOSTS);
	ck_assert_uint_gt(mappings->restored, HOSTS / 4);
	ck_assert_uint_gt(mappings->skipped, 0);
	import_report_free(&report);
	for (unsigned int host = 0; host < HOSTS; host += AT_ONCE) {
		for (unsigned int i = 0; i < AT_ONCE; i++) {
			udp_of(bed, host + i, true);
			tcp_of(bed, host + i, true, ACK);
			tcp_of(bed, host + i, false, RST);
		}
		bed_run(bed);
		bed_receive_all(bed, "p0");
	}
	pass(bed, 1000);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("import");
	TCase *tcase = tcase_create("import");

	bed_folder();
	srand((unsigned int)getpid());
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, test_one_bucket_alone);
	tcase_add_test(tcase, test_a_prefix_of_hosts_alone);
	tcase_add_test(tcase, test_another_pool);
	tcase_add_test(tcase, test_pool_of_fewer_ports);
	tcase_add_test(tcase, test_instance_and_tenant_that_are_gone);
	tcase_add_test(tcase, test_service_that_is_gone_is_refused_or_left_out);
	tcase_add_test(tcase, test_counts_of_rules_come_back);
	tcase_add_test(tcase, test_a_file_twice_harms_nobody);
	tcase_add_test(tcase, test_what_runs_is_printed_as_its_file_is);
	tcase_add_loop_test(tcase, test_records_that_make_no_sense_do_no_harm, 0, 4);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
