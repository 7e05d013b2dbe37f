/* SPDX-License-Identifier: BSD-3-Clause */
/* Records as a whole: their heads, and what of their fields is no message's. */

#include "out/record.h"

#include <string.h>

#include "bytes.h"
#include "eve/eve.h"
#include "out/anomaly.h"
#include "out/field.h"
#include "out/keep.h"
#include "parse/parse.h"

enum {
	BITS_MAX = 64,   /* of a flow, that are told */
	NAME_MAX_ = 256, /* of a counter, a flowbit */
	FILE_NAME_MAX = 2048,
	FLAGS_TCP = 13, /* where they are in a TCP header */
};

/** Whose addresses a record has: those of the client first, or of who has sent the packet. */
static bool
is_of_flow(enum record_kind kind)
{
	return kind == RECORD_FLOW || (kind >= RECORD_HTTP && kind <= RECORD_SMB);
}

static void
set_packet_addresses(struct record_head *head, const struct wp_packet *pkt)
{
	size_t size = wp_address_size(pkt);

	memcpy(head->source, wp_source(pkt), size);
	memcpy(head->dest, wp_dest(pkt), size);
	head->version = pkt->ip_version;
	head->proto = pkt->l4_proto;
	head->source_port = pkt->l4_sport;
	head->dest_port = pkt->l4_dport;
	head->has |= HAS_ADDRESSES;
}

static void
set_flow_addresses(struct record_head *head, const struct wp_flow *flow, unsigned int from)
{
	struct wp_endpoint source, dest;

	wp_flow_endpoint(flow, (enum wp_side)from, &source);
	wp_flow_endpoint(flow, (enum wp_side)(1 - from), &dest);
	memcpy(head->source, source.address, sizeof(head->source));
	memcpy(head->dest, dest.address, sizeof(head->dest));
	head->source_port = source.port;
	head->dest_port = dest.port;
	head->version = flow->version;
	head->proto = flow->proto;
	head->has |= HAS_ADDRESSES;
}

/** Reads the VLANs and the addresses of an Ethernet header. */
static void
set_link(struct record_head *head, const struct wp_packet *pkt, uint8_t link)
{
	const uint8_t *at = wp_start(pkt);
	unsigned int type = 12, len = pkt->len;

	if ((pkt->flags & WP_PKT_ETHERNET) == 0 || len < 14)
		return;
	if ((link & RECORD_MACS) != 0) {
		memcpy(head->dest_mac, at, 6);
		memcpy(head->source_mac, at + 6, 6);
		head->has |= HAS_ETHER;
	}
	while ((link & RECORD_VLANS) != 0 && head->n_vlans < VLANS_MAX && type + 6 <= len) {
		uint16_t is = wp_get16(at + type);

		if (is != 0x8100 && is != 0x88a8 && is != 0x9100)
			break;
		head->vlans[head->n_vlans++] = wp_get16(at + type + 2) & 0xfff;
		type += 4;
	}
}

static void
set_icmp(struct record_head *head, const struct wp_packet *pkt)
{
	if (pkt->l4 == 0 || (pkt->l4_proto != WP_PROTO_ICMP && pkt->l4_proto != WP_PROTO_ICMPV6) ||
	    pkt->l4 + 2u > pkt->room)
		return;
	head->icmp_type = wp_l4(pkt)[0];
	head->icmp_code = wp_l4(pkt)[1];
	head->has |= HAS_ICMP;
}

static void
set_packet(struct record_head *head, const struct wp_packet *pkt, uint8_t link)
{
	head->has |= HAS_PACKET | ((pkt->flags & WP_PKT_ETHERNET) != 0 ? HAS_FRAME : 0);
	head->path = pkt->tag.path;
	head->step = pkt->step;
	head->tenant = pkt->tenant;
	if (pkt->l3 != 0)
		set_packet_addresses(head, pkt);
	set_icmp(head, pkt);
	set_link(head, pkt, link);
}

static void
set_flow(struct record_head *head, const struct wp_flow *flow, enum record_kind kind)
{
	head->has |= HAS_FLOW | ((flow->flags & WP_FLOW_BLOCKED) != 0 ? HAS_BLOCKED : 0);
	head->flow_id = wp_flow_id(flow);
	head->tenant = wp_flow_tenant(flow);
	head->path = flow->path;
	head->step = flow->step;
	head->l7 = flow->l7;
	set_flow_addresses(head, flow, is_of_flow(kind) ? WP_CLIENT : head->side);
}

/** Begins a record, with what all have. @return room for its fields */
static struct fields
begin(struct record *record, enum record_kind kind, const struct record_context *context)
{
	struct record_head *head = (struct record_head *)record->bytes;

	*head = (struct record_head){
		.kind = (uint8_t)kind,
		.pcap_cnt = context->pcap_cnt,
		.tx = context->tx,
		.side = context->side & 1,
	};
	if (context->pkt != NULL)
		set_packet(head, context->pkt, context->link);
	head->from = context->from;
	head->is_in_ipv6 = context->outer != NULL && context->outer->ip_version == 6;
	if (context->flow != NULL)
		set_flow(head, context->flow, kind);
	return (struct fields){.bytes = record->bytes + sizeof(*head),
			       .size = sizeof(record->bytes) - sizeof(*head)};
}

static void
end(struct record *record, const struct fields *fields)
{
	record->size = (uint32_t)(sizeof(struct record_head) + fields->used);
}

static struct wp_span
text_span(const char *text)
{
	return (struct wp_span){.data = (const uint8_t *)text, .size = (uint32_t)strlen(text)};
}

static void
add_int(struct fields *fields, const struct record_int *is)
{
	struct wp_span parts[] = {{(const uint8_t *)&is->value, sizeof(is->value)},
				  text_span(is->name)};

	field_add_parts(fields, FIELD_FLOWINT, NAME_MAX_, parts, 2);
}

static void
add_marks(struct fields *fields, const struct record_marks *marks)
{
	if (marks == NULL)
		return;
	for (unsigned int i = 0; i < marks->n_bits && i < BITS_MAX; i++)
		field_add(fields, FIELD_FLOWBIT, NAME_MAX_, text_span(marks->bits[i]));
	for (unsigned int i = 0; i < marks->n_ints && i < BITS_MAX; i++)
		add_int(fields, &marks->ints[i]);
}

static void
add_flow(struct fields *fields, const struct record_context *context)
{
	struct eve_flow flow;

	if (context->flow == NULL)
		return;
	flow = eve_flow(context->flow, context->now_ns);
	field_add_struct(fields, FIELD_FLOW, &flow, sizeof(flow));
}

static void
add_alert(struct fields *fields, const struct record_alert *alert)
{
	const struct rule *rule = alert->rule;
	struct field_alert field = {
		.number = rule->number,
		.sid = rule->sid,
		.gid = rule->gid,
		.rev = rule->rev,
		.verdict = alert->verdict,
		.action = alert->action,
		.reject = rule->reject,
		.of_stream = alert->of_stream,
		.dropped = alert->dropped,
	};

	field_add_struct(fields, FIELD_ALERT, &field, sizeof(field));
}

/** Adds what is known of a transaction: what was kept, and the message itself. */
static void
add_message(struct fields *fields, const struct record_context *context)
{
	size_t size = context->kept.size;

	if (size != 0 && size % 4 == 0 && size <= fields->size - fields->used) {
		memcpy(fields->bytes + fields->used, context->kept.data, size);
		fields->used += size;
	}
	if (context->event != NULL)
		keep_message(fields, context->event);
}

static void
add_hash(struct fields *fields, enum field_kind kind, const uint8_t *hash, uint32_t size)
{
	field_add(fields, kind, size, (struct wp_span){.data = hash, .size = size});
}

static void
add_file(struct fields *fields, const struct record_file *file)
{
	struct field_file field = {
		.size = file->size,
		.has_gaps = file->has_gaps,
		.is_whole = file->is_whole,
		.is_open = file->is_open,
	};

	field_add_struct(fields, FIELD_FILE, &field, sizeof(field));
	field_add(fields, FIELD_FILE_NAME, FILE_NAME_MAX, file->name);
	add_hash(fields, FIELD_MD5, file->md5, 16);
	add_hash(fields, FIELD_SHA1, file->sha1, 20);
	add_hash(fields, FIELD_SHA256, file->sha256, 32);
}

/** Adds what the packet was found in. */
static void
add_tunnel(struct fields *fields, const struct record_context *context)
{
	const struct wp_packet *outer = context->outer;
	struct field_tunnel tunnel = {.depth = context->depth};

	if (outer == NULL || outer->l3 == 0)
		return;
	memcpy(tunnel.source, wp_source(outer), wp_address_size(outer));
	memcpy(tunnel.dest, wp_dest(outer), wp_address_size(outer));
	tunnel.version = outer->ip_version;
	tunnel.proto = outer->l4_proto;
	tunnel.source_port = outer->l4_sport;
	tunnel.dest_port = outer->l4_dport;
	field_add_struct(fields, FIELD_TUNNEL, &tunnel, sizeof(tunnel));
}

void
record_alert(struct record *record, const struct record_context *context,
	     const struct record_alert *alert)
{
	struct fields fields = begin(record, RECORD_ALERT, context);

	add_alert(&fields, alert);
	add_tunnel(&fields, context);
	add_flow(&fields, context);
	add_marks(&fields, context->marks);
	add_message(&fields, context);
	if (context->length != 0)
		field_add_struct(&fields, FIELD_HTTP_LENGTH, &context->length,
				 sizeof(context->length));
	if (alert->file != NULL)
		add_file(&fields, alert->file);
	field_add(&fields,
		  context->side == WP_CLIENT ? FIELD_HTTP_REQUEST_BODY : FIELD_HTTP_RESPONSE_BODY,
		  RECORD_PAYLOAD_MAX, alert->body);
	field_add(&fields, FIELD_PAYLOAD, RECORD_PAYLOAD_MAX, alert->payload);
	field_add(&fields, FIELD_PACKET, RECORD_PAYLOAD_MAX, alert->packet);
	end(record, &fields);
}

/** Reads the TCP or UDP header of a packet. */
static void
read_l4(struct field_drop *drop, const struct wp_packet *pkt)
{
	const uint8_t *l4 = wp_l4(pkt);

	if (pkt->l4 == 0 || pkt->payload == 0)
		return;
	if (pkt->l4_proto == WP_PROTO_UDP) {
		drop->has_udp = true;
		drop->udp_len = wp_get16(l4 + 4);
	} else if (pkt->l4_proto == WP_PROTO_TCP) {
		drop->has_tcp = true;
		drop->tcp_seq = wp_get32(l4 + 4);
		drop->tcp_ack = wp_get32(l4 + 8);
		drop->tcp_reserved = l4[12] & 0x0f;
		drop->tcp_flags = l4[FLAGS_TCP];
		drop->tcp_window = wp_get16(l4 + 14);
		drop->tcp_urgent = wp_get16(l4 + 18);
	}
}

static void
add_drop(struct fields *fields, const struct wp_packet *pkt, enum record_drop reason)
{
	struct field_drop drop = {.reason = (uint8_t)reason};

	if (pkt != NULL && pkt->l3 != 0) {
		const uint8_t *ip = wp_l3(pkt);

		if (pkt->ip_version == 4) {
			drop.tos = ip[1];
			drop.len = wp_get16(ip + 2);
			drop.ip_id = wp_get16(ip + 4);
			drop.ttl = ip[8];
		} else {
			drop.tos = (uint8_t)(wp_get16(ip) >> 4);
			drop.flow_label = wp_get32(ip) & 0xfffff;
			drop.len = wp_get16(ip + 4);
			drop.ttl = ip[7];
		}
		read_l4(&drop, pkt);
	}
	field_add_struct(fields, FIELD_DROP, &drop, sizeof(drop));
}

void
record_drop(struct record *record, const struct record_context *context, enum record_drop reason,
	    const struct record_alert *alert)
{
	struct fields fields = begin(record, RECORD_DROP, context);

	add_drop(&fields, context->pkt, reason);
	if (alert != NULL)
		add_alert(&fields, alert);
	add_marks(&fields, context->marks);
	end(record, &fields);
}

void
record_flow(struct record *record, const struct record_context *context, bool alerted)
{
	struct fields fields = begin(record, RECORD_FLOW, context);

	if (alerted)
		((struct record_head *)record->bytes)->has |= HAS_ALERTED;
	add_flow(&fields, context);
	add_marks(&fields, context->marks);
	end(record, &fields);
}

void
record_message(struct record *record, const struct record_context *context, enum record_kind kind)
{
	struct fields fields = begin(record, kind, context);

	add_message(&fields, context);
	add_marks(&fields, context->marks);
	end(record, &fields);
}

void
record_file(struct record *record, const struct record_context *context,
	    const struct record_file *file)
{
	struct fields fields = begin(record, RECORD_FILE, context);

	add_file(&fields, file);
	add_message(&fields, context);
	add_marks(&fields, context->marks);
	end(record, &fields);
}

void
record_anomaly(struct record *record, const struct record_context *context, enum record_layer layer,
	       const char *event)
{
	struct fields fields = begin(record, RECORD_ANOMALY, context);
	uint8_t where = (uint8_t)layer;
	struct wp_span parts[2] = {{&where, 1}};

	if (event == NULL && context->event != NULL)
		event = anomaly_name(context->event);
	parts[1] = text_span(event != NULL ? event : "unknown");
	field_add_parts(&fields, FIELD_ANOMALY, NAME_MAX_, parts, 2);
	add_marks(&fields, context->marks);
	end(record, &fields);
}

void
record_stats(struct record *record, uint64_t uptime_s, const struct record_counter *counters,
	     unsigned int n)
{
	struct fields fields = begin(record, RECORD_STATS, &(struct record_context){.tx = -1});

	((struct record_head *)record->bytes)->uptime_s = uptime_s;
	for (unsigned int i = 0; i < n; i++) {
		struct wp_span parts[] = {
			{(const uint8_t *)&counters[i].value, sizeof(counters[i].value)},
			text_span(counters[i].name)};

		field_add_parts(&fields, FIELD_COUNTER, NAME_MAX_, parts, 2);
	}
	end(record, &fields);
}

size_t
record_keep(void *kept, size_t size, size_t used, const struct wp_stream_event *event)
{
	struct fields fields = {.bytes = kept, .size = size, .used = used};

	keep_message(&fields, event);
	return fields.used;
}

size_t
record_keep_length(void *kept, size_t size, size_t used, uint64_t length)
{
	struct fields fields = {.bytes = kept, .size = size, .used = used};

	field_add_struct(&fields, FIELD_HTTP_LENGTH, &length, sizeof(length));
	return fields.used;
}

bool
record_read_stats(const void *bytes, size_t size, uint64_t *values, unsigned int n)
{
	const struct record_head *head = bytes;
	struct wp_span rest = {(const uint8_t *)bytes + sizeof(*head),
			       (uint32_t)(size - sizeof(*head))};
	struct field field;
	unsigned int i = 0;

	if (size < sizeof(*head) || head->kind != RECORD_STATS)
		return false;
	while (i < n && field_next(&rest, &field))
		if (field.kind == FIELD_COUNTER && field.size >= sizeof(uint64_t))
			memcpy(&values[i++], field.bytes, sizeof(uint64_t));
	return true;
}
