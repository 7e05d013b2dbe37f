/* SPDX-License-Identifier: BSD-3-Clause */
/* See log.h. */

#include "log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "detect.h"
#include "inst.h"
#include "lines.h"
#include "out/field.h"
#include "out/json.h"
#include "plain_file.h"
#include "sink.h"
#include "sums.h"

struct log {
	struct wp_lines *lines;   /* NULL: none */
	struct sink *sink;        /* likewise */
	struct wp_teller *teller; /* likewise */
	struct sums sums;
	uint64_t next_ns; /* clock_ns() from which on it is written out again */
	char line[JSON_LINE_MAX];
};

enum { WRITE_NS = 10000000 /* between writes, unless there is no room for more */ };

/** @return the clock that files and sockets live by: a capture's time says nothing of them. */
static uint64_t
clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/** @return the way to subscribers, if they are to hear of an instance's events. */
static struct wp_teller *
teller_for(struct wp_env *env, const struct ids *ids)
{
	return (ids->kinds.told & ids->kinds.events) == 0 ? NULL : wp_env_teller(env);
}

/** @return whether a log is where an instance's goes to. */
static bool
is_of(const struct log *log, const struct ids_conf *conf, const struct wp_teller *teller)
{
	const char *file = log->lines == NULL ? "" : wp_lines_path(log->lines);
	const char *socket = log->sink == NULL ? "" : sink_path(log->sink);

	return strcmp(file, conf->eve) == 0 && strcmp(socket, conf->socket) == 0 &&
	       log->teller == teller;
}

static int
open_parts(struct wp_env *env, const struct ids_conf *conf, struct log *log)
{
	int err = conf->eve[0] == '\0' ? 0 : wp_lines_open(conf->eve, &log->lines);

	if (err != 0)
		return wp_error(env, err, "eve", "%s: %s", conf->eve, wp_plain_why(err));
	err = conf->socket[0] == '\0' ? 0 : sink_open(conf->socket, &log->sink);
	return err == 0 ? 0 : wp_error(env, err, "socket", "%s: %s", conf->socket, strerror(-err));
}

int
ids_open_log(struct wp_env *env, const void *inst, void *old, void **log)
{
	const struct ids_conf *conf = ((const struct ids *)inst)->conf;
	struct wp_teller *teller = teller_for(env, inst);
	uint64_t written = 0;
	struct log *new;
	int err;

	if (conf->eve[0] == '\0' && conf->socket[0] == '\0' && teller == NULL)
		return 0;
	if (old != NULL && is_of(old, conf, teller)) {
		*log = old;
		return 0;
	}
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return wp_error(env, -ENOMEM, NULL, "no memory for the log");
	new->teller = teller;
	err = open_parts(env, conf, new);
	if (err != 0) {
		if (new->lines != NULL)
			wp_lines_close(new->lines, &written);
		free(new);
		return err;
	}
	*log = new;
	return 0;
}

static const struct rule *
rule_of(const void *of, uint32_t number)
{
	const struct rule_set *set = ((const struct ids *)of)->detector->set;

	return number < set->n ? set->rules[number] : NULL;
}

static const char *
tenant_of(const void *of, uint16_t tenant)
{
	const struct ids *ids = of;

	return tenant < ids->n_tenants ? ids->tenants[tenant] : NULL;
}

/** @return what lines say beyond records. */
static struct json_names
names_of(const struct ids *ids)
{
	const struct kinds *kinds = &ids->kinds;

	return (struct json_names){
		.of = ids,
		.rule = rule_of,
		.tenant = tenant_of,
		.has_paths = !ids->conf->capture,
		.metadata = kinds_tell(kinds, DETAIL_METADATA),
		.rule_text = kinds_tell(kinds, DETAIL_RULE),
		.verdict = kinds_tell(kinds, DETAIL_VERDICT),
		.brief = !kinds_tell(kinds, DETAIL_EXTENDED),
		.payload = kinds_tell(kinds, DETAIL_PAYLOAD),
		.printable = kinds_tell(kinds, DETAIL_PRINTABLE),
		.body = kinds_tell(kinds, DETAIL_HTTP_BODY),
		.body_printable = kinds_tell(kinds, DETAIL_HTTP_BODY_PRINTABLE),
		.link = (uint16_t)ids->conf->link,
		.link_size = (uint16_t)ids->conf->link_size,
	};
}

/** Hands a line out. */
static void
put(struct log *to, size_t size, uint64_t *counters)
{
	if (to->lines != NULL && !wp_lines_put(to->lines, to->line, size, &counters[COUNT_WRITTEN]))
		counters[COUNT_LOST]++;
	if (to->sink != NULL)
		counters[COUNT_UNHEARD] += sink_put(to->sink, to->line, size);
}

/** Tells subscribers, if they are to hear of that kind. */
static void
tell(const struct log *to, const struct ids *ids, const struct wp_event *event, size_t size,
     uint64_t *counters)
{
	const struct record_head *head = event->data;
	const char *line = to->line, *end = to->line + size;

	if (to->teller == NULL || (ids->kinds.told >> head->kind & 1) == 0)
		return;
	while (line < end) { /* a query of DNS has several */
		const char *next = memchr(line, '\n', (size_t)(end - line));

		if (!wp_tell(to->teller, ids->name, line, (size_t)(next - line)))
			counters[COUNT_UNTOLD]++;
		line = next + 1;
	}
}

void
ids_log(void *log, const void *inst, uint64_t *counters, const struct wp_event *events,
	unsigned int n)
{
	const struct json_names names = names_of(inst);
	struct log *to = log;

	for (unsigned int i = 0; i < n; i++) {
		size_t size;

		if (sums_take(&to->sums, &events[i]))
			continue;
		size = json_line(to->line, sizeof(to->line), events[i].data, events[i].size,
				 events[i].time_ns, &names);
		if (size == 0) {
			counters[COUNT_LOST]++;
			continue;
		}
		put(to, size, counters);
		tell(to, inst, &events[i], size, counters);
	}
}

static void
put_sums(struct log *to, uint64_t *counters)
{
	const struct json_names names = {.of = NULL};
	const struct record *record = &to->sums.record;
	size_t size = json_line(to->line, sizeof(to->line), record->bytes, record->size,
				to->sums.time_ns, &names);

	if (size != 0)
		put(to, size, counters);
}

void
ids_log_tick(void *log, uint64_t *counters, uint64_t now_ns)
{
	struct log *to = log;
	uint64_t at_ns = clock_ns();

	if (sums_tick(&to->sums, counters, now_ns))
		put_sums(to, counters);
	if (at_ns < to->next_ns)
		return;
	to->next_ns = at_ns + WRITE_NS;
	if (to->lines != NULL)
		wp_lines_tick(to->lines, at_ns, &counters[COUNT_WRITTEN]);
	if (to->sink != NULL)
		counters[COUNT_UNHEARD] += sink_tick(to->sink, at_ns);
}

void
ids_close_log(void *log, uint64_t *counters)
{
	struct log *of = log;

	if (of == NULL)
		return;
	if (of->lines != NULL)
		counters[COUNT_LOST] += wp_lines_close(of->lines, &counters[COUNT_WRITTEN]);
	counters[COUNT_UNHEARD] += sink_close(of->sink);
	free(of);
}
