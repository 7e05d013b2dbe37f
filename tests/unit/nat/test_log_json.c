/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines of JSON: what each event says, rotation, files that are none, a full disk. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

#include "log_bed.h"
#include "unit.h"

#define T "{\"time\":\"2026-11-21T10:47:20.123Z\",\"event\":"
#define I ",\"instance\":\"cgn\""
#define IT I ",\"tenant\":\"green\""
#define IN4 ",\"inside\":\"10.0.0.1\""
#define IN6 ",\"inside\":\"2001:db8::1\""
#define OUT ",\"outside\":\"192.0.2.1\""
#define P ",\"inside_port\":1000"
#define Q ",\"outside_port\":2000,\"protocol\":6"
#define FAR ",\"far\":\"203.0.113.9\",\"far_port\":8080"
#define BLOCK ",\"first_port\":1024,\"last_port\":1087"

static const char *const lines[] = {
	T "\"session-created\"" IT IN4 P OUT Q ",\"remote\":\"198.51.100.1\",\"remote_port\":80" FAR
	  "}\n",
	T "\"session-deleted\"" IT IN6 P OUT Q
	  ",\"remote\":\"64:ff9b::c633:6401\",\"remote_port\":80" FAR "}\n",
	T "\"mapping-created\"" IT IN4 P OUT Q "}\n",
	T "\"mapping-deleted\"" IT IN6 P OUT Q "}\n",
	T "\"block-allocated\"" IT IN4 OUT BLOCK "}\n",
	T "\"block-released\"" IT IN6 OUT BLOCK "}\n",
	T "\"binding-created\"" IT IN4 OUT "}\n",
	T "\"binding-deleted\"" IT IN6 OUT "}\n",
	T "\"addresses-exhausted\"" I ",\"pool\":\"big\",\"suppressed\":0}\n",
	T "\"ports-exhausted\"" I ",\"pool\":\"big\"" OUT ",\"protocol\":17,\"suppressed\":41}\n",
	T "\"quota-exceeded\"" IT IN4 OUT ",\"quota\":\"user\",\"limit\":500,\"suppressed\":0}\n",
	T "\"quota-exceeded\"" IT IN6 OUT ",\"quota\":\"user\",\"limit\":501,\"suppressed\":0}\n",
	T "\"quota-exceeded\"" I ",\"quota\":\"sessions\",\"limit\":502,\"suppressed\":0}\n",
	T "\"quota-exceeded\"" I ",\"quota\":\"mappings\",\"limit\":503,\"suppressed\":0}\n",
	T "\"quota-exceeded\"" I ",\"quota\":\"hosts\",\"limit\":504,\"suppressed\":0}\n",
};

static char folder[] = "/tmp/waypoint-json-XXXXXX";
static char path[64], path_b[64];

static void
set_up(void)
{
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/nat.jsonl", folder);
	snprintf(path_b, sizeof(path_b), "%s/nat.jsonl.1", folder);
}

static void
tear_down(void)
{
	unlink(path);
	unlink(path_b);
	ck_assert_int_eq(rmdir(folder), 0);
}

static struct nat_log_target
target(void)
{
	return (struct nat_log_target){
		.to = NAT_LOG_JSON, .events = NAT_LOG_SESSIONS, .path = path};
}

/** @return a file's text; static memory. */
static const char *
read_all(const char *name)
{
	static char text[1 << 20];
	FILE *file = fopen(name, "r");
	size_t n;

	ck_assert_ptr_nonnull(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	return text;
}

START_TEST(test_each_event_is_a_line)
{
	struct nat_log_target to = target();
	struct log_bed bed;
	struct stat is;

	bed_open(&bed, &to);
	bed_put(&bed, &bed_events[_i]);
	bed_tick(&bed, 10);
	ck_assert_str_eq(read_all(path), lines[_i]);
	ck_assert_uint_eq(bed.counts[NAT_LOG_WRITTEN], 1);
	bed_close(&bed);
	ck_assert_str_eq(read_all(path), lines[_i]);
	ck_assert_int_eq(stat(path, &is), 0);
	ck_assert_uint_eq(is.st_mode & 07777, 0640);
}
END_TEST

START_TEST(test_shares_are_a_line)
{
	struct nat_event event = {.kind = NAT_SHARES_SET,
				  .version = 4,
				  .tenant = 2,
				  .pool = 1,
				  .inside = {10, 0, 0, 0},
				  .outside = {192, 0, 2, 1},
				  .first_port = 1024,
				  .last_port = 1983,
				  .limit = 256,
				  .suppressed = 64};
	struct nat_log_target to = target();
	const struct wp_list list = {.items = &to, .n = 1};
	struct log_bed bed;

	bed_open(&bed, &to);
	bed_put(&bed, &event);
	bed_close(&bed);
	ck_assert_str_eq(read_all(path),
			 T "\"shares-set\"" IT ",\"pool\":\"big\",\"inside\":\"10.0.0.0\"" OUT
			   ",\"first_port\":1024,\"last_port\":1983,\"hosts\":256,"
			   "\"hosts_per_address\":64}\n");
	to.to = NAT_LOG_IPFIX_UDP; /* which has no such record */
	ck_assert_uint_eq(nat_log_kinds(&list) >> NAT_SHARES_SET, 0);
}
END_TEST

START_TEST(test_blocks_leaves_sessions_out)
{
	struct nat_log_target to = target();
	const struct wp_list list = {.items = &to, .n = 1};
	struct log_bed bed;

	ck_assert_uint_eq(nat_log_kinds(&list), (1u << NAT_N_EVENTS) - 1);
	to.events = NAT_LOG_BLOCKS;
	ck_assert_uint_eq(nat_log_kinds(&list), ((1u << NAT_N_EVENTS) - 1) & ~0xfu);
	bed_open(&bed, &to);
	for (unsigned int i = 0; bed_events[i].kind != NAT_N_EVENTS; i++)
		bed_put(&bed, &bed_events[i]);
	bed_close(&bed);
	ck_assert_ptr_null(strstr(read_all(path), "session-"));
	ck_assert_ptr_null(strstr(read_all(path), "mapping-"));
	ck_assert_uint_eq(bed.counts[NAT_LOG_WRITTEN], ROWS(lines) - 4);
}
END_TEST

START_TEST(test_rotated_file_is_left_and_a_new_one_made)
{
	struct nat_log_target to = target();
	struct log_bed bed;

	bed_open(&bed, &to);
	bed_put(&bed, &bed_events[0]);
	bed_tick(&bed, 10);
	ck_assert_int_eq(rename(path, path_b), 0);
	bed_put(&bed, &bed_events[4]);
	bed_tick(&bed, 10); /* still into the old one */
	bed_tick(&bed, 1000);
	bed_put(&bed, &bed_events[6]);
	bed_close(&bed);
	ck_assert_str_eq(read_all(path), lines[6]);
	ck_assert_ptr_nonnull(strstr(read_all(path_b), lines[4]));
	ck_assert_uint_eq(bed.counts[NAT_LOG_WRITTEN], 3);
	ck_assert_uint_eq(bed.counts[NAT_LOG_CONNECTS], 1);
}
END_TEST

START_TEST(test_what_was_there_is_kept)
{
	struct nat_log_target to = target();
	struct log_bed bed;
	FILE *file = fopen(path, "w");

	fputs("before\n", file);
	fclose(file);
	bed_open(&bed, &to);
	bed_put(&bed, &bed_events[0]);
	bed_close(&bed);
	ck_assert_int_eq(strncmp(read_all(path), "before\n", 7), 0);
	ck_assert_str_eq(read_all(path) + 7, lines[0]);
}
END_TEST

START_TEST(test_links_and_pipes_are_refused)
{
	struct nat_log_target to = target();
	const struct wp_list list = {.items = &to, .n = 1};
	struct nat_log *log = NULL;
	char want[160];

	ck_assert_int_eq(symlink(path_b, path), 0);
	ck_assert_int_eq(nat_log_open(NULL, "log", &list, NULL, &log), -ELOOP);
	snprintf(want, sizeof(want), "log/0: path: %s: is a symbolic link: name the file itself",
		 path);
	ck_assert_str_eq(bed_refusal(), want);
	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_lt(nat_log_open(NULL, "log", &list, NULL, &log), 0);
	ck_assert_ptr_null(log);
}
END_TEST

START_TEST(test_link_put_in_the_files_place_is_not_followed)
{
	struct nat_log_target to = target();
	struct log_bed bed;

	bed_open(&bed, &to);
	unlink(path);
	ck_assert_int_eq(symlink(path_b, path), 0);
	bed_tick(&bed, 2000);
	bed_put(&bed, &bed_events[0]);
	bed_tick(&bed, 2000);
	ck_assert_int_ne(access(path_b, F_OK), 0);
	bed_close(&bed);
	ck_assert_uint_eq(bed.counts[NAT_LOG_LOST], 1);
}
END_TEST

START_TEST(test_full_disk_loses_whole_lines_and_counts_them)
{
	struct rlimit limit = {.rlim_cur = 1000, .rlim_max = RLIM_INFINITY};
	struct nat_log_target to = target();
	unsigned int n = 0, put = 5000;
	struct log_bed bed;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	bed_open(&bed, &to);
	for (unsigned int i = 0; i < put; i++)
		bed_put(&bed, &bed_events[0]);
	bed_tick(&bed, 10);
	ck_assert_uint_gt(bed.counts[NAT_LOG_LOST], 0);
	limit.rlim_cur = RLIM_INFINITY; /* somebody has made room */
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	bed_tick(&bed, 10);
	bed_close(&bed);
	ck_assert_uint_eq(bed.counts[NAT_LOG_LOST] + bed.counts[NAT_LOG_WRITTEN], put);
	for (const char *at = read_all(path); *at != '\0'; at += strlen(lines[0]), n++)
		ck_assert_int_eq(strncmp(at, lines[0], strlen(lines[0])), 0);
	ck_assert_uint_eq(n, bed.counts[NAT_LOG_WRITTEN]);
}
END_TEST

START_TEST(test_configuration_without_a_place_is_refused)
{
	struct nat_log_target to = {.to = NAT_LOG_JSON, .path = "nat.jsonl"};
	const struct wp_list list = {.items = &to, .n = 1};

	ck_assert_int_eq(nat_log_check(NULL, "log", &list), -EINVAL);
	ck_assert_str_eq(bed_refusal(),
			 "log/0/path: path: a json target needs an absolute file name");
	to.to = NAT_LOG_IPFIX_TCP;
	ck_assert_int_eq(nat_log_check(NULL, "log", &list), -EINVAL);
	ck_assert_str_eq(bed_refusal(),
			 "log/0/host: host: an ipfix target needs the collector's address");
}
END_TEST

START_TEST(test_log_is_kept_when_its_targets_are_the_same)
{
	struct nat_log_target to[2] = {target(), target()};
	struct wp_list list = {.items = to, .n = 1};
	struct nat_log *other = NULL;
	struct log_bed bed;

	bed_open(&bed, &to[0]);
	ck_assert_int_eq(nat_log_open(NULL, "log", &list, bed.log, &other), 0);
	ck_assert_ptr_eq(other, bed.log);
	list.n = 2;
	ck_assert_int_eq(nat_log_open(NULL, "log", &list, bed.log, &other), 0);
	ck_assert_ptr_ne(other, bed.log);
	nat_log_close(other, bed.counts);
	list.n = 0;
	other = NULL;
	ck_assert_int_eq(nat_log_open(NULL, "log", &list, bed.log, &other), 0);
	ck_assert_ptr_null(other);
	bed_close(&bed);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("json");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, test_each_event_is_a_line, 0, ROWS(lines));
	tcase_add_test(tcase, test_shares_are_a_line);
	tcase_add_test(tcase, test_blocks_leaves_sessions_out);
	tcase_add_test(tcase, test_rotated_file_is_left_and_a_new_one_made);
	tcase_add_test(tcase, test_what_was_there_is_kept);
	tcase_add_test(tcase, test_links_and_pipes_are_refused);
	tcase_add_test(tcase, test_link_put_in_the_files_place_is_not_followed);
	tcase_add_test(tcase, test_full_disk_loses_whole_lines_and_counts_them);
	tcase_add_test(tcase, test_configuration_without_a_place_is_refused);
	tcase_add_test(tcase, test_log_is_kept_when_its_targets_are_the_same);
	return unit_main("nat log json", tcase);
}
