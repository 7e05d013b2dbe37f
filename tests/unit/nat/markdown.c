/* SPDX-License-Identifier: BSD-3-Clause */
/* See markdown.h. */

#include "markdown.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner.h"

enum { NAME_MAX_SIZE = 64 };

static const char *const standings[] = {[HOLDS] = "holds",
					[IN_PART] = "in part",
					[LACKS] = "**does not hold**",
					[NOT_OURS] = "not applicable"};

/** Takes the next name of a list. @return whether there was one */
static bool
next_name(const char **at, char name[NAME_MAX_SIZE])
{
	size_t n;

	*at += strspn(*at, " ");
	n = strcspn(*at, " ");
	if (n == 0 || n >= NAME_MAX_SIZE)
		return false;
	memcpy(name, *at, n);
	name[n] = '\0';
	*at += n;
	return true;
}

static bool
is_file(const char *name)
{
	return strchr(name, '/') != NULL;
}

const char *
markdown_fault(const struct nat_product *product, const struct clause *clause)
{
	const char *at = clause->tests;
	char name[NAME_MAX_SIZE];
	bool shown = false;

	while (next_name(&at, name)) {
		const struct requirement *row = is_file(name) ? NULL : runner_find(name);

		if (!is_file(name) && row == NULL)
			return "names a scenario that there is not";
		shown |= row == NULL || runner_skips(product, row) == NULL;
	}
	if (*at != '\0')
		return "has a name that is too long";
	if (clause->standing == HOLDS && !shown && clause->note[0] == '\0')
		return "holds, and nothing shows it";
	return clause->standing != HOLDS && clause->note[0] == '\0' ? "does not say why" : NULL;
}

bool
markdown_mentions(const char *scenario)
{
	char name[NAME_MAX_SIZE];

	for (const struct clause *clause = clauses; clause->asks != NULL; clause++) {
		const char *at = clause->tests;

		while (at != NULL && next_name(&at, name))
			if (strcmp(name, scenario) == 0)
				return true;
	}
	return false;
}

static void
print_tests(const struct nat_product *product, const char *at)
{
	const char *comma = "";
	char name[NAME_MAX_SIZE];

	while (next_name(&at, name)) {
		const struct requirement *row = is_file(name) ? NULL : runner_find(name);
		const char *why = row == NULL ? NULL : runner_skips(product, row);

		if (row != NULL && row->run == NULL)
			continue; /* packets do not show it */
		printf(why == NULL ? "%s`%s`" : "%s`%s` (not run: %s)", comma, name, why);
		comma = ", ";
	}
}

static void
print_clause(const struct nat_product *product, const struct clause *clause)
{
	if (clause->id == NULL) {
		printf("\n## %s\n\n| | asks | service | tests |\n|---|---|---|---|\n",
		       clause->asks);
		return;
	}
	printf("| %s | %s | %s%s%s | ", clause->id, clause->asks, standings[clause->standing],
	       clause->note[0] == '\0' ? "" : ": ", clause->note);
	print_tests(product, clause->tests);
	printf(" |\n");
}

static void
print_sum(void)
{
	unsigned int n[sizeof(standings) / sizeof(standings[0])] = {0};

	for (const struct clause *clause = clauses; clause->asks != NULL; clause++)
		n[clause->standing] += clause->id != NULL;
	printf("Of %u: %u hold, %u in part, %u do not, %u are not applicable to a service of a "
	       "path.\n",
	       n[HOLDS] + n[IN_PART] + n[LACKS] + n[NOT_OURS], n[HOLDS], n[IN_PART], n[LACKS],
	       n[NOT_OURS]);
}

int
markdown_print(const struct nat_product *product)
{
	printf("# The service nat and the RFCs\n\n"
	       "Printed by `build/tests/unit/nat/test_conformance --markdown`, and compared with "
	       "that by `tools/test`; not to be edited.\n\n"
	       "Names without a path are scenarios of tests/unit/nat (`req_*.c`): packets in "
	       "words, whose outcome\nthe scenario judges, and besides it an executable model of "
	       "these RFCs. `meson test -C build 'nat conformance'`\nruns them with the service, "
	       "`'nat service'` compares it with the model over random traffic.\n\n");
	print_sum();
	for (const struct clause *clause = clauses; clause->asks != NULL; clause++)
		print_clause(product, clause);
	return EXIT_SUCCESS;
}
