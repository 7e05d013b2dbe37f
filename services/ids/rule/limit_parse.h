/* SPDX-License-Identifier: BSD-3-Clause */
/* Limits as they are written: "type limit, track by_src, count 1, seconds 60". */

#ifndef IDS_LIMIT_PARSE_H
#define IDS_LIMIT_PARSE_H

#include <stddef.h>

#include "conf/arena.h"
#include "rule/rule.h"

struct vars;

/** Where a limit is written, which says what words it has. */
enum limit_form {
	LIMIT_FORM_THRESHOLD, /* option of a rule */
	LIMIT_FORM_DETECTION, /* "detection_filter", likewise */
	LIMIT_FORM_FILTER,    /* threshold.config: "threshold" and "event_filter" */
	LIMIT_FORM_RATE,      /* "rate_filter" */
	LIMIT_FORM_SUPPRESS,  /* "suppress" */
	LIMIT_FORMS,
};

/**
 * Reads words and their values, with commas between them. Control.
 *
 * @param arena  addresses of LIMIT_FORM_SUPPRESS go there
 * @param vars   which they may name
 * @param text   changed
 * @param[out] limit  all of it
 * @param[out] why    what is wrong, after -EINVAL
 * @return 0, -EINVAL or -ENOMEM
 */
int limit_parse(struct wp_arena *arena, const struct vars *vars, enum limit_form form, char *text,
		struct limit *limit, char *why, size_t size);

#endif
