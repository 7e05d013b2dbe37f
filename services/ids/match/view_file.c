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

bool
view_file_is_form(struct wp_span content_type)
{
	return begins_with(content_type, "multipart/form-data");
}

struct wp_span
view_file_extension(struct view *view)
{
	struct wp_span name;
	uint32_t begin;

	if (!view_get(view, BUFFER_FILE_NAME, 0, &name))
		return VIEW_NONE;
	for (begin = name.size; begin != 0; begin--)
		if (name.data[begin - 1] == '.')
			return view_from(name, begin);
	return VIEW_NONE;
}
