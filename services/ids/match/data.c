/* SPDX-License-Identifier: BSD-3-Clause */
/* See data.h. */

#include "match/data.h"

#include "match/moment.h"
#include "match/view.h"
#include "parse/parse.h"

enum { UDP_HEADER = 8, ICMPV6_HEADER = 8 /* as rules have it */ };

static bool
part(const struct wp_packet *pkt, unsigned int from, unsigned int to, struct inspect_bytes *bytes)
{
	if (from == 0 || to <= from || to > (unsigned int)pkt->start + pkt->len)
		return false;
	*bytes = (struct inspect_bytes){.data = pkt->buf + from, .size = to - from};
	return true;
}

/** @return one past the last byte of the packet's first headers. */
static unsigned int
headers_end(const struct wp_packet *pkt)
{
	if (pkt->l4 != 0)
		return pkt->l4;
	return pkt->ip_version == 4 ? pkt->l3 + (wp_l3(pkt)[0] & 15u) * 4 : pkt->l3 + 40u;
}

static bool
header(const struct wp_packet *pkt, enum buffer_id buffer, struct inspect_bytes *bytes)
{
	if (pkt == NULL || pkt->l3 == 0)
		return false;
	switch (buffer) {
	case BUFFER_IPV4_HEADER:
		return pkt->ip_version == 4 && part(pkt, pkt->l3, headers_end(pkt), bytes);
	case BUFFER_IPV6_HEADER:
		return pkt->ip_version == 6 && part(pkt, pkt->l3, headers_end(pkt), bytes);
	case BUFFER_TCP_HEADER:
		return pkt->l4_proto == WP_PROTO_TCP && part(pkt, pkt->l4, pkt->payload, bytes);
	case BUFFER_UDP_HEADER:
		return pkt->l4_proto == WP_PROTO_UDP && pkt->l4 != 0 &&
		       part(pkt, pkt->l4, pkt->l4 + (unsigned int)UDP_HEADER, bytes);
	case BUFFER_ICMPV4_HEADER:
		return pkt->l4_proto == WP_PROTO_ICMP && pkt->l4 != 0 &&
		       part(pkt, pkt->l4, moment_payload_at(pkt), bytes);
	case BUFFER_ICMPV6_HEADER:
		return pkt->l4_proto == WP_PROTO_ICMPV6 && pkt->l4 != 0 &&
		       part(pkt, pkt->l4, pkt->l4 + (unsigned int)ICMPV6_HEADER, bytes);
	default:
		return false;
	}
}

static bool
body(const struct moment *moment, enum buffer_id buffer, struct inspect_bytes *bytes)
{
	if (moment->kind != MOMENT_BODY || moment->body.size == 0 ||
	    (buffer == BUFFER_HTTP_REQUEST_BODY && moment->side != WP_CLIENT) ||
	    (buffer == BUFFER_HTTP_RESPONSE_BODY && moment->side != WP_SERVER))
		return false;
	*bytes = moment->body;
	return true;
}

static bool
of_view(const struct moment *moment, enum buffer_id buffer, unsigned int index,
	struct inspect_bytes *bytes)
{
	struct wp_span span;

	if (moment->view == NULL || !view_get(moment->view, buffer, index, &span))
		return false;
	*bytes = (struct inspect_bytes){.data = span.data, .size = span.size};
	return true;
}

bool
data_get(const struct moment *moment, enum buffer_id buffer, unsigned int index,
	 struct inspect_bytes *bytes)
{
	if (index != 0 && (!buffers[buffer].is_many || buffers[buffer].stage != STAGE_HEAD))
		return false;
	if (buffer == BUFFER_PAYLOAD) {
		*bytes = moment->payload;
		return moment->payload.size != 0;
	}
	switch ((enum buffer_stage)buffers[buffer].stage) {
	case STAGE_PACKET:
		return header(moment->pkt, buffer, bytes);
	case STAGE_HEAD:
		return of_view(moment, buffer, index, bytes);
	case STAGE_BODY:
		return body(moment, buffer, bytes);
	default:
		return false;
	}
}
