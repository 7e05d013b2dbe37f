/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What looking costs, and may cost: a packet has a budget. Where what is dear is put off, each look
 * has a fair part, and what is beyond it is paid out of a purse that time fills. A flow that takes
 * much beyond its part is heavy until it has not for a while: all of it is paid out of a purse of
 * such flows, which gets a small share of the time, and what they are does not matter to others. A
 * worker's own; counted in steps, so that the same packets have the same outcome.
 */

#ifndef IDS_LOAD_H
#define IDS_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ids_conf;

/** What becomes of a packet that costs more than it may. */
enum load_overload {
	LOAD_PASS,  /* it goes on; what is left of the rules is not asked */
	LOAD_DROP,  /* it is dropped */
	LOAD_LATER, /* as LOAD_PASS, or LOAD_DROP where the service prevents; and see above */
};

enum {
	LOAD_LEAST = 512, /* steps that a look is not begun without */
	LOAD_TOLD = 16,   /* packets that cost too much are told in a second */
};

/** Of one flow. All zero at first. */
struct flow_load {
	uint64_t since_ns; /* runtime clock: when 'debt' was halved last */
	uint32_t debt;     /* steps beyond its part; half of it is forgiven each second or so */
	bool is_heavy;
};

/** Steps that may be spent. */
struct load_purse {
	uint64_t left, most;
	uint64_t rate; /* that come into it, in 2^20 ns */
};

/** Of one worker. */
struct load {
	uint32_t budget; /* steps of a packet */
	uint32_t left;   /* of the packet that is looked at */
	bool puts_off;
	bool drops;
	bool is_over; /* the packet that is looked at has cost too much */
	uint64_t filled_ns;
	uint64_t telling_ns;         /* when 'told' began to count */
	uint32_t told;               /* packets that cost too much, since then */
	struct load_purse purses[2]; /* of usual flows, and of heavy ones */
};

/** Sets it up. Control. */
void load_open(struct load *load, const struct ids_conf *conf);

/** Lets time pass. @param now_ns  runtime clock */
void load_fill(struct load *load, uint64_t now_ns);

/** Another packet is looked at. */
static inline void
load_begin(struct load *load)
{
	load->left = load->budget;
	load->is_over = false;
}

/** @return whether a flow has to wait: there is nothing in its purse. @param of  NULL: no flow */
static inline bool
load_waits(const struct load *load, const struct flow_load *of)
{
	return of != NULL && of->is_heavy && load->purses[1].left < LOAD_LEAST;
}

/** @return steps that a look at some bytes may take; 0: it has to be left out. */
uint32_t load_grant(const struct load *load, const struct flow_load *of, uint32_t bytes);

/** @return whether one more packet that costs too much is told: LOAD_TOLD a second are, all are
 * counted. An attacker who sends nothing else must not fill the log. */
bool load_tells(struct load *load, uint64_t now_ns);

/** What a flow has become. */
enum load_change { LOAD_SAME, LOAD_HEAVY, LOAD_LIGHT };

/** Takes what a look has cost. @return steps of it that were beyond its part; less than 0: it has
 * left so many */
int32_t load_take(struct load *load, const struct flow_load *of, uint32_t bytes, uint32_t steps);

/** Takes what of that is a flow's. @param is_cut  the look would have cost more */
enum load_change load_charge(struct flow_load *of, int32_t beyond, bool is_cut, uint64_t now_ns);

#endif
