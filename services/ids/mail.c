/* SPDX-License-Identifier: BSD-3-Clause */
/* See mail.h. */

#include "mail.h"

#include "body.h"
#include "detect.h"
#include "file.h"
#include "state/flow_state.h"
#include "stream/l7/mime.h"

bool
mail_is_asked_about(const struct detector *detector)
{
	const struct bundle *bodies = &detector->bodies[RULE_L7_SMTP][WP_CLIENT];

	return bodies->n_parts != 0 || bodies->n_always != 0 || detector->asks_names ||
	       detector->asks_files;
}

void
mail_begin(struct detect *detect, const struct wp_stream_event *event)
{
	struct flow_state *state = flow_state_find(event->flow, detect->core);

	if (event->mime->name.data == NULL)
		return;
	if (state != NULL) /* what held of another file does not of this one */
		state->sides[event->side].n_pending = 0;
	file_begin(detect, event);
	detect_head(detect, event, state == NULL ? 1 : state->sides[event->side].message);
	body_begin_part(detect, event);
}

void
mail_end(struct detect *detect, const struct wp_stream_event *event)
{
	body_end(detect, event->flow, event->side, event->pkt);
	file_drop(detect, event->flow, event->side);
}
