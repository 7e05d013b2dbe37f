/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages in sessions of SMTP, and gaps in them: for test_l7_smtp.c. */

#ifndef L7_SMTP_MESSAGES_H
#define L7_SMTP_MESSAGES_H

#include "l7_text_bed.h"

static const struct text_session messages[] = {
	{"RFC 2920 section 4.2, pipelined up to DATA that is refused",
	 {S("220 innosoft.com SMTP service ready\r\n"),
	  C("MAIL FROM:<mrose@dbc.mtview.ca.us>\r\nRCPT TO:<nsb@thumper.bellcore.com>\r\nDATA\r\n"),
	  S("250 sender <mrose@dbc.mtview.ca.us> OK\r\n550 remote mail not allowed\r\n"
	    "554 no valid recipients given\r\n"),
	  C("QUIT\r\n"), S("221 goodbye\r\n")},
	 .expected =
		 "S reply 220 line=220 innosoft.com SMTP service ready text=innosoft.com SMTP "
		 "service ready\n"
		 "C command 4 line=MAIL FROM:<mrose@dbc.mtview.ca.us> verb=MAIL "
		 "arg=FROM:<mrose@dbc.mtview.ca.us> path=mrose@dbc.mtview.ca.us\n"
		 "C command 5 line=RCPT TO:<nsb@thumper.bellcore.com> verb=RCPT "
		 "arg=TO:<nsb@thumper.bellcore.com> path=nsb@thumper.bellcore.com\n"
		 "C command 6 line=DATA verb=DATA\n"
		 "S reply 250 line=250 sender <mrose@dbc.mtview.ca.us> OK text=sender "
		 "<mrose@dbc.mtview.ca.us> OK\n"
		 "S reply 550 line=550 remote mail not allowed text=remote mail not allowed\n"
		 "S reply 554 line=554 no valid recipients given text=no valid recipients given\n"
		 "C command 13 line=QUIT verb=QUIT\n"
		 "S reply 221 line=221 goodbye text=goodbye\n"},
	{"a message that is only a dot, behind a 354 without recipients (RFC 2920 section 3.1)",
	 {S("220 a\r\n"), C("DATA\r\n"), S("354 go\r\n"), C(".\r\nRSET\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 354 line=354 go text=go\n"
		     "C command 25 line=. verb=.\n"
		     "C command 8 line=RSET verb=RSET\n"},
	{"dots in front of lines go (RFC 5321 section 4.5.2)",
	 {S("220 a\r\n"), C("DATA\r\n"), S("354 go\r\n"),
	  C("..\r\n..a.\r\n.b\r\nc.d\r\n...\r\n.\r\n"), S("250 ok\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@0 .\\x0d\\x0a.a.\\x0d\\x0ab\\x0d\\x0ac.d\\x0d\\x0a..\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"
		     "S reply 250 line=250 ok text=ok\n"},
	{"LF . LF and LF . CR LF are no ends",
	 {S("220 a\r\n"), C("DATA\r\n"), S("354 go\r\n"), C("a\n.\nb\n.\r\nc\r\n.\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@0 a\\x0a.\n"
		     "C anomaly 24\n"
		     "C body@3 \\x0ab\\x0a.\n"
		     "C anomaly 24\n"
		     "C body@7 \\x0d\\x0ac\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"},
	{"CR . CR and CR . CR LF are no ends",
	 {S("220 a\r\n"), C("DATA\r\n"), S("354 go\r\n"), C("a\r.\rb\r.\r\nc\r\n.\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@0 a\\x0d.\n"
		     "C anomaly 24\n"
		     "C body@3 \\x0db\\x0d.\n"
		     "C anomaly 24\n"
		     "C body@7 \\x0d\\x0ac\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"},
	{"CR LF . LF and CR LF . CR are no ends",
	 {S("220 a\r\n"), C("DATA\r\n"), S("354 go\r\n"),
	  C("a\r\n.\nb\r\n.\rc\r\n.\r\r\n.\r.\rd\r\n.\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@0 a\\x0d\\x0a\n"
		     "C anomaly 24\n"
		     "C body@3 \\x0ab\\x0d\\x0a\n"
		     "C anomaly 24\n"
		     "C body@7 \\x0dc\\x0d\\x0a\n"
		     "C anomaly 24\n"
		     "C body@11 \\x0d\\x0d\\x0a\n"
		     "C anomaly 24\n"
		     "C body@14 \\x0d.\n"
		     "C anomaly 24\n"
		     "C body@16 \\x0dd\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"},
	{"a dot behind CR or LF is text where text follows",
	 {S("220 a\r\n"), C("DATA\r\n"), S("354 go\r\n"), C("a\n.b\r.c\n\n..\r\r\n.\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@0 a\\x0a.b\\x0d.c\\x0a\\x0a..\\x0d\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"},
	{"a server that takes an odd end for the end goes on with commands",
	 {S("220 a\r\n"), C("DATA\r\n"), S("354 go\r\n"), C("a\n.\n"), S("250 taken\r\n"),
	  C("MAIL FROM:<b@c>\r\n"), S("250 ok\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@0 a\\x0a.\n"
		     "C anomaly 24\n"
		     "C body@3 \\x0a\n"
		     "S reply 250 line=250 taken text=taken\n"
		     "S anomaly 24\n"
		     "C command 4 line=MAIL FROM:<b@c> verb=MAIL arg=FROM:<b@c> path=b@c\n"
		     "S reply 250 line=250 ok text=ok\n"},
	{"a message before the reply to DATA",
	 {S("220 a\r\n"), C("DATA\r\nhello\r\n"), S("354 go\r\n"), C("world\r\n.\r\nNOOP\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "C anomaly 25\n"
		     "C body@0 hello\\x0d\\x0a\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@7 world\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"
		     "C command 12 line=NOOP verb=NOOP\n"},
	{"a message before the reply that refuses it: the rest are commands",
	 {S("220 a\r\n"), C("DATA\r\nhello\r\nwor"), S("503 no\r\n"), C("ld\r\nNOOP\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "C anomaly 25\n"
		     "C body@0 hello\\x0d\\x0awor\n"
		     "S reply 503 line=503 no text=no\n"
		     "C command 12 line=NOOP verb=NOOP\n"},
	{"commands in front of DATA are counted",
	 {S("220 a\r\n"), C("NOOP\r\nNOOP\r\nDATA\r\n"), S("250 1\r\n250 2\r\n"), S("451 no\r\n"),
	  C("NOOP\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 12 line=NOOP verb=NOOP\n"
		     "C command 12 line=NOOP verb=NOOP\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 250 line=250 1 text=1\n"
		     "S reply 250 line=250 2 text=2\n"
		     "S reply 451 line=451 no text=no\n"
		     "C command 12 line=NOOP verb=NOOP\n"},
	{"a server that leaves out replies is followed by its 354",
	 {S("220 a\r\n"), C("NOOP\r\n\r\nDATA\r\n"), S("354 go\r\n"), C("x\r\n.\r\n"),
	  S("250 ok\r\n"), C("DATA\r\n"), S("503 no\r\n"), C("NOOP\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 12 line=NOOP verb=NOOP\n"
		     "C command 0 line=\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@0 x\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"
		     "S reply 250 line=250 ok text=ok\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 503 line=503 no text=no\n"
		     "C command 12 line=NOOP verb=NOOP\n"},
	{"two messages before any reply",
	 {S("220 a\r\n"), C("DATA\r\nx\r\n.\r\nDATA\r\ny\r\n"), S("354 go\r\n250 ok\r\n354 go\r\n"),
	  C("z\r\n.\r\nQUIT\r\n"), S("250 ok\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "C anomaly 25\n"
		     "C body@0 x\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "C anomaly 25\n"
		     "C body@0 y\\x0d\\x0a\n"
		     "S reply 354 line=354 go text=go\n"
		     "S reply 250 line=250 ok text=ok\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@3 z\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"
		     "C command 13 line=QUIT verb=QUIT\n"
		     "S reply 250 line=250 ok text=ok\n"},
	{"a gap with a reply, and not with the one to DATA",
	 {S("220 a\r\n"), C("NOOP\r\nDATA\r\n"), SERVER_GAP(8), S("\r\n354 go\r\n"),
	  C("x\r\n.\r\nQUIT\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 12 line=NOOP verb=NOOP\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@0 x\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"
		     "C command 13 line=QUIT verb=QUIT\n"},
	{"RFC 3030 section 4.1, chunks",
	 {S("220 cnri.reston.va.us SMTP service ready\r\n"), C("BDAT 5\r\na\r\n.\r"),
	  S("250 5\r\n"), C("BDAT 3 LAST\r\n\n.\nBDAT 0 LAST\r\nNOOP\r\n"),
	  S("250 ok\r\n250 ok\r\n250 ok\r\n")},
	 .expected = "S reply 220 line=220 cnri.reston.va.us SMTP service ready "
		     "text=cnri.reston.va.us SMTP service ready\n"
		     "C command 7 line=BDAT 5 verb=BDAT arg=5\n"
		     "C body@0 a\\x0d\\x0a.\\x0d\n"
		     "S reply 250 line=250 5 text=5\n"
		     "C command 7 line=BDAT 3 LAST verb=BDAT arg=3 LAST\n"
		     "C body@5 \\x0a.\\x0a\n"
		     "C command 25 line=\n"
		     "C command 7 line=BDAT 0 LAST verb=BDAT arg=0 LAST\n"
		     "C command 25 line=\n"
		     "C command 12 line=NOOP verb=NOOP\n"
		     "S reply 250 line=250 ok text=ok\n"
		     "S reply 250 line=250 ok text=ok\n"
		     "S reply 250 line=250 ok text=ok\n"},
	{"chunks without a size, and of too much",
	 {S("220 a\r\n"), C("BDAT\r\nBDAT x\r\nBDAT -1\r\nBDAT 99999999999999999999\r\nNOOP\r\n")},
	 .expected =
		 "S reply 220 line=220 a text=a\n"
		 "C command 7 line=BDAT verb=BDAT\n"
		 "C anomaly 28\n"
		 "C command 7 line=BDAT x verb=BDAT arg=x\n"
		 "C anomaly 28\n"
		 "C command 7 line=BDAT -1 verb=BDAT arg=-1\n"
		 "C anomaly 28\n"
		 "C command 7 line=BDAT 99999999999999999999 verb=BDAT arg=99999999999999999999\n"
		 "C anomaly 28\n"
		 "C command 12 line=NOOP verb=NOOP\n"},
	{"a server that does not know BDAT reads commands",
	 {S("220 a\r\n"), C("BDAT 100\r\n"), S("500 what\r\n"), C("QUIT\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 7 line=BDAT 100 verb=BDAT arg=100\n"
		     "S reply 500 line=500 what text=what\n"
		     "C command 13 line=QUIT verb=QUIT\n"},
	{"a server that closes at any time",
	 {S("220 a\r\n"), C("DATA\r\n"), S("421 bye\r\n"), C("x\r\n.\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 421 line=421 bye text=bye\n"
		     "C command 0 line=x verb=x\n"
		     "C command 0 line=. verb=.\n"},
	{"the end of a stream within a message",
	 {S("220 a\r\n"), C("DATA\r\n"), S("354 go\r\n"), C("x\r\n.\r"), CLIENT_ENDS, SERVER_ENDS},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@0 x\\x0d\\x0a\n"
		     "C anomaly 18\n"},
	{"a gap within a message",
	 {S("220 a\r\n"), C("DATA\r\n"), S("354 go\r\n"), C("abc\r\n"), CLIENT_GAP(100),
	  S("250-x\r\n"), C(".\r\ndef\r\n.\r\nQUIT\r\n"), S("250 ok\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@0 abc\\x0d\\x0a\n"
		     "S reply 250+ line=250-x text=x\n"
		     "C body@105 .\\x0d\\x0adef\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"
		     "C command 13 line=QUIT verb=QUIT\n"
		     "S reply 250 line=250 ok text=ok\n"},
	{"a gap behind a dot",
	 {S("220 a\r\n"), C("DATA\r\n"), S("354 go\r\n"), C("a\r\n."), CLIENT_GAP(1),
	  C("\n.\r\n.\r\n"), S("250 ok\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@0 a\\x0d\\x0a\n"
		     "C body@4 \\x0a.\n"
		     "C anomaly 24\n"
		     "C body@6 \\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"
		     "S reply 250 line=250 ok text=ok\n"},
	{"a gap with the end of a message",
	 {S("220 a\r\n"), C("DATA\r\n"), S("354 go\r\n"), C("abc\r\n"), CLIENT_GAP(100),
	  S("250 ok\r\n"), C("QUIT\r\n"), S("221 bye\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@0 abc\\x0d\\x0a\n"
		     "S reply 250 line=250 ok text=ok\n"
		     "C command 13 line=QUIT verb=QUIT\n"
		     "S reply 221 line=221 bye text=bye\n"},
	{"a gap with the reply to DATA",
	 {S("220 a\r\n"), C("DATA\r\n"), SERVER_GAP(8), C("x\r\n.\r\n"), S("\r\n250 ok\r\n"),
	  C("DATA\r\n"), S("503 no\r\n"), C("QUIT\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "C body@0 x\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"
		     "S reply 250 line=250 ok text=ok\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 503 line=503 no text=no\n"
		     "C command 13 line=QUIT verb=QUIT\n"},
	{"a gap with the refusal of DATA",
	 {S("220 a\r\n"), C("DATA\r\n"), SERVER_GAP(8), C("QUIT\r\n"), S("\r\n221 bye\r\n"),
	  C("NOOP\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "C body@0 QUIT\\x0d\\x0a\n"
		     "S reply 221 line=221 bye text=bye\n"
		     "C command 12 line=NOOP verb=NOOP\n"},
	{"gaps within, up to and behind the end of a chunk",
	 {S("220 a\r\n"), C("BDAT 10 LAST\r\na"), CLIENT_GAP(4), C("bcdefNOOP\r\nBDAT 3\r\na"),
	  CLIENT_GAP(2), C("NOOP\r\nBDAT 3 LAST\r\na"), CLIENT_GAP(4), C("OP\r\nRSET\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 7 line=BDAT 10 LAST verb=BDAT arg=10 LAST\n"
		     "C body@0 a\n"
		     "C body@5 bcdef\n"
		     "C command 25 line=\n"
		     "C command 12 line=NOOP verb=NOOP\n"
		     "C command 7 line=BDAT 3 verb=BDAT arg=3\n"
		     "C body@0 a\n"
		     "C command 12 line=NOOP verb=NOOP\n"
		     "C command 7 line=BDAT 3 LAST verb=BDAT arg=3 LAST\n"
		     "C body@3 a\n"
		     "C command 25 line=\n"
		     "C command 8 line=RSET verb=RSET\n"},
};

#endif
