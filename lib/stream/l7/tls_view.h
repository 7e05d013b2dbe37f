/* SPDX-License-Identifier: BSD-3-Clause */
/* The view that reads TLS, and what its files have in common. Worker only. */

#ifndef WP_STREAM_L7_TLS_VIEW_H
#define WP_STREAM_L7_TLS_VIEW_H

#include "stream/l7/tls.h"
#include "stream/l7/view.h"

extern const struct l7_view l7_tls_view;

enum {
	TLS_CLIENT_HELLO = 1,
	TLS_SERVER_HELLO = 2,
	TLS_CERTIFICATE = 11,
	TLS_RECORD_HEAD = 5,
	TLS_V2_HELLO = 0x80, /* ours: a ClientHello in SSL 2.0's form */
	TLS_V2_HEAD = 5,     /* bytes of it before its lengths */
	TLS_JA3_MAX = 4096,  /* bytes that are shown */
};

/** How far a side has come. */
enum tls_phase {
	TLS_PLAIN,
	TLS_CHANGED, /* it may be encrypted; if it is not, its next message is a hello */
	TLS_DONE,    /* there is nothing more to read: it is encrypted, or not followed any more.
		      * Heads of records are, until data comes */
};

/** A handshake message on its way. */
struct tls_message {
	uint8_t head[4]; /* type and length */
	uint8_t head_size;
	bool is_kept;            /* it is wanted; else it is left out */
	uint16_t record_version; /* of the record that it begins in */
	uint32_t left;           /* bytes of its body that have not come yet */
	struct l7_buffer body;
};

/** What a side has sent. */
struct tls_side {
	struct tls_message message;
	uint8_t head[TLS_V2_HEAD]; /* of the record */
	uint8_t head_size;         /* sizeof(head): within a record */
	uint8_t heartbeat[3];      /* type and length of a heartbeat */
	uint8_t heartbeat_size;
	uint8_t phase;  /* enum tls_phase */
	uint8_t hello;  /* type of the hello that it has sent; 0: none yet */
	uint8_t told;   /* bits: anomalies of enum wp_tls_anomaly */
	bool has_begun; /* a record was seen */
	bool has_data;  /* it is done, and has sent a record of data */
	bool is_lost;   /* it is not followed any more: it may be encrypted or not */
	uint16_t left;  /* bytes of the record that have not come yet */
};

struct tls_state {
	struct tls_side sides[2]; /* index: enum wp_side */
	uint16_t version;         /* that the server has chosen; 0: not known */
};

/** @return the side that a call is about. */
static inline struct tls_side *
tls_side_of(struct l7_run *run)
{
	return &((struct tls_state *)run->state)->sides[run->side];
}

/** Tells an anomaly, unless its side has told it before. @param anomaly  enum wp_tls_anomaly */
void tls_anomaly(struct l7_run *run, unsigned int anomaly);

/**
 * Reads a ClientHello or ServerHello and tells it.
 * @param type     TLS_CLIENT_HELLO, TLS_SERVER_HELLO or TLS_V2_HELLO
 * @param version  of the record; TLS_V2_HELLO: of the hello
 * @param[out] hello  what was told; it points into @p body
 * @return whether it was told
 */
bool tls_hello(struct l7_run *run, unsigned int type, uint16_t version, struct wp_span body,
	       struct wp_tls_hello *hello);

/** Reads the extensions of a hello. @return false: they contradict themselves */
bool tls_extensions_read(struct wp_tls_hello *hello);

/** Writes hello->ja3 and ja3_hash. @param text  where ja3 shall lie, TLS_JA3_MAX bytes */
void tls_ja3(struct wp_tls_hello *hello, char *text);

/** @return whether a value is one of RFC 8701, which mean nothing. */
bool tls_is_grease(unsigned int value);

/** Reads a Certificate message and tells it. */
void tls_certificates(struct l7_run *run, struct wp_span body);

/**
 * Takes bytes from the front of others.
 * @return false: there are fewer left; then @p part has those that are
 */
static inline bool
tls_take(struct wp_span *from, uint32_t size, struct wp_span *part)
{
	bool is_whole = size <= from->size;

	if (!is_whole)
		size = from->size;
	*part = (struct wp_span){from->data, size};
	if (size != 0)
		from->data += size; /* what is not there has no data to go on in */
	from->size -= size;
	return is_whole;
}

/** @return a number in network order, of a few bytes. */
static inline uint32_t
tls_number(struct wp_span bytes)
{
	uint32_t number = 0;

	for (uint32_t i = 0; i < bytes.size; i++)
		number = number << 8 | bytes.data[i];
	return number;
}

/**
 * Takes a vector from the front (RFC 8446 section 3.4). @param bytes  of its length field
 * @return false: it is longer than what is left; then @p vector has that. Without a whole length
 * field it has no data
 */
static inline bool
tls_take_vector(struct wp_span *from, uint32_t bytes, struct wp_span *vector)
{
	struct wp_span length;

	if (tls_take(from, bytes, &length))
		return tls_take(from, tls_number(length), vector);
	*vector = (struct wp_span){0};
	return false;
}

#endif
