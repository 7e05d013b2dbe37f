/* SPDX-License-Identifier: BSD-3-Clause */
/* What log.c asks of a kind of target. All but opening: log thread. */

#ifndef NAT_LOG_WRITER_H
#define NAT_LOG_WRITER_H

#include <stddef.h>

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
	/** Brings out what goes until @p until_ns (ipfix_clock_ns()), counts the rest as lost,
	 * frees. */
	void (*close)(struct nat_log_writer *writer, uint64_t *counts, uint64_t until_ns);
};

/** Control. @return 0, or a negative errno with @p message filled */
int log_json_open(const struct nat_log_target *target, char *message, size_t size,
		  struct nat_log_writer **writer);
int log_ipfix_open(const struct nat_log_target *target, uint32_t instance, char *message,
		   size_t size, struct nat_log_writer **writer);

#endif
