/* SPDX-License-Identifier: BSD-3-Clause */
/* Floods from outside against a nat of two workers: no packet of an established connection is lost,
 * and what strangers send leaves the tables to those inside. */

#include "bed.h"

#include <string.h>

#include "bytes.h"
#include "pe/stats.h"

enum {
	HOSTS = 50,
	FLOWS = 1000,
	SECOND = 500, /* flows that have a second connection by the same mapping */
	OUT = 10,
	IN = 11,
	IP = 14 + 24 + 14,
	TCP = IP + 20,
	TCP_SIZE = 20,
	PEERS_MAX = 4000,
	FIN = 0x01,
	SYN = 0x02,
	RST = 0x04,
	ACK = 0x10,
	WAVES = 100,
	WAVE_FLOOD = 600,
	WAVE_FLOWS = 200, /* packets of established connections among them, each way */
};

static const uint32_t pool = 0xcb007100, pool_size = 16, remote = 0xc6336401, inside = 0x0a000001;
static const uint16_t remote_port = 443, first_port = 2000;

static const char *const document =
	"{\"version\": 1, \"workers\": {\"cores\": [0, 1], \"buffers\": 16384},"
	" \"modules\": [\"nat\"],"
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": \"p1\", \"type\": "
	"\"ring\"}],"
	" \"tables\": [{\"service\": \"nat\", \"table\": \"mappings\", \"max_entries\": 4000},"
	"  {\"service\": \"nat\", \"table\": \"peers\", \"max_entries\": 4000},"
	"  {\"service\": \"nat\", \"table\": \"subscribers\", \"max_entries\": 1000},"
	"  {\"service\": \"nat\", \"table\": \"blocks\", \"max_entries\": 1000},"
	"  {\"service\": \"nat\", \"table\": \"addresses\", \"max_entries\": 100}],"
	" \"instances\": [{\"name\": \"n\", \"service\": \"nat\", \"config\": {\"pools\":"
	"  [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/28\"]}]}}],"
	" \"paths\": [{\"name\": \"out\", \"spi\": 10, \"inside\": \"source\", \"reverse\": \"in\","
	"   \"steps\": [{\"instance\": \"n\"}]},"
	"  {\"name\": \"in\", \"spi\": 11, \"inside\": \"destination\", \"reverse\": \"out\","
	"   \"steps\": [{\"instance\": \"n\"}]}]}";

static struct {
	uint32_t address;
	uint16_t port;
} outside[FLOWS];

/** Makes a UDP frame into a TCP one: ports are where they are. */
static void
send_tcp(struct bed *bed, struct frame_spec spec, uint8_t flags)
{
	static const uint8_t rest[TCP_SIZE - 4] = {0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0, 0xff, 0xff};
	struct frame frame;

	spec.payload = rest;
	spec.payload_len = TCP_SIZE - 8;
	frame = frame_udp(&spec);
	memcpy(frame.bytes + TCP + 4, rest, sizeof(rest));
	frame.bytes[TCP + 13] = flags;
	frame.bytes[IP + 9] = 6;
	bed_send(bed, spec.sport % 2 ? "p0" : "p1", &frame);
}

static void
send_out(struct bed *bed, unsigned int flow, uint16_t to_port, uint8_t flags)
{
	send_tcp(bed,
		 (struct frame_spec){.spi = OUT,
				     .source = inside + flow % HOSTS,
				     .sport = (uint16_t)(first_port + flow / HOSTS),
				     .dest = remote,
				     .dport = to_port},
		 flags);
}

static void
send_in(struct bed *bed, unsigned int flow, uint16_t from_port, uint8_t flags)
{
	send_tcp(bed,
		 (struct frame_spec){.spi = IN,
				     .source = remote,
				     .sport = from_port,
				     .dest = outside[flow].address,
				     .dport = outside[flow].port},
		 flags);
}

/** @return the flow of a frame that has come out to the inside, by where it goes. */
static unsigned int
flow_to(const struct frame *frame)
{
	unsigned int host = wp_get32(frame->bytes + IP + 16) - inside;
	unsigned int row = wp_get16(frame->bytes + TCP + 2) - (unsigned int)first_port;

	ck_assert_uint_lt(host, HOSTS);
	ck_assert_uint_lt(row, FLOWS / HOSTS);
	return row * HOSTS + host;
}

/** Takes what has come out. @return how many frames of connections with the remote host */
static unsigned int
receive_known(struct bed *bed)
{
	unsigned int known = 0;
	struct frame frame;

	while (bed_receive_any(bed, &frame)) {
		if (frame_spi(&frame) == OUT) {
			ck_assert_uint_eq(wp_get32(frame.bytes + IP + 16), remote);
			ck_assert_uint_lt(wp_get32(frame.bytes + IP + 12) - pool, pool_size);
			known++;
		} else {
			flow_to(&frame);
			known += wp_get32(frame.bytes + IP + 12) == remote;
		}
	}
	return known;
}

/** Opens a connection, and notes by which outside endpoint. */
static void
open_flow(struct bed *bed, unsigned int flow)
{
	struct frame frame;

	send_out(bed, flow, remote_port, SYN);
	bed_run(bed);
	ck_assert(bed_receive_any(bed, &frame));
	outside[flow].address = wp_get32(frame.bytes + IP + 12);
	outside[flow].port = wp_get16(frame.bytes + TCP);
	send_in(bed, flow, remote_port, SYN | ACK);
	bed_run(bed);
	ck_assert(bed_receive_any(bed, &frame));
	ck_assert_uint_eq(flow_to(&frame), flow);
}

/** Opens connections from the inside endpoints of some flows to another port. @return how many
 * got through, both ways */
static unsigned int
open_second(struct bed *bed, unsigned int first, unsigned int n, uint16_t to_port)
{
	unsigned int through = 0;

	for (unsigned int flow = first; flow < first + n; flow++) {
		send_out(bed, flow, to_port, SYN);
		send_in(bed, flow, to_port, SYN | ACK);
		if ((flow - first) % 200 == 199 || flow == first + n - 1) {
			bed_run(bed);
			through += receive_known(bed);
		}
	}
	return through / 2;
}

static struct bed *
open_bed(void)
{
	struct bed *bed = bed_open(document);

	bed_seed(1);
	for (unsigned int flow = 0; flow < FLOWS; flow++)
		open_flow(bed, flow);
	ck_assert_uint_eq(open_second(bed, 0, SECOND, 80), SECOND);
	return bed;
}

/** One frame of a flood, from anybody. */
typedef void (*flood_fn)(struct bed *bed, unsigned int i);

static struct frame_spec
from_anybody(uint32_t dest, uint16_t dport)
{
	return (struct frame_spec){.spi = IN,
				   .source = 0x20000000 + bed_pick(1 << 30),
				   .sport = (uint16_t)(1024 + bed_pick(60000)),
				   .dest = dest,
				   .dport = dport};
}

/** SYNs to ports that are in use. */
static void
syn_flood(struct bed *bed, unsigned int i)
{
	unsigned int flow = bed_pick(FLOWS);

	send_tcp(bed, from_anybody(outside[flow].address, outside[flow].port), SYN);
}

/** SYNs to all ports of all addresses, from one host. */
static void
port_scan(struct bed *bed, unsigned int i)
{
	struct frame_spec spec = from_anybody(pool + i % pool_size, (uint16_t)(i / pool_size + 1));

	spec.source = 0x20000001;
	send_tcp(bed, spec, SYN);
}

/** Segments of any kind to ports that are in use. */
static void
forged_segments(struct bed *bed, unsigned int i)
{
	static const uint8_t flags[] = {ACK, RST, RST | ACK, SYN | ACK, SYN, SYN | FIN, 0};
	unsigned int flow = bed_pick(FLOWS);
	struct frame_spec spec = from_anybody(outside[flow].address, outside[flow].port);

	send_tcp(bed, spec, flags[i % sizeof(flags)]);
}

static uint64_t
entries(struct bed *bed, const char *table)
{
	json_t *root = stats_json(bed->pe), *one;
	uint64_t n = UINT64_MAX;
	size_t i;

	json_array_foreach(
		json_object_get(root, "tables"), i,
		one) if (strcmp(json_string_value(json_object_get(one, "table")), table) == 0) n =
		(uint64_t)json_integer_value(json_object_get(one, "entries"));
	json_decref(root);
	ck_assert_uint_ne(n, UINT64_MAX);
	return n;
}

/** A flood, and the packets of established connections in the midst of it; none of them is lost. */
static void
endure(struct bed *bed, flood_fn flood)
{
	unsigned int at = 0;

	for (unsigned int wave = 0; wave < WAVES; wave++) {
		for (unsigned int i = 0; i < WAVE_FLOOD; i++) {
			flood(bed, wave * WAVE_FLOOD + i);
			if (i % (WAVE_FLOOD / WAVE_FLOWS) != 0)
				continue;
			send_out(bed, at % FLOWS, remote_port, ACK);
			send_in(bed, at % FLOWS, remote_port, ACK);
			at++;
		}
		bed_run(bed);
		ck_assert_uint_eq(receive_known(bed), 2 * WAVE_FLOWS);
	}
}

/** What every flood must leave as it was. */
static void
check_flood(flood_fn flood)
{
	struct bed *bed = open_bed();

	endure(bed, flood);
	ck_assert_uint_eq(entries(bed, "mappings"), FLOWS);
	ck_assert_uint_eq(entries(bed, "subscribers"), HOSTS);
	ck_assert_uint_eq(entries(bed, "blocks"), HOSTS);
	ck_assert_uint_lt(entries(bed, "peers"), PEERS_MAX);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/mappings-created"), FLOWS);
	/* Those inside find room: for a second connection, and for a new mapping. */
	ck_assert_uint_eq(open_second(bed, SECOND, FLOWS - SECOND, 8080), FLOWS - SECOND);
	send_tcp(bed,
		 (struct frame_spec){
			 .spi = OUT, .source = inside, .sport = 9999, .dest = remote, .dport = 80},
		 SYN);
	bed_run(bed);
	ck_assert_uint_eq(receive_known(bed), 1);
	for (unsigned int flow = 0; flow < SECOND; flow++) {
		send_in(bed, flow, 80, ACK); /* the second ones have lived, too */
		if (flow % 250 == 249) {
			bed_run(bed);
			ck_assert_uint_eq(receive_known(bed), 250);
		}
	}
	bed_close(bed);
}

START_TEST(test_syn_flood)
{
	check_flood(syn_flood);
}
END_TEST

START_TEST(test_port_scan)
{
	check_flood(port_scan);
}
END_TEST

START_TEST(test_forged_segments)
{
	check_flood(forged_segments);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("floods");
	TCase *tcase = tcase_create("floods");

	tcase_set_timeout(tcase, 100);
	tcase_add_test(tcase, test_syn_flood);
	tcase_add_test(tcase, test_port_scan);
	tcase_add_test(tcase, test_forged_segments);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
