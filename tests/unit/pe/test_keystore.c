/* SPDX-License-Identifier: BSD-3-Clause */
/* Key stores: what is taken, what is refused, and that no message gives a key away. */

#include "pe/keystore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define K16 "00112233445566778899aabbccddeeff"
#define K32 K16 "ffeeddccbbaa99887766554433221100"
#define KEY(NAME, ALG, BYTES, SALT)                                                                \
	"{\"name\": \"" NAME "\", \"algorithm\": \"" ALG "\", \"key\": \"" BYTES                   \
	"\", \"salt\": \"" SALT "\"}"
#define STORE(KEYS) "{\"keys\": [" KEYS "]}"
#define GOOD KEY("hq@1", "aes-128-gcm", K16, "01020304")

static char message[256];

static int
parse(const char *text, struct keystore **store)
{
	char copy[4096];

	snprintf(copy, sizeof(copy), "%s", text);
	return keystore_parse(copy, strlen(text), store, message, sizeof(message));
}

START_TEST(test_keys_are_found_by_name)
{
	struct keystore *store = NULL;
	const struct keystore_key *a, *b, *c;

	ck_assert_int_eq(parse(STORE(GOOD "," KEY("hq@2", "aes-256-gcm", K32, "01020304") "," KEY(
				       "copy@1", "aes-128-gcm", K16, "ffffffff")),
			       &store),
			 0);
	ck_assert_uint_eq(keystore_size(store), 3);
	a = keystore_find(store, "hq@1");
	b = keystore_find(store, "hq@2");
	c = keystore_find(store, "copy@1");
	ck_assert_ptr_null(keystore_find(store, "hq@3"));
	ck_assert_int_eq(b->alg, WP_AES_256_GCM);
	ck_assert_uint_eq(a->bytes[1], 0x11);
	ck_assert_uint_eq(a->bytes[19], 4);
	/* The same key under another name, with another salt, is the same key. */
	ck_assert_mem_eq(a->fingerprint, c->fingerprint, KEYSTORE_FINGERPRINT_SIZE);
	ck_assert_mem_ne(a->fingerprint, b->fingerprint, KEYSTORE_FINGERPRINT_SIZE);
	keystore_close(store);
}
END_TEST

static const struct {
	const char *text, *why;
} bad[] = {
	{"", "is not JSON"},
	{"[]", "nothing else"},
	{"{}", "nothing else"},
	{"{\"keys\": {}}", "nothing else"},
	{"{\"keys\": [], \"more\": 1}", "nothing else"},
	{"{\"keys\": [], \"keys\": []}", "is not JSON"},
	{STORE("1"), "key 0 is not an object"},
	{STORE("{}"), "name is not NAME@VERSION"},
	{STORE(GOOD "," GOOD), "key 'hq@1' is there twice"},
	{STORE(KEY("hq", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("@1", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("hq@0", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("hq@4294967296", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("h q@1", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("hq@1", "aes-129-gcm", K16, "01020304")), "algorithm is not one of"},
	{STORE(KEY("hq@1", "aes-128-gcm", K32, "01020304")), "key is not 16 bytes of hex"},
	{STORE(KEY("hq@1", "aes-256-gcm", K16, "01020304")), "key is not 32 bytes of hex"},
	{STORE(KEY("hq@1", "aes-128-gcm", "0x112233445566778899aabbccddeeff", "01020304")),
	 "key is not 16 bytes"},
	{STORE(KEY("hq@1", "aes-128-gcm", K16, "0102030")), "salt is not 4 bytes"},
	{"{\"keys\": [{\"name\": \"a@1\", \"extra\": \"x\"}]}", "member 'extra' is unknown"},
	{"{\"keys\": [{\"name\": \"a@1\", \"key\": 5}]}",
	 "member 'key' is unknown or not a string"},
	{STORE(GOOD) "x", "is not JSON"},
};

START_TEST(test_bad_store_is_refused_without_a_word_of_its_keys)
{
	struct keystore *store = NULL;

	ck_assert_int_eq(parse(bad[_i].text, &store), -EINVAL);
	ck_assert_ptr_null(store);
	ck_assert_msg(strstr(message, bad[_i].why) != NULL, "'%s' does not say '%s'", message,
		      bad[_i].why);
	ck_assert_ptr_null(strstr(message, "2233"));
}
END_TEST

START_TEST(test_text_is_wiped)
{
	char text[] = STORE(GOOD);
	struct keystore *store = NULL;

	ck_assert_int_eq(keystore_parse(text, sizeof(text) - 1, &store, message, sizeof(message)),
			 0);
	for (unsigned int i = 0; i < sizeof(text); i++)
		ck_assert_int_eq(text[i], 0);
	keystore_close(store);
}
END_TEST

/* Files. */

static char file[] = "/tmp/waypoint-keys-XXXXXX";

static void
setup(void)
{
	int fd;

	strcpy(file, "/tmp/waypoint-keys-XXXXXX");
	fd = mkstemp(file);
	ck_assert_int_eq(write(fd, STORE(GOOD), sizeof(STORE(GOOD)) - 1), sizeof(STORE(GOOD)) - 1);
	close(fd);
}

static void
teardown(void)
{
	unlink(file);
}

START_TEST(test_file_that_others_may_use_is_refused)
{
	static const mode_t modes[] = {0640, 0604, 0660, 0610, 0777};
	struct keystore *store = NULL;

	for (int i = 0; i < ROWS(modes); i++) {
		chmod(file, modes[i]);
		ck_assert_int_eq(keystore_open(file, &store, message, sizeof(message)), -EPERM);
		ck_assert_ptr_nonnull(strstr(message, "run: chmod 600"));
	}
	chmod(file, 0600);
	ck_assert_int_eq(keystore_open(file, &store, message, sizeof(message)), 0);
	keystore_close(store);
	chmod(file, 0400);
	ck_assert_int_eq(keystore_open(file, &store, message, sizeof(message)), 0);
	keystore_close(store);
}
END_TEST

START_TEST(test_links_folders_and_nothing_are_refused)
{
	char name[64];
	struct keystore *store = NULL;

	snprintf(name, sizeof(name), "%s.link", file);
	ck_assert_int_eq(symlink(file, name), 0);
	ck_assert_int_eq(keystore_open(name, &store, message, sizeof(message)), -ELOOP);
	unlink(name);
	ck_assert_int_eq(keystore_open("/tmp", &store, message, sizeof(message)), -EPERM);
	ck_assert_int_eq(keystore_open("/nonexistent", &store, message, sizeof(message)), -ENOENT);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("keystore");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_keys_are_found_by_name);
	tcase_add_loop_test(tcase, test_bad_store_is_refused_without_a_word_of_its_keys, 0,
			    ROWS(bad));
	tcase_add_test(tcase, test_text_is_wiped);
	tcase_add_test(tcase, test_file_that_others_may_use_is_refused);
	tcase_add_test(tcase, test_links_folders_and_nothing_are_refused);
	return unit_main("keystore", tcase);
}
