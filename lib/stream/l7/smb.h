/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SMB as services see it: one event for each message, and for each message within a compound
 * (MS-SMB2 2.2.1) or an AndX chain (MS-CIFS 2.2.3.4). Texts are UTF-8: lone surrogates become
 * U+FFFD; bytes above 0x7f of OEM texts, whose code page is not known, stand for U+0080 to U+00FF.
 */

#ifndef WP_STREAM_L7_SMB_H
#define WP_STREAM_L7_SMB_H

#include "stream/event.h"

/** Bytes of a message that are looked at; the rest is passed over. */
#define WP_SMB_KEPT_MAX 4096

/** What a message is. */
enum wp_smb_version {
	WP_SMB_1 = 1,          /* MS-CIFS, MS-SMB */
	WP_SMB_2 = 2,          /* MS-SMB2: dialects 2 and 3 */
	WP_SMB_ENCRYPTED = 3,  /* MS-SMB2 2.2.41: only session and raw are there */
	WP_SMB_COMPRESSED = 4, /* MS-SMB2 2.2.42: only raw is there */
};

/** Details of WP_L7_ANOMALY. WP_L7_TOO_LONG: an AndX chain goes on behind what is kept. */
enum wp_smb_anomaly {
	WP_SMB_BAD_HEADER = WP_L7_OWN, /* neither a NetBIOS nor an SMB header */
	WP_SMB_BAD_OFFSETS,            /* a part of a message lies outside of it */
	WP_SMB_BAD_CHAIN,     /* of a compound or an AndX chain: backwards, outside, long */
	WP_SMB_BAD_NTLMSSP,   /* fields of an NTLMSSP message lie outside of it */
	WP_SMB_BAD_DIRECTION, /* a client's message says that it is a response, or v.v. */
	WP_SMB_INCOMPLETE,    /* the stream ends, or misses bytes, within a message */
};

/** WP_SMB_MESSAGE. Spans are NULL where the message has no such part. */
struct wp_smb_message {
	uint64_t session;        /* SessionId; SMB1: UID */
	uint64_t id;             /* MessageId; SMB1: MID */
	const char *name;        /* of the command, as the specifications write it; static */
	struct wp_span raw;      /* the message from its protocol identifier on, as far as kept */
	struct wp_span dialects; /* NEGOTIATE requests, as sent: SMB1: each 0x02, text, NUL; SMB2:
				  * 16 bits each, little endian */
	struct wp_span share;    /* TREE_CONNECT requests: path, UTF-8 */
	struct wp_span file;     /* requests with a name of a file or pipe: UTF-8 */
	struct wp_span file_id;  /* of an open file, as sent: 16 bytes; SMB1: FID, 2 bytes */
	struct wp_span user;     /* SESSION_SETUP: UTF-8 */
	struct wp_span domain;   /* likewise; in a challenge: the target's name */
	struct wp_span workstation; /* likewise */
	struct wp_span data;        /* of READ, WRITE, IOCTL and transactions, as far as kept: with
				     * is_pipe, where DCERPC begins */
	uint32_t size;              /* bytes of the whole message, kept or not */
	uint32_t tree;              /* TreeId; SMB1: TID. 0: none, or not known */
	uint32_t status;            /* as sent; requests: mostly 0 */
	uint32_t flags;             /* Flags; SMB1: Flags, and Flags2 in the upper 16 bits */
	uint32_t function;          /* IOCTL: CtlCode; SMB1 transactions: the subcommand */
	uint16_t command;           /* as the version has it */
	uint16_t dialect;           /* NEGOTIATE responses: DialectRevision; SMB1: DialectIndex */
	uint8_t version;            /* enum wp_smb_version */
	uint8_t index;              /* in its compound or chain: 0 comes first; stays at 255 */
	uint8_t ntlmssp;            /* type of the NTLMSSP message within: 1 to 3. 0: none */
	bool is_response;
	bool is_cut;  /* there is more of the message than was looked at */
	bool is_pipe; /* it goes to a named pipe, or to the share that has them: IPC$ */
};

#endif
