/* SPDX-License-Identifier: BSD-3-Clause */
/* See nat_hosts.h. */

#include "nat_hosts.h"

#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"

enum { IP = 14 + 24 + 14, L4 = IP + 20 };

const uint32_t remote = 0xc6336401;
const char *const afterwards[2] = {BEFORE, DOCUMENT_OF(SWAPPED, "0", POOL, "}]")};
struct host hosts[HOSTS];

uint32_t
address_of(unsigned int host)
{
	return 0x0a000000 + host;
}

void
send_tcp(struct bed *bed, uint32_t spi, uint32_t source, uint16_t sport, uint32_t dest,
	 uint16_t dport, uint8_t flags)
{
	static const uint8_t rest[12];
	struct frame frame = frame_udp(&(struct frame_spec){.spi = spi,
							    .source = source,
							    .sport = sport,
							    .dest = dest,
							    .dport = dport,
							    .payload = rest,
							    .payload_len = 12});
	uint8_t *ip = frame.bytes + IP, *tcp = frame.bytes + L4;
	uint16_t sum;

	ip[9] = PROTO_TCP;
	memset(ip + 10, 0, 2);
	sum = wp_checksum_ipv4(ip, 20);
	memcpy(ip + 10, &sum, 2);
	memset(tcp + 4, 0, 16);
	tcp[12] = 0x50;
	tcp[13] = flags;
	bed_send(bed, "p0", &frame);
}

bool
receive(struct bed *bed, struct seen *seen)
{
	struct frame frame;

	if (!bed_receive(bed, "p0", &frame))
		return false;
	seen->source = wp_get32(frame.bytes + IP + 12);
	seen->dest = wp_get32(frame.bytes + IP + 16);
	seen->proto = frame.bytes[IP + 9];
	seen->sport = wp_get16(frame.bytes + L4);
	seen->dport = wp_get16(frame.bytes + L4 + 2);
	return true;
}

void
tcp_of(struct bed *bed, unsigned int host, bool out, uint8_t flags)
{
	if (out)
		send_tcp(bed, OUT, address_of(host), 5000, remote, (uint16_t)(20000 + host), flags);
	else
		send_tcp(bed, IN, remote, (uint16_t)(20000 + host), hosts[host].tcp.address,
			 hosts[host].tcp.port, flags);
}

void
udp_of(struct bed *bed, unsigned int host, bool out)
{
	if (out)
		bed_send_udp(bed, "p0", OUT, address_of(host), 4000, remote,
			     (uint16_t)(10000 + host));
	else
		bed_send_udp(bed, "p0", IN, remote, (uint16_t)(10000 + host),
			     hosts[host].udp.address, hosts[host].udp.port);
}

unsigned int
take_outbound(struct bed *bed, bool compare)
{
	struct seen seen;
	unsigned int n = 0;

	for (; receive(bed, &seen); n++) {
		bool tcp = seen.proto == PROTO_TCP;
		unsigned int host = seen.dport - (tcp ? 20000u : 10000u);
		struct endpoint *endpoint;

		ck_assert_uint_lt(host, HOSTS);
		endpoint = tcp ? &hosts[host].tcp : &hosts[host].udp;
		if (compare) {
			ck_assert_uint_eq(endpoint->address, seen.source);
			ck_assert_uint_eq(endpoint->port, seen.sport);
		}
		*endpoint = (struct endpoint){seen.source, seen.sport};
	}
	return n;
}

/** Checks that inbound packets have come to their hosts. @return how many */
static unsigned int
take_inbound(struct bed *bed)
{
	struct seen seen;
	unsigned int n = 0;

	for (; receive(bed, &seen); n++) {
		bool tcp = seen.proto == PROTO_TCP;
		unsigned int host = seen.sport - (tcp ? 20000u : 10000u);

		ck_assert_uint_lt(host, HOSTS);
		ck_assert_uint_eq(seen.dest, address_of(host));
		ck_assert_uint_eq(seen.dport, tcp ? 5000 : 4000);
	}
	return n;
}

/** Segments that bring a connection into each state; by host % 8. */
static const struct {
	bool out;
	uint8_t flags;
} stories[8][4] = {
	{{true, SYN}},
	{{true, SYN}, {false, SYN | ACK}, {true, ACK}},
	{{true, SYN}, {false, SYN | ACK}, {true, FIN | ACK}},
	{{true, SYN}, {false, SYN | ACK}, {false, FIN | ACK}},
	{{true, SYN}, {false, SYN | ACK}, {true, FIN | ACK}, {false, FIN | ACK}},
	{{true, SYN}, {false, SYN | ACK}, {true, RST | ACK}},
	{{true, SYN}, {false, SYN | ACK}, {true, ACK}}, /* and a second one, see below */
	{{true, SYN}},                                  /* likewise, from outside */
};

void
open_hosts(struct bed *bed, unsigned int first, unsigned int end)
{
	for (unsigned int host = first; host < end; host++)
		udp_of(bed, host, true);
	bed_run(bed);
	ck_assert_uint_eq(take_outbound(bed, false), end - first);
	for (unsigned int turn = 0; turn < 4; turn++) {
		for (unsigned int host = first; host < end; host++)
			if (stories[host % 8][turn].flags != 0)
				tcp_of(bed, host, stories[host % 8][turn].out,
				       stories[host % 8][turn].flags);
		bed_run(bed);
		if (turn == 0)
			ck_assert_uint_eq(take_outbound(bed, false), end - first);
		else
			bed_receive_all(bed, "p0");
	}
	for (unsigned int host = first; host < end; host++) {
		if (host % 8 == 6)
			send_tcp(bed, OUT, address_of(host), 5000, remote + 1, 443, SYN);
		if (host % 8 == 7)
			send_tcp(bed, IN, remote + 2, 999, hosts[host].tcp.address,
				 hosts[host].tcp.port, SYN);
	}
	bed_run(bed);
	bed_receive_all(bed, "p0");
}

void
open_all(struct bed *bed)
{
	for (unsigned int host = 0; host < HOSTS; host += AT_ONCE)
		open_hosts(bed, host, host + AT_ONCE);
}

void
check_hosts(struct bed *bed, unsigned int first, unsigned int end)
{
	for (unsigned int host = first; host < end; host++)
		udp_of(bed, host, false);
	for (unsigned int host = first; host < end; host++)
		tcp_of(bed, host, false, ACK);
	bed_run(bed);
	ck_assert_uint_eq(take_inbound(bed), 2 * (end - first));
	for (unsigned int host = first; host < end; host++)
		udp_of(bed, host, true);
	for (unsigned int host = first; host < end; host++)
		tcp_of(bed, host, true, ACK);
	bed_run(bed);
	ck_assert_uint_eq(take_outbound(bed, true), 2 * (end - first));
}

void
check_all(struct bed *bed)
{
	for (unsigned int host = 0; host < HOSTS; host += AT_ONCE)
		check_hosts(bed, host, host + AT_ONCE);
}
