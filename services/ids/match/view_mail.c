/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers of files that mail carries. */

#include "match/view_parts.h"

#include "stream/l7/mime.h"

static struct wp_span
make_names(struct view *view)
{
	struct wp_span *names = view_take(view, 1, sizeof(*names));

	if (names != NULL)
		*names = view->event->mime->name;
	return view_list(names, view->event->mime->name.data != NULL);
}

struct wp_span
view_mail_make(struct view *view, enum buffer_id buffer)
{
	switch (buffer) {
	case BUFFER_FILE_NAME:
		return make_names(view);
	case BUFFER_FILE_EXTENSION:
		return view_file_extensions(view);
	default:
		return VIEW_NONE;
	}
}
