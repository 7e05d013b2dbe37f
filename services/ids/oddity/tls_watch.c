/* SPDX-License-Identifier: BSD-3-Clause */
/* See tls_watch.h. Numbers of RFC 8446, RFC 5246 and RFC 6520. */

#include "oddity/tls_watch.h"

#include <string.h>

#include "bytes.h"
#include "oddity/tls_hello.h"
#include "stream/l7/tls.h"

enum {
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
};

/** What is being taken. */
struct taking {
	struct tls_watch *watch;
	struct oddities *odd;
	struct wp_span bytes;
	bool from_client;
};

/** Says what is odd, and that nothing more is looked at. */
static void
give_up(struct taking *taking, enum rule_event event)
{
	oddities_add(taking->odd, event);
	taking->watch->is_over = true;
}

/** Gathers bytes until there are @p want. @return whether there are */
static bool
gather(struct wp_span *from, uint8_t *to, uint8_t *n, uint32_t want)
{
	uint32_t part = want - *n < from->size ? want - *n : from->size;

	memcpy(to + *n, from->data, part);
	*n += (uint8_t)part;
	from->data += part;
	from->size -= part;
	return *n == want;
}

/* Messages of the handshake. */

/** @return whether a type is assigned (IANA, TLS HandshakeType). */
static bool
is_known(uint8_t type)
{
	return type <= 5 || type == 8 || (type >= 11 && type <= 16) || (type >= 20 && type <= 26) ||
	       type == 67 || type == 254;
}

static void
look_at_message(struct taking *taking, struct wp_span body)
{
	struct tls_watch *watch = taking->watch;

	if (watch->message[0] == CLIENT_HELLO && taking->from_client)
		tls_hello_look(body, true, &watch->has_hello, taking->odd);
	else if (watch->message[0] == SERVER_HELLO && !taking->from_client)
		tls_hello_look(body, false, &watch->has_hello, taking->odd);
}

/** Takes bytes of a record that has messages. */
static void
take_messages(struct taking *taking, struct wp_span part)
{
	struct tls_watch *watch = taking->watch;

	while (part.size != 0 && !watch->is_over) {
		uint32_t size;

		if (watch->n_message < sizeof(watch->message)) {
			if (!gather(&part, watch->message, &watch->n_message,
				    sizeof(watch->message)))
				return;
			watch->message_left = wp_get32(watch->message) & 0xffffff;
			if (!is_known(watch->message[0])) {
				give_up(taking, EVENT_TLS_INVALID_HANDSHAKE_MESSAGE);
				return;
			}
			if (watch->message_left <= part.size)
				look_at_message(taking,
						(struct wp_span){part.data, watch->message_left});
		}
		size = watch->message_left < part.size ? watch->message_left : part.size;
		part.data += size;
		part.size -= size;
		watch->message_left -= size;
		if (watch->message_left == 0)
			watch->n_message = 0;
	}
}

/* Records. */

/** A heartbeat in one piece. */
static void
look_at_heartbeat(struct taking *taking, struct wp_span part)
{
	enum { REQUEST = 1, RESPONSE = 2, HEAD = 3 };

	if (taking->watch->is_encrypted || part.size < HEAD)
		return;
	if (part.data[0] != REQUEST && part.data[0] != RESPONSE)
		oddities_add(taking->odd, EVENT_TLS_INVALID_HEARTBEAT_MESSAGE);
	else if (HEAD + (uint32_t)wp_get16(part.data + 1) > wp_get16(taking->watch->head + 3))
		oddities_add(taking->odd, EVENT_TLS_OVERFLOW_HEARTBEAT_MESSAGE);
}

static void
begin_record(struct taking *taking)
{
	struct tls_watch *watch = taking->watch;
	uint16_t version = wp_get16(watch->head + 1);

	watch->left = wp_get16(watch->head + 3);
	if (watch->head[0] < WP_TLS_CHANGE_CIPHER_SPEC || watch->head[0] > WP_TLS_HEARTBEAT) {
		give_up(taking, EVENT_TLS_INVALID_RECORD_TYPE);
		return;
	}
	if (version < 0x0300 || version > 0x0304)
		oddities_add(taking->odd, EVENT_TLS_INVALID_RECORD_VERSION);
	if (watch->left == 0 || watch->left > WP_TLS_RECORD_MAX)
		give_up(taking, EVENT_TLS_INVALID_RECORD_LENGTH);
	if (watch->head[0] == WP_TLS_CHANGE_CIPHER_SPEC)
		watch->is_encrypted = true;
	if (watch->head[0] == WP_TLS_HEARTBEAT)
		look_at_heartbeat(taking, taking->bytes);
}

/** Takes bytes of one record. */
static void
take_record(struct taking *taking)
{
	struct tls_watch *watch = taking->watch;
	struct wp_span part = taking->bytes;

	if (part.size > watch->left)
		part.size = watch->left;
	if (watch->head[0] == WP_TLS_HANDSHAKE && !watch->is_encrypted)
		take_messages(taking, part);
	taking->bytes.data += part.size;
	taking->bytes.size -= part.size;
	watch->left -= (uint16_t)part.size;
	if (watch->left == 0)
		watch->n_head = 0;
}

void
tls_watch_take(struct tls_watch *watch, struct wp_span bytes, bool from_client,
	       struct oddities *odd)
{
	struct taking taking = {
		.watch = watch, .odd = odd, .bytes = bytes, .from_client = from_client};

	while (taking.bytes.size != 0 && !watch->is_over) {
		if (watch->n_head == sizeof(watch->head)) {
			take_record(&taking);
			continue;
		}
		if (gather(&taking.bytes, watch->head, &watch->n_head, sizeof(watch->head)))
			begin_record(&taking);
	}
}
