/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the bytes of a buffer are at a moment. */

#ifndef IDS_DATA_H
#define IDS_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "match/moment.h"

/** @param index  of a buffer that is there several times; else 0 @return false: there is none */
bool data_get(const struct moment *moment, enum buffer_id buffer, unsigned int index,
	      struct inspect_bytes *bytes);

#endif
