/* SPDX-License-Identifier: BSD-3-Clause */
/* Product and model side by side. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "wire.h"

struct bench {
	const struct nat_product *product;
	void *nat;
	struct model *judge;
	uint64_t time, seen_time; /* now, and of the last packet */
	uint16_t block_size;
	struct model_observed seen;
	struct model_verdict verdict;
	struct model_observed emitted; /* the last */
	unsigned int n_emitted;
};

/* The model as a product: takes ports in a fixed random order. */

struct player {
	struct model *model;
	uint64_t random;
};

static void *
player_open(const struct model_config *config)
{
	struct player *player = calloc(1, sizeof(*player));

	ck_assert_ptr_nonnull(player);
	player->model = model_create(config);
	ck_assert_ptr_nonnull(player->model);
	return player;
}

static void
player_packet(void *nat, const struct model_input *input, struct model_observed *outcome)
{
	struct player *player = nat;

	player->random = player->random * 6364136223846793005 + 1442695040888963407;
	model_play(player->model, input, player->random >> 24, outcome);
}

static void
player_close(void *nat)
{
	struct player *player = nat;

	model_destroy(player->model);
	free(player);
}

const struct nat_product bench_model = {
	.name = "model", .open = player_open, .packet = player_packet, .close = player_close};

void
bench_pass_time(const struct nat_product *product, void *nat, const struct model *judge,
		uint64_t from, uint64_t to)
{
	enum { STEP_MS = 70, STEPS = 3 }; /* around each end */

	if (product->wait == NULL)
		return;
	for (uint64_t end = from; (end = model_next_end(judge, end)) < to;)
		for (uint64_t time = end; time <= end + STEPS * STEP_MS && time < to;
		     time += STEP_MS)
			if (time > from)
				product->wait(nat, from = time);
}

unsigned int
bench_take_emitted(const struct nat_product *product, void *nat, struct model *judge,
		   struct model_observed *last)
{
	static struct model_observed none;
	unsigned int n = 0;
	char why[1024];
	uint64_t time;

	if (last == NULL)
		last = &none;
	while (product->emitted != NULL && product->emitted(nat, &time, last->bytes, &last->size)) {
		last->outcome = MODEL_ANSWERED;
		if (!model_emitted(judge, time, last->bytes, last->size, why, sizeof(why)))
			ck_abort_msg("%s sent what the model would not: %s", product->name, why);
		n++;
	}
	return n;
}

struct bench *
bench_open(const struct nat_product *product, const struct model_config *config)
{
	struct bench *bench;
	struct model_config with_blocks = *config;
	void *nat;

	if (config->block_size == 0) {
		with_blocks.block_size = product->block_size;
		with_blocks.max_blocks = 1024;
		config = &with_blocks;
	}
	nat = product->open(config);

	bench = calloc(1, sizeof(*bench));
	ck_assert(bench != NULL && nat != NULL);
	bench->product = product;
	bench->nat = nat;
	bench->judge = model_create(config);
	ck_assert_ptr_nonnull(bench->judge);
	bench->block_size = config->block_size;
	bench->time = 1000000;
	return bench;
}

void
bench_close(struct bench *bench)
{
	bench->product->close(bench->nat);
	model_destroy(bench->judge);
	free(bench);
}

static void
tell_inner(struct bench_out *out, const struct wire *wire)
{
	struct wire inner;
	size_t at = wire_embedded(wire);

	if (wire->kind != WIRE_ERROR ||
	    !wire_read_embedded(&inner, out->bytes + at, wire->size - at))
		return;
	out->inner = at;
	out->inner_size = wire->size - at;
	out->inner_proto = inner.proto;
	out->inner_src = inner.src;
	out->inner_dst = inner.dst;
	out->inner_sport = inner.sport;
	out->inner_dport = inner.dport;
}

static struct bench_out
tell(const struct model_observed *seen)
{
	struct bench_out out = {.outcome = seen->outcome};
	struct wire wire;

	if (seen->outcome == MODEL_DROPPED) {
		out.reasons = seen->reasons;
		return out;
	}
	out.direction = seen->direction;
	out.tenant = seen->tenant;
	out.size = seen->size;
	memcpy(out.bytes, seen->bytes, seen->size);
	ck_assert(wire_read(&wire, seen->bytes, seen->size));
	out.proto = wire.proto;
	out.flags = wire.flags;
	out.type = wire.type;
	out.code = wire.code;
	out.ttl = wire.ttl;
	out.src = wire.src;
	out.dst = wire.dst;
	out.sport = wire.sport;
	out.dport = wire.dport;
	if (wire.kind == WIRE_TCP)
		out.l4_checksum = wire_get16(seen->bytes + wire.l4 + 16);
	else if (wire.kind == WIRE_UDP)
		out.l4_checksum = wire_get16(seen->bytes + wire.l4 + 6);
	tell_inner(&out, &wire);
	return out;
}

/** Brings a NAT with timers to a time at which nobody quarrels about what has ended. @return it */
static uint64_t
settle(struct bench *bench)
{
	if (bench->product->wait == NULL)
		return bench->time;
	bench->time = model_settle(bench->judge, bench->time, BENCH_SLACK_MS);
	bench_pass_time(bench->product, bench->nat, bench->judge, bench->seen_time, bench->time);
	bench->seen_time = bench->time;
	return bench->time;
}

static void
take_emitted(struct bench *bench)
{
	bench->n_emitted +=
		bench_take_emitted(bench->product, bench->nat, bench->judge, &bench->emitted);
}

struct bench_out
bench_send_bytes(struct bench *bench, enum model_direction direction, uint16_t tenant,
		 const uint8_t *bytes, size_t size)
{
	struct model_input input = {.time = settle(bench),
				    .direction = direction,
				    .tenant = tenant,
				    .bytes = bytes,
				    .size = size};

	memset(&bench->seen, 0, sizeof(bench->seen));
	bench->product->packet(bench->nat, &input, &bench->seen);
	take_emitted(bench);
	if (!model_packet(bench->judge, &input, &bench->seen, &bench->verdict))
		ck_abort_msg("%s and the model differ: %s", bench->product->name,
			     bench->verdict.why);
	bench->time++;
	return tell(&bench->seen);
}

struct bench_out
bench_send(struct bench *bench, enum model_direction direction, uint16_t tenant,
	   const struct forge *forge)
{
	uint8_t bytes[FORGE_MAX];
	size_t size = forge_packet(bytes, forge);
	struct bench_out out = bench_send_bytes(bench, direction, tenant, bytes, size);

	if (out.outcome != MODEL_DROPPED)
		ck_assert_msg(forge_is_right(out.bytes), "a checksum came out wrong");
	return out;
}

void
bench_wait(struct bench *bench, uint64_t ms)
{
	bench->time += ms;
}

bool
bench_emits(const struct bench *bench)
{
	return bench->product->emitted != NULL;
}

unsigned int
bench_emitted(struct bench *bench, struct bench_out *last)
{
	unsigned int n;

	settle(bench);
	bench->product->wait(bench->nat, bench->time);
	take_emitted(bench);
	n = bench->n_emitted;
	bench->n_emitted = 0;
	if (n != 0)
		*last = tell(&bench->emitted);
	return n;
}

uint64_t
bench_time(const struct bench *bench)
{
	return bench->time;
}

uint64_t
bench_slack(const struct bench *bench)
{
	return bench->product->wait == NULL ? 0 : BENCH_SLACK_MS;
}

uint16_t
bench_block_size(const struct bench *bench)
{
	return bench->block_size;
}

struct model *
bench_judge(struct bench *bench)
{
	return bench->judge;
}
