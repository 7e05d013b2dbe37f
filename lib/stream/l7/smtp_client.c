/* SPDX-License-Identifier: BSD-3-Clause */
/* What a client sends: commands, and in between messages (RFC 5321, RFC 3030) and credentials
 * (RFC 4954). */

#include "stream/l7/smtp_view.h"

/** A command or the end of a message waits for its reply. */
static void
expect_reply(struct l7_run *run, struct smtp *smtp, unsigned int command, uint64_t offset)
{
	if (smtp_queue_add(&smtp->queue, command))
		return;
	smtp->is_lost = true;
	if (!smtp->was_full && text_replies_are_heard(run, &smtp->server)) {
		smtp->was_full = true;
		l7_anomaly_at(run, WP_SMTP_TOO_MANY, offset);
	}
}

/** All bytes of a chunk were read. */
static void
end_chunk(struct l7_run *run, struct smtp *smtp, uint64_t offset)
{
	smtp->phase = SMTP_COMMANDS;
	if (smtp->chunk_is_last)
		smtp_message_end(run, "", offset);
}

/** RFC 3030 section 2: the bytes follow the command, and no reply is waited for. */
static void
begin_chunk(struct l7_run *run, struct smtp *smtp, const struct wp_text_line *line, uint64_t offset)
{
	if (!smtp_command_chunk(line, &smtp->chunk, &smtp->chunk_is_last)) {
		l7_anomaly_at(run, WP_SMTP_BAD_CHUNK, smtp->client.start);
		return;
	}
	smtp->phase = SMTP_CHUNK;
	if (smtp->chunk == 0)
		end_chunk(run, smtp, offset);
}

/** What a command says of the bytes that follow. @param offset  of the first of them */
static void
follow(struct l7_run *run, struct smtp *smtp, const struct wp_text_line *line, uint64_t offset)
{
	switch (line->command) {
	case WP_SMTP_DATA_BEGINS:
		smtp_message_drop(run, smtp);
		smtp_message_begin(smtp);
		break;
	case WP_SMTP_BDAT:
		begin_chunk(run, smtp, line, offset);
		break;
	case WP_SMTP_AUTH:
		smtp->phase = SMTP_CREDENTIALS;
		smtp->challenges = 0;
		break;
	case WP_SMTP_STARTTLS:
		smtp->tls_waits = true;
		break;
	case WP_SMTP_HELO:
	case WP_SMTP_EHLO:
	case WP_SMTP_MAIL:
	case WP_SMTP_RSET:
		smtp_message_drop(run, smtp);
		break;
	default:
		break;
	}
}

/** A line that nobody has asked for, and with what credentials never have, is a command that was
 * sent without waiting for the reply to AUTH. */
static bool
is_credentials(struct l7_run *run, struct smtp *smtp, const struct wp_text_line *line)
{
	if (smtp->phase != SMTP_CREDENTIALS)
		return false;
	if (smtp->challenges != 0) {
		smtp->challenges--;
		return true;
	}
	if (text_replies_are_heard(run, &smtp->server))
		l7_anomaly_at(run, WP_SMTP_EARLY_AUTH, smtp->client.start);
	return line->command == WP_SMTP_OTHER || line->argument.data == NULL;
}

/** @param offset  of the byte behind the line */
static void
read_line(struct l7_run *run, struct smtp *smtp, struct wp_span span, uint64_t offset)
{
	struct wp_text_line line = {.line = span};

	smtp_command_read(&line);
	if (is_credentials(run, smtp, &line)) {
		line.command = WP_SMTP_AUTH_DATA;
		text_tell(run, WP_SMTP_COMMAND, &line, smtp->client.start);
		return;
	}
	smtp->phase = SMTP_COMMANDS;
	text_tell(run, WP_SMTP_COMMAND, &line, smtp->client.start);
	expect_reply(run, smtp, line.command, smtp->client.start);
	follow(run, smtp, &line, offset);
}

static void
read_lines(struct l7_run *run, struct smtp *smtp, struct text_in *in)
{
	struct wp_span span;

	if (text_guess_tls(run, &smtp->client, in, smtp->is_lost) ||
	    !text_lines_next(run, &smtp->client, in, &span))
		return;
	read_line(run, smtp, span, in->offset);
	text_lines_reset(run, &smtp->client);
}

static void
read_message(struct l7_run *run, struct smtp *smtp, struct text_in *in)
{
	if (!smtp->message_is_taken && !smtp->message_is_early) {
		smtp->message_is_early = true;
		if (text_replies_are_heard(run, &smtp->server))
			l7_anomaly_at(run, WP_SMTP_EARLY_DATA, in->offset);
	}
	smtp_message_read(run, in);
	if (smtp->phase == SMTP_COMMANDS)
		expect_reply(run, smtp, WP_SMTP_END_OF_DATA, in->offset);
}

static void
read_chunk(struct l7_run *run, struct smtp *smtp, struct text_in *in)
{
	uint32_t size = smtp->chunk < in->size ? (uint32_t)smtp->chunk : in->size;

	smtp_message_tell(run, in->data, size);
	text_in_read(in, size);
	smtp->chunk -= size;
	if (smtp->chunk == 0)
		end_chunk(run, smtp, in->offset);
}

void
smtp_client_read(struct l7_run *run, struct text_in *in)
{
	struct smtp *smtp = run->state;

	while (in->size != 0 && run->then == L7_GOES_ON) {
		if (smtp->tls_waits && text_replies_are_heard(run, &smtp->server))
			l7_anomaly_at(run, WP_SMTP_EARLY_TLS, in->offset);
		smtp->tls_waits = false;
		if (smtp->phase == SMTP_MESSAGE)
			read_message(run, smtp, in);
		else if (smtp->phase == SMTP_CHUNK)
			read_chunk(run, smtp, in);
		else
			read_lines(run, smtp, in);
	}
}

/** @return bytes of a gap that were a chunk's. */
static uint64_t
miss_chunk(struct l7_run *run, struct smtp *smtp, uint64_t size)
{
	uint64_t missed = size < smtp->chunk ? size : smtp->chunk;

	smtp_message_miss(run, smtp, missed);
	smtp->chunk -= missed;
	if (smtp->chunk == 0)
		end_chunk(run, smtp, run->offset + missed);
	return missed;
}

void
smtp_client_gap(struct l7_run *run, uint64_t size)
{
	struct smtp *smtp = run->state;

	smtp->tls_waits = false;
	if (smtp->phase == SMTP_CHUNK)
		size -= miss_chunk(run, smtp, size);
	if (size == 0)
		return;
	smtp->is_lost = true;
	if (smtp->phase == SMTP_MESSAGE) {
		smtp_message_miss(run, smtp, size);
		smtp->behind = SMTP_BEHIND_GAP;
		smtp->message_is_early |= !smtp->message_is_taken;
		return;
	}
	/* What is missing may have asked for replies. */
	smtp->queue = (struct smtp_queue){0};
	text_lines_gap(run, &smtp->client);
}

void
smtp_client_finish(struct l7_run *run)
{
	struct smtp *smtp = run->state;
	struct wp_span span;

	if (smtp->phase == SMTP_MESSAGE || smtp->phase == SMTP_CHUNK) {
		l7_anomaly_at(run, WP_TEXT_NOT_ENDED, run->offset);
		smtp_message_drop(run, smtp);
	} else if (text_lines_rest(run, &smtp->client, &span)) {
		read_line(run, smtp, span, run->offset);
		text_lines_reset(run, &smtp->client);
	}
}
