/* SPDX-License-Identifier: BSD-3-Clause */
/* From text to a document that is checked as far as it can be without services. */

#include "pe/document.h"

#include <errno.h>
#include <stdlib.h>

#include "conf/conf.h"
#include "pe/document_check.h"
#include "pe/document_fields.h"

/** Gives the lists their types. */
static void
name_lists(struct document *document)
{
	document->cores = document->workers.core_list.items;
	document->n_cores = document->workers.core_list.n;
	document->modules = document->module_list.items;
	document->n_modules = document->module_list.n;
	document->ports = document->port_list.items;
	document->n_ports = document->port_list.n;
	document->tenants = document->tenant_list.items;
	document->n_tenants = document->tenant_list.n;
	document->tables = document->table_list.items;
	document->n_tables = document->table_list.n;
	document->instances = document->instance_list.items;
	document->n_instances = document->instance_list.n;
	document->paths = document->path_list.items;
	document->n_paths = document->path_list.n;
	for (uint32_t i = 0; i < document->n_paths; i++) {
		document->paths[i].steps = document->paths[i].step_list.items;
		document->paths[i].n_steps = document->paths[i].step_list.n;
	}
}
static int
fill(struct document *document, struct document_error *error)
{
	struct wp_conf_error conf_error = {
		.path = error->path,
		.path_size = sizeof(error->path),
		.message = error->message,
		.message_size = sizeof(error->message),
	};
	int err = wp_conf_fill(document_fields, document->root, "", document->arena, document,
			       &conf_error);

	if (err == 0)
		name_lists(document);
	return err;
}

static int
load(struct document *document, const char *text, size_t size, struct document_error *error)
{
	if (size > DOCUMENT_SIZE_MAX)
		return document_refuse(error, -EINVAL, "", "is larger than %u bytes",
				       DOCUMENT_SIZE_MAX);
	document->root = wp_conf_load(text, size, DOCUMENT_DEPTH_MAX, error->message,
				      sizeof(error->message), &error->line, &error->column);
	return document->root == NULL ? -errno : 0;
}

int
document_parse(const char *text, size_t size, struct document **document,
	       struct document_error *error)
{
	struct document *new = calloc(1, sizeof(*new));
	int err = -ENOMEM;

	*error = (struct document_error){0};
	if (new != NULL && (new->arena = wp_arena_create()) != NULL)
		err = load(new, text, size, error);
	if (err == 0)
		err = fill(new, error);
	if (err == 0)
		err = document_check(new, error);
	if (err == 0) {
		*document = new;
		return 0;
	}
	if (err == -ENOMEM)
		document_say(error, "", "no memory");
	document_destroy(new);
	return err;
}

struct document *
document_share(struct document *document)
{
	document->shares++;
	return document;
}

void
document_destroy(struct document *document)
{
	if (document == NULL)
		return;
	if (document->shares != 0) {
		document->shares--;
		return;
	}
	json_decref(document->root);
	wp_arena_destroy(document->arena);
	free(document);
}
