/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture in memory that is run through in laps: each has other addresses than the laps before
 * it, so that its flows are new ones, and comes later than they. Checksums stay as they were. */

#ifndef IDS_LAPS_H
#define IDS_LAPS_H

#include <stdint.h>

#include "tool/capture.h"

struct laps;

/** Reads a capture; where it cannot, it says so and ends the process. */
struct laps *laps_read(const char *file);

void laps_free(struct laps *laps);

/** @return packets of a lap. */
uint32_t laps_packets(const struct laps *laps);

int laps_link(const struct laps *laps);

/** Gives all packets the addresses of a lap; lap 0 is the capture itself. */
void laps_turn(struct laps *laps, uint32_t lap);

/** @return a packet of the lap that is on. */
struct capture_packet laps_packet(const struct laps *laps, uint32_t index);

/** Writes the first laps into a capture; where it cannot, it says so and ends the process. */
void laps_write(struct laps *laps, uint32_t n, const char *file);

#endif
