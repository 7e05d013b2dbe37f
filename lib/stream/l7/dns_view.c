/* SPDX-License-Identifier: BSD-3-Clause */
/* The view of DNS: finds its messages in datagrams and in streams, where they have their length in
 * front (RFC 1035 section 4.2.2, RFC 7766 section 8). */

#include "stream/l7/dns_view.h"

#include <netinet/in.h>

#include "stream/l7/frame.h"

enum { LENGTH = 2 }; /* bytes in front of a message */

/** One side of a stream. */
struct dns_side {
	struct l7_frame frame;
	bool is_lost; /* nobody knows where its messages begin: it is not read any more */
};

struct dns_state {
	struct dns_side sides[2]; /* index: enum wp_side */
};

static bool
is_datagram(const struct l7_run *run)
{
	return run->flow->proto == IPPROTO_UDP;
}

static struct dns_side *
side_of(struct l7_run *run)
{
	struct dns_state *state = run->state;

	return &state->sides[run->side];
}

static uint32_t
dns_data(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct l7_rest rest = {.data = data, .size = size, .offset = run->offset};
	struct dns_side *side;
	struct wp_span message;

	if (is_datagram(run)) { /* which has no state */
		dns_message_read(run, (struct wp_span){data, size}, run->offset);
		return size;
	}
	side = side_of(run);
	while (!side->is_lost && rest.size != 0) {
		if (!l7_frame_length(&side->frame, LENGTH, &rest) ||
		    !l7_frame_read(run, &side->frame, &rest, &message))
			continue;
		dns_message_read(run, message, side->frame.offset);
		l7_frame_next(run, &side->frame);
	}
	return size;
}

static void
dns_gap(struct l7_run *run, uint64_t size)
{
	const struct dns_state *state = run->state;
	struct dns_side *side = side_of(run);

	if (is_datagram(run) || side->is_lost)
		return;
	l7_anomaly(run, WP_L7_MISSED);
	if (l7_frame_gap(run, &side->frame, LENGTH, size))
		return;
	l7_frame_next(run, &side->frame);
	side->is_lost = true;
	if (state->sides[!run->side].is_lost)
		run->then = L7_STOPS;
}

static void
dns_finish(struct l7_run *run)
{
	struct dns_side *side = side_of(run);

	if (side->frame.n_length != 0)
		l7_anomaly(run, WP_DNS_TRUNCATED);
	l7_frame_next(run, &side->frame);
}

static void
dns_close(struct l7_run *run)
{
	struct dns_state *state = run->state;

	l7_frame_next(run, &state->sides[WP_CLIENT].frame);
	l7_frame_next(run, &state->sides[WP_SERVER].frame);
}

const struct l7_view l7_dns_view = {.name = "dns",
				    .protocol = WP_L7_DNS,
				    .events = WP_EVENT_BIT(WP_DNS_MESSAGE),
				    .state_size = sizeof(struct dns_state),
				    .match = dns_match,
				    .data = dns_data,
				    .gap = dns_gap,
				    .finish = dns_finish,
				    .close = dns_close};
