/* SPDX-License-Identifier: BSD-3-Clause */
/* SMTP (RFC 5321) out of the streams of a flow. */

#ifndef STREAM_L7_SMTP_VIEW_H
#define STREAM_L7_SMTP_VIEW_H

#include "stream/l7/mime_view.h"
#include "stream/l7/smtp.h"
#include "stream/l7/text_lines.h"
#include "stream/l7/text_replies.h"
#include "stream/l7/view.h"

/** Commands that may wait for their reply. RFC 5321 section 4.5.3.1.8 has 100 recipients. */
enum { SMTP_QUEUE_MAX = 100 };

/** Commands whose reply was not seen, in their order. */
struct smtp_queue {
	uint8_t commands[SMTP_QUEUE_MAX]; /* enum wp_smtp_command; a ring */
	uint8_t first;
	uint8_t n;
};

/** What stands in front of the next byte of a message. */
enum smtp_behind {
	SMTP_BEHIND_CRLF, /* or the message begins */
	SMTP_BEHIND_TEXT,
	SMTP_BEHIND_CR,
	SMTP_BEHIND_LF,      /* without CR */
	SMTP_BEHIND_DOT,     /* behind CR LF; it is not told yet */
	SMTP_BEHIND_DOT_CR,  /* likewise, and not told yet either */
	SMTP_BEHIND_ODD_DOT, /* behind CR or LF */
	SMTP_BEHIND_GAP,     /* bytes that are missing */
};

/** What the client's next bytes are. */
enum smtp_phase {
	SMTP_COMMANDS,
	SMTP_CREDENTIALS, /* lines behind AUTH */
	SMTP_MESSAGE,     /* lines behind DATA */
	SMTP_CHUNK,       /* bytes behind BDAT */
};

/** State of the view. */
struct smtp {
	struct text_lines client;
	struct text_replies server;
	struct smtp_queue queue;
	struct mime *mail;     /* what reads the message; NULL: nobody asks, or there is none */
	uint64_t told;         /* bytes of the message so far: the next one's offset in it */
	uint64_t chunk;        /* bytes of a chunk that are to come */
	uint32_t challenges;   /* 334s that no line has answered yet */
	uint8_t phase;         /* enum smtp_phase */
	uint8_t behind;        /* enum smtp_behind */
	bool chunk_is_last;    /* of its message */
	bool message_is_taken; /* the server's 354 to the DATA of this message was seen */
	bool message_is_early; /* bytes of it were seen before that */
	bool tls_waits;        /* behind STARTTLS: no reply, and no byte of the client's */
	bool has_greeted;      /* the server's first reply was seen */
	bool is_lost;          /* replies may be to other commands than the queue says */
	bool was_full;         /* the queue once was */
};

extern const struct l7_view l7_smtp_view;

/** Adds a command that waits for its reply. @return false: there are too many */
bool smtp_queue_add(struct smtp_queue *queue, unsigned int command);

/** @return whether a command waits for its reply. */
bool smtp_queue_has(const struct smtp_queue *queue, unsigned int command);

/**
 * Takes the command that a reply is to; a reply that only one command gets is not taken for
 * another's.
 * @return enum wp_smtp_command; WP_SMTP_OTHER also for none
 */
unsigned int smtp_queue_take(struct smtp_queue *queue, unsigned int code);

/** Fills all but line->line of a command. @param[in,out] line  its line is there */
void smtp_command_read(struct wp_text_line *line);

/** Reads BDAT's argument. @return false: it has no size */
bool smtp_command_chunk(const struct wp_text_line *line, uint64_t *size, bool *is_last);

/** Reads bytes of the client's: commands, and what stands between them. */
void smtp_client_read(struct l7_run *run, struct text_in *in);

/** Bytes of the client's are missing. */
void smtp_client_gap(struct l7_run *run, uint64_t size);

/** The client's stream is at its end. */
void smtp_client_finish(struct l7_run *run);

/** The next byte is the first of a message. */
void smtp_message_begin(struct smtp *smtp);

/** Reads bytes of a message, as far as it goes. */
void smtp_message_read(struct l7_run *run, struct text_in *in);

/** Tells bytes of a message. */
void smtp_message_tell(struct l7_run *run, const uint8_t *data, uint32_t size);

/** Tells the end of a message, and what follows are commands. @param line  as the wire has it */
void smtp_message_end(struct l7_run *run, const char *line, uint64_t offset);

/** Bytes of a message are missing. */
void smtp_message_miss(struct l7_run *run, struct smtp *smtp, uint64_t size);

/** The message goes no further: what has come of it is no mail. */
void smtp_message_drop(struct l7_run *run, struct smtp *smtp);

/** What was read as a message is none any more, as the server has said: commands follow. */
void smtp_message_leave(struct l7_run *run, struct smtp *smtp);

/** Acts on a reply whose last line was told. */
void smtp_answered(struct l7_run *run, unsigned int code);

#endif
