/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PCRE2, without heap on workers: its machine code works on the stack, and where there is none its
 * interpreter gets memory from a room that is made beforehand.
 */

#define PCRE2_CODE_UNIT_WIDTH 8

#include "match/expression.h"

#include <errno.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	/* As much work as others of this trade allow. */
	MATCH_LIMIT = 3500,
	DEPTH_LIMIT = 1500,
	/* Offsets of groups that are kept. */
	GROUPS = 32,
	/* For the interpreter: it starts with 20 KiB, and takes twice as much when that is not
	 * enough, before it gives the former back. */
	ROOM = 192 << 10,
	ALIGN = 16,
};

struct expression {
	pcre2_code *code;
	pcre2_match_context *limits;
	uint32_t groups;
};

/**
 * What the interpreter allocates from. At most two pieces are in use besides the one that stays:
 * one at the bottom, one at the top.
 */
struct expression_room {
	pcre2_general_context *context;
	pcre2_match_data *match;
	size_t bottom, top; /* what is free lies between them */
	size_t stays;       /* below it: what is given back with the room only */
	_Alignas(ALIGN) uint8_t bytes[ROOM];
};

static void *
take(size_t size, void *data)
{
	struct expression_room *room = data;
	size_t left = room->top - room->bottom;

	if (size > left || (size = (size + ALIGN - 1) / ALIGN * ALIGN) > left)
		return NULL;
	if (room->bottom == room->stays) {
		room->bottom += size;
		return room->bytes + room->stays;
	}
	if (room->top != ROOM)
		return NULL;
	room->top -= size;
	return room->bytes + room->top;
}

static void
give_back(void *memory, void *data)
{
	struct expression_room *room = data;

	if (memory == room->bytes + room->stays)
		room->bottom = room->stays;
	else if (memory == room->bytes + room->top)
		room->top = ROOM;
}

struct expression_room *
expression_room_create(void)
{
	struct expression_room *room = aligned_alloc(ALIGN, sizeof(*room));

	if (room == NULL)
		return NULL;
	room->bottom = room->stays = 0;
	room->top = ROOM;
	room->match = NULL;
	room->context = pcre2_general_context_create(take, give_back, room);
	if (room->context != NULL) {
		room->stays = room->bottom;
		room->match = pcre2_match_data_create(GROUPS, room->context);
	}
	if (room->match == NULL) {
		free(room);
		return NULL;
	}
	room->stays = room->bottom;
	return room;
}

void
expression_room_destroy(struct expression_room *room)
{
	free(room); /* all that PCRE2 has of it lies in it */
}

static void
explain(int error, size_t offset, char *why, size_t size)
{
	PCRE2_UCHAR text[128];

	if (pcre2_get_error_message(error, text, sizeof(text)) < 0)
		text[0] = '\0';
	snprintf(why, size, "expression: %s at byte %zu", (const char *)text, offset + 1);
}

int
expression_create(const char *text, uint32_t options, struct expression **expression, char *why,
		  size_t size)
{
	struct expression *new = calloc(1, sizeof(*new));
	PCRE2_SIZE offset = 0;
	int error = 0;

	if (new == NULL)
		return -ENOMEM;
	new->limits = pcre2_match_context_create(NULL);
	if (new->limits == NULL)
		goto err_memory;
	new->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, options, &error, &offset,
				  NULL);
	if (new->code == NULL) {
		explain(error, offset, why, size);
		expression_destroy(new);
		return -EINVAL;
	}
	pcre2_set_match_limit(new->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(new->limits, DEPTH_LIMIT);
	pcre2_pattern_info(new->code, PCRE2_INFO_CAPTURECOUNT, &new->groups);
	pcre2_jit_compile(new->code, PCRE2_JIT_COMPLETE); /* where it cannot: the interpreter */
	*expression = new;
	return 0;

err_memory:
	expression_destroy(new);
	return -ENOMEM;
}

void
expression_destroy(struct expression *expression)
{
	if (expression == NULL)
		return;
	pcre2_code_free(expression->code);
	pcre2_match_context_free(expression->limits);
	free(expression);
}

uint32_t
expression_groups(const struct expression *expression)
{
	return expression->groups;
}

bool
expression_find(const struct expression *expression, struct expression_room *room,
		struct wp_span in, uint32_t start, uint32_t group, struct wp_span *span)
{
	static const uint8_t none[1];
	const uint8_t *bytes = in.data != NULL ? in.data : none;
	const PCRE2_SIZE *at;
	int found;

	if (start > in.size || group >= GROUPS)
		return false;
	found = pcre2_match(expression->code, bytes, in.size, start, 0, room->match,
			    expression->limits);
	if (found == 0)
		found = GROUPS; /* it has more */
	if (found < 0 || group >= (uint32_t)found)
		return false;
	at = pcre2_get_ovector_pointer(room->match) + (size_t)group * 2;
	if (at[0] == PCRE2_UNSET || at[1] < at[0])
		return false; /* \K may put the begin of the whole behind its end */
	*span = (struct wp_span){bytes + at[0], (uint32_t)(at[1] - at[0])};
	return true;
}
