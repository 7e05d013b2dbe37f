/* SPDX-License-Identifier: BSD-3-Clause */
/* See reject.h. */

#include "reject.h"

#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "rule/rule.h"
#include "service.h"

enum {
	ANSWERS_A_SECOND = 1000, /* of ICMP */
	TTL = 64,
	IPV4_HEADER = 20,
	IPV6_HEADER = 40,
	TCP_HEADER = 20,
	FIN = 0x01,
	SYN = 0x02,
	RST = 0x04,
	ACK = 0x10,
};

void
reject_open(struct rejects *rejects)
{
	memset(rejects, 0, sizeof(*rejects));
	rejects->rate = wp_icmp_rate(ANSWERS_A_SECOND);
}

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

	return size + ((tcp[13] & SYN) != 0) + ((tcp[13] & FIN) != 0);
}

/** Works out the RST to the sender of a packet: as its receiver would have sent it. */
static struct reset
to_source(const struct wp_packet *pkt)
{
	const uint8_t *tcp = wp_l4(pkt);

	return (struct reset){
		.from = wp_dest(pkt),
		.to = wp_source(pkt),
		.from_port = pkt->l4_dport,
		.to_port = pkt->l4_sport,
		.seq = (tcp[13] & ACK) != 0 ? wp_get32(tcp + 8) : 0,
		.ack = wp_get32(tcp + 4) + length_of(pkt, tcp),
	};
}

/** Likewise to its receiver: as its sender would have sent it instead. */
static struct reset
to_destination(const struct wp_packet *pkt)
{
	const uint8_t *tcp = wp_l4(pkt);

	return (struct reset){
		.from = wp_source(pkt),
		.to = wp_dest(pkt),
		.from_port = pkt->l4_sport,
		.to_port = pkt->l4_dport,
		.seq = wp_get32(tcp + 4),
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
	tcp[13] = RST | ACK;
}

/** Makes a RST. @return it, which goes on like @p like; NULL: buffers are short */
static struct wp_packet *
send_reset(struct wp_core *core, const struct wp_packet *like, const struct reset *reset)
{
	bool is_4 = like->ip_version == 4;
	unsigned int ip_size = is_4 ? IPV4_HEADER : IPV6_HEADER;
	struct wp_packet *pkt = wp_create(core, like, (uint16_t)(ip_size + TCP_HEADER));
	uint16_t sum;

	if (pkt == NULL)
		return NULL;
	if (is_4)
		write_ipv4(wp_l3(pkt), reset);
	else
		write_ipv6(wp_l3(pkt), reset);
	write_tcp(wp_l3(pkt) + ip_size, reset);
	if (is_4) {
		sum = wp_checksum_ipv4(wp_l3(pkt), ip_size);
		memcpy(wp_l3(pkt) + 10, &sum, sizeof(sum));
	}
	wp_parse(pkt);
	sum = wp_checksum_l4(pkt);
	memcpy(wp_l3(pkt) + ip_size + 16, &sum, sizeof(sum));
	return pkt;
}

static unsigned int
reject_tcp(struct wp_core *core, const struct wp_packet *pkt, uint8_t whom)
{
	unsigned int n = 0;
	struct wp_packet *sent;
	struct reset reset;

	if ((whom & RULE_REJECT_DESTINATION) != 0) {
		reset = to_destination(pkt);
		n += send_reset(core, pkt, &reset) != NULL;
	}
	if ((whom & RULE_REJECT_SOURCE) == 0)
		return n;
	reset = to_source(pkt);
	sent = send_reset(core, pkt, &reset);
	if (sent == NULL)
		return n;
	wp_turn_ethernet(sent);
	wp_reply(sent);
	return n + 1;
}

/** Answers with an error of ICMP, made of a copy of the packet. */
static unsigned int
reject_other(struct rejects *rejects, struct wp_core *core, const struct wp_packet *pkt)
{
	static const struct wp_icmp prohibited = {.error = WP_ICMP_PROHIBITED};
	uint16_t size = (uint16_t)(pkt->end - pkt->l3);
	struct wp_packet *sent = wp_create(core, pkt, size);

	if (sent == NULL)
		return 0;
	memcpy(wp_l3(sent), wp_l3(pkt), size);
	wp_parse(sent);
	if (wp_icmp_answer(sent, &prohibited, &rejects->rate, &rejects->limit, core->now_ns) == 0)
		return 1;
	wp_absorb(sent);
	return 0;
}

unsigned int
reject(struct rejects *rejects, struct wp_core *core, const struct wp_packet *pkt, uint8_t whom)
{
	bool is_tcp = pkt->l4_proto == WP_PROTO_TCP && pkt->l4 != 0 && pkt->payload != 0;

	if (pkt->l3 == 0 || pkt->end <= pkt->l3)
		return 0;
	if (!is_tcp)
		return (whom & RULE_REJECT_SOURCE) != 0 ? reject_other(rejects, core, pkt) : 0;
	if ((wp_l4(pkt)[13] & RST) != 0) /* RFC 9293 section 3.10.7.1: none to a RST */
		return 0;
	return reject_tcp(core, pkt, whom);
}
