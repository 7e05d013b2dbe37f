/* SPDX-License-Identifier: BSD-3-Clause */
/* See set_data.h. */

#include "rule/set_data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "match/transform.h"
#include "rule/grow.h"

static bool
is_same(const struct rule_data *data, const struct rule_list *list)
{
	if (data->buffer != list->buffer || data->n_transforms != list->n_transforms)
		return false;
	for (unsigned int i = 0; i < list->n_transforms; i++)
		if (!transform_equal(&data->transforms[i], &list->transforms[i]))
			return false;
	return true;
}

static int
make_room(struct rule_set *set)
{
	struct rule_data *data;

	if (set->n_data >= SET_DATA_MAX)
		return -ENOSPC;
	data = grow(set->data, set->n_data, &set->max_data, sizeof(*data));
	if (data == NULL)
		return -ENOMEM;
	set->data = data;
	return 0;
}

static int
add(struct rule_set *set, struct rule_list *list)
{
	struct transform *transforms = NULL;
	size_t size = list->n_transforms * sizeof(*transforms);
	int err = make_room(set);

	if (err != 0)
		return err;
	if (size != 0) {
		transforms = wp_arena_alloc(set->arena, size);
		if (transforms == NULL)
			return -ENOMEM;
		memcpy(transforms, list->transforms, size);
	}
	list->data = set->n_data;
	list->transforms = transforms;
	set->data[set->n_data++] = (struct rule_data){
		.buffer = list->buffer,
		.n_transforms = list->n_transforms,
		.transforms = transforms,
	};
	return 0;
}

int
set_data_add(struct rule_set *set, struct rule_list *list)
{
	for (uint16_t i = 0; i < set->n_data; i++) {
		if (!is_same(&set->data[i], list))
			continue;
		for (unsigned int t = 0; t < list->n_transforms; t++)
			transform_close((struct transform *)(uintptr_t)&list->transforms[t]);
		list->transforms = set->data[i].transforms;
		list->data = i;
		return 0;
	}
	return add(set, list);
}

void
set_data_count(struct rule_set *set)
{
	for (uint16_t i = 0; i < set->n_data; i++)
		set->data[i].n = 0;
	for (uint32_t r = 0; r < set->n; r++)
		for (unsigned int i = 0; i < set->rules[r]->n_lists; i++)
			set->data[set->rules[r]->lists[i].data].n++;
}

void
set_data_close(struct rule_set *set)
{
	for (uint16_t i = 0; i < set->n_data; i++)
		for (unsigned int t = 0; t < set->data[i].n_transforms; t++)
			transform_close((struct transform *)(uintptr_t)&set->data[i].transforms[t]);
}
