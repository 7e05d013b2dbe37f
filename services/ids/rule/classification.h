/* SPDX-License-Identifier: BSD-3-Clause */
/* What classes of attacks are called, and how much they weigh; where references lead to. */

#ifndef IDS_CLASSIFICATION_H
#define IDS_CLASSIFICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/arena.h"

struct classification;

/** A class: "config classification: NAME,TEXT,PRIORITY". */
struct class
{
	const char *name; /* in lower case */
	const char *text;
	uint8_t priority; /* 1 weighs most */
};

/** Reads a file of classes. @param file  NULL: those of Suricata's default file, which are built in
 * @param[out] why  "line N: what is wrong" of lines that are left out: the last of them, room for
 * @p size bytes, "" when there is none @return 0, -ENOMEM, or a negative errno: the file cannot be
 * read */
int classification_create(struct wp_arena *arena, const char *file, struct classification **classes,
			  char *why, size_t size);

/** Likewise, "config reference: NAME PREFIX": adds to what is there. @param file  NULL: built in */
int classification_add_references(struct classification *classes, const char *file, char *why,
				  size_t size);

/** @param name  in any case @return NULL: there is none of that name. */
const struct class *classification_find(const struct classification *classes, const char *name);

/** @return what stands in front of a reference's text ("http://"), in any case; NULL: unknown. */
const char *classification_reference(const struct classification *classes, const char *name);

#endif
