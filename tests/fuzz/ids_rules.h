/* SPDX-License-Identifier: BSD-3-Clause */
/* What fuzz_ids.c asks: rules with every kind of condition, action and buffer. */

#ifndef TESTS_IDS_RULES_H
#define TESTS_IDS_RULES_H

/* clang-format off */

/** Rules of streams and messages that hold wherever their bytes are cut. Their sids are below 1000. */
static const char steady_rules[] =
	"alert tcp any any -> any any (msg:\"s1\"; content:\"attack\"; sid:1;)\n"
	"alert tcp-stream any any -> any any (msg:\"s2\"; content:\"user\"; nocase; content:\"root\"; distance:0; within:64; sid:2;)\n"
	"alert tcp any any -> any any (msg:\"s3\"; flow:established,to_server,only_stream; pcre:\"/x[0-9]{2,5}y/i\"; sid:3;)\n"
	"alert tcp any any -> any any (msg:\"s4\"; flow:to_client; content:\"|01 02|\"; byte_test:1,>,5,0,relative; sid:4;)\n"
	"alert tcp any any -> any any (msg:\"s5\"; flow:established; content:\"len\"; byte_extract:1,0,n,relative; content:\"z\"; distance:n; within:9; sid:5;)\n"
	"alert tcp any any -> any any (msg:\"s6\"; flow:to_server,only_stream; content:\"jump\"; byte_jump:1,0,relative; content:\"to\"; distance:0; within:2; sid:6;)\n"
	"alert http any any -> any any (msg:\"h1\"; http.method; content:\"POST\"; sid:20;)\n"
	"alert http any any -> any any (msg:\"h2\"; http.uri; content:\"/a\"; startswith; content:\".php\"; endswith; sid:21;)\n"
	"alert http any any -> any any (msg:\"h3\"; http.host; content:\"example\"; bsize:>6; sid:22;)\n"
	"alert http any any -> any any (msg:\"h4\"; http.user_agent; pcre:\"/^curl/\"; http.header; content:\"Accept\"; nocase; sid:23;)\n"
	"alert http any any -> any any (msg:\"h5\"; http.cookie; content:\"id=\"; sid:24;)\n"
	"alert http any any -> any any (msg:\"h6\"; http.request_body; content:\"cmd=\"; content:\"rm\"; distance:1; sid:25;)\n"
	"alert http any any -> any any (msg:\"h7\"; http.stat_code; content:\"20\"; startswith; file.data; content:\"MZ\"; sid:26;)\n"
	"alert http any any -> any any (msg:\"h8\"; urilen:>5; http.uri.raw; content:\"%\"; sid:27;)\n"
	"alert dns any any -> any any (msg:\"d1\"; dns.query; content:\"example\"; nocase; sid:30;)\n"
	"alert tls any any -> any any (msg:\"t1\"; tls.sni; content:\"example\"; sid:31;)\n"
	"alert tls any any -> any any (msg:\"t2\"; tls.cert_subject; content:\"CN=\"; sid:32;)\n"
	"alert ssh any any -> any any (msg:\"b1\"; ssh.software; content:\"Open\"; sid:33;)\n"
	"alert smtp any any -> any any (msg:\"m1\"; smtp.mail_from; content:\"@\"; sid:34;)\n"
	"alert smb any any -> any any (msg:\"m2\"; smb.share; content:\"IPC\"; sid:35;)\n";

static const char wild_rules[] =
	/* Headers and packets. */
	"alert ip any any -> any any (msg:\"i1\"; ttl:<5; sid:1001;)\n"
	"alert ip any any -> any any (msg:\"i2\"; ip_proto:47; sid:1002;)\n"
	"alert ip any any -> any any (msg:\"i3\"; fragbits:M+; sid:1003;)\n"
	"alert ip any any -> any any (msg:\"i4\"; sameip; sid:1004;)\n"
	"alert ip any any -> any any (msg:\"i5\"; ipopts:any; sid:1005;)\n"
	"alert ip any any -> any any (msg:\"i6\"; fragoffset:>8; id:0; tos:!8; sid:1006;)\n"
	"alert tcp any any -> any any (msg:\"p1\"; flags:S,12; seq:1000; sid:1010;)\n"
	"alert tcp any any -> any any (msg:\"p2\"; dsize:>20; flags:A+; ack:0; window:0; sid:1011;)\n"
	"alert tcp any any -> any any (msg:\"p3\"; tcp.mss:<500; sid:1012;)\n"
	"alert tcp-pkt any any -> any any (msg:\"p4\"; content:\"a\"; offset:2; depth:10; sid:1013;)\n"
	"alert icmp any any -> any any (msg:\"p5\"; itype:8; icode:0; icmp_id:1; icmp_seq:1; sid:1014;)\n"
	"alert udp any any -> any any (msg:\"p6\"; udp.hdr; content:\"|00|\"; sid:1015;)\n"
	"alert tcp any any -> any any (msg:\"p7\"; tcp.hdr; content:\"|50|\"; ipv4.hdr; content:\"|45|\"; startswith; sid:1016;)\n"
	"alert ip any any -> any any (msg:\"p8\"; ipv6.hdr; content:\"|60|\"; sid:1017;)\n"
	"alert pkthdr any any -> any any (msg:\"e1\"; decode-event:ipv4.trunc_pkt; sid:1020;)\n"
	"alert tcp any any -> any any (msg:\"e2\"; stream-event:3whs_ack_in_wrong_dir; sid:1021;)\n"
	"alert http any any -> any any (msg:\"e3\"; app-layer-event:http.missing_host_header; sid:1022;)\n"
	"alert tcp [10.0.0.0/8,!10.0.0.1] any -> any ![80,443] (msg:\"a1\"; sid:1023;)\n"
	"alert ip any any <> any any (msg:\"a2\"; flow:not_established; sid:1024;)\n"
	"alert tcp any any -> any any (msg:\"a3\"; stream_size:both,>,100; sid:1025;)\n"
	"alert tcp any any -> any any (msg:\"a4\"; app-layer-protocol:!http; flow:established; sid:1026;)\n"
	/* Conditions on bytes. */
	"alert tcp any any -> any any (msg:\"c1\"; content:!\"quiet\"; content:\"a\"; offset:1; depth:40; sid:1030;)\n"
	"alert udp any any -> any any (msg:\"c2\"; content:\"|00|\"; isdataat:10,relative; byte_math:bytes 1,offset 0,oper +,rvalue 3,result r,relative; byte_test:1,=,r,0,relative; sid:1031;)\n"
	"alert tcp any any -> any any (msg:\"c3\"; byte_jump:2,0,little,multiplier 2,post_offset -1,from_beginning; isdataat:!1,relative; sid:1032;)\n"
	"alert tcp any any -> any any (msg:\"c4\"; byte_test:4,>,100,0,string,dec; sid:1033;)\n"
	"alert tcp any any -> any any (msg:\"c5\"; content:\"b64:\"; base64_decode:bytes 40,offset 0,relative; base64_data; content:\"hi\"; sid:1034;)\n"
	"alert tcp any any -> any any (msg:\"c6\"; content:\"x\"; pcre:\"/^(a+)+b(?=c)/R\"; sid:1036;)\n"
	"alert tcp any any -> any any (msg:\"c7\"; pcre:\"/name=(?P<pkt_name>[a-z]+)/\"; sid:1037;)\n"
	"alert udp any any -> any any (msg:\"c8\"; asn1:oversize_length 10, absolute_offset 0; sid:1038;)\n"
	"alert udp any any -> any any (msg:\"c9\"; byte_extract:2,0,a,multiplier 3,align 4; byte_test:2,!&,a,2,bitmask 0x0ff0; sid:1039;)\n"
	"alert http any any -> any any (msg:\"c10\"; http.uri; to_lowercase; strip_whitespace; content:\"ab\"; sid:1040;)\n"
	/* Transforms and buffers. */
	"alert http any any -> any any (msg:\"x1\"; http.uri; url_decode; xor:\"0a0b\"; content:\"a\"; sid:1050;)\n"
	"alert http any any -> any any (msg:\"x2\"; http.host; to_sha256; content:\"|00|\"; sid:1051;)\n"
	"alert http any any -> any any (msg:\"x3\"; http.header_names; content:\"|0d 0a|Host|0d 0a|\"; http.start; content:\"GET\"; sid:1052;)\n"
	"alert http any any -> any any (msg:\"x4\"; http.request_header; content:\"a: \"; http.request_header; compress_whitespace; content:\"b\"; sid:1053;)\n"
	"alert http any any -> any any (msg:\"x5\"; http.response_body; pcrexform:\"(a.*)b\"; content:\"a\"; sid:1054;)\n"
	"alert http any any -> any any (msg:\"x6\"; http.referer; content:!\"x\"; http.accept; content:\"*\"; http.connection; content:\"c\"; sid:1055;)\n"
	"alert http any any -> any any (msg:\"x7\"; file.name; content:\".exe\"; file.data; content:\"MZ\"; within:2; content:!\"PE\"; sid:1056;)\n"
	"alert http any any -> any any (msg:\"x8\"; http.content_len; byte_test:0,>,10,0,string,dec; http.content_type; content:\"text\"; sid:1057;)\n"
	"alert http any any -> any any (msg:\"x9\"; http.stat_msg; content:\"OK\"; http.location; absent:or_else; content:\"h\"; sid:1058;)\n"
	"alert http any any -> any any (msg:\"x10\"; http.protocol; content:\"1.0\"; http.request_line; content:\"..\"; http.host.raw; content:\"A\"; sid:1059;)\n"
	"alert dns any any -> any any (msg:\"x11\"; dns.query; dotprefix; content:\".example.com\"; dns.opcode:0; dns.rrtype:1; sid:1060;)\n"
	"alert dns any any -> any any (msg:\"x12\"; dns.answer.name; content:\"a\"; sid:1061;)\n"
	"alert tls any any -> any any (msg:\"x13\"; ja3.hash; pcre:\"/0/\"; ja3.string; content:\"771\"; tls.version:1.2; sid:1062;)\n"
	"alert tls any any -> any any (msg:\"x14\"; tls.certs; content:\"|30 82|\"; tls.cert_serial; content:\"0\"; tls.cert_fingerprint; pcre:\"/:/\"; sid:1063;)\n"
	"alert tls any any -> any any (msg:\"x15\"; tls.alpn; content:\"h2\"; tls.random; content:\"a\"; sid:1064;)\n"
	"alert tls any any -> any any (msg:\"x16\"; tls.subjectaltname; content:\"a\"; ja3s.hash; pcre:\"/1/\"; sid:1065;)\n"
	"alert ssh any any -> any any (msg:\"x17\"; ssh.proto; content:\"2.0\"; ssh.hassh; pcre:\"/a/\"; sid:1066;)\n"
	"alert smtp any any -> any any (msg:\"x18\"; smtp.helo; content:\"a\"; smtp.rcpt_to; content:\"b\"; sid:1067;)\n"
	"alert smb any any -> any any (msg:\"x19\"; smb.named_pipe; content:\"svc\"; smb.ntlmssp_user; content:\"a\"; sid:1068;)\n"
	"alert tcp any any -> any any (msg:\"x20\"; file.data; content:\"a\"; content:\"b\"; distance:-5; within:20; sid:1069;)\n"
	/* What is kept. */
	"alert tcp any any -> any any (msg:\"f1\"; content:\"set\"; flowbits:set,a; flowbits:noalert; sid:1080;)\n"
	"alert tcp any any -> any any (msg:\"f2\"; content:\"get\"; flowbits:isset,a|b; flowbits:unset,a; flowint:num,+,1; sid:1081;)\n"
	"alert ip any any -> any any (msg:\"f3\"; flowint:num,>,1; sid:1082;)\n"
	"alert ip any any -> any any (msg:\"f4\"; content:\"xb\"; xbits:set,c,track ip_src,expire 2; sid:1083;)\n"
	"alert ip any any -> any any (msg:\"f5\"; xbits:isset,c,track ip_src; hostbits:toggle,d,dst; sid:1084;)\n"
	"alert ip any any -> any any (msg:\"f6\"; hostbits:isset,d,src; sid:1085;)\n"
	"alert dns any any -> any any (msg:\"f7\"; dns.query; dataset:set,seen,type string,memcap 64kb,hashsize 16; sid:1086;)\n"
	"alert http any any -> any any (msg:\"f8\"; http.host; dataset:isnotset,seen; sid:1087;)\n"
	"alert udp any any -> any any (msg:\"f9\"; content:\"a\"; flow.age:>1; sid:1088;)\n"
	/* Limits. */
	"alert tcp any any -> any any (msg:\"l1\"; flags:S; threshold:type threshold,track by_src,count 3,seconds 5; sid:1090;)\n"
	"alert ip any any -> any any (msg:\"l2\"; threshold:type both,track by_both,count 2,seconds 1; sid:1091;)\n"
	"alert ip any any -> any any (msg:\"l3\"; detection_filter:track by_dst,count 4,seconds 2; sid:1092;)\n"
	"alert ip any any -> any any (msg:\"l4\"; threshold:type limit,track by_rule,count 1,seconds 60; sid:1093;)\n"
	"alert tcp any any -> any any (msg:\"l5\"; threshold:type backoff,track by_flow,count 1,multiplier 2; sid:1094;)\n"
	/* Actions. */
	"pass tcp any any -> any any (msg:\"v1\"; content:\"letpass\"; sid:1100;)\n"
	"pass http any any -> any any (msg:\"v2\"; http.uri; content:\"/pass\"; sid:1101;)\n"
	"drop tcp any any -> any any (msg:\"v3\"; content:\"dropme\"; sid:1102;)\n"
	"drop udp any any -> any any (msg:\"v4\"; dsize:7; sid:1103;)\n"
	"reject tcp any any -> any any (msg:\"v5\"; content:\"rejectme\"; sid:1104;)\n"
	"drop http any any -> any any (msg:\"v6\"; http.request_body; content:\"dropbody\"; sid:1105;)\n"
	"alert tcp any any -> any any (msg:\"v7\"; content:\"tagme\"; tag:session,3,packets; bypass; sid:1106;)\n";

/* clang-format on */

#endif
