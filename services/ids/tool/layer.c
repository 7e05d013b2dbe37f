/* SPDX-License-Identifier: BSD-3-Clause */
/* See layer.h. */

#include "tool/layer.h"

#include <pcap/dlt.h>

#include "bytes.h"
#include "parse/parse.h"

enum {
	ETHER_SIZE = 14,
	LAYERS_MAX = 16, /* tags, labels and sessions in each other */
	TYPE_QINQ_OLD = 0x9100,
	TYPE_MPLS = 0x8847,
	TYPE_MPLS_MULTICAST = 0x8848,
	TYPE_PPPOE = 0x8864,
	TYPE_PBB = 0x88e7, /* IEEE 802.1ah */
	TYPE_DCE = 0x8903, /* Cisco's FabricPath: a tag in front of a frame */
	TYPE_VNTAG = 0x8926,
	TYPE_BRIDGE = 0x6558,
	PPP_IPV4 = 0x21,
	PPP_IPV6 = 0x57,
	PPP_MPLS = 0x281,
	LINKTYPE_RAW = 101, /* files have that number whatever DLT_RAW is here */
	LINKTYPE_IPV4 = 228,
	LINKTYPE_IPV6 = 229,
	LINKTYPE_SLL2 = 276,
};

static const struct layer unknown = {0, LAYER_UNKNOWN};

/** @return IP at @p at, if it begins like that. */
static struct layer
ip_at(const uint8_t *bytes, uint32_t at, uint32_t size)
{
	if (at >= size || (bytes[at] >> 4 != 4 && bytes[at] >> 4 != 6))
		return unknown;
	return (struct layer){at, LAYER_IP};
}

static struct layer
ethernet_at(uint32_t at, uint32_t size)
{
	return at + ETHER_SIZE <= size ? (struct layer){at, LAYER_ETHERNET} : unknown;
}

/** What is behind labels nobody says: it is told by its first nibble (RFC 4928, RFC 4385). */
static struct layer
behind_labels(const uint8_t *bytes, uint32_t at, uint32_t size)
{
	enum { LABEL_SIZE = 4, CONTROL_WORD = 4 };
	bool is_last = false;

	for (unsigned int i = 0; i < LAYERS_MAX && !is_last; i++, at += LABEL_SIZE) {
		if (at + LABEL_SIZE > size)
			return unknown;
		is_last = (bytes[at + 2] & 1) != 0;
	}
	if (!is_last || at >= size)
		return unknown;
	if (bytes[at] >> 4 == 4 || bytes[at] >> 4 == 6)
		return (struct layer){at, LAYER_IP};
	return ethernet_at(bytes[at] >> 4 == 0 ? at + CONTROL_WORD : at, size);
}

struct layer
layer_of_ppp(const uint8_t *bytes, uint32_t at, uint32_t size)
{
	uint32_t proto;

	if (at + 2 < size && bytes[at] == 0xff && bytes[at + 1] == 3)
		at += 2;
	if (at >= size)
		return unknown;
	proto = bytes[at++];
	if ((proto & 1) == 0) { /* it has two bytes (RFC 1661 section 6.5) */
		if (at >= size)
			return unknown;
		proto = proto << 8 | bytes[at++];
	}
	if (proto == PPP_IPV4 || proto == PPP_IPV6)
		return ip_at(bytes, at, size);
	return proto == PPP_MPLS ? behind_labels(bytes, at, size) : unknown;
}

/** @return bytes of a tag in front of another EtherType; 0: it is no such tag. */
static uint32_t
tag_size(uint16_t type)
{
	switch (type) {
	case WP_ETHERTYPE_VLAN:
	case WP_ETHERTYPE_QINQ:
	case TYPE_QINQ_OLD:
		return 4;
	case TYPE_VNTAG:
		return 6;
	case TYPE_PBB: /* a service tag, customer's addresses and type */
		return 18;
	default:
		return 0;
	}
}

struct layer
layer_of_type(uint16_t type, const uint8_t *bytes, uint32_t at, uint32_t size)
{
	enum { PPPOE_SIZE = 6 };

	for (unsigned int i = 0; i < LAYERS_MAX && tag_size(type) != 0; i++) {
		at += tag_size(type);
		if (at > size)
			return unknown;
		type = wp_get16(bytes + at - 2);
	}
	switch (type) {
	case WP_ETHERTYPE_IPV4:
	case WP_ETHERTYPE_IPV6:
		return ip_at(bytes, at, size);
	case TYPE_MPLS:
	case TYPE_MPLS_MULTICAST:
		return behind_labels(bytes, at, size);
	case TYPE_PPPOE:
		return layer_of_ppp(bytes, at + PPPOE_SIZE, size);
	case TYPE_BRIDGE:
		return ethernet_at(at, size);
	case TYPE_DCE:
		return ethernet_at(at + 2, size);
	default:
		return unknown;
	}
}

/** Link layers that name an EtherType: at @p type, and end at @p header. */
static struct layer
typed(const uint8_t *bytes, uint32_t type, uint32_t header, uint32_t size)
{
	return header > size ? unknown : layer_of_type(wp_get16(bytes + type), bytes, header, size);
}

bool
layer_reads(int link)
{
	static const int links[] = {DLT_EN10MB,    DLT_RAW,    LINKTYPE_RAW, LINKTYPE_IPV4,
				    LINKTYPE_IPV6, DLT_NULL,   DLT_LOOP,     DLT_LINUX_SLL,
				    LINKTYPE_SLL2, DLT_C_HDLC, DLT_PPP,      DLT_PPP_SERIAL,
				    DLT_PPP_ETHER};
	bool is_one = false;

	for (unsigned int i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		is_one |= link == links[i];
	return is_one;
}

struct layer
layer_of_link(int link, const uint8_t *bytes, uint32_t size)
{
	switch (link) {
	case DLT_EN10MB:
		return (struct layer){0, LAYER_ETHERNET};
	case DLT_RAW:
	case LINKTYPE_RAW:
	case LINKTYPE_IPV4:
	case LINKTYPE_IPV6:
		return (struct layer){0, LAYER_IP};
	case DLT_NULL:
	case DLT_LOOP:
		return ip_at(bytes, 4, size);
	case DLT_LINUX_SLL:
		return typed(bytes, 14, 16, size);
	case LINKTYPE_SLL2:
		return typed(bytes, 0, 20, size);
	case DLT_C_HDLC:
		return typed(bytes, 2, 4, size);
	case DLT_PPP:
	case DLT_PPP_SERIAL:
		return layer_of_ppp(bytes, 0, size);
	case DLT_PPP_ETHER:
		return layer_of_ppp(bytes, 6, size);
	default:
		return unknown;
	}
}

/** Sets a packet to a part of its buffer, and parses that. */
static void
view(struct wp_packet *pkt, struct layer layer, uint32_t end)
{
	pkt->start = (uint16_t)layer.at;
	pkt->len = (uint16_t)(end - layer.at);
	pkt->flags = layer.kind == LAYER_ETHERNET ? WP_PKT_ETHERNET : 0;
	wp_parse(pkt);
}

void
layer_view(struct wp_packet *pkt, struct layer layer, uint32_t end)
{
	view(pkt, layer, end);
	for (unsigned int i = 0; i < LAYERS_MAX; i++) {
		uint32_t at = (uint32_t)pkt->start + ETHER_SIZE;

		if (pkt->l3 != 0 || layer.kind != LAYER_ETHERNET || at > end)
			return;
		layer = layer_of_type(wp_get16(pkt->buf + at - 2), pkt->buf, at, end);
		if (layer.kind == LAYER_UNKNOWN)
			return;
		view(pkt, layer, end);
	}
}
