/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads files of rules and tells what is wrong with them: rule_list [-q] [-n NAME=TEXT]... FILE...
 * -q: only counts; -n: a variable; -o: the sids of good rules in the order they are asked. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rule/set.h"
#include "rule/vars.h"

/** Sets a variable from "NAME=TEXT". */
static bool
set_var(struct vars *vars, char *pair)
{
	char *text = strchr(pair, '=');

	if (text == NULL)
		return false;
	*text++ = '\0';
	return vars_set(vars, pair, text) == 0;
}

static void
print(const struct rule_set *set, bool quiet, bool order)
{
	for (uint32_t i = 0; !quiet && i < set->n_faults; i++) {
		const struct rule_fault *fault = &set->faults[i];

		printf("%s:%u:%u: sid %u: %s%s%s%s\n", fault->file, fault->line, fault->column,
		       fault->sid, fault->why, fault->hint[0] == '\0' ? "" : " (", fault->hint,
		       fault->hint[0] == '\0' ? "" : ")");
	}
	for (uint32_t i = 0; order && i < set->n; i++)
		printf("%u\n", set->rules[i]->sid);
	printf("%u good, %u faults, %u skipped, %u data, %u flowbits\n", set->n, set->n_faults,
	       set->n_skipped, set->n_data, rule_set_names(set, 0));
}

static int
read_files(const struct vars *vars, char **files, int n, bool quiet, bool order)
{
	struct rule_set_conf conf = {.vars = vars};
	struct rule_set *set;
	int err = rule_set_create(&conf, &set);

	if (err != 0)
		return err;
	for (int i = 0; i < n; i++)
		rule_set_read(set, files[i]);
	err = rule_set_finish(set);
	print(set, quiet, order);
	rule_set_destroy(set);
	return err;
}

int
main(int argc, char **argv)
{
	struct vars *vars = vars_create();
	bool quiet = false, order = false;
	int option, err = 0;

	if (vars == NULL || vars_defaults(vars) != 0)
		return EXIT_FAILURE;
	while (err == 0 && (option = getopt(argc, argv, "qon:")) != -1) {
		if (option == 'q')
			quiet = true;
		else if (option == 'o')
			order = true;
		else if (option != 'n' || !set_var(vars, optarg))
			err = 2;
	}
	if (err == 0)
		err = read_files(vars, argv + optind, argc - optind, quiet, order) != 0;
	vars_destroy(vars);
	return err;
}
