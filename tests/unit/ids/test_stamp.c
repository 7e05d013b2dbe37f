/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/stamp.c: by which files a set of rules is known. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "conf.h"
#include "stamp.h"
#include "unit.h"

enum { FILES = 6, NAME_SIZE = 64 };

static char folder[32];
static char names[FILES][NAME_SIZE];
static const char *rules[2];
static struct ids_conf conf;

/** Puts another file in place of one. */
static void
replace(const char *name)
{
	char new[NAME_SIZE + 4];
	FILE *file;

	snprintf(new, sizeof(new), "%s.new", name);
	file = fopen(new, "w");
	ck_assert_ptr_nonnull(file);
	fputs("#\n", file);
	fclose(file);
	ck_assert_int_eq(rename(new, name), 0);
}

static void
set_up(void)
{
	snprintf(folder, sizeof(folder), "/tmp/wp-stamp-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	for (unsigned int i = 0; i < FILES; i++) {
		snprintf(names[i], NAME_SIZE, "%s/%u", folder, i);
		replace(names[i]);
	}
	rules[0] = names[0];
	rules[1] = names[1];
	conf = (struct ids_conf){.rules = {rules, 2},
				 .thresholds = names[2],
				 .classification = names[3],
				 .references = names[4],
				 .geo = names[5]};
}

static void
tear_down(void)
{
	for (unsigned int i = 0; i < FILES; i++)
		unlink(names[i]);
	rmdir(folder);
}

START_TEST(test_another_file_is_another_stamp)
{
	uint64_t stamp = stamp_of(&conf);

	ck_assert_uint_eq(stamp_of(&conf), stamp);
	replace(names[_i]);
	ck_assert_uint_ne(stamp_of(&conf), stamp);
}
END_TEST

START_TEST(test_a_file_that_goes_is_another_stamp)
{
	uint64_t stamp = stamp_of(&conf);

	unlink(names[_i]);
	ck_assert_uint_ne(stamp_of(&conf), stamp);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("stamp");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, test_another_file_is_another_stamp, 0, FILES);
	tcase_add_loop_test(tcase, test_a_file_that_goes_is_another_stamp, 0, FILES);
	return unit_main("ids_stamp", tcase);
}
