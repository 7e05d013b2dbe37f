/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A rule as it was read: its header, and its conditions in the order they were written, those on
 * bytes by the buffer they look at. All of it lies in the arena of its set, and is constant once
 * the set is made.
 */

#ifndef IDS_RULE_H
#define IDS_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule/buffer.h"

struct address_set;
struct geo;
struct port_set;
struct dataset;
struct hashes;
struct pattern;
struct rule;
struct transform;

/** What a rule does. In the order in which rules are asked. */
enum rule_action { RULE_PASS, RULE_DROP, RULE_REJECT, RULE_ALERT };

/** Whom a reject tells; bits. */
enum rule_reject { RULE_REJECT_SOURCE = 1, RULE_REJECT_DESTINATION = 2 };

/** What a rule is for: the first word behind its action. */
enum rule_proto {
	RULE_ANY, /* ip, ipv4, ipv6: what else says the version */
	RULE_TCP,
	RULE_UDP,
	RULE_ICMP, /* and ICMPv6 */
	RULE_SCTP,
	RULE_PKTHDR, /* packets that cannot be read as well */
	RULE_L7,     /* 'l7' says which */
};

/** Which bytes of TCP a rule's conditions on its payload look at. */
enum rule_scope {
	RULE_PACKETS_AND_STREAM,
	RULE_PACKETS, /* tcp-pkt */
	RULE_STREAM,  /* tcp-stream */
};

enum { RULE_VARS_MAX = 32 /* variables of a rule */ };

/** A number in an option: itself, or a variable that an earlier condition has set. */
struct rule_number {
	int64_t value;
	int8_t var; /* index into the rule's variables; -1: none, 'value' is it */
};

/** How two numbers are compared. */
enum rule_compare { RULE_EQ, RULE_NE, RULE_LT, RULE_GT, RULE_LE, RULE_GE, RULE_BETWEEN, RULE_MASK };

/** "<5", "1<>9", "7": a number that is compared. BETWEEN: both ends are outside. */
struct rule_range {
	enum rule_compare compare;
	uint64_t low, high; /* high: of BETWEEN */
};

enum content_flag {
	CONTENT_NOCASE = 1 << 0,
	CONTENT_NEGATED = 1 << 1,
	CONTENT_DEPTH = 1 << 2,
	CONTENT_OFFSET = 1 << 3,
	CONTENT_WITHIN = 1 << 4,
	CONTENT_DISTANCE = 1 << 5,
	CONTENT_FAST_PATTERN = 1 << 6,
	CONTENT_FAST_PATTERN_ONLY = 1 << 7,
	CONTENT_CHOP = 1 << 8,
	CONTENT_STARTSWITH = 1 << 9,
	CONTENT_ENDSWITH = 1 << 10,
	CONTENT_RAW = 1 << 11, /* rawbytes */
};

/** Bytes that stand in a buffer. */
struct rule_content {
	const uint8_t *bytes; /* NOCASE: in lower case */
	uint16_t size;
	uint16_t flags;                                     /* enum content_flag */
	uint16_t chop_offset, chop_size;                    /* fast_pattern:OFFSET,SIZE */
	struct rule_number offset, depth, distance, within; /* where flags say so */
};

enum pcre_flag {
	PCRE_RELATIVE = 1 << 0, /* R */
	PCRE_NEGATED = 1 << 1,
	PCRE_CASELESS = 1 << 2, /* of Perl's: i, s, m, x, A, E, G */
	PCRE_DOTALL = 1 << 3,
	PCRE_MULTILINE = 1 << 4,
	PCRE_EXTENDED = 1 << 5,
	PCRE_ANCHORED = 1 << 6,
	PCRE_DOLLAR_ENDONLY = 1 << 7,
	PCRE_UNGREEDY = 1 << 8,
};

/** A variable that a pcre's group is kept in: "pkt:name", "flow:name", and so on. */
struct rule_capture {
	const char *name;
	uint8_t group; /* from 1 */
	bool of_flow;  /* kept with the flow; else told with the alert only */
};

/** A regular expression on a buffer. */
struct rule_pcre {
	const char *text; /* between its slashes */
	uint16_t flags;   /* enum pcre_flag */
	uint8_t n_captures;
	const struct rule_capture *captures;
	struct pattern *pattern; /* compiled; the matcher's */
};

/** How the bytes of a number are read. */
enum byte_flag {
	BYTE_RELATIVE = 1 << 0,
	BYTE_LITTLE = 1 << 1,
	BYTE_STRING = 1 << 2, /* as text, in 'base' */
	BYTE_NEGATED = 1 << 3,
	BYTE_ALIGN = 1 << 4, /* jump: to the next multiple of 4; extract: of 'align' */
	BYTE_FROM_BEGINNING = 1 << 5,
	BYTE_FROM_END = 1 << 6,
	BYTE_MULTIPLY = 1 << 7, /* by 'multiplier' */
	BYTE_DCE = 1 << 8,      /* byte order as DCE/RPC says */
};

/** How a number is compared or what is done with it. */
enum byte_operator {
	BYTE_EQ,
	BYTE_LT,
	BYTE_GT,
	BYTE_LE,
	BYTE_GE,
	BYTE_AND,
	BYTE_XOR, /* byte_test's ^: bitwise or of Snort */
	BYTE_ADD,
	BYTE_SUB,
	BYTE_MUL,
	BYTE_DIV,
	BYTE_SHIFT_LEFT,
	BYTE_SHIFT_RIGHT,
};

/** byte_test, byte_jump, byte_extract, byte_math: a number in a buffer. */
struct rule_bytes {
	struct rule_number n_bytes; /* byte_jump of 0 bytes: to 'post' straight */
	struct rule_number offset;
	struct rule_number value; /* test: compared with; math: rvalue */
	struct rule_number post;  /* jump: post_offset */
	uint32_t mask;            /* bitmask, 0: none; shifted down by its zeros */
	uint16_t flags;           /* enum byte_flag */
	uint16_t multiplier;      /* extract, jump */
	uint8_t operator;         /* enum byte_operator: of test and math */
	uint8_t base;             /* of BYTE_STRING: 8, 10, 16; 0: as it is written */
	uint8_t align;            /* extract: 2 or 4 */
	uint8_t result;           /* extract, math: variable that it goes to */
};

/** What is looked up in a set of values that is kept outside of rules. */
struct rule_dataset {
	struct dataset *set;
	enum { DATASET_IS_SET, DATASET_IS_NOT_SET, DATASET_SET, DATASET_UNSET, DATAREP } command;
	struct rule_range reputation; /* of DATAREP */
};

/** What a condition is about. */
enum match_kind {
	/* Of bytes: in rule_list. */
	MATCH_CONTENT,
	MATCH_PCRE,
	MATCH_BYTE_TEST,
	MATCH_BYTE_JUMP,
	MATCH_BYTE_EXTRACT,
	MATCH_BYTE_MATH,
	MATCH_ISDATAAT,
	MATCH_BSIZE,         /* 'range' of the buffer's bytes; urilen too */
	MATCH_ABSENT,        /* there is no such buffer ('absent.or_else': or the rest holds) */
	MATCH_BASE64_DECODE, /* makes the buffer that base64_data looks at */
	MATCH_DATASET,
	MATCH_ASN1,
	/* Of a packet. */
	MATCH_TTL, /* 'range', as where it is not said otherwise */
	MATCH_IP_PROTO,
	MATCH_IP_ID,      /* 'number' */
	MATCH_IP_VERSION, /* 'number' */
	MATCH_TOS,        /* 'number', may be negated */
	MATCH_FRAGBITS,   /* 'flags': 1 MF, 2 DF, 4 reserved; see flags.h */
	MATCH_FRAGOFFSET,
	MATCH_IPOPTS, /* 'number': type of an option; UINT32_MAX: any */
	MATCH_SAME_IP,
	MATCH_GEOIP,
	MATCH_TCP_FLAGS, /* 'flags'; see flags.h */
	MATCH_SEQ,       /* 'number' */
	MATCH_ACK,       /* 'number' */
	MATCH_WINDOW,    /* 'number', may be negated */
	MATCH_TCP_MSS,
	MATCH_ICMP_TYPE,
	MATCH_ICMP_CODE,
	MATCH_ICMP_ID,  /* 'number' */
	MATCH_ICMP_SEQ, /* 'number' */
	MATCH_ICMPV6_MTU,
	MATCH_DSIZE,
	MATCH_DECODE_EVENT, /* 'event': enum rule_event */
	MATCH_STREAM_EVENT, /* likewise */
	MATCH_STREAM_SIZE,
	MATCH_IP_SET, /* ip.src, ip.dst in a data set */
	/* Of a flow. */
	MATCH_FLOW_AGE,     /* 'range' of seconds from its first packet to its last */
	MATCH_FLOW_PACKETS, /* 'stream_size': those that a side has sent */
	MATCH_FLOW_BYTES,   /* likewise */
	MATCH_FLOWBITS,
	MATCH_FLOWINT,
	MATCH_XBITS,
	MATCH_HOSTBITS,
	MATCH_L7_PROTOCOL, /* app-layer-protocol */
	MATCH_L7_EVENT,    /* app-layer-event */
	/* Of a message of an application protocol, but not of bytes. */
	MATCH_TLS_VERSION,
	MATCH_TLS_CERTS_COUNT,
	MATCH_DNS_OPCODE,
	MATCH_DNS_RCODE,
	MATCH_DNS_RRTYPE,
	MATCH_FILE_SIZE,
	MATCH_FILE_HASH,
	MATCH_FTPBOUNCE,
	/* What is done when all holds. */
	MATCH_NOALERT,
	MATCH_TAG,
	MATCH_TARGET,
	MATCH_BYPASS,
	MATCH_FILESTORE,
};

enum bits_command { BITS_SET, BITS_UNSET, BITS_TOGGLE, BITS_IS_SET, BITS_IS_NOT_SET };

/** Whose bits. */
enum bits_track { BITS_OF_FLOW, BITS_OF_SOURCE, BITS_OF_DESTINATION, BITS_OF_PAIR };

struct rule_bits {
	uint8_t command;       /* enum bits_command */
	uint8_t track;         /* enum bits_track */
	uint8_t n;             /* names; more than one: any of them will do */
	const uint16_t *names; /* numbers that the set has given them */
	uint32_t expire_s;     /* xbits; 0: as long as the host is known */
};

enum flowint_command {
	FLOWINT_SET,
	FLOWINT_ADD,
	FLOWINT_SUB,
	FLOWINT_LT,
	FLOWINT_LE,
	FLOWINT_EQ,
	FLOWINT_NE,
	FLOWINT_GE,
	FLOWINT_GT,
	FLOWINT_IS_SET,
	FLOWINT_IS_NOT_SET,
};

struct rule_flowint {
	uint8_t command; /* enum flowint_command */
	uint16_t name;   /* number that the set has given it */
	uint16_t other;  /* variable that is compared with; 0: 'value' is */
	uint32_t value;
};

/** Flags of TCP: "S", "+SA", "!F", "SA,12". */
struct rule_flags {
	uint8_t flags, ignored; /* masks as in the header */
	enum { FLAGS_EXACT, FLAGS_ALL, FLAGS_ANY, FLAGS_NONE /* not all of them */ } how;
};

struct rule_stream_size {
	enum { SIZE_CLIENT, SIZE_SERVER, SIZE_BOTH, SIZE_EITHER } of;
	struct rule_range range;
};

enum asn1_flag {
	ASN1_BITSTRING = 1 << 0,
	ASN1_DOUBLE = 1 << 1,
	ASN1_OVERSIZE = 1 << 2,
	ASN1_RELATIVE = 1 << 3,
};

/** Countries that addresses are in. */
struct rule_geo {
	const struct geo *geo;
	enum { GEO_OF_EITHER, GEO_OF_BOTH, GEO_OF_SOURCE, GEO_OF_DESTINATION } of;
	bool negated; /* they are known, and in none of them */
	uint8_t n;
	char codes[][2]; /* ISO 3166-1 */
};

/** What is wrong with ASN.1: any of it will do. */
struct rule_asn1 {
	uint8_t flags;     /* enum asn1_flag */
	uint32_t oversize; /* an object with more bytes than that */
	int32_t offset;    /* where it begins */
};

/** What tag says: packets behind an alert that are to be kept, too. */
struct rule_tag {
	uint32_t count;
	enum { TAG_PACKETS, TAG_SECONDS, TAG_BYTES } metric;
	enum { TAG_SESSION, TAG_SOURCE, TAG_DESTINATION } of;
};

/** One condition, or one thing to do. */
struct rule_match {
	uint8_t kind; /* enum match_kind */
	bool negated;
	uint16_t column; /* of its option, from 1 */
	union {
		struct rule_content content;
		struct rule_pcre pcre;
		struct rule_bytes bytes;
		struct rule_range range;
		struct rule_bits bits;
		struct rule_flowint flowint;
		struct rule_flags flags;
		struct rule_stream_size stream_size;
		struct rule_tag tag;
		struct rule_dataset dataset;
		struct rule_asn1 asn1;
		struct {
			struct rule_number at;
			bool relative;
		} is_data_at;
		struct {
			uint32_t n_bytes; /* 0: all */
			uint32_t offset;
			bool relative;
		} base64;
		struct {
			bool or_else;
		} absent;
		struct {
			uint8_t l7;   /* enum wp_l7, or one of rule_l7 */
			uint8_t side; /* 1: of the client, 2: of the server; 0: of who speaks */
		} protocol;
		uint16_t event; /* of decode, stream and application events: its number */
		uint16_t side;  /* TARGET: 0 source, 1 destination */
		struct {
			struct rule_dataset of;
			uint8_t side; /* likewise */
		} ip_set;
		const struct rule_geo *geo;
		const struct hashes *hashes; /* FILE_HASH; 'negated': of none of them */
		uint32_t number;
		const char *text;
	};
};

/** Conditions on one buffer, in the order they were written. */
struct rule_list {
	uint8_t buffer; /* enum buffer_id */
	uint8_t n_transforms;
	uint8_t side; /* of a pair: BUFFER_TO_SERVER or BUFFER_TO_CLIENT; else 0 */
	uint16_t n;
	const struct transform *transforms;
	struct rule_match *matches;
	uint16_t data; /* number of (buffer, transforms) among the set's; see rule_set */
};

/** "flow:" */
enum rule_flow {
	RULE_TO_SERVER = 1 << 0,
	RULE_TO_CLIENT = 1 << 1,
	RULE_ESTABLISHED = 1 << 2,
	RULE_NOT_ESTABLISHED = 1 << 3,
	RULE_STATELESS = 1 << 4,
	RULE_ONLY_STREAM = 1 << 5,
	RULE_NO_STREAM = 1 << 6,
	RULE_ONLY_FRAGMENT = 1 << 7,
	RULE_NO_FRAGMENT = 1 << 8,
};

/** How often a rule alerts: "threshold", "detection_filter", or a line of threshold.config. */
struct limit {
	enum {
		LIMIT_NONE,
		LIMIT_LIMIT,
		LIMIT_THRESHOLD,
		LIMIT_BOTH,
		LIMIT_DETECTION,
		LIMIT_RATE,
		LIMIT_SUPPRESS,
		LIMIT_BACKOFF, /* at 'count', then at 'multiplier' times that, and so on */
	} type;
	enum {
		LIMIT_BY_SOURCE,
		LIMIT_BY_DESTINATION,
		LIMIT_BY_BOTH,
		LIMIT_BY_RULE,
		LIMIT_BY_FLOW,
		LIMIT_BY_EITHER
	} track;
	uint32_t count, seconds;
	uint32_t timeout_s;  /* RATE */
	uint32_t multiplier; /* BACKOFF */
	/* DETECTION: hits count once for each of these. */
	enum { LIMIT_OF_HITS, LIMIT_OF_SOURCE_PORTS, LIMIT_OF_DESTINATION_PORTS } unique;
	enum rule_action action;         /* RATE: the new one */
	const struct address_set *hosts; /* SUPPRESS: whom; NULL: all */
	const struct limit *next;        /* further ones of the same rule */
};

struct rule_reference {
	const char *key, *id;
};

struct rule_metadata {
	const char *key, *value;
};

/** A rule. */
struct rule {
	uint32_t sid, gid, rev;
	uint32_t number;  /* place in its set: rules are asked in this order */
	const char *msg;  /* "" where it has none */
	const char *text; /* as it stands in its file */
	const char *file;
	uint32_t line;

	uint8_t action;     /* enum rule_action */
	uint8_t reject;     /* enum rule_reject */
	uint8_t proto;      /* enum rule_proto */
	uint8_t scope;      /* enum rule_scope */
	uint8_t ip_version; /* 4, 6; 0: both */
	uint8_t l7;         /* enum rule_l7; of RULE_L7 */
	bool both_ways;     /* <> */
	bool is_pair;       /* =>: its lists are about a request or about its answer */
	uint8_t file_side;  /* likewise its conditions on a file; bits of BUFFER_BOTH_WAYS */
	bool no_alert;
	bool alert_too;    /* "alert": it passes packets on, and tells of them */
	uint32_t priority; /* 1 weighs most */
	uint16_t flow;     /* enum rule_flow */

	const struct address_set *source, *destination; /* NULL: any */
	const struct port_set *source_ports, *destination_ports;

	const char *classtype;  /* its name; NULL */
	const char *class_text; /* what it means */
	const struct rule_reference *references;
	const struct rule_metadata *metadata;
	uint8_t n_references, n_metadata;

	struct rule_list *lists; /* on bytes, one for each buffer */
	uint8_t n_lists;
	uint16_t n_packet, n_after; /* conditions of packets and flows; what is done afterwards */
	struct rule_match *packet, *after;
	const struct limit *limit; /* threshold or detection_filter; NULL */
	uint8_t n_vars;            /* variables of byte_extract and byte_math */
	bool prefilter;            /* it asked to be found by its header */
};

#endif
