/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Datagrams of which fragments are missing: found by what these have in common, and by age within
 * each tenant. They and their parts lie in chunks of the worker's pool, so there are as many as
 * there is memory for them. When it ends, the oldest of the tenant that has too much go. For
 * defrag.c only.
 */

#ifndef WP_STREAM_DATAGRAMS_H
#define WP_STREAM_DATAGRAMS_H

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stdint.h>

#include "frag/frag.h"
#include "state/decl.h"
#include "stream/defrag.h"

enum {
	DATAGRAM_HEADS = 1 << 14, /* of chains by hash */
	DATAGRAM_HEAD = 10,       /* bytes of a header that are kept: IPv4's up to its checksum */
};

/** Bytes of one fragment; none has another's. */
struct datagram_part {
	struct stream_chunk chunk;
	RB_ENTRY(datagram_part) link;
	struct datagram_part *made; /* the one that was made before it */
	uint32_t start, len;        /* bytes of the datagram */
	uint32_t fragment;          /* number of the fragment that the bytes are of */
	uint8_t data[];
};

/** Parts by where they begin. */
RB_HEAD(datagram_parts, datagram_part);

/** One datagram. */
struct datagram {
	struct stream_chunk chunk;
	struct datagram *chain;         /* with the same hash */
	struct datagram *older, *newer; /* of the same tenant */
	struct frag_key key;
	uint64_t made_ns;
	struct datagram_parts parts;
	struct datagram_part *made; /* the last part */
	uint32_t hash;
	uint32_t covered, end, total; /* bytes; behind the highest of them; total 0: the last
				       * fragment has not come */
	uint32_t n_taken;             /* fragments */
	uint8_t next;                 /* protocol; of the first fragment */
	uint8_t head[DATAGRAM_HEAD];  /* of its header; likewise */
	bool is_lost;                 /* it will not be whole: it has no parts */
};

_Static_assert(sizeof(struct datagram) <= STREAM_CHUNK_SMALL, "a datagram has a small chunk");

/** What a tenant has. */
struct datagram_share {
	struct datagram *oldest, *newest;
	size_t used; /* bytes of chunks */
};

/** All of a worker. */
struct datagrams {
	const struct wp_hash_key *hash_key;
	uint64_t now_ns;
	uint64_t forgotten; /* see stream_defrag_forgotten() */
	size_t used;        /* bytes of chunks */
	uint16_t fattest;   /* the tenant that had most when it was looked at last */
	struct datagram *heads[DATAGRAM_HEADS];
	struct datagram_share shares[WP_TENANT_IDS]; /* index: tenant */
};

/** @return a datagram, which is made if it is not there; NULL: there is no room for it. */
struct datagram *datagrams_find(struct datagrams *all, const struct stream_source *source,
				const struct frag_key *key);

/** Makes a part of a datagram; others may have to go. @return it, entered, for its bytes to be
 * written; NULL: there is no room */
struct datagram_part *datagrams_add(struct datagrams *all, const struct stream_source *source,
				    struct datagram *datagram, uint32_t start, uint32_t len);

/** @return the first part that ends behind @p at, or NULL. */
struct datagram_part *datagrams_part(const struct datagram *datagram, uint32_t at);

/** @return the part behind, or NULL. */
struct datagram_part *datagrams_next(struct datagram_part *part);

/** @return the part in front, or NULL. */
struct datagram_part *datagrams_previous(struct datagram_part *part);

/** Takes the first bytes, not all, off a part. */
void datagrams_trim(struct datagram *datagram, struct datagram_part *part, uint32_t n);

/** Lets go of a datagram. */
void datagrams_forget(struct datagrams *all, struct stream_pool *pool, struct datagram *datagram);

/** Likewise of one that is not whole. */
void datagrams_give_up(struct datagrams *all, struct stream_pool *pool, struct datagram *datagram);

/** Lets go of its parts, and remembers that it will not be whole. */
void datagrams_lose(struct datagrams *all, struct stream_pool *pool, struct datagram *datagram);

#endif
