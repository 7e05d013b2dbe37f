/* SPDX-License-Identifier: BSD-3-Clause */
/* See stream.h. */

#include "stream/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parse/checksum.h"
#include "parse/parse.h"
#include "state/state.h"
#include "stream/handshake.h"
#include "stream/fragments.h"
#include "stream/hosts.h"
#include "stream/predicted.h"
#include "stream/queue.h"
#include "stream/tcp.h"
#include "stream/views.h"
#include "stream/worker.h"

/** Ports below are servers' (RFC 6335 section 6). */
enum { SYSTEM_PORTS = 1024 };

/** Who wants one of these needs of each flow what lies in front of its sides: queues, views. */
static const uint32_t need_cold_lines = WP_EVENT_BIT(WP_FLOW_CONFLICT) | WP_EVENTS_OF_L7;

/* Events. */

/** Tells events, and behind each what views have read in it. But the end of a side comes behind
 * what views make of it: last bytes of messages are no less of the side than others. */
static void
tell_all(struct stream_worker *worker, const struct wp_stream_event *events, unsigned int n)
{
	unsigned int told = 0;

	for (unsigned int i = 0; i < n && worker->reads; i++) {
		unsigned int end = events[i].type == WP_FLOW_FINISH ? i : i + 1;

		if (!stream_views_read(&events[i]))
			continue;
		if (end != told)
			worker->link.tell(worker->link.tell_arg, &events[told], end - told);
		told = end;
		stream_views_take(worker, &events[i]);
	}
	if (told != n)
		worker->link.tell(worker->link.tell_arg, &events[told], n - told);
}

void
stream_flush(struct stream_worker *worker)
{
	unsigned int n = worker->n_events;

	if (n == 0 && worker->used == NULL)
		return;
	worker->n_events = 0;
	if (n != 0)
		tell_all(worker, worker->events, n);
	stream_queue_collect(worker);
}

void
stream_tell(struct wp_core *core)
{
	struct stream_worker *worker = core->scratch;

	stream_flush(worker);
	worker->n_begun = 0;
}

static void
tell_data(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
	  const uint8_t *data, uint32_t size, enum wp_data kind)
{
	struct wp_flow_side *of = &flow->sides[side];
	struct wp_stream_event *event;

	if (size != 0 && stream_wants(worker, WP_FLOW_DATA)) {
		event = stream_event(worker, flow, WP_FLOW_DATA, side);
		event->data = data;
		event->size = size;
		event->offset = of->offset;
		event->detail = (uint8_t)kind;
	}
	of->offset += size;
	of->next += size;
}

/** @return the index of the byte that the receiver takes for urgent, of those that are told next.
 */
static int
urgent_of(struct wp_flow *flow, unsigned int side, uint32_t size)
{
	struct wp_flow_side *of = &flow->sides[side];
	uint32_t index = flow->queues[side].urgent - of->next;

	if ((of->flags & WP_SIDE_URGENT) == 0 || (index >= size && index <= INT32_MAX))
		return STREAM_NOT_URGENT;
	of->flags &= (uint16_t)~WP_SIDE_URGENT;
	return index < size ? (int)index : STREAM_NOT_URGENT;
}

void
stream_data(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
	    const uint8_t *data, uint32_t size, int urgent)
{
	if (stream_policy_keeps_urgent((enum stream_policy)flow->policy))
		urgent = urgent_of(flow, side, size);
	if (worker->conf->urgent == STREAM_URGENT_INLINE)
		urgent = STREAM_NOT_URGENT;
	if (urgent >= 0 && (uint32_t)urgent < size) {
		tell_data(worker, flow, side, data, (uint32_t)urgent, WP_DATA_PLAIN);
		tell_data(worker, flow, side, data + urgent, 1, WP_DATA_URGENT);
		data += urgent + 1;
		size -= (uint32_t)urgent + 1;
	}
	tell_data(worker, flow, side, data, size, WP_DATA_PLAIN);
}

void
stream_anomaly(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
	       enum wp_anomaly anomaly, bool followed)
{
	struct wp_stream_event *event;

	worker->core->counters[STREAM_COUNT_ANOMALIES + anomaly]++;
	if (!stream_wants(worker, WP_FLOW_ANOMALY))
		return;
	event = stream_event(worker, flow, WP_FLOW_ANOMALY, side);
	event->detail = (uint8_t)anomaly;
	event->followed = followed;
}

struct wp_flow *
stream_flow(const struct wp_entry *entry)
{
	return (struct wp_flow *)(uintptr_t)wp_value(entry);
}

uint64_t *
wp_flow_word(struct wp_flow *flow, const struct wp_core *core)
{
	struct wp_flow_words *words = &flow->words;

	for (unsigned int i = 0; i < WP_FLOW_WORDS; i++) {
		if (words->owners[i] == 0)
			words->owners[i] = core->instance;
		if (words->owners[i] == core->instance)
			return &words->words[i];
	}
	return NULL;
}

/* Time-outs. */

static enum stream_idle
idle_of(const struct wp_flow *flow)
{
	unsigned int is_new = flow->state == WP_FLOW_NEW ? 0 : 1;

	switch (flow->proto) {
	case WP_PROTO_TCP:
		return stream_tcp_idle(flow);
	case WP_PROTO_UDP:
		return STREAM_UDP_NEW + is_new;
	default:
		return STREAM_OTHER_NEW + is_new;
	}
}

static void
set_idle(struct stream_worker *worker, struct wp_flow *flow, bool crowded)
{
	uint32_t ticks = worker->idle[idle_of(flow)];

	if (crowded && ticks > worker->emergency)
		ticks = worker->emergency;
	wp_table_set_idle(worker->table, flow->entry, ticks, worker->core->now_ns);
}

/* The beginning and the end of a flow. */

/** Sets a flow up from the packet that begins it. @param side  that the packet is from */
static void
begin(struct stream_worker *worker, struct wp_flow *flow, const struct stream_arrival *arrival,
      unsigned int side)
{
	const struct wp_packet *pkt = arrival->pkt;
	bool is_flipped = (arrival->from == STREAM_FROM_SECOND) == (side == WP_CLIENT);

	memset(flow, 0, sizeof(*flow));
	flow->entry = arrival->entry;
	flow->start_ns = worker->core->now_ns;
	flow->proto = pkt->l4_proto;
	flow->version = pkt->ip_version;
	flow->flags = is_flipped ? WP_FLOW_FLIPPED : 0;
	/* The server's way: it is servers that are attacked. */
	flow->policy = (uint8_t)stream_hosts_policy(
		worker->hosts, pkt->ip_version, side == WP_CLIENT ? wp_dest(pkt) : wp_source(pkt));
	worker->core->counters[STREAM_COUNT_FLOWS]++;
	if (stream_wants(worker, WP_FLOW_START))
		stream_event(worker, flow, WP_FLOW_START, side);
}

/** Tells what is left of a flow, and its end. */
static void
end(struct stream_worker *worker, struct wp_flow *flow, enum wp_flow_end how)
{
	if (flow->end == WP_FLOW_IS_OPEN)
		flow->end = (uint8_t)how;
	if (flow->proto == WP_PROTO_TCP)
		stream_tcp_finish(worker, flow);
	worker->core->counters[STREAM_COUNT_ENDED]++;
	if (stream_wants(worker, WP_FLOW_END))
		stream_event(worker, flow, WP_FLOW_END, WP_CLIENT);
	stream_flush(worker); /* the flow goes away now */
	stream_views_close(worker, flow);
}

/** @return whether a packet begins as only servers' do: with a status line of HTTP/1. */
static bool
begins_as_server(const struct wp_packet *pkt)
{
	static const char begin[] = {'H', 'T', 'T', 'P', '/', '1', '.'};

	return pkt->payload != 0 && pkt->end >= pkt->payload + sizeof(begin) &&
	       memcmp(pkt->buf + pkt->payload, begin, sizeof(begin)) == 0;
}

/** @return which side the sender of the first packet of a flow under way is, by what it says and by
 * its ports. */
static unsigned int
guess_side(const struct wp_packet *pkt)
{
	bool is_server = pkt->l4_sport < SYSTEM_PORTS && pkt->l4_dport >= SYSTEM_PORTS;

	return is_server || begins_as_server(pkt) ? WP_SERVER : WP_CLIENT;
}

/** @return the side that a packet without a flow would begin one as; -1: it begins none */
static int
side_of_first(struct stream_worker *worker, const struct wp_packet *pkt,
	      const struct stream_segment *segment, bool crowded)
{
	int side;

	if (segment == NULL)
		return WP_CLIENT;
	side = stream_tcp_open(worker, segment, guess_side(pkt) == WP_CLIENT);
	if (side < 0)
		worker->core->counters[STREAM_COUNT_ANOMALIES + WP_ANOMALY_NO_CONNECTION]++;
	/* Nothing is kept of a SYN, or of its answer, while there is little room: who goes on is
	   picked up then. */
	if (crowded && (segment->flags & TCP_SYN) != 0 && worker->conf->pick_up) {
		worker->core->counters[STREAM_COUNT_NO_ROOM]++;
		return -1;
	}
	return side;
}

/** @return the entry of a packet's flow that an earlier packet of this burst has made, or NULL. */
static struct wp_entry *
find_begun(struct stream_worker *worker, const struct stream_arrival *arrival)
{
	const struct wp_packet *pkt = arrival->pkt;
	struct wp_entry *entry;

	if (worker->n_begun == 0)
		return NULL;
	entry = wp_table_find(worker->core, worker->table, pkt->tenant, pkt->ip_version, false,
			      arrival->key);
	/* Another worker may just be making the same flow, of a packet the other way. */
	if (entry != NULL && worker->link.owns != NULL &&
	    !worker->link.owns(worker->link.tell_arg, entry->bucket))
		return NULL;
	return entry;
}

/** Makes the flow of a packet that has none. @return it, or NULL: the packet is not followed, or
 * there is no room */
static struct wp_flow *
make_flow(struct stream_worker *worker, struct stream_arrival *arrival,
	  const struct stream_segment *segment)
{
	struct wp_packet *pkt = arrival->pkt;
	bool crowded = wp_table_crowded(worker->table, pkt->tenant);
	int side = side_of_first(worker, pkt, segment, crowded), err;
	struct wp_flow *flow;

	if (side < 0)
		return NULL;
	err = wp_table_insert(worker->core, worker->table, pkt->tenant, pkt->bucket,
			      pkt->ip_version, arrival->key, NULL, &arrival->entry);
	if (err == -EEXIST) {
		arrival->outcome = STREAM_ELSEWHERE;
		return NULL;
	}
	if (err != 0) {
		arrival->entry = NULL;
		arrival->outcome = STREAM_NO_ROOM;
		worker->core->counters[STREAM_COUNT_NO_ROOM]++;
		return NULL;
	}
	worker->n_begun++;
	flow = stream_flow(arrival->entry);
	begin(worker, flow, arrival, (unsigned int)side);
	if (segment != NULL && (segment->flags & (TCP_SYN | TCP_ACK)) != TCP_SYN) {
		flow->flags |= WP_FLOW_PICKED_UP;
		worker->core->counters[STREAM_COUNT_PICKED_UP]++;
	}
	set_idle(worker, flow, crowded);
	return flow;
}

/** @return the flow of a packet, made if need be; NULL: it has none. */
static struct wp_flow *
find_or_make(struct stream_worker *worker, struct stream_arrival *arrival,
	     const struct stream_segment *segment)
{
	if (arrival->entry == NULL)
		arrival->entry = find_begun(worker, arrival);
	return arrival->entry != NULL ? stream_flow(arrival->entry)
				      : make_flow(worker, arrival, segment);
}

/* Packets. */

/** Tells what a packet brings that has no streams. @param pkt  it, the datagram that it has made
 * whole, or NULL: a fragment that has not */
static void
follow_datagram(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
		const struct wp_packet *pkt)
{
	struct wp_flow_side *of = &flow->sides[side];
	struct wp_stream_event *event;

	of->flags |= WP_SIDE_SPOKEN;
	if (flow->state == WP_FLOW_NEW && side == WP_SERVER) {
		flow->state = WP_FLOW_ESTABLISHED;
		if (stream_wants(worker, WP_FLOW_SETUP))
			stream_event(worker, flow, WP_FLOW_SETUP, side);
	}
	if (pkt == NULL || pkt->payload == 0 || pkt->payload >= pkt->end ||
	    !stream_wants(worker, WP_FLOW_DATA))
		return;
	event = stream_event(worker, flow, WP_FLOW_DATA, side);
	event->data = pkt->buf + pkt->payload;
	event->size = (uint32_t)(pkt->end - pkt->payload);
	event->offset = of->offset;
	of->offset += event->size;
}

/** @return whether a TCP packet may be believed as far as it alone tells. @param pkt  it, or the
 * datagram that it has made whole */
static bool
read_segment(struct stream_worker *worker, struct stream_arrival *arrival,
	     const struct wp_packet *pkt, struct stream_segment *segment)
{
	enum wp_anomaly anomaly = WP_ANOMALY_CHECKSUM;

	if (!stream_segment_read(pkt, segment))
		anomaly = WP_ANOMALY_MALFORMED;
	else if (!worker->verifies || wp_checksum_l4(pkt) == 0)
		return true;
	if (arrival->entry == NULL) {
		worker->core->counters[STREAM_COUNT_ANOMALIES + anomaly]++;
		return false;
	}
	stream_anomaly(worker, stream_flow(arrival->entry),
		       stream_side(stream_flow(arrival->entry), arrival->from), anomaly, false);
	return false;
}

/** Counts a packet as its flow's. */
static void
count(struct stream_worker *worker, struct wp_flow *flow, unsigned int side,
      const struct wp_packet *pkt)
{
	flow->last_ns = worker->core->now_ns;
	flow->sides[side].packets++;
	flow->sides[side].bytes += (uint64_t)(pkt->end - pkt->l3);
}

/** Counts a segment that says nothing, as it is broken, if its connection is there: who accounts
 * for flows has what was sent, whether somebody asks for bytes, and checksums are looked at, or
 * not. */
static void
count_broken(struct stream_worker *worker, const struct stream_arrival *arrival)
{
	struct wp_flow *flow;

	if (arrival->entry == NULL)
		return;
	flow = stream_flow(arrival->entry);
	wp_write(arrival->entry, worker->core->now_ns);
	count(worker, flow, stream_side(flow, arrival->from), arrival->pkt);
	wp_written(arrival->entry);
}

/** Ends a flow, and begins the one that is there in its place. @param segment  its first
 * @return the side that this is from */
static unsigned int
begin_anew(struct stream_worker *worker, struct wp_flow *flow, const struct stream_arrival *arrival,
	   const struct stream_segment *segment)
{
	struct stream_handshake handshake;
	unsigned int side =
		stream_handshake_keep(flow, stream_side(flow, arrival->from), segment, &handshake);

	end(worker, flow, WP_FLOW_BY_REUSE);
	begin(worker, flow, arrival, side);
	stream_handshake_resume(flow, &handshake);
	return side;
}

/** @return whether bytes of a connection came past while nobody heard of its path: they can neither
 * be told any more, nor come again. What is blocked stays so. */
static bool
was_unheard(const struct wp_flow *flow, const struct stream_arrival *arrival,
	    const struct stream_segment *segment)
{
	const struct wp_flow_side *me, *peer;
	unsigned int side = stream_side(flow, arrival->from);

	if (flow->last_ns >= arrival->plan->since_ns || segment == NULL || flow->last_ns == 0 ||
	    (flow->flags & WP_FLOW_BLOCKED) != 0 ||
	    (segment->flags & (TCP_SYN | TCP_RST | TCP_ACK)) != TCP_ACK)
		return false;
	me = &flow->sides[side];
	peer = &flow->sides[!side];
	return segment->seq != me->next || segment->ack - peer->acked > peer->end - peer->acked;
}

/** Picks a connection up once more. */
static void
pick_up_again(struct stream_worker *worker, struct wp_flow *flow,
	      const struct stream_arrival *arrival)
{
	unsigned int side = stream_side(flow, arrival->from);

	end(worker, flow, WP_FLOW_BY_TIME_OUT);
	begin(worker, flow, arrival, side);
	flow->flags |= WP_FLOW_PICKED_UP;
	worker->core->counters[STREAM_COUNT_PICKED_UP]++;
}

/** Follows a packet within its flow. @param segment  of TCP */
static void
follow(struct stream_worker *worker, struct wp_flow *flow, struct stream_arrival *arrival,
       const struct wp_packet *view, const struct stream_segment *segment)
{
	unsigned int side = stream_side(flow, arrival->from);
	enum tcp_outcome outcome = TCP_FOLLOWED;
	uint8_t state = flow->state;
	bool heard = stream_tcp_both_heard(flow);

	if (segment != NULL)
		outcome = stream_tcp_follow(worker, flow, side, segment);
	else if (flow->proto != WP_PROTO_TCP)
		follow_datagram(worker, flow, side, view);
	if (outcome == TCP_BEGINS_ANEW) {
		side = begin_anew(worker, flow, arrival, segment);
		outcome = stream_tcp_follow(worker, flow, side, segment);
		state = UINT8_MAX;
	}
	if (outcome == TCP_REFUSED)
		arrival->outcome = STREAM_REFUSED;
	count(worker, flow, side, arrival->pkt);
	if (flow->state != state || stream_tcp_both_heard(flow) != heard)
		set_idle(worker, flow,
			 !stream_tcp_both_heard(flow) &&
				 wp_table_crowded(worker->table, arrival->pkt->tenant));
}

static inline void
set_plan(struct stream_worker *worker, const struct stream_plan *plan)
{
	if (worker->plan == plan)
		return;
	worker->plan = plan;
	worker->reads |= (plan->wants & WP_EVENTS_OF_L7) != 0;
	/* They need not be when nobody compares them, all are looked at, and not only when
	   acknowledged. */
	worker->keeps = (plan->wants & WP_EVENTS_OF_BYTES) != 0 &&
			(worker->conf->when != STREAM_ON_ARRIVAL || worker->conf->depth != 0 ||
			 stream_wants(worker, WP_FLOW_CONFLICT));
	worker->verifies = worker->conf->verify && (plan->wants & WP_EVENTS_OF_BYTES) != 0;
}

void
stream_ask_for(const struct stream_arrival *arrival)
{
	const char *flow;

	if (arrival->entry == NULL || (arrival->plan->wants & need_cold_lines) == 0)
		return;
	flow = wp_value(arrival->entry);
	__builtin_prefetch(flow);
	__builtin_prefetch(flow + 64);
}

void
stream_packet(struct wp_core *core, struct stream_arrival *arrival)
{
	struct stream_worker *worker = core->scratch;
	struct stream_segment segment, *tcp = NULL;
	const struct wp_packet *view = arrival->pkt;
	struct wp_packet whole;
	struct wp_flow *flow;

	arrival->outcome = STREAM_GOES_ON;
	set_plan(worker, arrival->plan);
	worker->pkt = arrival->pkt;
	if (arrival->entry != NULL) {
		flow = stream_flow(arrival->entry);
		if (predicted_follow(worker, arrival->entry, flow, stream_side(flow, arrival->from),
				     view))
			return;
	}
	if ((view->flags & WP_PKT_FRAGMENT) != 0 &&
	    !stream_fragment_view(worker, arrival, &whole, &view))
		return;
	if (view != NULL && view->l4_proto == WP_PROTO_TCP) {
		tcp = &segment;
		if (!read_segment(worker, arrival, view, tcp)) {
			count_broken(worker, arrival);
			return;
		}
	} else if (arrival->pkt->l4_proto == WP_PROTO_TCP && arrival->entry == NULL) {
		core->counters[STREAM_COUNT_NOT_FOLLOWED]++;
		return;
	}
	flow = find_or_make(worker, arrival, tcp);
	if (flow == NULL)
		return;
	wp_write(arrival->entry, core->now_ns);
	if (was_unheard(flow, arrival, tcp))
		pick_up_again(worker, flow, arrival);
	follow(worker, flow, arrival, view, tcp);
	wp_written(arrival->entry);
	if (view == &whole)
		stream_flush(worker); /* its bytes lie in a buffer that the next one takes */
}

void
stream_end(struct wp_core *core, struct wp_entry *entry, const struct stream_plan *plan,
	   enum wp_flow_end how)
{
	static const struct stream_plan nobody;
	struct stream_worker *worker = core->scratch;

	worker->pkt = NULL;
	set_plan(worker, plan == NULL ? &nobody : plan);
	end(worker, stream_flow(entry), how);
}

void
stream_forget(const struct stream_link *link, struct wp_entry *entry)
{
	struct wp_flow *flow = stream_flow(entry);
	struct stream_worker worker;

	/* The events are none of it. */
	memset(&worker, 0, offsetof(struct stream_worker, events));
	worker.link = *link;
	stream_queue_clear(&worker, flow, WP_CLIENT);
	stream_queue_clear(&worker, flow, WP_SERVER);
	stream_queue_collect(&worker);
	stream_views_close(&worker, flow);
}
