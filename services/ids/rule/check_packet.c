/* SPDX-License-Identifier: BSD-3-Clause */
/* What is asked of single packets cannot be asked of streams, nor of messages of applications,
 * which do not keep to the bounds of packets. */

#include "rule/check.h"

#include <errno.h>

/** @return whether a condition is about one packet, and not about its flow. */
static bool
is_of_packet(const struct rule_match *match)
{
	switch (match->kind) {
	case MATCH_TTL:
	case MATCH_IP_PROTO:
	case MATCH_IP_ID:
	case MATCH_TOS:
	case MATCH_FRAGBITS:
	case MATCH_FRAGOFFSET:
	case MATCH_IPOPTS:
	case MATCH_SAME_IP:
	case MATCH_TCP_FLAGS:
	case MATCH_SEQ:
	case MATCH_ACK:
	case MATCH_WINDOW:
	case MATCH_TCP_MSS:
	case MATCH_ICMP_TYPE:
	case MATCH_ICMP_CODE:
	case MATCH_ICMP_ID:
	case MATCH_ICMPV6_MTU:
	case MATCH_DSIZE:
	case MATCH_FLOW_AGE:
		return true;
	default:
		return false;
	}
}

/** @return the option that needs a packet of its own; 0: none does. */
static uint32_t
packet_column(const struct draft *draft)
{
	for (const struct draft_match *match = draft->packet.first; match != NULL;
	     match = match->next)
		if (is_of_packet(&match->match))
			return match->match.column;
	for (unsigned int i = 0; i < draft->n_lists; i++)
		if (draft->lists[i].list.n != 0 &&
		    buffers[draft->lists[i].list.buffer].stage == STAGE_PACKET)
			return draft->lists[i].column;
	return draft->reader.rule->scope == RULE_PACKETS ||
			       (draft->reader.rule->flow & RULE_NO_STREAM) != 0
		       ? 1
		       : 0;
}

static bool
has_message(const struct draft *draft)
{
	for (unsigned int i = 0; i < draft->n_lists; i++)
		if (draft->lists[i].list.n != 0 &&
		    buffers[draft->lists[i].list.buffer].stage >= STAGE_HEAD)
			return true;
	return false;
}

/** @return the protocol whose header a buffer is; RULE_ANY: of any. */
static enum rule_proto
proto_of(enum buffer_id buffer)
{
	return buffer == BUFFER_TCP_HEADER                                        ? RULE_TCP
	       : buffer == BUFFER_UDP_HEADER                                      ? RULE_UDP
	       : buffer == BUFFER_ICMPV4_HEADER || buffer == BUFFER_ICMPV6_HEADER ? RULE_ICMP
										  : RULE_ANY;
}

/** @return whether packets of a rule's protocol can have a header of another. */
static bool
may_have(const struct rule *rule, enum rule_proto header)
{
	if (rule->proto == RULE_ANY || rule->proto == RULE_PKTHDR || rule->proto == header)
		return true;
	if (rule->proto != RULE_L7)
		return false;
	return header == RULE_TCP || (header == RULE_UDP && rule->l7 == RULE_L7_DNS);
}

/** Whether packets can have the headers that are named; a rule of any packets is about those that
 * have them, then. */
static int
check_headers(struct draft *draft)
{
	struct rule *rule = draft->reader.rule;

	for (unsigned int i = 0; i < draft->n_lists; i++) {
		const struct draft_list *list = &draft->lists[i];
		enum rule_proto header = proto_of((enum buffer_id)list->list.buffer);

		if (header == RULE_ANY || list->list.n == 0)
			continue;
		if (!may_have(rule, header))
			return check_fault(draft, list, "packets of the rule's protocol have none");
		if (rule->proto == RULE_ANY)
			rule->proto = (uint8_t)header;
	}
	return 0;
}

int
check_packets(struct draft *draft)
{
	struct rule_reader *reader = &draft->reader;
	struct rule *rule = reader->rule;
	uint32_t column = packet_column(draft);

	if (column != 0)
		reader->column = column;
	if (column != 0 && has_message(draft)) {
		reader_fault(reader, "what is asked of packets does not go together with what is "
				     "asked of messages of an application");
		return reader_hint(reader, "make two rules of it, with a flowbit");
	}
	if (column != 0 && (rule->scope == RULE_STREAM || (rule->flow & RULE_ONLY_STREAM) != 0))
		return reader_fault(reader, "what is asked of packets does not go together with "
					    "tcp-stream or flow:only_stream");
	return check_headers(draft);
}
