/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The service nat, judged by the model: over random packets of every kind with time jumps, and in a
 * scenario for each requirement of the RFCs. WP_TEST_ALL: millions of packets; NAT_SEED: others.
 */

#include <stdio.h>
#include <string.h>

#include "forge.h"
#include "product.h"
#include "requirements.h"
#include "traffic.h"
#include "unit.h"

enum { PACKETS = 60000, PACKETS_ALL = 300000 };

/** What the service's instances of these tests have in common. */
static void
usual(struct model_config *config)
{
	traffic_nat(config);
	config->last_port = 1024 + 1023;
	config->block_size = 64;
	config->max_blocks = 4;
	config->answer_syn = true;
}

static void
by_address(struct model_config *config)
{
	usual(config);
	config->filter = MODEL_SAME_ADDRESS;
	config->mss = 1360;
}

static void
by_address_and_port(struct model_config *config)
{
	usual(config);
	config->filter = MODEL_SAME_ADDRESS_AND_PORT;
	config->inbound_refresh = config->inbound_session = false;
}

static void
exhausted(struct model_config *config)
{
	usual(config);
	config->n_pool = 1;
	config->last_port = 1024 + 127;
	config->max_blocks = 1;
	config->forwards[1].ext.addr = 0xc6336401;
}

static void
options(struct model_config *config)
{
	usual(config);
	config->answer_ping = true;
	config->pass_unmatched = true;
	config->tcp_loose = true;
	config->quarantine = 10000;
	config->tcp_opening = 50000;
	config->tcp_closing = 60000;
	config->tcp_half_closed = 100000;
}

static void
limited(struct model_config *config)
{
	by_address(config);
	config->max_sessions = 12;
	config->max_mapping_sessions = 3;
}

/* Of four hosts of tenant 1 three have shares, of tenant 2 two. */
static void
deterministic(struct model_config *config)
{
	usual(config);
	config->last_port = 1024 + 6 * 64 - 1;
	config->hosts[0] = (struct model_hosts){.tenant = 1, .first = 0x0a000000, .n = 4};
	config->hosts[1] = (struct model_hosts){.tenant = 2, .first = 0x0a000002, .n = 2};
	config->n_hosts = 2;
	config->hosts_per_address = 4;
	config->share_blocks = 1;
	config->overflow_blocks = 1;
}

static void
larger_shares(struct model_config *config)
{
	deterministic(config);
	config->last_port = 1024 + 1023;
	config->hosts_per_address = 3;
	config->share_blocks = 5;
	config->overflow_blocks = 0;
}

static const struct {
	const char *name;
	void (*configure)(struct model_config *config);
	uint16_t ports, calm;
} nats[] = {
	{"usual", usual, 6, 95},
	{"hectic", usual, 12, 60},
	{"by address", by_address, 6, 95},
	{"by address and port", by_address_and_port, 6, 95},
	{"exhausted", exhausted, 90, 99},
	{"options", options, 6, 90},
	{"limited", limited, 6, 95},
	{"deterministic", deterministic, 90, 99},
	{"larger shares", larger_shares, 16, 95},
};

/* Each but the first has once shown a difference. */
static const uint64_t seeds[] = {1, 6, 14, 15, 27};

enum { SEEDS = 2 }; /* that are run each time */

/** @return how many are run: the first ones, all with WP_TEST_ALL, or the one that is asked for. */
static int
count_seeds(void)
{
	if (getenv("NAT_SEED") != NULL)
		return 1;
	return getenv("WP_TEST_ALL") != NULL ? (int)ROWS(seeds) : SEEDS;
}

static uint64_t
seed_at(int i)
{
	const char *given = getenv("NAT_SEED");

	return given == NULL ? seeds[i] : strtoull(given, NULL, 0);
}

START_TEST(test_no_difference_to_the_model)
{
	const unsigned int n = getenv("WP_TEST_ALL") != NULL ? PACKETS_ALL : PACKETS;
	const int kind = _i % ROWS(nats);
	const uint64_t seed = seed_at(_i / ROWS(nats));
	static struct model_observed out;
	static struct model_verdict verdict;
	struct model_config config;
	struct traffic *traffic;
	struct model_input input;
	unsigned int passed = 0, emitted = 0;
	struct model *model;
	uint64_t time = 0;
	void *nat;

	nats[kind].configure(&config);
	model = model_create(&config);
	nat = nat_service.open(&config);
	ck_assert(nat != NULL && model != NULL);
	traffic = traffic_create(&(struct traffic_config){.seed = seed * 1000 + (uint64_t)kind,
							  .tenants = 2,
							  .hosts = 4,
							  .ports = nats[kind].ports,
							  .remotes = 3,
							  .calm = nats[kind].calm,
							  .nat = &config});
	for (unsigned int i = 0; i < n; i++) {
		traffic_next(traffic, &input);
		input.time = model_settle(model, input.time, BENCH_SLACK_MS);
		traffic_set_time(traffic, input.time);
		bench_pass_time(&nat_service, nat, model, time, input.time);
		time = input.time;
		nat_service.packet(nat, &input, &out);
		emitted += bench_take_emitted(&nat_service, nat, model, NULL);
		if (!model_packet(model, &input, &out, &verdict))
			ck_abort_msg("packet %u of '%s', seed %llu: %s", i, nats[kind].name,
				     (unsigned long long)seed, verdict.why);
		passed += out.outcome == MODEL_PASSED;
		traffic_learn(traffic, &out);
	}
	ck_assert_uint_gt(passed, n / 8);
	ck_assert_uint_gt(emitted, n / 1000);
	traffic_destroy(traffic);
	nat_service.close(nat);
	model_destroy(model);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("nat service");

	tcase_add_loop_test(tcase, test_no_difference_to_the_model, 0, count_seeds() * ROWS(nats));
	return unit_main("nat service", tcase);
}
