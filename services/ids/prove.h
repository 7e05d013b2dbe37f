/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Rules are proved before they serve: captures that alert as expected. That is done by a program of
 * its own beside the module, ids-prove, with a detector and a tracker of its own: whatever rules do
 * there, packets notice nothing.
 */

#ifndef IDS_PROVE_H
#define IDS_PROVE_H

#include "conf.h"
#include "service.h"

/** One member of "proofs". */
struct ids_proof {
	const char *capture;   /* file */
	struct wp_list alerts; /* uint32_t: sids */
	bool exactly;          /* no others */
};

/** Members of one. */
extern const struct wp_field prove_fields[];

/** Proves the rules of a configuration. @return 0, or a negative errno after wp_error(). Control,
 * or a thread beside it; takes seconds. */
int prove(struct wp_env *env, const struct ids_conf *conf);

#endif
