/* SPDX-License-Identifier: BSD-3-Clause */
/* What is written of events: lines of EVE. Log thread, but for opening. */

#ifndef IDS_LOG_H
#define IDS_LOG_H

#include "service.h"

int ids_open_log(struct wp_env *env, const void *inst, void *old, void **log);
void ids_log(void *log, const void *inst, uint64_t *counters, const struct wp_event *events,
	     unsigned int n);
void ids_log_tick(void *log, uint64_t *counters, uint64_t now_ns);
void ids_close_log(void *log, uint64_t *counters);

#endif
