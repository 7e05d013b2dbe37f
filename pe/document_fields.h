/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables that say what a document may hold; for the document*.c files only. */

#ifndef PE_DOCUMENT_FIELDS_H
#define PE_DOCUMENT_FIELDS_H

#include "field.h"

/** The document itself; fills struct document. */
extern const struct wp_field document_fields[];

/** The names of enum port_type. */
extern const char *const document_port_types[];

#endif
