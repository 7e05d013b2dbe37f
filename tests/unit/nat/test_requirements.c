/* SPDX-License-Identifier: BSD-3-Clause */
/* The scenarios of all requirements, here with the model as the NAT. --list prints what they are.
 */

#include <stdio.h>
#include <string.h>

#include "requirements.h"
#include "unit.h"

static const struct requirement *const groups[] = {requirements_rfc4787, requirements_rfc5382,
						   requirements_rfc5508, requirements_rfc6888,
						   requirements_rfc7857, requirements_other};

static int
count(void)
{
	int n = 0;

	for (int i = 0; i < ROWS(groups); i++)
		for (const struct requirement *row = groups[i]; row->name != NULL; row++)
			n++;
	return n;
}

static const struct requirement *
at(int wanted)
{
	for (int i = 0; i < ROWS(groups); i++)
		for (const struct requirement *row = groups[i]; row->name != NULL; row++)
			if (wanted-- == 0)
				return row;
	return NULL;
}

START_TEST(test_requirement)
{
	const struct requirement *row = at(_i);
	struct model_config config;
	struct bench *bench;

	if (row->run == NULL)
		return;
	config_common(&config);
	if (row->configure != NULL)
		row->configure(&config);
	bench = bench_open(&bench_model, &config);
	ck_assert_ptr_nonnull(bench);
	row->run(bench);
	bench_close(bench);
}
END_TEST

static int
list(void)
{
	for (int i = 0; i < count(); i++)
		printf("%s\t%s\t%s\n", at(i)->name, at(i)->run != NULL ? "tested" : "elsewhere",
		       at(i)->text);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	TCase *tcase;

	if (argc > 1 && strcmp(argv[1], "--list") == 0)
		return list();
	tcase = tcase_create("requirements");
	tcase_add_loop_test(tcase, test_requirement, 0, count());
	return unit_main("nat requirements", tcase);
}
