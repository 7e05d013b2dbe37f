/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The first line of a head (RFC 9112 sections 3 and 4). Where end hosts differ: words may be parted
 * by any white space (section 3); a version is the last word that begins with HTTP/, whatever
 * stands between it and the method is the target; one word behind the method, which is no version,
 * makes HTTP/0.9, several make a target of HTTP/1.0 with white space in it.
 */

#include <string.h>

#include "ascii.h"
#include "stream/l7/http_view.h"

static const struct {
	const char *name;
	enum wp_http_method method;
} common_methods[] = {
	{"get", WP_HTTP_METHOD_GET},         {"head", WP_HTTP_METHOD_HEAD},
	{"post", WP_HTTP_METHOD_POST},       {"put", WP_HTTP_METHOD_PUT},
	{"delete", WP_HTTP_METHOD_DELETE},   {"connect", WP_HTTP_METHOD_CONNECT},
	{"options", WP_HTTP_METHOD_OPTIONS}, {"trace", WP_HTTP_METHOD_TRACE},
	{"patch", WP_HTTP_METHOD_PATCH},
};

/** IANA's registry, but for the above; and M-SEARCH, NOTIFY, SUBSCRIBE (UPnP), PURGE. */
static const char *const other_methods[] = {
	"ACL",
	"BASELINE-CONTROL",
	"BIND",
	"CHECKIN",
	"CHECKOUT",
	"COPY",
	"LABEL",
	"LINK",
	"LOCK",
	"M-SEARCH",
	"MERGE",
	"MKACTIVITY",
	"MKCALENDAR",
	"MKCOL",
	"MKREDIRECTREF",
	"MKWORKSPACE",
	"MOVE",
	"NOTIFY",
	"ORDERPATCH",
	"PROPFIND",
	"PROPPATCH",
	"PURGE",
	"REBIND",
	"REPORT",
	"SEARCH",
	"SUBSCRIBE",
	"UNBIND",
	"UNCHECKOUT",
	"UNLINK",
	"UNLOCK",
	"UNSUBSCRIBE",
	"UPDATE",
	"UPDATEREDIRECTREF",
	"VERSION-CONTROL",
};

static bool
is_capitals(struct wp_span span)
{
	for (uint32_t i = 0; i < span.size; i++)
		if (span.data[i] >= 'a' && span.data[i] <= 'z')
			return false;
	return true;
}

enum wp_http_method
http_method_of(struct wp_span method, bool *is_registered)
{
	/* RFC 9110 section 9.1: the case counts. Lax hosts do not look at it. */
	*is_registered = is_capitals(method);
	for (size_t i = 0; i < sizeof(common_methods) / sizeof(common_methods[0]); i++)
		if (http_is(method, common_methods[i].name))
			return common_methods[i].method;
	for (size_t i = 0; *is_registered && i < sizeof(other_methods) / sizeof(other_methods[0]);
	     i++)
		if (http_is(method, other_methods[i]))
			return WP_HTTP_METHOD_OTHER;
	*is_registered = false;
	return WP_HTTP_METHOD_OTHER;
}

/** Takes white space off the front of a line. @return bytes of it, and whether it is one SP */
static bool
skip_blanks(struct wp_span *line)
{
	bool is_one_sp = line->size != 0 && *line->data == ' ';
	uint32_t n = 0;

	while (n < line->size && wp_is_space(line->data[n]))
		n++;
	line->data += n;
	line->size -= n;
	return is_one_sp && n == 1;
}

/** Takes a word off the front of a line. */
static struct wp_span
take_word(struct wp_span *line)
{
	struct wp_span word = {.data = line->data};

	while (word.size < line->size && !wp_is_space(word.data[word.size]))
		word.size++;
	line->data += word.size;
	line->size -= word.size;
	return word;
}

/** Takes white space off the ends of a line. @return whether there was any */
static bool
strip(struct wp_span *line)
{
	uint32_t size = line->size;

	skip_blanks(line);
	while (line->size != 0 && wp_is_space(line->data[line->size - 1]))
		line->size--;
	return line->size != size;
}

static bool
begins_as_version(struct wp_span word)
{
	return word.size >= 5 && http_begins(word.data, "http/", 5);
}

/** RFC 9112 section 2.3. What is no number is taken for the oldest that has headers. */
static void
read_version(struct http_message *message, struct wp_span word)
{
	const uint8_t *at = word.data;

	message->head.major = 1;
	message->head.minor = 0;
	if (word.size == 8 && wp_is_digit(at[5]) && at[6] == '.' && wp_is_digit(at[7])) {
		message->head.major = at[5] - '0';
		message->head.minor = at[7] - '0';
		if (memcmp(at, "HTTP/1", 6) == 0)
			return;
	}
	http_note(message, WP_HTTP_BAD_VERSION);
}

/** Takes the version off the end of a request line. @return whether there is one */
static bool
take_version(struct http_message *message, struct wp_span *line)
{
	struct wp_span word = {.data = line->data + line->size};

	while (word.size < line->size && !wp_is_space(word.data[-1])) {
		word.data--;
		word.size++;
	}
	if (begins_as_version(word)) {
		read_version(message, word);
		line->size -= word.size;
		return true;
	}
	if (word.size < line->size) {
		read_version(message, (struct wp_span){0});
	} else {
		http_note(message, WP_HTTP_NO_VERSION);
		message->head.minor = 9;
	}
	return false;
}

static void
check_target(struct http_message *message)
{
	struct wp_span target = message->head.target;
	bool is_good = target.size != 0;

	for (uint32_t i = 0; i < target.size; i++)
		is_good &= target.data[i] > ' ' && target.data[i] < 0x7f;
	if (!is_good)
		http_note(message, WP_HTTP_BAD_TARGET);
}

static void
check_method(struct http_message *message)
{
	bool is_token = http_is_token(message->head.method), is_registered;

	message->is_http |= is_token;
	message->head.known_method = http_method_of(message->head.method, &is_registered);
	if (!is_token)
		http_note(message, WP_HTTP_BAD_METHOD);
	else if (!is_registered)
		http_note(message, WP_HTTP_UNKNOWN_METHOD);
}

static void
read_request(struct http_message *message, struct wp_span line)
{
	struct wp_http_head *head = &message->head;
	bool is_odd = strip(&line), has_version;

	head->method = take_word(&line);
	is_odd |= line.size != 0 && !skip_blanks(&line);
	has_version = take_version(message, &line);
	message->is_http = has_version;
	head->target = line;
	strip(&head->target);
	if (has_version && (line.size != head->target.size + 1 || line.data[line.size - 1] != ' '))
		is_odd = true;
	if (is_odd)
		http_note(message, WP_HTTP_SPACING);
	check_method(message);
	check_target(message);
}

/** RFC 9112 section 4. The SP behind the status is left away by many, and missed by nobody. */
static void
read_response(struct http_message *message, struct wp_span line)
{
	struct wp_http_head *head = &message->head;
	struct wp_span status;
	unsigned int number = 0;

	message->is_http = true;
	read_version(message, take_word(&line));
	if (!skip_blanks(&line))
		http_note(message, WP_HTTP_SPACING);
	status = take_word(&line);
	for (uint32_t i = 0; i < status.size && i < 3 && wp_is_digit(status.data[i]); i++)
		number = number * 10 + (status.data[i] - '0');
	if (status.size != 3 || number < 100 || number > 599 || !wp_is_digit(status.data[2]))
		http_note(message, WP_HTTP_BAD_STATUS);
	head->status = (uint16_t)number;
	if (line.size != 0 && *line.data == ' ') {
		line.data++;
		line.size--;
	}
	head->reason = line;
}

void
http_line_read(struct http_message *message, struct wp_span line)
{
	message->head.first_line = line;
	if (message->head.is_request)
		read_request(message, line);
	else
		read_response(message, line);
}

void
http_line_tell(struct l7_run *run)
{
	const uint32_t known = WP_HTTP_BIT(WP_HTTP_NO_VERSION),
		       odd = WP_HTTP_BIT(WP_HTTP_UNKNOWN_METHOD);
	struct http_side *side = http_side_of(run);
	struct http_message message;
	const uint8_t *end;

	if (run->side != WP_CLIENT || side->scan.lines == 0 || side->scan.is_line_seen ||
	    (run->wants & WP_EVENT_BIT(WP_HTTP_LINE)) == 0)
		return;
	side->scan.is_line_seen = true;
	end = memchr(side->head.bytes, '\n', side->head.size);
	if (end == NULL)
		return;
	http_head_read(run, &message,
		       (struct wp_span){side->head.bytes, (uint32_t)(end - side->head.bytes) + 1},
		       true);
	http_head_free(run, &message);
	if ((message.head.anomalies & (known | odd)) == known)
		l7_tell(run, (struct wp_stream_event){.type = WP_HTTP_LINE,
						      .http = &message.head,
						      .offset = side->head_offset});
}
