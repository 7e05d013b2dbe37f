/* SPDX-License-Identifier: BSD-3-Clause */
/* The scenarios of all requirements with the service nat. --list prints which there are, and which
 * are skipped for what it cannot be configured to. */

#include <string.h>

#include "product.h"
#include "runner.h"
#include "unit.h"

START_TEST(test_requirement)
{
	runner_run(&nat_service, runner_at(_i));
}
END_TEST

int
main(int argc, char **argv)
{
	TCase *tcase;

	if (argc > 1 && strcmp(argv[1], "--list") == 0)
		return runner_list(&nat_service);
	tcase = tcase_create("conformance");
	tcase_add_loop_test(tcase, test_requirement, 0, runner_count());
	return unit_main("nat conformance", tcase);
}
