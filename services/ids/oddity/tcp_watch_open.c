/* SPDX-License-Identifier: BSD-3-Clause */
/* Handshakes, as they are watched. */

#include "oddity/tcp_watch_own.h"

/** What a window may be when it is not known (RFC 7323 section 2.3). */
enum { WINDOW_ANY = 1 << 30 };

/** Takes a side's beginning from its SYN. */
static void
begin_side(struct glance *glance)
{
	const struct stream_segment *tcp = glance->tcp;
	struct watch_side *me = glance->me;

	me->isn = tcp->seq;
	me->next = me->acked = me->limit = tcp->seq + 1;
	me->scale = tcp->has_wscale ? tcp->wscale : 0;
	me->has_ts = tcp->has_ts;
	me->is_known = true;
	me->ts = tcp->tsval;
	glance->peer->window = tcp->window; /* of a SYN it is not scaled */
}

/** Takes a side that is in the midst of what it sends. */
static void
pick_up(struct glance *glance)
{
	const struct stream_segment *tcp = glance->tcp;
	struct watch_side *me = glance->me, *peer = glance->peer;

	*me = (struct watch_side){.isn = tcp->seq - 1, .next = glance->end, .acked = tcp->seq};
	*peer = (struct watch_side){.isn = tcp->ack - 1, .next = tcp->ack, .acked = tcp->ack};
	me->is_known = peer->is_known = true;
	me->window = peer->window = WINDOW_ANY;
	me->limit = me->acked + WINDOW_ANY;
	peer->limit = peer->acked + WINDOW_ANY;
	glance->watch->state = WATCH_ESTABLISHED;
}

void
watch_begin(struct glance *glance)
{
	const uint8_t kind = glance->tcp->flags & (TCP_SYN | TCP_ACK);

	if (glance_has(glance, TCP_RST)) {
		oddities_add(glance->odd, EVENT_STREAM_RST_BUT_NO_SESSION);
	} else if (glance_has(glance, TCP_FIN) && !glance->picks_up) {
		oddities_add(glance->odd, EVENT_STREAM_FIN_BUT_NO_SESSION);
	} else if (kind == TCP_SYN) {
		begin_side(glance);
		glance->watch->state = WATCH_SYN_SENT;
		glance->watch->scales = glance->tcp->has_wscale;
		glance->watch->has_fast_open = glance->tcp->has_fast_open && glance->tcp->len != 0;
		if (glance->tcp->len != 0)
			glance->me->next += glance->tcp->len;
	} else if (kind == TCP_ACK && glance->picks_up) {
		pick_up(glance);
	}
}

/* One SYN was seen. */

/** @return whether a SYN is among the others; it is added, if there is room. @param most  of them
 * @return false: there is none */
static bool
note_other(struct tcp_watch *watch, struct watch_syn syn, unsigned int most)
{
	for (unsigned int i = 0; i < watch->n_others; i++)
		if (watch->others[i].isn == syn.isn && watch->others[i].ts == syn.ts)
			return true;
	if (watch->n_others == most)
		return false;
	watch->others[watch->n_others++] = syn;
	return true;
}

/** @return whether an answer's number is that of another SYN than the first. */
static bool
answers_other(const struct tcp_watch *watch, uint32_t ack)
{
	for (unsigned int i = 0; i < watch->n_others; i++)
		if (watch->others[i].isn + 1 == ack)
			return true;
	return false;
}

bool
glance_echoes(struct glance *glance)
{
	const struct tcp_watch *watch = glance->watch;
	const struct stream_segment *tcp = glance->tcp;
	const struct watch_side *peer = glance->peer;

	if (glance->is_client || !tcp->has_ts || tcp->tsecr == 0 ||
	    (peer->has_ts && (peer->ts == 0 || tcp->tsecr == peer->ts)))
		return true;
	for (unsigned int i = 0; i < watch->n_others; i++)
		if (watch->others[i].ts == tcp->tsecr)
			return true;
	return glance_tell(glance, EVENT_STREAM_PKT_INVALID_TIMESTAMP);
}

/** @return whether a SYN/ACK answers what was sent. */
static bool
answer_fits(struct glance *glance)
{
	struct tcp_watch *watch = glance->watch;
	struct watch_side *peer = glance->peer;
	uint32_t ack = glance->tcp->ack;

	if (ack == peer->isn + 1) {
		if (watch->has_fast_open && glance->tcp->has_fast_open)
			oddities_add(glance->odd, EVENT_STREAM_3WHS_SYNACK_TFO_DATA_IGNORED);
		return true;
	}
	if (watch->has_fast_open && ack == peer->next)
		return true;
	if (!answers_other(watch, ack))
		return glance_tell(glance, EVENT_STREAM_3WHS_SYNACK_WITH_WRONG_ACK);
	peer->isn = ack - 1;
	peer->next = ack;
	return true;
}

static void
take_answer(struct glance *glance)
{
	struct watch_side *me = glance->me, *peer = glance->peer;

	begin_side(glance);
	peer->acked = peer->next = glance->tcp->ack;
	peer->limit = peer->acked + peer->window;
	if (!glance->watch->is_four_way)
		me->limit = me->next + me->window; /* as the other SYN said */
	glance->watch->has_ts = me->has_ts && peer->has_ts;
	if (!glance->watch->scales)
		me->scale = 0;
	glance->watch->n_others = 0;
	glance->watch->state = WATCH_SYN_RECEIVED;
}

/** The first SYN's sender answers the other one's (RFC 9293 section 3.5, figure 7). */
static void
take_answer_of_client(struct glance *glance)
{
	if (!glance->watch->is_four_way)
		oddities_add(glance->odd, EVENT_STREAM_3WHS_SYNACK_IN_WRONG_DIRECTION);
	else if (glance->tcp->ack != glance->peer->isn + 1)
		oddities_add(glance->odd, EVENT_STREAM_4WHS_SYNACK_WITH_WRONG_ACK);
	else if (glance->tcp->seq != glance->me->isn)
		oddities_add(glance->odd, EVENT_STREAM_4WHS_SYNACK_WITH_WRONG_SYN);
	else
		take_answer(glance);
}

static void
take_other_syn(struct glance *glance)
{
	const struct watch_syn syn = {glance->tcp->seq, glance->tcp->tsval};

	if (!glance->is_client) {
		begin_side(glance);
		glance->watch->is_four_way = true;
	} else if ((glance->tcp->seq != glance->me->isn || glance->tcp->tsval != glance->me->ts) &&
		   !note_other(glance->watch, syn, WATCH_SYNS)) {
		oddities_add(glance->odd, EVENT_STREAM_3WHS_SYN_FLOOD);
	}
}

void
watch_syn_sent(struct glance *glance)
{
	if (!glance_echoes(glance) || !glance_has(glance, TCP_SYN))
		return;
	if (!glance_has(glance, TCP_ACK))
		take_other_syn(glance);
	else if (glance->is_client)
		take_answer_of_client(glance);
	else if (answer_fits(glance))
		take_answer(glance);
}

/* Its answer was seen. */

static void
take_other_answer(struct glance *glance)
{
	if (glance->is_client)
		oddities_add(glance->odd, EVENT_STREAM_3WHS_SYNACK_TOSERVER_ON_SYN_RECV);
	else if (glance->tcp->ack != glance->peer->acked)
		oddities_add(glance->odd, EVENT_STREAM_3WHS_SYNACK_RESEND_WITH_DIFF_ACK);
	else if (glance->tcp->seq != glance->me->isn &&
		 !note_other(glance->watch, (struct watch_syn){.isn = glance->tcp->seq},
			     WATCH_SYN_ACKS))
		oddities_add(glance->odd, EVENT_STREAM_3WHS_SYNACK_FLOOD);
}

static void
take_late_syn(struct glance *glance)
{
	if (!glance->is_client)
		oddities_add(glance->odd, EVENT_STREAM_3WHS_SYN_TOCLIENT_ON_SYN_RECV);
	else if (glance->tcp->seq != glance->me->isn)
		oddities_add(glance->odd, EVENT_STREAM_3WHS_SYN_RESEND_DIFF_SEQ_ON_SYN_RECV);
}

static void
establish(struct glance *glance)
{
	glance->watch->state = WATCH_ESTABLISHED;
	glance_take_ack(glance);
	glance_take_bytes(glance);
}

/** The server speaks before the client has answered. */
static void
hear_server(struct glance *glance)
{
	const struct stream_segment *tcp = glance->tcp;
	int32_t ahead = seq_diff(tcp->ack, glance->peer->acked);

	if (glance->watch->is_four_way) {
		if (tcp->seq != glance->me->next)
			oddities_add(glance->odd, EVENT_STREAM_4WHS_WRONG_SEQ);
		else if (glance_ack_fits(glance, EVENT_STREAM_4WHS_INVALID_ACK))
			establish(glance);
	} else if (ahead < 0 || (ahead == 0 && tcp->seq != glance->me->next)) {
		oddities_add(glance->odd, EVENT_STREAM_3WHS_WRONG_SEQ_WRONG_ACK);
	} else if (ahead > 0 || tcp->len != 0) { /* ahead: the client's answer was missed */
		establish(glance);
	}
}

static void
hear_client(struct glance *glance)
{
	const struct stream_segment *tcp = glance->tcp;
	struct watch_side *me = glance->me;

	if (answers_other(glance->watch, tcp->ack) && tcp->seq == me->next)
		glance->peer->next = tcp->ack; /* of another SYN/ACK than the first */
	if (tcp->ack == glance->peer->next && !seq_before(tcp->seq, me->next) &&
	    !seq_before(me->limit, glance->end))
		establish(glance);
	else if (tcp->seq == me->next)
		oddities_add(glance->odd, EVENT_STREAM_3WHS_RIGHT_SEQ_WRONG_ACK_EVASION);
	else
		oddities_add(glance->odd, EVENT_STREAM_3WHS_WRONG_SEQ_WRONG_ACK);
}

void
watch_syn_received(struct glance *glance)
{
	if (glance_has(glance, TCP_FIN)) {
		watch_fin(glance);
	} else if (glance_has(glance, TCP_SYN)) {
		if (glance_has(glance, TCP_ACK))
			take_other_answer(glance);
		else
			take_late_syn(glance);
	} else if (glance_has(glance, TCP_ACK) && glance_time_fits(glance)) {
		if (glance->is_client)
			hear_client(glance);
		else
			hear_server(glance);
	}
}
