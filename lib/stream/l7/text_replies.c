/* SPDX-License-Identifier: BSD-3-Clause */
/* What the first bytes of a reply's line say. RFC 5321 section 4.2, RFC 959 section 4.2. */

#include "stream/l7/text_replies.h"

#include "ascii.h"
#include "stream/l7/tls.h"

/** @return the code that a line begins with; 0: none. */
static uint16_t
code_of(struct wp_span line)
{
	const uint8_t *at = line.data;

	if (line.size < 3 || !wp_is_digit(at[0]) || !wp_is_digit(at[1]) || !wp_is_digit(at[2]))
		return 0;
	return (uint16_t)((at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0'));
}

/** Reads a line as it stands alone. @return what stands behind its code, a blank when nothing */
static uint8_t
read_alone(struct wp_text_line *line)
{
	uint32_t text = 0;
	uint8_t behind = ' ';

	line->code = code_of(line->line);
	if (line->code != 0) {
		text = 3;
		if (line->line.size > text)
			behind = line->line.data[text];
		if (line->line.size > text && (behind == ' ' || behind == '-'))
			text++;
	}
	line->text = (struct wp_span){line->line.data + text, line->line.size - text};
	return behind;
}

/** @return whether a line is as it should be where it stands. */
static bool
is_regular(const struct text_replies *replies, const struct wp_text_line *line, uint8_t behind)
{
	if (replies->is_lost)
		return true;
	if (line->code == 0 || (behind != ' ' && behind != '-'))
		return false;
	return replies->open == 0 || replies->open == line->code;
}

/** The first line is no reply: what is read as this protocol is another. */
static void
check_first(struct l7_run *run, struct text_replies *replies, const struct wp_text_line *line)
{
	if (!replies->has_begun && line->code == 0 && !replies->is_lost &&
	    (run->flow->flags & WP_FLOW_PICKED_UP) == 0) {
		l7_anomaly_at(run, WP_L7_MALFORMED, replies->lines.start);
		run->then = L7_STOPS;
	}
	replies->has_begun = true;
}

void
text_replies_read(struct l7_run *run, struct text_replies *replies, enum text_inside inside,
		  struct wp_text_line *line)
{
	uint8_t behind = read_alone(line);

	if (inside == TEXT_ANY && replies->open != 0) {
		line->is_last = line->code == replies->open && behind == ' ';
	} else {
		line->is_last = line->code != 0 && behind != '-';
		if (!is_regular(replies, line, behind))
			l7_anomaly_at(run, WP_TEXT_BAD_REPLY, replies->lines.start);
	}
	if (line->is_last) {
		replies->open = 0;
		replies->is_lost = false;
	} else if (replies->open == 0) {
		replies->open = line->code;
	}
	check_first(run, replies, line);
}

void
text_replies_gap(struct l7_run *run, struct text_replies *replies)
{
	text_lines_gap(run, &replies->lines);
	replies->open = 0;
	replies->is_lost = true;
}

bool
text_replies_are_heard(const struct l7_run *run, const struct text_replies *replies)
{
	return replies->has_begun || (run->flow->sides[WP_SERVER].flags & WP_SIDE_SPOKEN) != 0;
}

bool
text_guess_tls(struct l7_run *run, const struct text_lines *client, const struct text_in *in,
	       bool is_lost)
{
	if ((!is_lost && (run->flow->flags & WP_FLOW_PICKED_UP) == 0) || client->size != 0 ||
	    client->skips || *in->data != WP_TLS_HANDSHAKE)
		return false;
	l7_anomaly(run, WP_L7_MISSED);
	run->then = L7_BEGINS_ANEW;
	return true;
}

void
text_tell(struct l7_run *run, unsigned int type, const struct wp_text_line *line, uint64_t offset)
{
	l7_tell(run,
		(struct wp_stream_event){.type = (uint8_t)type, .line = line, .offset = offset});
}
