/* SPDX-License-Identifier: BSD-3-Clause */
/* What log.c asks of a kind of target. All but opening: log thread. */

#ifndef NAT_LOG_WRITER_H
#define NAT_LOG_WRITER_H

#include <stddef.h>
#include <time.h>

#include "log.h"

/** An event with its names. */
struct nat_log_entry {
	const struct nat_event *event;
	uint64_t time_ns; /* UTC */
	const char *instance;
	uint32_t instance_number;
	const char *tenant, *pool; /* "": unknown */
};

struct nat_log_writer {
	/** Takes one entry; it may stay in a buffer until the next tick. */
	void (*write)(struct nat_log_writer *writer, const struct nat_log_entry *entry,
		      uint64_t *counts);
	/** Brings out what there is, as far as it goes without waiting. */
	void (*tick)(struct nat_log_writer *writer, uint64_t *counts, uint64_t now_ns);
	/** Brings out what goes until @p until_ns (log_clock_ns()), counts the rest as lost, frees.
	 */
	void (*close)(struct nat_log_writer *writer, uint64_t *counts, uint64_t until_ns);
};

/** @return the kernel's monotonic clock. */
static inline uint64_t
log_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/** Control. @return 0, or a negative errno with @p message filled */
int log_json_open(const struct nat_log_target *target, char *message, size_t size,
		  struct nat_log_writer **writer);
int log_ipfix_open(const struct nat_log_target *target, uint32_t instance, char *message,
		   size_t size, struct nat_log_writer **writer);

#endif
