/* SPDX-License-Identifier: BSD-3-Clause */
/* What rules have left with a flow, by its names again: flows keep numbers only. */

#ifndef IDS_MARKS_H
#define IDS_MARKS_H

#include "out/record.h"
#include "state/flow_state.h"

struct marks;
struct detector;

/** @return 0 or -ENOMEM. Control. */
int marks_create(const struct detector *detector, struct marks **marks);

/** Accepts NULL. Control. */
void marks_destroy(struct marks *marks);

/** Marks of one flow, with the room that they need. */
struct marks_told {
	struct record_marks marks;
	const char *bits[FLOW_BITS + FLOW_MORE];
	struct record_int ints[FLOW_INTS];
};

/** @param state  NULL: there are none @return NULL: none are there. Worker. */
const struct record_marks *marks_tell(const struct marks *marks, const struct flow_state *state,
				      struct marks_told *told);

#endif
