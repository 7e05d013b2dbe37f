/* SPDX-License-Identifier: BSD-3-Clause */
/* See tcp_watch.h: what is the same in all states. */

#include "oddity/tcp_watch_own.h"

#include "stream/flow.h"

/* What fits. */

bool
glance_time_fits(struct glance *glance)
{
	enum { TOLERANCE = 1 };
	const struct stream_segment *tcp = glance->tcp;

	if (!glance->watch->has_ts || !tcp->has_ts ||
	    seq_diff(tcp->tsval, glance->me->ts) >= -TOLERANCE)
		return true;
	return glance_tell(glance, EVENT_STREAM_PKT_INVALID_TIMESTAMP);
}

/** @return whether an acknowledgement is neither of what cannot have been sent, nor too old. */
static bool
ack_is_possible(const struct glance *glance)
{
	const struct watch_side *peer = glance->peer;
	uint32_t ack = glance->tcp->ack;

	if (seq_before(peer->limit, ack) && seq_before(peer->next, ack))
		return false;
	return !seq_before(ack, peer->acked) || peer->acked - ack <= peer->window;
}

bool
glance_ack_fits(struct glance *glance, enum rule_event event)
{
	if (!glance_has(glance, TCP_ACK) || ack_is_possible(glance))
		return true;
	oddities_add(glance->odd, event);
	return glance_tell(glance, EVENT_STREAM_PKT_INVALID_ACK);
}

/* What is taken. */

void
glance_take_ack(struct glance *glance)
{
	const struct stream_segment *tcp = glance->tcp;
	struct watch_side *peer = glance->peer;

	if (tcp->has_ts && tcp->seq == glance->me->next && !seq_before(tcp->tsval, glance->me->ts))
		glance->me->ts = tcp->tsval;
	if (!glance_has(glance, TCP_ACK))
		return;
	peer->acked = seq_max(peer->acked, tcp->ack);
	if (glance->watch->state > WATCH_ESTABLISHED)
		peer->next = seq_max(peer->next, tcp->ack);
	peer->window = (uint32_t)tcp->window << glance->me->scale;
	peer->limit = seq_max(peer->limit, peer->acked + peer->window);
	peer->sacked = glance->sacked;
}

void
glance_take_bytes(struct glance *glance)
{
	if (!seq_before(glance->me->next, glance->tcp->seq)) /* else bytes in between are missing */
		glance->me->next = seq_max(glance->me->next, glance->end);
}

/* Segments that are nothing new. */

/** A probe of whether the other side is still there (RFC 9293 section 3.8.4). */
static bool
is_keep_alive(const struct glance *glance)
{
	const struct stream_segment *tcp = glance->tcp;

	return tcp->len <= 1 && (tcp->flags & (TCP_SYN | TCP_FIN | TCP_RST)) == 0 &&
	       glance_has(glance, TCP_ACK) && glance->watch->state != WATCH_NONE &&
	       tcp->seq == glance->me->next - 1 && tcp->ack == glance->peer->acked;
}

/** A bare acknowledgement that another one has overtaken. */
static bool
is_overtaken(const struct glance *glance)
{
	const struct stream_segment *tcp = glance->tcp;

	return tcp->len == 0 && (tcp->flags & (TCP_SYN | TCP_FIN | TCP_RST)) == 0 &&
	       glance_has(glance, TCP_ACK) && glance->watch->state >= WATCH_ESTABLISHED &&
	       tcp->seq == glance->me->next && seq_before(tcp->ack, glance->peer->acked);
}

/** @return false: all its bytes are acknowledged, so nothing else is looked at. */
static bool
look_for_old_bytes(struct glance *glance)
{
	const struct watch_side *me = glance->me;

	if (glance->tcp->len == 0 || !me->is_known || seq_before(me->acked, glance->end))
		return true;
	return glance_tell(glance, EVENT_STREAM_PKT_SPURIOUS_RETRANSMISSION);
}

/* RST. */

static void
take_reset(struct glance *glance)
{
	struct tcp_watch *watch = glance->watch;
	bool waits = watch->state == WATCH_SYN_SENT;

	if (watch->state == WATCH_CLOSED)
		return;
	if (glance->tcp->len != 0)
		oddities_add(glance->odd, EVENT_STREAM_RST_WITH_DATA);
	if (waits && !glance_echoes(glance))
		return;
	if (waits && glance_has(glance, TCP_ACK) &&
	    (glance->is_client || glance->tcp->ack != glance->peer->isn + 1)) {
		oddities_add(glance->odd, EVENT_STREAM_RST_INVALID_ACK);
		oddities_add(glance->odd, EVENT_STREAM_PKT_INVALID_ACK);
		return;
	}
	if (!waits &&
	    (!glance_time_fits(glance) || !glance_ack_fits(glance, EVENT_STREAM_RST_INVALID_ACK)))
		return;
	glance->me->was_reset |= glance->tcp->is_signed;
	if (!waits && glance->tcp->seq != glance->me->next)
		return;
	watch->before = watch->state;
	watch->state = WATCH_CLOSED;
}

/** A side goes on that has sent a RST with a signature, which nobody else could believe. */
static void
look_for_life(struct glance *glance)
{
	if (!glance->me->was_reset || glance_has(glance, TCP_RST | TCP_SYN))
		return;
	glance->me->was_reset = false;
	if (glance->watch->state == WATCH_CLOSED)
		glance->watch->state = glance->watch->before;
	oddities_add(glance->odd, EVENT_STREAM_SUSPECTED_RST_INJECT);
}

/* All of them. */

/** @return whether a SYN begins another session with the same addresses and ports. */
static bool
begins_anew(const struct glance *glance)
{
	uint8_t state = glance->watch->state;

	return glance->is_client && (glance->tcp->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
	       glance->tcp->seq != glance->me->isn &&
	       (state == WATCH_CLOSED || state == WATCH_CLOSE_WAIT || state == WATCH_LAST_ACK);
}

static void
look_by_state(struct glance *glance)
{
	switch ((enum watch_state)glance->watch->state) {
	case WATCH_NONE:
		watch_begin(glance);
		break;
	case WATCH_SYN_SENT:
		watch_syn_sent(glance);
		break;
	case WATCH_SYN_RECEIVED:
		watch_syn_received(glance);
		break;
	case WATCH_ESTABLISHED:
		watch_established(glance);
		break;
	case WATCH_CLOSED:
		break;
	default:
		watch_ending(glance);
	}
}

static void
look(struct glance *glance)
{
	look_for_life(glance);
	if (is_keep_alive(glance) || !look_for_old_bytes(glance) || is_overtaken(glance))
		return;
	if (glance_has(glance, TCP_RST) && glance->watch->state != WATCH_NONE)
		take_reset(glance);
	else
		look_by_state(glance);
}

void
tcp_watch_take(struct tcp_watch *watch, const struct watch_segment *segment, struct oddities *odd)
{
	const struct stream_segment *tcp = segment->tcp;
	struct glance glance = {
		.watch = watch,
		.tcp = tcp,
		.me = &watch->sides[segment->side],
		.peer = &watch->sides[!segment->side],
		.odd = odd,
		.sacked = segment->sacked,
		.end = tcp->seq + tcp->len,
		.is_client = segment->side == WP_CLIENT,
		.picks_up = segment->picks_up,
	};

	if (!glance_has(&glance, TCP_ACK) && tcp->ack != 0)
		oddities_add(odd, EVENT_STREAM_PKT_BROKEN_ACK);
	if (begins_anew(&glance))
		*watch = (struct tcp_watch){.state = WATCH_NONE};
	look(&glance);
}

void
tcp_watch_stray(const struct stream_segment *tcp, struct oddities *odd)
{
	if ((tcp->flags & TCP_ACK) == 0 && tcp->ack != 0)
		oddities_add(odd, EVENT_STREAM_PKT_BROKEN_ACK);
	if ((tcp->flags & TCP_RST) != 0)
		oddities_add(odd, EVENT_STREAM_RST_BUT_NO_SESSION);
	else if ((tcp->flags & TCP_FIN) != 0)
		oddities_add(odd, EVENT_STREAM_FIN_BUT_NO_SESSION);
}
