/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the service "ids" costs a packet: a capture in memory goes through it in laps, tracker of
 * flows and log of alerts included, as wp-ids does it; reading of files and rules is not counted.
 * Prints a line of JSON; "cpu" is nanoseconds of the worker's thread a packet, "clk" TSC cycles, an
 * item for each lap; "control_cpu" is nanoseconds of the thread beside it. With --bare, laps take
 * turns with what they have Hyperscan look at for literals, and nothing else. Pin it to a quiet
 * core: taskset -c 1 build/tests/bench/ids_bench --rules FILE CAPTURE.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#include "ids_control.h"
#include "ids_laps.h"
#include "ids_scans.h"
#include "service.h"
#include "stream/stream.h"
#include "tool/host.h"
#include "tool/translate.h"

enum { LAPS_MAX = 65535, LAPS = 40, WHY_SIZE = 1024 };

/** What is asked for. */
struct order {
	const char *capture, *rules, *cache, *eve, *write;
	uint32_t laps;
	bool bare;
};

/** Moments of both clocks. */
struct clocks {
	uint64_t tsc, cpu_ns, wall_ns;
};

/** What was measured: a packet's, an item for each lap. */
struct figures {
	double *clk, *cpu, *bare_clk, *bare_cpu;
	uint64_t *alerts;
	double control_cpu; /* of the thread beside, of all laps */
	double load_s, load_cpu_s;
	uint64_t memory; /* bytes, at the most */
	unsigned long literals;
};

static void
end(const char *why)
{
	fprintf(stderr, "ids_bench: %s\n", why);
	exit(EXIT_FAILURE);
}

static uint64_t
now_ns(clockid_t which)
{
	struct timespec now;

	clock_gettime(which, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static struct clocks
clocks(void)
{
	return (struct clocks){__rdtsc(), now_ns(CLOCK_THREAD_CPUTIME_ID), now_ns(CLOCK_MONOTONIC)};
}

/** @return a line of what the kernel says of us, in bytes. */
static uint64_t
resident(const char *line)
{
	FILE *file = fopen("/proc/self/status", "r");
	char text[256];
	uint64_t kb = 0;

	while (file != NULL && fgets(text, sizeof(text), file) != NULL)
		if (strncmp(text, line, strlen(line)) == 0)
			kb = strtoull(text + strlen(line), NULL, 10);
	if (file != NULL)
		fclose(file);
	return kb * 1024;
}

/* The service. */

static void
set(json_t *object, const char *member, json_t *value)
{
	if (json_object_set_new(object, member, value) != 0)
		end("no memory");
}

/** Makes the configuration that wp-ids makes of Suricata's usual one, with all hosts at home and
 * checksums taken as right, but for events: alerts alone. */
static void
configure(const struct order *order, struct laps *laps, struct translation *to)
{
	struct options options = {.dir = "",
				  .rules = {.words = (const char *[]){order->rules}, .n = 1},
				  .checksums = CHECKSUMS_NONE};
	struct settings *settings;
	char why[WHY_SIZE];

	if (settings_create(&settings) != 0 || translate_usual(settings) != 0 ||
	    settings_set(settings, "vars.address-groups.HOME_NET", "any") != 0 ||
	    settings_set(settings, "vars.address-groups.EXTERNAL_NET", "any") != 0)
		end("no memory for settings");
	if (translate(&options, settings, wp_service.fields, to, why, sizeof(why)) != 0)
		end(why);
	settings_destroy(settings);
	set(to->service, "events", json_pack("[s]", "alert"));
	set(to->service, "eve", json_string(order->eve));
	set(to->service, "cache", json_string(order->cache));
	set(to->service, "capture", json_true());
	set(to->service, "link_size", json_integer(14));
}

/** Opens the service, and measures that. */
static struct host *
load(const struct order *order, struct laps *laps, struct figures *figures)
{
	struct translation to;
	struct host_conf conf = {
		.service = &wp_service, .is_repeatable = true, .has_control = true};
	struct clocks start = clocks(), opened;
	char why[WHY_SIZE];
	struct host *host;

	configure(order, laps, &to);
	conf.config = to.service;
	conf.tracker = to.tracker;
	conf.tunnels = to.tunnels;
	if (host_open(&conf, &host, why, sizeof(why)) != 0)
		end(why);
	opened = clocks();
	figures->load_s = (double)(opened.wall_ns - start.wall_ns) / 1e9;
	figures->load_cpu_s = (double)(opened.cpu_ns - start.cpu_ns) / 1e9;
	translate_free(&to);
	return host;
}

/* Laps. */

static void
measure(const struct clocks *start, uint32_t packets, double *clk, double *cpu)
{
	struct clocks stop = clocks();

	*clk = (double)(stop.tsc - start->tsc) / packets;
	*cpu = (double)(stop.cpu_ns - start->cpu_ns) / packets;
}

/** Runs a lap. The flows that are left end with the last one. */
static void
run_lap(struct laps *laps, struct host *host, uint32_t lap, bool is_last, struct figures *figures)
{
	uint64_t alerts = host_counter(host, "alerts");
	uint32_t n = laps_packets(laps);
	struct clocks start;

	laps_turn(laps, lap);
	start = clocks();
	for (uint32_t i = 0; i < n; i++) {
		struct capture_packet packet = laps_packet(laps, i);

		host_packet(host, &packet);
	}
	if (is_last)
		host_end(host);
	measure(&start, n, &figures->clk[lap], &figures->cpu[lap]);
	figures->alerts[lap] = host_counter(host, "alerts") - alerts;
}

/** Does again what a lap has scanned. */
static void
run_bare(const struct laps *laps, uint32_t lap, struct figures *figures)
{
	struct clocks start = clocks();

	figures->literals = scans_repeat();
	measure(&start, laps_packets(laps), &figures->bare_clk[lap], &figures->bare_cpu[lap]);
}

static void
run_laps(const struct order *order, struct laps *laps, struct host *host, struct figures *figures)
{
	struct control *control = control_start(host);

	for (uint32_t lap = 0; lap < order->laps; lap++) {
		scans_keep(order->bare && lap == 0);
		run_lap(laps, host, lap, lap + 1 == order->laps, figures);
		scans_keep(false);
		if (order->bare)
			run_bare(laps, lap, figures);
	}
	figures->control_cpu = (double)control_stop(control) / laps_packets(laps) / order->laps;
}

/** Laps differ in addresses only, so they alert alike: but for the first, in whose addresses rules
 * may be interested, and for limits that outlast a lap. */
static void
check_alerts(const struct figures *figures, uint32_t laps)
{
	uint64_t least = UINT64_MAX, most = 0;

	for (uint32_t i = 1; i < laps; i++) {
		least = figures->alerts[i] < least ? figures->alerts[i] : least;
		most = figures->alerts[i] > most ? figures->alerts[i] : most;
	}
	if (laps > 1 && most - least > most / 100 + 1) {
		fprintf(stderr, "ids_bench: %llu to %llu alerts a lap\n", (unsigned long long)least,
			(unsigned long long)most);
		exit(EXIT_FAILURE);
	}
}

/* Printing. */

/** Prints all laps' figures but the first's, which finds all memory cold. */
static void
print_list(const char *name, const double *values, uint32_t n)
{
	printf(", \"%s\": [", name);
	for (uint32_t i = n > 1; i < n; i++)
		printf("%s%.2f", i == (n > 1) ? "" : ", ", values[i]);
	printf("]");
}

static void
print_alerts(const uint64_t *values, uint32_t n)
{
	printf(", \"alerts\": [");
	for (uint32_t i = 0; i < n; i++)
		printf("%s%llu", i == 0 ? "" : ", ", (unsigned long long)values[i]);
	printf("]");
}

/** @return the mean of all laps, but for the first one. */
static double
mean(const double *values, uint32_t n)
{
	double sum = 0;

	if (n == 1)
		return values[0];
	for (uint32_t i = 1; i < n; i++)
		sum += values[i];
	return sum / (n - 1);
}

static void
print(const struct order *order, const struct laps *laps, const struct host *host,
      const struct figures *figures)
{
	const struct host_counts *counts = host_counts(host);

	printf("{\"packets\": %llu, \"laps\": %u, \"packets_s\": %.0f, \"load_s\": %.2f, "
	       "\"load_cpu_s\": %.2f, \"memory\": %llu, \"lost\": %llu, \"no_room\": %llu, "
	       "\"ended\": %llu, \"control_cpu\": %.2f",
	       (unsigned long long)counts->packets, order->laps,
	       1e9 / mean(figures->cpu, order->laps), figures->load_s, figures->load_cpu_s,
	       (unsigned long long)figures->memory,
	       (unsigned long long)(host_counter(host, "lost") + host_counter(host, "no-room")),
	       (unsigned long long)(host_tracker_counter(host, STREAM_COUNT_NO_ROOM) +
				    host_tracker_counter(host, STREAM_COUNT_VIEWS_NO_ROOM)),
	       (unsigned long long)host_counter(host, "rules-ended"), figures->control_cpu);
	print_alerts(figures->alerts, order->laps);
	print_list("clk", figures->clk, order->laps);
	print_list("cpu", figures->cpu, order->laps);
	if (order->bare) {
		print_list("bare_clk", figures->bare_clk, order->laps);
		print_list("bare_cpu", figures->bare_cpu, order->laps);
		printf(", \"scans\": %lu, \"scanned\": %zu, \"literals\": %lu", scans_count(),
		       scans_bytes(), figures->literals);
	}
	printf("}\n");
}

/* All together. */

static void
run(const struct order *order, struct laps *laps)
{
	uint32_t n = order->laps;
	struct figures figures = {.clk = calloc(n, sizeof(double)),
				  .cpu = calloc(n, sizeof(double)),
				  .bare_clk = calloc(n, sizeof(double)),
				  .bare_cpu = calloc(n, sizeof(double)),
				  .alerts = calloc(n, sizeof(uint64_t))};
	uint64_t before = resident("VmRSS:");
	struct host *host;

	if (figures.clk == NULL || figures.cpu == NULL || figures.bare_clk == NULL ||
	    figures.bare_cpu == NULL || figures.alerts == NULL)
		end("no memory");
	host = load(order, laps, &figures);
	run_laps(order, laps, host, &figures);
	figures.memory = resident("VmHWM:") - before;
	print(order, laps, host, &figures);
	host_close(host);
	check_alerts(&figures, n);
	free(figures.clk);
	free(figures.cpu);
	free(figures.bare_clk);
	free(figures.bare_cpu);
	free(figures.alerts);
}

static void
usage(void)
{
	fprintf(stderr, "usage: ids_bench --rules FILE [--laps N] [--cache FOLDER] [--eve FILE] "
			"[--bare] CAPTURE\n"
			"       ids_bench --write FILE [--laps N] CAPTURE\n");
	exit(EXIT_FAILURE);
}

static struct order
read_order(int argc, char **argv)
{
	static const struct option names[] = {
		{"laps", required_argument, NULL, 'n'},
		{"rules", required_argument, NULL, 'r'},
		{"cache", required_argument, NULL, 'c'},
		{"eve", required_argument, NULL, 'e'},
		{"write", required_argument, NULL, 'w'},
		{"bare", no_argument, NULL, 'b'},
		{0},
	};
	struct order order = {.cache = "", .eve = "", .laps = LAPS};
	int letter;

	while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1)
		switch (letter) {
		case 'n':
			order.laps = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'r':
			order.rules = optarg;
			break;
		case 'c':
			order.cache = optarg;
			break;
		case 'e':
			order.eve = optarg;
			break;
		case 'w':
			order.write = optarg;
			break;
		case 'b':
			order.bare = true;
			break;
		default:
			usage();
		}
	order.capture = argv[optind];
	if (optind + 1 != argc || (order.rules == NULL) == (order.write == NULL) ||
	    order.laps == 0 || order.laps > LAPS_MAX)
		usage();
	return order;
}

int
main(int argc, char **argv)
{
	struct order order = read_order(argc, argv);
	struct laps *laps = laps_read(order.capture);

	if (order.write != NULL)
		laps_write(laps, order.laps, order.write);
	else
		run(&order, laps);
	laps_free(laps);
	return EXIT_SUCCESS;
}
