/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4, TCP, UDP and ICMP as the model reads them. */

#include "wire.h"

uint16_t
wire_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

uint32_t
wire_get32(const uint8_t *at)
{
	return (uint32_t)wire_get16(at) << 16 | wire_get16(at + 2);
}

void
wire_put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

void
wire_put32(uint8_t *at, uint32_t value)
{
	wire_put16(at, (uint16_t)(value >> 16));
	wire_put16(at + 2, (uint16_t)value);
}

/* Reading */

static enum wire_kind
icmp_kind(uint8_t type)
{
	switch (type) {
	case 0:
	case 8:
	case 13:
	case 14:
		return WIRE_QUERY;
	case 3:
	case 11:
	case 12:
		return WIRE_ERROR;
	default:
		return WIRE_ICMP_OTHER;
	}
}

static bool
read_ip(struct wire *wire, const uint8_t *bytes, size_t size)
{
	if (size < 20 || bytes[0] >> 4 != 4)
		return false;
	*wire = (struct wire){
		.kind = WIRE_OTHER,
		.fragment = (wire_get16(bytes + 6) & 0x3fff) != 0,
		.ttl = bytes[8],
		.proto = bytes[9],
		.src = wire_get32(bytes + 12),
		.dst = wire_get32(bytes + 16),
		.l4 = (size_t)(bytes[0] & 15) * 4,
		.size = wire_get16(bytes + 2),
	};
	return wire->l4 >= 20 && wire->l4 <= size && wire->l4 <= wire->size;
}

static void
read_icmp(struct wire *wire, const uint8_t *l4)
{
	wire->type = l4[0];
	wire->code = l4[1];
	wire->kind = icmp_kind(l4[0]);
	if (wire->kind == WIRE_QUERY)
		wire->sport = wire->dport = wire_get16(l4 + 4);
}

static void
read_ports(struct wire *wire, const uint8_t *l4)
{
	wire->kind = wire->proto == WIRE_TCP_PROTO ? WIRE_TCP : WIRE_UDP;
	wire->sport = wire_get16(l4);
	wire->dport = wire_get16(l4 + 2);
}

static bool
read_tcp(struct wire *wire, const uint8_t *l4, size_t room)
{
	size_t head;

	if (room < 20)
		return false;
	head = (size_t)(l4[12] >> 4) * 4;
	read_ports(wire, l4);
	wire->flags = l4[13];
	return head >= 20 && head <= room && wire->sport != 0 && wire->dport != 0;
}

static bool
read_udp(struct wire *wire, const uint8_t *l4, size_t room)
{
	if (room < 8 || wire_get16(l4 + 4) < 8 || wire_get16(l4 + 4) > room)
		return false;
	read_ports(wire, l4);
	return wire->sport != 0 && wire->dport != 0;
}

bool
wire_read(struct wire *wire, const uint8_t *bytes, size_t size)
{
	const uint8_t *l4;
	size_t room;

	if (!read_ip(wire, bytes, size) || wire->size > size)
		return false;
	if (wire->fragment)
		return true;
	l4 = bytes + wire->l4;
	room = wire->size - wire->l4;
	if (wire->proto == WIRE_TCP_PROTO)
		return read_tcp(wire, l4, room);
	if (wire->proto == WIRE_UDP_PROTO)
		return read_udp(wire, l4, room);
	if (wire->proto == WIRE_ICMP_PROTO) {
		if (room < 8)
			return false;
		read_icmp(wire, l4);
	}
	return true;
}

bool
wire_read_embedded(struct wire *wire, const uint8_t *bytes, size_t size)
{
	if (!read_ip(wire, bytes, size))
		return false;
	if (wire->size > size)
		wire->size = size;
	/* A first fragment has its ports, a later one has not. */
	if ((wire_get16(bytes + 6) & 0x1fff) != 0 || wire->size - wire->l4 < 8)
		return false;
	if (wire->proto == WIRE_TCP_PROTO || wire->proto == WIRE_UDP_PROTO)
		read_ports(wire, bytes + wire->l4);
	else if (wire->proto == WIRE_ICMP_PROTO)
		read_icmp(wire, bytes + wire->l4);
	return true;
}

size_t
wire_embedded(const struct wire *wire)
{
	return wire->l4 + 8;
}

/* Changing */

static void
put_port(uint8_t *bytes, const struct wire *wire, size_t where, uint16_t port)
{
	if (wire->kind == WIRE_TCP || wire->kind == WIRE_UDP)
		wire_put16(bytes + wire->l4 + where, port);
	else if (wire->kind == WIRE_QUERY)
		wire_put16(bytes + wire->l4 + 4, port);
}

void
wire_set_source(uint8_t *bytes, const struct wire *wire, uint32_t addr, uint16_t port)
{
	wire_put32(bytes + 12, addr);
	put_port(bytes, wire, 0, port);
}

void
wire_set_destination(uint8_t *bytes, const struct wire *wire, uint32_t addr, uint16_t port)
{
	wire_put32(bytes + 16, addr);
	put_port(bytes, wire, 2, port);
}

void
wire_clamp_mss(uint8_t *bytes, const struct wire *wire, uint16_t mss)
{
	uint8_t *at = bytes + wire->l4 + 20;
	uint8_t *end = bytes + wire->l4 + (size_t)(bytes[wire->l4 + 12] >> 4) * 4;

	if (wire->kind != WIRE_TCP || (wire->flags & WIRE_SYN) == 0)
		return;
	while (at < end && at[0] != 0) {
		if (at[0] == 1) {
			at++;
			continue;
		}
		if (end - at < 2 || at[1] < 2 || at[1] > end - at)
			return;
		if (at[0] == 2 && at[1] == 4 && wire_get16(at + 2) > mss)
			wire_put16(at + 2, mss);
		at += at[1];
	}
}

/* Checksums */

static uint32_t
sum_words(const uint8_t *bytes, size_t size)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += i % 2 == 0 ? (uint32_t)bytes[i] << 8 : bytes[i];
	return sum;
}

static uint16_t
fold(uint32_t sum)
{
	while (sum > 0xffff)
		sum = (sum >> 16) + (sum & 0xffff);
	return (uint16_t)sum;
}

/* What the checksum at offset 'at' should be. 'pseudo' is the sum of what is not in the bytes. */
static uint16_t
checksum(const uint8_t *bytes, size_t size, size_t at, uint32_t pseudo)
{
	return (uint16_t)~fold(sum_words(bytes, at) + sum_words(bytes + at + 2, size - at - 2) +
			       pseudo);
}

/* The checksum of a changed packet: the right one, or off by as much as the old one was (in one's
 * complement, where 0xffff is 0). */
static uint16_t
carry(uint16_t had, uint16_t should_have_had, uint16_t should_have)
{
	uint32_t off = ((uint32_t)had + 0xffff - should_have_had) % 0xffff;

	return off == 0 ? should_have : (uint16_t)((should_have + off) % 0xffff);
}

static void
finish(uint8_t *out, const uint8_t *in, size_t size, size_t at, uint32_t pseudo_out,
       uint32_t pseudo_in)
{
	wire_put16(out + at, carry(wire_get16(in + at), checksum(in, size, at, pseudo_in),
				   checksum(out, size, at, pseudo_out)));
}

/* Pseudo header (RFC 9293 section 3.1, RFC 768). The length is the same before and after, and so is
 * what an ICMP error has cut off: neither changes by how much a checksum is off. Lengths are in
 * here all the same. */
static uint32_t
pseudo(const uint8_t *bytes, const struct wire *wire)
{
	size_t length =
		wire->kind == WIRE_UDP ? wire_get16(bytes + wire->l4 + 4) : wire->size - wire->l4;

	return sum_words(bytes + 12, 8) + wire->proto + (uint32_t)length;
}

static void
finish_udp(uint8_t *out, const uint8_t *in, const struct wire *wire, size_t size)
{
	uint8_t *at = out + wire->l4 + 6;

	if (wire_get16(at) == 0)
		return;
	finish(out + wire->l4, in + wire->l4, size, 6, pseudo(out, wire), pseudo(in, wire));
	if (wire_get16(at) == 0)
		wire_put16(at, 0xffff);
}

static void
finish_l4(uint8_t *out, const uint8_t *in, const struct wire *wire)
{
	size_t size = wire->size - wire->l4;

	switch (wire->kind) {
	case WIRE_TCP:
		if (size >= 18)
			finish(out + wire->l4, in + wire->l4, size, 16, pseudo(out, wire),
			       pseudo(in, wire));
		break;
	case WIRE_UDP:
		/* Behind the UDP length there may be other bytes; they cannot be wrong. */
		if (wire_get16(in + wire->l4 + 4) >= 8 && wire_get16(in + wire->l4 + 4) < size)
			size = wire_get16(in + wire->l4 + 4);
		finish_udp(out, in, wire, size);
		break;
	case WIRE_QUERY:
	case WIRE_ERROR:
	case WIRE_ICMP_OTHER:
		finish(out + wire->l4, in + wire->l4, size, 2, 0, 0);
		break;
	case WIRE_OTHER:
		break;
	}
}

void
wire_finish(uint8_t *out, const uint8_t *in, const struct wire *wire)
{
	size_t embedded = wire_embedded(wire);
	struct wire inner;

	if (wire->kind == WIRE_ERROR &&
	    wire_read_embedded(&inner, in + embedded, wire->size - embedded)) {
		finish_l4(out + embedded, in + embedded, &inner);
		finish(out + embedded, in + embedded, inner.l4, 10, 0, 0);
	}
	finish_l4(out, in, wire);
	finish(out, in, wire->l4, 10, 0, 0);
}

bool
wire_ip_checksum_ok(const uint8_t *bytes, size_t head)
{
	return fold(sum_words(bytes, head)) == 0xffff;
}

bool
wire_icmp_checksum_ok(const uint8_t *bytes, const struct wire *wire)
{
	return fold(sum_words(bytes + wire->l4, wire->size - wire->l4)) == 0xffff;
}

/* 0 and 0xffff are the same number in one's complement. Where one verifies so does the other, but
 * for an ICMP message that is all zeros: there only 0xffff does, and who changes checksums as RFC
 * 1624 says cannot know. */
static bool
same_zero(const uint8_t *a, const uint8_t *b)
{
	uint16_t x = wire_get16(a), y = wire_get16(b);

	return (x == 0 || x == 0xffff) && (y == 0 || y == 0xffff);
}

static size_t
l4_checksum_at(const struct wire *wire)
{
	switch (wire->kind) {
	case WIRE_TCP:
		return wire->size - wire->l4 >= 18 ? wire->l4 + 16 : 0;
	case WIRE_QUERY:
	case WIRE_ERROR:
	case WIRE_ICMP_OTHER:
		return wire->l4 + 2;
	default:
		return 0;
	}
}

static bool
excused(size_t i, const uint8_t *a, const uint8_t *b, const struct wire *wire)
{
	size_t at = i & ~(size_t)1, l4 = l4_checksum_at(wire);

	return (at == 10 || (l4 != 0 && at == l4)) && same_zero(a + at, b + at);
}

size_t
wire_differ(const uint8_t *a, const uint8_t *b, const uint8_t *in, const struct wire *wire)
{
	size_t embedded = wire_embedded(wire);
	struct wire inner;
	bool has_inner = wire->kind == WIRE_ERROR && wire->size > embedded &&
			 wire_read_embedded(&inner, in + embedded, wire->size - embedded);

	for (size_t i = 0; i < wire->size; i++) {
		if (a[i] == b[i] || excused(i, a, b, wire))
			continue;
		if (has_inner && i >= embedded &&
		    excused(i - embedded, a + embedded, b + embedded, &inner))
			continue;
		return i;
	}
	return wire->size;
}
