/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host does with packets: innermost first, each goes by the tracker, whose events the
 * service hears, and then to the service itself. */

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "out/record.h"
#include "parse/parse.h"
#include "tool/host_own.h"
#include "tool/layer.h"

/* Events. */

/** @return which rows of the service's wishes an event meets. */
static uint32_t
rows_met(const struct host *host, const struct wp_stream_event *event)
{
	uint32_t rows = 0;

	for (uint32_t left = host->rows_of[event->type]; left != 0; left &= left - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(left);
		const struct wp_stream_want *want = &host->service->wants[i];

		if (want->l7 != 0 && want->l7 != event->flow->l7)
			continue;
		if (want->filter == NULL || want->filter(event))
			rows |= 1u << i;
	}
	return rows;
}

void
host_tell(void *arg, const struct wp_stream_event *events, unsigned int n)
{
	enum { TOLD_MAX = 64 };
	struct host *host = arg;
	struct wp_told told[TOLD_MAX];

	for (unsigned int at = 0; at < n;) {
		unsigned int n_told = 0;

		for (; at < n && n_told < TOLD_MAX; at++) {
			uint32_t rows = rows_met(host, &events[at]);

			if (rows != 0)
				told[n_told++] = (struct wp_told){&events[at], rows};
		}
		if (n_told != 0)
			host->service->events(host->inst, &host->side.core, told, n_told);
	}
}

/** Puts a packet to its flow. @return whether it may go on */
static bool
follow(struct host *host, struct wp_packet *pkt)
{
	struct wp_key key = {.version = pkt->ip_version}, *wanted = &key;
	struct stream_arrival arrival = {.pkt = pkt, .plan = &host->plan, .key = key.bytes};

	arrival.from = stream_key(pkt, key.bytes);
	if (host->n_wants == 0 || arrival.from == STREAM_FROM_NONE)
		return true;
	wp_table_address(host->tracker.tables[0], &key, HOST_TRACKER, pkt->tenant);
	wp_table_resolve(host->tracker.tables, &wanted, 1);
	arrival.entry = key.entry;
	stream_packet(&host->tracker.core, &arrival);
	if (arrival.entry != NULL)
		pkt->flow = stream_flow(arrival.entry);
	stream_tell(&host->tracker.core);
	return arrival.outcome != STREAM_REFUSED;
}

static bool
is_blocked(const struct wp_packet *pkt)
{
	return pkt->flow != NULL && (pkt->flow->flags & WP_FLOW_BLOCKED) != 0;
}

/** @return whether the service lets a packet go on. */
static bool
goes_on(const struct wp_packet *pkt)
{
	uint8_t verdict = pkt->verdict == WP_HOLD ? pkt->hold_end : pkt->verdict;

	return verdict != WP_DROP && !is_blocked(pkt);
}

/** Gives a packet to the service. */
static void
serve(struct host *host, struct wp_packet *pkt)
{
	const struct wp_service *service = host->service;
	bool is_followed = (pkt->flags & WP_PKT_FRAGMENT) != 0 || follow(host, pkt);

	if (is_followed && goes_on(pkt) && service->burst != NULL)
		service->burst(host->inst, &host->side.core, &pkt, 1);
	if (is_followed && goes_on(pkt))
		host->counts.accepted++;
	else
		host->counts.blocked++;
}

/* Packets. */

static void
count(struct host_counts *counts, const struct wp_packet *pkt)
{
	counts->ipv4 += pkt->ip_version == 4;
	counts->ipv6 += pkt->ip_version == 6;
	counts->invalid += (pkt->flags & WP_PKT_BAD_HEADER) != 0;
	counts->fragments += (pkt->flags & WP_PKT_FRAGMENT) != 0;
	if ((pkt->flags & WP_PKT_FRAGMENT) != 0 || pkt->l4 == 0)
		return;
	counts->tcp += pkt->l4_proto == WP_PROTO_TCP;
	counts->udp += pkt->l4_proto == WP_PROTO_UDP;
	counts->sctp += pkt->l4_proto == WP_PROTO_SCTP;
	counts->icmpv4 += pkt->l4_proto == WP_PROTO_ICMP;
	counts->icmpv6 += pkt->l4_proto == WP_PROTO_ICMPV6;
	counts->esp += pkt->l4_proto == WP_PROTO_ESP;
}

static void take(struct host *host, struct wp_packet *pkt, unsigned int depth, unsigned int wholes);

_Static_assert((int)RECORD_FROM_GENEVE == (int)TUNNEL_GENEVE, "tunnels are numbered alike");

/** Notes what a packet was found in, as services of captures know it. */
static void
set_outer(struct wp_packet *pkt, struct wp_packet *outer, enum record_from from)
{
	pkt->next = outer->next != NULL ? outer->next : outer;
	pkt->tag.md_type = (uint8_t)from;
	pkt->tag.ttl = (uint8_t)(outer->tag.ttl + (from != RECORD_FROM_FRAGMENTS));
	pkt->tag.context = outer->tag.context;
}

/** Takes the datagram that a fragment makes whole. Its bytes are copied: another may be in it. */
static void
take_whole(struct host *host, struct wp_packet *pkt, unsigned int depth, unsigned int wholes)
{
	struct wp_packet whole;

	if (wholes == HOST_WHOLES_MAX || !stream_reassemble(&host->tracker.core, pkt, &whole))
		return;
	if (host->wholes[wholes] == NULL)
		host->wholes[wholes] = malloc(HOST_ROOM);
	if (host->wholes[wholes] == NULL)
		return;
	memcpy(host->wholes[wholes] + whole.start, whole.buf + whole.start, whole.len);
	whole.buf = host->wholes[wholes];
	set_outer(&whole, pkt, RECORD_FROM_FRAGMENTS);
	host->counts.reassembled++;
	take(host, &whole, depth + 1, wholes + 1);
}

/** @return whether what a tunnel brings is a packet: a frame is, whatever is in it. */
static bool
is_readable(const struct wp_packet *inner)
{
	return (inner->flags & WP_PKT_ETHERNET) != 0 ||
	       (inner->l3 != 0 && (inner->flags & WP_PKT_TRUNCATED) == 0);
}

/** Takes a parsed packet, after those within it. The depth is bounded. */
static void
take(struct host *host, struct wp_packet *pkt, unsigned int depth, unsigned int wholes)
{
	struct wp_packet inner;
	enum tunnel_kind kind;

	pkt->args = host->step;
	count(&host->counts, pkt);
	if (depth < HOST_DEPTH_MAX && (pkt->flags & WP_PKT_FRAGMENT) != 0) {
		take_whole(host, pkt, depth, wholes);
	} else if (depth < HOST_DEPTH_MAX) {
		kind = tunnel_inner(&host->tunnels, pkt, &inner);
		host->counts.tunnels[kind]++;
		if (kind != TUNNEL_NONE && is_readable(&inner)) {
			set_outer(&inner, pkt, (enum record_from)kind);
			take(host, &inner, depth + 1, wholes);
		}
	}
	serve(host, pkt);
}

static void
count_frame(struct host_counts *counts, const struct capture_packet *packet, struct layer layer)
{
	enum { TYPE_AT = 12, TYPE_END = 14 };
	uint16_t type;

	counts->packets++;
	counts->bytes += packet->size;
	if (packet->size > counts->bytes_max)
		counts->bytes_max = packet->size;
	if (counts->first_ns == 0)
		counts->first_ns = packet->time_ns;
	counts->last_ns = packet->time_ns;
	if (layer.kind != LAYER_ETHERNET || packet->size < TYPE_END)
		return;
	type = wp_get16(packet->bytes + TYPE_AT);
	counts->ethernet++;
	counts->vlan += type == WP_ETHERTYPE_VLAN;
	counts->vlan_qinq += type == WP_ETHERTYPE_QINQ;
}

void
host_packet(struct host *host, const struct capture_packet *packet)
{
	struct layer layer = layer_of_link(packet->link, packet->bytes, packet->size);
	uint32_t size = packet->size;
	struct wp_packet pkt = {.buf = host->buffer,
				.room = HOST_ROOM - 1,
				.start = HOST_START,
				.tag.ingress_ns = packet->time_ns,
				.tag.context = (uint32_t)packet->number};

	count_frame(&host->counts, packet, layer);
	if (size > HOST_ROOM - 1 - HOST_START)
		size = HOST_ROOM - 1 - HOST_START;
	memcpy(host->buffer + HOST_START, packet->bytes, size);
	pkt.len = (uint16_t)size;
	layer.at += HOST_START;
	if (layer.kind != LAYER_UNKNOWN && layer.at <= HOST_START + size)
		layer_view(&pkt, layer, HOST_START + size);
	if (layer.kind == LAYER_ETHERNET) { /* all of it, whatever the network layer is behind */
		pkt.start = HOST_START;
		pkt.len = (uint16_t)size;
		pkt.flags |= WP_PKT_ETHERNET;
	}
	atomic_store_explicit(&host->turns, host->counts.packets, memory_order_release);
	host_set_time(host, packet->time_ns);
	host->side.core.random += 0x9e3779b97f4a7c15;
	take(host, &pkt, 0, 0);
}
