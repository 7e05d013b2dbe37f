/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Targets of HTTP's requests as rules see them: path, query and fragment, with everything that
 * servers make of them undone. Most need nothing, and are shown where they stand.
 */

#include "match/view_parts.h"

#include <string.h>

/** @return the host of an authority, without its credentials and port. */
static struct wp_span
host_of(struct wp_span authority)
{
	uint32_t at = view_find(authority, '@'), end;

	if (at != authority.size)
		authority = view_from(authority, at + 1);
	if (authority.size != 0 && *authority.data == '[') {
		end = view_find(authority, ']');
		return view_first(authority, end == authority.size ? end : end + 1);
	}
	return view_first(authority, view_find(authority, ':'));
}

/** @return how many bytes stand in front of a byte that ends an authority, or a path. */
static uint32_t
size_until(struct wp_span span, bool is_path)
{
	uint32_t n = 0;

	while (n < span.size && span.data[n] != '?' && span.data[n] != '#' &&
	       (is_path || span.data[n] != '/'))
		n++;
	return n;
}

/** Takes scheme and authority off. What begins with a slash has none. */
static void
take_authority(struct view_uri *uri)
{
	uint32_t colon = view_find(uri->rest, ':');
	const uint8_t *at;

	if (*uri->rest.data == '/' || colon == uri->rest.size)
		return;
	uri->rest = view_from(uri->rest, colon + 1);
	at = uri->rest.data;
	if (uri->rest.size > 2 && at[0] == '/' && at[1] == '/' && at[2] != '/') {
		struct wp_span behind = view_from(uri->rest, 2);
		uint32_t size = size_until(behind, false);

		uri->host = host_of(view_first(behind, size));
		uri->rest = view_from(behind, size);
	}
}

struct view_uri
view_uri_split(struct wp_span target, bool is_connect)
{
	struct view_uri uri = {.rest = target};
	bool has_port;

	if (target.size == 0)
		return uri;
	if (is_connect) {
		uri.host = view_host_split(target, &has_port);
		uri.rest = VIEW_NONE;
		return uri;
	}
	take_authority(&uri);
	uri.path = view_first(uri.rest, size_until(uri.rest, true));
	return uri;
}

/** @return whether a path is what is made of it. */
static bool
is_plain_path(struct wp_span path)
{
	uint8_t before = '/';

	if (path.size == 0 || *path.data != '/')
		return path.size == 0;
	for (uint32_t i = 1; i < path.size; i++) {
		uint8_t byte = path.data[i];

		if (byte == '%' || byte == '\\' || byte >= 0x80)
			return false;
		if (before == '/' && (byte == '/' || byte == '.'))
			return false;
		before = byte;
	}
	return true;
}

struct wp_span
view_uri_path(struct view *view, struct wp_span path)
{
	uint8_t *bytes;

	if (path.data == NULL || is_plain_path(path))
		return path;
	bytes = view_take(view, path.size, 1);
	if (bytes == NULL)
		return VIEW_NONE;
	return (struct wp_span){bytes, view_decode_path(path, bytes)};
}

/** Writes query and fragment: in the former, %uXXXX stays. @return bytes */
static uint32_t
decode_behind(struct wp_span behind, uint8_t *to)
{
	struct wp_span query = view_first(behind, view_find(behind, '#'));
	uint32_t size = view_decode(query, false, to);

	return size + view_decode(view_from(behind, query.size), true, to + size);
}

struct wp_span
view_uri_make(struct view *view, const struct view_uri *uri)
{
	struct wp_span behind;
	uint8_t *bytes;
	uint32_t size;

	if (uri->rest.data == NULL)
		return VIEW_EMPTY;
	behind = view_from(uri->rest, uri->path.size);
	if (is_plain_path(uri->path) && view_find(behind, '%') == behind.size)
		return uri->rest;
	bytes = view_take(view, uri->rest.size, 1);
	if (bytes == NULL)
		return VIEW_NONE;
	size = view_decode_path(uri->path, bytes);
	size += decode_behind(behind, bytes + size);
	return (struct wp_span){bytes, size};
}
