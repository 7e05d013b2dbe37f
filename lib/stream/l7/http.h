/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HTTP/1 as services are told it (RFC 9110, RFC 9112): a head, the bytes of its body, its end; and
 * what a strict end host would have refused. Nothing is refused here: a message is read as the
 * laxest end host would, and the anomalies say that others may read it otherwise. Behind missing
 * bytes that hide where messages end (WP_L7_MISSED), a side goes on with the next line that begins
 * one.
 */

#ifndef WP_STREAM_L7_HTTP_H
#define WP_STREAM_L7_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "stream/event.h"

/** Header lines of a head that are told, at the most. */
#define WP_HTTP_HEADERS_MAX 256

/** Bytes of a head that are told, at the most. A longer one is WP_L7_TOO_LONG, and is told at its
 * end: what stands behind them counts as far as it says where the message ends, untold; so others
 * may read it otherwise. */
#define WP_HTTP_HEAD_MAX 65536

/** Codings of a body that are taken off, at the most. */
#define WP_HTTP_LAYERS_MAX 3

/** Anomalies of HTTP, each told once a message at the most. */
enum wp_http_anomaly {
	/* Of a head, told in front of it; also bits of wp_http_head.anomalies. */
	WP_HTTP_BARE_LF = WP_L7_OWN, /* a line ends without CR (RFC 9112 section 2.2): it ends */
	WP_HTTP_BARE_CR,             /* CR within a line (section 2.2): of a request, a byte like
				      * others; of a response, it ends the line */
	WP_HTTP_FOLD,                /* a line begins with white space (section 5.2) or NUL: the one
				      * before goes on; there is none: it begins behind the space */
	WP_HTTP_SPACING,             /* words of the first line not parted by one SP (section 3), or
				      * white space in front of a response */
	WP_HTTP_BAD_METHOD,          /* is no token */
	WP_HTTP_UNKNOWN_METHOD,      /* is none of IANA's */
	WP_HTTP_BAD_TARGET,          /* empty, or has bytes that no URI has (section 3.2) */
	WP_HTTP_NO_VERSION,          /* HTTP/0.9: the head is told with its empty line, or
				      * when its side ends */
	WP_HTTP_BAD_VERSION,         /* not HTTP/1.DIGIT: as 1.0 when it is no number */
	WP_HTTP_BAD_STATUS,          /* not three digits, 100 to 599: its first ones count, below
				      * 100 as 200 */
	WP_HTTP_NO_STATUS_LINE, /* what stands where a response should begins none: it is body. Of
				 * the response before, as its head frames it, if nobody would
				 * expect one (204, what answers HEAD, ...); or up to a line that
				 * begins a response, if its Content-Length is odd, or it had a
				 * body and said that it was the last: WP_HTTP_BODY may follow
				 * WP_HTTP_END, and another WP_HTTP_END comes. Else of a response
				 * without a head, HTTP/0.9, up to such a line */
	WP_HTTP_SPACE_BEFORE_COLON, /* section 5.1: not part of the name */
	WP_HTTP_NO_COLON,           /* a header line without: all of it is name */
	WP_HTTP_NO_NAME,            /* a header line begins with its colon */
	WP_HTTP_BAD_NAME,           /* of a header, is no token */
	WP_HTTP_BAD_VALUE,          /* of a header, or a reason, has NUL or another control byte */
	WP_HTTP_MANY_HEADERS,       /* more than WP_HTTP_HEADERS_MAX: those behind count, untold */
	WP_HTTP_NO_HOST,            /* in a request of HTTP/1.1 (RFC 9112 section 3.2) */
	WP_HTTP_MANY_HOSTS,
	WP_HTTP_BAD_LENGTH,        /* Content-Length is no number: its digits in front count */
	WP_HTTP_LENGTH_TWICE,      /* the same Content-Length again */
	WP_HTTP_LENGTHS_DIFFER,    /* another Content-Length: the first counts */
	WP_HTTP_BAD_CODING,        /* Transfer-Encoding is odd, unknown, or not chunked at last */
	WP_HTTP_CODING_AND_LENGTH, /* section 6.1: chunked wins */
	WP_HTTP_BEHIND_CLOSE,      /* the message before said that it was the last */
	WP_HTTP_MANY_REQUESTS,     /* more wait for an answer than are kept track of */
	WP_HTTP_UNASKED_SWITCH,    /* 101 to a request without Upgrade: taken as 100 */
	WP_HTTP_MANY_CODINGS,      /* in layers: the WP_HTTP_LAYERS_MAX outermost are taken off */
	/* Of a body, told where they are met. */
	WP_HTTP_BAD_CHUNK,     /* a chunk's size or end is none: all that follows is body, in a
				* response up to a line that begins another */
	WP_HTTP_CHUNK_LINE,    /* bare CR or LF, or bytes that have no meaning, in chunk framing */
	WP_HTTP_BAD_TRAILER,   /* a line of the trailer section is no header */
	WP_HTTP_BROKEN_CODING, /* gzip or deflate that is none, or none any more: from there on, it
				* is told as it is */
	WP_HTTP_BOMB,      /* a layer of a side's bodies grows to more than 128 KiB and 100 times
			    * what was sent, and this one to more than 8 KiB: nothing more is told
			    * of it */
	WP_HTTP_TRUNCATED, /* the side ends within a message. In its body: there is no
			    * WP_HTTP_END. In its head: it is told as far as it is there, as if
			    * the empty line followed */
	WP_HTTP_ANOMALIES_END,
};

/** @return the bit in wp_http_head.anomalies of one that heads have. */
#define WP_HTTP_BIT(ANOMALY) (1u << ((ANOMALY)-WP_L7_OWN))

/** A request's method, where it is a common one. */
enum wp_http_method {
	WP_HTTP_METHOD_UNKNOWN, /* of a response: its request was not seen, or is not
				 * known as bytes were missing */
	WP_HTTP_METHOD_OTHER,
	WP_HTTP_METHOD_GET,
	WP_HTTP_METHOD_HEAD,
	WP_HTTP_METHOD_POST,
	WP_HTTP_METHOD_PUT,
	WP_HTTP_METHOD_DELETE,
	WP_HTTP_METHOD_CONNECT,
	WP_HTTP_METHOD_OPTIONS,
	WP_HTTP_METHOD_TRACE,
	WP_HTTP_METHOD_PATCH,
};

/** What a body is coded by, outermost. */
enum wp_http_coding {
	WP_HTTP_IDENTITY,
	WP_HTTP_GZIP,         /* told without it; be it gzip, or deflate with or without zlib's
			       * header */
	WP_HTTP_DEFLATE,      /* likewise */
	WP_HTTP_OTHER_CODING, /* told as it is */
};

/** One header line. */
struct wp_http_header {
	struct wp_span name;  /* as it came, without white space around it */
	struct wp_span value; /* likewise, folded lines joined by one SP; NULL: no colon */
};

/** A head: WP_HTTP_HEAD. All that it points to is the runtime's, for the time of the call. */
struct wp_http_head {
	struct wp_span raw; /* as it came, up to and with the empty line, or as far as it is told */
	struct wp_span first_line; /* of it, without its end */
	struct wp_span method;     /* NULL in a response */
	struct wp_span target;     /* NULL in a response; may have white space within */
	struct wp_span reason;     /* behind the status; NULL in a request */
	const struct wp_http_header *headers;
	uint64_t content_length; /* bytes; see has_content_length */
	uint32_t anomalies;      /* WP_HTTP_BIT()s */
	uint32_t transaction;    /* number of a request in its flow, from 1; of a response: of the
				  * request that it answers, 0: which was not seen */
	uint16_t n_headers;
	uint16_t status;      /* of a response; 0: there is no number */
	uint8_t major, minor; /* version, as far as it is one */
	uint8_t known_method; /* enum wp_http_method; response: of the request it answers */
	uint8_t coding;       /* enum wp_http_coding */
	bool is_request;
	bool has_content_length;
	bool is_chunked;
	bool keeps_alive; /* another message may follow, as far as this one says */
	bool is_upgrade;  /* request: asks for another protocol; response: changes to it */
};

/** @return whether a response has no body by its status, be there a Content-Length or not (RFC 9112
 * section 6.3). */
static inline bool
wp_http_status_is_bare(uint16_t status)
{
	return status / 100 == 1 || status == 204 || status == 304;
}

/** @return the first header of a name, which is in lower case here and in any case there; NULL:
 * there is none */
const struct wp_http_header *wp_http_header(const struct wp_http_head *head,
					    const char *lower_case_name)
	__attribute__((visibility("default")));

#endif
