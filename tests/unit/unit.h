/* SPDX-License-Identifier: BSD-3-Clause */
/* What every unit test's main() does. */

#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

#define ROWS(TABLE) ((int)(sizeof(TABLE) / sizeof((TABLE)[0])))

/** Runs one test case; prints Check's closing line. @return the exit status */
static inline int
unit_main(const char *name, TCase *tcase)
{
	Suite *suite = suite_create(name);
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
