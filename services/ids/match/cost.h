/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a rule costs at the most, whatever is sent: measured when it is loaded, over bytes that are
 * made to make it work hard. One that costs too much has its expressions bounded more tightly until
 * it does not. Control.
 */

#ifndef IDS_COST_H
#define IDS_COST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hs_scratch;
struct rule;

/* With sanitizers everything takes longer. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define COST_SLOWNESS 16
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(COST_SLOWNESS)
#define COST_SLOWNESS 16
#endif
#ifndef COST_SLOWNESS
#define COST_SLOWNESS 1
#endif

enum {
	COST_BYTES = 1024,               /* that a rule is measured over */
	COST_MOST = 120 * COST_SLOWNESS, /* cycles a byte from which on expressions are bounded more
					  * tightly: a packet of usual traffic costs 20, tracker and
					  * all rules included */
	COST_NEVER = 1000 * COST_SLOWNESS, /* a rule that costs more is not taken */
};

/** What was measured of a rule. */
struct cost {
	uint16_t cycles; /* a byte, in its dearest buffer */
	bool is_ended;   /* it may meet its bound: whoever sends such bytes can have it not hold */
	bool is_tightened;
};

struct cost_meter;

/** @return NULL: no memory */
struct cost_meter *cost_meter_create(void);

/** Accepts NULL. */
void cost_meter_destroy(struct cost_meter *meter);

/**
 * Measures a rule whose patterns are ready, and bounds them more tightly if need be.
 * @param scratch  for all of them
 * @param[out] why  room for @p size bytes
 * @return 0, -EINVAL after @p why when it costs too much in spite of that, or -ENOMEM
 */
int cost_admit(struct cost_meter *meter, const struct rule *rule, struct hs_scratch *scratch,
	       struct cost *cost, char *why, size_t size);

#endif
