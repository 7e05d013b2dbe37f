/* SPDX-License-Identifier: BSD-3-Clause */
/* Files of exported state: what was written is read, and what was not is refused. */

#include "pe/state_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pe/state_filter.h"
#include "pe/state_print.h"
#include "unit.h"

enum { RECORDS = 20, VALUE = 24, LOCAL = 8 };

static const struct wp_table_decl flows = {
	.name = "flows",
	.version = 3,
	.class = WP_FLOW,
	.local = LOCAL,
	.key = {WP_KEY_ADDR, WP_KEY_PORT, WP_KEY_U8},
	.key2 = {WP_KEY_U32, WP_KEY_ADDR, WP_KEY_ADDR4},
	.value_size = VALUE,
};
static const struct wp_table_decl windows = {
	.name = "windows",
	.version = 1,
	.class = WP_PINNED,
	.owner = WP_OWNER_KEY,
	.global = 1,
	.key = {WP_KEY_ID16},
	.value_size = 70000, /* more than a usual chunk */
};

static char *bytes;
static size_t size;
static uint64_t big_value[70000 / 8];

/** What a reader has seen. */
struct seen {
	unsigned int names, tables, flows, windows;
	struct state_schema schemas[2];
};

static struct state_record
flow(unsigned int i, uint8_t *key, uint8_t *key2, uint64_t *value)
{
	uint8_t version = i % 2 == 0 ? 4 : 6;
	unsigned int address = version == 4 ? 4 : 16;

	memset(key, (int)i, 32);
	memset(key2, (int)(100 + i), 32);
	for (unsigned int w = 0; w < VALUE / 8; w++)
		value[w] = i * 1000 + w;
	return (struct state_record){
		.instance_index = (uint16_t)(i % 2),
		.tenant_index = i == 7 ? STATE_NO_NAME : 0,
		.age_ms = 10 * i,
		.left_ms = i == 3 ? STATE_FOREVER : 5000 + i,
		.entry = {.key_version = version,
			  .key = key,
			  .key2 = key2,
			  .value = value,
			  .key_size = address + 3,
			  .key2_size = address + 8},
	};
}

static void
write_all(struct state_writer *writer)
{
	struct state_schema schema;
	uint8_t key[32], key2[32];
	uint64_t value[VALUE / 8];

	ck_assert_int_eq(state_writer_name(writer, STATE_INSTANCE, "one"), 0);
	ck_assert_int_eq(state_writer_name(writer, STATE_INSTANCE, "two"), 0);
	ck_assert_int_eq(state_writer_name(writer, STATE_TENANT, "red"), 0);
	ck_assert(state_schema_of("svc", &flows, &schema));
	ck_assert_int_eq(state_writer_table(writer, &schema), 0);
	for (unsigned int i = 0; i < RECORDS; i++) {
		struct state_record record = flow(i, key, key2, value);

		ck_assert_int_eq(state_writer_record(writer, &record), 0);
	}
	ck_assert(state_schema_of("other", &windows, &schema));
	ck_assert_int_eq(state_writer_table(writer, &schema), 0);
}

static void
write_window(struct state_writer *writer)
{
	const struct state_record window = {
		.instance_index = STATE_NO_NAME,
		.tenant_index = STATE_NO_NAME,
		.left_ms = STATE_FOREVER,
		.entry = {.key_version = 4, .key = "0123456789abcdef", .value = big_value},
	};

	memset(big_value, 0x5a, sizeof(big_value));
	ck_assert_int_eq(state_writer_record(writer, &window), 0);
}

/** Makes a file in memory, with the large record or without. */
static void
setup_with(bool large)
{
	FILE *out = open_memstream(&bytes, &size);
	struct state_writer *writer;

	ck_assert_int_eq(state_writer_to(out, 12345, 77, &writer), 0);
	write_all(writer);
	if (large)
		write_window(writer);
	ck_assert_int_eq(state_writer_commit(writer), 0);
	fclose(out);
}

static void
setup(void)
{
	setup_with(true);
}

static void
teardown(void)
{
	free(bytes);
}

static int
see_name(void *arg, enum state_name kind, unsigned int index, const char *name)
{
	struct seen *seen = arg;

	ck_assert_str_eq(name, kind == STATE_TENANT ? "red" : index == 0 ? "one" : "two");
	seen->names++;
	return 0;
}

static int
see_table(void *arg, unsigned int index, const struct state_schema *schema)
{
	struct seen *seen = arg;

	ck_assert_uint_eq(index, seen->tables++);
	seen->schemas[index] = *schema;
	return 0;
}

static void
see_flow(struct seen *seen, const struct state_record *record)
{
	uint8_t key[32], key2[32];
	uint64_t value[VALUE / 8];
	struct state_record wanted = flow(seen->flows, key, key2, value);

	value[0] = 0; /* what is local does not travel */
	ck_assert_uint_eq(record->instance_index, wanted.instance_index);
	ck_assert_str_eq(record->instance, wanted.instance_index == 0 ? "one" : "two");
	if (wanted.tenant_index == STATE_NO_NAME)
		ck_assert_ptr_null(record->tenant);
	else
		ck_assert_str_eq(record->tenant, "red");
	ck_assert_uint_eq(record->tick, 77);
	ck_assert_uint_eq(record->age_ms, wanted.age_ms);
	ck_assert_uint_eq(record->left_ms, wanted.left_ms);
	ck_assert_uint_eq(record->entry.key_version, wanted.entry.key_version);
	ck_assert_uint_eq(record->entry.key_size, wanted.entry.key_size);
	ck_assert_uint_eq(record->entry.key2_size, wanted.entry.key2_size);
	ck_assert_uint_eq(record->entry.value_size, VALUE);
	ck_assert_mem_eq(record->entry.key, key, wanted.entry.key_size);
	ck_assert_mem_eq(record->entry.key2, key2, wanted.entry.key2_size);
	ck_assert_mem_eq(record->entry.value, value, VALUE);
	ck_assert_uint_eq((uintptr_t)record->entry.value % 8, 0);
	seen->flows++;
}

static int
see_record(void *arg, const struct state_record *record)
{
	struct seen *seen = arg;

	if (record->table == 0) {
		see_flow(seen, record);
		return 0;
	}
	ck_assert_ptr_null(record->instance);
	ck_assert_ptr_null(record->tenant);
	ck_assert_ptr_null(record->entry.key2);
	ck_assert_mem_eq(record->entry.key, "0123456789abcdef", 16);
	ck_assert_mem_eq(record->entry.value, big_value, sizeof(big_value));
	seen->windows++;
	return 0;
}

/** @return what state_read() says of some bytes. */
static int
read_bytes(const void *data, size_t n, const struct state_reader *reader,
	   struct state_summary *summary, char *message)
{
	FILE *in = fmemopen((void *)(uintptr_t)data, n, "r");
	int err = state_read(in, reader, summary, message, 256);

	fclose(in);
	return err;
}

START_TEST(test_what_was_written_is_read)
{
	struct seen seen = {0};
	const struct state_reader reader = {&seen, see_name, see_table, see_record};
	struct state_summary summary;
	struct state_schema ours;
	char message[256];

	ck_assert_msg(read_bytes(bytes, size, &reader, &summary, message) == 0, "%s", message);
	ck_assert_uint_eq(seen.names, 3);
	ck_assert_uint_eq(seen.tables, 2);
	ck_assert_uint_eq(seen.flows, RECORDS);
	ck_assert_uint_eq(seen.windows, 1);
	ck_assert_uint_eq(summary.time_ns, 12345);
	ck_assert_uint_eq(summary.records, RECORDS + 1);
	ck_assert(state_schema_of("svc", &flows, &ours));
	ck_assert_ptr_null(state_schema_differs(&ours, &seen.schemas[0]));
}
END_TEST

START_TEST(test_a_record_has_no_padding)
{
	/* 12 of times and names, 7 and 7 of keys, 32 of a NAT mapping's value: 10 million of them
	 * take 0.6 GB. */
	static const struct wp_table_decl mappings = {
		.name = "mappings",
		.version = 1,
		.local = 16,
		.key = {WP_KEY_ADDR, WP_KEY_PORT, WP_KEY_U8},
		.key2 = {WP_KEY_ADDR, WP_KEY_PORT, WP_KEY_U8},
		.value_size = 48,
	};
	const struct state_record record = {
		.entry = {.key_version = 4, .key = bytes, .key2 = bytes, .value = big_value}};
	struct state_schema schema;
	struct state_writer *writer;
	char *text;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	ck_assert_int_eq(state_writer_to(out, 0, 0, &writer), 0);
	ck_assert_int_eq(state_writer_name(writer, STATE_INSTANCE, "n"), 0);
	ck_assert_int_eq(state_writer_name(writer, STATE_TENANT, "t"), 0);
	ck_assert(state_schema_of("nat", &mappings, &schema));
	ck_assert_int_eq(state_writer_table(writer, &schema), 0);
	for (unsigned int i = 0; i < 100000; i++)
		ck_assert_int_eq(state_writer_record(writer, &record), 0);
	ck_assert_int_eq(state_writer_commit(writer), 0);
	fclose(out);
	ck_assert_uint_lt(n, 100000 * 59);
	free(text);
}
END_TEST

START_TEST(test_truncated_at_any_byte_is_refused)
{
	const struct state_reader none = {0};
	char message[256];

	for (size_t n = 1; n < size; n += n < 6000 || size - n < 100 ? 1 : 997) {
		ck_assert_int_eq(read_bytes(bytes, n, &none, NULL, message), -EBADMSG);
		ck_assert_str_ne(message, "");
	}
}
END_TEST

START_TEST(test_any_flipped_bit_is_refused)
{
	const struct state_reader none = {0};
	char message[256];

	free(bytes);
	setup_with(false);
	for (size_t bit = 0; bit < size * 8; bit++) {
		bytes[bit / 8] ^= (char)(1 << bit % 8);
		ck_assert_int_eq(read_bytes(bytes, size, &none, NULL, message), -EBADMSG);
		bytes[bit / 8] ^= (char)(1 << bit % 8);
	}
	ck_assert_int_eq(read_bytes(bytes, size, &none, NULL, message), 0);
}
END_TEST

START_TEST(test_what_stands_behind_the_end_is_refused)
{
	const struct state_reader none = {0};
	char message[256], *longer = malloc(size + 1);

	memcpy(longer, bytes, size);
	longer[size] = 0;
	ck_assert_int_eq(read_bytes(longer, size + 1, &none, NULL, message), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(message, "behind its end"));
	free(longer);
}
END_TEST

START_TEST(test_a_chunk_left_out_is_refused)
{
	const struct state_reader none = {0};
	char message[256], *shorter = malloc(size);
	size_t first = 32, second = first + 16 + 3; /* header; chunk "one" */

	memcpy(shorter, bytes, first);
	memcpy(shorter + first, bytes + second, size - second);
	ck_assert_int_eq(read_bytes(shorter, size - (second - first), &none, NULL, message),
			 -EBADMSG);
	free(shorter);
}
END_TEST

START_TEST(test_another_format_is_named)
{
	const struct state_reader none = {0};
	char message[256];

	bytes[8] = 9;
	ck_assert_int_eq(read_bytes(bytes, size, &none, NULL, message), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(message, "format 9"));
	bytes[0] = 'x';
	ck_assert_int_eq(read_bytes(bytes, size, &none, NULL, message), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(message, "no file of exported state"));
}
END_TEST

START_TEST(test_differing_schemas_are_told_apart)
{
	struct state_schema ours, theirs;
	struct wp_table_decl decl = flows;

	ck_assert(state_schema_of("svc", &flows, &ours));
	decl.version++;
	ck_assert(state_schema_of("svc", &decl, &theirs));
	ck_assert_str_eq(state_schema_differs(&ours, &theirs), "has another version");
	decl = flows;
	decl.key[1] = WP_KEY_U32;
	ck_assert(state_schema_of("svc", &decl, &theirs));
	ck_assert_str_eq(state_schema_differs(&ours, &theirs), "has other keys");
	decl = flows;
	decl.local = 0;
	ck_assert(state_schema_of("svc", &decl, &theirs));
	ck_assert_str_eq(state_schema_differs(&ours, &theirs), "has values of another size");
	decl = flows;
	decl.class = WP_PINNED;
	ck_assert(state_schema_of("svc", &decl, &theirs));
	ck_assert_str_eq(state_schema_differs(&ours, &theirs), "is of another class");
}
END_TEST

START_TEST(test_counters_and_what_stays_do_not_travel)
{
	struct wp_table_decl decl = windows;
	struct state_schema schema;

	decl.class = WP_COUNTER;
	ck_assert(!state_schema_of("svc", &decl, &schema));
	decl = windows;
	decl.stays = 1;
	ck_assert(!state_schema_of("svc", &decl, &schema));
}
END_TEST

START_TEST(test_file_takes_its_name_in_the_end)
{
	char folder[] = "/tmp/waypoint-state-XXXXXX", file[64], part[80], message[256];
	const struct state_reader none = {0};
	struct state_writer *writer;
	struct stat st;
	FILE *in;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/state", folder);
	snprintf(part, sizeof(part), "%s.part", file);
	ck_assert_int_eq(state_writer_open(file, 1, 1, &writer), 0);
	write_all(writer);
	ck_assert_int_eq(access(file, F_OK), -1);
	state_writer_abort(writer);
	ck_assert_int_eq(access(part, F_OK), -1);
	ck_assert_int_eq(symlink("/dev/null", part), 0); /* is not followed */
	ck_assert_int_eq(state_writer_open(file, 1, 1, &writer), 0);
	write_all(writer);
	ck_assert_int_eq(state_writer_commit(writer), 0);
	ck_assert_int_eq(lstat(file, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(access(part, F_OK), -1);
	ck_assert_int_eq(state_file_open(file, &in, message, sizeof(message)), 0);
	ck_assert_int_eq(state_read(in, &none, NULL, message, sizeof(message)), 0);
	fclose(in);
	ck_assert_int_eq(chmod(file, 0622), 0);
	ck_assert_int_eq(state_file_open(file, &in, message, sizeof(message)), -EPERM);
	ck_assert_ptr_nonnull(strstr(message, "others may write it"));
	unlink(file);
	rmdir(folder);
	ck_assert_int_eq(state_file_open(file, &in, message, sizeof(message)), -ENOENT);
}
END_TEST

START_TEST(test_disk_that_is_full_is_told)
{
	FILE *out = fopen("/dev/full", "w");
	struct state_writer *writer;

	ck_assert_int_eq(state_writer_to(out, 1, 1, &writer), 0);
	write_all(writer);
	write_window(writer);
	ck_assert_int_eq(state_writer_commit(writer), -ENOSPC);
	fclose(out);
}
END_TEST

/** @return the lines that a filter makes of the file; free() them. */
static char *
show(const char *filter)
{
	FILE *in = fmemopen(bytes, size, "r"), *out;
	struct state_filter parsed;
	char message[256], *text;
	size_t n;

	ck_assert_msg(state_filter_parse(filter, &parsed, message, sizeof(message)) == 0, "%s",
		      message);
	out = open_memstream(&text, &n);
	ck_assert_int_eq(state_print_file(in, &parsed, out, message, sizeof(message)), 0);
	fclose(out);
	fclose(in);
	return text;
}

static unsigned int
lines_of(const char *filter)
{
	char *text = show(filter);
	unsigned int n = 0;

	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		n++;
	free(text);
	return n;
}

START_TEST(test_entries_are_printed_by_their_parts)
{
	char *text = show("svc/flows,address=4.4.4.4");

	ck_assert_str_eq(
		text, "{\"service\":\"svc\",\"table\":\"flows\",\"instance\":\"one\","
		      "\"tenant\":\"red\",\"key\":[\"4.4.4.4\",1028,4],"
		      "\"key2\":[1751672936,\"104.104.104.104\",\"104.104.104.104\"],\"age_ms\":40,"
		      "\"left_ms\":5004,\"value\":\"a10f000000000000a20f000000000000\"}\n");
	free(text);
	text = show("other");
	ck_assert_str_eq(text, "{\"service\":\"other\",\"table\":\"windows\",\"key\":["
			       "\"30313233343536373839616263646566\"],\"age_ms\":0,"
			       "\"value_size\":70000}\n");
	free(text);
}
END_TEST

START_TEST(test_filters)
{
	struct state_filter filter;
	char message[256];

	ck_assert_uint_eq(lines_of(""), RECORDS + 1);
	ck_assert_uint_eq(lines_of("svc"), RECORDS);
	ck_assert_uint_eq(lines_of("svc/none"), 0);
	ck_assert_uint_eq(lines_of("svc/flows,address=105.105.105.105"), 1); /* of IPv6, too */
	ck_assert_uint_eq(lines_of("tenant=red"), RECORDS - 1);
	ck_assert_uint_eq(lines_of("svc/flows,tenant=blue"), 0);
	ck_assert_uint_eq(lines_of("address=0.0.0.0/5"), 4);   /* 0, 2, 4, 6 */
	ck_assert_uint_eq(lines_of("address=112.0.0.0/8"), 1); /* a second key */
	ck_assert_uint_eq(lines_of("address=0101::/16"), 1);   /* IPv6 */
	ck_assert_int_eq(state_filter_parse("bucket=255", &filter, message, 256), 0);
	ck_assert_int_eq(filter.bucket, 255);
	ck_assert_int_eq(state_filter_parse("bucket=256", &filter, message, 256), -EINVAL);
	ck_assert_int_eq(state_filter_parse("a/b,colour=red", &filter, message, 256), -EINVAL);
	ck_assert_ptr_nonnull(strstr(message, "colour=red"));
	ck_assert_int_eq(state_filter_parse("address=10.0.0.1/8", &filter, message, 256), -EINVAL);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("state file");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_what_was_written_is_read);
	tcase_add_test(tcase, test_a_record_has_no_padding);
	tcase_add_test(tcase, test_truncated_at_any_byte_is_refused);
	tcase_add_test(tcase, test_any_flipped_bit_is_refused);
	tcase_add_test(tcase, test_what_stands_behind_the_end_is_refused);
	tcase_add_test(tcase, test_a_chunk_left_out_is_refused);
	tcase_add_test(tcase, test_another_format_is_named);
	tcase_add_test(tcase, test_differing_schemas_are_told_apart);
	tcase_add_test(tcase, test_counters_and_what_stays_do_not_travel);
	tcase_add_test(tcase, test_file_takes_its_name_in_the_end);
	tcase_add_test(tcase, test_disk_that_is_full_is_told);
	tcase_add_test(tcase, test_entries_are_printed_by_their_parts);
	tcase_add_test(tcase, test_filters);
	return unit_main("state file", tcase);
}
