/* SPDX-License-Identifier: BSD-3-Clause */
/* IPFIX collectors as they are configured, and what is counted of them. Needs no libfixbuf. */

#ifndef WP_IPFIX_COLLECTOR_H
#define WP_IPFIX_COLLECTOR_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "addr.h"
#include "field.h"

/** Counters of who exports, in this order and beside each other among a service's. Records count
 * once for each collector. */
enum ipfix_count {
	IPFIX_WRITTEN,  /* records that the kernel has taken */
	IPFIX_LOST,     /* records dropped: a collector was too slow, or away */
	IPFIX_CONNECTS, /* connections made */
	IPFIX_COUNTS,
};

/** One collector. */
struct ipfix_collector {
	struct wp_addr host;
	uint16_t port;
	uint32_t refresh_s; /* UDP: seconds between templates; 0: TCP */
};

/** Members of a collector, as rows of a struct that has host, port and refresh_s. */
#define IPFIX_COLLECTOR_FIELDS(STRUCT)                                                             \
	{.name = "host",                                                                           \
	 .type = WP_ADDR,                                                                          \
	 .offset = offsetof(STRUCT, host),                                                         \
	 .dflt = "\"\"",                                                                           \
	 .help = "ipfix: address of the collector"},                                               \
		{.name = "port",                                                                   \
		 .type = WP_U32,                                                                   \
		 .offset = offsetof(STRUCT, port),                                                 \
		 .min = 1,                                                                         \
		 .max = 65535,                                                                     \
		 .dflt = "4739",                                                                   \
		 .help = "ipfix: port of the collector"},                                          \
	{                                                                                          \
		.name = "refresh_s", .type = WP_U32, .offset = offsetof(STRUCT, refresh_s),        \
		.min = 1, .max = 3600, .dflt = "60",                                               \
		.help = "ipfix-udp: seconds after which templates are sent again"                  \
	}

/** @return the kernel's monotonic clock. */
static inline uint64_t
ipfix_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

#endif
