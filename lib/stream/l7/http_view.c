/* SPDX-License-Identifier: BSD-3-Clause */
/* The HTTP/1 view: which flows it is for, and what it makes of their bytes. */

#include <string.h>

#include "ascii.h"
#include "stream/l7/http_view.h"

enum { METHOD_MAX = 20 };

static bool
is_server_port(uint16_t port)
{
	return port == 80 || port == 8080 || port == 3128 || port == 8000 || port == 8888;
}

/** @return whether a line ends in HTTP/DIGIT.DIGIT. @param line  up to its LF, without it */
static bool
ends_in_version(struct wp_span line)
{
	if (line.size != 0 && line.data[line.size - 1] == '\r')
		line.size--;
	if (line.size < 9)
		return false;
	line.data += line.size - 9;
	return memcmp(line.data, " HTTP/", 6) == 0 && line.data[6] == '1' && line.data[7] == '.';
}

enum l7_match
http_match_none(const struct l7_hint *hint)
{
	const uint8_t *end = memchr(hint->data, '\n', hint->size);
	struct wp_span line = {.data = hint->data, .size = hint->size};

	if (hint->side == WP_SERVER)
		return L7_YES;
	if (end != NULL) {
		line.size = (uint32_t)(end - hint->data);
		return ends_in_version(line) ? L7_NO : L7_YES;
	}
	if (is_server_port(hint->server_port) && hint->size < L7_MATCH_SIZE)
		return L7_MAYBE;
	return memmem(line.data, line.size, " /", 2) != NULL ? L7_NO : L7_YES;
}

/** @return whether a target may be one of CONNECT's (RFC 9112 section 3.2.3). */
static bool
begins_authority(uint8_t byte)
{
	return wp_is_letter(byte) || wp_is_digit(byte) || byte == '[';
}

/** @return whether no other protocol has a line that begins so. RTSP and SIP have some methods of
 * the same names, but never in front of an absolute path. */
static enum l7_match
match_method(struct wp_span method, const uint8_t *behind, uint32_t size)
{
	static const char *const ours[] = {"GET",    "HEAD",  "POST",    "PUT",
					   "DELETE", "PATCH", "PROPFIND"};
	enum wp_http_method known;
	bool is_registered;

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (method.size == strlen(ours[i]) &&
		    memcmp(method.data, ours[i], method.size) == 0)
			return L7_YES;
	known = http_method_of(method, &is_registered);
	if (!is_registered)
		return L7_NO;
	if (size == 0)
		return L7_MAYBE;
	if (known == WP_HTTP_METHOD_CONNECT)
		return begins_authority(*behind) ? L7_YES : L7_NO;
	return *behind == '/' || *behind == '*' ? L7_YES : L7_NO;
}

/** @return whether a method may have a byte; others are left to be known by the answer.
 * @param[in,out] is_word  it is of no digits and points */
static bool
is_of_method(uint8_t byte, bool *is_word)
{
	bool is_odd = byte == '.' || wp_is_digit(byte);

	*is_word &= !is_odd;
	return is_odd || wp_is_letter(byte) || byte == '-' || byte == '_';
}

/** @return whether a method may end so: servers part words by more than RFC 9112 section 3 has. */
static bool
ends_method(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\v' || byte == '\f';
}

/** Judges by a first line as a whole. */
static enum l7_match
match_line(struct wp_span rest, bool is_full, uint16_t server_port)
{
	const uint8_t *end = memchr(rest.data, '\n', rest.size);

	if (end != NULL) {
		rest.size = (uint32_t)(end - rest.data);
		if (ends_in_version(rest))
			return L7_YES;
	} else if (!is_full) {
		return L7_MAYBE;
	}
	return is_server_port(server_port) ? L7_YES : L7_NO;
}

/** Likewise behind a method that has digits, or points, as names of protocols have. */
static enum l7_match
match_odd_line(struct wp_span rest, bool is_full, uint16_t server_port)
{
	const uint8_t *end = memchr(rest.data, '\n', rest.size);

	if (end == NULL && !is_full)
		return L7_MAYBE;
	if (end == NULL)
		return is_server_port(server_port) && rest.size > 1 && rest.data[1] == '/' ? L7_YES
											   : L7_NO;
	rest.size = (uint32_t)(end - rest.data);
	return ends_in_version(rest) ? L7_YES : L7_NO;
}

static enum l7_match
match_client(struct wp_span rest, bool is_full, uint16_t server_port)
{
	struct wp_span method = {.data = rest.data};
	enum l7_match by_method;
	bool is_word = true;

	while (method.size < rest.size && is_of_method(method.data[method.size], &is_word))
		method.size++;
	if (method.size > METHOD_MAX)
		return L7_NO;
	if (method.size == rest.size)
		return L7_MAYBE;
	if (method.size == 0 || !ends_method(method.data[method.size]))
		return L7_NO;
	/* What begins so is HTTP/2 (RFC 9113 section 3.4). */
	if (method.size == 3 && memcmp(method.data, "PRI", 3) == 0)
		return L7_NO;
	rest.data += method.size + 1;
	rest.size -= method.size + 1;
	by_method = match_method(method, rest.data, rest.size);
	if (by_method != L7_NO)
		return by_method;
	/* ends_in_version() wants the SP in front, too. */
	rest.data--;
	rest.size++;
	if (!is_word) /* words of other protocols are more alike: only a version, or a path, tells
		       */
		return match_odd_line(rest, is_full, server_port);
	return match_line(rest, is_full, server_port);
}

static enum l7_match
match_server(struct wp_span rest)
{
	uint32_t n = rest.size < 5 ? rest.size : 5;

	if (memcmp(rest.data, "HTTP/", n) != 0)
		return L7_NO;
	return n == 5 ? L7_YES : L7_MAYBE;
}

static enum l7_match
match(const struct l7_hint *hint)
{
	struct wp_span rest = {.data = hint->data, .size = hint->size};
	bool is_full = hint->size >= L7_MATCH_SIZE;
	enum l7_match said;

	/* RFC 9112 section 2.2 */
	while (rest.size != 0 && (*rest.data == '\r' || *rest.data == '\n')) {
		rest.data++;
		rest.size--;
	}
	said = hint->side == WP_CLIENT ? match_client(rest, is_full, hint->server_port)
				       : match_server(rest);
	if (said != L7_MAYBE || !is_full)
		return said;
	/* There is no end to what servers pass over. */
	return is_server_port(hint->server_port) ? L7_YES : L7_NO;
}

/** Begins with the message of a head, behind which some bytes were kept. @param raw  the head and
 * these, as far as they are kept */
static void
begin(struct l7_run *run, struct wp_span raw)
{
	struct http_side *side = http_side_of(run);
	uint8_t behind[HTTP_BEHIND_MAX];
	uint32_t n = side->scan.behind, of_head = side->scan.size - n, at = 0;

	memcpy(behind, side->cut != NULL ? side->cut->line : raw.data + of_head, n);
	if (raw.size > of_head)
		raw.size = of_head;
	side->next -= n;
	http_begin(run, raw);
	while (at < n && run->then == L7_GOES_ON)
		at += http_read(run, behind + at, n - at);
}

/** Reads bytes where a head is. @return bytes read; 0: the side is somewhere else now */
static uint32_t
read_head(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct wp_span raw = {0};
	uint32_t n = http_gather(run, data, size, &raw);

	http_side_of(run)->next += n;
	if (raw.data != NULL)
		begin(run, raw);
	else
		http_line_tell(run);
	return n;
}

uint32_t
http_read(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	switch ((enum http_at)http_side_of(run)->at) {
	case HTTP_AT_HEAD:
		return read_head(run, data, size);
	case HTTP_AT_SEARCH:
		return http_search(run, data, size);
	case HTTP_AT_DOUBT:
		return http_doubt(run, data, size);
	case HTTP_AT_REST:
		return http_rest(run, data, size);
	default:
		return http_frame(run, data, size);
	}
}

static uint32_t
data(struct l7_run *run, const uint8_t *bytes, uint32_t size)
{
	uint32_t at = 0;

	http_side_of(run)->next = run->offset;
	while (at < size && run->then == L7_GOES_ON)
		at += http_read(run, bytes + at, size - at);
	return run->then == L7_STOPS ? size : at;
}

static void
gap(struct l7_run *run, uint64_t size)
{
	struct http_side *side = http_side_of(run);

	side->next = run->offset;
	if (side->at == HTTP_AT_DOUBT)
		http_doubt_finish(run);
	side->next = run->offset + size;
	if (side->at == HTTP_AT_LOSS || http_frame_gap(run, size))
		return;
	if (side->at != HTTP_AT_SEARCH)
		l7_anomaly(run, WP_L7_MISSED);
	http_search_begin(run);
}

/** @return whether what was kept of a head is all of a request of HTTP/0.9: its line. */
static bool
is_simple_request(struct l7_run *run, struct wp_span raw)
{
	struct http_message message;

	if (run->side != WP_CLIENT)
		return false;
	http_head_read(run, &message, raw, true);
	http_head_free(run, &message);
	return (message.head.anomalies & WP_HTTP_BIT(WP_HTTP_NO_VERSION)) != 0;
}

/** The side ends where a head is: what there is of it is told, if its first line is whole. */
static void
finish_head(struct l7_run *run, struct http_side *side)
{
	struct wp_span raw = {.data = side->head.bytes, .size = side->head.size};

	if (side->scan.size == 0)
		return;
	if (!side->scan.is_in_doubt && (side->scan.lines == 0 || !is_simple_request(run, raw)))
		l7_anomaly(run, WP_HTTP_TRUNCATED);
	if (side->scan.lines != 0)
		begin(run, raw);
}

static void
finish(struct l7_run *run)
{
	struct http_side *side = http_side_of(run);

	side->next = run->offset;
	if (side->at == HTTP_AT_HEAD)
		finish_head(run, side);
	if (side->at == HTTP_AT_DOUBT)
		http_doubt_finish(run);
	if (side->at == HTTP_AT_HEAD)
		http_lose(run);
	else if (side->at != HTTP_AT_LOSS && side->at != HTTP_AT_SEARCH)
		http_frame_finish(run);
}

static void
close_view(struct l7_run *run)
{
	struct http_state *state = run->state;

	for (unsigned int i = 0; i < 2; i++) {
		l7_buffer_free(run, &state->sides[i].head);
		run->host->give(run, state->sides[i].cut);
		http_coding_free(run, &state->sides[i].coding);
	}
}

const struct l7_view l7_http_view = {
	.name = "http",
	.protocol = WP_L7_HTTP,
	.proto = 6,
	.events = WP_EVENT_BIT(WP_HTTP_HEAD) | WP_EVENT_BIT(WP_HTTP_BODY) |
		  WP_EVENT_BIT(WP_HTTP_END) | WP_EVENT_BIT(WP_HTTP_LINE),
	.leads_to = 1u << WP_L7_TLS | 1u << WP_L7_SSH | 1u << WP_L7_SMTP,
	.state_size = sizeof(struct http_state),
	.match = match,
	.data = data,
	.gap = gap,
	.finish = finish,
	.close = close_view,
};
