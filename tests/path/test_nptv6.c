/* SPDX-License-Identifier: BSD-3-Clause */
/* nptv6 through a whole PE of two workers: out, back, and round a hairpin. */

#include "bed.h"

#include <arpa/inet.h>
#include <string.h>

#include "parse/checksum.h"
#include "parse/parse.h"

enum { OUT = 10, IN = 11, ETHER = 14 + 24, IP = ETHER + 14, UDP = IP + 40, PAYLOAD = 20 };

static const char document[] =
	"{\"version\": 1, \"workers\": {\"cores\": [0, 1]}, \"modules\": [\"nptv6\", \"firewall\"],"
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": \"p1\", \"type\": "
	"\"ring\"}],"
	" \"tenants\": [{\"name\": \"red\"}],"
	" \"instances\": [{\"name\": \"n\", \"service\": \"nptv6\", \"config\": {\"prefixes\": "
	"  [{\"tenant\": \"red\", \"inside\": \"fd01:203:405::/48\", \"outside\": "
	"   \"2001:db8:1::/48\"}]}},"
	"  {\"name\": \"fw\", \"service\": \"firewall\", \"config\": {\"rules\": "
	"   [{\"action\": \"drop\", \"to_port\": 666}, {\"action\": \"allow\"}]}}],"
	" \"paths\": [{\"name\": \"out\", \"spi\": 10, \"tenant\": \"red\", \"inside\": "
	"   \"source\", \"reverse\": \"in\", \"steps\": [{\"instance\": \"n\"}]},"
	"  {\"name\": \"in\", \"spi\": 11, \"tenant\": \"red\", \"inside\": \"destination\","
	"   \"reverse\": \"out\", \"steps\": [{\"instance\": \"n\"}, {\"instance\": \"fw\"}]}]}";

/** @return the L4 checksum of a frame's packet as wp_checksum_l4() has it: 0 when it is right. */
static uint16_t
l4_sum(struct frame *frame)
{
	struct wp_packet pkt = {.buf = frame->bytes,
				.room = FRAME_MAX,
				.start = ETHER,
				.len = (uint16_t)(frame->len - ETHER),
				.flags = WP_PKT_ETHERNET};

	wp_parse(&pkt);
	ck_assert_uint_eq(pkt.l4, UDP);
	return wp_checksum_l4(&pkt);
}

/** Sends a UDP packet. */
static void
send_udp(struct bed *bed, uint32_t spi, const char *source, const char *dest, uint16_t dport)
{
	struct frame frame = frame_udp(&(struct frame_spec){.spi = spi});
	uint8_t *ip = frame.bytes + IP, *udp = ip + 40;
	uint16_t sum;

	memset(ip, 0, 40 + PAYLOAD);
	memcpy(ip - 2, "\x86\xdd\x60", 3);
	ip[5] = PAYLOAD;
	ip[6] = WP_PROTO_UDP;
	ip[7] = 64;
	ck_assert_int_eq(inet_pton(AF_INET6, source, ip + 8), 1);
	ck_assert_int_eq(inet_pton(AF_INET6, dest, ip + 24), 1);
	udp[0] = 4;
	udp[2] = (uint8_t)(dport >> 8);
	udp[3] = (uint8_t)dport;
	udp[5] = PAYLOAD;
	frame.len = UDP + PAYLOAD;
	sum = l4_sum(&frame);
	memcpy(udp + 6, &sum, 2);
	bed_send(bed, "p0", &frame);
	bed_run(bed);
}

/** The next frame that comes out is on a path, between two addresses, and sound. */
static void
assert_received(struct bed *bed, uint32_t spi, const char *source, const char *dest)
{
	char text[INET6_ADDRSTRLEN];
	struct frame frame;

	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame_spi(&frame), spi);
	ck_assert_uint_eq(frame.len, UDP + PAYLOAD);
	ck_assert_str_eq(inet_ntop(AF_INET6, frame.bytes + IP + 8, text, sizeof(text)), source);
	ck_assert_str_eq(inet_ntop(AF_INET6, frame.bytes + IP + 24, text, sizeof(text)), dest);
	ck_assert_uint_eq(l4_sum(&frame), 0);
}

START_TEST(test_out_and_back)
{
	struct bed *bed = bed_open(document);

	send_udp(bed, OUT, "fd01:203:405:1::1234", "2001:db8:ffff::9", 53);
	assert_received(bed, OUT, "2001:db8:1:d550::1234", "2001:db8:ffff::9");
	send_udp(bed, IN, "2001:db8:ffff::9", "2001:db8:1:d550::1234", 53);
	assert_received(bed, IN, "2001:db8:ffff::9", "fd01:203:405:1::1234");
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/translated-out"), 1);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/translated-in"), 1);
	bed_close(bed);
}
END_TEST

/** A hairpin goes on along the reverse path, behind nptv6: through the firewall there. */
START_TEST(test_hairpins_turn)
{
	struct bed *bed = bed_open(document);

	send_udp(bed, OUT, "fd01:203:405:1::1234", "2001:db8:1:d551::5", 53);
	assert_received(bed, IN, "2001:db8:1:d550::1234", "fd01:203:405:2::5");
	send_udp(bed, OUT, "fd01:203:405:1::1234", "2001:db8:1:d551::5", 666);
	ck_assert_uint_eq(bed_receive_all(bed, "p0"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/turned_out"), 2);
	ck_assert_uint_eq(bed_number(bed, "paths/1/turned_in"), 2);
	bed_close(bed);
}
END_TEST

START_TEST(test_untranslatable_packets_are_answered)
{
	struct bed *bed = bed_open(document);
	struct frame frame;

	send_udp(bed, OUT, "fd01:203:405:ffff::1", "2001:db8:ffff::9", 53);
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame_spi(&frame), IN);
	ck_assert_uint_eq(frame.bytes[IP + 6], WP_PROTO_ICMPV6);
	ck_assert_mem_eq(frame.bytes + UDP, "\4\0", 2);
	ck_assert_uint_eq(l4_sum(&frame), 0);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nptv6");
	TCase *tcase = tcase_create("nptv6");

	tcase_add_test(tcase, test_out_and_back);
	tcase_add_test(tcase, test_hairpins_turn);
	tcase_add_test(tcase, test_untranslatable_packets_are_answered);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
