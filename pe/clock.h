/* SPDX-License-Identifier: BSD-3-Clause */
/* The system's clocks, for control and the log thread; packets go by pe_now_ns(). */

#ifndef PE_CLOCK_H
#define PE_CLOCK_H

#include <stdint.h>
#include <time.h>

/** @return ns of a clock, such as CLOCK_REALTIME. */
static inline uint64_t
clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

#endif
