/* SPDX-License-Identifier: BSD-3-Clause */
/* Random bursts of few endpoints through services/nat, from both sides, of both families, with
 * requests for mappings and lines of FTP among them: whatever they did, in the end nothing is left.
 * What packets of a burst do to each other shows here, with a sanitizer most of all. */

#include <stdio.h>
#include <string.h>

#include "nat_bed.h"
#include "parse/checksum.h"
#include "pcp.h"

enum { IP4 = 20, IP6 = 40, BURSTS = 4000, KNOWN = 16 };

static uint64_t seed;
static struct svc_packet packets[WP_BURST_MAX];

/* Outside endpoints that were seen. */
static struct {
	uint32_t address;
	uint16_t port;
} known[KNOWN];
static unsigned int n_known;

static const char *const filters[] = {"endpoint-independent", "address-dependent",
				      "address-and-port-dependent"};
static const char *const texts[] = {
	"",
	"USER a\r\n",
	"PORT 10,0,0,1,195,80\r\n",
	"220 hello\r\n",
	"227 Entering Passive Mode (10,0,0,1,195,81)\r\n",
};

static uint32_t
below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % n);
}

static void
open_nat(int filter, bool small)
{
	char config[1024];

	snprintf(config, sizeof(config),
		 "{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/31\"]}],"
		 " \"pcp\": {\"servers\": [\"10.0.0.254\"]}, \"ftp_alg\": true,"
		 " \"prefix64\": \"2001:db8:64::/96\", \"filtering\": \"%s\","
		 " \"max_sessions\": %u, \"max_mapping_sessions\": %u, \"static\": [{\"tenant\": "
		 "\"red\", \"inside\": \"10.0.0.2\", \"inside_port\": 21, \"outside\": "
		 "\"203.0.113.1\", \"protocol\": \"tcp\"}]}",
		 filters[filter], small ? 5 : 0, small ? 3 : 4096);
	bed_open(config);
	n_known = 0;
}

static uint16_t
port_of_host(void)
{
	return below(4) == 0 ? 21 : (uint16_t)(50000 + below(3));
}

static uint16_t
port_of_remote(void)
{
	return below(3) == 0 ? 21 : (uint16_t)(80 + below(2));
}

static uint8_t
tcp_flags(void)
{
	static const uint8_t flags[] = {0x02, 0x02, 0x12, 0x10, 0x10, 0x11, 0x04, 0x18};

	return flags[below(sizeof(flags))];
}

/** Writes a TCP segment or a UDP packet behind an IP header. @return bytes */
static uint16_t
put_l4(uint8_t *l4, bool tcp, uint16_t sport, uint16_t dport, const char *text)
{
	uint16_t size = (uint16_t)((tcp ? 20 : 8) + strlen(text));

	wp_put16(l4, sport);
	wp_put16(l4 + 2, dport);
	memcpy(l4 + (tcp ? 20 : 8), text, strlen(text));
	if (tcp) {
		wp_put32(l4 + 4, 1000 + 8 * below(4));
		wp_put32(l4 + 8, 1000 + 8 * below(4));
		l4[12] = 0x50;
		l4[13] = tcp_flags();
	} else {
		wp_put16(l4 + 4, size);
	}
	return size;
}

static void
finish(struct svc_packet *one, uint8_t *l4, bool tcp)
{
	uint8_t *at = l4 + (tcp ? 16 : 6);
	uint16_t sum;

	svc_parse(one);
	if (one->view.ip_version == 4) {
		sum = wp_checksum_ipv4(wp_l3(&one->view), IP4);
		memcpy(wp_l3(&one->view) + 10, &sum, 2);
	}
	sum = wp_checksum_l4(&one->view);
	memcpy(at, &sum, 2);
}

static void
make_ipv4(struct svc_packet *one, uint32_t from, uint16_t sport, uint32_t to, uint16_t dport)
{
	bool tcp = below(4) != 0;
	const char *text = tcp ? texts[below(sizeof(texts) / sizeof(texts[0]))] : "";
	uint16_t size = (uint16_t)((tcp ? 20 : 8) + strlen(text));
	uint8_t *ip = svc_ipv4(one, tcp ? WP_PROTO_TCP : WP_PROTO_UDP, size);

	wp_put32(ip + 12, from);
	wp_put32(ip + 16, to);
	put_l4(ip + IP4, tcp, sport, dport, text);
	finish(one, ip + IP4, tcp);
}

static void
make_ipv6(struct svc_packet *one)
{
	static const uint8_t host[16] = {0x20, 0x01, 0x0d, 0xb8, 1},
			     remote[16] = {0x20, 0x01, 0x0d, 0xb8, 0,   0x64, 0,  0,
					   0,    0,    0,    0,    198, 51,   100};
	bool tcp = below(4) != 0;
	uint8_t *ip = svc_ipv6(one, tcp ? WP_PROTO_TCP : WP_PROTO_UDP, tcp ? 20 : 8);

	memcpy(ip + 8, host, 16);
	memcpy(ip + 24, remote, 16);
	ip[23] = (uint8_t)(1 + below(2));
	ip[39] = (uint8_t)(1 + below(2));
	if (below(6) == 0)
		memcpy(ip + 36, "\xcb\0\x71\0", 4); /* a hairpin */
	put_l4(ip + IP6, tcp, port_of_host(), port_of_remote(), "");
	finish(one, ip + IP6, tcp);
}

/** A request for a mapping, or to give it up. */
static void
make_request(struct svc_packet *one)
{
	uint8_t *ip = svc_ipv4(one, WP_PROTO_UDP, 8 + 60), *at = ip + IP4 + 8;
	uint32_t from = 0x0a000001 + below(2);

	wp_put32(ip + 12, from);
	wp_put32(ip + 16, 0x0a0000fe);
	wp_put16(ip + IP4, 6000);
	wp_put16(ip + IP4 + 2, PCP_PORT);
	wp_put16(ip + IP4 + 4, 8 + 60);
	at[0] = 2;
	at[1] = 1;
	wp_put32(at + 4, below(2) == 0 ? 0 : 120);
	memset(at + 18, 0xff, 2);
	wp_put32(at + 20, from);
	at[36] = below(3) == 0 ? WP_PROTO_UDP : WP_PROTO_TCP;
	wp_put16(at + 40, port_of_host());
	finish(one, ip + IP4, false);
}

static void
make(struct svc_packet *one)
{
	uint32_t remote = 0xc6336401 + below(2);
	enum wp_inside inside = WP_INSIDE_SOURCE;

	switch (below(6)) {
	case 0:
		make_request(one);
		break;
	case 1:
		make_ipv6(one);
		break;
	case 2:
	case 3:
		if (n_known != 0) {
			unsigned int i = below(n_known);

			make_ipv4(one, remote, port_of_remote(), known[i].address, known[i].port);
			inside = WP_INSIDE_DESTINATION;
			break;
		}
		/* fallthrough */
	default:
		make_ipv4(one, 0x0a000001 + below(2), port_of_host(),
			  n_known != 0 && below(8) == 0 ? known[below(n_known)].address : remote,
			  port_of_remote());
	}
	one->view.args = step;
	one->view.inside = (uint8_t)inside;
}

/** Notes the outside endpoint of a packet that left. */
static void
learn(const struct svc_packet *one)
{
	const struct wp_packet *view = &one->view;
	unsigned int i = n_known < KNOWN ? n_known : below(KNOWN);

	if (view->verdict != WP_NEXT || view->ip_version != 4 || view->l4 == 0 ||
	    view->inside != WP_INSIDE_SOURCE)
		return;
	known[i].address = wp_get32(wp_l3(view) + 12);
	known[i].port = view->l4_sport;
	n_known += n_known < KNOWN;
}

static void
check_empty(void)
{
	for (unsigned int i = 0; i <= NAT_SUBSCRIBERS6; i++) {
		struct wp_table_stats stats;

		wp_table_stats(svc_core(svc)->tables[i], &stats);
		ck_assert_msg(i == NAT_ADDRESSES || stats.entries == 0, "%lu left in table %u",
			      (unsigned long)stats.entries, i);
	}
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_CREATED), svc_count(svc, NAT_COUNT_REMOVED));
	ck_assert_uint_eq(svc_count(svc, NAT_COUNT_BLOCKS_TAKEN),
			  svc_count(svc, NAT_COUNT_BLOCKS_GIVEN));
}

START_TEST(test_nothing_is_left)
{
	static const uint16_t sleeps[] = {0, 0, 0, 0, 1, 60, 150, 300};

	seed = (uint64_t)_i + 1;
	open_nat(_i % 3, _i % 2 != 0);
	for (unsigned int i = 0; i < BURSTS; i++) {
		uint16_t n = (uint16_t)(1 + below(12));

		for (uint16_t p = 0; p < n; p++)
			make(&packets[p]);
		svc_burst(svc, packets, n);
		for (uint16_t p = 0; p < n; p++)
			learn(&packets[p]);
		bed_sleep(sleeps[below(sizeof(sleeps) / sizeof(sleeps[0]))]);
		svc_tick(svc);
	}
	ck_assert_uint_gt(svc_count(svc, NAT_COUNT_CREATED), 100);
	for (unsigned int i = 0; i < 4; i++) {
		bed_sleep(10000);
	}
	check_empty();
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("nat bursts");

	tcase_add_checked_fixture(tcase, NULL, bed_close);
	tcase_add_loop_test(tcase, test_nothing_is_left, 0, 12);
	return unit_main("nat bursts", tcase);
}
