/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A threshold.config: limits of rules that stand beside them.
 *
 *     suppress gen_id 1, sig_id 2002087, track by_src, ip [10.0.0.0/8,$HOME_NET]
 *     threshold gen_id 1, sig_id 2002087, type limit, track by_src, count 1, seconds 60
 *     rate_filter gen_id 1, sig_id 2002087, track by_src, count 5, seconds 60, new_action drop,
 *         timeout 300
 *
 * "event_filter" is "threshold". A sig_id of 0 is all rules of a gen_id, 0 and 0 all there are. A
 * backslash at its end goes on with a line. All calls are control's.
 */

#ifndef IDS_THRESHOLD_CONFIG_H
#define IDS_THRESHOLD_CONFIG_H

#include <stdint.h>

#include "conf/arena.h"
#include "rule/rule.h"

struct threshold_config;
struct vars;

/** Is told of lines that are left out. @param line  from 1 @param why  valid during the call */
typedef void (*threshold_config_fault)(void *context, uint32_t line, const char *why);

/**
 * Reads a file.
 *
 * @param arena  of it, and of what rules get from it: the rules' own, say
 * @param vars   which addresses may name
 * @param fault  NULL: nobody is told
 * @return 0; -ENOMEM, or another negative errno: the file cannot be read
 */
int threshold_config_read(struct wp_arena *arena, const struct vars *vars, const char *file,
			  struct threshold_config **config, threshold_config_fault fault,
			  void *context);

/** Likewise, from memory. @param text  of @p size bytes */
int threshold_config_read_text(struct wp_arena *arena, const struct vars *vars, const char *text,
			       size_t size, struct threshold_config **config,
			       threshold_config_fault fault, void *context);

/**
 * Gives a rule its limits. It has all that suppress it, and behind them at the most one other:
 * a filter for the rule takes the place of its own, or of one for all; a filter for all, and any
 * rate_filter, is for rules that have none so far.
 *
 * @return 0 or -ENOMEM
 */
int threshold_config_apply(struct threshold_config *config, struct rule *rule);

/** Tells of lines that no rule was found for in threshold_config_apply(). */
void threshold_config_check(const struct threshold_config *config, threshold_config_fault fault,
			    void *context);

#endif
