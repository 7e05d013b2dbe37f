/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments as a worker takes them: what is configured about their memory. For stream.c only. */

#ifndef WP_STREAM_FRAGMENTS_H
#define WP_STREAM_FRAGMENTS_H

#include <stdbool.h>

#include "stream/stream.h"

struct stream_worker;

/**
 * Looks for the datagram of a fragment, where somebody wants its bytes.
 * @param[out] whole  room for a view of it
 * @param[out] view   that, or NULL: it is not whole
 * @return whether the fragment may go on, by what is configured for memory that ends
 */
bool stream_fragment_view(struct stream_worker *worker, struct stream_arrival *arrival,
			  struct wp_packet *whole, const struct wp_packet **view);

#endif
