/* SPDX-License-Identifier: BSD-3-Clause */
/* Members of what the server answers, by their names. */

#ifndef CLI_MEMBER_H
#define CLI_MEMBER_H

#include <jansson.h>

/** @return a number; 0: it is not there. */
static inline json_int_t
member_number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/** @return a text; "": it is not there. */
static inline const char *
member_text(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

#endif
