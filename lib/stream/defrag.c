/* SPDX-License-Identifier: BSD-3-Clause */
/* See defrag.h: what a fragment brings, and what becomes of a datagram that is whole. */

#include <emmintrin.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "stream/datagrams.h"

enum {
	IPV4_SIZE = 20,
	IPV6_SIZE = 40,
	FRONT = 4, /* bytes in front of a datagram in the buffer: its header is not at 0 */
	BUFFER = 65536,
};

/** Bytes from which on it pays to copy them past the caches. */
enum { PAST_CACHES = 256 };

enum { PART_MAX = STREAM_CHUNK_LARGE - sizeof(struct datagram_part) };

struct stream_defrag {
	struct datagrams all;
	bool overlapped; /* see stream_defrag_overlapped() */
	uint8_t buffer[BUFFER];
};

int
stream_defrag_create(const struct wp_hash_key *hash_key, struct stream_defrag **defrag)
{
	struct stream_defrag *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	new->all.hash_key = hash_key;
	*defrag = new;
	return 0;
}

uint64_t
stream_defrag_forgotten(struct stream_defrag *defrag)
{
	uint64_t forgotten = defrag->all.forgotten;

	defrag->all.forgotten = 0;
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
	for (unsigned int i = 0; i < WP_TENANT_IDS; i++)
		while (defrag->all.shares[i].oldest != NULL)
			datagrams_forget(&defrag->all, pool, defrag->all.shares[i].oldest);
	free(defrag);
}

/** A fragment on its way in. */
struct adding {
	struct stream_defrag *defrag;
	const struct stream_source *source;
	struct datagram *datagram;
	const uint8_t *data; /* its first byte is that of span.start */
	struct stream_span span;
	enum stream_policy policy;
	uint32_t other; /* the fragment that was compared with last; UINT32_MAX: none */
	bool wins;      /* over that */
};

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

/** Puts bytes that nobody has sent before into parts. @return whether there was room */
static bool
fill(struct adding *add, uint32_t start, uint32_t end)
{
	while (start != end) {
		uint32_t len = end - start > PART_MAX ? (uint32_t)PART_MAX : end - start;
		struct datagram_part *part =
			datagrams_add(&add->defrag->all, add->source, add->datagram, start, len);

		if (part == NULL)
			return false;
		part->fragment = add->datagram->n_taken;
		put_aside(part->data, add->data + (start - add->span.start), len);
		start += len;
	}
	return true;
}

/** @return what is left of the fragment that a part came in: one that loses bytes loses them at its
 * ends, as in hosts, which trim fragments. */
static struct stream_span
span_of(struct datagram_part *part)
{
	struct stream_span span = {part->start, part->start + part->len};
	struct datagram_part *next = part;

	while ((next = datagrams_previous(next)) != NULL && next->fragment == part->fragment &&
	       next->start + next->len == span.start)
		span.start = next->start;
	next = part;
	while ((next = datagrams_next(next)) != NULL && next->fragment == part->fragment &&
	       next->start == span.end)
		span.end += next->len;
	return span;
}

/** @return whether a fragment's bytes count in place of a part's: the same for all of another
 * fragment, which is looked at once. */
static bool
wins(struct adding *add, struct datagram_part *part)
{
	if (part->fragment != add->other)
		add->wins = stream_policy_takes_fragment(add->policy, span_of(part), add->span);
	add->other = part->fragment;
	return add->wins;
}

/** Puts a fragment's bytes in place of those of a part. @return whether there was room */
static bool
overwrite(struct adding *add, struct datagram_part *part, uint32_t start, uint32_t end)
{
	if (start == part->start && end < part->start + part->len) {
		datagrams_trim(add->datagram, part, end - start);
		return fill(add, start, end);
	}
	/* Of a part that does not lose its beginning all is lost; or it is no matter whose it is,
	   as the last one wins. */
	memcpy(part->data + (start - part->start), add->data + (start - add->span.start),
	       end - start);
	part->fragment = add->datagram->n_taken;
	return true;
}

/** Adds the bytes of a fragment; the policy says which count where there are some already. @return
 * whether there was room */
static bool
add_bytes(struct adding *add)
{
	uint32_t at = add->span.start, end = add->span.end, stop;
	struct datagram_part *part = datagrams_part(add->datagram, at), *next;
	bool fits = true;

	while (fits && at != end) {
		next = part;
		if (part == NULL || part->start > at) {
			stop = part == NULL || part->start > end ? end : part->start;
			fits = fill(add, at, stop);
		} else {
			next = datagrams_next(part);
			stop = part->start + part->len < end ? part->start + part->len : end;
			if (wins(add, part))
				fits = overwrite(add, part, at, stop);
		}
		part = next;
		at = stop;
	}
	return fits;
}

/** Writes a header in front of a datagram's bytes, with TOS, identification and TTL (class, flow
 * label, hop limit) of the first fragment's. @return its size */
static uint32_t
write_header(uint8_t *ip, const struct datagram *datagram)
{
	bool is_v4 = datagram->key.version == 4;

	memset(ip, 0, IPV6_SIZE);
	memcpy(ip, datagram->head, DATAGRAM_HEAD);
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

	for (const struct datagram_part *part = datagram->made; part != NULL; part = part->made)
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
	uint32_t start = piece->start * 8u;
	const struct datagram_part *part = datagrams_part(datagram, start);

	return part != NULL && part->start < start + piece->size;
}

/** Takes in how long the datagram is, and what it begins with. @return whether that can be */
static bool
note_ends(struct datagram *datagram, const struct frag_piece *piece, const uint8_t *ip)
{
	uint32_t end = piece->start * 8u + piece->size;

	if (piece->start == 0) {
		datagram->next = piece->next;
		memcpy(datagram->head, ip, DATAGRAM_HEAD);
	}
	if (datagram->total != 0)
		return end <= datagram->total;
	if (piece->total == 0)
		return true;
	datagram->total = piece->total;
	return datagram->end <= piece->total;
}

/** @return whether a datagram is longer than what a view can show. */
static bool
is_too_long(const struct datagram *datagram)
{
	uint32_t header = datagram->key.version == 4 ? IPV4_SIZE : IPV6_SIZE;

	return FRONT + header + datagram->total > UINT16_MAX;
}

/** Enters a fragment that can be one of its datagram. */
static enum stream_defrag_outcome
enter(struct adding *add, const struct wp_packet *pkt, struct wp_packet *whole)
{
	struct datagrams *all = &add->defrag->all;
	struct datagram *datagram = add->datagram;
	bool fits = add_bytes(add);

	datagram->n_taken += fits;
	if (fits && (datagram->total == 0 || datagram->covered != datagram->total))
		return DEFRAG_WAITS;
	if (!fits || is_too_long(datagram)) {
		datagrams_lose(all, add->source->pool, datagram);
		return DEFRAG_NO_ROOM;
	}
	assemble(add->defrag, datagram, pkt, whole);
	datagrams_forget(all, add->source->pool, datagram);
	return DEFRAG_WHOLE;
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
	if (fault != FRAG_FINE && piece.size == 0)
		return DEFRAG_MALFORMED;
	if (fault == FRAG_MALFORMED && !stream_policy_evens_fragment(policy))
		return DEFRAG_MALFORMED;
	defrag->all.now_ns = now_ns;
	datagram = datagrams_find(&defrag->all, source, &piece.key);
	if (datagram == NULL || datagram->is_lost)
		return DEFRAG_NO_ROOM;
	defrag->overlapped = overlaps(datagram, &piece);
	if (!note_ends(datagram, &piece, pkt->buf + pkt->l3)) {
		datagrams_give_up(&defrag->all, source->pool, datagram);
		return DEFRAG_MALFORMED;
	}
	add = (struct adding){.defrag = defrag,
			      .source = source,
			      .datagram = datagram,
			      .data = pkt->buf + piece.at,
			      .span = {piece.start * 8u, piece.start * 8u + piece.size},
			      .policy = policy,
			      .other = UINT32_MAX};
	return enter(&add, pkt, whole);
}
