/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What records are made of: a head, and fields behind it, each with its kind and size in front. For
 * this folder only.
 */

#ifndef IDS_FIELD_H
#define IDS_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stream/event.h"

/** What a field is. Those that are structs are named; the others are bytes. */
enum field_kind {
	FIELD_FLOW,  /* struct eve_flow */
	FIELD_ALERT, /* struct field_alert */
	FIELD_DROP,  /* struct field_drop */
	FIELD_FLOWBIT,
	FIELD_FLOWINT, /* uint32_t; its name */
	FIELD_PAYLOAD,
	FIELD_PACKET,
	FIELD_HTTP_REQUEST, /* struct field_http_request */
	FIELD_HTTP_METHOD,
	FIELD_HTTP_URL,
	FIELD_HTTP_PROTOCOL,
	FIELD_HTTP_HOST,
	FIELD_HTTP_USER_AGENT,
	FIELD_HTTP_REFERER,
	FIELD_HTTP_XFF,
	FIELD_HTTP_RESPONSE, /* struct field_http_response */
	FIELD_HTTP_LOCATION,
	FIELD_HTTP_CONTENT_TYPE,
	FIELD_HTTP_CONTENT_RANGE,
	FIELD_HTTP_REQUEST_BODY,
	FIELD_HTTP_RESPONSE_BODY,
	FIELD_HTTP_LENGTH,  /* uint64_t */
	FIELD_DNS_MESSAGE,  /* struct field_dns_message; questions and records follow */
	FIELD_DNS_QUESTION, /* struct field_dns_question, its name */
	FIELD_DNS_RECORD,   /* struct field_dns_record, its name, its data */
	FIELD_TLS_HELLO,    /* struct field_tls_hello; of either side */
	FIELD_TLS_SNI,
	FIELD_TLS_FROM,        /* name of the protocol that it has begun in */
	FIELD_TLS_JA3,         /* hash, 32 bytes; text */
	FIELD_TLS_JA3S,        /* likewise */
	FIELD_TLS_CERTIFICATE, /* struct field_certificate; subject and so on follow */
	FIELD_TLS_SUBJECT,
	FIELD_TLS_ISSUER,
	FIELD_TLS_SERIAL,
	FIELD_TLS_FINGERPRINT,
	FIELD_SSH_CLIENT, /* enum field_ssh, its bytes */
	FIELD_SSH_SERVER, /* likewise */
	FIELD_SMTP_HELO,
	FIELD_SMTP_FROM,
	FIELD_SMTP_TO,
	FIELD_FTP_COMMAND, /* its verb, NUL, its argument */
	FIELD_FTP_PORT,    /* uint16_t: that a command asks the server to connect to */
	FIELD_FTP_REPLY,   /* struct field_ftp_reply; the line behind its code */
	FIELD_SMB_MESSAGE, /* struct field_smb; all messages */
	FIELD_SMB_DIALECT, /* uint16_t: what was agreed on before */
	FIELD_SMB_SHARE,
	FIELD_SMB_FILE,
	FIELD_SMB_USER,
	FIELD_SMB_DOMAIN,
	FIELD_SMB_HOST,
	FIELD_FILE, /* struct field_file */
	FIELD_FILE_NAME,
	FIELD_MD5,
	FIELD_SHA1,
	FIELD_SHA256,
	FIELD_ANOMALY, /* uint8_t: enum record_layer; its name */
	FIELD_COUNTER, /* uint64_t; its name */
	FIELD_TUNNEL,  /* struct field_tunnel */
	FIELD_KINDS,
};

/** Which bits of record_head.has are set. */
enum record_has {
	HAS_FLOW = 1 << 0,
	HAS_PACKET = 1 << 1,
	HAS_ICMP = 1 << 2,
	HAS_ETHER = 1 << 3,
	HAS_ADDRESSES = 1 << 4,
	HAS_ALERTED = 1 << 5, /* RECORD_FLOW */
	HAS_BLOCKED = 1 << 6, /* the flow does not go on */
	HAS_FRAME = 1 << 7,   /* the packet begins with an Ethernet header */
};

enum { VLANS_MAX = 3 };

/** Begins a record. */
struct record_head {
	uint64_t flow_id;
	uint64_t pcap_cnt; /* 0: none */
	int64_t tx;        /* -1: none */
	uint64_t uptime_s; /* RECORD_STATS */
	uint32_t path;
	uint16_t tenant;
	uint8_t step;
	uint8_t kind; /* enum record_kind */
	uint8_t source[16], dest[16];
	uint16_t source_port, dest_port;
	uint8_t source_mac[6], dest_mac[6];
	uint16_t vlans[VLANS_MAX];
	uint8_t n_vlans;
	uint8_t version, proto;
	uint8_t l7;   /* enum wp_l7 */
	uint8_t side; /* enum wp_side: who has sent it */
	uint8_t has;  /* enum record_has */
	uint8_t icmp_type, icmp_code;
	uint8_t from;       /* enum record_from */
	uint8_t is_in_ipv6; /* the packet that it was found in */
};

_Static_assert(sizeof(struct record_head) % 8 == 0, "fields behind it are aligned");

/** In front of each field. */
struct field_head {
	uint16_t size; /* bytes of the field */
	uint16_t kind; /* enum field_kind */
};

struct field_alert {
	uint32_t number, sid, gid, rev; /* number: of the rule in its set */
	uint8_t verdict;                /* enum record_verdict */
	uint8_t action;                 /* enum rule_action */
	uint8_t reject;                 /* enum rule_reject */
	uint8_t of_stream, dropped;
	uint8_t unused[3];
};

/** The packet that a packet was found in. */
struct field_tunnel {
	uint8_t source[16], dest[16];
	uint16_t source_port, dest_port;
	uint8_t version, proto, depth, unused;
};

/** What of a packet's headers is told of it when it was dropped. */
struct field_drop {
	uint32_t tcp_seq, tcp_ack, flow_label;
	uint16_t len, ip_id, tcp_window, tcp_urgent, udp_len;
	uint8_t tos, ttl, tcp_flags, tcp_reserved;
	uint8_t reason; /* enum record_drop */
	uint8_t has_tcp, has_udp;
	uint8_t unused[3];
};

struct field_http_request {
	uint32_t port; /* that it names; 0: none */
};

struct field_http_response {
	uint16_t status; /* 0: there is no number */
	uint16_t unused;
};

struct field_dns_message {
	uint16_t id, flags, rcode;
	uint8_t opcode, is_response;
};

struct field_dns_question {
	uint16_t type;
};

struct field_dns_record {
	uint32_t ttl;
	uint32_t numbers[5]; /* SOA: serial and so on. SRV: priority, weight, port. SSHFP:
			      * algorithm, type */
	uint16_t type;
	uint16_t name_size, text_size; /* text: what is behind the name; SOA: MNAME, then RNAME */
	uint8_t section;               /* enum wp_dns_section */
	uint8_t has_text;
};

struct field_tls_hello {
	uint16_t version;
	uint8_t is_client, unused;
};

struct field_certificate {
	int64_t not_before, not_after; /* 0: not readable */
	uint8_t is_client, unused[7];
};

/** What of a side of SSH is told. */
enum field_ssh { FIELD_SSH_PROTO, FIELD_SSH_SOFTWARE, FIELD_SSH_HASSH, FIELD_SSH_HASSH_TEXT };

/** Bytes that are kept of a line of FTP. */
enum { FIELD_LINE_MAX = 1024 };

struct field_ftp_reply {
	uint16_t code; /* 0: it has none */
	uint16_t port; /* that it announces; 0: none */
};

struct field_smb {
	uint64_t id, session;
	uint32_t tree, status;
	uint16_t command, dialect;
	uint8_t version, is_response, ntlmssp, unused;
};

struct field_file {
	uint64_t size;
	uint8_t has_gaps, is_whole, is_open, unused[5];
};

/** Room for fields. */
struct fields {
	uint8_t *bytes;
	size_t size, used;
};

/** Adds a field of @p n parts, cut to @p most bytes and to the room there is. @return whether there
 * was any */
bool field_add_parts(struct fields *fields, enum field_kind kind, size_t most,
		     const struct wp_span *parts, unsigned int n);

/** Likewise, of one part; one without data adds nothing. */
bool field_add(struct fields *fields, enum field_kind kind, size_t most, struct wp_span bytes);

/** Likewise, a struct, whole or not at all. */
bool field_add_struct(struct fields *fields, enum field_kind kind, const void *bytes, size_t size);

/** A field as it is read. */
struct field {
	const uint8_t *bytes;
	uint16_t size;
	uint16_t kind; /* enum field_kind */
};

/** Walks fields. @param[in,out] rest  what is not yet read. @return false: there are no more */
bool field_next(struct wp_span *rest, struct field *field);

/** @return the first field of a kind; its bytes are NULL when there is none. */
struct field field_find(struct wp_span fields, enum field_kind kind);

/** Copies a field's struct. @return false: it has another size, and nothing is copied */
bool field_get(const struct field *field, void *to, size_t size);

#endif
