/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The model against itself: one copy plays the NAT, another judges, over a million packets. And
 * against copies that are wrong in one thing each: a judge that never objects is none.
 */

#include <stdio.h>
#include <string.h>

#include "forge.h"
#include "traffic.h"
#include "unit.h"
#include "wire.h"

/* Few ports, and destinations that are left alone. */
static void
usual(struct model_config *config)
{
	traffic_nat(config);
	config->last_port = 1024 + 255;
	config->exempts[0] =
		(struct model_exempt){.addr = 0xc0a80000, .bits = 16, .first = 0, .last = 65535};
	config->n_exempts = 1;
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
	config->inbound_refresh = false;
	config->decrement_ttl = true;
}

static void
blocks(struct model_config *config)
{
	usual(config);
	config->block_size = 8;
	config->max_blocks = 2;
}

static void
quota(struct model_config *config)
{
	usual(config);
	config->max_sessions = 12;
	config->max_mapping_sessions = 4;
	config->inbound_session = false;
	config->established_lingers = true;
}

static void
shares(struct model_config *config)
{
	blocks(config);
	config->last_port = 1024 + 64 - 1;
	config->hosts[0] = (struct model_hosts){.tenant = 1, .first = 0x0a000001, .n = 3};
	config->hosts[1] = (struct model_hosts){.tenant = 2, .first = 0x0a000003, .n = 2};
	config->n_hosts = 2;
	config->hosts_per_address = 3;
	config->share_blocks = 2;
	config->overflow_blocks = 1;
}

static void
exhausted(struct model_config *config)
{
	usual(config);
	config->last_port = 1024 + 31;
	config->forwards[1].ext.port = 1030;
}

static void
options(struct model_config *config)
{
	usual(config);
	config->tcp_loose = true;
	config->answer_ping = true;
	config->pass_unmatched = true;
	config->validate_errors = false;
	config->drop_bad_flags = false;
	config->quarantine = 0;
	config->tcp_opening = 30000;
	config->tcp_half_closed = 100000;
	config->tcp_closing = 60000;
}

static const struct {
	const char *name;
	void (*configure)(struct model_config *config);
	int packets;
	uint16_t ports, calm;
	uint32_t reasons; /* besides the common ones, drops that must have happened */
} nats[] = {
	{"usual", usual, 250000, 6, 95, 0},
	{"hectic", usual, 100000, 12, 60, 0},
	{"by address", by_address, 150000, 6, 95, MODEL_FILTERED},
	{"by address and port", by_address_and_port, 150000, 6, 95, MODEL_FILTERED | MODEL_TTL},
	{"blocks", blocks, 100000, 30, 99, MODEL_EXHAUSTED},
	{"quota", quota, 100000, 6, 98, MODEL_QUOTA},
	{"exhausted", exhausted, 50000, 30, 99, MODEL_EXHAUSTED},
	{"options", options, 100000, 6, 90, 0},
	{"shares", shares, 100000, 30, 99, MODEL_EXHAUSTED},
};

static uint64_t
seed(void)
{
	const char *given = getenv("NAT_SEED");

	return given == NULL ? 1 : strtoull(given, NULL, 0);
}

static struct traffic *
traffic_for(const struct model_config *config, int i)
{
	const struct traffic_config traffic = {.seed = seed() * 1000 + (uint64_t)i,
					       .tenants = 2,
					       .hosts = 4,
					       .ports = nats[i].ports,
					       .remotes = 3,
					       .calm = nats[i].calm,
					       .nat = config};

	return traffic_create(&traffic);
}

/* What came of the packets, to see that the traffic gets everywhere. */
struct tally {
	int passed_out, passed_in, hairpins, answered, dropped[10], errors, made, unjudged;
};

static void
tally_up(struct tally *tally, const struct model_input *input, const struct model_observed *out)
{
	struct wire wire;

	tally->made += out->made.addr != 0;
	tally->answered += out->outcome == MODEL_ANSWERED;
	if (out->outcome == MODEL_PASSED && wire_read(&wire, out->bytes, out->size)) {
		tally->errors += wire.kind == WIRE_ERROR;
		tally->hairpins += out->direction != input->direction;
		tally->passed_out += out->direction == MODEL_OUTBOUND;
		tally->passed_in += out->direction == MODEL_INBOUND;
	}
	for (int i = 0; i < 10; i++)
		tally->dropped[i] += out->outcome == MODEL_DROPPED && (out->reasons >> i & 1) != 0;
}

/* A packet whose checksums were right must have right ones, says another checksum than the model's.
 */
static void
check_sums(const struct model_input *input, const struct model_observed *out)
{
	struct wire wire;

	if (out->outcome != MODEL_PASSED || !wire_read(&wire, input->bytes, input->size) ||
	    wire.fragment)
		return;
	if (forge_is_right(input->bytes))
		ck_assert_msg(forge_is_right(out->bytes), "checksum, at %llu",
			      (unsigned long long)input->time);
}

START_TEST(test_model_agrees_with_itself)
{
	struct model_config config;
	struct model *player, *judge;
	struct traffic *traffic;
	struct model_input input;
	struct model_observed out;
	struct model_verdict verdict;
	struct tally tally = {0};

	nats[_i].configure(&config);
	player = model_create(&config);
	judge = model_create(&config);
	traffic = traffic_for(&config, _i);
	for (int n = 0; n < nats[_i].packets; n++) {
		traffic_next(traffic, &input);
		model_play(player, &input, traffic_random(traffic), &out);
		if (!model_packet(judge, &input, &out, &verdict))
			ck_abort_msg("packet %d of '%s': %s", n, nats[_i].name, verdict.why);
		tally.unjudged += !verdict.judged;
		check_sums(&input, &out);
		tally_up(&tally, &input, &out);
		traffic_learn(traffic, &out);
	}
	ck_assert_uint_eq(model_mappings(player), model_mappings(judge));
	ck_assert_uint_eq(model_sessions(player), model_sessions(judge));
	if (getenv("NAT_TALLY") != NULL) {
		printf("%s: out %d in %d hairpins %d answered %d errors %d made %d unjudged %d "
		       "mappings %u sessions "
		       "%u, dropped",
		       nats[_i].name, tally.passed_out, tally.passed_in, tally.hairpins,
		       tally.answered, tally.errors, tally.made, tally.unjudged,
		       model_mappings(judge), model_sessions(judge));
		for (int i = 0; i < 10; i++)
			printf(" %d", tally.dropped[i]);
		printf("\n");
	}
	ck_assert_int_gt(tally.passed_out, nats[_i].packets / 20);
	ck_assert_int_gt(tally.passed_in, nats[_i].packets / 20);
	ck_assert_int_gt(tally.hairpins, nats[_i].packets / 1000);
	ck_assert_int_gt(tally.errors, nats[_i].packets / 200);
	ck_assert_int_gt(tally.made, nats[_i].packets / 1000);
	for (int i = 0; i < 10; i++)
		if (i < 5 || (nats[_i].reasons >> i & 1) != 0)
			ck_assert_int_gt(tally.dropped[i], 0);
	model_destroy(player);
	model_destroy(judge);
	traffic_destroy(traffic);
}
END_TEST

/* NATs that are wrong in one thing */

#define WRONG(NAME, CHANGE)                                                                        \
	static void wrong_##NAME(struct model_config *config)                                      \
	{                                                                                          \
		CHANGE;                                                                            \
	}

WRONG(udp, config->udp -= 1)
WRONG(udp_long, config->udp += 1000)
WRONG(icmp, config->icmp += 1000)
WRONG(established, config->tcp_established -= 1000)
WRONG(opening, config->tcp_opening += 1000)
WRONG(half_closed, config->tcp_half_closed = config->tcp_established)
WRONG(closing, config->tcp_closing -= 1000)
WRONG(quarantine, config->quarantine -= 1000)
WRONG(filter_less, config->filter = MODEL_ANY_REMOTE)
WRONG(filter_more, config->filter = MODEL_SAME_ADDRESS_AND_PORT)
WRONG(refresh, config->inbound_refresh = !config->inbound_refresh)
WRONG(session, config->inbound_session = !config->inbound_session)
WRONG(loose, config->tcp_loose = !config->tcp_loose)
WRONG(lingers, config->established_lingers = !config->established_lingers)
WRONG(bad_flags, config->drop_bad_flags = !config->drop_bad_flags)
WRONG(ip_checksum, config->drop_bad_ip_checksum = true)
WRONG(validate, config->validate_errors = !config->validate_errors)
WRONG(ttl, config->decrement_ttl = !config->decrement_ttl)
WRONG(ping, config->answer_ping = !config->answer_ping)
WRONG(unmatched, config->pass_unmatched = !config->pass_unmatched)
WRONG(mss, config->mss = 1361)
WRONG(pool, config->pool[1]++)
WRONG(low_port, config->first_port--)
WRONG(high_port, config->last_port++)
WRONG(max_blocks, config->max_blocks++)
WRONG(few_blocks, config->max_blocks--)
WRONG(max_sessions, config->max_sessions++)
WRONG(max_mapping_sessions, config->max_mapping_sessions++)
WRONG(overflow, config->overflow_blocks++)
WRONG(ratio, config->hosts_per_address--)
WRONG(share, config->share_blocks--)
WRONG(host, config->hosts[0].first--)
WRONG(host_tenant, config->hosts[1].tenant = 1)
WRONG(forward, config->forwards[0].in.port++)
WRONG(forward_tenant, config->forwards[1].tenant = 1)
WRONG(one, config->ones[0].in++)
WRONG(one_tenant, config->ones[0].tenant = 3)
WRONG(exempt, config->n_exempts = 0)

static const struct {
	const char *name;
	void (*change)(struct model_config *config);
	int nat; /* row of nats[] */
} wrongs[] = {
	{"udp", wrong_udp, 0},
	{"udp_long", wrong_udp_long, 0},
	{"icmp", wrong_icmp, 0},
	{"established", wrong_established, 0},
	{"opening", wrong_opening, 0},
	{"half_closed", wrong_half_closed, 0},
	{"closing", wrong_closing, 0},
	{"quarantine", wrong_quarantine, 6},
	{"filter_less", wrong_filter_less, 2},
	{"filter_more", wrong_filter_more, 2},
	{"refresh", wrong_refresh, 0},
	{"refresh", wrong_refresh, 3},
	{"session", wrong_session, 0},
	{"loose", wrong_loose, 0},
	{"lingers", wrong_lingers, 0},
	{"bad_flags", wrong_bad_flags, 0},
	{"ip_checksum", wrong_ip_checksum, 0},
	{"validate", wrong_validate, 0},
	{"validate", wrong_validate, 7},
	{"ttl", wrong_ttl, 0},
	{"ping", wrong_ping, 0},
	{"unmatched", wrong_unmatched, 0},
	{"mss", wrong_mss, 2},
	{"pool", wrong_pool, 0},
	{"low_port", wrong_low_port, 0},
	{"high_port", wrong_high_port, 0},
	{"max_blocks", wrong_max_blocks, 4},
	{"few_blocks", wrong_few_blocks, 4},
	{"max_sessions", wrong_max_sessions, 5},
	{"max_mapping_sessions", wrong_max_mapping_sessions, 5},
	{"overflow", wrong_overflow, 8},
	{"ratio", wrong_ratio, 8},
	{"share", wrong_share, 8},
	{"host", wrong_host, 8},
	{"host_tenant", wrong_host_tenant, 8},
	{"forward", wrong_forward, 0},
	{"forward_tenant", wrong_forward_tenant, 0},
	{"one", wrong_one, 0},
	{"one_tenant", wrong_one_tenant, 0},
	{"exempt", wrong_exempt, 0},
};

START_TEST(test_wrong_configuration_is_found)
{
	int nat = wrongs[_i].nat, n;
	struct model_config right, wrong;
	struct model *player, *judge;
	struct traffic *traffic;
	struct model_input input;
	struct model_observed out;
	struct model_verdict verdict;

	nats[nat].configure(&right);
	wrong = right;
	wrongs[_i].change(&wrong);
	player = model_create(&wrong);
	judge = model_create(&right);
	traffic = traffic_for(&right, nat);
	for (n = 0; n < 300000; n++) {
		traffic_next(traffic, &input);
		model_play(player, &input, traffic_random(traffic), &out);
		if (!model_packet(judge, &input, &out, &verdict))
			break;
		traffic_learn(traffic, &out);
	}
	ck_assert_msg(n < 300000, "%s was not noticed", wrongs[_i].name);
	ck_assert_ptr_nonnull(strstr(verdict.why, "expected: "));
	if (getenv("NAT_TALLY") != NULL)
		printf("%s: after %d packets\n", wrongs[_i].name, n);
	model_destroy(player);
	model_destroy(judge);
	traffic_destroy(traffic);
}
END_TEST

/* NATs that now and then do one packet wrong */

static bool
spoil_source(struct model_observed *out)
{
	out->bytes[15] ^= 1;
	forge_checksums(out->bytes);
	return true;
}

static bool
spoil_destination(struct model_observed *out)
{
	out->bytes[19] ^= 1;
	forge_checksums(out->bytes);
	return true;
}

static bool
spoil_l4_checksum(struct model_observed *out)
{
	if (out->bytes[9] != WIRE_TCP_PROTO && out->bytes[9] != WIRE_ICMP_PROTO)
		return false;
	forge_spoil(out->bytes, 1);
	return true;
}

static bool
spoil_ip_checksum(struct model_observed *out)
{
	out->bytes[11] ^= 2;
	return true;
}

static bool
fill_udp_checksum(struct model_observed *out)
{
	size_t at = (out->bytes[0] & 15) * 4U + 6;

	if (out->bytes[9] != WIRE_UDP_PROTO || wire_get16(out->bytes + at) != 0)
		return false;
	out->bytes[at] = 1;
	return true;
}

static bool
mend_checksum(struct model_observed *out)
{
	if (forge_is_right(out->bytes))
		return false;
	forge_checksums(out->bytes);
	return true;
}

static bool
spoil_payload(struct model_observed *out)
{
	out->bytes[out->size - 1] ^= 1;
	return true;
}

static bool
spoil_inner(struct model_observed *out)
{
	struct wire wire;

	if (!wire_read(&wire, out->bytes, out->size) || wire.kind != WIRE_ERROR)
		return false;
	out->bytes[wire_embedded(&wire) + 21] ^= 1;
	forge_checksums(out->bytes);
	return true;
}

static bool
lose(struct model_observed *out)
{
	out->outcome = MODEL_DROPPED;
	out->reasons = MODEL_FILTERED;
	return true;
}

static bool
refuse(struct model_observed *out)
{
	if (out->made.addr == 0)
		return false;
	out->made.addr = 0;
	out->outcome = MODEL_DROPPED;
	out->reasons = MODEL_EXHAUSTED;
	return true;
}

static bool
other_side(struct model_observed *out)
{
	out->direction = out->direction == MODEL_INBOUND ? MODEL_OUTBOUND : MODEL_INBOUND;
	return true;
}

static bool
other_tenant(struct model_observed *out)
{
	if (out->direction != MODEL_INBOUND)
		return false;
	out->tenant ^= 3;
	return true;
}

static bool
claim(struct model_observed *out)
{
	if (out->made.addr != 0)
		return false;
	out->made = (struct model_endpoint){0xc6336401, 1200};
	return true;
}

static bool
cut(struct model_observed *out)
{
	out->size--;
	return true;
}

static const struct {
	const char *name;
	bool (*spoil)(struct model_observed *out);
} slips[] = {
	{"source", spoil_source},
	{"destination", spoil_destination},
	{"l4 checksum", spoil_l4_checksum},
	{"ip checksum", spoil_ip_checksum},
	{"zero udp checksum filled", fill_udp_checksum},
	{"wrong checksum mended", mend_checksum},
	{"payload", spoil_payload},
	{"inner port", spoil_inner},
	{"lost", lose},
	{"refused", refuse},
	{"wrong side", other_side},
	{"wrong tenant", other_tenant},
	{"mapping that is none", claim},
	{"cut", cut},
};

/* Each slip is made once, after 1000 packets, and must be found at once. */
START_TEST(test_slip_is_found)
{
	struct model_config config;
	struct model *player, *judge;
	struct traffic *traffic;
	struct model_input input;
	struct model_observed out;
	struct model_verdict verdict;
	bool slipped = false;

	usual(&config);
	player = model_create(&config);
	judge = model_create(&config);
	traffic = traffic_for(&config, 0);
	for (int n = 0; n < 20000 && !slipped; n++) {
		traffic_next(traffic, &input);
		model_play(player, &input, traffic_random(traffic), &out);
		traffic_learn(traffic, &out);
		if (n >= 1000 && out.outcome == MODEL_PASSED)
			slipped = slips[_i].spoil(&out);
		ck_assert_int_eq(model_packet(judge, &input, &out, &verdict), !slipped);
	}
	ck_assert_msg(slipped, "never came to '%s'", slips[_i].name);
	model_destroy(player);
	model_destroy(judge);
	traffic_destroy(traffic);
}
END_TEST

/* Time */

START_TEST(test_settled_time_is_clear_of_deadlines)
{
	struct model_config config;
	struct model *model;
	struct model_observed out;
	uint8_t bytes[FORGE_MAX];
	struct model_input input = {
		.time = 5000, .direction = MODEL_OUTBOUND, .tenant = 1, .bytes = bytes};

	usual(&config);
	model = model_create(&config);
	input.size = forge_packet(bytes, &(struct forge){.proto = 17,
							 .src = 0x0a000001,
							 .sport = 9,
							 .dst = 0xcb007101,
							 .dport = 53});
	model_play(model, &input, 7, &out);
	ck_assert_int_eq(out.outcome, MODEL_PASSED);
	ck_assert_uint_eq(model_settle(model, 304000, 100), 304000);
	ck_assert_uint_eq(model_settle(model, 304899, 100), 304899);
	ck_assert_uint_eq(model_settle(model, 304900, 100), 305101);
	ck_assert_uint_eq(model_settle(model, 305100, 100), 305101);
	ck_assert_uint_eq(model_settle(model, 425000, 100), 425101);
	ck_assert_uint_eq(model_settle(model, 305000, 0), 305001);
	model_destroy(model);
}
END_TEST

/* Traffic */

START_TEST(test_traffic_is_the_same_for_the_same_seed)
{
	struct model_config config;
	struct traffic *a, *b;
	struct model_input x, y;

	usual(&config);
	a = traffic_for(&config, 0);
	b = traffic_for(&config, 0);
	for (int n = 0; n < 1000; n++) {
		traffic_next(a, &x);
		traffic_next(b, &y);
		ck_assert(x.time == y.time && x.direction == y.direction && x.size == y.size);
		ck_assert_mem_eq(x.bytes, y.bytes, x.size);
	}
	traffic_destroy(a);
	traffic_destroy(b);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("model");

	tcase_add_loop_test(tcase, test_model_agrees_with_itself, 0, ROWS(nats));
	tcase_add_loop_test(tcase, test_wrong_configuration_is_found, 0, ROWS(wrongs));
	tcase_add_loop_test(tcase, test_slip_is_found, 0, ROWS(slips));
	tcase_add_test(tcase, test_settled_time_is_clear_of_deadlines);
	tcase_add_test(tcase, test_traffic_is_the_same_for_the_same_seed);
	return unit_main("nat model", tcase);
}
