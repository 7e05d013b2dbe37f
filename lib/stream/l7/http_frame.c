/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a message ends (RFC 9112 section 6). What a head means was made up before: llhttp gets a
 * head that has nothing but that, lines of chunks likewise, and the bytes of bodies as they are.
 */

#include <stdio.h>
#include <string.h>

#include "stream/l7/http_view.h"

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

void
http_end(struct l7_run *run)
{
	struct http_side *side = http_side_of(run);

	http_coding_end(run, &side->coding);
	if (!side->has_ended)
		l7_tell(run, (struct wp_stream_event){.type = WP_HTTP_END, .offset = side->next});
	side->at = HTTP_AT_HEAD;
	side->is_whole = side->has_ended = false;
}

void
http_settle(struct l7_run *run)
{
	if (http_side_of(run)->is_loose)
		http_doubt_begin(run);
	else
		http_end(run);
}

void
http_execute_head(struct l7_run *run, const struct wp_http_head *head)
{
	struct http_side *side = http_side_of(run);
	const char *line = head->is_request ? "POST / HTTP/1.1\r\n" : "HTTP/1.1 200 X\r\n";
	char text[96];
	int n = 0;

	llhttp_init(&side->parser, head->is_request ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
	execute(run, line, strlen(line));
	if (head->is_chunked)
		n = snprintf(text, sizeof(text), "Transfer-Encoding: chunked\r\n");
	else if (head->has_content_length)
		n = snprintf(text, sizeof(text), "Content-Length: %llu\r\n",
			     (unsigned long long)head->content_length);
	execute(run, text, (size_t)n);
	execute(run, "\r\n", 2);
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
		http_rest_begin(run);
		http_coding_body(run, &side->coding, side->chunk.line, side->chunk.n_line);
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
	else if (side->at != HTTP_AT_LOSS)
		n = read_framing(run, data, size);
	side->next += n;
	if (side->is_whole)
		http_settle(run);
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
	if (side->at == HTTP_AT_REST)
		http_rest_flush(run);
	http_coding_gap(run, &side->coding, size);
	/* With nothing left, llhttp goes on at the next call, without a byte. */
	if (side->at == HTTP_AT_BODY && is_bound && side->parser.content_length == 0) {
		if (side->is_chunked)
			side->at = HTTP_AT_CHUNK_END;
		else
			http_settle(run);
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
	if (side->at == HTTP_AT_REST)
		http_rest_flush(run);
	if (side->is_whole || side->at == HTTP_AT_REST) {
		http_end(run);
	} else {
		http_coding_flush(run, &side->coding, true);
		http_tell_once(run, WP_HTTP_TRUNCATED);
	}
	http_lose(run);
}
