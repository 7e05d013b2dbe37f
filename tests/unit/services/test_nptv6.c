/* SPDX-License-Identifier: BSD-3-Clause */
/* services/nptv6: RFC 6296 by its example, by random addresses, and by what it refuses. */

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "pair.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "svc.h"
#include "unit.h"

enum { COUNT_OUT, COUNT_IN, COUNT_ERRORS, COUNT_HAIRPINS, COUNT_ANSWERED };
enum { DROP_MALFORMED, DROP_UNMATCHED, DROP_UNTRANSLATABLE };
enum { SOURCE_AT = 8, DEST_AT = 24, L4_AT = 40, RED = 0, GREEN = 1, BLUE = 2, ROUNDS = 100000 };

#define RFC_PAIR "{\"inside\": \"fd01:203:405::/48\", \"outside\": \"2001:db8:1::/48\"}"
#define LONG_PAIR "{\"inside\": \"fd01:203:405:1200::/56\", \"outside\": \"2001:db8:1:ab00::/56\"}"
#define CONFIG(PAIRS) "{\"prefixes\": [" PAIRS "]}"

static const char remote[] = "2001:db8:ffff::9";

static void
put_address(uint8_t *at, const char *text)
{
	ck_assert_int_eq(inet_pton(AF_INET6, text, at), 1);
}

static void
assert_address(const uint8_t *at, const char *text)
{
	char is[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, at, is, sizeof(is));
	ck_assert_str_eq(is, text);
}

/** Completes the L4 checksum. */
static void
set_sum(struct svc_packet *packet, unsigned int at)
{
	uint8_t *l4 = packet->bytes + 14 + L4_AT;
	uint16_t sum;

	memset(l4 + at, 0, 2);
	svc_parse(packet);
	sum = wp_checksum_l4(&packet->view);
	memcpy(l4 + at, &sum, 2);
	svc_parse(packet);
}

/** Makes a UDP packet with a right checksum. */
static void
make_udp(struct svc_packet *packet, uint8_t inside, const char *source, const char *dest)
{
	uint8_t *ip = svc_ipv6(packet, WP_PROTO_UDP, 20);

	put_address(ip + SOURCE_AT, source);
	put_address(ip + DEST_AT, dest);
	memcpy(ip + L4_AT, "\x04\xd2\x01\xbb\0\x14", 6);
	set_sum(packet, 6);
	packet->view.inside = inside;
}

/** Passes one packet. */
static void
pass(struct svc *svc, struct svc_packet *packet)
{
	svc_burst(svc, packet, 1);
}

/** Passes a UDP packet, and checks what comes of its addresses. */
static void
assert_translated(struct svc *svc, uint8_t inside, uint16_t tenant, const char *const before[2],
		  const char *const after[2])
{
	struct svc_packet packet;

	make_udp(&packet, inside, before[0], before[1]);
	packet.view.tenant = tenant;
	pass(svc, &packet);
	ck_assert_int_eq(packet.view.verdict, WP_NEXT);
	assert_address(wp_source(&packet.view), after[0]);
	assert_address(wp_dest(&packet.view), after[1]);
	ck_assert_uint_eq(wp_checksum_l4(&packet.view), 0);
	ck_assert(((packet.view.flags & WP_PKT_STEER) != 0) ==
		  (strcmp(before[0], after[0]) != 0 || strcmp(before[1], after[1]) != 0));
}

#define OUT(SVC, TENANT, BEFORE, AFTER)                                                            \
	assert_translated(SVC, WP_INSIDE_SOURCE, TENANT, (const char *const[]){BEFORE, remote},    \
			  (const char *const[]){AFTER, remote})
#define IN(SVC, TENANT, BEFORE, AFTER)                                                             \
	assert_translated(SVC, WP_INSIDE_DESTINATION, TENANT,                                      \
			  (const char *const[]){remote, BEFORE},                                   \
			  (const char *const[]){remote, AFTER})

/* RFC 6296 3.6 */
START_TEST(test_example_of_the_rfc)
{
	struct svc *svc = svc_open(CONFIG(RFC_PAIR));

	OUT(svc, RED, "fd01:203:405:1::1234", "2001:db8:1:d550::1234");
	IN(svc, RED, "2001:db8:1:d550::1234", "fd01:203:405:1::1234");
	ck_assert_uint_eq(svc_count(svc, COUNT_OUT), 1);
	ck_assert_uint_eq(svc_count(svc, COUNT_IN), 1);
	svc_close(svc);
}
END_TEST

/* RFC 6296 3.1, 3.4, 3.5, 3.7. Numbers worked out by hand: what a row's prefixes differ by is added
 * to one word. */
static const struct row {
	const char *inside, *outside, *host, *known;
} rows[] = {
	/* d54f makes up for the RFC's prefixes: 2ab0 + d54f is ffff, which is written as 0. */
	{"fd01:203:405::/48", "2001:db8:1::/48", "fd01:203:405:2ab0::1", "2001:db8:1::1"},
	{"fd01:203:405::/48", "2001:db8:1::/48", "fd01:203:405:2ab1::1", "2001:db8:1:1::1"},
	/* Shorter: bits behind the prefix stay. fd00 - 2002 is dcfe. */
	{"fd00::/16", "2002::/16", "fd00:aaaa:bbbb:1::1", "2002:aaaa:bbbb:dcff::1"},
	/* fd01 + 203 + 400 - 2001 - db8 - 100 is d44c: 30405 - 22eb9. */
	{"fd01:203:400::/40", "2001:db8:100::/40", "fd01:203:4ee:5::1", "2001:db8:1ee:d450::1"},
	/* Longer: the first word of the identifier; fd01 + 203 + 405 + 1200 - 2001 - db8 - 1 - ab00
	 * is 3c4f, in ones' complement. */
	{"fd01:203:405:1200::/56", "2001:db8:1:ab00::/56", "fd01:203:405:1234:1::1",
	 "2001:db8:1:ab34:3c50::1"},
	/* ... or the first that is not ffff. */
	{"fd01:203:405:1200::/56", "2001:db8:1:ab00::/56", "fd01:203:405:1234:ffff:1:0:1",
	 "2001:db8:1:ab34:ffff:3c50:0:1"},
	{"fd01:203:405:1200::/56", "2001:db8:1:ab00::/56", "fd01:203:405:1234:ffff:ffff:ffff:1",
	 "2001:db8:1:ab34:ffff:ffff:ffff:3c50"},
	/* Of different lengths: the shorter is extended by zeros. fd01 + 203 + 405 - 2001 - db8 - 1
	 * - ab00 is d54f - ab00. */
	{"fd01:203:405::/48", "2001:db8:1:ab00::/56", "fd01:203:405:12:1::1",
	 "2001:db8:1:ab12:2a50::1"},
	{"fd01:203:405:1200::/56", "2001:db8:1::/48", "fd01:203:405:1234:1::1",
	 "2001:db8:1:34:e750::1"},
	{"fd01:203:405:1234::/64", "2001:db8:1:abcd::/64", "fd01:203:405:1234:1::1",
	 "2001:db8:1:abcd:3bb7::1"},
	/* The same sum: nothing to make up for. */
	{"fd00:1:2::/48", "fd00:2:1::/48", "fd00:1:2:3::4", "fd00:2:1:3::4"},
	{"fd00:1:2::/48", "fd00:2:1::/48", "fd00:1:2::4", "fd00:2:1::4"},
};

START_TEST(test_prefixes_of_all_lengths)
{
	const struct row *row = &rows[_i];
	struct svc *svc;
	char config[200];

	snprintf(config, sizeof(config), CONFIG("{\"inside\": \"%s\", \"outside\": \"%s\"}"),
		 row->inside, row->outside);
	svc = svc_open(config);
	OUT(svc, RED, row->host, row->known);
	IN(svc, RED, row->known, row->host);
	svc_close(svc);
}
END_TEST

static uint64_t
next_random(uint64_t *state)
{
	*state = *state * 6364136223846793005 + 1442695040888963407;
	return *state >> 16;
}

/** Draws a unicast prefix of 8 to 64 bits. */
static void
draw_prefix(struct wp_prefix *prefix, uint64_t *state)
{
	*prefix = (struct wp_prefix){.addr.version = 6,
				     .bits = (uint8_t)(8 + next_random(state) % 57)};
	prefix->addr.bytes[0] = (uint8_t)(0x20 + next_random(state) % 0xdc);
	for (unsigned int i = 1; i < 8; i++)
		prefix->addr.bytes[i] = (uint8_t)next_random(state);
	for (unsigned int bit = prefix->bits; bit < 64; bit++)
		prefix->addr.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

/** Draws an address of a pair's side; words are often 0 or ffff. */
static void
draw_address(const struct pair *pair, enum pair_side side, uint8_t *address, uint64_t *state)
{
	uint64_t half;

	for (unsigned int i = 0; i < 16; i += 2) {
		uint64_t random = next_random(state);

		memset(address + i, (random & 1) != 0 ? 0 : 0xff, 2);
		if ((random & 6) != 0)
			memcpy(address + i, (const uint8_t *)&random + 4, 2);
	}
	memcpy(&half, address, 8);
	half = (half & ~pair->mask) | pair->prefix[side];
	memcpy(address, &half, 8);
}

/** @return the ones' complement sum of an address, 0 for 0xffff. */
static unsigned int
sum(const uint8_t *address)
{
	unsigned int words = 0;

	for (unsigned int i = 0; i < 16; i += 2)
		words += (unsigned int)(address[i] << 8 | address[i + 1]);
	return words % 0xffff;
}

/* In after out is nothing, out after in is nothing, and sums never change. */
START_TEST(test_random_addresses_come_back)
{
	uint64_t state = 6296;
	unsigned int turned = 0;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		enum pair_side side = round % 2 == 0 ? PAIR_INSIDE : PAIR_OUTSIDE;
		struct wp_prefix inside, outside;
		uint8_t before[16], address[16];
		struct pair pair;

		draw_prefix(&inside, &state);
		draw_prefix(&outside, &state);
		pair_make(&pair, &inside, &outside);
		draw_address(&pair, side, before, &state);
		memcpy(address, before, 16);
		if (!pair_translate(&pair, side, address)) {
			ck_assert_mem_eq(address, before, 16);
			continue;
		}
		turned++;
		ck_assert(pair_has(&pair, 1 - side, address));
		ck_assert_uint_eq(sum(address), sum(before));
		ck_assert(pair_translate(&pair, 1 - side, address));
		ck_assert_mem_eq(address, before, 16);
	}
	ck_assert_uint_gt(turned, ROUNDS / 2);
}
END_TEST

/* All subnets but ffff have a counterpart of their own. */
START_TEST(test_every_subnet_has_its_own_counterpart)
{
	static bool taken[65536];
	struct wp_prefix inside = {{6, {0xfd, 1, 2, 3, 4, 5}}, 48};
	struct wp_prefix outside = {{6, {0x20, 1, 0xd, 0xb8, 0, 1}}, 48};
	struct pair pair;

	pair_make(&pair, &inside, &outside);
	for (unsigned int subnet = 0; subnet < 0xffff; subnet++) {
		uint8_t address[16] = {0xfd,           1, 2, 3, 4, 5, (uint8_t)(subnet >> 8),
				       (uint8_t)subnet};
		unsigned int known;

		ck_assert(pair_translate(&pair, PAIR_INSIDE, address));
		known = (unsigned int)(address[6] << 8 | address[7]);
		ck_assert(!taken[known] && known != 0xffff);
		taken[known] = true;
	}
}
END_TEST

static const struct refused {
	const char *config, *inside, *outside; /* addresses: NULL where there is none to show */
} refused[] = {
	/* RFC 6296 4.2: subnet ffff */
	{CONFIG(RFC_PAIR), "fd01:203:405:ffff::1", "2001:db8:1:ffff::1"},
	/* 3.7: an identifier that is zero; one of all ones has no word to change */
	{CONFIG(LONG_PAIR), "fd01:203:405:1234::", "2001:db8:1:ab34::"},
	{CONFIG(LONG_PAIR), "fd01:203:405:1234:ffff:ffff:ffff:ffff",
	 "2001:db8:1:ab34:ffff:ffff:ffff:ffff"},
	/* One that would be zero: no answer could come back. */
	{CONFIG(LONG_PAIR), "fd01:203:405:1234:c3b0::", "2001:db8:1:ab34:3c4f::"},
};

START_TEST(test_what_has_no_counterpart_is_answered)
{
	const struct refused *row = &refused[_i / 2];
	bool out = _i % 2 == 0;
	struct svc *svc = svc_open(row->config);
	const char *own = out ? row->inside : row->outside;
	struct svc_packet packet;
	uint8_t quoted[60];

	make_udp(&packet, out ? WP_INSIDE_SOURCE : WP_INSIDE_DESTINATION, out ? own : remote,
		 out ? remote : own);
	memmove(packet.bytes + 64, packet.bytes, 14 + 60); /* room in front */
	packet.view.start = 64;
	svc_parse(&packet);
	memcpy(quoted, wp_l3(&packet.view), 60);
	pass(svc, &packet);
	ck_assert_int_eq(packet.view.verdict, WP_REPLY);
	ck_assert_uint_eq(svc_count(svc, COUNT_ANSWERED), 1);
	assert_address(wp_source(&packet.view), out ? remote : own);
	assert_address(wp_dest(&packet.view), out ? own : remote);
	ck_assert_mem_eq(wp_l4(&packet.view), "\4\0", 2);
	ck_assert_uint_eq(wp_l4(&packet.view)[7], out ? SOURCE_AT : DEST_AT);
	ck_assert_mem_eq(wp_l4(&packet.view) + 8, quoted, 60);
	svc_close(svc);
}
END_TEST

START_TEST(test_without_answers_it_is_dropped)
{
	struct svc *svc = svc_open("{\"icmp_rate\": 0, \"prefixes\": [" RFC_PAIR "]}");
	struct svc_packet packet;

	make_udp(&packet, WP_INSIDE_SOURCE, "fd01:203:405:ffff::1", remote);
	pass(svc, &packet);
	ck_assert_int_eq(packet.view.verdict, WP_DROP);
	ck_assert_uint_eq(packet.view.reason, DROP_UNTRANSLATABLE);
	svc_close(svc);
}
END_TEST

START_TEST(test_tenants_have_their_own_prefixes)
{
	struct svc *svc = svc_open(
		CONFIG("{\"tenant\": \"blue\", \"inside\": \"fd00:1:2::/48\", \"outside\": "
		       "\"2001:db8:b::/48\"},"
		       "{\"tenant\": \"red\", \"inside\": \"fd00:1:2::/48\", \"outside\": "
		       "\"2001:db8:a::/48\"},"
		       "{\"tenant\": \"blue\", \"inside\": \"fd00:1:3::/48\", \"outside\": "
		       "\"2001:db8:c::/48\"},"
		       "{\"inside\": \"fd00:1:4::/48\", \"outside\": \"2001:db8:d::/48\"}"));

	OUT(svc, RED, "fd00:1:2:1::1", "2001:db8:a:cf41::1");
	OUT(svc, BLUE, "fd00:1:2:1::1", "2001:db8:b:cf40::1");
	OUT(svc, BLUE, "fd00:1:3:1::1", "2001:db8:c:cf40::1");
	IN(svc, BLUE, "2001:db8:c:cf40::1", "fd00:1:3:1::1");
	for (uint16_t tenant = 0; tenant < 3; tenant++)
		OUT(svc, tenant, "fd00:1:4:1::1", "2001:db8:d:cf40::1");
	svc_close(svc);
}
END_TEST

/** @return the verdict of a UDP packet; it must stay as it is. */
static enum wp_verdict
verdict_of(struct svc *svc, uint8_t inside, uint16_t tenant, const char *source, const char *dest)
{
	struct svc_packet packet, before;

	make_udp(&packet, inside, source, dest);
	packet.view.tenant = tenant;
	before = packet;
	pass(svc, &packet);
	ck_assert_mem_eq(packet.bytes, before.bytes, sizeof(packet.bytes));
	if (packet.view.verdict == WP_DROP)
		ck_assert_uint_eq(packet.view.reason, DROP_UNMATCHED);
	return packet.view.verdict;
}

static const struct other {
	uint8_t inside;
	uint16_t tenant;
	const char *source, *dest;
	bool ours; /* is none of the service's business, whatever the configuration */
} others[] = {
	{WP_INSIDE_SOURCE, RED, "fd00:1:2:1::1", "2001:db8:ffff::9", false},
	{WP_INSIDE_SOURCE, GREEN, "2001:db8:1:1::1", "2001:db8:ffff::9", false},
	{WP_INSIDE_SOURCE, 9, "fd00:1:2:1::1", "2001:db8:ffff::9", false},
	{WP_INSIDE_DESTINATION, GREEN, "2001:db8:ffff::9", "2001:db8:2::1", false},
	{WP_INSIDE_DESTINATION, GREEN, "2001:db8:ffff::9", "fd00:1:2:1::1", false},
	/* between two inside hosts by inside addresses; between neighbours */
	{WP_INSIDE_SOURCE, GREEN, "fd00:1:2:1::1", "fd00:1:2:2::1", true},
	{WP_INSIDE_SOURCE, GREEN, "fe80::1", "2001:db8:ffff::9", true},
	{WP_INSIDE_SOURCE, GREEN, "fd00:1:2:1::1", "ff02::1", true},
	{WP_INSIDE_SOURCE, GREEN, "::", "ff02::16", true},
	{WP_INSIDE_DESTINATION, GREEN, "fe80::1", "ff02::1:ff00:1", true},
};

START_TEST(test_what_has_no_prefix_is_dropped_or_forwarded)
{
	static const char *const configs[] = {
		"{\"prefixes\": [{\"tenant\": \"green\", \"inside\": \"fd00:1:2::/48\", "
		"\"outside\": \"2001:db8:1::/48\"}]}",
		"{\"unmatched\": \"forward\", \"prefixes\": [{\"tenant\": \"green\", \"inside\": "
		"\"fd00:1:2::/48\", \"outside\": \"2001:db8:1::/48\"}]}"};
	const struct other *row = &others[_i];

	for (unsigned int i = 0; i < 2; i++) {
		struct svc *svc = svc_open(configs[i]);

		ck_assert_int_eq(verdict_of(svc, row->inside, row->tenant, row->source, row->dest),
				 row->ours || i == 1 ? WP_NEXT : WP_DROP);
		svc_close(svc);
	}
}
END_TEST

START_TEST(test_what_is_not_ipv6_passes)
{
	struct svc *svc = svc_open(CONFIG(RFC_PAIR));
	struct svc_packet packets[2];

	svc_ipv4(&packets[0], WP_PROTO_UDP, 20);
	svc_ipv4(&packets[1], WP_PROTO_UDP, 20);
	packets[1].bytes[13] = 6; /* ARP */
	svc_parse(&packets[0]);
	svc_parse(&packets[1]);
	svc_burst(svc, packets, 2);
	ck_assert_int_eq(packets[0].view.verdict, WP_NEXT);
	ck_assert_int_eq(packets[1].view.verdict, WP_NEXT);
	svc_close(svc);
}
END_TEST

START_TEST(test_malformed_packets_are_dropped)
{
	struct svc *svc = svc_open(CONFIG(RFC_PAIR));
	struct svc_packet packets[2];

	make_udp(&packets[0], WP_INSIDE_SOURCE, "fd01:203:405:1::1", remote);
	make_udp(&packets[1], WP_INSIDE_SOURCE, "fd01:203:405:1::1", remote);
	packets[0].bytes[14 + 5] = 21; /* a byte that is not there */
	packets[1].bytes[14] = 0x40;   /* version 4 */
	svc_parse(&packets[0]);
	svc_parse(&packets[1]);
	svc_burst(svc, packets, 2);
	for (unsigned int i = 0; i < 2; i++) {
		ck_assert_int_eq(packets[i].view.verdict, WP_DROP);
		ck_assert_uint_eq(packets[i].view.reason, DROP_MALFORMED);
	}
	svc_close(svc);
}
END_TEST

/* RFC 6296 4.3: to another inside host by its outside address. */
START_TEST(test_hairpins_turn)
{
	struct svc *svc = svc_open(CONFIG(RFC_PAIR));
	struct svc_packet packet;

	make_udp(&packet, WP_INSIDE_SOURCE, "fd01:203:405:1::1234", "2001:db8:1:d551::5");
	pass(svc, &packet);
	ck_assert_int_eq(packet.view.verdict, WP_TURN);
	assert_address(wp_source(&packet.view), "2001:db8:1:d550::1234");
	assert_address(wp_dest(&packet.view), "fd01:203:405:2::5");
	ck_assert_uint_eq(wp_checksum_l4(&packet.view), 0);
	ck_assert_uint_eq(svc_count(svc, COUNT_HAIRPINS), 1);
	svc_close(svc);
}
END_TEST

START_TEST(test_hairpin_to_what_has_no_counterpart_is_dropped)
{
	struct svc *svc = svc_open(CONFIG(RFC_PAIR));
	struct svc_packet packet;

	make_udp(&packet, WP_INSIDE_SOURCE, "fd01:203:405:1::1234", "2001:db8:1:ffff::5");
	pass(svc, &packet);
	ck_assert_int_eq(packet.view.verdict, WP_DROP);
	ck_assert_uint_eq(packet.view.reason, DROP_UNTRANSLATABLE);
	svc_close(svc);
}
END_TEST

/** Makes an ICMPv6 message that quotes a UDP packet, with a right checksum. */
static void
make_icmp(struct svc_packet *packet, uint8_t inside, uint8_t type, const char *const outer[2],
	  const char *const inner[2])
{
	uint8_t *ip = svc_ipv6(packet, WP_PROTO_ICMPV6, 8 + 40 + 8), *quoted = ip + L4_AT + 8;

	put_address(ip + SOURCE_AT, outer[0]);
	put_address(ip + DEST_AT, outer[1]);
	ip[L4_AT] = type;
	quoted[0] = 0x60;
	quoted[5] = 100;
	quoted[6] = WP_PROTO_UDP;
	quoted[7] = 60;
	put_address(quoted + SOURCE_AT, inner[0]);
	put_address(quoted + DEST_AT, inner[1]);
	memcpy(quoted + 40, "\x04\xd2\x01\xbb\0\x64\xab\xcd", 8);
	set_sum(packet, 2);
	packet->view.inside = inside;
}

static const struct error {
	uint8_t inside, type;
	enum wp_verdict verdict;
	const char *before[4], *after[4]; /* source, destination; those of the quoted packet */
} errors[] = {
	/* about a packet that came in, from its host and from a router on the way to it */
	{WP_INSIDE_SOURCE,
	 1,
	 WP_NEXT,
	 {"fd01:203:405:1::1234", "2001:db8:ffff::9", "2001:db8:ffff::9", "fd01:203:405:1::1234"},
	 {"2001:db8:1:d550::1234", "2001:db8:ffff::9", "2001:db8:ffff::9",
	  "2001:db8:1:d550::1234"}},
	{WP_INSIDE_SOURCE,
	 3,
	 WP_NEXT,
	 {"fd01:203:405:7::1", "2001:db8:ffff::9", "2001:db8:ffff::9", "fd01:203:405:1::1234"},
	 {"2001:db8:1:d556::1", "2001:db8:ffff::9", "2001:db8:ffff::9", "2001:db8:1:d550::1234"}},
	/* about one that went out */
	{WP_INSIDE_DESTINATION,
	 2,
	 WP_NEXT,
	 {"2001:db8:eeee::1", "2001:db8:1:d550::1234", "2001:db8:1:d550::1234", "2001:db8:ffff::9"},
	 {"2001:db8:eeee::1", "fd01:203:405:1::1234", "fd01:203:405:1::1234", "2001:db8:ffff::9"}},
	/* about a hairpin, from 2 back to 1 */
	{WP_INSIDE_SOURCE,
	 1,
	 WP_TURN,
	 {"fd01:203:405:2::5", "2001:db8:1:d550::1234", "2001:db8:1:d550::1234",
	  "fd01:203:405:2::5"},
	 {"2001:db8:1:d551::5", "fd01:203:405:1::1234", "fd01:203:405:1::1234",
	  "2001:db8:1:d551::5"}},
	/* not about a packet of ours: what it quotes stays */
	{WP_INSIDE_SOURCE,
	 1,
	 WP_NEXT,
	 {"fd01:203:405:1::1234", "2001:db8:ffff::9", "2001:db8:1::1", "2001:db8:2::1"},
	 {"2001:db8:1:d550::1234", "2001:db8:ffff::9", "2001:db8:1::1", "2001:db8:2::1"}},
	/* no error */
	{WP_INSIDE_SOURCE,
	 128,
	 WP_NEXT,
	 {"fd01:203:405:1::1234", "2001:db8:ffff::9", "2001:db8:ffff::9", "fd01:203:405:1::1234"},
	 {"2001:db8:1:d550::1234", "2001:db8:ffff::9", "2001:db8:ffff::9", "fd01:203:405:1::1234"}},
};

START_TEST(test_errors_are_translated_with_what_they_quote)
{
	const struct error *row = &errors[_i];
	struct svc *svc = svc_open(CONFIG(RFC_PAIR));
	struct svc_packet packet;
	uint8_t sum_before[2];

	make_icmp(&packet, row->inside, row->type, row->before, row->before + 2);
	memcpy(sum_before, wp_l4(&packet.view) + 2, 2);
	pass(svc, &packet);
	ck_assert_int_eq(packet.view.verdict, row->verdict);
	assert_address(wp_source(&packet.view), row->after[0]);
	assert_address(wp_dest(&packet.view), row->after[1]);
	assert_address(wp_l4(&packet.view) + 8 + SOURCE_AT, row->after[2]);
	assert_address(wp_l4(&packet.view) + 8 + DEST_AT, row->after[3]);
	ck_assert_uint_eq(wp_checksum_l4(&packet.view), 0);
	ck_assert_mem_eq(wp_l4(&packet.view) + 2, sum_before, 2);
	svc_close(svc);
}
END_TEST

/* Too short to quote addresses, or quotes no IPv6: the error itself is translated. */
START_TEST(test_errors_that_quote_little_pass)
{
	struct svc *svc = svc_open(CONFIG(RFC_PAIR));
	struct svc_packet packet;
	uint8_t *ip;

	for (uint8_t quoted = 0; quoted < 40; quoted++) {
		ip = svc_ipv6(&packet, WP_PROTO_ICMPV6, (uint16_t)(8 + quoted));
		put_address(ip + SOURCE_AT, "fd01:203:405:1::1234");
		put_address(ip + DEST_AT, remote);
		ip[L4_AT] = 1;
		ip[L4_AT + 8] = 0x60;
		memset(ip + L4_AT + 8 + quoted, 0xfd, 60); /* behind the end */
		svc_parse(&packet);
		packet.view.inside = WP_INSIDE_SOURCE;
		pass(svc, &packet);
		ck_assert_int_eq(packet.view.verdict, WP_NEXT);
		assert_address(ip + SOURCE_AT, "2001:db8:1:d550::1234");
	}
	ck_assert_uint_eq(svc_count(svc, COUNT_ERRORS), 0);
	svc_close(svc);
}
END_TEST

START_TEST(test_neighbour_discovery_passes)
{
	struct svc *svc = svc_open(CONFIG(RFC_PAIR));
	struct svc_packet packet;

	for (uint8_t type = 133; type <= 137; type++) {
		uint8_t *ip = svc_ipv6(&packet, WP_PROTO_ICMPV6, 24);

		put_address(ip + SOURCE_AT, "fd01:203:405:1::1234");
		put_address(ip + DEST_AT, remote);
		ip[L4_AT] = type;
		svc_parse(&packet);
		pass(svc, &packet);
		ck_assert_int_eq(packet.view.verdict, WP_NEXT);
		assert_address(ip + SOURCE_AT, "fd01:203:405:1::1234");
	}
	svc_close(svc);
}
END_TEST

/* Fragments need no more than their addresses. */
START_TEST(test_fragments_are_translated)
{
	struct svc *svc = svc_open(CONFIG(RFC_PAIR));
	struct svc_packet packet;
	uint8_t *ip = svc_ipv6(&packet, WP_PROTO_FRAGMENT, 24);

	put_address(ip + SOURCE_AT, "fd01:203:405:1::1234");
	put_address(ip + DEST_AT, remote);
	memcpy(ip + L4_AT, "\x11\0\x05\xa8\1\2\3\4", 8); /* not the first */
	svc_parse(&packet);
	ck_assert((packet.view.flags & WP_PKT_LATER_FRAGMENT) != 0);
	pass(svc, &packet);
	ck_assert_int_eq(packet.view.verdict, WP_NEXT);
	assert_address(ip + SOURCE_AT, "2001:db8:1:d550::1234");
	ck_assert_mem_eq(ip + L4_AT, "\x11\0\x05\xa8\1\2\3\4", 8);
	svc_close(svc);
}
END_TEST

static const struct refusal {
	const char *config, *says;
} refusals[] = {
	{"{}", "prefixes"},
	{CONFIG(""), "prefixes"},
	{CONFIG("{\"inside\": \"10.0.0.0/8\", \"outside\": \"2001:db8:1::/48\"}"),
	 "prefixes/0/inside: inside: is no IPv6"},
	{CONFIG("{\"inside\": \"any\", \"outside\": \"2001:db8:1::/48\"}"), "prefixes/0/inside"},
	{CONFIG("{\"inside\": \"fd00::/48\", \"outside\": \"2001:db8:1::/65\"}"),
	 "prefixes/0/outside: outside: is longer"},
	{CONFIG("{\"inside\": \"ff0e::/48\", \"outside\": \"2001:db8:1::/48\"}"), "multicast"},
	{CONFIG("{\"inside\": \"fe80::/64\", \"outside\": \"2001:db8:1::/48\"}"), "link-local"},
	{CONFIG("{\"inside\": \"fe00::/8\", \"outside\": \"2001:db8:1::/48\"}"), "link-local"},
	{CONFIG("{\"tenant\": \"pink\", \"inside\": \"fd00::/48\", \"outside\": \"2001::/48\"}"),
	 "prefixes/0/tenant"},
	{CONFIG("{\"inside\": \"fd00::/48\", \"outside\": \"fd00::/56\"}"),
	 "prefixes/0/outside: outside: has addresses of inside"},
	{CONFIG(RFC_PAIR "," RFC_PAIR), "prefixes/1/inside"},
	{CONFIG(RFC_PAIR ", {\"tenant\": \"red\", \"inside\": \"fd00:9::/48\", \"outside\": "
			 "\"2001:db8:1:1::/64\"}"),
	 "prefixes/1/inside"},
	{CONFIG(RFC_PAIR ", {\"inside\": \"2001:db8::/32\", \"outside\": \"2001:db9::/32\"}"),
	 "prefixes/1/inside"},
	{"{\"unmatched\": \"pass\", \"prefixes\": [" RFC_PAIR "]}", "unmatched"},
};

START_TEST(test_refusals)
{
	const char *why = svc_refusal(refusals[_i].config);

	ck_assert_msg(strstr(why, refusals[_i].says) != NULL, "%s", why);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("nptv6");

	tcase_add_test(tcase, test_example_of_the_rfc);
	tcase_add_loop_test(tcase, test_prefixes_of_all_lengths, 0, ROWS(rows));
	tcase_add_test(tcase, test_random_addresses_come_back);
	tcase_add_test(tcase, test_every_subnet_has_its_own_counterpart);
	tcase_add_loop_test(tcase, test_what_has_no_counterpart_is_answered, 0, 2 * ROWS(refused));
	tcase_add_test(tcase, test_without_answers_it_is_dropped);
	tcase_add_test(tcase, test_tenants_have_their_own_prefixes);
	tcase_add_loop_test(tcase, test_what_has_no_prefix_is_dropped_or_forwarded, 0,
			    ROWS(others));
	tcase_add_test(tcase, test_what_is_not_ipv6_passes);
	tcase_add_test(tcase, test_malformed_packets_are_dropped);
	tcase_add_test(tcase, test_hairpins_turn);
	tcase_add_test(tcase, test_hairpin_to_what_has_no_counterpart_is_dropped);
	tcase_add_loop_test(tcase, test_errors_are_translated_with_what_they_quote, 0,
			    ROWS(errors));
	tcase_add_test(tcase, test_errors_that_quote_little_pass);
	tcase_add_test(tcase, test_neighbour_discovery_passes);
	tcase_add_test(tcase, test_fragments_are_translated);
	tcase_add_loop_test(tcase, test_refusals, 0, ROWS(refusals));
	return unit_main("nptv6", tcase);
}
