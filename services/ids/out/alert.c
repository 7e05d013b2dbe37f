/* SPDX-License-Identifier: BSD-3-Clause */
/* The events "alert" and "drop", and what they say of a rule. */

#include <string.h>

#include "out/line.h"
#include "out/proto.h"
#include "out/record.h"
#include "parse/parse.h"
#include "rule/rule.h"
#include "stream/flow.h"

/** By libpcap's numbers. */
enum { LINK_ETHERNET = 1 };

/** Writes the values of one key, the last first. */
static void
put_values(struct text *text, const struct rule *rule, const char *key)
{
	text_key(text, (struct wp_span){(const uint8_t *)key, (uint32_t)strlen(key)});
	text_open_array(text, NULL);
	for (unsigned int i = rule->n_metadata; i-- != 0;)
		if (strcmp(rule->metadata[i].key, key) == 0)
			text_string(text, NULL, rule->metadata[i].value);
	text_close_array(text);
}

static bool
is_first(const struct rule *rule, unsigned int i)
{
	for (unsigned int j = 0; j < i; j++)
		if (strcmp(rule->metadata[j].key, rule->metadata[i].key) == 0)
			return false;
	return true;
}

/** Writes the metadata of a rule: each key once, with an array of its values. */
static void
put_metadata(struct text *text, const struct rule *rule)
{
	if (rule->n_metadata == 0)
		return;
	text_open(text, "metadata");
	for (unsigned int i = 0; i < rule->n_metadata; i++)
		if (is_first(rule, i))
			put_values(text, rule, rule->metadata[i].key);
	text_close(text);
}

static void
put_end(const struct line *line, const char *name, bool is_source)
{
	const struct record_head *head = line->head;

	text_open(line->text, name);
	text_address(line->text, "ip", head->version, is_source ? head->source : head->dest);
	if (proto_has_ports(head->proto))
		text_number(line->text, "port", is_source ? head->source_port : head->dest_port);
	text_close(line->text);
}

/** Writes who attacks whom, where a rule says so. */
static void
put_target(const struct line *line, const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_after; i++) {
		const struct rule_match *match = &rule->after[i];

		if (match->kind != MATCH_TARGET || (line->head->has & HAS_ADDRESSES) == 0)
			continue;
		put_end(line, "source", match->side != 0);
		put_end(line, "target", match->side == 0);
		return;
	}
}

static void
put_rule(const struct line *line, const struct rule *rule)
{
	text_string(line->text, "signature", rule->msg != NULL ? rule->msg : "");
	text_string(line->text, "category", rule->class_text != NULL ? rule->class_text : "");
	text_number(line->text, "severity", rule->priority);
	put_target(line, rule);
	if (line->names->metadata)
		put_metadata(line->text, rule);
	if (line->names->rule_text && rule->text != NULL)
		text_string(line->text, "rule", rule->text);
}

void
line_rule(const struct line *line, const struct field_alert *alert)
{
	const struct json_names *names = line->names;
	const struct rule *rule = NULL;

	if (names->rule != NULL)
		rule = names->rule(names->of, alert->number);
	text_open(line->text, "alert");
	text_static(line->text, "action", alert->verdict == RECORD_BLOCKED ? "blocked" : "allowed");
	text_number(line->text, "gid", alert->gid);
	text_number(line->text, "signature_id", alert->sid);
	text_number(line->text, "rev", alert->rev);
	if (rule != NULL)
		put_rule(line, rule);
	text_close(line->text);
}

/** @return whom a reject is told, as a packet of a side had it coming. */
static const char *
reject_target(uint8_t reject, unsigned int side)
{
	if (reject == (RULE_REJECT_SOURCE | RULE_REJECT_DESTINATION))
		return "both";
	return (reject == RULE_REJECT_SOURCE) == (side == WP_CLIENT) ? "to_client" : "to_server";
}

void
line_verdict(const struct line *line, const struct field_alert *alert)
{
	struct text *text = line->text;
	bool dropped = alert == NULL || alert->dropped;

	text_open(text, "verdict");
	text_static(text, "action",
		    dropped                      ? "drop"
		    : alert->action == RULE_PASS ? "pass"
						 : "alert");
	if (alert != NULL && dropped && alert->action == RULE_REJECT && alert->reject != 0) {
		text_static(text, "reject-target", reject_target(alert->reject, line->head->side));
		text_open_array(text, "reject");
		text_static(text, NULL,
			    line->head->proto == WP_PROTO_TCP ? "tcp-reset" : "icmp-prohib");
		text_close_array(text);
	}
	text_close(text);
}

/** Writes the bytes of the payload and of the packet, where the record has them. */
static void
put_payload(const struct line *line, const struct field_alert *alert)
{
	struct field payload = field_find(line->fields, FIELD_PAYLOAD);
	struct field packet = field_find(line->fields, FIELD_PACKET);
	struct wp_span bytes = {payload.bytes, payload.size};

	if (payload.bytes != NULL) {
		if (payload.size != 0 && line->names->payload)
			text_base64(line->text, "payload", bytes);
		if (line->names->printable)
			text_printable(line->text, "payload_printable", bytes);
		text_number(line->text, "stream", alert->of_stream);
	}
	if (packet.bytes == NULL)
		return;
	text_base64(line->text, "packet", (struct wp_span){packet.bytes, packet.size});
	text_open(line->text, "packet_info");
	text_number(line->text, "linktype",
		    (line->head->has & HAS_FRAME) != 0 ? LINK_ETHERNET : line->names->link);
	text_close(line->text);
}

/** Writes what the packet was found in. */
static void
put_tunnel(const struct line *line)
{
	struct field field = field_find(line->fields, FIELD_TUNNEL);
	struct text *text = line->text;
	struct field_tunnel tunnel;

	if (!field_get(&field, &tunnel, sizeof(tunnel)))
		return;
	text_open(text, "tunnel");
	text_address(text, "src_ip", tunnel.version, tunnel.source);
	text_number(text, "src_port", tunnel.source_port);
	text_address(text, "dest_ip", tunnel.version, tunnel.dest);
	text_number(text, "dest_port", tunnel.dest_port);
	proto_put(text, "proto", tunnel.proto);
	text_number(text, "depth", tunnel.depth);
	if (line->head->pcap_cnt != 0)
		text_number(text, "pcap_cnt", line->head->pcap_cnt);
	text_static(text, "pkt_src", "wire/pcap");
	text_close(text);
}

void
line_alert(const struct line *line)
{
	struct field field = field_find(line->fields, FIELD_ALERT);
	struct field_alert alert = {.gid = 1};

	field_get(&field, &alert, sizeof(alert));
	line_tx(line);
	line_rule(line, &alert);
	put_tunnel(line);
	line_message(line);
	line_files_of_alert(line);
	line_app_proto(line);
	line_direction(line);
	line_flow_of_alert(line);
	put_payload(line, &alert);
	if (line->names->verdict)
		line_verdict(line, &alert);
}

static const char *const reasons[RECORD_DROPS] = {
	[RECORD_DROP_RULES] = "rules",
	[RECORD_DROP_STREAM] = "stream error",
	[RECORD_DROP_DECODE] = "decode error",
	[RECORD_DROP_OTHER] = "unknown",
};

static void
put_tcp(struct text *text, const struct field_drop *drop)
{
	text_number(text, "tcpseq", drop->tcp_seq);
	text_number(text, "tcpack", drop->tcp_ack);
	text_number(text, "tcpwin", drop->tcp_window);
	text_bool(text, "syn", (drop->tcp_flags & 0x02) != 0);
	text_bool(text, "ack", (drop->tcp_flags & 0x10) != 0);
	text_bool(text, "psh", (drop->tcp_flags & 0x08) != 0);
	text_bool(text, "rst", (drop->tcp_flags & 0x04) != 0);
	text_bool(text, "urg", (drop->tcp_flags & 0x20) != 0);
	text_bool(text, "fin", (drop->tcp_flags & 0x01) != 0);
	text_number(text, "tcpres", drop->tcp_reserved);
	text_number(text, "tcpurgp", drop->tcp_urgent);
}

static void
put_drop(const struct line *line, const struct field_drop *drop)
{
	struct text *text = line->text;

	text_open(text, "drop");
	text_number(text, "len", drop->len);
	text_number(text, line->head->version == 6 ? "tc" : "tos", drop->tos);
	text_number(text, line->head->version == 6 ? "hoplimit" : "ttl", drop->ttl);
	if (line->head->version == 6)
		text_number(text, "flowlbl", drop->flow_label);
	else
		text_number(text, "ipid", drop->ip_id);
	if (drop->has_tcp)
		put_tcp(text, drop);
	if (drop->has_udp)
		text_number(text, "udplen", drop->udp_len);
	if (drop->reason < RECORD_DROPS)
		text_static(text, "reason", reasons[drop->reason]);
	text_close(text);
}

void
line_drop(const struct line *line)
{
	struct field field = field_find(line->fields, FIELD_DROP);
	struct field_drop drop = {.reason = RECORD_DROP_OTHER};
	struct field_alert alert;
	bool has_alert;

	field_get(&field, &drop, sizeof(drop));
	field = field_find(line->fields, FIELD_ALERT);
	has_alert = field_get(&field, &alert, sizeof(alert));
	line_direction(line);
	put_drop(line, &drop);
	if (line->names->verdict)
		line_verdict(line, has_alert ? &alert : NULL);
	line_tx(line);
	if (has_alert)
		line_rule(line, &alert);
}
