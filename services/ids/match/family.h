/* SPDX-License-Identifier: BSD-3-Clause */
/* Rules about packets of one transport protocol, or about streams, and about one of their ways:
 * parted by the server's port and by what is spoken, so that bytes are looked at for the rules that
 * may hold of them, and for no others. */

#ifndef IDS_FAMILY_H
#define IDS_FAMILY_H

#include <stddef.h>
#include <stdint.h>

#include "match/bundle.h"

struct family_plan;
struct port_set;

enum { FAMILY_L7 = RULE_L7_OTHER + 1 };

/** Constant; shared by all workers. */
struct family {
	struct bundle of_l7[FAMILY_L7]; /* rules for any port, and what is spoken: index */
	uint8_t own_l7[FAMILY_L7];      /* index into of_l7 */
	struct bundle *of_ports;        /* further ones for some ports */
	uint16_t *class_of;             /* index: port; of of_ports, + 1. 0: no further ones */
	uint32_t n_classes;
};

/** A rule as it joins a family. */
struct family_rule {
	const struct bundle_need *need; /* what it is found by; NULL: it is asked each time */
	const struct port_set *ports;   /* the server's; NULL: any */
	uint32_t rule;
	uint8_t l7; /* enum rule_l7; RULE_L7_UNKNOWN: whatever is spoken */
};

/** Begins to gather rules. Control. @return NULL: no memory */
struct family_plan *family_plan_create(void);

/** Accepts NULL. Control. */
void family_plan_destroy(struct family_plan *plan);

/** What rules point to stays valid until the family is made. Control. @return 0 or -ENOMEM */
int family_add(struct family_plan *plan, const struct family_rule *rule);

/**
 * Makes it. Control.
 * @param n_data  buffers, with their transforms, there are in the set
 * @param compiling  or NULL
 * @param[out] why  room for @p size bytes
 * @return 0 or a negative errno after @p why; the family is empty then
 */
int family_create(const struct family_plan *plan, uint16_t n_data,
		  const struct compiling *compiling, struct family *family, char *why, size_t size);

/** Accepts an empty one. Control. */
void family_destroy(struct family *family);

/** @return 0 or -ENOMEM. Control. */
int family_grow_scratch(const struct family *family, struct hs_scratch **scratch);

/** @return the rules for any port, and what is spoken. Worker. */
static inline const struct bundle *
family_of_l7(const struct family *family, unsigned int l7)
{
	return &family->of_l7[family->own_l7[l7]];
}

/** @return further rules for a port of the server's, or NULL. Worker. */
static inline const struct bundle *
family_of_port(const struct family *family, uint16_t port)
{
	uint16_t class_of = family->class_of == NULL ? 0 : family->class_of[port];

	return class_of == 0 ? NULL : &family->of_ports[class_of - 1];
}

#endif
