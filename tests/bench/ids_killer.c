/* SPDX-License-Identifier: BSD-3-Clause */
/* See ids_killer.h. Addresses are of 198.18.0.0/15 (RFC 2544): no other traffic has them. */

#include "ids_killer.h"

#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "match/hostile.h"
#include "parse/parse.h"
#include "rule/port.h"
#include "stream/flow.h"

enum {
	HOSTILE = 1000, /* bytes of what is hostile */
	USUAL = 200,    /* of what only has to be there, at the most */
	ETHERNET = 14,
	IP = 20,
	TCP = 20,
	UDP = 8,
	HANDSHAKE = 3,
	SYN = 2,
	PSH = 8,
	ACK = 16,
};

/** What goes into one buffer. */
struct part {
	uint8_t bytes[HOSTILE];
	uint32_t size;
};

/** What a message is made of. */
struct parts {
	struct part method, uri, body, answer, status, payload;
	bool is_http;
};

static struct part *
part_of(struct parts *parts, enum buffer_id buffer)
{
	switch (buffer) {
	case BUFFER_HTTP_METHOD:
		return &parts->method;
	case BUFFER_HTTP_URI:
	case BUFFER_HTTP_URI_RAW:
		return &parts->uri;
	case BUFFER_HTTP_REQUEST_BODY:
		return &parts->body;
	case BUFFER_HTTP_STATUS_CODE:
		return &parts->status;
	case BUFFER_HTTP_RESPONSE_BODY:
	case BUFFER_FILE_DATA:
		return &parts->answer;
	case BUFFER_PAYLOAD:
		return &parts->payload;
	default:
		return NULL;
	}
}

/** @return bytes that a list looks for, one behind the other, once. */
static uint32_t
usual_size(const struct rule_list *list)
{
	uint32_t size = 0;

	for (unsigned int i = 0; i < list->n; i++) {
		const struct rule_content *content = &list->matches[i].content;

		if (list->matches[i].kind == MATCH_CONTENT &&
		    (content->flags & CONTENT_NEGATED) == 0)
			size += content->size + ((content->flags & CONTENT_DISTANCE) != 0 &&
								 content->distance.value > 0
							 ? (uint32_t)content->distance.value
							 : 0);
		else if (list->matches[i].kind == MATCH_PCRE)
			return USUAL;
	}
	return size < USUAL ? size : USUAL;
}

/** Fills the parts. @return false: there is one that is not made here */
static bool
fill(struct parts *parts, const struct rule *rule, unsigned int which, unsigned int kind)
{
	for (unsigned int i = 0; i < rule->n_lists; i++) {
		const struct rule_list *list = &rule->lists[i];
		struct part *part = part_of(parts, (enum buffer_id)list->buffer);
		unsigned int all = hostile_kinds(list);

		if (part == NULL || list->n_transforms != 0 || all == 0)
			return false;
		part->size = i == which ? HOSTILE : usual_size(list);
		/* The kinds of all conditions stand behind those of fewer ones. */
		hostile_make(list, i == which ? kind : all - all / list->n, part->bytes,
			     part->size);
		parts->is_http |= list->buffer != BUFFER_PAYLOAD;
	}
	return true;
}

/** Leaves out of a target what would end it. */
static void
mend_target(struct part *uri)
{
	for (uint32_t i = 0; i < uri->size; i++)
		if (uri->bytes[i] <= ' ' || uri->bytes[i] >= 0x7f)
			uri->bytes[i] = 'a';
}

/** Puts a body behind a head. @param n  bytes of the head, as snprintf() said @return whether there
 * is room */
static bool
put_body(struct killer *killer, unsigned int side, int n, const struct part *body)
{
	if (n < 0 || (uint32_t)n + body->size >= KILLER_MESSAGE)
		return false;
	memcpy(killer->bytes[side] + n, body->bytes, body->size);
	killer->size[side] = (uint32_t)n + body->size;
	return true;
}

static bool
make_http(struct killer *killer, struct parts *parts)
{
	static const struct part get = {"GET", 3}, post = {"POST", 4}, ok = {"200", 3};
	const struct part *method = parts->method.size != 0 ? &parts->method
				    : parts->body.size != 0 ? &post
							    : &get;
	const struct part *status = parts->status.size != 0 ? &parts->status : &ok;
	int n;

	mend_target(&parts->uri);
	n = snprintf((char *)killer->bytes[0], KILLER_MESSAGE,
		     "%.*s %s%.*s HTTP/1.1\r\nHost: a\r\nContent-Length: %u\r\n\r\n",
		     (int)method->size, method->bytes,
		     parts->uri.size == 0 || parts->uri.bytes[0] != '/' ? "/" : "",
		     (int)parts->uri.size, parts->uri.bytes, parts->body.size);
	if (!put_body(killer, 0, n, &parts->body))
		return false;
	n = snprintf((char *)killer->bytes[1], KILLER_MESSAGE,
		     "HTTP/1.1 %.*s OK\r\nContent-Type: text/html\r\nContent-Length: %u\r\n\r\n",
		     (int)status->size, status->bytes, parts->answer.size);
	return put_body(killer, 1, n, &parts->answer);
}

/** @return a port that a rule is about, or 0. */
static uint16_t
port_of(const struct port_set *set, uint16_t wish)
{
	if (set == NULL || port_set_has(set, wish))
		return wish;
	for (unsigned int port = 1; port < UINT16_MAX; port++)
		if (port_set_has(set, (uint16_t)port))
			return (uint16_t)port;
	return 0;
}

bool
killer_make(struct killer *killer, const struct rule *rule, unsigned int list, unsigned int kind)
{
	struct parts parts = {0};
	bool is_answer = (rule->flow & RULE_TO_CLIENT) != 0;

	*killer = (struct killer){.rule = rule, .is_udp = rule->proto == RULE_UDP};
	if (!fill(&parts, rule, list, kind) || parts.status.size > 3)
		return false;
	killer->port = port_of(is_answer ? rule->source_ports : rule->destination_ports,
			       parts.is_http ? 80 : 9999);
	if (killer->port == 0 || (parts.is_http && parts.payload.size != 0))
		return false;
	if (parts.is_http)
		return make_http(killer, &parts);
	return put_body(killer, is_answer, 0, &parts.payload) && parts.payload.size != 0;
}

/* Packets. */

void
killer_begin(struct killer_flow *flow, const struct killer *killer, uint32_t number)
{
	*flow = (struct killer_flow){
		.killer = killer, .number = number, .next = {1000, 5000}, .step = 0};
	if (killer->is_udp)
		flow->step = HANDSHAKE;
}

/** Puts addresses into an IP header, and what a whole packet has. */
static void
put_ip(const struct killer_flow *flow, unsigned int from, uint8_t *ip, uint32_t size)
{
	const uint8_t ends[2][4] = {
		{198, 18, (uint8_t)(flow->number >> 8), (uint8_t)flow->number},
		{198, 19, (uint8_t)(flow->number >> 24), (uint8_t)(flow->number >> 16)}};

	memset(ip, 0, IP);
	ip[0] = 0x45;
	wp_put16(ip + 2, size);
	ip[8] = 64;
	ip[9] = flow->killer->is_udp ? WP_PROTO_UDP : WP_PROTO_TCP;
	memcpy(ip + 12, ends[from], 4);
	memcpy(ip + 16, ends[1 - from], 4);
	wp_put16(ip + IP, from == 0 ? 40000 : flow->killer->port);
	wp_put16(ip + IP + 2, from == 0 ? flow->killer->port : 40000);
}

static void
put_tcp(struct killer_flow *flow, unsigned int from, uint8_t *tcp, uint8_t flags, uint32_t size)
{
	wp_put32(tcp + 4, flow->next[from]);
	wp_put32(tcp + 8, (flags & ACK) != 0 ? flow->next[1 - from] : 0);
	wp_put32(tcp + 12, (uint32_t)(0x50 << 24 | flags << 16 | 65535));
	wp_put32(tcp + 16, 0);
	flow->next[from] += size + ((flags & SYN) != 0);
}

static uint32_t
put(struct killer_flow *flow, unsigned int from, uint8_t flags, uint32_t size, uint8_t *frame)
{
	uint8_t *ip = frame + ETHERNET;
	uint32_t header = flow->killer->is_udp ? UDP : TCP;

	memset(frame, 2, ETHERNET);
	wp_put16(frame + 12, 0x0800);
	put_ip(flow, from, ip, IP + header + size);
	if (flow->killer->is_udp)
		wp_put32(ip + IP + 4, (UDP + size) << 16);
	else
		put_tcp(flow, from, ip + IP, flags, size);
	memcpy(ip + IP + header, flow->killer->bytes[from], size);
	return ETHERNET + IP + header + size;
}

uint32_t
killer_next(struct killer_flow *flow, uint8_t frame[KILLER_FRAME])
{
	static const uint8_t flags[HANDSHAKE] = {SYN, SYN | ACK, ACK};
	const uint32_t *size = flow->killer->size;
	uint32_t step = flow->step++;
	unsigned int from = size[1] != 0 && (size[0] == 0 || (step - HANDSHAKE) % 2 != 0);

	if (step < HANDSHAKE)
		return put(flow, step == 1, flags[step], 0, frame);
	return put(flow, from, PSH | ACK, size[from], frame);
}
