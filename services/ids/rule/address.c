/* SPDX-License-Identifier: BSD-3-Clause */
/* See address.h. Of each version the ranges lie in order, none touching the next, as numbers of
 * this machine: so a set has one form only, and a binary search does. */

#include "rule/address.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "rule/group.h"

enum { V4, V6 }; /* families */

#define MAX_V4 ((unsigned __int128)UINT32_MAX)
#define MAX_V6 (~(unsigned __int128)0)

struct range4 {
	uint32_t first, last;
};

/** The high half of an address comes first. */
struct range6 {
	uint64_t first[2], last[2];
};

struct address_set {
	uint32_t n4, n6;
	struct range4 *v4;
	struct range6 *v6;
};

/** @return whether an address could be read. */
static bool
read_address(const char *text, unsigned int *family, unsigned __int128 *address)
{
	uint8_t bytes[16];

	*family = strchr(text, ':') != NULL ? V6 : V4;
	if (inet_pton(*family == V6 ? AF_INET6 : AF_INET, text, bytes) != 1)
		return false;
	*address = 0;
	for (unsigned int i = 0; i < (*family == V6 ? 16 : 4); i++)
		*address = *address << 8 | bytes[i];
	return true;
}

/** Reads "255.0.0.0". @return whether its ones stand in front of its zeros */
static bool
read_netmask(const char *text, unsigned __int128 *rest)
{
	struct in_addr mask;

	if (inet_pton(AF_INET, text, &mask) != 1)
		return false;
	*rest = (uint32_t)~ntohl(mask.s_addr);
	return (*rest & (*rest + 1)) == 0;
}

/** Reads what stands behind the slash. @param[out] rest  ones for the bits behind the prefix */
static const char *
read_prefix(const char *text, unsigned int family, unsigned __int128 *rest)
{
	uint32_t bits;

	if (family == V4 && strchr(text, '.') != NULL)
		return read_netmask(text, rest) ? NULL : "a netmask of IPv4 is ones and then zeros";
	if (!group_number(text, family == V4 ? 32 : 128, &bits))
		return family == V4 ? "a prefix of IPv4 has 0 to 32 bits"
				    : "a prefix of IPv6 has 0 to 128 bits";
	*rest = family == V4 ? MAX_V4 >> bits : bits == 128 ? 0 : MAX_V6 >> bits;
	return NULL;
}

/** See struct group_kind. */
static const char *
read_member(char *word, unsigned int *family, struct range *range)
{
	char *behind = strpbrk(word, "/-");
	int sign = behind == NULL ? 0 : *behind;
	unsigned __int128 rest = 0;
	unsigned int other;
	const char *why;

	if (behind != NULL)
		*behind++ = '\0';
	if (!read_address(word, family, &range->first))
		return "not an address of IPv4 or IPv6";
	if (sign == '-') {
		if (!read_address(behind, &other, &range->last) || other != *family)
			return "a range goes to another address of the same version";
		return range->first <= range->last ? NULL : "a range goes upwards";
	}
	why = sign == '/' ? read_prefix(behind, *family, &rest) : NULL;
	range->first &= ~rest;
	range->last = range->first | rest;
	return why;
}

static const struct group_kind addresses = {
	.n_families = 2,
	.all = {[V4] = {0, MAX_V4}, [V6] = {0, MAX_V6}},
	.read = read_member,
};

static void
pack(struct address_set *set, const struct ranges sets[GROUP_FAMILIES])
{
	set->n4 = sets[V4].n;
	for (uint32_t i = 0; i < set->n4; i++) {
		set->v4[i].first = (uint32_t)sets[V4].of[i].first;
		set->v4[i].last = (uint32_t)sets[V4].of[i].last;
	}
	set->n6 = sets[V6].n;
	for (uint32_t i = 0; i < set->n6; i++) {
		const struct range *range = &sets[V6].of[i];

		set->v6[i].first[0] = (uint64_t)(range->first >> 64);
		set->v6[i].first[1] = (uint64_t)range->first;
		set->v6[i].last[0] = (uint64_t)(range->last >> 64);
		set->v6[i].last[1] = (uint64_t)range->last;
	}
}

static struct address_set *
create(struct wp_arena *arena, const struct ranges sets[GROUP_FAMILIES])
{
	struct address_set *set = wp_arena_alloc(arena, sizeof(*set));

	if (set == NULL)
		return NULL;
	set->v4 = wp_arena_alloc(arena, sets[V4].n * sizeof(set->v4[0]));
	set->v6 = wp_arena_alloc(arena, sets[V6].n * sizeof(set->v6[0]));
	if (set->v4 == NULL || set->v6 == NULL)
		return NULL;
	pack(set, sets);
	return set;
}

int
address_set_parse(struct wp_arena *arena, const struct vars *vars, const char *text,
		  const struct address_set **set, char *error, size_t size)
{
	struct ranges sets[GROUP_FAMILIES];
	const struct address_set *made = NULL;
	int err = group_read(&addresses, vars, text, sets, error, size);

	if (err != 0)
		return err;
	if (!ranges_is(&sets[V4], addresses.all[V4]) || !ranges_is(&sets[V6], addresses.all[V6])) {
		made = create(arena, sets);
		err = made == NULL ? -ENOMEM : 0;
	}
	ranges_clear(&sets[V4]);
	ranges_clear(&sets[V6]);
	if (err == 0)
		*set = made;
	return err;
}

static bool
has4(const struct address_set *set, const uint8_t *bytes)
{
	const struct range4 *range = set->v4;
	uint32_t n = set->n4, address;

	if (n == 0)
		return false;
	memcpy(&address, bytes, sizeof(address));
	address = be32toh(address);
	for (; n > 1; n -= n / 2) /* it is not behind the last of these n */
		range += range[n / 2].first <= address ? n / 2 : 0;
	return range->first <= address && address <= range->last;
}

static bool
is_up_to(const uint64_t a[2], const uint64_t b[2])
{
	return a[0] < b[0] || (a[0] == b[0] && a[1] <= b[1]);
}

static bool
has6(const struct address_set *set, const uint8_t *bytes)
{
	const struct range6 *range = set->v6;
	uint64_t address[2];
	uint32_t n = set->n6;

	if (n == 0)
		return false;
	memcpy(address, bytes, sizeof(address));
	address[0] = be64toh(address[0]);
	address[1] = be64toh(address[1]);
	for (; n > 1; n -= n / 2)
		range += is_up_to(range[n / 2].first, address) ? n / 2 : 0;
	return is_up_to(range->first, address) && is_up_to(address, range->last);
}

bool
address_set_has(const struct address_set *set, uint8_t version, const uint8_t *address)
{
	if (set == NULL)
		return true;
	if (version == 4)
		return has4(set, address);
	return version == 6 && has6(set, address);
}

bool
address_set_equal(const struct address_set *a, const struct address_set *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->n4 == b->n4 && a->n6 == b->n6 &&
	       memcmp(a->v4, b->v4, a->n4 * sizeof(a->v4[0])) == 0 &&
	       memcmp(a->v6, b->v6, a->n6 * sizeof(a->v6[0])) == 0;
}
