/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/tool/prove_main.c, as the service runs it: what captures may take, each and all. */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"

/* A capture without a packet: pcap's header, Ethernet. */
static const unsigned char empty[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, [16] = 255, 255, [20] = 1};
static char folder[32];
static char said[512];

static void
put(const char *name, const void *bytes, size_t size)
{
	FILE *file = fopen(name, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	fclose(file);
}

static void
set_up(void)
{
	static unsigned char cut[sizeof(empty) + 10]; /* a header of a packet begins */
	static const char rule[] = "alert udp any any -> any any (content:\"abc\"; sid:7;)\n";

	strcpy(folder, "/tmp/ids-proofs-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chdir(folder), 0);
	put("rules", rule, strlen(rule));
	put("empty", empty, sizeof(empty));
	memcpy(cut, empty, sizeof(empty));
	put("cut", cut, sizeof(cut));
	ck_assert_int_eq(mkfifo("slow", 0600), 0);
	ck_assert_int_eq(mkfifo("never", 0600), 0);
}

static void
tear_down(void)
{
	static const char *const names[] = {"rules", "empty", "cut", "slow",
					    "never", "task",  "said"};

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(names[i]);
	rmdir(folder);
}

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/** Runs a task. @param proofs  their JSON @return seconds; what it has said is in 'said' */
static double
prove(const char *proofs, unsigned int each_ms, unsigned int all_ms, int status)
{
	char task[1024];
	double begin = now_s();
	FILE *file;
	size_t n;
	int is;

	snprintf(task, sizeof(task),
		 "{\"config\": {\"rules\": [\"rules\"]}, \"proofs\": [%s], \"each_ms\": %u, "
		 "\"all_ms\": %u}",
		 proofs, each_ms, all_ms);
	put("task", task, strlen(task));
	is = system(WP_IDS_PROVE " <task >said");
	ck_assert(WIFEXITED(is));
	file = fopen("said", "r");
	ck_assert_ptr_nonnull(file);
	n = fread(said, 1, sizeof(said) - 1, file);
	said[n] = '\0';
	fclose(file);
	ck_assert_msg(WEXITSTATUS(is) == status, "%d: %s", WEXITSTATUS(is), said);
	return now_s() - begin;
}

START_TEST(test_what_is_as_expected_says_nothing)
{
	prove("{\"capture\": \"empty\", \"alerts\": [], \"exactly\": true}", 60000, 120000, 0);
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(test_what_does_not_alert_is_named)
{
	prove("{\"capture\": \"empty\", \"alerts\": [7]}", 60000, 120000, 1);
	ck_assert_str_eq(said, "empty: these should alert and do not: 7\n");
}
END_TEST

START_TEST(test_what_is_no_capture_is_named)
{
	prove("{\"capture\": \"rules\", \"alerts\": []}", 60000, 120000, 1);
	ck_assert_str_eq(said, "rules: is no capture that can be read\n");
	prove("{\"capture\": \"cut\", \"alerts\": []}", 60000, 120000, 1);
	ck_assert_str_eq(said, "cut: breaks off, so nobody knows whether the rest would alert\n");
	prove("{\"capture\": \"nowhere\", \"alerts\": []}", 60000, 120000, 1);
	ck_assert_str_eq(said, "nowhere: No such file or directory\n");
}
END_TEST

START_TEST(test_one_takes_too_long)
{
	prove("{\"capture\": \"empty\", \"alerts\": []}, {\"capture\": \"never\", \"alerts\": []}",
	      1000, 60000, 1);
	ck_assert_str_eq(said, "never: takes more than 1 seconds\n");
}
END_TEST

/** Writes a capture a while after somebody has begun to read it. @return its process */
static pid_t
write_slowly(const char *name, useconds_t us)
{
	pid_t process = fork();
	int fd;

	if (process != 0)
		return process;
	fd = open(name, O_WRONLY);
	usleep(us);
	_exit(write(fd, empty, sizeof(empty)) == sizeof(empty) ? 0 : 1);
}

/** The first takes half of the time of all; so the second has the other half. */
START_TEST(test_all_take_too_long)
{
	pid_t writer = write_slowly("slow", 1000000);
	int status;
	double took = prove("{\"capture\": \"slow\", \"alerts\": []}, {\"capture\": \"never\", "
			    "\"alerts\": []}, {\"capture\": \"empty\", \"alerts\": []}",
			    60000, 2000, 1);

	ck_assert_int_eq(waitpid(writer, &status, 0), writer);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(said, "never: no time was left for it: all captures together may take 2 "
			       "seconds\n");
	ck_assert_double_gt(took, 1.9);
	ck_assert_double_lt(took, 30);
}
END_TEST

START_TEST(test_no_time_is_not_begun)
{
	prove("{\"capture\": \"never\", \"alerts\": []}", 60000, 0, 1);
	ck_assert_str_eq(said, "never: no time was left for it: all captures together may take 0 "
			       "seconds\n");
}
END_TEST

/** Starts the program, and ends when it has begun to read its task, of which no more comes. */
static void
start_and_end(int task)
{
	int waiting = 1;

	if (fork() == 0) {
		dup2(task, STDIN_FILENO);
		execl(WP_IDS_PROVE, WP_IDS_PROVE, NULL);
		_exit(127);
	}
	while (waiting != 0 && ioctl(task, FIONREAD, &waiting) == 0)
		usleep(1000);
	_exit(0);
}

/** Nobody waits for it when the one that started it is killed. */
START_TEST(test_it_ends_with_its_parent)
{
	int task[2], status = 0;
	pid_t parent;

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	ck_assert_int_eq(pipe(task), 0);
	ck_assert_int_eq(write(task[1], "{", 1), 1);
	parent = fork();
	if (parent == 0)
		start_and_end(task[0]);
	ck_assert_int_eq(waitpid(parent, &status, 0), parent);
	ck_assert_int_gt(wait(&status), 0); /* the orphan; its task has not come to an end */
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_int_eq(close(task[1]), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("proofs");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_what_is_as_expected_says_nothing);
	tcase_add_test(tcase, test_what_does_not_alert_is_named);
	tcase_add_test(tcase, test_what_is_no_capture_is_named);
	tcase_add_test(tcase, test_one_takes_too_long);
	tcase_add_test(tcase, test_all_take_too_long);
	tcase_add_test(tcase, test_no_time_is_not_begun);
	tcase_add_test(tcase, test_it_ends_with_its_parent);
	return unit_main("ids proofs", tcase);
}
