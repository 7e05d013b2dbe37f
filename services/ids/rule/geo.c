/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See geo.h. A file has a binary tree of address bits, whose leaves say where in the data section
 * behind it a value begins, and metadata at its end. A value is a control byte, a size, and bytes;
 * pointers stand for values elsewhere in their section.
 */

#include "rule/geo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/text_file.h"

enum {
	GAP = 16,              /* zeros between tree and data */
	METADATA_MAX = 131072, /* bytes of metadata at the most */
	STEPS_MAX = 4096,      /* values that are passed over for one question */
	VERSION = 2,           /* of the format */
};

enum value_type { VALUE_EXTENDED, VALUE_POINTER, VALUE_STRING, VALUE_MAP = 7, VALUE_ARRAY = 11 };
enum { VALUE_UINT16 = 5, VALUE_UINT32 = 6, VALUE_BOOL = 14 };

/** Bytes in which values stand, and pointers count from. */
struct section {
	const uint8_t *bytes;
	size_t size;
};

/** A value's beginning, read. */
struct value {
	unsigned int type;
	uint32_t size; /* of bytes; of pairs or items; of a pointer: where it points to */
	size_t at;     /* of its bytes, or of the first of what is in it */
};

struct geo {
	uint8_t *file;
	struct section tree, data;
	uint32_t n_nodes;
	uint32_t record;  /* bits of one half of a node: 24, 28 or 32 */
	uint32_t version; /* of IP: 6 has version 4 within */
};

/** Takes a number of some bytes off. @return false: there are too few */
static bool
take(const struct section *section, size_t *at, unsigned int n, uint32_t *number)
{
	*number = 0;
	if (*at > section->size || n > section->size - *at)
		return false;
	for (unsigned int i = 0; i < n; i++)
		*number = *number << 8 | section->bytes[(*at)++];
	return true;
}

/** Reads where a pointer points to: two bits of its control byte say how many bytes follow. */
static bool
read_pointer(const struct section *section, uint8_t control, struct value *value)
{
	static const uint32_t bases[] = {0, 2048, 526336, 0};
	unsigned int kind = control >> 3 & 3;

	if (!take(section, &value->at, kind + 1, &value->size))
		return false;
	if (kind != 3)
		value->size = (value->size | (control & 7u) << (8 * (kind + 1))) + bases[kind];
	return true;
}

/** Reads how a value begins. */
static bool
read_value(const struct section *section, size_t at, struct value *value)
{
	static const uint32_t bases[] = {29, 285, 65821};
	uint32_t control, more;

	*value = (struct value){.at = at};
	if (!take(section, &value->at, 1, &control))
		return false;
	value->type = control >> 5;
	if (value->type == VALUE_POINTER)
		return read_pointer(section, (uint8_t)control, value);
	if (value->type == VALUE_EXTENDED) {
		if (!take(section, &value->at, 1, &more))
			return false;
		value->type = 7 + more;
	}
	value->size = control & 31;
	if (value->size >= 29) {
		uint32_t base = bases[value->size - 29];

		if (!take(section, &value->at, value->size - 28, &more))
			return false;
		value->size = base + more;
	}
	return true;
}

/** Likewise, behind a pointer, if it is one: a pointer to a pointer is none. */
static bool
follow(const struct section *section, size_t at, struct value *value)
{
	if (!read_value(section, at, value))
		return false;
	return value->type != VALUE_POINTER ||
	       (read_value(section, value->size, value) && value->type != VALUE_POINTER);
}

/** Passes over a value and all that is in it. @param[in,out] steps  that are left */
static bool
skip(const struct section *section, size_t *at, unsigned int *steps)
{
	uint64_t left = 1; /* values to pass over */
	struct value value;

	for (; left != 0; left--) {
		if ((*steps)-- == 0 || !read_value(section, *at, &value)) {
			*steps = 0;
			return false;
		}
		*at = value.at;
		if (value.type == VALUE_MAP)
			left += 2 * (uint64_t)value.size;
		else if (value.type == VALUE_ARRAY)
			left += value.size;
		else if (value.type != VALUE_POINTER && value.type != VALUE_BOOL)
			*at += value.size;
	}
	return true;
}

static bool
is_named(const struct section *section, size_t at, const char *name)
{
	struct value key;

	return follow(section, at, &key) && key.type == VALUE_STRING && key.size == strlen(name) &&
	       key.at <= section->size && key.size <= section->size - key.at &&
	       memcmp(section->bytes + key.at, name, key.size) == 0;
}

/** Finds what a map has under a name. @param[in,out] at  of the map; of what it has */
static bool
find(const struct section *section, size_t *at, const char *name)
{
	unsigned int steps = STEPS_MAX;
	struct value map;

	if (!follow(section, *at, &map) || map.type != VALUE_MAP)
		return false;
	*at = map.at;
	for (uint32_t i = 0; i < map.size; i++) {
		bool is_it = is_named(section, *at, name);

		if (!skip(section, at, &steps))
			return false;
		if (is_it)
			return true;
		if (!skip(section, at, &steps))
			return false;
	}
	return false;
}

/* Opening. */

static bool
find_number(const struct section *metadata, const char *name, uint32_t *number)
{
	struct value value;
	size_t at = 0;

	return find(metadata, &at, name) && follow(metadata, at, &value) &&
	       (value.type == VALUE_UINT16 || value.type == VALUE_UINT32) && value.size <= 4 &&
	       take(metadata, &value.at, value.size, number);
}

/** Finds what stands behind the last marker of metadata. */
static bool
find_metadata(const uint8_t *file, size_t size, struct section *metadata)
{
	static const char marker[] = "\xab\xcd\xefMaxMind.com";
	const size_t length = sizeof(marker) - 1;
	size_t least = size > METADATA_MAX ? size - METADATA_MAX : 0;

	for (size_t at = size < length ? 0 : size - length + 1; at-- > least;)
		if (memcmp(file + at, marker, length) == 0) {
			*metadata = (struct section){file + at + length, size - at - length};
			return true;
		}
	return false;
}

/** Takes a file apart. */
static bool
lay_out(struct geo *geo, size_t size)
{
	struct section metadata;
	uint32_t major;
	size_t tree;

	if (!find_metadata(geo->file, size, &metadata) ||
	    !find_number(&metadata, "binary_format_major_version", &major) || major != VERSION ||
	    !find_number(&metadata, "node_count", &geo->n_nodes) ||
	    !find_number(&metadata, "record_size", &geo->record) ||
	    !find_number(&metadata, "ip_version", &geo->version))
		return false;
	if ((geo->record != 24 && geo->record != 28 && geo->record != 32) ||
	    (geo->version != 4 && geo->version != 6))
		return false;
	tree = (size_t)geo->n_nodes * geo->record / 4;
	if (tree > size || size - tree < GAP)
		return false;
	geo->tree = (struct section){geo->file, tree};
	geo->data = (struct section){geo->file + tree + GAP, size - tree - GAP};
	return true;
}

/** Says what is wrong with a file. @return @p err */
static int
refuse(const char *file, int err, const char *reason, char *why, size_t size)
{
	snprintf(why, size, "%s: %s", file, reason);
	return err;
}

int
geo_open(const char *file, struct geo **geo, char *why, size_t size)
{
	struct geo *new = calloc(1, sizeof(*new));
	char *text = NULL;
	size_t length;
	int err = new == NULL ? -ENOMEM : text_file_read(file, &text, &length);

	if (err != 0) {
		free(new);
		return refuse(file, err, text_file_why(err), why, size);
	}
	new->file = (uint8_t *)text;
	if (!lay_out(new, length)) {
		geo_close(new);
		return refuse(file, -EINVAL, "is no database of addresses", why, size);
	}
	*geo = new;
	return 0;
}

void
geo_close(struct geo *geo)
{
	if (geo == NULL)
		return;
	free(geo->file);
	free(geo);
}

/* Looking up. */

/** @return one half of a node, which is below n_nodes: another node, n_nodes for nothing, or more
 * for data. Of 28 bits, both halves share the byte in the middle. */
static uint32_t
half(const struct geo *geo, uint32_t node, unsigned int bit)
{
	size_t size = geo->record / 4, at = node * size + (geo->record == 28 ? 4 : size / 2) * bit;
	uint32_t number = 0;

	if (geo->record != 28) {
		take(&geo->tree, &at, geo->record / 8, &number);
		return number;
	}
	take(&geo->tree, &at, 3, &number);
	at = node * size + 3;
	return number | (bit == 0 ? geo->tree.bytes[at] >> 4u : geo->tree.bytes[at] & 15u) << 24;
}

/** Goes down the tree. @return where it ends: n_nodes for nothing */
static uint32_t
walk(const struct geo *geo, unsigned int version, const uint8_t *address)
{
	unsigned int bits = version == 4 ? 32 : 128;
	uint32_t node = 0;

	/* ::/96 is where version 4 is in a tree of version 6. */
	for (unsigned int i = 0; version == 4 && geo->version == 6 && i < 96; i++)
		node = node < geo->n_nodes ? half(geo, node, 0) : node;
	for (unsigned int i = 0; i < bits && node < geo->n_nodes; i++)
		node = half(geo, node, address[i / 8] >> (7 - i % 8) & 1u);
	return node < geo->n_nodes ? geo->n_nodes : node;
}

bool
geo_country(const struct geo *geo, unsigned int version, const uint8_t *address,
	    char code[static GEO_CODE])
{
	struct value value;
	uint32_t node;
	size_t at;

	if (version != 4 && (version != 6 || geo->version != 6))
		return false;
	node = walk(geo, version, address);
	if (node < geo->n_nodes + (uint64_t)GAP)
		return false;
	at = node - geo->n_nodes - GAP;
	if (!find(&geo->data, &at, "country") || !find(&geo->data, &at, "iso_code") ||
	    !follow(&geo->data, at, &value) || value.type != VALUE_STRING ||
	    value.size != GEO_CODE || value.at > geo->data.size ||
	    geo->data.size - value.at < GEO_CODE)
		return false;
	memcpy(code, geo->data.bytes + value.at, GEO_CODE);
	return true;
}
