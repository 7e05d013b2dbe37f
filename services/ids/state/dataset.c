/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of a set. A value gets a place of its own in an array, and bytes of a pool; both are
 * taken for ever. Slots are filled once with the number of a place, by compare and exchange, and
 * never change; a value that is removed is marked in its place, and unmarked when it comes back.
 */

#include "state/dataset_table.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "state/siphash.h"
#include "state/state.h"

enum {
	STRING_BYTES = 64, /* on the average, of strings that are added */
	ADDRESS_BYTES = 16,
};

struct place {
	/* Written by who took it, before a slot names it. */
	const uint8_t *bytes;
	uint32_t size, hash;
	uint16_t reputation;

	atomic_bool is_in;
};

struct dataset {
	const char *name, *load;
	enum dataset_type type;
	struct dataset *next; /* in its list */
	struct wp_hash_key hash_key;

	struct place *places;
	uint32_t n_places, n_bytes, mask; /* mask: of slots */
	uint8_t *bytes;

	_Atomic uint64_t taken;  /* places in the upper half, bytes in the lower one */
	_Atomic uint32_t count;  /* values that are in it */
	_Atomic uint32_t *slots; /* 0: free; else a place's number + 1 */
};

/** A value as it lies in the table. */
struct key {
	const uint8_t *data;
	uint32_t size, hash;
	uint8_t address[ADDRESS_BYTES]; /* that data may point at */
};

/** @return bytes of all values of a type; 0: they differ */
static uint32_t
size_of(enum dataset_type type)
{
	switch (type) {
	case DATASET_MD5:
		return 16;
	case DATASET_SHA256:
		return 32;
	case DATASET_IPV4:
		return 4;
	case DATASET_IPV6:
		return 16;
	default:
		return 0;
	}
}

/** @return false: it is not a value of the set's type */
static bool
key_of(const struct dataset *set, const uint8_t *data, size_t size, struct key *key)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint32_t needed = size_of(set->type);

	key->data = data;
	if (set->type == DATASET_IPV6 && size == 4) {
		memcpy(key->address, mapped, sizeof(mapped));
		memcpy(key->address + sizeof(mapped), data, 4);
		key->data = key->address;
		size = 16;
	}
	if (size == 0 || size > UINT32_MAX || (needed != 0 && size != needed))
		return false;
	key->size = (uint32_t)size;
	key->hash = (uint32_t)wp_siphash(&set->hash_key, key->data, size);
	return true;
}

static bool
is_key(const struct place *place, const struct key *key)
{
	return place->hash == key->hash && place->size == key->size &&
	       memcmp(place->bytes, key->data, key->size) == 0;
}

/** @param[in,out] slot  where to begin; where it is, or the free one where it is not
 * @return NULL: it is not there */
static struct place *
find(const struct dataset *set, const struct key *key, uint32_t *slot)
{
	for (;; *slot = (*slot + 1) & set->mask) {
		uint32_t number = atomic_load_explicit(&set->slots[*slot], memory_order_acquire);

		if (number == 0)
			return NULL; /* one always is: there are more slots than places */
		if (is_key(&set->places[number - 1], key))
			return &set->places[number - 1];
	}
}

/** @return the place of a value that is in the set, or NULL. */
static const struct place *
find_in(const struct dataset *set, const uint8_t *data, size_t size)
{
	const struct place *place;
	struct key key;
	uint32_t slot;

	if (!key_of(set, data, size, &key))
		return NULL;
	slot = key.hash & set->mask;
	place = find(set, &key, &slot);
	if (place == NULL || !atomic_load_explicit(&place->is_in, memory_order_relaxed))
		return NULL;
	return place;
}

/** Takes a place and its bytes together. @return NULL: there are none left */
static struct place *
take(struct dataset *set, const struct key *key)
{
	uint64_t taken = atomic_load_explicit(&set->taken, memory_order_relaxed);
	struct place *place;
	uint32_t n, bytes;

	do {
		n = (uint32_t)(taken >> 32);
		bytes = (uint32_t)taken;
		if (n == set->n_places || key->size > set->n_bytes - bytes)
			return NULL;
	} while (!atomic_compare_exchange_weak_explicit(
		&set->taken, &taken, (uint64_t)(n + 1) << 32 | (bytes + key->size),
		memory_order_relaxed, memory_order_relaxed));
	place = &set->places[n];
	place->bytes = memcpy(set->bytes + bytes, key->data, key->size);
	place->size = key->size;
	place->hash = key->hash;
	return place;
}

static bool
mark(struct dataset *set, struct place *place, bool is_in)
{
	if (atomic_exchange_explicit(&place->is_in, is_in, memory_order_relaxed) == is_in)
		return false;
	if (is_in)
		atomic_fetch_add_explicit(&set->count, 1, memory_order_relaxed);
	else
		atomic_fetch_sub_explicit(&set->count, 1, memory_order_relaxed);
	return true;
}

/** Finds the place of a value, or makes one. Of two that make it at once, one takes the other's,
 * and loses its own. @return NULL: the set is full */
static struct place *
make(struct dataset *set, const struct key *key)
{
	uint32_t slot = key->hash & set->mask, none = 0;
	struct place *place = find(set, key, &slot), *new;

	if (place != NULL)
		return place;
	new = take(set, key);
	if (new == NULL)
		return NULL;
	while (!atomic_compare_exchange_strong_explicit(
		&set->slots[slot], &none, (uint32_t)(new - set->places) + 1, memory_order_release,
		memory_order_relaxed)) {
		place = find(set, key, &slot);
		if (place != NULL)
			return place;
		none = 0;
	}
	return new;
}

bool
dataset_has(const struct dataset *set, const uint8_t *data, size_t size)
{
	return find_in(set, data, size) != NULL;
}

bool
dataset_add(struct dataset *set, const uint8_t *data, size_t size)
{
	struct place *place;
	struct key key;

	if (!key_of(set, data, size, &key))
		return false;
	place = make(set, &key);
	return place != NULL && mark(set, place, true);
}

bool
dataset_remove(struct dataset *set, const uint8_t *data, size_t size)
{
	struct place *place;
	struct key key;
	uint32_t slot;

	if (!key_of(set, data, size, &key))
		return false;
	slot = key.hash & set->mask;
	place = find(set, &key, &slot);
	return place != NULL && mark(set, place, false);
}

bool
dataset_reputation(const struct dataset *set, const uint8_t *data, size_t size,
		   uint16_t *reputation)
{
	const struct place *place = find_in(set, data, size);

	if (place != NULL)
		*reputation = place->reputation;
	return place != NULL;
}

const char *
dataset_name(const struct dataset *set)
{
	return set->name;
}

uint32_t
dataset_count(const struct dataset *set)
{
	return atomic_load_explicit(&set->count, memory_order_relaxed);
}

/** Makes room. @param n  values @param bytes  of all of them */
static int
make_room(struct dataset *set, struct wp_arena *arena, uint32_t n, size_t bytes)
{
	uint32_t n_slots = 2;

	while (n_slots < n * 2 + 1)
		n_slots *= 2; /* at most 2^28, for there are bounds on n */
	set->slots = wp_arena_alloc(arena, n_slots * sizeof(*set->slots));
	set->places = wp_arena_alloc(arena, n * sizeof(*set->places));
	set->bytes = wp_arena_alloc(arena, bytes);
	set->mask = n_slots - 1;
	set->n_places = n;
	set->n_bytes = (uint32_t)bytes;
	return set->slots != NULL && set->places != NULL && set->bytes != NULL ? 0 : -ENOMEM;
}

/** Puts in what was read. Of a value that is there twice the first counts. */
static void
fill(struct dataset *set, const struct dataset_load *load)
{
	for (uint32_t i = 0; i < load->n; i++) {
		const struct dataset_value *value = &load->values[i];
		struct place *place;
		struct key key;

		if (!key_of(set, load->bytes + value->at, value->size, &key))
			continue;
		place = make(set, &key);
		if (place == NULL || !mark(set, place, true))
			continue;
		place->reputation = value->reputation;
	}
}

static int
create(struct wp_arena *arena, const struct dataset_conf *conf, const struct dataset_load *load,
       struct dataset **set)
{
	struct dataset *new = wp_arena_alloc(arena, sizeof(*new));
	uint32_t needed = size_of(conf->type);
	size_t n = (size_t)load->n + conf->max;
	size_t bytes = needed != 0 ? n * needed : load->n_bytes + (size_t)conf->max * STRING_BYTES;

	if (new == NULL || bytes > UINT32_MAX)
		return -ENOMEM;
	new->type = conf->type;
	new->name = wp_arena_string(arena, conf->name);
	new->load = wp_arena_string(arena, conf->load != NULL ? conf->load : "");
	if (new->name == NULL || new->load == NULL ||
	    make_room(new, arena, (uint32_t)n, bytes) != 0)
		return -ENOMEM;
	if (getrandom(&new->hash_key, sizeof(new->hash_key), 0) != sizeof(new->hash_key))
		return -ENOMEM;
	fill(new, load);
	*set = new;
	return 0;
}

static int
open_set(struct wp_arena *arena, const struct dataset_conf *conf, struct dataset **set, char *why,
	 size_t size)
{
	struct dataset_load load = {.conf = conf, .why = why, .why_size = size};
	int error = 0;

	if (conf->type == DATASET_UNTYPED)
		return dataset_load_fault(&load, "dataset '%s' needs a type", conf->name);
	if (conf->name[0] == '\0' || strlen(conf->name) > DATASET_NAME_MAX)
		return dataset_load_fault(&load, "a dataset's name has 1 to %d bytes",
					  DATASET_NAME_MAX);
	if (conf->max > DATASET_MAX)
		return dataset_load_fault(&load, "dataset '%s' has more than %d values", conf->name,
					  DATASET_MAX);
	if (conf->load != NULL && conf->load[0] != '\0')
		error = dataset_load_file(&load);
	if (error == 0)
		error = create(arena, conf, &load, set);
	dataset_load_close(&load);
	return error;
}

int
dataset_open(struct wp_arena *arena, const char *name, enum dataset_type type,
	     const char *load_file, uint32_t max, struct dataset **set, char *why, size_t size)
{
	const struct dataset_conf conf = {
		.name = name, .type = type, .load = load_file, .max = max};

	return open_set(arena, &conf, set, why, size);
}

/** A set that is there already is the one if nothing else is said of it. */
static int
check_same(const struct dataset *set, const struct dataset_conf *conf, char *why, size_t size)
{
	struct dataset_load load = {.why = why, .why_size = size};

	if (conf->type != DATASET_UNTYPED && conf->type != set->type)
		return dataset_load_fault(&load, "dataset '%s' is of another type already",
					  set->name);
	if (conf->load != NULL && conf->load[0] != '\0' && strcmp(conf->load, set->load) != 0)
		return dataset_load_fault(&load, "dataset '%s' is read from '%s' already",
					  set->name, set->load);
	return 0;
}

int
dataset_list_open(struct dataset_list *list, struct wp_arena *arena,
		  const struct dataset_conf *conf, struct dataset **set, char *why, size_t size)
{
	struct dataset *new;
	int error;

	for (new = list->first; new != NULL; new = new->next)
		if (strcasecmp(new->name, conf->name) == 0)
			break;
	if (new != NULL) {
		error = check_same(new, conf, why, size);
	} else {
		error = open_set(arena, conf, &new, why, size);
		if (new != NULL) {
			new->next = list->first;
			list->first = new;
		}
	}
	if (error == 0)
		*set = new;
	return error;
}
