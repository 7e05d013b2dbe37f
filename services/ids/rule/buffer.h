/* SPDX-License-Identifier: BSD-3-Clause */
/* The buffers that conditions on bytes look at: what stands where in a packet or in a message of an
 * application protocol. */

#ifndef IDS_BUFFER_H
#define IDS_BUFFER_H

#include <stdbool.h>
#include <stdint.h>

/** Application protocols that rules know; the first are those of enum wp_l7, by their values. */
enum rule_l7 {
	RULE_L7_UNKNOWN,
	RULE_L7_FAILED, /* WP_L7_NONE: none that is read */
	RULE_L7_HTTP,
	RULE_L7_TLS,
	RULE_L7_DNS,
	RULE_L7_SSH,
	RULE_L7_SMTP,
	RULE_L7_FTP,
	RULE_L7_SMB,
	/* Not read here: rules of theirs are listed as not usable, but in negations. */
	RULE_L7_FTP_DATA,
	RULE_L7_OTHER,
};

enum buffer_id {
	BUFFER_PAYLOAD, /* of a packet, or the stream's */
	/* Headers of a packet. */
	BUFFER_IPV4_HEADER,
	BUFFER_IPV6_HEADER,
	BUFFER_TCP_HEADER,
	BUFFER_UDP_HEADER,
	BUFFER_ICMPV4_HEADER,
	BUFFER_ICMPV6_HEADER,
	/* HTTP requests. */
	BUFFER_HTTP_METHOD,
	BUFFER_HTTP_URI,
	BUFFER_HTTP_URI_RAW,
	BUFFER_HTTP_REQUEST_LINE,
	BUFFER_HTTP_HOST,
	BUFFER_HTTP_HOST_RAW,
	BUFFER_HTTP_USER_AGENT,
	BUFFER_HTTP_REFERER,
	BUFFER_HTTP_ACCEPT,
	BUFFER_HTTP_ACCEPT_ENCODING,
	BUFFER_HTTP_ACCEPT_LANGUAGE,
	BUFFER_HTTP_REQUEST_HEADER,
	BUFFER_HTTP_REQUEST_BODY,
	/* HTTP responses. */
	BUFFER_HTTP_STATUS_CODE,
	BUFFER_HTTP_STATUS_MESSAGE,
	BUFFER_HTTP_RESPONSE_LINE,
	BUFFER_HTTP_SERVER,
	BUFFER_HTTP_LOCATION,
	BUFFER_HTTP_RESPONSE_HEADER,
	BUFFER_HTTP_RESPONSE_BODY,
	/* Both. */
	BUFFER_HTTP_HEADER,
	BUFFER_HTTP_HEADER_RAW,
	BUFFER_HTTP_HEADER_NAMES,
	BUFFER_HTTP_START,
	BUFFER_HTTP_PROTOCOL,
	BUFFER_HTTP_COOKIE,
	BUFFER_HTTP_CONNECTION,
	BUFFER_HTTP_CONTENT_TYPE,
	BUFFER_HTTP_CONTENT_LENGTH,
	/* Files of any protocol. */
	BUFFER_FILE_DATA,
	BUFFER_FILE_NAME,
	BUFFER_FILE_EXTENSION,
	BUFFER_FILE_MAGIC,
	/* DNS. */
	BUFFER_DNS_QUERY,
	BUFFER_DNS_QUESTION,
	BUFFER_DNS_ANSWER,
	/* TLS. */
	BUFFER_TLS_SNI,
	BUFFER_TLS_CERTIFICATES,
	BUFFER_TLS_SUBJECT,
	BUFFER_TLS_ISSUER,
	BUFFER_TLS_SERIAL,
	BUFFER_TLS_FINGERPRINT,
	BUFFER_TLS_ALT_NAME,
	BUFFER_TLS_ALPN,
	BUFFER_TLS_RANDOM,
	BUFFER_TLS_RANDOM_TIME,
	BUFFER_TLS_RANDOM_BYTES,
	BUFFER_JA3_HASH,
	BUFFER_JA3_STRING,
	BUFFER_JA3S_HASH,
	BUFFER_JA3S_STRING,
	/* SSH. */
	BUFFER_SSH_PROTOCOL,
	BUFFER_SSH_SOFTWARE,
	BUFFER_SSH_HASSH,
	BUFFER_SSH_HASSH_STRING,
	BUFFER_SSH_HASSH_SERVER,
	BUFFER_SSH_HASSH_SERVER_STRING,
	/* SMTP, SMB. */
	BUFFER_SMTP_HELO,
	BUFFER_SMTP_MAIL_FROM,
	BUFFER_SMTP_RCPT_TO,
	BUFFER_SMB_NAMED_PIPE,
	BUFFER_SMB_SHARE,
	BUFFER_SMB_NTLMSSP_USER,
	BUFFER_SMB_NTLMSSP_DOMAIN,
	/* What base64_decode has made of another buffer. */
	BUFFER_BASE64,
	BUFFERS,
};

/** When the bytes of a buffer are there; a rule is asked when those of all its buffers are. */
enum buffer_stage {
	STAGE_PACKET,
	STAGE_PAYLOAD,
	STAGE_HEAD, /* all that a message begins with */
	STAGE_BODY, /* what comes bit by bit, and may be looked at as it does */
};

/** Directions in which a buffer is found; bits, as in rule.flow. */
enum { BUFFER_TO_SERVER = 1, BUFFER_TO_CLIENT = 2, BUFFER_BOTH_WAYS = 3 };

/** What is to know of a buffer. */
struct buffer {
	const char *name;     /* as rules have it now: "http.uri" */
	const char *old_name; /* as a word in front of the conditions once was, or NULL */
	const char *modifier; /* as a word behind a content once was: "http_uri", or NULL */
	uint8_t l7;           /* enum rule_l7; RULE_L7_UNKNOWN: of packets, or of any */
	uint8_t directions;   /* bits */
	uint8_t stage;        /* enum buffer_stage */
	bool is_many; /* there may be several of them in one message: each is looked at by itself */
};

/** @return whether a buffer is of a file's name: of a form's parts, it comes with the body. */
static inline bool
buffer_is_name(enum buffer_id buffer)
{
	return buffer == BUFFER_FILE_NAME || buffer == BUFFER_FILE_EXTENSION;
}

/** All, by enum buffer_id. */
extern const struct buffer buffers[BUFFERS];

#endif
