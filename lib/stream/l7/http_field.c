/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Header lines that say where a message ends and what its body is. Where end hosts differ:
 * - Of several Content-Length, the first with a number in it counts; a number may have '+' in front
 *   and anything behind it.
 * - A request's Transfer-Encoding is chunked when chunked is anywhere in it, be there control bytes
 *   or quotes around the word; a word that only has it within ("xchunked") is not known to servers.
 *   Clients look for it within words, too.
 * - Without chunked, Transfer-Encoding does not count, and Content-Length does.
 * - With chunked, Content-Length does not count (RFC 9112 section 6.3), in HTTP/1.0 neither.
 * - A coding is what its name has gzip or deflate in. Which of them it is, its bytes say.
 * - Names of a response's headers have what is no token's byte passed over.
 */

#include "stream/l7/http_view.h"

#include "ascii.h"

/** Takes the first element off a list (RFC 9110 section 5.6.1), which is not empty. */
static struct wp_span
take_element(struct wp_span *list)
{
	struct wp_span element = {.data = list->data};

	while (element.size < list->size && element.data[element.size] != ',')
		element.size++;
	list->data += element.size;
	list->size -= element.size;
	if (list->size != 0) {
		list->data++;
		list->size--;
	}
	return http_trim(element);
}

/** @return whether a value begins with a number, as strtoull() sees it; too large ones stop
 * growing. @param[out] is_strict  there is nothing else (RFC 9110 section 8.6) */
static bool
read_length(struct wp_span value, uint64_t *length, bool *is_strict)
{
	uint32_t begin = value.size != 0 && *value.data == '+', i = begin;

	*length = 0;
	*is_strict = begin == 0;
	for (; i < value.size && wp_is_digit(value.data[i]); i++) {
		if (*length > (INT64_MAX - 9) / 10) {
			*is_strict = false;
			continue;
		}
		*length = *length * 10 + (value.data[i] - '0');
	}
	*is_strict &= i == value.size && i != begin;
	return i != begin;
}

static void
take_length(struct http_message *message, struct wp_span value)
{
	struct wp_http_head *head = &message->head;
	uint64_t length;
	bool is_strict, is_number = read_length(value, &length, &is_strict);

	if (!is_strict)
		http_note(message, WP_HTTP_BAD_LENGTH);
	if (!is_number)
		return;
	if (head->has_content_length)
		http_note(message, length == head->content_length ? WP_HTTP_LENGTH_TWICE
								  : WP_HTTP_LENGTHS_DIFFER);
	else
		head->content_length = length;
	head->has_content_length = true;
}

/** @return a coding without what hides it from strict hosts only. */
static struct wp_span
unwrap(struct wp_span word)
{
	while (word.size != 0 && (!http_is_token_byte(*word.data) || *word.data == '\'')) {
		word.data++;
		word.size--;
	}
	while (word.size != 0 &&
	       (!http_is_token_byte(word.data[word.size - 1]) || word.data[word.size - 1] == '\''))
		word.size--;
	return word;
}

static enum wp_http_coding
coding_of(struct wp_span word)
{
	if (http_has(word, "gzip"))
		return WP_HTTP_GZIP;
	if (http_has(word, "deflate"))
		return WP_HTTP_DEFLATE;
	if (word.size == 0 || http_is(word, "identity"))
		return WP_HTTP_IDENTITY;
	return WP_HTTP_OTHER_CODING;
}

static void
add_coding(struct http_codings *codings, enum wp_http_coding coding)
{
	if (coding == WP_HTTP_IDENTITY)
		return;
	codings->outermost = coding;
	codings->n++;
	codings->n_ours += coding != WP_HTTP_OTHER_CODING;
}

static bool
is_chunked(const struct http_message *message, struct wp_span element)
{
	if (message->head.is_request)
		return http_is(unwrap(element), "chunked");
	return http_has(element, "chunked");
}

/** RFC 9112 section 7: one transfer coding; they were applied in the order they stand in. */
static void
take_transfer_coding(struct http_message *message, struct wp_span element)
{
	enum wp_http_coding coding = coding_of(unwrap(element));

	message->said.is_chunked_last = is_chunked(message, element);
	if (message->said.is_chunked_last) {
		if (!http_is(element, "chunked") || message->head.is_chunked)
			http_note(message, WP_HTTP_BAD_CODING);
		message->head.is_chunked = true;
	} else if (coding == WP_HTTP_GZIP || coding == WP_HTTP_DEFLATE) {
		add_coding(&message->said.transfer, coding);
	} else {
		http_note(message, WP_HTTP_BAD_CODING);
	}
}

static void
take_transfer_codings(struct http_message *message, struct wp_span value)
{
	message->said.has_coding = true;
	message->said.is_chunked_last = false;
	while (value.size != 0)
		take_transfer_coding(message, take_element(&value));
}

/** RFC 9110 section 8.4: the last one is outermost. */
static void
take_content_codings(struct http_message *message, struct wp_span value)
{
	while (value.size != 0)
		add_coding(&message->said.content, coding_of(take_element(&value)));
}

static void
take_connection(struct http_message *message, struct wp_span value)
{
	while (value.size != 0) {
		struct wp_span option = take_element(&value);

		message->said.closes |= http_is(option, "close");
		message->said.keeps |= http_is(option, "keep-alive");
		message->said.upgrades |= http_is(option, "upgrade");
	}
}

static bool
is_named(const struct http_message *message, struct wp_span name, const char *word)
{
	return message->head.is_request ? http_is(name, word) : http_is_loosely(name, word);
}

void
http_field_read(struct http_message *message, const struct wp_http_header *header)
{
	struct wp_span name = header->name, value = header->value;

	if (is_named(message, name, "content-length"))
		take_length(message, value);
	else if (is_named(message, name, "transfer-encoding"))
		take_transfer_codings(message, value);
	else if (is_named(message, name, "content-encoding"))
		take_content_codings(message, value);
	else if (is_named(message, name, "connection"))
		take_connection(message, value);
	else if (is_named(message, name, "upgrade"))
		message->said.has_upgrade = true;
	else if (is_named(message, name, "host"))
		message->said.n_hosts++;
}

void
http_field_read_fold(struct http_message *message, const struct wp_http_header *header)
{
	if (is_named(message, header->name, "content-length"))
		http_note(message, WP_HTTP_BAD_LENGTH);
	else if (is_named(message, header->name, "transfer-encoding"))
		http_note(message, WP_HTTP_BAD_CODING);
	else if (!is_named(message, header->name, "content-encoding"))
		return;
	http_field_read(message, header);
}

static void
settle_host(struct http_message *message)
{
	const struct wp_http_head *head = &message->head;

	if (!head->is_request)
		return;
	if (message->said.n_hosts > 1)
		http_note(message, WP_HTTP_MANY_HOSTS);
	if (message->said.n_hosts == 0 && head->major >= 1 && head->major + head->minor > 1)
		http_note(message, WP_HTTP_NO_HOST);
}

void
http_field_settle(struct http_message *message)
{
	struct wp_http_head *head = &message->head;
	bool is_old = head->major == 0 || (head->major == 1 && head->minor == 0);

	settle_host(message);
	if (message->said.has_coding && (!message->said.is_chunked_last || is_old))
		http_note(message, WP_HTTP_BAD_CODING);
	if (message->said.has_coding && head->has_content_length)
		http_note(message, WP_HTTP_CODING_AND_LENGTH);
	if (message->said.transfer.n + message->said.content.n > 1)
		http_note(message, WP_HTTP_MANY_CODINGS);
	head->coding = message->said.transfer.n != 0 ? message->said.transfer.outermost
						     : message->said.content.outermost;
	/* RFC 9112 section 9.3 */
	head->keeps_alive =
		!message->said.closes && (!is_old || (message->said.keeps && head->major == 1));
	head->is_upgrade = message->said.has_upgrade && message->said.upgrades;
}
