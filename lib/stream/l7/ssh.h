/* SPDX-License-Identifier: BSD-3-Clause */
/* What both ends of SSH say in the clear: who they are (RFC 4253 section 4.2), and what they can do
 * (section 7.1). */

#ifndef WP_STREAM_L7_SSH_H
#define WP_STREAM_L7_SSH_H

#include "stream/event.h"

/** What is told of a side: detail of WP_SSH_BANNER. */
enum wp_ssh_detail {
	WP_SSH_LINE,    /* its identification; the lists are not known yet */
	WP_SSH_KEXINIT, /* once more, and its lists; not told of a side that does not send them */
};

/** What is wrong with a side: detail of WP_L7_ANOMALY. */
enum wp_ssh_anomaly {
	WP_SSH_BAD_BANNER = WP_L7_OWN, /* no software, bytes other than printable ASCII, or no end:
					* what can be told of it is told */
	WP_SSH_LONG_BANNER,            /* over 255 bytes with its end: the first of them are told */
	WP_SSH_TOO_MANY_LINES, /* of the server before its banner: it is not read any more */
	WP_SSH_EARLY_PACKET,   /* another message stands where KEXINIT must: it is passed over */
	WP_SSH_BAD_KEXINIT,    /* not as RFC 4253 has it, or none comes: the side is not read any
				* more */
};

/** Event WP_SSH_BANNER. Lists are as they stand: names with commas between them, best first; NULL
 * unless the detail is WP_SSH_KEXINIT. */
struct wp_ssh_banner {
	struct wp_span line;      /* all of it, without its end */
	struct wp_span proto;     /* version of the protocol: "2.0" */
	struct wp_span software;  /* and its version: "OpenSSH_9.2p1"; NULL: there is none */
	struct wp_span comment;   /* what stands behind a space; NULL: there is none */
	struct wp_span kex;       /* methods of key exchange */
	struct wp_span host_keys; /* algorithms of the server's key */
	/* Index: enum wp_side, who encrypts; what the sender of the event takes for both. */
	struct wp_span ciphers[2];
	struct wp_span macs[2];         /* likewise */
	struct wp_span compressions[2]; /* likewise */
	struct wp_span languages[2];    /* likewise: tags of RFC 3066 */
	/* MD5 of kex, cipher, MAC and compression lists of the side's own direction, with
	 * semicolons between them: HASSH of a client, hasshServer of a server. 32 hexadecimal
	 * digits; NULL: like the lists. */
	struct wp_span hassh;
	bool first_kex_follows; /* the packet behind is a guess (RFC 4253 section 7) */
};

#endif
