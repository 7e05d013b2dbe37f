/* SPDX-License-Identifier: BSD-3-Clause */
/* See moment.h. */

#include "match/moment.h"

#include <string.h>

#include "parse/parse.h"

enum moment_kind
moment_of(enum buffer_id buffer)
{
	switch (buffer) {
	case BUFFER_PAYLOAD:
	case BUFFER_BASE64:
		return MOMENTS;
	case BUFFER_TLS_CERTIFICATES:
	case BUFFER_TLS_SUBJECT:
	case BUFFER_TLS_ISSUER:
	case BUFFER_TLS_SERIAL:
	case BUFFER_TLS_FINGERPRINT:
	case BUFFER_TLS_ALT_NAME:
		return MOMENT_CERTIFICATES;
	default:
		break;
	}
	switch ((enum buffer_stage)buffers[buffer].stage) {
	case STAGE_HEAD:
		return MOMENT_HEAD;
	case STAGE_BODY:
		return MOMENT_BODY;
	default:
		return MOMENT_PACKET;
	}
}

/** @return whose packet it is. */
static unsigned int
side_of(const struct wp_packet *pkt, const struct wp_flow *flow, struct wp_endpoint *ends)
{
	wp_flow_endpoint(flow, WP_CLIENT, &ends[WP_CLIENT]);
	wp_flow_endpoint(flow, WP_SERVER, &ends[WP_SERVER]);
	if (memcmp(ends[WP_CLIENT].address, wp_source(pkt), wp_address_size(pkt)) != 0)
		return WP_SERVER;
	return flow->proto == WP_PROTO_ICMP || flow->proto == WP_PROTO_ICMPV6 ||
			       ends[WP_CLIENT].port == pkt->l4_sport
		       ? WP_CLIENT
		       : WP_SERVER;
}

/** @return bytes of ICMP that are header: of errors, echoes and the like eight, with what is told
 * of instants twenty (RFC 792); of the rest of ICMPv6 four (RFC 4443 section 2.1). */
static uint32_t
icmp_header(const struct wp_packet *pkt)
{
	enum { TIMESTAMP = 13, TIMESTAMP_REPLY = 14, V6_PARAMETER = 4, V6_ECHO = 128, V6_REPLY };
	uint8_t type = wp_l4(pkt)[0];

	if (pkt->l4_proto == WP_PROTO_ICMPV6)
		return (type >= 1 && type <= V6_PARAMETER) || type == V6_ECHO || type == V6_REPLY
			       ? 8
			       : 4;
	return (type == TIMESTAMP || type == TIMESTAMP_REPLY) && pkt->end >= pkt->l4 + 20u ? 20 : 8;
}

uint32_t
moment_payload_at(const struct wp_packet *pkt)
{
	bool is_icmp = pkt->l4_proto == WP_PROTO_ICMP || pkt->l4_proto == WP_PROTO_ICMPV6;

	if (!is_icmp || pkt->l4 == 0 || pkt->payload == 0)
		return pkt->payload;
	return pkt->l4 + icmp_header(pkt);
}

struct inspect_bytes
moment_payload(const struct wp_packet *pkt)
{
	uint32_t at = moment_payload_at(pkt);

	if (at == 0 || at >= pkt->end)
		return (struct inspect_bytes){0};
	return (struct inspect_bytes){.data = pkt->buf + at, .size = pkt->end - at};
}

void
moment_of_packet(struct moment *moment, const struct wp_packet *pkt, struct wp_flow *flow)
{
	memset(moment, 0, sizeof(*moment));
	moment->kind = MOMENT_PACKET;
	moment->pkt = pkt;
	moment->flow = flow;
	moment->tenant = pkt->tenant;
	moment->version = pkt->ip_version;
	moment->proto = pkt->l4_proto;
	if (pkt->l3 != 0) {
		moment->source = wp_source(pkt);
		moment->destination = wp_dest(pkt);
	}
	moment->source_port = pkt->l4_sport;
	moment->destination_port = pkt->l4_dport;
	moment->payload = moment_payload(pkt);
	if (flow != NULL && pkt->l3 != 0) {
		moment->side = (uint8_t)side_of(pkt, flow, moment->endpoints);
		moment->l7 = flow->l7;
		moment->is_established = flow->state >= WP_FLOW_ESTABLISHED;
	}
}

void
moment_of_flow(struct moment *moment, enum moment_kind kind, struct wp_flow *flow,
	       unsigned int side, const struct wp_packet *pkt)
{
	const struct wp_endpoint *ends = moment->endpoints;

	memset(moment, 0, sizeof(*moment));
	wp_flow_endpoint(flow, WP_CLIENT, &moment->endpoints[WP_CLIENT]);
	wp_flow_endpoint(flow, WP_SERVER, &moment->endpoints[WP_SERVER]);
	moment->kind = kind;
	moment->pkt = pkt;
	moment->flow = flow;
	moment->tenant = wp_flow_tenant(flow);
	moment->version = flow->version;
	moment->proto = flow->proto;
	moment->side = (uint8_t)side;
	moment->source = ends[side].address;
	moment->destination = ends[!side].address;
	moment->source_port = ends[side].port;
	moment->destination_port = ends[!side].port;
	moment->l7 = flow->l7;
	/* Bytes of TCP are told only when they are of a connection, if they were in a SYN. */
	moment->is_established = flow->proto == WP_PROTO_TCP || flow->state >= WP_FLOW_ESTABLISHED;
}
