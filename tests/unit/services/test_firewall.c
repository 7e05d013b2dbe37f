/* SPDX-License-Identifier: BSD-3-Clause */
/* services/firewall: single verdicts, and random rules and packets against a plain reading of the
 * manual, bit by bit. */

#include <stdio.h>
#include <string.h>

#include "parse/parse.h"
#include "svc.h"
#include "unit.h"

enum { TABLE_HITS };
enum { COUNT_ALLOWED, COUNT_DEFAULT, COUNT_OTHER };
enum { DROP_RULE, DROP_DEFAULT, DROP_OTHER, DROP_FRAGMENT, DROP_MALFORMED };
enum { RULES_MAX = 4096, PASSES = -1, IP4 = 20, IP6 = 40 };

/** Sends one packet through. @return the reason of its drop, or PASSES */
static int
verdict(struct svc *svc, struct svc_packet *packet)
{
	svc_parse(packet);
	svc_burst(svc, packet, 1);
	if (packet->view.verdict == WP_NEXT)
		return PASSES;
	ck_assert_int_eq(packet->view.verdict, WP_DROP);
	return packet->view.reason;
}

static int
verdict_once(const char *config, struct svc_packet *packet)
{
	struct svc *svc = svc_open(config);
	int result = verdict(svc, packet);

	svc_close(svc);
	return result;
}

#define DROP_PORTS                                                                                 \
	"{\"rules\": [{\"action\": \"drop\", \"to_port\": \"0-1023\"},"                            \
	" {\"action\": \"drop\", \"from_port\": \"0-1023\"}], \"default\": \"allow\"}"

static const struct {
	uint8_t proto;
	int expected;
} port_rows[] = {
	{WP_PROTO_TCP, DROP_RULE},
	{WP_PROTO_UDP, DROP_RULE},
	{WP_PROTO_SCTP, DROP_RULE},
	{WP_PROTO_DCCP, DROP_RULE},
	{WP_PROTO_ICMP, PASSES},
	{WP_PROTO_ESP, PASSES},
	{47, PASSES},
	{WP_PROTO_IPIP, PASSES},
};

/* An echo's identifier and half an SPI look like ports to the parser; they are none. */
START_TEST(test_only_protocols_with_ports_match_rules_with_ports)
{
	struct svc_packet packet;
	uint8_t *l4 = svc_ipv4(&packet, port_rows[_i].proto, 20) + IP4;

	if (port_rows[_i].proto == WP_PROTO_ICMP)
		l4[0] = 8; /* echo */
	l4[3] = l4[5] = 80;
	ck_assert_int_eq(verdict_once(DROP_PORTS, &packet), port_rows[_i].expected);
}
END_TEST

START_TEST(test_later_fragment_alone_matches_no_rule_with_ports)
{
	struct svc_packet packet;

	svc_ipv4(&packet, WP_PROTO_TCP, 24)[7] = 1;
	ck_assert_int_eq(verdict_once(DROP_PORTS, &packet), PASSES);
	ck_assert_int_eq(verdict_once("{\"rules\": [{\"action\": \"drop\", \"protocol\": \"tcp\"}],"
				      " \"default\": \"allow\"}",
				      &packet),
			 DROP_RULE);
	ck_assert_int_eq(verdict_once("{\"default\": \"allow\", \"fragments\": \"drop\"}", &packet),
			 DROP_FRAGMENT);
}
END_TEST

START_TEST(test_later_fragment_is_judged_by_ports_of_its_first)
{
	static const struct {
		uint8_t proto;
		uint16_t dport;
		int expected;
	} rows[] = {
		{WP_PROTO_TCP, 80, DROP_RULE},
		{WP_PROTO_UDP, 1023, DROP_RULE},
		{WP_PROTO_UDP, 1024, PASSES},
		{WP_PROTO_ICMP, 80, PASSES},
	};
	struct svc_packet packet;
	struct svc *svc = svc_open(DROP_PORTS);

	for (int i = 0; i < ROWS(rows); i++) {
		svc_ipv4(&packet, rows[i].proto, 24)[7] = 3;
		svc_parse(&packet);
		packet.view.flags |= WP_PKT_FIRST_SEEN; /* as the runtime does */
		packet.view.l4_sport = 5000;
		packet.view.l4_dport = rows[i].dport;
		svc_burst(svc, &packet, 1);
		ck_assert_int_eq(packet.view.verdict,
				 rows[i].expected == PASSES ? WP_NEXT : WP_DROP);
	}
	svc_close(svc);
}
END_TEST

/* RFC 1858 section 3: a first fragment too short for its ports must not slip past a rule. */
START_TEST(test_tiny_first_fragment_is_dropped)
{
	static const struct {
		uint8_t proto, size;
		int expected;
	} rows[] = {
		{WP_PROTO_TCP, 16, DROP_MALFORMED}, {WP_PROTO_TCP, 0, DROP_MALFORMED},
		{WP_PROTO_UDP, 4, DROP_MALFORMED},  {WP_PROTO_SCTP, 8, DROP_MALFORMED},
		{WP_PROTO_ICMP, 4, PASSES},         {47, 0, PASSES},
	};
	struct svc_packet packet;

	for (int i = 0; i < ROWS(rows); i++) {
		svc_ipv4(&packet, rows[i].proto, rows[i].size)[6] = 0x20; /* more fragments */
		ck_assert_int_eq(verdict_once(DROP_PORTS, &packet), rows[i].expected);
	}
}
END_TEST

/** Puts @p size bytes in front of a frame's EtherType. */
static void
put_before_type(struct svc_packet *packet, const char *bytes, uint16_t size)
{
	memmove(packet->bytes + 12 + size, packet->bytes + 12, packet->view.len - 12);
	memcpy(packet->bytes + 12, bytes, size);
	packet->view.len = (uint16_t)(packet->view.len + size);
}

/* Hosts take any number of priority tags off, and some read IP behind LLC and SNAP (CVE-2021-27853,
 * CVE-2021-27854): neither makes it something else than IP. */
START_TEST(test_ip_that_layer_2_hides_is_dropped)
{
	static const struct {
		const char *bytes;
		uint16_t size, times;
		int expected;
	} rows[] = {
		{"\x81\0\0\0", 4, 4, DROP_RULE},
		{"\x81\0\0\0", 4, 5, DROP_MALFORMED},
		{"\x88\xa8\0\0", 4, 12, DROP_MALFORMED},
		{"\0\x30\xaa\xaa\x03\0\0\0", 8, 1, DROP_MALFORMED},
		{"\x81\0\0\0\0\x30\xaa\xaa\x03\0\0\xf8", 12, 1, DROP_MALFORMED},
		{"\0\x30\xaa\xaa\x03\0\0\x0c", 8, 1, PASSES}, /* not an EtherType: CDP and others */
	};

	for (int i = 0; i < ROWS(rows); i++) {
		struct svc_packet packet;

		svc_ipv4(&packet, WP_PROTO_TCP, 20)[IP4 + 3] = 80;
		for (uint16_t n = 0; n < rows[i].times; n++)
			put_before_type(&packet, rows[i].bytes, rows[i].size);
		ck_assert_int_eq(verdict_once(DROP_PORTS, &packet), rows[i].expected);
	}
}
END_TEST

/* RFC 7112: what hides behind headers that cannot be walked is not judged by guess. */
START_TEST(test_headers_that_cannot_be_walked_are_dropped)
{
	struct svc_packet packet;
	uint8_t *at = svc_ipv6(&packet, WP_PROTO_DSTOPTS, 9 * 8 + 20) + IP6;

	for (int i = 0; i < 9; i++)
		at[8 * i] = i < 8 ? WP_PROTO_DSTOPTS : WP_PROTO_TCP;
	ck_assert_int_eq(verdict_once(DROP_PORTS, &packet), DROP_MALFORMED);

	at = svc_ipv6(&packet, WP_PROTO_DSTOPTS, 8) + IP6;
	at[1] = 200; /* longer than the packet */
	ck_assert_int_eq(verdict_once(DROP_PORTS, &packet), DROP_MALFORMED);

	svc_ipv4(&packet, WP_PROTO_UDP, 8)[0] = 0x41; /* a header of 4 bytes */
	ck_assert_int_eq(verdict_once(DROP_PORTS, &packet), DROP_MALFORMED);

	svc_ipv4(&packet, WP_PROTO_TCP, 20)[IP4 + 12] = 0x10; /* likewise */
	ck_assert_int_eq(verdict_once(DROP_PORTS, &packet), DROP_MALFORMED);
}
END_TEST

START_TEST(test_what_is_not_ip_passes_unless_told)
{
	struct svc_packet packet;

	svc_ipv4(&packet, WP_PROTO_UDP, 8);
	packet.bytes[13] = 6; /* ARP */
	ck_assert_int_eq(verdict_once("{}", &packet), PASSES);
	ck_assert_int_eq(verdict_once("{\"other\": \"drop\", \"default\": \"allow\"}", &packet),
			 DROP_OTHER);
}
END_TEST

START_TEST(test_ip_that_matches_no_rule_is_dropped_when_nothing_is_said)
{
	struct svc_packet packet;

	svc_ipv4(&packet, WP_PROTO_UDP, 8);
	ck_assert_int_eq(verdict_once("{}", &packet), DROP_DEFAULT);
	svc_ipv6(&packet, WP_PROTO_UDP, 8);
	ck_assert_int_eq(verdict_once("{}", &packet), DROP_DEFAULT);
}
END_TEST

static const struct {
	const char *config, *refusal;
} refusals[] = {
	{"{\"rules\": [{\"action\": \"drop\"}, {\"action\": \"drop\", \"tenant\": \"pink\"}]}",
	 "rules/1/tenant: tenant: there is no tenant 'pink'"},
	{"{\"rules\": [{\"action\": \"drop\", \"from\": \"10.0.0.0/8\", \"to\": \"2001:db8::/32\"}"
	 "]}",
	 "rules/0/to: to: is not of the address family of from"},
	{"{\"rules\": [{\"to\": \"10.0.0.0/8\"}]}", "/rules/0"},
	{"{\"rules\": [{\"action\": \"drop\", \"to_port\": \"9-8\"}]}", "/rules/0/to_port"},
};

START_TEST(test_bad_rule_is_refused_with_its_place)
{
	const char *refusal = svc_refusal(refusals[_i].config);

	ck_assert_msg(strstr(refusal, refusals[_i].refusal) != NULL, "%s", refusal);
}
END_TEST

/** Writes n rules for one UDP port each, from 1 on. */
static void
port_rules(char *text, size_t size, unsigned int n)
{
	size_t used = (size_t)snprintf(text, size, "{\"rules\": [");

	for (unsigned int i = 1; i <= n; i++)
		used += (size_t)snprintf(text + used, size - used,
					 "%s{\"action\": \"allow\", \"to_port\": %u}",
					 i == 1 ? "" : ",", i);
	snprintf(text + used, size - used, "]}");
}

START_TEST(test_every_rule_up_to_the_limit_is_reached)
{
	static char config[64 * (RULES_MAX + 1)];
	struct svc_packet packet;
	struct svc *svc;

	port_rules(config, sizeof(config), RULES_MAX);
	svc = svc_open(config);
	for (unsigned int port = 1; port <= RULES_MAX + 1; port++) {
		uint8_t *l4 = svc_ipv4(&packet, WP_PROTO_UDP, 8) + IP4;

		l4[2] = (uint8_t)(port >> 8);
		l4[3] = (uint8_t)port;
		ck_assert_int_eq(verdict(svc, &packet), port <= RULES_MAX ? PASSES : DROP_DEFAULT);
	}
	for (uint32_t rule = 0; rule < RULES_MAX; rule += 455)
		ck_assert_uint_eq(svc_shared(svc, TABLE_HITS, rule), 1);
	svc_close(svc);
	port_rules(config, sizeof(config), RULES_MAX + 1);
	ck_assert_ptr_nonnull(strstr(svc_refusal(config), "/rules: "));
}
END_TEST

/* Random rules and packets. Few addresses and ports, so that most rules match something. */

static uint64_t random_state;

/** @return a number below @p n. */
static unsigned int
below(unsigned int n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned int)(random_state >> 33) % n;
}

static const char *const proto_names[] = {"tcp", "udp", "icmp", "icmpv6", "esp", "sctp", "dccp"};
static const uint8_t protos[] = {6, 17, 1, 58, 50, 132, 33, 47};

/** One side of a rule, or of a packet. */
struct side {
	uint8_t addr[16];
	unsigned int bits, first, last; /* ports; of a packet: first */
};

struct plain_rule {
	unsigned int version; /* 0: any */
	struct side from, to;
	int proto, tenant; /* -1: any */
	bool allow;
};

struct plain_packet {
	unsigned int version;
	struct side from, to;
	uint8_t proto, tenant;
	bool later_fragment;
};

static void
random_addr(unsigned int version, uint8_t addr[16])
{
	memset(addr, 0, 16);
	for (unsigned int i = 0; i < (version == 4 ? 4u : 16u); i++)
		addr[i] = (uint8_t)below(2) * 0x81;
}

static void
random_side(unsigned int version, struct side *side)
{
	static const unsigned int ports[] = {0, 1, 79, 80, 81, 0x7fff, 0x8000, 0xfffe, 0xffff};

	side->bits = version == 0 || below(2) ? 0 : below(version == 4 ? 33 : 129);
	random_addr(version, side->addr);
	for (unsigned int bit = side->bits; bit < 128; bit++)
		side->addr[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	side->first = below(3) ? 0 : ports[below(ROWS(ports))];
	side->last = side->first == 0 && below(2) ? 0xffff : ports[below(ROWS(ports))];
	if (side->last < side->first)
		side->last = side->first;
}

static struct plain_rule
random_rule(void)
{
	struct plain_rule rule = {.version = below(3) * 2, .allow = below(2)};

	rule.version += rule.version == 2 ? 4 : 0; /* 0, 6, 4 */
	random_side(rule.version, &rule.from);
	random_side(rule.version, &rule.to);
	rule.proto = below(2) ? -1 : (int)below(ROWS(proto_names));
	rule.tenant = below(3) ? -1 : (int)below(3);
	return rule;
}

static void
print_side(FILE *out, const struct plain_rule *rule, const struct side *side, const char *name)
{
	fprintf(out, ", \"%s_port\": \"%u-%u\"", name, side->first, side->last);
	if (rule->version == 0)
		return;
	fprintf(out, ", \"%s\": \"", name);
	for (unsigned int i = 0; i < (rule->version == 4 ? 4u : 8u); i++)
		if (rule->version == 4)
			fprintf(out, "%s%u", i == 0 ? "" : ".", side->addr[i]);
		else
			fprintf(out, "%s%x", i == 0 ? "" : ":",
				side->addr[2 * i] << 8 | side->addr[2 * i + 1]);
	fprintf(out, "/%u\"", side->bits);
}

static struct svc *
open_rules(const struct plain_rule *rules, unsigned int n)
{
	static const char *const tenants[] = {"red", "green", "blue"};
	char *config = NULL;
	size_t size;
	FILE *out = open_memstream(&config, &size);
	struct svc *svc;

	fprintf(out, "{\"rules\": [");
	for (unsigned int i = 0; i < n; i++) {
		fprintf(out, "%s{\"action\": \"%s\"", i == 0 ? "" : ",",
			rules[i].allow ? "allow" : "drop");
		print_side(out, &rules[i], &rules[i].from, "from");
		print_side(out, &rules[i], &rules[i].to, "to");
		if (rules[i].proto >= 0)
			fprintf(out, ", \"protocol\": \"%s\"", proto_names[rules[i].proto]);
		if (rules[i].tenant >= 0)
			fprintf(out, ", \"tenant\": \"%s\"", tenants[rules[i].tenant]);
		fprintf(out, "}");
	}
	fprintf(out, "]}");
	fclose(out);
	svc = svc_open(config);
	free(config);
	return svc;
}

static void
random_packet(struct plain_packet *plain, struct svc_packet *packet)
{
	bool v4 = below(2);
	uint8_t *ip, *l4;

	plain->version = v4 ? 4 : 6;
	plain->proto = protos[below(ROWS(protos))];
	plain->tenant = (uint8_t)below(3);
	plain->later_fragment = v4 && below(8) == 0;
	random_side(plain->version, &plain->from);
	random_side(plain->version, &plain->to);
	random_addr(plain->version, plain->from.addr);
	random_addr(plain->version, plain->to.addr);
	ip = v4 ? svc_ipv4(packet, plain->proto, 24) : svc_ipv6(packet, plain->proto, 24);
	l4 = ip + (v4 ? IP4 : IP6);
	memcpy(ip + (v4 ? 12 : 8), plain->from.addr, v4 ? 4 : 16);
	memcpy(ip + (v4 ? 16 : 24), plain->to.addr, v4 ? 4 : 16);
	if (plain->later_fragment)
		ip[7] = 5;
	l4[0] = (uint8_t)(plain->from.first >> 8);
	l4[1] = (uint8_t)plain->from.first;
	l4[2] = (uint8_t)(plain->to.first >> 8);
	l4[3] = (uint8_t)plain->to.first;
	packet->view.tenant = plain->tenant;
	svc_parse(packet);
}

/** Reads one side of a rule as the manual says it. */
static bool
side_matches(const struct plain_rule *rule, const struct side *side,
	     const struct plain_packet *plain, const struct side *packet)
{
	bool has_ports = !plain->later_fragment && (plain->proto == 6 || plain->proto == 17 ||
						    plain->proto == 132 || plain->proto == 33);
	bool any_port = side->first == 0 && side->last == 0xffff;

	for (unsigned int bit = 0; rule->version != 0 && bit < side->bits; bit++)
		if (((side->addr[bit / 8] ^ packet->addr[bit / 8]) & 0x80 >> bit % 8) != 0)
			return false;
	return any_port ||
	       (has_ports && side->first <= packet->first && packet->first <= side->last);
}

/** @return the first rule that matches, or -1. */
static int
plain_find(const struct plain_rule *rules, unsigned int n, const struct plain_packet *plain)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct plain_rule *rule = &rules[i];

		if ((rule->version == 0 || rule->version == plain->version) &&
		    (rule->proto < 0 || protos[rule->proto] == plain->proto) &&
		    (rule->tenant < 0 || rule->tenant == plain->tenant) &&
		    side_matches(rule, &rule->from, plain, &plain->from) &&
		    side_matches(rule, &rule->to, plain, &plain->to))
			return (int)i;
	}
	return -1;
}

START_TEST(test_random_packets_are_judged_as_the_manual_says)
{
	enum { RULES = 40, BURSTS = 60 };
	struct plain_rule rules[RULES];
	uint64_t hits[RULES] = {0}, allowed = 0, unmatched = 0;
	unsigned int n;
	struct svc *svc;

	random_state = 0x9e3779b97f4a7c15u * ((unsigned int)_i + 1);
	n = 1 + below(RULES);
	for (unsigned int i = 0; i < n; i++)
		rules[i] = random_rule();
	svc = open_rules(rules, n);
	for (int burst = 0; burst < BURSTS; burst++) {
		struct svc_packet packets[WP_BURST_MAX];
		struct plain_packet plain[WP_BURST_MAX];

		for (int i = 0; i < WP_BURST_MAX; i++)
			random_packet(&plain[i], &packets[i]);
		svc_burst(svc, packets, WP_BURST_MAX);
		for (int i = 0; i < WP_BURST_MAX; i++) {
			int rule = plain_find(rules, n, &plain[i]);
			bool passes = rule >= 0 && rules[rule].allow;

			ck_assert_int_eq(packets[i].view.verdict, passes ? WP_NEXT : WP_DROP);
			if (!passes)
				ck_assert_uint_eq(packets[i].view.reason,
						  rule >= 0 ? DROP_RULE : DROP_DEFAULT);
			hits[rule >= 0 ? rule : 0] += rule >= 0;
			unmatched += rule < 0;
			allowed += passes;
		}
	}
	for (unsigned int i = 0; i < n; i++)
		ck_assert_uint_eq(svc_shared(svc, TABLE_HITS, i), hits[i]);
	ck_assert_uint_eq(svc_count(svc, COUNT_ALLOWED), allowed);
	ck_assert_uint_eq(svc_count(svc, COUNT_DEFAULT), unmatched);
	svc_close(svc);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("firewall");

	tcase_add_loop_test(tcase, test_only_protocols_with_ports_match_rules_with_ports, 0,
			    ROWS(port_rows));
	tcase_add_test(tcase, test_later_fragment_alone_matches_no_rule_with_ports);
	tcase_add_test(tcase, test_later_fragment_is_judged_by_ports_of_its_first);
	tcase_add_test(tcase, test_tiny_first_fragment_is_dropped);
	tcase_add_test(tcase, test_ip_that_layer_2_hides_is_dropped);
	tcase_add_test(tcase, test_headers_that_cannot_be_walked_are_dropped);
	tcase_add_test(tcase, test_what_is_not_ip_passes_unless_told);
	tcase_add_test(tcase, test_ip_that_matches_no_rule_is_dropped_when_nothing_is_said);
	tcase_add_loop_test(tcase, test_bad_rule_is_refused_with_its_place, 0, ROWS(refusals));
	tcase_add_test(tcase, test_every_rule_up_to_the_limit_is_reached);
	tcase_add_loop_test(tcase, test_random_packets_are_judged_as_the_manual_says, 0, 200);
	return unit_main("firewall", tcase);
}
