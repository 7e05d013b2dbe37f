/* SPDX-License-Identifier: BSD-3-Clause */
/* NTLMSSP messages (MS-NLMP 2.2.1), on their own or within SPNEGO, Kerberos or anything else. */

#ifndef WP_STREAM_L7_NTLMSSP_H
#define WP_STREAM_L7_NTLMSSP_H

#include "stream/event.h"

/** One message. Spans point into what it was read from; NULL: it has no such field. */
struct ntlmssp {
	struct wp_span domain; /* of the user; in a CHALLENGE: the target's name */
	struct wp_span user;
	struct wp_span workstation;
	uint8_t type;    /* 1: NEGOTIATE, 2: CHALLENGE, 3: AUTHENTICATE. 0: there is none */
	bool is_unicode; /* the fields are UTF-16LE; else OEM */
	bool is_outside; /* a field lies, in part, outside of the message */
};

/** Looks for a message and reads it. @return its type, as in @p message */
uint8_t ntlmssp_read(const uint8_t *bytes, uint32_t size, struct ntlmssp *message);

#endif
