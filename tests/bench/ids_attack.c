/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What attackers can make of rules: of the dearest rules of a set, packets are made that make them
 * work as hard as may be; those that cost most stand among the packets of a capture, and what
 * becomes of the others is measured. A link brings packets at a rate of which the capture alone
 * would take four fifths of a worker's time; some of them are the attacker's instead. Two workers
 * take parts of laps in turn, one with the attacker's packets and one without. Prints a line of
 * JSON.
 */

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#include "conf/arena.h"
#include "detect.h"
#include "ids_control.h"
#include "ids_dear.h"
#include "ids_killer.h"
#include "ids_laps.h"
#include "match/hostile.h"
#include "rule/classification.h"
#include "rule/compiling.h"
#include "rule/vars.h"
#include "service.h"
#include "tool/host_own.h"
#include "tool/translate.h"

enum {
	TRIED = 300,   /* dearest rules of which packets are tried */
	KILLERS = 16,  /* those that are used */
	TRIALS = 6,    /* messages of each */
	FLOWS = 64,    /* connections of the attacker at a time */
	LENGTH = 200,  /* packets of each of them */
	PART = 2000,   /* packets of the capture, of a lap */
	LOAD_PART = 5, /* of the worker's time, one is left when there is no attack */
	WHY_SIZE = 1024,
};

/** What is asked for. */
struct order {
	const char *capture, *rules, *cache, *overload;
	uint32_t laps;
	double share;    /* of packets that are the attacker's */
	double interval; /* seconds between two of them; 0: 'share' says */
	bool small;      /* they are small messages, which no rule finds dear */
};

/** A worker, and what it has counted. */
struct worker {
	struct host *host;
	uint64_t cpu_ns;  /* of the lap */
	uint64_t alerts;  /* of the capture's packets */
	uint64_t skipped; /* of the capture's packets: looks that were left out or cut short */
};

struct attack {
	struct killer killers[KILLERS];
	unsigned int n;
	struct killer_flow flows[FLOWS];
	uint32_t n_flows, turn;
	uint64_t n_packets;
};

static void
end(const char *why)
{
	fprintf(stderr, "ids_attack: %s\n", why);
	exit(EXIT_FAILURE);
}

static uint64_t
now_ns(clockid_t which)
{
	struct timespec now;

	clock_gettime(which, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t
cpu_ns(void)
{
	return now_ns(CLOCK_THREAD_CPUTIME_ID);
}

static uint64_t
wall_ns(void)
{
	return now_ns(CLOCK_MONOTONIC);
}

/* The service. */

static struct host *
open_host(const struct order *order, const char *overload)
{
	struct options options = {.dir = "",
				  .rules = {.words = (const char *[]){order->rules}, .n = 1},
				  .checksums = CHECKSUMS_NONE};
	struct host_conf conf = {
		.service = &wp_service, .is_repeatable = true, .has_control = true};
	struct settings *settings;
	struct translation to;
	struct host *host;
	char why[WHY_SIZE];

	if (settings_create(&settings) != 0 || translate_usual(settings) != 0 ||
	    settings_set(settings, "vars.address-groups.HOME_NET", "any") != 0 ||
	    settings_set(settings, "vars.address-groups.EXTERNAL_NET", "any") != 0)
		end("no memory for settings");
	if (translate(&options, settings, wp_service.fields, &to, why, sizeof(why)) != 0)
		end(why);
	settings_destroy(settings);
	json_object_set_new(to.service, "events", json_pack("[s]", "alert"));
	json_object_set_new(to.service, "eve", json_string(""));
	json_object_set_new(to.service, "cache", json_string(order->cache));
	json_object_set_new(to.service, "capture", json_true());
	json_object_set_new(to.service, "link_size", json_integer(14));
	json_object_set_new(to.service, "overload", json_string(overload));
	json_object_set_new(to.service, "budget", json_integer(4000000));
	conf.config = to.service;
	conf.tracker = to.tracker;
	conf.tunnels = to.tunnels;
	if (host_open(&conf, &host, why, sizeof(why)) != 0)
		end(why);
	translate_free(&to);
	return host;
}

static struct detector *
read_rules(const struct order *order)
{
	struct vars *vars = vars_create();
	struct wp_arena *arena = wp_arena_create();
	struct rule_set_conf conf = {.vars = vars};
	const struct compiling compiling = {.cache = order->cache};
	struct classification *classes;
	struct detector *detector;
	struct rule_set *set;
	char why[WHY_SIZE];

	if (vars == NULL || arena == NULL || vars_defaults(vars) != 0 ||
	    vars_set(vars, "HOME_NET", "any") != 0 || vars_set(vars, "EXTERNAL_NET", "any") != 0 ||
	    classification_create(arena, NULL, &classes, why, sizeof(why)) != 0)
		end("no memory for variables");
	conf.classes = classes;
	if (rule_set_create(&conf, &set) != 0 || rule_set_read(set, order->rules) != 0 ||
	    rule_set_finish(set) != 0)
		end("rules cannot be read");
	if (detector_create(set, &compiling, &detector, why, sizeof(why)) != 0)
		end(why);
	return detector; /* it stays, and what it stands on: killers are made of it */
}

/* Killers. */

static int
dearest_first(const void *a, const void *b)
{
	const struct asked *const *x = a, *const *y = b;

	return (*y)->cost.cycles - (*x)->cost.cycles;
}

/** Makes the worst of what a rule can be met with. @return whether any can be made */
static bool
make_worst(struct dears *dears, const struct rule *rule, struct killer *killer)
{
	struct dear worst = {.rule = rule};

	for (unsigned int i = 0; i < rule->n_lists; i++)
		for (unsigned int k = 0; k < hostile_kinds(&rule->lists[i]); k++) {
			uint64_t took = dear_measure(&dears->inspector, rule, i, k);

			if (took <= worst.cycles || !killer_make(killer, rule, i, k))
				continue;
			worst.cycles = took;
			worst.list = i;
			worst.kind = k;
		}
	if (worst.cycles == 0 || !killer_make(killer, rule, worst.list, worst.kind))
		return false;
	dears_keep(dears, &worst);
	return true;
}

static void
send_killer(struct host *host, struct killer_flow *flow, uint64_t time_ns)
{
	uint8_t frame[KILLER_FRAME];
	uint32_t size = killer_next(flow, frame);
	struct capture_packet packet = {
		.bytes = frame, .size = size, .wire_size = size, .time_ns = time_ns, .link = 1};

	host_packet(host, &packet);
}

/** @return cycles that a packet of a killer takes, all rules and the tracker included: it is
 * packets that a link brings. */
static double
try_killer(struct host *host, const struct killer *killer, uint32_t number)
{
	unsigned int packets = (killer->size[0] != 0) + (killer->size[1] != 0);
	struct killer_flow flow;
	double least = 1e9;

	killer_begin(&flow, killer, number);
	while (flow.step < 3)
		send_killer(host, &flow, 1000000000);
	for (unsigned int i = 0; i < TRIALS; i++) {
		uint64_t start = __rdtsc();
		double took;

		for (unsigned int k = 0; k < packets; k++)
			send_killer(host, &flow, 1000000000);
		took = (double)(__rdtsc() - start) / packets;
		least = took < least ? took : least;
	}
	return least;
}

static int
worst_first(const void *a, const void *b)
{
	const struct killer *x = a, *y = b;

	return x->cost < y->cost ? 1 : -1;
}

/** Tries killers of the dearest rules, and keeps the worst. */
static void
choose_killers(const struct detector *detector, struct host *host, struct attack *attack,
	       struct dears *dears)
{
	const struct asked **rules = calloc(detector->set->n, sizeof(struct asked *));
	struct killer *killers = calloc(TRIED, sizeof(*killers));
	unsigned int n = 0;

	dears->inspector.patterns = pattern_worker_create(detector->scratch);
	if (rules == NULL || killers == NULL || dears->inspector.patterns == NULL)
		end("no memory for killers");
	for (uint32_t i = 0; i < detector->set->n; i++)
		rules[i] = &detector->asked[i];
	qsort(rules, detector->set->n, sizeof(struct asked *), dearest_first);
	for (uint32_t i = 0; i < TRIED && i < detector->set->n; i++) {
		if (!make_worst(dears, rules[i]->rule, &killers[n]))
			continue;
		killers[n].cost = try_killer(host, &killers[n], 1u << 31 | i);
		n++;
	}
	qsort(killers, n, sizeof(*killers), worst_first);
	if (n == 0)
		end("no packets can be made of these rules");
	attack->n = n < KILLERS ? n : KILLERS;
	memcpy(attack->killers, killers, attack->n * sizeof(*killers));
	free(killers);
	free(rules);
}

/** Messages that are dear for no rule: requests of HTTP, as small as they get, and their answers.
 */
static void
choose_small(struct attack *attack)
{
	static const char request[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
	struct killer *killer = &attack->killers[0];

	*killer = (struct killer){.size = {sizeof(request) - 1, sizeof(answer) - 1}, .port = 80};
	memcpy(killer->bytes[0], request, sizeof(request) - 1);
	memcpy(killer->bytes[1], answer, sizeof(answer) - 1);
	attack->n = 1;
}

/* Laps. */

/** @return a counter of the service's worker; what host_counter() does takes longer than a look. */
static uint64_t
count_of(const struct worker *worker, enum ids_counter counter)
{
	return worker->host->side.counters[counter];
}

static uint64_t
skipped(const struct worker *worker)
{
	return count_of(worker, COUNT_OVER) + count_of(worker, COUNT_UNSEEN) +
	       count_of(worker, COUNT_WAITED);
}

/** Sends the attacker's next packet. */
static void
attack_once(struct attack *attack, struct worker *worker, uint64_t time_ns)
{
	struct killer_flow *flow = &attack->flows[attack->turn++ % FLOWS];
	uint64_t alerts = count_of(worker, COUNT_ALERTS), before = skipped(worker);

	if (flow->killer == NULL || flow->step >= LENGTH) {
		killer_begin(flow, &attack->killers[attack->n_flows % attack->n], attack->n_flows);
		attack->n_flows++;
	}
	send_killer(worker->host, flow, time_ns);
	attack->n_packets++;
	worker->alerts -= count_of(worker, COUNT_ALERTS) - alerts;
	worker->skipped -= skipped(worker) - before;
}

/** When packets come. */
struct pace {
	uint64_t now_ns;
	double slot_ns; /* between two packets */
	double every;   /* of so many packets one is the attacker's; 0: none */
	double due;     /* packets until that one */
};

/** Runs a part of a lap. @param attack  NULL: the attacker's packets do not come, but the others
 * when they would */
static void
run_part(struct laps *laps, uint32_t from, uint32_t to, struct worker *worker,
	 struct attack *attack, struct pace *pace)
{
	uint64_t alerts = count_of(worker, COUNT_ALERTS), before = skipped(worker);
	uint64_t start = cpu_ns();
	double time = (double)pace->now_ns;

	for (uint32_t i = from; i < to;) {
		bool is_attack = pace->every != 0 && (pace->due -= 1) < 0;
		struct capture_packet packet;

		time += pace->slot_ns;
		if (is_attack) {
			pace->due += pace->every;
			if (attack != NULL)
				attack_once(attack, worker, (uint64_t)time);
			continue;
		}
		packet = laps_packet(laps, i++);
		packet.time_ns = (uint64_t)time;
		host_packet(worker->host, &packet);
	}
	worker->cpu_ns += cpu_ns() - start;
	worker->alerts += count_of(worker, COUNT_ALERTS) - alerts;
	worker->skipped += skipped(worker) - before;
	pace->now_ns = (uint64_t)time;
}

static void
run_lap(struct laps *laps, struct worker *worker, struct attack *attack, struct pace *pace)
{
	worker->cpu_ns = worker->alerts = worker->skipped = 0;
	run_part(laps, 0, laps_packets(laps), worker, attack, pace);
}

/** Runs a lap with both workers, part by part in turn: the machine is not as fast all the time. */
static void
run_both(struct laps *laps, struct worker *calm, struct worker *hit, struct attack *attack,
	 struct pace *pace)
{
	uint32_t n = laps_packets(laps);
	struct pace other = *pace;

	calm->cpu_ns = calm->alerts = calm->skipped = 0;
	hit->cpu_ns = hit->alerts = hit->skipped = 0;
	for (uint32_t from = 0; from < n; from += PART) {
		uint32_t to = n - from < PART ? n : from + PART;

		run_part(laps, from, to, calm, NULL, &other);
		run_part(laps, from, to, hit, attack, pace);
	}
}

/** @return bytes of a lap's packets. */
static uint64_t
lap_bytes(const struct laps *laps)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < laps_packets(laps); i++)
		bytes += laps_packet(laps, i).size;
	return bytes;
}

/** What one pair of laps says: which part of the capture's packets is served in time, and how many
 * of them have cost too much. */
static void
print_lap(const struct worker *calm, const struct worker *hit, uint32_t n, uint64_t slots)
{
	double cost = (double)calm->cpu_ns / n;
	double time = (double)slots * cost * LOAD_PART / (LOAD_PART - 1);
	double served = time / (double)hit->cpu_ns;
	double whole = 1 - (double)hit->skipped / n;

	printf("{\"served\": %.4f, \"whole\": %.4f, \"calm_ns\": %.0f, \"hit_ns\": %.0f}",
	       served < 1 ? served : 1, whole > 0 ? whole : 0, cost, (double)hit->cpu_ns / n);
}

static void
print_killers(const struct attack *attack)
{
	printf(", \"killers\": [");
	for (unsigned int i = 0; i < attack->n; i++)
		printf("%s{\"sid\": %u, \"clk\": %.1f}", i == 0 ? "" : ", ",
		       attack->killers[i].rule == NULL ? 0 : attack->killers[i].rule->sid,
		       attack->killers[i].cost);
	printf("]");
}

/** Sets the rate. @param cost_ns  what a packet of the capture takes */
static void
set_pace(struct pace *pace, const struct order *order, double cost_ns)
{
	pace->slot_ns = cost_ns * LOAD_PART / (LOAD_PART - 1);
	if (order->interval != 0)
		pace->every = order->interval * 1e9 / pace->slot_ns;
	else if (order->share != 0)
		pace->every = 1 / order->share;
}

/** A first lap, which finds out how much time a packet takes. @return cycles of a nanosecond */
static double
warm_up(struct laps *laps, struct worker *worker, const struct order *order, struct pace *pace)
{
	uint64_t start, begin;
	double clk_ns;

	pace->slot_ns = 4000;
	run_lap(laps, worker, NULL, pace);
	laps_turn(laps, 1);
	start = __rdtsc();
	begin = wall_ns();
	run_lap(laps, worker, NULL, pace);
	clk_ns = (double)(__rdtsc() - start) / (double)(wall_ns() - begin);
	set_pace(pace, order, (double)worker->cpu_ns / laps_packets(laps));
	return clk_ns;
}

/** Prints what a byte of the dearest rule takes, and one of the capture in the same lap. */
static void
print_bytes(const struct dears *dears, const double *benign)
{
	const struct dear *worst = dears_worst(dears);

	printf(", \"rule\": {\"sid\": %u, \"clk_byte\": [", worst->rule->sid);
	for (unsigned int i = 0; i < dears->n_rounds; i++)
		printf("%s%.2f", i == 0 ? "" : ", ", worst->rounds[i]);
	printf("], \"benign_clk_byte\": [");
	for (unsigned int i = 0; i < dears->n_rounds; i++)
		printf("%s%.2f", i == 0 ? "" : ", ", benign[i]);
	printf("]}");
}

static void
run(const struct order *order, struct laps *laps)
{
	struct worker calm = {.host = open_host(order, order->overload)};
	struct worker hit = {.host = open_host(order, order->overload)};
	struct host *trial = open_host(order, "pass");
	struct control *controls[] = {control_start(calm.host), control_start(hit.host),
				      control_start(trial)};
	struct pace pace = {.now_ns = 1000000000}, other;
	uint64_t alerts[2] = {0, 0};
	static struct attack attack;
	static struct dears dears;
	static double benign[DEAR_ROUNDS];
	uint32_t n = laps_packets(laps);
	double clk_ns;

	choose_killers(read_rules(order), trial, &attack, &dears);
	if (order->small)
		choose_small(&attack);
	control_stop(controls[2]);
	host_close(trial);
	clk_ns = warm_up(laps, &calm, order, &pace);
	other = pace;
	run_lap(laps, &hit, &attack, &other); /* which finds memory cold */
	pace.now_ns = other.now_ns;
	printf("{\"laps\": [");
	for (uint32_t lap = 2; lap < order->laps + 2; lap++) {
		uint64_t begin = pace.now_ns;

		laps_turn(laps, lap);
		run_both(laps, &calm, &hit, &attack, &pace);
		alerts[0] += calm.alerts;
		alerts[1] += hit.alerts;
		printf("%s", lap == 2 ? "" : ", ");
		print_lap(&calm, &hit, n, (uint64_t)((double)(pace.now_ns - begin) / pace.slot_ns));
		set_pace(&pace, order, (double)calm.cpu_ns / n);
		benign[dears.n_rounds] = (double)calm.cpu_ns * clk_ns / (double)lap_bytes(laps);
		dears_round(&dears);
	}
	printf("], \"planted\": %llu, \"found\": %llu, \"attack_packets\": %llu, \"seconds\": "
	       "%.3f, "
	       "\"diverted\": %llu, \"returned\": %llu, \"over\": %llu, \"unseen\": %llu",
	       (unsigned long long)alerts[0], (unsigned long long)alerts[1],
	       (unsigned long long)attack.n_packets, (double)pace.now_ns / 1e9,
	       (unsigned long long)host_counter(hit.host, "diverted"),
	       (unsigned long long)host_counter(hit.host, "returned"),
	       (unsigned long long)host_counter(hit.host, "over-budget"),
	       (unsigned long long)host_counter(hit.host, "unseen"));
	print_killers(&attack);
	print_bytes(&dears, benign);
	printf("}\n");
	pattern_worker_destroy(dears.inspector.patterns);
	control_stop(controls[0]);
	control_stop(controls[1]);
	host_close(calm.host);
	host_close(hit.host);
}

static void
usage(void)
{
	fprintf(stderr, "usage: ids_attack --rules FILE [--cache FOLDER] [--overload pass|later] "
			"[--laps N] [--share PART | --interval SECONDS] [--small] CAPTURE\n");
	exit(EXIT_FAILURE);
}

int
main(int argc, char **argv)
{
	static const struct option names[] = {
		{"rules", required_argument, NULL, 'r'}, {"cache", required_argument, NULL, 'c'},
		{"laps", required_argument, NULL, 'n'},  {"overload", required_argument, NULL, 'o'},
		{"share", required_argument, NULL, 's'}, {"interval", required_argument, NULL, 'i'},
		{"small", no_argument, NULL, 'm'},       {0},
	};
	struct order order = {.cache = "", .overload = "later", .laps = 8};
	struct laps *laps;
	int letter;

	while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1)
		switch (letter) {
		case 'r':
			order.rules = optarg;
			break;
		case 'c':
			order.cache = optarg;
			break;
		case 'n':
			order.laps = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'o':
			order.overload = optarg;
			break;
		case 's':
			order.share = strtod(optarg, NULL);
			break;
		case 'i':
			order.interval = strtod(optarg, NULL);
			break;
		case 'm':
			order.small = true;
			break;
		default:
			usage();
		}
	if (optind + 1 != argc || order.rules == NULL || order.laps == 0 ||
	    order.laps > DEAR_ROUNDS || order.share >= 1)
		usage();
	order.capture = argv[optind];
	laps = laps_read(order.capture);
	run(&order, laps);
	laps_free(laps);
	return EXIT_SUCCESS;
}
