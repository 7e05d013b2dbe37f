/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a message ends (RFC 9112 section 6). What a head means was made up before: llhttp gets a
 * head that has nothing but that, lines of chunks likewise, and the bytes of bodies as they are.
 */

#include <stdio.h>

#include "stream/l7/http_view.h"

_Static_assert(WP_HTTP_BAD_CHUNK - WP_L7_OWN <= 32, "heads have 32 bits for anomalies");
_Static_assert(WP_HTTP_ANOMALIES_END - WP_HTTP_BAD_CHUNK <= 8, "bodies have 8");

/** What llhttp's callbacks are given. */
struct call {
	struct l7_run *run;
	struct http_side *side;
};

static int
on_head(llhttp_t *parser)
{
	const struct call *call = parser->data;

	return call->side->skips_body ? 1 : 0;
}

static int
on_body(llhttp_t *parser, const char *at, size_t size)
{
	const struct call *call = parser->data;

	http_coding_body(call->run, &call->side->coding, (const uint8_t *)at, (uint32_t)size);
	return 0;
}

static int
on_end(llhttp_t *parser)
{
	const struct call *call = parser->data;

	call->side->is_whole = true;
	return 0;
}

static const llhttp_settings_t settings = {
	.on_headers_complete = on_head,
	.on_body = on_body,
	.on_message_complete = on_end,
};

static void
execute(struct l7_run *run, const void *bytes, size_t size)
{
	struct http_side *side = http_side_of(run);
	struct call call = {run, side};

	side->parser.data = &call;
	llhttp_execute(&side->parser, bytes, size);
	side->parser.data = NULL;
}

void
http_tell_once(struct l7_run *run, enum wp_http_anomaly anomaly)
{
	struct http_side *side = http_side_of(run);
	uint8_t bit = (uint8_t)(1u << (anomaly - WP_HTTP_BAD_CHUNK));

	if ((side->told & bit) == 0)
		l7_anomaly(run, anomaly);
	side->told |= bit;
}

void
http_lose(struct l7_run *run)
{
	struct http_state *state = run->state;
	struct http_side *side = http_side_of(run);

	http_gather_reset(run);
	http_coding_free(run, &side->coding);
	side->at = HTTP_AT_LOSS;
	if (state->sides[!run->side].at == HTTP_AT_LOSS)
		run->then = L7_STOPS;
}

/** The message is whole. */
static void
end(struct l7_run *run)
{
	struct http_side *side = http_side_of(run);

	http_coding_end(run, &side->coding);
	l7_tell(run, (struct wp_stream_event){.type = WP_HTTP_END, .offset = side->next});
	side->at = HTTP_AT_HEAD;
	side->is_whole = false;
}

/** Lets llhttp know what a head means for its framing. */
static void
execute_head(struct l7_run *run, const struct wp_http_head *head)
{
	struct http_side *side = http_side_of(run);
	unsigned int status = head->status >= 100 ? head->status : 200;
	char text[96];
	int n;

	llhttp_init(&side->parser, head->is_request ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
	if (head->is_request)
		n = snprintf(text, sizeof(text), "POST / HTTP/1.1\r\n");
	else
		n = snprintf(text, sizeof(text), "HTTP/1.1 %03u X\r\n", status);
	execute(run, text, (size_t)n);
	n = 0;
	if (head->is_chunked)
		n = snprintf(text, sizeof(text), "Transfer-Encoding: chunked\r\n");
	else if (head->has_content_length)
		n = snprintf(text, sizeof(text), "Content-Length: %llu\r\n",
			     (unsigned long long)head->content_length);
	execute(run, text, (size_t)n);
	execute(run, "\r\n", 2);
}

static void
tell_head(struct l7_run *run, const struct wp_http_head *head)
{
	for (unsigned int i = WP_L7_OWN; i < WP_HTTP_BAD_CHUNK; i++)
		if ((head->anomalies & WP_HTTP_BIT(i)) != 0)
			l7_anomaly(run, i);
	l7_tell(run, (struct wp_stream_event){
			     .type = WP_HTTP_HEAD,
			     .http = head,
			     .offset = http_side_of(run)->head_offset,
		     });
}

/** RFC 9112 section 6.3: no body in what answers HEAD, behind some statuses, and where another
 * protocol begins, be there a Content-Length or not. */
static bool
has_no_body(const struct wp_http_head *head)
{
	if (head->is_request)
		return false;
	return head->is_upgrade || head->known_method == WP_HTTP_METHOD_HEAD ||
	       head->status / 100 == 1 || head->status == 204 || head->status == 304;
}

/** Takes a head: who it answers, and how it goes on. */
static void
begin_message(struct l7_run *run, struct http_message *message)
{
	const uint32_t of_coding = WP_EVENT_BIT(WP_HTTP_BODY) | WP_EVENT_BIT(WP_L7_ANOMALY);
	struct http_state *state = run->state;
	struct http_side *side = http_side_of(run);
	struct wp_http_head *head = &message->head;

	if (side->closes)
		http_note(message, WP_HTTP_BEHIND_CLOSE);
	if (head->is_request || head->status / 100 != 1)
		side->closes = !head->keeps_alive;
	side->has_spoken = true;
	side->told = 0;
	side->is_chunked = head->is_chunked;
	if (http_pair(&state->requests, head))
		run->then = L7_BEGINS_ANEW;
	side->skips_body = has_no_body(head);
	http_coding_begin(&side->coding,
			  (run->wants & of_coding) != 0 ? head->coding : WP_HTTP_IDENTITY);
	side->chunk = (struct http_chunk){0};
	tell_head(run, head);
	execute_head(run, head);
	side->at = head->is_chunked ? HTTP_AT_CHUNK_LINE : HTTP_AT_BODY;
	if (side->is_whole)
		end(run);
}

void
http_begin(struct l7_run *run, struct wp_span raw)
{
	struct http_message message;

	http_head_read(run, &message, raw, run->side == WP_CLIENT);
	if (message.is_http) {
		begin_message(run, &message);
		http_head_free(run, &message);
		http_gather_reset(run);
		return;
	}
	http_head_free(run, &message);
	l7_anomaly(run, WP_L7_MALFORMED);
	http_lose(run);
}

void
http_begin_bare(struct l7_run *run)
{
	static const struct wp_http_head bare = {.minor = 9,
						 .anomalies = WP_HTTP_BIT(WP_HTTP_NO_STATUS_LINE)};
	struct http_side *side = http_side_of(run);

	if (side->has_spoken || (run->flow->flags & WP_FLOW_PICKED_UP) != 0) {
		l7_anomaly(run, side->has_spoken ? WP_L7_MALFORMED : WP_L7_MISSED);
		http_lose(run);
		return;
	}
	tell_head(run, &bare);
	side->has_spoken = true;
	side->at = HTTP_AT_REST;
	http_coding_begin(&side->coding, WP_HTTP_IDENTITY);
	/* The bytes that might have become a status line. */
	http_coding_body(run, &side->coding, side->head.bytes, side->head.size);
	http_gather_reset(run);
}

/** Bytes of a body that llhttp takes: those of a chunk, or all. */
static uint32_t
read_body(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct http_side *side = http_side_of(run);
	bool is_bound = (side->parser.flags & (F_CHUNKED | F_CONTENT_LENGTH)) != 0;

	if (is_bound && size > side->parser.content_length)
		size = (uint32_t)side->parser.content_length;
	execute(run, data, size);
	if (side->is_chunked && side->parser.content_length == 0)
		side->at = HTTP_AT_CHUNK_END;
	return size;
}

/** A line of a chunk's is whole: llhttp gets what it means. */
static void
end_chunk_line(struct l7_run *run)
{
	struct http_side *side = http_side_of(run);
	uint64_t size = side->chunk.size;
	char text[32];
	int n;

	switch (side->at) {
	case HTTP_AT_CHUNK_LINE:
		n = snprintf(text, sizeof(text), "%llx\r\n", (unsigned long long)size);
		execute(run, text, (size_t)n);
		side->at = size != 0 ? HTTP_AT_BODY : HTTP_AT_TRAILERS;
		break;
	case HTTP_AT_CHUNK_END:
		execute(run, "\r\n", 2);
		side->at = HTTP_AT_CHUNK_LINE;
		break;
	default:
		execute(run, "\r\n", 2);
	}
	side->chunk = (struct http_chunk){0};
}

typedef uint32_t (*read_chunk)(struct http_chunk *chunk, const uint8_t *data, uint32_t size,
			       enum http_chunk_then *then);

/** Bytes of a chunked body that are none of its content. */
static uint32_t
read_framing(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct http_side *side = http_side_of(run);
	bool is_trailer = side->at == HTTP_AT_TRAILERS;
	read_chunk read = side->at == HTTP_AT_CHUNK_LINE  ? http_chunk_line
			  : side->at == HTTP_AT_CHUNK_END ? http_chunk_end
							  : http_chunk_trailers;
	enum http_chunk_then then;
	uint32_t n = read(&side->chunk, data, size, &then);

	if (side->chunk.is_odd)
		http_tell_once(run, is_trailer ? WP_HTTP_BAD_TRAILER : WP_HTTP_CHUNK_LINE);
	if (then == HTTP_CHUNK_ENDS)
		end_chunk_line(run);
	if (then == HTTP_CHUNK_BAD) {
		http_tell_once(run, WP_HTTP_BAD_CHUNK);
		side->at = HTTP_AT_REST;
	}
	return n;
}

uint32_t
http_frame(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct http_side *side = http_side_of(run);
	uint32_t n = size;

	if (side->at == HTTP_AT_BODY)
		n = read_body(run, data, size);
	else if (side->at == HTTP_AT_REST)
		http_coding_body(run, &side->coding, data, size);
	else if (side->at != HTTP_AT_LOSS)
		n = read_framing(run, data, size);
	side->next += n;
	if (side->is_whole)
		end(run);
	return n;
}

bool
http_frame_gap(struct l7_run *run, uint64_t size)
{
	struct http_side *side = http_side_of(run);
	bool is_bound = (side->parser.flags & (F_CHUNKED | F_CONTENT_LENGTH)) != 0;

	if (side->at != HTTP_AT_BODY && side->at != HTTP_AT_REST)
		return false;
	if (side->at == HTTP_AT_BODY && is_bound) {
		if (size > side->parser.content_length)
			return false;
		side->parser.content_length -= size;
	}
	http_coding_gap(run, &side->coding, size);
	/* With nothing left, llhttp goes on at the next call, without a byte. */
	if (side->at == HTTP_AT_BODY && is_bound && side->parser.content_length == 0) {
		if (side->is_chunked)
			side->at = HTTP_AT_CHUNK_END;
		else
			end(run);
	}
	return true;
}

void
http_frame_finish(struct l7_run *run)
{
	struct http_side *side = http_side_of(run);
	struct call call = {run, side};

	side->parser.data = &call;
	if (side->at == HTTP_AT_BODY)
		llhttp_finish(&side->parser);
	side->parser.data = NULL;
	if (side->is_whole || side->at == HTTP_AT_REST)
		end(run);
	else
		http_tell_once(run, WP_HTTP_TRUNCATED);
	http_lose(run);
}
