/* SPDX-License-Identifier: BSD-3-Clause */
/* See load.h. */

#include "load.h"

#include "conf.h"
#include "match/inspect.h"

enum {
	PART = 96,           /* steps of each look that are no burden, */
	BYTES_A_STEP = 8,    /* and one more for so many bytes: usual looks stay within that */
	HEAVY = 1 << 15,     /* steps of a flow beyond its part */
	LIGHT = HEAVY / 8,   /* it is heavy no more */
	FORGIVEN_SHIFT = 30, /* ns in which half of that is forgiven: a second or so */
	PURSE_MS = 20,       /* that the purse takes */
	FILL_SHIFT = 20,     /* of ns: see struct load */
};

/** Cycles that pass in 2^20 ns, of a core of some 2.5 GHz. */
static const uint64_t cycles_a_fill = 2621440;

void
load_open(struct load *load, const struct ids_conf *conf)
{
	*load = (struct load){
		.budget = conf->budget / INSPECT_CYCLES_A_STEP,
		.puts_off = conf->overload == LOAD_LATER,
		.drops = conf->overload == LOAD_DROP ||
			 (conf->overload == LOAD_LATER && conf->mode == IDS_PREVENT),
		.rate = cycles_a_fill * conf->later / 100 / INSPECT_CYCLES_A_STEP,
	};
	load->purse = load->purse_max = load->rate * PURSE_MS;
	load_begin(load);
}

void
load_fill(struct load *load, uint64_t now_ns)
{
	uint64_t fills = (now_ns - load->filled_ns) >> FILL_SHIFT;
	uint64_t room = load->purse_max - load->purse;

	if (now_ns < load->filled_ns || fills == 0)
		return;
	load->filled_ns += fills << FILL_SHIFT;
	if (fills >= PURSE_MS || load->rate * fills >= room)
		load->purse = load->purse_max;
	else
		load->purse += load->rate * fills;
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
	uint64_t most = load->purse + (is_heavy(of) ? 0 : part(bytes));

	return load->puts_off && most < load->left ? (uint32_t)most : load->left;
}

uint32_t
load_take(struct load *load, const struct flow_load *of, uint32_t bytes, uint32_t steps)
{
	uint32_t free = part(bytes), beyond = steps > free ? steps - free : 0;
	uint32_t paid = is_heavy(of) ? steps : beyond;

	load->left -= steps < load->left ? steps : load->left;
	if (!load->puts_off)
		return 0;
	load->purse -= paid < load->purse ? paid : load->purse;
	return beyond;
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
load_charge(struct flow_load *of, uint32_t beyond, uint64_t now_ns)
{
	bool was_heavy = of->is_heavy;

	forgive(of, now_ns);
	of->debt = beyond < UINT32_MAX - of->debt ? of->debt + beyond : UINT32_MAX;
	of->is_heavy = of->debt > (was_heavy ? LIGHT : HEAVY);
	if (of->is_heavy == was_heavy)
		return LOAD_SAME;
	return was_heavy ? LOAD_LIGHT : LOAD_HEAVY;
}
