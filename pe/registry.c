/* SPDX-License-Identifier: BSD-3-Clause */
/* Loads service modules; each way to be refused has its own message. */

#include "pe/registry.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pe/contract.h"
#include "pe/elf_check.h"
#include "say.h"

struct module {
	struct module *next;
	char *file;
	void *handle;
	const struct wp_service *service;
	struct stat seen;     /* the file when it was loaded */
	unsigned int version; /* how many of that file name were loaded before */
};

struct registry {
	char *dir;
	struct module *modules;
};

int
registry_create(const char *dir, struct registry **registry)
{
	struct registry *new = calloc(1, sizeof(*new));

	if (new == NULL || (new->dir = strdup(dir)) == NULL) {
		free(new);
		return -ENOMEM;
	}
	*registry = new;
	return 0;
}

static void
module_destroy(struct module *module)
{
#ifndef WP_SANITIZE
	if (module->handle != NULL)
		dlclose(module->handle);
#endif
	free(module->file);
	free(module);
}

void
registry_destroy(struct registry *registry)
{
	if (registry == NULL)
		return;
	while (registry->modules != NULL) {
		struct module *next = registry->modules->next;

		module_destroy(registry->modules);
		registry->modules = next;
	}
	free(registry->dir);
	free(registry);
}

/** Names a file so that the loader does not take it for the one of that name that it has: a version
 * has so many "./" in front of its last part. */
static void
name_version(const char *file, unsigned int version, char *name, size_t size)
{
	const char *slash = strrchr(file, '/');
	size_t n = (size_t)(slash == NULL ? 0 : slash - file + 1);

	snprintf(name, size, "%.*s", (int)n, file);
	for (n = strlen(name); version != 0 && n + 2 < size; version--, n += 2)
		strcpy(name + n, "./");
	snprintf(name + n, size - n, "%s", slash == NULL ? file : slash + 1);
}

static int
open_module(const char *file, struct module *module, char *message, size_t size)
{
	int err = elf_check(file, message, size);
	char name[PATH_MAX];

	if (err != 0)
		return err;
	name_version(file, module->version, name, sizeof(name));
	module->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (module->handle == NULL)
		return wp_say(message, size, -EINVAL, "%s: cannot be loaded: %s", file, dlerror());
	module->service = dlsym(module->handle, "wp_service");
	if (module->service == NULL)
		return wp_say(message, size, -EINVAL,
			      "%s: exports no wp_service; is it a service, and is the constant not "
			      "static?",
			      file);
	return contract_check(module->service, file, message, size);
}

/** A module is DIR/NAME.so as installed, DIR/NAME/NAME.so as built. */
static void
find_file(const char *dir, const char *name, char *file, size_t size)
{
	snprintf(file, size, "%s/%s/%s.so", dir, name, name);
	if (access(file, F_OK) != 0)
		snprintf(file, size, "%s/%s.so", dir, name);
}

/** @return whether a module's file is another one now, which has taken its place. */
static bool
is_replaced(const struct module *module)
{
	struct stat now;

	return stat(module->file, &now) == 0 &&
	       (now.st_dev != module->seen.st_dev || now.st_ino != module->seen.st_ino);
}

/** @return the newest module of a file, or NULL. */
static const struct module *
find_module(const struct registry *registry, const char *file)
{
	for (const struct module *module = registry->modules; module != NULL; module = module->next)
		if (strcmp(module->file, file) == 0)
			return module;
	return NULL;
}

int
registry_load(struct registry *registry, const char *name, const struct wp_service **service,
	      char *message, size_t message_size)
{
	const char *slash = strchr(name, '/');
	const struct module *known;
	char file[PATH_MAX];
	struct module *new;
	int err;

	if (slash != NULL)
		snprintf(file, sizeof(file), "%s", name);
	else
		find_file(registry->dir, name, file, sizeof(file));
	known = find_module(registry, file);
	if (known != NULL && !is_replaced(known)) {
		*service = known->service;
		return 0;
	}
	if (slash == NULL && access(file, F_OK) != 0)
		return wp_say(message, message_size, -ENOENT,
			      "%s: No such file; a module of your own is given with a '/': ./%s",
			      file, name);
	new = calloc(1, sizeof(*new));
	if (new == NULL || (new->file = strdup(file)) == NULL) {
		free(new);
		return -ENOMEM;
	}
	stat(file, &new->seen);
	new->version = known == NULL ? 0 : known->version + 1;
	err = open_module(file, new, message, message_size);
	if (err == 0 && slash == NULL && strcmp(new->service->name, name) != 0)
		err = wp_say(message, message_size, -EINVAL,
			     "%s: its service calls itself '%s', not '%s'", file,
			     new->service->name, name);
	if (err != 0) {
		module_destroy(new);
		return err;
	}
	new->next = registry->modules;
	registry->modules = new;
	*service = new->service;
	return 0;
}

const char *
registry_changed(const struct registry *registry)
{
	for (const struct module *module = registry->modules; module != NULL;
	     module = module->next) {
		struct stat now;

		if (stat(module->file, &now) == 0 && now.st_dev == module->seen.st_dev &&
		    now.st_ino == module->seen.st_ino &&
		    (now.st_size != module->seen.st_size ||
		     now.st_mtim.tv_sec != module->seen.st_mtim.tv_sec ||
		     now.st_mtim.tv_nsec != module->seen.st_mtim.tv_nsec))
			return module->file;
	}
	return NULL;
}
