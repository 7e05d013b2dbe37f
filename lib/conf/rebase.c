/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of files, from the folder of the document that holds them. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "conf/conf.h"

int
wp_conf_rebase_name(const char *folder, struct wp_arena *arena, const char **name)
{
	const char *below = *name;
	char whole[PATH_MAX];

	if ((*name)[0] == '\0' || (*name)[0] == '/')
		return 0;
	while (below[0] == '.' && below[1] == '/')
		below += 2;
	if ((size_t)snprintf(whole, sizeof(whole), "%s/%s", folder, below) >= sizeof(whole))
		return -ENAMETOOLONG; /* cut short it would be another file's */
	*name = wp_arena_string(arena, whole);
	return *name == NULL ? -ENOMEM : 0;
}

static int
rebase_names(const struct wp_list *list, const char *folder, struct wp_arena *arena)
{
	int err = 0;

	for (uint32_t i = 0; err == 0 && i < list->n; i++)
		err = wp_conf_rebase_name(folder, arena, &((const char **)list->items)[i]);
	return err;
}

static int
rebase_items(const struct wp_field *field, const struct wp_list *list, const char *folder,
	     struct wp_arena *arena)
{
	int err = 0;

	for (uint32_t i = 0; err == 0 && i < list->n; i++)
		err = wp_conf_rebase(field->fields, folder, arena,
				     (char *)list->items + (size_t)i * field->item_size);
	return err;
}

int
wp_conf_rebase(const struct wp_field *fields, const char *folder, struct wp_arena *arena,
	       void *filled)
{
	int err = 0;

	for (const struct wp_field *field = fields;
	     err == 0 && field != NULL && field->name != NULL; field++) {
		void *at = (char *)filled + field->offset;

		if (field->type == WP_FILE)
			err = wp_conf_rebase_name(folder, arena, at);
		else if (field->type == WP_FILE_LIST)
			err = rebase_names(at, folder, arena);
		else if (field->type == WP_LIST)
			err = rebase_items(field, at, folder, arena);
		else if (field->type == WP_OBJECT)
			err = wp_conf_rebase(field->fields, folder, arena, at);
	}
	return err;
}
