/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tracker of flows costs a packet, look-up and telling included: TSC cycles. All
 * contestants of a comparison run in one process, a round each in turn. Prints a line of JSON; pin
 * it to a quiet core: taskset -c 1 build/tests/bench/stream_bench COMPARISON FLOWS PAYLOAD ROUNDS.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <x86intrin.h>

#include "bed.h"
#include "bytes.h"
#include "parse/checksum.h"
#include "parse/parse.h"
#include "stream/segment.h"

enum {
	BUFFERS = 256,
	ROOM = 2048,
	START = 128,
	PORTS_PER_HOST = 64,
	CONTESTANTS_MAX = 8,
	PRIVATE = 6, /* trackers of services that each have their own */
	HEARERS = 6,
	ROUND = 1 << 16, /* packets of one contestant in a round, at least */
};

/** Where the two sides of a connection are. */
struct place {
	uint32_t client, server; /* sequence numbers of their next bytes */
};

/** One way to do it. */
struct contestant {
	const char *name;
	const char *conf;
	uint32_t wants;
	unsigned int trackers, hearers;
	unsigned int flood;   /* enum flood */
	const char *greeting; /* what clients say first; NULL: nothing */
};

/** What strangers send between bursts. */
enum flood { FLOOD_NONE, FLOOD_SYN, FLOOD_OVERLAP, FLOOD_DISORDER, FLOOD_FRAGMENTS };

/** A contestant at work. */
struct run {
	struct contestant what;
	struct stream_bed beds[PRIVATE];
	struct place *places; /* index: flow */
	uint32_t next;        /* flow */
	bool server_turn;
	uint64_t told;   /* bytes, to all hearers */
	uint64_t sent;   /* bytes */
	uint64_t floods; /* packets */
};

static uint8_t buffers[BUFFERS][ROOM];
static unsigned int next_buffer;
static uint32_t n_flows, payload;
static uint64_t random_state = 88172645463325252;

static uint64_t
draw(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/** As many services as there are hearers look at each event. Connections of strangers are picked
 * up, and do not count. */
static void
tell(void *arg, const struct wp_stream_event *events, unsigned int n)
{
	struct run *run = arg;

	for (unsigned int h = 0; h < run->what.hearers; h++)
		for (unsigned int i = 0; i < n; i++)
			if (events[i].type == WP_FLOW_DATA &&
			    (events[i].flow->flags & WP_FLOW_PICKED_UP) == 0)
				run->told += events[i].size;
}

static void
put_addresses(uint8_t *ip, uint32_t flow, bool from_server)
{
	wp_put32(ip + (from_server ? 16 : 12), 0x0a000001 + flow / PORTS_PER_HOST);
	wp_put32(ip + (from_server ? 12 : 16), 0xc6336401);
	wp_put16(ip + (from_server ? 22 : 20), 20000 + flow % PORTS_PER_HOST);
	wp_put16(ip + (from_server ? 20 : 22), 443);
}

/** Makes a segment without options. */
static void
make_segment(struct wp_packet *pkt, uint32_t flow, bool from_server, uint8_t flags, uint32_t seq,
	     uint32_t ack, uint32_t size)
{
	uint8_t *buf = buffers[next_buffer++ % BUFFERS], *ip = buf + START + 14;

	memset(buf + START, 0, 14 + 40);
	wp_put16(buf + START + 12, WP_ETHERTYPE_IPV4);
	ip[0] = 0x45;
	wp_put16(ip + 2, 40 + size);
	ip[8] = 64;
	ip[9] = WP_PROTO_TCP;
	put_addresses(ip, flow, from_server);
	wp_put32(ip + 24, seq);
	wp_put32(ip + 28, ack);
	ip[32] = 0x50;
	ip[33] = flags;
	wp_put16(ip + 34, 60000);
	*pkt = (struct wp_packet){.buf = buf,
				  .room = ROOM,
				  .start = START,
				  .len = (uint16_t)(14 + 40 + size),
				  .flags = WP_PKT_ETHERNET};
	wp_parse(pkt);
	wp_store16(ip + 36, wp_checksum_l4(pkt));
}

/** Lets all trackers of a contestant look at a burst. @return cycles */
static uint64_t
look(struct run *run, struct wp_packet *const *pkts, unsigned int n)
{
	uint64_t start = __rdtsc();

	for (unsigned int t = 0; t < run->what.trackers; t++)
		stream_bed_burst(&run->beds[t], pkts, n);
	return __rdtsc() - start;
}

/** Lets a client say what its contestant's say first. */
static void
greet(struct run *run, uint32_t flow)
{
	struct wp_packet packet, *pkts[] = {&packet};
	uint32_t size = (uint32_t)strlen(run->what.greeting);

	make_segment(&packet, flow, false, TCP_ACK, 101, 501, size);
	memcpy(packet.buf + packet.payload, run->what.greeting, size);
	wp_store16(wp_l4(&packet) + 16, 0);
	wp_store16(wp_l4(&packet) + 16, wp_checksum_l4(&packet));
	look(run, pkts, 1);
	run->sent += size;
	run->places[flow].client += size;
}

/** Begins all connections. */
static void
shake_hands(struct run *run)
{
	struct wp_packet packets[3], *pkts[] = {&packets[0], &packets[1], &packets[2]};

	for (uint32_t flow = 0; flow < n_flows; flow++) {
		make_segment(&packets[0], flow, false, TCP_SYN, 100, 0, 0);
		make_segment(&packets[1], flow, true, TCP_SYN | TCP_ACK, 500, 101, 0);
		make_segment(&packets[2], flow, false, TCP_ACK, 101, 501, 0);
		look(run, pkts, 3);
		run->places[flow] = (struct place){101, 501};
		if (run->what.greeting != NULL)
			greet(run, flow);
	}
}

static struct run *
open_run(const struct contestant *what)
{
	struct run *run = calloc(1, sizeof(*run));

	run->what = *what;
	run->places = calloc(n_flows, sizeof(*run->places));
	for (unsigned int t = 0; t < what->trackers; t++) {
		const char *why =
			stream_bed_open(&run->beds[t], what->conf, n_flows + n_flows / 2 + 1024,
					what->wants, tell, run);

		if (why != NULL) {
			fprintf(stderr, "%s: %s\n", what->name, why);
			exit(EXIT_FAILURE);
		}
		run->beds[t].core.now_ns = 1000000000;
	}
	shake_hands(run);
	return run;
}

/** Makes the next burst of the connections in turn: each side sends, and acknowledges what it has.
 * @return its packets */
static unsigned int
make_burst(struct run *run, struct wp_packet *packets, struct wp_packet **pkts)
{
	unsigned int n = 0;

	for (; n < WP_BURST_MAX; n++) {
		struct place *place = &run->places[run->next];

		if (run->server_turn) {
			make_segment(&packets[n], run->next, true, TCP_ACK, place->server,
				     place->client, payload);
			place->server += payload;
		} else {
			make_segment(&packets[n], run->next, false, TCP_ACK, place->client,
				     place->server, payload);
			place->client += payload;
		}
		pkts[n] = &packets[n];
		run->sent += payload;
		if (++run->next == n_flows) {
			run->next = 0;
			run->server_turn = !run->server_turn;
		}
	}
	return n;
}

/** Makes a packet of a flood; overlaps and disorder are of few connections of the attacker's, which
 * are picked up. */
static void
make_stray(struct wp_packet *pkt, enum flood flood)
{
	uint32_t flow = n_flows + (uint32_t)(draw() % (flood == FLOOD_SYN ? 1 << 28 : 64));
	uint32_t at = (uint32_t)(draw() % 40000);

	switch (flood) {
	case FLOOD_SYN:
		make_segment(pkt, flow, false, TCP_SYN, (uint32_t)draw(), 0, 0);
		break;
	case FLOOD_OVERLAP:
		make_segment(pkt, flow, false, TCP_ACK, 2 + at % 3000, 1, 1 + at % 1300);
		pkt->buf[pkt->payload] = (uint8_t)at; /* another content each time */
		wp_store16(wp_l4(pkt) + 16, 0);
		wp_store16(wp_l4(pkt) + 16, wp_checksum_l4(pkt));
		break;
	case FLOOD_FRAGMENTS: /* first ones, each of another datagram */
		make_segment(pkt, flow, false, TCP_ACK, 2, 1, 1200);
		wp_put16(wp_l3(pkt) + 2, 40 + 1196);
		wp_put16(wp_l3(pkt) + 4, at);
		wp_put16(wp_l3(pkt) + 6, 0x2000);
		wp_parse(pkt);
		break;
	default:
		make_segment(pkt, flow, false, TCP_ACK, 2 + at * 2, 1, 1);
	}
}

static void
flood(struct run *run, struct wp_packet *packets, struct wp_packet **pkts)
{
	for (unsigned int i = 0; i < WP_BURST_MAX; i++) {
		make_stray(&packets[i], run->what.flood);
		pkts[i] = &packets[i];
	}
	look(run, pkts, WP_BURST_MAX);
	run->floods += WP_BURST_MAX;
}

/** @return cycles a packet of the connections */
static double
play_round(struct run *run)
{
	struct wp_packet packets[WP_BURST_MAX], *pkts[WP_BURST_MAX];
	uint64_t cycles = 0, n = 0;

	while (n < ROUND) {
		unsigned int burst;

		if (run->what.flood != FLOOD_NONE)
			flood(run, packets, pkts);
		burst = make_burst(run, packets, pkts);
		cycles += look(run, pkts, burst);
		n += burst;
	}
	return (double)cycles / (double)n;
}

#define DATA WP_EVENT_BIT(WP_FLOW_DATA)
#define CONNECTION                                                                                 \
	(WP_EVENT_BIT(WP_FLOW_START) | WP_EVENT_BIT(WP_FLOW_SETUP) | WP_EVENT_BIT(WP_FLOW_END) |   \
	 WP_EVENT_BIT(WP_FLOW_STATE))
#define VIEWS WP_EVENTS_OF_L7
#define ALL (WP_EVENT_BIT(WP_L7_START) - 1)

static const struct comparison {
	const char *name;
	struct contestant contestants[CONTESTANTS_MAX];
} comparisons[] = {
	{"levels",
	 {{"connection", "{}", CONNECTION, 1, 1, 0, NULL},
	  {"bytes", "{}", DATA, 1, 1, 0, NULL},
	  {"bytes, checksums trusted", "{\"verify_checksums\": false}", DATA, 1, 1, 0, NULL},
	  {"bytes, compared", "{}", DATA | WP_EVENT_BIT(WP_FLOW_CONFLICT), 1, 1, 0, NULL},
	  {"bytes, when acknowledged", "{\"tell\": \"acknowledged\"}", DATA, 1, 1, 0, NULL},
	  {"all", "{}", ALL, 1, 1, 0, NULL}}},
	{"six",
	 {{"one tracker", "{}", DATA | CONNECTION, 1, HEARERS, 0, NULL},
	  {"six trackers", "{}", DATA | CONNECTION, PRIVATE, 1, 0, NULL}}},
	{"chosen",
	 {{"connection", "{}", CONNECTION, 1, HEARERS, 0, NULL},
	  {"all", "{}", ALL, 1, HEARERS, 0, NULL}}},
	{"floods",
	 {{"quiet", "{}", DATA, 1, 1, FLOOD_NONE, NULL},
	  {"SYN", "{}", DATA, 1, 1, FLOOD_SYN, NULL},
	  {"overlaps", "{}", DATA | WP_EVENT_BIT(WP_FLOW_CONFLICT), 1, 1, FLOOD_OVERLAP, NULL},
	  {"quiet, compared", "{}", DATA | WP_EVENT_BIT(WP_FLOW_CONFLICT), 1, 1, FLOOD_NONE, NULL},
	  {"disorder", "{}", DATA, 1, 1, FLOOD_DISORDER, NULL},
	  {"fragments", "{}", DATA, 1, 1, FLOOD_FRAGMENTS, NULL}}},
	{"views",
	 {{"bytes", "{}", DATA, 1, 1, 0, NULL},
	  {"none of the protocols", "{}", DATA | VIEWS, 1, 1, 0, NULL},
	  {"HTTP bodies", "{\"view_memory\": 1024, \"tenant_memory\": 100}", DATA | VIEWS, 1, 1, 0,
	   "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n"}}},
	{"memory", {{"bytes", "{}", DATA, 1, 1, 0, NULL}}},
};

/** @return bytes of memory that this process has. */
static uint64_t
resident(void)
{
	unsigned long pages = 0, all = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file == NULL || fscanf(file, "%lu %lu", &all, &pages) != 2)
		exit(EXIT_FAILURE);
	fclose(file);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void
print_run(const struct run *run, const double *figures, unsigned int rounds, uint64_t memory)
{
	printf("{\"name\": \"%s\", \"sent\": %llu, \"told\": %llu, \"strays\": %llu, \"memory\": "
	       "%llu, \"clk\": [",
	       run->what.name, (unsigned long long)run->sent,
	       (unsigned long long)run->told / run->what.trackers / run->what.hearers,
	       (unsigned long long)run->floods, (unsigned long long)memory);
	for (unsigned int i = 0; i < rounds; i++)
		printf("%s%.2f", i == 0 ? "" : ", ", figures[i]);
	printf("]}");
}

static void
compare(const struct comparison *comparison, unsigned int rounds)
{
	struct run *runs[CONTESTANTS_MAX] = {NULL};
	double *figures = calloc((size_t)rounds * CONTESTANTS_MAX, sizeof(*figures));
	uint64_t memory[CONTESTANTS_MAX];
	unsigned int n = 0;

	for (; n < CONTESTANTS_MAX && comparison->contestants[n].name != NULL; n++) {
		uint64_t before = resident();

		runs[n] = open_run(&comparison->contestants[n]);
		play_round(runs[n]);
		memory[n] = resident() - before - n_flows * sizeof(struct place);
	}
	for (unsigned int round = 0; round < rounds; round++)
		for (unsigned int i = 0; i < n; i++)
			figures[(size_t)i * rounds + round] = play_round(runs[i]);
	printf("[");
	for (unsigned int i = 0; i < n; i++) {
		printf("%s", i == 0 ? "" : ",\n ");
		print_run(runs[i], &figures[(size_t)i * rounds], rounds, memory[i]);
	}
	printf("]\n");
}

int
main(int argc, char **argv)
{
	if (argc != 5) {
		fprintf(stderr, "usage: stream_bench COMPARISON FLOWS PAYLOAD ROUNDS\n");
		return EXIT_FAILURE;
	}
	n_flows = (uint32_t)strtoul(argv[2], NULL, 10);
	payload = (uint32_t)strtoul(argv[3], NULL, 10);
	for (size_t i = 0; i < sizeof(comparisons) / sizeof(comparisons[0]); i++) {
		if (strcmp(comparisons[i].name, argv[1]) != 0)
			continue;
		compare(&comparisons[i], (unsigned int)strtoul(argv[4], NULL, 10));
		return EXIT_SUCCESS;
	}
	fprintf(stderr, "no comparison '%s'\n", argv[1]);
	return EXIT_FAILURE;
}
