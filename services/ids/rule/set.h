/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The rules of one configuration: those of several files, in the order they are asked, and what was
 * wrong with the others. Made by the control thread, constant from rule_set_finish() on.
 */

#ifndef IDS_SET_H
#define IDS_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf/arena.h"
#include "rule/rule.h"
#include "state/dataset.h"

struct classification;
struct compiling;
struct draft;
struct geo;
struct header_sets;
struct names;
struct vars;

/** Why a rule, or a file, cannot be used. In the arena of its set. */
struct rule_fault {
	const char *file;
	uint32_t line, column; /* from 1; 0: of the file as a whole */
	uint32_t sid;          /* 0: none is known */
	const char *why;
	const char *hint; /* what to do about it; "": none */
	const char *text; /* of the rule; "": of the file as a whole */
};

/** Bytes that conditions look at: a buffer and what is done with it. Lists name them by number. */
struct rule_data {
	uint8_t buffer; /* enum buffer_id */
	uint8_t n_transforms;
	const struct transform *transforms;
	uint32_t n; /* lists that look at it */
};

struct rule_set_conf {
	const struct vars *vars;
	const struct classification *classes; /* NULL: those that are built in */
	bool ips;                             /* rules that drop may do so */
	uint8_t ranks[RULE_ALERT + 1];        /* of actions, by enum rule_action: the lowest is
					       * asked first; all 0: as they stand there */
	const struct geo
		*geo;       /* where addresses are; stays as long as the rules. NULL: not known */
	const char *folder; /* of files that rules name; those beside a rule's own file come
			     * first. NULL: none */
	const struct compiling *compiling; /* or NULL */
};

/** Faults of one file at the most, but for one that says so. */
enum { SET_FAULTS_MAX = 1 << 16 };

/** Kinds of names that get numbers; see reader_name(). */
enum { SET_NAMES = 4 };

struct rule_set {
	struct wp_arena *arena;
	struct rule **rules; /* once it is finished: in the order they are asked */
	uint32_t n;
	struct rule_fault *faults;
	uint32_t n_faults;
	uint32_t n_skipped; /* right, but not meant for us: "requires" */
	struct rule_data *data;
	uint16_t n_data;
	struct dataset_list datasets; /* those that rules name */

	/* For the files of this folder only. */
	struct rule_set_conf conf;
	struct classification *own_classes;
	struct names *names[SET_NAMES];
	struct draft *draft; /* where a rule is while it is read */
	struct header_sets *sets;
	uint32_t max_rules, max_faults, max_data;
};

/** @param conf  what it points at stays as long as rules are read. @return 0 or -ENOMEM */
int rule_set_create(const struct rule_set_conf *conf, struct rule_set **set);

/** Reads a file, and adds its rules and its faults. @return 0, or a negative errno: the file cannot
 * be read, which is a fault, too; or -ENOMEM */
int rule_set_read(struct rule_set *set, const char *file);

/** Likewise, from memory. @param name  of a file, as faults and rules shall have it */
int rule_set_read_text(struct rule_set *set, const char *name, const char *text, size_t size);

/** Adds a fault, as of other files of rules' kind. @return 0 or -ENOMEM */
int rule_set_add_fault(struct rule_set *set, const struct rule_fault *fault);

/** Takes a rule out again: what it asks for cannot be made. Before rule_set_finish(). @return 0 or
 * -ENOMEM */
int rule_set_reject(struct rule_set *set, uint32_t index, const char *why, const char *hint);

/** Parts with rules that are there twice, puts the others in order, gives them their numbers.
 * @return 0 or -ENOMEM */
int rule_set_finish(struct rule_set *set);

/** @return how many names of a kind there are (enum reader_names); they are numbers from 1. */
uint16_t rule_set_names(const struct rule_set *set, unsigned int kind);

/** @return the name of a number of rule_set_names(); NULL: there is none. */
const char *rule_set_name(const struct rule_set *set, unsigned int kind, uint16_t number);

/** Accepts NULL. */
void rule_set_destroy(struct rule_set *set);

#endif
