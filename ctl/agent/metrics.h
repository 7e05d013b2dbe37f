/* SPDX-License-Identifier: BSD-3-Clause */
/* All counters for monitoring: OpenMetrics text, or Prometheus's older format. Control thread. */

#ifndef AGENT_METRICS_H
#define AGENT_METRICS_H

#include <stdbool.h>

#include <event2/buffer.h>
#include <jansson.h>

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_TYPE_OPEN "application/openmetrics-text; version=1.0.0; charset=utf-8"

/**
 * Adds a snapshot as text.
 * @param stats    as stats_json() gives it, and stats_add_latency()
 * @param is_open  OpenMetrics: families of counters are named without _total, and the text has an
 * end
 */
void metrics_write(struct evbuffer *out, const json_t *stats, bool is_open);

#endif
