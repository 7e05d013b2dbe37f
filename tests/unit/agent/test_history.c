/* SPDX-License-Identifier: BSD-3-Clause */
/* Documents on disk: kept, found again, thinned out; damaged files harm nobody. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/agent/history.h"
#include "unit.h"

static char folder[] = "/tmp/waypoint-history-XXXXXX";
static struct history *history;
static char message[256];

static void
setup(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void
again(void)
{
	history_close(history);
	history = NULL;
	ck_assert_msg(history_open(folder, &history, message, sizeof(message)) == 0, "%s", message);
}

static void
teardown(void)
{
	char command[128];

	history_close(history);
	history = NULL;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	ck_assert_int_eq(system(command), 0);
}

static void
put_by(uint64_t epoch, const char *tenant)
{
	struct history_entry entry = {.epoch = epoch, .time = 1000 + (int64_t)epoch, .who = "me"};
	json_t *document = json_pack("{sI}", "number", (json_int_t)epoch);

	snprintf(entry.tenant, sizeof(entry.tenant), "%s", tenant);
	snprintf(entry.comment, sizeof(entry.comment), "of %lu", epoch);
	ck_assert_int_eq(history_put(history, &entry, document), 0);
	json_decref(document);
}

static void
put(uint64_t epoch)
{
	put_by(epoch, "");
}

static json_int_t
number_of(uint64_t epoch)
{
	json_t *document = history_document(history, epoch);
	json_int_t number = json_integer_value(json_object_get(document, "number"));

	json_decref(document);
	return number;
}

START_TEST(test_kept)
{
	const struct history_entry *entries;
	unsigned int n;

	again();
	ck_assert_uint_eq(history_current(history)->epoch, 0);
	put(3);
	put(4);
	ck_assert_int_eq(history_set_current(history, &(struct history_current){4, "abc"}), 0);
	for (unsigned int i = 0; i < 2; i++) {
		entries = history_list(history, &n);
		ck_assert_uint_eq(n, 2);
		ck_assert_uint_eq(entries[0].epoch, 3);
		ck_assert_int_eq(entries[1].time, 1004);
		ck_assert_str_eq(entries[1].comment, "of 4");
		ck_assert_str_eq(entries[1].who, "me");
		ck_assert_uint_eq(history_current(history)->epoch, 4);
		ck_assert_str_eq(history_current(history)->base, "abc");
		ck_assert_int_eq(number_of(3), 3);
		ck_assert_ptr_null(history_document(history, 5));
		again();
	}
}
END_TEST

/** The oldest go, but not the one that a restart returns to. */
START_TEST(test_thinned_out)
{
	const struct history_entry *entries;
	unsigned int n;

	again();
	for (uint64_t epoch = 1; epoch <= HISTORY_MAX; epoch++)
		put(epoch);
	ck_assert_int_eq(history_set_current(history, &(struct history_current){1, ""}), 0);
	put(51);
	put(52);
	for (unsigned int i = 0; i < 2; i++) {
		entries = history_list(history, &n);
		ck_assert_uint_eq(n, HISTORY_MAX);
		ck_assert_uint_eq(entries[0].epoch, 1);
		ck_assert_uint_eq(entries[1].epoch, 4);
		ck_assert_uint_eq(entries[n - 1].epoch, 52);
		ck_assert_ptr_null(history_document(history, 2));
		again();
	}
}
END_TEST

/** Tenants' controllers push out one another's commits, not the operator's. */
START_TEST(test_crowded_out)
{
	const struct history_entry *entries;
	unsigned int n;

	again();
	for (uint64_t epoch = 1; epoch <= 30; epoch++)
		put(epoch);
	for (uint64_t epoch = 31; epoch <= 35; epoch++)
		put_by(epoch, "quiet");
	for (uint64_t epoch = 36; epoch <= 200; epoch++)
		put_by(epoch, "busy");
	for (unsigned int i = 0; i < 2; i++) {
		entries = history_list(history, &n);
		ck_assert_uint_eq(n, HISTORY_MAX);
		ck_assert_uint_eq(entries[HISTORY_MAX - HISTORY_DELEGATED_MAX - 1].epoch, 30);
		ck_assert_str_eq(entries[HISTORY_MAX - HISTORY_DELEGATED_MAX + 4].tenant, "quiet");
		ck_assert_uint_eq(entries[HISTORY_MAX - HISTORY_DELEGATED_MAX + 5].epoch, 181);
		ck_assert_str_eq(entries[n - 1].tenant, "busy");
		again();
	}
}
END_TEST

/** Of a value, however it is written. */
START_TEST(test_digest_of_value)
{
	json_t *a = json_pack("{si s[s]}", "x", 1, "y", "z"),
	       *b = json_pack("{s[s] si}", "y", "z", "x", 1), *c = json_pack("{si}", "x", 1);
	char digests[3][HISTORY_DIGEST_SIZE];

	ck_assert_int_eq(history_digest(a, digests[0]), 0);
	ck_assert_int_eq(history_digest(b, digests[1]), 0);
	ck_assert_int_eq(history_digest(c, digests[2]), 0);
	ck_assert_uint_eq(strlen(digests[0]), 64);
	ck_assert_str_eq(digests[0], digests[1]);
	ck_assert_str_ne(digests[0], digests[2]);
	json_decref(a);
	json_decref(b);
	json_decref(c);
}
END_TEST

START_TEST(test_taken_back)
{
	unsigned int n;

	again();
	put(1);
	put(2);
	history_take_back(history, 2);
	history_take_back(history, 7);
	again();
	history_list(history, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_ptr_null(history_document(history, 2));
}
END_TEST

static void
write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/documents/%s", folder, name);
	file = fopen(path, "w");
	fputs(text, file);
	fclose(file);
}

START_TEST(test_damaged_files)
{
	unsigned int n;

	again();
	put(1);
	write_file("2.json", "{\"epoch\": 2, \"docu");
	write_file("3.json", "{\"epoch\": 4, \"document\": {}}");
	write_file("4.json", "{\"epoch\": 4}");
	write_file("05.json", "{\"epoch\": 5, \"document\": {}}");
	write_file("0.json", "{\"epoch\": 0, \"document\": {}}");
	write_file("99999999999999999999.json", "{\"epoch\": 1, \"document\": {}}");
	write_file("current", "[]");
	again();
	history_list(history, &n);
	ck_assert_uint_eq(n, 1);
	ck_assert_uint_eq(history_current(history)->epoch, 0);
}
END_TEST

START_TEST(test_no_folder)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/none/there", folder);
	ck_assert_int_ne(history_open(path, &history, message, sizeof(message)), 0);
	ck_assert_ptr_nonnull(strstr(message, "none/there/documents"));
	snprintf(path, sizeof(path), "%s/documents", folder);
	ck_assert_int_ge(symlink("/tmp", path), 0);
	ck_assert_int_ne(history_open(folder, &history, message, sizeof(message)), 0);
}
END_TEST

/** SHA-256 of nothing, as everybody knows it. */
START_TEST(test_digest)
{
	char digest[HISTORY_DIGEST_SIZE], path[64];

	ck_assert_int_eq(history_file_digest("/dev/null", digest), 0);
	ck_assert_str_eq(digest,
			 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	snprintf(path, sizeof(path), "%s/none", folder);
	ck_assert_int_ne(history_file_digest(path, digest), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("history");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_kept);
	tcase_add_test(tcase, test_thinned_out);
	tcase_add_test(tcase, test_crowded_out);
	tcase_add_test(tcase, test_digest_of_value);
	tcase_add_test(tcase, test_taken_back);
	tcase_add_test(tcase, test_damaged_files);
	tcase_add_test(tcase, test_no_folder);
	tcase_add_test(tcase, test_digest);
	return unit_main("history", tcase);
}
