/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looks for what an operator wants to hear of at once: packets that the runtime drops, counters and
 * reasons that services call alerts, full tables, links, keys at their end. What goes on is told
 * again after a while, not each time. Control.
 */

#ifndef PE_WATCH_H
#define PE_WATCH_H

#include <jansson.h>
#include <time.h>

#include "pe/pe.h"

#define WATCH_QUIET_S 60       /* until the same is told again */
#define WATCH_KEY_SOON_S 86400 /* before the end of a key's lifetime */

struct watch;

/**
 * Hears of something.
 * @param kind    a constant: "drops", "alert", "table-full", "link", "key-ends", "missed"
 * @param tenant  whom it is about; NULL: the PE
 * @param data    a reference that it takes
 */
typedef void (*watch_fn)(void *arg, const char *kind, const char *tenant, json_t *data);

/** @return NULL without memory */
struct watch *watch_create(void);

/** Accepts NULL. */
void watch_destroy(struct watch *watch);

/** Looks at everything once; about each second. @param now  seconds since 1970 */
void watch_look(struct watch *watch, const struct pe *pe, time_t now, watch_fn fn, void *arg);

#endif
