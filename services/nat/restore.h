/* SPDX-License-Identifier: BSD-3-Clause */
/* State of the NAT that comes back from a file. */

#ifndef NAT_RESTORE_H
#define NAT_RESTORE_H

#include "service.h"

/** As wp_service.home(). */
uint8_t nat_home(const void *inst, const struct wp_core *core, unsigned int table,
		 const struct wp_record *record);

/** As wp_service.restore(). */
const char *nat_restore(const void *inst, struct wp_core *core, unsigned int table,
			const struct wp_record *record);

#endif
