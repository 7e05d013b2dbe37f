/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers of SMTP's commands: words, with what stands around addresses. */

#include "match/view_parts.h"

#include "stream/l7/smtp.h"

/** @return the first word of what stands behind a command; there may be nothing in it. */
static struct wp_span
word_of(struct wp_span rest)
{
	uint32_t size = 0;

	while (rest.size != 0 && wp_is_space(*rest.data))
		rest = view_from(rest, 1);
	while (size < rest.size && !wp_is_space(rest.data[size]))
		size++;
	return size == 0 ? VIEW_EMPTY : view_first(rest, size);
}

/** @return the path of MAIL FROM: or RCPT TO:, with its angle brackets. */
static struct wp_span
path_of(struct wp_span argument)
{
	uint32_t colon = view_find(argument, ':');

	return colon == argument.size ? VIEW_NONE : word_of(view_from(argument, colon + 1));
}

struct wp_span
view_smtp_make(struct view *view, enum buffer_id buffer)
{
	const struct wp_text_line *line = view->event->line;

	switch (line->command) {
	case WP_SMTP_HELO:
	case WP_SMTP_EHLO:
		return buffer == BUFFER_SMTP_HELO ? word_of(line->argument) : VIEW_NONE;
	case WP_SMTP_MAIL:
		return buffer == BUFFER_SMTP_MAIL_FROM ? path_of(line->argument) : VIEW_NONE;
	case WP_SMTP_RCPT:
		return buffer == BUFFER_SMTP_RCPT_TO ? path_of(line->argument) : VIEW_NONE;
	default:
		return VIEW_NONE;
	}
}
