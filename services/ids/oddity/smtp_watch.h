/* SPDX-License-Identifier: BSD-3-Clause */
/* Watches a session of SMTP for commands and replies that do not fit each other. */

#ifndef IDS_SMTP_WATCH_H
#define IDS_SMTP_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "oddity/oddity.h"
#include "stream/l7/smtp.h"

enum { WATCH_COMMANDS = 16 };

/** A session. All zero: nothing was seen of it. */
struct smtp_watch {
	uint8_t waiting[WATCH_COMMANDS]; /* enum wp_smtp_command: for their replies; in their order
					  */
	uint8_t n_waiting;
	bool is_welcome; /* the server's first reply was seen */
	bool has_hello;  /* HELO or EHLO was sent */
	bool has_mail;   /* MAIL was, since the last message */
	bool is_lost;    /* more wait than are remembered, so it is not known what replies are to */
	bool is_given_up; /* what was said is no SMTP */
	bool awaits_tls;  /* STARTTLS was accepted */
};

/** Takes a command, and adds what is odd about it. */
void smtp_watch_command(struct smtp_watch *watch, const struct wp_text_line *line,
			struct oddities *odd);

/** Likewise a line of a reply. */
void smtp_watch_reply(struct smtp_watch *watch, const struct wp_text_line *line,
		      struct oddities *odd);

/** @param anomaly  enum wp_smtp_anomaly, or another of its reader's */
void smtp_watch_anomaly(const struct smtp_watch *watch, unsigned int anomaly, struct oddities *odd);

#endif
