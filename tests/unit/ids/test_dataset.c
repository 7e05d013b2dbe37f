/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/state/dataset.c and those behind it: what files have is in the set, workers may add
 * and remove at once, and nothing exceeds its room. */

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "state/dataset.h"
#include "unit.h"

static struct wp_arena *arena;
static char folder[64], file[96];

static void
set_up(void)
{
	arena = wp_arena_create();
	strcpy(folder, "/tmp/dataset-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/list", folder);
}

static void
tear_down(void)
{
	unlink(file);
	rmdir(folder);
	wp_arena_destroy(arena);
}

static void
write_file(const char *text, size_t size)
{
	FILE *out = fopen(file, "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(text, 1, size, out), size);
	ck_assert_int_eq(fclose(out), 0);
}

static const struct {
	const char *type, *text;
	const char *value;
	int size;
	int reputation; /* -1: it is not in the set */
} rows[] = {
	{"string", "Y3VybC83LjQzLjA=\n", "curl/7.43.0", 11, 0},
	{"string", "Y3VybC83LjQzLjA=\n", "curl/7.43.1", 11, -1},
	{"string", "Y3VybC83LjQzLjA=\n", "CURL/7.43.0", 11, -1},
	{"string", "Y3VybC83LjQzLjA=\n", "curl/7.43.", 10, -1},
	{"string", "Y3VybC83LjQzLjA=\n", "", 0, -1},
	{"string", "Y3VybC83LjQzLjA", "curl/7.43.0", 11, 0},
	{"string", "\n\r\nYQ==\r\nYgA=,7\n\n", "b\0", 2, 7},
	{"string", "\n\r\nYQ==\r\nYgA=,7\n\n", "a", 1, 0},
	{"string", "Z29vZ2xlLmNvbQ==,255", "google.com", 10, 255},
	{"string", "YQ==,65535\nYQ==,1\n", "a", 1, 65535},
	{"string", "", "a", 1, -1},
	{"md5", "00112233445566778899AabbCcddeeff\n",
	 "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16, 0},
	{"md5", "00112233445566778899aabbccddeeff,12\n",
	 "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16, 12},
	{"md5", "00112233445566778899aabbccddeeff\n",
	 "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee", 15, -1},
	{"sha256", "d4c9d9027326271a89ce51fcaf328ed673f17be33469ff979e8ab8dd501e664f,255\n",
	 "\xd4\xc9\xd9\x02\x73\x26\x27\x1a\x89\xce\x51\xfc\xaf\x32\x8e\xd6\x73\xf1\x7b\xe3\x34\x69"
	 "\xff\x97\x9e\x8a\xb8\xdd\x50\x1e\x66\x4f",
	 32, 255},
	{"ipv4", "82.165.177.154\n10.0.0.1,3\n", "\x52\xa5\xb1\x9a", 4, 0},
	{"ipv4", "82.165.177.154\n10.0.0.1,3\n", "\x0a\0\0\1", 4, 3},
	{"ipv4", "82.165.177.154\n", "\0\0\0\0\0\0\0\0\0\0\xff\xff\x52\xa5\xb1\x9a", 16, -1},
	/* Addresses of version 4 are the same in both ways of writing and asking. */
	{"ip", "::ffff:82.165.177.154\n", "\x52\xa5\xb1\x9a", 4, 0},
	{"ip", "82.165.177.154\n", "\x52\xa5\xb1\x9a", 4, 0},
	{"ip", "82.165.177.154\n", "\0\0\0\0\0\0\0\0\0\0\xff\xff\x52\xa5\xb1\x9a", 16, 0},
	{"ip", "82.165.177.154\n", "\x52\xa5\xb1\x9b", 4, -1},
	{"ipv6", "2001:db8::1,9\n", "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, 9},
	{"ipv6", "2001:db8::1\n", "\x20\x01\x0d\xb8", 4, -1},
};

START_TEST(test_values_of_files)
{
	struct dataset *set;
	uint16_t reputation = 4711;
	const uint8_t *value = (const uint8_t *)rows[_i].value;
	size_t size = (size_t)rows[_i].size;
	char why[128] = "";

	write_file(rows[_i].text, strlen(rows[_i].text));
	ck_assert_msg(dataset_open(arena, "set", dataset_type_of(rows[_i].type), file, 0, &set, why,
				   sizeof(why)) == 0,
		      "%s", why);
	ck_assert_int_eq(dataset_has(set, value, size), rows[_i].reputation >= 0);
	ck_assert_int_eq(dataset_reputation(set, value, size, &reputation),
			 rows[_i].reputation >= 0);
	ck_assert_int_eq(reputation, rows[_i].reputation >= 0 ? rows[_i].reputation : 4711);
	ck_assert_str_eq(dataset_name(set), "set");
}
END_TEST

static const struct {
	const char *type, *text;
	int size; /* 0: up to its zero */
	const char *why;
} faults[] = {
	{"string", "YQ==\n!!\n", 0, ":2: this is not a value of its type"},
	{"string", "YQ==,\n", 0, ":1: "},
	{"string", "YQ==,65536\n", 0, ":1: "},
	{"string", "YQ==,-1\n", 0, ":1: "},
	{"string", "YQ==,1,2\n", 0, ":1: "},
	{"string", "YQ==\0YQ==\n", 10, ":1: "},
	{"string", ",1\n", 0, ":1: "},
	{"md5", "00112233445566778899aabbccddeef\n", 0, ":1: "},
	{"md5", "00112233445566778899aabbccddeefg\n", 0, ":1: "},
	{"md5", "00112233445566778899aabbccddeeff00\n", 0, ":1: "},
	{"sha256", "00112233445566778899aabbccddeeff\n", 0, ":1: "},
	{"ipv4", "::1\n", 0, ":1: "},
	{"ipv4", "10.0.0.0/8\n", 0, ":1: "},
	{"ip", "x\n", 0, ":1: "},
	{"nothing", "x\n", 0, "dataset 'set' needs a type"},
};

START_TEST(test_faults_of_files)
{
	struct dataset *set = NULL;
	char why[256] = "";

	write_file(faults[_i].text,
		   faults[_i].size != 0 ? (size_t)faults[_i].size : strlen(faults[_i].text));
	ck_assert_int_eq(dataset_open(arena, "set", dataset_type_of(faults[_i].type), file, 0, &set,
				      why, sizeof(why)),
			 -EINVAL);
	ck_assert_msg(strstr(why, faults[_i].why) != NULL, "%s", why);
	ck_assert_ptr_null(set);
}
END_TEST

START_TEST(test_what_cannot_be_opened)
{
	static char name[DATASET_NAME_MAX + 2];
	struct dataset *set;
	char why[128];

	ck_assert_int_eq(dataset_open(arena, "set", DATASET_STRING, "/nothing/here", 0, &set, why,
				      sizeof(why)),
			 -EINVAL);
	ck_assert_str_eq(why, "/nothing/here: No such file or directory");
	ck_assert_int_eq(
		dataset_open(arena, "set", DATASET_STRING, "/dev/zero", 0, &set, why, sizeof(why)),
		-EINVAL);
	memset(name, 'a', sizeof(name) - 1);
	ck_assert_int_eq(dataset_open(arena, name, DATASET_STRING, NULL, 0, &set, why, sizeof(why)),
			 -EINVAL);
	ck_assert_int_eq(dataset_open(arena, "", DATASET_STRING, NULL, 0, &set, why, sizeof(why)),
			 -EINVAL);
	ck_assert_int_eq(dataset_open(arena, "set", DATASET_STRING, NULL, UINT32_MAX, &set, why,
				      sizeof(why)),
			 -EINVAL);
}
END_TEST

static struct dataset *
open_empty(enum dataset_type type, uint32_t max)
{
	struct dataset *set;
	char why[128];

	ck_assert_int_eq(dataset_open(arena, "set", type, NULL, max, &set, why, sizeof(why)), 0);
	return set;
}

START_TEST(test_added_and_removed)
{
	struct dataset *set = open_empty(DATASET_STRING, 2);
	const uint8_t *abc = (const uint8_t *)"abc";

	ck_assert(!dataset_has(set, abc, 3) && !dataset_remove(set, abc, 3));
	ck_assert(dataset_add(set, abc, 3));
	ck_assert(!dataset_add(set, abc, 3)); /* it is there already */
	ck_assert(dataset_has(set, abc, 3) && !dataset_has(set, abc, 2));
	ck_assert(dataset_remove(set, abc, 3) && !dataset_remove(set, abc, 3));
	ck_assert(!dataset_has(set, abc, 3));
	ck_assert_uint_eq(dataset_count(set), 0);
	ck_assert(dataset_add(set, abc, 3)); /* in its old place */
	ck_assert(dataset_add(set, abc, 2));
	ck_assert(!dataset_add(set, abc, 1)); /* full */
	ck_assert(!dataset_has(set, abc, 1) && !dataset_add(set, abc, 0));
	ck_assert_uint_eq(dataset_count(set), 2);
}
END_TEST

START_TEST(test_bytes_of_strings_are_bounded)
{
	static uint8_t text[4096];
	struct dataset *set = open_empty(DATASET_STRING, 64);

	ck_assert(dataset_add(set, text, sizeof(text)));
	ck_assert(!dataset_add(set, text, 1));
	ck_assert(dataset_has(set, text, sizeof(text)));
	ck_assert(!dataset_has(set, text, sizeof(text) - 1));
	ck_assert_uint_eq(dataset_count(set), 1);
}
END_TEST

START_TEST(test_values_of_another_size)
{
	static const uint8_t bytes[33];
	static const enum dataset_type types[] = {DATASET_MD5, DATASET_SHA256, DATASET_IPV4,
						  DATASET_IPV6};
	static const size_t sizes[] = {16, 32, 4, 16};
	struct dataset *set = open_empty(types[_i], 40);

	for (size_t size = 0; size <= sizeof(bytes); size++) {
		bool fits = size == sizes[_i] || (types[_i] == DATASET_IPV6 && size == 4);

		ck_assert_int_eq(dataset_add(set, bytes, size), fits);
		ck_assert_int_eq(dataset_has(set, bytes, size), fits);
	}
}
END_TEST

START_TEST(test_a_large_file)
{
	enum { N = 100000 };
	char *text = malloc(N * 16), *at = text, why[128];
	struct dataset *set;

	for (uint32_t i = 0; i < N; i++)
		at += sprintf(at, "10.%u.%u.%u,%u\n", i >> 16, i >> 8 & 255, i & 255, i % 100);
	write_file(text, (size_t)(at - text));
	ck_assert_int_eq(dataset_open(arena, "set", DATASET_IPV4, file, 10, &set, why, sizeof(why)),
			 0);
	ck_assert_uint_eq(dataset_count(set), N);
	for (uint32_t i = 0; i < N; i++) {
		uint8_t address[] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
		uint16_t reputation;

		ck_assert(dataset_reputation(set, address, 4, &reputation));
		ck_assert_uint_eq(reputation, i % 100);
		address[0] = 11;
		ck_assert(!dataset_has(set, address, 4));
		ck_assert_int_eq(dataset_add(set, address, 4), i < 10);
	}
	free(text);
}
END_TEST

enum { THREADS = 4, VALUES = 2000, ROUNDS = 3 };

struct worker {
	pthread_t thread;
	struct dataset *set;
	unsigned int seed;
};

static atomic_uint n_added, n_removed;

static void *
add_and_remove(void *data)
{
	struct worker *worker = data;

	for (unsigned int i = 0; i < VALUES * ROUNDS; i++) {
		unsigned int number = (unsigned int)rand_r(&worker->seed) % VALUES;
		char text[32];
		size_t size = (size_t)sprintf(text, "value %u", number);

		if (rand_r(&worker->seed) % 4 != 0)
			n_added += dataset_add(worker->set, (uint8_t *)text, size);
		else
			n_removed += dataset_remove(worker->set, (uint8_t *)text, size);
		dataset_has(worker->set, (uint8_t *)text, size);
	}
	return NULL;
}

/** Each value comes and goes as often as workers were told, and none is there twice. */
START_TEST(test_workers_at_once)
{
	struct dataset *set = open_empty(DATASET_STRING, VALUES + THREADS * VALUES * ROUNDS);
	struct worker workers[THREADS];
	unsigned int n = 0;

	n_added = n_removed = 0;
	for (unsigned int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.set = set, .seed = i};
		ck_assert_int_eq(
			pthread_create(&workers[i].thread, NULL, add_and_remove, &workers[i]), 0);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	ck_assert_uint_eq(dataset_count(set), n_added - n_removed);
	for (unsigned int i = 0; i < VALUES; i++) {
		char text[32];

		n += dataset_remove(set, (uint8_t *)text, (size_t)sprintf(text, "value %u", i));
	}
	ck_assert_uint_eq(n, n_added - n_removed);
	ck_assert_uint_eq(dataset_count(set), 0);
}
END_TEST

START_TEST(test_sets_by_name)
{
	struct dataset_list list = {.first = NULL};
	struct dataset_conf conf = {.name = "Seen", .type = DATASET_STRING, .max = 4};
	struct dataset *a, *b;
	char why[128];

	ck_assert_int_eq(dataset_list_open(&list, arena, &conf, &a, why, sizeof(why)), 0);
	conf.name = "seen";
	ck_assert_int_eq(dataset_list_open(&list, arena, &conf, &b, why, sizeof(why)), 0);
	ck_assert_ptr_eq(a, b);
	conf.type = DATASET_UNTYPED;
	ck_assert_int_eq(dataset_list_open(&list, arena, &conf, &b, why, sizeof(why)), 0);
	ck_assert_ptr_eq(a, b);
	conf.type = DATASET_MD5;
	ck_assert_int_eq(dataset_list_open(&list, arena, &conf, &b, why, sizeof(why)), -EINVAL);
	ck_assert_str_eq(why, "dataset 'Seen' is of another type already");
	conf = (struct dataset_conf){.name = "seen", .load = "/x"};
	ck_assert_int_eq(dataset_list_open(&list, arena, &conf, &b, why, sizeof(why)), -EINVAL);
	conf = (struct dataset_conf){.name = "other"};
	ck_assert_int_eq(dataset_list_open(&list, arena, &conf, &b, why, sizeof(why)), -EINVAL);
	conf.type = DATASET_IP;
	ck_assert_int_eq(dataset_list_open(&list, arena, &conf, &b, why, sizeof(why)), 0);
	ck_assert_ptr_ne(a, b);
}
END_TEST

static const struct {
	enum dataset_format format;
	const char *type, *value_key, *array_key;
	const char *text;
	const char *value;
	int size;
	bool has;
} objects[] = {
	{DATASET_JSON, "ip", "ip", NULL, "[{\"ip\": \"10.0.0.1\", \"n\":3}]", "\x0a\0\0\1", 4,
	 true},
	{DATASET_JSON, "ip", "ip", "a.b", "{\"a\":{\"b\":[{\"ip\":\"10.0.0.1\"}]}}", "\x0a\0\0\1",
	 4, true},
	{DATASET_NDJSON, "string", "host", NULL,
	 "{\"host\": \"a.b\", \"y\": 1}\n\n  {\"host\": \"c,d\"}\r\n", "c,d", 3, true},
	{DATASET_NDJSON, "string", "host", NULL, "{\"host\": \"a.b\"}", "a", 1, false},
	{DATASET_NDJSON, "string", "ioc.host", NULL,
	 "{\"ioc\": {\"host\": \"a\", \"x\":1}, \"y\": 1}", "a", 1, true},
	{DATASET_NDJSON, "md5", "h", NULL, "{\"h\":\"00112233445566778899aabbccddeeff\"}",
	 "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff", 16, true},
};

START_TEST(test_values_of_json)
{
	struct dataset_list list = {.first = NULL};
	struct dataset_conf conf = {
		.name = "set",
		.type = dataset_type_of(objects[_i].type),
		.load = file,
		.format = objects[_i].format,
		.value_key = objects[_i].value_key,
		.array_key = objects[_i].array_key,
	};
	const uint8_t *value = (const uint8_t *)objects[_i].value;
	size_t size = (size_t)objects[_i].size;
	struct dataset *set;
	char why[256] = "";

	write_file(objects[_i].text, strlen(objects[_i].text));
	ck_assert_msg(dataset_list_open(&list, arena, &conf, &set, why, sizeof(why)) == 0, "%s",
		      why);
	ck_assert_int_eq(dataset_has(set, value, size), objects[_i].has);
}
END_TEST

static const struct {
	enum dataset_format format;
	const char *value_key, *text, *why;
} json_faults[] = {
	{DATASET_JSON, NULL, "[]", "dataset 'set' needs a value_key"},
	{DATASET_JSON, "a", "{}", "there is no array"},
	{DATASET_JSON, "a", "[", ":1: "},
	{DATASET_JSON, "a", "", ":1: "},
	{DATASET_JSON, "a", "[1]", "object 1 has no value of its type at 'a'"},
	{DATASET_JSON, "a", "[{\"a\":\"x\"},{\"a\":1}]", "object 2 has"},
	{DATASET_JSON, "a", "[{\"a\":\"\"}]", "object 1 has"},
	{DATASET_JSON, "a.b", "[{\"a\":\"x\"}]", "object 1 has"},
	{DATASET_JSON, ".", "[{\"a\":\"x\"}]", "object 1 has"},
	{DATASET_NDJSON, "a", "{\"a\":\"x\"}\n{\"a\":\n", ":2: "},
	{DATASET_NDJSON, "a", "[]\n", "object 1 has"},
};

START_TEST(test_faults_of_json)
{
	struct dataset_list list = {.first = NULL};
	struct dataset_conf conf = {
		.name = "set",
		.type = DATASET_STRING,
		.load = file,
		.format = json_faults[_i].format,
		.value_key = json_faults[_i].value_key,
	};
	struct dataset *set;
	char why[256] = "";

	write_file(json_faults[_i].text, strlen(json_faults[_i].text));
	ck_assert_int_eq(dataset_list_open(&list, arena, &conf, &set, why, sizeof(why)), -EINVAL);
	ck_assert_msg(strstr(why, json_faults[_i].why) != NULL, "%s", why);
}
END_TEST

START_TEST(test_paths)
{
	char rules[128], path[128];

	write_file("", 0);
	snprintf(rules, sizeof(rules), "%s/a.rules", folder);
	ck_assert_int_eq(dataset_path(rules, NULL, "list", path, sizeof(path)), 0);
	ck_assert_str_eq(path, file);
	ck_assert_int_eq(dataset_path("/nothing/a.rules", folder, "list", path, sizeof(path)), 0);
	ck_assert_str_eq(path, file);
	ck_assert_int_eq(dataset_path(NULL, NULL, "list", path, sizeof(path)), 0);
	ck_assert_str_eq(path, "list");
	ck_assert_int_eq(dataset_path(rules, folder, "/x/list", path, sizeof(path)), 0);
	ck_assert_str_eq(path, "/x/list");
	ck_assert_int_eq(dataset_path(rules, NULL, "list", path, 4), -ENAMETOOLONG);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("dataset");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, test_values_of_files, 0, ROWS(rows));
	tcase_add_loop_test(tcase, test_faults_of_files, 0, ROWS(faults));
	tcase_add_test(tcase, test_what_cannot_be_opened);
	tcase_add_test(tcase, test_added_and_removed);
	tcase_add_test(tcase, test_bytes_of_strings_are_bounded);
	tcase_add_loop_test(tcase, test_values_of_another_size, 0, 4);
	tcase_add_test(tcase, test_a_large_file);
	tcase_add_test(tcase, test_workers_at_once);
	tcase_add_test(tcase, test_sets_by_name);
	tcase_add_loop_test(tcase, test_values_of_json, 0, ROWS(objects));
	tcase_add_loop_test(tcase, test_faults_of_json, 0, ROWS(json_faults));
	tcase_add_test(tcase, test_paths);
	return unit_main("ids dataset", tcase);
}
