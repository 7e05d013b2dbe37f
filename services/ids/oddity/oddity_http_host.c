/* SPDX-License-Identifier: BSD-3-Clause */
/* Whom a request is for: its target and its header may say it, and need not agree. */

#include <string.h>
#include <strings.h>

#include "ascii.h"
#include "oddity/oddity_http_own.h"

/** A host and its port, as they are written. */
struct authority {
	struct wp_span host, port; /* port without data: there is none */
	bool is_valid;
};

/** @return whether a name is made of labels. */
static bool
is_name(struct wp_span name)
{
	enum { NAME_MAX_SIZE = 255, LABEL_MAX_SIZE = 63 };
	uint32_t label = 0;

	if (name.size == 0 || name.size > NAME_MAX_SIZE)
		return false;
	if (name.size > 1 && name.data[name.size - 1] == '.')
		name.size--;
	for (uint32_t i = 0; i < name.size; i++) {
		uint8_t c = name.data[i];

		if (c == '.' ? label == 0
			     : !wp_is_letter(c) && !wp_is_digit(c) && c != '-' && c != '_')
			return false;
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_MAX_SIZE)
			return false;
	}
	return label != 0;
}

static bool
is_port(struct wp_span port)
{
	uint32_t number = 0;

	for (uint32_t i = 0; i < port.size && number <= UINT16_MAX; i++) {
		if (port.data[i] < '0' || port.data[i] > '9')
			return false;
		number = number * 10 + (uint32_t)(port.data[i] - '0');
	}
	return number != 0 && number <= UINT16_MAX;
}

/** @return where a host ends: in front of its port. */
static uint32_t
end_of_host(struct wp_span text)
{
	const uint8_t *end = text.size != 0 && text.data[0] == '['
				     ? memchr(text.data, ']', text.size)
				     : memchr(text.data, ':', text.size);

	if (end == NULL)
		return text.size;
	return (uint32_t)(end - text.data) + (*end == ']' ? 1 : 0);
}

static struct authority
read_authority(struct wp_span text)
{
	struct authority is = {.host = text};

	if (text.data == NULL || text.size == 0)
		return is;
	is.host.size = end_of_host(text);
	is.is_valid =
		text.data[0] == '[' ? is.host.data[is.host.size - 1] == ']' : is_name(is.host);
	if (is.host.size == text.size)
		return is;
	is.port.data = text.data + is.host.size + 1;
	is.port.size = text.size - is.host.size - 1;
	is.is_valid &= text.data[is.host.size] == ':' && is_port(is.port);
	return is;
}

/** Finds who a target says that it is for. @return false: it does not */
static bool
authority_of_target(const struct wp_http_head *head, struct authority *is)
{
	static const char mark[] = "://";
	struct wp_span text = head->target;
	const uint8_t *at;

	if (head->known_method == WP_HTTP_METHOD_CONNECT) {
		*is = read_authority(text);
		return true;
	}
	if (text.size == 0 || text.data[0] == '/' || (at = span_find(text, mark)) == NULL)
		return false;
	at += strlen(mark);
	text.size -= (uint32_t)(at - text.data);
	text.data = at;
	for (uint32_t i = 0; i < text.size; i++)
		if (text.data[i] == '/' || text.data[i] == '?' || text.data[i] == '#')
			text.size = i;
	at = text.size == 0 ? NULL : memchr(text.data, '@', text.size);
	if (at != NULL) {
		text.size -= (uint32_t)(at + 1 - text.data);
		text.data = at + 1;
	}
	*is = read_authority(text);
	return true;
}

/** @return whether two say the same; a port that only one of them has does not count. */
static bool
agree(const struct authority *a, const struct authority *b)
{
	if (a->host.size != b->host.size ||
	    strncasecmp((const char *)a->host.data, (const char *)b->host.data, a->host.size) != 0)
		return false;
	return a->port.data == NULL || b->port.data == NULL ||
	       (a->port.size == b->port.size &&
		memcmp(a->port.data, b->port.data, a->port.size) == 0);
}

void
oddity_http_hosts(const struct wp_http_head *head, struct oddities *odd)
{
	const struct wp_http_header *header = wp_http_header(head, "host");
	struct authority target, host = {.is_valid = false};
	bool has_target = authority_of_target(head, &target);

	if (has_target && !target.is_valid)
		oddities_add(odd, EVENT_HTTP_REQUEST_URI_HOST_INVALID);
	if (header == NULL) {
		if ((head->anomalies & WP_HTTP_BIT(WP_HTTP_NO_HOST)) != 0)
			oddities_add(odd, EVENT_HTTP_MISSING_HOST_HEADER);
		return;
	}
	if (header->value.data != NULL)
		host = read_authority(header->value);
	if (!host.is_valid || (head->anomalies & WP_HTTP_BIT(WP_HTTP_MANY_HOSTS)) != 0)
		oddities_add(odd, EVENT_HTTP_REQUEST_HEADER_HOST_INVALID);
	else if (has_target && target.is_valid && !agree(&host, &target))
		oddities_add(odd, EVENT_HTTP_HOST_HEADER_AMBIGUOUS);
}
