/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The scenarios of all requirements with the service nat. --list prints which there are, and which
 * are skipped for what it cannot be configured to; --markdown prints docs/nat-conformance.md.
 */

#include <string.h>

#include "markdown.h"
#include "product.h"
#include "runner.h"
#include "unit.h"

START_TEST(test_requirement)
{
	runner_run(&nat_service, runner_at(_i));
}
END_TEST

START_TEST(test_what_the_document_claims_is_shown)
{
	for (const struct clause *clause = clauses; clause->asks != NULL; clause++) {
		const char *fault =
			clause->id == NULL ? NULL : markdown_fault(&nat_service, clause);

		ck_assert_msg(fault == NULL, "%s, %s: %s", clause->id, clause->asks, fault);
	}
}
END_TEST

START_TEST(test_each_scenario_is_in_the_document)
{
	const char *name = runner_at(_i)->name;

	ck_assert_msg(markdown_mentions(name), "%s is not", name);
}
END_TEST

int
main(int argc, char **argv)
{
	TCase *tcase;

	if (argc > 1 && strcmp(argv[1], "--list") == 0)
		return runner_list(&nat_service);
	if (argc > 1 && strcmp(argv[1], "--markdown") == 0)
		return markdown_print(&nat_service);
	tcase = tcase_create("conformance");
	tcase_add_loop_test(tcase, test_requirement, 0, runner_count());
	tcase_add_loop_test(tcase, test_each_scenario_is_in_the_document, 0, runner_count());
	tcase_add_test(tcase, test_what_the_document_claims_is_shown);
	return unit_main("nat conformance", tcase);
}
