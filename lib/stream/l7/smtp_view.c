/* SPDX-License-Identifier: BSD-3-Clause */
/* SMTP's view: what a flow is known by, and its two sides. */

#include "stream/l7/smtp_view.h"

#include "stream/l7/http_view.h"
#include "stream/l7/text_words.h"

static struct wp_text_line
read_reply(struct l7_run *run, struct smtp *smtp, struct wp_span span)
{
	struct wp_text_line line = {.line = span};

	text_replies_read(run, &smtp->server, TEXT_WITH_CODE, &line);
	text_tell(run, WP_SMTP_REPLY, &line, smtp->server.lines.start);
	return line;
}

static void
read_server(struct l7_run *run, struct text_in *in)
{
	struct smtp *smtp = run->state;
	struct wp_span span;

	while (in->size != 0 && run->then == L7_GOES_ON) {
		struct wp_text_line line;

		if (!text_lines_next(run, &smtp->server.lines, in, &span))
			continue;
		line = read_reply(run, smtp, span);
		text_lines_reset(run, &smtp->server.lines);
		if (line.is_last)
			smtp_answered(run, line.code);
	}
}

static uint32_t
smtp_data(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct text_in in = {data, size, run->offset};

	if (run->side == WP_CLIENT)
		smtp_client_read(run, &in);
	else
		read_server(run, &in);
	return run->then == L7_BEGINS_ANEW ? size - in.size : size;
}

static void
smtp_gap(struct l7_run *run, uint64_t size)
{
	struct smtp *smtp = run->state;

	if (run->side == WP_CLIENT) {
		smtp_client_gap(run, size);
		return;
	}
	text_replies_gap(run, &smtp->server);
	smtp->queue = (struct smtp_queue){0};
	smtp->is_lost = true;
	smtp->tls_waits = false;
	/* The reply to DATA may be among them: nobody can say that the client does not wait. */
	smtp->message_is_early |= !smtp->message_is_taken;
}

static void
smtp_finish(struct l7_run *run)
{
	struct smtp *smtp = run->state;
	struct wp_span span;

	if (run->side == WP_CLIENT) {
		smtp_client_finish(run);
	} else if (text_lines_rest(run, &smtp->server.lines, &span)) {
		read_reply(run, smtp, span);
		text_lines_reset(run, &smtp->server.lines);
	}
}

static void
smtp_close(struct l7_run *run)
{
	struct smtp *smtp = run->state;

	text_lines_reset(run, &smtp->client);
	text_lines_reset(run, &smtp->server.lines);
	run->host->give(run, smtp->mail);
}

static bool
is_smtp_port(uint16_t port)
{
	return port == 25 || port == 587 || port == 465 || port == 2525;
}

/** @return L7_YES or L7_NO as the greeting's words are SMTP's or FTP's; else L7_MAYBE. */
static enum l7_match
match_words(const struct l7_hint *hint)
{
	if (text_has(hint->data, text_line_size(hint), "SMTP"))
		return L7_YES;
	if (text_has(hint->data, text_line_size(hint), "FTP"))
		return text_has(hint->data, text_line_size(hint), "MAIL") ? L7_MAYBE : L7_NO;
	return text_has(hint->data, text_line_size(hint), "MAIL") ? L7_YES : L7_MAYBE;
}

static enum l7_match
match_greeting(const struct l7_hint *hint)
{
	enum l7_match match = text_match_greeting(hint);

	if (match != L7_YES)
		return match;
	if (is_smtp_port(hint->server_port))
		return L7_YES;
	if (hint->server_port == 21)
		return L7_NO;
	return text_is_whole(hint) ? match_words(hint) : L7_MAYBE;
}

static enum l7_match
smtp_match(const struct l7_hint *hint)
{
	static const char *const words[] = {"EHLO ", "HELO ", "MAIL FROM:", "RCPT TO:"};

	enum l7_match match;

	if (hint->side == WP_SERVER)
		return match_greeting(hint);
	match = text_match_any(hint, words, sizeof(words) / sizeof(words[0]));
	return match == L7_YES ? http_match_none(hint) : match;
}

const struct l7_view l7_smtp_view = {
	.name = "smtp",
	.protocol = WP_L7_SMTP,
	.proto = 6,
	.events = WP_EVENT_BIT(WP_SMTP_COMMAND) | WP_EVENT_BIT(WP_SMTP_REPLY) |
		  WP_EVENT_BIT(WP_SMTP_DATA) | MIME_EVENTS,
	.leads_to = 1u << WP_L7_TLS,
	.state_size = sizeof(struct smtp),
	.match = smtp_match,
	.data = smtp_data,
	.gap = smtp_gap,
	.finish = smtp_finish,
	.close = smtp_close,
};
