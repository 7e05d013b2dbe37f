/* SPDX-License-Identifier: BSD-3-Clause */
/* What must agree for two builds to exchange records. */

#include <string.h>

#include "pe/state_file.h"

bool
state_schema_of(const char *service, const struct wp_table_decl *decl, struct state_schema *schema)
{
	if (strlen(service) >= STATE_NAME_SIZE || strlen(decl->name) >= STATE_NAME_SIZE ||
	    decl->value_size > STATE_VALUE_MAX || decl->class == WP_COUNTER || decl->stays)
		return false;
	*schema = (struct state_schema){
		.version = decl->version,
		.value_size = decl->value_size,
		.local = decl->local,
		.class = decl->class,
		.global = decl->global != 0,
		.common = decl->common,
	};
	memcpy(schema->service, service, strlen(service));
	memcpy(schema->table, decl->name, strlen(decl->name));
	memcpy(schema->key, decl->key, sizeof(schema->key));
	memcpy(schema->key2, decl->key2, sizeof(schema->key2));
	return true;
}

const char *
state_schema_differs(const struct state_schema *ours, const struct state_schema *theirs)
{
	if (ours->version != theirs->version)
		return "has another version";
	if (memcmp(ours->key, theirs->key, sizeof(ours->key)) != 0 ||
	    memcmp(ours->key2, theirs->key2, sizeof(ours->key2)) != 0 ||
	    ours->global != theirs->global || ours->common != theirs->common)
		return "has other keys";
	if (ours->value_size != theirs->value_size || ours->local != theirs->local)
		return "has values of another size";
	return ours->class != theirs->class ? "is of another class" : NULL;
}
