/* SPDX-License-Identifier: BSD-3-Clause */
/* See state_export.h. Tables are looked at a part at a time; in between control does its other
 * work, so that nothing runs low meanwhile. */

#include "pe/state_export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pe/clock.h"
#include "pe/state_print.h"
#include "pe/tables.h"

enum {
	PART = 4096, /* entries */
	TICK_NS = 10000000,
};

struct exporting {
	struct pe *pe;
	const struct state_filter *filter;
	uint64_t now_ns; /* at the beginning: all ages are of then */
	uint64_t next_tick_ns;
	uint16_t tenants[DOCUMENT_TENANTS_MAX + 1]; /* index: number; its place in the document */
	struct state_schema schema;                 /* of the table at hand */
	struct state_exported done;
	/* One of them. */
	struct state_writer *writer;
	FILE *out;
};

static uint32_t
to_ms(uint32_t ticks)
{
	uint64_t ms = (((uint64_t)ticks << WP_TICK_SHIFT) + 500000) / 1000000;

	return ms < STATE_FOREVER ? (uint32_t)ms : STATE_FOREVER - 1;
}

/** Says when a record was touched, and when it ends. */
static void
set_times(const struct exporting *exporting, struct state_record *record)
{
	uint32_t now = (uint32_t)(exporting->now_ns >> WP_TICK_SHIFT);
	int32_t age = (int32_t)(now - record->entry.used);

	if (age < 0)
		age = 0; /* touched since we looked at the clock */
	record->age_ms = to_ms((uint32_t)age);
	if (record->entry.idle == 0)
		record->left_ms = STATE_FOREVER;
	else if (record->entry.idle > (uint32_t)age)
		record->left_ms = to_ms(record->entry.idle - (uint32_t)age);
}

/** Finds whose a record is. @return false when the document does not have them */
static bool
set_names(const struct exporting *exporting, struct state_record *record)
{
	const struct wp_epoch *epoch = exporting->pe->current;
	const struct instance *instance = epoch_instance(epoch, record->entry.instance);

	record->instance_index = record->tenant_index = STATE_NO_NAME;
	if (exporting->schema.global)
		return true;
	if (instance == NULL)
		return false;
	record->instance_index = (uint16_t)(instance - epoch->instances);
	record->instance = instance->name;
	if (record->entry.tenant == TABLES_NO_TENANT)
		return true;
	record->tenant_index = exporting->tenants[record->entry.tenant];
	if (record->tenant_index == STATE_NO_NAME)
		return false;
	record->tenant = epoch->document->tenants[record->tenant_index].name;
	return true;
}

static int
take_entry(void *arg, const struct wp_record *entry)
{
	struct exporting *exporting = arg;
	struct state_record record = {.entry = *entry};

	if (!set_names(exporting, &record)) {
		exporting->done.orphans++;
		return 0;
	}
	if (!state_filter_has(exporting->filter, exporting->schema.key, exporting->schema.key2,
			      record.tenant, entry))
		return 0;
	set_times(exporting, &record);
	exporting->done.records++;
	if (exporting->writer != NULL)
		return state_writer_record(exporting->writer, &record);
	state_print(exporting->out, &exporting->schema, &record);
	return ferror(exporting->out) ? -EIO : 0;
}

/** Does what control does now and then. */
static void
look_up(struct exporting *exporting)
{
	uint64_t now_ns = pe_now_ns(exporting->pe);

	if (!exporting->pe->running || now_ns < exporting->next_tick_ns)
		return;
	pe_tick(exporting->pe);
	exporting->next_tick_ns = now_ns + TICK_NS;
}

static int
export_table(struct exporting *exporting, struct wp_table *table)
{
	uint64_t at = 0;
	int err = 0;

	exporting->done.tables++;
	if (exporting->writer != NULL)
		err = state_writer_table(exporting->writer, &exporting->schema);
	if (err != 0)
		return err;
	do {
		look_up(exporting);
		err = wp_table_export_some(table, exporting->filter->bucket, &at, PART, take_entry,
					   exporting);
	} while (err == 1);
	return err;
}

/** @return whether an instance of the document uses a table: not one of a module since replaced. */
static bool
is_in_use(const struct wp_epoch *epoch, const struct wp_table *table)
{
	for (uint32_t i = 0; i < epoch->n_instances; i++)
		for (unsigned int t = 0; t < epoch->instances[i].n_tables; t++)
			if (epoch->instances[i].tables[t] == table)
				return true;
	return false;
}

static int
export_tables(struct exporting *exporting)
{
	const struct pe *pe = exporting->pe;
	int err = 0;

	for (const struct known_table *known = tables_first(pe->tables); err == 0 && known != NULL;
	     known = known_table_next(known)) {
		struct wp_table *table = known_table(known);
		const char *service = known_table_service(known);

		if (is_in_use(pe->current, table) &&
		    state_schema_of(service, wp_table_decl(table), &exporting->schema) &&
		    state_filter_has_table(exporting->filter, service, exporting->schema.table))
			err = export_table(exporting, table);
	}
	return err;
}

static void
number_tenants(struct exporting *exporting)
{
	const struct document *document = exporting->pe->current->document;

	memset(exporting->tenants, 0xff, sizeof(exporting->tenants));
	for (uint32_t i = 0; i < document->n_tenants; i++)
		exporting->tenants[document->tenants[i].number] = (uint16_t)i;
}

/** Enters all names, by their places in the document. */
static int
write_names(struct state_writer *writer, const struct wp_epoch *epoch)
{
	const struct document *document = epoch->document;
	int err = 0;

	for (uint32_t i = 0; err == 0 && i < epoch->n_instances; i++)
		err = state_writer_name(writer, STATE_INSTANCE, epoch->instances[i].name);
	for (uint32_t i = 0; err == 0 && i < document->n_tenants; i++)
		err = state_writer_name(writer, STATE_TENANT, document->tenants[i].name);
	return err;
}

int
pe_state_export(struct pe *pe, const char *file, const struct state_filter *filter,
		struct state_exported *exported)
{
	struct exporting exporting = {.pe = pe, .filter = filter, .now_ns = pe_now_ns(pe)};
	int err =
		state_writer_open(file, clock_ns(CLOCK_REALTIME),
				  (uint32_t)(exporting.now_ns >> WP_TICK_SHIFT), &exporting.writer);

	if (err != 0)
		return err;
	number_tenants(&exporting);
	err = write_names(exporting.writer, pe->current);
	if (err == 0)
		err = export_tables(&exporting);
	if (err != 0)
		state_writer_abort(exporting.writer);
	else
		err = state_writer_commit(exporting.writer);
	*exported = exporting.done;
	return err;
}

int
pe_state_get(struct pe *pe, const struct state_filter *filter, FILE *out)
{
	struct exporting exporting = {
		.pe = pe, .filter = filter, .now_ns = pe_now_ns(pe), .out = out};
	int err;

	number_tenants(&exporting);
	err = export_tables(&exporting);
	return err != 0 ? err : fflush(out) != 0 ? -errno : 0;
}
