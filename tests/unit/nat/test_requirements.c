/* SPDX-License-Identifier: BSD-3-Clause */
/* The scenarios of all requirements, here with the model as the NAT. --list prints what they are.
 */

#include <string.h>

#include "runner.h"
#include "unit.h"

START_TEST(test_requirement)
{
	runner_run(&bench_model, runner_at(_i));
}
END_TEST

int
main(int argc, char **argv)
{
	TCase *tcase;

	if (argc > 1 && strcmp(argv[1], "--list") == 0)
		return runner_list(&bench_model);
	tcase = tcase_create("requirements");
	tcase_add_loop_test(tcase, test_requirement, 0, runner_count());
	return unit_main("nat requirements", tcase);
}
