/* SPDX-License-Identifier: BSD-3-Clause */
/* The event "flow", and the object "flow" of alerts. */

#include "out/line.h"
#include "out/proto.h"

#include "eve/eve.h"
#include "parse/parse.h"

static bool
find_flow(const struct line *line, struct eve_flow *flow)
{
	struct field field = field_find(line->fields, FIELD_FLOW);

	if (!field_get(&field, flow, sizeof(*flow)))
		return false;
	for (unsigned int side = 0; side < 2; side++)
		flow->has_gaps[side] = field.bytes[offsetof(struct eve_flow, has_gaps) + side] != 0;
	return flow->state <= WP_FLOW_CLOSED && flow->end <= WP_FLOW_BY_SHUTDOWN &&
	       flow->tcp_state[WP_CLIENT] <= WP_TCP_CLOSED &&
	       flow->tcp_state[WP_SERVER] <= WP_TCP_CLOSED;
}

/** @return bytes that a side has sent, with what a capture has in front of IP. */
static uint64_t
bytes_of(const struct line *line, const struct eve_flow *flow, enum wp_side side)
{
	return flow->bytes[side] + flow->packets[side] * line->names->link_size;
}

static void
put_counts(const struct line *line, const struct eve_flow *flow)
{
	text_number(line->text, "pkts_toserver", flow->packets[WP_CLIENT]);
	text_number(line->text, "pkts_toclient", flow->packets[WP_SERVER]);
	text_number(line->text, "bytes_toserver", bytes_of(line, flow, WP_CLIENT));
	text_number(line->text, "bytes_toclient", bytes_of(line, flow, WP_SERVER));
	text_time(line->text, "start", line->time_ns - flow->age_ns);
}

void
line_flow_of_alert(const struct line *line)
{
	const struct wp_endpoint *ends;
	struct eve_flow flow;

	if (!find_flow(line, &flow))
		return;
	ends = flow.ends;
	text_open(line->text, "flow");
	put_counts(line, &flow);
	text_address(line->text, "src_ip", flow.version, ends[WP_CLIENT].address);
	text_address(line->text, "dest_ip", flow.version, ends[WP_SERVER].address);
	if (proto_has_ports(flow.proto)) {
		text_number(line->text, "src_port", ends[WP_CLIENT].port);
		text_number(line->text, "dest_port", ends[WP_SERVER].port);
	}
	text_close(line->text);
}

static void
put_tcp_flags(struct text *text, const char *name, uint8_t flags)
{
	text_hex(text, name, (struct wp_span){&flags, 1}, '\0');
}

static void
put_tcp(struct text *text, const struct eve_flow *flow)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} named[] = {{0x02, "syn"}, {0x01, "fin"}, {0x04, "rst"}, {0x08, "psh"},
		     {0x10, "ack"}, {0x20, "urg"}, {0x40, "ecn"}, {0x80, "cwr"}};
	uint8_t flags = flow->tcp_flags[WP_CLIENT] | flow->tcp_flags[WP_SERVER];

	text_open(text, "tcp");
	put_tcp_flags(text, "tcp_flags", flags);
	put_tcp_flags(text, "tcp_flags_ts", flow->tcp_flags[WP_CLIENT]);
	put_tcp_flags(text, "tcp_flags_tc", flow->tcp_flags[WP_SERVER]);
	for (unsigned int i = 0; i < sizeof(named) / sizeof(named[0]); i++)
		if ((flags & named[i].bit) != 0)
			text_bool(text, named[i].name, true);
	text_static(text, "state", eve_tcp_states[eve_tcp_state(flow)]);
	if (flow->has_gaps[WP_CLIENT])
		text_bool(text, "ts_gap", true);
	if (flow->has_gaps[WP_SERVER])
		text_bool(text, "tc_gap", true);
	text_close(text);
}

void
line_flow(const struct line *line)
{
	struct text *text = line->text;
	struct eve_flow flow;

	if (!find_flow(line, &flow))
		return;
	line_app_proto(line);
	text_open(text, "flow");
	put_counts(line, &flow);
	text_time(text, "end", line->time_ns - flow.quiet_ns);
	text_number(text, "age", (flow.age_ns - flow.quiet_ns) / 1000000000);
	text_static(text, "state", eve_flow_states[flow.state]);
	text_static(text, "reason", eve_reasons[flow.end]);
	text_bool(text, "alerted", (line->head->has & HAS_ALERTED) != 0);
	if ((line->head->has & HAS_BLOCKED) != 0)
		text_static(text, "action", "drop");
	text_close(text);
	if (flow.proto == WP_PROTO_TCP)
		put_tcp(text, &flow);
}
