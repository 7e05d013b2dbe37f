/* SPDX-License-Identifier: BSD-3-Clause */
/* See runner.h. */

#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct requirement *const groups[] = {requirements_rfc4787, requirements_rfc5382,
						   requirements_rfc5508, requirements_rfc6888,
						   requirements_rfc7857, requirements_other};

const struct requirement *
runner_at(int wanted)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		for (const struct requirement *row = groups[i]; row->name != NULL; row++)
			if (wanted-- == 0)
				return row;
	return NULL;
}

int
runner_count(void)
{
	int n = 0;

	while (runner_at(n) != NULL)
		n++;
	return n;
}

const struct requirement *
runner_find(const char *name)
{
	const struct requirement *row;

	for (int i = 0; (row = runner_at(i)) != NULL; i++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

static void
configure(const struct requirement *row, struct model_config *config)
{
	config_common(config);
	if (row->configure != NULL)
		row->configure(config);
}

const char *
runner_skips(const struct nat_product *product, const struct requirement *row)
{
	struct model_config config;

	if (row->run == NULL)
		return "elsewhere";
	configure(row, &config);
	return product->lacks == NULL ? NULL : product->lacks(&config);
}

void
runner_run(const struct nat_product *product, const struct requirement *row)
{
	struct model_config config;
	struct bench *bench;

	if (runner_skips(product, row) != NULL)
		return;
	configure(row, &config);
	bench = bench_open(product, &config);
	row->run(bench);
	bench_close(bench);
}

int
runner_list(const struct nat_product *product)
{
	const struct requirement *row;

	for (int i = 0; (row = runner_at(i)) != NULL; i++) {
		const char *why = runner_skips(product, row);

		printf("%s\t%s\t%s\n", row->name,
		       why == NULL        ? "tested"
		       : row->run == NULL ? "elsewhere"
					  : "skipped",
		       row->text);
		if (why != NULL && row->run != NULL)
			printf("\t\t(%s)\n", why);
	}
	return EXIT_SUCCESS;
}
