/* SPDX-License-Identifier: BSD-3-Clause */
/* Sessions of FTP: for test_l7_ftp.c. */

#ifndef L7_FTP_SESSIONS_H
#define L7_FTP_SESSIONS_H

#include "l7_text_bed.h"

static const struct text_session sessions[] = {
	{"a session of RFC 959",
	 {S("220 Service ready\r\n"), C("USER waters\r\n"), S("331 need password\r\n"),
	  C("PASS wxyz\r\n"), S("230 logged in\r\n"), C("PORT 127,0,0,1,4,1\r\n"), S("200 ok\r\n"),
	  C("RETR a b c\r\n"), S("150 opens\r\n226 closes\r\n"), C("xpwd\r\nQUIT\r\n"),
	  S("257 \"/\"\r\n221 bye\r\n")},
	 .expected = "S reply 220 line=220 Service ready text=Service ready\n"
		     "C command 1 line=USER waters verb=USER arg=waters\n"
		     "S reply 331 line=331 need password text=need password\n"
		     "C command 2 line=PASS wxyz verb=PASS arg=wxyz\n"
		     "S reply 230 line=230 logged in text=logged in\n"
		     "C command 9 line=PORT 127,0,0,1,4,1 verb=PORT arg=127,0,0,1,4,1 "
		     "endpoint=127.0.0.1|1025\n"
		     "S reply 200 line=200 ok text=ok\n"
		     "C command 14 line=RETR a b c verb=RETR arg=a b c\n"
		     "S reply 150 line=150 opens text=opens\n"
		     "S reply 226 line=226 closes text=closes\n"
		     "C command 26 line=xpwd verb=xpwd\n"
		     "C command 7 line=QUIT verb=QUIT\n"
		     "S reply 257 line=257 \"/\" text=\"/\"\n"
		     "S reply 221 line=221 bye text=bye\n"},
	{"RFC 959 section 4.2, a reply of several lines",
	 {S("123-First line\r\nSecond line\r\n  234 A line beginning with numbers\r\n"
	    "123 The last line\r\n200 next\r\n")},
	 .expected = "S reply 123+ line=123-First line text=First line\n"
		     "S reply 0+ line=Second line text=Second line\n"
		     "S reply 0+ line=  234 A line beginning with numbers text=  234 A line "
		     "beginning with numbers\n"
		     "S reply 123 line=123 The last line text=The last line\n"
		     "S reply 200 line=200 next text=next\n"},
	{"RFC 2389 section 3.2, FEAT",
	 {S("220 a\r\n"), C("feat\r\n"),
	  S("211-Extensions supported\r\n MLST size*;create;modify*;perm;media-type\r\n SIZE\r\n"
	    "211 END\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 34 line=feat verb=feat\n"
		     "S reply 211+ line=211-Extensions supported text=Extensions supported\n"
		     "S reply 0+ line= MLST size*;create;modify*;perm;media-type text= MLST "
		     "size*;create;modify*;perm;media-type\n"
		     "S reply 0+ line= SIZE text= SIZE\n"
		     "S reply 211 line=211 END text=END\n"},
	{"lines within a reply that begin with other codes, or with its own",
	 {S("220-a\r\n221 b\r\n220b\r\n220-c\r\n-\r\n220\r\n200 d\r\n")},
	 .expected = "S reply 220+ line=220-a text=a\n"
		     "S reply 221+ line=221 b text=b\n"
		     "S reply 220+ line=220b text=b\n"
		     "S reply 220+ line=220-c text=c\n"
		     "S reply 0+ line=- text=-\n"
		     "S reply 220 line=220 text=\n"
		     "S reply 200 line=200 d text=d\n"},
	{"replies that are none",
	 {S("220 a\r\nhello\r\n22\r\n200x\r\n\r\n000 z\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "S anomaly 19\n"
		     "S reply 0+ line=hello text=hello\n"
		     "S anomaly 19\n"
		     "S reply 0+ line=22 text=22\n"
		     "S anomaly 19\n"
		     "S reply 200 line=200x text=x\n"
		     "S anomaly 19\n"
		     "S reply 0+ line= text=\n"
		     "S anomaly 19\n"
		     "S reply 0+ line=000 z text=000 z\n"},
	{"endpoints of PORT",
	 {C("PORT 1,2,3,4,5,6\r\nport  010,0,00000002,255,255,255 x\r\nPORT 1, 2,3,4,5,6,7\r\n"
	    "PORT 1,2,3,4,5\r\nPORT 256,2,3,4,5,6\r\nPORT 1,2,3,4,5,256\r\nPORT\r\nPORT a\r\n"
	    "PORT 1,2,3,4,5,\r\nPORT 1.2.3.4.5.6\r\n")},
	 .expected = "C command 9 line=PORT 1,2,3,4,5,6 verb=PORT arg=1,2,3,4,5,6 "
		     "endpoint=1.2.3.4|1286\n"
		     "C command 9 line=port  010,0,00000002,255,255,255 x verb=port "
		     "arg=010,0,00000002,255,255,255 x endpoint=10.0.2.255|65535\n"
		     "C command 9 line=PORT 1, 2,3,4,5,6,7 verb=PORT arg=1, 2,3,4,5,6,7 "
		     "endpoint=1.2.3.4|1286\n"
		     "C anomaly 26\n"
		     "C command 9 line=PORT 1,2,3,4,5 verb=PORT arg=1,2,3,4,5\n"
		     "C anomaly 26\n"
		     "C command 9 line=PORT 256,2,3,4,5,6 verb=PORT arg=256,2,3,4,5,6\n"
		     "C anomaly 26\n"
		     "C command 9 line=PORT 1,2,3,4,5,256 verb=PORT arg=1,2,3,4,5,256\n"
		     "C anomaly 26\n"
		     "C command 9 line=PORT verb=PORT\n"
		     "C anomaly 26\n"
		     "C command 9 line=PORT a verb=PORT arg=a\n"
		     "C anomaly 26\n"
		     "C command 9 line=PORT 1,2,3,4,5, verb=PORT arg=1,2,3,4,5,\n"
		     "C anomaly 26\n"
		     "C command 9 line=PORT 1.2.3.4.5.6 verb=PORT arg=1.2.3.4.5.6\n"},
	{"RFC 2428 section 2, endpoints of EPRT",
	 {C("EPRT |1|132.235.1.2|6275|\r\nEPRT |2|1080::8:800:200C:417A|5282|\r\n"
	    "EPRT !1!1.2.3.4!1!\r\nEPRT |1|1.2.3.4|65535\r\nEPRT |1|1.2.3.4|65536|\r\n"
	    "EPRT |3|1.2.3.4|1|\r\nEPRT |1|::1|1|\r\nEPRT |2|1.2.3.4|1|\r\nEPRT |1|1.2.3|1|\r\n"
	    "EPRT\r\nEPRT |\r\nEPRT |1|1.2.3.4\r\nEPRT |0|1.2.3.4|1|\r\n"
	    "EPRT |2|1111:1111:1111:1111:1111:1111:1111:1111:1111|1|\r\n"
	    "EPRT |2|1111:1111:1111:1111:1111:1111:111.111.111.1111|1|\r\n")},
	 .expected = "C command 44 line=EPRT |1|132.235.1.2|6275| verb=EPRT "
		     "arg=|1|132.235.1.2|6275| endpoint=132.235.1.2|6275\n"
		     "C command 44 line=EPRT |2|1080::8:800:200C:417A|5282| verb=EPRT "
		     "arg=|2|1080::8:800:200C:417A|5282| endpoint=1080::8:800:200c:417a|5282\n"
		     "C command 44 line=EPRT !1!1.2.3.4!1! verb=EPRT arg=!1!1.2.3.4!1! "
		     "endpoint=1.2.3.4|1\n"
		     "C command 44 line=EPRT |1|1.2.3.4|65535 verb=EPRT arg=|1|1.2.3.4|65535 "
		     "endpoint=1.2.3.4|65535\n"
		     "C anomaly 26\n"
		     "C command 44 line=EPRT |1|1.2.3.4|65536| verb=EPRT arg=|1|1.2.3.4|65536|\n"
		     "C anomaly 26\n"
		     "C command 44 line=EPRT |3|1.2.3.4|1| verb=EPRT arg=|3|1.2.3.4|1|\n"
		     "C anomaly 26\n"
		     "C command 44 line=EPRT |1|::1|1| verb=EPRT arg=|1|::1|1|\n"
		     "C anomaly 26\n"
		     "C command 44 line=EPRT |2|1.2.3.4|1| verb=EPRT arg=|2|1.2.3.4|1|\n"
		     "C anomaly 26\n"
		     "C command 44 line=EPRT |1|1.2.3|1| verb=EPRT arg=|1|1.2.3|1|\n"
		     "C anomaly 26\n"
		     "C command 44 line=EPRT verb=EPRT\n"
		     "C anomaly 26\n"
		     "C command 44 line=EPRT | verb=EPRT arg=|\n"
		     "C anomaly 26\n"
		     "C command 44 line=EPRT |1|1.2.3.4 verb=EPRT arg=|1|1.2.3.4\n"
		     "C anomaly 26\n"
		     "C command 44 line=EPRT |0|1.2.3.4|1| verb=EPRT arg=|0|1.2.3.4|1|\n"
		     "C anomaly 26\n"
		     "C command 44 line=EPRT |2|1111:1111:1111:1111:1111:1111:1111:1111:1111|1| "
		     "verb=EPRT arg=|2|1111:1111:1111:1111:1111:1111:1111:1111:1111|1|\n"
		     "C anomaly 26\n"
		     "C command 44 line=EPRT |2|1111:1111:1111:1111:1111:1111:111.111.111.1111|1| "
		     "verb=EPRT arg=|2|1111:1111:1111:1111:1111:1111:111.111.111.1111|1|\n"},
	{"endpoints of replies; RFC 2428 section 3",
	 {S("220 a\r\n227 Entering Passive Mode (10,0,0,1,195,149).\r\n227 =10,0,0,1,0,21\r\n"
	    "227 Entering\r\n227 (10,0,0)\r\n227-(1,2,3,4,5,6)\r\n227 (6,5,4,3,2,1)\r\n"
	    "229 Entering Extended Passive Mode (|||6446|)\r\n229 (!!!1!)\r\n229 |||1|\r\n"
	    "229 (||1|)\r\n229 (|||65536|)\r\n229 (\r\n229\r\n228 (1,2,3,4,5,6)\r\n")},
	 .expected =
		 "S reply 220 line=220 a text=a\n"
		 "S reply 227 line=227 Entering Passive Mode (10,0,0,1,195,149). text=Entering "
		 "Passive Mode (10,0,0,1,195,149). endpoint=10.0.0.1|50069\n"
		 "S reply 227 line=227 =10,0,0,1,0,21 text==10,0,0,1,0,21 endpoint=10.0.0.1|21\n"
		 "S anomaly 26\n"
		 "S reply 227 line=227 Entering text=Entering\n"
		 "S anomaly 26\n"
		 "S reply 227 line=227 (10,0,0) text=(10,0,0)\n"
		 "S reply 227+ line=227-(1,2,3,4,5,6) text=(1,2,3,4,5,6)\n"
		 "S reply 227 line=227 (6,5,4,3,2,1) text=(6,5,4,3,2,1) endpoint=6.5.4.3|513\n"
		 "S reply 229 line=229 Entering Extended Passive Mode (|||6446|) text=Entering "
		 "Extended Passive Mode (|||6446|) endpoint=|6446\n"
		 "S reply 229 line=229 (!!!1!) text=(!!!1!) endpoint=|1\n"
		 "S anomaly 26\n"
		 "S reply 229 line=229 |||1| text=|||1|\n"
		 "S anomaly 26\n"
		 "S reply 229 line=229 (||1|) text=(||1|)\n"
		 "S anomaly 26\n"
		 "S reply 229 line=229 (|||65536|) text=(|||65536|)\n"
		 "S anomaly 26\n"
		 "S reply 229 line=229 ( text=(\n"
		 "S anomaly 26\n"
		 "S reply 229 line=229 text=\n"
		 "S reply 228 line=228 (1,2,3,4,5,6) text=(1,2,3,4,5,6)\n"},
	{"RFC 4217 section 12: TLS begins behind the 234",
	 {S("220 a\r\n"), C("AUTH TLS\r\n"), S("234 go\r\n\x16")},
	 .then = L7_BEGINS_ANEW,
	 .left = 1,
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 36 line=AUTH TLS verb=AUTH arg=TLS\n"
		     "S reply 234 line=234 go text=go\n"},
	{"AUTH in small letters, and commands behind it",
	 {S("220 a\r\n"), C("auth  tls-c\r\nUSER a\r\n"), S("234-go\r\n234 ahead\r\n")},
	 .then = L7_BEGINS_ANEW,
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 36 line=auth  tls-c verb=auth arg=tls-c\n"
		     "C anomaly 25\n"
		     "C command 1 line=USER a verb=USER arg=a\n"
		     "S reply 234+ line=234-go text=go\n"
		     "S reply 234 line=234 ahead text=ahead\n"},
	{"a command that fails in front of AUTH",
	 {S("220 a\r\n"), C("X\r\nAUTH SSL\r\n"), S("500 what\r\n234 go\r\n")},
	 .then = L7_BEGINS_ANEW,
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 0 line=X verb=X\n"
		     "C command 36 line=AUTH SSL verb=AUTH arg=SSL\n"
		     "S reply 500 line=500 what text=what\n"
		     "S reply 234 line=234 go text=go\n"},
	{"AUTH that is refused, and another than TLS",
	 {S("220 a\r\n"), C("AUTH TLS\r\n"), S("502 no\r\n"), C("AUTH GSSAPI\r\n"), S("334 go\r\n"),
	  C("ADAT x\r\n"), S("235 ok\r\n"), C("USER a\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 36 line=AUTH TLS verb=AUTH arg=TLS\n"
		     "S reply 502 line=502 no text=no\n"
		     "C command 36 line=AUTH GSSAPI verb=AUTH arg=GSSAPI\n"
		     "S reply 334 line=334 go text=go\n"
		     "C command 37 line=ADAT x verb=ADAT arg=x\n"
		     "S reply 235 line=235 ok text=ok\n"
		     "C command 1 line=USER a verb=USER arg=a\n"},
	{"a 234 to nothing, and TLS",
	 {S("220 a\r\n234 go\r\n"), C("NOOP\r\n\x16\x03")},
	 .then = L7_BEGINS_ANEW,
	 .left = 2,
	 .expected = "S reply 220 line=220 a text=a\n"
		     "S reply 234 line=234 go text=go\n"
		     "C command 33 line=NOOP verb=NOOP\n"
		     "C anomaly 3\n"},
	{"no TLS where nothing speaks of it",
	 {S("220 a\r\n"), C("NOOP\r\n\x16\r\n")},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 33 line=NOOP verb=NOOP\n"
		     "C command 0 line=\\x16 verb=\\x16\n"},
	{"gaps with AUTH and its reply",
	 {S("220 a\r\n"), C("AUTH TLS\r\n"), SERVER_GAP(10), C("\x16\x03\x01")},
	 .then = L7_BEGINS_ANEW,
	 .left = 3,
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C command 36 line=AUTH TLS verb=AUTH arg=TLS\n"
		     "C anomaly 3\n"},
	{"a gap with AUTH, and its reply",
	 {S("220 a\r\n"), CLIENT_GAP(10), S("234 go\r\n"), C("\x16\x03\x01")},
	 .then = L7_BEGINS_ANEW,
	 .left = 3,
	 .expected = "S reply 220 line=220 a text=a\n"
		     "S reply 234 line=234 go text=go\n"
		     "C anomaly 3\n"},
	{"TLS behind the end of a line with a gap",
	 {S("220 a\r\n"), CLIENT_GAP(1), C("x\n\x16\x03\n")},
	 .then = L7_BEGINS_ANEW,
	 .left = 3,
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C anomaly 3\n"},
	{"gaps",
	 {S("220-a\r\n"), SERVER_GAP(5), S("b\r\nc\r\n211-d\r\n e\r\n211 f\r\ng\r\n"), C("US"),
	  CLIENT_GAP(2), C(" a\r\nNOOP\r\nSY"), CLIENT_GAP(1)},
	 .expected = "S reply 220+ line=220-a text=a\n"
		     "S reply 0+ line=c text=c\n"
		     "S reply 211+ line=211-d text=d\n"
		     "S reply 0+ line= e text= e\n"
		     "S reply 211 line=211 f text=f\n"
		     "S anomaly 19\n"
		     "S reply 0+ line=g text=g\n"
		     "C command 33 line=NOOP verb=NOOP\n"},
	{"picked up: no greeting, TLS",
	 {S(" b\r\n200 c\r\n"), C("\x16")},
	 .then = L7_BEGINS_ANEW,
	 .left = 1,
	 .expected = "S anomaly 19\n"
		     "S reply 0+ line= b text= b\n"
		     "S reply 200 line=200 c text=c\n"
		     "C anomaly 3\n",
	 .flow_flags = WP_FLOW_PICKED_UP},
	{"Telnet's commands (RFC 959 section 4.1.3)",
	 {C("\xff\xf4\xff\xf2"
	    "ABOR\r\nUS\xff\xfb\x01"
	    "ER a\xff\xfe\x03\r\nCWD a\xff\xff\xff\xff"
	    "b\r\n"
	    "CWD \xff"
	    "a\xff\r\nNOOP\xff\xfd\r\n\xff\xf1\r\n")},
	 .expected = "C anomaly 24\n"
		     "C command 22 line=ABOR verb=ABOR\n"
		     "C anomaly 24\n"
		     "C command 1 line=USER a verb=USER arg=a\n"
		     "C command 4 line=CWD a\\xff\\xffb verb=CWD arg=a\\xff\\xffb\n"
		     "C command 4 line=CWD \\xffa\\xff verb=CWD arg=\\xffa\\xff\n"
		     "C anomaly 24\n"
		     "C command 33 line=NOOP verb=NOOP\n"
		     "C anomaly 24\n"
		     "C command 0 line=\n"},
	{"Telnet's commands around an endpoint",
	 {C("\xff\xf1PO\xff\xf1RT 1,2,\xff\xf1"
	    "3,4,5,6\r\n")},
	 .expected = "C anomaly 24\n"
		     "C command 9 line=PORT 1,2,3,4,5,6 verb=PORT arg=1,2,3,4,5,6 "
		     "endpoint=1.2.3.4|1286\n"},
	{"ends of lines",
	 {S("220 a\n221 b\rc\r\n"), C("NOOP\nNO\rOP\r\n\r\n\n")},
	 .expected = "S anomaly 16\n"
		     "S reply 220 line=220 a text=a\n"
		     "S anomaly 17\n"
		     "S reply 221 line=221 b\\x0dc text=b\\x0dc\n"
		     "C anomaly 16\n"
		     "C command 33 line=NOOP verb=NOOP\n"
		     "C anomaly 17\n"
		     "C command 0 line=NO\\x0dOP verb=NO\\x0dOP\n"
		     "C command 0 line=\n"
		     "C anomaly 16\n"
		     "C command 0 line=\n"},
	{"the ends of streams within lines",
	 {S("220 a\r\n234 b"), C("AUTH TLS\r"), CLIENT_ENDS, SERVER_ENDS},
	 .expected = "S reply 220 line=220 a text=a\n"
		     "C anomaly 18\n"
		     "C command 36 line=AUTH TLS verb=AUTH arg=TLS\n"
		     "S anomaly 18\n"
		     "S reply 234 line=234 b text=b\n"},
	{"what is no FTP is not read",
	 {S("+OK POP3\r\n"), C("USER\r\n")},
	 .then = L7_STOPS,
	 .left = 6,
	 .expected = "S anomaly 19\n"
		     "S anomaly 0\n"
		     "S reply 0+ line=+OK POP3 text=+OK POP3\n"},
	{"the client alone",
	 {C("USER a\r\nAUTH TLS\r\nNOOP\r\n"), CLIENT_ENDS},
	 .expected = "C command 1 line=USER a verb=USER arg=a\n"
		     "C command 36 line=AUTH TLS verb=AUTH arg=TLS\n"
		     "C command 33 line=NOOP verb=NOOP\n"},
};

#endif
