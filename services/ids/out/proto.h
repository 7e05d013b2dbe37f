/* SPDX-License-Identifier: BSD-3-Clause */
/* IP protocols by their names, as EVE has them. For this folder only. */

#ifndef IDS_PROTO_H
#define IDS_PROTO_H

#include <stdbool.h>
#include <stdint.h>

#include "out/text.h"

/** @return whether packets of a protocol have ports. */
bool proto_has_ports(uint8_t proto);

/** Writes a member with the name of a protocol; its number, in three digits, where it has none. */
void proto_put(struct text *text, const char *name, uint8_t proto);

#endif
