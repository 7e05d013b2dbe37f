/* SPDX-License-Identifier: BSD-3-Clause */
/* All modules of a folder, in one schema. */

#include "pe/schema.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pe/document.h"
#include "pe/registry.h"
#include "stream/stream.h"

enum { SERVICES_MAX = 256 };

static int
not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/** @return whether a folder's entry is a module: NAME.so as installed, or a folder NAME with it as
 * built. Cuts the ending off. */
static bool
module_name(const char *dir, char *name)
{
	char file[PATH_MAX];
	size_t n = strlen(name);

	if (n > 3 && strcmp(name + n - 3, ".so") == 0) {
		name[n - 3] = '\0';
		return true;
	}
	snprintf(file, sizeof(file), "%s/%s/%s.so", dir, name, name);
	return access(file, F_OK) == 0;
}

/** Loads what loads; the others are named on stderr. @return how many services there are */
static unsigned int
load_all(struct registry *registry, const char *dir, const struct wp_service **services)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, not_hidden, alphasort);
	unsigned int n_services = 0;

	for (int i = 0; i < n; i++) {
		char message[512];

		if (!module_name(dir, entries[i]->d_name))
			; /* something else */
		else if (n_services == SERVICES_MAX)
			fprintf(stderr, "waypointd: %s: more than %d modules\n", dir, SERVICES_MAX);
		else if (registry_load(registry, entries[i]->d_name, &services[n_services], message,
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
	const struct wp_service *services[1 + SERVICES_MAX];
	struct registry *registry;
	char *text;
	int err = registry_create(dir, &registry);

	if (err != 0)
		return err;
	services[0] = &stream_service;
	text = document_schema(services, 1 + load_all(registry, dir, services + 1));
	if (text != NULL)
		puts(text);
	else
		err = -ENOMEM;
	free(text);
	registry_destroy(registry);
	return err;
}
