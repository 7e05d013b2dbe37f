/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks what one member of a document says of another. */

#include "pe/document_check.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/suggest.h"
#include "pe/document_fields.h"

/** @return "/LIST/INDEX/MEMBER" in a buffer of the caller's. */
static const char *
place(char at[64], const char *list, uint32_t index, const char *member)
{
	snprintf(at, 64, "/%s/%u/%s", list, index, member);
	return at;
}

/* Names. */

/** Enters a name into a set of name -> index. */
static int
enter_name(json_t *set, const char *list, uint32_t index, const char *name,
	   struct document_error *error)
{
	const json_t *other = json_object_get(set, name);
	char at[64];

	if (other != NULL)
		return document_refuse(error, -EINVAL, place(at, list, index, "name"),
				       "name: '%s' is also /%s/%lld", name, list,
				       json_integer_value(other));
	return json_object_set_new(set, name, json_integer(index)) == 0 ? 0 : -ENOMEM;
}

/** Finds a name. @return its index, or -1 */
static int64_t
find_name(const json_t *set, const char *name)
{
	const json_t *index = json_object_get(set, name);

	return index == NULL ? -1 : json_integer_value(index);
}

/** Refuses a name that stands for nothing, and says which one was meant. */
static int
refuse_name(struct document_error *error, const char *at, const char *member, const char *kind,
	    const json_t *set, const char *name)
{
	const char *other, *near = NULL;
	json_t *index;

	json_object_foreach((json_t *)(uintptr_t)set, other, index)
	{
		near = conf_nearer(near, other, name);
	}
	return document_refuse(error, -EINVAL, at, "%s: there is no %s '%s'%s%s%s", member, kind,
			       name, near != NULL ? "; did you mean '" : "",
			       near != NULL ? near : "", near != NULL ? "'?" : "");
}

/** Sets of the names that other members refer to. */
struct names {
	json_t *tenants, *instances, *paths, *ports, *spis, *modules;
};

static int
names_create(struct names *names)
{
	names->tenants = json_object();
	names->instances = json_object();
	names->paths = json_object();
	names->ports = json_object();
	names->spis = json_object();
	names->modules = json_object();
	if (names->tenants == NULL || names->instances == NULL || names->paths == NULL ||
	    names->ports == NULL || names->spis == NULL || names->modules == NULL)
		return -ENOMEM;
	return 0;
}

static void
names_destroy(struct names *names)
{
	json_decref(names->tenants);
	json_decref(names->instances);
	json_decref(names->paths);
	json_decref(names->ports);
	json_decref(names->spis);
	json_decref(names->modules);
}

/** One interface is one port's. */
static int
enter_port(const struct document *document, struct names *names, uint32_t index,
	   struct document_error *error)
{
	const struct document_port *port = &document->ports[index];
	char at[64];

	for (uint32_t i = 0; port->interface[0] != '\0' && i < index; i++)
		if (strcmp(document->ports[i].interface, port->interface) == 0)
			return document_refuse(
				error, -EINVAL, place(at, "ports", index, "interface"),
				"interface: '%s' is also that of /ports/%u", port->interface, i);
	return enter_name(names->ports, "ports", index, port->name, error);
}

static int
enter_names(const struct document *document, struct names *names, struct document_error *error)
{
	int err = 0;

	for (uint32_t i = 0; err == 0 && i < document->n_ports; i++)
		err = enter_port(document, names, i, error);
	for (uint32_t i = 0; err == 0 && i < document->n_tenants; i++)
		err = enter_name(names->tenants, "tenants", i, document->tenants[i].name, error);
	for (uint32_t i = 0; err == 0 && i < document->n_instances; i++)
		err = enter_name(names->instances, "instances", i, document->instances[i].name,
				 error);
	for (uint32_t i = 0; err == 0 && i < document->n_paths; i++)
		err = enter_name(names->paths, "paths", i, document->paths[i].name, error);
	return err;
}

/** No module is named twice. */
static int
check_modules(const struct document *document, json_t *modules, struct document_error *error)
{
	char at[64];

	for (uint32_t i = 0; i < document->n_modules; i++) {
		int64_t other = find_name(modules, document->modules[i]);

		if (other >= 0) {
			snprintf(at, sizeof(at), "/modules/%u", i);
			return document_refuse(error, -EINVAL, at,
					       "modules: '%.200s' is also /modules/%lld",
					       document->modules[i], (long long)other);
		}
		if (json_object_set_new(modules, document->modules[i], json_integer(i)) != 0)
			return -ENOMEM;
	}
	return 0;
}

/* Workers and ports. */

static int
check_workers(const struct document *document, struct document_error *error)
{
	if (document->n_cores == 0 || document->n_cores > DOCUMENT_WORKERS_MAX)
		return document_refuse(error, -EINVAL, "/workers/cores",
				       "cores: has %u items (allowed: 1 to %u)", document->n_cores,
				       DOCUMENT_WORKERS_MAX);
	for (uint32_t i = 0; i < document->n_cores; i++)
		for (uint32_t j = 0; j < i; j++)
			if (document->cores[i] == document->cores[j])
				return document_refuse(error, -EINVAL, "/workers/cores",
						       "cores: %u is there twice",
						       document->cores[i]);
	return 0;
}

/** Which members a type of port must have ('!') and may have ('?'); the others must not be given.
 */
static const struct {
	const char *member;
	size_t offset;
	char types[PORT_DEVICE + 2]; /* index: enum port_type */
} port_members[] = {
	{"interface", offsetof(struct document_port, interface), "!!....."},
	{"in", offsetof(struct document_port, in), "..?...."},
	{"out", offsetof(struct document_port, out), "..?...."},
	{"socket", offsetof(struct document_port, socket), ".....!."},
	{"device", offsetof(struct document_port, device), "......!"},
};

/** The switches of one type only; one that says no is as good as left out. */
static int
check_switches(const struct document_port *port, uint32_t index, struct document_error *error)
{
	const char *type = document_port_types[port->type];
	char at[64];

	if (port->server && port->type != PORT_MEMIF)
		return document_refuse(error, -EINVAL, place(at, "ports", index, "server"),
				       "server: a port of type %s has none", type);
	if (port->loop && port->type != PORT_PCAP)
		return document_refuse(error, -EINVAL, place(at, "ports", index, "loop"),
				       "loop: a port of type %s has none", type);
	return 0;
}

int
document_check_port(const struct document_port *port, uint32_t index, struct document_error *error)
{
	const char *type = document_port_types[port->type];
	char at[64];

	for (unsigned int i = 0; i < sizeof(port_members) / sizeof(port_members[0]); i++) {
		const char *member = port_members[i].member;
		const char *value =
			*(const char *const *)((const char *)port + port_members[i].offset);
		char rule = port_members[i].types[port->type];

		if (rule == '!' && value[0] == '\0')
			return document_refuse(error, -EINVAL, place(at, "ports", index, member),
					       "%s: a port of type %s needs it", member, type);
		if (rule == '.' && value[0] != '\0')
			return document_refuse(error, -EINVAL, place(at, "ports", index, member),
					       "%s: a port of type %s has none", member, type);
	}
	if (port->type == PORT_PCAP && port->in[0] == '\0' && port->out[0] == '\0')
		return document_refuse(error, -EINVAL, place(at, "ports", index, "in"),
				       "in: a port of type pcap needs in or out");
	if (strcspn(port->in, ",") != strlen(port->in) ||
	    strcspn(port->out, ",") != strlen(port->out) ||
	    strcspn(port->interface, ",/ ") != strlen(port->interface) ||
	    strcspn(port->socket, ",") != strlen(port->socket))
		return document_refuse(
			error, -EINVAL, place(at, "ports", index, "name"),
			"a comma in a file or interface name would be read as an option");
	return check_switches(port, index, error);
}

/* Paths. */

static int
check_spi(const struct document_path *path, uint32_t index, json_t *spis,
	  struct document_error *error)
{
	char text[16], at[64];
	const json_t *other;

	snprintf(text, sizeof(text), "%u", path->spi);
	other = json_object_get(spis, text);
	if (other != NULL)
		return document_refuse(error, -EINVAL, place(at, "paths", index, "spi"),
				       "spi: %u is also that of /paths/%lld", path->spi,
				       json_integer_value(other));
	return json_object_set_new(spis, text, json_integer(index)) == 0 ? 0 : -ENOMEM;
}

static int
check_fail(const struct document_path *path, uint32_t index, struct document_error *error)
{
	char at[64];

	for (unsigned int cause = 0; cause < WP_N_CAUSES; cause++)
		if (path->fail.mode[cause] == FAIL_PEER && path->peer_spi == 0)
			return document_refuse(error, -EINVAL,
					       place(at, "paths", index, "peer_spi"),
					       "peer_spi: fail mode peer needs it");
	return 0;
}

static int
resolve_steps(struct document_path *path, uint32_t index, const struct names *names,
	      struct document_error *error)
{
	char at[64];

	for (uint32_t i = 0; i < path->n_steps; i++) {
		int64_t instance = find_name(names->instances, path->steps[i].instance);

		if (instance < 0) {
			snprintf(at, sizeof(at), "/paths/%u/steps/%u/instance", index, i);
			return refuse_name(error, at, "instance", "instance", names->instances,
					   path->steps[i].instance);
		}
		path->steps[i].instance_index = (uint32_t)instance;
	}
	return 0;
}

static int
resolve_path(struct document_path *path, uint32_t index, const struct names *names,
	     struct document_error *error)
{
	int64_t tenant = find_name(names->tenants, path->tenant), reverse;
	char at[64];

	if (tenant < 0)
		return refuse_name(error, place(at, "paths", index, "tenant"), "tenant", "tenant",
				   names->tenants, path->tenant);
	path->tenant_index = (uint32_t)tenant;
	reverse = find_name(names->paths, path->reverse);
	if (reverse < 0 && path->reverse[0] != '\0')
		return refuse_name(error, place(at, "paths", index, "reverse"), "reverse", "path",
				   names->paths, path->reverse);
	path->reverse_index = (int32_t)reverse;
	if (path->first_index <= path->n_steps)
		return document_refuse(
			error, -EINVAL, place(at, "paths", index, "first_index"),
			"first_index: %u is too low for %u steps: the index would come down to 0",
			path->first_index, path->n_steps);
	return resolve_steps(path, index, names, error);
}

/** A path and its reverse belong together. */
static int
check_reverse(const struct document *document, uint32_t index, struct document_error *error)
{
	const struct document_path *path = &document->paths[index], *reverse;
	char at[64];

	if (path->reverse_index < 0)
		return 0;
	reverse = &document->paths[path->reverse_index];
	place(at, "paths", index, "reverse");
	if (reverse->tenant_index != path->tenant_index)
		return document_refuse(error, -EINVAL, at,
				       "reverse: path '%s' is of another tenant", reverse->name);
	if (reverse->inside == path->inside)
		return document_refuse(error, -EINVAL, at,
				       "reverse: path '%s' has the same side inside",
				       reverse->name);
	if (reverse->reverse_index >= 0 && reverse->reverse_index != (int32_t)index)
		return document_refuse(error, -EINVAL, at,
				       "reverse: the reverse of path '%s' is '%s'", reverse->name,
				       reverse->reverse);
	return 0;
}

static int
check_paths(struct document *document, const struct names *names, struct document_error *error)
{
	int err = 0;

	for (uint32_t i = 0; err == 0 && i < document->n_paths; i++) {
		err = check_spi(&document->paths[i], i, names->spis, error);
		if (err == 0)
			err = check_fail(&document->paths[i], i, error);
		if (err == 0)
			err = resolve_path(&document->paths[i], i, names, error);
	}
	for (uint32_t i = 0; err == 0 && i < document->n_paths; i++)
		err = check_reverse(document, i, error);
	return err;
}
/* The whole. */

int
document_check(struct document *document, struct document_error *error)
{
	struct names names = {0};
	int err = names_create(&names);

	if (err == 0)
		err = check_workers(document, error);
	if (err == 0)
		err = enter_names(document, &names, error);
	if (err == 0)
		err = check_modules(document, names.modules, error);
	for (uint32_t i = 0; err == 0 && i < document->n_ports; i++)
		err = document_check_port(&document->ports[i], i, error);
	if (err == 0)
		err = check_paths(document, &names, error);
	if (err == 0)
		err = document_check_tenants(document, error);
	names_destroy(&names);
	return err;
}
