/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/rule/: what is read of rules, and why some are not. What is right and what is wrong
 * was asked of Suricata 7.0.10. */

#include <errno.h>
#include <string.h>

#include "rule/set.h"
#include "rule/vars.h"
#include "rule_text.h"
#include "unit.h"

static struct vars *vars;

static struct rule_set *
read_all(const char *text)
{
	struct rule_set_conf conf = {0};
	struct rule_set *set;

	vars = vars_create();
	ck_assert_ptr_nonnull(vars);
	ck_assert_int_eq(vars_defaults(vars), 0);
	conf.vars = vars;
	ck_assert_int_eq(rule_set_create(&conf, &set), 0);
	ck_assert_int_eq(rule_set_read_text(set, "test.rules", text, strlen(text)), 0);
	ck_assert_int_eq(rule_set_finish(set), 0);
	return set;
}

static void
drop(struct rule_set *set)
{
	rule_set_destroy(set);
	vars_destroy(vars);
}

static struct rule_set *
read_options(const char *options)
{
	char text[2048];

	snprintf(text, sizeof(text), "alert tcp any any -> any any (%s sid:1;)", options);
	return read_all(text);
}

/** Options, and the conditions on bytes that they make. */
static const struct {
	const char *options, *lists;
} good[] = {
	{"", ""},
	/* Contents. */
	{"content:\"abc\";", "pkt_data{'abc'}"},
	{"content:!\"a|62 63,64|e|0D0a|\";", "pkt_data{!'abcde<0d><0a>'}"},
	{"content:\"a\\;b\\:c\\\\d\\\"e\";", "pkt_data{'a;b:c\\d\"e'}"},
	{"content : \"A b\" ; nocase;", "pkt_data{'a b' nocase}"},
	{"content:\"abc\"; offset:2; depth:4;", "pkt_data{'abc' offset=2 depth=4}"},
	{"content:\"abc\"; startswith; endswith; endswith;", "pkt_data{'abc' starts ends}"},
	{"content:\"a\"; content:\"bc\"; distance:-2; within:6;",
	 "pkt_data{'a'; 'bc' distance=-2 within=6}"},
	{"content:\"abc\"; distance:0;", "pkt_data{'abc' distance=0}"},
	{"content:\"abc\"; rawbytes;", "pkt_data{'abc' raw}"},
	{"content:\"abc\"; fast_pattern; content:\"d\";", "pkt_data{'abc' fast; 'd'}"},
	{"content:\"abc\"; fast_pattern:only;", "pkt_data{'abc' fast only}"},
	{"content:\"abc\"; fast_pattern:1,2;", "pkt_data{'abc' fast chop=1,2}"},
	/* Buffers in front. */
	{"http.uri; content:\"a\"; content:\"b\"; http.host; content:\"c\";",
	 "http.uri{'a'; 'b'} http.host{'c'}"},
	{"file_data; content:\"a\"; pkt_data; content:\"b\";", "file.data{'a'} pkt_data{'b'}"},
	{"http.uri; content:\"a\"; http.host; content:\"b\"; http.uri; content:\"c\";",
	 "http.uri{'a'; 'c'} http.host{'b'}"},
	{"dns.query; content:\"a\"; dns.query; content:\"b\";", "dns.query{'a'} dns.query{'b'}"},
	{"http.uri; content:\"a\"; http.uri;", "http.uri{'a'}"},
	{"http.uri; content:\"A\"; http.uri; nocase; content:\"b\";", "http.uri{'a' nocase; 'b'}"},
	{"HTTP.URI; bsize:<5;", "http.uri{size 2 5}"},
	/* Words behind. */
	{"content:\"a\"; http_uri;", "http.uri{'a'}"},
	{"content:\"a\"; nocase; http_uri; depth:1;", "http.uri{'a' nocase depth=1}"},
	{"content:\"a\"; content:\"b\"; within:9; http_uri; content:\"c\";",
	 "pkt_data{'a'; 'c'} http.uri{'b' within=9}"},
	{"uricontent:\"a\"; content:\"b\";", "pkt_data{'b'} http.uri{'a'}"},
	{"content:\"a\"; pcre:\"/b/\"; nocase;", "pkt_data{'a' nocase; /b/0}"},
	{"urilen:5; content:\"a\"; http_uri;", "http.uri{size 0 5; 'a'}"},
	{"urilen:>5,raw;", "http.uri.raw{size 3 5}"},
	{"tls.cert_serial; content:\"0a:1b\";", "tls.cert_serial{'0A:1B'}"},
	/* Transforms. */
	{"http.uri; to_lowercase; content:\"a\";", "http.uri[1]{'a'}"},
	{"http.uri; url_decode; to_lowercase; content:\"a\"; http.uri; content:\"b\";",
	 "http.uri[2]{'a'} http.uri{'b'}"},
	{"http.uri; content:\"a\"; to_md5; content:\"b\";", "http.uri{'a'} http.uri[1]{'b'}"},
	/* Expressions. */
	{"pcre:\"/a\\/b\\;c/i\";", "pkt_data{/a\\/b\\;c/4}"},
	{"content:\"a\"; pcre:!\"/^b$/Rsm\";", "pkt_data{'a'; !/^b$/19}"},
	{"pcre:\"/a/U\"; pcre:\"/b/Hi\";", "http.uri{/a/0} http.header{/b/4}"},
	{"http.uri; content:\"a\"; pcre:\"/b/U\";", "http.uri{'a'; /b/0}"},
	{"file.data; pcre:\"/b/Q\";", "file.data{/b/0}"},
	{"pcre:\"/(a)(b)/, flow:x, pkt:y\";", "pkt_data{/(a)(b)/0 flow:x=1 pkt:y=2}"},
	{"pcre:\"/(?P<flow_x>a)/\";", "pkt_data{/(?P<flow_x>a)/0 flow:x=1}"},
	/* Numbers. */
	{"byte_test:2,!>,0x10,-3,relative,little;",
	 "pkt_data{test flags=b op=2 n=2 offset=-3 value=16 post=0 mask=0 mul=0 base=0 align=0 "
	 "result=0}"},
	{"byte_test:0,=,0,0,string,dec;",
	 "pkt_data{test flags=4 op=0 n=0 offset=0 value=0 post=0 mask=0 mul=0 base=10 align=0 "
	 "result=0}"},
	{"byte_test:4,&,1,0,bitmask 0xff00;",
	 "pkt_data{test flags=0 op=5 n=4 offset=0 value=1 post=0 mask=ff00 mul=0 base=0 align=0 "
	 "result=0}"},
	{"byte_jump:4,0,relative,multiplier 2,align,post_offset -7;",
	 "pkt_data{jump flags=91 op=0 n=4 offset=0 value=0 post=-7 mask=0 mul=2 base=0 align=0 "
	 "result=0}"},
	{"byte_extract:1,2,n; content:\"a\"; offset:n; isdataat:!n,relative;",
	 "pkt_data{extract flags=0 op=0 n=1 offset=2 value=0 post=0 mask=0 mul=0 base=0 align=0 "
	 "result=0; 'a' offset=v0; !data at=v0 relative}"},
	{"byte_extract:1,2,n; byte_math:bytes n, offset 1, oper <<, rvalue n, result m; "
	 "byte_test:1,=,m,0;",
	 "pkt_data{extract flags=0 op=0 n=1 offset=2 value=0 post=0 mask=0 mul=0 base=0 align=0 "
	 "result=0; math flags=0 op=11 n=v0 offset=1 value=v0 post=0 mask=0 mul=0 base=0 align=0 "
	 "result=1; test flags=0 op=0 n=1 offset=0 value=v1 post=0 mask=0 mul=0 base=0 align=0 "
	 "result=0}"},
	/* Others. */
	{"isdataat:!5;", "pkt_data{!data at=5}"},
	{"content:!\"a\"; isdataat:!1,relative;", "pkt_data{!'a' ends}"},
	{"content:\"b\"; http_uri; content:!\"a\"; nocase; http_uri; "
	 "isdataat:!1,relative,rawbytes;",
	 "http.uri{'b'; !'a' nocase ends}"},
	{"content:!\"a\"; isdataat:!2,relative;", "pkt_data{!'a'; !data at=2 relative}"},
	{"content:!\"a\"; isdataat:!1;", "pkt_data{!'a'; !data at=1}"},
	{"content:\"a\"; isdataat:!1,relative;", "pkt_data{'a'; !data at=1 relative}"},
	{"http.uri; absent; http.host; absent:or_else; content:\"a\";",
	 "http.uri{absent 0} http.host{absent 1; 'a'}"},
	{"base64_decode:bytes 12, offset 1, relative; base64_data; content:\"a\";",
	 "pkt_data{base64 12 1 1} base64_data{'a'}"},
};

START_TEST(test_options_become_conditions)
{
	struct rule_set *set = read_options(good[_i].options);
	struct rule_text text = {.used = 0};

	if (set->n_faults != 0)
		ck_abort_msg("%s: %s", good[_i].options, set->faults[0].why);
	ck_assert_uint_eq(set->n, 1);
	rule_text_lists(&text, set->rules[0]);
	ck_assert_str_eq(text.text, good[_i].lists);
	drop(set);
}
END_TEST

/** Rules that cannot be used, where, and why. */
static const struct {
	const char *rule;
	unsigned int column;
	const char *why;
} bad[] = {
	{"alert", 6, "the header needs"},
	{"log tcp any any -> any any (sid:1;)", 1, "'log' is no action"},
	{"alert foo any any -> any any (sid:1;)", 7, "'foo' is no protocol"},
	{"alert http2 any any -> any any (sid:1;)", 7, "protocol 'http2' is not supported"},
	{"alert tcp any any <- any any (sid:1;)", 19, "'<-' is no direction"},
	{"alert http any any => any any (http.uri; content:\"a\"; sid:1;)", 1,
	 "needs conditions on requests and on answers"},
	{"alert http any any => any any (http.uri; content:\"a\"; http.header; content:\"b\"; "
	 "sid:1;)",
	 55, "it is found in both directions"},
	{"alert http any any => any any (http.uri; content:\"a\"; http.stat_code; content:\"b\"; "
	 "flow:to_client; sid:1;)",
	 1, "both directions"},
	{"alert http any any -> any any (http.header: to_client; content:\"a\"; sid:1;)", 32,
	 "only a rule of '=>'"},
	{"alert http any any => any any (http.header: to_all; content:\"a\"; sid:1;)", 32,
	 "neither to_server nor to_client"},
	{"alert http any any => any any (http.stat_code; content:\"a\"; filesize:>5; sid:1;)", 61,
	 "of which direction"},
	{"alert http any any => any any (content:\"a\"; http.stat_code; content:\"b\"; sid:1;)", 32,
	 "of no request or answer"},
	{"alert tcp [1.2.3.4 any -> any any (sid:1;)", 11, "a ']' is missing"},
	{"alert tcp $NOPE any -> any any (sid:1;)", 11, "$NOPE"},
	{"alert tcp any any -> any any ()", 30, "there are no options"},
	{"alert tcp any any -> any any (msg:\"a\";)", 1, "the rule has no 'sid'"},
	{"alert tcp any any -> any any (sid:1; sid:2;)", 38, "sid: it is there twice"},
	{"alert tcp any any -> any any (sid:0;)", 31, "sid: 0 is not within 1"},
	{"alert tcp any any -> any any (sid:1)", 31, "a ';' is missing"},
	{"alert tcp any any -> any any (sid:1; frob;)", 38, "keyword 'frob' is not known"},
	{"alert tcp any any -> any any (sid:1; lua:a;)", 38, "keyword 'lua' is not supported"},
	{"alert tcp any any -> any any (sid:1; content;)", 38, "'content' needs a value"},
	{"alert tcp any any -> any any (sid:1; nocase:1;)", 38, "'nocase' has no value"},
	{"alert tcp any any -> any any (sid:1; nocase;)", 38, "needs a content"},
	{"alert tcp any any -> any any (sid:1; content:\"a;b\";)", 38, "a quote is missing"},
	{"alert tcp any any -> any any (sid:1; content:abc;)", 38, "in double quotes"},
	{"alert tcp any any -> any any (sid:1; content:\"\";)", 38, "it has no bytes"},
	{"alert tcp any any -> any any (sid:1; content:\"|4|\";)", 38, "digit is missing"},
	{"alert tcp any any -> any any (sid:1; content:\"|4g|\";)", 38, "no hexadecimal digit"},
	{"alert tcp any any -> any any (sid:1; content:\"|41\";)", 38, "a '|' is missing"},
	{"alert tcp any any -> any any (sid:1; content:\"\\a\";)", 38, "a backslash"},
	{"alert tcp any any -> any any (sid:1; content:\"abc\"; depth:2;)", 53, "3 bytes"},
	{"alert tcp any any -> any any (sid:1; content:\"abc\"; within:2;)", 53, "3 bytes"},
	{"alert tcp any any -> any any (sid:1; content:\"a\"; depth:2; within:2;)", 60,
	 "does not go together"},
	{"alert tcp any any -> any any (sid:1; content:\"a\"; within:2; offset:2;)", 61,
	 "does not go together"},
	{"alert tcp any any -> any any (sid:1; content:\"a\"; startswith; depth:2;)", 63,
	 "does not go together"},
	{"alert tcp any any -> any any (sid:1; content:\"a\"; offset:n;)", 51, "variable"},
	{"alert tcp any any -> any any (sid:1; content:\"abc\"; fast_pattern:2,2;)", 53,
	 "but 3 bytes"},
	{"alert tcp any any -> any any (sid:1; content:\"a\"; fast_pattern; content:\"b\"; "
	 "fast_pattern;)",
	 78, "another content"},
	{"alert tcp any any -> any any (sid:1; content:!\"a\"; fast_pattern; depth:1;)", 66,
	 "does not go together"},
	{"alert tcp any any -> any any (sid:1; content:\"a\"; replace:\"b\";)", 51,
	 "not supported"},
	{"alert http any any -> any any (sid:1; http.uri; content:\"a\"; http_uri;)", 62,
	 "set already"},
	{"alert http any any -> any any (sid:1; http_uri;)", 39, "needs a content"},
	{"alert http any any -> any any (sid:1; http.uri;)", 39, "nothing is asked"},
	{"alert http any any -> any any (sid:1; http.uri; http.host; content:\"a\";)", 49,
	 "nothing is asked"},
	{"alert dns any any -> any any (sid:1; http.uri; content:\"a\";)", 38, "of http"},
	{"alert http any any -> any any (sid:1; http.uri; content:\"a\"; http.stat_code; "
	 "content:\"b\";)",
	 62, "the other direction"},
	{"alert http any any -> any any (sid:1; flow:to_client; http.uri; content:\"a\";)", 55,
	 "the other direction"},
	{"alert http any any -> any any (sid:1; http.header.raw; content:\"a\";)", 39,
	 "which direction"},
	{"alert http any any -> any any (sid:1; content:\"a\"; to_md5;)", 52,
	 "must follow a buffer's name"},
	{"alert http any any -> any any (sid:1; http.host; content:\"A\";)", 39, "lower case"},
	{"alert http any any -> any any (sid:1; http.method; content:\"GET \";)", 39,
	 "white space"},
	{"alert tls any any -> any any (sid:1; ja3.hash; content:\"abc\";)", 38, "32 characters"},
	{"alert http any any -> any any (sid:1; http.uri; content:\"abc\"; bsize:2;)", 39,
	 "need more bytes"},
	{"alert tcp any any -> any any (sid:1; dsize:2; content:\"abc\";)", 47, "need more bytes"},
	{"alert dns any any -> any any (sid:1; file.data; content:\"a\";)", 38, "no files"},
	{"alert http any any -> any any (sid:1; dsize:2; http.uri; content:\"a\";)", 39,
	 "what is asked of packets"},
	{"alert tcp-stream any any -> any any (sid:1; dsize:2; content:\"a\";)", 45,
	 "what is asked of packets"},
	{"alert tcp any any -> any any (sid:1; pcre:\"abc\";)", 38, "between slashes"},
	{"alert tcp any any -> any any (sid:1; pcre:\"/abc\";)", 38, "slash behind"},
	{"alert tcp any any -> any any (sid:1; pcre:\"/abc/K\";)", 38, "'K'"},
	{"alert tcp any any -> any any (sid:1; pcre:\"/abc/UH\";)", 38, "two buffers"},
	{"alert tcp any any -> any any (sid:1; pcre:\"/abc/R\";)", 38, "relative to"},
	{"alert http any any -> any any (sid:1; http.uri; pcre:\"/abc/H\";)", 49, "set already"},
	{"alert tcp any any -> any any (sid:1; byte_test:9,=,1,0;)", 38, "8 bytes"},
	{"alert tcp any any -> any any (sid:1; byte_test:4,%,1,0;)", 38, "no operator"},
	{"alert tcp any any -> any any (sid:1; byte_test:4,=,1,0,hex;)", 38, "'string'"},
	{"alert tcp any any -> any any (sid:1; byte_test:4,=,1;)", 38, "4 values"},
	{"alert tcp any any -> any any (sid:1; byte_jump:4,0,from_beginning,from_end;)", 38,
	 "from_end"},
	{"alert tcp any any -> any any (sid:1; byte_math:bytes 4, offset 0, oper %, rvalue 1, "
	 "result r;)",
	 38, "no operator"},
	{"alert tcp any any -> any any (sid:1; byte_math:bytes 4, offset 0, oper +, rvalue r, "
	 "result r;)",
	 38, "variable"},
	{"alert tcp any any -> any any (sid:1; content:\"a\"; bsize:5;)", 51, "needs a buffer"},
	{"alert tcp any any -> any any (sid:1; base64_data; content:\"a\";)", 38, "base64_decode"},
	{"alert tcp any any -> any any (sid:1; target:me;)", 38, "no target"},
	{"alert tcp any any -> any any (sid:1; msg:\"\xff\";)", 1, "UTF-8"},
};

START_TEST(test_faults_say_where_and_why)
{
	struct rule_set *set = read_all(bad[_i].rule);

	if (set->n_faults != 1)
		ck_abort_msg("%s: %u faults", bad[_i].rule, set->n_faults);
	if (strstr(set->faults[0].why, bad[_i].why) == NULL)
		ck_abort_msg("%s: %s", bad[_i].rule, set->faults[0].why);
	ck_assert_uint_eq(set->n, 0);
	ck_assert_msg(set->faults[0].column == bad[_i].column, "%s: column %u", bad[_i].rule,
		      set->faults[0].column);
	ck_assert_uint_eq(set->faults[0].line, 1);
	ck_assert_str_eq(set->faults[0].file, "test.rules");
	ck_assert_str_eq(set->faults[0].text, bad[_i].rule);
	drop(set);
}
END_TEST

START_TEST(test_fault_tells_sid_and_hint)
{
	struct rule_set *set = read_all("# one\n\nalert tcp any any -> any any (cntent:\"a\"; "
					"sid:77;)\n");

	ck_assert_uint_eq(set->n_faults, 1);
	ck_assert_uint_eq(set->faults[0].line, 3);
	ck_assert_uint_eq(set->faults[0].sid, 77);
	ck_assert_str_eq(set->faults[0].hint, "is it 'content'?");
	drop(set);
}
END_TEST

/** Files as they come, and the lines that their rules begin at; sids are 1, 2, ... */
static const struct {
	const char *text;
	unsigned int lines[3];
} files[] = {
	{"", {0}},
	{"# alert tcp any any -> any any (sid:1;)\n \t\n;x\n", {0}},
	{"alert tcp any any -> any any (sid:1;)", {1}},
	{"\xef\xbb\xbf"
	 "alert tcp any any -> any any (sid:1;)\r\n\r\nalert udp any any -> any any (sid:2;)\r\n",
	 {1, 3}},
	{"alert tcp any any -> any any (\\\n  content:\"a\"; \\ \r\n  sid:1;)\n#\n"
	 "alert tcp any any -> any any (sid:2;) # \\\n",
	 {1, 0}},
	{"# no \\\nalert tcp any any -> any any (sid:1;)", {2}},
	{"alert tcp [1.1.1.1, 2.2.2.2]  any -> any [80, 90] (sid:1;)\n", {1}},
	{"ALERT\tTCP ANY ANY <> any any ( sid : 1 ; )\n", {1}},
};

START_TEST(test_files_become_rules)
{
	struct rule_set *set = read_all(files[_i].text);
	unsigned int n = 0;

	while (n < 3 && files[_i].lines[n] != 0)
		n++;
	ck_assert_uint_eq(set->n, n);
	for (unsigned int i = 0; i < n; i++) {
		ck_assert_uint_eq(set->rules[i]->sid, i + 1);
		ck_assert_uint_eq(set->rules[i]->line, files[_i].lines[i]);
		ck_assert_uint_eq(set->rules[i]->number, i);
	}
	drop(set);
}
END_TEST

/** Headers, and what is read of them. */
static const struct {
	const char *header;
	enum rule_action action;
	unsigned int reject;
	enum rule_proto proto;
	enum rule_scope scope;
	unsigned int version;
	enum rule_l7 l7;
} headers[] = {
	{"alert tcp", RULE_ALERT, 0, RULE_TCP, RULE_PACKETS_AND_STREAM, 0, RULE_L7_UNKNOWN},
	{"pass tcp-pkt", RULE_PASS, 0, RULE_TCP, RULE_PACKETS, 0, RULE_L7_UNKNOWN},
	{"drop tcp-stream", RULE_DROP, 0, RULE_TCP, RULE_STREAM, 0, RULE_L7_UNKNOWN},
	{"reject ip", RULE_REJECT, 1, RULE_ANY, RULE_PACKETS_AND_STREAM, 0, RULE_L7_UNKNOWN},
	{"rejectsrc ipv4", RULE_REJECT, 1, RULE_ANY, RULE_PACKETS_AND_STREAM, 4, RULE_L7_UNKNOWN},
	{"rejectdst ip6", RULE_REJECT, 2, RULE_ANY, RULE_PACKETS_AND_STREAM, 6, RULE_L7_UNKNOWN},
	{"rejectboth icmpv6", RULE_REJECT, 3, RULE_ICMP, RULE_PACKETS_AND_STREAM, 6,
	 RULE_L7_UNKNOWN},
	{"alert pkthdr", RULE_ALERT, 0, RULE_PKTHDR, RULE_PACKETS_AND_STREAM, 0, RULE_L7_UNKNOWN},
	{"Alert HTTP", RULE_ALERT, 0, RULE_L7, RULE_PACKETS_AND_STREAM, 0, RULE_L7_HTTP},
	{"alert ssl", RULE_ALERT, 0, RULE_L7, RULE_PACKETS_AND_STREAM, 0, RULE_L7_TLS},
};

START_TEST(test_header)
{
	struct rule_set *set;
	const struct rule *rule;
	char text[128];

	snprintf(text, sizeof(text), "%s any any -> any any (sid:1;)", headers[_i].header);
	set = read_all(text);
	ck_assert_uint_eq(set->n, 1);
	rule = set->rules[0];
	ck_assert_uint_eq(rule->action, headers[_i].action);
	ck_assert_uint_eq(rule->reject, headers[_i].reject);
	ck_assert_uint_eq(rule->proto, headers[_i].proto);
	ck_assert_uint_eq(rule->scope, headers[_i].scope);
	ck_assert_uint_eq(rule->ip_version, headers[_i].version);
	ck_assert_uint_eq(rule->l7, headers[_i].l7);
	ck_assert_ptr_null(rule->source);
	ck_assert_ptr_null(rule->destination_ports);
	ck_assert_str_eq(rule->text, text);
	drop(set);
}
END_TEST

START_TEST(test_what_a_rule_is)
{
	struct rule_set *set = read_options(
		"msg:\"a \\\"b\\\"\\; c:d\"; rev:3; gid:7; classtype:Trojan-Activity; "
		"reference:url,a.b/c,d; reference: cve , 2010-1 ; "
		"metadata:k v, created_at 2010_07_30, alone; target:dest_ip; noalert;");
	const struct rule *rule = set->rules[0];

	ck_assert_uint_eq(set->n, 1);
	ck_assert_str_eq(rule->msg, "a \"b\"; c:d");
	ck_assert_uint_eq(rule->rev, 3);
	ck_assert_uint_eq(rule->gid, 7);
	ck_assert_uint_eq(rule->priority, 1);
	ck_assert_str_eq(rule->classtype, "trojan-activity");
	ck_assert_str_eq(rule->class_text, "A Network Trojan was detected");
	ck_assert_uint_eq(rule->n_references, 2);
	ck_assert_str_eq(rule->references[0].id, "a.b/c,d");
	ck_assert_str_eq(rule->references[1].key, "cve");
	ck_assert_str_eq(rule->references[1].id, "2010-1");
	ck_assert_uint_eq(rule->n_metadata, 2);
	ck_assert_str_eq(rule->metadata[1].key, "created_at");
	ck_assert_str_eq(rule->metadata[1].value, "2010_07_30");
	ck_assert_uint_eq(rule->n_after, 1);
	ck_assert_uint_eq(rule->after[0].kind, MATCH_TARGET);
	ck_assert_uint_eq(rule->after[0].side, 1);
	ck_assert(rule->no_alert);
	drop(set);
}
END_TEST

/** Classes and priorities, and which of them counts. */
static const struct {
	const char *options;
	unsigned int priority;
} priorities[] = {
	{"", 3},
	{"classtype:trojan-activity;", 1},
	{"classtype:nobody-knows;", 3},
	{"classtype:tcp-connection;", 4},
	{"priority:0;", 0},
	{"priority:9; classtype:trojan-activity;", 9},
	{"classtype:trojan-activity; priority:9;", 9},
	{"priority:9; priority:2;", 2},
	{"classtype:unknown; classtype:trojan-activity;", 1},
	{"classtype:trojan-activity; classtype:unknown;", 1},
};

START_TEST(test_priority)
{
	struct rule_set *set = read_options(priorities[_i].options);

	ck_assert_uint_eq(set->n, 1);
	ck_assert_uint_eq(set->rules[0]->priority, priorities[_i].priority);
	drop(set);
}
END_TEST

/** What rules want of their reader, and whether they are there for us. */
static const struct {
	const char *options;
	unsigned int good, skipped;
} wants[] = {
	{"requires:version >= 7;", 1, 0},
	{"requires:version >= 8;", 0, 1},
	{"requires:version >= 8; frobnicate;", 0, 1},
	{"requires:version < 8;", 1, 0},
	{"requires:version >= 7.0.3 < 7.0.5;", 0, 1},
	{"requires:version >= 7.0.3 < 8 | >= 8.0.3;", 1, 0},
	{"requires:version > 7.0.10;", 0, 1},
	{"requires:keyword content;", 1, 0},
	{"requires:keyword frobnicate;", 0, 1},
	{"requires:feature frobnicate, version >= 7;", 0, 1},
	{"requires:version 7;", 0, 0},
};

START_TEST(test_requires)
{
	struct rule_set *set = read_options(wants[_i].options);

	ck_assert_uint_eq(set->n, wants[_i].good);
	ck_assert_uint_eq(set->n_skipped, wants[_i].skipped);
	ck_assert_uint_eq(set->n_faults, 1 - wants[_i].good - wants[_i].skipped);
	drop(set);
}
END_TEST

/** Buffers say which direction a rule is about, where its "flow" does not. */
START_TEST(test_direction_of_buffers)
{
	struct rule_set *set = read_options("http.uri; content:\"a\"; http.header; content:\"b\";");

	ck_assert_uint_eq(set->rules[0]->flow, RULE_TO_SERVER);
	ck_assert_uint_eq(set->rules[0]->l7, RULE_L7_HTTP);
	ck_assert_uint_eq(set->rules[0]->proto, RULE_TCP);
	drop(set);
	set = read_options("http.stat_code; content:\"200\";");
	ck_assert_uint_eq(set->rules[0]->flow, RULE_TO_CLIENT);
	drop(set);
	set = read_options("http.header; content:\"a\";");
	ck_assert_uint_eq(set->rules[0]->flow, 0);
	drop(set);
}
END_TEST

/** In the order that Suricata asks rules: as its alerts of one packet stand. */
START_TEST(test_order)
{
	static const unsigned int sids[] = {88, 20, 81, 80, 5,  10, 82, 60, 62, 61,
					    70, 71, 63, 87, 30, 85, 40, 50, 64, 65};
	struct rule_set *set = read_all(
		"alert tcp any any -> any any (content:\"a\"; sid:50;)\n"
		"alert tcp any any -> any any (content:\"a\"; sid:40;)\n"
		"alert tcp any any -> any any (content:\"a\"; priority:1; sid:30;)\n"
		"alert tcp any any -> any any (flowbits:isset,a; sid:10;)\n"
		"alert tcp any any -> any any (flowbits:set,a; sid:20;)\n"
		"alert tcp any any -> any any (flowbits:isset,a; flowbits:set,b; sid:5;)\n"
		"alert tcp any any -> any any (flowint:abc,+,1; sid:60;)\n"
		"alert tcp any any -> any any (flowint:abc,>,0; sid:61;)\n"
		"alert tcp any any -> any any (flowint:abc,>,0; flowint:def,=,5; sid:62;)\n"
		"alert tcp any any -> any any (hostbits:set,h,src; sid:63;)\n"
		"alert tcp any any -> any any (hostbits:isset,h,src; sid:64;)\n"
		"alert tcp any any -> any any (xbits:set,q,track ip_pair; sid:65;)\n"
		"alert tcp any any -> any any (pcre:\"/(G)ET/, flow:fv\"; sid:70;)\n"
		"alert tcp any any -> any any (pcre:\"/(G)ET/, pkt:fv\"; sid:71;)\n"
		"alert tcp any any -> any any (flowbits:set,c; priority:5; sid:80;)\n"
		"alert tcp any any -> any any (flowbits:toggle,d; sid:81;)\n"
		"alert tcp any any -> any any (flowbits:isnotset,z; sid:82;)\n"
		"alert tcp any any -> any any (classtype:trojan-activity; sid:85;)\n"
		"alert tcp any any -> any any (priority:0; sid:87;)\n"
		"drop tcp any any -> any any (sid:88;)\n");

	if (set->n_faults != 0)
		ck_abort_msg("%s", set->faults[0].why);
	ck_assert_uint_eq(set->n, ROWS(sids));
	for (int i = 0; i < ROWS(sids); i++)
		ck_assert_uint_eq(set->rules[i]->sid, sids[i]);
	drop(set);
}
END_TEST

START_TEST(test_the_later_revision_counts)
{
	struct rule_set *set = read_all("alert tcp any any -> any any (sid:1; rev:2;)\n"
					"alert tcp any any -> any any (sid:1; rev:3;)\n"
					"alert tcp any any -> any any (sid:1; rev:3;)\n"
					"alert tcp any any -> any any (sid:1; rev:1;)\n"
					"alert tcp any any -> any any (sid:1; gid:2;)\n");

	ck_assert_uint_eq(set->n, 2);
	ck_assert_uint_eq(set->rules[0]->rev, 3);
	ck_assert_uint_eq(set->rules[0]->line, 2);
	ck_assert_uint_eq(set->rules[1]->gid, 2);
	ck_assert_uint_eq(set->n_faults, 2);
	ck_assert_uint_eq(set->faults[0].line, 3);
	ck_assert_uint_eq(set->faults[1].line, 4);
	drop(set);
}
END_TEST

START_TEST(test_rules_share_what_they_look_at)
{
	struct rule_set *set =
		read_all("alert http any any -> any any (http.uri; to_md5; content:\"a\"; sid:1;)\n"
			 "alert http any any -> any any (http.uri; content:\"a\"; sid:2;)\n"
			 "alert http any any -> any any (http.uri; to_md5; content:\"b\"; sid:3;)\n"
			 "alert http any any -> any any (http.uri; to_md5; to_md5; content:\"b\"; "
			 "sid:4;)\n");
	struct rule **rules = set->rules;

	ck_assert_uint_eq(set->n, 4);
	ck_assert_uint_eq(set->n_data, 3);
	ck_assert_uint_eq(rules[0]->lists[0].data, rules[2]->lists[0].data);
	ck_assert_uint_ne(rules[0]->lists[0].data, rules[1]->lists[0].data);
	ck_assert_uint_ne(rules[0]->lists[0].data, rules[3]->lists[0].data);
	ck_assert_uint_eq(set->data[rules[0]->lists[0].data].n, 2);
	ck_assert_uint_eq(set->data[rules[3]->lists[0].data].n_transforms, 2);
	drop(set);
}
END_TEST

START_TEST(test_names_are_numbers)
{
	struct rule_set *set =
		read_all("alert tcp any any -> any any (flowbits:set,a; sid:1;)\n"
			 "alert tcp any any -> any any (flowbits:isset,b; sid:2;)\n"
			 "alert tcp any any -> any any (flowbits:isset,a; sid:3;)\n");

	ck_assert_uint_eq(rule_set_names(set, 0), 2);
	ck_assert_str_eq(rule_set_name(set, 0, 1), "a");
	ck_assert_str_eq(rule_set_name(set, 0, 2), "b");
	ck_assert_ptr_null(rule_set_name(set, 0, 3));
	ck_assert_ptr_null(rule_set_name(set, 9, 1));
	drop(set);
}
END_TEST

START_TEST(test_file_that_is_not_there)
{
	struct rule_set_conf conf = {0};
	struct rule_set *set;

	ck_assert_int_eq(rule_set_create(&conf, &set), 0);
	ck_assert_int_eq(rule_set_read(set, "/nowhere/x.rules"), -ENOENT);
	ck_assert_int_eq(rule_set_read(set, "/"), -EISDIR);
	ck_assert_uint_eq(set->n_faults, 2);
	ck_assert_str_eq(set->faults[0].file, "/nowhere/x.rules");
	ck_assert_uint_eq(set->faults[0].line, 0);
	ck_assert_int_eq(rule_set_finish(set), 0);
	rule_set_destroy(set);
	rule_set_destroy(NULL);
}
END_TEST

START_TEST(test_rule_that_cannot_be_made)
{
	struct rule_set_conf conf = {0};
	struct rule_set *set;
	const char *text = "alert ip any any -> any any (sid:1;)\n"
			   "alert ip any any -> any any (sid:2;)";

	ck_assert_int_eq(rule_set_create(&conf, &set), 0);
	ck_assert_int_eq(rule_set_read_text(set, "x", text, strlen(text)), 0);
	ck_assert_int_eq(rule_set_reject(set, 0, "no", "never"), 0);
	ck_assert_int_eq(rule_set_finish(set), 0);
	ck_assert_uint_eq(set->n, 1);
	ck_assert_uint_eq(set->rules[0]->sid, 2);
	ck_assert_uint_eq(set->faults[0].sid, 1);
	ck_assert_str_eq(set->faults[0].why, "no");
	rule_set_destroy(set);
}
END_TEST

/** However a rule is cut, it is read or refused. */
START_TEST(test_cut_rules)
{
	static const char rule[] =
		"alert http [1.2.3.4,!$HOME_NET] any -> any [80,!90:] (msg:\"a\\\"\"; "
		"http.uri; to_md5; content:!\"a|0d 0a|\\\\\"; nocase; distance:1; "
		"pcre:\"/(a)\\//Ri, "
		"flow:x\"; byte_extract:1,0,v,relative; byte_test:1,!&,v,0; base64_decode:bytes 1; "
		"base64_data; content:\"x\"; sid:1;)";
	char text[sizeof(rule)];

	for (size_t from = 0; from < sizeof(rule) - 1; from += 3)
		for (size_t size = 1; size < sizeof(rule) - from; size += 5) {
			memcpy(text, rule, from);
			strcpy(text + from, rule + from + size);
			drop(read_all(text));
		}
}
END_TEST

START_TEST(test_what_is_no_file_of_rules_has_an_end)
{
	enum { LINES = SET_FAULTS_MAX + 1000, LINE = 2 };
	char *text = malloc((size_t)LINES * LINE + 1);
	const struct rule_fault *last;
	struct rule_set *set;

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < LINES; i++)
		memcpy(text + i * LINE, "x\n", LINE + 1);
	set = read_all(text);
	ck_assert_uint_eq(set->n_faults, SET_FAULTS_MAX + 1);
	last = &set->faults[SET_FAULTS_MAX];
	ck_assert_uint_eq(last->line, SET_FAULTS_MAX + 1);
	ck_assert_str_eq(last->why, "from here on the file is not read");
	drop(set);
	free(text);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("rule");

	tcase_add_loop_test(tcase, test_options_become_conditions, 0, ROWS(good));
	tcase_add_loop_test(tcase, test_faults_say_where_and_why, 0, ROWS(bad));
	tcase_add_test(tcase, test_fault_tells_sid_and_hint);
	tcase_add_loop_test(tcase, test_files_become_rules, 0, ROWS(files));
	tcase_add_loop_test(tcase, test_header, 0, ROWS(headers));
	tcase_add_test(tcase, test_what_a_rule_is);
	tcase_add_loop_test(tcase, test_priority, 0, ROWS(priorities));
	tcase_add_loop_test(tcase, test_requires, 0, ROWS(wants));
	tcase_add_test(tcase, test_direction_of_buffers);
	tcase_add_test(tcase, test_order);
	tcase_add_test(tcase, test_the_later_revision_counts);
	tcase_add_test(tcase, test_rules_share_what_they_look_at);
	tcase_add_test(tcase, test_names_are_numbers);
	tcase_add_test(tcase, test_file_that_is_not_there);
	tcase_add_test(tcase, test_rule_that_cannot_be_made);
	tcase_add_test(tcase, test_cut_rules);
	tcase_add_test(tcase, test_what_is_no_file_of_rules_has_an_end);
	return unit_main("ids rule", tcase);
}
