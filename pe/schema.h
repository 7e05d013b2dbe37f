/* SPDX-License-Identifier: BSD-3-Clause */
/* Prints the JSON Schema of documents. */

#ifndef PE_SCHEMA_H
#define PE_SCHEMA_H

/** Loads every module of @p dir and prints the schema of documents that use them. @return 0 or a
 * negative errno */
int schema_print(const char *dir);

#endif
