/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SipHash-1-3 of many messages of one size. Built several times, with LANES and NAME given: a
 * vector has a word of LANES messages. A round is one chain of dependent steps, so several vectors
 * are worked on in turn to keep the CPU busy.
 */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "state/siphash_lanes.h"
#include "state/state.h"

#define INLINE static inline __attribute__((always_inline))

/* As many as the registers hold: 32 of AVX-512, else 16. */
enum { GROUPS = LANES == 8 ? 4 : 2, BATCH = GROUPS * LANES };

typedef uint64_t lanes __attribute__((vector_size(8 * LANES)));

struct sip {
	lanes v0, v1, v2, v3;
};

INLINE lanes
rotate(lanes x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

INLINE void
sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotate(s->v1, 13) ^ s->v0;
	s->v0 = rotate(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotate(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotate(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotate(s->v1, 17) ^ s->v2;
	s->v2 = rotate(s->v2, 32);
}

INLINE uint64_t
word_at(const void *data, size_t at)
{
	uint64_t word;

	memcpy(&word, (const uint8_t *)data + at, 8);
	return word;
}

/** @return the last word of a message: its last bytes, and its size in the top byte. */
INLINE uint64_t
last_word(const void *data, size_t size)
{
	uint64_t word = 0;

	if (size % 8 != 0)
		memcpy(&word, (const uint8_t *)data + size / 8 * 8, size % 8);
	return word | (uint64_t)size << 56;
}

/* Made in one go: lane by lane, each lane would wait for the one before. Not by a gather: some CPUs
 * have those slowed down to close a leak. */
#if LANES == 8
#define EACH(F, d, x)                                                                              \
	(lanes)                                                                                    \
	{                                                                                          \
		F((d)[0], x), F((d)[1], x), F((d)[2], x), F((d)[3], x), F((d)[4], x),              \
			F((d)[5], x), F((d)[6], x), F((d)[7], x)                                   \
	}
#elif LANES == 4
#define EACH(F, d, x)                                                                              \
	(lanes)                                                                                    \
	{                                                                                          \
		F((d)[0], x), F((d)[1], x), F((d)[2], x), F((d)[3], x)                             \
	}
#else
#define EACH(F, d, x)                                                                              \
	(lanes)                                                                                    \
	{                                                                                          \
		F((d)[0], x)                                                                       \
	}
#endif

/** Takes one word of each message in. */
INLINE void
absorb(struct sip *s, lanes word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

/** Hashes groups * LANES messages. */
INLINE void
hash_groups(const struct wp_hash_key *key, const void *const *data, size_t size, uint64_t *out,
	    const unsigned int groups)
{
	const lanes zero = {0};
	const struct sip start = {
		.v0 = zero + (key->k0 ^ 0x736f6d6570736575),
		.v1 = zero + (key->k1 ^ 0x646f72616e646f6d),
		.v2 = zero + (key->k0 ^ 0x6c7967656e657261),
		.v3 = zero + (key->k1 ^ 0x7465646279746573),
	};
	struct sip s[GROUPS];

	for (unsigned int g = 0; g < groups; g++)
		s[g] = start;
	for (size_t at = 0; at + 8 <= size; at += 8) {
#pragma GCC unroll 4
		for (unsigned int g = 0; g < groups; g++)
			absorb(&s[g], EACH(word_at, data + (size_t)g * LANES, at));
	}
#pragma GCC unroll 4
	for (unsigned int g = 0; g < groups; g++) {
		absorb(&s[g], EACH(last_word, data + (size_t)g * LANES, size));
		s[g].v2 ^= zero + 0xff;
	}
	for (unsigned int round = 0; round < 3; round++) {
#pragma GCC unroll 4
		for (unsigned int g = 0; g < groups; g++)
			sip_round(&s[g]);
	}
#pragma GCC unroll 4
	for (unsigned int g = 0; g < groups; g++) {
		lanes hash = s[g].v0 ^ s[g].v1 ^ s[g].v2 ^ s[g].v3;

		memcpy(out + (size_t)g * LANES, &hash, sizeof(hash));
	}
}

/** Hashes fewer messages than a vector has lanes. */
static void
hash_rest(const struct wp_hash_key *key, const void *const *data, size_t size, uint64_t *out,
	  unsigned int n)
{
	const void *filled[LANES];
	uint64_t hashes[LANES];

	for (unsigned int i = 0; i < LANES; i++)
		filled[i] = data[i < n ? i : 0];
	hash_groups(key, filled, size, hashes, 1);
	memcpy(out, hashes, n * sizeof(*out));
}

void
NAME(const struct wp_hash_key *key, const void *const *data, size_t size, uint64_t *out,
     unsigned int n)
{
	for (; n >= BATCH; n -= BATCH) {
		hash_groups(key, data, size, out, GROUPS);
		data += BATCH;
		out += BATCH;
	}
	for (; n >= LANES; n -= LANES) {
		hash_groups(key, data, size, out, 1);
		data += LANES;
		out += LANES;
	}
	if (n > 2)
		hash_rest(key, data, size, out, n);
	else if (LANES > 1 && n != 0)
		siphash_lanes_1(key, data, size, out, n); /* sooner done than a vector */
}
