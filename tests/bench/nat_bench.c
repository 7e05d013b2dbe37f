/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the service nat costs a packet, look-ups included: TSC cycles, the middle of many runs.
 * Prints a table; pin it to a quiet core: taskset -c 1 build/tests/bench/nat_bench [FLOWS...].
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include "parse/checksum.h"
#include "parse/parse.h"
#include "svc.h"

enum { RUNS = 9, FLOWS_MAX = 10000000, PORTS_PER_HOST = 64, SYN = 0x02, ACK = 0x10 };

/** The outside endpoint of each flow. */
static struct {
	uint32_t address;
	uint16_t port;
} * flows;

static struct svc *svc;
static const void *step;
static struct svc_packet packets[WP_BURST_MAX];
static struct wp_packet *views[WP_BURST_MAX];

static void
store(uint8_t *at, const void *value, size_t size)
{
	memcpy(at, value, size);
}

/** Fills a TCP packet of a flow. */
static void
make_packet(struct svc_packet *packet, uint32_t flow, bool outbound, uint8_t flags)
{
	uint32_t inside = __builtin_bswap32(0x0a000001 + flow / PORTS_PER_HOST);
	uint16_t port = __builtin_bswap16((uint16_t)(20000 + flow % PORTS_PER_HOST));
	uint32_t remote = __builtin_bswap32(0xc6336401 + (flow & 0xff));
	uint16_t remote_port = __builtin_bswap16(443);
	uint8_t *ip = svc_ipv4(packet, WP_PROTO_TCP, 24);

	store(ip + 12, outbound ? &inside : &remote, 4);
	store(ip + 16, outbound ? &remote : &flows[flow].address, 4);
	store(ip + 20, outbound ? &port : &remote_port, 2);
	store(ip + 22, outbound ? &remote_port : &flows[flow].port, 2);
	ip[20 + 13] = flags;
	svc_parse(packet);
	packet->view.inside = outbound ? WP_INSIDE_SOURCE : WP_INSIDE_DESTINATION;
	packet->view.args = step;
	packet->view.verdict = WP_NEXT;
}

/** One burst. @return its cycles */
static uint64_t
pass(void)
{
	uint64_t start = __rdtsc();

	svc_pass(svc, views, WP_BURST_MAX);
	return __rdtsc() - start;
}

static void
must_pass(const char *what)
{
	for (unsigned int i = 0; i < WP_BURST_MAX; i++) {
		if (packets[i].view.verdict == WP_NEXT)
			continue;
		fprintf(stderr, "%s: verdict %u, reason %u\n", what, packets[i].view.verdict,
			packets[i].view.reason);
		exit(EXIT_FAILURE);
	}
}

/** Opens all flows. @return cycles of a new one */
static double
open_flows(uint32_t n)
{
	uint64_t clk = 0;
	uint32_t done = 0;

	for (; done < n; done += WP_BURST_MAX) {
		for (uint32_t i = 0; i < WP_BURST_MAX; i++)
			make_packet(&packets[i], (done + i) % n, true, SYN);
		clk += pass();
		must_pass("new flow");
		for (uint32_t i = 0; i < WP_BURST_MAX; i++) {
			const uint8_t *ip = wp_l3(&packets[i].view);
			uint32_t flow = (done + i) % n;

			memcpy(&flows[flow].address, ip + 12, 4);
			memcpy(&flows[flow].port, ip + 20, 2);
		}
		for (uint32_t i = 0; i < WP_BURST_MAX; i++)
			make_packet(&packets[i], (done + i) % n, false, SYN | ACK);
		pass();
		must_pass("answer");
	}
	return (double)clk / done;
}

/** Sweeps over established flows. @return cycles a packet */
static double
sweep(uint32_t n, bool outbound, uint32_t *at)
{
	enum { BURSTS = 4000 };
	uint64_t clk = 0;

	for (unsigned int burst = 0; burst < BURSTS; burst++) {
		for (uint32_t i = 0; i < WP_BURST_MAX; i++) {
			/* a step that is coprime to n, and far */
			*at = (uint32_t)((*at + 7919ull) % n);
			make_packet(&packets[i], *at, outbound, ACK);
		}
		clk += pass();
		must_pass("established");
	}
	return (double)clk / BURSTS / WP_BURST_MAX;
}

static int
order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
run(uint32_t n)
{
	double opened, runs[2][RUNS];
	uint32_t at = 0;

	svc_max_entries[0] = n + 1000;
	svc_max_entries[3] = n / PORTS_PER_HOST * 2 + 1000;
	svc_max_entries[2] = n / PORTS_PER_HOST * 2 + 1000;
	svc = svc_open("{\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.112.0/23\"]}]}");
	step = svc_step(svc, 0, "{}");
	svc_set_time(svc, 1000000000);
	opened = open_flows(n);
	for (unsigned int run = 0; run < RUNS; run++) {
		runs[0][run] = sweep(n, true, &at);
		runs[1][run] = sweep(n, false, &at);
	}
	qsort(runs[0], RUNS, sizeof(double), order);
	qsort(runs[1], RUNS, sizeof(double), order);
	printf("%9u  %10.1f %10.1f  %10.1f\n", n, runs[0][RUNS / 2], runs[1][RUNS / 2], opened);
	svc_close(svc);
}

int
main(int argc, char **argv)
{
	static const uint32_t sizes[] = {1, 1000, 100000, 1000000};

	flows = calloc(FLOWS_MAX, sizeof(*flows));
	if (flows == NULL)
		return EXIT_FAILURE;
	for (unsigned int i = 0; i < WP_BURST_MAX; i++)
		views[i] = &packets[i].view;
	printf("cycles a packet, keys, look-up and burst\n%9s  %10s %10s  %10s\n", "flows", "out",
	       "in", "new flow");
	for (int i = 1; i < argc; i++)
		run((uint32_t)strtoul(argv[i], NULL, 10));
	for (unsigned int i = 0; argc == 1 && i < sizeof(sizes) / sizeof(sizes[0]); i++)
		run(sizes[i]);
	free(flows);
	return EXIT_SUCCESS;
}
