/* SPDX-License-Identifier: BSD-3-Clause */
/* What is done with a buffer before conditions look at it: "dotprefix", "to_md5", ... */

#ifndef IDS_TRANSFORM_H
#define IDS_TRANSFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/arena.h"
#include "stream/event.h"

enum { TRANSFORMS_MAX = 8 /* of one buffer */ };

struct expression;
struct expression_room;

/** One of them, with its arguments; in the arena of the set. What is in it is for transform*.c
 * only. */
struct transform {
	uint8_t kind;
	uint16_t size;
	const void *data;
	uint32_t numbers[3];
	struct expression *expression; /* that 'data' is the text of; NULL: it is not one */
};

/** @return whether @p word is the name of one. */
bool transform_known(const char *word);

/**
 * Reads one. Control.
 *
 * @param value  as the rule has it, with its quotes and all backslashes; NULL: none
 * @param[out] why  room for @p size bytes
 * @return 0, -EINVAL or -ENOMEM
 */
int transform_parse(struct wp_arena *arena, const char *word, const char *value,
		    struct transform *transform, char *why, size_t size);

/** Gives back what the arena does not have (compiled expressions). Control. */
void transform_close(struct transform *transform);

/** @return whether two are the same. */
bool transform_equal(const struct transform *a, const struct transform *b);

/** Room for what they make: two halves that take turns. */
struct transform_room {
	uint8_t *bytes;
	size_t size;                         /* of one half; there are two of them */
	struct expression_room *expressions; /* for pcrexform; NULL: none of them matches */
};

/** Makes room for one worker. @param half  bytes @return 0 or -ENOMEM. Control. */
int transform_room_open(struct transform_room *room, size_t half);

/** Accepts one that was not opened, but zeroed. Control. */
void transform_room_close(struct transform_room *room);

/**
 * Applies @p n of them, in order. What one of them cannot do anything with (an expression does not
 * match, there is no base64) it leaves as it is; a result that has no room is cut.
 *
 * Worker; no heap.
 *
 * @param[in,out] span  what they are applied to, and what comes out, which lies in @p room or in
 *                      what was given; that may itself lie in @p room
 * @return false: nothing comes out, as if there were no such buffer
 */
bool transform_run(const struct transform *transforms, unsigned int n,
		   const struct transform_room *room, struct wp_span *span);

#endif
