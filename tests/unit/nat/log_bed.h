/* SPDX-License-Identifier: BSD-3-Clause */
/* A NAT's log alone: opened with one target, fed with events, and the runtime stood for. */

#ifndef TESTS_LOG_BED_H
#define TESTS_LOG_BED_H

#include <check.h>
#include <stdint.h>

#include "log.h"

/** 2026-11-21T10:47:20.123Z */
#define BED_TIME_NS 1795258040123000000ull
#define BED_INSTANCE 7 /* its number; its name is "cgn" */

struct log_bed {
	struct nat_log *log;
	uint64_t counts[NAT_LOG_COUNTS];
	uint64_t now_ns;
};

/** Opens a log with one target; it must be accepted. */
void bed_open(struct log_bed *bed, const struct nat_log_target *target);

/** @return what wp_error() said last, "member: text". */
const char *bed_refusal(void);

/** Writes one event, BED_TIME_NS after the epoch. */
void bed_put(struct log_bed *bed, const struct nat_event *event);

/** Ticks, @p ms after the last one. */
void bed_tick(struct log_bed *bed, unsigned int ms);

void bed_close(struct log_bed *bed);

/** One event of each kind, and of quotas and NAT64 too; ends with one of kind NAT_N_EVENTS. Tenant
 * 2 is "green", pool 1 "big". */
extern const struct nat_event bed_events[];

#endif
