/* SPDX-License-Identifier: BSD-3-Clause */
/* What is odd about HTTP. */

#include "odd_own.h"
#include "oddity/oddity_http.h"

/** Of flow_side_state.broken. */
enum { CODING_FITS, CODING_WAITS, CODING_TOLD };

/** A response says that the request may go on, or that it is answered. */
static void
look_at_continue(struct detect *detect, const struct wp_stream_event *event, struct oddities *odd)
{
	enum { CONTINUE = 100 };
	bool goes_on = event->http->status == CONTINUE;
	struct flow_state *state = goes_on ? flow_state_make(event->flow, detect->core)
					   : flow_state_find(event->flow, detect->core);

	if (state == NULL)
		return;
	if (goes_on && state->sides[event->side].goes_on)
		oddities_add(odd, EVENT_HTTP_100_CONTINUE_ALREADY_SEEN);
	state->sides[event->side].goes_on = goes_on;
}

/** @return whether what follows a request is none itself. */
static bool
is_no_request(const struct wp_http_head *head)
{
	const uint32_t bits = WP_HTTP_BIT(WP_HTTP_NO_VERSION) | WP_HTTP_BIT(WP_HTTP_UNKNOWN_METHOD);

	return head->is_request && head->transaction > 1 && (head->anomalies & bits) == bits;
}

/** Another message begins. @param told  whether it is told already that its body is not as it is
 * coded */
static void
set_coding(struct detect *detect, const struct wp_stream_event *event, bool told)
{
	struct flow_state *state = told ? flow_state_make(event->flow, detect->core)
					: flow_state_find(event->flow, detect->core);

	if (state != NULL)
		state->sides[event->side].broken = told ? CODING_TOLD : CODING_FITS;
}

static void
look_at_head(struct detect *detect, const struct wp_stream_event *event)
{
	struct oddities odd = {.n = 0};

	if (is_no_request(event->http))
		oddities_add(&odd, EVENT_HTTP_REQUEST_BODY_UNEXPECTED);
	else
		oddity_http_head(event->http, &odd);
	if (!event->http->is_request)
		look_at_continue(detect, event, &odd);
	set_coding(detect, event, oddities_have(&odd, EVENT_HTTP_GZIP_DECOMPRESSION_FAILED));
	odd_ask_both_ways(detect, event, &odd);
}

/** A body is not as it is coded. One that only ends too early is not told, so this waits for more
 * of it. */
static void
note_broken(struct detect *detect, const struct wp_stream_event *event)
{
	struct flow_state *state = flow_state_make(event->flow, detect->core);

	if (state != NULL && state->sides[event->side].broken == CODING_FITS)
		state->sides[event->side].broken = CODING_WAITS;
}

static void
look_at_body(struct detect *detect, const struct wp_stream_event *event)
{
	struct flow_state *state = flow_state_find(event->flow, detect->core);
	struct oddities odd = {.n = 0};

	if (state == NULL || state->sides[event->side].broken != CODING_WAITS)
		return;
	state->sides[event->side].broken = CODING_TOLD;
	oddity_http_body(WP_HTTP_BROKEN_CODING, event->side == WP_CLIENT, &odd);
	odd_ask_both_ways(detect, event, &odd);
}

/** Looks at what the reader of HTTP has found odd. */
static void
look_at_anomaly(struct detect *detect, const struct wp_stream_event *event)
{
	struct oddities odd = {.n = 0};

	if (event->detail == WP_HTTP_BROKEN_CODING) {
		note_broken(detect, event);
		return;
	}
	oddity_http_body(event->detail, event->side == WP_CLIENT, &odd);
	odd_ask_both_ways(detect, event, &odd);
}

void
odd_http(struct detect *detect, const struct wp_stream_event *event)
{
	if (event->type == WP_HTTP_HEAD)
		look_at_head(detect, event);
	else if (event->type == WP_HTTP_BODY)
		look_at_body(detect, event);
	else if (event->type == WP_L7_ANOMALY)
		look_at_anomaly(detect, event);
}
