/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The NAT's log: events from the log thread to any number of targets, IPFIX collectors and files
 * of JSON lines. Nothing here waits for a collector: what does not get away is kept up to a limit,
 * then dropped and counted. See log.md.
 */

#ifndef NAT_LOG_H
#define NAT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"
#include "field.h"
#include "ipfix/collector.h"
#include "service.h"

#include "event.h"

struct nat_log;

enum nat_log_to { NAT_LOG_JSON, NAT_LOG_IPFIX_TCP, NAT_LOG_IPFIX_UDP };
enum nat_log_events { NAT_LOG_BLOCKS, NAT_LOG_SESSIONS };

/** One target as it is configured. */
struct nat_log_target {
	uint32_t to;     /* enum nat_log_to */
	uint32_t events; /* enum nat_log_events */
	struct wp_addr host;
	uint32_t port;
	uint32_t refresh_s; /* UDP: seconds between templates */
	const char *path;
};

/** Members of a target, for a WP_LIST of struct nat_log_target. */
extern const struct wp_field nat_log_fields[];
/** Targets of one instance at the most. */
#define NAT_LOG_TARGETS_MAX 8

/** Counters, in this order and beside each other among the service's. Records count once for each
 * target. */
enum nat_log_count {
	NAT_LOG_WRITTEN = IPFIX_WRITTEN,   /* records that the kernel has taken */
	NAT_LOG_LOST = IPFIX_LOST,         /* records dropped: a target was too slow, or away */
	NAT_LOG_CONNECTS = IPFIX_CONNECTS, /* connections made, files opened again */
	NAT_LOG_COUNTS = IPFIX_COUNTS,
};
#define NAT_LOG_COUNT_NAMES "log-written", "log-lost", "log-connects"

/** What the numbers in events stand for; an instance's, constant. */
struct nat_log_names {
	const char *const *tenants; /* index: dense id; NULL: none of that number */
	const char *const *pools;   /* index: the pool's number */
	uint32_t n_tenants, n_pools;
};

/** Takes the tenants' names from the runtime. Control. @return 0 or -ENOMEM */
int nat_log_names_open(struct wp_env *env, struct nat_log_names *names);
/** Accepts a zeroed one. Control. */
void nat_log_names_close(struct nat_log_names *names);

/** Checks what the fields cannot say; to be called by open(). @param member  name of the list in
 * the configuration @return 0, or -EINVAL after wp_error() */
int nat_log_check(struct wp_env *env, const char *member, const struct wp_list *targets);

/** @return the events that some target wants: bits by enum nat_event_kind. Others need not be
 * emitted. */
uint32_t nat_log_kinds(const struct wp_list *targets);

/**
 * Opens all targets; for wp_service.open_log. The instance's number in wp_env is natInstanceID and
 * observation domain of the records.
 * @param targets   struct nat_log_target; copied
 * @param old       a log in use, or NULL
 * @param[out] log  @p old when it has the same targets; NULL when there are none
 * @return 0, or a negative errno after wp_error(). Control.
 */
int nat_log_open(struct wp_env *env, const char *member, const struct wp_list *targets,
		 struct nat_log *old, struct nat_log **log);

/** Takes events, each a struct nat_event. @param counts  index: enum nat_log_count. Log thread. */
void nat_log_write(struct nat_log *log, const struct nat_log_names *names, uint64_t *counts,
		   const struct wp_event *events, unsigned int n);

/** Sends, connects, looks for rotated files. Log thread. */
void nat_log_tick(struct nat_log *log, uint64_t *counts, uint64_t now_ns);

/** Sends what can be sent at once and in 0.2 s more, counts the rest as lost, closes. Log thread.
 */
void nat_log_close(struct nat_log *log, uint64_t *counts);

#endif
