/* SPDX-License-Identifier: BSD-3-Clause */
/* See defrag.h. Places in a set are few, so a search in one is short whoever fills it; which set a
 * datagram belongs to is a keyed hash's secret. */

#include "stream/defrag.h"

#include <emmintrin.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "frag/frag.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "state/siphash.h"

enum {
	SETS = 256,
	WAYS = 4,
	PARTS_MAX = 64, /* of a datagram */
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
	HEAD = 10, /* bytes of a header that are kept: IPv4's up to its checksum */
	FRONT = 4, /* bytes in front of a datagram in the buffer: its header is not at 0 */
	BUFFER = 65536,
};

/** RFC 8200 section 4.5; RFC 1122 section 3.3.2 asks for as much. */
static const uint64_t timeout_ns = 60000000000;

/** Bytes of one fragment; none has another's. */
struct part {
	struct stream_chunk chunk;
	struct part *next;         /* behind it */
	uint32_t start, len;       /* bytes of the datagram */
	struct stream_span origin; /* the whole fragment */
	uint8_t data[];
};

/** Bytes from which on it pays to copy them past the caches. */
enum { PAST_CACHES = 256 };

enum { PART_MAX = STREAM_CHUNK_LARGE - sizeof(struct part) };

/** One datagram. */
struct datagram {
	struct frag_key key;
	uint64_t made_ns;                 /* 0: free */
	struct part *parts;               /* by start */
	uint32_t n_parts, covered, total; /* bytes; total 0: the last fragment has not come */
	uint8_t next;                     /* protocol; of the first fragment */
	uint8_t head[HEAD];               /* of its header; likewise */
	uint32_t n_taken;                 /* fragments */
	bool is_lost;                     /* a fragment found no room */
};

struct stream_defrag {
	const struct wp_hash_key *hash_key;
	size_t used;        /* bytes of parts */
	uint64_t forgotten; /* see stream_defrag_forgotten() */
	unsigned int hand;  /* whose place is looked at next when room is short */
	bool overlapped;    /* see stream_defrag_overlapped() */
	struct datagram datagrams[SETS][WAYS];
	uint8_t buffer[BUFFER];
};

int
stream_defrag_create(const struct wp_hash_key *hash_key, struct stream_defrag **defrag)
{
	struct stream_defrag *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	new->hash_key = hash_key;
	*defrag = new;
	return 0;
}

static void
forget(struct stream_defrag *defrag, struct stream_pool *pool, struct datagram *datagram)
{
	struct part *part = datagram->parts, *next;

	for (; part != NULL; part = next) {
		next = part->next;
		defrag->used -= part->chunk.size;
		stream_pool_give(pool, &part->chunk);
	}
	*datagram = (struct datagram){.made_ns = 0};
}

/** Likewise of one that is not whole. */
static void
give_up(struct stream_defrag *defrag, struct stream_pool *pool, struct datagram *datagram)
{
	defrag->forgotten += datagram->n_taken;
	forget(defrag, pool, datagram);
}

uint64_t
stream_defrag_forgotten(struct stream_defrag *defrag)
{
	uint64_t forgotten = defrag->forgotten;

	defrag->forgotten = 0;
	return forgotten;
}

bool
stream_defrag_overlapped(const struct stream_defrag *defrag)
{
	return defrag->overlapped;
}

void
stream_defrag_destroy(struct stream_defrag *defrag, struct stream_pool *pool)
{
	if (defrag == NULL)
		return;
	for (unsigned int i = 0; i < SETS * WAYS; i++)
		forget(defrag, pool, &defrag->datagrams[i / WAYS][i % WAYS]);
	free(defrag);
}

/** Finds or makes the place of a datagram; the oldest of its set may have to go. */
static struct datagram *
find(struct stream_defrag *defrag, struct stream_pool *pool, const struct frag_key *key,
     uint64_t now_ns)
{
	uint64_t hash = wp_siphash(defrag->hash_key, key, sizeof(*key));
	struct datagram *set = defrag->datagrams[hash % SETS], *oldest = set;

	for (unsigned int i = 0; i < WAYS; i++) {
		struct datagram *at = &set[i];

		if (at->made_ns != 0 && now_ns - at->made_ns >= timeout_ns)
			give_up(defrag, pool, at);
		if (at->made_ns != 0 && memcmp(&at->key, key, sizeof(*key)) == 0)
			return at;
		if (at->made_ns < oldest->made_ns)
			oldest = at;
	}
	give_up(defrag, pool, oldest);
	oldest->key = *key;
	oldest->made_ns = now_ns == 0 ? 1 : now_ns;
	return oldest;
}

/** A fragment on its way in. */
struct adding {
	struct stream_defrag *defrag;
	const struct stream_source *source;
	struct datagram *datagram;
	const uint8_t *data; /* its first byte is that of span.start */
	struct stream_span span;
	enum stream_policy policy;
};

/** Lets go of other datagrams until there is room for another part. */
static void
make_room(struct adding *add)
{
	struct stream_defrag *defrag = add->defrag;

	for (unsigned int i = 0; i < SETS * WAYS; i++) {
		unsigned int at = defrag->hand % (SETS * WAYS);
		struct datagram *datagram = &defrag->datagrams[at / WAYS][at % WAYS];

		if (defrag->used + STREAM_CHUNK_LARGE <= add->source->most)
			return;
		defrag->hand++;
		if (datagram != add->datagram && datagram->made_ns != 0)
			give_up(defrag, add->source->pool, datagram);
	}
}

/** Copies past the caches: a fragment waits, and a flood of them must not push out what others are
 * at. For this worker to read again: nobody is told that the bytes are there. */
static void
put_aside(uint8_t *to, const uint8_t *from, uint32_t size)
{
	uint32_t at = (uint32_t)(-(uintptr_t)to % 16);

	if (size < PAST_CACHES) {
		memcpy(to, from, size);
		return;
	}
	memcpy(to, from, at);
	for (; at + 16 <= size; at += 16)
		_mm_stream_si128((__m128i *)(to + at),
				 _mm_loadu_si128((const __m128i *)(from + at)));
	memcpy(to + at, from + at, size - at);
}

/** Puts bytes that nobody has sent before behind @p link. @return whether there was room */
static bool
fill(struct adding *add, struct part **link, uint32_t start, uint32_t end)
{
	while (start != end) {
		uint32_t len = end - start > PART_MAX ? (uint32_t)PART_MAX : end - start;
		struct part *part;

		if (add->datagram->n_parts == PARTS_MAX)
			return false;
		make_room(add);
		part = (struct part *)add->source->take(add->source->arg, add->datagram->key.tenant,
							sizeof(*part) + len);
		if (part == NULL)
			return false;
		add->defrag->used += part->chunk.size;
		part->start = start;
		part->len = len;
		part->origin = add->span;
		put_aside(part->data, add->data + (start - add->span.start), len);
		part->next = *link;
		*link = part;
		link = &part->next;
		add->datagram->n_parts++;
		add->datagram->covered += len;
		start += len;
	}
	return true;
}

/** Adds the bytes of a fragment; the policy says which count where there are some already. @return
 * whether there was room */
static bool
add_bytes(struct adding *add)
{
	struct part **link = &add->datagram->parts, *part;
	uint32_t at = add->span.start, end = add->span.end, stop;

	while (at != end) {
		while ((part = *link) != NULL && part->start + part->len <= at)
			link = &part->next;
		if (part == NULL || part->start > at) {
			stop = part == NULL || part->start > end ? end : part->start;
			if (!fill(add, link, at, stop))
				return false;
			at = stop;
			continue;
		}
		stop = part->start + part->len < end ? part->start + part->len : end;
		if (stream_policy_takes_fragment(add->policy, part->origin, add->span))
			memcpy(part->data + (at - part->start), add->data + (at - add->span.start),
			       stop - at);
		at = stop;
	}
	return true;
}

/** Writes a header in front of a datagram's bytes, with TOS, identification and TTL (class, flow
 * label, hop limit) of the first fragment's. @return its size */
static uint32_t
write_header(uint8_t *ip, const struct datagram *datagram)
{
	bool is_v4 = datagram->key.version == 4;

	memset(ip, 0, IPV6_SIZE);
	memcpy(ip, datagram->head, HEAD);
	if (is_v4) {
		ip[0] = 0x45;
		wp_put16(ip + 2, IPV4_SIZE + datagram->total);
		wp_put16(ip + 6, 0); /* it is no fragment */
		ip[9] = datagram->next;
		memcpy(ip + 12, datagram->key.addresses[0], 4);
		memcpy(ip + 16, datagram->key.addresses[1], 4);
		wp_store16(ip + 10, wp_checksum_ipv4(ip, IPV4_SIZE));
		return IPV4_SIZE;
	}
	wp_put16(ip + 4, datagram->total);
	ip[6] = datagram->next;
	memcpy(ip + 8, datagram->key.addresses[0], 16);
	memcpy(ip + 24, datagram->key.addresses[1], 16);
	return IPV6_SIZE;
}

/** Puts a whole datagram together. */
static void
assemble(struct stream_defrag *defrag, const struct datagram *datagram, const struct wp_packet *pkt,
	 struct wp_packet *whole)
{
	uint8_t *ip = defrag->buffer + FRONT;
	uint32_t header = write_header(ip, datagram);

	for (const struct part *part = datagram->parts; part != NULL; part = part->next)
		memcpy(ip + header + part->start, part->data, part->len);
	*whole = *pkt;
	whole->buf = defrag->buffer;
	whole->room = UINT16_MAX;
	whole->start = FRONT;
	whole->len = (uint16_t)(header + datagram->total);
	whole->flags = 0;
	wp_parse(whole);
}

/** @return whether some bytes of a fragment have come before. */
static bool
overlaps(const struct datagram *datagram, const struct frag_piece *piece)
{
	uint32_t start = piece->start * 8u, end = start + piece->size;

	for (const struct part *part = datagram->parts; part != NULL; part = part->next)
		if (part->start < end && start < part->start + part->len)
			return true;
	return false;
}

/** Takes in how long the datagram is, and what it begins with. @return whether that can be */
static bool
note_ends(struct datagram *datagram, const struct frag_piece *piece, const uint8_t *ip)
{
	uint32_t end = piece->start * 8u + piece->size;
	const struct part *last = datagram->parts;

	while (last != NULL && last->next != NULL)
		last = last->next;
	if (piece->start == 0) {
		datagram->next = piece->next;
		memcpy(datagram->head, ip, HEAD);
	}
	if (datagram->total != 0)
		return end <= datagram->total;
	if (piece->total == 0)
		return true;
	datagram->total = piece->total;
	return last == NULL || last->start + last->len <= piece->total;
}

enum stream_defrag_outcome
stream_defrag(struct stream_defrag *defrag, const struct stream_source *source,
	      const struct wp_packet *pkt, enum stream_policy policy, uint64_t now_ns,
	      struct wp_packet *whole)
{
	struct datagram *datagram;
	struct frag_piece piece;
	struct adding add;
	enum frag_fault fault = frag_read(pkt, &piece);

	defrag->overlapped = false;
	if (fault != FRAG_FINE && (fault != FRAG_TINY || piece.size == 0))
		return DEFRAG_MALFORMED;
	datagram = find(defrag, source->pool, &piece.key, now_ns);
	defrag->overlapped = overlaps(datagram, &piece);
	if (!note_ends(datagram, &piece, pkt->buf + pkt->l3)) {
		give_up(defrag, source->pool, datagram);
		return DEFRAG_MALFORMED;
	}
	add = (struct adding){.defrag = defrag,
			      .source = source,
			      .datagram = datagram,
			      .data = pkt->buf + piece.at,
			      .span = {piece.start * 8u, piece.start * 8u + piece.size},
			      .policy = policy};
	if (datagram->is_lost || !add_bytes(&add)) {
		datagram->is_lost = true;
		return DEFRAG_NO_ROOM;
	}
	datagram->n_taken++;
	if (datagram->total == 0 || datagram->covered != datagram->total)
		return DEFRAG_WAITS;
	if (FRONT + IPV6_SIZE + datagram->total > UINT16_MAX) {
		give_up(defrag, source->pool, datagram);
		return DEFRAG_MALFORMED;
	}
	assemble(defrag, datagram, pkt, whole);
	forget(defrag, source->pool, datagram);
	return DEFRAG_WHOLE;
}
