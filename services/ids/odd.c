/* SPDX-License-Identifier: BSD-3-Clause */
/* See odd.h. */

#include "odd_own.h"

#include "bytes.h"
#include "oddity/oddity_packet.h"
#include "parse/parse.h"

/** @return whether rules ask for events of a protocol. */
static bool
want_l7(const struct event_rules *events, enum wp_l7 l7)
{
	static const struct {
		enum rule_event first, last;
	} of[WP_L7_PROTOCOLS] = {
		[WP_L7_HTTP] = {EVENT_HTTP_100_CONTINUE_ALREADY_SEEN,
				EVENT_HTTP_URI_DELIM_NON_COMPLIANT},
		[WP_L7_TLS] = {EVENT_TLS_CERTIFICATE_INVALID_ALGORITHMIDENTIFIER,
			       EVENT_TLS_TOO_MANY_RECORDS_IN_PACKET},
		[WP_L7_SSH] = {EVENT_SSH_INVALID_BANNER, EVENT_SSH_LONG_BANNER},
		[WP_L7_SMTP] = {EVENT_SMTP_BDAT_CHUNK_LEN_EXCEEDED, EVENT_SMTP_UNPARSABLE_CONTENT},
		[WP_L7_FTP] = {EVENT_FTP_REQUEST_COMMAND_TOO_LONG,
			       EVENT_FTP_RESPONSE_COMMAND_TOO_LONG},
		[WP_L7_SMB] = {EVENT_SMB_DUPLICATE_NEGOTIATE, EVENT_SMB_WRITE_REQUEST_TOO_LARGE},
	};

	return events->first[of[l7].first] != events->first[of[l7].last + 1];
}

/** @return whether rules ask how connections begin. */
static bool
want_begin(const struct event_rules *events)
{
	return events->first[EVENT_L7_MISMATCH_PROTOCOL_BOTH_DIRECTIONS] !=
	       events->first[EVENT_L7_UNEXPECTED_PROTOCOL + 1];
}

unsigned int
odd_bits(const struct detector *detector)
{
	const struct event_rules *events = &detector->events;

	return (want_begin(events) || detector->asks_sides ? ODD_BEGIN : 0) |
	       (want_l7(events, WP_L7_TLS) ? ODD_TLS : 0) |
	       (want_l7(events, WP_L7_SSH) ? ODD_SSH : 0);
}

bool
odd_hears(const struct detector *detector, const struct wp_stream_want *want)
{
	const struct event_rules *events = &detector->events;

	switch ((enum wp_stream_event_type)want->type) {
	case WP_FLOW_CONFLICT:
		return event_rules_have(events, EVENT_STREAM_REASSEMBLY_OVERLAP_DIFFERENT_DATA);
	case WP_FLOW_CAP:
		return events->stream;
	case WP_SMTP_REPLY:
		return want_l7(events, WP_L7_SMTP) || want_begin(events);
	case WP_L7_ANOMALY:
		return want_l7(events, (enum wp_l7)want->l7);
	default:
		return true;
	}
}

void
odd_ask(struct detect *detect, const struct moment *at, const struct oddities *odd)
{
	struct moment moment = *at;

	if (odd->n == 0)
		return;
	moment.kind = MOMENT_EVENT;
	moment.odd = odd;
	detect_moment(detect, &moment);
}

/* Packets. */

/** @return bytes that a segment says were received behind what it acknowledges (RFC 2018). */
static uint32_t
sacked_bytes(const struct wp_packet *pkt)
{
	enum { HEADER = 20, OPTION_END = 0, OPTION_NOP = 1, OPTION_SACK = 5, BLOCK = 8 };
	const uint8_t *at = wp_l4(pkt) + HEADER, *end = pkt->buf + pkt->payload;
	uint32_t bytes = 0;

	while (at < end && *at != OPTION_END) {
		unsigned int size = *at == OPTION_NOP ? 1 : end - at < 2 ? 0 : at[1];

		if (size == 0 || size > (size_t)(end - at) || (size == 1 && *at != OPTION_NOP))
			break;
		for (unsigned int i = 2; *at == OPTION_SACK && i + BLOCK <= size; i += BLOCK)
			bytes += wp_get32(at + i + 4) - wp_get32(at + i);
		at += size;
	}
	return bytes;
}

/** Goes on with the session that a packet's flow was before. */
static void
take_unanswered(struct detect *detect, struct moment *moment)
{
	if (detect->unanswered_flow == NULL)
		return;
	if (detect->unanswered_flow == moment->flow && moment->state != NULL &&
	    moment->state->watch.state == WATCH_NONE)
		moment->state->watch = detect->unanswered;
	detect->unanswered_flow = NULL;
}

/** Watches a connection. */
static void
watch(struct detect *detect, struct moment *moment, struct oddities *odd)
{
	struct stream_segment tcp;
	struct watch_segment segment = {
		.tcp = &tcp, .side = moment->side, .picks_up = detect->unread == 0};

	if (moment->pkt->l4 == 0 || !stream_segment_read(moment->pkt, &tcp))
		return;
	segment.sacked = sacked_bytes(moment->pkt);
	if (moment->state == NULL && moment->flow != NULL &&
	    ((tcp.flags & TCP_SYN) != 0 || segment.picks_up))
		moment->state = flow_state_make(moment->flow, detect->core);
	take_unanswered(detect, moment);
	if (moment->state != NULL)
		tcp_watch_take(&moment->state->watch, &segment, odd);
	else
		tcp_watch_stray(&tcp, odd);
}

/** Adds what was odd about messages, and waits for a packet of its sender. */
static void
take_kept(const struct moment *moment, struct oddities *odd)
{
	struct flow_side_state *side =
		moment->state == NULL ? NULL : &moment->state->sides[moment->side];

	for (unsigned int i = 0; side != NULL && i < side->n_odd; i++)
		oddities_add(odd, (enum rule_event)side->odd[i]);
	if (side != NULL)
		side->n_odd = 0;
}

void
odd_packet(struct detect *detect, struct moment *moment)
{
	struct oddities odd = {.n = 0};

	if (detect->detector->events.decode || tell_wants_odd(detect))
		oddity_packet(moment->pkt, &odd);
	if (tell_wants_odd(detect))
		tell_odd(detect, moment, &odd);
	if (detect->detector->events.stream && moment->proto == WP_PROTO_TCP &&
	    (moment->pkt->flags & WP_PKT_FRAGMENT) == 0)
		watch(detect, moment, &odd);
	take_kept(moment, &odd);
	odd_ask(detect, moment, &odd);
}

void
odd_event(struct detect *detect, const struct wp_stream_event *event)
{
	const struct event_rules *events = &detect->detector->events;
	bool is_tcp = event->flow->proto == WP_PROTO_TCP;

	if (events->stream && is_tcp && event->type < WP_L7_START)
		odd_stream(detect, event);
	if ((!events->l7 && detect->odd == 0) || !detect_is_read(detect, event->flow))
		return;
	if (event->type >= WP_L7_START && events->l7)
		odd_message(detect, event);
	else if (event->type < WP_L7_START && detect->odd != 0 && is_tcp)
		odd_bytes(detect, event);
}
