/* SPDX-License-Identifier: BSD-3-Clause */
/* The file that lines go to, and who counts them. */

#include "eve/file.h"

#include <string.h>

#include "lines.h"

const char *const eve_alerts[] = {"lost", NULL};
const char *const eve_counters[] = {[EVE_LOST] = "lost", [EVE_WRITTEN] = "written", NULL};

int
eve_open(const char *file, void *old, void **log)
{
	if (old != NULL && strcmp(wp_lines_path(old), file) == 0) {
		*log = old;
		return 0;
	}
	return wp_lines_open(file, (struct wp_lines **)log);
}

void
eve_tick(void *log, uint64_t *counters, uint64_t now_ns)
{
	wp_lines_tick(log, now_ns, &counters[EVE_WRITTEN]);
}

void
eve_close(void *log, uint64_t *counters)
{
	counters[EVE_LOST] += wp_lines_close(log, &counters[EVE_WRITTEN]);
}

void
eve_put(void *log, uint64_t *counters, const char *text, int size)
{
	if (size <= 0 || size >= EVE_LINE_MAX ||
	    !wp_lines_put(log, text, (size_t)size, &counters[EVE_WRITTEN]))
		counters[EVE_LOST]++;
}
