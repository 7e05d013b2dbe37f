/* SPDX-License-Identifier: BSD-3-Clause */
/* See tell.h. */

#include "tell.h"

#include <stdio.h>

#include "chunk.h"
#include "detect.h"
#include "file.h"
#include "inst.h"
#include "mail.h"
#include "marks.h"
#include "out/json.h"
#include "parse/parse.h"
#include "state/flow_state.h"
#include "stream/l7/mime.h"
#include "sums.h"
#include "told.h"

void
tell_create(struct tell *tell, const struct ids *ids)
{
	tell->kinds = &ids->kinds;
	tell->marks = ids->marks;
	tell->of_capture = ids->conf->capture;
	tell->gathers = ids->kinds.gathers;
	if (ids->detector->asks_names)
		tell->gathers |= 1u << WP_L7_HTTP;
}

bool
tell_hears(const struct kinds *kinds, const struct wp_stream_want *want)
{
	if (!kinds_have(kinds, RECORD_ANOMALY))
		return false;
	return (want->type == WP_L7_ANOMALY && want->l7 == 0) ||
	       (want->type == WP_FLOW_CONFLICT && kinds_tell(kinds, DETAIL_STREAM));
}

/* What records have alike. */

static uint8_t
link_of(const struct tell *tell)
{
	return RECORD_VLANS | (kinds_tell(tell->kinds, DETAIL_MACS) ? RECORD_MACS : 0);
}

/** @return what is known of an event but its message. @param room  for marks */
static struct record_context
context_of(const struct detect *detect, const struct wp_packet *pkt, struct wp_flow *flow,
	   unsigned int side, struct marks_told *room)
{
	const struct tell *tell = &detect->tell;
	struct record_context context = {
		.pkt = pkt,
		.flow = flow,
		.now_ns = detect->core->now_ns,
		.pcap_cnt = pkt == NULL || !tell->of_capture ? 0 : pkt->tag.context,
		.tx = -1,
		.side = (uint8_t)side,
		.link = link_of(tell),
	};

	if (pkt != NULL && tell->of_capture) { /* the host of captures says so */
		context.outer = pkt->next;
		context.from = pkt->tag.md_type;
		context.depth = pkt->tag.ttl;
	}
	if (flow != NULL && kinds_tell(tell->kinds, DETAIL_METADATA))
		context.marks = marks_tell(tell->marks, flow_state_find(flow, detect->core), room);
	return context;
}

static struct record_context
context_of_event(const struct detect *detect, const struct wp_stream_event *event,
		 struct marks_told *room)
{
	return context_of(detect, event->pkt, event->flow, event->side, room);
}

/** Gives the record that is made to the log. */
static void
send(struct detect *detect)
{
	const struct record *record = &detect->tell.record;

	if (record->size != 0 && !wp_event(detect->core, record->bytes, (uint16_t)record->size))
		detect->core->counters[COUNT_LOST]++;
}

/* Messages. */

static void
tell_message(struct detect *detect, const struct wp_stream_event *event, const struct talk_due *due)
{
	struct marks_told room;
	struct record_context context;

	if (!kinds_have(detect->tell.kinds, due->kind))
		return;
	context = context_of_event(detect, event, &room);
	context.event = due->event;
	context.kept = due->kept;
	context.tx = due->tx;
	record_message(&detect->tell.record, &context, due->kind);
	send(detect);
}

/** @param facts  NULL: nothing more is known @return what is told of a file. */
static struct record_file
file_of(const struct told_file *file, const struct file_facts *facts)
{
	return (struct record_file){
		.md5 = facts == NULL ? NULL : facts->md5,
		.sha1 = facts == NULL ? NULL : facts->sha1,
		.sha256 = facts == NULL ? NULL : facts->sha256,
		.name = {file->name, file->n_name},
		.size = file->size,
		.has_gaps = file->has_gaps,
		.is_whole = file->is_whole && !file->has_gaps,
		.is_open = !file->is_told,
	};
}

/** Tells a file as far as it has come; it is over. */
static void
tell_file(struct detect *detect, const struct wp_stream_event *event, unsigned int side,
	  struct told *told, bool is_whole)
{
	struct told_file *file = &told->files[side];
	struct record_context context;
	struct record_file is;
	struct marks_told room;

	if (file->tx == 0 || file->size == 0 || file->is_told)
		return;
	file->is_told = true;
	file->is_whole = is_whole;
	if (!kinds_have(detect->tell.kinds, RECORD_FILE))
		return;
	is = file_of(file, is_whole ? file_known(detect, event->flow, side) : NULL);
	context = context_of(detect, event->pkt, event->flow, side, &room);
	context.tx = (int64_t)file->tx - 1;
	context.kept = talk_of(&told->talk, file->tx - 1);
	record_file(&detect->tell.record, &context, &is);
	send(detect);
}

/** Files that mail carries are told of; the rest of it is not. */
static void
take_part(struct detect *detect, const struct wp_stream_event *event)
{
	struct told *told = told_make(detect, event->flow);

	if (told == NULL)
		return;
	if (event->type == WP_MIME_PART)
		told_file_begin_part(told, event);
	else if (event->type == WP_MIME_DATA)
		told_file_take(told, event);
	else
		tell_file(detect, event, event->side, told, event->detail == WP_MIME_WHOLE);
}

/** A message of DNS stands for itself; nothing is kept of it. */
static void
take_dns(struct detect *detect, const struct wp_stream_event *event)
{
	struct flow_state *state = flow_state_make(event->flow, detect->core);
	const struct talk_due due = {
		.kind = RECORD_DNS,
		.tx = state == NULL ? 0 : (int64_t)state->dns++,
		.event = event,
	};

	tell_message(detect, event, &due);
}

static void
take_message(struct detect *detect, const struct wp_stream_event *event)
{
	struct told *told = told_make(detect, event->flow);
	struct talk_due due;

	if (told == NULL)
		return;
	if (event->type == WP_HTTP_HEAD)
		tell_file(detect, event, event->side, told, false);
	if (talk_event(&told->talk, event, &due))
		tell_message(detect, event, &due);
	if (event->type == WP_HTTP_HEAD)
		told_file_begin(told, event);
	else if (event->type == WP_HTTP_END)
		tell_file(detect, event, event->side, told, true);
}

static void
take_bytes(struct detect *detect, const struct wp_stream_event *event)
{
	struct told *told = told_find(event->flow, detect->core);

	if (told != NULL)
		told_file_take(told, event);
}

/* Anomalies. */

static void
tell_anomaly(struct detect *detect, const struct wp_stream_event *event, enum record_layer layer)
{
	const struct kinds *kinds = detect->tell.kinds;
	struct record_context context;
	struct marks_told room;
	const struct told *told;

	if (!kinds_have(kinds, RECORD_ANOMALY) ||
	    (layer == RECORD_STREAM && !kinds_tell(kinds, DETAIL_STREAM)))
		return;
	context = context_of_event(detect, event, &room);
	context.event = event;
	if (layer == RECORD_L7) {
		told = told_find(event->flow, detect->core);
		context.tx = told == NULL || told->talk.n == 0 ? 0 : (int64_t)told->talk.n - 1;
	}
	record_anomaly(&detect->tell.record, &context, layer, NULL);
	send(detect);
}

bool
tell_wants_odd(const struct detect *detect)
{
	return kinds_have(detect->tell.kinds, RECORD_ANOMALY) &&
	       kinds_tell(detect->tell.kinds, DETAIL_DECODE);
}

void
tell_odd(struct detect *detect, const struct moment *moment, const struct oddities *odd)
{
	struct marks_told room;
	struct record_context context =
		context_of(detect, moment->pkt, moment->flow, moment->side, &room);

	for (unsigned int i = 0; i < odd->n; i++) {
		char name[64];

		snprintf(name, sizeof(name), "decoder.%s",
			 event_name((enum rule_event)odd->events[i]));
		record_anomaly(&detect->tell.record, &context, RECORD_DECODE, name);
		send(detect);
	}
}

void
tell_load(struct detect *detect, const struct moment *moment, const char *name)
{
	struct record_context context;
	struct marks_told room;

	if (!kinds_have(detect->tell.kinds, RECORD_ANOMALY))
		return;
	context = context_of(detect, moment->pkt, moment->flow, moment->side, &room);
	record_anomaly(&detect->tell.record, &context, RECORD_STREAM, name);
	send(detect);
}

/* Events of flows. */

void
tell_event(struct detect *detect, const struct wp_stream_event *event)
{
	switch ((enum wp_stream_event_type)event->type) {
	case WP_FLOW_ANOMALY:
	case WP_FLOW_CONFLICT:
		tell_anomaly(detect, event, RECORD_STREAM);
		return;
	case WP_L7_ANOMALY:
		tell_anomaly(detect, event, RECORD_L7);
		return;
	case WP_FLOW_GAP:
		tell_anomaly(detect, event, RECORD_STREAM);
		break;
	default:
		break;
	}
	if ((detect->tell.gathers & 1u << event->flow->l7) == 0)
		return;
	if (event->type == WP_DNS_MESSAGE)
		take_dns(detect, event);
	else if (event->type == WP_HTTP_BODY || event->type == WP_FLOW_GAP)
		take_bytes(detect, event);
	else if (mail_is_event(event->type))
		take_part(detect, event);
	else if (event->type > WP_L7_ANOMALY && event->type != WP_HTTP_LINE)
		take_message(detect, event);
}

static void
tell_flow(struct detect *detect, const struct wp_stream_event *event)
{
	const struct flow_state *state = flow_state_find(event->flow, detect->core);
	struct record_context context;
	struct marks_told room;

	if (!kinds_have(detect->tell.kinds, RECORD_FLOW))
		return;
	context = context_of(detect, NULL, event->flow, WP_CLIENT, &room);
	record_flow(&detect->tell.record, &context, state != NULL && state->alerted);
	send(detect);
}

void
tell_end(struct detect *detect, const struct wp_stream_event *event)
{
	struct told *told = told_find(event->flow, detect->core);
	struct talk_due due;

	if (told != NULL) {
		tell_file(detect, event, WP_CLIENT, told, false);
		tell_file(detect, event, WP_SERVER, told, false);
		while (talk_end(&told->talk, event->flow, &due))
			tell_message(detect, event, &due);
	}
	tell_flow(detect, event);
}

/* Alerts. */

/** @return whether what was found is in a stream, or what is made of it, rather than in a packet.
 */
static bool
is_of_stream(const struct moment *moment)
{
	return moment->proto == WP_PROTO_TCP && !moment->is_stray &&
	       (moment->kind == MOMENT_STREAM || moment->message != NULL);
}

/** Adds what was said in the transaction that a message belongs to. */
static void
add_message(const struct detect *detect, const struct moment *moment,
	    struct record_context *context)
{
	const struct flow_state *state = moment->state;
	const struct told *told = NULL;

	if (moment->message == NULL)
		return;
	context->event = moment->message;
	context->tx = (int64_t)moment->transaction - 1;
	if (moment->message->type == WP_DNS_MESSAGE && state != NULL && state->dns != 0)
		context->tx = (int64_t)state->dns - 1;
	else
		told = told_find(moment->flow, detect->core);
	if (told == NULL)
		return;
	context->kept = talk_kept(&told->talk, moment->message, &context->tx);
	if (context->kept.data != NULL)
		context->event = NULL;
	if (context->tx >= 0)
		context->length = talk_length(&told->talk, moment->flow, (uint64_t)context->tx);
}

/** @return the file that a message brings, as far as it has come. @return false: there is none */
static bool
find_file(const struct detect *detect, const struct moment *moment, int64_t tx,
	  struct record_file *file)
{
	const struct told *told =
		moment->message == NULL ? NULL : told_find(moment->flow, detect->core);
	const struct told_file *is = told == NULL ? NULL : &told->files[moment->side & 1];

	if (is == NULL || is->size == 0 || tx < 0 || is->tx != (uint64_t)tx + 1)
		return false;
	*file = file_of(is, moment->file);
	return true;
}

/** @return the payload of an alert: of the stream, where it was found in that. */
static struct wp_span
payload_of(struct detect *detect, const struct moment *moment, bool of_stream)
{
	struct inspect_bytes bytes = moment->payload;

	if (of_stream && moment->kind != MOMENT_STREAM)
		chunk_gathered(detect, moment->flow, moment->side, &bytes);
	if (bytes.data == NULL)
		return (struct wp_span){(const uint8_t *)"", 0};
	return (struct wp_span){bytes.data, bytes.size};
}

/** Adds the bytes that were looked at. */
static void
add_bytes(struct detect *detect, const struct moment *moment, struct record_alert *alert)
{
	const struct kinds *kinds = detect->tell.kinds;
	const struct wp_packet *pkt = moment->pkt;

	if (kinds_tell(kinds, DETAIL_PAYLOAD) || kinds_tell(kinds, DETAIL_PRINTABLE))
		alert->payload = payload_of(detect, moment, alert->of_stream);
	if (kinds_tell(kinds, DETAIL_HTTP_BODY) || kinds_tell(kinds, DETAIL_HTTP_BODY_PRINTABLE))
		alert->body = (struct wp_span){moment->body.data, (uint32_t)moment->body.size};
	if (pkt != NULL && kinds_tell(kinds, DETAIL_PACKET))
		alert->packet = (struct wp_span){wp_start(pkt), pkt->len};
}

/** Notes that a flow was alerted about: as soon as that is known, for it may end before its rules
 * are heard. */
static void
note_alert(struct detect *detect, struct wp_flow *flow)
{
	struct flow_state *state;

	if (flow == NULL || !kinds_have(detect->tell.kinds, RECORD_FLOW))
		return;
	state = flow_state_make(flow, detect->core);
	if (state != NULL)
		state->alerted = true;
}

void
tell_alert(struct detect *detect, const struct moment *moment, const struct rule *rule,
	   struct record *record)
{
	struct marks_told room;
	struct record_context context =
		context_of(detect, moment->pkt, moment->flow, moment->side, &room);
	struct record_alert alert = {.rule = rule, .of_stream = is_of_stream(moment)};
	struct record_file file;

	add_message(detect, moment, &context);
	add_bytes(detect, moment, &alert);
	if (find_file(detect, moment, context.tx, &file))
		alert.file = &file;
	if (rule->limit == NULL)
		note_alert(detect, moment->flow);
	record_alert(record, &context, &alert);
}

void
tell_hit(struct detect *detect, const struct hit *hit, const void *record)
{
	if (kinds_have(detect->tell.kinds, RECORD_ALERT) &&
	    !wp_event(detect->core, record, (uint16_t)hit->size))
		detect->core->counters[COUNT_LOST]++;
	if (hit->asked->rule->limit != NULL)
		note_alert(detect, hit->flow);
}

void
tell_drop(struct detect *detect, const struct hit *hit)
{
	const struct kinds *kinds = detect->tell.kinds;
	const struct record_alert alert = {
		.rule = hit->asked->rule,
		.verdict = RECORD_BLOCKED,
		.action = hit->action,
		.dropped = true,
	};
	struct record_context context;
	struct marks_told room;

	if (hit->pkt == NULL || !kinds_have(kinds, RECORD_DROP))
		return;
	context = context_of(detect, hit->pkt, hit->flow, hit->side, &room);
	record_drop(&detect->tell.record, &context, RECORD_DROP_RULES,
		    kinds_tell(kinds, DETAIL_ALERTS) ? &alert : NULL);
	send(detect);
}

void
tell_refusal(struct detect *detect, const struct wp_packet *pkt, struct wp_flow *flow,
	     unsigned int side, enum record_drop why)
{
	struct record_context context;
	struct marks_told room;

	if (!kinds_have(detect->tell.kinds, RECORD_DROP))
		return;
	context = context_of(detect, pkt, flow, side, &room);
	record_drop(&detect->tell.record, &context, why, NULL);
	send(detect);
}

void
tell_tick(struct detect *detect, uint64_t now_ns)
{
	const uint64_t period_ns = 1000000000;
	struct tell *tell = &detect->tell;

	if (!kinds_have(tell->kinds, RECORD_STATS) || now_ns < tell->next_ns)
		return;
	tell->next_ns = now_ns + period_ns;
	sums_tell(detect->core, &tell->record);
	send(detect);
}
