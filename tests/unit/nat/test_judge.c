/* SPDX-License-Identifier: BSD-3-Clause */
/* What the model says to a NAT's free choices: ports, refusals, answers. The NAT's part is written
 * by hand. */

#include <string.h>

#include "forge.h"
#include "model.h"
#include "unit.h"

enum { TCP = 6, UDP = 17 };

#define HOST 0x0a000001
#define OTHER 0x0a000002
#define REMOTE 0xcb007101
#define POOL_1 0xc6336401
#define POOL_2 0xc6336407
#define FIRST 1024

/* Two addresses, 16 ports each in blocks of 4, of which a subscriber may have two. */
static void
configure(struct model_config *config)
{
	model_config_init(config);
	config->pool[0] = POOL_1;
	config->pool[1] = POOL_2;
	config->pool[2] = 0xc6336414; /* which is a host's own */
	config->n_pool = 3;
	config->last_port = FIRST + 15;
	config->block_size = 4;
	config->max_blocks = 2;
	config->ones[0] =
		(struct model_one_to_one){.tenant = 1, .in = 0x0a000063, .ext = 0xc6336414};
	config->n_ones = 1;
	config->forwards[0] = (struct model_forward){
		.tenant = 1, .proto = UDP, .in = {0x0a000003, 53}, .ext = {POOL_1, FIRST + 15}};
	config->n_forwards = 1;
}

static void
request(struct forge *forge, uint8_t proto, uint32_t host, uint16_t port)
{
	*forge = (struct forge){.proto = proto,
				.src = host,
				.sport = port,
				.dst = REMOTE,
				.dport = 80,
				.flags = FORGE_SYN,
				.id = 5};
}

/* An outbound packet of tenant 1 that the NAT gives an external endpoint. */
static bool
gives(struct model *model, uint16_t tenant, uint64_t time, uint8_t proto, uint32_t host,
      uint16_t port, uint32_t addr, uint16_t ext_port, uint16_t id)
{
	static struct model_verdict verdict;
	static struct model_observed seen;
	struct forge forge;
	uint8_t bytes[FORGE_MAX];
	struct model_input input = {
		.time = time, .direction = MODEL_OUTBOUND, .tenant = tenant, .bytes = bytes};

	request(&forge, proto, host, port);
	input.size = forge_packet(bytes, &forge);
	memset(&seen, 0, sizeof(seen));
	forge.src = addr;
	forge.sport = ext_port;
	forge.id = id;
	seen.outcome = MODEL_PASSED;
	seen.direction = MODEL_OUTBOUND;
	seen.size = forge_packet(seen.bytes, &forge);
	return model_packet(model, &input, &seen, &verdict);
}

static bool
takes(struct model *model, uint64_t time, uint8_t proto, uint32_t host, uint16_t port,
      uint32_t addr, uint16_t ext_port)
{
	return gives(model, 1, time, proto, host, port, addr, ext_port, 5);
}

/* Before each row, HOST:5000 has POOL_1:FIRST + 1 from time 1000 on, and OTHER:5000 POOL_2:FIRST
 * + 5. */
static const struct {
	const char *name;
	uint64_t time;
	uint8_t proto;
	uint32_t host;
	uint16_t port;
	uint32_t addr;
	uint16_t ext_port;
	bool legal;
} choices[] = {
	{"any", 2000, UDP, HOST, 5001, POOL_1, FIRST, true},
	{"first of range", 2000, UDP, 0x0a000003, 5001, POOL_2, FIRST, true},
	{"last of range", 2000, UDP, 0x0a000003, 5001, POOL_2, FIRST + 15, true},
	{"below range", 2000, UDP, 0x0a000003, 5001, POOL_2, FIRST - 1, false},
	{"above range", 2000, UDP, 0x0a000003, 5001, POOL_2, FIRST + 16, false},
	{"not in the pool", 2000, UDP, HOST, 5001, 0xc6336402, FIRST, false},
	{"of a 1:1 mapping", 2000, UDP, 0x0a000003, 5001, 0xc6336414, FIRST, false},
	{"of a port forward", 2000, UDP, HOST, 5001, POOL_1, FIRST + 15, false},
	{"of a port forward of another protocol", 2000, TCP, HOST, 5001, POOL_1, FIRST + 15, true},
	{"own, in use", 2000, UDP, HOST, 5001, POOL_1, FIRST + 1, false},
	{"same port, another protocol", 2000, TCP, HOST, 5001, POOL_1, FIRST + 1, true},
	{"not its mapping", 2000, UDP, HOST, 5000, POOL_1, FIRST + 2, false},
	{"its mapping", 2000, UDP, HOST, 5000, POOL_1, FIRST + 1, true},
	{"not the paired address", 2000, UDP, HOST, 5001, POOL_2, FIRST, false},
	{"not paired any more", 301000, UDP, HOST, 5001, POOL_2, FIRST, true},
	{"another's block", 2000, UDP, 0x0a000003, 5001, POOL_1, FIRST, false},
	{"another's block, another protocol", 2000, TCP, 0x0a000003, 5001, POOL_1, FIRST, false},
	{"second block", 2000, UDP, HOST, 5001, POOL_1, FIRST + 8, true},
	{"quarantined for others", 301000, UDP, OTHER, 5001, POOL_1, FIRST + 1, false},
	{"quarantined for another port of the host", 301000, UDP, HOST, 5001, POOL_1, FIRST + 1,
	 false},
	{"back to who had it", 301000, UDP, HOST, 5000, POOL_1, FIRST + 1, true},
	{"quarantine's last millisecond", 420999, UDP, OTHER, 5001, POOL_1, FIRST + 1, false},
	{"quarantine over", 421000, UDP, OTHER, 5001, POOL_1, FIRST + 1, true},
};

START_TEST(test_choice)
{
	struct model_config config;
	struct model *model;

	configure(&config);
	model = model_create(&config);
	ck_assert(takes(model, 1000, UDP, HOST, 5000, POOL_1, FIRST + 1));
	ck_assert(takes(model, 1000, UDP, OTHER, 5000, POOL_2, FIRST + 5));
	ck_assert_msg(takes(model, choices[_i].time, choices[_i].proto, choices[_i].host,
			    choices[_i].port, choices[_i].addr,
			    choices[_i].ext_port) == choices[_i].legal,
		      "%s", choices[_i].name);
	model_destroy(model);
}
END_TEST

START_TEST(test_third_block_is_too_much)
{
	struct model_config config;
	struct model *model;

	configure(&config);
	model = model_create(&config);
	ck_assert(takes(model, 1000, UDP, HOST, 5000, POOL_1, FIRST));
	ck_assert(takes(model, 1000, TCP, HOST, 5000, POOL_1, FIRST + 4));
	ck_assert(takes(model, 1000, UDP, HOST, 5001, POOL_1, FIRST + 5));
	ck_assert(!takes(model, 1000, UDP, HOST, 5002, POOL_1, FIRST + 8));
	model_destroy(model);
}
END_TEST

START_TEST(test_tenants_are_other_subscribers)
{
	struct model_config config;
	struct model *model;

	configure(&config);
	model = model_create(&config);
	ck_assert(takes(model, 1000, UDP, HOST, 5000, POOL_1, FIRST));
	ck_assert(gives(model, 2, 1000, UDP, HOST, 5000, POOL_2, FIRST, 5));
	ck_assert(!gives(model, 2, 1000, UDP, HOST, 5001, POOL_1, FIRST + 1, 5));
	model_destroy(model);
}
END_TEST

/* Refusals and answers */

/* An outbound packet of HOST:port that the NAT drops, or answers by an ICMP error. */
static bool
refuses(struct model *model, uint64_t time, uint16_t port, uint32_t reason, int type, int code,
	uint32_t to, uint16_t kept)
{
	static struct model_verdict verdict;
	static struct model_observed seen;
	struct forge forge, answer;
	uint8_t bytes[FORGE_MAX];
	struct model_input input = {
		.time = time, .direction = MODEL_OUTBOUND, .tenant = 1, .bytes = bytes};

	request(&forge, UDP, HOST, port);
	input.size = forge_packet(bytes, &forge);
	memset(&seen, 0, sizeof(seen));
	seen.outcome = type < 0 ? MODEL_DROPPED : MODEL_ANSWERED;
	seen.reasons = reason;
	answer = (struct forge){.proto = 1,
				.type = (uint8_t)type,
				.code = (uint8_t)code,
				.src = POOL_1,
				.dst = to,
				.inner = bytes,
				.inner_size = kept};
	if (type >= 0)
		seen.size = forge_packet(seen.bytes, &answer);
	return model_packet(model, &input, &seen, &verdict);
}

static struct model *
full_model(void)
{
	struct model_config config;
	struct model *model;

	configure(&config);
	model = model_create(&config);
	for (uint16_t i = 0; i < 8; i++)
		ck_assert(takes(model, 1000, UDP, HOST, (uint16_t)(5000 + i), POOL_1,
				(uint16_t)(FIRST + i)));
	return model;
}

static const struct {
	const char *name;
	uint32_t reason;
	int type, code; /* type -1: silent */
	uint32_t to;
	uint16_t kept;
	bool right;
} answers[] = {
	{"silent", MODEL_EXHAUSTED, -1, 0, 0, 0, true},
	{"for another reason", MODEL_FILTERED, -1, 0, 0, 0, false},
	{"administratively prohibited", 0, 3, 13, HOST, 28, true},
	{"host unreachable", 0, 3, 1, HOST, 28, true},
	{"port unreachable", 0, 3, 3, HOST, 28, false},
	{"time exceeded", 0, 11, 0, HOST, 28, false},
	{"to somebody else", 0, 3, 13, OTHER, 28, false},
	{"with too little of the packet", 0, 3, 13, HOST, 27, false},
};

START_TEST(test_answer)
{
	struct model *model = full_model();

	ck_assert_msg(refuses(model, 2000, 6000, answers[_i].reason, answers[_i].type,
			      answers[_i].code, answers[_i].to,
			      answers[_i].kept) == answers[_i].right,
		      "%s", answers[_i].name);
	model_destroy(model);
}
END_TEST

/* With a port left, no refusal is right, told or not. */
START_TEST(test_refusal_with_a_port_left)
{
	struct model_config config;
	struct model *model;

	configure(&config);
	for (int told = 0; told < 2; told++) {
		model = model_create(&config);
		for (uint16_t i = 0; i < 7; i++)
			ck_assert(takes(model, 1000, UDP, HOST, (uint16_t)(5000 + i), POOL_1,
					(uint16_t)(FIRST + i)));
		ck_assert(
			!refuses(model, 2000, 6000, MODEL_EXHAUSTED, told ? 3 : -1, 13, HOST, 28));
		model_destroy(model);
	}
}
END_TEST

/* While ports rest, a NAT may or may not keep the blocks they are in: it may refuse, or take
 * another block. */
START_TEST(test_resting_blocks_excuse_both)
{
	struct model *model = full_model();

	ck_assert(refuses(model, 302000, 6000, MODEL_EXHAUSTED, -1, 0, 0, 0));
	ck_assert(takes(model, 302001, UDP, HOST, 6000, POOL_1, FIRST + 8));
	model_destroy(model);
	/* Once they have rested, it may not refuse. */
	model = full_model();
	ck_assert(!refuses(model, 421000, 6000, MODEL_EXHAUSTED, -1, 0, 0, 0));
	model_destroy(model);
}
END_TEST

START_TEST(test_identification)
{
	struct model_config config;
	struct model *model;

	configure(&config);
	model = model_create(&config);
	ck_assert(!gives(model, 1, 1000, UDP, HOST, 5000, POOL_1, FIRST, 77));
	model_destroy(model);
	config.id_free = true;
	model = model_create(&config);
	ck_assert(gives(model, 1, 1000, UDP, HOST, 5000, POOL_1, FIRST, 77));
	model_destroy(model);
}
END_TEST

/* A difference is explained: what was expected, what was seen, and what the mapping had been
 * through. */
START_TEST(test_explanation)
{
	static struct model_verdict verdict;
	static struct model_observed seen;
	struct model_config config;
	struct model *model;
	struct forge forge;
	uint8_t bytes[FORGE_MAX];
	struct model_input input = {
		.time = 9000, .direction = MODEL_OUTBOUND, .tenant = 1, .bytes = bytes};

	configure(&config);
	model = model_create(&config);
	ck_assert(takes(model, 1000, TCP, HOST, 5000, POOL_1, FIRST));
	request(&forge, TCP, HOST, 5000);
	input.size = forge_packet(bytes, &forge);
	seen.outcome = MODEL_DROPPED;
	seen.reasons = MODEL_NO_SESSION;
	ck_assert(!model_packet(model, &input, &seen, &verdict));
	ck_assert_ptr_nonnull(
		strstr(verdict.why,
		       "at 9000, outbound of tenant 1: tcp 10.0.0.1:5000 > 203.0.113.1:80 S"));
	ck_assert_ptr_nonnull(strstr(
		verdict.why, "expected: passed outside: tcp 198.51.100.1:1024 > 203.0.113.1:80 S"));
	ck_assert_ptr_nonnull(strstr(verdict.why, "observed: dropped: no-session"));
	ck_assert_ptr_nonnull(
		strstr(verdict.why,
		       "1000 tenant 1 proto 6 10.0.0.1:5000 = 198.51.100.1:1024: mapping made"));
	ck_assert_ptr_nonnull(
		strstr(verdict.why, "remote 203.0.113.1:80 INSIDE_INIT until 241000"));
	model_destroy(model);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("judge");

	tcase_add_loop_test(tcase, test_choice, 0, ROWS(choices));
	tcase_add_test(tcase, test_third_block_is_too_much);
	tcase_add_test(tcase, test_tenants_are_other_subscribers);
	tcase_add_loop_test(tcase, test_answer, 0, ROWS(answers));
	tcase_add_test(tcase, test_refusal_with_a_port_left);
	tcase_add_test(tcase, test_resting_blocks_excuse_both);
	tcase_add_test(tcase, test_identification);
	tcase_add_test(tcase, test_explanation);
	return unit_main("nat judge", tcase);
}
