/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state tables of all services, by (service, table), and the stable numbers of instance names.
 * They live as long as the process, so state goes on over a change of configuration. Control
 * thread.
 */

#ifndef PE_TABLES_H
#define PE_TABLES_H

#include <stdint.h>

#include "pe/document.h"
#include "service.h"
#include "state/state.h"

struct reserve;
struct tables;

/** Number in keys of what an instance has for all tenants: no tenant's. */
#define TABLES_NO_TENANT DOCUMENT_TENANTS_MAX

/** @return 0 or -ENOMEM. */
int tables_create(const struct wp_hash_key *hash_key, unsigned int n_workers,
		  struct tables **tables);

/** Accepts NULL. */
void tables_destroy(struct tables *tables);

/**
 * Finds or makes the tables of a service, with the tenants' limits of @p document.
 * @param[out] out  index: the service's table id; malloc'ed, NULL when it has none
 * @return 0 or a negative errno
 */
int tables_open(struct tables *tables, const struct wp_service *service,
		const struct document *document, struct wp_table ***out);

/** Sets the limits of all tables as @p document has them: tables_open() has set those of another
 * one that was refused after all. */
void tables_limit(struct tables *tables, const struct document *document);

/** @return entries that a tenant has in all tables together. */
uint64_t tables_tenant_entries(const struct tables *tables, uint16_t tenant);

/** @return the stable number of an instance's name, from 1; 0 without memory. */
uint32_t tables_instance(struct tables *tables, const char *service, const char *instance);

/** Gives up the numbers of instances that a document in force does not have: what state they had
 * is nobody's any more, and one of the same name begins anew. */
void tables_forget_instances(struct tables *tables, const struct document *document);

/** Makes sure that a durable counter's entry has numbers to give. @return 0, -EBUSY when the
 * numbers of this key are another entry's to give, or another negative errno */
int tables_reserve(struct tables *tables, struct reserve *reserve, struct wp_table *table,
		   struct wp_entry *entry, const void *key);

/** Reserves further numbers for all counters that run low. @return 0, or what the disk said */
int tables_refill(struct tables *tables, struct reserve *reserve);

/** Lets removed entries be used again. Call only when every worker has passed a poll since the last
 * call. */
void tables_reclaim(struct tables *tables);

/** One table of one service. Stays for as long as the process. */
struct known_table;

/** @return the first table; NULL: there is none. Worker. */
const struct known_table *tables_first(const struct tables *tables);

/** @return the next table, or NULL. Worker. */
const struct known_table *known_table_next(const struct known_table *known);

/** Worker. */
struct wp_table *known_table(const struct known_table *known);

/** @return the name of the service that has it. */
const char *known_table_service(const struct known_table *known);

/** Calls @p fn for each table. */
void tables_each(struct tables *tables,
		 void (*fn)(void *arg, const char *service, struct wp_table *table), void *arg);

#endif
