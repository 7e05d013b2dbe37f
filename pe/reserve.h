/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ranges of counters, reserved on disk before they are used, so that no number is used twice
 * whatever happens to the process. Records belong to an id (a key's fingerprint) and are never
 * removed. Knows nothing of DPDK. Control thread.
 */

#ifndef PE_RESERVE_H
#define PE_RESERVE_H

#include <stddef.h>
#include <stdint.h>

#define RESERVE_ID_SIZE 16

struct reserve;

/**
 * Opens (or makes) DIR/counters and locks it: one process at a time.
 * @param[out] message  why not, and what to do
 * @return 0, -EBUSY when another process has it, -EBADMSG when the file is damaged, or another
 * negative errno
 */
int reserve_open(const char *dir, struct reserve **reserve, char *message, size_t message_size);

/** Accepts NULL. */
void reserve_close(struct reserve *reserve);

/** @return the first number of @p id that was never reserved; @p start for an id not yet known. */
uint64_t reserve_next(const struct reserve *reserve, const uint8_t id[RESERVE_ID_SIZE],
		      uint64_t start);

/**
 * Reserves all numbers of @p id below @p limit. When it returns 0 this is on disk (fdatasync), and
 * no later reserve_next(), in this or another process, gives a number below @p limit.
 * @return 0 or a negative errno; then nothing may be used
 */
int reserve_extend(struct reserve *reserve, const uint8_t id[RESERVE_ID_SIZE], uint64_t limit);

#endif
