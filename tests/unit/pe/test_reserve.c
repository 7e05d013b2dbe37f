/* SPDX-License-Identifier: BSD-3-Clause */
/* Reservations: nothing that was promised is forgotten, whatever happens to the process or the
 * file. */

#include "pe/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

enum { RECORD = 48 };

static char dir[] = "/tmp/waypoint-reserve-XXXXXX";
static char file[64], mark[64];
static char message[256];
static const uint8_t id[RESERVE_ID_SIZE] = "a key", other[RESERVE_ID_SIZE] = "another";

/* A disk that cannot sync folders; the linker puts it in front of the real call. */
static bool dirs_fail;

int
fsync(int fd)
{
	struct stat st;

	if (dirs_fail && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

static void
setup(void)
{
	strcpy(dir, "/tmp/waypoint-reserve-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/counters", dir);
	snprintf(mark, sizeof(mark), "%s/reserved", dir);
}

/** Makes the folder a new one again. */
static void
forget(void)
{
	unlink(file);
	unlink(mark);
}

static void
teardown(void)
{
	forget();
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

START_TEST(test_what_is_reserved_is_not_written_again)
{
	struct reserve *reserve = must_open();
	struct stat st;

	for (uint64_t limit = 100; limit >= 90; limit--)
		ck_assert_int_eq(reserve_extend(reserve, id, limit), 0);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_int_eq(st.st_size, RECORD);
	reserve_close(reserve);
}
END_TEST

START_TEST(test_second_process_is_refused)
{
	struct reserve *reserve = must_open(), *second = NULL;
	int status;

	if (fork() == 0) {
		int err = reserve_open(dir, &second, message, sizeof(message));

		_exit(err == -EBUSY && strstr(message, "another process has it") != NULL &&
				      strstr(message, file) != NULL && second == NULL
			      ? 0
			      : 1);
	}
	ck_assert_int_gt(wait(&status), 0);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(reserve_open(dir, &second, message, sizeof(message)), -EBUSY);
	reserve_close(reserve);
	reserve_close(must_open());
}
END_TEST

START_TEST(test_folder_is_made_for_its_owner_alone)
{
	struct reserve *reserve = NULL;
	char inner[64], deep[80];
	struct stat st;

	snprintf(inner, sizeof(inner), "%s/new", dir);
	snprintf(deep, sizeof(deep), "%s/new/deeper", dir);
	ck_assert_int_eq(reserve_open(deep, &reserve, message, sizeof(message)), -ENOENT);
	ck_assert_int_eq(reserve_open(inner, &reserve, message, sizeof(message)), 0);
	reserve_close(reserve);
	ck_assert_int_eq(stat(inner, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	snprintf(deep, sizeof(deep), "%s/new/counters", dir);
	ck_assert_int_eq(stat(deep, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	unlink(deep);
	rmdir(inner);
}
END_TEST

START_TEST(test_lost_log_is_missed)
{
	struct reserve *reserve = must_open();

	reserve_close(reserve);
	reserve = must_open(); /* nothing was reserved: nothing is lost */
	ck_assert_int_eq(reserve_extend(reserve, id, 10), 0);
	reserve_close(reserve);
	ck_assert_int_eq(truncate(file, 0), 0);
	ck_assert_int_eq(reserve_open(dir, &reserve, message, sizeof(message)), -EBADMSG);
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(reserve_open(dir, &reserve, message, sizeof(message)), -EBADMSG);
	ck_assert_ptr_nonnull(strstr(message, "is missing or empty"));
}
END_TEST

START_TEST(test_what_is_no_file_is_refused)
{
	struct reserve *reserve = NULL;

	ck_assert_int_eq(mkfifo(file, 0600), 0);
	ck_assert_int_eq(reserve_open(dir, &reserve, message, sizeof(message)), -EINVAL);
	ck_assert_int_eq(unlink(file), 0);
	ck_assert_int_eq(symlink("/dev/null", file), 0);
	ck_assert_int_eq(reserve_open(dir, &reserve, message, sizeof(message)), -ELOOP);
}
END_TEST

START_TEST(test_torn_last_record_is_cut_off)
{
	struct reserve *reserve;

	for (off_t size = 2 * RECORD; size >= RECORD; size--) {
		forget();
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

		forget();
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

/** Makes a log of @p n records; all promise something. */
static void
fill(unsigned int n)
{
	struct reserve *reserve = must_open();

	for (uint64_t limit = 1; limit <= n; limit++)
		ck_assert_int_eq(reserve_extend(reserve, id, 10 * limit), 0);
	reserve_close(reserve);
}

static void
write_file(off_t at, const void *bytes, size_t n)
{
	int fd = open(file, O_WRONLY);

	ck_assert_int_eq(pwrite(fd, bytes, n, at), n);
	close(fd);
}

/* It was synced and its numbers may be in use: nothing but an unwritten sector is a torn one. */
START_TEST(test_damaged_last_record_is_refused)
{
	struct reserve *reserve = NULL;
	uint8_t good[RECORD], bad[RECORD];
	int fd;

	fill(3);
	fd = open(file, O_RDONLY);
	ck_assert_int_eq(pread(fd, good, RECORD, (off_t)2 * RECORD), RECORD);
	close(fd);
	for (unsigned int bit = 0; bit < 8 * RECORD; bit++) {
		memcpy(bad, good, RECORD);
		bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
		write_file((off_t)2 * RECORD, bad, RECORD);
		ck_assert_int_eq(reserve_open(dir, &reserve, message, sizeof(message)), -EBADMSG);
		ck_assert_ptr_nonnull(strstr(message, "is damaged at byte 96"));
	}
	write_file((off_t)2 * RECORD, good, RECORD); /* refusing has changed nothing */
	reserve = must_open();
	ck_assert_uint_eq(reserve_next(reserve, id, 1), 30);
	reserve_close(reserve);
}
END_TEST

/* What a crash leaves when the length of the file reached the disk before its bytes. The eleventh
 * record lies in two sectors, from 480 to 528. */
static const struct {
	unsigned int n_records;
	off_t from;
	size_t size;
	int err;
} unwritten[] = {
	{3, 96, 48, 0},          /* all of the last */
	{11, 480, 48, 0},        /* both sectors */
	{11, 512, 16, 0},        /* the second */
	{11, 480, 32, 0},        /* the first */
	{11, 490, 22, -EBADMSG}, /* no sector ends there */
	{11, 513, 15, -EBADMSG}, {3, 100, 44, -EBADMSG}, {3, 48, 48, -EBADMSG}, /* not the last */
	{12, 512, 16, -EBADMSG},
};

START_TEST(test_unwritten_sectors_of_the_last_record_are_cut_off)
{
	static const uint8_t zeros[RECORD];
	struct reserve *reserve = NULL;

	fill(unwritten[_i].n_records);
	write_file(unwritten[_i].from, zeros, unwritten[_i].size);
	ck_assert_int_eq(reserve_open(dir, &reserve, message, sizeof(message)), unwritten[_i].err);
	if (unwritten[_i].err != 0)
		return;
	ck_assert_uint_eq(reserve_next(reserve, id, 1), 10 * (unwritten[_i].n_records - 1));
	reserve_close(reserve);
}
END_TEST

enum { MANY = 64 * 1024 / RECORD + 100 }; /* enough to compact */

START_TEST(test_compaction_keeps_everything)
{
	struct reserve *reserve = must_open();
	struct stat st;

	for (uint64_t i = 1; i <= MANY; i++) {
		uint8_t one[RESERVE_ID_SIZE] = {(uint8_t)(i % 10), 0, 0, 0, 0, 0, 0, 0, 1};

		ck_assert_int_eq(reserve_extend(reserve, one, i), 0);
	}
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_int_lt(st.st_size, MANY / 2 * RECORD);
	reserve_close(reserve);
	reserve = must_open();
	for (uint64_t i = MANY - 9; i <= MANY; i++) {
		uint8_t one[RESERVE_ID_SIZE] = {(uint8_t)(i % 10), 0, 0, 0, 0, 0, 0, 0, 1};

		ck_assert_uint_eq(reserve_next(reserve, one, 1), i);
	}
	reserve_close(reserve);
}
END_TEST

START_TEST(test_failed_compaction_promises_as_before)
{
	struct reserve *reserve;
	char name[80];
	struct stat st;

	snprintf(name, sizeof(name), "%s/counters.new", dir);
	ck_assert_int_eq(mkdir(name, 0700), 0); /* where the new file should be */
	fill(MANY);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_int_eq(st.st_size, MANY * RECORD);
	reserve = must_open();
	ck_assert_uint_eq(reserve_next(reserve, id, 1), 10 * MANY);
	ck_assert_int_eq(rmdir(name), 0);
	ck_assert_int_eq(reserve_extend(reserve, id, 10 * MANY + 1), 0);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_int_eq(st.st_size, RECORD);
	reserve_close(reserve);
}
END_TEST

START_TEST(test_link_in_the_way_of_compaction_is_not_followed)
{
	char name[80], victim[80];
	struct stat st;

	snprintf(name, sizeof(name), "%s/counters.new", dir);
	snprintf(victim, sizeof(victim), "%s/victim", dir);
	close(open(victim, O_CREAT | O_WRONLY, 0600));
	ck_assert_int_eq(truncate(victim, 5), 0);
	ck_assert_int_eq(symlink(victim, name), 0);
	fill(MANY);
	ck_assert_int_eq(stat(file, &st), 0);
	ck_assert_int_lt(st.st_size, MANY * RECORD);
	ck_assert_int_eq(stat(victim, &st), 0);
	ck_assert_int_eq(st.st_size, 5);
	unlink(victim);
}
END_TEST

/* Until the folder is on disk, a crash may bring back the log from before compaction. */
START_TEST(test_nothing_is_promised_in_a_log_whose_name_may_be_lost)
{
	struct reserve *reserve = must_open();
	uint64_t limit = 0;
	struct stat st;

	ck_assert_int_eq(reserve_extend(reserve, id, ++limit), 0);
	dirs_fail = true;
	do {
		ck_assert_int_eq(reserve_extend(reserve, id, ++limit), 0);
		ck_assert_int_eq(stat(file, &st), 0);
	} while (st.st_size == (off_t)limit * RECORD);
	ck_assert_int_eq(st.st_size, RECORD); /* compacted */
	ck_assert_int_eq(reserve_extend(reserve, id, limit + 1), -EIO);
	ck_assert_uint_eq(reserve_next(reserve, id, 1), limit);
	dirs_fail = false;
	ck_assert_int_eq(reserve_extend(reserve, id, limit + 1), 0);
	reserve_close(reserve);
	reserve = must_open();
	ck_assert_uint_eq(reserve_next(reserve, id, 1), limit + 1);
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

/** Opens, which must be refused for a reason. */
static void
must_refuse(const char *why)
{
	struct reserve *reserve = NULL;

	ck_assert_int_eq(reserve_open(dir, &reserve, message, sizeof(message)), -EPERM);
	ck_assert_msg(strstr(message, why) != NULL, "'%s' does not say '%s'", message, why);
	ck_assert_ptr_null(reserve);
}

/* Who may write there could bring an older log back, and numbers would repeat. */
START_TEST(test_what_others_may_write_is_refused)
{
	reserve_close(must_open());
	ck_assert_int_eq(chmod(dir, 01777), 0);
	must_refuse("others may write it (mode 777); run: chmod go-w ");
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(chmod(file, 0620), 0);
	must_refuse("counters: others may write it (mode 620); run: chmod go-w ");
	ck_assert_int_eq(chmod(file, 0644), 0);
	reserve_close(must_open());
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chown(file, 65534, (gid_t)-1), 0);
	must_refuse("counters: belongs to user 65534; run: chown 0 ");
	ck_assert_int_eq(chown(dir, 65534, (gid_t)-1), 0);
	must_refuse("belongs to user 65534; run: chown 0 ");
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("reserve");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_reservation_outlives_the_process);
	tcase_add_test(tcase, test_second_process_is_refused);
	tcase_add_test(tcase, test_what_is_reserved_is_not_written_again);
	tcase_add_test(tcase, test_folder_is_made_for_its_owner_alone);
	tcase_add_test(tcase, test_lost_log_is_missed);
	tcase_add_test(tcase, test_what_is_no_file_is_refused);
	tcase_add_test(tcase, test_torn_last_record_is_cut_off);
	tcase_add_test(tcase, test_damaged_last_record_is_refused);
	tcase_add_loop_test(tcase, test_unwritten_sectors_of_the_last_record_are_cut_off, 0,
			    ROWS(unwritten));
	tcase_add_test(tcase, test_damage_before_the_end_is_refused);
	tcase_add_test(tcase, test_compaction_keeps_everything);
	tcase_add_test(tcase, test_failed_compaction_promises_as_before);
	tcase_add_test(tcase, test_link_in_the_way_of_compaction_is_not_followed);
	tcase_add_test(tcase, test_nothing_is_promised_in_a_log_whose_name_may_be_lost);
	tcase_add_test(tcase, test_promise_holds_after_kill);
	tcase_add_test(tcase, test_full_disk_promises_nothing);
	tcase_add_test(tcase, test_what_others_may_write_is_refused);
	return unit_main("reserve", tcase);
}
