/* SPDX-License-Identifier: BSD-3-Clause */
/* One instance of the service: its rules, made ready. */

#ifndef IDS_INST_H
#define IDS_INST_H

#include "conf.h"
#include "kinds.h"
#include "match/detector.h"
#include "service.h"

struct geo;
struct marks;

struct ids {
	const struct ids_conf *conf;
	const char *name;
	struct kinds kinds; /* of events that are written */
	struct marks *marks;
	const char **tenants; /* their names, by dense id; NULL: none of that id */
	uint32_t n_tenants;
	struct vars *vars;
	uint64_t stamp;              /* stamp_of() of its files */
	bool reads_more_files;       /* its rules name files, which nobody watches */
	uint32_t n_threshold_faults; /* lines of the file of thresholds that are left out */
	uint32_t n_classless;        /* rules of classes that are in no classification */
	struct detector *detector;
	struct geo *geo;        /* NULL: none */
	struct wp_arena *arena; /* of limits and classes */
};

/** Reads and compiles the rules of a configuration. @return 0, or a negative errno after
 * wp_error(). Control; takes seconds. */
int inst_open(struct wp_env *env, const struct ids_conf *conf, struct ids **inst);

/** @return whether its files are as they were. Control. */
bool inst_is_current(const struct ids *inst);

/** Accepts NULL. Control. */
void inst_close(struct ids *inst);

#endif
