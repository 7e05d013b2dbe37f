/* SPDX-License-Identifier: BSD-3-Clause */
/* nat as a NAT64 through a whole PE of two workers: both directions meet, packets change family on
 * their way, hairpins turn, state stays, and comes back in another process. */

#include "bed.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "pe/state_export.h"
#include "pe/state_filter.h"
#include "pe/state_import.h"

enum { HOSTS = 64, OF_A_PREFIX = 8, OUT = 10, IN = 11, TAG = 14 + 24, DATA_MAX = 1600 };

#define NAT64(CORES, CONFIG)                                                                       \
	"{\"version\": 1, \"workers\": {\"cores\": [" CORES "], \"buffers\": 16384},"              \
	" \"modules\": [\"nat\", \"firewall\"],"                                                   \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": \"p1\", \"type\": "       \
	"\"ring\"}],"                                                                              \
	" \"tables\": [{\"service\": \"nat\", \"table\": \"mappings\", \"max_entries\": 10000},"   \
	"  {\"service\": \"nat\", \"table\": \"peers\", \"max_entries\": 10000},"                  \
	"  {\"service\": \"nat\", \"table\": \"subscribers\", \"max_entries\": 1000},"             \
	"  {\"service\": \"nat\", \"table\": \"subscribers6\", \"max_entries\": 1000},"            \
	"  {\"service\": \"nat\", \"table\": \"blocks\", \"max_entries\": 10000},"                 \
	"  {\"service\": \"nat\", \"table\": \"addresses\", \"max_entries\": 100}],"               \
	" \"tenants\": [{\"name\": \"red\"}],"                                                     \
	" \"instances\": [{\"name\": \"n\", \"service\": \"nat\", \"config\": {\"pools\": "        \
	"  [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/28\"]}]" CONFIG "}},"                  \
	"  {\"name\": \"fw\", \"service\": \"firewall\", \"config\": {\"rules\": "                 \
	"   [{\"action\": \"drop\", \"to\": \"2001:db8:1::/48\", \"to_port\": 666},"               \
	"    {\"action\": \"allow\"}]}}],"                                                         \
	" \"paths\": [{\"name\": \"out\", \"spi\": 10, \"tenant\": \"red\", \"inside\": "          \
	"   \"source\", \"reverse\": \"in\", \"steps\": [{\"instance\": \"fw\"}, "                 \
	"   {\"instance\": \"n\"}]},"                                                              \
	"  {\"name\": \"in\", \"spi\": 11, \"tenant\": \"red\", \"inside\": \"destination\","      \
	"   \"reverse\": \"out\", \"steps\": [{\"instance\": \"n\"}, {\"instance\": \"fw\"}]}]}"
#define PREFIX ", \"prefix64\": \"2001:db8:64::/96\""
#define TWO NAT64("0, 1", PREFIX)

static const char remote[] = "198.51.100.1", remote6[] = "2001:db8:64::c633:6401";

/** An IP packet that came out of the PE. */
struct seen {
	struct frame frame;
	struct wp_packet pkt;
	char source[46], dest[46];
	uint8_t next; /* of NSH */
};

/** A UDP packet to be sent, or a fragment of one. */
struct spec {
	uint32_t spi;
	const char *source, *dest;
	uint16_t sport, dport, data;
	bool raw; /* NSH around IP, without Ethernet */
	const char *port;
};

/** Writes an IP header of either family. @return where its packet's L4 header goes */
static uint8_t *
write_ip(uint8_t *ip, const struct spec *spec, uint16_t size)
{
	uint16_t sum;

	memset(ip, 0, 40);
	if (strchr(spec->source, ':') != NULL) {
		ip[0] = 0x60;
		wp_put16(ip + 4, size);
		ip[6] = WP_PROTO_UDP;
		ip[7] = 64;
		ck_assert_int_eq(inet_pton(AF_INET6, spec->source, ip + 8), 1);
		ck_assert_int_eq(inet_pton(AF_INET6, spec->dest, ip + 24), 1);
		return ip + 40;
	}
	ip[0] = 0x45;
	wp_put16(ip + 2, size + 20u);
	ip[8] = 64;
	ip[9] = WP_PROTO_UDP;
	ck_assert_int_eq(inet_pton(AF_INET, spec->source, ip + 12), 1);
	ck_assert_int_eq(inet_pton(AF_INET, spec->dest, ip + 16), 1);
	sum = wp_checksum_ipv4(ip, 20);
	memcpy(ip + 10, &sum, 2);
	return ip + 20;
}

/** Makes a frame with a UDP packet. */
static struct frame
make(const struct spec *spec)
{
	struct frame frame =
		frame_udp(&(struct frame_spec){.spi = spec->spi, .next = spec->raw ? 2 : 3});
	uint8_t *ip = frame.bytes + TAG + (spec->raw ? 0 : 14), *udp;
	uint16_t size = (uint16_t)(8 + spec->data), sum;
	struct wp_packet pkt;

	udp = write_ip(ip, spec, size);
	if (!spec->raw)
		wp_put16(ip - 2, udp == ip + 40 ? WP_ETHERTYPE_IPV6 : WP_ETHERTYPE_IPV4);
	memset(udp, 0, size);
	wp_put16(udp, spec->sport);
	wp_put16(udp + 2, spec->dport);
	wp_put16(udp + 4, size);
	for (uint16_t i = 8; i < size; i++)
		udp[i] = (uint8_t)(i * 7);
	frame.len = (uint16_t)(udp + size - frame.bytes);
	pkt = (struct wp_packet){.buf = frame.bytes,
				 .room = FRAME_MAX,
				 .start = (uint16_t)(ip - frame.bytes),
				 .len = (uint16_t)(frame.len - (ip - frame.bytes))};
	wp_parse(&pkt);
	sum = wp_checksum_l4(&pkt);
	memcpy(udp + 6, &sum, 2);
	return frame;
}

static void
send_udp(struct bed *bed, const struct spec *spec)
{
	struct frame frame = make(spec);

	bed_send(bed, spec->port != NULL ? spec->port : "p0", &frame);
}

/** Takes a frame that came out, and reads it; its headers fit and its checksums are right. */
static bool
receive(struct bed *bed, struct seen *seen)
{
	struct wp_packet *pkt = &seen->pkt;
	int family;

	if (!bed_receive(bed, "p0", &seen->frame) && !bed_receive(bed, "p1", &seen->frame))
		return false;
	seen->next = seen->frame.bytes[14 + 3];
	*pkt = (struct wp_packet){.buf = seen->frame.bytes,
				  .room = FRAME_MAX,
				  .start = TAG,
				  .len = (uint16_t)(seen->frame.len - TAG),
				  .flags = seen->next == 3 ? WP_PKT_ETHERNET : 0};
	wp_parse(pkt);
	ck_assert_uint_eq(pkt->flags & (WP_PKT_BAD_HEADER | WP_PKT_TRUNCATED), 0);
	ck_assert_uint_ne(pkt->l3, 0);
	ck_assert_uint_eq(pkt->end, seen->frame.len);
	if (seen->next != 3)
		ck_assert_uint_eq(seen->next, pkt->ip_version == 4 ? 1 : 2);
	if ((pkt->flags & WP_PKT_FRAGMENT) == 0)
		ck_assert_uint_eq(wp_checksum_l4(pkt), 0);
	family = pkt->ip_version == 4 ? AF_INET : AF_INET6;
	inet_ntop(family, wp_source(pkt), seen->source, sizeof(seen->source));
	inet_ntop(family, wp_dest(pkt), seen->dest, sizeof(seen->dest));
	return true;
}

/** Hosts, eight in each /64. */
static struct {
	char address[46];
	char outside[46];
	uint16_t port;
} hosts[HOSTS];

static void
open_all(struct bed *bed)
{
	unsigned int got = 0;
	struct seen seen;

	for (unsigned int i = 0; i < HOSTS; i++) {
		snprintf(hosts[i].address, sizeof(hosts[i].address), "2001:db8:1:%x::%x",
			 i / OF_A_PREFIX + 1, i + 1);
		send_udp(bed, &(struct spec){.spi = OUT,
					     .source = hosts[i].address,
					     .dest = remote6,
					     .sport = (uint16_t)(1000 + i),
					     .dport = (uint16_t)(2000 + i),
					     .data = 9,
					     .raw = i % 3 == 0,
					     .port = i % 2 == 0 ? "p0" : "p1"});
	}
	bed_run(bed);
	while (receive(bed, &seen)) {
		unsigned int i = seen.pkt.l4_dport - 2000u;

		ck_assert_uint_lt(i, HOSTS);
		ck_assert_uint_eq(seen.pkt.ip_version, 4);
		ck_assert_uint_eq(frame_spi(&seen.frame), OUT);
		ck_assert_str_eq(seen.dest, remote);
		memcpy(hosts[i].outside, seen.source, sizeof(seen.source));
		hosts[i].port = seen.pkt.l4_sport;
		got++;
	}
	ck_assert_uint_eq(got, HOSTS);
	for (unsigned int i = 0; i < HOSTS; i++) /* a prefix has one external address */
		ck_assert_str_eq(hosts[i].outside, hosts[i - i % OF_A_PREFIX].outside);
}

static void
send_answers(struct bed *bed)
{
	for (unsigned int i = 0; i < HOSTS; i++)
		send_udp(bed, &(struct spec){.spi = IN,
					     .source = remote,
					     .dest = hosts[i].outside,
					     .sport = (uint16_t)(2000 + i),
					     .dport = hosts[i].port,
					     .data = 9,
					     .raw = i % 3 == 1,
					     .port = i % 2 == 0 ? "p1" : "p0"});
	bed_run(bed);
}

static void
answer_all(struct bed *bed)
{
	unsigned int got = 0;
	struct seen seen;

	send_answers(bed);
	while (receive(bed, &seen)) {
		unsigned int i = seen.pkt.l4_sport - 2000u;

		ck_assert_uint_lt(i, HOSTS);
		ck_assert_uint_eq(seen.pkt.ip_version, 6);
		ck_assert_uint_eq(frame_spi(&seen.frame), IN);
		ck_assert_uint_eq(frame_si(&seen.frame), 253);
		ck_assert_str_eq(seen.source, remote6);
		ck_assert_str_eq(seen.dest, hosts[i].address);
		ck_assert_uint_eq(seen.pkt.l4_dport, 1000 + i);
		got++;
	}
	ck_assert_uint_eq(got, HOSTS);
}

START_TEST(test_both_directions_meet)
{
	struct bed *bed = bed_open(TWO);

	open_all(bed);
	answer_all(bed);
	open_all(bed); /* the same mappings */
	answer_all(bed);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-created"), HOSTS);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/blocks-taken"),
			  HOSTS / OF_A_PREFIX);
	ck_assert_uint_gt(bed_number(bed, "workers/0/handed_over"), 0);
	ck_assert_uint_gt(bed_number(bed, "workers/1/handed_over"), 0);
	bed_close(bed);
}
END_TEST

/** What comes in is IPv6 for the steps behind nat. */
START_TEST(test_later_steps_see_the_other_family)
{
	struct bed *bed = bed_open(TWO);
	struct spec spec = {.spi = OUT,
			    .source = "2001:db8:1::1",
			    .dest = remote6,
			    .sport = 666,
			    .dport = 53,
			    .data = 5};
	struct seen seen;

	send_udp(bed, &spec);
	bed_run(bed);
	ck_assert(receive(bed, &seen));
	send_udp(bed, &(struct spec){.spi = IN,
				     .source = remote,
				     .dest = seen.source,
				     .sport = 53,
				     .dport = seen.pkt.l4_sport,
				     .data = 5});
	bed_run(bed);
	ck_assert(!receive(bed, &seen));
	ck_assert_uint_eq(bed_number(bed, "paths/1/steps/1/drops/rule"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_mappings_survive_a_new_document)
{
	struct bed *bed = bed_open(TWO);

	open_all(bed);
	ck_assert_int_eq(bed_reload(bed, NAT64("0, 1", PREFIX ", \"mtu\": 1500")), 0);
	answer_all(bed);
	open_all(bed);
	/* Another length of subscribers: what there is stays where it is. */
	ck_assert_int_eq(bed_reload(bed, NAT64("0, 1", PREFIX ", \"prefix64_hosts\": 56")), 0);
	answer_all(bed);
	open_all(bed);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-created"), HOSTS);
	bed_close(bed);
}
END_TEST

/** Without the prefix nothing comes in by its mappings, and nothing breaks. */
START_TEST(test_prefix_is_taken_away_and_comes_back)
{
	struct bed *bed = bed_open(TWO);
	struct seen seen;

	open_all(bed);
	ck_assert_int_eq(bed_reload(bed, NAT64("0, 1", "")), 0);
	send_answers(bed);
	ck_assert(!receive(bed, &seen));
	ck_assert_uint_eq(bed_number(bed, "paths/1/steps/0/drops/no-mapping"), HOSTS);
	ck_assert_int_eq(bed_reload(bed, TWO), 0);
	answer_all(bed);
	bed_close(bed);
}
END_TEST

START_TEST(test_hairpins_turn)
{
	struct bed *bed = bed_open(TWO);
	unsigned int got = 0;
	struct seen seen;

	open_all(bed);
	for (unsigned int i = 0; i < HOSTS; i++) {
		unsigned int other = (i + 1) % HOSTS;
		char dest[64];

		snprintf(dest, sizeof(dest), "2001:db8:64::%s", hosts[other].outside);
		send_udp(bed, &(struct spec){.spi = OUT,
					     .source = hosts[i].address,
					     .dest = dest,
					     .sport = (uint16_t)(1000 + i),
					     .dport = hosts[other].port,
					     .data = 77});
	}
	bed_run(bed);
	while (receive(bed, &seen)) {
		unsigned int to = seen.pkt.l4_dport - 1000u, from = (to + HOSTS - 1) % HOSTS;

		ck_assert_uint_lt(to, HOSTS);
		ck_assert_uint_eq(frame_spi(&seen.frame), IN);
		ck_assert_uint_eq(frame_si(&seen.frame), 253);
		ck_assert_str_eq(seen.dest, hosts[to].address);
		ck_assert_uint_eq(seen.pkt.l4_sport, hosts[from].port);
		got++;
	}
	ck_assert_uint_eq(got, HOSTS);
	ck_assert_uint_eq(bed_number(bed, "paths/1/turned_in"), HOSTS);
	bed_close(bed);
}
END_TEST

/** Puts the fragments of one IPv6 datagram together that come out of the PE. @return bytes of it;
 * @p packets of them */
static uint16_t
put_together(struct bed *bed, uint8_t *data, unsigned int *packets)
{
	uint16_t size = 0;
	struct seen seen;

	for (*packets = 0; receive(bed, &seen); (*packets)++) {
		const uint8_t *ip = wp_l3(&seen.pkt);
		uint16_t n = (uint16_t)(seen.pkt.end - seen.pkt.l3 - 48);
		uint16_t at = wp_get16(ip + 42) & 0xfff8;

		ck_assert_uint_eq(ip[6], WP_PROTO_FRAGMENT);
		ck_assert_str_eq(seen.dest, "2001:db8:1::1");
		ck_assert_uint_le(n + 48, 1280);
		ck_assert_uint_le(at + n, DATA_MAX);
		memcpy(data + at, ip + 48, n);
		size = (uint16_t)(size + n);
	}
	return size;
}

/** A long packet without DF is cut; of two such datagrams one is a hairpin, one comes from outside.
 */
START_TEST(test_long_packets_are_cut)
{
	struct bed *bed = bed_open(TWO);
	struct spec spec = {.spi = OUT,
			    .source = "2001:db8:1::1",
			    .dest = remote6,
			    .sport = 1000,
			    .dport = 53,
			    .data = 5};
	uint8_t data[DATA_MAX];
	unsigned int packets;
	struct seen seen;

	send_udp(bed, &spec);
	bed_run(bed);
	ck_assert(receive(bed, &seen));
	send_udp(bed, &(struct spec){.spi = IN,
				     .source = remote,
				     .dest = seen.source,
				     .sport = 53,
				     .dport = seen.pkt.l4_sport,
				     .data = 1400});
	bed_run(bed);
	ck_assert_uint_eq(put_together(bed, data, &packets), 1408);
	ck_assert_uint_eq(packets, 2);
	ck_assert_uint_eq(wp_get16(data), 53);
	ck_assert_uint_eq(wp_get16(data + 2), 1000);
	for (uint16_t i = 8; i < 1408; i++)
		ck_assert_uint_eq(data[i], (uint8_t)(i * 7));
	/* From a host of NAT44 inside. */
	send_udp(bed, &(struct spec){.spi = OUT,
				     .source = "10.0.0.1",
				     .dest = seen.source,
				     .sport = 53,
				     .dport = seen.pkt.l4_sport,
				     .data = 1400});
	bed_run(bed);
	ck_assert_uint_eq(put_together(bed, data, &packets), 1408);
	ck_assert_uint_eq(packets, 2);
	ck_assert_uint_eq(bed_number(bed, "paths/1/turned_in"), 2);
	bed_close(bed);
}
END_TEST

/** Cuts a frame's IPv6 UDP packet in two. */
static void
cut(const struct frame *whole, uint16_t first_size, struct frame pieces[2])
{
	const uint8_t *ip = whole->bytes + TAG + 14;
	uint16_t size = (uint16_t)(whole->len - TAG - 14 - 40);

	for (unsigned int i = 0; i < 2; i++) {
		uint16_t from = i == 0 ? 0 : first_size,
			 n = i == 0 ? first_size : size - first_size;
		uint8_t *at = pieces[i].bytes + TAG + 14;

		memcpy(pieces[i].bytes, whole->bytes, TAG + 14 + 40);
		at[6] = WP_PROTO_FRAGMENT;
		wp_put16(at + 4, n + 8u);
		memset(at + 40, 0, 8);
		at[40] = WP_PROTO_UDP;
		wp_put16(at + 42, from | (i == 0));
		wp_put32(at + 44, 0x77);
		memcpy(at + 48, ip + 40 + from, n);
		pieces[i].len = (uint16_t)(TAG + 14 + 48 + n);
	}
}

/** Fragments from inside, the later one first. */
START_TEST(test_fragments_from_inside)
{
	struct bed *bed = bed_open(TWO);
	const struct frame whole = make(&(struct spec){.spi = OUT,
						       .source = "2001:db8:1::1",
						       .dest = remote6,
						       .sport = 1000,
						       .dport = 53,
						       .data = 1000});
	struct frame pieces[2];
	struct seen seen[2];
	uint16_t sum;

	cut(&whole, 808, pieces);
	bed_send(bed, "p0", &pieces[1]);
	bed_run(bed);
	bed_send(bed, "p1", &pieces[0]);
	bed_run(bed);
	ck_assert(receive(bed, &seen[0]) && receive(bed, &seen[1]));
	ck_assert_str_eq(seen[0].source, seen[1].source);
	for (unsigned int i = 0; i < 2; i++) {
		uint8_t *ip = wp_l3(&seen[i].pkt);
		bool first = (wp_get16(ip + 6) & 0x1fff) == 0;

		ck_assert_uint_eq(wp_get16(ip + 4), 0x77);
		ck_assert_uint_eq(wp_get16(ip + 6), first ? 0x2000 : 808 / 8);
		ck_assert_uint_eq(wp_get16(ip + 2), first ? 20 + 808 : 20 + 200);
		if (!first)
			continue;
		/* Whole again, it has a right checksum. */
		memcpy(ip + 20 + 808, whole.bytes + TAG + 14 + 40 + 808, 200);
		wp_put16(ip + 2, 20 + 1008);
		wp_put16(ip + 6, 0);
		sum = wp_checksum_ipv4(ip, 20);
		memcpy(ip + 10, &sum, 2);
		seen[i].pkt.len = (uint16_t)(seen[i].pkt.len + 200);
		wp_parse(&seen[i].pkt);
		ck_assert_uint_eq(wp_checksum_l4(&seen[i].pkt), 0);
	}
	bed_close(bed);
}
END_TEST

#define FILTER PREFIX ", \"filtering\": \"address-and-port-dependent\""
static const char file[] = "nat64.state";

/** Sends one packet in to each host. @return how many came through */
static unsigned int
answers_from(struct bed *bed, const char *source, uint16_t port)
{
	unsigned int got = 0;
	struct seen seen;

	for (unsigned int i = 0; i < HOSTS; i++)
		send_udp(bed, &(struct spec){.spi = IN,
					     .source = source,
					     .dest = hosts[i].outside,
					     .sport = port,
					     .dport = hosts[i].port,
					     .data = 3});
	for (bed_run(bed); receive(bed, &seen); got++)
		ck_assert_uint_eq(seen.pkt.ip_version, 6);
	return got;
}

/** Makes state, with a second remote for each host, and ends. */
static void
leave_state(void)
{
	struct bed *bed = bed_open(NAT64("0, 1", FILTER));
	struct state_exported exported;
	struct seen seen;

	open_all(bed);
	for (unsigned int i = 0; i < HOSTS; i++)
		send_udp(bed, &(struct spec){.spi = OUT,
					     .source = hosts[i].address,
					     .dest = "2001:db8:64::198.51.100.2",
					     .sport = (uint16_t)(1000 + i),
					     .dport = 7});
	bed_run(bed);
	while (receive(bed, &seen))
		;
	ck_assert_uint_eq(answers_from(bed, "198.51.100.2", 7), HOSTS);
	ck_assert_int_eq(pe_state_export(bed->pe, file, &state_filter_all, &exported), 0);
	bed_close(bed);
}

/** @return records that did not come back. */
static uint64_t
take_state(struct bed *bed, bool through_workers)
{
	const struct import_options options = {.through_workers = through_workers};
	struct import_report report;
	uint64_t skipped = 0;
	char message[256];

	ck_assert_msg(pe_state_import(bed->pe, file, &options, &report, message, sizeof(message)) ==
			      0,
		      "%s", message);
	for (unsigned int i = 0; i < report.n_tables; i++)
		skipped += report.tables[i].skipped;
	import_report_free(&report);
	return skipped;
}

/** State of IPv6 hosts in another process: other hash keys, so other buckets; one worker, or two.
 */
START_TEST(test_another_process)
{
	struct bed *bed;

	leave_state();
	bed = bed_open(_i == 0 ? NAT64("0", FILTER) : NAT64("0, 1", FILTER));
	ck_assert_uint_eq(take_state(bed, _i == 2), 0);
	answer_all(bed);
	ck_assert_uint_eq(answers_from(bed, "198.51.100.2", 7), HOSTS);
	ck_assert_uint_eq(answers_from(bed, "198.51.100.2", 8), 0);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-restored"), HOSTS);
	open_all(bed);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-created"), 0);
	bed_close(bed);
}
END_TEST

/** In one without the prefix, or with subscribers of another length. */
START_TEST(test_another_process_with_another_configuration)
{
	struct bed *bed;
	struct seen seen;

	leave_state();
	bed = bed_open(NAT64("0, 1", ""));
	ck_assert_uint_ge(take_state(bed, false), 2 * HOSTS);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-restored"), 0);
	ck_assert_uint_eq(answers_from(bed, remote, 2000), 0);
	bed_close(bed);
	bed = bed_open(NAT64("0, 1", FILTER ", \"prefix64_hosts\": 128"));
	/* Blocks are prefixes' that nobody is any more: mappings do not come back, others begin. */
	ck_assert_uint_ge(take_state(bed, false), HOSTS);
	ck_assert_uint_eq(answers_from(bed, remote, 2000), 0);
	send_udp(bed, &(struct spec){.spi = OUT,
				     .source = hosts[0].address,
				     .dest = remote6,
				     .sport = 1000,
				     .dport = 2000});
	bed_run(bed);
	ck_assert(receive(bed, &seen));
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("nat64");
	TCase *tcase = tcase_create("nat64");

	tcase_add_test(tcase, test_both_directions_meet);
	tcase_add_test(tcase, test_later_steps_see_the_other_family);
	tcase_add_test(tcase, test_mappings_survive_a_new_document);
	tcase_add_test(tcase, test_prefix_is_taken_away_and_comes_back);
	tcase_add_test(tcase, test_hairpins_turn);
	tcase_add_test(tcase, test_long_packets_are_cut);
	tcase_add_test(tcase, test_fragments_from_inside);
	tcase_add_loop_test(tcase, test_another_process, 0, 3);
	tcase_add_test(tcase, test_another_process_with_another_configuration);
	bed_folder();
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
