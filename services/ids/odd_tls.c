/* SPDX-License-Identifier: BSD-3-Clause */
/* What is odd about TLS. */

#include "odd_own.h"
#include "oddity/tls_hello.h"
#include "stream/l7/tls.h"

void
odd_ask_of_tls(struct detect *detect, const struct wp_stream_event *event,
	       const struct oddities *odd)
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
	odd_ask_when_known(detect, event, WP_L7_TLS, &news);
}

_Static_assert(EVENT_TLS_TOO_MANY_RECORDS_IN_PACKET -
			       EVENT_TLS_CERTIFICATE_INVALID_ALGORITHMIDENTIFIER <
		       32,
	       "a bit for each");

void
odd_tls(struct detect *detect, const struct wp_stream_event *event)
{
	struct oddities odd = {.n = 0};

	if (event->type == WP_L7_ANOMALY && event->detail == WP_TLS_BAD_CERTIFICATE)
		oddities_add(&odd, EVENT_TLS_INVALID_CERTIFICATE);
	else if (event->type == WP_TLS_HELLO && event->tls->is_client) /* also in pieces */
		tls_hello_look_at_names(event->tls->extensions, &odd);
	odd_ask_of_tls(detect, event, &odd);
}
