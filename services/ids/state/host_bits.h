/* SPDX-License-Identifier: BSD-3-Clause */
/* Bits that rules set for hosts, or for pairs of them: "xbits", "hostbits". Entries of a table that
 * all instances share; any worker reads and sets, owners let them go when they have expired. */

#ifndef IDS_HOST_BITS_H
#define IDS_HOST_BITS_H

#include <stdbool.h>
#include <stdint.h>

#include "match/moment.h"

struct wp_core;

/** @param name  flow_state_name() @param kind  of names: enum reader_names */
bool host_bits_has(struct wp_core *core, const struct moment *moment, const struct rule_bits *bits,
		   uint32_t name, unsigned int kind);

/** @return false: there is no room */
bool host_bits_set(struct wp_core *core, const struct moment *moment, const struct rule_bits *bits,
		   uint32_t name, unsigned int kind);

void host_bits_clear(struct wp_core *core, const struct moment *moment,
		     const struct rule_bits *bits, uint32_t name, unsigned int kind);

#endif
