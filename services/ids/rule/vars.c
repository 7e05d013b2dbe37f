/* SPDX-License-Identifier: BSD-3-Clause */
/* See vars.h. An array by name: they are few, and are set once. */

#include "rule/vars.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/suggest.h"
#include "rule/grow.h"

struct var {
	char *name, *text;
};

struct vars {
	struct var *of; /* by name */
	uint32_t n, room;
};

static const struct {
	const char *name, *text;
} defaults[] = {
	{"HOME_NET", "[192.168.0.0/16,10.0.0.0/8,172.16.0.0/12]"},
	{"EXTERNAL_NET", "!$HOME_NET"},
	{"HTTP_SERVERS", "$HOME_NET"},
	{"SMTP_SERVERS", "$HOME_NET"},
	{"SQL_SERVERS", "$HOME_NET"},
	{"DNS_SERVERS", "$HOME_NET"},
	{"TELNET_SERVERS", "$HOME_NET"},
	{"AIM_SERVERS", "$EXTERNAL_NET"},
	{"DC_SERVERS", "$HOME_NET"},
	{"DNP3_SERVER", "$HOME_NET"},
	{"DNP3_CLIENT", "$HOME_NET"},
	{"MODBUS_CLIENT", "$HOME_NET"},
	{"MODBUS_SERVER", "$HOME_NET"},
	{"ENIP_CLIENT", "$HOME_NET"},
	{"ENIP_SERVER", "$HOME_NET"},
	{"HTTP_PORTS", "80"},
	{"SHELLCODE_PORTS", "!80"},
	{"ORACLE_PORTS", "1521"},
	{"SSH_PORTS", "22"},
	{"DNP3_PORTS", "20000"},
	{"MODBUS_PORTS", "502"},
	{"FILE_DATA_PORTS", "[$HTTP_PORTS,110,143]"},
	{"FTP_PORTS", "21"},
	{"GENEVE_PORTS", "6081"},
	{"VXLAN_PORTS", "4789"},
	{"TEREDO_PORTS", "3544"},
};

struct vars *
vars_create(void)
{
	return calloc(1, sizeof(struct vars));
}

void
vars_destroy(struct vars *vars)
{
	if (vars == NULL)
		return;
	for (uint32_t i = 0; i < vars->n; i++) {
		free(vars->of[i].name);
		free(vars->of[i].text);
	}
	free(vars->of);
	free(vars);
}

int
vars_defaults(struct vars *vars)
{
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (vars_set(vars, defaults[i].name, defaults[i].text) != 0)
			return -ENOMEM;
	return 0;
}

/** @return where a name stands, or where it would have to. */
static uint32_t
find(const struct vars *vars, const char *name, bool *found)
{
	uint32_t low = 0, high = vars->n;

	*found = false;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(vars->of[middle].name, name);

		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
make_room(struct vars *vars)
{
	struct var *of = grow(vars->of, vars->n, &vars->room, sizeof(of[0]));

	if (of != NULL)
		vars->of = of;
	return of != NULL;
}

static int
insert(struct vars *vars, uint32_t at, const char *name, char *text)
{
	char *copy;

	if (!make_room(vars))
		return -ENOMEM;
	copy = strdup(name);
	if (copy == NULL)
		return -ENOMEM;
	memmove(&vars->of[at + 1], &vars->of[at], (vars->n - at) * sizeof(vars->of[0]));
	vars->of[at] = (struct var){.name = copy, .text = text};
	vars->n++;
	return 0;
}

int
vars_set(struct vars *vars, const char *name, const char *text)
{
	bool found;
	uint32_t at = find(vars, name, &found);
	char *copy = strdup(text);

	if (copy == NULL)
		return -ENOMEM;
	if (found) {
		free(vars->of[at].text);
		vars->of[at].text = copy;
		return 0;
	}
	if (insert(vars, at, name, copy) != 0) {
		free(copy);
		return -ENOMEM;
	}
	return 0;
}

const char *
vars_get(const struct vars *vars, const char *name)
{
	bool found;
	uint32_t at;

	if (vars == NULL)
		return NULL;
	at = find(vars, name, &found);
	return found ? vars->of[at].text : NULL;
}

const char *
vars_nearest(const struct vars *vars, const char *name)
{
	const char *best = NULL;

	for (uint32_t i = 0; vars != NULL && i < vars->n; i++)
		best = conf_nearer(best, vars->of[i].name, name);
	return best;
}
