/* SPDX-License-Identifier: BSD-3-Clause */
/* What happens to flows, as services are told. */

#ifndef WP_STREAM_EVENT_H
#define WP_STREAM_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/flow.h"

struct wp_packet;

/** What happens. A service names what it wants to hear of: struct wp_stream_want. */
enum wp_stream_event_type {
	/* Told at every level. */
	WP_FLOW_START, /* its first packet */
	WP_FLOW_SETUP, /* TCP: the handshake is through; else: the first packet the other way */
	WP_FLOW_STATE, /* TCP: the state of a side, or of the whole, has changed */
	WP_FLOW_RETRANSMISSION, /* TCP: bytes that were sent already; offset and size say which */
	WP_FLOW_ANOMALY,        /* detail: enum wp_anomaly; the packet is not believed, unless
				 * 'followed' */
	WP_FLOW_END,            /* there will be no more; flow->end says how */
	/* Need its bytes. */
	WP_FLOW_DATA,     /* the next bytes of a side's stream; UDP: of a datagram. detail: enum
			   * wp_data */
	WP_FLOW_GAP,      /* 'size' bytes were missed: the stream goes on behind them */
	WP_FLOW_CONFLICT, /* bytes sent again with another content: 'data' new, 'other' before */
	WP_FLOW_CAP,      /* detail: enum wp_cap; what is done then is for the configuration */
	WP_FLOW_FINISH,   /* TCP: a side's stream is at its end; 'offset' is how long it was */
	/* Need it read as what its application protocol makes of it: see l7/. */
	WP_L7_START,         /* flow->l7 is known now; or it is WP_L7_NONE */
	WP_L7_ANOMALY,       /* detail: enum wp_l7_anomaly, or the protocol's own */
	WP_HTTP_HEAD,        /* a request's or a response's: 'http' */
	WP_HTTP_BODY,        /* the next bytes of a body, without chunks and codings: 'data' */
	WP_HTTP_END,         /* of a request or a response */
	WP_DNS_MESSAGE,      /* 'dns' */
	WP_TLS_HELLO,        /* a client's or a server's: 'tls' */
	WP_TLS_CERTIFICATES, /* 'certificates' */
	WP_SSH_BANNER,       /* 'ssh' */
	WP_SMTP_COMMAND,     /* 'line' */
	WP_SMTP_REPLY,       /* likewise */
	WP_SMTP_DATA,        /* the next bytes of a message, dots taken off: 'data' */
	WP_MIME_PART,        /* a part of a message begins: 'mime' */
	WP_MIME_DATA,        /* its next bytes, decoded: 'data' */
	WP_MIME_END,         /* it ends. detail: enum wp_mime_end */
	WP_FTP_COMMAND,      /* 'line' */
	WP_FTP_REPLY,        /* likewise */
	WP_SMB_MESSAGE,      /* 'smb' */
	WP_HTTP_LINE, /* a request's first line, if it has no version and its head is not whole
		       * yet: servers of HTTP/0.9 wait for no more. Of 'http', what it says */
	WP_FLOW_EVENTS,
};

/** @return the bit of an event. */
#define WP_EVENT_BIT(TYPE) (1u << (TYPE))

/** Events that need a flow read as its application protocol. */
#define WP_EVENTS_OF_L7 (WP_EVENT_BIT(WP_FLOW_EVENTS) - WP_EVENT_BIT(WP_L7_START))

/** Events that need a flow's bytes. */
#define WP_EVENTS_OF_BYTES                                                                         \
	(WP_EVENT_BIT(WP_FLOW_DATA) | WP_EVENT_BIT(WP_FLOW_GAP) | WP_EVENT_BIT(WP_FLOW_CONFLICT) | \
	 WP_EVENT_BIT(WP_FLOW_CAP) | WP_EVENT_BIT(WP_FLOW_FINISH) | WP_EVENTS_OF_L7)

/** Why a segment is not believed: its receiver does not take it either. Or what is odd about one
 * that is followed nevertheless. */
enum wp_anomaly {
	WP_ANOMALY_CHECKSUM,
	WP_ANOMALY_MALFORMED, /* its header contradicts itself; or it has a signature that nobody
			       * asked for, with which some receivers do take it */
	WP_ANOMALY_OUT_OF_WINDOW, /* RFC 9293 section 3.10.7.4 */
	WP_ANOMALY_OLD_TIMESTAMP, /* RFC 7323 section 5 */
	WP_ANOMALY_BAD_ACK,       /* acknowledges what cannot have been sent */
	WP_ANOMALY_SYN,           /* a SYN within a connection, or another one's */
	WP_ANOMALY_RST,           /* RFC 5961 section 3 */
	WP_ANOMALY_BEHIND_FIN,    /* bytes behind the last */
	WP_ANOMALY_NO_CONNECTION, /* of none that is known, and such are not picked up */
	WP_N_ANOMALIES,
};

/** What bytes are. */
enum wp_data {
	WP_DATA_PLAIN,
	WP_DATA_URGENT, /* one byte, which sockets give their programs apart from the others, or not
			 * at all: it is not of the stream (RFC 6093 section 2). Where the tracker's
			 * configuration says that programs ask for it in line, none is told so */
};

/** Which limit was met. */
enum wp_cap {
	WP_CAP_FLOW,   /* bytes that wait of one side */
	WP_CAP_TENANT, /* memory of one tenant */
	WP_CAP_WORKER, /* memory of the worker */
	WP_CAP_DEPTH,  /* bytes of a side that are looked at */
	WP_N_CAPS,
};

/** What is wrong with a flow as its protocol goes. A protocol's own begin at WP_L7_OWN, in its
 * header. */
enum wp_l7_anomaly {
	WP_L7_MALFORMED,  /* it does not go on as its protocol says: the rest is not read */
	WP_L7_TOO_LONG,   /* what is to be kept whole is longer than the protocol's header here says
			   */
	WP_L7_NO_MEMORY,  /* there is no room to read it in */
	WP_L7_MISSED,     /* bytes are missing, which hide where messages end: the side is read no
			   * more, or from the next message on that is found */
	WP_L7_OTHER_SIDE, /* the first bytes of its sides are of two protocols: it is read as the
			   * one that was known first */
	WP_L7_OWN = 16,
};

/** Bytes that somebody else keeps. */
struct wp_span {
	const uint8_t *data; /* NULL: there are none, which is not the same as none in them */
	uint32_t size;
};

/** One event. Valid during the call it comes in. */
struct wp_stream_event {
	struct wp_flow *flow;
	struct wp_packet *pkt;        /* that it came with; wp_drop() stops it. NULL: none */
	const uint8_t *data;          /* DATA, CONFLICT, HTTP_BODY, SMTP_DATA, MIME_DATA: the
				       * bytes */
	union {                       /* as the type says; NULL else */
		const uint8_t *other; /* CONFLICT: what was there before */
		const struct wp_http_head *http;
		const struct wp_dns_message *dns;
		const struct wp_tls_hello *tls;
		const struct wp_tls_certificates *certificates;
		const struct wp_ssh_banner *ssh;
		const struct wp_text_line *line;
		const struct wp_mime_part *mime;
		const struct wp_smb_message *smb;
	};
	uint64_t offset;  /* of the first byte in the side's stream; HTTP_BODY: in the body;
			   * SMTP_DATA: in the message; MIME_DATA: in the part */
	uint32_t size;    /* bytes; GAP: that are missing */
	uint8_t type;     /* enum wp_stream_event_type */
	uint8_t side;     /* enum wp_side: whose bytes, or who has sent the packet */
	uint8_t detail;   /* as the type says */
	bool followed;    /* ANOMALY: it counts in spite of that, and its bytes are told */
	const void *plan; /* the runtime's: who is told */
};

struct wp_core;

/** Says whether an event becomes the service's own; see struct wp_stream_want. Worker. */
typedef bool (*wp_stream_filter)(const struct wp_stream_event *event);

/**
 * One row of what a service wants to hear of: an event, or one of its own making, that is an event
 * which a filter lets through. A filter that several services of a path name is asked once. At most
 * WP_WANTS_MAX rows.
 */
struct wp_stream_want {
	wp_stream_filter filter; /* NULL: all */
	uint8_t type;            /* enum wp_stream_event_type; WP_FLOW_EVENTS ends the list */
	uint8_t l7;              /* enum wp_l7: only of flows of this protocol; 0: of all */
};

/** Rows of one service at the most, the last one not counted. */
#define WP_WANTS_MAX 32

/** One event as a service is told it. */
struct wp_told {
	const struct wp_stream_event *event;
	uint32_t rows; /* bits: which rows of its wants it meets */
};

/** The last row. */
#define WP_WANTS_END                                                                               \
	{                                                                                          \
		.type = WP_FLOW_EVENTS                                                             \
	}

#endif
