/* SPDX-License-Identifier: BSD-3-Clause */
/* See reject.h. */

#include "reject.h"

#include <string.h>

#include "bytes.h"
#include "parse/parse.h"
#include "rule/rule.h"
#include "service.h"
#include "stream/flow.h"
#include "stream/reset.h"

enum { ANSWERS_A_SECOND = 1000 /* of ICMP */ };

void
reject_open(struct rejects *rejects)
{
	memset(rejects, 0, sizeof(*rejects));
	rejects->rate = wp_icmp_rate(ANSWERS_A_SECOND);
}

/** @return how far a packet's receiver has acknowledged its sender's bytes; not known: the packet's
 * own number. */
static uint32_t
acked_of(const struct wp_packet *pkt, unsigned int side)
{
	const struct wp_flow *flow = pkt->flow;

	if (flow == NULL || (flow->sides[!side].flags & WP_SIDE_SPOKEN) == 0)
		return wp_get32(wp_l4(pkt) + 4);
	return flow->sides[side].acked;
}

/** @return whether one more RST may be made. */
static bool
may_reset(struct rejects *rejects, const struct wp_core *core, const struct wp_packet *pkt)
{
	return wp_icmp_take(&rejects->resets, &wp_reset_rate, pkt->tenant, core->now_ns);
}

static unsigned int
reject_tcp(struct rejects *rejects, struct wp_core *core, const struct wp_packet *pkt,
	   unsigned int side, uint8_t whom)
{
	unsigned int n = 0;

	if (wp_reset_size(pkt) == 0)
		return 0;
	if ((whom & RULE_REJECT_DESTINATION) != 0 && may_reset(rejects, core, pkt))
		n += wp_reset_receiver(core, pkt, acked_of(pkt, side));
	if ((whom & RULE_REJECT_SOURCE) != 0 && may_reset(rejects, core, pkt))
		n += wp_reset_sender(core, pkt);
	return n;
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
reject(struct rejects *rejects, struct wp_core *core, const struct wp_packet *pkt,
       unsigned int side, uint8_t whom)
{
	bool is_tcp = pkt->l4_proto == WP_PROTO_TCP && pkt->l4 != 0 && pkt->payload != 0;

	if (pkt->l3 == 0 || pkt->end <= pkt->l3)
		return 0;
	if (is_tcp)
		return reject_tcp(rejects, core, pkt, side, whom);
	return (whom & RULE_REJECT_SOURCE) != 0 ? reject_other(rejects, core, pkt) : 0;
}
