/* SPDX-License-Identifier: BSD-3-Clause */
/* What is odd about the bytes of a connection, looked at beside its reader. */

#include "odd_own.h"
#include "stream/event.h"
#include "stream/l7/tls.h"

/** @return the state of a flow whose first bytes, or further ones, come; or NULL. */
static struct flow_state *
state_of(struct detect *detect, const struct wp_stream_event *event)
{
	return event->offset == 0 ? flow_state_make(event->flow, detect->core)
				  : flow_state_find(event->flow, detect->core);
}

static struct wp_span
bytes_of(const struct wp_stream_event *event)
{
	return (struct wp_span){event->data, event->size};
}

/** Looks at what the sides begin with. */
static void
look_at_begin(struct detect *detect, const struct wp_stream_event *event)
{
	struct flow_state *state = state_of(detect, event);
	struct oddities odd = {.n = 0};

	if (state == NULL)
		return;
	first_bytes_take(state->first, event->side, event->offset, bytes_of(event), &odd);
	odd_keep(detect, event, !event->side, &odd);
}

/** Looks at what a client sends when it was told that TLS may begin. */
static void
look_for_tls(struct detect *detect, const struct wp_stream_event *event)
{
	struct flow_state *state = flow_state_find(event->flow, detect->core);
	struct oddities odd = {.n = 0};

	if (state == NULL || !state->smtp.awaits_tls || event->side != WP_CLIENT)
		return;
	state->smtp.awaits_tls = false;
	if (event->data[0] == WP_TLS_HANDSHAKE)
		return;
	oddities_add(&odd, EVENT_L7_NO_TLS_AFTER_STARTTLS);
	oddities_add(&odd, EVENT_L7_UNEXPECTED_PROTOCOL);
	odd_keep(detect, event, WP_SERVER, &odd);
}

/** @return whether a connection is of a protocol, as far as is known. */
static bool
may_be(const struct wp_stream_event *event, enum wp_l7 l7)
{
	return event->flow->l7 == l7 || event->flow->l7 == WP_L7_UNKNOWN;
}

/** TLS may begin behind something else (STARTTLS), whose bytes are none of its records. */
static void
look_at_tls(struct detect *detect, const struct wp_stream_event *event)
{
	bool may_begin = event->data[0] == WP_TLS_HANDSHAKE;
	struct oddities odd = {.n = 0};
	struct flow_state *state;
	struct tls_watch *watch;

	if (!may_be(event, WP_L7_TLS))
		return;
	state = may_begin ? flow_state_make(event->flow, detect->core)
			  : flow_state_find(event->flow, detect->core);
	if (state == NULL)
		return;
	watch = &state->sides[event->side].tls;
	watch->has_begun |= may_begin;
	if (!watch->has_begun)
		return;
	tls_watch_take(watch, bytes_of(event), event->side == WP_CLIENT, &odd);
	odd_ask_of_tls(detect, event, &odd);
}

static void
look_at_ssh(struct detect *detect, const struct wp_stream_event *event)
{
	struct oddities odd = {.n = 0};
	struct flow_state *state;

	if (!may_be(event, WP_L7_SSH) || (event->offset == 0 && event->data[0] != 'S') ||
	    (state = state_of(detect, event)) == NULL)
		return;
	ssh_watch_take(&state->sides[event->side].ssh, bytes_of(event), &odd);
	odd_ask_when_known(detect, event, WP_L7_SSH, &odd);
}

/** Looks at bytes. */
static void
look(struct detect *detect, const struct wp_stream_event *event)
{
	if ((detect->odd & ODD_BEGIN) != 0) {
		look_at_begin(detect, event);
		look_for_tls(detect, event);
	}
	if ((detect->odd & ODD_TLS) != 0)
		look_at_tls(detect, event);
	if ((detect->odd & ODD_SSH) != 0)
		look_at_ssh(detect, event);
}

/** Bytes are missing. */
static void
end_watches(struct detect *detect, const struct wp_stream_event *event)
{
	struct flow_state *state = flow_state_find(event->flow, detect->core);

	if (state == NULL)
		return;
	state->sides[event->side].tls.is_over = true;
	ssh_watch_end(&state->sides[event->side].ssh);
}

void
odd_bytes(struct detect *detect, const struct wp_stream_event *event)
{
	if (event->type == WP_FLOW_DATA && event->size != 0)
		look(detect, event);
	else if (event->type == WP_FLOW_GAP)
		end_watches(detect, event);
}
