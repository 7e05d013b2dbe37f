/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages begin: what their heads say of who answers whom, and of how they go on (RFC 9112 section
 * 6.3). */

#include "stream/l7/http_view.h"

_Static_assert(WP_HTTP_BAD_CHUNK - WP_L7_OWN <= 32, "heads have 32 bits for anomalies");

static void
tell_head(struct l7_run *run, const struct wp_http_head *head)
{
	for (unsigned int i = WP_L7_OWN; i < WP_HTTP_BAD_CHUNK; i++)
		if ((head->anomalies & WP_HTTP_BIT(i)) != 0)
			l7_anomaly(run, i);
	l7_tell(run, (struct wp_stream_event){
			     .type = WP_HTTP_HEAD,
			     .http = head,
			     .offset = http_side_of(run)->head_offset,
		     });
}

/** RFC 9112 section 6.3: no body in what answers HEAD, behind some statuses, and where another
 * protocol begins, be there a Content-Length or not. */
static bool
has_no_body(const struct wp_http_head *head)
{
	if (head->is_request)
		return false;
	return head->is_upgrade || head->known_method == WP_HTTP_METHOD_HEAD ||
	       wp_http_status_is_bare(head->status);
}

/** @return whether a response that has no body says how long it is: it may come. */
static bool
may_go_on(const struct wp_http_head *head)
{
	return !head->is_upgrade && (head->is_chunked || head->content_length != 0);
}

/** @return whether others may read a response's length otherwise. */
static bool
is_loose(const struct wp_http_head *head)
{
	const uint32_t odd = WP_HTTP_BIT(WP_HTTP_BAD_LENGTH) | WP_HTTP_BIT(WP_HTTP_LENGTHS_DIFFER);

	return !head->is_request && !head->is_upgrade && !head->is_chunked &&
	       (head->anomalies & odd) != 0;
}

/** @return layers of codings that are to be taken off. */
static uint32_t
count_layers(const struct l7_run *run, const struct http_message *message)
{
	const uint32_t of_coding = WP_EVENT_BIT(WP_HTTP_BODY) | WP_EVENT_BIT(WP_L7_ANOMALY);

	if ((run->wants & of_coding) == 0)
		return 0;
	return message->said.transfer.n_ours + message->said.content.n_ours;
}

/** How a message goes on behind its head. @param is_unsure  it may answer HEAD: nobody knows */
static void
begin_body(struct l7_run *run, const struct wp_http_head *head, bool is_unsure)
{
	struct http_side *side = http_side_of(run);
	bool has_none = has_no_body(head), is_doubtful = has_none && may_go_on(head);

	side->skips_body = has_none && !is_doubtful;
	side->is_loose = is_loose(head);
	http_execute_head(run, head);
	side->at = head->is_chunked ? HTTP_AT_CHUNK_LINE : HTTP_AT_BODY;
	if (is_doubtful) {
		/* Most often it is over. */
		l7_tell(run, (struct wp_stream_event){.type = WP_HTTP_END, .offset = side->next});
		side->has_ended = true;
	}
	if (is_doubtful || (is_unsure && !side->is_whole))
		http_doubt_begin(run);
	else if (side->is_whole)
		http_settle(run);
}

/** Takes a head: who it answers, and how it goes on. */
static void
begin_message(struct l7_run *run, struct http_message *message)
{
	struct http_state *state = run->state;
	struct http_side *side = http_side_of(run);
	struct wp_http_head *head = &message->head;
	bool is_unsure = !head->is_request && state->requests.n_forgotten != 0;

	if (side->scan.has_blanks)
		http_note(message, WP_HTTP_SPACING);
	if (side->closes)
		http_note(message, WP_HTTP_BEHIND_CLOSE);
	if (head->is_request || head->status / 100 != 1)
		side->closes = !head->keeps_alive;
	side->has_spoken = true;
	side->told = 0;
	side->is_chunked = head->is_chunked;
	if (http_pair(&state->requests, head))
		run->then = L7_BEGINS_ANEW;
	http_coding_begin(&side->coding, count_layers(run, message));
	side->chunk = (struct http_chunk){0};
	tell_head(run, head);
	begin_body(run, head, is_unsure);
}

void
http_begin(struct l7_run *run, struct wp_span raw)
{
	struct http_message message;

	http_head_read(run, &message, raw, run->side == WP_CLIENT);
	if (http_side_of(run)->cut != NULL)
		http_cut_end(run, &message);
	http_field_settle(&message);
	if (message.is_http) {
		begin_message(run, &message);
		http_head_free(run, &message);
		http_gather_reset(run);
		return;
	}
	http_head_free(run, &message);
	l7_anomaly(run, WP_L7_MALFORMED);
	http_lose(run);
}

/** Tells that bytes which begin no response are body: of the response before, if it was the last of
 * its side and had one, else of none. */
static void
tell_bare(struct l7_run *run)
{
	static const struct wp_http_head bare = {.minor = 9,
						 .anomalies = WP_HTTP_BIT(WP_HTTP_NO_STATUS_LINE)};
	struct http_side *side = http_side_of(run);
	uint64_t told = side->closes ? side->coding.told : 0;

	if (told != 0)
		l7_anomaly(run, WP_HTTP_NO_STATUS_LINE);
	else
		tell_head(run, &bare);
	/* They may be of the codings of the response before. */
	http_coding_begin(&side->coding, side->coding.n);
	side->coding.told = told;
	side->has_spoken = side->closes = true;
	side->told = 0;
}

void
http_begin_bare(struct l7_run *run)
{
	struct http_side *side = http_side_of(run);

	if (!side->has_spoken && (run->flow->flags & WP_FLOW_PICKED_UP) != 0) {
		l7_anomaly(run, WP_L7_MISSED);
		http_search_begin(run);
		return;
	}
	tell_bare(run);
	http_rest_begin(run);
	/* The bytes that might have become a status line. */
	http_coding_body(run, &side->coding, side->head.bytes, side->head.size);
	http_gather_reset(run);
}
