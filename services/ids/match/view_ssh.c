/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers of SSH. */

#include "match/view_parts.h"

#include "stream/flow.h"
#include "stream/l7/ssh.h"

/** What HASSH is the hash of: lists of the side's own direction. */
static struct wp_span
make_hassh_string(struct view *view)
{
	const struct wp_ssh_banner *ssh = view->event->ssh;
	unsigned int side = view->event->side;
	const struct wp_span lists[] = {ssh->kex, ssh->ciphers[side], ssh->macs[side],
					ssh->compressions[side]};
	struct view_text text;

	if (ssh->kex.data == NULL)
		return VIEW_NONE;
	text = view_text_begin(view);
	for (unsigned int i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (i != 0)
			view_text_byte(&text, ';');
		view_text_add(&text, lists[i].data, lists[i].size);
	}
	return view_text_end(&text);
}

static struct wp_span
make_hassh(struct view *view, enum buffer_id buffer)
{
	bool is_client = view->event->side == WP_CLIENT;

	switch (buffer) {
	case BUFFER_SSH_HASSH:
		return is_client ? view->event->ssh->hassh : VIEW_NONE;
	case BUFFER_SSH_HASSH_STRING:
		return is_client ? make_hassh_string(view) : VIEW_NONE;
	case BUFFER_SSH_HASSH_SERVER:
		return is_client ? VIEW_NONE : view->event->ssh->hassh;
	case BUFFER_SSH_HASSH_SERVER_STRING:
		return is_client ? VIEW_NONE : make_hassh_string(view);
	default:
		return VIEW_NONE;
	}
}

/** The banner's are told with its line, and not once more with the lists. */
struct wp_span
view_ssh_make(struct view *view, enum buffer_id buffer)
{
	switch (buffer) {
	case BUFFER_SSH_PROTOCOL:
		return view->event->ssh->proto;
	case BUFFER_SSH_SOFTWARE:
		return view->event->ssh->software;
	default:
		return make_hassh(view, buffer);
	}
}
