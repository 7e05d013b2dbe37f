/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of a message behind DATA, without the dots that its sender has put in front of lines
 * that begin with one (RFC 5321 section 4.5.2). It ends with CR LF . CR LF and nothing else
 * (section 4.1.1.4).
 */

#include <string.h>

#include "stream/l7/smtp_view.h"

/** Bytes that are to be told, of a call's. */
struct body {
	struct l7_run *run;
	struct smtp *smtp;
	struct text_in *in;
	const uint8_t *from; /* the first of them; in->data is behind the last */
};

void
smtp_message_begin(struct smtp *smtp)
{
	smtp->phase = SMTP_MESSAGE;
	smtp->behind = SMTP_BEHIND_CRLF;
	smtp->told = 0;
	smtp->message_is_taken = false;
	smtp->message_is_early = false;
}

/** Has bytes of a message read as mail, where somebody asks. */
static void
read_mail(struct l7_run *run, struct smtp *smtp, const uint8_t *data, uint32_t size)
{
	if (smtp->told == 0 && smtp->mail == NULL && (run->wants & MIME_EVENTS) != 0) {
		smtp->mail = run->host->take(run, sizeof(*smtp->mail));
		if (smtp->mail == NULL)
			l7_anomaly(run, WP_L7_NO_MEMORY);
		else
			memset(smtp->mail, 0, sizeof(*smtp->mail));
	}
	if (smtp->mail != NULL)
		mime_read(run, smtp->mail, data, size);
}

/** The mail is at its end. */
static void
end_mail(struct l7_run *run, struct smtp *smtp, enum wp_mime_end how)
{
	if (smtp->mail == NULL)
		return;
	mime_end(run, smtp->mail, how);
	run->host->give(run, smtp->mail);
	smtp->mail = NULL;
}

void
smtp_message_miss(struct l7_run *run, struct smtp *smtp, uint64_t size)
{
	smtp->told += size;
	if (smtp->mail != NULL && size != 0)
		mime_end(run, smtp->mail, WP_MIME_CUT);
}

void
smtp_message_drop(struct l7_run *run, struct smtp *smtp)
{
	end_mail(run, smtp, WP_MIME_CUT);
	smtp->told = 0;
}

void
smtp_message_tell(struct l7_run *run, const uint8_t *data, uint32_t size)
{
	struct smtp *smtp = run->state;

	if (size == 0)
		return;
	read_mail(run, smtp, data, size);
	l7_tell(run,
		(struct wp_stream_event){
			.type = WP_SMTP_DATA, .data = data, .size = size, .offset = smtp->told});
	smtp->told += size;
}

void
smtp_message_end(struct l7_run *run, const char *line, uint64_t offset)
{
	struct smtp *smtp = run->state;
	const uint8_t *data = (const uint8_t *)line;
	struct wp_text_line end = {.command = WP_SMTP_END_OF_DATA, .line = {data, line[0] != '\0'}};

	if (line[0] != '\0')
		end.verb = end.line;
	end_mail(run, smtp, WP_MIME_WHOLE);
	text_tell(run, WP_SMTP_COMMAND, &end, offset);
	smtp->phase = SMTP_COMMANDS;
	smtp->told = 0;
}

/** @return whether the next byte may be the first of a command: not within a line. */
static bool
is_at_start(unsigned int behind)
{
	return behind == SMTP_BEHIND_CRLF || behind == SMTP_BEHIND_CR || behind == SMTP_BEHIND_LF ||
	       behind == SMTP_BEHIND_GAP;
}

void
smtp_message_leave(struct l7_run *run, struct smtp *smtp)
{
	smtp->phase = SMTP_COMMANDS;
	smtp_message_drop(run, smtp);
	if (is_at_start(smtp->behind))
		text_lines_reset(run, &smtp->client);
	else
		text_lines_gap(run, &smtp->client);
}

/** Tells what was gathered. */
static void
tell_body(struct body *body)
{
	smtp_message_tell(body->run, body->from, (uint32_t)(body->in->data - body->from));
	body->from = body->in->data;
}

/** A dot stands alone between ends of lines of which one is none. */
static void
tell_smuggling(struct body *body)
{
	tell_body(body);
	l7_anomaly_at(body->run, WP_SMTP_SMUGGLING, body->in->offset);
}

/** Goes over the next byte, which is told. */
static void
add(struct body *body, enum smtp_behind behind)
{
	body->smtp->behind = (uint8_t)behind;
	text_in_read(body->in, 1);
}

/** Goes over the next byte, which is not told, or not yet. */
static void
hold(struct body *body, enum smtp_behind behind)
{
	tell_body(body);
	add(body, behind);
	body->from = body->in->data;
}

/** Reads as long as lines do not end. */
static void
read_text(struct body *body)
{
	const uint8_t *at = body->in->data, *end = at + body->in->size;

	while (at < end && *at != '\r' && *at != '\n')
		at++;
	text_in_read(body->in, (uint32_t)(at - body->in->data));
	body->smtp->behind = SMTP_BEHIND_TEXT;
}

/** Reads a byte where none of the dots is. */
static void
read_plain(struct body *body)
{
	uint8_t byte = *body->in->data, behind = body->smtp->behind;

	if (byte == '\r')
		add(body, SMTP_BEHIND_CR);
	else if (byte == '\n')
		add(body, behind == SMTP_BEHIND_CR ? SMTP_BEHIND_CRLF : SMTP_BEHIND_LF);
	else if (byte == '.' && behind == SMTP_BEHIND_CRLF)
		hold(body, SMTP_BEHIND_DOT);
	else if (byte == '.' && (behind == SMTP_BEHIND_CR || behind == SMTP_BEHIND_LF))
		add(body, SMTP_BEHIND_ODD_DOT);
	else
		read_text(body);
}

/** Reads behind CR LF and a dot: it goes, whatever follows. */
static void
read_behind_dot(struct body *body)
{
	uint8_t byte = *body->in->data;

	if (byte == '\r') {
		hold(body, SMTP_BEHIND_DOT_CR);
		return;
	}
	if (byte == '\n')
		tell_smuggling(body);
	body->smtp->behind = SMTP_BEHIND_TEXT;
	read_plain(body);
}

static void
read_behind_dot_cr(struct body *body)
{
	if (*body->in->data == '\n') {
		add(body, SMTP_BEHIND_CRLF);
		body->from = body->in->data;
		smtp_message_end(body->run, ".", body->in->offset - 3);
		return;
	}
	tell_smuggling(body);
	smtp_message_tell(body->run, (const uint8_t *)"\r", 1);
	body->smtp->behind = SMTP_BEHIND_CR;
}

static void
read_behind_odd_dot(struct body *body)
{
	if (*body->in->data == '\r' || *body->in->data == '\n')
		tell_smuggling(body);
	body->smtp->behind = SMTP_BEHIND_TEXT;
	read_plain(body);
}

void
smtp_message_read(struct l7_run *run, struct text_in *in)
{
	struct body body = {run, run->state, in, in->data};

	while (in->size != 0 && body.smtp->phase == SMTP_MESSAGE) {
		switch (body.smtp->behind) {
		case SMTP_BEHIND_DOT:
			read_behind_dot(&body);
			break;
		case SMTP_BEHIND_DOT_CR:
			read_behind_dot_cr(&body);
			break;
		case SMTP_BEHIND_ODD_DOT:
			read_behind_odd_dot(&body);
			break;
		default:
			read_plain(&body);
			break;
		}
	}
	tell_body(&body);
}
