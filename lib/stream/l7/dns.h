/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A message of DNS (RFC 1035), or of what is made like it: Multicast DNS (RFC 6762) and LLMNR
 * (RFC 4795), over UDP and TCP. It is told with what could be read of it, and what is wrong with it
 * is told before. All numbers in host order.
 */

#ifndef WP_STREAM_L7_DNS_H
#define WP_STREAM_L7_DNS_H

#include "stream/event.h"

/** What is wrong with a message: detail of WP_L7_ANOMALY. Each is told once of a message. */
enum wp_dns_anomaly {
	WP_DNS_BAD_HEADER =
		WP_L7_OWN, /* shorter than a header, which is all that is told; or the Z
			    * bit is set; or it counts more than its size has room for */
	WP_DNS_BAD_NAME,  /* a pointer that does not point back, a name over 255 bytes: that name is
			   * not told. A label of a reserved type: nothing behind it is. A pointer
			   * into the header: it is followed */
	WP_DNS_TRUNCATED, /* it ends within a question or a record; or the stream within it */
	WP_DNS_BAD_RDATA, /* not what a record of its type has */
	WP_DNS_BAD_OPT,   /* RFC 6891 section 6.1: a second OPT, of a name, or outside of additional
			   */
	WP_DNS_TRAILING,  /* bytes behind the last record */
	WP_DNS_TOO_MUCH,  /* not all of its names are told: the reader's bounds are met */
};

/** @return the bit of an anomaly in wp_dns_message.anomalies. */
#define WP_DNS_ANOMALY_BIT(ANOMALY) (1u << ((ANOMALY)-WP_L7_OWN))

/** Bits of wp_dns_message.flags (RFC 1035 section 4.1.1, RFC 4035 section 3.2). */
enum wp_dns_flag {
	WP_DNS_QR = 1 << 15, /* a response */
	WP_DNS_AA = 1 << 10, /* authoritative */
	WP_DNS_TC = 1 << 9,  /* truncated */
	WP_DNS_RD = 1 << 8,  /* recursion desired */
	WP_DNS_RA = 1 << 7,  /* recursion available */
	WP_DNS_Z = 1 << 6,   /* must be zero */
	WP_DNS_AD = 1 << 5,  /* authentic data */
	WP_DNS_CD = 1 << 4,  /* checking disabled */
};

/** Types of records whose data is told as text; others have their numbers of IANA as well. */
enum wp_dns_type {
	WP_DNS_A = 1,
	WP_DNS_NS = 2,
	WP_DNS_CNAME = 5,
	WP_DNS_SOA = 6,
	WP_DNS_PTR = 12,
	WP_DNS_MX = 15,
	WP_DNS_TXT = 16,
	WP_DNS_AAAA = 28,
	WP_DNS_SRV = 33, /* RFC 2782 */
	WP_DNS_DNAME = 39,
	WP_DNS_OPT = 41,  /* RFC 6891 */
	WP_DNS_SVCB = 64, /* RFC 9460 */
	WP_DNS_HTTPS = 65,
};

/** Where a record stands. */
enum wp_dns_section { WP_DNS_ANSWER, WP_DNS_AUTHORITY, WP_DNS_ADDITIONAL, WP_DNS_SECTIONS };

/** A domain name. */
struct wp_dns_name {
	/* Its labels with dots between them and none at the end, "." for the root. Case as it was
	 * sent. A dot or a backslash in a label has a backslash in front, bytes other than
	 * 0x21 .. 0x7e are \DDD (RFC 1035 section 5.1). NULL: it cannot be told. */
	struct wp_span text;
	struct wp_span raw; /* as it stands there, up to its root or pointer */
	uint8_t n_labels;   /* without the root */
};

struct wp_dns_question {
	struct wp_dns_name name; /* QNAME */
	uint16_t type;           /* QTYPE */
	uint16_t class;          /* QCLASS; its upper bit is a flag in Multicast DNS */
};

struct wp_dns_record {
	struct wp_dns_name name; /* of its owner */
	struct wp_span rdata;    /* as it stands there */
	/* A, AAAA: the address. NS, CNAME, PTR, DNAME: the name. MX, SRV, SVCB, HTTPS: the host's.
	 * SOA: MNAME. TXT: the first string, any bytes. NULL: others, or it cannot be told. */
	struct wp_span text;
	struct wp_span mailbox; /* SOA: RNAME, as a name; NULL else */
	uint32_t ttl;           /* seconds */
	uint16_t type;          /* enum wp_dns_type, or another number of IANA */
	uint16_t class;         /* its upper bit is a flag in Multicast DNS */
	uint16_t priority;      /* MX: preference. SRV, SVCB, HTTPS: likewise; 0 else */
	uint16_t weight;        /* SRV; 0 else */
	uint16_t port;          /* SRV; 0 else */
	uint8_t section;        /* enum wp_dns_section */
};

/** Of a message, so many are told at the most. */
enum { WP_DNS_QUESTIONS_MAX = 32, WP_DNS_RECORDS_MAX = 64 };

/** Event WP_DNS_MESSAGE; its offset and size say where it stands in the side's stream. */
struct wp_dns_message {
	struct wp_span raw;                      /* all of it */
	const struct wp_dns_question *questions; /* n_questions_told of them */
	const struct wp_dns_record *records;     /* n_records_told of them */
	uint16_t id;                             /* of the transaction */
	uint16_t flags;                          /* second word of the header, as it stands */
	uint16_t rcode;                          /* with the bits of EDNS, if it has that */
	uint16_t n_questions;                    /* as the header says: QDCOUNT */
	uint16_t n_records[WP_DNS_SECTIONS];     /* likewise: ANCOUNT, NSCOUNT, ARCOUNT */
	uint16_t edns_udp_size;                  /* bytes that the sender takes; 0 without EDNS */
	uint16_t anomalies;                      /* WP_DNS_ANOMALY_BIT()s of what was told of it */
	uint8_t n_questions_told;                /* at the most WP_DNS_QUESTIONS_MAX */
	uint8_t n_records_told; /* of all sections: at the most WP_DNS_RECORDS_MAX */
	uint8_t opcode;         /* number of IANA: 0 is QUERY */
	uint8_t edns_version;   /* 0 in all that there is; 0 without EDNS too */
	bool is_response;       /* WP_DNS_QR */
	bool has_edns;          /* an OPT was read */
	bool edns_do;           /* DNSSEC OK (RFC 3225) */
};

#endif
