/* SPDX-License-Identifier: BSD-3-Clause */
/* The event "flow". */

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "eve/file.h"
#include "parse/parse.h"
#include "state/state.h"
#include "stream/stream.h"

enum { TIME_SIZE = 40, END_SIZE = 96 };

struct eve_flow
eve_flow(const struct wp_flow *flow, uint64_t now_ns)
{
	struct eve_flow record = {
		.age_ns = now_ns - flow->start_ns,
		.quiet_ns = now_ns - flow->last_ns,
		.id = wp_flow_id(flow),
		.path = flow->path,
		.tenant = wp_flow_tenant(flow),
		.version = flow->version,
		.proto = flow->proto,
		.state = flow->state,
		.end = flow->end,
		.l7 = flow->l7,
		.picked_up = (flow->flags & WP_FLOW_PICKED_UP) != 0,
	};

	for (unsigned int side = WP_CLIENT; side <= WP_SERVER; side++) {
		const struct wp_flow_side *of = &flow->sides[side];

		wp_flow_endpoint(flow, (enum wp_side)side, &record.ends[side]);
		record.packets[side] = of->packets;
		record.bytes[side] = of->bytes;
		record.tcp_flags[side] = flow->tcp_flags[side];
		record.tcp_state[side] = of->state;
		record.has_gaps[side] = (of->flags & WP_SIDE_GAP) != 0;
	}
	return record;
}

uint8_t
eve_tcp_state(const struct eve_flow *flow)
{
	uint8_t client = flow->tcp_state[WP_CLIENT], server = flow->tcp_state[WP_SERVER];

	return client > server ? client : server;
}

/** Writes a time as RFC 3339 does, in microseconds and UTC. */
static void
write_time(uint64_t ns, char text[TIME_SIZE])
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm tm;
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(text, TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + n, TIME_SIZE - n, ".%06u+0000", (unsigned int)(ns / 1000 % 1000000));
}

static void
write_proto(uint8_t proto, char text[16])
{
	switch (proto) {
	case WP_PROTO_TCP:
		strcpy(text, "TCP");
		break;
	case WP_PROTO_UDP:
		strcpy(text, "UDP");
		break;
	case WP_PROTO_ICMP:
		strcpy(text, "ICMP");
		break;
	case WP_PROTO_ICMPV6:
		strcpy(text, "IPv6-ICMP");
		break;
	default:
		snprintf(text, 16, "%03u", proto);
	}
}

/** Writes an endpoint, with its port if the protocol has such: ICMP's number is an identifier. */
static void
write_end(const struct eve_flow *flow, enum wp_side side, const char *name, char text[END_SIZE])
{
	bool has_ports = flow->proto == WP_PROTO_TCP || flow->proto == WP_PROTO_UDP ||
			 flow->proto == WP_PROTO_SCTP || flow->proto == WP_PROTO_DCCP;
	const struct wp_endpoint *end = &flow->ends[side];
	char address[INET6_ADDRSTRLEN];
	int n;

	inet_ntop(flow->version == 4 ? AF_INET : AF_INET6, end->address, address, sizeof(address));
	n = snprintf(text, END_SIZE, "\"%s_ip\":\"%s\"", name, address);
	if (has_ports)
		snprintf(text + n, END_SIZE - (size_t)n, ",\"%s_port\":%u", name, end->port);
}

/** Writes what is known of the application protocol. */
static void
write_app(uint8_t l7, char text[32])
{
	text[0] = '\0';
	if (l7 != WP_L7_UNKNOWN)
		snprintf(text, 32, ",\"app_proto\":\"%s\"",
			 l7 == WP_L7_NONE ? "failed" : wp_l7_name(l7));
}

/** Names the flags that are set. */
static void
write_flags(uint8_t flags, char text[128])
{
	static const char *const names[] = {"fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr"};
	int n = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < 8; i++)
		if ((flags & 1u << i) != 0)
			n += sprintf(text + n, ",\"%s\":true", names[i]);
}

/** Writes the part that only TCP has, "" for others. */
static void
write_tcp(const struct eve_flow *flow, char *text, size_t size)
{
	uint8_t flags = flow->tcp_flags[WP_CLIENT] | flow->tcp_flags[WP_SERVER];
	char names[128];

	text[0] = '\0';
	if (flow->proto != WP_PROTO_TCP)
		return;
	write_flags(flags, names);
	snprintf(text, size,
		 ",\"tcp\":{\"tcp_flags\":\"%02x\",\"tcp_flags_ts\":\"%02x\",\"tcp_flags_tc\":"
		 "\"%02x\"%s,\"state\":\"%s\",\"state_ts\":\"%s\",\"state_tc\":\"%s\","
		 "\"ts_gap\":%s,\"tc_gap\":%s}",
		 flags, flow->tcp_flags[WP_CLIENT], flow->tcp_flags[WP_SERVER], names,
		 eve_tcp_states[eve_tcp_state(flow)], eve_tcp_states[flow->tcp_state[WP_CLIENT]],
		 eve_tcp_states[flow->tcp_state[WP_SERVER]],
		 flow->has_gaps[WP_CLIENT] ? "true" : "false",
		 flow->has_gaps[WP_SERVER] ? "true" : "false");
}

void
eve_write_flow(void *log, uint64_t *counters, const void *record, uint64_t time_ns)
{
	const struct eve_flow *flow = record;
	char now[TIME_SIZE], start[TIME_SIZE], end[TIME_SIZE], proto[16], app[32], tcp[512];
	char source[END_SIZE], dest[END_SIZE], line[EVE_LINE_MAX];
	int n;

	write_time(time_ns, now);
	write_time(time_ns - flow->age_ns, start);
	write_time(time_ns - flow->quiet_ns, end);
	write_proto(flow->proto, proto);
	write_app(flow->l7, app);
	write_tcp(flow, tcp, sizeof(tcp));
	write_end(flow, WP_CLIENT, "src", source);
	write_end(flow, WP_SERVER, "dest", dest);
	n = snprintf(line, sizeof(line),
		     "{\"timestamp\":\"%s\",\"flow_id\":%" PRIu64
		     ",\"event_type\":\"flow\",%s,%s,\"proto\":\"%s\"%s,\"tenant_id\":%u,"
		     "\"path\":%u,\"flow\":{"
		     "\"pkts_toserver\":%" PRIu64 ",\"pkts_toclient\":%" PRIu64
		     ",\"bytes_toserver\":%" PRIu64 ",\"bytes_toclient\":%" PRIu64
		     ",\"start\":\"%s\",\"end\":\"%s\",\"age\":%" PRIu64
		     ",\"state\":\"%s\",\"reason\":\"%s\",\"alerted\":false,\"picked_up\":%s}%"
		     "s}\n",
		     now, flow->id, source, dest, proto, app, flow->tenant, flow->path,
		     flow->packets[WP_CLIENT], flow->packets[WP_SERVER], flow->bytes[WP_CLIENT],
		     flow->bytes[WP_SERVER], start, end,
		     (flow->age_ns - flow->quiet_ns) / 1000000000, eve_flow_states[flow->state],
		     eve_reasons[flow->end], flow->picked_up ? "true" : "false", tcp);
	eve_put(log, counters, line, n);
}
