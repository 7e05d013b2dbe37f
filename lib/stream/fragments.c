/* SPDX-License-Identifier: BSD-3-Clause */
/* See fragments.h. */

#include "stream/fragments.h"

#include "parse/parse.h"
#include "stream/defrag.h"
#include "stream/hosts.h"
#include "stream/pool.h"
#include "stream/queue.h"
#include "stream/worker.h"

/** Bytes of memory that the fragments of a long datagram take. */
enum { FRAGMENTS_LEAST = 1 << 17 };

/** Of struct stream_source. */
static struct stream_chunk *
take_chunk(void *arg, uint16_t tenant, size_t want)
{
	enum wp_cap cap;

	return stream_take(arg, tenant, want, NULL, &cap);
}

/** @return bytes that fragments may hold. @param[out] of_tenant  likewise, of one tenant: room for
 * a datagram it always has */
static size_t
fragment_memory(const struct stream_conf *conf, size_t *of_tenant)
{
	size_t all = ((size_t)conf->memory << 20) / 8, part = all / 100 * conf->tenant_memory;

	*of_tenant = part < FRAGMENTS_LEAST ? FRAGMENTS_LEAST : part;
	return all;
}

/** Takes a fragment. @return what came of it */
static enum stream_defrag_outcome
reassemble(struct stream_worker *worker, struct wp_packet *pkt, struct wp_packet *whole)
{
	enum stream_policy policy =
		stream_hosts_policy(worker->hosts, pkt->ip_version, wp_dest(pkt));
	struct stream_source source = {
		.pool = worker->link.pool,
		.take = take_chunk,
		.arg = worker,
		.remembers = worker->conf->at_cap[WP_CAP_WORKER] == STREAM_DROP,
	};
	enum stream_defrag_outcome outcome;

	source.most = fragment_memory(worker->conf, &source.tenant_most);
	outcome = stream_defrag(worker->link.defrag, &source, pkt, policy, worker->core->now_ns,
				whole);
	worker->core->counters[STREAM_COUNT_NOT_REASSEMBLED] +=
		stream_defrag_forgotten(worker->link.defrag);
	if (stream_defrag_overlapped(worker->link.defrag))
		pkt->flags |= WP_PKT_OVERLAPS;
	if (outcome == DEFRAG_WHOLE)
		worker->core->counters[STREAM_COUNT_REASSEMBLED]++;
	else if (outcome != DEFRAG_WAITS)
		worker->core->counters[STREAM_COUNT_NOT_REASSEMBLED]++;
	return outcome;
}

bool
stream_reassemble(struct wp_core *core, struct wp_packet *pkt, struct wp_packet *whole)
{
	return reassemble(core->scratch, pkt, whole) == DEFRAG_WHOLE;
}

/** @return whether the bytes of fragments have to be brought together. */
static bool
joins_fragments(const struct stream_worker *worker, const struct wp_packet *pkt)
{
	return (pkt->flags & WP_PKT_FRAGMENT) != 0 &&
	       (worker->plan->wants & WP_EVENTS_OF_BYTES) != 0;
}

bool
stream_fragment_view(struct stream_worker *worker, struct stream_arrival *arrival,
		     struct wp_packet *whole, const struct wp_packet **view)
{
	enum stream_defrag_outcome outcome;

	*view = NULL;
	if (!joins_fragments(worker, arrival->pkt))
		return true;
	outcome = reassemble(worker, arrival->pkt, whole);
	if (outcome == DEFRAG_WHOLE)
		*view = whole;
	if (outcome != DEFRAG_NO_ROOM || worker->conf->at_cap[WP_CAP_WORKER] != STREAM_DROP)
		return true;
	worker->core->counters[STREAM_COUNT_CAPS + WP_CAP_WORKER]++;
	arrival->outcome = STREAM_REFUSED;
	return false;
}
