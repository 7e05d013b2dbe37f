/* SPDX-License-Identifier: BSD-3-Clause */
/* A rule while it is read: conditions that may still move, and what is known until then. One of
 * them serves all rules of a set. For the files of this folder only. */

#ifndef IDS_DRAFT_H
#define IDS_DRAFT_H

#include <stdbool.h>
#include <stdint.h>

#include "match/transform.h"
#include "rule/keyword.h"
#include "rule/lexer.h"

enum {
	DRAFT_MATCHES = 512, /* conditions of a rule */
	DRAFT_LISTS = 32,    /* buffers that it looks at */
	DRAFT_OPTIONS = 4096,
	DRAFT_VARS = RULE_VARS_MAX, /* of byte_extract and byte_math */
	DRAFT_PAIRS = 255,
};

struct draft_match {
	struct rule_match match; /* first: readers are given a pointer to it */
	struct draft_match *next, *previous;
	uint32_t order; /* in which they were written */
};

struct draft_list {
	struct rule_list list; /* first, likewise; its matches are those of 'first' and on */
	struct draft_match *first, *last;
	struct transform transforms[TRANSFORMS_MAX];
	uint32_t column; /* of the word that opened it */
	bool is_open;    /* its word was the last: transforms may follow */
	bool is_sticky;  /* it was made by a word in front of its conditions */
};

struct draft {
	struct rule_reader reader; /* first: draft_of() */
	struct words *words;

	struct draft_match *matches; /* DRAFT_MATCHES of them */
	struct draft_list *lists;    /* DRAFT_LISTS of them */
	struct draft_list packet, after;
	uint32_t n_matches;
	uint8_t n_lists;

	struct lexer_option *options; /* DRAFT_OPTIONS of them */
	uint32_t n_options;

	const char *vars[DRAFT_VARS];
	uint8_t n_vars;
	struct rule_reference references[DRAFT_PAIRS];
	struct rule_metadata metadata[DRAFT_PAIRS];

	bool has_sid, has_rev, has_gid, has_class, has_priority, has_msg;
	uint8_t class_priority;
};

/** @return NULL: no memory. */
struct draft *draft_create(struct rule_set *set);

/** Accepts NULL. */
void draft_destroy(struct draft *draft);

/** Begins with a rule. */
void draft_open(struct draft *draft, struct rule *rule);

/** Puts all that is there into the rule, in the arena. @return 0 or -ENOMEM */
int draft_close(struct draft *draft);

static inline struct draft *
draft_of(struct rule_reader *reader)
{
	return (struct draft *)reader;
}

/** @return the current list; NULL: the one of the payload, and there is none yet. */
struct draft_list *draft_current(struct draft *draft);

/** @return whether a word in front of the conditions says which buffer they are about. */
bool draft_is_sticky(const struct draft *draft);

/** @return the list of a buffer as it is, which is made if it is not there; NULL after a fault. */
struct draft_list *draft_list(struct draft *draft, enum buffer_id buffer);

/** Makes a list of a buffer, though there may be one already. @return NULL after a fault */
struct draft_list *draft_add_list(struct draft *draft, enum buffer_id buffer);

/** Sees to it that conditions go to the list that is there already, where a word names a buffer
 * again. Of several such buffers in a message each word means one of its own. @return the list */
struct draft_list *draft_settle(struct draft *draft, struct draft_list *list);

/** Adds a condition that is in no list. */
void draft_append(struct draft_list *list, struct draft_match *match);

/** @return the condition of a kind that was written last: of the current buffer, or of any, where
 * none is named. @param other  a further kind, or the same @return NULL: there is none */
struct draft_match *draft_last(struct draft *draft, enum match_kind kind, enum match_kind other);

/** @return the list that a condition is in. */
struct draft_list *draft_list_of(struct draft *draft, const struct draft_match *match);

/** Moves a condition to the end of another list. */
void draft_move(struct draft *draft, struct draft_match *match, struct draft_list *list);

/** Where no buffer is named, sees to it that the condition written last is about the buffer of the
 * one before it, if it says that it is relative to that. */
void draft_attach(struct draft *draft);

/** @return the number of a variable; -1: it is not known. */
int draft_var(const struct draft *draft, const char *name);

/** @return the number of a new variable; -1: after a fault. */
int draft_add_var(struct draft *draft, const char *name);

/** @return whether a buffer is named that nothing is asked about. To name one again, or to
 * transform it, behind conditions on it does no harm. */
bool draft_is_idle(const struct draft *draft, const struct draft_list *list);

/** Forgets which buffer conditions are about: the payload again. @return 0, or -EINVAL after a
 * fault */
int draft_leave(struct draft *draft);

/** Checks what can be checked only when all options are read. @return 0, or -EINVAL after a fault
 */
int draft_check(struct draft *draft);

#endif
