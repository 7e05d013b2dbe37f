/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections that are through their handshake, and such that end, as they are watched. */

#include "oddity/tcp_watch_own.h"

/* Established. */

static void
take_syn(struct glance *glance)
{
	const struct stream_segment *tcp = glance->tcp;

	if (glance_has(glance, TCP_ACK)) {
		if (glance->is_client)
			oddities_add(glance->odd, EVENT_STREAM_EST_SYNACK_TOSERVER);
		else if (tcp->ack != glance->peer->acked)
			oddities_add(glance->odd, EVENT_STREAM_EST_SYNACK_RESEND_WITH_DIFF_ACK);
		else if (tcp->seq != glance->me->isn)
			oddities_add(glance->odd, EVENT_STREAM_EST_SYNACK_RESEND_WITH_DIFF_SEQ);
	} else if (!glance->is_client) {
		oddities_add(glance->odd, EVENT_STREAM_EST_SYN_TOCLIENT);
	} else {
		oddities_add(glance->odd, tcp->seq == glance->me->isn
						  ? EVENT_STREAM_EST_SYN_RESEND
						  : EVENT_STREAM_EST_SYN_RESEND_DIFF_SEQ);
	}
}

/** @return whether it lies in front of what is acknowledged; a byte less is a probe. */
static bool
is_before_acked(const struct glance *glance)
{
	return seq_before(glance->end, glance->me->acked) &&
	       glance->tcp->seq + 1 != glance->me->next;
}

/** A byte behind a window that is closed (RFC 9293 section 3.8.6.1). */
static bool
is_window_probe(const struct glance *glance)
{
	return glance->tcp->len == 1 && glance->tcp->seq == glance->me->limit;
}

static void
take_data(struct glance *glance)
{
	if (!glance_has(glance, TCP_ACK) || !glance_time_fits(glance) ||
	    !glance_ack_fits(glance, EVENT_STREAM_EST_INVALID_ACK))
		return;
	if (is_before_acked(glance)) {
		oddities_add(glance->odd, EVENT_STREAM_EST_PKT_BEFORE_LAST_ACK);
		return;
	}
	if (seq_before(glance->me->limit + glance->me->sacked, glance->end) &&
	    !is_window_probe(glance)) {
		oddities_add(glance->odd, EVENT_STREAM_EST_PACKET_OUT_OF_WINDOW);
		return;
	}
	glance_take_ack(glance);
	glance_take_bytes(glance);
}

void
watch_established(struct glance *glance)
{
	if (glance_has(glance, TCP_FIN))
		watch_fin(glance);
	else if (glance_has(glance, TCP_SYN))
		take_syn(glance);
	else
		take_data(glance);
}

/** @return whether a FIN stands where it can. @param from  from where on */
static bool
fin_fits(const struct glance *glance, uint32_t from)
{
	return !seq_before(glance->tcp->seq, from) && !seq_before(glance->me->limit, glance->end);
}

void
watch_fin(struct glance *glance)
{
	if (glance_has(glance, TCP_SYN)) {
		oddities_add(glance->odd, EVENT_STREAM_FIN_SYN);
		return;
	}
	if (!glance_time_fits(glance) || !glance_ack_fits(glance, EVENT_STREAM_FIN_INVALID_ACK))
		return;
	if (!fin_fits(glance, glance->me->acked)) {
		oddities_add(glance->odd, EVENT_STREAM_FIN_OUT_OF_WINDOW);
		return;
	}
	glance_take_ack(glance);
	/* A server's FIN counts at once, a client's when it is acknowledged. */
	glance->me->next = seq_max(glance->me->next, glance->end) + (glance->is_client ? 0 : 1);
	glance->watch->state = glance->is_client ? WATCH_CLOSE_WAIT : WATCH_FIN_WAIT_1;
}

/* Ending. */

/** Bytes that were sent before. */
static bool
is_retransmission(const struct glance *glance)
{
	const struct watch_side *me = glance->me;

	return glance->tcp->len != 0 &&
	       (!seq_before(me->next, glance->end) || seq_before(glance->tcp->seq, me->acked));
}

/** What the states of an ending have events for. */
static const struct ending {
	enum rule_event ack, fin, window;
} endings[] = {
	[WATCH_FIN_WAIT_1] = {EVENT_STREAM_FIN1_INVALID_ACK, EVENT_STREAM_FIN1_FIN_WRONG_SEQ,
			      EVENT_STREAM_FIN1_ACK_WRONG_SEQ},
	[WATCH_FIN_WAIT_2] = {EVENT_STREAM_FIN2_INVALID_ACK, EVENT_STREAM_FIN2_FIN_WRONG_SEQ,
			      EVENT_STREAM_FIN2_ACK_WRONG_SEQ},
	[WATCH_TIME_WAIT] = {EVENT_STREAM_TIMEWAIT_INVALID_ACK, EVENT_NONE,
			     EVENT_STREAM_TIMEWAIT_ACK_WRONG_SEQ},
	[WATCH_CLOSE_WAIT] = {EVENT_STREAM_CLOSEWAIT_INVALID_ACK,
			      EVENT_STREAM_CLOSEWAIT_FIN_OUT_OF_WINDOW,
			      EVENT_STREAM_CLOSEWAIT_ACK_OUT_OF_WINDOW},
	[WATCH_LAST_ACK] = {EVENT_STREAM_LASTACK_INVALID_ACK, EVENT_NONE,
			    EVENT_STREAM_LASTACK_ACK_WRONG_SEQ},
};

/** @return whether a FIN is that which came before, once more. */
static bool
is_fin_again(const struct glance *glance)
{
	bool is_near = glance->tcp->seq == glance->me->next - 1;

	if (glance->watch->state == WATCH_FIN_WAIT_2)
		return is_near && glance->tcp->ack == glance->peer->acked &&
		       glance_has(glance, TCP_ACK);
	return is_near && glance->watch->state == WATCH_FIN_WAIT_1;
}

static void
take_next_fin(struct glance *glance)
{
	struct tcp_watch *watch = glance->watch;
	const struct ending *ending = &endings[watch->state];

	if (ending->fin == EVENT_NONE)
		return;
	if (is_fin_again(glance)) {
		;
	} else if (is_retransmission(glance)) {
		oddities_add(glance->odd, EVENT_STREAM_PKT_RETRANSMISSION);
	} else if (!fin_fits(glance, glance->me->next)) {
		oddities_add(glance->odd, ending->fin);
		return;
	}
	if (!glance_ack_fits(glance, ending->ack))
		return;
	glance_take_ack(glance);
	glance_take_bytes(glance);
	if (glance->is_client && watch->state != WATCH_CLOSE_WAIT)
		watch->state = WATCH_TIME_WAIT;
	else if (!glance->is_client && watch->state == WATCH_CLOSE_WAIT)
		watch->state = WATCH_LAST_ACK;
}

/** @return whether a segment without FIN stands where it can. */
static bool
seq_fits(const struct glance *glance)
{
	const struct watch_side *me = glance->me;
	uint32_t seq = glance->tcp->seq;

	switch ((enum watch_state)glance->watch->state) {
	case WATCH_LAST_ACK:
		return !seq_before(me->next + 1, seq);
	case WATCH_TIME_WAIT:
		return seq == me->next || seq == (glance->is_client ? me->next + 1 : me->next - 1);
	case WATCH_FIN_WAIT_1:
		if (glance->is_client && glance->tcp->ack != glance->peer->next)
			return true;
		/* fallthrough */
	default:
		return !seq_before(me->limit, glance->end);
	}
}

/** Goes on when what came acknowledges a FIN. */
static void
take_ack_of_fin(struct glance *glance)
{
	struct tcp_watch *watch = glance->watch;

	if (watch->state == WATCH_FIN_WAIT_1 && glance->is_client &&
	    glance->tcp->ack == glance->peer->next)
		watch->state = WATCH_FIN_WAIT_2;
	else if (watch->state == WATCH_TIME_WAIT || watch->state == WATCH_LAST_ACK)
		watch->state = WATCH_CLOSED;
}

static void
take_next_segment(struct glance *glance)
{
	const struct ending *ending = &endings[glance->watch->state];
	bool waits = glance->watch->state == WATCH_CLOSE_WAIT, is_again = is_retransmission(glance);

	if (glance->watch->state == WATCH_LAST_ACK && !glance->is_client)
		return;
	if (is_again)
		oddities_add(glance->odd, EVENT_STREAM_PKT_RETRANSMISSION);
	/* Where the order matters, some look at the place first, others at what it acknowledges. */
	if ((waits || glance->watch->state == WATCH_TIME_WAIT) && !is_again && !seq_fits(glance)) {
		oddities_add(glance->odd, ending->window);
		return;
	}
	if (!glance_ack_fits(glance, ending->ack))
		return;
	if (!is_again && !seq_fits(glance)) {
		oddities_add(glance->odd, ending->window);
		return;
	}
	glance_take_ack(glance);
	glance_take_bytes(glance);
	take_ack_of_fin(glance);
}

void
watch_ending(struct glance *glance)
{
	uint8_t state = glance->watch->state;

	if (glance_has(glance, TCP_SYN)) {
		if (glance_has(glance, TCP_ACK) ||
		    (state != WATCH_CLOSE_WAIT && state != WATCH_LAST_ACK))
			oddities_add(glance->odd, EVENT_STREAM_SHUTDOWN_SYN_RESEND);
		return;
	}
	if (!glance_time_fits(glance))
		return;
	if (glance_has(glance, TCP_FIN))
		take_next_fin(glance);
	else if (glance_has(glance, TCP_ACK))
		take_next_segment(glance);
}
