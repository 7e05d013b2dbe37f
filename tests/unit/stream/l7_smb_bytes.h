/* SPDX-License-Identifier: BSD-3-Clause */
/* SMB messages as string literals; numbers are given as the bytes that differ from 0. */

#ifndef L7_SMB_BYTES_H
#define L7_SMB_BYTES_H

#define Z4 "\0\0\0\0"
#define Z8 Z4 Z4
#define Z12 Z8 Z4
#define Z16 Z8 Z8

/** MS-SMB2 2.2.1.2. STATUS: four bytes; the others: the lowest one. */
#define SMB2(STATUS, COMMAND, FLAGS, NEXT, ID, TREE, SESSION)                                      \
	"\xfeSMB@\0\0\0" STATUS COMMAND "\0\1\0" FLAGS "\0\0\0" NEXT "\0\0\0" ID "\0\0\0" Z8 TREE  \
	"\0\0\0" SESSION "\0\0\0" Z4 Z16

#define FID2 "0123456789abcdef"

#define CONNECT2(SIZE, PATH) "\x09\0\0\0\x48\0" SIZE "\0" PATH
#define CONNECTED2(TYPE) "\x10\0" TYPE "\0" Z12
#define CREATE2(AT, SIZE, NAME) "\x39\0\0\0\2\0\0\0" Z16 Z16 Z4 AT "\0" SIZE "\0" Z8 NAME
#define CREATED2 "\x59\0\0\0" Z16 Z16 Z16 Z8 Z4 FID2 Z8
#define WRITE2(SIZE, DATA) "\x31\0\x70\0" SIZE "\0\0\0" Z8 FID2 Z16 DATA
#define READ2 "\x31\0\x50\0" Z12 FID2 Z16 "\0"
#define READ2_DONE(SIZE, DATA) "\x11\0\x50\0" SIZE "\0\0\0" Z8 DATA
#define TRANSCEIVE "\x17\xc0\x11\0"
#define IOCTL2(SIZE, DATA) "\x39\0\0\0" TRANSCEIVE FID2 "\x78\0\0\0" SIZE "\0\0\0" Z16 Z8 DATA
#define IOCTL2_DONE(SIZE, DATA) "\x31\0\0\0" TRANSCEIVE FID2 Z8 "\x70\0\0\0" SIZE "\0\0\0" Z8 DATA
#define LOGIN2(SIZE, BLOB) "\x19\0\0\1" Z8 "\x58\0" SIZE "\0" Z8 BLOB
#define LOGIN2_DONE(SIZE, BLOB) "\x09\0\0\0\x48\0" SIZE "\0" BLOB
#define NEGOTIATE2(N, DIALECTS) "\x24\0" N "\0\1\0\0\0" Z12 Z16 DIALECTS
#define NEGOTIATE2_DONE(DIALECT) "\x41\0\1\0" DIALECT Z12 Z16 Z16 Z12

/** MS-CIFS 2.2.3.1. FLAGS2: its upper byte; UNICODE or 0. */
#define SMB1(COMMAND, STATUS, FLAGS, FLAGS2, TREE, USER, ID)                                       \
	"\xffSMB" COMMAND STATUS FLAGS "\1" FLAGS2 Z12 TREE "\0\1\0" USER "\0" ID "\0"

#define OK Z4
#define MORE "\x16\0\0\xc0" /* STATUS_MORE_PROCESSING_REQUIRED */
#define UNICODE "\x80"
#define REQUEST "\x18"
#define REPLY "\x98"
#define LAST "\xff\0\0\0" /* no command follows */

#define IPC_UTF16 "\\\0\\\0s\0\\\0I\0P\0C\0$\0"
#define RPC "\5\0\x0b\3"

/** MS-NLMP 4.2.2.3 */
#define CHALLENGE                                                                                  \
	"NTLMSSP\0\2\0\0\0\x0c\0\x0c\0\x38\0\0\0\x33\x82\x02\xe2\x01\x23\x45\x67\x89\xab\xcd"      \
	"\xef" Z8 Z8 "\6\0\x70\x17\0\0\0\x0fS\0e\0r\0v\0e\0r\0"

/** Likewise. */
#define AUTHENTICATE                                                                               \
	"NTLMSSP\0\3\0\0\0\x18\0\x18\0\x6c\0\0\0\x18\0\x18\0\x84\0\0\0\x0c\0\x0c\0"                \
	"\x48\0\0\0\x08\0\x08\0\x54\0\0\0\x10\0\x10\0\x5c\0\0\0\x10\0\x10\0\x9c\0\0\0"             \
	"\x35\x82\x80\xe2\5\1\x28\x0a\0\0\0\x0f"                                                   \
	"D\0o\0m\0a\0i\0n\0U\0s\0e\0r\0C\0O\0M\0P\0U\0T\0E\0R\0"                                   \
	"\x98\xde\xf7\xb8\x7f\x88\xaa\x5d\xaf\xe2\xdf\x77\x96\x88\xa1\x72\xde\xf1\x1c\x7d"         \
	"\x5c\xcd\xef\x13\x67\xc4\x30\x11\xf3\x02\x98\xa2\xad\x35\xec\xe6\x4f\x16\x33\x1c"         \
	"\x44\xbd\xbe\xd9\x27\x84\x1f\x94\x51\x88\x22\xb1\xb3\xf3\x50\xc8\x95\x86\x82\xec"         \
	"\xbb\x3e\x3c\xb7"

#endif
