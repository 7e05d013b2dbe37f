/* SPDX-License-Identifier: BSD-3-Clause */
/* See ask.h. */

#include "pe/ask.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pe/epoch.h"

enum { ANSWER_MAX = 1 << 16 };

/** Prints an answer line by line. */
static void
print(const char *name, char *answer)
{
	char *rest = answer;

	for (char *line = strtok_r(answer, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		printf("%s: %s\n", name, line);
}

int
ask_print(const struct pe *pe, const char *question)
{
	const struct wp_epoch *epoch = pe->current;
	static char answer[ANSWER_MAX];
	int result = -EINVAL;

	for (uint32_t i = 0; i < epoch->n_instances; i++) {
		const struct instance *instance = &epoch->instances[i];
		int n = instance->service->ask == NULL
				? -EINVAL
				: instance->service->ask(instance->inst, question, answer,
							 sizeof(answer));

		if (n >= 0 && result != 0)
			result = n > 0 ? 0 : -ENOENT;
		if (n > 0)
			print(instance->name, answer);
	}
	if (result == -EINVAL)
		fprintf(stderr,
			"waypointd: no instance understands '%s' ('help' says what can be asked)\n",
			question);
	else if (result != 0)
		fprintf(stderr, "waypointd: the document alone tells nothing of '%s'\n", question);
	return result;
}
