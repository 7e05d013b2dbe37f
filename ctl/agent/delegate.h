/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What controllers of single tenants see of a PE, and how what they want becomes part of its
 * document. They see a document of "version", "tenants", "instances" and "paths": those of their
 * tenants. Nothing here tells them of others: no name, no count. Control thread.
 */

#ifndef AGENT_DELEGATE_H
#define AGENT_DELEGATE_H

#include <jansson.h>

#include "ctl/agent/config.h"
#include "ctl/agent/grant.h"

struct wp_epoch;

/** @return a member's text; "": it is none, or not there. */
static inline const char *
delegate_text(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text != NULL ? text : "";
}

/** @return a new reference: the part of a document that is a grant's; all of it, for a whole one.
 * NULL without memory */
json_t *delegate_view(json_t *root, const struct grant *grant);

/**
 * Puts a grant's part in the place of the one in force.
 * @return a new reference to a whole document, not yet checked but for what tenants may ask; or
 *         NULL with @p fault filled
 */
json_t *delegate_merge(const struct grant *grant, const json_t *part, struct config_fault *fault);

/**
 * Turns the fault of a merged document into one that the part's author can do something about.
 * What is wrong elsewhere is not told.
 * @return whether it was elsewhere
 */
bool delegate_hide(const struct grant *grant, struct config_fault *fault);

/** Takes out of counters what is not a grant's. @param stats  as stats_json() gives them; taken
 * @return a reference, or NULL */
json_t *delegate_stats(json_t *stats, const struct grant *grant);

#endif
