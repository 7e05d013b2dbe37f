/* SPDX-License-Identifier: BSD-3-Clause */
/* Where reports go: all collectors of an instance. Log thread, but for opening. */

#ifndef IPFIX_EXPORT_H
#define IPFIX_EXPORT_H

#include "ipfix/collector.h"
#include "record.h"

/** Collectors of one instance at the most. */
enum { EXPORT_MAX = 8 };

enum export_to { EXPORT_TCP, EXPORT_UDP };

/** One collector as it is configured. */
struct export_target {
	uint32_t to; /* enum export_to */
	struct wp_addr host;
	uint32_t port;
	uint32_t refresh_s; /* UDP */
};

/** Members of a collector, for a WP_LIST of struct export_target. */
extern const struct wp_field export_fields[];

struct export;

/** Checks what the fields cannot say. @return 0, or -EINVAL after wp_error(). Control. */
int export_check(struct wp_env *env, const struct wp_list *targets);

/**
 * Opens the ways to all collectors; the observation domain is the instance's number.
 * @param targets  struct export_target; copied
 * @param old      one in use, or NULL
 * @param[out] export  @p old when it has the same targets
 * @return 0, or a negative errno after wp_error(). Control.
 */
int export_open(struct wp_env *env, const struct wp_list *targets, struct export *old,
		struct export **export);

/** Takes a report. @param tenant  its name @param counts  index: enum ipfix_count */
void export_put(struct export *export, const struct flow_report *report, uint64_t time_ns,
		const char *tenant, uint64_t *counts);

/** Sends, connects. */
void export_tick(struct export *export, uint64_t *counts, uint64_t now_ns);

/** Sends what can be sent at once and in 0.2 s more, counts the rest as lost, closes. Accepts NULL.
 */
void export_close(struct export *export, uint64_t *counts);

#endif
