/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams put together from their fragments, so that what is split between two of them is seen
 * whole. The fragments themselves go their way. Within a limit of memory, and one for each tenant;
 * a datagram that is not whole in time, or has to make room, is forgotten.
 */

#ifndef WP_STREAM_DEFRAG_H
#define WP_STREAM_DEFRAG_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"
#include "stream/policy.h"
#include "stream/pool.h"

struct stream_defrag;
struct wp_hash_key;

/** Control. @return 0 or -ENOMEM */
int stream_defrag_create(const struct wp_hash_key *hash_key, struct stream_defrag **defrag);

/** Gives all memory back; accepts NULL. @param pool  of the same worker. Control. */
void stream_defrag_destroy(struct stream_defrag *defrag, struct stream_pool *pool);

/** Where memory comes from. */
struct stream_source {
	struct stream_pool *pool; /* that takes it back */
	/** @return a chunk, or NULL */
	struct stream_chunk *(*take)(void *arg, uint16_t tenant, size_t want);
	void *arg;
	size_t most;        /* bytes that fragments may hold: nobody else can take them away */
	size_t tenant_most; /* likewise, of one tenant */
	bool remembers; /* a datagram that has to make room is remembered as lost for a while: its
			 * later fragments find no room. Else it may begin anew */
};

/** @return whether bytes of the fragment that was taken last were in another one before. */
bool stream_defrag_overlapped(const struct stream_defrag *defrag);

/** What came of a fragment. */
enum stream_defrag_outcome {
	DEFRAG_WAITS,     /* others are missing */
	DEFRAG_WHOLE,     /* that was the last one */
	DEFRAG_NO_ROOM,   /* there is none for it, or for a view of its datagram: nobody will see
			   * that whole */
	DEFRAG_MALFORMED, /* it cannot be one */
};

/** @return fragments that were let go of for others since this was asked last, or whose datagram
 * was not whole in time. */
uint64_t stream_defrag_forgotten(struct stream_defrag *defrag);

/**
 * Takes a fragment. Its worker.
 *
 * @param policy  how its receiver resolves overlaps
 * @param[out] whole  of DEFRAG_WHOLE: a view of the datagram in a buffer of the defragmenter's,
 * parsed, without a link layer, valid until the next call
 */
enum stream_defrag_outcome stream_defrag(struct stream_defrag *defrag,
					 const struct stream_source *source,
					 const struct wp_packet *pkt, enum stream_policy policy,
					 uint64_t now_ns, struct wp_packet *whole);

#endif
