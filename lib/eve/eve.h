/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Events as lines of JSON, in the format EVE that detectors write and their readers know: a file
 * that is appended to, whole lines at a time. Records are made on workers, lines on the log thread.
 */

#ifndef WP_EVE_H
#define WP_EVE_H

#include <stdbool.h>
#include <stdint.h>

#include "service.h"
#include "stream/flow.h"

/** Counters of a service that writes lines; the first of its own. */
enum eve_counter { EVE_LOST, EVE_WRITTEN };

/** Their names, for a service that has no others; NULL-terminated. */
extern WP_API const char *const eve_counters[];

/** Those of them that should not rise: wp_service.alerts. */
extern WP_API const char *const eve_alerts[];

/**
 * Opens a file for appending, for wp_service.open_log; the log is for the others here only.
 * @param old  what open_log() was given: used further where it is of that name; or NULL
 * @return 0 or a negative errno, as wp_lines_open()
 */
WP_API int eve_open(const char *file, void *old, void **log);

/** Writes what has gathered: wp_service.log_tick. */
WP_API void eve_tick(void *log, uint64_t *counters, uint64_t now_ns);

/** Writes what has gathered, and closes: wp_service.close_log. */
WP_API void eve_close(void *log, uint64_t *counters);

/** A flow, as it is reported. Copied as it is from worker to log thread. */
struct eve_flow {
	struct wp_endpoint ends[2];    /* index: enum wp_side */
	uint64_t packets[2], bytes[2]; /* likewise */
	uint64_t age_ns, quiet_ns;     /* since its first and its last packet */
	uint64_t id;
	uint32_t path;
	uint16_t tenant;
	uint8_t tcp_flags[2]; /* likewise */
	uint8_t tcp_state[2]; /* likewise; enum wp_tcp_state */
	uint8_t version, proto, state, end;
	uint8_t l7; /* enum wp_l7 */
	bool picked_up;
	bool has_gaps[2]; /* likewise: bytes of a side were missed */
};

/** EVE's words; index: enum wp_flow_state, wp_flow_end, wp_tcp_state. */
extern WP_API const char *const eve_flow_states[];
extern WP_API const char *const eve_reasons[];
extern WP_API const char *const eve_tcp_states[];

/** Takes a flow's record. Worker that owns it. */
WP_API struct eve_flow eve_flow(const struct wp_flow *flow, uint64_t now_ns);

/** @return the one state of a connection that EVE has beside those of its sides: the further one
 * (enum wp_tcp_state). */
WP_API uint8_t eve_tcp_state(const struct eve_flow *flow);

/** Writes the event "flow". @param record  struct eve_flow @param time_ns  UTC, of the record. Log
 * thread. */
WP_API void eve_write_flow(void *log, uint64_t *counters, const void *record, uint64_t time_ns);

#endif
