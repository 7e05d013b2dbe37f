/* SPDX-License-Identifier: BSD-3-Clause */
/* Reservations: nothing that was promised is forgotten, whatever happens to the process or the
 * file. */

#include "pe/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

enum { RECORD = 48 };

static char dir[] = "/tmp/waypoint-reserve-XXXXXX";
static char file[64];
static char message[256];
static const uint8_t id[RESERVE_ID_SIZE] = "a key", other[RESERVE_ID_SIZE] = "another";

static void
setup(void)
{
	strcpy(dir, "/tmp/waypoint-reserve-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/counters", dir);
}

static void
teardown(void)
{
	unlink(file);
	rmdir(dir);
}

static struct reserve *
must_open(void)
{
	struct reserve *reserve = NULL;

	ck_assert_msg(reserve_open(dir, &reserve, message, sizeof(message)) == 0, "%s", message);
	return reserve;
}

START_TEST(test_reservation_outlives_the_process)
{
	struct reserve *reserve = must_open();

	ck_assert_uint_eq(reserve_next(reserve, id, 1), 1);
	ck_assert_int_eq(reserve_extend(reserve, id, 1000), 0);
	ck_assert_int_eq(reserve_extend(reserve, other, 77), 0);
	ck_assert_uint_eq(reserve_next(reserve, id, 1), 1000);
	reserve_close(reserve);
	reserve = must_open();
	ck_assert_uint_eq(reserve_next(reserve, id, 1), 1000);
	ck_assert_uint_eq(reserve_next(reserve, other, 1), 77);
	ck_assert_int_eq(reserve_extend(reserve, id, 500), 0); /* never goes back */
	ck_assert_uint_eq(reserve_next(reserve, id, 1), 1000);
	reserve_close(reserve);
}
END_TEST

START_TEST(test_second_process_is_refused)
{
	struct reserve *reserve = must_open(), *second = NULL;

	ck_assert_int_eq(reserve_open(dir, &second, message, sizeof(message)), -EBUSY);
	ck_assert_ptr_nonnull(strstr(message, "another process has it"));
	ck_assert_ptr_null(second);
	reserve_close(reserve);
}
END_TEST

START_TEST(test_torn_last_record_is_cut_off)
{
	struct reserve *reserve;

	for (off_t size = 2 * RECORD; size >= RECORD; size--) {
		unlink(file);
		reserve = must_open();
		reserve_extend(reserve, id, 10);
		reserve_extend(reserve, id, 20);
		reserve_close(reserve);
		ck_assert_int_eq(truncate(file, size), 0);
		reserve = must_open();
		ck_assert_uint_eq(reserve_next(reserve, id, 1), size == 2 * RECORD ? 20 : 10);
		ck_assert_int_eq(reserve_extend(reserve, id, 30), 0);
		reserve_close(reserve);
		reserve = must_open();
		ck_assert_uint_eq(reserve_next(reserve, id, 1), 30);
		reserve_close(reserve);
	}
}
END_TEST

START_TEST(test_damage_before_the_end_is_refused)
{
	for (off_t at = 0; at < RECORD; at++) {
		struct reserve *reserve;
		uint8_t byte;
		int fd;

		unlink(file);
		reserve = must_open();
		reserve_extend(reserve, id, 10);
		reserve_extend(reserve, id, 20);
		reserve_close(reserve);
		fd = open(file, O_RDWR);
		ck_assert_int_eq(pread(fd, &byte, 1, at), 1);
		byte ^= 0x10;
		ck_assert_int_eq(pwrite(fd, &byte, 1, at), 1);
		close(fd);
		ck_assert_int_eq(reserve_open(dir, &reserve, message, sizeof(message)), -EBADMSG);
		ck_assert_ptr_nonnull(strstr(message, "is damaged at byte 0"));
	}
}
END_TEST

START_TEST(test_compaction_keeps_everything)
{
	struct reserve *reserve = must_open();
	struct stat st;

	for (uint64_t i = 1; i <= 5000; i++) {
		uint8_t one[RESERVE_ID_SIZE] = {(uint8_t)(i % 10), 0, 0, 0, 0, 0, 0, 0, 1};

		ck_assert_int_eq(reserve_extend(reserve, one, i), 0);
	}
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_int_lt(st.st_size, 5000 * RECORD);
	reserve_close(reserve);
	reserve = must_open();
	for (uint8_t i = 0; i < 10; i++) {
		uint8_t one[RESERVE_ID_SIZE] = {i, 0, 0, 0, 0, 0, 0, 0, 1};

		ck_assert_uint_eq(reserve_next(reserve, one, 1), i == 0 ? 5000 : 4990 + i);
	}
	reserve_close(reserve);
}
END_TEST

/** Reserves again and again, and tells what is promised. */
static void
reserve_and_tell(int to)
{
	struct reserve *reserve = must_open();

	for (uint64_t limit = reserve_next(reserve, id, 1) + 1;; limit++) {
		if (reserve_extend(reserve, id, limit) != 0)
			_exit(1);
		if (write(to, &limit, sizeof(limit)) != sizeof(limit))
			_exit(0);
	}
}

START_TEST(test_promise_holds_after_kill)
{
	uint64_t promised = 0, heard;

	srand(1);
	for (unsigned int round = 0; round < 20; round++) {
		struct reserve *reserve;
		int ends[2];
		pid_t child;

		ck_assert_int_eq(pipe(ends), 0);
		child = fork();
		if (child == 0)
			reserve_and_tell(ends[1]);
		close(ends[1]);
		usleep(1000 + (useconds_t)rand() % 20000);
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		while (read(ends[0], &heard, sizeof(heard)) == sizeof(heard))
			promised = heard;
		close(ends[0]);
		reserve = must_open();
		ck_assert_uint_ge(reserve_next(reserve, id, 1), promised);
		reserve_close(reserve);
	}
	ck_assert_uint_gt(promised, 0);
}
END_TEST

START_TEST(test_full_disk_promises_nothing)
{
	struct reserve *reserve = must_open();
	struct rlimit limit = {.rlim_cur = RECORD + 10, .rlim_max = RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(reserve_extend(reserve, id, 10), 0);
	setrlimit(RLIMIT_FSIZE, &limit);
	ck_assert_int_lt(reserve_extend(reserve, id, 20), 0);
	ck_assert_uint_eq(reserve_next(reserve, id, 1), 10);
	limit.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &limit);
	ck_assert_int_eq(reserve_extend(reserve, id, 30), 0);
	reserve_close(reserve);
	reserve = must_open();
	ck_assert_uint_eq(reserve_next(reserve, id, 1), 30);
	reserve_close(reserve);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("reserve");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_reservation_outlives_the_process);
	tcase_add_test(tcase, test_second_process_is_refused);
	tcase_add_test(tcase, test_torn_last_record_is_cut_off);
	tcase_add_test(tcase, test_damage_before_the_end_is_refused);
	tcase_add_test(tcase, test_compaction_keeps_everything);
	tcase_add_test(tcase, test_promise_holds_after_kill);
	tcase_add_test(tcase, test_full_disk_promises_nothing);
	return unit_main("reserve", tcase);
}
