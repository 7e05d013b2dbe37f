/* SPDX-License-Identifier: BSD-3-Clause */
/* What is odd about TLS. */

#include "odd_own.h"
#include "stream/l7/tls.h"

/** Tells each thing once of a connection; before it is known to be TLS, with a packet to come. */
static void
tell_of_tls(struct detect *detect, const struct wp_stream_event *event, const struct oddities *odd)
{
	enum { FIRST = EVENT_TLS_CERTIFICATE_INVALID_ALGORITHMIDENTIFIER };
	struct flow_state *state = odd->n == 0 ? NULL : flow_state_make(event->flow, detect->core);
	struct oddities news = {.n = 0};

	if (state == NULL)
		return;
	for (unsigned int i = 0; i < odd->n; i++) {
		uint32_t *told = &state->sides[event->side].tls.told;
		uint32_t bit = 1u << (odd->events[i] - FIRST);

		if ((*told & bit) == 0)
			oddities_add(&news, (enum rule_event)odd->events[i]);
		*told |= bit;
	}
	if (event->flow->l7 == WP_L7_TLS) {
		odd_ask_both_ways(detect, event, &news);
		return;
	}
	odd_keep(detect, event, event->side, &news);
	odd_keep(detect, event, !event->side, &news);
}

_Static_assert(EVENT_TLS_TOO_MANY_RECORDS_IN_PACKET -
			       EVENT_TLS_CERTIFICATE_INVALID_ALGORITHMIDENTIFIER <
		       32,
	       "a bit for each");

void
odd_tls_bytes(struct detect *detect, const struct wp_stream_event *event)
{
	enum { HANDSHAKE = 22 };
	struct flow_state *state;
	struct oddities odd = {.n = 0};

	if ((event->offset == 0 && event->data[0] != HANDSHAKE) ||
	    (event->flow->l7 != WP_L7_TLS && event->flow->l7 != WP_L7_UNKNOWN))
		return;
	state = event->offset == 0 ? flow_state_make(event->flow, detect->core)
				   : flow_state_find(event->flow, detect->core);
	if (state == NULL)
		return;
	tls_watch_take(&state->sides[event->side].tls, (struct wp_span){event->data, event->size},
		       event->side == WP_CLIENT, &odd);
	tell_of_tls(detect, event, &odd);
}

void
odd_tls(struct detect *detect, const struct wp_stream_event *event)
{
	struct oddities odd = {.n = 0};

	if (event->type != WP_L7_ANOMALY || event->detail != WP_TLS_BAD_CERTIFICATE)
		return;
	oddities_add(&odd, EVENT_TLS_INVALID_CERTIFICATE);
	tell_of_tls(detect, event, &odd);
}
