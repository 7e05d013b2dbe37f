/* SPDX-License-Identifier: BSD-3-Clause */
/* The view of SSH: reads each side up to its KEXINIT, behind which little is in the clear. */

#include "stream/l7/ssh_view.h"

#include <netinet/in.h>
#include <string.h>

#include "stream/l7/http_view.h"

enum {
	PORT = 22,
	LENGTH = 4,  /* bytes in front of a packet */
	PADDING = 1, /* bytes of the field behind that */
	/* Message numbers (RFC 4250 section 4.1.2). */
	MSG_DISCONNECT = 1,
	MSG_DEBUG = 4,
	MSG_KEXINIT = 20,
};

static const char prefix[] = {'S', 'S', 'H', '-'};

/** Ends one side. The flow is for nobody when both have ended. */
static void
end_side(struct l7_run *run)
{
	struct ssh_state *state = run->state;

	l7_frame_next(run, &state->sides[run->side].frame);
	state->sides[run->side].stage = SSH_AT_END;
	if (state->sides[!run->side].stage == SSH_AT_END)
		run->then = state->sides[WP_CLIENT].has_agreed && state->sides[WP_SERVER].has_agreed
				    ? L7_GOES_DARK
				    : L7_STOPS;
}

/** @return whether a line is a banner, as far as it is there. */
static bool
may_be_banner(const struct ssh_side *side)
{
	return memcmp(side->line, prefix,
		      side->n_line < sizeof(prefix) ? side->n_line : sizeof(prefix)) == 0;
}

static void
tell_banner(struct l7_run *run, const struct wp_ssh_banner *banner, enum wp_ssh_detail detail)
{
	const struct ssh_state *state = run->state;
	const struct ssh_side *side = &state->sides[run->side];
	bool is_line = detail == WP_SSH_LINE;

	l7_tell(run, (struct wp_stream_event){.type = WP_SSH_BANNER,
					      .ssh = banner,
					      .detail = (uint8_t)detail,
					      .offset = is_line ? side->offset : side->frame.offset,
					      .size = is_line ? side->n_line : side->frame.length});
}

/** The banner is there, as far as it is told. @param has_end  its line has ended */
static void
take_banner(struct l7_run *run, struct ssh_side *side, bool has_end)
{
	struct wp_ssh_banner banner = ssh_banner_parse(side->line, side->n_line);
	struct ssh_state *state = run->state;
	bool is_long = !has_end && side->n_line == SSH_LINE_MAX;

	if (is_long)
		l7_anomaly(run, WP_SSH_LONG_BANNER);
	if (!ssh_banner_is_right(&banner) || (!has_end && !is_long))
		l7_anomaly(run, WP_SSH_BAD_BANNER);
	tell_banner(run, &banner, WP_SSH_LINE);
	side->stage = has_end ? SSH_AT_PACKETS : SSH_AT_REST;
	side->passed = 0;
	if (!ssh_banner_is_old(&banner))
		return;
	state->is_old = true;
	end_side(run);
}

/** More of a line is there that is no banner. */
static void
pass_line(struct l7_run *run, struct ssh_side *side, bool has_end)
{
	if (run->side == WP_CLIENT) {
		l7_anomaly(run, WP_L7_MALFORMED);
		end_side(run);
		return;
	}
	if (has_end) {
		side->n_line = 0;
		side->n_lines++;
	}
	if (side->passed > SSH_BEFORE_MAX || side->n_lines > SSH_LINES_MAX) {
		l7_anomaly(run, WP_SSH_TOO_MANY_LINES);
		end_side(run);
	}
}

/** Reads on in a line. Of one that is longer than a banner, the first bytes are kept. */
static void
read_line(struct l7_run *run, struct ssh_side *side, struct l7_rest *rest)
{
	const uint8_t *end = memchr(rest->data, '\n', rest->size);
	uint32_t size = end != NULL ? (uint32_t)(end - rest->data) + 1 : rest->size;
	uint32_t room = SSH_LINE_MAX - side->n_line;
	uint32_t kept = size < room ? size : room;

	if (side->n_line == 0)
		side->offset = rest->offset;
	memcpy(side->line + side->n_line, rest->data, kept);
	side->n_line += (uint8_t)kept;
	if (may_be_banner(side))
		size = kept; /* what is too much is for another stage */
	side->passed += size;
	l7_rest_pass(rest, size);
	if (!may_be_banner(side))
		pass_line(run, side, end != NULL);
	else if (side->line[side->n_line - 1] == '\n' || side->n_line == SSH_LINE_MAX)
		take_banner(run, side, side->line[side->n_line - 1] == '\n');
}

/** Passes over the rest of a banner that is too long. */
static void
read_rest(struct l7_run *run, struct ssh_side *side, struct l7_rest *rest)
{
	const uint8_t *end = memchr(rest->data, '\n', rest->size);
	uint32_t size = end != NULL ? (uint32_t)(end - rest->data) + 1 : rest->size;

	side->passed += size;
	l7_rest_pass(rest, size);
	if (side->passed > SSH_REST_MAX)
		end_side(run);
	else if (end != NULL)
		side->stage = SSH_AT_PACKETS;
}

static void
take_kexinit(struct l7_run *run, struct ssh_side *side, struct wp_span payload)
{
	struct wp_ssh_banner banner = ssh_banner_parse(side->line, side->n_line);
	char hassh[SSH_HASSH_SIZE + 1];

	if (ssh_kexinit_parse(payload, &banner)) {
		ssh_hassh(&banner, run->side, hassh);
		banner.hassh = (struct wp_span){(const uint8_t *)hassh, SSH_HASSH_SIZE};
		tell_banner(run, &banner, WP_SSH_KEXINIT);
		side->has_agreed = true;
	} else {
		l7_anomaly(run, WP_SSH_BAD_KEXINIT);
	}
	end_side(run);
}

/** Reads a packet that is whole (RFC 4253 section 6). */
static void
take_packet(struct l7_run *run, struct ssh_side *side, struct wp_span packet)
{
	struct wp_span payload = {packet.data + PADDING, packet.size - PADDING};
	uint8_t padding = packet.data[0], number;

	if (padding >= payload.size) {
		l7_anomaly(run, WP_SSH_BAD_KEXINIT);
		end_side(run);
		return;
	}
	payload.size -= padding;
	number = payload.data[0];
	if (number == MSG_KEXINIT) {
		take_kexinit(run, side, payload);
	} else if (number == MSG_DISCONNECT) {
		end_side(run);
	} else if (number > MSG_DISCONNECT && number <= MSG_DEBUG &&
		   side->n_packets < SSH_PACKETS_MAX) {
		side->n_packets++;
		l7_anomaly(run, WP_SSH_EARLY_PACKET);
	} else {
		l7_anomaly(run, WP_SSH_BAD_KEXINIT);
		end_side(run);
	}
}

static void
read_packet(struct l7_run *run, struct ssh_side *side, struct l7_rest *rest)
{
	const struct ssh_state *state = run->state;
	struct wp_span packet;

	if (state->is_old) {
		end_side(run);
		return;
	}
	if (!l7_frame_length(&side->frame, LENGTH, rest))
		return;
	if (side->frame.length <= PADDING || side->frame.length > SSH_PACKET_MAX - LENGTH) {
		l7_anomaly(run, WP_SSH_BAD_KEXINIT);
		end_side(run);
		return;
	}
	if (!l7_frame_read(run, &side->frame, rest, &packet)) {
		/* There is no memory for it, and another KEXINIT does not come in the clear. */
		if (side->frame.skip != 0 || side->frame.n_length == 0)
			end_side(run);
		return;
	}
	take_packet(run, side, packet);
	l7_frame_next(run, &side->frame);
}

static uint32_t
ssh_data(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct ssh_state *state = run->state;
	struct ssh_side *side = &state->sides[run->side];
	struct l7_rest rest = {.data = data, .size = size, .offset = run->offset};

	while (rest.size != 0 && side->stage != SSH_AT_END) {
		if (side->stage == SSH_AT_LINE)
			read_line(run, side, &rest);
		else if (side->stage == SSH_AT_REST)
			read_rest(run, side, &rest);
		else
			read_packet(run, side, &rest);
	}
	return size;
}

static void
ssh_gap(struct l7_run *run, uint64_t size)
{
	struct ssh_state *state = run->state;

	if (state->sides[run->side].stage == SSH_AT_END)
		return;
	l7_anomaly(run, WP_L7_MISSED);
	end_side(run);
}

/** A banner without an end is told all the same: that is all that some scanners send. */
static void
ssh_finish(struct l7_run *run)
{
	struct ssh_state *state = run->state;
	struct ssh_side *side = &state->sides[run->side];

	if (side->stage == SSH_AT_LINE && side->n_line > sizeof(prefix) && may_be_banner(side))
		take_banner(run, side, false);
	else if (side->stage == SSH_AT_PACKETS && side->frame.n_length != 0)
		l7_anomaly(run, WP_SSH_BAD_KEXINIT);
	end_side(run);
}

static void
ssh_close(struct l7_run *run)
{
	struct ssh_state *state = run->state;

	l7_frame_next(run, &state->sides[WP_CLIENT].frame);
	l7_frame_next(run, &state->sides[WP_SERVER].frame);
}

/** @return whether bytes are lines of text with a banner behind them (RFC 4253 section 4.2). */
static enum l7_match
match_lines(const struct l7_hint *hint)
{
	static const char banner[] = "\nSSH-";
	const uint8_t *begin = memmem(hint->data, hint->size, banner, sizeof(banner) - 1);
	const uint8_t *end = begin != NULL ? begin : hint->data + hint->size;

	if (hint->server_port != PORT) /* the client's banner will tell */
		return L7_NO;
	for (const uint8_t *at = hint->data; at != end; at++)
		if (*at < 0x20 && *at != '\r' && *at != '\n' && *at != '\t')
			return L7_NO;
	return begin != NULL ? L7_YES : L7_MAYBE;
}

static enum l7_match
ssh_match(const struct l7_hint *hint)
{
	uint32_t size = hint->size < sizeof(prefix) ? hint->size : sizeof(prefix);

	if (memcmp(hint->data, prefix, size) == 0)
		return size == sizeof(prefix) ? http_match_none(hint) : L7_MAYBE;
	return hint->side == WP_SERVER ? match_lines(hint) : L7_NO;
}

const struct l7_view l7_ssh_view = {.name = "ssh",
				    .protocol = WP_L7_SSH,
				    .proto = IPPROTO_TCP,
				    .events = WP_EVENT_BIT(WP_SSH_BANNER),
				    .state_size = sizeof(struct ssh_state),
				    .match = ssh_match,
				    .data = ssh_data,
				    .gap = ssh_gap,
				    .finish = ssh_finish,
				    .close = ssh_close};
