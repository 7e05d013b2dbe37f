/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines as a whole: what all events begin with, and which file goes on. */

#include "out/json.h"

#include <stdio.h>
#include <string.h>

#include "out/line.h"
#include "out/proto.h"
#include "out/record.h"
#include "stream/flow.h"

const char *const json_kinds[RECORD_KINDS] = {
	[RECORD_ALERT] = "alert", [RECORD_DROP] = "drop",     [RECORD_FLOW] = "flow",
	[RECORD_HTTP] = "http",   [RECORD_DNS] = "dns",       [RECORD_TLS] = "tls",
	[RECORD_SSH] = "ssh",     [RECORD_SMTP] = "smtp",     [RECORD_FTP] = "ftp",
	[RECORD_SMB] = "smb",     [RECORD_FILE] = "fileinfo", [RECORD_ANOMALY] = "anomaly",
	[RECORD_STATS] = "stats",
};

static void (*const bodies[RECORD_KINDS])(const struct line *) = {
	[RECORD_ALERT] = line_alert,    [RECORD_DROP] = line_drop,
	[RECORD_FLOW] = line_flow,      [RECORD_HTTP] = line_http,
	[RECORD_DNS] = line_dns_answer, [RECORD_TLS] = line_tls,
	[RECORD_SSH] = line_ssh,        [RECORD_SMTP] = line_smtp,
	[RECORD_FTP] = line_ftp,        [RECORD_SMB] = line_smb,
	[RECORD_FILE] = line_file,      [RECORD_ANOMALY] = line_anomaly,
	[RECORD_STATS] = line_stats,
};

static void
put_addresses(const struct line *line)
{
	const struct record_head *head = line->head;
	bool ports = proto_has_ports(head->proto);

	if ((head->has & HAS_ADDRESSES) == 0)
		return;
	text_address(line->text, "src_ip", head->version, head->source);
	if (ports)
		text_number(line->text, "src_port", head->source_port);
	text_address(line->text, "dest_ip", head->version, head->dest);
	if (ports)
		text_number(line->text, "dest_port", head->dest_port);
	proto_put(line->text, "proto", head->proto);
}

static void
put_vlans(const struct line *line)
{
	if (line->head->n_vlans == 0)
		return;
	text_open_array(line->text, "vlan");
	for (unsigned int i = 0; i < line->head->n_vlans; i++)
		text_number(line->text, NULL, line->head->vlans[i]);
	text_close_array(line->text);
}

static void
put_macs(const struct line *line)
{
	const struct record_head *head = line->head;

	if ((head->has & HAS_ETHER) == 0)
		return;
	text_open(line->text, "ether");
	text_hex(line->text, "src_mac", (struct wp_span){head->source_mac, 6}, ':');
	text_hex(line->text, "dest_mac", (struct wp_span){head->dest_mac, 6}, ':');
	text_close(line->text);
}

/** Whose packet it is, as the runtime knows it. */
static void
put_path(const struct line *line)
{
	const struct json_names *names = line->names;
	const char *tenant = NULL;

	if (!names->has_paths || (line->head->has & (HAS_FLOW | HAS_PACKET)) == 0)
		return;
	if (names->tenant != NULL)
		tenant = names->tenant(names->of, line->head->tenant);
	if (tenant != NULL)
		text_string(line->text, "tenant", tenant);
	else
		text_number(line->text, "tenant", line->head->tenant);
	text_number(line->text, "path", line->head->path);
	text_number(line->text, "step", line->head->step);
}

/** @return where a packet was taken from. */
static const char *
source_of(const struct record_head *head)
{
	static const char *const sources[RECORD_FROMS] = {
		[RECORD_FROM_WIRE] = "wire/pcap",
		[RECORD_FROM_IP] = "ipv4 tunnel",
		[RECORD_FROM_GRE] = "gre tunnel",
		[RECORD_FROM_ERSPAN] = "gre tunnel",
		[RECORD_FROM_TEREDO] = "teredo tunnel",
		[RECORD_FROM_VXLAN] = "vxlan encapsulation",
		[RECORD_FROM_GENEVE] = "geneve encapsulation",
		[RECORD_FROM_FRAGMENTS] = "defrag",
	};

	if ((head->has & HAS_PACKET) == 0)
		return "stream (flow timeout)";
	if (head->from == RECORD_FROM_IP && head->is_in_ipv6)
		return "ipv6 tunnel";
	return sources[head->from < RECORD_FROMS ? head->from : RECORD_FROM_WIRE];
}

/** What all events begin with. */
static void
put_head(const struct line *line)
{
	const struct record_head *head = line->head;

	text_time(line->text, "timestamp", line->time_ns);
	if ((head->has & HAS_FLOW) != 0)
		text_number(line->text, "flow_id", head->flow_id);
	if (head->pcap_cnt != 0 && head->kind != RECORD_FLOW)
		text_number(line->text, "pcap_cnt", head->pcap_cnt);
	text_static(line->text, "event_type", json_kinds[head->kind]);
	put_vlans(line);
	put_addresses(line);
	if ((head->has & HAS_ICMP) != 0) {
		text_number(line->text, "icmp_type", head->icmp_type);
		text_number(line->text, "icmp_code", head->icmp_code);
	}
	if (head->kind != RECORD_FLOW && head->kind != RECORD_STATS)
		text_static(line->text, "pkt_src", source_of(head));
	line_marks(line);
	put_macs(line);
	put_path(line);
}

static void
put_line(const struct line *line, const struct field *question)
{
	struct text *text = line->text;

	text->more = false;
	text_open(text, NULL);
	put_head(line);
	if (question != NULL)
		line_dns_query(line, question);
	else
		bodies[line->head->kind](line);
	text_close(text);
	text_raw(text, "\n", 1);
}

/** Writes a line for each question of a query. @return false: it is none */
static bool
put_queries(const struct line *line)
{
	struct field_dns_message message;
	struct field first = field_find(line->fields, FIELD_DNS_MESSAGE), question;
	struct wp_span rest = line->fields;

	if (line->head->kind != RECORD_DNS || !field_get(&first, &message, sizeof(message)) ||
	    message.is_response)
		return false;
	while (field_next(&rest, &question))
		if (question.kind == FIELD_DNS_QUESTION)
			put_line(line, &question);
	return true;
}

size_t
json_line(char *out, size_t room, const void *record, size_t size, uint64_t time_ns,
	  const struct json_names *names)
{
	const struct record_head *head = record;
	struct text text = text_begin(out, room);
	struct line line = {
		.head = head,
		.fields = {(const uint8_t *)record + sizeof(*head),
			   (uint32_t)(size - sizeof(*head))},
		.names = names,
		.time_ns = time_ns,
		.text = &text,
	};

	if (size < sizeof(*head) || size > RECORD_MAX || head->kind >= RECORD_KINDS ||
	    head->n_vlans > VLANS_MAX)
		return 0;
	if (!put_queries(&line))
		put_line(&line, NULL);
	return text.full ? 0 : (size_t)(text.at - text.start);
}
