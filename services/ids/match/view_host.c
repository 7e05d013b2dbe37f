/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hosts of HTTP's requests. That of a target counts before the Host header. Rules see the former
 * decoded, in lower case and without dots at its end; of the latter only what has no port is in
 * lower case.
 */

#include "match/view_parts.h"

#include <string.h>

static struct wp_span
trim(struct wp_span span)
{
	while (span.size != 0 && wp_is_space(*span.data))
		span = view_from(span, 1);
	while (span.size != 0 && wp_is_space(span.data[span.size - 1]))
		span.size--;
	return span;
}

/** @return a copy in lower case. */
static struct wp_span
lower(struct view *view, struct wp_span span)
{
	struct view_text text = view_text_begin(view);

	for (uint32_t i = 0; i < span.size; i++)
		view_text_byte(&text, wp_lower(span.data[i]));
	return view_text_end(&text);
}

/** @return an address of IPv6 with its brackets, or VIEW_NONE. */
static struct wp_span
bracketed(struct wp_span authority)
{
	uint32_t end = view_find(authority, ']');

	return end == authority.size ? VIEW_NONE : view_first(authority, end + 1);
}

struct wp_span
view_host_split(struct wp_span authority, bool *has_port)
{
	struct wp_span host = trim(authority);
	uint32_t colon = view_find(host, ':');

	*has_port = colon != host.size;
	if (host.size == 0)
		return VIEW_NONE;
	if (*host.data == '[') {
		*has_port = true; /* or it might be there */
		return bracketed(host);
	}
	host.size = colon;
	while (host.size != 0 && wp_is_space(host.data[host.size - 1]))
		host.size--;
	return host;
}

struct wp_span
view_host_of_target(struct view *view, struct wp_span host)
{
	uint8_t *bytes = view_take(view, host.size + 1, 1);
	uint32_t size;

	if (bytes == NULL)
		return VIEW_NONE;
	size = view_decode(host, true, bytes);
	for (uint32_t i = 0; i < size; i++)
		bytes[i] = wp_lower(bytes[i]);
	while (size != 0 && bytes[size - 1] == '.')
		size--;
	return (struct wp_span){bytes, size};
}

struct wp_span
view_host_make(struct view *view, struct wp_span host_of_target)
{
	struct wp_span host;
	bool has_port;

	if (host_of_target.data != NULL)
		return view_host_of_target(view, host_of_target);
	host = view_fields_find(view, "host");
	if (host.data == NULL)
		return host;
	host = view_host_split(host, &has_port);
	return host.data == NULL || has_port ? host : lower(view, host);
}
