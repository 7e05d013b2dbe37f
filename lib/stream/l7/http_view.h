/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the HTTP/1 view share. */

#ifndef WP_STREAM_L7_HTTP_VIEW_H
#define WP_STREAM_L7_HTTP_VIEW_H

#include <llhttp/llhttp.h>

#include "stream/l7/http.h"
#include "stream/l7/view.h"

extern const struct l7_view l7_http_view;

/* Bytes. */

/** @return whether a byte is one of a token's (RFC 9110 section 5.6.2). */
bool http_is_token_byte(uint8_t byte);

/** @return whether there are bytes, all of them a token's. */
bool http_is_token(struct wp_span span);

/** @return whether a byte may not be in a line: a control byte, but for HTAB. */
bool http_is_control(uint8_t byte);

/** @return whether bytes are the first of a word, in any case, whatever the locale. */
bool http_begins(const uint8_t *bytes, const char *word, uint32_t size);

/** @return whether bytes are a word, in any case. */
bool http_is(struct wp_span span, const char *word);

/** @return whether bytes are a word, in any case, but for bytes that no token has. */
bool http_is_loosely(struct wp_span span, const char *word);

/** @return whether bytes have a word within them, in any case, but for NULs. */
bool http_has(struct wp_span span, const char *word);

/** @return bytes without SP and HTAB at their ends. */
struct wp_span http_trim(struct wp_span span);

/* Heads. */

enum { HTTP_BEHIND_MAX = 40 }; /* bytes of a header's name */

/** How far a head is gathered. */
struct http_scan {
	uint32_t size;     /* bytes of the head so far, or UINT32_MAX; 0: it has not begun */
	uint32_t line;     /* bytes of the line that is not ended, or UINT32_MAX */
	uint32_t lines;    /* that are */
	uint8_t last[2];   /* the line's last bytes */
	uint8_t returns;   /* CR at the end of the line before; 2: or more */
	uint8_t behind;    /* bytes that were kept behind a blank line, which may be the end */
	bool is_in_doubt;  /* whether it is */
	bool has_blanks;   /* white space stands in front */
	bool is_line_seen; /* the first line was looked at: WP_HTTP_LINE */
};

/** Codings that a header lists. */
struct http_codings {
	uint32_t n;        /* but for identity */
	uint32_t n_ours;   /* of them, that are taken off */
	uint8_t outermost; /* enum wp_http_coding */
};

/** What header lines say of a message, as far as they were read. */
struct http_said {
	bool has_coding; /* Transfer-Encoding */
	bool is_chunked_last;
	bool closes, keeps, upgrades; /* Connection */
	bool has_upgrade;
	struct http_codings transfer, content;
	uint32_t n_hosts;
};

/** A head as it is read. */
struct http_message {
	struct wp_http_head head;
	struct wp_http_header headers[WP_HTTP_HEADERS_MAX];
	struct wp_http_header header; /* that may go on with the next line */
	bool has_header;
	bool is_http; /* its first line is not that of something else */
	struct http_said said;
	/* Folded values; NULL: none. */
	uint8_t *folds;
	uint32_t folds_size;
	bool lacks_folds; /* there is no memory for them */
};

/** Notes an anomaly of a head. */
static inline void
http_note(struct http_message *message, enum wp_http_anomaly anomaly)
{
	message->head.anomalies |= WP_HTTP_BIT(anomaly);
}

/** Begins with a head. http_head_free() comes behind it. */
void http_head_begin(struct http_message *message, struct wp_span raw, bool is_request);

/** Reads header lines. */
void http_lines_read(struct l7_run *run, struct http_message *message, struct wp_span lines);

/** Reads a head; http_field_settle() and http_head_free() come behind it. */
void http_head_read(struct l7_run *run, struct http_message *message, struct wp_span raw,
		    bool is_request);

/** @return whether a line that begins so goes on with the one before. */
bool http_begins_fold(uint8_t byte, bool is_request);

void http_head_free(struct l7_run *run, struct http_message *message);

/** Reads a request line, or a status line. */
void http_line_read(struct http_message *message, struct wp_span line);

/** Takes what a header line says of the message's framing. */
void http_field_read(struct http_message *message, const struct wp_http_header *header);

/** Likewise of a folded line that looks like a header of its own, which is odd. */
void http_field_read_fold(struct http_message *message, const struct wp_http_header *header);

/** Makes up what the message's framing is when all header lines were read. */
void http_field_settle(struct http_message *message);

/** @return what a method is. @param[out] is_registered  it is IANA's */
enum wp_http_method http_method_of(struct wp_span method, bool *is_registered);

/** For protocols that are known by a first word, as methods of HTTP may be any: L7_NO: a client's
 * line, as far as it is there, is a request. L7_MAYBE: it may become one, on a port for such */
enum l7_match http_match_none(const struct l7_hint *hint);

/* Heads that are longer than what is kept of them. */

/** Bytes of a header that are kept until it was read; servers that take longer heads than
 * WP_HTTP_HEAD_MAX take lines of half as many (Apache). */
enum { HTTP_CUT_LINE_MAX = 16000 };

/** The rest of such a head. */
struct http_cut {
	struct wp_http_head head; /* what lines have said so far; its spans do not count */
	struct http_said said;    /* likewise */
	uint32_t size;            /* bytes of the line at hand that are kept */
	bool is_at_end;           /* of a line, which may go on with the next */
	bool is_first;            /* the line at hand is the first, which was read as it was */
	bool is_told;             /* that the head is too long */
	uint8_t line[HTTP_CUT_LINE_MAX]; /* with those that go on with it */
};

/** Reads what comes behind the bytes that are kept: what lines say of framing counts.
 * @return false: there is no memory for it, and the side is given up */
bool http_cut_read(struct l7_run *run, const uint8_t *data, uint32_t size);

/** A head is over, which was read as far as it is kept: all of its lines count. */
void http_cut_end(struct l7_run *run, struct http_message *message);

/* Who answers what. */

enum { HTTP_REQUESTS_MAX = 32, HTTP_ASKS_UPGRADE = 0x80 };

/** Requests that are not answered yet. */
struct http_requests {
	uint8_t ring[HTTP_REQUESTS_MAX]; /* enum wp_http_method, HTTP_ASKS_UPGRADE */
	uint8_t first, n;
	uint64_t n_forgotten; /* older ones, which there was no room for */
	uint32_t n_told;      /* requests of the flow so far */
	bool is_next_unknown; /* of the next request: another may be answered in its place */
};

/** Keeps a request for its response, or settles what a response answers. @return whether another
 * protocol begins behind this head */
bool http_pair(struct http_requests *requests, struct wp_http_head *head);

/** Forgets all requests: behind missing bytes of @p side nobody knows what is answered next. */
void http_pair_anew(struct http_requests *requests, unsigned int side);

/* Bodies. */

enum { HTTP_CHUNK_LINE_MAX = 24 };

/** Framing within a chunked body (RFC 9112 section 7.1). */
struct http_chunk {
	uint64_t size; /* of the chunk whose line is being read */
	uint8_t at;    /* enum in http_chunk.c; 0: a line begins */
	bool is_odd;   /* a strict host would refuse the line */
	/* The line as it came, as long as it may turn out to be none. */
	uint8_t n_line;
	uint8_t line[HTTP_CHUNK_LINE_MAX];
};

enum http_chunk_then {
	HTTP_CHUNK_MORE, /* all bytes were read, and it goes on */
	HTTP_CHUNK_ENDS, /* it ends with the last byte read */
	HTTP_CHUNK_BAD, /* there is none that goes on with the byte behind: the line is body, too */
};

/** Reads the line in front of a chunk, the end of one, the trailer section. @return bytes read */
uint32_t http_chunk_line(struct http_chunk *chunk, const uint8_t *data, uint32_t size,
			 enum http_chunk_then *then);
uint32_t http_chunk_end(struct http_chunk *chunk, const uint8_t *data, uint32_t size,
			enum http_chunk_then *then);
uint32_t http_chunk_trailers(struct http_chunk *chunk, const uint8_t *data, uint32_t size,
			     enum http_chunk_then *then);

struct http_inflate;

/** One layer of a body's codings. */
struct http_layer {
	struct http_inflate *inflate; /* taken when bytes come; NULL: not */
	uint64_t out;                 /* bytes of all bodies of the side that it grew to, */
	uint64_t before;              /* of those in front of this one */
	uint8_t mode;                 /* enum in http_coding.c */
};

/** What takes a body's codings off. All zero: there are none. */
struct http_coding {
	struct http_layer layers[WP_HTTP_LAYERS_MAX]; /* the outermost is the first */
	uint64_t told;                                /* bytes */
	uint64_t in; /* bytes of all bodies of the side that had codings */
	uint8_t n;   /* layers */
};

/** @param n  layers; of more than WP_HTTP_LAYERS_MAX, the outermost are taken off */
void http_coding_begin(struct http_coding *coding, uint32_t n);

/** Tells the next bytes of a body. */
void http_coding_body(struct l7_run *run, struct http_coding *coding, const uint8_t *data,
		      uint32_t size);

/** Some bytes are missing. */
void http_coding_gap(struct l7_run *run, struct http_coding *coding, uint64_t size);

/** No more of the body will be read: tells what was kept until its format is known. @param is_end
 * it is over, not cut */
void http_coding_flush(struct l7_run *run, struct http_coding *coding, bool is_end);

/** The body is at its end. */
void http_coding_end(struct l7_run *run, struct http_coding *coding);

void http_coding_free(struct l7_run *run, struct http_coding *coding);

/* Sides. */

enum { HTTP_SEARCH_METHOD_MAX = 20 }; /* bytes; the longest registered has 17 */

/** How far the line at hand is known, where a message may begin. All zero: a line begins. */
struct http_search {
	uint8_t bytes[HTTP_SEARCH_METHOD_MAX + 2]; /* of a line that may begin a message */
	uint8_t size;                              /* of them */
	bool is_within;                            /* the line begins none */
};

/** Where a side is. */
enum http_at {
	HTTP_AT_HEAD,
	HTTP_AT_BODY, /* in bytes that llhttp knows to be a body's */
	HTTP_AT_CHUNK_LINE,
	HTTP_AT_CHUNK_END,
	HTTP_AT_TRAILERS,
	HTTP_AT_DOUBT,  /* behind what may be the end of a response: the next bytes say it */
	HTTP_AT_REST,   /* in a body whose end no framing says */
	HTTP_AT_SEARCH, /* behind missing bytes, in front of the next message */
	HTTP_AT_LOSS,   /* nobody can find the way */
};

/** One direction of a flow. */
struct http_side {
	llhttp_t parser;       /* the framing of the message under way */
	struct l7_buffer head; /* of a head that came in pieces */
	struct http_cut *cut;  /* NULL: the head is whole, or none is gathered */
	struct http_scan scan;
	struct http_search search;
	struct http_chunk chunk;
	struct http_coding coding;
	uint64_t next;        /* offset in the stream of the byte that is read next */
	uint64_t head_offset; /* of the head's first byte */
	uint8_t at;           /* enum http_at */
	uint8_t told;         /* bits: anomalies of this body, from WP_HTTP_BAD_CHUNK on */
	bool has_spoken;      /* a head was told */
	bool is_chunked;
	bool is_loose;   /* a response whose length is odd: its end is not taken for granted */
	bool has_ended;  /* WP_HTTP_END was told, though it may go on */
	bool skips_body; /* llhttp is to expect none */
	bool is_whole;   /* llhttp says so of the message */
	bool closes;     /* the last message said that it was */
};

struct http_state {
	struct http_side sides[2]; /* index: enum wp_side */
	struct http_requests requests;
};

/** @return the side that a call is about. */
static inline struct http_side *
http_side_of(struct l7_run *run)
{
	struct http_state *state = run->state;

	return &state->sides[run->side];
}

/** Gathers a head. @param[out] raw  NULL, or the head, which is whole now: it stays where it is
 * until http_gather_reset(). Its last bytes may stand behind it: http_scan.behind
 * @return bytes read; 0: the side is somewhere else now, or will be */
uint32_t http_gather(struct l7_run *run, const uint8_t *data, uint32_t size, struct wp_span *raw);

/** A head is gathered that is not whole: tells its line, if a server may act upon that. */
void http_line_tell(struct l7_run *run);

/** Lets a side be where a head begins, of which some bytes came with calls before this one. */
void http_gather_again(struct l7_run *run, const uint8_t *bytes, uint32_t size);

void http_gather_reset(struct l7_run *run);

/** Lets a side search from its next byte on, where a line may begin, for what begins a message. */
void http_search_begin(struct l7_run *run);

/** Searches. @return bytes read, or passed over; fewer than all: the side is somewhere else now */
uint32_t http_search(struct l7_run *run, const uint8_t *data, uint32_t size);

/** Begins with the message of a head that is whole, or all that there will be of it. */
void http_begin(struct l7_run *run, struct wp_span raw);

/** Begins with a body that has no head; see WP_HTTP_NO_STATUS_LINE. */
void http_begin_bare(struct l7_run *run);

/** What may be the end of a response was read. */
void http_doubt_begin(struct l7_run *run);

/** Looks whether a response begins, or the one before goes on. @return bytes read; fewer than all:
 * the side is somewhere else now */
uint32_t http_doubt(struct l7_run *run, const uint8_t *data, uint32_t size);

/** The side ends, or bytes are missing, where that is in doubt. */
void http_doubt_finish(struct l7_run *run);

/** No framing says any more where the body ends. */
void http_rest_begin(struct l7_run *run);

/** Reads a body whose end no framing says: a response's ends with a line that begins another.
 * @return bytes read; fewer than all: the side is somewhere else now */
uint32_t http_rest(struct l7_run *run, const uint8_t *data, uint32_t size);

/** No more of such a body comes, or bytes of it are missing. */
void http_rest_flush(struct l7_run *run);

/** Reads bytes wherever a side is. @return bytes read; 0: the side is somewhere else now */
uint32_t http_read(struct l7_run *run, const uint8_t *data, uint32_t size);

/** Reads bytes behind a head. @return bytes read, at least one, or the side is somewhere else */
uint32_t http_frame(struct l7_run *run, const uint8_t *data, uint32_t size);

/** Some bytes behind a head are missing. @return whether the way was found behind them */
bool http_frame_gap(struct l7_run *run, uint64_t size);

/** The side ends within a message. */
void http_frame_finish(struct l7_run *run);

/** The message is over. */
void http_end(struct l7_run *run);

/** The message is whole, as its framing has it. */
void http_settle(struct l7_run *run);

/** Lets llhttp know what a head means for its framing. */
void http_execute_head(struct l7_run *run, const struct wp_http_head *head);

/** Tells an anomaly of a body, once a message. */
void http_tell_once(struct l7_run *run, enum wp_http_anomaly anomaly);

/** Gives a side up, and the view with the last. */
void http_lose(struct l7_run *run);

#endif
