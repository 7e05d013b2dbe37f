/* SPDX-License-Identifier: BSD-3-Clause */
/* See nat44_bed.h. */

#include "nat44_bed.h"

#include <string.h>

#include "parse/checksum.h"

enum { TCP_SUM = 16, UDP_SUM = 6, ICMP_SUM = 2 };

bool
same(struct end x, struct end y)
{
	return x.address == y.address && x.port == y.port;
}

bool
in_pool(struct end end)
{
	return end.address - POOL_FIRST < 16 && end.port >= 1024;
}

void
set_ends(uint8_t *ip, struct end from, struct end to)
{
	wp_put32(ip + 12, from.address);
	wp_put32(ip + 16, to.address);
	wp_put16(ip + 20, from.port);
	wp_put16(ip + 22, to.port);
}

uint8_t *
make(uint8_t proto, struct end from, struct end to, uint8_t flags)
{
	uint16_t size = proto == WP_PROTO_TCP ? 24 : 16;
	uint8_t *ip = svc_ipv4(&packet, proto, size);

	set_ends(ip, from, to);
	if (proto == WP_PROTO_UDP)
		wp_put16(ip + 24, size);
	if (proto == WP_PROTO_TCP)
		ip[33] = flags;
	bed_finish(ip, proto == WP_PROTO_TCP ? TCP_SUM : UDP_SUM);
	return ip;
}

uint8_t *
make_echo(struct end from, struct end to, uint8_t type)
{
	uint8_t *ip = svc_ipv4(&packet, WP_PROTO_ICMP, 16);

	wp_put32(ip + 12, from.address);
	wp_put32(ip + 16, to.address);
	ip[20] = type;
	wp_put16(ip + 24, type == 8 ? from.port : to.port);
	bed_finish(ip, ICMP_SUM);
	return ip;
}

uint8_t *
make_error(uint32_t router, uint8_t type)
{
	uint8_t quoted[28 + 16], *ip;
	uint32_t to = source().address;

	memcpy(quoted, wp_l3(&packet.view), sizeof(quoted));
	ip = svc_ipv4(&packet, WP_PROTO_ICMP, 8 + sizeof(quoted));
	wp_put32(ip + 12, router);
	wp_put32(ip + 16, to);
	ip[20] = type;
	ip[21] = 3;
	memcpy(ip + 28, quoted, sizeof(quoted));
	bed_finish(ip, 2);
	return ip;
}

enum wp_verdict
out(void)
{
	return bed_pass(WP_INSIDE_SOURCE);
}

enum wp_verdict
in(void)
{
	return bed_pass(WP_INSIDE_DESTINATION);
}

static struct end
end_at(unsigned int address, unsigned int port)
{
	const uint8_t *ip = wp_l3(&packet.view);

	return (struct end){
		wp_get32(ip + address),
		wp_get16(ip + (packet.view.l4_proto == WP_PROTO_ICMP ? 24 : port)),
	};
}

struct end
source(void)
{
	return end_at(12, 20);
}

struct end
dest(void)
{
	return end_at(16, 22);
}

void
sums_are_right(void)
{
	const uint8_t *ip = wp_l3(&packet.view);

	ck_assert_uint_eq(wp_checksum_ipv4(ip, 20), wp_load16(ip + 10));
	svc_parse(&packet);
	ck_assert_uint_eq(wp_checksum_l4(&packet.view), 0);
}

struct end
send_out(uint8_t proto, struct end from, struct end to, uint8_t flags)
{
	make(proto, from, to, flags);
	ck_assert_int_eq(out(), WP_NEXT);
	ck_assert(in_pool(source()));
	ck_assert(same(dest(), to));
	sums_are_right();
	return source();
}

void
send_in(uint8_t proto, struct end from, struct end to, uint8_t flags, struct end host)
{
	make(proto, from, to, flags);
	ck_assert_int_eq(in(), WP_NEXT);
	ck_assert(same(dest(), host));
	ck_assert(same(source(), from));
	sums_are_right();
}

void
dropped_in(uint8_t proto, struct end from, struct end to, uint8_t flags, enum nat_reason reason)
{
	make(proto, from, to, flags);
	ck_assert_int_eq(in(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, reason);
}

void
dropped_out(uint8_t proto, struct end from, struct end to, uint8_t flags, enum nat_reason reason)
{
	make(proto, from, to, flags);
	ck_assert_int_eq(out(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, reason);
}

struct end
connect_tcp(void)
{
	struct end x = send_out(WP_PROTO_TCP, a, r, SYN);

	send_in(WP_PROTO_TCP, r, x, SYN | ACK, a);
	send_out(WP_PROTO_TCP, a, r, ACK);
	return x;
}

void
quoted_is(const uint8_t *expected)
{
	const uint8_t *ip = wp_l3(&packet.view);

	sums_are_right();
	ck_assert_mem_eq(ip + 28, expected, 28 + 16);
}
