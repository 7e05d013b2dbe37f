/* SPDX-License-Identifier: BSD-3-Clause */
/* See sums.h. */

#include "sums.h"

#include <string.h>

#include "detect.h"

static const uint64_t period_ns = 8000000000; /* as readers of EVE are used to */

/** Names of counters, those of one object next to each other. */
static const struct {
	const char *name;
	unsigned int counter; /* enum ids_counter */
} rows[] = {
	{"detect.alert", COUNT_ALERTS},      {"detect.alerts_suppressed", COUNT_SILENCED},
	{"detect.rules_asked", COUNT_ASKED}, {"detect.rules_ended", COUNT_GAVE_UP},
	{"detect.no_room", COUNT_NO_ROOM},   {"ips.passed", COUNT_PASSED},
	{"ips.blocked", COUNT_DROPPED},      {"ips.rejected", COUNT_REJECTED},
	{"log.written", COUNT_WRITTEN},      {"log.lost", COUNT_LOST},
	{"log.unheard", COUNT_UNHEARD},      {"log.untold", COUNT_UNTOLD},
};

enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

_Static_assert((int)N_ROWS <= (int)SUMS_MAX, "there is room for all");

static void
make(struct record *record, uint64_t uptime_s, const uint64_t *counts)
{
	struct record_counter counters[N_ROWS];

	for (unsigned int i = 0; i < N_ROWS; i++)
		counters[i] = (struct record_counter){rows[i].name, counts[i]};
	record_stats(record, uptime_s, counters, N_ROWS);
}

void
sums_tell(const struct wp_core *core, struct record *record)
{
	uint64_t counts[N_ROWS];

	for (unsigned int i = 0; i < N_ROWS; i++)
		counts[i] = core->counters[rows[i].counter];
	make(record, 0, counts);
}

bool
sums_take(struct sums *sums, const struct wp_event *event)
{
	uint64_t counts[SUMS_MAX] = {0};

	if (!record_read_stats(event->data, event->size, counts, SUMS_MAX))
		return false;
	if (event->worker < SUMS_WORKERS)
		memcpy(sums->counts[event->worker], counts, sizeof(counts));
	sums->time_ns = event->time_ns;
	sums->is_new = true;
	return true;
}

bool
sums_tick(struct sums *sums, const uint64_t *log_counters, uint64_t now_ns)
{
	uint64_t total[N_ROWS];

	if (!sums->is_new || now_ns < sums->next_ns)
		return false;
	if (sums->first_ns == 0)
		sums->first_ns = now_ns;
	sums->next_ns = now_ns + period_ns;
	sums->is_new = false;
	for (unsigned int i = 0; i < N_ROWS; i++) {
		total[i] = log_counters[rows[i].counter];
		for (unsigned int worker = 0; worker < SUMS_WORKERS; worker++)
			total[i] += sums->counts[worker][i];
	}
	make(&sums->record, (now_ns - sums->first_ns) / 1000000000, total);
	return true;
}
