/* SPDX-License-Identifier: BSD-3-Clause */
/* Which policy the hosts of a network have: what the configuration says, made quick to ask. */

#ifndef WP_STREAM_HOSTS_H
#define WP_STREAM_HOSTS_H

#include <stdint.h>

#include "stream/stream.h"

struct stream_host_table;

/** @return the table of a configuration's hosts, or NULL: no memory. Control. */
struct stream_host_table *stream_hosts_create(const struct stream_conf *conf);

/** Accepts NULL. Control. */
void stream_hosts_destroy(struct stream_host_table *table);

/** @return what the host at @p address (network order, of @p version) does; a logarithm of how many
 * networks there are. Worker. */
enum stream_policy stream_hosts_policy(const struct stream_host_table *table, uint8_t version,
				       const uint8_t *address);

#endif
