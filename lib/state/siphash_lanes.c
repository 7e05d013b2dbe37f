/* SPDX-License-Identifier: BSD-3-Clause */
/* SipHash-1-3 of LANES messages of one size at once. Built several times, with LANES and NAME
 * given. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "state/siphash_lanes.h"
#include "state/state.h"

typedef uint64_t lanes __attribute__((vector_size(8 * LANES)));

struct sip {
	lanes v0, v1, v2, v3;
};

static inline lanes
rotate(lanes x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

static inline void
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

/** Takes one word of each message in. */
static inline void
absorb(struct sip *s, lanes word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

/** @return the last word of a message: its last bytes, and its size in the top byte. */
static inline uint64_t
last_word(const uint8_t *tail, size_t n, size_t size)
{
	uint64_t word = 0;

	memcpy(&word, tail, n);
	return word | (uint64_t)size << 56;
}

void
NAME(const struct wp_hash_key *key, const void *const *data, size_t size, uint64_t *out)
{
	const lanes zero = {0};
	struct sip s = {
		.v0 = zero + (key->k0 ^ 0x736f6d6570736575),
		.v1 = zero + (key->k1 ^ 0x646f72616e646f6d),
		.v2 = zero + (key->k0 ^ 0x6c7967656e657261),
		.v3 = zero + (key->k1 ^ 0x7465646279746573),
	};
	size_t whole = size / 8 * 8;
	lanes word = {0};

	for (size_t at = 0; at < whole; at += 8) {
		for (unsigned int i = 0; i < LANES; i++) {
			uint64_t one;

			memcpy(&one, (const uint8_t *)data[i] + at, 8);
			word[i] = one;
		}
		absorb(&s, word);
	}
	for (unsigned int i = 0; i < LANES; i++)
		word[i] = last_word((const uint8_t *)data[i] + whole, size - whole, size);
	absorb(&s, word);
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	word = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
	memcpy(out, &word, sizeof(word));
}
