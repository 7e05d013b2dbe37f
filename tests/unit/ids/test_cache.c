/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/match/cache.c: what is kept comes back as it was, and nothing else does. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <glob.h>

#include <hs/hs.h>

#include "match/cache.h"
#include "unit.h"

enum { N = 3 };

static const char *const texts[N] = {"ab+c", "(?=impossible)", "x.z"};
static const size_t sizes[N] = {4, 14, 3};
static const unsigned int flags[N] = {HS_FLAG_SINGLEMATCH, 0, HS_FLAG_CASELESS};
static const struct cache_source source = {texts, sizes, flags, N};
static char folder[32];
static hs_database_t *made[N], *taken[N];

static void
make(void)
{
	strcpy(folder, "/tmp/ids-cache-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	for (unsigned int i = 0; i < N; i++) {
		hs_compile_error_t *error = NULL;

		if (hs_compile(texts[i], flags[i], HS_MODE_BLOCK, NULL, &made[i], &error) !=
		    HS_SUCCESS) {
			hs_free_compile_error(error);
			made[i] = NULL;
		}
	}
}

/** @return the only file; room for all its bytes, and one more */
static size_t
read_only_file(char **path, unsigned char **bytes)
{
	char pattern[64];
	glob_t found;
	FILE *file;
	size_t size;

	snprintf(pattern, sizeof(pattern), "%s/*", folder);
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	ck_assert_uint_eq(found.gl_pathc, 1);
	*path = strdup(found.gl_pathv[0]);
	globfree(&found);
	file = fopen(*path, "r");
	ck_assert_ptr_nonnull(file);
	*bytes = malloc(1 << 20);
	size = fread(*bytes, 1, 1 << 20, file);
	fclose(file);
	return size;
}

static void
write_file(const char *path, const unsigned char *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static void
clean(void)
{
	char *path;
	unsigned char *bytes;

	read_only_file(&path, &bytes);
	unlink(path);
	rmdir(folder);
	free(path);
	free(bytes);
	for (unsigned int i = 0; i < N; i++)
		hs_free_database(made[i]);
}

static int
found(unsigned int id, unsigned long long from, unsigned long long to, unsigned int how, void *arg)
{
	*(bool *)arg = true;
	return 1;
}

static bool
matches(const hs_database_t *database, const char *text)
{
	hs_scratch_t *scratch = NULL;
	bool is_found = false;

	ck_assert_int_eq(hs_alloc_scratch(database, &scratch), HS_SUCCESS);
	hs_scan(database, text, (unsigned int)strlen(text), 0, scratch, found, &is_found);
	hs_free_scratch(scratch);
	return is_found;
}

START_TEST(test_what_was_kept_comes_back)
{
	make();
	ck_assert_ptr_null(made[1]); /* Hyperscan cannot have it, and that is kept, too */
	ck_assert(!cache_load(folder, &source, taken, N));
	ck_assert_int_eq(cache_save(folder, &source, made, N), 0);
	ck_assert(cache_load(folder, &source, taken, N));
	ck_assert_ptr_null(taken[1]);
	ck_assert(matches(taken[0], "..abbc.."));
	ck_assert(!matches(taken[0], "..ac.."));
	ck_assert(matches(taken[2], "XyZ"));
	for (unsigned int i = 0; i < N; i++)
		hs_free_database(taken[i]);
	clean();
}
END_TEST

START_TEST(test_another_source_has_nothing)
{
	const unsigned int others[N] = {HS_FLAG_SINGLEMATCH, 0, 0};
	const struct cache_source other_flags = {texts, sizes, others, N},
				  fewer = {texts, sizes, flags, 1};

	make();
	ck_assert_int_eq(cache_save(folder, &source, made, N), 0);
	ck_assert(!cache_load(folder, &other_flags, taken, N));
	ck_assert(!cache_load(folder, &fewer, taken, 1));
	ck_assert(!cache_load(folder, &source, taken, N - 1)); /* there are more than that */
	ck_assert(!cache_load("/nowhere", &source, taken, N));
	clean();
}
END_TEST

START_TEST(test_a_damaged_file_is_no_file)
{
	unsigned char *bytes;
	char *path;
	size_t size;

	make();
	ck_assert_int_eq(cache_save(folder, &source, made, N), 0);
	size = read_only_file(&path, &bytes);
	for (size_t at = 0; at < size; at += 97) {
		bytes[at] ^= 1;
		write_file(path, bytes, size);
		ck_assert(!cache_load(folder, &source, taken, N));
		bytes[at] ^= 1;
	}
	for (size_t less = 0; less < size; less += 211) {
		write_file(path, bytes, less);
		ck_assert(!cache_load(folder, &source, taken, N));
	}
	free(path);
	free(bytes);
	clean();
}
END_TEST

static void
touch(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	write_file(path, (const unsigned char *)"", 0);
}

/** @return whether there is such a file. It is removed */
static bool
was_there(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return unlink(path) == 0;
}

/** @return the number of a process that is no more. */
static int
gone(void)
{
	pid_t process = fork();

	if (process == 0)
		_exit(0);
	ck_assert_int_eq(waitpid(process, NULL, 0), process);
	return process;
}

START_TEST(test_what_nobody_finishes_is_removed)
{
	char own[32], left[32];

	strcpy(folder, "/tmp/ids-cache-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(own, sizeof(own), "ab.hs.%d", getpid());
	snprintf(left, sizeof(left), "ab.hs.%d", gone());
	touch(own);
	touch(left);
	touch("ab.hs");
	touch("ab.hs.1x");
	touch("ab.hs.");
	touch("notes");
	cache_sweep(folder);
	ck_assert(!was_there(left));
	ck_assert(was_there(own) && was_there("ab.hs") && was_there("ab.hs.1x"));
	ck_assert(was_there("ab.hs.") && was_there("notes"));
	ck_assert_int_eq(rmdir(folder), 0);
	cache_sweep(folder); /* which is not there */
}
END_TEST

/** Sets the time of the only file. */
static void
set_age(time_t seconds)
{
	const struct timespec times[2] = {{.tv_sec = time(NULL) - seconds},
					  {.tv_sec = time(NULL) - seconds}};
	unsigned char *bytes;
	char *path;

	read_only_file(&path, &bytes);
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
	free(path);
	free(bytes);
}

START_TEST(test_what_nobody_takes_any_more_is_removed)
{
	make();
	ck_assert_int_eq(cache_save(folder, &source, made, N), 0);
	set_age(CACHE_KEPT_S - 60);
	cache_sweep(folder);
	set_age(CACHE_KEPT_S + 60);
	ck_assert(cache_load(folder, &source, taken, N)); /* as good as new by that */
	cache_sweep(folder);
	for (unsigned int i = 0; i < N; i++)
		hs_free_database(taken[i]);
	set_age(CACHE_KEPT_S + 60);
	cache_sweep(folder);
	ck_assert(!cache_load(folder, &source, taken, N));
	ck_assert_int_eq(rmdir(folder), 0);
	for (unsigned int i = 0; i < N; i++)
		hs_free_database(made[i]);
}
END_TEST

START_TEST(test_a_full_disk_is_told)
{
	struct rlimit limit;

	make();
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = 100;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	ck_assert_int_eq(cache_save(folder, &source, made, N), -EFBIG);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
	ck_assert_int_eq(rmdir(folder), 0);
	ck_assert_int_eq(cache_save(folder, &source, made, N), -ENOENT);
	for (unsigned int i = 0; i < N; i++)
		hs_free_database(made[i]);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("cache");

	tcase_add_test(tcase, test_what_was_kept_comes_back);
	tcase_add_test(tcase, test_another_source_has_nothing);
	tcase_add_test(tcase, test_a_damaged_file_is_no_file);
	tcase_add_test(tcase, test_what_nobody_finishes_is_removed);
	tcase_add_test(tcase, test_what_nobody_takes_any_more_is_removed);
	tcase_add_test(tcase, test_a_full_disk_is_told);
	return unit_main("ids cache", tcase);
}
