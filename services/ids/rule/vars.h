/* SPDX-License-Identifier: BSD-3-Clause */
/* Variables of rules: what $HOME_NET, $HTTP_PORTS and their like stand for. Those of addresses and
 * those of ports share their names. Control thread. */

#ifndef IDS_VARS_H
#define IDS_VARS_H

struct vars;

/** @return no variables, or NULL: no memory. */
struct vars *vars_create(void);

/** Accepts NULL. */
void vars_destroy(struct vars *vars);

/** Sets those that Suricata's own configuration has, to what they are there. @return 0 or -ENOMEM
 */
int vars_defaults(struct vars *vars);

/**
 * Sets a variable, whether there was one of its name or not. Nobody reads the text before a rule
 * does.
 *
 * @param name  without its "$"
 * @param text  as rules have it: "[10.0.0.0/8,!10.1.0.0/16]", "!$HOME_NET", "80:88"
 * @return 0 or -ENOMEM
 */
int vars_set(struct vars *vars, const char *name, const char *text);

/** Accepts NULL. @return the text, good until it is set again; NULL: there is no such variable */
const char *vars_get(const struct vars *vars, const char *name);

/** Accepts NULL. @return the variable whose name is spelled most like this one; NULL: none is */
const char *vars_nearest(const struct vars *vars, const char *name);

#endif
