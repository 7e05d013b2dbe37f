/* SPDX-License-Identifier: BSD-3-Clause */
/* ClientHello and ServerHello: what stands before their extensions. */

#include "stream/l7/tls_view.h"

#include <string.h>

enum {
	RANDOM_SIZE = 32,
	SESSION_ID_MAX = 32,
	CIPHER_SIZE = 2,
	V2_CIPHER_SIZE = 3,
	DRAFT_MAJOR = 0x7f
};

/** A ServerHello with this random is a HelloRetryRequest (RFC 8446 section 4.1.3). */
static const uint8_t retry_random[RANDOM_SIZE] = {0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
						  0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
						  0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
						  0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

/** Reads version and random, without which there is nothing to tell. */
static bool
read_front(struct wp_span *body, struct wp_tls_hello *hello)
{
	struct wp_span version, random;

	if (!tls_take(body, 2, &version) || !tls_take(body, RANDOM_SIZE, &random))
		return false;
	hello->handshake_version = hello->version = (uint16_t)tls_number(version);
	hello->random = random.data;
	return true;
}

/** What stands behind a list that cannot be is read all the same. */
static bool
read_client_lists(struct wp_span *body, struct wp_tls_hello *hello)
{
	bool is_sound = tls_take_vector(body, 1, &hello->session_id) &&
			hello->session_id.size <= SESSION_ID_MAX;

	is_sound &= tls_take_vector(body, 2, &hello->ciphers) && hello->ciphers.size != 0 &&
		    hello->ciphers.size % CIPHER_SIZE == 0;
	is_sound &= tls_take_vector(body, 1, &hello->compressions) && hello->compressions.size != 0;
	return is_sound;
}

/** Drafts of RFC 8446 up to 21 have neither a session id nor a compression. */
static bool
read_server_choice(struct wp_span *body, struct wp_tls_hello *hello)
{
	bool is_draft = hello->handshake_version >> 8 == DRAFT_MAJOR;
	struct wp_span cipher, compression;

	if (!is_draft && (!tls_take_vector(body, 1, &hello->session_id) ||
			  hello->session_id.size > SESSION_ID_MAX))
		return false;
	if (!tls_take(body, CIPHER_SIZE, &cipher))
		return false;
	hello->cipher = (uint16_t)tls_number(cipher);
	if (is_draft)
		return true;
	if (!tls_take(body, 1, &compression))
		return false;
	hello->compression = compression.data[0];
	return true;
}

/** Extensions may be left out altogether (RFC 5246 section 7.4.1.2). */
static void
read_extensions(struct l7_run *run, struct wp_span *body, struct wp_tls_hello *hello)
{
	bool is_whole = body->size == 0 || tls_take_vector(body, 2, &hello->extensions);

	if (!is_whole || body->size != 0)
		tls_anomaly(run, WP_TLS_BAD_HANDSHAKE);
	if (!tls_extensions_read(hello))
		tls_anomaly(run, WP_TLS_BAD_EXTENSION);
}

static void
tell(struct l7_run *run, const struct wp_tls_hello *hello)
{
	l7_tell(run, (struct wp_stream_event){
			     .type = WP_TLS_HELLO, .tls = hello, .offset = run->offset});
}

/** RFC 5246 appendix E.2: three lengths, then what they are of. */
static bool
read_v2(struct l7_run *run, struct wp_span body, struct wp_tls_hello *hello)
{
	uint8_t random[RANDOM_SIZE] = {0};
	struct wp_span lengths[3], challenge;
	bool is_sound;

	for (unsigned int i = 0; i < 3; i++)
		if (!tls_take(&body, 2, &lengths[i]))
			return false;
	is_sound = tls_take(&body, tls_number(lengths[0]), &hello->ciphers) &&
		   hello->ciphers.size != 0 && hello->ciphers.size % V2_CIPHER_SIZE == 0;
	is_sound &= tls_take(&body, tls_number(lengths[1]), &hello->session_id);
	is_sound &= tls_take(&body, tls_number(lengths[2]), &challenge) && body.size == 0;
	if (challenge.size > RANDOM_SIZE)
		tls_take(&challenge, RANDOM_SIZE, &challenge);
	if (challenge.size != 0)
		memcpy(random + RANDOM_SIZE - challenge.size, challenge.data, challenge.size);
	hello->random = random;
	hello->is_sslv2 = true;
	if (!is_sound)
		tls_anomaly(run, WP_TLS_BAD_HANDSHAKE);
	tell(run, hello);
	hello->random = NULL;
	return true;
}

static bool
read_hello(struct l7_run *run, struct wp_span body, struct wp_tls_hello *hello)
{
	char ja3[TLS_JA3_MAX];
	bool is_sound;

	if (!read_front(&body, hello))
		return false;
	hello->is_retry =
		!hello->is_client && memcmp(hello->random, retry_random, RANDOM_SIZE) == 0;
	is_sound = hello->is_client ? read_client_lists(&body, hello)
				    : read_server_choice(&body, hello);
	if (!is_sound)
		tls_anomaly(run, WP_TLS_BAD_HANDSHAKE);
	if (is_sound || hello->is_client)
		read_extensions(run, &body, hello);
	tls_ja3(hello, ja3);
	tell(run, hello);
	hello->ja3 = (struct wp_span){0};
	return true;
}

bool
tls_hello(struct l7_run *run, unsigned int type, uint16_t version, struct wp_span body,
	  struct wp_tls_hello *hello)
{
	bool is_told;

	*hello = (struct wp_tls_hello){.is_client = type != TLS_SERVER_HELLO};
	if (type == TLS_V2_HELLO) {
		hello->handshake_version = hello->version = version;
		is_told = read_v2(run, body, hello);
	} else {
		hello->record_version = version;
		is_told = read_hello(run, body, hello);
	}
	if (!is_told)
		tls_anomaly(run, WP_TLS_BAD_HANDSHAKE);
	return is_told;
}
