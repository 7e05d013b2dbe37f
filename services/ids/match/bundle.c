/* SPDX-License-Identifier: BSD-3-Clause */
/* See bundle.h. */

#include "match/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rule/grow.h"

int
bundle_add_always(struct bundle_plan *plan, uint32_t rule)
{
	uint32_t *always = grow(plan->always, plan->n_always, &plan->room, sizeof(*always));

	if (always == NULL)
		return -ENOMEM;
	plan->always = always;
	plan->always[plan->n_always++] = rule;
	return 0;
}

int
bundle_add(struct bundle_plan *plan, const struct bundle_need *need, uint16_t n_data, uint32_t rule)
{
	const struct rule_content *content = need->content;
	uint32_t at = 2 * (uint32_t)need->data + need->is_near;
	uint16_t from = 0, size = content->size;

	if (plan->plans == NULL) {
		plan->plans = calloc(2 * (size_t)n_data, sizeof(struct prefilter_plan *));
		if (plan->plans == NULL)
			return -ENOMEM;
		plan->n = 2 * (uint32_t)n_data;
	}
	if (plan->plans[at] == NULL)
		plan->plans[at] = prefilter_plan();
	if (plan->plans[at] == NULL)
		return -ENOMEM;
	if ((content->flags & CONTENT_CHOP) != 0 &&
	    content->chop_offset + content->chop_size <= content->size) {
		from = content->chop_offset;
		size = content->chop_size;
	}
	return prefilter_add(plan->plans[at], content->bytes + from, size,
			     (content->flags & CONTENT_NOCASE) != 0, rule);
}

void
bundle_plan_clear(struct bundle_plan *plan)
{
	for (uint32_t i = 0; i < plan->n; i++)
		prefilter_plan_destroy(plan->plans[i]);
	free(plan->plans);
	free(plan->always);
	memset(plan, 0, sizeof(*plan));
}

static int
create_parts(const struct bundle_plan *plan, const struct compiling *compiling,
	     struct bundle *bundle, char *why, size_t size)
{
	uint32_t n = 0;
	int err = 0;

	for (uint32_t i = 0; i < plan->n; i++)
		n += plan->plans[i] != NULL;
	bundle->parts = calloc((size_t)n + 1, sizeof(*bundle->parts));
	if (bundle->parts == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < plan->n && err == 0; i++) {
		struct bundle_part *part = &bundle->parts[bundle->n_parts];

		if (plan->plans[i] == NULL)
			continue;
		err = prefilter_create(plan->plans[i], compiling, &part->prefilter, why, size);
		part->data = (uint16_t)(i / 2);
		part->is_near = i % 2 != 0;
		bundle->n_parts += err == 0;
	}
	return err;
}

int
bundle_create(struct bundle_plan *plan, const struct compiling *compiling, struct bundle *bundle,
	      char *why, size_t size)
{
	int err;

	memset(bundle, 0, sizeof(*bundle));
	err = create_parts(plan, compiling, bundle, why, size);
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
