/* SPDX-License-Identifier: BSD-3-Clause */
/* See state_import.h. One pass over the file to see whether it is good, then one for each rank of
 * tables, so that what others build upon is there first. */

#include "pe/state_import.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pe/restore.h"
#include "pe/tables.h"
#include "say.h"
#include "stream/stream.h"

enum {
	TICKS_MAX = 1 << 23, /* of an age, and of what is left: a timer holds both */
	STEP_US = 50,
	TICK_NS = 10000000,
};

/** A batch, and where the bytes of its records are. */
struct parcel {
	struct restore_batch batch;
	bool sent;
	uint32_t fill;
	uint8_t *bytes; /* PARCEL_SIZE */
};

#define PARCEL_SIZE (STATE_VALUE_MAX + (64u << 10))

/** A table of the file, and what it is here. */
struct bound_table {
	const struct wp_service *service; /* NULL: left out */
	unsigned int id;                  /* the service's */
	uint8_t rank;
	const struct instance *first; /* of the service's instances */
};

struct importing {
	struct pe *pe;
	const struct import_options *options;
	struct import_report *report;
	char *message;
	size_t message_size;
	uint64_t now_ns;
	int rank;
	uint64_t next_tick_ns;
	/* Index: the file's number. */
	const struct instance *instances[STATE_INSTANCES_MAX]; /* NULL: not here */
	int tenants[STATE_TENANTS_MAX];                        /* numbers here; -1: not here */
	struct bound_table tables[STATE_TABLES_MAX];
	struct parcel *parcels; /* index: worker; NULL: straight into the tables */
};

/* Does the file fit? */

/** Finds what a table of the file is here. @return why it is nothing, in words, or NULL */
static const char *
bind_table(const struct wp_epoch *epoch, const struct state_schema *theirs,
	   struct bound_table *bound)
{
	for (uint32_t i = 0; i < epoch->n_instances; i++) {
		const struct instance *instance = &epoch->instances[i];

		if (strcmp(instance->service->name, theirs->service) != 0)
			continue;
		for (unsigned int t = 0; t < instance->n_tables; t++) {
			const struct wp_table_decl *decl = wp_table_decl(instance->tables[t]);
			struct state_schema ours;

			if (strcmp(decl->name, theirs->table) != 0)
				continue;
			*bound = (struct bound_table){instance->service, t, decl->rank, instance};
			return state_schema_of(theirs->service, decl, &ours)
				       ? state_schema_differs(&ours, theirs)
				       : "is none that travels";
		}
		return "is not of the service's tables";
	}
	return "is of a service that no instance is of";
}

static int
check_table(void *arg, unsigned int index, const struct state_schema *schema)
{
	struct importing *importing = arg;
	struct import_table *table = &importing->report->tables[index];
	struct bound_table *bound = &importing->tables[index];

	table->schema = *schema;
	importing->report->n_tables = index + 1;
	table->left_out = bind_table(importing->pe->current, schema, bound);
	if (table->left_out == NULL)
		return 0;
	if (!importing->options->partial)
		return wp_say(importing->message, importing->message_size, -EPROTO,
			      "table %s/%s (version %u) %s here", schema->service, schema->table,
			      schema->version, table->left_out);
	bound->service = NULL;
	return 0;
}

static const struct instance *
find_instance(const struct wp_epoch *epoch, const char *name)
{
	for (uint32_t i = 0; i < epoch->n_instances; i++)
		if (strcmp(epoch->instances[i].name, name) == 0)
			return &epoch->instances[i];
	return NULL;
}

/** @return the number of a tenant; -1: it is not here. */
static int
find_tenant(const struct document *document, const char *name)
{
	for (uint32_t i = 0; i < document->n_tenants; i++)
		if (strcmp(document->tenants[i].name, name) == 0)
			return (int)document->tenants[i].number;
	return -1;
}

static int
check_name(void *arg, enum state_name kind, unsigned int index, const char *name)
{
	struct importing *importing = arg;
	const struct wp_epoch *epoch = importing->pe->current;

	if (kind == STATE_INSTANCE)
		importing->instances[index] = find_instance(epoch, name);
	else
		importing->tenants[index] = find_tenant(epoch->document, name);
	return 0;
}

/* Counting. */

static void
count(struct import_table *table, const char *why)
{
	unsigned int i = 0;

	if (why == NULL) {
		table->restored++;
		return;
	}
	while (i < table->n_reasons && strcmp(table->reasons[i].why, why) != 0)
		i++;
	if (i == IMPORT_REASONS_MAX)
		i--;
	else if (i == table->n_reasons)
		table->reasons[table->n_reasons++].why = why;
	table->reasons[i].n++;
	table->skipped++;
}

/* Through the workers. */

/** Lets workers go on, and does control's other work. */
static void
give_time(struct importing *importing)
{
	struct pe *pe = importing->pe;
	uint64_t now_ns = pe_now_ns(pe);

	if (pe->running)
		usleep(STEP_US);
	else
		pe_poll(pe);
	if (now_ns < importing->next_tick_ns)
		return;
	pe_tick(pe);
	importing->next_tick_ns = now_ns + TICK_NS;
}

/** Waits until a worker is through with what was sent, and counts. */
static void
collect(struct importing *importing, uint16_t worker)
{
	struct parcel *parcel = &importing->parcels[worker];

	while (!restore_is_done(importing->pe->workers[worker]))
		give_time(importing);
	for (unsigned int i = 0; i < parcel->batch.n; i++)
		count(parcel->batch.items[i].tag, parcel->batch.items[i].why);
	parcel->batch.n = 0;
	parcel->fill = 0;
	parcel->sent = false;
}

static void
send(struct importing *importing, uint16_t worker)
{
	struct parcel *parcel = &importing->parcels[worker];

	if (parcel->batch.n == 0 || parcel->sent)
		return;
	restore_send(importing->pe->workers[worker], &parcel->batch);
	parcel->sent = true;
}

/** Waits until all that was read is in the tables. */
static void
finish(struct importing *importing)
{
	if (importing->parcels == NULL)
		return;
	for (uint16_t i = 0; i < importing->pe->n_workers; i++)
		send(importing, i);
	for (uint16_t i = 0; i < importing->pe->n_workers; i++)
		collect(importing, i);
}

/** Copies bytes into a parcel. */
static const void *
pack(struct parcel *parcel, const void *bytes, uint32_t size)
{
	uint8_t *copy = parcel->bytes + parcel->fill;

	if (bytes == NULL)
		return NULL;
	memcpy(copy, bytes, size);
	parcel->fill += (size + 7) / 8 * 8;
	return copy;
}

/** Puts a record on its way to a worker. */
static void
post(struct importing *importing, uint16_t worker, const struct restore_item *item)
{
	struct parcel *parcel = &importing->parcels[worker];
	const struct wp_record *record = &item->record;
	uint32_t size = record->key_size + record->key2_size + record->value_size + 3 * 8;
	struct restore_item *copy;

	if (parcel->fill + size > PARCEL_SIZE)
		send(importing, worker);
	if (parcel->sent)
		collect(importing, worker);
	copy = &parcel->batch.items[parcel->batch.n++];
	*copy = *item;
	copy->record.key = pack(parcel, record->key, record->key_size);
	copy->record.key2 = pack(parcel, record->key2, record->key2_size);
	copy->record.value = pack(parcel, record->value, record->value_size);
	if (parcel->batch.n == RESTORE_BATCH)
		send(importing, worker);
}

static void
destroy_parcels(struct importing *importing)
{
	for (uint16_t i = 0; importing->parcels != NULL && i < importing->pe->n_workers; i++)
		free(importing->parcels[i].bytes);
	free(importing->parcels);
}

static int
create_parcels(struct importing *importing)
{
	importing->parcels = calloc(importing->pe->n_workers, sizeof(*importing->parcels));
	if (importing->parcels == NULL)
		return -ENOMEM;
	for (uint16_t i = 0; i < importing->pe->n_workers; i++) {
		importing->parcels[i].bytes = malloc(PARCEL_SIZE);
		if (importing->parcels[i].bytes == NULL)
			return -ENOMEM;
	}
	return 0;
}

/* Records. */

static uint32_t
to_ticks(uint32_t ms)
{
	uint64_t ticks = (ms * (uint64_t)1000000 + (1u << (WP_TICK_SHIFT - 1))) >> WP_TICK_SHIFT;

	return ticks < TICKS_MAX ? (uint32_t)ticks : TICKS_MAX;
}

/** Gives a record its times here. What ends at once ends a tick later. */
static void
set_times(const struct importing *importing, const struct state_record *from,
	  struct wp_record *record)
{
	uint32_t now = (uint32_t)(importing->now_ns >> WP_TICK_SHIFT);
	uint32_t age = to_ticks(from->age_ms);

	record->shift = now - from->tick;
	record->used = now - age;
	record->idle = from->left_ms == STATE_FOREVER ? 0 : age + to_ticks(from->left_ms);
	if (record->idle == 0 && from->left_ms != STATE_FOREVER)
		record->idle = 1;
}

/** Gives a record its numbers here. @return why there are none, in words, or NULL */
static const char *
address(const struct importing *importing, const struct state_record *from,
	struct restore_item *item)
{
	const struct bound_table *bound = &importing->tables[from->table];
	struct wp_record *record = &item->record;

	item->table = bound->id;
	item->instance = bound->first;
	*record = from->entry;
	if (from->instance == NULL)
		return NULL; /* a global table */
	item->instance = importing->instances[from->instance_index];
	if (bound->service == &stream_service)
		item->instance = bound->first; /* there is one at most, whatever it is called */
	if (item->instance == NULL || item->instance->service != bound->service)
		return "there is no such instance";
	record->instance = item->instance->number;
	record->tenant = TABLES_NO_TENANT;
	if (from->tenant == NULL)
		return NULL;
	if (importing->tenants[from->tenant_index] < 0)
		return "there is no such tenant";
	record->tenant = (uint16_t)importing->tenants[from->tenant_index];
	return NULL;
}

static int
take_record(void *arg, const struct state_record *from)
{
	struct importing *importing = arg;
	struct import_table *table = &importing->report->tables[from->table];
	struct restore_item item = {.tag = table};
	struct worker *worker;
	const char *why;

	if (importing->tables[from->table].service == NULL ||
	    importing->tables[from->table].rank != importing->rank)
		return 0;
	why = address(importing, from, &item);
	if (why != NULL) {
		count(table, why);
		return 0;
	}
	set_times(importing, from, &item.record);
	item.record.bucket = restore_bucket(item.instance, item.table, &item.record);
	worker = importing->pe->workers[importing->pe->owner[item.record.bucket]];
	if (importing->parcels != NULL) {
		post(importing, worker->id, &item);
		return 0;
	}
	worker->now_ns = importing->now_ns;
	count(table, restore_record(worker, item.instance, item.table, &item.record));
	return 0;
}

/** @return the lowest rank above @p rank that a table has; -1: none. */
static int
next_rank(const struct importing *importing, int rank)
{
	int next = -1;

	for (unsigned int i = 0; i < importing->report->n_tables; i++) {
		const struct bound_table *bound = &importing->tables[i];

		if (bound->service != NULL && bound->rank > rank &&
		    (next < 0 || bound->rank < next))
			next = bound->rank;
	}
	return next;
}

static int
import_file(struct importing *importing, FILE *in)
{
	const struct state_reader check = {
		.arg = importing, .name = check_name, .table = check_table};
	const struct state_reader take = {.arg = importing, .record = take_record};
	int err = state_read(in, &check, &importing->report->summary, importing->message,
			     importing->message_size);

	if (err != 0 || importing->options->check_only)
		return err;
	if (importing->options->through_workers)
		err = create_parcels(importing);
	for (importing->rank = next_rank(importing, -1); err == 0 && importing->rank >= 0;
	     importing->rank = next_rank(importing, importing->rank)) {
		importing->now_ns = pe_now_ns(importing->pe);
		err = state_read(in, &take, NULL, importing->message, importing->message_size);
		finish(importing);
	}
	destroy_parcels(importing);
	return err;
}

int
pe_state_import(struct pe *pe, const char *file, const struct import_options *options,
		struct import_report *report, char *message, size_t message_size)
{
	struct importing *importing = calloc(1, sizeof(*importing));
	FILE *in = NULL;
	int err;

	message[0] = '\0';
	*report =
		(struct import_report){.tables = calloc(STATE_TABLES_MAX, sizeof(*report->tables))};
	if (importing == NULL || report->tables == NULL) {
		free(importing);
		return wp_say(message, message_size, -ENOMEM, "no memory");
	}
	*importing = (struct importing){.pe = pe,
					.options = options,
					.report = report,
					.message = message,
					.message_size = message_size};
	err = state_file_open(file, &in, message, message_size);
	if (err == 0) {
		err = import_file(importing, in);
		fclose(in);
	}
	free(importing);
	return err;
}

void
import_report_free(struct import_report *report)
{
	free(report->tables);
	report->tables = NULL;
}
