/* SPDX-License-Identifier: BSD-3-Clause */
/* Templates and records of RFC 8158 section 5.6; see log_ipfix.h, and log.md for the table. */

#include <string.h>

#include "log_ipfix.h"

#define IE(NAME, SIZE) IPFIX_ELEMENT(NAME, SIZE)

/* What all have in front: when, whose, what. */
#define HEAD                                                                                       \
	IE("observationTimeMilliseconds", 8), IE("natInstanceID", 4), IE("ingressVRFID", 4),       \
		IE("natEvent", 1)
#define OUTSIDE IE("postNATSourceIPv4Address", 4)
#define INSIDE4 IE("sourceIPv4Address", 4)
#define INSIDE6 IE("sourceIPv6Address", 16)
#define REALM IE("internalAddressRealm", 0)
#define ENDPOINTS                                                                                  \
	IE("protocolIdentifier", 1), IE("sourceTransportPort", 2),                                 \
		IE("postNAPTSourceTransportPort", 2)
#define REMOTE                                                                                     \
	IE("postNATDestinationIPv4Address", 4), IE("destinationTransportPort", 2),                 \
		IE("postNAPTDestinationTransportPort", 2)
#define PORTS                                                                                      \
	IE("portRangeStart", 2), IE("portRangeEnd", 2), IE("portRangeStepSize", 2),                \
		IE("portRangeNumPorts", 2)
#define POOL IE("natPoolId", 4), IE("natPoolName", 0), IE("deltaFlowCount", 8)
#define QUOTA(LIMIT) IE("natQuotaExceededEvent", 4), IE(LIMIT, 4), IE("deltaFlowCount", 8)

static const fbInfoElementSpec_t templates[IPFIX_N_TEMPLATES][IPFIX_ELEMENTS_MAX] = {
	[IPFIX_NAT44_SESSION] = {HEAD, INSIDE4, OUTSIDE, ENDPOINTS, IE("destinationIPv4Address", 4),
				 REMOTE, REALM, IPFIX_ELEMENTS_END},
	[IPFIX_NAT64_SESSION] = {HEAD, INSIDE6, OUTSIDE, ENDPOINTS,
				 IE("destinationIPv6Address", 16), REMOTE, REALM,
				 IPFIX_ELEMENTS_END},
	[IPFIX_NAT44_MAPPING] = {HEAD, INSIDE4, OUTSIDE, ENDPOINTS, REALM, IPFIX_ELEMENTS_END},
	[IPFIX_NAT64_MAPPING] = {HEAD, INSIDE6, OUTSIDE, ENDPOINTS, REALM, IPFIX_ELEMENTS_END},
	[IPFIX_BLOCK4] = {HEAD, INSIDE4, OUTSIDE, PORTS, REALM, IPFIX_ELEMENTS_END},
	[IPFIX_BLOCK6] = {HEAD, INSIDE6, OUTSIDE, PORTS, REALM, IPFIX_ELEMENTS_END},
	[IPFIX_BINDING4] = {HEAD, INSIDE4, OUTSIDE, REALM, IPFIX_ELEMENTS_END},
	[IPFIX_BINDING6] = {HEAD, INSIDE6, OUTSIDE, REALM, IPFIX_ELEMENTS_END},
	[IPFIX_ADDRESSES] = {HEAD, POOL, IPFIX_ELEMENTS_END},
	[IPFIX_PORTS] = {HEAD, OUTSIDE, IE("protocolIdentifier", 1), POOL, IPFIX_ELEMENTS_END},
	[IPFIX_QUOTA_SESSIONS] = {HEAD, QUOTA("maxSessionEntries"), IPFIX_ELEMENTS_END},
	[IPFIX_QUOTA_MAPPINGS] = {HEAD, QUOTA("maxBIBEntries"), IPFIX_ELEMENTS_END},
	[IPFIX_QUOTA_HOSTS] = {HEAD, QUOTA("maxSubscribers"), IPFIX_ELEMENTS_END},
	[IPFIX_QUOTA_USER4] = {HEAD, INSIDE4, QUOTA("maxEntriesPerUser"), REALM,
			       IPFIX_ELEMENTS_END},
	[IPFIX_QUOTA_USER6] = {HEAD, INSIDE6, QUOTA("maxEntriesPerUser"), REALM,
			       IPFIX_ELEMENTS_END},
};

/** The layout of struct log_ipfix_record. */
static const fbInfoElementSpec_t layout[] = {
	IE("observationTimeMilliseconds", 8),
	IE("deltaFlowCount", 8),
	IE("natInstanceID", 4),
	IE("ingressVRFID", 4),
	IE("sourceIPv4Address", 4),
	IE("postNATSourceIPv4Address", 4),
	IE("destinationIPv4Address", 4),
	IE("postNATDestinationIPv4Address", 4),
	IE("natPoolId", 4),
	IE("natQuotaExceededEvent", 4),
	IE("maxSessionEntries", 4),
	IE("maxBIBEntries", 4),
	IE("maxEntriesPerUser", 4),
	IE("maxSubscribers", 4),
	IE("sourceTransportPort", 2),
	IE("postNAPTSourceTransportPort", 2),
	IE("destinationTransportPort", 2),
	IE("postNAPTDestinationTransportPort", 2),
	IE("portRangeStart", 2),
	IE("portRangeEnd", 2),
	IE("portRangeStepSize", 2),
	IE("portRangeNumPorts", 2),
	IE("sourceIPv6Address", 16),
	IE("destinationIPv6Address", 16),
	IE("protocolIdentifier", 1),
	IE("natEvent", 1),
	IE("paddingOctets", 6),
	IE("internalAddressRealm", 0),
	IE("natPoolName", 0),
	IPFIX_ELEMENTS_END,
};

_Static_assert(sizeof(struct log_ipfix_record) == 16 + 48 + 16 + 32 + 8 + 2 * sizeof(fbVarfield_t),
	       "no padding that the layout does not know of");

const struct ipfix_kind log_ipfix_kind = {
	.layout = layout,
	.record_size = sizeof(struct log_ipfix_record),
	.templates = templates,
	.n_templates = IPFIX_N_TEMPLATES,
};

/** What a kind of event is called in natEvent (RFC 8158 table 2), and its template; by family. */
static const struct {
	uint8_t event[2], template[2];
} kinds[NAT_N_EVENTS] = {
	[NAT_SESSION_CREATED] = {{4, 6}, {IPFIX_NAT44_SESSION, IPFIX_NAT64_SESSION}},
	[NAT_SESSION_DELETED] = {{5, 7}, {IPFIX_NAT44_SESSION, IPFIX_NAT64_SESSION}},
	[NAT_MAPPING_CREATED] = {{8, 10}, {IPFIX_NAT44_MAPPING, IPFIX_NAT64_MAPPING}},
	[NAT_MAPPING_DELETED] = {{9, 11}, {IPFIX_NAT44_MAPPING, IPFIX_NAT64_MAPPING}},
	[NAT_BLOCK_ALLOCATED] = {{16, 16}, {IPFIX_BLOCK4, IPFIX_BLOCK6}},
	[NAT_BLOCK_RELEASED] = {{17, 17}, {IPFIX_BLOCK4, IPFIX_BLOCK6}},
	[NAT_BINDING_CREATED] = {{14, 14}, {IPFIX_BINDING4, IPFIX_BINDING6}},
	[NAT_BINDING_DELETED] = {{15, 15}, {IPFIX_BINDING4, IPFIX_BINDING6}},
	[NAT_ADDRESSES_EXHAUSTED] = {{3, 3}, {IPFIX_ADDRESSES, IPFIX_ADDRESSES}},
	[NAT_PORTS_EXHAUSTED] = {{12, 12}, {IPFIX_PORTS, IPFIX_PORTS}},
	[NAT_QUOTA_EXCEEDED] = {{13, 13}, {IPFIX_QUOTA_USER4, IPFIX_QUOTA_USER6}},
};

static uint32_t
ipv4(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static fbVarfield_t
text(const char *name)
{
	return (fbVarfield_t){.len = strlen(name), .buf = (uint8_t *)(uintptr_t)name};
}

static enum log_ipfix_template
template_of(const struct nat_event *event)
{
	if (event->kind == NAT_QUOTA_EXCEEDED && event->quota == NAT_QUOTA_SESSIONS)
		return IPFIX_QUOTA_SESSIONS;
	if (event->kind == NAT_QUOTA_EXCEEDED && event->quota == NAT_QUOTA_MAPPINGS)
		return IPFIX_QUOTA_MAPPINGS;
	if (event->kind == NAT_QUOTA_EXCEEDED && event->quota == NAT_QUOTA_HOSTS)
		return IPFIX_QUOTA_HOSTS;
	return kinds[event->kind].template[event->version == 6];
}

/** Who: both sides of the inside host, and of the remote one. */
static void
fill_endpoints(struct log_ipfix_record *record, const struct nat_event *event)
{
	if (event->version == 6) {
		memcpy(record->source6, event->inside, 16);
		memcpy(record->dest6, event->remote, 16);
	} else {
		record->source4 = ipv4(event->inside);
		record->dest4 = ipv4(event->remote);
	}
	record->post_source4 = ipv4(event->outside);
	record->post_dest4 = ipv4(event->far);
	record->sport = event->inside_port;
	record->post_sport = event->outside_port;
	record->dport = event->remote_port;
	record->post_dport = event->far_port;
	record->protocol = event->protocol;
}

enum log_ipfix_template
log_ipfix_fill(struct log_ipfix_record *record, const struct nat_log_entry *entry)
{
	const struct nat_event *event = entry->event;

	*record = (struct log_ipfix_record){
		.time_ms = entry->time_ns / 1000000,
		.flows = 1 + (uint64_t)event->suppressed,
		.instance = entry->instance_number,
		.vrf = event->tenant,
		.pool = event->pool,
		.quota = event->quota,
		.max_sessions = event->limit,
		.max_mappings = event->limit,
		.max_user = event->limit,
		.max_hosts = event->limit,
		.first_port = event->first_port,
		.last_port = event->last_port,
		.step = 1,
		.ports = (uint16_t)(event->last_port - event->first_port + 1),
		.event = kinds[event->kind].event[event->version == 6],
		.realm = text(entry->tenant),
		.pool_name = text(entry->pool),
	};
	fill_endpoints(record, event);
	return template_of(event);
}
