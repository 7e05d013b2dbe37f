/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TLS records (RFC 8446 section 5.1, RFC 5246 section 6.2.1) and what goes in them as long as it
 * is not encrypted. A side is read until it is; when neither is left, the view stops.
 *
 * TLS 1.3 has no ChangeCipherSpec that means anything, but such are sent, and a client may send
 * another hello behind one, or behind application data (RFC 8446 appendix D.4, section 4.2.10):
 * until it is known which version the server has chosen, hellos are looked for there.
 */

#include "stream/l7/tls_view.h"

#include <string.h>

#include "bytes.h"
#include "stream/l7/tls_match.h"
#include "stream/l7/tls_message.h"

enum {
	HEARTBEAT_REQUEST = 1,
	HEARTBEAT_HEAD = 3,
};

void
tls_anomaly(struct l7_run *run, unsigned int anomaly)
{
	struct tls_side *side = tls_side_of(run);
	uint8_t bit = (uint8_t)(1u << (anomaly - WP_L7_OWN));

	if ((side->told & bit) == 0)
		l7_anomaly(run, anomaly);
	side->told |= bit;
}

static void
give_up(struct l7_run *run, enum wp_l7_anomaly why)
{
	l7_anomaly(run, why);
	tls_side_of(run)->phase = TLS_DONE;
	tls_side_of(run)->is_lost = true;
}

/** Early data (RFC 8446 section 2.3) goes in front of what the server chooses. */
static void
begin_data(struct l7_run *run)
{
	const struct tls_state *state = run->state;
	const struct tls_side *other = &state->sides[!run->side];
	struct tls_side *side = tls_side_of(run);
	bool is_early =
		side->hello == TLS_CLIENT_HELLO && state->version == 0 && other->phase != TLS_DONE;

	side->phase = is_early ? TLS_CHANGED : TLS_DONE;
	side->has_data |= side->phase == TLS_DONE;
}

static void
begin_change(struct l7_run *run)
{
	const struct tls_state *state = run->state;
	struct tls_side *side = tls_side_of(run);

	if (side->left != 1)
		tls_anomaly(run, WP_TLS_BAD_RECORD);
	if (state->version == 0)
		side->phase = TLS_CHANGED;
	else if (state->version < 0x0304)
		side->phase = TLS_DONE;
}

static void
begin_heartbeat(struct l7_run *run)
{
	struct tls_side *side = tls_side_of(run);

	side->heartbeat_size = 0;
	if (side->left < HEARTBEAT_HEAD)
		tls_anomaly(run, WP_TLS_BAD_RECORD);
}

/** @return whether records have a type. */
static bool
is_type(uint8_t type)
{
	return type >= WP_TLS_CHANGE_CIPHER_SPEC && type <= WP_TLS_HEARTBEAT;
}

/** What a record's head says. */
static void
begin_record(struct l7_run *run)
{
	struct tls_side *side = tls_side_of(run);
	uint8_t type = side->head[0];

	side->left = wp_get16(side->head + 3);
	if (side->head[1] != 3 || !is_type(type)) {
		give_up(run, WP_L7_MALFORMED);
		return;
	}
	if (side->left > WP_TLS_RECORD_MAX || (side->left == 0 && type != WP_TLS_APPLICATION_DATA))
		tls_anomaly(run, WP_TLS_BAD_RECORD);
	/* RFC 8446 section 5.1; alerts are let through, which TLS 1.2 does not forbid. */
	if (type != WP_TLS_HANDSHAKE && type != WP_TLS_ALERT && side->message.head_size != 0)
		tls_anomaly(run, WP_TLS_BAD_HANDSHAKE);
	if (type == WP_TLS_APPLICATION_DATA)
		begin_data(run);
	else if (type == WP_TLS_CHANGE_CIPHER_SPEC)
		begin_change(run);
	else if (type == WP_TLS_HEARTBEAT)
		begin_heartbeat(run);
}

/** What a record's head says of a side that is done. */
static void
skim_record(struct l7_run *run)
{
	struct tls_side *side = tls_side_of(run);
	uint8_t type = side->head[0];

	side->left = wp_get16(side->head + 3);
	side->is_lost = side->head[1] != 3 || !is_type(type);
	side->has_data |= type == WP_TLS_APPLICATION_DATA;
}

/** Reads of a record's head. @return bytes that were read */
static uint32_t
read_head(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct tls_side *side = tls_side_of(run);
	uint32_t part = TLS_RECORD_HEAD - side->head_size;

	if (part > size)
		part = size;
	memcpy(side->head + side->head_size, data, part);
	side->head_size += (uint8_t)part;
	if (side->head_size != TLS_RECORD_HEAD)
		return part;
	if (side->phase == TLS_DONE) {
		skim_record(run);
	} else if (!side->has_begun && tls_begins_v2(side->head)) {
		side->left = (uint16_t)((wp_get16(side->head) & 0x7fff) + 2 - TLS_V2_HEAD);
		tls_message_begin_v2(run);
	} else {
		begin_record(run);
	}
	side->has_begun = true;
	return part;
}

/** RFC 6520 section 4: the answer to a request brings its payload back. */
static void
read_heartbeat(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct tls_side *side = tls_side_of(run);

	if (side->phase != TLS_PLAIN)
		return;
	for (; size != 0 && side->heartbeat_size < HEARTBEAT_HEAD; size--) {
		side->heartbeat[side->heartbeat_size++] = *data++;
		if (side->heartbeat_size == HEARTBEAT_HEAD &&
		    side->heartbeat[0] == HEARTBEAT_REQUEST &&
		    HEARTBEAT_HEAD + wp_get16(side->heartbeat + 1) > wp_get16(side->head + 3))
			l7_anomaly(run, WP_TLS_HEARTBLEED);
	}
}

/** Reads of a record's content. @return bytes that were read */
static uint32_t
read_content(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct tls_side *side = tls_side_of(run);
	uint32_t part = side->left < size ? side->left : size;

	if (side->phase == TLS_DONE)
		; /* it is passed over */
	else if (side->head[0] == WP_TLS_HANDSHAKE || (side->head[0] & 0x80) != 0)
		tls_message_data(run, data, part);
	else if (side->head[0] == WP_TLS_HEARTBEAT)
		read_heartbeat(run, data, part);
	side->left -= (uint16_t)part;
	return part;
}

/** @return whether two sides that are done have come to terms. Heartbeats and alerts in front of
 * the first data are still looked at by those who look for attacks. */
static bool
has_agreed(const struct tls_state *state)
{
	return state->version >= 0x0300 && state->sides[WP_CLIENT].hello == TLS_CLIENT_HELLO &&
	       state->sides[WP_SERVER].hello == TLS_SERVER_HELLO &&
	       !state->sides[WP_CLIENT].is_lost && !state->sides[WP_SERVER].is_lost;
}

static bool
has_data(const struct tls_state *state)
{
	return state->sides[WP_CLIENT].has_data && state->sides[WP_SERVER].has_data;
}

/** A side that is done keeps nothing; when both are, there is nothing more to do. */
static void
settle(struct l7_run *run)
{
	struct tls_state *state = run->state;

	for (unsigned int i = 0; i < 2; i++)
		if (state->sides[i].phase == TLS_DONE)
			l7_buffer_free(run, &state->sides[i].message.body);
	if (state->sides[0].phase == TLS_DONE && state->sides[1].phase == TLS_DONE)
		run->then = !has_agreed(state) ? L7_STOPS
			    : has_data(state)  ? L7_GOES_DARK
					       : L7_GOES_ON;
}

static uint32_t
data(struct l7_run *run, const uint8_t *bytes, uint32_t size)
{
	struct tls_side *side = tls_side_of(run);
	uint32_t left = size;

	while (left != 0 && !side->is_lost) {
		uint32_t part = side->head_size < TLS_RECORD_HEAD ? read_head(run, bytes, left)
								  : read_content(run, bytes, left);

		bytes += part;
		left -= part;
		if (side->head_size == TLS_RECORD_HEAD && side->left == 0)
			side->head_size = 0;
	}
	settle(run);
	return size;
}

/** @return whether the records go on behind a gap. */
static bool
goes_on(struct l7_run *run, uint64_t size)
{
	struct tls_side *side = tls_side_of(run);

	if (side->head_size < TLS_RECORD_HEAD || size > side->left)
		return false;
	if (side->phase != TLS_DONE &&
	    (side->head[0] == WP_TLS_HANDSHAKE || (side->head[0] & 0x80) != 0))
		return tls_message_gap(run, (uint32_t)size);
	return true;
}

/** Within a record and a message the way is known; elsewhere it is not: what is encrypted looks
 * like anything. */
static void
gap(struct l7_run *run, uint64_t size)
{
	struct tls_side *side = tls_side_of(run);

	if (side->is_lost)
		return;
	if (goes_on(run, size)) {
		side->heartbeat_size = HEARTBEAT_HEAD;
		side->left -= (uint16_t)size;
		if (side->left == 0)
			side->head_size = 0;
	} else if (side->phase == TLS_DONE) {
		side->is_lost = true;
	} else {
		give_up(run, WP_L7_MISSED);
	}
	settle(run);
}

static void
finish(struct l7_run *run)
{
	tls_side_of(run)->phase = TLS_DONE;
	tls_side_of(run)->is_lost = true;
	settle(run);
}

static void
close_view(struct l7_run *run)
{
	struct tls_state *state = run->state;

	for (unsigned int i = 0; i < 2; i++)
		l7_buffer_free(run, &state->sides[i].message.body);
}

const struct l7_view l7_tls_view = {
	.name = "tls",
	.protocol = WP_L7_TLS,
	.proto = 6,
	.events = WP_EVENT_BIT(WP_TLS_HELLO) | WP_EVENT_BIT(WP_TLS_CERTIFICATES),
	.state_size = sizeof(struct tls_state),
	.match = tls_match,
	.data = data,
	.gap = gap,
	.finish = finish,
	.close = close_view,
};
