/* SPDX-License-Identifier: BSD-3-Clause */
/* Names of files that HTTP carries. */

#include "match/view_parts.h"

#include <string.h>

static bool
begins_with(struct wp_span span, const char *word)
{
	uint32_t size = (uint32_t)strlen(word);

	return span.size >= size && view_is(view_first(span, size), word);
}

/** @return the file name of a part of Content-Disposition, or VIEW_NONE. */
static struct wp_span
name_of(struct wp_span part)
{
	static const char key[] = "filename=";

	while (part.size != 0 && (*part.data == ' ' || *part.data == '\t'))
		part = view_from(part, 1);
	if (!begins_with(part, key) || part.size == sizeof(key) - 1)
		return VIEW_NONE;
	part = view_from(part, sizeof(key) - 1);
	if (*part.data == '"')
		part = view_from(part, 1);
	if (part.size != 0 && part.data[part.size - 1] == '"')
		part.size--;
	return part;
}

/** @return whether a quote begins or ends text here. */
static bool
is_quote(struct wp_span value, uint32_t at)
{
	return value.data[at] == '"' && value.data[at - 1] != '\\';
}

/** Parts are parted by semicolons that are not quoted; what stands in front counts, too. The last
 * one may end with a semicolon, and counts only if its quotes are closed. */
struct wp_span
view_file_disposition(struct wp_span value)
{
	uint32_t begin = 0;
	bool is_quoted = false;

	for (uint32_t i = 1; i < value.size; i++) {
		bool is_last = i + 1 == value.size;
		struct wp_span name;

		if (is_quote(value, i))
			is_quoted = !is_quoted;
		if (is_quoted || (value.data[i] != ';' && !is_last))
			continue;
		name = name_of((struct wp_span){value.data + begin, i + is_last - begin});
		if (name.data != NULL)
			return name;
		begin = i + 1;
	}
	return VIEW_NONE;
}

/** Some servers take any kind of parts for those of a form. */
bool
view_file_is_form(struct wp_span content_type)
{
	return begins_with(content_type, "multipart/");
}

/* Forms of parts (RFC 7578). */

enum {
	PARTS_MAX = 64,     /* names in one window of a body */
	BOUNDARY_MAX = 256, /* bytes of what parts them */
};

/** Makes what stands in front of each part: two dashes, and what the header says. @return its size;
 * 0: it does not */
static uint32_t
read_boundary(struct wp_span content_type, uint8_t delimiter[BOUNDARY_MAX + 2])
{
	static const char key[] = "boundary=";
	struct wp_span rest = content_type;
	uint32_t end;

	while (rest.size != 0 && !begins_with(rest, key))
		rest = view_from(rest, 1);
	if (rest.size <= sizeof(key) - 1)
		return 0;
	rest = view_from(rest, sizeof(key) - 1);
	if (*rest.data == '"')
		rest = view_from(rest, 1);
	for (end = 0; end < rest.size && rest.data[end] != '"' && rest.data[end] != ';'; end++)
		;
	while (end != 0 && wp_is_space(rest.data[end - 1]))
		end--;
	if (end == 0 || end > BOUNDARY_MAX)
		return 0;
	delimiter[0] = delimiter[1] = '-';
	memcpy(delimiter + 2, rest.data, end);
	return end + 2;
}

/** Takes the header lines of a part off. @return the name that they give it, or VIEW_NONE */
static struct wp_span
take_part(struct wp_span *rest)
{
	static const char key[] = "content-disposition:";
	struct wp_span name = VIEW_NONE, line;

	view_line_take(rest, false, &line); /* what is left of the boundary's */
	while (rest->size != 0 && view_line_take(rest, false, &line))
		if (begins_with(line, key))
			name = view_file_disposition(view_from(line, sizeof(key) - 1));
	return name;
}

struct wp_span
view_file_parts(struct view *view, struct wp_span content_type)
{
	uint8_t delimiter[BOUNDARY_MAX + 2];
	uint32_t size = read_boundary(content_type, delimiter), n = 0;
	struct wp_span rest = view->body, *names;
	const uint8_t *at;

	names = size == 0 || rest.size == 0 ? NULL : view_take(view, PARTS_MAX, sizeof(*names));
	while (names != NULL && n < PARTS_MAX && rest.size != 0 &&
	       (at = memmem(rest.data, rest.size, delimiter, size)) != NULL) {
		rest = view_from(rest, (uint32_t)(at - rest.data) + size);
		names[n] = take_part(&rest);
		n += names[n].data != NULL;
	}
	return view_list(names, n);
}

static struct wp_span
extension_of(struct wp_span name)
{
	for (uint32_t begin = name.size; begin != 0; begin--)
		if (name.data[begin - 1] == '.')
			return view_from(name, begin);
	return VIEW_NONE;
}

struct wp_span
view_file_extensions(struct view *view)
{
	struct wp_span *extensions = view_take(view, PARTS_MAX, sizeof(*extensions)), name;
	uint32_t n = 0;

	for (unsigned int i = 0;
	     extensions != NULL && i < PARTS_MAX && view_get(view, BUFFER_FILE_NAME, i, &name);
	     i++) {
		extensions[n] = extension_of(name);
		n += extensions[n].data != NULL;
	}
	return view_list(extensions, n);
}
