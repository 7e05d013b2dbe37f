/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/rule/keyword_*.c: what conditions on packets, flows and messages are read as, and
 * what is refused. What is right and what is not is what Suricata 7.0.10 says. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "rule/event.h"
#include "rule/flags.h"
#include "rule/hashes.h"
#include "rule/keyword.h"
#include "rule/set.h"
#include "rule/vars.h"
#include "unit.h"

static struct vars *vars;
static struct rule_set *set;
static char told[1024];

static void
set_up(void)
{
	struct rule_set_conf conf = {.ips = true};

	vars = vars_create();
	ck_assert_ptr_nonnull(vars);
	ck_assert_int_eq(vars_defaults(vars), 0);
	conf.vars = vars;
	conf.folder = "/tmp";
	ck_assert_int_eq(rule_set_create(&conf, &set), 0);
}

static void
tear_down(void)
{
	rule_set_destroy(set);
	vars_destroy(vars);
}

/** Reads one rule. @return NULL: it is refused */
static const struct rule *
read_rule(const char *proto, const char *options)
{
	char text[1024];
	int size = snprintf(text, sizeof(text), "alert %s any any -> any any (%s; sid:1;)", proto,
			    options);

	ck_assert_int_lt(size, (int)sizeof(text));
	ck_assert_int_eq(rule_set_read_text(set, "test.rules", text, (size_t)size), 0);
	ck_assert_int_eq(rule_set_finish(set), 0);
	ck_assert_uint_eq(set->n + set->n_faults, 1);
	return set->n == 0 ? NULL : set->rules[0];
}

static void __attribute__((format(printf, 1, 2))) tell(const char *format, ...)
{
	size_t size = strlen(told);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(told + size, sizeof(told) - size, format, arguments);
	va_end(arguments);
}

static void
tell_range(const struct rule_range *range)
{
	static const char *const signs[] = {"=", "!", "<", ">", "<=", ">=", "", "&"};

	if (range->compare == RULE_BETWEEN)
		tell("%" PRIu64 "<>%" PRIu64, range->low, range->high);
	else
		tell("%s%" PRIu64, signs[range->compare], range->low);
}

static void
tell_bits(const char *what, const struct rule_bits *bits, unsigned int kind)
{
	static const char *const commands[] = {"set", "unset", "toggle", "isset", "isnotset"};
	static const char *const tracks[] = {"flow", "src", "dst", "pair"};

	tell("%s %s", what, commands[bits->command]);
	for (unsigned int i = 0; i < bits->n; i++)
		tell("%c%s", i == 0 ? ' ' : '|', rule_set_name(set, kind, bits->names[i]));
	tell(" %s %u", tracks[bits->track], bits->expire_s);
}

static void
tell_flowint(const struct rule_flowint *flowint)
{
	static const char *const commands[] = {
		"=", "+", "-", "<", "<=", "==", "!=", ">=", ">", "isset", "isnotset"};

	tell("flowint %s %s", rule_set_name(set, NAMES_FLOWINTS, flowint->name),
	     commands[flowint->command]);
	if (flowint->other != 0)
		tell(" %s", rule_set_name(set, NAMES_FLOWINTS, flowint->other));
	else
		tell(" %u", flowint->value);
}

static void
tell_sides(const char *what, const struct rule_stream_size *size)
{
	static const char *const sides[] = {"client", "server", "both", "either"};

	tell("%s %s ", what, sides[size->of]);
	tell_range(&size->range);
}

static void
tell_flags(const char *what, const struct rule_flags *flags)
{
	static const char how[] = {'=', '+', '*', '!'};

	tell("%s %c%02x/%02x", what, how[flags->how], flags->flags, flags->ignored);
}

static const char *const ranges[] = {
	[MATCH_BSIZE] = "bsize",       [MATCH_TTL] = "ttl",
	[MATCH_IP_PROTO] = "ip_proto", [MATCH_FRAGOFFSET] = "fragoffset",
	[MATCH_TCP_MSS] = "mss",       [MATCH_ICMP_TYPE] = "itype",
	[MATCH_ICMP_CODE] = "icode",   [MATCH_ICMPV6_MTU] = "mtu",
	[MATCH_DSIZE] = "dsize",       [MATCH_FLOW_AGE] = "age",
	[MATCH_TLS_VERSION] = "tls",   [MATCH_TLS_CERTS_COUNT] = "certs",
	[MATCH_DNS_OPCODE] = "opcode", [MATCH_DNS_RCODE] = "rcode",
	[MATCH_DNS_RRTYPE] = "rrtype", [MATCH_FILE_SIZE] = "filesize",
};

static const char *const numbers[] = {
	[MATCH_IP_ID] = "id",          [MATCH_IP_VERSION] = "version",
	[MATCH_TOS] = "tos",           [MATCH_IPOPTS] = "ipopts",
	[MATCH_SEQ] = "seq",           [MATCH_ACK] = "ack",
	[MATCH_WINDOW] = "window",     [MATCH_ICMP_ID] = "icmp_id",
	[MATCH_ICMP_SEQ] = "icmp_seq",
};

static void
tell_dataset(const char *what, const struct rule_dataset *dataset)
{
	static const char *const commands[] = {"isset", "isnotset", "set", "unset", "rep"};

	tell("%s %s %s", what, dataset_name(dataset->set), commands[dataset->command]);
	if (dataset->command == DATAREP)
		tell_range(&dataset->reputation);
}

static void
tell_match(const struct rule_match *match)
{
	tell("%s", told[0] == '\0' ? "" : "; ");
	if (match->kind < ROWS(ranges) && ranges[match->kind] != NULL) {
		tell("%s ", ranges[match->kind]);
		tell_range(&match->range);
		return;
	}
	if (match->kind < ROWS(numbers) && numbers[match->kind] != NULL) {
		tell("%s %s%u", numbers[match->kind], match->negated ? "!" : "", match->number);
		return;
	}
	switch (match->kind) {
	case MATCH_FRAGBITS:
		tell_flags("fragbits", &match->flags);
		break;
	case MATCH_TCP_FLAGS:
		tell_flags("flags", &match->flags);
		break;
	case MATCH_SAME_IP:
		tell("sameip");
		break;
	case MATCH_DECODE_EVENT:
	case MATCH_STREAM_EVENT:
	case MATCH_L7_EVENT:
		tell("event %s", event_name((enum rule_event)match->event));
		break;
	case MATCH_STREAM_SIZE:
		tell_sides("size", &match->stream_size);
		break;
	case MATCH_FLOW_PACKETS:
		tell_sides("pkts", &match->stream_size);
		break;
	case MATCH_FLOW_BYTES:
		tell_sides("bytes", &match->stream_size);
		break;
	case MATCH_FLOWBITS:
		tell_bits("flowbits", &match->bits, NAMES_FLOWBITS);
		break;
	case MATCH_XBITS:
		tell_bits("xbits", &match->bits, NAMES_XBITS);
		break;
	case MATCH_HOSTBITS:
		tell_bits("hostbits", &match->bits, NAMES_HOSTBITS);
		break;
	case MATCH_FLOWINT:
		tell_flowint(&match->flowint);
		break;
	case MATCH_L7_PROTOCOL:
		tell("l7 %s%u/%u", match->negated ? "!" : "", match->protocol.l7,
		     match->protocol.side);
		break;
	case MATCH_TAG:
		tell("tag %u %d %d", match->tag.count, match->tag.metric, match->tag.of);
		break;
	case MATCH_BYPASS:
		tell("bypass");
		break;
	case MATCH_FILESTORE:
		tell("filestore");
		break;
	case MATCH_FTPBOUNCE:
		tell("ftpbounce");
		break;
	case MATCH_ASN1:
		tell("asn1 %x %u %d", match->asn1.flags, match->asn1.oversize, match->asn1.offset);
		break;
	case MATCH_DATASET:
		tell_dataset("dataset", &match->dataset);
		break;
	case MATCH_IP_SET:
		tell_dataset(match->ip_set.side == 0 ? "source" : "destination", &match->ip_set.of);
		break;
	case MATCH_CONTENT:
		tell("content %s%.*s %x", match->negated ? "!" : "", match->content.size,
		     (const char *)match->content.bytes, match->content.flags);
		break;
	case MATCH_PCRE:
		tell("pcre %s", match->pcre.text);
		break;
	default:
		tell("? %u", match->kind);
		break;
	}
}

/** All of a rule: what is about bytes, about packets and flows, and what is done. */
static void
tell_rule(const struct rule *rule)
{
	told[0] = '\0';
	for (unsigned int i = 0; i < rule->n_lists; i++)
		for (unsigned int k = 0; k < rule->lists[i].n; k++)
			tell_match(&rule->lists[i].matches[k]);
	for (unsigned int i = 0; i < rule->n_packet; i++)
		tell_match(&rule->packet[i]);
	for (unsigned int i = 0; i < rule->n_after; i++)
		tell_match(&rule->after[i]);
	if (rule->no_alert)
		tell("; noalert");
	if (rule->prefilter)
		tell("; prefilter");
	if (rule->flow != 0)
		tell("; flow %x", rule->flow);
}

static const struct {
	const char *proto, *options, *told;
} rights[] = {
	{"ip", "ttl:10", "ttl =10"},
	{"ip", "ttl: < 10", "ttl <10"},
	{"ip", "ttl:>=5", "ttl >=5"},
	{"ip", "ttl:!5", "ttl !5"},
	{"ip", "ttl:5-10", "ttl 5<>10"},
	{"ip", "ttl:5 <> 7", "ttl 5<>7"},
	{"ip", "ip_proto:TCP", "ip_proto =6"},
	{"ip", "ip_proto: ! 6", "ip_proto !6"},
	{"ip", "ip_proto:>5; ip_proto:<9", "ip_proto >5; ip_proto <9"},
	{"ip", "l3_proto:IPv6", "version 6"},
	{"ip", "id:65535", "id 65535"},
	{"ip", "tos:!x1F", "tos !31"},
	{"ip", "tos:8", "tos 8"},
	{"ip", "fragbits:MDR", "fragbits =07/00"},
	{"ip", "fragbits:!M", "fragbits !01/00"},
	{"ip", "fragbits:*M,D", "fragbits *03/00"},
	{"ip", "fragbits:D+", "fragbits =02/00"},
	{"ip", "fragoffset:>0", "fragoffset >0"},
	{"ip", "ipopts:LSRR", "ipopts 131"},
	{"ip", "ipopts:any", "ipopts 4294967295"},
	{"ip", "sameip", "sameip"},
	{"tcp", "flags:S", "flags =02/00"},
	{"tcp", "tcp.flags:SA,12", "flags =12/c0"},
	{"tcp", "flags:S , CE", "flags =02/c0"},
	{"tcp", "flags:+FSRPAUCE", "flags +ff/00"},
	{"tcp", "flags:SA*", "flags *12/00"},
	{"tcp", "flags:!0", "flags !00/00"},
	{"tcp", "flags:S0", "flags =00/00"},
	{"tcp", "flags:0S", "flags =02/00"},
	{"tcp", "seq:4294967295; ack:0", "seq 4294967295; ack 0"},
	{"tcp", "window:!55808", "window !55808"},
	{"tcp", "tcp.window:0", "window 0"},
	{"tcp", "tcp.mss:<536", "mss <536"},
	{"icmp", "itype:8; icode:<15", "itype =8; icode <15"},
	{"icmp", "icmp_id:0; icmp_seq:2216", "icmp_id 0; icmp_seq 2216"},
	{"icmp", "icmpv6.mtu:<1280", "mtu <1280"},
	{"tcp", "dsize:9<>12", "dsize 9<>12"},
	{"ip", "decode-event:IPV4.trunc_pkt", "event ipv4.trunc_pkt"},
	{"pkthdr", "engine-event:decoder.tcp.hlen_too_small", "event tcp.hlen_too_small"},
	{"tcp", "stream-event:3whs_syn_flood", "event 3whs_syn_flood"},
	{"tcp", "stream-event:est_synack_resend_with_different_ack",
	 "event est_synack_resend_with_diff_ack"},
	{"tcp", "app-layer-event:http.MISSING_host_header", "event http.missing_host_header"},
	{"udp", "app-layer-event:dns.not_a_request", "event dns.not_request"},
	{"ip", "app-layer-event:applayer_unexpected_protocol",
	 "event applayer_unexpected_protocol"},
	{"tcp", "flow:Established , from_server", "; flow 6"},
	{"tcp", "flow:to_server; flow:to_server", "; flow 1"},
	{"tcp", "flow:stateless,only_stream,no_frag", "; flow 130"},
	{"tcp", "flowbits:set, a.b", "flowbits set a.b flow 0"},
	{"tcp", "flowbits:isset, a | b|c", "flowbits isset a|b|c flow 0"},
	{"tcp", "flowbits:isnotset,a|", "flowbits isnotset a flow 0"},
	{"tcp", "flowbits:set,a|b", "flowbits set a|b flow 0"},
	{"tcp", "flowbits:toggle,a; flowbits:noalert", "flowbits toggle a flow 0; noalert"},
	{"tcp", "hostbits:unset,a", "hostbits unset a src 0"},
	{"tcp", "hostbits:isset, a, dst", "hostbits isset a dst 0"},
	{"tcp", "xbits:set,a,track ip_pair,expire 60", "xbits set a pair 60"},
	{"tcp", "xbits:isset, a, track  ip_dst", "xbits isset a dst 0"},
	{"tcp", "flowint: aa , + , 1", "flowint aa + 1"},
	{"tcp", "flowint:aa,notset", "flowint aa isnotset 0"},
	{"tcp", "flowint:aa,>=,bb", "flowint aa >= bb"},
	{"tcp", "flowint:aa,==,4294967295", "flowint aa == 4294967295"},
	{"tcp", "stream_size:either, != , 5", "size either !5"},
	{"tcp", "stream_size:server,<,4294967295", "size server <4294967295"},
	{"tcp", "flow.age:>20", "age >20"},
	{"tcp", "flow.pkts:either,=10", "pkts either =10"},
	{"tcp", "flow.bytes_toclient:>3000", "bytes server >3000"},
	{"tcp", "app-layer-protocol:! tls; app-layer-protocol:!http2", "l7 !3/0; l7 !10/0"},
	{"tcp", "app-layer-protocol:http,to_server", "l7 2/1"},
	{"tcp", "app-layer-protocol:failed", "l7 1/0"},
	{"tcp", "app-layer-protocol:http1,to_server; app-layer-protocol:ssh,to_client",
	 "l7 2/1; l7 5/2"},
	{"tcp", "bypass", "bypass"},
	{"tcp", "tag:session", "tag 256 0 0"},
	{"tcp", "tag:host, 600, seconds, dst", "tag 600 1 2"},
	{"tcp", "tag:session,5,bytes,src", "tag 5 2 0"},
	{"tcp", "ttl:5; prefilter", "ttl =5; prefilter"},
	{"tcp", "content:\"a\"; content:\"b\"; prefilter; content:\"c\"",
	 "content a 0; content b 40; content c 0"},
	{"tls", "tls.version:1.2", "tls =771"},
	{"tcp", "tls.version:0x7f12", "tls =32530"},
	{"tcp", "ssl_version:SSLv3", "tls =768"},
	{"tcp", "ssl_version:tls1.0, tls1.1,", "tls 768<>771"},
	{"tcp", "ssl_version:tls1.0,tls1.2", "tls 768<>772; tls !770"},
	{"tcp", "ssl_version:!tls1.3,tls1.2", "tls !771; tls !772"},
	{"tcp", "tls.cert_chain_len:1<>3", "bsize >=0; certs 1<>3"},
	{"tcp", "tls.subject:!\"CN=a|41|\"", "content !CN=a|41| 2"},
	{"udp", "dns.opcode:!4; dns.rcode:3; dns.rrtype:>16", "opcode !4; rcode =3; rrtype >16"},
	{"tcp", "ssh.protoversion:2.0", "content 2.0 600"},
	{"tcp", "ssh.protoversion:2_compat", "pcre ^(?:2|2\\.0|1\\.99)$"},
	{"tcp", "ssh.softwareversion:\"OpenSSH\"", "content OpenSSH 0"},
	{"tcp", "filename:!\"A|42|c\"", "content !abc 3"},
	{"tcp", "fileext:\"EXE\"", "content .exe 401"},
	{"tcp", "filesize:<70", "filesize <70"},
	{"tcp", "filesize:18446744073709551615", "filesize =18446744073709551615"},
	{"tcp", "filestore:request,file", "filestore"},
	{"tcp", "ftpbounce", "ftpbounce"},
	{"tcp",
	 "asn1:double_overflow, bitstring_overflow, relative_offset -5, oversize_length 2048",
	 "asn1 f 2048 -5"},
	{"http", "http.user_agent; dataset:isset, ua, type string", "dataset ua isset; flow 1"},
	{"http", "http.user_agent; datarep:ua,>,200,type string", "dataset ua rep>200; flow 1"},
	{"ip",
	 "ip.src; dataset:isnotset,a,type ip; dataset:set,b,type ipv4; ip.dst; "
	 "datarep:c,==,1,type ip",
	 "source a isnotset; source b set; destination c rep=1"},
};

START_TEST(test_right)
{
	const struct rule *rule = read_rule(rights[_i].proto, rights[_i].options);

	ck_assert_msg(rule != NULL, "%s: %s", rights[_i].options,
		      rule != NULL ? "" : set->faults[0].why);
	tell_rule(rule);
	ck_assert_msg(strcmp(told, rights[_i].told) == 0, "%s: %s", rights[_i].options, told);
}
END_TEST

static const struct {
	const char *proto, *options;
} wrongs[] = {
	{"ip", "ttl:256"},
	{"ip", "ttl:>255"},
	{"ip", "ttl:<0"},
	{"ip", "ttl:7-5"},
	{"ip", "ttl:5<>6"},
	{"ip", "ttl:5-"},
	{"ip", "ttl:-1"},
	{"ip", "ttl"},
	{"ip", "ttl:5 6"},
	{"tcp", "ip_proto:6"},
	{"ip", "ip_proto:zork"},
	{"ip", "ip_proto:300"},
	{"ip", "ip_proto:5; ip_proto:6"},
	{"ip", "ip_proto:>9; ip_proto:<5"},
	{"ip", "l3_proto:ip"},
	{"ip", "id:65536"},
	{"ip", "id:>5"},
	{"ip", "tos:256"},
	{"ip", "tos:0x10"},
	{"ip", "tos:x100"},
	{"ip", "tos:>5"},
	{"ip", "fragbits:X"},
	{"ip", "fragbits:+"},
	{"ip", "fragbits:!+M"},
	{"ip", "ipopts:rr,ts"},
	{"ip", "geoip:US"},
	{"ip", "ip.src; content:\"a\""},
	{"tcp", "flags:f"},
	{"tcp", "flags:S A"},
	{"tcp", "flags:,12"},
	{"tcp", "flags:S,"},
	{"tcp", "flags:S,0"},
	{"tcp", "flags:S,12,1"},
	{"tcp", "flags:+"},
	{"tcp", "flags:!S+"},
	{"tcp", "seq:4294967296"},
	{"tcp", "window:>5"},
	{"tcp", "tcp.mss:65536"},
	{"icmp", "itype:256"},
	{"icmp", "icmp_id:!5"},
	{"tcp", "dsize:5; dsize:6"},
	{"tcp", "decode-event:zork"},
	{"tcp", "decode-event:3whs_syn_flood"},
	{"tcp", "stream-event:stream.3whs_syn_flood"},
	{"tcp", "engine-event:3whs_syn_flood"},
	{"tcp", "app-layer-event:http.zork"},
	{"tcp", "app-layer-event:modbus.flooded"},
	{"tcp", "app-layer-event:zork"},
	{"tcp", "app-layer-event:http.missing_host_header; tls.sni; content:\"a\""},
	{"tcp", "flow:zork"},
	{"tcp", "flow:established,"},
	{"tcp", "flow:established,established"},
	{"tcp", "flow:established,not_established"},
	{"tcp", "flow:to_server,from_server"},
	{"tcp", "flow:established; flow:to_server"},
	{"tcp", "flow:only_stream; ttl:5"},
	{"tcp", "flowbits:set"},
	{"tcp", "flowbits:set,"},
	{"tcp", "flowbits:SET,a"},
	{"tcp", "flowbits:set,a b"},
	{"tcp", "flowbits:noalert,a"},
	{"tcp", "hostbits:set,a,both"},
	{"tcp", "xbits:set,a"},
	{"tcp", "xbits:set,a,track zork"},
	{"tcp", "xbits:set,a,track ip_src,expire 0"},
	{"tcp", "xbits:set,a,expire 5,track ip_src"},
	{"tcp", "xbits:noalert"},
	{"tcp", "flowint:aa"},
	{"tcp", "flowint:aa,+"},
	{"tcp", "flowint:a,+,1"},
	{"tcp", "flowint:aa,*,1"},
	{"tcp", "flowint:aa,+,4294967296"},
	{"tcp", "flowint:aa,+,-1"},
	{"tcp", "stream_size:server,==,5"},
	{"tcp", "stream_size:any,<,5"},
	{"tcp", "stream_size:server,<,4294967296"},
	{"tcp", "stream_size:server,<,5,x"},
	{"tcp", "flow.pkts:>5"},
	{"tcp", "app-layer-protocol:zork"},
	{"tcp", "app-layer-protocol:modbus"},
	{"tcp", "app-layer-protocol:http; app-layer-protocol:!tls"},
	{"tcp", "app-layer-protocol:http,to_server; app-layer-protocol:tls,to_server"},
	{"tcp", "http.uri; content:\"a\"; app-layer-protocol:!tls"},
	{"tcp", "tag:session,5"},
	{"tcp", "tag:host,src"},
	{"tcp", "tag:session,4294967296,packets"},
	{"tcp", "tag:host,5,packets,any"},
	{"tcp", "prefilter"},
	{"tcp", "pcre:\"/a/\"; prefilter"},
	{"tcp", "tls.version:1.4"},
	{"tcp", "tls.version:!1.2"},
	{"tcp", "ssl_version:tls1.0,tls1.0"},
	{"tcp", "ssl_version:tls1.0,!tls1.1"},
	{"tcp", "ssl_version:1.2"},
	{"tcp", "tls.subject:CN=a"},
	{"tcp", "tls.fingerprint:\"aa:bb\""},
	{"tcp", "dns.opcode:256"},
	{"tcp", "ssh.protoversion:a"},
	{"tcp", "filename:\"\""},
	{"tcp", "filesize:18446744073709551616"},
	{"tcp", "filemd5:there_is_no_such_file"},
	{"tcp", "asn1:zork"},
	{"tcp", "asn1:oversize_length"},
	{"tcp", "asn1:absolute_offset -5"},
	{"tcp", "dataset:set,a,type string"},
	{"tcp", "content:\"a\"; dataset:set,a,type string"},
	{"http", "http.uri; dataset:set,a,type zork"},
	{"http", "http.uri; dataset:zork,a,type string"},
	{"http", "http.uri; dataset:isset,a b,type string"},
	{"http", "http.uri; dataset:isset,a,type string,load there_is_no_such_file"},
	{"http", "http.uri; dataset:isset,a,type string; dataset:isset,a,type md5"},
	{"http", "http.uri; datarep:a,>=,200,type string"},
	{"tcp", "threshold:type limit,track by_src,count 1,seconds 1; "
		"detection_filter:track by_src,count 1,seconds 1"},
};

START_TEST(test_wrong)
{
	ck_assert_msg(read_rule(wrongs[_i].proto, wrongs[_i].options) == NULL, "%s",
		      wrongs[_i].options);
	ck_assert_str_ne(set->faults[0].why, "");
	ck_assert_uint_gt(set->faults[0].column, 1);
}
END_TEST

START_TEST(test_names_are_shared)
{
	const struct rule *rule =
		read_rule("tcp", "flowbits:isset,b|a; flowbits:set,a; flowbits:unset,b");

	ck_assert_ptr_nonnull(rule);
	ck_assert_uint_eq(rule_set_names(set, NAMES_FLOWBITS), 2);
	ck_assert_uint_eq(rule->packet[0].bits.names[1], rule->after[0].bits.names[0]);
	ck_assert_uint_eq(rule->packet[0].bits.names[0], rule->after[1].bits.names[0]);
}
END_TEST

/** Segments by their flags: none, S, SA, A, F, FA, PA, R, RA, U, SEC, SE, C, FSRPAU, SP. */
static const uint8_t segments[] = {0x00, 0x02, 0x12, 0x10, 0x01, 0x11, 0x18, 0x04,
				   0x14, 0x20, 0xc2, 0x42, 0x80, 0x3f, 0x0a};

/** Which of them rules hold for, as Suricata has it. */
static const struct {
	const char *options, *held;
} flags[] = {
	{"flags:S", ".x............."},    {"flags:+SA", "..x..........x."},
	{"flags:*SA", ".xx.......xx.xx"},  {"flags:!S", "....xx.xx......"},
	{"flags:!SA", ".x..xx.xx.xx..x"},  {"flags:!A", "xx..x..x.xxxx.x"},
	{"flags:0", "x.............."},    {"flags:+0", "x.............."},
	{"flags:!0", ".xxxxxxxxxxxxxx"},   {"flags:*0", "..............."},
	{"flags:S,12", ".x........xx..."}, {"flags:!S,12", "....xx.xx......"},
	{"flags:S,U", ".x............."},  {"flags:SP,P", "..............."},
	{"flags:A,S", "..xx..........."},  {"flags:*12", "..........xxx.."},
	{"flags:1", "............x.."},    {"flags:0,12", "x.............."},
	{"flags:!U", "..........xxx.."},   {"flags:!PA", "xxxxxx.xxxxxx.x"},
	{"flags:*FA", "..x.xx..x....x."},  {"flags:*FS", ".xx.......xx.xx"},
	{"flags:*SU", "..........xx.x."},  {"flags:!SU", "..........xx..."},
};

START_TEST(test_flags)
{
	const struct rule *rule = read_rule("tcp", flags[_i].options);

	ck_assert_ptr_nonnull(rule);
	for (unsigned int i = 0; i < sizeof(segments); i++)
		ck_assert_msg(flags_hold(&rule->packet[0].flags, segments[i]) ==
				      (flags[_i].held[i] == 'x'),
			      "%s: %02x", flags[_i].options, segments[i]);
}
END_TEST

START_TEST(test_hashes)
{
	static const char text[] = "# a comment\n\n"
				   "d41d8cd98f00b204e9800998ecf8427e\n"
				   "00000000000000000000000000000001  name\r\n";
	const uint8_t none[16] = {0}, one[16] = {[15] = 1};
	char name[] = "/tmp/test_keyword_XXXXXX", options[64];
	const struct rule *rule;
	int fd = mkstemp(name);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	/* It is found in the folder of the configuration. */
	snprintf(options, sizeof(options), "filemd5:!%s", strrchr(name, '/') + 1);
	rule = read_rule("tcp", options);
	unlink(name);
	ck_assert_ptr_nonnull(rule);
	ck_assert_uint_eq(rule->packet[0].kind, MATCH_FILE_HASH);
	ck_assert(rule->packet[0].negated);
	ck_assert_int_eq(hashes_kind(rule->packet[0].hashes), HASHES_MD5);
	ck_assert(hashes_has(rule->packet[0].hashes, one));
	ck_assert(!hashes_has(rule->packet[0].hashes, none));
}
END_TEST

START_TEST(test_hashes_that_are_none)
{
	static const char *const texts[] = {"zork\n", "d41d8cd98f00b204e9800998ecf8427\n",
					    "d41d8cd98f00b204e9800998ecf8427e0\n"};
	char name[] = "/tmp/test_keyword_XXXXXX", options[64];
	int fd = mkstemp(name);
	ssize_t size = (ssize_t)strlen(texts[_i]);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, texts[_i], (size_t)size), size);
	close(fd);
	snprintf(options, sizeof(options), "filemd5:%s", name);
	ck_assert_ptr_null(read_rule("tcp", options));
	unlink(name);
	ck_assert_str_eq(set->faults[0].why, "filemd5: line 1 is no hash of 16 bytes");
}
END_TEST

START_TEST(test_every_event_has_its_name)
{
	for (unsigned int i = EVENT_NONE + 1; i < RULE_EVENTS; i++) {
		const char *name = event_name((enum rule_event)i);

		ck_assert_ptr_nonnull(name);
		ck_assert_uint_eq(event_decode(name), i < EVENT_FIRST_STREAM ? i : EVENT_NONE);
		if (i >= EVENT_FIRST_STREAM)
			ck_assert_uint_eq(event_stream(name), i < EVENT_FIRST_L7 ? i : EVENT_NONE);
		if (i >= EVENT_FIRST_L7)
			ck_assert_uint_eq(event_l7(name), i);
	}
	ck_assert_ptr_null(event_name(EVENT_NONE));
	ck_assert_ptr_null(event_name(RULE_EVENTS));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("keyword");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, test_right, 0, ROWS(rights));
	tcase_add_loop_test(tcase, test_wrong, 0, ROWS(wrongs));
	tcase_add_test(tcase, test_names_are_shared);
	tcase_add_loop_test(tcase, test_flags, 0, ROWS(flags));
	tcase_add_test(tcase, test_hashes);
	tcase_add_loop_test(tcase, test_hashes_that_are_none, 0, 3);
	tcase_add_test(tcase, test_every_event_has_its_name);
	return unit_main("keyword", tcase);
}
