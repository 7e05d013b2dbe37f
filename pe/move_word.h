/* SPDX-License-Identifier: BSD-3-Clause */
/* The one word that a move is. For move.c and move_worker.c. */

#ifndef PE_MOVE_WORD_H
#define PE_MOVE_WORD_H

#include "pe/move.h"

/** @return 0 for no move. */
static inline uint64_t
move_word(const struct move *move)
{
	return (uint64_t)move->number << 32 | (uint64_t)move->to << 24 |
	       (uint64_t)move->from << 16 | (uint64_t)move->bucket << 8 | move->state;
}

static inline struct move
move_of(uint64_t word)
{
	return (struct move){
		.state = (uint8_t)word,
		.bucket = (uint8_t)(word >> 8),
		.from = (uint8_t)(word >> 16),
		.to = (uint8_t)(word >> 24),
		.number = (uint32_t)(word >> 32),
	};
}

/** @return the word of the same move in another state. */
static inline uint64_t
move_word_in(const struct move *move, enum move_state state)
{
	struct move next = *move;

	next.state = (uint8_t)state;
	return move_word(&next);
}

#endif
