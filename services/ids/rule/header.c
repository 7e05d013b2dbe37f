/* SPDX-License-Identifier: BSD-3-Clause */
/* See header.h. */

#include "rule/header.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rule/address.h"
#include "rule/names.h"
#include "rule/parse.h"
#include "rule/port.h"

enum { SETS_MAX = 4096 /* texts that are remembered, of addresses and of ports */ };

struct header_sets {
	struct names *address_texts, *port_texts;
	const struct address_set *addresses[SETS_MAX]; /* by number, less one */
	const struct port_set *ports[SETS_MAX];
};

struct header_sets *
header_sets_create(void)
{
	struct header_sets *sets = calloc(1, sizeof(*sets));

	if (sets == NULL)
		return NULL;
	sets->address_texts = names_create();
	sets->port_texts = names_create();
	if (sets->address_texts != NULL && sets->port_texts != NULL)
		return sets;
	header_sets_destroy(sets);
	return NULL;
}

void
header_sets_destroy(struct header_sets *sets)
{
	if (sets == NULL)
		return;
	names_destroy(sets->address_texts);
	names_destroy(sets->port_texts);
	free(sets);
}

static const struct {
	const char *word;
	enum rule_action action;
	unsigned int reject;
} actions[] = {
	{"alert", RULE_ALERT, 0},
	{"pass", RULE_PASS, 0},
	{"drop", RULE_DROP, 0},
	{"reject", RULE_REJECT, RULE_REJECT_SOURCE},
	{"rejectsrc", RULE_REJECT, RULE_REJECT_SOURCE},
	{"rejectdst", RULE_REJECT, RULE_REJECT_DESTINATION},
	{"rejectboth", RULE_REJECT, RULE_REJECT_SOURCE | RULE_REJECT_DESTINATION},
};

static int
read_action(struct rule_reader *reader, const char *word)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcasecmp(actions[i].word, word) != 0)
			continue;
		reader->rule->action = (uint8_t)actions[i].action;
		reader->rule->reject = (uint8_t)actions[i].reject;
		return 0;
	}
	reader_fault(reader, "'%.40s' is no action", word);
	return reader_hint(reader, "there are alert, pass, drop, reject, rejectsrc, rejectdst and "
				   "rejectboth");
}

static const struct {
	const char *word;
	enum rule_proto proto;
	enum rule_scope scope;
	uint8_t version;
	enum rule_l7 l7;
} protos[] = {
	{"ip", RULE_ANY, RULE_PACKETS_AND_STREAM, 0, RULE_L7_UNKNOWN},
	{"ipv4", RULE_ANY, RULE_PACKETS_AND_STREAM, 4, RULE_L7_UNKNOWN},
	{"ip4", RULE_ANY, RULE_PACKETS_AND_STREAM, 4, RULE_L7_UNKNOWN},
	{"ipv6", RULE_ANY, RULE_PACKETS_AND_STREAM, 6, RULE_L7_UNKNOWN},
	{"ip6", RULE_ANY, RULE_PACKETS_AND_STREAM, 6, RULE_L7_UNKNOWN},
	{"tcp", RULE_TCP, RULE_PACKETS_AND_STREAM, 0, RULE_L7_UNKNOWN},
	{"tcp-pkt", RULE_TCP, RULE_PACKETS, 0, RULE_L7_UNKNOWN},
	{"tcp-stream", RULE_TCP, RULE_STREAM, 0, RULE_L7_UNKNOWN},
	{"udp", RULE_UDP, RULE_PACKETS_AND_STREAM, 0, RULE_L7_UNKNOWN},
	{"icmp", RULE_ICMP, RULE_PACKETS_AND_STREAM, 0, RULE_L7_UNKNOWN},
	{"icmpv4", RULE_ICMP, RULE_PACKETS_AND_STREAM, 4, RULE_L7_UNKNOWN},
	{"icmpv6", RULE_ICMP, RULE_PACKETS_AND_STREAM, 6, RULE_L7_UNKNOWN},
	{"sctp", RULE_SCTP, RULE_PACKETS_AND_STREAM, 0, RULE_L7_UNKNOWN},
	{"pkthdr", RULE_PKTHDR, RULE_PACKETS_AND_STREAM, 0, RULE_L7_UNKNOWN},
	{"http", RULE_L7, RULE_PACKETS_AND_STREAM, 0, RULE_L7_HTTP},
	{"http1", RULE_L7, RULE_PACKETS_AND_STREAM, 0, RULE_L7_HTTP},
	{"dns", RULE_L7, RULE_PACKETS_AND_STREAM, 0, RULE_L7_DNS},
	{"tls", RULE_L7, RULE_PACKETS_AND_STREAM, 0, RULE_L7_TLS},
	{"ssl", RULE_L7, RULE_PACKETS_AND_STREAM, 0, RULE_L7_TLS},
	{"ssh", RULE_L7, RULE_PACKETS_AND_STREAM, 0, RULE_L7_SSH},
	{"smtp", RULE_L7, RULE_PACKETS_AND_STREAM, 0, RULE_L7_SMTP},
	{"ftp", RULE_L7, RULE_PACKETS_AND_STREAM, 0, RULE_L7_FTP},
	{"smb", RULE_L7, RULE_PACKETS_AND_STREAM, 0, RULE_L7_SMB},
};

/** Protocols that are right in rules, but are not read here. */
static const char *const others[] = {
	"http2",
	"ftp-data",
	"dcerpc",
	"imap",
	"pop3",
	"modbus",
	"enip",
	"dnp3",
	"nfs",
	"ntp",
	"tftp",
	"ike",
	"krb5",
	"quic",
	"dhcp",
	"snmp",
	"sip",
	"rfb",
	"mqtt",
	"telnet",
	"rdp",
	"pgsql",
	"bittorrent-dht",
	"irc",
	"jabber",
	"ikev2",
	"template",
	"websocket",
	"ldap",
	"doh2",
	"arp",
	"mdns",
};

static int
refuse_proto(struct rule_reader *reader, const char *word)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strcasecmp(others[i], word) != 0)
			continue;
		reader_fault(reader, "protocol '%s' is not supported", others[i]);
		return reader_hint(reader, "it is not read here: no packet would match");
	}
	reader_fault(reader, "'%.40s' is no protocol", word);
	return reader_hint(reader, "there are ip, tcp, udp, icmp, http, dns, tls and others");
}

static int
read_proto(struct rule_reader *reader, const char *word)
{
	struct rule *rule = reader->rule;

	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		if (strcasecmp(protos[i].word, word) != 0)
			continue;
		rule->proto = (uint8_t)protos[i].proto;
		rule->scope = (uint8_t)protos[i].scope;
		rule->ip_version = protos[i].version;
		rule->l7 = (uint8_t)protos[i].l7;
		return 0;
	}
	return refuse_proto(reader, word);
}

static int
read_arrow(struct rule_reader *reader, const char *word)
{
	reader->rule->both_ways = strcmp(word, "<>") == 0;
	reader->rule->is_pair = strcmp(word, "=>") == 0;
	if (reader->rule->both_ways || reader->rule->is_pair || strcmp(word, "->") == 0)
		return 0;
	return reader_fault(reader, "'%.40s' is no direction: it is ->, <> or =>", word);
}

static int
read_addresses(struct rule_reader *reader, struct header_sets *sets, const char *text,
	       const struct address_set **set)
{
	uint16_t known = names_count(sets->address_texts);
	uint16_t number = names_add(sets->address_texts, reader->arena, text);
	int err;

	if (number != 0 && number <= known && number <= SETS_MAX) {
		*set = sets->addresses[number - 1];
		if (*set != NULL || strcasecmp(text, "any") == 0)
			return 0;
	}
	reader->fault_column = reader->column;
	err = address_set_parse(reader->arena, reader->vars, text, set, reader->why,
				sizeof(reader->why));
	if (err == 0 && number != 0 && number <= SETS_MAX)
		sets->addresses[number - 1] = *set;
	return err;
}

static int
read_ports(struct rule_reader *reader, struct header_sets *sets, const char *text,
	   const struct port_set **set)
{
	uint16_t known = names_count(sets->port_texts);
	uint16_t number = names_add(sets->port_texts, reader->arena, text);
	int err;

	if (number != 0 && number <= known && number <= SETS_MAX) {
		*set = sets->ports[number - 1];
		if (*set != NULL || strcasecmp(text, "any") == 0)
			return 0;
	}
	reader->fault_column = reader->column;
	err = port_set_parse(reader->arena, reader->vars, text, set, reader->why,
			     sizeof(reader->why));
	if (err == 0 && number != 0 && number <= SETS_MAX)
		sets->ports[number - 1] = *set;
	return err;
}

static int
read_word(struct rule_reader *reader, struct header_sets *sets, enum lexer_word which, char *text)
{
	struct rule *rule = reader->rule;

	switch (which) {
	case LEXER_ACTION:
		return read_action(reader, text);
	case LEXER_PROTO:
		return read_proto(reader, text);
	case LEXER_ARROW:
		return read_arrow(reader, text);
	case LEXER_SOURCE:
		return read_addresses(reader, sets, text, &rule->source);
	case LEXER_DESTINATION:
		return read_addresses(reader, sets, text, &rule->destination);
	case LEXER_SOURCE_PORTS:
		return read_ports(reader, sets, text, &rule->source_ports);
	default:
		return read_ports(reader, sets, text, &rule->destination_ports);
	}
}

int
rule_header_read(struct draft *draft, struct header_sets *sets,
		 const struct lexer_piece words[static LEXER_HEADER])
{
	int err = 0;

	for (unsigned int i = 0; err == 0 && i < LEXER_HEADER; i++) {
		draft->reader.column = words[i].column;
		err = read_word(&draft->reader, sets, (enum lexer_word)i, words[i].text);
	}
	return err;
}
