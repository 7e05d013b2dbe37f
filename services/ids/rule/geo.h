/* SPDX-License-Identifier: BSD-3-Clause */
/* Where addresses are: a database of countries in MaxMind's format, version 2. */

#ifndef IDS_GEO_H
#define IDS_GEO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct geo;

enum { GEO_CODE = 2 /* bytes of a country's code (ISO 3166-1) */ };

/** Reads a database. Nothing in it is believed: what does not hold together is not found later.
 * @param[out] why  what is wrong, after an error; room for @p size bytes
 * @return 0, or a negative errno. Control. */
int geo_open(const char *file, struct geo **geo, char *why, size_t size);

/** Accepts NULL. Control. */
void geo_close(struct geo *geo);

/** Looks an address up. @param version  4 or 6 @param[out] code  of its country @return false: it
 * is not known. Any thread; some hundred steps at the most. */
bool geo_country(const struct geo *geo, unsigned int version, const uint8_t *address,
		 char code[static GEO_CODE]);

#endif
