/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TLS (SSL 3.0 to TLS 1.3) as services are told it: the hellos, and the certificates that go in the
 * clear (TLS 1.2 and before). Nothing is told of a side that is encrypted.
 */

#ifndef WP_STREAM_L7_TLS_H
#define WP_STREAM_L7_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/event.h"

/** Types of records (RFC 8446 section 5.1, RFC 6520 section 3). */
enum wp_tls_record {
	WP_TLS_CHANGE_CIPHER_SPEC = 20,
	WP_TLS_ALERT,
	WP_TLS_HANDSHAKE,
	WP_TLS_APPLICATION_DATA,
	WP_TLS_HEARTBEAT,
};

/** What is wrong with a flow as TLS goes; of all but WP_TLS_HEARTBLEED a side tells each once. */
enum wp_tls_anomaly {
	WP_TLS_BAD_RECORD = WP_L7_OWN, /* empty, longer than WP_TLS_RECORD_MAX, or not its type's */
	WP_TLS_BAD_HANDSHAKE,          /* a message contradicts itself, or comes where none may */
	WP_TLS_BAD_EXTENSION,          /* an extension contradicts itself, or comes twice */
	WP_TLS_BAD_CERTIFICATE,        /* a list of certificates or the first of them does */
	WP_TLS_HEARTBLEED,             /* a heartbeat asks for more than it brings (RFC 6520) */
	WP_TLS_MANY_CERTIFICATES,      /* more than WP_TLS_CERTIFICATES_MAX */
};

enum {
	WP_TLS_RECORD_MAX = (1 << 14) + 2048, /* bytes of a record (RFC 5246 section 6.2.3) */
	WP_TLS_MESSAGE_MAX = 65536,   /* bytes of a message that is told: see WP_L7_TOO_LONG; of
				       * certificates those that are longer are told up to there */
	WP_TLS_CERTIFICATES_MAX = 16, /* that are shown of one message */
	WP_TLS_NAMES_MAX = 16,        /* that are shown of one certificate */
	WP_TLS_NAME_SIZE = 1024,      /* bytes of a subject or issuer, with its final zero */
	WP_TLS_SERIAL_SIZE = 192,     /* of a serial number: 64 bytes of it */
	WP_TLS_FINGERPRINT_SIZE = 60, /* of a SHA-1 fingerprint */
	WP_TLS_JA3_HASH_SIZE = 33,    /* of a JA3 hash */
};

/**
 * A ClientHello or a ServerHello (RFC 8446 section 4.1, RFC 5246 section 7.4.1). Valid during the
 * event. A span shows a vector without its length field. Of a hello that contradicts itself there
 * is what could be read: a span may be cut short, and those behind it have no data.
 */
struct wp_tls_hello {
	const uint8_t *random;       /* 32 bytes; SSL 2.0: the challenge, zeros in front */
	struct wp_span session_id;   /* up to 32 bytes, or the hello is not sound */
	struct wp_span ciphers;      /* client: pairs of bytes; SSL 2.0: three bytes each */
	struct wp_span compressions; /* client: a byte each */
	struct wp_span extensions;   /* type, length, content of each; no data: there are none */
	struct wp_span server_name;  /* host_name of RFC 6066 section 3, as it was sent */
	struct wp_span alpn;     /* names, a length byte before each: see wp_tls_next_protocol() */
	struct wp_span versions; /* supported_versions: client: pairs of bytes; server: one */
	struct wp_span groups;   /* supported_groups: pairs of bytes */
	struct wp_span point_formats;        /* ec_point_formats: a byte each */
	struct wp_span signature_algorithms; /* pairs of bytes */
	/* Text "771,4865-4866,0-11,29,0"; server: "771,4865,43". Of a longer one the first 4 KiB.
	 * SSL 2.0: no data */
	struct wp_span ja3;
	char ja3_hash[WP_TLS_JA3_HASH_SIZE]; /* MD5 of the whole text, in hex; SSL 2.0: empty */
	uint16_t record_version; /* of the record that it begins in; SSL 2.0: 0. Host order, too: */
	uint16_t handshake_version; /* client_version or server_version, e.g. 0x0303 */
	uint16_t version;      /* server: the chosen one; client: the highest that it can do. With
				* supported_versions taken into account, GREASE left out */
	uint16_t cipher;       /* server: the chosen one; client: 0 */
	uint16_t n_extensions; /* in 'extensions' */
	uint8_t compression;   /* server: the chosen one */
	bool is_client;        /* a ClientHello */
	bool is_retry;         /* a HelloRetryRequest (RFC 8446 section 4.1.4) */
	bool is_sslv2;         /* a ClientHello in SSL 2.0's form (RFC 5246 appendix E.2) */
};

/**
 * What a certificate says. Texts end with a zero, are UTF-8 and have no bytes that are not
 * printable: such are \xNN in them, and a backslash is \\. A name that is too long is cut.
 */
struct wp_tls_certificate {
	int64_t not_before;                     /* seconds since 1970, UTC; 0: not readable */
	int64_t not_after;                      /* likewise */
	struct wp_span names[WP_TLS_NAMES_MAX]; /* dNSName of its subjectAltName, in the DER */
	uint8_t n_names;
	uint8_t version; /* 1 to 3, as people count them */
	bool is_sound;   /* it was read to its end; else there is what could be read */
	char serial[WP_TLS_SERIAL_SIZE]; /* "00:FF:0A": as it is encoded, with a zero in front if
					    any */
	char fingerprint[WP_TLS_FINGERPRINT_SIZE]; /* SHA-1 of the DER: "0a:ff:..." */
	char subject[WP_TLS_NAME_SIZE];            /* "C=US, O=Example, CN=www.example.org" */
	char issuer[WP_TLS_NAME_SIZE];             /* likewise */
};

/** A Certificate message (RFC 5246 section 7.4.2). Valid during the event. */
struct wp_tls_certificates {
	struct wp_span ders[WP_TLS_CERTIFICATES_MAX]; /* the sender's own first */
	const struct wp_tls_certificate *first;       /* ders[0], read; NULL: there is none */
	uint8_t n; /* of ders. 0: a client has none to show, or nothing was readable */
};

/**
 * Reads a certificate, e.g. one that is not the first. Does not allocate.
 *
 * @param der  as in wp_tls_certificates.ders; the names of @p certificate point into it
 * @return certificate->is_sound
 */
bool wp_tls_certificate_read(struct wp_span der, struct wp_tls_certificate *certificate)
	__attribute__((visibility("default")));

/**
 * Writes the subject or the issuer of a certificate, of which struct wp_tls_certificate may have
 * the beginning alone. Does not allocate.
 *
 * @param der  as in wp_tls_certificates.ders
 * @param[out] to  as there: what can be read of it, and a zero
 * @param room  bytes of @p to, at least 1; what does not fit is left out
 */
void wp_tls_certificate_name(struct wp_span der, bool is_issuer, char *to, uint32_t room)
	__attribute__((visibility("default")));

/**
 * Finds the dNSNames of a certificate's subjectAltName, of which struct wp_tls_certificate may have
 * the first ones alone. Does not allocate.
 *
 * @param der  as in wp_tls_certificates.ders
 * @param[out] to  the first of them, in the DER
 * @param room  spans that @p to has room for; 0: it may be NULL
 * @return how many there are
 */
uint32_t wp_tls_certificate_names(struct wp_span der, struct wp_span *to, uint32_t room)
	__attribute__((visibility("default")));

/**
 * Walks a list of ALPN protocol names (RFC 7301 section 3.1).
 *
 * @param[in,out] list  wp_tls_hello.alpn at first; what is left of it then
 * @return whether there was another one, that is now in @p name
 */
bool wp_tls_next_protocol(struct wp_span *list, struct wp_span *name)
	__attribute__((visibility("default")));

#endif
