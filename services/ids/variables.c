/* SPDX-License-Identifier: BSD-3-Clause */
/* See variables.h. */

#include "variables.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "rule/address.h"
#include "rule/port.h"

enum { FAULT = 256 };

/** @return 0 if a variable can be read as what its name, or else its text, says that it is. */
static int
check(struct wp_arena *arena, const struct vars *vars, const char *name, char *fault, size_t size)
{
	const char *text = vars_get(vars, name);
	const struct address_set *addresses;
	const struct port_set *ports;
	int err = port_set_parse(arena, vars, text, &ports, fault, size);

	if (err == -EINVAL && strstr(name, "PORT") == NULL)
		err = address_set_parse(arena, vars, text, &addresses, fault, size);
	return err;
}

/** Takes one variable. @return 0, -EINVAL, or -ENOMEM */
static int
take(struct vars *vars, const char *name, const json_t *value, char *why, size_t size)
{
	if (name[0] == '\0' || strpbrk(name, "$!,[] \t") != NULL) { /* no rule could name it */
		snprintf(why, size, "'%s': a name has no '$', and none of ! , [ ] or blanks", name);
		return -EINVAL;
	}
	if (!json_is_string(value)) {
		snprintf(why, size, "%s: not a text of addresses or ports", name);
		return -EINVAL;
	}
	return vars_set(vars, name, json_string_value(value));
}

int
variables_set(const json_t *given, struct wp_arena *arena, struct vars *vars, char *why,
	      size_t size)
{
	json_t *all = (json_t *)(uintptr_t)given, *value;
	char fault[FAULT] = "";
	int err = vars_defaults(vars);
	const char *name;

	json_object_foreach(all, name, value)
	{
		if (err == 0)
			err = take(vars, name, value, why, size);
	}
	json_object_foreach(all, name, value)
	{
		if (err != 0)
			break;
		err = check(arena, vars, name, fault, sizeof(fault));
		if (err == -EINVAL)
			snprintf(why, size, "%s: %s", name, fault);
	}
	return err;
}
