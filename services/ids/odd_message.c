/* SPDX-License-Identifier: BSD-3-Clause */
/* What is odd about messages of the layer above. */

#include "odd_own.h"
#include "oddity/oddity_dns.h"
#include "oddity/oddity_http.h"
#include "stream/l7/smb.h"

void
odd_ask_of_message(struct detect *detect, const struct wp_stream_event *event, unsigned int side,
		   const struct oddities *odd)
{
	struct moment moment;

	moment_of_flow(&moment, MOMENT_EVENT, event->flow, side, event->pkt);
	moment.state = flow_state_find(event->flow, detect->core);
	moment.message = event->type == WP_L7_ANOMALY || event->type == WP_HTTP_BODY ? NULL : event;
	odd_ask(detect, &moment, odd);
}

void
odd_keep(struct detect *detect, const struct wp_stream_event *event, unsigned int which,
	 const struct oddities *odd)
{
	struct flow_state *state = odd->n == 0 ? NULL : flow_state_make(event->flow, detect->core);
	struct flow_side_state *side = state == NULL ? NULL : &state->sides[which];

	for (unsigned int i = 0; side != NULL && i < odd->n && side->n_odd < FLOW_ODD; i++)
		side->odd[side->n_odd++] = odd->events[i];
}

void
odd_ask_both_ways(struct detect *detect, const struct wp_stream_event *event,
		  const struct oddities *odd)
{
	const struct wp_http_head *head = event->type == WP_HTTP_HEAD ? event->http : NULL;
	struct flow_state *state = flow_state_find(event->flow, detect->core);
	struct oddities others = {.n = 0};

	if (odd->n == 0 || (state != NULL && state->sides[event->side].is_given_up))
		return;
	for (unsigned int i = 0; i < odd->n; i++)
		if (!oddity_http_is_fatal(head, (enum rule_event)odd->events[i]))
			oddities_add(&others, (enum rule_event)odd->events[i]);
	odd_ask_of_message(detect, event, event->side, odd);
	if (event->pkt != NULL)
		odd_keep(detect, event, !event->side, &others);
	if (others.n != odd->n && (state = flow_state_make(event->flow, detect->core)) != NULL)
		state->sides[event->side].is_given_up = true;
}

void
odd_ask_when_known(struct detect *detect, const struct wp_stream_event *event, enum wp_l7 l7,
		   const struct oddities *odd)
{
	if (event->flow->l7 == l7) {
		odd_ask_both_ways(detect, event, odd);
		return;
	}
	odd_keep(detect, event, event->side, odd);
	odd_keep(detect, event, !event->side, odd);
}

static void
look_at_dns(struct detect *detect, const struct wp_stream_event *event)
{
	struct oddities odd = {.n = 0};

	oddity_dns(event->dns, &odd);
	odd_ask_of_message(detect, event, event->side, &odd);
}

static void
look_at_smb(const struct wp_stream_event *event, struct oddities *odd)
{
	bool is_client = event->side == WP_CLIENT;

	switch (event->detail) {
	case WP_SMB_BAD_HEADER:
	case WP_SMB_BAD_OFFSETS:
	case WP_SMB_BAD_CHAIN:
		oddities_add(odd, EVENT_SMB_MALFORMED_DATA);
		break;
	case WP_SMB_BAD_NTLMSSP:
		oddities_add(odd, is_client ? EVENT_SMB_MALFORMED_NTLMSSP_REQUEST
					    : EVENT_SMB_MALFORMED_NTLMSSP_RESPONSE);
		break;
	case WP_SMB_BAD_DIRECTION:
		oddities_add(odd, is_client ? EVENT_SMB_RESPONSE_TO_SERVER
					    : EVENT_SMB_REQUEST_TO_CLIENT);
		break;
	default:
		break;
	}
}

/** Commands and replies are looked at together. */
static void
look_at_smtp(struct detect *detect, const struct wp_stream_event *event)
{
	struct flow_state *state = flow_state_make(event->flow, detect->core);
	struct oddities odd = {.n = 0};

	if (state == NULL)
		return;
	if (event->type == WP_SMTP_COMMAND)
		smtp_watch_command(&state->smtp, event->line, &odd);
	else if (event->type == WP_SMTP_REPLY)
		smtp_watch_reply(&state->smtp, event->line, &odd);
	else if (event->type == WP_L7_ANOMALY)
		smtp_watch_anomaly(&state->smtp, event->detail, &odd);
	odd_ask_both_ways(detect, event, &odd);
}

static void
look_at_anomaly(struct detect *detect, const struct wp_stream_event *event)
{
	struct oddities odd = {.n = 0};

	switch ((enum wp_l7)event->flow->l7) {
	case WP_L7_SMB:
		look_at_smb(event, &odd);
		break;
	case WP_L7_FTP:
		if (event->detail == WP_L7_TOO_LONG)
			oddities_add(&odd, event->side == WP_CLIENT
						   ? EVENT_FTP_REQUEST_COMMAND_TOO_LONG
						   : EVENT_FTP_RESPONSE_COMMAND_TOO_LONG);
		break;
	default:
		break;
	}
	odd_ask_both_ways(detect, event, &odd);
}

void
odd_message(struct detect *detect, const struct wp_stream_event *event)
{
	if (event->flow->l7 == WP_L7_HTTP)
		odd_http(detect, event);
	else if (event->flow->l7 == WP_L7_TLS)
		odd_tls(detect, event);
	else if (event->flow->l7 == WP_L7_SMTP)
		look_at_smtp(detect, event);
	else if (event->type == WP_DNS_MESSAGE)
		look_at_dns(detect, event);
	else if (event->type == WP_L7_ANOMALY)
		look_at_anomaly(detect, event);
}
