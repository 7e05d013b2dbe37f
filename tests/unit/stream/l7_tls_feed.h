/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is fed to a view, as text: "C" or "S" says whose bytes follow, in hex; "~5" is a gap of 5
 * bytes, "." the end of the side's stream. Spaces mean nothing.
 */

#ifndef L7_TLS_FEED_H
#define L7_TLS_FEED_H

#include <stddef.h>

#include "l7_bed.h"

/** Reads hex digits. @return behind them */
const char *l7_tls_unhex(const char *text, uint8_t *bytes, size_t room, size_t *size);

/** @param step  bytes at a time; 0: all of a run */
void l7_tls_feed(struct l7_bed *bed, const char *text, size_t step);

#endif
