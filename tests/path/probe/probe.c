/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A service for tests: the first byte of a packet's payload says what becomes of it. It also counts
 * the packets of each inside host in a table, and notices when a worker writes an entry that it may
 * not write, and when a host's packets of one direction come in another order than their numbers
 * (bytes 4 to 7 of the payload). Its log is a file with a line for each record.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service.h"
#include "state/state.h"

/** Of the program that loaded us, if it has one: whether a worker may write entries of a bucket
 * now. Without, an entry may have one writer only. */
bool probe_may_write(const void *runtime, uint8_t bucket) __attribute__((weak));

enum {
	PROBE_SEEN,
	PROBE_FOREIGN,
	PROBE_RELEASED,
	PROBE_NOT_HELD,
	PROBE_TICKS,
	PROBE_REORDERED,
	PROBE_EMITTED,
	PROBE_LOGGED,
	PROBE_DAMAGED,
	PROBE_LOG_TICKS,
};
static const char *const probe_counters[] = {"seen",    "foreign-writer", "released", "not-held",
					     "ticks",   "reordered",      "emitted",  "logged",
					     "damaged", "log-ticks",      NULL};

enum { PROBE_TOLD, PROBE_HELD };
static const char *const probe_reasons[] = {"told-to", "held", NULL};

struct probe_config {
	const char *log;
	uint32_t log_mark, log_ms;
	bool count_hosts;
};

static const struct wp_field probe_fields[] = {
	{.name = "count_hosts",
	 .type = WP_BOOL,
	 .offset = offsetof(struct probe_config, count_hosts),
	 .dflt = "false",
	 .help = "keep an entry for each inside host"},
	{.name = "log",
	 .type = WP_STRING,
	 .offset = offsetof(struct probe_config, log),
	 .max = 255,
	 .dflt = "\"\"",
	 .help = "file that has a line for each record; empty: no log"},
	{.name = "log_mark",
	 .type = WP_U32,
	 .offset = offsetof(struct probe_config, log_mark),
	 .max = 255,
	 .dflt = "0",
	 .help = "stands first on each line"},
	{.name = "log_ms",
	 .type = WP_U32,
	 .offset = offsetof(struct probe_config, log_ms),
	 .max = 1000,
	 .dflt = "0",
	 .help = "how long the log sleeps over its first batch"},
	{.name = NULL},
};

struct probe_step {
	uint32_t mark;
	bool answers;
};

static const struct wp_field probe_step_fields[] = {
	{.name = "mark",
	 .type = WP_U32,
	 .offset = offsetof(struct probe_step, mark),
	 .min = 0,
	 .max = 255,
	 .dflt = "0",
	 .help = "written over the payload's fourth byte when not 0"},
	{.name = "answers",
	 .type = WP_BOOL,
	 .offset = offsetof(struct probe_step, answers),
	 .dflt = "false",
	 .help = "each packet is answered, whatever it says"},
	{.name = NULL},
};

struct probe_host {
	uint64_t packets;
	uint32_t worker;    /* that wrote it last, from 1 */
	uint32_t number[2]; /* of the last packet from it, and to it */
};

static const struct wp_table_decl probe_tables[] = {
	{.name = "hosts",
	 .version = 1,
	 .class = WP_FLOW,
	 .owner = WP_OWNER_STEER,
	 .key = {WP_KEY_ADDR},
	 .value_size = sizeof(struct probe_host),
	 .max_entries = 4096},
	{.name = NULL},
};

/** What one worker has held. */
struct probe_scratch {
	uint64_t ids[64];
	unsigned int n;
	bool at_tick;    /* release them all at the next tick */
	uint32_t events; /* emitted, lost ones included */
};

/** A record: of many sizes, filled with its number. */
struct probe_event {
	uint32_t number; /* of this worker's and instance's */
	uint8_t fill[WP_EVENT_SIZE_MAX - 4];
};

static int
probe_open(struct wp_env *env, const void *config, void **inst)
{
	struct probe_config *probe = malloc(sizeof(*probe));

	if (probe == NULL)
		return -ENOMEM;
	*probe = *(const struct probe_config *)config;
	*inst = probe;
	return 0;
}

static int
probe_open_core(struct wp_env *env, const void *inst, struct wp_core *core)
{
	core->scratch = calloc(1, sizeof(struct probe_scratch));
	return core->scratch == NULL ? -ENOMEM : 0;
}

static void
probe_close_core(const void *inst, struct wp_core *core)
{
	free(core->scratch);
}

/** @return the address of the tenant's own host in an IPv4 packet. */
static const uint8_t *
inside_host(const struct wp_packet *pkt)
{
	return pkt->inside == WP_INSIDE_SOURCE ? wp_source(pkt) : wp_dest(pkt);
}

static void
probe_keys(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n,
	   struct wp_keys *keys)
{
	const struct probe_config *probe = inst;

	for (uint16_t i = 0; i < n && probe->count_hosts; i++) {
		if (pkts[i]->ip_version != 4)
			continue;
		memcpy(wp_key_ask(keys, i, 0, 4), inside_host(pkts[i]), 4);
	}
}

static bool
is_foreign(const struct wp_core *core, const struct wp_entry *entry)
{
	const struct probe_host *host = wp_value(entry);

	if ((atomic_load(&entry->version) & 1) != 0)
		return true; /* somebody is writing it */
	if (probe_may_write != NULL)
		return !probe_may_write(core->runtime, entry->bucket);
	return host->worker != 0 && host->worker != core->worker + 1u;
}

/** Looks at the order of a host's packets. */
static void
check_order(struct wp_core *core, const struct wp_packet *pkt, struct probe_host *host)
{
	uint32_t number, *last = &host->number[pkt->inside == WP_INSIDE_SOURCE ? 0 : 1];

	if (pkt->payload == 0 || pkt->payload + 8 > pkt->end)
		return;
	memcpy(&number, pkt->buf + pkt->payload + 4, sizeof(number));
	if (number < *last)
		wp_count(core, PROBE_REORDERED, 1);
	*last = number;
}

static void
count_host(struct wp_core *core, struct wp_packet *pkt)
{
	struct wp_entry *entry = pkt->state[0];
	struct probe_host *host;

	if (pkt->ip_version != 4)
		return;
	if (entry == NULL && wp_table_insert(core, core->tables[0], pkt->tenant, pkt->bucket, 4,
					     inside_host(pkt), NULL, &entry) != 0)
		return; /* a second packet of a new host in this burst: next time */
	if (is_foreign(core, entry))
		wp_count(core, PROBE_FOREIGN, 1);
	host = wp_write(entry, core->now_ns);
	check_order(core, pkt, host);
	host->worker = core->worker + 1u;
	host->packets++;
	wp_written(entry);
}

static void
release_all(struct wp_core *core, enum wp_verdict verdict)
{
	struct probe_scratch *scratch = core->scratch;

	while (scratch->n != 0) {
		if (wp_release(core, scratch->ids[--scratch->n], verdict) == 0)
			wp_count(core, PROBE_RELEASED, 1);
		else
			wp_count(core, PROBE_NOT_HELD, 1);
	}
}

static void
hold(struct wp_core *core, struct wp_packet *pkt, uint8_t ms, uint8_t end)
{
	struct probe_scratch *scratch = core->scratch;
	uint64_t id = wp_hold(core, pkt, ms, end == 'n' ? WP_NEXT : WP_DROP, PROBE_HELD);

	if (scratch->n < 64)
		scratch->ids[scratch->n++] = id;
}

/** Answers the sender: addresses the other way round. */
static void
turn(struct wp_packet *pkt)
{
	uint8_t *ip = wp_l3(pkt), source[4];

	memcpy(source, ip + 12, 4);
	memcpy(ip + 12, ip + 16, 4);
	memcpy(ip + 16, source, 4);
	pkt->flags |= WP_PKT_STEER;
}

/** @return the size of a record: small ones, and now and then one of any size. */
static uint16_t
event_size(uint32_t number)
{
	if (number % 256 == 255)
		return (uint16_t)(WP_EVENT_SIZE_MAX -
				  number * 2654435761u % (WP_EVENT_SIZE_MAX / 2));
	return (uint16_t)(4 + number % 189);
}

static void
emit(struct wp_core *core, unsigned int n)
{
	struct probe_scratch *scratch = core->scratch;
	struct probe_event event;

	for (; n != 0; n--) {
		event.number = scratch->events++;
		memset(event.fill, (int)(event.number & 0xff), sizeof(event.fill));
		wp_event(core, &event, event_size(event.number));
		wp_count(core, PROBE_EMITTED, 1);
	}
}

static void
obey(struct wp_core *core, struct wp_packet *pkt, const uint8_t *order)
{
	struct wp_packet *new;

	switch (order[0]) {
	case 'd':
		wp_drop(pkt, PROBE_TOLD);
		break;
	case 'D':
		wp_drop(pkt, 999);
		break;
	case 'h':
		hold(core, pkt, order[1], order[2]);
		break;
	case 'e':
		emit(core, order[1] == 0 ? 1 : order[1]);
		break;
	case 'k': /* held until a tick */
		hold(core, pkt, 255, 'd');
		((struct probe_scratch *)core->scratch)->at_tick = true;
		break;
	case 'S': /* goes down, and all with it */
		raise(SIGSEGV);
		break;
	case 'L': /* claims more bytes than there are */
		pkt->len = 60000;
		break;
	case 'N': /* names a hold, and lets the packet go on all the same */
		wp_hold_id(core, pkt);
		break;
	case 'R':
		release_all(core, order[1] == 'd' ? WP_DROP : WP_NEXT);
		break;
	case 'r':
		turn(pkt);
		wp_reply(pkt);
		break;
	case 'a':
		wp_absorb(pkt);
		break;
	case 'f':
		wp_fail(pkt, (enum wp_cause)(order[1] - '0'));
		break;
	case 'v':
		pkt->verdict = 77;
		break;
	case 't':
		turn(pkt);
		break;
	case 'c':
		new = wp_create(core, pkt, pkt->end - pkt->l3);
		if (new != NULL)
			memcpy(wp_l3(new), wp_l3(pkt), (size_t)(pkt->end - pkt->l3));
		break;
	case 'w': /* costs some time */
		for (unsigned int i = 0; i < 100u * order[1]; i++)
			__asm__ volatile("");
		break;
	default:
		break;
	}
}

static void
probe_burst(const void *inst, struct wp_core *core, struct wp_packet *const *pkts, uint16_t n)
{
	const struct probe_config *probe = inst;

	for (uint16_t i = 0; i < n; i++) {
		struct wp_packet *pkt = pkts[i];
		const struct probe_step *step = pkt->args;
		uint8_t order[4] = {0};

		if (probe->count_hosts)
			count_host(core, pkt);
		if (pkt->payload == 0 || pkt->payload + 4 > pkt->end)
			continue;
		memcpy(order, pkt->buf + pkt->payload, sizeof(order));
		if (step->answers)
			order[0] = 'r';
		if (step->mark != 0)
			pkt->buf[pkt->payload + 3] = (uint8_t)step->mark;
		obey(core, pkt, order);
	}
	wp_count(core, PROBE_SEEN, n);
}

static void
probe_tick(const void *inst, struct wp_core *core, uint64_t now_ns)
{
	struct probe_scratch *scratch = core->scratch;

	wp_count(core, PROBE_TICKS, 1);
	if (scratch->at_tick)
		release_all(core, WP_NEXT);
	scratch->at_tick = false;
}

/* The log. */

struct probe_log {
	FILE *file;
	char name[256];
	bool slept;
};

static int
probe_open_log(struct wp_env *env, const void *inst, void *old, void **log)
{
	const struct probe_config *probe = inst;
	struct probe_log *was = old, *new;

	if (probe->log[0] == '\0')
		return 0;
	if (was != NULL && strcmp(was->name, probe->log) == 0) {
		*log = old;
		return 0;
	}
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return -ENOMEM;
	snprintf(new->name, sizeof(new->name), "%s", probe->log);
	new->file = fopen(probe->log, "a");
	if (new->file == NULL) {
		free(new);
		return wp_error(env, -errno, "log", "cannot be opened");
	}
	*log = new;
	return 0;
}

static bool
is_whole(const struct wp_event *record)
{
	const struct probe_event *event = record->data;

	if (record->size != event_size(event->number) || ((uintptr_t)event & 7) != 0)
		return false;
	for (unsigned int i = 0; i < record->size - 4u; i++)
		if (event->fill[i] != (event->number & 0xff))
			return false;
	return true;
}

static void
probe_log(void *log, const void *inst, uint64_t *counters, const struct wp_event *events,
	  unsigned int n)
{
	const struct probe_config *probe = inst;
	struct probe_log *to = log;

	for (unsigned int i = 0; i < n; i++) {
		const struct probe_event *event = events[i].data;

		fprintf(to->file, "%u %u %u %lu\n", probe->log_mark, events[i].worker,
			event->number, events[i].time_ns);
		counters[PROBE_DAMAGED] += !is_whole(&events[i]);
	}
	counters[PROBE_LOGGED] += n;
	if (!to->slept)
		usleep(probe->log_ms * 1000);
	to->slept = true;
}

static void
probe_log_tick(void *log, uint64_t *counters, uint64_t now_ns)
{
	struct probe_log *to = log;

	fflush(to->file);
	counters[PROBE_LOG_TICKS]++;
}

static void
probe_close_log(void *log, uint64_t *counters)
{
	struct probe_log *to = log;

	fputs("closed\n", to->file);
	fclose(to->file);
	free(to);
}

const struct wp_service wp_service = {
	.abi = WP_SERVICE_ABI,
	.name = "probe",
	.summary = "does what a packet's payload says",
	.fields = probe_fields,
	.step_fields = probe_step_fields,
	.config_size = sizeof(struct probe_config),
	.step_size = sizeof(struct probe_step),
	.tables = probe_tables,
	.counters = probe_counters,
	.reasons = probe_reasons,
	.open = probe_open,
	.close = free,
	.burst = probe_burst,
	.open_core = probe_open_core,
	.close_core = probe_close_core,
	.keys = probe_keys,
	.tick = probe_tick,
	.open_log = probe_open_log,
	.log = probe_log,
	.log_tick = probe_log_tick,
	.close_log = probe_close_log,
};
