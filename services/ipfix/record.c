/* SPDX-License-Identifier: BSD-3-Clause */
/* See record.h, and ipfix.md for the table of elements. */

#include "record.h"

#include <string.h>

#include "bytes.h"
#include "parse/parse.h"

enum { MS = 1000000 };

/** Values of flowEndReason (RFC 5102 5.11.3). */
enum { END_IDLE = 1, END_ACTIVE, END_DETECTED, END_FORCED };

/** Values of biflowDirection (RFC 5103 6.3). */
enum { DIRECTION_ARBITRARY, DIRECTION_INITIATOR };

#define IE(NAME, SIZE) IPFIX_ELEMENT(NAME, SIZE)
#define BOTH(NAME, REVERSE, SIZE) IE(NAME, SIZE), IE(REVERSE, SIZE)

/* What all have in front, and behind the addresses. */
#define HEAD IE("flowStartMilliseconds", 8), IE("flowEndMilliseconds", 8)
#define ADDRESSES4 IE("sourceIPv4Address", 4), IE("destinationIPv4Address", 4)
#define ADDRESSES6 IE("sourceIPv6Address", 16), IE("destinationIPv6Address", 16)
#define PORTS                                                                                      \
	IE("sourceTransportPort", 2), IE("destinationTransportPort", 2),                           \
		BOTH("tcpControlBits", "reverseTcpControlBits", 1)
#define COUNTS                                                                                     \
	IE("protocolIdentifier", 1), IE("flowEndReason", 1), IE("biflowDirection", 1),             \
		BOTH("octetTotalCount", "reverseOctetTotalCount", 8),                              \
		BOTH("packetTotalCount", "reversePacketTotalCount", 8), IE("flowId", 8),           \
		IE("ingressVRFID", 4), IE("observationPointId", 4), IE("VRFname", 0)

static const fbInfoElementSpec_t templates[FLOW_TEMPLATES][IPFIX_ELEMENTS_MAX] = {
	[FLOW_IPV4] = {HEAD, ADDRESSES4, PORTS, COUNTS, IPFIX_ELEMENTS_END},
	[FLOW_IPV6] = {HEAD, ADDRESSES6, PORTS, COUNTS, IPFIX_ELEMENTS_END},
	[FLOW_ICMP4] = {HEAD, ADDRESSES4, IE("icmpTypeCodeIPv4", 2), COUNTS, IPFIX_ELEMENTS_END},
	[FLOW_ICMP6] = {HEAD, ADDRESSES6, IE("icmpTypeCodeIPv6", 2), COUNTS, IPFIX_ELEMENTS_END},
};

/** The layout of struct flow_record. */
static const fbInfoElementSpec_t layout[] = {
	IE("flowStartMilliseconds", 8),
	IE("flowEndMilliseconds", 8),
	IE("octetTotalCount", 8),
	IE("packetTotalCount", 8),
	IE("reverseOctetTotalCount", 8),
	IE("reversePacketTotalCount", 8),
	IE("flowId", 8),
	IE("sourceIPv4Address", 4),
	IE("destinationIPv4Address", 4),
	IE("ingressVRFID", 4),
	IE("observationPointId", 4),
	IE("sourceTransportPort", 2),
	IE("destinationTransportPort", 2),
	IE("icmpTypeCodeIPv4", 2),
	IE("icmpTypeCodeIPv6", 2),
	IE("sourceIPv6Address", 16),
	IE("destinationIPv6Address", 16),
	IE("protocolIdentifier", 1),
	IE("tcpControlBits", 1),
	IE("reverseTcpControlBits", 1),
	IE("flowEndReason", 1),
	IE("biflowDirection", 1),
	IE("paddingOctets", 3),
	IE("VRFname", 0),
	IPFIX_ELEMENTS_END,
};

_Static_assert(sizeof(struct flow_record) == 56 + 16 + 8 + 32 + 8 + sizeof(fbVarfield_t),
	       "no padding that the layout does not know of");

const struct ipfix_kind flow_kind = {
	.layout = layout,
	.record_size = sizeof(struct flow_record),
	.templates = templates,
	.n_templates = FLOW_TEMPLATES,
};

static const uint8_t reasons[] = {
	[WP_FLOW_IS_OPEN] = END_ACTIVE,    [WP_FLOW_BY_FIN] = END_DETECTED,
	[WP_FLOW_BY_RST] = END_DETECTED,   [WP_FLOW_BY_TIME_OUT] = END_IDLE,
	[WP_FLOW_BY_REUSE] = END_DETECTED, [WP_FLOW_BY_SHUTDOWN] = END_FORCED,
};

static bool
is_icmp(const struct eve_flow *flow)
{
	return flow->proto == (flow->version == 4 ? WP_PROTO_ICMP : WP_PROTO_ICMPV6);
}

/** Whose the flow is, by which template it goes out. */
static enum flow_template
fill_ends(struct flow_record *record, const struct flow_report *report)
{
	const struct wp_endpoint *ends = report->flow.ends;
	bool is_v6 = report->flow.version == 6;

	if (is_v6) {
		memcpy(record->source6, ends[WP_CLIENT].address, 16);
		memcpy(record->dest6, ends[WP_SERVER].address, 16);
	} else {
		record->source4 = wp_get32(ends[WP_CLIENT].address);
		record->dest4 = wp_get32(ends[WP_SERVER].address);
	}
	if (is_icmp(&report->flow)) {
		record->icmp4 = record->icmp6 = report->icmp;
		if (report->icmp_is_known)
			return is_v6 ? FLOW_ICMP6 : FLOW_ICMP4;
	} else if (report->flow.proto != WP_PROTO_ESP) { /* its number is none of a port */
		record->sport = ends[WP_CLIENT].port;
		record->dport = ends[WP_SERVER].port;
	}
	return is_v6 ? FLOW_IPV6 : FLOW_IPV4;
}

enum flow_template
flow_record_fill(struct flow_record *record, const struct flow_report *report, uint64_t time_ns,
		 const char *tenant)
{
	const struct eve_flow *flow = &report->flow;

	*record = (struct flow_record){
		.start_ms = (time_ns - flow->age_ns) / MS,
		.end_ms = (time_ns - flow->quiet_ns) / MS,
		.octets = flow->bytes[WP_CLIENT],
		.packets = flow->packets[WP_CLIENT],
		.reverse_octets = flow->bytes[WP_SERVER],
		.reverse_packets = flow->packets[WP_SERVER],
		.id = flow->id,
		.vrf = flow->tenant,
		.point = flow->path,
		.protocol = flow->proto,
		.tcp = flow->tcp_flags[WP_CLIENT],
		.reverse_tcp = flow->tcp_flags[WP_SERVER],
		.end = reasons[flow->end],
		.direction = flow->picked_up ? DIRECTION_ARBITRARY : DIRECTION_INITIATOR,
		.vrf_name = {.len = strlen(tenant), .buf = (uint8_t *)(uintptr_t)tenant},
	};
	return fill_ends(record, report);
}
