/* SPDX-License-Identifier: BSD-3-Clause */
/* The view of SSH, and what its files share. */

#ifndef WP_STREAM_L7_SSH_VIEW_H
#define WP_STREAM_L7_SSH_VIEW_H

#include "stream/l7/frame.h"
#include "stream/l7/ssh.h"
#include "stream/l7/view.h"

enum {
	SSH_LINE_MAX = 255,     /* bytes of a banner with its end (RFC 4253 section 4.2) */
	SSH_LINES_MAX = 50,     /* of a server before its banner */
	SSH_BEFORE_MAX = 8192,  /* bytes of them */
	SSH_REST_MAX = 8192,    /* bytes of a banner that are passed over */
	SSH_PACKET_MAX = 35000, /* bytes of a packet (RFC 4253 section 6.1) */
	SSH_PACKETS_MAX = 16,   /* before KEXINIT */
	SSH_HASSH_SIZE = 32,    /* bytes of its text, without a zero */
};

/** How far a side was read. */
enum ssh_stage {
	SSH_AT_LINE,    /* its banner, or a line before it */
	SSH_AT_REST,    /* of a banner that is too long */
	SSH_AT_PACKETS, /* KEXINIT */
	SSH_AT_END,     /* it is not read any more */
};

struct ssh_side {
	struct l7_frame frame; /* of a packet */
	uint64_t offset;       /* of the line in the side's stream */
	uint32_t passed;       /* bytes of lines before the banner; then of its rest */
	uint8_t line[SSH_LINE_MAX];
	uint8_t n_line;    /* bytes of it that are there */
	uint8_t n_lines;   /* before the banner */
	uint8_t n_packets; /* before KEXINIT */
	uint8_t stage;     /* enum ssh_stage */
	bool has_agreed;   /* its KEXINIT was there */
};

struct ssh_state {
	struct ssh_side sides[2]; /* index: enum wp_side */
	bool is_old;              /* a side speaks SSH 1 only: packets have another form */
};

/** @return what a line that is a banner says. @param size  bytes, its end included */
struct wp_ssh_banner ssh_banner_parse(const uint8_t *line, uint32_t size);

/** @return whether a banner is as RFC 4253 section 4.2 has it. */
bool ssh_banner_is_right(const struct wp_ssh_banner *banner);

/** @return whether a banner is of SSH 1 only (RFC 4253 section 5.1). */
bool ssh_banner_is_old(const struct wp_ssh_banner *banner);

/** Reads the lists of a KEXINIT. @param payload  from its message number on
 * @return whether they are all there */
bool ssh_kexinit_parse(struct wp_span payload, struct wp_ssh_banner *banner);

/** Writes the HASSH of a side's lists, and a zero. */
void ssh_hassh(const struct wp_ssh_banner *banner, unsigned int side,
	       char text[SSH_HASSH_SIZE + 1]);

extern const struct l7_view l7_ssh_view;

#endif
