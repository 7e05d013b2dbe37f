/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions of SMTP: commands and replies: for test_l7_smtp.c. */

#ifndef L7_SMTP_SESSIONS_H
#define L7_SMTP_SESSIONS_H

#include "l7_text_bed.h"

static const struct text_session sessions[] = {
	{"RFC 5321 appendix D.1",
	 {S("220 foo.com Simple Mail Transfer Service Ready\r\n"), C("EHLO bar.com\r\n"),
	  S("250-foo.com greets bar.com\r\n250-8BITMIME\r\n250 HELP\r\n"),
	  C("MAIL FROM:<Smith@bar.com>\r\n"), S("250 OK\r\n"), C("RCPT TO:<Green@foo.com>\r\n"),
	  S("550 No such user here\r\n"), C("DATA\r\n"),
	  S("354 Start mail input; end with <CRLF>.<CRLF>\r\n"),
	  C("Blah blah blah...\r\n...etc. etc. etc.\r\n.\r\nQUIT\r\n"),
	  S("250 OK\r\n221 foo.com Service closing transmission channel\r\n")},
	 .expected = "S reply 220 line=220 foo.com Simple Mail Transfer Service Ready text=foo.com "
		     "Simple Mail Transfer Service Ready\n"
		     "C command 2 line=EHLO bar.com verb=EHLO arg=bar.com\n"
		     "S reply 250+ line=250-foo.com greets bar.com text=foo.com greets bar.com\n"
		     "S reply 250+ line=250-8BITMIME text=8BITMIME\n"
		     "S reply 250 line=250 HELP text=HELP\n"
		     "C command 4 line=MAIL FROM:<Smith@bar.com> verb=MAIL "
		     "arg=FROM:<Smith@bar.com> path=Smith@bar.com\n"
		     "S reply 250 line=250 OK text=OK\n"
		     "C command 5 line=RCPT TO:<Green@foo.com> verb=RCPT arg=TO:<Green@foo.com> "
		     "path=Green@foo.com\n"
		     "S reply 550 line=550 No such user here text=No such user here\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "S reply 354 line=354 Start mail input; end with <CRLF>.<CRLF> text=Start "
		     "mail input; end with <CRLF>.<CRLF>\n"
		     "C body@0 Blah blah blah...\\x0d\\x0a..etc. etc. etc.\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"
		     "C command 13 line=QUIT verb=QUIT\n"
		     "S reply 250 line=250 OK text=OK\n"
		     "S reply 221 line=221 foo.com Service closing transmission channel "
		     "text=foo.com Service closing transmission channel\n"},
	{"RFC 3207: TLS begins behind the 220",
	 {S("220 mail.imc.org SMTP service ready\r\n"), C("EHLO mail.example.com\r\n"),
	  S("250-mail.imc.org offers a warm hug of welcome\r\n250 STARTTLS\r\n"), C("STARTTLS\r\n"),
	  S("220 Go ahead\r\n\x16\x03\x01")},
	 .then = L7_BEGINS_ANEW,
	 .left = 3,
	 .expected = "S reply 220 line=220 mail.imc.org SMTP service ready text=mail.imc.org SMTP "
		     "service ready\n"
		     "C command 2 line=EHLO mail.example.com verb=EHLO arg=mail.example.com\n"
		     "S reply 250+ line=250-mail.imc.org offers a warm hug of welcome "
		     "text=mail.imc.org offers a warm hug of welcome\n"
		     "S reply 250 line=250 STARTTLS text=STARTTLS\n"
		     "C command 14 line=STARTTLS verb=STARTTLS\n"
		     "S reply 220 line=220 Go ahead text=Go ahead\n"},
	{"TLS does not begin where the server refuses it",
	 {S("220 a\r\n"), C("STARTTLS\r\n"), S("454 TLS not available\r\n"), C("NOOP\r\n"),
	  S("220 odd\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 14 line=STARTTLS verb=STARTTLS\n"
		     "S reply 454 line=454 TLS not available text=TLS not available\n"
		     "C command 12 line=NOOP verb=NOOP\n"
		     "S reply 220 line=220 odd text=odd\n"},
	{"a reply of two lines to STARTTLS",
	 {S("220 a\r\n"), C("STARTTLS\r\n"), S("220-go\r\n220 ahead\r\nx")},
	 .then = L7_BEGINS_ANEW,
	 .left = 1,
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 14 line=STARTTLS verb=STARTTLS\n"
		     "S reply 220+ line=220-go text=go\n"
		     "S reply 220 line=220 ahead text=ahead\n"},
	{"commands behind STARTTLS (CVE-2011-0411)",
	 {S("220 a\r\n"), C("STARTTLS\r\nRSET\r\nNOOP\r\n"), S("220 go\r\n")},
	 .then = L7_BEGINS_ANEW,
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 14 line=STARTTLS verb=STARTTLS\n"
		     "C anomaly 26\n"
		     "C command 8 line=RSET verb=RSET\n"
		     "C command 12 line=NOOP verb=NOOP\n"
		     "S reply 220 line=220 go text=go\n"},
	{"STARTTLS before the greeting",
	 {C("STARTTLS\r\n"), S("220-hello\r\n220 a\r\n"), C("X\r\n"), S("220 go\r\n")},
	 .then = L7_BEGINS_ANEW,
	 .expected = "C command 14 line=STARTTLS verb=STARTTLS\n"
		     "S reply 220+ line=220-hello text=hello\n"
		     "S reply 220 line=220 a text=a\n"
		     "C anomaly 26\n"
		     "C command 0 line=X verb=X\n"
		     "S reply 220 line=220 go text=go\n"},
	{"a gap with the reply to STARTTLS",
	 {S("220 a\r\n"), C("STARTTLS\r\n"), SERVER_GAP(10), C("\x16\x03\x01")},
	 .then = L7_BEGINS_ANEW,
	 .left = 3,
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 14 line=STARTTLS verb=STARTTLS\n"
		     "C anomaly 3\n"},
	{"a gap with STARTTLS",
	 {S("220 a\r\n"), CLIENT_GAP(10), S("220 go\r\n"), C("\x16\x03\x01")},
	 .then = L7_BEGINS_ANEW,
	 .left = 3,
	 .expected = "S reply 220 line=220 a text=a\n"
		     "S reply 220 line=220 go text=go\n"
		     "C anomaly 3\n"},
	{"STARTTLS and DATA as only the server understands them",
	 {S("220 a\r\n"), C("DATA\0\r\n"), S("250 odd\r\n354 go\r\n"), C("a\r\n.\r\n"),
	  S("250 ok\r\n"), C("STARTTLS\0\r\n"), S("220 go\r\n"), C("\x16\x03\x01")},
	 .then = L7_BEGINS_ANEW,
	 .left = 3,
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 0 line=DATA\\x00 verb=DATA\\x00\n"
		     "S reply 250 line=250 odd text=odd\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@0 a\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"
		     "S reply 250 line=250 ok text=ok\n"
		     "C command 0 line=STARTTLS\\x00 verb=STARTTLS\\x00\n"
		     "S reply 220 line=220 go text=go\n"
		     "C anomaly 3\n"},
	{"a 220 to XCLIENT",
	 {S("220 a\r\n"), C("XCLIENT NAME=b\r\n"), S("220 a\r\n"), C("\x16\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 22 line=XCLIENT NAME=b verb=XCLIENT arg=NAME=b\n"
		     "S reply 220 line=220 a text=a\n"
		     "C command 0 line=\\x16 verb=\\x16\n"},
	{"TLS behind the end of a line with a gap",
	 {S("220 a\r\n"), CLIENT_GAP(1), C("x\n\x16\x03\n")},
	 .then = L7_BEGINS_ANEW,
	 .left = 3,
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C anomaly 3\n"},
	{"a gap with the greeting: a 220 is one",
	 {SERVER_GAP(10), S("a\r\n220 b\r\n250 c\r\n"), C("NOOP\r\n")},
	 .expected = "S reply 220 line=220 b text=b\n"
		     "S reply 250 line=250 c text=c\n"
		     "C command 12 line=NOOP verb=NOOP\n"},
	{"picked up behind STARTTLS",
	 {C("\x16\x03\x01")},
	 .then = L7_BEGINS_ANEW,
	 .left = 3,
	 .expected = "C anomaly 3\n",
	 .flow_flags = WP_FLOW_PICKED_UP},
	{"picked up: the first reply is to a command",
	 {C("DATA\r\n"), S("503 no\r\n"), C("NOOP\r\n")},
	 .expected = "C command 6 line=DATA verb=DATA\n"
		     "S reply 503 line=503 no text=no\n"
		     "C command 12 line=NOOP verb=NOOP\n",
	 .flow_flags = WP_FLOW_PICKED_UP},
	{"RFC 4954 section 4.1, credentials",
	 {S("220-smtp.example.com ESMTP Server\r\n220 ok\r\n"), C("EHLO client.example.com\r\n"),
	  S("250-smtp.example.com Hello client.example.com\r\n250 AUTH GSSAPI DIGEST-MD5\r\n"),
	  C("AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ=\r\n"), S("235 2.7.0 Authentication successful\r\n"),
	  C("AUTH LOGIN\r\n"), S("334 VXNlcm5hbWU6\r\n"), C("QUIT\r\n"), S("334 UGFzc3dvcmQ6\r\n"),
	  C("*\r\n"), S("501 cancelled\r\n"), C("QUIT\r\n")},
	 .expected = "S reply 220+ line=220-smtp.example.com ESMTP Server text=smtp.example.com "
		     "ESMTP Server\n"
		     "S reply 220 line=220 ok text=ok\n"
		     "C command 2 line=EHLO client.example.com verb=EHLO arg=client.example.com\n"
		     "S reply 250+ line=250-smtp.example.com Hello client.example.com "
		     "text=smtp.example.com Hello client.example.com\n"
		     "S reply 250 line=250 AUTH GSSAPI DIGEST-MD5 text=AUTH GSSAPI DIGEST-MD5\n"
		     "C command 15 line=AUTH PLAIN dGVzdAB0ZXN0ADEyMzQ= verb=AUTH arg=PLAIN "
		     "dGVzdAB0ZXN0ADEyMzQ=\n"
		     "S reply 235 line=235 2.7.0 Authentication successful text=2.7.0 "
		     "Authentication successful\n"
		     "C command 15 line=AUTH LOGIN verb=AUTH arg=LOGIN\n"
		     "S reply 334 line=334 VXNlcm5hbWU6 text=VXNlcm5hbWU6\n"
		     "C command 24 line=QUIT verb=QUIT\n"
		     "S reply 334 line=334 UGFzc3dvcmQ6 text=UGFzc3dvcmQ6\n"
		     "C command 24 line=* verb=*\n"
		     "S reply 501 line=501 cancelled text=cancelled\n"
		     "C command 13 line=QUIT verb=QUIT\n"},
	{"credentials that nobody asked for yet, and commands behind AUTH",
	 {S("220 a\r\n"), C("AUTH LOGIN\r\ndXNlcg==\r\nQUIT\r\nMAIL FROM:<a@b>\r\nNOOP\r\n"),
	  S("334 a\r\n334 b\r\n235 ok\r\n250 ok\r\n"), C("QUIT\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 15 line=AUTH LOGIN verb=AUTH arg=LOGIN\n"
		     "C anomaly 27\n"
		     "C command 24 line=dXNlcg== verb=dXNlcg==\n"
		     "C anomaly 27\n"
		     "C command 24 line=QUIT verb=QUIT\n"
		     "C anomaly 27\n"
		     "C command 4 line=MAIL FROM:<a@b> verb=MAIL arg=FROM:<a@b> path=a@b\n"
		     "C command 12 line=NOOP verb=NOOP\n"
		     "S reply 334 line=334 a text=a\n"
		     "S reply 334 line=334 b text=b\n"
		     "S reply 235 line=235 ok text=ok\n"
		     "S reply 250 line=250 ok text=ok\n"
		     "C command 13 line=QUIT verb=QUIT\n"},
	{"a 334 to AUTH where replies were left out, and one to nothing",
	 {S("220 a\r\n"), C("NOOP\r\n\r\nAUTH LOGIN\r\n"), S("334 a\r\n"), C("QUIT\r\n"),
	  S("235 ok\r\n"), C("QUIT\r\n"), S("334 b\r\n"), C("NOOP\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 12 line=NOOP verb=NOOP\n"
		     "C command 0 line=\n"
		     "C command 15 line=AUTH LOGIN verb=AUTH arg=LOGIN\n"
		     "S reply 334 line=334 a text=a\n"
		     "C command 24 line=QUIT verb=QUIT\n"
		     "S reply 235 line=235 ok text=ok\n"
		     "C command 13 line=QUIT verb=QUIT\n"
		     "S reply 334 line=334 b text=b\n"
		     "C command 12 line=NOOP verb=NOOP\n"},
	{"paths",
	 {C("mail from:<>\r\nMAIL FROM: <\"a>b\"@c> SIZE=1\r\nRcpt\tTo : a@b c\r\nRCPT "
	    "TO:<a\\>b@c>\r\n"
	    "RCPT TO:<@x,@y:a@b>\r\nRCPT TO:<a@b\r\nMAIL TO:<a>\r\nMAIL\r\nRCPT TO\r\nRCPT TO:\r\n"
	    "SAML FROM:<z>\r\nVRFY <a>\r\n")},
	 .expected = "C command 4 line=mail from:<> verb=mail arg=from:<> path=\n"
		     "C command 4 line=MAIL FROM: <\"a>b\"@c> SIZE=1 verb=MAIL arg=FROM: "
		     "<\"a>b\"@c> SIZE=1 path=\"a>b\"@c\n"
		     "C command 5 line=Rcpt\\x09To : a@b c verb=Rcpt arg=To : a@b c path=a@b\n"
		     "C command 5 line=RCPT TO:<a\\x5c>b@c> verb=RCPT arg=TO:<a\\x5c>b@c> "
		     "path=a\\x5c>b@c\n"
		     "C command 5 line=RCPT TO:<@x,@y:a@b> verb=RCPT arg=TO:<@x,@y:a@b> "
		     "path=@x,@y:a@b\n"
		     "C command 5 line=RCPT TO:<a@b verb=RCPT arg=TO:<a@b path=a@b\n"
		     "C command 4 line=MAIL TO:<a> verb=MAIL arg=TO:<a>\n"
		     "C command 4 line=MAIL verb=MAIL\n"
		     "C command 5 line=RCPT TO verb=RCPT arg=TO\n"
		     "C command 5 line=RCPT TO: verb=RCPT arg=TO: path=\n"
		     "C command 20 line=SAML FROM:<z> verb=SAML arg=FROM:<z> path=z\n"
		     "C command 9 line=VRFY <a> verb=VRFY arg=<a>\n"},
	{"words",
	 {C("\r\n  NOOP  \r\n \r\nNO\r\nNOOPS\r\nquit\0\r\nXCLIENT NAME=x\r\nX \xff\x80\r\n")},
	 .expected = "C command 0 line=\n"
		     "C command 12 line=  NOOP   verb=NOOP\n"
		     "C command 0 line= \n"
		     "C command 0 line=NO verb=NO\n"
		     "C command 0 line=NOOPS verb=NOOPS\n"
		     "C command 0 line=quit\\x00 verb=quit\\x00\n"
		     "C command 22 line=XCLIENT NAME=x verb=XCLIENT arg=NAME=x\n"
		     "C command 0 line=X \\xff\\x80 verb=X arg=\\xff\\x80\n"},
	{"ends of lines",
	 {C("NOOP\nRSET\r\nNO\rOP\r\nRSET\r\r\n\r\n\n\rNOOP\r\n")},
	 .expected = "C anomaly 16\n"
		     "C command 12 line=NOOP verb=NOOP\n"
		     "C command 8 line=RSET verb=RSET\n"
		     "C anomaly 17\n"
		     "C command 0 line=NO\\x0dOP verb=NO\\x0dOP\n"
		     "C anomaly 17\n"
		     "C command 0 line=RSET\\x0d verb=RSET\\x0d\n"
		     "C command 0 line=\n"
		     "C anomaly 16\n"
		     "C command 0 line=\n"
		     "C anomaly 17\n"
		     "C command 0 line=\\x0dNOOP verb=\\x0dNOOP\n"},
	{"replies",
	 {S("220\r\n250-a\r\n250\r\n250-a\r\n251 b\r\n250x\r\nhello\r\n25\r\n999 z\r\n\r\n-250 "
	    "a\r\n"
	    "250-\r\nx\r\n250 \r\n")},
	 .expected = "S reply 220 line=220 text=\n"
		     "S reply 250+ line=250-a text=a\n"
		     "S reply 250 line=250 text=\n"
		     "S reply 250+ line=250-a text=a\n"
		     "S anomaly 19\n"
		     "S reply 251 line=251 b text=b\n"
		     "S anomaly 19\n"
		     "S reply 250 line=250x text=x\n"
		     "S anomaly 19\n"
		     "S reply 0+ line=hello text=hello\n"
		     "S anomaly 19\n"
		     "S reply 0+ line=25 text=25\n"
		     "S reply 999 line=999 z text=z\n"
		     "S anomaly 19\n"
		     "S reply 0+ line= text=\n"
		     "S anomaly 19\n"
		     "S reply 0+ line=-250 a text=-250 a\n"
		     "S reply 250+ line=250- text=\n"
		     "S anomaly 19\n"
		     "S reply 0+ line=x text=x\n"
		     "S reply 250 line=250  text=\n"},
	{"what is no SMTP is not read",
	 {S("+OK POP3\r\n"), C("USER\r\n")},
	 .then = L7_STOPS,
	 .left = 6,
	 .expected = "S anomaly 19\n"
		     "S anomaly 0\n"
		     "S reply 0+ line=+OK POP3 text=+OK POP3\n"},
	{"the ends of streams within lines",
	 {S("220 a\r\n22"), C("NOOP\r\nQU\rIT\r"), CLIENT_ENDS, SERVER_ENDS},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 12 line=NOOP verb=NOOP\n"
		     "C anomaly 18\n"
		     "C anomaly 17\n"
		     "C command 0 line=QU\\x0dIT verb=QU\\x0dIT\n"
		     "S anomaly 18\n"
		     "S anomaly 19\n"
		     "S reply 0+ line=22 text=22\n"},
	{"the ends of streams where nothing is open",
	 {S("220 a\r\n"), C("QUIT\r\n"), CLIENT_ENDS, SERVER_ENDS},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 13 line=QUIT verb=QUIT\n"},
	{"gaps within lines",
	 {S("220 a\r\n"), C("NOOP\r\nRS"), CLIENT_GAP(3), C("T\r\nQUIT\r\n"), S("250 a"),
	  SERVER_GAP(1), S("x\r\ny\r\n250-b\r\n"), SERVER_GAP(1),
	  S("\r\n250 c\r\n250-d\r\n250 e\r\nf\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 12 line=NOOP verb=NOOP\n"
		     "C command 13 line=QUIT verb=QUIT\n"
		     "S reply 0+ line=y text=y\n"
		     "S reply 250+ line=250-b text=b\n"
		     "S reply 250 line=250 c text=c\n"
		     "S reply 250+ line=250-d text=d\n"
		     "S reply 250 line=250 e text=e\n"
		     "S anomaly 19\n"
		     "S reply 0+ line=f text=f\n"},
	{"a gap with DATA",
	 {S("220 a\r\n"), CLIENT_GAP(6), S("354 go\r\n"), C("MAIL\r\n.\r\nQUIT\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "S reply 354 line=354 go text=go\n"
		     "C body@0 MAIL\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"
		     "C command 13 line=QUIT verb=QUIT\n"},
	{"the client alone",
	 {C("EHLO a\r\nAUTH PLAIN x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n.a\r\n.\r\n"
	    "STARTTLS\r\nNOOP\r\n"),
	  CLIENT_ENDS},
	 .expected = "C command 2 line=EHLO a verb=EHLO arg=a\n"
		     "C command 15 line=AUTH PLAIN x verb=AUTH arg=PLAIN x\n"
		     "C command 4 line=MAIL FROM:<a@b> verb=MAIL arg=FROM:<a@b> path=a@b\n"
		     "C command 5 line=RCPT TO:<c@d> verb=RCPT arg=TO:<c@d> path=c@d\n"
		     "C command 6 line=DATA verb=DATA\n"
		     "C body@0 a\\x0d\\x0a\n"
		     "C command 25 line=. verb=.\n"
		     "C command 14 line=STARTTLS verb=STARTTLS\n"
		     "C command 12 line=NOOP verb=NOOP\n"},
	{"the server alone",
	 {S("220 a\r\n250-b\r\n250 c\r\n354 d\r\n250 e\r\n220 f\r\n221 g\r\n"), SERVER_ENDS},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "S reply 250+ line=250-b text=b\n"
		     "S reply 250 line=250 c text=c\n"
		     "S reply 354 line=354 d text=d\n"
		     "S reply 250 line=250 e text=e\n"
		     "S anomaly 24\n"
		     "S reply 220 line=220 f text=f\n"
		     "S reply 221 line=221 g text=g\n"},
};

#endif
