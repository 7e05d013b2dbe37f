/* SPDX-License-Identifier: BSD-3-Clause */
/* See bundle.h. */

#include "match/bundle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match/places.h"
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

/** @return what is gathered about a buffer, or NULL: no memory */
static struct part_plan *
part_of(struct bundle_plan *plan, uint16_t data, uint16_t n_data)
{
	if (plan->parts == NULL) {
		plan->parts = calloc(n_data, sizeof(*plan->parts));
		plan->n = n_data;
	}
	return plan->parts == NULL ? NULL : &plan->parts[data];
}

/** What is looked for of a content. */
struct piece {
	const uint8_t *bytes;
	uint16_t from, size; /* of the content */
	bool nocase;
};

static struct piece
piece_of(const struct rule_content *content)
{
	struct piece piece = {.size = content->size,
			      .nocase = (content->flags & CONTENT_NOCASE) != 0};

	if ((content->flags & CONTENT_CHOP) != 0 &&
	    content->chop_offset + content->chop_size <= content->size) {
		piece.from = content->chop_offset;
		piece.size = content->chop_size;
	}
	piece.bytes = content->bytes + piece.from;
	return piece;
}

static int
add_everywhere(struct part_plan *part, const struct piece *piece, uint32_t rule)
{
	if (part->prefilter == NULL)
		part->prefilter = prefilter_plan();
	return part->prefilter == NULL ? -ENOMEM
				       : prefilter_add(part->prefilter, piece->bytes, piece->size,
						       piece->nocase, rule);
}

static int
add_at_places(struct part_plan *part, const struct piece *piece, const struct bundle_need *need,
	      uint32_t rule)
{
	int err = 0;

	if (part->places == NULL)
		part->places = places_plan_create();
	if (part->places == NULL)
		return -ENOMEM;
	for (unsigned int at = need->first; at <= need->last && err == 0; at++)
		err = places_add(part->places, piece->bytes, piece->size, piece->nocase,
				 (uint16_t)(at + piece->from), rule);
	return err;
}

int
bundle_add(struct bundle_plan *plan, const struct bundle_need *need, uint16_t n_data, uint32_t rule)
{
	struct part_plan *part = part_of(plan, need->data, n_data);
	struct piece piece = piece_of(need->content);

	if (part == NULL)
		return -ENOMEM;
	return need->has_place ? add_at_places(part, &piece, need, rule)
			       : add_everywhere(part, &piece, rule);
}

void
bundle_plan_clear(struct bundle_plan *plan)
{
	for (uint32_t i = 0; i < plan->n; i++) {
		prefilter_plan_destroy(plan->parts[i].prefilter);
		places_plan_destroy(plan->parts[i].places);
	}
	free(plan->parts);
	free(plan->always);
	memset(plan, 0, sizeof(*plan));
}

static int
create_part(const struct part_plan *plan, const struct compiling *compiling,
	    struct bundle_part *part, char *why, size_t size)
{
	int err = plan->places == NULL ? 0 : places_create(plan->places, &part->places);

	if (err != 0) {
		snprintf(why, size, "no memory");
		return err;
	}
	return plan->prefilter == NULL
		       ? 0
		       : prefilter_create(plan->prefilter, compiling, &part->prefilter, why, size);
}

static bool
is_empty(const struct part_plan *plan)
{
	return plan->prefilter == NULL && plan->places == NULL;
}

static int
create_parts(const struct bundle_plan *plan, const struct compiling *compiling,
	     struct bundle *bundle, char *why, size_t size)
{
	uint32_t n = 0;
	int err = 0;

	for (uint32_t i = 0; i < plan->n; i++)
		n += !is_empty(&plan->parts[i]);
	bundle->parts = calloc((size_t)n + 1, sizeof(*bundle->parts));
	if (bundle->parts == NULL) {
		snprintf(why, size, "no memory");
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < plan->n && err == 0; i++) {
		if (is_empty(&plan->parts[i]))
			continue;
		bundle->parts[bundle->n_parts].data = (uint16_t)i;
		err = create_part(&plan->parts[i], compiling, &bundle->parts[bundle->n_parts++],
				  why, size);
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
	for (unsigned int i = 0; i < bundle->n_parts; i++) {
		prefilter_destroy(bundle->parts[i].prefilter);
		places_destroy(bundle->parts[i].places);
	}
	free(bundle->parts);
	free(bundle->always);
	memset(bundle, 0, sizeof(*bundle));
}

int
bundle_grow_scratch(const struct bundle *bundle, struct hs_scratch **scratch)
{
	int err = 0;

	for (unsigned int i = 0; i < bundle->n_parts && err == 0; i++)
		if (bundle->parts[i].prefilter != NULL)
			err = prefilter_grow_scratch(bundle->parts[i].prefilter, scratch);
	return err;
}
