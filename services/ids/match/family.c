/* SPDX-License-Identifier: BSD-3-Clause */
/* See family.h. Ports for which the same rules are there are a class. */

#include "match/family.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/grow.h"
#include "rule/port.h"

enum {
	PORTS = 1 << 16,
	CLASSES_MAX = 1024,     /* what is beyond shares the last one */
	MOST_PORTS = PORTS / 2, /* a rule for as many is one for any: nearly all bytes meet it */
};

struct member {
	struct bundle_need need; /* of rules with a literal */
	const struct port_set *ports;
	uint32_t rule;
	uint8_t l7;
	bool has_need;
};

struct family_plan {
	struct member *members;
	uint32_t n, room;
};

struct family_plan *
family_plan_create(void)
{
	return calloc(1, sizeof(struct family_plan));
}

void
family_plan_destroy(struct family_plan *plan)
{
	if (plan == NULL)
		return;
	free(plan->members);
	free(plan);
}

/** @return how many ports are in a set. */
static uint32_t
count_ports(const struct port_set *set)
{
	unsigned int at = 0;
	uint16_t low, high;
	uint32_t n = 0;

	while (port_set_walk(set, &at, &low, &high))
		n += 1u + high - low;
	return n;
}

int
family_add(struct family_plan *plan, const struct family_rule *rule)
{
	struct member *members = grow(plan->members, plan->n, &plan->room, sizeof(*members));

	if (members == NULL)
		return -ENOMEM;
	plan->members = members;
	members[plan->n++] = (struct member){
		.need = rule->need == NULL ? (struct bundle_need){0} : *rule->need,
		.ports = count_ports(rule->ports) > MOST_PORTS ? NULL : rule->ports,
		.rule = rule->rule,
		.l7 = rule->l7,
		.has_need = rule->need != NULL,
	};
	return 0;
}

static int
add_to(struct bundle_plan *plan, const struct member *member, uint16_t n_data)
{
	return member->has_need ? bundle_add(plan, &member->need, n_data, member->rule)
				: bundle_add_always(plan, member->rule);
}

/* By what is spoken. */

static bool
asks_l7(const struct family_plan *plan, unsigned int l7)
{
	for (uint32_t i = 0; i < plan->n; i++)
		if (plan->members[i].ports == NULL && plan->members[i].l7 == l7)
			return true;
	return false;
}

static int
create_of_l7(const struct family_plan *plan, unsigned int l7, uint16_t n_data,
	     const struct compiling *compiling, struct bundle *bundle, char *why, size_t size)
{
	struct bundle_plan bundle_plan = {0};
	int err = 0;

	for (uint32_t i = 0; i < plan->n && err == 0; i++)
		if (plan->members[i].ports == NULL &&
		    (plan->members[i].l7 == RULE_L7_UNKNOWN || plan->members[i].l7 == l7))
			err = add_to(&bundle_plan, &plan->members[i], n_data);
	if (err == 0)
		err = bundle_create(&bundle_plan, compiling, bundle, why, size);
	bundle_plan_clear(&bundle_plan);
	return err;
}

/* By port. */

/** @return a number that stands for a member: 64 bits well mixed, so that sums of several tell sets
 * of members apart. */
static uint64_t
mark(uint32_t member)
{
	uint64_t x = (member + 1) * 0x9e3779b97f4a7c15u;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/** Sums up the marks of the members each port has. @param[out] marks  PORTS + 1 of them, zero */
static void
sum_marks(const struct family_plan *plan, uint64_t *marks)
{
	for (uint32_t i = 0; i < plan->n; i++) {
		unsigned int at = 0;
		uint16_t low, high;

		while (plan->members[i].ports != NULL &&
		       port_set_walk(plan->members[i].ports, &at, &low, &high)) {
			marks[low] += mark(i);
			marks[high + 1] -= mark(i);
		}
	}
	for (uint32_t port = 1; port < PORTS; port++)
		marks[port] += marks[port - 1];
}

/** Ports in the order of their marks. */
struct marked {
	uint64_t mark;
	uint16_t port;
};

static int
compare(const void *a, const void *b)
{
	const struct marked *x = a, *y = b;

	if (x->mark != y->mark)
		return x->mark < y->mark ? -1 : 1;
	return x->port < y->port ? -1 : x->port > y->port;
}

/** Numbers the classes from 1. @param[out] first  a port of each; room for PORTS @return how many
 * there are, those beyond CLASSES_MAX too */
static uint32_t
number_classes(const struct marked *ports, uint16_t *class_of, uint16_t *first)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < PORTS; i++) {
		if (ports[i].mark == 0)
			continue; /* no members: class 0 */
		if (i == 0 || ports[i].mark != ports[i - 1].mark)
			first[n++] = ports[i].port;
		class_of[ports[i].port] = (uint16_t)(n < CLASSES_MAX ? n : CLASSES_MAX);
	}
	return n;
}

/** Parts the ports into classes. @param[out] first  malloc'ed: a port of each */
static int
part_ports(const struct family_plan *plan, struct family *family, uint16_t **first, uint32_t *n)
{
	uint64_t *marks = calloc(PORTS + 1, sizeof(*marks));
	struct marked *ports = calloc(PORTS, sizeof(*ports));

	family->class_of = calloc(PORTS, sizeof(*family->class_of));
	*first = calloc(PORTS, sizeof(**first));
	if (marks == NULL || ports == NULL || family->class_of == NULL || *first == NULL) {
		free(marks);
		free(ports);
		return -ENOMEM;
	}
	sum_marks(plan, marks);
	for (uint32_t port = 0; port < PORTS; port++)
		ports[port] = (struct marked){marks[port], (uint16_t)port};
	qsort(ports, PORTS, sizeof(*ports), compare);
	*n = number_classes(ports, family->class_of, *first);
	family->n_classes = *n < CLASSES_MAX ? *n : CLASSES_MAX;
	free(marks);
	free(ports);
	return 0;
}

/** Adds the members whose ports have one of @p n ports. */
static int
add_class(const struct family_plan *plan, const uint16_t *ports, uint32_t n, uint16_t n_data,
	  struct bundle_plan *bundle_plan)
{
	int err = 0;

	for (uint32_t i = 0; i < plan->n && err == 0; i++) {
		uint32_t k = 0;

		if (plan->members[i].ports == NULL)
			continue;
		while (k < n && !port_set_has(plan->members[i].ports, ports[k]))
			k++;
		if (k < n)
			err = add_to(bundle_plan, &plan->members[i], n_data);
	}
	return err;
}

static int
create_classes(const struct family_plan *plan, const uint16_t *first, uint32_t n, uint16_t n_data,
	       const struct compiling *compiling, struct family *family, char *why, size_t size)
{
	int err = 0;

	family->of_ports = calloc((size_t)family->n_classes + 1, sizeof(*family->of_ports));
	if (family->of_ports == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < family->n_classes && err == 0; i++) {
		struct bundle_plan bundle_plan = {0};

		err = add_class(plan, &first[i], i + 1 == CLASSES_MAX ? n - i : 1, n_data,
				&bundle_plan);
		if (err == 0)
			err = bundle_create(&bundle_plan, compiling, &family->of_ports[i], why,
					    size);
		bundle_plan_clear(&bundle_plan);
	}
	return err;
}

/* Both. */

static bool
asks_ports(const struct family_plan *plan)
{
	for (uint32_t i = 0; i < plan->n; i++)
		if (plan->members[i].ports != NULL)
			return true;
	return false;
}

int
family_create(const struct family_plan *plan, uint16_t n_data, const struct compiling *compiling,
	      struct family *family, char *why, size_t size)
{
	uint16_t *first = NULL;
	uint32_t n = 0;
	int err = 0;

	memset(family, 0, sizeof(*family));
	snprintf(why, size, "no memory");
	for (unsigned int l7 = 0; l7 < FAMILY_L7 && err == 0; l7++) {
		if (l7 != RULE_L7_UNKNOWN && !asks_l7(plan, l7))
			continue; /* as where it is not known */
		family->own_l7[l7] = (uint8_t)l7;
		err = create_of_l7(plan, l7, n_data, compiling, &family->of_l7[l7], why, size);
	}
	if (err == 0 && asks_ports(plan))
		err = part_ports(plan, family, &first, &n);
	if (err == 0 && n != 0)
		err = create_classes(plan, first, n, n_data, compiling, family, why, size);
	free(first);
	if (err != 0)
		family_destroy(family);
	return err;
}

void
family_destroy(struct family *family)
{
	for (unsigned int l7 = 0; l7 < FAMILY_L7; l7++)
		bundle_destroy(&family->of_l7[l7]);
	for (uint32_t i = 0; family->of_ports != NULL && i < family->n_classes; i++)
		bundle_destroy(&family->of_ports[i]);
	free(family->of_ports);
	free(family->class_of);
	memset(family, 0, sizeof(*family));
}

int
family_grow_scratch(const struct family *family, struct hs_scratch **scratch)
{
	int err = 0;

	for (unsigned int l7 = 0; l7 < FAMILY_L7 && err == 0; l7++)
		err = bundle_grow_scratch(&family->of_l7[l7], scratch);
	for (uint32_t i = 0; i < family->n_classes && err == 0; i++)
		err = bundle_grow_scratch(&family->of_ports[i], scratch);
	return err;
}
