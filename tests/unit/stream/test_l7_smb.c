/* SPDX-License-Identifier: BSD-3-Clause */
/* The SMB view: what it makes of SMB2, and of what is malformed. */

#include "l7_smb_rows.h"
#include "unit.h"

static const struct row smb2_rows[] = {
	{"from SMB1 to SMB2 (MS-SMB2 4.1)",
	 {C(SMB1("\x72", OK, REQUEST, UNICODE, "\0", "\0", "\0") "\0\x17\0\2NT LM 0.12\0"
								 "\2SMB 2.???\0"),
	  S(SMB2(OK, "\0", "\1", "\0", "\0", "\0", "\0") NEGOTIATE2_DONE("\xff\2")),
	  C(SMB2(OK, "\0", "\0", "\0", "\1", "\0", "\0") NEGOTIATE2("\2", "\2\2\x11\3")),
	  S(SMB2(OK, "\0", "\1", "\0", "\1", "\0", "\0") NEGOTIATE2_DONE("\x11\3"))},
	 "C smb1 NEGOTIATE 72 request @4+58 flags=80010018 dialects=\\x02NT LM 0.12\\x00\\x02SMB "
	 "2.???\\x00\n"
	 "S smb2 NEGOTIATE 0 reply @4+126 flags=1 dialect=2ff\n"
	 "C smb2 NEGOTIATE 0 request @66+104 id=1 dialects=\\x02\\x02\\x11\\x03\n"
	 "S smb2 NEGOTIATE 0 reply @134+126 flags=1 id=1 dialect=311\n"},
	{"a login, MS-NLMP 4.2.2.3",
	 {S(SMB2(MORE, "\1", "\1", "\0", "\2", "\0", "\7") LOGIN2_DONE("\x44", CHALLENGE)),
	  C(SMB2(OK, "\1", "\0", "\0", "\3", "\0", "\7") LOGIN2("\xae", "\xa1" AUTHENTICATE "\0"))},
	 "S smb2 SESSION_SETUP 1 reply @4+140 status=c0000016 flags=1 session=7 id=2 ntlmssp=2 "
	 "domain=Server\n"
	 "C smb2 SESSION_SETUP 1 request @4+262 session=7 id=3 ntlmssp=3 user=User domain=Domain "
	 "workstation=COMPUTER\n"},
	{"a pipe; what is read of it comes later",
	 {C(SMB2(OK, "\3", "\0", "\0", "\4", "\0", "\7") CONNECT2("\x10", IPC_UTF16)),
	  S(SMB2(OK, "\3", "\1", "\0", "\4", "\5", "\7") CONNECTED2("\2")),
	  C(SMB2(OK, "\5", "\0", "\0", "\5", "\5", "\7") CREATE2("\x78", "\6", "l\0s\0a\0")),
	  S(SMB2(OK, "\5", "\1", "\0", "\5", "\5", "\7") CREATED2),
	  C(SMB2(OK, "\x09", "\0", "\0", "\6", "\5", "\7") WRITE2("\4", RPC)),
	  C(SMB2(OK, "\x08", "\0", "\0", "\7", "\5", "\7") READ2),
	  S(SMB2(OK, "\x08", "\3", "\0", "\7", "\x63", "\7") READ2_DONE("\4", RPC))},
	 "C smb2 TREE_CONNECT 3 request @4+88 session=7 id=4 share=\\x5c\\x5cs\\x5cIPC$ pipe\n"
	 "S smb2 TREE_CONNECT 3 reply @4+80 flags=1 session=7 id=4 tree=5 pipe\n"
	 "C smb2 CREATE 5 request @96+126 session=7 id=5 tree=5 file=lsa pipe\n"
	 "S smb2 CREATE 5 reply @88+152 flags=1 session=7 id=5 tree=5 fid=0123456789abcdef pipe\n"
	 "C smb2 WRITE 9 request @226+116 session=7 id=6 tree=5 fid=0123456789abcdef "
	 "data=\\x05\\x00\\x0b\\x03 pipe\n"
	 "C smb2 READ 8 request @346+113 session=7 id=7 tree=5 fid=0123456789abcdef pipe\n"
	 "S smb2 READ 8 reply @244+84 flags=3 session=7 id=7 tree=5 data=\\x05\\x00\\x0b\\x03 "
	 "pipe\n"},
	{"a pipe that is known by its control code alone",
	 {C(SMB2(OK, "\x0b", "\0", "\0", "\1", "\6", "\7") IOCTL2("\4", RPC)),
	  S(SMB2(OK, "\x0b", "\1", "\0", "\1", "\6", "\7") IOCTL2_DONE("\4", RPC))},
	 "C smb2 IOCTL b request @4+124 session=7 id=1 tree=6 function=11c017 "
	 "fid=0123456789abcdef data=\\x05\\x00\\x0b\\x03 pipe\n"
	 "S smb2 IOCTL b reply @4+116 flags=1 session=7 id=1 tree=6 function=11c017 "
	 "fid=0123456789abcdef data=\\x05\\x00\\x0b\\x03 pipe\n"},
	{"one side only; a disk takes the number of the pipes' share",
	 {S(SMB2(OK, "\3", "\1", "\0", "\1", "\5", "\7") CONNECTED2("\2")),
	  S(SMB2(OK, "\x08", "\1", "\0", "\2", "\5", "\7") READ2_DONE("\4", RPC)),
	  S(SMB2(OK, "\3", "\1", "\0", "\3", "\5", "\7") CONNECTED2("\1")),
	  S(SMB2(OK, "\x08", "\1", "\0", "\4", "\5", "\7") READ2_DONE("\2", "MZ"))},
	 "S smb2 TREE_CONNECT 3 reply @4+80 flags=1 session=7 id=1 tree=5 pipe\n"
	 "S smb2 READ 8 reply @88+84 flags=1 session=7 id=2 tree=5 data=\\x05\\x00\\x0b\\x03 pipe\n"
	 "S smb2 TREE_CONNECT 3 reply @176+80 flags=1 session=7 id=3 tree=5\n"
	 "S smb2 READ 8 reply @260+82 flags=1 session=7 id=4 tree=5 data=MZ\n"},
	{"an error is not read as the response it stands for",
	 {S(SMB2("\x22\0\0\xc0", "\x08", "\1", "\0", "\2", "\5", "\7") "\x09\0\x50\0\1\0\0\0\0")},
	 "S smb2 READ 8 reply @4+73 status=c0000022 flags=1 session=7 id=2 tree=5\n"},
	{"a compound: related requests go to the tree of the first",
	 {C(SMB2(OK, "\3", "\0", "\x58", "\1", "\0", "\7") CONNECT2("\x10", IPC_UTF16)
		    SMB2(OK, "\5", "\4", "\x80", "\2", "\xff", "\xff")
			    CREATE2("\x78", "\4", "\x3d\xd8\x00\xde" Z4)
				    SMB2(OK, "\x0d", "\4", "\0", "\3", "\xff", "\xff") "\4\0\0\0")},
	 "C smb2 TREE_CONNECT 3 request @4+88 session=7 id=1 share=\\x5c\\x5cs\\x5cIPC$ pipe\n"
	 "C smb2 CREATE 5 request @92+128 flags=4 session=7 id=2 index=1 "
	 "file=\\xf0\\x9f\\x98\\x80 pipe\n"
	 "C smb2 ECHO d request @220+68 flags=4 session=7 id=3 index=2 pipe\n"},
	{"what is related to nothing, and what is answered, has a tree of its own",
	 {C(SMB2(OK, "\x0d", "\4", "\0", "\1", "\5", "\7") "\4\0\0\0"),
	  S(SMB2(OK, "\x0d", "\5", "\x48", "\1", "\5",
		 "\7") "\4\0\0\0" Z4 SMB2(OK, "\x0d", "\5", "\0", "\2", "\6", "\x08") "\4\0\0\0")},
	 "C smb2 ECHO d request @4+68 flags=4 session=7 id=1 tree=5\n"
	 "S smb2 ECHO d reply @4+72 flags=5 session=7 id=1 tree=5\n"
	 "S smb2 ECHO d reply @76+68 flags=5 session=8 id=2 tree=6 index=1\n"},
	{"encrypted and compressed (MS-SMB2 2.2.41, 2.2.42); types of RFC 1002 4.3.1",
	 {C_RAW("\x81\0\0\x44" Z16 Z16 Z16 Z16 Z4), C_RAW("\x85\0\0\0"),
	  C("\xfdSMB" Z16 Z16 Z4 "\0\0\1\0\x09\0\0\0" Z4 "????"), S_RAW("\x82\0\0\0"),
	  S("\xfcSMB" Z12)},
	 "C smb3 ENCRYPTED 0 request @80+56 session=9\n"
	 "S smb4 COMPRESSED 0 reply @8+16\n"},
	{"a tree that is refused, one that is left; answers with nothing to read",
	 {S(SMB2("\x22\0\0\xc0", "\3", "\1", "\0", "\1", "\5", "\7") CONNECTED2("\2")),
	  S(SMB2(OK, "\3", "\1", "\0", "\2", "\5", "\7") CONNECTED2("\2")),
	  S(SMB2("\x22\0\0\xc0", "\4", "\1", "\0", "\3", "\5", "\7") "\4\0\0\0"),
	  S(SMB2(OK, "\4", "\1", "\0", "\4", "\5", "\7") "\4\0\0\0"),
	  S(SMB2(OK, "\x09", "\1", "\0", "\5", "\5", "\7") "\x11\0\0\0")},
	 "S smb2 TREE_CONNECT 3 reply @4+80 status=c0000022 flags=1 session=7 id=1 tree=5\n"
	 "S smb2 TREE_CONNECT 3 reply @88+80 flags=1 session=7 id=2 tree=5 pipe\n"
	 "S smb2 TREE_DISCONNECT 4 reply @172+68 status=c0000022 flags=1 session=7 id=3 tree=5 "
	 "pipe\n"
	 "S smb2 TREE_DISCONNECT 4 reply @244+68 flags=1 session=7 id=4 tree=5 pipe\n"
	 "S smb2 WRITE 9 reply @316+68 flags=1 session=7 id=5 tree=5\n"},
};

#define ECHO2 SMB2(OK, "\x0d", "\0", "\0", "\1", "\0", "\0") "\4\0\0\0"
#define ECHO2_AT(AT) "C smb2 ECHO d request @" AT "+68 id=1\n"

static const struct row bad_rows[] = {
	{"no NetBIOS header: the next one is found",
	 {C_RAW("\7\0\0\0"), C(ECHO2), C(ECHO2)},
	 "C anomaly 16\n" ECHO2_AT("8") ECHO2_AT("80")},
	{"what is not SMB is passed over",
	 {C("HELO"), C("x"), C_RAW(Z4), C("\xf0SMB"), C(ECHO2)},
	 "C anomaly 16\nC anomaly 16\nC anomaly 16\n" ECHO2_AT("29")},
	{"headers that are not whole",
	 {C("\xfeSMB@\0" Z16), C("\xffSMB\x72"), C("\xfdSMB"), C("\xffSMB" Z16 Z12), C(ECHO2)},
	 "C anomaly 16\nC anomaly 16\nC anomaly 16\nC anomaly 16\n"
	 "C smb1 CREATE_DIRECTORY 0 request @47+32\n" ECHO2_AT("83")},
	{"another StructureSize",
	 {C("\xfeSMB\x3f\0" Z16 Z16 Z16 Z8 "\0\0")},
	 "C anomaly 16\nC smb2 NEGOTIATE 0 request @4+64\n"},
	{"compounds that go backwards, outside, to nothing and to something else",
	 {C(SMB2(OK, "\x0d", "\0", "\x08", "\1", "\0", "\0") "\4\0\0\0"),
	  C(SMB2(OK, "\x0d", "\0", "\xf0", "\1", "\0", "\0") "\4\0\0\0"),
	  C(SMB2(OK, "\x0d", "\0", "\x48", "\1", "\0", "\0") "\4\0\0\0" Z4),
	  C(SMB2(OK, "\x0d", "\0", "\x44", "\1", "\0", "\0") "\4\0\0\0?SMB" Z16 Z16 Z16 Z16)},
	 "C anomaly 18\n" ECHO2_AT("4") "C anomaly 18\n" ECHO2_AT(
		 "76") "C anomaly 18\n"
		       "C smb2 ECHO d request @148+72 id=1\n"
		       "C anomaly 18\n" ECHO2_AT("224") "C anomaly 18\n"},
	{"parts outside of the message, in front of them and behind",
	 {C(SMB2(OK, "\3", "\0", "\0", "\1", "\0", "\0") CONNECT2("\x11", IPC_UTF16)),
	  C(SMB2(OK, "\5", "\0", "\0", "\1", "\0", "\0") CREATE2("\x76", "\2", "a\0")),
	  C(SMB2(OK, "\5", "\0", "\0", "\1", "\0", "\0") CREATE2("\xf8", "\2", "a\0")),
	  C(SMB2(OK, "\x09", "\0", "\0", "\1", "\0", "\0") WRITE2("\xff", "MZ"))},
	 "C anomaly 17\nC smb2 TREE_CONNECT 3 request @4+88 id=1 share=\\x5c\\x5cs\\x5cIPC$ pipe\n"
	 "C anomaly 17\nC smb2 CREATE 5 request @96+122 id=1 file=\\x00\n"
	 "C anomaly 17\nC smb2 CREATE 5 request @222+122 id=1\n"
	 "C anomaly 17\nC smb2 WRITE 9 request @348+114 id=1 fid=0123456789abcdef data=MZ\n"},
	{"a body that is not there at all",
	 {C(SMB2(OK, "\x09", "\0", "\0", "\1", "\0", "\0"))},
	 "C anomaly 17\nC smb2 WRITE 9 request @4+64 id=1\n"},
	{"SMB1: words, bytes and passwords longer than the message",
	 {C(SMB1("\x72", OK, REQUEST, "\0", "\0", "\1", "\2") "\x20" Z4),
	  C(SMB1("\x72", OK, REQUEST, "\0", "\0", "\1", "\2") "\0\4\0\2X\0"),
	  C(SMB1("\x75", OK, REQUEST, "\0", "\0", "\1", "\2") "\4" LAST "\0\0\xf0\0\4\0\\A\0?")},
	 "C anomaly 17\nC smb1 NEGOTIATE 72 request @4+37 flags=10018 session=1 id=2\n"
	 "C anomaly 17\nC smb1 NEGOTIATE 72 request @45+38 flags=10018 session=1 id=2 "
	 "dialects=\\x02X\\x00\n"
	 "C anomaly 17\nC smb1 TREE_CONNECT_ANDX 75 request @87+47 flags=10018 session=1 id=2\n"},
	{"SMB1: chains that go backwards and outside",
	 {C(SMB1("\x2e", OK, REQUEST, "\0", "\0", "\1", "\2") "\2\x2e\0\x20\0\0\0"),
	  C(SMB1("\x2e", OK, REQUEST, "\0", "\0", "\1", "\2") "\2\x2e\0\x27\0\0\0"),
	  C(SMB1("\x2e", OK, REQUEST, "\0", "\0", "\1", "\2") "\2\x2e\0\x24\0\0\0")},
	 "C smb1 READ_ANDX 2e request @4+39 flags=10018 session=1 id=2\nC anomaly 18\n"
	 "C smb1 READ_ANDX 2e request @47+39 flags=10018 session=1 id=2\nC anomaly 18\n"
	 "C smb1 READ_ANDX 2e request @90+39 flags=10018 session=1 id=2\nC anomaly 18\n"},
	{"NTLMSSP of an unknown type, cut short, and with fields elsewhere",
	 {C(SMB2(OK, "\1", "\0", "\0", "\1", "\0", "\0") LOGIN2("\x0c", "NTLMSSP\0\4\0\0\0")),
	  C(SMB2(OK, "\1", "\0", "\0", "\1", "\0", "\0") LOGIN2("\x08", "NTLMSSP\0")),
	  C(SMB2(OK, "\1", "\0", "\0", "\1", "\0", "\0")
		    LOGIN2("\x1c", "NTLMSSP\0\1\0\0\0" Z4 "\4\0\4\0\xff\xff\xff\xff" Z4)),
	  C(SMB2(OK, "\1", "\0", "\0", "\1", "\0", "\0") LOGIN2("\7", "NTLMSS\0"))},
	 "C anomaly 19\nC smb2 SESSION_SETUP 1 request @4+100 id=1\n"
	 "C anomaly 19\nC smb2 SESSION_SETUP 1 request @108+96 id=1\n"
	 "C anomaly 19\nC smb2 SESSION_SETUP 1 request @208+116 id=1 ntlmssp=1\n"
	 "C smb2 SESSION_SETUP 1 request @328+95 id=1\n"},
	{"a client's request that says that it is a response",
	 {C(SMB2(OK, "\5", "\1", "\0", "\1", "\0", "\0") CREATE2("\x78", "\2", "a\0")),
	  C(SMB1("\x02", OK, REPLY, "\0", "\x09", "\1", "\6") "\2" Z4 "\3\0\4z\0")},
	 "C anomaly 20\nC smb2 CREATE 5 request @4+122 flags=1 id=1 file=a\n"
	 "C anomaly 20\nC smb1 OPEN 2 request @130+42 flags=10098 session=1 id=6 tree=9 file=z\n"},
};

START_TEST(test_smb2_conversations)
{
	l7_smb_check(&smb2_rows[_i]);
}
END_TEST

START_TEST(test_malformed_messages_do_not_lead_astray)
{
	l7_smb_check(&bad_rows[_i]);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("l7_smb");

	tcase_add_loop_test(tcase, test_smb2_conversations, 0, ROWS(smb2_rows));
	tcase_add_loop_test(tcase, test_malformed_messages_do_not_lead_astray, 0, ROWS(bad_rows));
	return unit_main("l7_smb", tcase);
}
