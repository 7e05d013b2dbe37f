/* SPDX-License-Identifier: BSD-3-Clause */
/* Hosts that ask nat for mappings (RFC 6887), packet by packet. */

#include <stdio.h>
#include <string.h>

#include "nat_bed.h"
#include "parse/checksum.h"
#include "pcp.h"
#include "state/state.h"

enum { HEADER = 24, MAP = 36, IP = 20, UDP = 8, UDP_SUM = 6, TCP_SUM = 16, SIZE_MAX_PCP = 1100 };

#define CONFIG(MORE) "{" POOL ", \"pcp\": {\"servers\": [\"10.0.0.254\"]}" MORE "}"

static const uint32_t host = 0x0a000001, other = 0x0a000002, server = 0x0a0000fe;
static const uint32_t remote = 0xc6336401;
static const char nonce[] = "123456789abc", wrong[] = "223456789abc";

/** Makes a UDP packet. @return its payload */
static uint8_t *
make_udp(uint32_t from, uint16_t sport, uint32_t to, uint16_t dport, const void *data, size_t size)
{
	uint8_t *ip = svc_ipv4(&packet, WP_PROTO_UDP, (uint16_t)(UDP + size));

	wp_put32(ip + 12, from);
	wp_put32(ip + 16, to);
	wp_put16(ip + IP, sport);
	wp_put16(ip + IP + 2, dport);
	wp_put16(ip + IP + 4, (uint16_t)(UDP + size));
	memcpy(ip + IP + UDP, data, size);
	bed_finish(ip, UDP_SUM);
	return ip + IP + UDP;
}

static void
make_syn(uint32_t from, uint16_t sport, uint32_t to, uint16_t dport)
{
	uint8_t *ip = svc_ipv4(&packet, WP_PROTO_TCP, 24);

	wp_put32(ip + 12, from);
	wp_put32(ip + 16, to);
	wp_put16(ip + IP, sport);
	wp_put16(ip + IP + 2, dport);
	ip[IP + 13] = TCP_SYN;
	bed_finish(ip, TCP_SUM);
}

/** What a host asks; zero members take the defaults. */
struct ask {
	uint32_t from;     /* host */
	uint32_t client;   /* as it says itself; from */
	uint8_t version;   /* 2 */
	uint8_t opcode;    /* 1 */
	uint32_t lifetime; /* 600 */
	bool release;      /* lifetime 0 */
	const char *nonce;
	uint8_t protocol; /* UDP */
	uint16_t port;    /* 4000 */
	bool any_port;    /* port 0 */
	uint16_t suggested;
	const void *options;
	size_t options_size;
	size_t size; /* cut to so many bytes, or filled up */
};

/** What was answered. */
static struct answer {
	uint8_t result, opcode;
	uint32_t lifetime, epoch, size;
	uint32_t address;
	uint16_t port;
} answer;

/** @return a request's bytes, and how many. */
static size_t
write_ask(uint8_t *at, const struct ask *ask)
{
	uint32_t client = ask->client != 0 ? ask->client : ask->from != 0 ? ask->from : host;
	size_t size = HEADER;

	at[0] = ask->version != 0 ? ask->version : 2;
	at[1] = ask->opcode != 0 ? ask->opcode : 1;
	wp_put32(at + 4, ask->release ? 0 : ask->lifetime != 0 ? ask->lifetime : 600);
	memset(at + 18, 0xff, 2);
	wp_put32(at + 20, client);
	if (at[1] == 1) {
		memcpy(at + size, ask->nonce != NULL ? ask->nonce : nonce, 12);
		at[size + 12] = ask->protocol != 0 ? ask->protocol : WP_PROTO_UDP;
		wp_put16(at + size + 16, ask->any_port ? 0 : ask->port != 0 ? ask->port : 4000);
		wp_put16(at + size + 18, ask->suggested);
		memset(at + size + 30, 0xff, 2);
		size += MAP;
	}
	if (ask->options_size != 0)
		memcpy(at + size, ask->options, ask->options_size);
	size += ask->options_size;
	return ask->size != 0 ? ask->size : size;
}

/** The answer is a packet from the server to the host, with right sums; reads it. */
static void
read_answer(uint32_t to)
{
	const uint8_t *ip = wp_l3(&packet.view), *at = ip + IP + UDP;

	ck_assert_uint_eq(wp_get32(ip + 12), server);
	ck_assert_uint_eq(wp_get32(ip + 16), to);
	ck_assert_uint_eq(wp_checksum_ipv4(ip, IP), wp_load16(ip + 10));
	ck_assert_uint_eq(wp_checksum_l4(&packet.view), 0);
	ck_assert_uint_eq(wp_get16(ip + IP), PCP_PORT);
	ck_assert_uint_eq(wp_get16(ip + IP + 2), 6000);
	answer.size = wp_get16(ip + IP + 4) - (uint32_t)UDP;
	ck_assert_uint_eq(wp_get16(ip + 2), IP + UDP + answer.size);
	ck_assert_uint_eq(packet.view.end - packet.view.l4, UDP + answer.size);
	ck_assert_uint_eq(at[0], 2);
	ck_assert_uint_eq(at[1] & 0x80, 0x80);
	ck_assert_uint_eq(answer.size % 4, 0);
	answer.opcode = at[1] & 0x7f;
	answer.result = at[3];
	answer.lifetime = wp_get32(at + 4);
	answer.epoch = wp_get32(at + 8);
	answer.port = wp_get16(at + HEADER + 18);
	answer.address = wp_get32(at + HEADER + 32);
}

/** Sends a request, and reads the answer. @return its result */
static uint8_t
ask_for(struct ask ask)
{
	uint8_t bytes[2048] = {0};
	size_t size = write_ask(bytes, &ask);

	if (ask.from == 0)
		ask.from = host;
	make_udp(ask.from, 6000, server, PCP_PORT, bytes, size);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_REPLY);
	read_answer(ask.from);
	return answer.result;
}

#define ASK(...) ask_for((struct ask){__VA_ARGS__})

/** @return the verdict on UDP from outside to the endpoint of the last answer. */
static enum wp_verdict
knock(void)
{
	make_udp(remote, 80, answer.address, answer.port, "knock", 5);
	return bed_pass(WP_INSIDE_DESTINATION);
}

START_TEST(test_mapping_stands_without_a_packet)
{
	bed_open(CONFIG(""));
	ck_assert_uint_eq(ASK(.lifetime = 3600), 0);
	ck_assert_uint_eq(answer.size, HEADER + MAP);
	ck_assert_uint_eq(answer.lifetime, 3600);
	ck_assert_uint_eq(answer.address & ~15u, POOL_FIRST);
	ck_assert_uint_ge(answer.port, 1024);
	bed_sleep(3500); /* UDP mappings end after 300 */
	ck_assert_int_eq(knock(), WP_NEXT);
	ck_assert_uint_eq(wp_get32(wp_l3(&packet.view) + 16), host);
	ck_assert_uint_eq(wp_get16(wp_l3(&packet.view) + IP + 2), 4000);
	bed_sleep(3600);
	ck_assert_int_eq(knock(), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_NO_MAPPING);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_PCP), 1);
}
END_TEST

START_TEST(test_same_mapping_as_that_of_packets)
{
	uint32_t address;
	uint16_t port;

	bed_open(CONFIG(""));
	make_udp(host, 4000, remote, 80, "x", 1);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_NEXT);
	address = wp_get32(wp_l3(&packet.view) + 12);
	port = wp_get16(wp_l3(&packet.view) + IP);
	ck_assert_uint_eq(ASK(.lifetime = 7200), 0);
	ck_assert_uint_eq(answer.address, address);
	ck_assert_uint_eq(answer.port, port);
	/* Asked again, it goes on. */
	for (unsigned int i = 0; i < 5; i++) {
		bed_sleep(7000);
		ck_assert_uint_eq(ASK(.lifetime = 7200), 0);
		ck_assert_uint_eq(answer.port, port);
	}
	ck_assert_uint_eq(answer.epoch, 5 * 7000);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 1);
}
END_TEST

START_TEST(test_tcp_from_outside_through_any_filter)
{
	static const char *const filters[] = {"endpoint-independent", "address-dependent",
					      "address-and-port-dependent"};
	char config[512];

	snprintf(config, sizeof(config), CONFIG(", \"filtering\": \"%s\""), filters[_i]);
	bed_open(config);
	ck_assert_uint_eq(ASK(.protocol = WP_PROTO_TCP, .port = 22), 0);
	make_syn(remote, 999, answer.address, answer.port);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_NEXT);
	ck_assert_uint_eq(wp_get32(wp_l3(&packet.view) + 16), host);
	ck_assert_uint_eq(ASK(0), 0);
	ck_assert_int_eq(knock(), WP_NEXT);
}
END_TEST

START_TEST(test_release)
{
	bed_open(CONFIG(""));
	ck_assert_uint_eq(ASK(0), 0);
	ck_assert_uint_eq(ASK(.release = true, .nonce = wrong), 2);
	ck_assert_uint_eq(ASK(0), 0);
	ck_assert_int_eq(knock(), WP_NEXT);
	ck_assert_uint_eq(ASK(.release = true), 0);
	ck_assert_uint_eq(answer.lifetime, 0);
	ck_assert_int_eq(knock(), WP_DROP);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_REMOVED), 1);
	ck_assert_uint_eq(ASK(.release = true), 0); /* there is nothing: well */
}
END_TEST

/** Of one burst: a host gives its mapping up, and goes on using it. */
START_TEST(test_release_and_use_in_one_burst)
{
	static struct svc_packet packets[4];
	struct ask ask = {.protocol = WP_PROTO_TCP, .from = host, .release = true};
	uint8_t bytes[HEADER + MAP] = {0};
	uint32_t address;
	uint16_t port;

	bed_open(CONFIG(", \"max_mappings\": 2"));
	ck_assert_uint_eq(ASK(.protocol = WP_PROTO_TCP), 0);
	address = answer.address;
	port = answer.port;
	write_ask(bytes, &ask);
	make_udp(host, 6000, server, PCP_PORT, bytes, sizeof(bytes));
	packets[0] = packet;
	make_syn(remote, 999, address, port);
	packets[1] = packet;
	make_syn(host, 4000, remote, 80);
	packets[2] = packet;
	make_syn(host, 4000, remote, 81);
	packets[3] = packet;
	for (unsigned int i = 0; i < 4; i++) {
		packets[i].view.buf = packets[i].bytes;
		packets[i].view.args = step;
		packets[i].view.inside = i == 1 ? WP_INSIDE_DESTINATION : WP_INSIDE_SOURCE;
	}
	svc_burst(svc, packets, 4);
	ck_assert_int_eq(packets[0].view.verdict, WP_REPLY);
	ck_assert_int_eq(packets[1].view.verdict, WP_DROP);
	ck_assert_uint_eq(packets[1].view.reason, NAT_DROP_NO_MAPPING);
	for (unsigned int i = 2; i < 4; i++) {
		ck_assert_int_eq(packets[i].view.verdict, WP_NEXT);
		ck_assert_uint_ne(wp_get16(wp_l3(&packets[i].view) + IP), port);
	}
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 2);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_REMOVED), 1);
	/* Nothing is left of it, and the host may have as many as before. */
	bed_sleep(1000);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_REMOVED), 2);
	for (unsigned int i = NAT_MAPPINGS; i <= NAT_PEERS; i++) {
		struct wp_table_stats stats;

		wp_table_stats(svc_core(svc)->tables[i], &stats);
		ck_assert_uint_eq(stats.entries, 0);
	}
	make_syn(host, 4000, remote, 80);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_NEXT);
}
END_TEST

/** A file of state makes nobody's mapping stand for ever. */
START_TEST(test_restored_claims_end)
{
	struct wp_record record = {.key_version = 4, .key_size = 7, .value_size = 12};
	uint8_t key[7] = {10, 0, 0, 1, 4000 >> 8, 4000 & 0xff, WP_PROTO_UDP}, value[16] = {0};
	struct wp_core *core;

	bed_open(CONFIG(""));
	core = svc_core(svc);
	make_udp(host, 4000, remote, 80, "x", 1);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_NEXT);
	answer.address = wp_get32(wp_l3(&packet.view) + 12);
	answer.port = wp_get16(wp_l3(&packet.view) + IP);
	record.key = key;
	record.value = value;
	record.used = (uint32_t)(core->now_ns >> WP_TICK_SHIFT);
	key[6] = WP_PROTO_ICMP;
	ck_assert_str_eq(wp_service.restore(svc_inst(svc), core, NAT_CLAIMS, &record),
			 "makes no sense");
	key[6] = WP_PROTO_UDP;
	ck_assert_ptr_null(wp_service.restore(svc_inst(svc), core, NAT_CLAIMS, &record));
	bed_sleep(86000);
	ck_assert_int_eq(knock(), WP_NEXT);
	bed_sleep(800);
	ck_assert_int_eq(knock(), WP_DROP);
}
END_TEST

/** A request that fails leaves a mapping that others have made as it is. */
START_TEST(test_failing_request_ends_nothing)
{
	uint32_t address;
	uint16_t port;

	bed_open(CONFIG(""));
	make_udp(host, 4000, remote, 80, "x", 1);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_NEXT);
	address = wp_get32(wp_l3(&packet.view) + 12);
	port = wp_get16(wp_l3(&packet.view) + IP);
	ck_assert_uint_eq(
		ASK(.suggested = (uint16_t)(port ^ 1), .options = "\2\0\0\0", .options_size = 4),
		11);
	answer.address = address;
	answer.port = port;
	ck_assert_int_eq(knock(), WP_NEXT);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_REMOVED), 0);
}
END_TEST

START_TEST(test_only_who_asked_may_ask_again)
{
	bed_open(CONFIG(""));
	ck_assert_uint_eq(ASK(0), 0);
	ck_assert_uint_eq(ASK(.nonce = wrong), 2);
	ck_assert_uint_eq(ASK(.from = other, .nonce = wrong), 0);
	ck_assert_uint_eq(ASK(.from = other, .client = host), 12);
}
END_TEST

/** A connection outlives the request for its mapping. */
START_TEST(test_connection_outlives_the_request)
{
	bed_open(CONFIG(""));
	ck_assert_uint_eq(ASK(.protocol = WP_PROTO_TCP, .lifetime = 120), 0);
	make_syn(remote, 999, answer.address, answer.port);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_NEXT);
	make_syn(host, 4000, remote, 999);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_NEXT);
	bed_sleep(3600);
	make_syn(remote, 999, answer.address, answer.port);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_NEXT);
	bed_sleep(8000);
	make_syn(remote, 999, answer.address, answer.port);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_DROP);
}
END_TEST

/** ... and the mapping outlives its connections while it is asked for. */
START_TEST(test_mapping_outlives_its_connections)
{
	bed_open(CONFIG(""));
	ck_assert_uint_eq(ASK(.protocol = WP_PROTO_TCP, .lifetime = 80000), 0);
	for (uint16_t port = 999; port < 1002; port++) {
		make_syn(remote, port, answer.address, answer.port);
		ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_NEXT);
	}
	for (unsigned int hour = 0; hour < 20; hour++)
		bed_sleep(3600);
	make_syn(remote, 80, answer.address, answer.port);
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_NEXT);
	for (unsigned int hour = 0; hour < 20; hour++)
		bed_sleep(3600);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_REMOVED), 1);
}
END_TEST

static const uint8_t prefer_failure[4] = {2}, third_party[20] = {1, 0, 0, 16},
		     optional[8] = {200, 0, 0, 3}, too_long[4] = {200, 0, 0, 9},
		     prefer_data[8] = {2, 0, 0, 4};

static const struct refused {
	struct ask ask;
	uint8_t result;
} refused[] = {
	{{.version = 1}, 1},
	{{.opcode = 2}, 4},
	{{.opcode = 99}, 4},
	{{.size = 23}, 3},
	{{.size = 2}, 3},
	{{.size = HEADER}, 3},
	{{.size = HEADER + MAP - 4}, 3},
	{{.size = HEADER + MAP + 2}, 3},
	{{.size = SIZE_MAX_PCP + 4}, 3},
	{{.options = third_party, .options_size = 20}, 5},
	{{.options = too_long, .options_size = 4}, 6},
	{{.options = prefer_data, .options_size = 8}, 6},
	{{.protocol = WP_PROTO_ICMP}, 9},
	{{.any_port = true}, 9},
	{{.client = 0x0a000009}, 12},
	{{.suggested = 7, .options = prefer_failure, .options_size = 4}, 11},
};

START_TEST(test_refused_with_a_reason)
{
	bed_open(CONFIG(""));
	ck_assert_uint_eq(ask_for(refused[_i].ask), refused[_i].result);
	ck_assert_uint_ge(answer.size, HEADER);
	ck_assert_uint_le(answer.size, SIZE_MAX_PCP);
	ck_assert_uint_eq(answer.lifetime, 30);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_PCP_REFUSED), 1);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), svc_count(svc, NAT_COUNT_REMOVED));
}
END_TEST

START_TEST(test_options)
{
	uint16_t port;

	bed_open(CONFIG(""));
	ck_assert_uint_eq(ASK(.options = optional, .options_size = 8), 0);
	ck_assert_uint_eq(answer.size, HEADER + MAP);
	port = answer.port;
	ck_assert_uint_eq(ASK(.suggested = port, .options = prefer_failure, .options_size = 4), 0);
	ck_assert_uint_eq(answer.size, HEADER + MAP + 4);
	ck_assert_mem_eq(packet.view.buf + packet.view.payload + HEADER + MAP, "\2\0\0\0", 4);
	/* What is only suggested need not be. */
	ck_assert_uint_eq(ASK(.suggested = 9), 0);
	ck_assert_uint_eq(answer.port, port);
}
END_TEST

START_TEST(test_announce)
{
	uint8_t bytes[HEADER] = {2, 0};

	bed_open(CONFIG(""));
	memset(bytes + 18, 0xff, 2);
	wp_put32(bytes + 20, host);
	make_udp(host, 6000, server, PCP_PORT, bytes, HEADER);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_REPLY);
	read_answer(host);
	ck_assert_uint_eq(answer.result, 0);
	ck_assert_uint_eq(answer.opcode, 0);
	ck_assert_uint_eq(answer.size, HEADER);
}
END_TEST

START_TEST(test_lifetimes_have_bounds)
{
	bed_open(CONFIG(""));
	ck_assert_uint_eq(ASK(.lifetime = 1), 0);
	ck_assert_uint_eq(answer.lifetime, 120);
	ck_assert_uint_eq(ASK(.lifetime = UINT32_MAX), 0);
	ck_assert_uint_eq(answer.lifetime, 86400);
}
END_TEST

START_TEST(test_quota_and_full_tables)
{
	bed_open(CONFIG(", \"max_mappings\": 2"));
	ck_assert_uint_eq(ASK(.port = 1), 0);
	ck_assert_uint_eq(ASK(.port = 2), 0);
	ck_assert_uint_eq(ASK(.port = 3), 10);
	ck_assert_uint_eq(ASK(.port = 1), 0);
	bed_close();
	svc_max_entries[NAT_CLAIMS] = 1;
	bed_open(CONFIG(""));
	ck_assert_uint_eq(ASK(.port = 1), 0);
	ck_assert_uint_eq(ASK(.port = 2), 8);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 2);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_REMOVED), 1);
}
END_TEST

START_TEST(test_static_mapping_is_told)
{
	bed_open(CONFIG(", \"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.1\", "
			"\"outside\": \"203.0.113.3\", \"protocol\": \"udp\", \"inside_port\": "
			"4000, \"outside_port\": 40}]"));
	ck_assert_uint_eq(ASK(0), 0);
	ck_assert_uint_eq(answer.address, POOL_FIRST + 3);
	ck_assert_uint_eq(answer.port, 40);
	ck_assert_uint_eq(ASK(.release = true), 2);
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), 0);
}
END_TEST

START_TEST(test_what_is_no_request)
{
	uint8_t bytes[HEADER + MAP] = {0}, *at;
	struct ask ask = {0};

	bed_open(CONFIG(""));
	write_ask(bytes, &ask);
	/* An answer; a wrong checksum; too short for anything. */
	bytes[1] |= 0x80;
	make_udp(host, 6000, server, PCP_PORT, bytes, sizeof(bytes));
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_MALFORMED);
	bytes[1] = 1;
	at = make_udp(host, 6000, server, PCP_PORT, bytes, sizeof(bytes));
	at[30] ^= 1;
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_CHECKSUM);
	make_udp(host, 6000, server, PCP_PORT, bytes, 1);
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_DROP);
	ck_assert_uint_eq(packet.view.reason, NAT_DROP_MALFORMED);
	/* To somebody else it is traffic, even of a socket that has asked us. */
	make_udp(host, 6000, remote, PCP_PORT, bytes, sizeof(bytes));
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_NEXT);
	ck_assert_uint_eq(ASK(0), 0);
	make_udp(host, 6000, remote, PCP_PORT, bytes, sizeof(bytes));
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_NEXT);
	/* Nobody asks from outside. */
	make_udp(remote, 6000, server, PCP_PORT, bytes, sizeof(bytes));
	ck_assert_int_eq(bed_pass(WP_INSIDE_DESTINATION), WP_DROP);
}
END_TEST

START_TEST(test_off_unless_told)
{
	uint8_t bytes[HEADER + MAP] = {0};
	struct ask ask = {0};

	bed_open("{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/28\"]}]}");
	write_ask(bytes, &ask);
	make_udp(host, 6000, server, PCP_PORT, bytes, sizeof(bytes));
	ck_assert_int_eq(bed_pass(WP_INSIDE_SOURCE), WP_NEXT);
}
END_TEST

START_TEST(test_refused_configurations)
{
	ck_assert_ptr_nonnull(strstr(svc_refusal("{\"pools\": [{\"name\": \"p\", \"addresses\": "
						 "[\"203.0.113.0/28\"]}], \"pcp\": "
						 "{\"servers\": [\"10.0.0.0/24\"]}}"),
				     "pcp/servers/0: servers: '10.0.0.0/24' is no IPv4 address"));
	ck_assert_ptr_nonnull(
		strstr(svc_refusal("{\"static\": [{\"tenant\": \"red\", \"inside\": \"10.0.0.1\", "
				   "\"outside\": \"10.9.0.1\"}], \"pcp\": {\"servers\": "
				   "[\"10.0.0.254\"]}}"),
		       "mappings on demand need a pool"));
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("pcp");

	tcase_add_checked_fixture(tcase, NULL, bed_close);
	tcase_add_test(tcase, test_mapping_stands_without_a_packet);
	tcase_add_test(tcase, test_same_mapping_as_that_of_packets);
	tcase_add_loop_test(tcase, test_tcp_from_outside_through_any_filter, 0, 3);
	tcase_add_test(tcase, test_release);
	tcase_add_test(tcase, test_release_and_use_in_one_burst);
	tcase_add_test(tcase, test_restored_claims_end);
	tcase_add_test(tcase, test_failing_request_ends_nothing);
	tcase_add_test(tcase, test_only_who_asked_may_ask_again);
	tcase_add_test(tcase, test_connection_outlives_the_request);
	tcase_add_test(tcase, test_mapping_outlives_its_connections);
	tcase_add_loop_test(tcase, test_refused_with_a_reason, 0,
			    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(tcase, test_options);
	tcase_add_test(tcase, test_announce);
	tcase_add_test(tcase, test_lifetimes_have_bounds);
	tcase_add_test(tcase, test_quota_and_full_tables);
	tcase_add_test(tcase, test_static_mapping_is_told);
	tcase_add_test(tcase, test_what_is_no_request);
	tcase_add_test(tcase, test_off_unless_told);
	tcase_add_test(tcase, test_refused_configurations);
	return unit_main("nat pcp", tcase);
}
