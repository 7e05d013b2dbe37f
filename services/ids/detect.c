/* SPDX-License-Identifier: BSD-3-Clause */
/* See detect.h. */

#include "detect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act.h"
#include "body.h"
#include "chunk.h"
#include "file.h"
#include "mail.h"
#include "mend.h"
#include "odd.h"
#include "parse/parse.h"
#include "refuse.h"
#include "state/flow_state.h"
#include "stream/l7/mime.h"
#include "stream/l7/text.h"
#include "stream/l7/tls.h"
#include "stream/segment.h"
#include "syn.h"
#include "told.h"

/** Counts of limits in one worker. */
enum { LIMITS = 1 << 16 };

/** The number of the only message of a flow whose protocol has but one. */
enum { ONLY_MESSAGE = 1 };

int
detect_create(const struct ids_conf *conf, const struct detector *detector, struct wp_core *core,
	      struct detect **detect)
{
	struct detect *new = calloc(1, sizeof(*new));

	if (new == NULL)
		return -ENOMEM;
	new->conf = conf;
	new->detector = detector;
	new->core = core;
	new->prevents = conf->mode == IDS_PREVENT;
	new->drops_invalid = new->prevents && conf->drop_invalid;
	new->odd = odd_bits(detector);
	new->dark = conf->encrypted ? 0 : WP_FLOW_ENCRYPTED;
	new->unread = conf->midstream ? 0 : WP_FLOW_PICKED_UP;
	new->chunk = new->prevents ? CHUNK_ROOM : conf->chunk;
	new->body = conf->body;
	new->alerts_max = conf->alerts_max;
	reject_open(&new->rejects);
	load_open(&new->load, conf);
	new->view.key = (struct wp_hash_key){(uintptr_t) new ^ core->random, core->random};
	new->limits = limit_table_create(LIMITS, (uintptr_t) new ^ core->random, core->random);
	if (new->limits == NULL || asker_create(detector, core, act, new, &new->asker) != 0) {
		detect_destroy(new);
		return -ENOMEM;
	}
	*detect = new;
	return 0;
}

void
detect_destroy(struct detect *detect)
{
	if (detect == NULL)
		return;
	asker_destroy(detect->asker);
	limit_table_destroy(detect->limits);
	free(detect);
}

/** A packet has taken more than it may, or has to wait. */
static void
overload(struct detect *detect, const struct moment *moment)
{
	struct load *load = &detect->load;

	if (load->is_over)
		return;
	load->is_over = true;
	detect->core->counters[COUNT_OVER]++;
	if (load_tells(load, detect->core->now_ns))
		tell_load(detect, moment, "ids.over_budget");
	if (load->drops && moment->pkt != NULL)
		wp_drop((struct wp_packet *)(uintptr_t)moment->pkt, REASON_LOAD);
	/* What a connection brings is told once: sent again, nobody would look at it. */
	if (load->drops && moment->flow != NULL && moment->kind >= MOMENT_STREAM &&
	    moment->kind <= MOMENT_BODY)
		wp_flow_block(moment->flow);
}

/** Takes what a look has cost, for its flow. @param is_cut  it would have cost more */
static void
charge(struct detect *detect, struct moment *moment, int32_t beyond, bool is_cut)
{
	enum { LITTLE = 256 /* steps that nothing is remembered for */ };
	enum load_change change;

	if (!detect->load.puts_off || moment->flow == NULL ||
	    (moment->state == NULL && beyond < LITTLE && !is_cut))
		return;
	if (moment->state == NULL)
		moment->state = flow_state_make(moment->flow, detect->core);
	if (moment->state == NULL)
		return;
	change = load_charge(&moment->state->load, beyond, is_cut, detect->core->now_ns);
	if (change == LOAD_SAME)
		return;
	detect->core->counters[change == LOAD_HEAVY ? COUNT_HEAVY : COUNT_LIGHT]++;
	tell_load(detect, moment, change == LOAD_HEAVY ? "ids.flow_diverted" : "ids.flow_returned");
}

/** Asks the rules, as far as that may cost. */
static void
ask_within(struct detect *detect, struct moment *moment)
{
	const struct flow_load *of = moment->state == NULL ? NULL : &moment->state->load;
	uint32_t bytes = moment->payload.size + moment->body.size, took;
	uint32_t granted = load_grant(&detect->load, of, bytes);

	if (granted == 0) {
		detect->core->counters[COUNT_UNSEEN]++;
		charge(detect, moment, 0, false);
		overload(detect, moment);
		return;
	}
	detect->asker->inspector.budget = granted;
	ask(detect->asker, moment);
	took = granted - detect->asker->inspector.budget;
	charge(detect, moment, load_take(&detect->load, of, bytes, took), took == granted);
	if (took == granted)
		overload(detect, moment);
}

/** @return whether a moment is of a flow that a rule has stopped: it does not get anywhere, and
 * there is nothing more to say of it. A SYN goes on: it may begin another one. */
static bool
is_stopped(const struct moment *moment)
{
	if ((moment->flow->flags & WP_FLOW_BLOCKED) == 0)
		return false;
	return moment->kind != MOMENT_PACKET || !stream_segment_begins(moment->pkt);
}

void
detect_moment(struct detect *detect, struct moment *moment)
{
	if (moment->flow != NULL && is_stopped(moment))
		return;
	if (moment->state != NULL) {
		/* What was gathered before is looked at when the flow ends. */
		if (moment->state->passed || (moment->state->bypassed && moment->pkt != NULL))
			return;
		flow_state_meet(moment->state, detect->detector->number);
	}
	ask_within(detect, moment);
	detect->core->counters[COUNT_ASKED] += detect->asker->n_asked;
	detect->core->counters[COUNT_GAVE_UP] += detect->asker->inspector.gave_up;
	detect->asker->n_asked = 0;
	detect->asker->inspector.gave_up = 0;
}

/** @return whether the bytes of a packet are in no stream. */
static bool
is_stray(const struct detect *detect, const struct moment *moment)
{
	const struct wp_packet *pkt = moment->pkt;
	struct stream_segment segment;

	if (moment->proto != WP_PROTO_TCP || moment->payload.size == 0)
		return false;
	if (pkt->flow == NULL || !detect_is_read(detect, pkt->flow) ||
	    noted_has(&detect->refused, pkt))
		return true;
	/* Nothing is sent with a SYN, but where RFC 7413 is spoken. */
	return (wp_l4(pkt)[13] & TCP_SYN) != 0 && stream_segment_read(pkt, &segment) &&
	       !segment.has_fast_open;
}

/** @return whether a packet does nothing but end the handshake: a connection is established, and
 * spoken over, behind it. */
static bool
ends_handshake(const struct moment *moment)
{
	const struct wp_flow *flow = moment->flow;

	return flow->proto == WP_PROTO_TCP && (flow->flags & WP_FLOW_PICKED_UP) == 0 &&
	       moment->side == WP_CLIENT && moment->payload.size == 0 &&
	       flow->sides[WP_CLIENT].packets == 2 && flow->sides[WP_SERVER].packets == 1;
}

/** Another protocol goes on with a flow: how it began does not tell any more. */
static void
forget_begin(struct flow_state *state)
{
	state->first[WP_CLIENT].found = state->first[WP_SERVER].found = FIRST_OPEN;
}

/** @return whether rules were not asked yet about the protocol that a side speaks: it is the first,
 * or goes on with a flow that was another's (STARTTLS). What is none behind that is still its. */
static bool
is_new_l7(struct flow_state *state, unsigned int side, uint8_t l7)
{
	uint8_t before = state->asked[side];

	if (before == l7 || (before != RULE_L7_UNKNOWN && l7 == RULE_L7_FAILED))
		return false;
	state->asked[side] = l7;
	if (before != RULE_L7_UNKNOWN)
		forget_begin(state);
	return true;
}

/** @return whether a packet is the first of its side behind the bytes that tell its protocol. */
static bool
meets_l7(struct detect *detect, struct moment *moment)
{
	const struct wp_flow *flow = moment->flow;

	if (!detect->detector->asks_sides || moment->l7 == RULE_L7_UNKNOWN ||
	    (flow->proto == WP_PROTO_TCP && flow->sides[moment->side].offset == 0))
		return false;
	if (moment->state == NULL)
		moment->state = flow_state_make(moment->flow, detect->core);
	return moment->state != NULL && is_new_l7(moment->state, moment->side, moment->l7);
}

/** Has a flow's messages read again, if they were put off and need not be any more. */
static void
read_on(struct detect *detect, const struct moment *moment, struct wp_flow *flow)
{
	if ((flow->flags & WP_FLOW_PUT_OFF) != 0 &&
	    !load_waits(&detect->load, moment->state == NULL ? NULL : &moment->state->load))
		wp_flow_put_off(flow, false);
}

/** @return whether a packet is part of a datagram that is looked at when it is whole: see
 * look_at_datagram(), and in captures, of which no flow is, as a packet. */
static bool
is_part(const struct detect *detect, const struct wp_packet *pkt)
{
	return (pkt->flags & WP_PKT_FRAGMENT) != 0 &&
	       (detect->conf->capture || (pkt->flow != NULL && pkt->l4_proto != WP_PROTO_TCP));
}

/** Sees to a packet's flow. */
static void
join_flow(struct detect *detect, struct moment *moment, struct wp_packet *pkt)
{
	moment->state = flow_state_find(pkt->flow, detect->core);
	read_on(detect, moment, pkt->flow);
	if (detect_is_dark(detect, pkt->flow))
		moment->payload.size = 0;
	if (!detect_is_read(detect, pkt->flow) || ends_handshake(moment)) {
		moment->l7 = RULE_L7_UNKNOWN;
		moment->is_established = false;
	}
	moment->meets_l7 = meets_l7(detect, moment);
	if (detect->prevents && pkt->flow->proto == WP_PROTO_TCP) {
		chunk_flush(detect, pkt->flow, moment->side, pkt);
		body_flush(detect, pkt->flow, moment->side, pkt);
	}
}

void
detect_packet(struct detect *detect, struct wp_packet *pkt)
{
	struct moment moment;

	if (pkt != detect->met)
		load_begin(&detect->load);
	moment_of_packet(&moment, pkt, pkt->flow);
	if (pkt->flow != NULL)
		join_flow(detect, &moment, pkt);
	if (is_part(detect, pkt))
		moment.payload = (struct inspect_bytes){0};
	odd_packet(detect, &moment);
	moment.is_stray = is_stray(detect, &moment);
	detect_moment(detect, &moment);
	if (noted_has(&detect->mended, pkt))
		mend_look(detect, &moment);
	hits_hear(detect, pkt);
	refuse_unread(detect, pkt);
	syn_strip(detect, pkt);
}

/* Messages. */

/** @return whether a response is one in front of another (RFC 9110 section 15.2). */
static bool
is_interim(const struct wp_stream_event *event)
{
	enum { SWITCHING = 101 };

	return event->type == WP_HTTP_HEAD && !event->http->is_request &&
	       event->http->status / 100 == 1 && event->http->status != SWITCHING;
}

/** A message begins: rules that held in parts of the one before are forgotten. @return its number
 */
static uint64_t
next_message(struct detect *detect, const struct wp_stream_event *event)
{
	struct flow_state *state = flow_state_find(event->flow, detect->core);

	if (state == NULL)
		return ONLY_MESSAGE;
	if (!state->sides[event->side].is_begun)
		state->sides[event->side].n_pending = 0;
	state->sides[event->side].is_begun = false;
	if (is_interim(event)) /* the answer is still to come */
		return state->sides[event->side].message + 1;
	return ++state->sides[event->side].message;
}

/** @return whether what a message says may come once more: SSH's banner comes with the lists behind
 * it, too, and a hello is said again when the server wants that (RFC 8446 section 4.1.4). */
static bool
comes_again(const struct wp_stream_event *event)
{
	return event->type == WP_SSH_BANNER || event->type == WP_TLS_HELLO;
}

/** @param is_early  more of the message comes */
static void
look_at(struct detect *detect, enum moment_kind kind, const struct wp_stream_event *event,
	uint64_t transaction, bool is_early)
{
	struct moment moment;

	if (!detect->detector->wants_l7[event->flow->l7])
		return;
	view_open(&detect->view, event);
	if (event->type == WP_HTTP_HEAD)
		detect->view.target = told_target(detect, event);
	moment_of_flow(&moment, kind, event->flow, event->side, event->pkt);
	moment.state = flow_state_find(event->flow, detect->core);
	moment.view = &detect->view;
	moment.message = event;
	moment.transaction = transaction;
	moment.is_early = is_early;
	moment.comes_again = comes_again(event);
	if (!chunk_gathered(detect, event->flow, event->side, &moment.payload) &&
	    event->pkt != NULL)
		moment.payload = moment_payload(event->pkt);
	detect_moment(detect, &moment);
}

static void
look(struct detect *detect, enum moment_kind kind, const struct wp_stream_event *event,
     uint64_t transaction)
{
	look_at(detect, kind, event, transaction, false);
}

void
detect_head(struct detect *detect, const struct wp_stream_event *event, uint64_t transaction)
{
	look(detect, MOMENT_HEAD, event, transaction);
}

static void
look_at_head(struct detect *detect, const struct wp_stream_event *event)
{
	file_end(detect, event->flow, event->side, false);
	body_end(detect, event->flow, event->side, event->pkt);
	file_begin(detect, event);
	look(detect, MOMENT_HEAD, event, next_message(detect, event));
	body_begin(detect, event);
}

/** A request of HTTP/0.9 is answered before its head is whole, if that ever gets so. */
static void
look_at_line(struct detect *detect, const struct wp_stream_event *event)
{
	struct flow_state *state = flow_state_make(event->flow, detect->core);
	struct wp_stream_event head = *event;

	if (state == NULL)
		return;
	state->sides[event->side].n_pending = 0;
	state->sides[event->side].is_begun = true;
	head.type = WP_HTTP_HEAD;
	look_at(detect, MOMENT_HEAD, &head, state->sides[event->side].message + 1, true);
}

static void
look_at_hello(struct detect *detect, const struct wp_stream_event *event)
{
	struct flow_state *state = flow_state_make(event->flow, detect->core);
	unsigned int first = state == NULL ? FIRST_OPEN : state->first[event->side].found;

	if (state != NULL)
		state->tls_version = event->tls->version;
	if (first > FIRST_LOST && first != FIRST_TLS) /* it began as another protocol */
		forget_begin(state);
	look(detect, MOMENT_HEAD, event, ONLY_MESSAGE);
}

/** Looks at a datagram that has come in fragments: with the last of them, as it is whole then. Any
 * other is looked at as its packet. */
static void
look_at_datagram(struct detect *detect, const struct wp_stream_event *event)
{
	struct moment moment;

	if (event->pkt == NULL || (event->pkt->flags & WP_PKT_FRAGMENT) == 0)
		return;
	moment_of_flow(&moment, MOMENT_PACKET, event->flow, event->side, event->pkt);
	moment.state = flow_state_find(event->flow, detect->core);
	moment.payload = (struct inspect_bytes){.data = event->data, .size = event->size};
	detect_moment(detect, &moment);
}

/* What happens to flows. */

static void
end_message(struct detect *detect, const struct wp_stream_event *event)
{
	file_end(detect, event->flow, event->side, false);
	body_end(detect, event->flow, event->side, event->pkt);
	file_drop(detect, event->flow, event->side);
	chunk_flush(detect, event->flow, event->side, event->pkt);
}

static void
end_flow(struct detect *detect, const struct wp_stream_event *event)
{
	for (unsigned int side = 0; side < 2; side++) {
		file_end(detect, event->flow, side, false);
		body_end(detect, event->flow, side, NULL);
		chunk_break(detect, event->flow, side, NULL);
	}
	tell_end(detect, event);
	hits_end(detect, event->flow);
	flow_state_drop(event->flow, detect->core);
}

/** @return whether messages of a flow are left out: it is heavy, and there is nothing to pay for
 * them. Where the service prevents, they are not: the flow ends then. */
static bool
is_put_off(const struct detect *detect, struct wp_flow *flow)
{
	const struct flow_state *state = flow_state_find(flow, detect->core);

	return !detect->load.drops &&
	       load_waits(&detect->load, state == NULL ? NULL : &state->load);
}

/** Leaves a message out, and has no more of them read. What is known of one that misses a part is
 * forgotten: neither its body nor its digests are those of another. */
static void
leave_out(struct detect *detect, const struct wp_stream_event *event)
{
	detect->core->counters[COUNT_UNSEEN]++;
	wp_flow_put_off(event->flow, true);
	if ((event->type < WP_HTTP_HEAD || event->type > WP_HTTP_END) &&
	    !mail_is_event(event->type))
		return;
	file_drop(detect, event->flow, event->side);
	body_drop(detect, event->flow, event->side);
}

/* Events. */

static void
take_data(struct detect *detect, const struct wp_stream_event *event)
{
	if (event->flow->proto != WP_PROTO_TCP)
		look_at_datagram(detect, event);
	else if (event->detail == WP_DATA_PLAIN)
		chunk_data(detect, event);
}

static void
take_gap(struct detect *detect, const struct wp_stream_event *event)
{
	file_take(detect, event);
	chunk_break(detect, event->flow, event->side, event->pkt);
}

static void
take_body(struct detect *detect, const struct wp_stream_event *event)
{
	file_take(detect, event);
	body_data(detect, event);
}

static void
take_hello(struct detect *detect, const struct wp_stream_event *event)
{
	look_at_hello(detect, event);
	chunk_flush(detect, event->flow, event->side, event->pkt);
}

static void
take_certificates(struct detect *detect, const struct wp_stream_event *event)
{
	look(detect, MOMENT_CERTIFICATES, event, ONLY_MESSAGE);
}

static void
take_banner(struct detect *detect, const struct wp_stream_event *event)
{
	look(detect, MOMENT_HEAD, event, ONLY_MESSAGE);
}

static void
take_message(struct detect *detect, const struct wp_stream_event *event)
{
	look(detect, MOMENT_HEAD, event, next_message(detect, event));
	chunk_flush(detect, event->flow, event->side, event->pkt);
}

/** Takes what a client of FTP says: of it, rules are asked about where its data is to go. */
static void
take_command(struct detect *detect, const struct wp_stream_event *event)
{
	if (event->line->has_endpoint)
		look(detect, MOMENT_HEAD, event, next_message(detect, event));
}

/** Who takes which event; NULL: nobody does. */
static void (*const takers[WP_FLOW_EVENTS])(struct detect *, const struct wp_stream_event *) = {
	[WP_FLOW_DATA] = take_data,      [WP_FLOW_CONFLICT] = mend_conflict,
	[WP_FLOW_GAP] = take_gap,        [WP_FLOW_FINISH] = end_message,
	[WP_FLOW_END] = end_flow,        [WP_FLOW_ANOMALY] = refuse,
	[WP_HTTP_HEAD] = look_at_head,   [WP_HTTP_LINE] = look_at_line,
	[WP_HTTP_BODY] = take_body,      [WP_HTTP_END] = end_message,
	[WP_TLS_HELLO] = take_hello,     [WP_TLS_CERTIFICATES] = take_certificates,
	[WP_SSH_BANNER] = take_banner,   [WP_MIME_PART] = mail_begin,
	[WP_MIME_DATA] = take_body,      [WP_MIME_END] = mail_end,
	[WP_DNS_MESSAGE] = take_message, [WP_SMTP_COMMAND] = take_message,
	[WP_SMB_MESSAGE] = take_message, [WP_FTP_COMMAND] = take_command,
};

void
detect_event(struct detect *detect, const struct wp_stream_event *event)
{
	odd_event(detect, event);
	if (event->type != WP_FLOW_END && !detect_is_read(detect, event->flow))
		return;
	if (event->type > WP_L7_START && is_put_off(detect, event->flow)) {
		leave_out(detect, event);
		return;
	}
	if (event->type == WP_HTTP_END || event->type == WP_MIME_END) /* its digests are told */
		file_end(detect, event->flow, event->side,
			 event->type == WP_HTTP_END || event->detail == WP_MIME_WHOLE);
	tell_event(detect, event);
	if (takers[event->type] != NULL)
		takers[event->type](detect, event);
}
