/* SPDX-License-Identifier: BSD-3-Clause */
/* See reset.h. */

#include "stream/reset.h"

#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "stream/segment.h"
#include "stream/seq.h"

enum {
	TTL = 64,
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	TCP_HEADER = 20,
};

/** A RST that is to be made. Numbers in host order. */
struct reset {
	const uint8_t *from, *to; /* addresses, network order */
	uint16_t from_port, to_port;
	uint32_t seq, ack;
};

/** @return sequence numbers that a segment takes. */
static uint32_t
length_of(const struct wp_packet *pkt, const uint8_t *tcp)
{
	uint32_t size = pkt->end > pkt->payload ? (uint32_t)(pkt->end - pkt->payload) : 0;

	return size + ((tcp[13] & TCP_SYN) != 0) + ((tcp[13] & TCP_FIN) != 0);
}

/** Works out the RST to the sender of a packet: as its receiver would have sent it. */
static struct reset
to_sender(const struct wp_packet *pkt)
{
	const uint8_t *tcp = wp_l4(pkt);

	return (struct reset){
		.from = wp_dest(pkt),
		.to = wp_source(pkt),
		.from_port = pkt->l4_dport,
		.to_port = pkt->l4_sport,
		.seq = (tcp[13] & TCP_ACK) != 0 ? wp_get32(tcp + 8) : 0,
		.ack = wp_get32(tcp + 4) + length_of(pkt, tcp),
	};
}

/** Likewise to its receiver: as its sender would have sent it instead. */
static struct reset
to_receiver(const struct wp_packet *pkt, uint32_t acked)
{
	const uint8_t *tcp = wp_l4(pkt);

	return (struct reset){
		.from = wp_source(pkt),
		.to = wp_dest(pkt),
		.from_port = pkt->l4_sport,
		.to_port = pkt->l4_dport,
		.seq = seq_max(wp_get32(tcp + 4), acked),
		.ack = wp_get32(tcp + 8),
	};
}

static unsigned int
write_ipv4(uint8_t *ip, const struct reset *reset)
{
	memset(ip, 0, IPV4_HEADER);
	ip[0] = 0x45;
	wp_put16(ip + 2, IPV4_HEADER + TCP_HEADER);
	ip[6] = 0x40; /* may not be fragmented */
	ip[8] = TTL;
	ip[9] = WP_PROTO_TCP;
	memcpy(ip + 12, reset->from, 4);
	memcpy(ip + 16, reset->to, 4);
	return IPV4_HEADER;
}

static unsigned int
write_ipv6(uint8_t *ip, const struct reset *reset)
{
	memset(ip, 0, IPV6_HEADER);
	ip[0] = 0x60;
	wp_put16(ip + 4, TCP_HEADER);
	ip[6] = WP_PROTO_TCP;
	ip[7] = TTL;
	memcpy(ip + 8, reset->from, 16);
	memcpy(ip + 24, reset->to, 16);
	return IPV6_HEADER;
}

static void
write_tcp(uint8_t *tcp, const struct reset *reset)
{
	memset(tcp, 0, TCP_HEADER);
	wp_put16(tcp, reset->from_port);
	wp_put16(tcp + 2, reset->to_port);
	wp_put32(tcp + 4, reset->seq);
	wp_put32(tcp + 8, reset->ack);
	tcp[12] = TCP_HEADER / 4 << 4;
	tcp[13] = TCP_RST | TCP_ACK;
}

/** Writes a RST into its packet. */
static void
write_reset(struct wp_packet *pkt, const struct reset *reset, bool is_4)
{
	unsigned int ip_size = is_4 ? IPV4_HEADER : IPV6_HEADER;
	uint8_t *ip = wp_l3(pkt);
	uint16_t sum;

	if (is_4)
		write_ipv4(ip, reset);
	else
		write_ipv6(ip, reset);
	write_tcp(ip + ip_size, reset);
	if (is_4) {
		sum = wp_checksum_ipv4(ip, ip_size);
		memcpy(ip + 10, &sum, sizeof(sum));
	}
	wp_parse(pkt);
	sum = wp_checksum_l4(pkt);
	memcpy(ip + ip_size + 16, &sum, sizeof(sum));
}

uint16_t
wp_reset_size(const struct wp_packet *pkt)
{
	if (pkt->l4_proto != WP_PROTO_TCP || pkt->l3 == 0 || pkt->l4 == 0 || pkt->payload == 0 ||
	    (wp_l4(pkt)[13] & TCP_RST) != 0)
		return 0;
	return (pkt->ip_version == 4 ? IPV4_HEADER : IPV6_HEADER) + TCP_HEADER;
}

void
wp_reset_write_back(struct wp_packet *reset, const struct wp_packet *pkt)
{
	struct reset of = to_sender(pkt);

	write_reset(reset, &of, pkt->ip_version == 4);
	wp_turn_ethernet(reset);
	wp_reply(reset);
}

void
wp_reset_write_on(struct wp_packet *reset, const struct wp_packet *pkt, uint32_t acked)
{
	struct reset of = to_receiver(pkt, acked);

	write_reset(reset, &of, pkt->ip_version == 4);
}
