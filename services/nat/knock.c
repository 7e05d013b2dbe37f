/* SPDX-License-Identifier: BSD-3-Clause */
/* See knock.h. Who has asked for a connection is looked up when an answer is due: that costs the
 * packets of others nothing, and other workers may have made the mapping. */

#include "kind.h"
#include "pmtu/icmp.h"

/** @return whether a packet is a SYN from outside that gets no mapping or passes no filter. */
static bool
is_knock(const struct nat *nat, const struct wp_packet *pkt)
{
	const uint16_t unfit = WP_PKT_FRAGMENT | WP_PKT_AGAIN;

	return nat->syn_wait_ns != 0 && pkt->verdict == WP_DROP &&
	       (pkt->reason == NAT_DROP_NO_MAPPING || pkt->reason == NAT_DROP_FILTERED) &&
	       pkt->inside == WP_INSIDE_DESTINATION && (pkt->flags & unfit) == 0 &&
	       kind_of(pkt) == KIND_ENDPOINT && pkt->l4_proto == WP_PROTO_TCP &&
	       tcp_opens(wp_l4(pkt)[TCP_FLAGS_AT]) && nat_is_outside(nat, dest_of(pkt));
}

/** @return whether a SYN of the same connection waits already. */
static bool
waits(const struct knocks *knocks, const struct wp_packet *pkt)
{
	for (uint32_t i = 0; i < knocks->n; i++) {
		const struct knock *knock = &knocks->ring[(knocks->first + i) % KNOCKS];

		if (knock->source == source_of(pkt) && knock->source_port == port_of(pkt, true) &&
		    knock->dest == dest_of(pkt) && knock->dest_port == port_of(pkt, false))
			return true;
	}
	return false;
}

void
knock_note(const struct nat *nat, struct wp_core *core, const struct wp_packet *pkt)
{
	struct knocks *knocks = &((struct nat_core *)core->scratch)->knocks;
	unsigned int link = pkt->l3 - pkt->start, front = pkt->tag.encap_size + link;
	unsigned int size = pkt->end - pkt->l3;
	struct knock *knock;

	if (!is_knock(nat, pkt) || knocks->n == KNOCKS || front > KNOCK_FRONT ||
	    size > KNOCK_BYTES || waits(knocks, pkt))
		return;
	knock = &knocks->ring[(knocks->first + knocks->n++) % KNOCKS];
	*knock = (struct knock){
		.due_ns = core->now_ns + nat->syn_wait_ns,
		.like = *pkt,
		.source = source_of(pkt),
		.dest = dest_of(pkt),
		.source_port = port_of(pkt, true),
		.dest_port = port_of(pkt, false),
		.front = (uint16_t)front,
		.size = (uint16_t)size,
	};
	memcpy(knock->bytes, pkt->buf + pkt->tag.encap, pkt->tag.encap_size);
	memcpy(knock->bytes + pkt->tag.encap_size, wp_start(pkt), link);
	memcpy(knock->bytes + front, wp_l3(pkt), size);
	knock->like.buf = knock->bytes;
	knock->like.tag.encap = 0;
	knock->like.start = pkt->tag.encap_size;
	knock->like.l3 = (uint16_t)front;
	knock->like.verdict = WP_NEXT;
}

/** @return whether the inside has sent to who knocked. */
static bool
is_expected(struct wp_core *core, const struct nat *nat, const struct knock *knock)
{
	uint8_t key[MAPPING_KEY_SIZE];
	struct wp_entry *entry;

	mapping_key(key, &knock->dest, knock->dest_port, WP_PROTO_TCP);
	entry = wp_table_find(core, core->tables[NAT_MAPPINGS], knock->like.tenant, 4, true, key);
	return entry != NULL &&
	       session_permits(nat, core, entry, knock->source, knock->source_port);
}

static void
answer(const struct nat *nat, struct wp_core *core, const struct knock *knock)
{
	static const struct wp_icmp unreachable = {.error = WP_ICMP_PORT_UNREACHABLE};
	struct nat_core *scratch = core->scratch;
	struct wp_packet *pkt = wp_create(core, &knock->like, knock->size);

	if (pkt == NULL)
		return;
	memcpy(wp_l3(pkt), knock->bytes + knock->front, knock->size);
	wp_parse(pkt);
	if (wp_icmp_answer(pkt, &unreachable, &nat->icmp_rate, &scratch->icmp_limit,
			   core->now_ns) == 0)
		wp_count(core, NAT_COUNT_SYNS, 1);
	else
		wp_absorb(pkt);
}

void
knock_answer(const struct nat *nat, struct wp_core *core, uint64_t now_ns)
{
	struct knocks *knocks = &((struct nat_core *)core->scratch)->knocks;

	for (unsigned int i = 0; i < WP_BURST_MAX && knocks->n != 0; i++) {
		const struct knock *knock = &knocks->ring[knocks->first];

		if (now_ns < knock->due_ns)
			break;
		if (!is_expected(core, nat, knock))
			answer(nat, core, knock);
		knocks->first = (knocks->first + 1) % KNOCKS;
		knocks->n--;
	}
}
