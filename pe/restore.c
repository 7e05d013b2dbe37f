/* SPDX-License-Identifier: BSD-3-Clause */
/* See restore.h. */

#include "pe/restore.h"

#include <string.h>

#include "pe/pe.h"
#include "pe/worker.h"

enum { RESTORE_A_POLL = 8 }; /* records */

uint8_t
restore_bucket(const struct instance *instance, unsigned int table, const struct wp_record *record)
{
	const struct wp_table *where = instance->tables[table];

	if (wp_table_decl(where)->owner == WP_OWNER_KEY || instance->service->home == NULL)
		return wp_table_key_bucket(where, record->instance, record->tenant,
					   record->key_version, record->key);
	return instance->service->home(instance->inst, &instance->cores[0].core, table, record);
}

static bool
is_zero(const void *value, uint32_t size)
{
	const uint8_t *bytes = value;

	return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/** Gives an entry that a configuration has made what was in it, unless it was used since. */
static const char *
fill_unused(const struct wp_core *core, struct wp_entry *entry, const struct wp_record *record)
{
	if (!is_zero(wp_value(entry), record->value_size))
		return "is there already";
	memcpy(wp_write(entry, core->now_ns), record->value, record->value_size);
	wp_written(entry);
	return NULL;
}

/** Makes an entry of a table whose service has no way of its own. */
static const char *
restore_plainly(struct wp_core *core, struct wp_table *table, const struct wp_record *record)
{
	const struct wp_table_decl *decl = wp_table_decl(table);
	struct wp_entry *entry =
		wp_table_find(core, table, record->tenant, record->key_version, false, record->key);
	int err;

	if (decl->class == WP_SHARED && entry != NULL) {
		wp_shared_add(table, entry, core->worker, record->value);
		return NULL;
	}
	if (decl->class != WP_FLOW && decl->class != WP_PINNED)
		return decl->class == WP_SHARED ? "no configuration has it"
						: "its service does not take it back";
	if (entry != NULL && entry->bucket != record->bucket)
		return "its service does not take it back"; /* another worker's */
	if (entry != NULL)
		return fill_unused(core, entry, record);
	if (decl->owner != WP_OWNER_KEY)
		return "its service does not take it back";
	if (decl->idle_ms == 0 && !decl->lasting)
		return "no configuration has it";
	err = wp_table_restore(core, table, record, &entry);
	return err == 0 ? NULL : wp_restore_fault(err);
}

const char *
restore_record(struct worker *worker, const struct instance *instance, unsigned int table,
	       const struct wp_record *record)
{
	struct wp_core *core = &instance->cores[worker->id].core;

	core->now_ns = worker->now_ns;
	if (instance->service->restore != NULL)
		return instance->service->restore(instance->inst, core, table, record);
	return restore_plainly(core, instance->tables[table], record);
}

void
restore_send(struct worker *worker, struct restore_batch *batch)
{
	batch->next = 0;
	atomic_store_explicit(&worker->restore, batch, memory_order_release);
}

bool
restore_is_done(const struct worker *worker)
{
	return atomic_load_explicit(&worker->restore, memory_order_acquire) == NULL;
}

unsigned int
restore_poll(struct worker *worker)
{
	struct restore_batch *batch = atomic_load_explicit(&worker->restore, memory_order_acquire);
	unsigned int n = 0;

	if (batch == NULL)
		return 0;
	for (; n < RESTORE_A_POLL && batch->next < batch->n; n++) {
		struct restore_item *item = &batch->items[batch->next++];

		atomic_store_explicit(&worker->running, item->instance, memory_order_relaxed);
		item->why = !worker_owns(worker, item->record.bucket)
				    ? "its bucket moves to another worker just now"
				    : restore_record(worker, item->instance, item->table,
						     &item->record);
	}
	if (batch->next == batch->n)
		atomic_store_explicit(&worker->restore, NULL, memory_order_release);
	return n;
}
