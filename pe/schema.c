/* SPDX-License-Identifier: BSD-3-Clause */
/* All modules of a folder, in one schema. */

#include "pe/schema.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pe/document.h"
#include "pe/registry.h"

enum { SERVICES_MAX = 256 };

static int
is_module(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 3 && strcmp(entry->d_name + n - 3, ".so") == 0;
}

/** Loads what loads; the others are named on stderr. @return how many services there are */
static unsigned int
load_all(struct registry *registry, const char *dir, const struct wp_service **services)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_module, alphasort);
	unsigned int n_services = 0;

	for (int i = 0; i < n; i++) {
		char file[PATH_MAX + NAME_MAX], message[512];

		snprintf(file, sizeof(file), "%s/%s", dir, entries[i]->d_name);
		if (n_services == SERVICES_MAX)
			fprintf(stderr, "waypointd: %s: more than %d modules\n", file,
				SERVICES_MAX);
		else if (registry_load(registry, file, &services[n_services], message,
				       sizeof(message)) == 0)
			n_services++;
		else
			fprintf(stderr, "waypointd: %s\n", message);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return n_services;
}

int
schema_print(const char *dir)
{
	const struct wp_service *services[SERVICES_MAX];
	struct registry *registry;
	char *text;
	int err = registry_create(dir, &registry);

	if (err != 0)
		return err;
	text = document_schema(services, load_all(registry, dir, services));
	if (text != NULL)
		puts(text);
	else
		err = -ENOMEM;
	free(text);
	registry_destroy(registry);
	return err;
}
