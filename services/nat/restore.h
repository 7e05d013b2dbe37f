/* SPDX-License-Identifier: BSD-3-Clause */
/* State of the NAT that comes back from a file. */

#ifndef NAT_RESTORE_H
#define NAT_RESTORE_H

#include "service.h"
#include "state/state.h"

/** As wp_service.home(). */
uint8_t nat_home(const void *inst, const struct wp_core *core, unsigned int table,
		 const struct wp_record *record);

/** As wp_service.restore(). */
const char *nat_restore(const void *inst, struct wp_core *core, unsigned int table,
			const struct wp_record *record);

/** @return the time of an entry that comes back: what its record says, but no more than @p most
 * ticks, and never none. */
static inline uint32_t
restored_idle(const struct wp_record *record, uint32_t most)
{
	return record->idle == 0 || record->idle > most ? most : record->idle;
}

#endif
