/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes that a regular expression takes, or most of them: what somebody would send who wants it to
 * work hard. Not exact, as nothing depends on it but estimates. Control. */

#ifndef IDS_SAMPLE_H
#define IDS_SAMPLE_H

#include <stdint.h>

#include "rule/rule.h"

/** Bytes that have been made. */
struct sample {
	uint8_t *bytes;
	uint32_t size, room;
};

/** Adds bytes, as many as there is room for. */
void sample_add(struct sample *sample, const uint8_t *bytes, uint32_t size);

/** Adds what an expression takes: the first of its alternatives, each repetition as seldom as may
 * be, and once at least. */
void sample_pcre(struct sample *sample, const struct rule_pcre *pcre);

#endif
