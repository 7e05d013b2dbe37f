/* SPDX-License-Identifier: BSD-3-Clause */
/* Who hears of what: worked out once for a configuration. Control. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pe/pe.h"
#include "pe/streams.h"

static bool
hears(const struct step *step)
{
	return step->instance->service->wants != NULL;
}

/** @return the instance of the tracker; the document has one when it is needed. */
static const struct instance *
find_stream(const struct wp_epoch *epoch)
{
	for (uint32_t i = 0; i < epoch->n_instances; i++)
		if (epoch->instances[i].service == &stream_service)
			return &epoch->instances[i];
	return NULL;
}

/** Finds or enters a wish. @return its index; FLOW_WISHES_MAX: there are too many */
static uint8_t
enter_wish(struct flow_plan *plan, const struct wp_stream_want *want)
{
	for (uint8_t i = 0; i < plan->n_wishes; i++)
		if (plan->wishes[i] == want->filter && plan->wish_l7[i] == want->l7 &&
		    (plan->by_type[want->type] >> i & 1) != 0)
			return i;
	if (plan->n_wishes == FLOW_WISHES_MAX)
		return FLOW_WISHES_MAX;
	plan->wishes[plan->n_wishes] = want->filter;
	plan->by_type[want->type] |= 1ull << plan->n_wishes;
	plan->wish_l7[plan->n_wishes] = want->l7;
	stream_plan_add(&plan->plan, want->type, want->l7);
	return plan->n_wishes++;
}

/** @return the index of a wish that no event meets; FLOW_WISHES_MAX: there are too many */
static uint8_t
enter_no_wish(struct flow_plan *plan)
{
	if (plan->none == 0 && plan->n_wishes < FLOW_WISHES_MAX)
		plan->none = ++plan->n_wishes;
	return plan->none == 0 ? FLOW_WISHES_MAX : (uint8_t)(plan->none - 1);
}

/** @return whether an instance hears of a row of its service's wants. */
static bool
hears_of(const struct instance *instance, const struct wp_stream_want *want)
{
	const struct wp_service *service = instance->service;

	return service->hears == NULL ||
	       service->hears(instance->inst, (unsigned int)(want - service->wants));
}

static bool
enter_hearer(struct flow_plan *plan, const struct instance *instance)
{
	struct flow_hearer *hearer = &plan->hearers[plan->n_hearers];

	for (unsigned int i = 0; i < plan->n_hearers; i++)
		if (plan->hearers[i].instance == instance)
			return true; /* it stands on the path twice: it hears once */
	*hearer = (struct flow_hearer){.instance = instance};
	for (const struct wp_stream_want *want = instance->service->wants;
	     want->type < WP_FLOW_EVENTS; want++) {
		uint8_t wish =
			hears_of(instance, want) ? enter_wish(plan, want) : enter_no_wish(plan);

		if (wish == FLOW_WISHES_MAX)
			return false;
		hearer->wishes |= 1ull << wish;
		hearer->wish[hearer->n_rows++] = wish;
	}
	plan->n_hearers++;
	return true;
}

/** @return whether an instance hears of what protocols say. */
static bool
hears_of_l7(const struct instance *instance)
{
	for (const struct wp_stream_want *want = instance->service->wants;
	     want->type < WP_FLOW_EVENTS; want++)
		if ((WP_EVENT_BIT(want->type) & WP_EVENTS_OF_L7) != 0 && hears_of(instance, want))
			return true;
	return false;
}

static void
count_readers(struct flow_plan *plan)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < plan->n_hearers; i++)
		n += hears_of_l7(plan->hearers[i].instance);
	plan->plan.has_one_reader = n == 1;
}

/** Works out who hears what from a step on, up to where addresses change. */
static bool
fill(struct flow_plan *plan, const struct wp_path *path, unsigned int step)
{
	for (; step < path->n_steps; step++) {
		const struct instance *instance = path->steps[step].instance;

		if (hears(&path->steps[step]) && !enter_hearer(plan, instance))
			return false;
		if ((instance->service->flags & WP_CHANGES_FLOWS) != 0)
			break;
	}
	return true;
}

static bool
same(const struct flow_plan *a, const struct flow_plan *b)
{
	if (a->part != b->part || a->plan.since_ns != b->plan.since_ns ||
	    a->n_hearers != b->n_hearers || a->n_wishes != b->n_wishes)
		return false;
	for (unsigned int i = 0; i < a->n_hearers; i++)
		if (a->hearers[i].instance != b->hearers[i].instance)
			return false;
	return true; /* the same instances in the same order have the same wishes */
}

/** @return one of the epoch's plans that is the same; else a copy of @p plan becomes one. NULL: no
 * memory */
static struct flow_plan *
share(struct wp_epoch *epoch, const struct flow_plan *plan)
{
	struct flow_plan *new;

	for (struct flow_plan *known = epoch->flow_plans; known != NULL; known = known->next)
		if (same(known, plan))
			return known;
	new = malloc(sizeof(*new));
	if (new == NULL)
		return NULL;
	*new = *plan;
	new->next = epoch->flow_plans;
	epoch->flow_plans = new;
	return new;
}

/** @return since when somebody hears of a path's part. What comes past while nobody does is not
 * known to the tracker, which may be there for other paths. */
static uint64_t
heard_since(const struct wp_epoch *epoch, uint32_t spi, uint8_t part)
{
	const struct wp_epoch *before = epoch->pe->current;
	const struct wp_path *path = before == NULL ? NULL : epoch_path(before, spi);

	if (before == NULL) /* packets did not come past, either */
		return 0;
	for (unsigned int i = 0; path != NULL && i < path->n_steps; i++)
		if (path->steps[i].flows != NULL && path->steps[i].flows->part == part)
			return path->steps[i].flows->plan.since_ns;
	return pe_now_ns(epoch->pe);
}

static int
plan_step(struct wp_epoch *epoch, uint32_t path, unsigned int step, uint8_t part,
	  struct document_error *error)
{
	struct step *of = (struct step *)(uintptr_t)&epoch->paths[path].steps[step];
	struct flow_plan plan = {.part = part, .stream = find_stream(epoch)};
	char at[64];

	snprintf(at, sizeof(at), "/paths/%u/steps", path);
	if (!fill(&plan, &epoch->paths[path], step))
		return document_refuse(
			error, -EINVAL, at,
			"steps: its services want to hear of flows in more than %u ways",
			FLOW_WISHES_MAX);
	count_readers(&plan);
	plan.plan.since_ns = heard_since(epoch, epoch->paths[path].spi, part);
	stream_plan_close(&plan.plan);
	of->flows = share(epoch, &plan);
	return of->flows != NULL ? 0 : document_refuse(error, -ENOMEM, at, "no memory");
}

int
flow_plans_make(struct wp_epoch *epoch, struct document_error *error)
{
	for (uint32_t i = 0; i < epoch->n_paths; i++) {
		const struct wp_path *path = &epoch->paths[i];
		uint8_t part = 1;

		for (unsigned int s = 0; s < path->n_steps; s++) {
			const struct wp_service *service = path->steps[s].instance->service;
			int err = hears(&path->steps[s]) ? plan_step(epoch, i, s, part, error) : 0;

			if (err != 0)
				return err;
			if ((service->flags & WP_CHANGES_FLOWS) != 0)
				part++;
		}
	}
	return 0;
}

void
flow_plans_free(struct wp_epoch *epoch)
{
	while (epoch->flow_plans != NULL) {
		struct flow_plan *next = epoch->flow_plans->next;

		free(epoch->flow_plans);
		epoch->flow_plans = next;
	}
}
