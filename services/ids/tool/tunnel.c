/* SPDX-License-Identifier: BSD-3-Clause */
/* See tunnel.h. Every read is of bytes in front of 'end', where the outer packet ends. */

#include "tool/tunnel.h"

#include "bytes.h"
#include "oddity/gre.h"
#include "parse/parse.h"
#include "tool/layer.h"

enum {
	PROTO_GRE = 47,
	IPV6_SIZE = 40,
	TYPE_ERSPAN = 0x88be,
	TYPE_BRIDGE = 0x6558,
};

const struct tunnel_conf tunnel_usual = {
	.teredo = {.is_on = true, .is_any = true},
	.vxlan = {.is_on = true, .n = 1, .ports = {4789}},
	.geneve = {.is_on = true, .n = 1, .ports = {6081}},
};

static const struct layer none = {0, LAYER_UNKNOWN};

/* GRE. */

/** @return where the header of a GRE packet ends; 0: it cannot be one. */
static uint32_t
gre_end(const uint8_t *buf, uint32_t at, uint32_t end, uint16_t flags)
{
	uint32_t next = at + 4;

	if ((flags & GRE_VERSION) > 1 || (flags & GRE_RECURSION) != 0)
		return 0;
	if ((flags & GRE_VERSION) == 1 &&
	    ((flags & (GRE_CHECKSUM | GRE_ROUTING | GRE_STRICT)) != 0 || (flags & GRE_KEY) == 0 ||
	     wp_get16(buf + at + 2) != GRE_PPP))
		return 0;
	if ((flags & (GRE_CHECKSUM | GRE_ROUTING)) != 0)
		next += 4;
	if ((flags & GRE_KEY) != 0)
		next += 4;
	if ((flags & GRE_SEQUENCE) != 0)
		next += 4;
	if ((flags & GRE_VERSION) == 1 && (flags & GRE_ACK) != 0)
		next += 4;
	return (flags & GRE_ROUTING) != 0 ? gre_routes_end(buf, next, end) : next;
}

/** @return the frame that ERSPAN carries: type I has no header of its own, type II one of 8 bytes.
 */
static struct layer
erspan(const uint8_t *buf, uint32_t at, uint32_t end, bool has_sequence)
{
	enum { HEADER_SIZE = 8, VERSION_2 = 1 };

	if (!has_sequence)
		return layer_of_type(TYPE_BRIDGE, buf, at, end);
	if (at + HEADER_SIZE > end || buf[at] >> 4 != VERSION_2)
		return none;
	return layer_of_type(TYPE_BRIDGE, buf, at + HEADER_SIZE, end);
}

static enum tunnel_kind
gre(const struct wp_packet *pkt, struct layer *inner)
{
	const uint8_t *buf = pkt->buf;
	uint32_t at = pkt->payload, end = pkt->end, next;
	uint16_t flags, type;

	if (at + 4 > end)
		return TUNNEL_NONE;
	flags = wp_get16(buf + at);
	type = wp_get16(buf + at + 2);
	next = gre_end(buf, at, end, flags);
	if (next == 0 || next > end)
		return TUNNEL_NONE;
	if (type == TYPE_ERSPAN) {
		*inner = erspan(buf, next, end, (flags & GRE_SEQUENCE) != 0);
		return TUNNEL_ERSPAN;
	}
	*inner = type == GRE_PPP ? layer_of_ppp(buf, next, end)
				 : layer_of_type(type, buf, next, end);
	return TUNNEL_GRE;
}

/* UDP. */

static bool
is_port(const struct tunnel_ports *of, const struct wp_packet *pkt)
{
	if (!of->is_on || of->is_any)
		return of->is_on;
	for (unsigned int i = 0; i < of->n; i++)
		if (pkt->l4_sport == of->ports[i] || pkt->l4_dport == of->ports[i])
			return true;
	return false;
}

/** Teredo has no mark: it is what is just as long as an IPv6 header at its place says. What is said
 * of authentication is not read, nor what is behind it. */
static struct layer
teredo(const uint8_t *buf, uint32_t at, uint32_t end)
{
	enum { ORIGIN_SIZE = 8 };

	if (at + ORIGIN_SIZE <= end && buf[at] == 0 && buf[at + 1] == 0)
		at += ORIGIN_SIZE;
	if (at + IPV6_SIZE > end || buf[at] >> 4 != 6 ||
	    at + IPV6_SIZE + wp_get16(buf + at + 4) != end)
		return none;
	return (struct layer){at, LAYER_IP};
}

static struct layer
vxlan(const uint8_t *buf, uint32_t at, uint32_t end)
{
	enum { HEADER_SIZE = 8, HAS_NUMBER = 0x08 };

	if (at + HEADER_SIZE > end || (buf[at] & HAS_NUMBER) == 0 || buf[at + 7] != 0)
		return none;
	return layer_of_type(TYPE_BRIDGE, buf, at + HEADER_SIZE, end);
}

static struct layer
geneve(const uint8_t *buf, uint32_t at, uint32_t end)
{
	enum { HEADER_SIZE = 8 };
	uint32_t next;

	if (at + HEADER_SIZE > end || buf[at] >> 6 != 0 || (buf[at + 1] & 0x3f) != 0 ||
	    buf[at + 7] != 0)
		return none;
	next = at + HEADER_SIZE + (buf[at] & 0x3f) * 4u;
	return next > end ? none : layer_of_type(wp_get16(buf + at + 2), buf, next, end);
}

static enum tunnel_kind
over_udp(const struct tunnel_conf *conf, const struct wp_packet *pkt, struct layer *inner)
{
	if (is_port(&conf->teredo, pkt)) {
		*inner = teredo(pkt->buf, pkt->payload, pkt->end);
		if (inner->kind != LAYER_UNKNOWN)
			return TUNNEL_TEREDO;
	}
	if (is_port(&conf->geneve, pkt)) {
		*inner = geneve(pkt->buf, pkt->payload, pkt->end);
		if (inner->kind != LAYER_UNKNOWN)
			return TUNNEL_GENEVE;
	}
	if (!is_port(&conf->vxlan, pkt))
		return TUNNEL_NONE;
	*inner = vxlan(pkt->buf, pkt->payload, pkt->end);
	return TUNNEL_VXLAN;
}

enum tunnel_kind
tunnel_inner(const struct tunnel_conf *conf, const struct wp_packet *pkt, struct wp_packet *inner)
{
	struct layer layer = none;
	enum tunnel_kind kind = TUNNEL_NONE;

	if (pkt->payload == 0 || pkt->payload >= pkt->end ||
	    (pkt->flags & (WP_PKT_FRAGMENT | WP_PKT_BAD_HEADER)) != 0)
		return TUNNEL_NONE;
	if (pkt->l4_proto == WP_PROTO_IPIP || pkt->l4_proto == WP_PROTO_IPV6) {
		kind = TUNNEL_IP_IN_IP;
		layer = (struct layer){pkt->payload, LAYER_IP};
	} else if (pkt->l4_proto == PROTO_GRE) {
		kind = gre(pkt, &layer);
	} else if (pkt->l4_proto == WP_PROTO_UDP) {
		kind = over_udp(conf, pkt, &layer);
	}
	if (layer.kind == LAYER_UNKNOWN)
		return TUNNEL_NONE;
	*inner = (struct wp_packet){.buf = pkt->buf, .room = pkt->room, .tag = pkt->tag};
	layer_view(inner, layer, pkt->end);
	return kind;
}
