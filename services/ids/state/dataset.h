/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "dataset" and "datarep": sets of values that are kept outside of rules, read from a file, and
 * added to by rules. Control opens them; any number of workers ask, add and remove at once, without
 * locks or heap, within the room that is made when they are opened.
 */

#ifndef IDS_DATASET_H
#define IDS_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/arena.h"

struct dataset;

enum dataset_type {
	DATASET_UNTYPED, /* that of the set of this name, which is there already */
	DATASET_STRING,
	DATASET_MD5,
	DATASET_SHA256,
	DATASET_IPV4,
	DATASET_IPV6, /* takes addresses of version 4, too */
	DATASET_IP = DATASET_IPV6,
};

/** How its file is written. */
enum dataset_format {
	DATASET_LINES,  /* a value in each, strings in base64; "VALUE,REPUTATION" */
	DATASET_JSON,   /* one array of objects */
	DATASET_NDJSON, /* an object in each line */
};

enum {
	DATASET_NAME_MAX = 63,
	DATASET_MAX_DEFAULT = 16384, /* values that rules may add, where they do not say */
	DATASET_MAX = 1 << 26,
};

struct dataset_conf {
	const char *name;
	enum dataset_type type;
	const char *load; /* file; NULL or "": none */
	uint32_t max;     /* values that may be added to those of the file */

	/* Of JSON. */
	enum dataset_format format;
	const char *value_key; /* where in an object the value is: "host", "ioc.host" */
	const char *array_key; /* where in the whole the array is; NULL: it is the whole */
};

/** Sets by their names: those of one configuration. Zeroed: none. */
struct dataset_list {
	struct dataset *first;
};

/** @return DATASET_UNTYPED: it is not a type's name */
enum dataset_type dataset_type_of(const char *name);

/**
 * Opens a set, with all that is in its file. Control.
 *
 * @param max  values that may be added to those of the file
 * @param[out] why  room for @p size bytes
 * @return 0, -EINVAL (the file cannot be read, or is wrong) or -ENOMEM
 */
int dataset_open(struct wp_arena *arena, const char *name, enum dataset_type type,
		 const char *load_file, uint32_t max, struct dataset **set, char *why, size_t size);

/** Likewise, but gives the set of this name if the list has it, and adds it if not. It must not be
 * asked for with another type or file than before. Control. */
int dataset_list_open(struct dataset_list *list, struct wp_arena *arena,
		      const struct dataset_conf *conf, struct dataset **set, char *why,
		      size_t size);

/** Finds the file that a rule names: beside the rule's own file, else in @p folder (NULL: none),
 * else as it stands. @return 0 or -ENAMETOOLONG. Control. */
int dataset_path(const char *rule_file, const char *folder, const char *load, char *path,
		 size_t size);

const char *dataset_name(const struct dataset *set);

/** @return how many values are in it, as of now. */
uint32_t dataset_count(const struct dataset *set);

/**
 * The value is given as bytes: hashes as they are, addresses of 4 or 16 bytes in network order.
 * What cannot be of the set's type, and nothing at all, is never in it. Any thread; no heap, no
 * locks.
 */
bool dataset_has(const struct dataset *set, const uint8_t *data, size_t size);

/** @return whether it was not in it before, and is now; false, too, when the set is full */
bool dataset_add(struct dataset *set, const uint8_t *data, size_t size);

/** @return whether it was in it */
bool dataset_remove(struct dataset *set, const uint8_t *data, size_t size);

/** @param[out] reputation  0 where the file says none @return whether it is in the set */
bool dataset_reputation(const struct dataset *set, const uint8_t *data, size_t size,
			uint16_t *reputation);

#endif
