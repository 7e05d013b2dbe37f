/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Handshake messages: they lie in records as they like, several in one or one in several. Those
 * that are told are kept until they are whole; others are left out byte by byte.
 */

#include "stream/l7/tls_message.h"

#include <string.h>

#include "bytes.h"

enum { HEAD_SIZE = 4, TLS_1_3 = 0x0304, SSL_3 = 0x0300, NEXT_PROTOCOL = 67, MESSAGE_HASH = 254 };

/** @return whether all that a side sends behind its hello is encrypted. */
static bool
goes_dark(const struct tls_state *state, const struct tls_side *side)
{
	return side->phase == TLS_CHANGED || (state->version >= TLS_1_3 && side->hello != 0);
}

/** When the server has chosen, it is clear what comes behind. */
static void
choose(struct tls_state *state)
{
	for (unsigned int i = 0; i < 2; i++)
		if (goes_dark(state, &state->sides[i]))
			state->sides[i].phase = TLS_DONE;
}

/** Follows what a hello means for what comes next. */
static void
follow(struct l7_run *run, const struct wp_tls_hello *hello)
{
	struct tls_state *state = run->state;
	struct tls_side *side = tls_side_of(run);

	side->hello = hello->is_client ? TLS_CLIENT_HELLO : TLS_SERVER_HELLO;
	if (hello->is_sslv2 && hello->version < SSL_3) /* SSL 2.0 itself, then */
		state->sides[0].phase = state->sides[1].phase = TLS_DONE;
	else if (!hello->is_client && !hello->is_retry)
		state->version = hello->version;
	if (state->version != 0)
		choose(state);
}

static void
read_message(struct l7_run *run, struct wp_span body)
{
	const struct tls_message *message = &tls_side_of(run)->message;
	unsigned int type = message->head[0];
	struct wp_tls_hello hello;

	if (type == TLS_CERTIFICATE)
		tls_certificates(run, body);
	else if (tls_hello(run, type, message->record_version, body, &hello))
		follow(run, &hello);
}

static bool
is_hello(const struct tls_message *message)
{
	/* What is encrypted looks like one once in 32768 times. */
	return (message->head[0] == TLS_CLIENT_HELLO || message->head[0] == TLS_SERVER_HELLO) &&
	       message->head[1] == 0;
}

/** @return whether a type is assigned for TLS (IANA, TLS HandshakeType). */
static bool
is_known(uint8_t type)
{
	return type <= 6 || type == 8 || (type >= TLS_CERTIFICATE && type <= 16) ||
	       (type >= 20 && type <= 26) || type == NEXT_PROTOCOL || type == MESSAGE_HASH;
}

/** Leaves the rest of a message out. */
static void
drop(struct l7_run *run)
{
	struct tls_message *message = &tls_side_of(run)->message;

	message->is_kept = false;
	l7_buffer_free(run, &message->body);
}

static void
end_message(struct l7_run *run)
{
	drop(run);
	tls_side_of(run)->message.head_size = 0;
}

/** What a message's head says. */
static void
begin_message(struct l7_run *run)
{
	struct tls_side *side = tls_side_of(run);
	struct tls_message *message = &side->message;
	uint8_t type = message->head[0];

	if (side->phase == TLS_CHANGED && !is_hello(message)) {
		side->phase = TLS_DONE;
		return;
	}
	message->left = wp_get32(message->head) & 0xffffff;
	message->is_kept =
		type == TLS_CLIENT_HELLO || type == TLS_SERVER_HELLO || type == TLS_CERTIFICATE;
	if (!is_known(type) || (message->is_kept && message->left == 0))
		tls_anomaly(run, WP_TLS_BAD_HANDSHAKE);
	if (message->is_kept && message->left > WP_TLS_MESSAGE_MAX) {
		l7_anomaly(run, WP_L7_TOO_LONG);
		message->is_kept = type == TLS_CERTIFICATE; /* the first ones are told */
	}
}

void
tls_message_begin_v2(struct l7_run *run)
{
	struct tls_side *side = tls_side_of(run);

	side->message.head[0] = TLS_V2_HELLO;
	side->message.head_size = HEAD_SIZE;
	side->message.is_kept = true;
	side->message.left = side->left;
	side->message.record_version = wp_get16(side->head + 3);
}

/** Reads of a message's head. @return bytes that were read */
static uint32_t
read_head(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct tls_side *side = tls_side_of(run);
	struct tls_message *message = &side->message;
	uint32_t part = HEAD_SIZE - message->head_size;

	if (message->head_size == 0)
		message->record_version = wp_get16(side->head + 1);
	if (part > size)
		part = size;
	memcpy(message->head + message->head_size, data, part);
	message->head_size += (uint8_t)part;
	if (message->head_size == HEAD_SIZE)
		begin_message(run);
	return part;
}

/** Keeps more of a message, as much as may be kept of it. @return whether that is all, or there is
 * no memory for it */
static bool
keep(struct l7_run *run, struct tls_message *message, const uint8_t *data, uint32_t size)
{
	uint32_t room = WP_TLS_MESSAGE_MAX - message->body.size;

	if (!l7_buffer_add(run, &message->body, data, size < room ? size : room,
			   WP_TLS_MESSAGE_MAX))
		return true;
	if (message->left != 0 && message->body.size != WP_TLS_MESSAGE_MAX)
		return false;
	read_message(run, (struct wp_span){message->body.bytes, message->body.size});
	return true;
}

/** Reads of a message's body: where it lies, if all of it lies there. @return bytes that were read
 */
static uint32_t
read_body(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct tls_message *message = &tls_side_of(run)->message;
	uint32_t part = message->left < size ? message->left : size;

	message->left -= part;
	if (!message->is_kept)
		return part;
	if (message->left == 0 && message->body.size == 0)
		read_message(run, (struct wp_span){data, part});
	else if (keep(run, message, data, part))
		drop(run);
	return part;
}

void
tls_message_data(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct tls_side *side = tls_side_of(run);
	struct tls_message *message = &side->message;

	while (size != 0 && side->phase != TLS_DONE) {
		uint32_t part = message->head_size < HEAD_SIZE ? read_head(run, data, size)
							       : read_body(run, data, size);

		data += part;
		size -= part;
		if (message->head_size == HEAD_SIZE && message->left == 0)
			end_message(run);
	}
}

bool
tls_message_gap(struct l7_run *run, uint32_t size)
{
	struct tls_message *message = &tls_side_of(run)->message;

	if (message->head_size < HEAD_SIZE || size > message->left)
		return false;
	if (message->is_kept)
		l7_anomaly(run, WP_L7_MISSED);
	drop(run);
	message->left -= size;
	if (message->left == 0)
		end_message(run);
	return true;
}
