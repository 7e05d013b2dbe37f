/* SPDX-License-Identifier: BSD-3-Clause */
/* See wire.h. */

#include "wire.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "stream/l7/http.h"
#include "stream/l7/text.h"

enum { ROOM = 4096, START = 128, SERVER_PORT = 80 };

static const char *const names[] = {
	[WP_FLOW_START] = "start",       [WP_FLOW_SETUP] = "setup",
	[WP_FLOW_STATE] = "state",       [WP_FLOW_RETRANSMISSION] = "again",
	[WP_FLOW_ANOMALY] = "anomaly",   [WP_FLOW_END] = "end",
	[WP_FLOW_DATA] = "data",         [WP_FLOW_GAP] = "gap",
	[WP_FLOW_CONFLICT] = "conflict", [WP_FLOW_CAP] = "cap",
	[WP_FLOW_FINISH] = "finish",     [WP_HTTP_BODY] = "body",
	[WP_HTTP_END] = "done",          [WP_DNS_MESSAGE] = "dns",
	[WP_TLS_HELLO] = "hello",        [WP_SSH_BANNER] = "banner",
	[WP_SMTP_REPLY] = "reply",       [WP_FTP_REPLY] = "reply",
	[WP_FTP_COMMAND] = "command",    [WP_TLS_CERTIFICATES] = "certificates",
	[WP_SMB_MESSAGE] = "smb",        [WP_SMTP_DATA] = "mail",
	[WP_MIME_PART] = "part",         [WP_MIME_DATA] = "part_data",
	[WP_MIME_END] = "part_end",      [WP_HTTP_LINE] = "line",
};

/** Adds what was told to the stream of its side. */
static void
keep_bytes(struct wire *wire, const struct wp_stream_event *event)
{
	unsigned int *n = &wire->n_log[event->side];
	uint8_t *at = wire->log[event->side] + *n;

	if (event->flow->proto == WP_PROTO_TCP)
		ck_assert_uint_eq(event->offset, *n);
	ck_assert_uint_lt(*n + event->size, WIRE_LOG);
	if (event->type == WP_FLOW_GAP)
		memset(at, '?', event->size);
	else
		memcpy(at, event->data, event->size);
	*n += event->size;
}

static void
tell(void *arg, const struct wp_stream_event *events, unsigned int n)
{
	struct wire *wire = arg;
	size_t at;

	for (unsigned int i = 0; i < n; i++) {
		const struct wp_stream_event *event = &events[i];

		wire->flow = event->flow;
		if ((wire->wants & WP_EVENT_BIT(event->type)) == 0)
			continue;
		if (event->type == WP_FLOW_DATA || event->type == WP_FLOW_GAP)
			keep_bytes(wire, event);
		at = strlen(wire->story);
		if (event->type == WP_FLOW_STATE)
			continue;
		if (event->type == WP_FLOW_CONFLICT)
			snprintf(wire->story + at, sizeof(wire->story) - at, "conflict:%.*s/%.*s ",
				 (int)event->size, event->data, (int)event->size, event->other);
		else if (event->type == WP_FLOW_ANOMALY || event->type == WP_FLOW_CAP)
			snprintf(wire->story + at, sizeof(wire->story) - at, "%s:%u ",
				 event->followed ? "followed" : names[event->type], event->detail);
		else if (event->type == WP_FLOW_END)
			snprintf(wire->story + at, sizeof(wire->story) - at, "end:%u ",
				 event->flow->end);
		else if (event->type == WP_L7_START)
			snprintf(wire->story + at, sizeof(wire->story) - at, "l7:%u ",
				 event->flow->l7);
		else if (event->type == WP_L7_ANOMALY)
			snprintf(wire->story + at, sizeof(wire->story) - at, "odd:%u ",
				 event->detail);
		else if (event->type == WP_HTTP_HEAD)
			snprintf(wire->story + at, sizeof(wire->story) - at, "head:%.*s ",
				 (int)event->http->target.size, event->http->target.data);
		else if (event->type == WP_SMTP_COMMAND)
			snprintf(wire->story + at, sizeof(wire->story) - at, "%.*s ",
				 (int)event->line->line.size, event->line->line.data);
		else if (event->type == WP_FLOW_RETRANSMISSION)
			snprintf(wire->story + at, sizeof(wire->story) - at, "again:%llu+%u ",
				 (unsigned long long)event->offset, event->size);
		else
			snprintf(wire->story + at, sizeof(wire->story) - at, "%s ",
				 event->type == WP_FLOW_DATA && event->detail == WP_DATA_URGENT
					 ? "urgent"
					 : names[event->type]);
	}
}

void
wire_open(struct wire *wire, const char *conf, uint32_t max_flows, uint32_t wants)
{
	memset(wire, 0, sizeof(*wire));
	wire->wants = wants == 0 ? WP_EVENT_BIT(WP_FLOW_FINISH) - 1 : wants;
	ck_assert_ptr_null(stream_bed_open(&wire->bed, conf, max_flows, wire->wants, tell, wire));
	wire->next.window = 60000;
	wire->next.client_port = 40000;
	wire->bed.core.now_ns = 1000000000;
}

void
wire_close(struct wire *wire)
{
	stream_bed_end(&wire->bed);
	stream_bed_close(&wire->bed);
}

/** Writes the IP header of a packet that has @p size bytes behind it. @return its size */
static unsigned int
put_ip(const struct wire *wire, uint8_t *ip, enum wp_side from, uint8_t proto, unsigned int size)
{
	static const uint8_t hosts[2][4] = {{10, 0, 0, 1}, {192, 0, 2, 80}};

	memset(ip, 0, 40);
	if (wire->next.ipv6) {
		ip[0] = 0x60;
		wp_put16(ip + 4, size);
		ip[6] = proto;
		ip[7] = 64;
		memcpy(ip + 8, hosts[from], 4);
		memcpy(ip + 24, hosts[!from], 4);
		return 40;
	}
	ip[0] = 0x45;
	wp_put16(ip + 2, 20 + size);
	ip[8] = 64;
	ip[9] = proto;
	memcpy(ip + 12, hosts[from], 4);
	memcpy(ip + 16, hosts[!from], 4);
	wp_store16(ip + 10, wp_checksum_ipv4(ip, 20));
	return 20;
}

static void
put_ports(const struct wire *wire, uint8_t *l4, enum wp_side from)
{
	wp_put16(l4 + (from == WP_CLIENT ? 0 : 2), wire->next.client_port);
	wp_put16(l4 + (from == WP_CLIENT ? 2 : 0), SERVER_PORT);
}

/** Sends what was written from START on. */
static void
send_packet(struct wire *wire, uint8_t *buf, unsigned int size, unsigned int checksum_at)
{
	struct wp_packet pkt = {.buf = buf,
				.room = ROOM,
				.start = START,
				.len = (uint16_t)size,
				.tenant = wire->next.tenant};

	wp_parse(&pkt);
	wp_put16(wp_l4(&pkt) + checksum_at, 0);
	wp_store16(wp_l4(&pkt) + checksum_at, wp_checksum_l4(&pkt));
	if (wire->next.bad_checksum)
		wp_l4(&pkt)[checksum_at] ^= 1;
	stream_bed_packet(&wire->bed, &pkt);
	memset(buf, 0xee, ROOM); /* bytes that are told later are copies */
	wire->verdict = pkt.verdict;
	wire->reason = pkt.reason;
}

/** Writes the options of a segment. @return their size */
static unsigned int
put_options(const struct wire *wire, uint8_t *at, uint8_t flags)
{
	unsigned int size = 0;

	if ((flags & TCP_SYN) != 0 && wire->next.wscale != 0) {
		at[0] = at[1] = 3;
		at[2] = wire->next.wscale;
		at[3] = 1;
		size = 4;
	}
	if (wire->next.tsval != 0 || wire->next.has_ts) {
		wp_put32(at + size, 0x0101080a);
		wp_put32(at + size + 4, wire->next.tsval);
		wp_put32(at + size + 8, wire->next.tsecr);
		size += 12;
	}
	if (wire->next.is_signed) {
		memset(at + size, 1, 20);
		at[size] = 19;
		at[size + 1] = 18;
		size += 20;
	}
	if (wire->next.has_ao) {
		at[size] = 29;
		at[size + 1] = 4;
		size += 4;
	}
	return size;
}

void
wire_tcp(struct wire *wire, enum wp_side from, uint8_t flags, uint32_t seq, uint32_t ack,
	 const char *data)
{
	static const uint32_t isn[] = {[WP_CLIENT] = CLIENT_ISN, [WP_SERVER] = SERVER_ISN};
	uint8_t buf[ROOM] = {0}, tcp[60] = {0}, *ip = buf + START;
	unsigned int options = put_options(wire, tcp + 20, flags), size, n;

	put_ports(wire, tcp, from);
	wp_put32(tcp + 4, isn[from] + seq);
	if ((flags & TCP_ACK) != 0)
		wp_put32(tcp + 8, isn[!from] + ack);
	tcp[12] = (uint8_t)((20 + options) / 4 << 4);
	tcp[13] = flags;
	wp_put16(tcp + 14, wire->next.window);
	wp_put16(tcp + 18, wire->next.urgent);
	size = 20 + options;
	n = put_ip(wire, ip, from, WP_PROTO_TCP, size + (unsigned int)strlen(data));
	memcpy(ip + n, tcp, size);
	memcpy(ip + n + size, data, strlen(data));
	send_packet(wire, buf, n + size + (unsigned int)strlen(data), 16);
}

void
wire_handshake(struct wire *wire)
{
	wire_tcp(wire, WP_CLIENT, TCP_SYN, 0, 0, "");
	wire_tcp(wire, WP_SERVER, TCP_SYN | TCP_ACK, 0, 1, "");
	wire_tcp(wire, WP_CLIENT, TCP_ACK, 1, 1, "");
}

void
wire_udp(struct wire *wire, enum wp_side from, const char *data)
{
	wire_datagram(wire, from, data, (unsigned int)strlen(data));
}

void
wire_datagram(struct wire *wire, enum wp_side from, const void *data, unsigned int data_size)
{
	uint8_t buf[ROOM] = {0}, *ip = buf + START;
	uint8_t proto = wire->next.proto == 0 ? WP_PROTO_UDP : wire->next.proto;
	unsigned int size = 8 + data_size;
	unsigned int n = put_ip(wire, ip, from, proto, size);

	put_ports(wire, ip + n, from);
	wp_put16(ip + n + 4, size);
	memcpy(ip + n + 8, data, data_size);
	send_packet(wire, buf, n + size, 6);
}

const char *
wire_told(struct wire *wire, enum wp_side side)
{
	wire->log[side][wire->n_log[side]] = '\0';
	return (const char *)wire->log[side];
}

void
wire_forget(struct wire *wire)
{
	wire->story[0] = '\0';
}
