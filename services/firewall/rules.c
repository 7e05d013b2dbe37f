/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Finds the first rule that a packet matches. A group holds four rules as vectors of four words,
 * one lane a rule: SSE2, which every x86-64 has, compares a packet with all four at once. What a
 * rule leaves open has a mask of zeros; lanes behind the last rule ask for a bit that no packet
 * has.
 */

#include "rules.h"

#include <emmintrin.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse/parse.h"

enum { LANES = 4 };

/** The vectors of a group; address words in the order of memory, IPv4 has one. */
enum {
	TRAITS,
	TRAITS_MASK,
	PORTS_LOW, /* source port in the low half, destination in the high one */
	PORTS_HIGH,
	ADDRESSES, /* per word: from, its mask, to, its mask */
};

/** Bits of a packet's traits: tenant (16), protocol (8), and these. */
enum { HAS_PORTS = 1 << 0, NEVER = 1 << 1 };

static inline uint32_t
traits(uint32_t tenant, uint32_t proto, uint32_t flags)
{
	return tenant << 16 | proto << 8 | flags;
}

static inline size_t
words_of(uint8_t version)
{
	return version == 4 ? 1 : 4;
}

static inline size_t
vectors_of(size_t words)
{
	return ADDRESSES + 4 * words;
}

int
rules_open(struct rule_list *list, uint8_t version, uint32_t max)
{
	size_t n_groups = max / LANES + 1;
	size_t n_vectors = n_groups * vectors_of(words_of(version));

	*list = (struct rule_list){.version = version};
	list->numbers = calloc(n_groups * LANES, sizeof(*list->numbers));
	list->lanes = aligned_alloc(64, (n_vectors * sizeof(*list->lanes) + 63) & ~(size_t)63);
	if (list->numbers == NULL || list->lanes == NULL) {
		rules_close(list);
		return -ENOMEM;
	}
	return 0;
}

void
rules_close(struct rule_list *list)
{
	free(list->numbers);
	free(list->lanes);
	*list = (struct rule_list){0};
}

/** Makes a group of rules that match nothing. */
static void
clear_group(uint32_t (*group)[4], size_t vectors)
{
	memset(group, 0, vectors * sizeof(*group));
	for (unsigned int lane = 0; lane < LANES; lane++)
		group[TRAITS][lane] = group[TRAITS_MASK][lane] = NEVER;
}

/** Sets one lane of an address and its mask. @param at  the vector of the first word */
static void
set_prefix(uint32_t (*at)[4], unsigned int lane, const struct wp_prefix *prefix, size_t words)
{
	uint8_t mask[16] = {0};

	for (unsigned int bit = 0; prefix->addr.version != 0 && bit < prefix->bits; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	for (size_t word = 0; word < words; word++, at += 4) {
		memcpy(&at[0][lane], prefix->addr.bytes + 4 * word, 4);
		memcpy(&at[1][lane], mask + 4 * word, 4);
	}
}

static bool
is_any(const struct wp_port_range *range)
{
	return range->first == 0 && range->last == UINT16_MAX;
}

/** Sets one lane to what the rule asks besides addresses. */
static void
set_traits(uint32_t (*group)[4], unsigned int lane, const struct rule_match *match)
{
	bool any_port = is_any(&match->from_port) && is_any(&match->to_port);

	group[TRAITS][lane] = traits(match->tenant < 0 ? 0 : (uint32_t)match->tenant,
				     match->proto < 0 ? 0 : (uint32_t)match->proto, HAS_PORTS);
	group[TRAITS_MASK][lane] =
		traits(match->tenant < 0 ? 0 : 0xffff, match->proto < 0 ? 0 : 0xff,
		       any_port ? NEVER : NEVER | HAS_PORTS);
	group[PORTS_LOW][lane] = (uint32_t)match->to_port.first << 16 | match->from_port.first;
	group[PORTS_HIGH][lane] = (uint32_t)match->to_port.last << 16 | match->from_port.last;
}

void
rules_add(struct rule_list *list, const struct rule_match *match, uint32_t number)
{
	size_t words = words_of(list->version), vectors = vectors_of(words);
	unsigned int lane = list->n % LANES;
	uint32_t(*group)[4] = list->lanes + (size_t)(list->n / LANES) * vectors;

	if ((match->from.addr.version != 0 && match->from.addr.version != list->version) ||
	    (match->to.addr.version != 0 && match->to.addr.version != list->version))
		return;
	if (lane == 0)
		clear_group(group, vectors);
	set_traits(group, lane, match);
	set_prefix(group + ADDRESSES, lane, &match->from, words);
	set_prefix(group + ADDRESSES + 2, lane, &match->to, words);
	list->numbers[list->n++] = number;
}

/** What rules look at, in all lanes. */
struct subject {
	__m128i traits, ports, from[4], to[4];
};

static inline __m128i
spread(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return _mm_set1_epi32((int)word);
}

static inline void
load(struct subject *subject, const struct wp_packet *pkt, size_t words)
{
	const uint8_t *from = wp_l3(pkt) + (words == 1 ? 12 : 8);
	/* A later fragment has no header of its own, but may know its first one's ports. */
	bool has_ports = (pkt->l4 | (pkt->flags & WP_PKT_FIRST_SEEN)) != 0 &&
			 rules_proto_has_ports(pkt->l4_proto);

	subject->traits =
		_mm_set1_epi32((int)traits(pkt->tenant, pkt->l4_proto, has_ports ? HAS_PORTS : 0));
	subject->ports = _mm_set1_epi32((int)((uint32_t)pkt->l4_dport << 16 | pkt->l4_sport));
	for (size_t word = 0; word < words; word++) {
		subject->from[word] = spread(from + 4 * word);
		subject->to[word] = spread(from + 4 * (words + word));
	}
}

static inline __m128i
vector(const uint32_t lanes[4])
{
	return _mm_load_si128((const __m128i *)lanes);
}

/** @return bits that are set where the value has not what the rule asks for. */
static inline __m128i
miss(__m128i value, const uint32_t (*asked)[4])
{
	return _mm_and_si128(_mm_xor_si128(value, vector(asked[0])), vector(asked[1]));
}

/** @return a mask of four bits a lane, set where the rule matches. */
static inline unsigned int
match_group(const uint32_t (*group)[4], const struct subject *subject, size_t words)
{
	__m128i misses = miss(subject->traits, group + TRAITS);

	/* Saturating: what is left is how far a port lies outside its range. */
	misses = _mm_or_si128(misses, _mm_subs_epu16(vector(group[PORTS_LOW]), subject->ports));
	misses = _mm_or_si128(misses, _mm_subs_epu16(subject->ports, vector(group[PORTS_HIGH])));
	group += ADDRESSES;
	for (size_t word = 0; word < words; word++, group += 4) {
		misses = _mm_or_si128(misses, miss(subject->from[word], group));
		misses = _mm_or_si128(misses, miss(subject->to[word], group + 2));
	}
	return (unsigned int)_mm_movemask_epi8(_mm_cmpeq_epi32(misses, _mm_setzero_si128()));
}

static inline __attribute__((always_inline)) int32_t
find(const struct rule_list *list, const struct wp_packet *pkt, size_t words)
{
	const uint32_t(*group)[4] = (const uint32_t(*)[4])list->lanes;
	struct subject subject;

	load(&subject, pkt, words);
	for (uint32_t first = 0; first < list->n; first += LANES, group += vectors_of(words)) {
		unsigned int matches = match_group(group, &subject, words);

		if (matches != 0)
			return (int32_t)list->numbers[first + (uint32_t)__builtin_ctz(matches) / 4];
	}
	return -1;
}

int32_t
rules_find(const struct rule_list *list, const struct wp_packet *pkt)
{
	return list->version == 4 ? find(list, pkt, 1) : find(list, pkt, 4);
}
