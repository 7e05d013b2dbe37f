/* SPDX-License-Identifier: BSD-3-Clause */
/* What the tracker declares of itself; for stream.c. */

#ifndef WP_STREAM_FIELDS_H
#define WP_STREAM_FIELDS_H

#include "stream/stream.h"

extern const struct wp_field stream_fields[];
extern const struct wp_table_decl stream_tables[];
extern const char *const stream_counters[];
extern const char *const stream_alerts[];

#endif
