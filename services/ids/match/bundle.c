/* SPDX-License-Identifier: BSD-3-Clause */
/* See bundle.h. */

#include "match/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int
bundle_add_always(struct bundle_plan *plan, uint32_t rule)
{
	uint32_t room = plan->room == 0 ? 16 : plan->room * 2;
	uint32_t *always;

	if (plan->n_always == plan->room) {
		always = reallocarray(plan->always, room, sizeof(*always));
		if (always == NULL)
			return -ENOMEM;
		plan->always = always;
		plan->room = room;
	}
	plan->always[plan->n_always++] = rule;
	return 0;
}

int
bundle_add(struct bundle_plan *plan, uint16_t data, uint16_t n_data,
	   const struct rule_content *content, uint32_t rule)
{
	uint16_t from = 0, size = content->size;

	if (plan->plans == NULL) {
		plan->plans = calloc(n_data, sizeof(struct prefilter_plan *));
		if (plan->plans == NULL)
			return -ENOMEM;
		plan->n_data = n_data;
	}
	if (plan->plans[data] == NULL)
		plan->plans[data] = prefilter_plan();
	if (plan->plans[data] == NULL)
		return -ENOMEM;
	if ((content->flags & CONTENT_CHOP) != 0 &&
	    content->chop_offset + content->chop_size <= content->size) {
		from = content->chop_offset;
		size = content->chop_size;
	}
	return prefilter_add(plan->plans[data], content->bytes + from, size,
			     (content->flags & CONTENT_NOCASE) != 0, rule);
}

void
bundle_plan_clear(struct bundle_plan *plan)
{
	for (unsigned int i = 0; i < plan->n_data; i++)
		prefilter_plan_destroy(plan->plans[i]);
	free(plan->plans);
	free(plan->always);
	memset(plan, 0, sizeof(*plan));
}

static int
create_parts(const struct bundle_plan *plan, const char *cache, struct bundle *bundle, char *why,
	     size_t size)
{
	int err = 0;

	bundle->parts = calloc((size_t)plan->n_data + 1, sizeof(*bundle->parts));
	if (bundle->parts == NULL)
		return -ENOMEM;
	for (uint16_t data = 0; data < plan->n_data && err == 0; data++) {
		struct bundle_part *part = &bundle->parts[bundle->n_parts];

		if (plan->plans[data] == NULL)
			continue;
		err = prefilter_create(plan->plans[data], cache, &part->prefilter, why, size);
		part->data = data;
		bundle->n_parts += err == 0;
	}
	return err;
}

int
bundle_create(struct bundle_plan *plan, const char *cache, struct bundle *bundle, char *why,
	      size_t size)
{
	int err;

	memset(bundle, 0, sizeof(*bundle));
	err = create_parts(plan, cache, bundle, why, size);
	bundle->always = plan->always;
	bundle->n_always = plan->n_always;
	plan->always = NULL;
	bundle_plan_clear(plan);
	if (err != 0)
		bundle_destroy(bundle);
	return err;
}

void
bundle_destroy(struct bundle *bundle)
{
	for (unsigned int i = 0; i < bundle->n_parts; i++)
		prefilter_destroy(bundle->parts[i].prefilter);
	free(bundle->parts);
	free(bundle->always);
	memset(bundle, 0, sizeof(*bundle));
}

int
bundle_grow_scratch(const struct bundle *bundle, struct hs_scratch **scratch)
{
	int err = 0;

	for (unsigned int i = 0; i < bundle->n_parts && err == 0; i++)
		err = prefilter_grow_scratch(bundle->parts[i].prefilter, scratch);
	return err;
}
