/* SPDX-License-Identifier: BSD-3-Clause */
/* What the service has Hyperscan look at for literals, kept so that it can be done again without
 * the service. This stands in front of Hyperscan's own calls. */

#ifndef IDS_SCANS_H
#define IDS_SCANS_H

#include <stdbool.h>
#include <stddef.h>

/** Whether scans are kept from now on. */
void scans_keep(bool keep);

/** Does again all scans that were kept. @return literals that were found */
unsigned long scans_repeat(void);

/** Scans that were kept, and their bytes. */
unsigned long scans_count(void);
size_t scans_bytes(void);

#endif
