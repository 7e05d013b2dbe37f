/* SPDX-License-Identifier: BSD-3-Clause */
/* See datagrams.h. Chains are as short as the keyed hash is secret. */

#include "stream/datagrams.h"

#include <string.h>

#include "state/siphash.h"

/** RFC 8200 section 4.5; RFC 1122 section 3.3.2 asks for as much. */
static const uint64_t timeout_ns = 60000000000;

enum {
	EVICT_TRIES = 16, /* datagrams that have to go for a chunk: most are worth a small one */
	EXPIRE_MAX = 4,   /* that are given up with each new one, as their time is over */
};

static int
compare(const struct datagram_part *a, const struct datagram_part *b)
{
	return a->start < b->start ? -1 : a->start > b->start;
}

RB_GENERATE_INTERNAL(datagram_parts, datagram_part, link, compare, __attribute__((unused)) static)

struct datagram_part *
datagrams_part(const struct datagram *datagram, uint32_t at)
{
	struct datagram_part *part = RB_ROOT(&datagram->parts), *best = NULL;

	while (part != NULL) {
		bool is_behind = at < part->start + part->len;

		best = is_behind ? part : best;
		part = is_behind ? RB_LEFT(part, link) : RB_RIGHT(part, link);
	}
	return best;
}

struct datagram_part *
datagrams_next(struct datagram_part *part)
{
	return RB_NEXT(datagram_parts, NULL, part);
}

struct datagram_part *
datagrams_previous(struct datagram_part *part)
{
	return RB_PREV(datagram_parts, NULL, part);
}

void
datagrams_trim(struct datagram *datagram, struct datagram_part *part, uint32_t n)
{
	part->start += n;
	part->len -= n;
	memmove(part->data, part->data + n, part->len);
	datagram->covered -= n;
}

/* By age. */

static struct datagram_share *
share_of(struct datagrams *all, const struct datagram *datagram)
{
	return &all->shares[datagram->chunk.tenant];
}

/** Makes a datagram the newest of its tenant. */
static void
list(struct datagrams *all, struct datagram *datagram)
{
	struct datagram_share *share = share_of(all, datagram);

	datagram->made_ns = all->now_ns;
	datagram->newer = NULL;
	datagram->older = share->newest;
	if (share->newest != NULL)
		share->newest->newer = datagram;
	else
		share->oldest = datagram;
	share->newest = datagram;
}

static void
unlist(struct datagrams *all, struct datagram *datagram)
{
	struct datagram_share *share = share_of(all, datagram);

	if (datagram->older != NULL)
		datagram->older->newer = datagram->newer;
	else
		share->oldest = datagram->newer;
	if (datagram->newer != NULL)
		datagram->newer->older = datagram->older;
	else
		share->newest = datagram->older;
}

static bool
is_over(const struct datagrams *all, const struct datagram *datagram)
{
	return all->now_ns - datagram->made_ns >= timeout_ns;
}

/* Memory. */

static void
give(struct datagrams *all, struct stream_pool *pool, struct stream_chunk *chunk)
{
	all->used -= chunk->size;
	all->shares[chunk->tenant].used -= chunk->size;
	stream_pool_give(pool, chunk);
}

static void
give_parts(struct datagrams *all, struct stream_pool *pool, struct datagram *datagram)
{
	struct datagram_part *part = datagram->made, *next;

	for (; part != NULL; part = next) {
		next = part->made;
		give(all, pool, &part->chunk);
	}
	datagram->made = NULL;
	RB_INIT(&datagram->parts);
}

void
datagrams_forget(struct datagrams *all, struct stream_pool *pool, struct datagram *datagram)
{
	struct datagram **link = &all->heads[datagram->hash];

	while (*link != datagram)
		link = &(*link)->chain;
	*link = datagram->chain;
	unlist(all, datagram);
	give_parts(all, pool, datagram);
	give(all, pool, &datagram->chunk);
}

void
datagrams_give_up(struct datagrams *all, struct stream_pool *pool, struct datagram *datagram)
{
	all->forgotten += datagram->n_taken;
	datagrams_forget(all, pool, datagram);
}

void
datagrams_lose(struct datagrams *all, struct stream_pool *pool, struct datagram *datagram)
{
	all->forgotten += datagram->n_taken;
	datagram->n_taken = 0;
	datagram->is_lost = true;
	give_parts(all, pool, datagram);
	unlist(all, datagram);
	list(all, datagram);
}

/** Lets go of the oldest datagram of a tenant, but for @p keep. @return whether there is one */
static bool
evict(struct datagrams *all, const struct stream_source *source, uint16_t tenant,
      const struct datagram *keep)
{
	struct datagram *datagram = all->shares[tenant].oldest;

	if (datagram != NULL && datagram == keep)
		datagram = datagram->newer;
	if (datagram == NULL)
		return false;
	if (source->remembers && !datagram->is_lost)
		datagrams_lose(all, source->pool, datagram);
	else
		datagrams_give_up(all, source->pool, datagram);
	return true;
}

/** Takes a chunk for a tenant; datagrams but for @p keep may have to go. @return NULL: there is
 * none */
static struct stream_chunk *
take(struct datagrams *all, const struct stream_source *source, uint16_t tenant, size_t want,
     const struct datagram *keep)
{
	struct datagram_share *share = &all->shares[tenant];
	struct stream_chunk *chunk = NULL;

	for (unsigned int i = 0; chunk == NULL && i < EVICT_TRIES; i++) {
		bool has_most = share->used + STREAM_CHUNK_LARGE > source->tenant_most;
		bool is_full = all->used + STREAM_CHUNK_LARGE > source->most;

		if (share->used > all->shares[all->fattest].used)
			all->fattest = tenant;
		if (!has_most && !is_full)
			chunk = source->take(source->arg, tenant, want);
		if (chunk == NULL &&
		    !evict(all, source, is_full && !has_most ? all->fattest : tenant, keep))
			return NULL;
	}
	if (chunk == NULL)
		return NULL;
	all->used += chunk->size;
	share->used += chunk->size;
	return chunk;
}

/* Datagrams and their parts. */

static struct datagram *
make(struct datagrams *all, const struct stream_source *source, const struct frag_key *key,
     uint32_t hash)
{
	struct datagram *datagram, *oldest;
	struct stream_chunk *chunk;

	for (unsigned int i = 0; i < EXPIRE_MAX; i++) {
		oldest = all->shares[key->tenant].oldest;
		if (oldest == NULL || !is_over(all, oldest))
			break;
		datagrams_give_up(all, source->pool, oldest);
	}
	chunk = take(all, source, key->tenant, sizeof(*datagram), NULL);
	if (chunk == NULL)
		return NULL;
	datagram = (struct datagram *)chunk;
	memset(&datagram->chain, 0, sizeof(*datagram) - offsetof(struct datagram, chain));
	datagram->key = *key;
	datagram->hash = hash;
	datagram->chain = all->heads[hash];
	all->heads[hash] = datagram;
	list(all, datagram);
	return datagram;
}

struct datagram *
datagrams_find(struct datagrams *all, const struct stream_source *source,
	       const struct frag_key *key)
{
	uint32_t hash = wp_siphash(all->hash_key, key, sizeof(*key)) % DATAGRAM_HEADS;
	struct datagram *datagram = all->heads[hash];

	while (datagram != NULL && memcmp(&datagram->key, key, sizeof(*key)) != 0)
		datagram = datagram->chain;
	if (datagram != NULL && is_over(all, datagram)) {
		datagrams_give_up(all, source->pool, datagram);
		datagram = NULL;
	}
	return datagram != NULL ? datagram : make(all, source, key, hash);
}

struct datagram_part *
datagrams_add(struct datagrams *all, const struct stream_source *source, struct datagram *datagram,
	      uint32_t start, uint32_t len)
{
	struct datagram_part *part = (struct datagram_part *)take(all, source, datagram->key.tenant,
								  sizeof(*part) + len, datagram);

	if (part == NULL)
		return NULL;
	part->start = start;
	part->len = len;
	part->made = datagram->made;
	datagram->made = part;
	datagram_parts_RB_INSERT(&datagram->parts, part);
	datagram->covered += len;
	if (datagram->end < start + len)
		datagram->end = start + len;
	return part;
}
