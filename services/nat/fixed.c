/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Mappings of the configuration: one address for another, or one port. They need no state: two
 * sorted lists, searched by halves. Constant after open(), and nobody but the operator fills them.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nat.h"
#include "state/siphash.h"

/** @return what an entry is sorted by: whole addresses first. */
static uint64_t
rank(uint16_t port, uint8_t proto)
{
	return (uint64_t)port << 8 | proto;
}

static int
compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
order_inside(const void *a, const void *b)
{
	const struct fixed *x = a, *y = b;
	int order = compare((uint64_t)x->tenant << 32 | x->inside,
			    (uint64_t)y->tenant << 32 | y->inside);

	return order != 0 ? order
			  : compare(rank(x->inside_port, x->proto), rank(y->inside_port, y->proto));
}

static int
order_outside(const void *a, const void *b)
{
	const struct fixed *x = a, *y = b;
	int order = compare(x->outside, y->outside);

	return order != 0
		       ? order
		       : compare(rank(x->outside_port, x->proto), rank(y->outside_port, y->proto));
}

int
fixed_sort(struct nat *nat)
{
	static const struct wp_hash_key no_key;
	size_t size = nat->n_fixed * sizeof(struct fixed);

	if (nat->n_fixed == 0)
		return 0;
	nat->by_outside = malloc(size);
	if (nat->by_outside == NULL)
		return -ENOMEM;
	memcpy(nat->by_outside, nat->by_inside, size);
	qsort(nat->by_inside, nat->n_fixed, sizeof(struct fixed), order_inside);
	qsort(nat->by_outside, nat->n_fixed, sizeof(struct fixed), order_outside);
	nat->fixed_mark = (uint32_t)wp_siphash(&no_key, nat->by_inside, size);
	return 0;
}

/** Looks for the port, then for the whole address. */
static const struct fixed *
find(const struct fixed *list, uint32_t n, struct fixed *key,
     int (*order)(const void *, const void *), uint16_t *port)
{
	const struct fixed *found = bsearch(key, list, n, sizeof(*list), order);

	if (found != NULL)
		return found;
	*port = 0;
	key->proto = 0;
	return bsearch(key, list, n, sizeof(*list), order);
}

const struct fixed *
fixed_inside(const struct nat *nat, uint16_t tenant, uint32_t inside, uint16_t port, uint8_t proto)
{
	struct fixed key = {
		.tenant = tenant, .inside = inside, .inside_port = port, .proto = proto};

	if (nat->n_fixed == 0)
		return NULL;
	return find(nat->by_inside, nat->n_fixed, &key, order_inside, &key.inside_port);
}

const struct fixed *
fixed_outside(const struct nat *nat, uint32_t outside, uint16_t port, uint8_t proto)
{
	struct fixed key = {.outside = outside, .outside_port = port, .proto = proto};

	if (nat->n_fixed == 0)
		return NULL;
	return find(nat->by_outside, nat->n_fixed, &key, order_outside, &key.outside_port);
}
