/* SPDX-License-Identifier: BSD-3-Clause */
/* See port.h. Ranges in order, none touching the next: most sets have a few, where a bitmap would
 * be memory that no cache holds. */

#include "rule/port.h"

#include <errno.h>
#include <string.h>

#include "rule/group.h"

struct ports {
	uint16_t low, high;
};

struct port_set {
	uint32_t n; /* at least 1 */
	struct ports of[];
};

/** See struct group_kind. */
static const char *
read_member(char *word, unsigned int *family, struct range *range)
{
	char *colon = strchr(word, ':'), *end = colon == NULL ? word : colon + 1;
	uint32_t low = 0, high = UINT16_MAX;

	*family = 0;
	if (colon != NULL)
		*colon = '\0';
	if (colon != word && !group_number(word, UINT16_MAX, &low))
		return "not a port (0 to 65535) or a range of ports (1024:65535)";
	if ((colon == NULL || *end != '\0') && !group_number(end, UINT16_MAX, &high))
		return "a range of ports goes to another port (1024:65535)";
	*range = (struct range){low, high};
	return low <= high ? NULL : "a range goes upwards";
}

static const struct group_kind ports = {
	.n_families = 1,
	.all = {{0, UINT16_MAX}},
	.read = read_member,
};

static const struct port_set *
create(struct wp_arena *arena, const struct ranges *ranges)
{
	struct port_set *set = wp_arena_alloc(arena, sizeof(*set) + ranges->n * sizeof(set->of[0]));

	if (set == NULL)
		return NULL;
	set->n = ranges->n;
	for (uint32_t i = 0; i < set->n; i++) {
		set->of[i].low = (uint16_t)ranges->of[i].first;
		set->of[i].high = (uint16_t)ranges->of[i].last;
	}
	return set;
}

int
port_set_parse(struct wp_arena *arena, const struct vars *vars, const char *text,
	       const struct port_set **set, char *error, size_t size)
{
	struct ranges sets[GROUP_FAMILIES];
	const struct port_set *made = NULL;
	int err = group_read(&ports, vars, text, sets, error, size);

	if (err != 0)
		return err;
	if (!ranges_is(&sets[0], ports.all[0])) {
		made = create(arena, &sets[0]);
		err = made == NULL ? -ENOMEM : 0;
	}
	ranges_clear(&sets[0]);
	if (err == 0)
		*set = made;
	return err;
}

bool
port_set_has(const struct port_set *set, uint16_t port)
{
	const struct ports *range;

	if (set == NULL)
		return true;
	range = set->of;
	for (uint32_t n = set->n; n > 1; n -= n / 2) /* it is not behind the last of these n */
		range += range[n / 2].low <= port ? n / 2 : 0;
	return range->low <= port && port <= range->high;
}

bool
port_set_walk(const struct port_set *set, unsigned int *at, uint16_t *low, uint16_t *high)
{
	static const struct ports any = {0, UINT16_MAX};
	const struct ports *of = set == NULL ? &any : set->of;

	if (*at >= (set == NULL ? 1 : set->n))
		return false;
	*low = of[*at].low;
	*high = of[*at].high;
	(*at)++;
	return true;
}

bool
port_set_equal(const struct port_set *a, const struct port_set *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->n == b->n && memcmp(a->of, b->of, a->n * sizeof(a->of[0])) == 0;
}
