/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers of tenants: the same for the same name, from document to document, for as long as there
 * is state of it. Control. */

#ifndef PE_TENANTS_H
#define PE_TENANTS_H

struct document;
struct document_error;
struct tables;
struct tenants;

/** @return 0 or -ENOMEM */
int tenants_create(struct tenants **tenants);

/** Accepts NULL. */
void tenants_destroy(struct tenants *tenants);

/**
 * Fills in the tenants' numbers of a document. A name that has one keeps it; a new name takes one
 * that no other has had, or that of a name which is in neither document and has no entry in any
 * table.
 * @param current  the document in force, or NULL
 * @return 0, -ENOMEM, or -ENOSPC with @p error filled: all numbers are taken by state of tenants
 * that are gone
 */
int tenants_number(struct tenants *tenants, const struct tables *tables, struct document *document,
		   const struct document *current, struct document_error *error);

#endif
