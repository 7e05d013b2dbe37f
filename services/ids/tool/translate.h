/* SPDX-License-Identifier: BSD-3-Clause */
/* What settings of Suricata's mean here: configurations of the service and of the tracker. Settings
 * that mean nothing here are passed over. */

#ifndef IDS_TRANSLATE_H
#define IDS_TRANSLATE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "tool/options.h"
#include "tool/settings.h"
#include "tool/tunnel.h"

struct wp_field;
struct vars;

struct translation {
	json_t *service;   /* object: what fills the service's configuration */
	json_t *tracker;   /* likewise, the tracker's */
	json_t *rules;     /* array: files of rules */
	json_t *variables; /* object: name -> text */
	json_t *notes;     /* array: what should be said about settings */
	char *eve;         /* the file that events go to */
	struct tunnel_conf tunnels;
};

/** Sets what Suricata's own configuration file says, of what matters here: for those who give none.
 * @return as settings_set() */
int translate_usual(struct settings *settings);

/**
 * Translates.
 * @param fields  of the service: members that it does not have are left away
 * @param[out] why  on failure, room for @p size bytes
 * @return 0 or a negative errno; in any case translate_free()
 */
int translate(const struct options *options, const struct settings *settings,
	      const struct wp_field *fields, struct translation *to, char *why, size_t size);

void translate_free(struct translation *to);

/** Adds the tracker's part. @return 0 or -ENOMEM */
int translate_tracker(const struct options *options, const struct settings *settings,
		      struct translation *to);

/** Adds kinds of events that are wanted, and what is wanted of alerts, to arrays. Alerts always
 * are.
 * @return 0 or -ENOMEM */
int translate_events(const struct settings *settings, bool is_configured, json_t *events,
		     json_t *details);

/** Sets a member to a number, as near as its field lets it be. */
void translate_number(json_t *object, const struct wp_field *fields, const char *member,
		      unsigned long long number);

/** Says something about settings. */
void translate_note(struct translation *to, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Settings whose values are lists come item by item, or as one text "[a,b]". Calls @p fn for each
 * item. @param name  of the list */
typedef void (*translate_item_fn)(void *arg, const char *item);
void translate_items(const struct settings *settings, const char *name, translate_item_fn fn,
		     void *arg);

#endif
