/* SPDX-License-Identifier: BSD-3-Clause */
/* The SMB view: what it makes of SMB1. */

#include "l7_smb_rows.h"
#include "unit.h"

static const struct row smb1_rows[] = {
	{"a chain: login, share and pipe at once (MS-CIFS 2.2.3.4)",
	 {C(SMB1("\x73", OK, REQUEST, "\0", "\0", "\1",
		 "\2") "\x0d\x75\0\x46\0" Z8 "\0\0\2\0\0\0" Z8 "\x09\0PQus\0dom\0"
		       "\4\xa2\0\x5b\0\0\0\1\0\x0a\0\0\\IPC$\0IPC"
		       "\x18" LAST "\0\6\0" Z16 Z16 Z8 "\0"
		       "\x08\0\\winreg\0")},
	 "C smb1 SESSION_SETUP_ANDX 73 request @4+150 flags=10018 session=1 id=2 user=us "
	 "domain=dom\n"
	 "C smb1 TREE_CONNECT_ANDX 75 request @4+150 flags=10018 session=1 id=2 index=1 "
	 "share=\\x5cIPC$ pipe\n"
	 "C smb1 NT_CREATE_ANDX a2 request @4+150 flags=10018 session=1 id=2 index=2 "
	 "file=\\x5cwinreg pipe\n"},
	{"a login with NTLMSSP (MS-SMB 2.2.4.6)",
	 {S(SMB1("\x73", MORE, REPLY, UNICODE, "\0", "\1", "\2") "\4" LAST
								 "\0\0\x44\0\x44\0" CHALLENGE),
	  C(SMB1("\x73", OK, REQUEST, UNICODE, "\0", "\1", "\3") "\x0c" LAST Z8 "\0\0\xac\0" Z8
								 "\xac\0" AUTHENTICATE)},
	 "S smb1 SESSION_SETUP_ANDX 73 reply @4+111 status=c0000016 flags=80010098 session=1 id=2 "
	 "ntlmssp=2 domain=Server\n"
	 "C smb1 SESSION_SETUP_ANDX 73 request @4+231 flags=80010018 session=1 id=3 ntlmssp=3 "
	 "user=User domain=Domain workstation=COMPUTER\n"},
	{"a pipe, its call and its answer",
	 {S(SMB1("\x75", OK, REPLY, UNICODE, "\4", "\1", "\2") "\2" LAST "\4\0IPC\0"),
	  C(SMB1("\xa2", OK, REQUEST, UNICODE, "\4", "\1", "\3") "\x18" LAST Z16 Z16 Z12
								 "\x07\0\0a\0b\0\0\0"),
	  S(SMB1("\xa2", OK, REPLY, UNICODE, "\4", "\1", "\3") "\4" LAST "\0\2\x40\0\0\0"),
	  C(SMB1("\x25", OK, REQUEST, UNICODE, "\4", "\1",
		 "\4") "\x10\0\0\4\0" Z8 Z4 "\0\0\0\0\0\0\4\0\x53\0\2\0\x26\0\2\x40"
		       "\x14\0\0\\\0P\0I\0P\0E\0\\\0\0\0\0" RPC),
	  S(SMB1("\x25", OK, REPLY, UNICODE, "\4", "\1", "\4") "\x0a" Z12 "\4\0\x38\0\0\0\0\0"
							       "\5\0\0" RPC)},
	 "S smb1 TREE_CONNECT_ANDX 75 reply @4+43 flags=80010098 session=1 id=2 tree=4 pipe\n"
	 "C smb1 NT_CREATE_ANDX a2 request @4+90 flags=80010018 session=1 id=3 tree=4 file=ab "
	 "pipe\n"
	 "S smb1 NT_CREATE_ANDX a2 reply @51+43 flags=80010098 session=1 id=3 tree=4 fid=\\x02@ "
	 "pipe\n"
	 "C smb1 TRANSACTION 25 request @98+87 flags=80010018 session=1 id=4 tree=4 function=26 "
	 "file=\\x5cPIPE\\x5c fid=\\x02@ data=\\x05\\x00\\x0b\\x03 pipe\n"
	 "S smb1 TRANSACTION 25 reply @98+60 flags=80010098 session=1 id=4 tree=4 "
	 "data=\\x05\\x00\\x0b\\x03 pipe\n"},
	{"the old way to a share; WRITE_ANDX, READ_ANDX, WRITE",
	 {C(SMB1("\x70", OK, REQUEST, "\0", "\0", "\1", "\2") "\0\x0a\0\4\\ipc$\0\4\0\4"),
	  S(SMB1("\x70", OK, REPLY, "\0", "\0", "\1", "\2") "\2\0\0\x08\0\0\0"),
	  C(SMB1("\x2f", OK, REQUEST, "\0", "\x08", "\1", "\3") "\x0c" LAST "\2\x40" Z12
								"\0\0\4\0\x3b\0\4\0" RPC),
	  S(SMB1("\x2e", OK, REPLY, "\0", "\x08", "\1", "\4") "\x0c" LAST Z4 "\0\0\4\0\x3b\0" Z8
							      "\0\0\4\0" RPC),
	  C(SMB1("\x0b", OK, REQUEST, "\0", "\x09", "\1", "\5") "\5\2\x40" Z8 "\5\0\1\2\0MZ"),
	  C(SMB1("\x02", OK, REQUEST, "\0", "\x09", "\1", "\6") "\2" Z4 "\4\0\4\xe9z\0")},
	 "C smb1 TREE_CONNECT 70 request @4+45 flags=10018 session=1 id=2 share=\\x5cipc$ pipe\n"
	 "S smb1 TREE_CONNECT 70 reply @4+39 flags=10098 session=1 id=2 tree=8 pipe\n"
	 "C smb1 WRITE_ANDX 2f request @53+63 flags=10018 session=1 id=3 tree=8 fid=\\x02@ "
	 "data=\\x05\\x00\\x0b\\x03 pipe\n"
	 "S smb1 READ_ANDX 2e reply @47+63 flags=10098 session=1 id=4 tree=8 "
	 "data=\\x05\\x00\\x0b\\x03 pipe\n"
	 "C smb1 WRITE b request @120+50 flags=10018 session=1 id=5 tree=9 fid=\\x02@ data=MZ\n"
	 "C smb1 OPEN 2 request @174+43 flags=10018 session=1 id=6 tree=9 file=\\xc3\\xa9z\n"},
	{"transactions of a disk; an oplock break is a request of the server's",
	 {C(SMB1("\x32", OK, REQUEST, "\0", "\4", "\1", "\2") "\x0f" Z16 Z4 "\0\0\2\0\x41\0\1\0"
							      "\x0e\0\2\0MZ"),
	  C(SMB1("\xa0", OK, REQUEST, "\0", "\4", "\1", "\3") "\x13" Z16 Z8 "\0\0\0\2\0\0\0"
							      "\x49\0\0\0\0\6\0\2\0MZ"),
	  C(SMB1("\x33", OK, REQUEST, "\0", "\4", "\1", "\4") "\x09" Z8 "\0\0\2\0\x35\0" Z4
							      "\2\0MZ"),
	  S(SMB1("\x24", OK, "\0", "\0", "\4", "\1", "\xff") "\0\0\0")},
	 "C smb1 TRANSACTION2 32 request @4+67 flags=10018 session=1 id=2 tree=4 function=e "
	 "data=MZ\n"
	 "C smb1 NT_TRANSACT a0 request @75+75 flags=10018 session=1 id=3 tree=4 function=6 "
	 "data=MZ\n"
	 "C smb1 TRANSACTION2_SECONDARY 33 request @154+55 flags=10018 session=1 id=4 tree=4 "
	 "data=MZ\n"
	 "S smb1 LOCKING_ANDX 24 request @4+35 flags=10000 session=1 id=ff tree=4\n"},
	{"other logins; a server that chooses a dialect",
	 {S(SMB1("\x72", OK, REPLY, "\0", "\0", "\0", "\0") "\1\1\0\0\0"),
	  C(SMB1("\x73", OK, REQUEST, "\0", "\0", "\1", "\2") "\x0a" LAST Z8 "\0\0\1\0\0\0\0\0"
							      "\x07\0Pus\0do\0"),
	  C(SMB1("\x73", OK, REQUEST, "\0", "\0", "\1", "\2") "\x0d" LAST Z8 "\0\0\2\0\2\0" Z8
							      "\3\0us\0"),
	  S(SMB1("\x73", OK, REPLY, "\0", "\0", "\1", "\2") "\3" LAST "\0\0\0\0")},
	 "S smb1 NEGOTIATE 72 reply @4+37 flags=10098 dialect=1\n"
	 "C smb1 SESSION_SETUP_ANDX 73 request @4+62 flags=10018 session=1 id=2 user=us "
	 "domain=do\n"
	 "C anomaly 17\nC smb1 SESSION_SETUP_ANDX 73 request @70+64 flags=10018 session=1 id=2\n"
	 "S smb1 SESSION_SETUP_ANDX 73 reply @45+41 flags=10098 session=1 id=2\n"},
	{"a tree that is refused, one that is left, and READ",
	 {S(SMB1("\x75", "\x22\0\0\xc0", REPLY, "\0", "\5", "\1", "\1") "\2" LAST "\4\0IPC\0"),
	  C(SMB1("\x0a", OK, REQUEST, "\0", "\5", "\1", "\2") "\5\2\x40" Z8 "\0\0"),
	  S(SMB1("\x75", OK, REPLY, "\0", "\4", "\1", "\3") "\2" LAST "\4\0IPC\0"),
	  S(SMB1("\x0a", OK, REPLY, "\0", "\4", "\1", "\4") "\5\2\0" Z8 "\5\0\1\2\0MZ"),
	  S(SMB1("\x71", "\x22\0\0\xc0", REPLY, "\0", "\4", "\1", "\5") "\0\0\0"),
	  S(SMB1("\x71", OK, REPLY, "\0", "\4", "\1", "\6") "\0\0\0"),
	  S(SMB1("\x0a", OK, REPLY, "\0", "\4", "\1", "\7") "\5\2\0" Z8 "\2\0\1\2")},
	 "S smb1 TREE_CONNECT_ANDX 75 reply @4+43 status=c0000022 flags=10098 session=1 id=1 "
	 "tree=5\n"
	 "C smb1 READ a request @4+45 flags=10018 session=1 id=2 tree=5 fid=\\x02@\n"
	 "S smb1 TREE_CONNECT_ANDX 75 reply @51+43 flags=10098 session=1 id=3 tree=4 pipe\n"
	 "S smb1 READ a reply @98+50 flags=10098 session=1 id=4 tree=4 data=MZ pipe\n"
	 "S smb1 TREE_DISCONNECT 71 reply @152+35 status=c0000022 flags=10098 session=1 id=5 "
	 "tree=4 pipe\n"
	 "S smb1 TREE_DISCONNECT 71 reply @191+35 flags=10098 session=1 id=6 tree=4 pipe\n"
	 "S smb1 READ a reply @230+47 flags=10098 session=1 id=7 tree=4\n"},
	{"names of transactions; the rest of a long one",
	 {C(SMB1("\x25", OK, REQUEST, "\0", "\4", "\1", "\4") "\x0e" Z16 Z12 "\x07\0\\pIpe\\\0"),
	  C(SMB1("\x25", OK, REQUEST, "\0", "\4", "\1", "\4") "\x0e" Z16 Z12 "\x07\0\\PIPES\0"),
	  C(SMB1("\x25", OK, REQUEST, "\0", "\4", "\1", "\4") "\x0e" Z16 Z12 "\x02\0\\P"),
	  C(SMB1("\xa1", OK, REQUEST, "\0", "\4", "\1", "\4") "\x12" Z16 "\0\0\0\2\0\0\0"
							      "\x47\0\0\0" Z8 "\0"
							      "\2\0MZ"),
	  S(SMB1("\xa0", OK, REPLY, "\0", "\4", "\1", "\4") "\x12" Z16 Z4 "\0\0\0\2\0\0\0"
							    "\x47\0\0\0" Z4 "\0"
							    "\2\0MZ")},
	 "C smb1 TRANSACTION 25 request @4+70 flags=10018 session=1 id=4 tree=4 "
	 "file=\\x5cpIpe\\x5c pipe\n"
	 "C smb1 TRANSACTION 25 request @78+70 flags=10018 session=1 id=4 tree=4 "
	 "file=\\x5cPIPES\n"
	 "C smb1 TRANSACTION 25 request @152+65 flags=10018 session=1 id=4 tree=4 file=\\x5cP\n"
	 "C smb1 NT_TRANSACT_SECONDARY a1 request @221+73 flags=10018 session=1 id=4 tree=4 "
	 "data=MZ\n"
	 "S smb1 NT_TRANSACT a0 reply @4+73 flags=10098 session=1 id=4 tree=4 data=MZ\n"},
	{"fields that are not there, or not in their place",
	 {S(SMB1("\x2d", OK, REPLY, "\0", "\4", "\1", "\3") "\3" LAST "\2\x40\0\0"),
	  S(SMB1("\xa0", OK, REPLY, "\0", "\4", "\1", "\4") "\x12" Z16 Z4 "\0\0\0\2\0\0\0"
							    "\x47\0\1\0" Z4 "\0"
							    "\2\0MZ"),
	  C(SMB1("\x25", OK, REQUEST, "\0", "\4", "\1", "\5") "\x0f" Z16 Z8 Z4 "\x26\0"
							      "\0\0")},
	 "S smb1 OPEN_ANDX 2d reply @4+41 flags=10098 session=1 id=3 tree=4 fid=\\x02@\n"
	 "S anomaly 17\nS smb1 NT_TRANSACT a0 reply @49+73 flags=10098 session=1 id=4 tree=4\n"
	 "C smb1 TRANSACTION 25 request @4+65 flags=10018 session=1 id=5 tree=4 function=26\n"},
};

START_TEST(test_smb1_conversations)
{
	l7_smb_check(&smb1_rows[_i]);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("l7_smb1");

	tcase_add_loop_test(tcase, test_smb1_conversations, 0, ROWS(smb1_rows));
	return unit_main("l7_smb1", tcase);
}
