/* SPDX-License-Identifier: BSD-3-Clause */
/* Key stores that are changed: what a key is stays, whatever comes and goes around it. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pe/keystore.h"
#include "pe/keystore_write.h"
#include "unit.h"

#define KEY_16 "000102030405060708090a0b0c0d0e0f"
#define KEY_32 KEY_16 "ffeeddccbbaa99887766554433221100"

static char folder[] = "/tmp/waypoint-keys-XXXXXX", file[64], message[256];

static void
setup(void)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/keys", folder);
}

static void
teardown(void)
{
	unlink(file);
	ck_assert_int_eq(rmdir(folder), 0); /* nothing else is left */
}

static int
put(const char *name, const char *algorithm, const char *key, const char *salt)
{
	const struct keystore_text text = {name, algorithm, key, salt, ""};
	bool repeated;

	return keystore_put(file, &text, &repeated, message, sizeof(message));
}

static void
has(unsigned int n, const char *name, enum wp_aead_alg alg, uint8_t last_of_salt)
{
	const struct keystore_key *key;
	struct keystore *store;
	struct stat is;

	ck_assert_msg(keystore_open(file, &store, message, sizeof(message)) == 0, "%s", message);
	ck_assert_uint_eq(keystore_size(store), n);
	key = keystore_find(store, name);
	ck_assert_ptr_nonnull(key);
	ck_assert_uint_eq(key->alg, alg);
	ck_assert_uint_eq(key->bytes[1], 1);
	ck_assert_uint_eq(key->bytes[wp_aead_key_size(alg) - 1], last_of_salt);
	keystore_close(store);
	ck_assert_int_eq(stat(file, &is), 0);
	ck_assert_uint_eq(is.st_mode & 0777, 0600);
}

START_TEST(test_put_and_delete)
{
	ck_assert_msg(put("a@1", "aes-256-gcm", KEY_32, "01020304") == 0, "%s", message);
	has(1, "a@1", WP_AES_256_GCM, 4);
	ck_assert_int_eq(put("a@2", "aes-128-gcm", KEY_16, "0102030A"), 0);
	ck_assert_int_eq(put("b@1", "aes-128-gcm", KEY_16, "0102030b"), 0);
	has(3, "a@1", WP_AES_256_GCM, 4);
	has(3, "a@2", WP_AES_128_GCM, 10);
	ck_assert_int_eq(keystore_delete(file, "a@1", message, sizeof(message)), 0);
	has(2, "b@1", WP_AES_128_GCM, 11);
	ck_assert_int_eq(keystore_delete(file, "a@1", message, sizeof(message)), -ENOKEY);
	ck_assert_int_eq(keystore_delete(file, "a@2", message, sizeof(message)), 0);
	ck_assert_int_eq(keystore_delete(file, "b@1", message, sizeof(message)), 0);
	ck_assert_int_eq(put("a@1", "aes-256-gcm", KEY_32, "01020304"), 0);
	has(1, "a@1", WP_AES_256_GCM, 4);
}
END_TEST

START_TEST(test_lifetime)
{
	struct keystore_text text = {"a@1", "aes-128-gcm", KEY_16, "01020304",
				     "2027-01-31T12:00:00Z"};
	char end[KEYSTORE_TIME_SIZE];
	struct keystore *store;
	bool repeated;

	ck_assert_int_eq(keystore_put(file, &text, &repeated, message, sizeof(message)), 0);
	ck_assert_int_eq(put("b@1", "aes-128-gcm", KEY_16, "01020305"),
			 0); /* it is written again */
	ck_assert_int_eq(keystore_open(file, &store, message, sizeof(message)), 0);
	keystore_time(keystore_find(store, "a@1")->not_after, end);
	ck_assert_str_eq(end, text.not_after);
	ck_assert_int_eq(keystore_find(store, "b@1")->not_after, 0);
	keystore_close(store);
	ck_assert_int_eq(keystore_put(file, &text, &repeated, message, sizeof(message)), 0);
	ck_assert(repeated);
	text.not_after = "2027-01-31T12:00:01Z";
	ck_assert_int_eq(keystore_put(file, &text, &repeated, message, sizeof(message)), -EEXIST);
	text.name = "c@1";
	text.not_after = "tomorrow";
	ck_assert_int_eq(keystore_put(file, &text, &repeated, message, sizeof(message)), -EINVAL);
}
END_TEST

START_TEST(test_a_key_never_changes)
{
	const struct keystore_text same = {"a@1", "aes-128-gcm", KEY_16, "01020304", ""};
	bool repeated;

	ck_assert_int_eq(put("a@1", "aes-128-gcm", KEY_16, "01020304"), 0);
	ck_assert_int_eq(keystore_put(file, &same, &repeated, message, sizeof(message)), 0);
	ck_assert(repeated);
	ck_assert_int_eq(put("a@1", "aes-128-gcm", KEY_16, "01020305"), -EEXIST);
	ck_assert_int_eq(put("a@1", "aes-256-gcm", KEY_32, "01020304"), -EEXIST);
	ck_assert_int_eq(put("a@1", "aes-128-gcm", "no hex", "01020304"), -EEXIST);
	has(1, "a@1", WP_AES_128_GCM, 4);
}
END_TEST

static const struct {
	const char *name, *algorithm, *key, *salt;
} wrong[] = {
	{"b", "aes-128-gcm", KEY_16, "01020304"},
	{"b@0", "aes-128-gcm", KEY_16, "01020304"},
	{"b@1", "aes-512-gcm", KEY_16, "01020304"},
	{"b@1", "aes-128-gcm", KEY_32, "01020304"},
	{"b@1", "aes-128-gcm", KEY_16, "010203"},
	{"b@1", "aes-128-gcm", KEY_16, "0102030g"},
	{"b@1\"", "aes-128-gcm", KEY_16, "01020304"},
	{"b@1", "aes\"-128-gcm", KEY_16, "01020304"},
	{"b@1", "aes-128-gcm", KEY_16, "0102\\03"},
	{"b@1", "aes-128-gcm", "", "01020304"},
	{"b@1", "aes-128-gcm", KEY_16, "01020304\"}, {\"name\": \"c@1"},
};

START_TEST(test_wrong_keys)
{
	ck_assert_int_eq(put("a@1", "aes-128-gcm", KEY_16, "01020304"), 0);
	ck_assert_int_eq(put(wrong[_i].name, wrong[_i].algorithm, wrong[_i].key, wrong[_i].salt),
			 -EINVAL);
	ck_assert_ptr_null(strstr(message, "0405"));
	has(1, "a@1", WP_AES_128_GCM, 4);
}
END_TEST

/** A key as long as they get, many times. */
START_TEST(test_many_keys)
{
	char name[80];

	for (unsigned int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "%048u@4294967295", i);
		ck_assert_msg(put(name, "aes-256-gcm", KEY_32, "01020304") == 0, "%s", message);
	}
	has(100, name, WP_AES_256_GCM, 4);
}
END_TEST

START_TEST(test_files_that_others_may_read_stay)
{
	ck_assert_int_eq(put("a@1", "aes-128-gcm", KEY_16, "01020304"), 0);
	chmod(file, 0644);
	ck_assert_int_eq(put("a@2", "aes-128-gcm", KEY_16, "01020304"), -EPERM);
	ck_assert_int_eq(keystore_delete(file, "a@1", message, sizeof(message)), -EPERM);
	chmod(file, 0600);
	has(1, "a@1", WP_AES_128_GCM, 4);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("keystore write");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_put_and_delete);
	tcase_add_test(tcase, test_lifetime);
	tcase_add_test(tcase, test_a_key_never_changes);
	tcase_add_loop_test(tcase, test_wrong_keys, 0, ROWS(wrong));
	tcase_add_test(tcase, test_many_keys);
	tcase_add_test(tcase, test_files_that_others_may_read_stay);
	return unit_main("keystore write", tcase);
}
