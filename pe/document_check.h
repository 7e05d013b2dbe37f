/* SPDX-License-Identifier: BSD-3-Clause */
/* What one member of a document says of another; for the document*.c files only. */

#ifndef PE_DOCUMENT_CHECK_H
#define PE_DOCUMENT_CHECK_H

#include <stdint.h>

#include "pe/document.h"

/** Checks names, references and what excludes what, and turns names into indices.
 * @return 0, -EINVAL with @p error filled, or -ENOMEM */
int document_check(struct document *document, struct document_error *error);

/** Checks what delegated tenants keep apart; indices stand already. @return as document_check() */
int document_check_tenants(struct document *document, struct document_error *error);

/** Checks port @p index alone. @return as document_check() */
int document_check_port(const struct document_port *port, uint32_t index,
			struct document_error *error);

#endif
