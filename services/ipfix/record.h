/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows as IPFIX biflow records (RFC 5103): what a worker takes of one, and the templates that it
 * goes out by. */

#ifndef IPFIX_RECORD_H
#define IPFIX_RECORD_H

#include "eve/eve.h"
#include "ipfix/ipfix.h"

/** What goes from worker to log thread. */
struct flow_report {
	struct eve_flow flow;  /* flow.end WP_FLOW_IS_OPEN: it goes on */
	uint16_t icmp;         /* type and code of the initiator's first packet */
	uint8_t icmp_is_known; /* 1: it was seen */
	uint8_t unused[5];
};

_Static_assert(sizeof(struct flow_report) <= WP_EVENT_SIZE_MAX, "fits a ring's record");

/** Index of a template. */
enum flow_template { FLOW_IPV4, FLOW_IPV6, FLOW_ICMP4, FLOW_ICMP6, FLOW_TEMPLATES };

/** All elements of all templates, in host order; members' names are short for the elements'. */
struct flow_record {
	uint64_t start_ms, end_ms, octets, packets, reverse_octets, reverse_packets, id;
	uint32_t source4, dest4, vrf, point;
	uint16_t sport, dport, icmp4, icmp6;
	uint8_t source6[16], dest6[16];
	uint8_t protocol, tcp, reverse_tcp, end, direction, pad[3];
	fbVarfield_t vrf_name;
};

/** Layout and templates. */
extern const struct ipfix_kind flow_kind;

/**
 * Fills a record.
 * @param time_ns  UTC, when the report was made
 * @param tenant   its name; "": unknown. Stays the caller's
 * @return which template it goes by
 */
enum flow_template flow_record_fill(struct flow_record *record, const struct flow_report *report,
				    uint64_t time_ns, const char *tenant);

#endif
