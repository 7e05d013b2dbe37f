/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way back. A packet that turns at some step of its path goes on along the reverse path, where
 * one from its new sender would be by then: behind the step there of the same instance. Where there
 * is no such step, it goes through the last ones of the reverse path, as far as they are of
 * instances that it has been through. Nothing goes around encryption or translation in this way: of
 * steps that must not be bypassed, at least as many have to be in front of it then as it has been
 * through.
 */

#include "pe/turn.h"

#include "parse/parse.h"
#include "pe/worker_ops.h"

enum { NOWHERE = UINT8_MAX };

/** @return how many of the steps that a packet has been through an instance served. */
static unsigned int
times_met(const struct wp_packet *pkt, const struct instance *instance)
{
	unsigned int times = 0;

	for (unsigned int i = 0; i < pkt->step; i++)
		times += pkt->path->steps[i].instance == instance;
	return times;
}

/** @return the step behind that of the packet's present instance. If there are several, the reverse
 * path has them the other way round: the first of the path is the last there. */
static uint8_t
behind_same(const struct wp_path *reverse, const struct wp_packet *pkt)
{
	const struct instance *instance = packet_step(pkt)->instance;
	unsigned int later = times_met(pkt, instance);

	for (uint8_t i = reverse->n_steps; i-- > 0;)
		if (reverse->steps[i].instance == instance && later-- == 0)
			return (uint8_t)(i + 1);
	return NOWHERE;
}

/** @return the step from which on all are of instances that the packet has been through; the end of
 * the path when the last one is not. */
static uint8_t
at_last_known(const struct wp_path *reverse, const struct wp_packet *pkt)
{
	uint8_t step = reverse->n_steps;

	while (step > 0 && times_met(pkt, reverse->steps[step - 1].instance) != 0)
		step--;
	return step;
}

/** @return how many of a path's steps from @p first to before @p end must not be bypassed. */
static unsigned int
count_strict(const struct wp_path *path, unsigned int first, unsigned int end)
{
	unsigned int n = 0;

	for (unsigned int i = first; i < end; i++)
		n += !path->steps[i].bypassable;
	return n;
}

/** @return the step at which a packet goes on; NOWHERE: none would be safe. */
static uint8_t
way_in(const struct wp_path *reverse, const struct wp_packet *pkt)
{
	uint8_t step = behind_same(reverse, pkt);

	if (step == NOWHERE)
		step = at_last_known(reverse, pkt);
	return count_strict(reverse, step, reverse->n_steps) < count_strict(pkt->path, 0, pkt->step)
		       ? NOWHERE
		       : step;
}

/** Puts a packet on another path, unless it has turned in this way before. @return whether it goes
 * on */
static bool
go_on_along(struct worker *worker, struct wp_packet *pkt, const struct wp_path *path, uint16_t flag)
{
	uint8_t step = path == NULL ? NOWHERE : way_in(path, pkt);

	if (step == NOWHERE || (pkt->flags & flag) != 0) {
		worker_drop(worker, pkt, DROP_NO_REVERSE);
		return false;
	}
	worker->cells[pkt->path->rare + PATH_TURNED_OUT]++;
	worker->cells[path->rare + PATH_TURNED_IN]++;
	pkt->path = path;
	pkt->tag.path = path->spi;
	pkt->tenant = path->tenant;
	pkt->inside = path->inside;
	pkt->flags = (uint16_t)((pkt->flags & ~WP_PKT_AGAIN) | flag);
	pkt->verdict = WP_NEXT;
	pkt->step = step;
	pkt->flow = NULL;
	pkt->tracked = 0; /* there it is a packet of another flow, or the other way */
	if (!packet_done(pkt))
		pkt->args = packet_step(pkt)->args;
	return true;
}

bool
turn_reply(struct worker *worker, struct wp_packet *pkt)
{
	const struct wp_path *path = pkt->path;

	wp_parse(pkt);
	if (!go_on_along(worker, pkt, path->reverse, WP_PKT_REPLIED))
		return false;
	worker->cells[path->rare + PATH_REPLIED]++;
	return true;
}

/** @return the path that a packet turns to; NULL: there is none. */
static const struct wp_path *
way_to_turn(const struct wp_packet *pkt)
{
	const struct instance *instance = packet_step(pkt)->instance;
	uint32_t tenant = pkt->turn_to - 1;

	if (pkt->turn_to == 0)
		return pkt->path->reverse;
	if (instance->to_hosts == NULL || tenant >= pkt->epoch->n_tenants)
		return NULL;
	return instance->to_hosts[tenant];
}

bool
turn_back(struct worker *worker, struct wp_packet *pkt)
{
	return go_on_along(worker, pkt, way_to_turn(pkt), WP_PKT_TURNED);
}
