/* SPDX-License-Identifier: BSD-3-Clause */
/* "app-layer-protocol": which protocol a flow is found to be of. */

#include "rule/keyword_condition.h"

#include <errno.h>

/** All that "app-layer-protocol" may name. Those that are not read can be asked for in negations
 * only, which hold. */
static const struct keyword_choice protos[] = {
	{"http", RULE_L7_HTTP},         {"http1", RULE_L7_HTTP},
	{"tls", RULE_L7_TLS},           {"ssl", RULE_L7_TLS},
	{"dns", RULE_L7_DNS},           {"ssh", RULE_L7_SSH},
	{"smtp", RULE_L7_SMTP},         {"ftp", RULE_L7_FTP},
	{"smb", RULE_L7_SMB},           {"failed", RULE_L7_FAILED},
	{"ftp-data", RULE_L7_FTP_DATA}, {"http2", RULE_L7_OTHER},
	{"dcerpc", RULE_L7_OTHER},      {"imap", RULE_L7_OTHER},
	{"nfs", RULE_L7_OTHER},         {"ntp", RULE_L7_OTHER},
	{"tftp", RULE_L7_OTHER},        {"ike", RULE_L7_OTHER},
	{"krb5", RULE_L7_OTHER},        {"quic", RULE_L7_OTHER},
	{"dhcp", RULE_L7_OTHER},        {"snmp", RULE_L7_OTHER},
	{"sip", RULE_L7_OTHER},         {"rfb", RULE_L7_OTHER},
	{"mqtt", RULE_L7_OTHER},        {"telnet", RULE_L7_OTHER},
	{"rdp", RULE_L7_OTHER},         {"bittorrent-dht", RULE_L7_OTHER},
	{"modbus", RULE_L7_OTHER},      {"dnp3", RULE_L7_OTHER},
	{"enip", RULE_L7_OTHER},        {"pgsql", RULE_L7_OTHER},
	{"pop3", RULE_L7_OTHER},        {NULL, 0},
};

/** Whose is looked at; the others come to the same here. */
static const struct keyword_choice protocol_sides[] = {
	{"either", 0},   {"final", 0},     {"exact", 0},    {"to_server", 1},
	{"toserver", 1}, {"to_client", 2}, {"toclient", 2}, {NULL, 0},
};

/** @return whether one of two conditions names the one protocol that it can be, so that there is no
 * other: but each side may have its own. */
static bool
exclude(const struct rule_match *one, const struct rule_match *other)
{
	bool are_apart = one->protocol.side != 0 && other->protocol.side != 0 &&
			 one->protocol.side != other->protocol.side;

	return !are_apart && (!one->negated || !other->negated);
}

static int
check_protocol(struct rule_reader *reader, const struct rule_match *asked)
{
	const struct rule_match *before =
		keyword_find(reader, MATCH_L7_PROTOCOL, MATCH_L7_PROTOCOL);

	if (reader->rule->l7 != RULE_L7_UNKNOWN)
		return reader_fault(reader, "the rule is of one protocol already");
	if (before != NULL && exclude(before, asked))
		return reader_fault(reader, "one protocol that it is does not go with another");
	return 0;
}

/** "!tls", "http,to_server" */
int
keyword_l7_protocol_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_match asked = {.kind = MATCH_L7_PROTOCOL}, *match;
	const struct keyword_choice *proto, *side = protocol_sides;
	char *parts[2] = {NULL, NULL};
	unsigned int n;
	int err;

	asked.negated = reader_negated(&value);
	n = reader_split(value, parts, 2);
	proto = keyword_choose(protos, parts[0]);
	if (n == 2)
		side = keyword_choose(protocol_sides, parts[1]);
	if (proto == NULL || n > 2)
		return reader_fault(reader, "'%.40s' is no protocol", parts[0]);
	if (side == NULL)
		return reader_fault(reader, "'%.40s' is no way to look at it", parts[1]);
	if (proto->value >= RULE_L7_FTP_DATA && !asked.negated)
		return reader_fault(reader, "protocol '%s' is not read", proto->name);
	asked.protocol.l7 = (uint8_t)proto->value;
	asked.protocol.side = (uint8_t)side->value;
	err = check_protocol(reader, &asked);
	if (err != 0)
		return err;
	match = reader_packet(reader, MATCH_L7_PROTOCOL);
	if (match == NULL)
		return -EINVAL;
	match->negated = asked.negated;
	match->protocol = asked.protocol;
	return 0;
}
