/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks the rules of a moment, in their order, and says which of them hold. */

#ifndef IDS_ASK_H
#define IDS_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "match/detector.h"
#include "match/transform.h"

enum {
	ASK_MADE = 64,         /* buffers that are kept for a moment once they are made */
	ASK_ROOM = 512 * 1024, /* bytes of them */
};

/** A buffer as transforms have made it. */
struct ask_made {
	uint16_t data, index;
	bool is_there;
	struct wp_span span;
};

struct asker;

/** A rule holds. */
typedef void (*ask_hit)(void *arg, struct moment *moment, const struct asked *asked);

/** What a worker asks with. */
struct asker {
	const struct detector *detector;
	struct wp_core *core;
	struct hs_scratch *scratch;
	struct candidates candidates;
	struct transform_room room;
	ask_hit hit;
	void *arg;
	uint64_t n_asked; /* a counter: rules that were asked */
	unsigned int n_made;
	uint32_t used; /* of bytes */
	struct ask_made made[ASK_MADE];
	struct inspector inspector;
	uint8_t bytes[ASK_ROOM];
};

/** @return 0 or -ENOMEM. Control. */
int asker_create(const struct detector *detector, struct wp_core *core, ask_hit hit, void *arg,
		 struct asker **asker);

/** Accepts NULL. Control. */
void asker_destroy(struct asker *asker);

/** Asks. inspector.budget says how many steps that may take, and what is left of them then; none:
 * further rules were not asked. Worker that owns the moment's flow. */
void ask(struct asker *asker, struct moment *moment);

#endif
