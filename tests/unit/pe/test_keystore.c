/* SPDX-License-Identifier: BSD-3-Clause */
/* Key stores: what is taken, what is refused, and that no message gives a key away. */

#include "pe/keystore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

#define K16 "00112233445566778899aabbccddeeff"
#define K32 K16 "ffeeddccbbaa99887766554433221100"
#define N48 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKL0123_.-456"
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
	{"", "nothing else"},
	{"{", "nothing else"},
	{"[]", "nothing else"},
	{"{}", "nothing else"},
	{"{\"keys\": {}}", "nothing else"},
	{"{\"k\\u0065ys\": []}", "nothing else"},
	{"{\"keys\": [], \"more\": 1}", "line 1 column 12: should be '}'"},
	{"{\"keys\": [], \"keys\": []}", "line 1 column 12: should be '}'"},
	{"{\"keys\": [", "key 0 is not an object"},
	{"{\"keys\": [\n\n  {]}", "line 3 column 4: should be the name of a member"},
	{"{\"keys\": [{\"name\" \"a@1\"}]}", "should be ':'"},
	{"{\"keys\": [{\"name\": \"a@1\" \"salt\"}]}", "should be ',' or '}'"},
	{"{\"keys\": [{\"name\": \"a@1\",}]}", "should be the name of a member"},
	{"{\"keys\": [{\"name\": \"a@1", "member 'name' is not a string"},
	{"{\"keys\": [{\"name\": \"a@1\", \"name\": \"a@1\"}]}", "'name' is there twice"},
	{"{\"keys\": [{\"key\": \"" K16 "\", \"key\": \"" K16 "\"}]}", "'key' is there twice"},
	{"{\"keys\": [{\"name\": \"a@1\", \"key\": \"" K16 "\x01\"}]}", "'key' is not a string"},
	{"{\"keys\": [{\"name\": \"a@1\", \"key\": \"\\u0030" K16 "\"}]}", "'key' is not a string"},
	{"{\"keys\": [{\"name\": \"a\xc3\xa4@1\"}]}", "'name' is not a string"},
	{STORE(GOOD ","), "key 1 is not an object"},
	{STORE(GOOD " " GOOD), "should be ',' or ']'"},
	{STORE("1"), "key 0 is not an object"},
	{STORE("{}"), "name is not NAME@VERSION"},
	{STORE(GOOD "," GOOD), "key 'hq@1' is there twice"},
	{"{\"keys\": [{\"name\": \"a@1\", \"algorithm\": \"aes-128-gcm\", \"key\": \"" K16
	 "\", \"salt\": \"01020304\", \"not_after\": \"2027-02-30T00:00:00Z\"}]}",
	 "key 'a@1': not_after is no time"},
	{"{\"keys\": [{\"name\": \"a@1\", \"algorithm\": \"aes-128-gcm\", \"key\": \"" K16
	 "\", \"salt\": \"01020304\", \"not_after\": \"2027-02-03\"}]}",
	 "key 'a@1': not_after is no time"},
	{STORE(KEY("", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("hq", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("hq@", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("@1", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("hq@0", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("hq@01", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("hq@-1", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("hq@1@2", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("hq@4294967296", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("hq@10000000000", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("h q@1", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY(N48 "x@1", "aes-128-gcm", K16, "01020304")), "name is not NAME@VERSION"},
	{STORE(KEY("hq@1", "aes-129-gcm", K16, "01020304")), "algorithm is not one of"},
	{STORE(KEY("hq@1", "aes-128-gcm", K32, "01020304")), "key is not 16 bytes of hex"},
	{STORE(KEY("hq@1", "aes-256-gcm", K16, "01020304")), "key is not 32 bytes of hex"},
	{STORE(KEY("hq@1", "aes-128-gcm", "0x112233445566778899aabbccddeeff", "01020304")),
	 "key is not 16 bytes"},
	{STORE(KEY("hq@1", "aes-128-gcm", "g0112233445566778899aabbccddeeff", "01020304")),
	 "key is not 16 bytes"},
	{STORE(KEY("hq@1", "aes-128-gcm", K16, "0102030")), "salt is not 4 bytes"},
	{STORE(KEY("hq@1", "aes-128-gcm", K16, "")), "salt is not 4 bytes"},
	{"{\"keys\": [{\"name\": \"a@1\", \"algorithm\": \"aes-128-gcm\"}]}",
	 "key 'a@1': key is not 16 bytes of hex"},
	{"{\"keys\": [{\"name\": \"a@1\", \"extra\": \"x\"}]}", "key 0: has a member that is none"},
	/* A key in the place of a name. */
	{"{\"keys\": [{\"name\": \"a@1\", \"" K16 "\": \"x\"}]}", "has a member that is none"},
	{"{\"keys\": [{\"name\": \"a@1\", \"key\": 5}]}", "member 'key' is not a string"},
	{STORE(GOOD) "x", "should be the end"},
	{STORE(GOOD) STORE(GOOD), "should be the end"},
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

/* Whatever is cut off or put behind, byte by byte: also reads past the end show under ASan. */
START_TEST(test_no_part_of_a_store_is_a_store)
{
	static const char whole[] = STORE(GOOD "," KEY("hq@2", "aes-256-gcm", K32, "01020304"));

	for (size_t n = 0; n < sizeof(whole); n++) {
		struct keystore *store = NULL;
		char *part = malloc(n + 1);
		int err;

		memcpy(part, whole, n);
		part[n] = '"'; /* not ours */
		err = keystore_parse(part, n, &store, message, sizeof(message));
		ck_assert_int_eq(err, n == sizeof(whole) - 1 ? 0 : -EINVAL);
		ck_assert_ptr_null(strstr(message, "2233"));
		keystore_close(store);
		free(part);
	}
	/* A zero byte is no end. */
	ck_assert_int_eq(keystore_parse((char[]){STORE(GOOD)}, sizeof(STORE(GOOD)),
					&(struct keystore *){NULL}, message, sizeof(message)),
			 -EINVAL);
}
END_TEST

START_TEST(test_empty_store_and_any_space_are_good)
{
	struct keystore *store = NULL;

	ck_assert_int_eq(parse(" \t\r\n{ \"keys\" :\n[ ] } \n", &store), 0);
	ck_assert_uint_eq(keystore_size(store), 0);
	ck_assert_ptr_null(keystore_find(store, "hq@1"));
	keystore_close(store);
	ck_assert_int_eq(parse(STORE(KEY(N48 "@4294967295", "aes-128-gcm",
					 "00112233445566778899AABBCCDDEEFF", "FFfffF00")),
			       &store),
			 0);
	ck_assert_uint_eq(keystore_find(store, N48 "@4294967295")->bytes[15], 0xff);
	keystore_close(store);
	keystore_close(NULL);
}
END_TEST

/** Writes a store of @p n keys in an order that is not theirs. */
static char *
many(unsigned int n, size_t *size)
{
	char *text = malloc(32 + 128 * (size_t)n);
	size_t at = (size_t)sprintf(text, "{\"keys\": [");

	for (unsigned int i = 0; i < n; i++)
		at += (size_t)sprintf(text + at,
				      "%s{\"name\": \"k@%u\", \"algorithm\": \"aes-128-gcm\", "
				      "\"key\": \"%032x\", \"salt\": \"00000000\"}",
				      i == 0 ? "" : ",", 1 + (i * 7919u) % n, i);
	*size = at + (size_t)sprintf(text + at, "]}");
	return text;
}

START_TEST(test_each_of_many_keys_is_found)
{
	enum { MANY = 5000 };
	struct keystore *store = NULL;
	size_t size;
	char *text = many(MANY, &size), name[16];

	ck_assert_int_eq(keystore_parse(text, size, &store, message, sizeof(message)), 0);
	ck_assert_uint_eq(keystore_size(store), MANY);
	for (unsigned int i = 0; i < MANY; i++) {
		const struct keystore_key *key;

		snprintf(name, sizeof(name), "k@%u", 1 + (i * 7919u) % MANY);
		key = keystore_find(store, name);
		ck_assert_ptr_nonnull(key);
		ck_assert_str_eq(key->name, name);
		ck_assert_uint_eq((unsigned int)(key->bytes[14] << 8 | key->bytes[15]), i);
	}
	ck_assert_ptr_null(keystore_find(store, "k@0"));
	keystore_close(store);
	free(text);
}
END_TEST

START_TEST(test_too_many_keys_are_refused)
{
	struct keystore *store = NULL;
	size_t size;
	char *text = many(65537, &size);

	ck_assert_int_eq(keystore_parse(text, size, &store, message, sizeof(message)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(message, "more than 65536 keys"));
	free(text);
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
	ck_assert_int_eq(mkfifo(name, 0600), 0);
	ck_assert_int_eq(keystore_open(name, &store, message, sizeof(message)), -EPERM);
	unlink(name);
	ck_assert_int_eq(keystore_open("/tmp", &store, message, sizeof(message)), -EPERM);
	ck_assert_int_eq(keystore_open("/nonexistent", &store, message, sizeof(message)), -ENOENT);
}
END_TEST

START_TEST(test_file_of_another_user_is_refused)
{
	struct keystore *store = NULL;

	if (geteuid() != 0)
		return; /* nobody else can give files away */
	ck_assert_int_eq(chown(file, 12345, (gid_t)-1), 0);
	ck_assert_int_eq(keystore_open(file, &store, message, sizeof(message)), -EPERM);
	ck_assert_ptr_nonnull(strstr(message, "run: chown 0 /tmp/"));
}
END_TEST

START_TEST(test_large_file_is_refused_unread)
{
	struct keystore *store = NULL;

	ck_assert_int_eq(truncate(file, (off_t)KEYSTORE_SIZE_MAX + 1), 0);
	ck_assert_int_eq(keystore_open(file, &store, message, sizeof(message)), -EFBIG);
}
END_TEST

START_TEST(test_message_names_the_file)
{
	struct keystore *store = NULL;

	ck_assert_int_eq(truncate(file, 20), 0);
	ck_assert_int_eq(keystore_open(file, &store, message, sizeof(message)), -EINVAL);
	ck_assert_ptr_nonnull(strstr(message, file));
}
END_TEST

/** @return how often @p needle is in memory that could be swapped or dumped: heap and stack. */
static unsigned int
count_in_heap(const uint8_t *needle, size_t n)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY);
	unsigned int found = 0;
	char line[512];

	while (fgets(line, sizeof(line), maps) != NULL) {
		unsigned long from, to;
		uint8_t *copy;
		ssize_t got;

		if (strstr(line, "[heap]") == NULL || sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		copy = mmap(NULL, to - from, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
		got = pread(memory, copy, to - from, (off_t)from);
		for (uint8_t *at = copy;
		     got > 0 && (at = memmem(at, (size_t)(copy + got - at), needle, n)) != NULL;
		     at++)
			found++;
		munmap(copy, to - from);
	}
	fclose(maps);
	close(memory);
	return found;
}

START_TEST(test_no_key_is_ever_in_ordinary_heap)
{
	/* Made here, so that they are on the stack alone; 400 keys, for sorting to need memory. */
	uint8_t bytes[16];
	char hex[33] = "";
	struct keystore *store = NULL;
	FILE *out = fopen(file, "w");

	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(0xa1 + 3 * i);
	setvbuf(out, NULL, _IONBF, 0);
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	fputs("{\"keys\": [", out);
	for (unsigned int i = 400; i > 0; i--)
		fprintf(out, "%s" KEY("k@%u", "aes-128-gcm", "%s", "01020304"), i == 400 ? "" : ",",
			i, hex);
	fputs("]}", out);
	fclose(out);
	chmod(file, 0600);
	ck_assert_int_eq(keystore_open(file, &store, message, sizeof(message)), 0);
	ck_assert_mem_eq(keystore_find(store, "k@7")->bytes, bytes, sizeof(bytes));
	ck_assert_uint_eq(count_in_heap(bytes, sizeof(bytes)), 0);
	ck_assert_uint_eq(count_in_heap((const uint8_t *)hex + 2, 28), 0);
	keystore_close(store);
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
	tcase_add_test(tcase, test_no_part_of_a_store_is_a_store);
	tcase_add_test(tcase, test_empty_store_and_any_space_are_good);
	tcase_add_test(tcase, test_each_of_many_keys_is_found);
	tcase_add_test(tcase, test_too_many_keys_are_refused);
	tcase_add_test(tcase, test_text_is_wiped);
	tcase_add_test(tcase, test_file_of_another_user_is_refused);
	tcase_add_test(tcase, test_large_file_is_refused_unread);
	tcase_add_test(tcase, test_message_names_the_file);
	tcase_add_test(tcase, test_no_key_is_ever_in_ordinary_heap);
	tcase_add_test(tcase, test_file_that_others_may_use_is_refused);
	tcase_add_test(tcase, test_links_folders_and_nothing_are_refused);
	return unit_main("keystore", tcase);
}
