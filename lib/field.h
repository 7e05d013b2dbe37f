/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables that say which JSON members fill which struct members. Parsing, defaults, ranges,
 * error texts, the JSON Schema and the documentation all come from the one table.
 */

#ifndef WP_FIELD_H
#define WP_FIELD_H

#include <stddef.h>
#include <stdint.h>

enum wp_field_type {
	WP_U32,      /* uint32_t; a number from min to max */
	WP_U64,      /* uint64_t; a number from min to max, at most 2^53 */
	WP_BOOL,     /* bool */
	WP_STRING,   /* const char *; min to max bytes of printable ASCII */
	WP_NAME,     /* const char *; a name: [A-Za-z0-9_.-], 1 to 63 bytes, starts with a letter or
			digit */
	WP_KEY_NAME, /* const char *; NAME@VERSION of a key in the key store, never the key itself
		      */
	WP_ENUM,     /* uint32_t; index into choices */
	WP_ADDR,     /* struct wp_addr */
	WP_PREFIX,   /* struct wp_prefix; "10.0.0.0/8", "2001:db8::/32", "any" */
	WP_PORT_RANGE,  /* struct wp_port_range; 80, "80", "1024-65535", "any" */
	WP_LIST,        /* struct wp_list; min to max objects, each laid out by 'fields' */
	WP_U32_LIST,    /* struct wp_list of uint32_t; each from min to max */
	WP_STRING_LIST, /* struct wp_list of const char *; each of min to max bytes */
	WP_OBJECT,      /* the struct itself; laid out by 'fields' */
	WP_JSON,        /* const void * (json_t *); any object, kept as it is for a second look */
	WP_FILE,        /* as WP_STRING; a file's name: a relative one begins in the document's
			 * folder */
	WP_FILE_LIST,   /* as WP_STRING_LIST; likewise */
};

/** The items of a WP_LIST. The memory belongs to the configuration it is in. */
struct wp_list {
	void *items;
	uint32_t n;
};

/** One member of a JSON object and the struct member it fills. */
struct wp_field {
	const char *name; /* NULL ends the table */
	enum wp_field_type type;
	uint32_t offset;   /* bytes into the struct */
	uint64_t min, max; /* inclusive; of a WP_STRING its bytes, of a WP_LIST its items */
	const char *dflt;  /* as JSON text, "0", "\"any\"", "[]"; NULL: the member must be given */
	const char *help;  /* one line, starts lower case, gives the unit */
	const char *const *choices;    /* WP_ENUM: NULL-terminated */
	const struct wp_field *fields; /* WP_LIST, WP_OBJECT */
	uint32_t item_size;            /* WP_LIST: bytes of one item */
};

#endif
