/* SPDX-License-Identifier: BSD-3-Clause */
/* See load.h. */

#include "load.h"

#include "conf.h"
#include "match/inspect.h"

enum {
	PART = 192,          /* steps of each look that are no burden, */
	BYTES_A_STEP = 8,    /* and one more for so many bytes: usual looks stay within that */
	HEAVY = 3072,        /* steps of a flow beyond its part */
	LIGHT = HEAVY / 8,   /* it is heavy no more */
	CUT = HEAVY / 4,     /* for a look that was ended: nobody knows what it would have cost */
	CREDIT = 8,          /* of so many steps that a cheap look leaves one pays for dear ones */
	FORGIVEN_SHIFT = 30, /* ns in which half of that is forgiven: a second or so */
	PURSE_MS = 100,      /* that a purse takes */
	ONE = 6144,          /* steps beyond its part that one look of a usual flow may have */
	USUAL_SHARE = 15,    /* percent of the time that usual flows' purse has */
	FILL_SHIFT = 20,     /* of ns: see struct load */
};

/** Cycles that pass in 2^20 ns, of a core of some 2.5 GHz. */
static const uint64_t cycles_a_fill = 2621440;

/** @param share  percent of the time */
static void
open_purse(struct load_purse *purse, uint32_t share)
{
	purse->rate = cycles_a_fill * share / 100 / INSPECT_CYCLES_A_STEP;
	purse->left = purse->most = purse->rate * PURSE_MS;
}

void
load_open(struct load *load, const struct ids_conf *conf)
{
	*load = (struct load){
		.budget = conf->budget / INSPECT_CYCLES_A_STEP,
		.puts_off = conf->overload == LOAD_LATER,
		.drops = conf->overload == LOAD_DROP ||
			 (conf->overload == LOAD_LATER && conf->mode == IDS_PREVENT),
	};
	open_purse(&load->purses[0], USUAL_SHARE);
	open_purse(&load->purses[1], conf->later);
	load_begin(load);
}

static void
fill(struct load_purse *purse, uint64_t fills)
{
	if (fills >= PURSE_MS || purse->rate * fills >= purse->most - purse->left)
		purse->left = purse->most;
	else
		purse->left += purse->rate * fills;
}

void
load_fill(struct load *load, uint64_t now_ns)
{
	uint64_t fills = (now_ns - load->filled_ns) >> FILL_SHIFT;

	if (now_ns < load->filled_ns || fills == 0)
		return;
	load->filled_ns += fills << FILL_SHIFT;
	fill(&load->purses[0], fills);
	fill(&load->purses[1], fills);
}

bool
load_tells(struct load *load, uint64_t now_ns)
{
	const uint64_t second_ns = 1000000000;

	if (now_ns - load->telling_ns >= second_ns) {
		load->telling_ns = now_ns;
		load->told = 0;
	}
	return load->told++ < LOAD_TOLD;
}

/** @return steps of a look that are no burden. */
static uint32_t
part(uint32_t bytes)
{
	return PART + bytes / BYTES_A_STEP;
}

static bool
is_heavy(const struct flow_load *of)
{
	return of != NULL && of->is_heavy;
}

uint32_t
load_grant(const struct load *load, const struct flow_load *of, uint32_t bytes)
{
	uint64_t half = load->purses[0].left / 2;
	uint64_t most = part(bytes) + (half < ONE ? half : ONE);

	if (is_heavy(of))
		most = load_waits(load, of) ? 0 : load->purses[1].left;
	return load->puts_off && most < load->left ? (uint32_t)most : load->left;
}

int32_t
load_take(struct load *load, const struct flow_load *of, uint32_t bytes, uint32_t steps)
{
	int64_t beyond = (int64_t)steps - part(bytes);
	uint64_t paid = is_heavy(of) ? steps : beyond > 0 ? (uint64_t)beyond : 0;
	struct load_purse *purse = &load->purses[is_heavy(of)];

	load->left -= steps < load->left ? steps : load->left;
	if (!load->puts_off)
		return 0;
	purse->left -= paid < purse->left ? paid : purse->left;
	return beyond > INT32_MAX ? INT32_MAX : (int32_t)beyond;
}

/** Forgives what is long past. */
static void
forgive(struct flow_load *of, uint64_t now_ns)
{
	uint64_t halves = (now_ns - of->since_ns) >> FORGIVEN_SHIFT;

	if (now_ns < of->since_ns)
		return;
	of->debt = halves < 32 ? of->debt >> halves : 0;
	of->since_ns += halves << FORGIVEN_SHIFT;
}

enum load_change
load_charge(struct flow_load *of, int32_t beyond, bool is_cut, uint64_t now_ns)
{
	bool was_heavy = of->is_heavy;
	int64_t debt;

	forgive(of, now_ns);
	if (beyond < 0)
		beyond /= CREDIT;
	debt = of->debt + (is_cut && beyond < CUT ? CUT : (int64_t)beyond);
	of->debt = debt < 0 ? 0 : debt > UINT32_MAX ? UINT32_MAX : (uint32_t)debt;
	of->is_heavy = of->debt > (was_heavy ? LIGHT : HEAVY);
	if (of->is_heavy == was_heavy)
		return LOAD_SAME;
	return was_heavy ? LOAD_LIGHT : LOAD_HEAVY;
}
