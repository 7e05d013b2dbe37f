/* SPDX-License-Identifier: BSD-3-Clause */
/* See smtp_watch.h. */

#include "oddity/smtp_watch.h"

#include <string.h>

enum { REPLY_READY = 220, REPLY_START_MAIL = 354 };

static void
expect_reply(struct smtp_watch *watch, unsigned int command)
{
	if (watch->n_waiting == WATCH_COMMANDS)
		watch->is_lost = true;
	else
		watch->waiting[watch->n_waiting++] = (uint8_t)command;
}

void
smtp_watch_command(struct smtp_watch *watch, const struct wp_text_line *line, struct oddities *odd)
{
	if (watch->is_given_up)
		return;
	if (!watch->is_welcome)
		oddities_add(odd, EVENT_SMTP_NO_SERVER_WELCOME_MESSAGE);
	expect_reply(watch, line->command);
	switch (line->command) {
	case WP_SMTP_HELO:
	case WP_SMTP_EHLO:
		if (watch->has_hello)
			oddities_add(odd, EVENT_SMTP_DUPLICATE_FIELDS);
		watch->has_hello = true;
		break;
	case WP_SMTP_MAIL:
		if (watch->has_mail)
			oddities_add(odd, EVENT_SMTP_DUPLICATE_FIELDS);
		watch->has_mail = true;
		break;
	case WP_SMTP_RSET:
	case WP_SMTP_END_OF_DATA:
		watch->has_mail = false;
		break;
	default:
		break;
	}
}

/** @return whether RFC 5321, or an extension that is widely in use, has a code. */
static bool
is_code(uint16_t code)
{
	static const uint16_t codes[] = {211, 214, 220, 221, 235, 250, 251, 252, 334,
					 354, 421, 450, 451, 452, 455, 500, 501, 502,
					 503, 504, 550, 551, 552, 553, 554, 555};

	for (unsigned int i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i] == code)
			return true;
	return false;
}

/** The command that a reply is to does not wait any more. */
static void
end_reply(struct smtp_watch *watch)
{
	watch->is_welcome = true;
	if (watch->n_waiting == 0)
		return;
	watch->n_waiting--;
	memmove(watch->waiting, watch->waiting + 1, watch->n_waiting);
}

/** @return the command that a reply is to; WP_SMTP_OTHER, too: it is not known. */
static unsigned int
command_of(const struct smtp_watch *watch)
{
	return watch->is_lost || watch->n_waiting == 0 ? WP_SMTP_OTHER : watch->waiting[0];
}

void
smtp_watch_reply(struct smtp_watch *watch, const struct wp_text_line *line, struct oddities *odd)
{
	unsigned int command = command_of(watch);

	if (watch->is_given_up)
		return;
	if (!is_code(line->code)) {
		oddities_add(odd, watch->is_welcome ? EVENT_SMTP_INVALID_REPLY
						    : EVENT_SMTP_NO_SERVER_WELCOME_MESSAGE);
		watch->is_given_up = true;
		return;
	}
	if (command == WP_SMTP_STARTTLS && line->code != REPLY_READY)
		oddities_add(odd, EVENT_SMTP_TLS_REJECTED);
	else if (command == WP_SMTP_DATA_BEGINS && line->code != REPLY_START_MAIL)
		oddities_add(odd, EVENT_SMTP_DATA_COMMAND_REJECTED);
	if (!line->is_last)
		return;
	watch->awaits_tls |= command == WP_SMTP_STARTTLS && line->code == REPLY_READY;
	end_reply(watch);
}

void
smtp_watch_anomaly(const struct smtp_watch *watch, unsigned int anomaly, struct oddities *odd)
{
	if (watch->is_given_up)
		return;
	switch (anomaly) {
	case WP_L7_TOO_LONG:
		oddities_add(odd, EVENT_SMTP_TRUNCATED_LINE);
		break;
	case WP_SMTP_EARLY_DATA:
		if (watch->n_waiting != 0 &&
		    watch->waiting[watch->n_waiting - 1] == WP_SMTP_DATA_BEGINS)
			oddities_add(odd, EVENT_SMTP_INVALID_PIPELINED_SEQUENCE);
		break;
	case WP_SMTP_EARLY_TLS:
		oddities_add(odd, EVENT_SMTP_INVALID_PIPELINED_SEQUENCE);
		break;
	case WP_SMTP_BAD_CHUNK:
		oddities_add(odd, EVENT_SMTP_BDAT_CHUNK_LEN_EXCEEDED);
		break;
	default:
		break;
	}
}
