/* SPDX-License-Identifier: BSD-3-Clause */
/* What a server's replies mean for the bytes that its client sends next. */

#include "stream/l7/smtp_view.h"

/** The first reply is to no command; when it is missing, or the flow was picked up, all are. */
static bool
has_greeted(struct l7_run *run, struct smtp *smtp, unsigned int code)
{
	bool had = smtp->has_greeted || (run->flow->flags & WP_FLOW_PICKED_UP) != 0 ||
		   (smtp->is_lost && code != 220);

	smtp->has_greeted = true;
	return had;
}

static void
data_answered(struct l7_run *run, struct smtp *smtp, unsigned int code)
{
	/* A reply to the DATA of an earlier message. */
	if (smtp->phase != SMTP_MESSAGE || smtp->message_is_taken ||
	    smtp_queue_has(&smtp->queue, WP_SMTP_DATA_BEGINS))
		return;
	if (code == 354)
		smtp->message_is_taken = true;
	else
		smtp_message_leave(run, smtp);
}

static void
auth_answered(struct smtp *smtp, unsigned int code)
{
	if (code == 334)
		smtp->challenges += smtp->challenges != UINT32_MAX;
	else if (smtp->phase == SMTP_CREDENTIALS && !smtp_queue_has(&smtp->queue, WP_SMTP_AUTH))
		smtp->phase = SMTP_COMMANDS;
}

/** A server that does not know BDAT reads its bytes as commands. */
static void
chunk_answered(struct smtp *smtp, unsigned int code)
{
	if ((code == 500 || code == 502) && smtp->phase == SMTP_CHUNK &&
	    !smtp_queue_has(&smtp->queue, WP_SMTP_BDAT))
		smtp->phase = SMTP_COMMANDS;
}

/** A reply that no command waits for, while a message is read. */
static void
message_answered(struct l7_run *run, struct smtp *smtp, unsigned int code)
{
	bool is_known = smtp->message_is_taken && !smtp->is_lost;

	if (code == 354) {
		smtp->message_is_taken = true;
	} else if (is_known && code / 100 == 2) {
		/* The server has seen an end of it. */
		l7_anomaly(run, WP_SMTP_SMUGGLING);
		smtp_message_leave(run, smtp);
	} else if (smtp->is_lost && (code / 100 == 2 || !smtp->message_is_taken)) {
		/* Its end, or the reply to DATA, was among bytes that are missing. */
		smtp_message_leave(run, smtp);
	}
}

/** A server that asks for a message has read DATA, whatever was read here: it was among bytes that
 * are missing, or is spelled as that server alone understands. */
static void
begin_message(struct l7_run *run, struct smtp *smtp)
{
	text_lines_reset(run, &smtp->client);
	smtp_message_begin(smtp);
	smtp->message_is_taken = true;
}

/** A reply to no command that is known of. */
static void
other_answered(struct l7_run *run, struct smtp *smtp, unsigned int code)
{
	if (smtp->phase == SMTP_MESSAGE)
		message_answered(run, smtp, code);
	else if (code == 354 && smtp->phase != SMTP_CHUNK)
		begin_message(run, smtp);
}

/** What a reply means for the client's next bytes. @param command  that it is to */
static void
answered(struct l7_run *run, struct smtp *smtp, unsigned int command, unsigned int code)
{
	switch (command) {
	case WP_SMTP_STARTTLS:
		smtp->tls_waits = false;
		break;
	case WP_SMTP_DATA_BEGINS:
		data_answered(run, smtp, code);
		break;
	case WP_SMTP_AUTH:
		auth_answered(smtp, code);
		break;
	case WP_SMTP_BDAT:
		chunk_answered(smtp, code);
		break;
	default:
		break;
	}
}

/** A 220 to nothing that is known of: perhaps to STARTTLS, which the client's next byte tells. */
static void
expect_tls(struct l7_run *run, struct smtp *smtp)
{
	smtp->is_lost = true;
	if (smtp->client.skips)
		text_lines_reset(run, &smtp->client);
}

void
smtp_answered(struct l7_run *run, unsigned int code)
{
	struct smtp *smtp = run->state;
	bool waits = smtp->queue.n != 0;
	unsigned int command;

	if (!has_greeted(run, smtp, code))
		return;
	command = smtp_queue_take(&smtp->queue, code);
	if (code == 220 && command == WP_SMTP_STARTTLS)
		run->then = L7_BEGINS_ANEW;
	else if (command == WP_SMTP_OTHER && (!waits || code == 354))
		other_answered(run, smtp, code);
	else
		answered(run, smtp, command, code);
	if (code == 220 && command != WP_SMTP_STARTTLS && command != WP_SMTP_XCLIENT)
		expect_tls(run, smtp);
}
