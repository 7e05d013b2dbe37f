/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the detector remembers of a flow: bits and numbers that rules set, rules that hold in parts,
 * bytes that wait. An entry of its own table, made when there is something to remember; the word
 * that the runtime keeps in the flow says where. Owner of the flow only.
 */

#ifndef IDS_FLOW_STATE_H
#define IDS_FLOW_STATE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "load.h"
#include "oddity/first_bytes.h"
#include "oddity/smtp_watch.h"
#include "oddity/ssh_watch.h"
#include "oddity/tcp_watch.h"
#include "oddity/tls_watch.h"
#include "service.h"
#include "state/state.h"

enum {
	FLOW_BITS = 28,    /* flowbits that are set at a time, */
	FLOW_MORE = 224,   /* and others, in an entry of their own */
	FLOW_INTS = 8,     /* flowints likewise */
	FLOW_PENDING = 24, /* rules of one side that hold in parts */
	FLOW_PAIRS = 12,   /* requests that are remembered for rules of pairs; the last ones */
	FLOW_HITS = 6,     /* rules about a side's stream that have hit; the last ones */
	FLOW_ODD = 8,      /* odd things that wait for a packet of a side */
};

/** Tables of the service. */
enum ids_table {
	TABLE_FLOWS,
	TABLE_CHUNKS,
	TABLE_BODIES,
	TABLE_HOSTS,
	TABLE_TOLD,
	TABLE_BITS,
	TABLE_HEADS,
	TABLE_FILES,
};

/** A rule of whose lists some have been found. */
struct flow_pending {
	uint32_t rule;  /* its number in the set */
	uint32_t found; /* bits: lists */
};

/** A request that is what a rule about it and its answer wants. */
struct flow_pair {
	uint32_t rule;    /* its number in the set */
	uint32_t message; /* number of the request, from 1; 0: none */
};

/** A rule that asks for what other rules set, and has hit on bytes of a side's stream. */
struct flow_hit {
	uint64_t end;  /* offset in the stream of what was behind those bytes; 0: none */
	uint32_t rule; /* its number in the set */
};

/** One side of a flow. */
struct flow_side_state {
	struct wp_entry *chunk; /* of TABLE_CHUNKS: bytes that wait; NULL: none */
	struct wp_entry *body;  /* of TABLE_BODIES: a message whose body comes; NULL: none */
	struct wp_entry *head;  /* of TABLE_HEADS: its head; NULL: that one is not large */
	struct wp_entry *file;  /* of TABLE_FILES: a file that comes; NULL: none */
	uint64_t message;       /* number of its message, from 1 */
	bool has_gap;           /* bytes are missing in front of the next ones */
	uint64_t data_ns;       /* when the last bytes were told: runtime clock */
	uint64_t gap_ns;        /* likewise the gap, when there were bytes just before it; or 0 */
	bool goes_on;           /* of HTTP: 100 was said of the request */
	bool is_begun;          /* likewise: rules were asked about the line of the next one */
	uint8_t broken;         /* of HTTP: whether a body is not as it is coded; see odd.c */
	bool is_given_up;       /* what its protocol says cannot be, so nothing is odd any more */
	uint8_t n_odd;          /* of 'odd' */
	uint16_t odd[FLOW_ODD]; /* enum rule_event: about messages, for its next packet */
	struct tls_watch tls;   /* for rules about odd records */
	struct ssh_watch ssh;   /* likewise odd packets of SSH */
	uint8_t next_hit;       /* of hits: which one is the next to be used */
	struct flow_hit hits[FLOW_HITS];
	uint8_t n_pending;
	struct flow_pending pending[FLOW_PENDING];
};

/** Value of TABLE_BITS: flowbits beyond FLOW_BITS. */
struct flow_more {
	uint32_t bits[FLOW_MORE]; /* flow_state_name()s */
};

struct flow_int {
	uint32_t name; /* flow_state_name() */
	uint32_t value;
};

struct flow_state {
	/* Means something in this process only. */
	struct flow_side_state sides[2]; /* index: enum wp_side */
	uint64_t set;                    /* number of the set of rules whose numbers are here */
	uint32_t bits[FLOW_BITS];        /* flow_state_name()s */
	struct wp_entry *more;           /* of TABLE_BITS: those behind them; NULL: none yet */
	struct flow_int ints[FLOW_INTS];
	uint8_t n_bits; /* in all */
	uint8_t n_ints;
	uint8_t next_pair; /* of pairs: which one is the next to be used */
	struct flow_pair pairs[FLOW_PAIRS];
	bool passed;      /* a rule lets all of it pass */
	bool alerted;     /* some rule has */
	bool bypassed;    /* nothing more of it is looked at */
	uint8_t asked[2]; /* enum rule_l7: which protocol of a side rules were asked about last;
			   * index: enum wp_side */
	uint16_t tls_version;
	uint32_t dns;                /* messages of DNS that were told */
	struct wp_entry *told;       /* of TABLE_TOLD: what is kept of messages; NULL: nothing */
	struct tcp_watch watch;      /* for rules about odd segments */
	struct smtp_watch smtp;      /* likewise messages of SMTP */
	struct first_bytes first[2]; /* likewise how the flow begins; index: enum wp_side */
	struct flow_load load;
};

/** @return the state of a flow, or NULL: it has none yet. */
struct flow_state *flow_state_find(struct wp_flow *flow, const struct wp_core *core);

/** Likewise, made if need be. @return NULL: there is no room, or the flow is over */
struct flow_state *flow_state_make(struct wp_flow *flow, struct wp_core *core);

/** Lets go of it, and of all that it has: the flow is over. What is heard behind that makes none.
 */
void flow_state_drop(struct wp_flow *flow, struct wp_core *core);

/** Makes an entry of another table for one side of a flow. @return NULL: there is no room */
struct wp_entry *flow_state_entry(struct wp_flow *flow, unsigned int side, struct wp_core *core,
				  enum ids_table table);

/** Lets go of such an entry. Accepts NULL. */
void flow_state_give(struct wp_core *core, enum ids_table table, struct wp_entry **entry);

/** Forgets what numbers of another set of rules are remembered. */
static inline void
flow_state_meet(struct flow_state *state, uint64_t set)
{
	if (state->set == set)
		return;
	state->set = set;
	for (unsigned int side = 0; side < 2; side++) {
		state->sides[side].n_pending = 0;
		memset(state->sides[side].hits, 0, sizeof(state->sides[side].hits));
	}
	for (unsigned int i = 0; i < FLOW_PAIRS; i++)
		state->pairs[i].message = 0;
}

/** @return a number that stands for a name of a bit or an integer in all sets of rules; not 0. */
uint32_t flow_state_name(const char *name);

bool flow_state_has_bit(const struct flow_state *state, uint32_t name);

/** @return false: too many are set, or there is no room for so many */
bool flow_state_set_bit(struct wp_flow *flow, struct wp_core *core, struct flow_state *state,
			uint32_t name);

void flow_state_clear_bit(struct flow_state *state, uint32_t name);

/** @return one of the state's n_bits names. */
uint32_t flow_state_bit(const struct flow_state *state, unsigned int index);

/** @return the integer of a name, or NULL: it is not set. */
struct flow_int *flow_state_int(struct flow_state *state, uint32_t name);

/** Likewise, set to 0 if it was not. @return NULL: too many are set */
struct flow_int *flow_state_make_int(struct flow_state *state, uint32_t name);

#endif
