/* SPDX-License-Identifier: BSD-3-Clause */
/* services/ids/tool/tunnel.c and layer.c: where the network layer is, and packets within packets.
 */

#include <pcap/dlt.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "hex.h"
#include "parse/parse.h"
#include "tool/layer.h"
#include "tool/tunnel.h"
#include "unit.h"

enum { START = 128, ROOM = 65535 };

static uint8_t buffer[ROOM + 1];

/** Bytes as they are written here: "ab cd" in hex, and names for whole headers. */
static const struct {
	const char *name, *hex;
} headers[] = {
	/* IPv4 from 10.0.0.1 to 10.0.0.2 and IPv6, with the protocol; the lengths are set. */
	{"IP4/UDP", "450000000000000040110000 0a000001 0a000002"},
	{"IP4/GRE", "4500000000000000402f0000 0a000001 0a000002"},
	{"IP4/IP4", "450000000000000040040000 0a000001 0a000002"},
	{"IP4/IP6", "450000000000000040290000 0a000001 0a000002"},
	{"IP6/UDP", "60000000 0000 11 40 20010db8000000000000000000000001 "
		    "20010db8000000000000000000000002"},
	{"IP6/IP4", "60000000 0000 04 40 20010db8000000000000000000000001 "
		    "20010db8000000000000000000000002"},
	{"IP6/IP6", "60000000 0000 29 40 20010db8000000000000000000000001 "
		    "20010db8000000000000000000000002"},
	/* The packet that is looked for, whole: UDP from port 7 to 9 with 2 bytes. */
	{"INNER4", "4500001e000000004011ffff c0000201 c0000202 0007 0009 000a 0000 6869"},
	{"INNER6", "60000000 000a 11 40 20010db8000100000000000000000001 "
		   "20010db8000100000000000000000002 0007 0009 000a 0000 6869"},
	{"MACS", "020000000001 020000000002"},
	{"VXLAN", "c000 12b5 0000 0000 08000000 00000100"},
	{"GENEVE", "c000 17c1 0000 0000"},
	{"TEREDO", "c000 0dd8 0000 0000"},
};

static size_t
put_hex(uint8_t *at, const char *text)
{
	size_t n = 0;
	unsigned int byte;

	for (; *text != '\0'; text += text[0] == ' ' ? 1 : 2) {
		if (text[0] == ' ')
			continue;
		ck_assert_int_eq(sscanf(text, "%2x", &byte), 1);
		at[n++] = (uint8_t)byte;
	}
	return n;
}

static const char *
header_of(const char *word)
{
	for (int i = 0; i < ROWS(headers); i++)
		if (strcmp(headers[i].name, word) == 0)
			return headers[i].hex;
	return word;
}

/** Writes bytes. IP headers that say no length get what is behind them. @return how many */
static size_t
put(uint8_t *at, const char *text)
{
	char copy[1024], *next = copy, *word;
	size_t n = 0, at_ip[8], n_ips = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((word = strsep(&next, " ")) != NULL) {
		if (strncmp(word, "IP", 2) == 0)
			at_ip[n_ips++] = n;
		n += put_hex(at + n, header_of(word));
	}
	for (size_t i = 0; i < n_ips; i++) {
		uint8_t *ip = at + at_ip[i];

		if (ip[0] == 0x45)
			wp_put16(ip + 2, (unsigned int)(n - at_ip[i]));
		else
			wp_put16(ip + 4, (unsigned int)(n - at_ip[i] - 40));
	}
	return n;
}

/** Makes a packet of a captured frame. */
static bool
view(struct wp_packet *pkt, int link, const char *text)
{
	size_t size = put(buffer + START, text);
	struct layer layer = layer_of_link(link, buffer + START, (uint32_t)size);

	*pkt = (struct wp_packet){.buf = buffer, .room = ROOM};
	if (layer.kind == LAYER_UNKNOWN)
		return false;
	layer.at += START;
	layer_view(pkt, layer, (uint32_t)(START + size));
	return true;
}

static bool
is_inner(const struct wp_packet *pkt, uint8_t version)
{
	return pkt->l3 != 0 && pkt->ip_version == version && pkt->l4_proto == WP_PROTO_UDP &&
	       pkt->l4_sport == 7 && pkt->l4_dport == 9 && pkt->end - pkt->payload == 2 &&
	       memcmp(pkt->buf + pkt->payload, "hi", 2) == 0;
}

/* Link layers, tags and labels: no packets of their own. */

static const struct {
	int link;
	const char *frame;
	uint8_t version; /* 0: there is nothing to be found */
} frames[] = {
	{DLT_EN10MB, "MACS 0800 INNER4", 4},
	{DLT_EN10MB, "MACS 86dd INNER6", 6},
	{DLT_EN10MB, "MACS 8100 0005 0800 INNER4", 4},
	{DLT_EN10MB, "MACS 88a8 0005 8100 0006 86dd INNER6", 6},
	{DLT_EN10MB, "MACS 9100 0005 8100 0006 0800 INNER4", 4},
	{DLT_EN10MB, "MACS 8100 0001 8100 0002 8100 0003 8100 0004 8100 0005 0800 INNER4", 4},
	{DLT_EN10MB, "MACS 8926 00000000 0800 INNER4", 4},
	{DLT_EN10MB, "MACS 88e7 00000001 MACS 0800 INNER4", 4},
	{DLT_EN10MB, "MACS 8847 000010ff 000021ff INNER4", 4},
	{DLT_EN10MB, "MACS 8847 000021ff INNER6", 6},
	{DLT_EN10MB, "MACS 8848 000021ff INNER4", 4},
	{DLT_EN10MB, "MACS 8847 000021ff 00000000 MACS 0800 INNER4", 4},
	{DLT_EN10MB, "MACS 8847 000021ff MACS 8100 0001 0800 INNER4", 4},
	{DLT_EN10MB, "MACS 8847 000010ff 000010ff", 0}, /* there is no last label */
	{DLT_EN10MB, "MACS 8847 000021ff", 0},
	{DLT_EN10MB, "MACS 8864 1100 0001 0020 0021 INNER4", 4},
	{DLT_EN10MB, "MACS 8864 1100 0001 002c 0057 INNER6", 6},
	{DLT_EN10MB, "MACS 8100 0001 8864 1100 0001 001f 21 INNER4", 4},
	{DLT_EN10MB, "MACS 8864 1100 0001", 0},
	{DLT_EN10MB, "MACS 8863 1100 0001 0020 0021 INNER4", 0}, /* no session yet */
	{DLT_EN10MB, "MACS 0806 0001", 0},
	{DLT_EN10MB, "MACS", 0},
	{DLT_RAW, "INNER4", 4},
	{101, "INNER6", 6},
	{228, "INNER4", 4},
	{229, "INNER6", 6},
	{DLT_NULL, "02000000 INNER4", 4},
	{DLT_NULL, "0000001e INNER6", 6},
	{DLT_NULL, "020000", 0},
	{DLT_LOOP, "00000002 INNER4", 4},
	{DLT_LINUX_SLL, "0000 0001 0006 0200000000010000 0800 INNER4", 4},
	{DLT_LINUX_SLL, "0000 0001 0006 0200000000010000 8100 0005 86dd INNER6", 6},
	{DLT_LINUX_SLL, "0000 0001 0006 0200000000010000", 0},
	{276, "0800 0000 00000001 0001 00 06 0200000000010000 INNER4", 4},
	{DLT_C_HDLC, "0f00 0800 INNER4", 4},
	{DLT_PPP, "ff03 0021 INNER4", 4},
	{DLT_PPP, "0021 INNER4", 4},
	{DLT_PPP, "21 INNER4", 4},
	{DLT_PPP, "ff03 0057 INNER6", 6},
	{DLT_PPP, "ff03 0281 000021ff INNER4", 4},
	{DLT_PPP, "ff03 c021 0101", 0},
	{DLT_PPP, "ff", 0},
	{DLT_PPP_ETHER, "1100 0001 0020 0021 INNER4", 4},
	{DLT_IEEE802_11, "INNER4", 0},
};

START_TEST(test_link_layers_are_taken_off)
{
	struct wp_packet pkt;
	bool is_known = view(&pkt, frames[_i].link, frames[_i].frame);

	ck_assert_int_eq(layer_reads(frames[_i].link), frames[_i].link != DLT_IEEE802_11);
	if (frames[_i].version == 0)
		ck_assert(!is_known || pkt.l3 == 0);
	else
		ck_assert(is_known && is_inner(&pkt, frames[_i].version));
}
END_TEST

/* Tunnels. */

static const struct {
	const char *packet;
	enum tunnel_kind kind;
	uint8_t version; /* of the inner packet; 0: it is none of IP */
} tunnels[] = {
	{"IP4/IP4 INNER4", TUNNEL_IP_IN_IP, 4},
	{"IP4/IP6 INNER6", TUNNEL_IP_IN_IP, 6},
	{"IP6/IP4 INNER4", TUNNEL_IP_IN_IP, 4},
	{"IP6/IP6 INNER6", TUNNEL_IP_IN_IP, 6},
	{"IP4/GRE 0000 0800 INNER4", TUNNEL_GRE, 4},
	{"IP4/GRE 0000 86dd INNER6", TUNNEL_GRE, 6},
	{"IP4/GRE b000 0800 00000000 00000001 00000002 INNER4", TUNNEL_GRE, 4},
	{"IP4/GRE 2000 0800 00000001 INNER4", TUNNEL_GRE, 4},
	{"IP4/GRE 0000 6558 MACS 0800 INNER4", TUNNEL_GRE, 4},
	{"IP4/GRE 0000 6558 MACS 8100 0001 86dd INNER6", TUNNEL_GRE, 6},
	{"IP4/GRE 0000 8847 000021ff INNER4", TUNNEL_GRE, 4},
	{"IP4/GRE 0000 8100 0001 0800 INNER4", TUNNEL_GRE, 4},
	{"IP4/GRE 4000 0800 00000000 0800 0004 01020304 00000000 INNER4", TUNNEL_GRE, 4},
	{"IP4/GRE 4000 0800 00000000 0800 00ff 01020304", TUNNEL_NONE, 0},
	{"IP4/GRE 3081 880b 00220000 00000001 00000002 ff030021 INNER4", TUNNEL_GRE, 4},
	{"IP4/GRE 3001 880b 00220000 00000001 21 INNER4", TUNNEL_GRE, 4},
	{"IP4/GRE 1001 880b 00000001 ff030021 INNER4", TUNNEL_NONE, 0}, /* no key */
	{"IP4/GRE 3001 0800 00220000 00000001 INNER4", TUNNEL_NONE, 0},
	{"IP4/GRE 0002 0800 INNER4", TUNNEL_NONE, 0},
	{"IP4/GRE 0100 0800 INNER4", TUNNEL_NONE, 0},
	{"IP4/GRE b000 0800 00000000", TUNNEL_NONE, 0},
	{"IP4/GRE 000008", TUNNEL_NONE, 0},
	{"IP4/GRE 1000 88be 00000001 1000000000000000 MACS 0800 INNER4", TUNNEL_ERSPAN, 4},
	{"IP4/GRE 0000 88be MACS 0800 INNER4", TUNNEL_ERSPAN, 4},
	{"IP4/GRE 1000 88be 00000001 2000000000000000 MACS 0800 INNER4", TUNNEL_NONE, 0},
	{"IP4/UDP VXLAN MACS 0800 INNER4", TUNNEL_VXLAN, 4},
	{"IP6/UDP VXLAN MACS 8100 0001 86dd INNER6", TUNNEL_VXLAN, 6},
	{"IP4/UDP VXLAN MACS 0806 0001", TUNNEL_VXLAN, 0},
	{"IP4/UDP c000 12b5 0000 0000 00000000 00000100 MACS 0800 INNER4", TUNNEL_NONE, 0},
	{"IP4/UDP c000 12b6 0000 0000 08000000 00000100 MACS 0800 INNER4", TUNNEL_NONE, 0},
	{"IP4/UDP VXLAN MACS", TUNNEL_NONE, 0},
	{"IP4/UDP GENEVE 0000 6558 00000100 MACS 0800 INNER4", TUNNEL_GENEVE, 4},
	{"IP4/UDP GENEVE 0200 0800 00000100 0108000111111111 INNER4", TUNNEL_GENEVE, 4},
	{"IP4/UDP GENEVE 3f00 0800 00000100 INNER4", TUNNEL_NONE, 0},
	{"IP4/UDP GENEVE 4000 0800 00000100 INNER4", TUNNEL_NONE, 0},
	{"IP4/UDP TEREDO INNER6", TUNNEL_TEREDO, 6},
	{"IP4/UDP TEREDO 0000 f227 bebbbebb INNER6", TUNNEL_TEREDO, 6},
	/* What is said of authentication (RFC 4380 section 5.1.1) is not read. */
	{"IP4/UDP TEREDO 0001 0000 0102030405060708 00 0000 f227 bebbbebb INNER6", TUNNEL_NONE, 0},
	{"IP4/UDP TEREDO 0001 0201 6162 63 0102030405060708 00 INNER6", TUNNEL_NONE, 0},
	{"IP4/UDP TEREDO INNER6 00", TUNNEL_NONE, 0}, /* it is longer than it says */
	{"IP4/UDP TEREDO INNER4", TUNNEL_NONE, 0},
	{"IP4/UDP TEREDO 0001 ffff", TUNNEL_NONE, 0},
	{"INNER4", TUNNEL_NONE, 0},
	{"IP4/IP4", TUNNEL_NONE, 0},
};

START_TEST(test_packets_within_packets_are_found)
{
	struct wp_packet pkt, inner = {0};

	ck_assert(view(&pkt, DLT_RAW, tunnels[_i].packet));
	ck_assert_int_eq(tunnel_inner(&tunnel_usual, &pkt, &inner), tunnels[_i].kind);
	if (tunnels[_i].kind == TUNNEL_NONE)
		ck_assert_ptr_null(inner.buf);
	else if (tunnels[_i].version == 0)
		ck_assert_uint_eq(inner.l3, 0);
	else
		ck_assert(is_inner(&inner, tunnels[_i].version));
}
END_TEST

START_TEST(test_fragments_are_not_looked_into)
{
	struct wp_packet pkt, inner;

	ck_assert(view(&pkt, DLT_RAW, "IP4/IP4 INNER4"));
	buffer[START + 6] = 0x20;
	wp_parse(&pkt);
	ck_assert_int_eq(tunnel_inner(&tunnel_usual, &pkt, &inner), TUNNEL_NONE);
}
END_TEST

START_TEST(test_what_is_switched_off_is_no_tunnel)
{
	static const char *const packets[] = {"IP4/UDP VXLAN MACS 0800 INNER4",
					      "IP4/UDP GENEVE 0000 0800 00000100 INNER4",
					      "IP4/UDP TEREDO INNER6"};
	const struct tunnel_conf off = {.vxlan = {.n = 1, .ports = {4789}}};
	struct wp_packet pkt, inner;

	for (int i = 0; i < ROWS(packets); i++) {
		ck_assert(view(&pkt, DLT_RAW, packets[i]));
		ck_assert_int_eq(tunnel_inner(&off, &pkt, &inner), TUNNEL_NONE);
	}
}
END_TEST

START_TEST(test_tunnels_in_tunnels)
{
	struct wp_packet pkt, inner;

	ck_assert(view(&pkt, DLT_EN10MB,
		       "MACS 0800 IP4/GRE 0000 86dd IP6/UDP VXLAN MACS 0800 IP4/IP6 INNER6"));
	ck_assert_int_eq(tunnel_inner(&tunnel_usual, &pkt, &inner), TUNNEL_GRE);
	ck_assert_int_eq(tunnel_inner(&tunnel_usual, &inner, &pkt), TUNNEL_VXLAN);
	ck_assert_int_eq(tunnel_inner(&tunnel_usual, &pkt, &inner), TUNNEL_IP_IN_IP);
	ck_assert(is_inner(&inner, 6));
	ck_assert_int_eq(tunnel_inner(&tunnel_usual, &inner, &pkt), TUNNEL_NONE);
}
END_TEST

/** All that is found lies within the frame, however it is cut, and whatever is in it. */
START_TEST(test_cut_and_random_frames_are_safe)
{
	unsigned int seed = (unsigned int)_i;
	uint8_t *frame;

	for (unsigned int n = 0; n < 2000; n++) {
		size_t whole = put(buffer + START, tunnels[_i].packet), size;
		struct wp_packet pkt, inner;
		int link = (int[]){DLT_RAW, DLT_EN10MB, DLT_PPP, DLT_LINUX_SLL}[n % 4];
		struct layer layer;

		size = (size_t)rand_r(&seed) % (whole + 1);
		for (unsigned int i = 0; i < n % 5 && size != 0; i++)
			buffer[START + (size_t)rand_r(&seed) % size] = (uint8_t)rand_r(&seed);
		frame = malloc(START + size + 1);
		memcpy(frame + START, buffer + START, size);
		layer = layer_of_link(link, frame + START, (uint32_t)size);
		pkt = (struct wp_packet){.buf = frame, .room = (uint16_t)(START + size)};
		layer.at += START;
		if (layer.kind != LAYER_UNKNOWN && layer.at <= START + size) {
			layer_view(&pkt, layer, (uint32_t)(START + size));
			while (tunnel_inner(&tunnel_usual, &pkt, &inner) != TUNNEL_NONE) {
				ck_assert_uint_gt(inner.start, pkt.start);
				ck_assert_uint_le(inner.start + inner.len, START + size);
				pkt = inner;
			}
		}
		free(frame);
	}
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("tunnel");

	tcase_add_loop_test(tcase, test_link_layers_are_taken_off, 0, ROWS(frames));
	tcase_add_loop_test(tcase, test_packets_within_packets_are_found, 0, ROWS(tunnels));
	tcase_add_test(tcase, test_fragments_are_not_looked_into);
	tcase_add_test(tcase, test_what_is_switched_off_is_no_tunnel);
	tcase_add_test(tcase, test_tunnels_in_tunnels);
	tcase_add_loop_test(tcase, test_cut_and_random_frames_are_safe, 0, ROWS(tunnels));
	return unit_main("ids tunnel", tcase);
}
