/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments while the buckets of their datagrams, and of their hosts, move from worker to worker.
 */

#include "fragment.h"

#include <endian.h>
#include <string.h>

#include "frag/frag.h"
#include "pe/fragments.h"
#include "state/siphash.h"
#include "state/state.h"

START_TEST(test_datagrams_move_with_their_bucket)
{
	struct bed *bed = bed_open(PLAIN);
	uint64_t was;

	for (uint16_t id = 0; id < DATAGRAMS; id++) { /* half of them have their first one */
		if (id % 2 == 0)
			fragment_send(bed, 0, &(struct fragment){.id = id});
		fragment_send(bed, 1, &(struct fragment){.id = id, .number = 1});
	}
	bed_run(bed);
	ck_assert_uint_eq(receive_both(bed), DATAGRAMS);
	was = bed_number(bed, "workers/0/held");
	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++)
		pe_move_bucket(bed->pe, (uint8_t)bucket, 1 - bed->pe->owner[bucket]);
	while (pe_moving(bed->pe))
		bed_run(bed);
	ck_assert_uint_eq(bed_number(bed, "buckets/moves"), PE_BUCKETS);
	ck_assert_uint_eq(bed_number(bed, "workers/1/held"), was);
	ck_assert_uint_eq(held(bed), DATAGRAMS / 2);
	for (uint16_t id = 0; id < DATAGRAMS; id++) {
		if (id % 2 != 0)
			fragment_send(bed, 0, &(struct fragment){.id = id});
		fragment_send(bed, 1, &(struct fragment){.id = id, .number = 2, .last = true});
	}
	bed_run(bed);
	ck_assert_uint_eq(held(bed), 0);
	ck_assert_uint_eq(receive_both(bed), 2 * DATAGRAMS);
	bed_close(bed);
}
END_TEST

/** @return the bucket of the datagram that a fragment is of. */
static uint8_t
bucket_of(const struct bed *bed, const struct fragment *fragment)
{
	uint32_t source = htobe32(fragment->source != 0 ? fragment->source : 0x0a000001);
	uint32_t dest = htobe32(0x0a000002);
	struct frag_key key = {
		.tenant = bed->pe->current->paths[0].tenant,
		.version = 4,
		.proto = 17,
		.id = fragment->id,
	};

	memcpy(key.addresses[0], &source, 4);
	memcpy(key.addresses[1], &dest, 4);
	return wp_hash_bucket(wp_siphash(&bed->pe->hash_key, &key, sizeof(key)));
}

/** @return which fragment came out of a port next; the id of its datagram in @p id. */
static int
next_out(struct bed *bed, const char *port, uint16_t *id)
{
	struct frame frame;

	if (!bed_receive(bed, port, &frame))
		return -1;
	*id = (uint16_t)(frame.bytes[IP + 4] << 8 | frame.bytes[IP + 5]);
	return frame.bytes[L4 + 16];
}

/* At each stage: who counts what waits, and what becomes of it when all ends there. */
START_TEST(test_what_waits_is_accounted_for_at_every_stage)
{
	enum move_state stage = MOVE_ASKED + _i % 6;
	struct bed *bed = bed_open(PLAIN);
	const struct fragment later = {.id = 7, .number = 1};
	uint8_t bucket = bucket_of(bed, &later), from = bed->pe->owner[bucket], to = 1 - from;
	uint64_t counts[2];

	fragment_send(bed, from, &later);
	bed_run(bed);
	pe_move_bucket(bed->pe, bucket, to);
	for (enum move_state state = MOVE_ASKED; state <= stage; state++) {
		bed_bring_to(bed, state);
		for (unsigned int port = 0; port < 2; port++) {
			struct frame frame = fragment_frame(&later);

			frame.bytes[L4 + 16] = (uint8_t)(2 * state + port);
			bed_send(bed, ports[port], &frame); /* the same once more */
		}
	}
	ck_assert_msg(pe_audit(bed->pe), "%s", bed->pe->audit.last);
	for (unsigned int i = 0; i < 2; i++)
		counts[i] = bed->pe->workers[i]->totals.held;
	ck_assert_uint_eq(counts[from] != 0, stage <= MOVE_PARKING);
	ck_assert_uint_eq(counts[to] != 0, stage >= MOVE_RUNNING);
	if (_i < 6) {
		while (pe_moving(bed->pe))
			bed_run(bed);
		ck_assert_uint_eq(bed_number(bed, to == 0 ? "workers/0/held" : "workers/1/held"),
				  1 + 2 * stage);
		fragment_send(bed, 0, &(struct fragment){.id = 7});
		bed_run(bed);
		ck_assert_uint_eq(receive_both(bed), 2 + 2 * stage);
	} else {
		move_abandon(bed->pe);
		for (unsigned int i = 0; i < 2; i++)
			fragments_abandon(bed->pe->workers[i]);
		ck_assert_uint_ge(drops(bed, 0, "shutdown"), 1);
		for (unsigned int i = 0; i < 2; i++)
			ck_assert_uint_eq(bed->pe->workers[i]->totals.held, 0);
		ck_assert_msg(pe_audit(bed->pe), "%s", bed->pe->audit.last);
		while (pe_moving(bed->pe)) /* what had not been received yet waits anew */
			bed_run(bed);
	}
	bed_close(bed);
}
END_TEST

/* Every order of polls and fragments of one datagram, while its bucket moves. */

enum { MODEL_STEPS = 7, MODEL_KINDS = 4 };

struct model {
	struct bed *bed;
	uint16_t id, later; /* later fragments sent */
	unsigned int port;  /* all come by one: order is only kept then */
	uint8_t bucket;
	bool first;
};

/** Polls a worker; it must make no datagram if it may not touch the bucket, the only one in use. */
static void
model_poll(struct model *model, unsigned int worker)
{
	const struct pe *pe = model->bed->pe;
	uint64_t max, was = fragments_used(pe->fragments, &max);

	worker_poll(pe->workers[worker]);
	if (!probe_may_write(pe->workers[worker], model->bucket))
		ck_assert_uint_eq(fragments_used(pe->fragments, &max), was);
}

static void
model_send(struct model *model, bool first, bool last)
{
	uint16_t number = first ? 0 : ++model->later;

	model->first |= first;
	fragment_send(model->bed, model->port,
		      &(struct fragment){.id = model->id, .number = number, .last = last});
}

static void
model_step(struct model *model, unsigned int kind)
{
	if (kind < 2)
		model_poll(model, kind);
	else
		model_send(model, kind == 3 && !model->first, false);
}

/** The rest of the datagram, and of the move; then all of it is out, the first one first. */
static void
model_end(struct model *model)
{
	struct bed *bed = model->bed;
	uint64_t max;
	uint16_t id;

	if (!model->first)
		model_send(model, true, false);
	model_send(model, false, true);
	while (pe_moving(bed->pe)) {
		pe_poll(bed->pe);
		move_tick(bed->pe);
	}
	for (unsigned int i = 0; i < 3; i++)
		pe_poll(bed->pe);
	for (int number = 0; number <= model->later; number++)
		ck_assert_int_eq(next_out(bed, ports[model->port], &id), number);
	ck_assert_int_eq(next_out(bed, ports[model->port], &id), -1);
	bed->now_ns += 2100000000;
	pe_poll(bed->pe);
	ck_assert_uint_eq(fragments_used(bed->pe->fragments, &max), 0);
}

START_TEST(test_every_order_of_polls_and_fragments)
{
	struct bed *bed = bed_open(PLAIN);
	unsigned int orders = 1;

	for (unsigned int i = 0; i < MODEL_STEPS; i++)
		orders *= MODEL_KINDS;
	for (unsigned int order = 0; order < orders; order++) {
		struct model model = {.bed = bed, .id = (uint16_t)order, .port = _i & 1};

		model.bucket = bucket_of(bed, &(struct fragment){.id = model.id});
		if ((_i & 2) != 0) { /* one waits before it begins */
			model_send(&model, false, false);
			pe_poll(bed->pe);
			pe_poll(bed->pe);
		}
		pe_move_bucket(bed->pe, model.bucket, 1 - bed->pe->owner[model.bucket]);
		for (unsigned int i = 0, left = order; i < MODEL_STEPS; i++, left /= MODEL_KINDS)
			model_step(&model, left % MODEL_KINDS);
		model_end(&model);
	}
	ck_assert_uint_eq(bed->pe->moves.done, orders);
	bed_close(bed);
}
END_TEST

/* Random orders: many datagrams of several hosts, whose buckets move as well as their own. */

enum { FLOWS = 24, IDS = 4096, NEVER = 100 };

static struct flow {
	uint16_t id;
	unsigned int n, sent, first_at; /* fragments; when the first one is sent, or NEVER */
} flows[FLOWS];
static struct {
	int next, end; /* the next fragment that comes out; one past the last */
} out[IDS];
static uint16_t next_id;
static uint64_t n_never;

static void
flow_start(struct flow *flow)
{
	unsigned int n = 2 + bed_pick(6);

	*flow = (struct flow){.id = next_id++, .n = n, .first_at = bed_pick(n)};
	if (bed_pick(8) == 0)
		flow->first_at = NEVER;
	out[flow->id].next = 0;
	out[flow->id].end = flow->first_at == NEVER ? 0 : (int)n;
}

static struct fragment
flow_fragment(const struct flow *flow)
{
	bool first = flow->sent == flow->first_at;

	return (struct fragment){
		.id = flow->id,
		.source = 0x0a000100 + (uint32_t)(flow - flows) % 8,
		.number = (uint16_t)(first ? 0 : flow->sent + (flow->sent < flow->first_at)),
		.last = flow->sent + 1 == flow->n,
	};
}

static void
flow_send(struct bed *bed, struct flow *flow)
{
	struct fragment fragment = flow_fragment(flow);

	if (flow->first_at == flow->n - 1) /* the last one to come is the first of all */
		fragment.last = flow->sent + 2 == flow->n;
	n_never += flow->first_at == NEVER;
	fragment_send(bed, (unsigned int)(flow - flows) % 2, &fragment);
	flow->sent++;
}

static void
receive_flows(struct bed *bed)
{
	uint16_t id;
	int number;

	for (unsigned int port = 0; port < 2; port++)
		while ((number = next_out(bed, ports[port], &id)) >= 0)
			ck_assert_int_eq(number, out[id].next++);
}

static void
random_step(struct bed *bed)
{
	struct flow *flow = &flows[bed_pick(FLOWS)];
	struct fragment next = flow_fragment(flow);
	unsigned int kind = bed_pick(8);

	if (kind < 3) {
		worker_poll(bed->pe->workers[bed_pick(3)]);
	} else if (kind == 3) {
		pe_move_bucket(bed->pe,
			       bed_pick(2) ? bucket_of(bed, &next) : bed_loaded_bucket(bed->pe),
			       (uint16_t)bed_pick(3));
	} else if (kind == 4) {
		bed->now_ns += 10000;
		pe_tick(bed->pe);
	} else if (kind == 5) {
		receive_flows(bed);
	} else {
		for (unsigned int i = bed_pick(8); i != 0; i--, flow = &flows[bed_pick(FLOWS)]) {
			if (flow->sent == flow->n)
				flow_start(flow);
			flow_send(bed, flow);
		}
	}
}

static void
random_round(struct bed *bed)
{
	next_id = 0;
	for (unsigned int i = 0; i < FLOWS; i++)
		flow_start(&flows[i]);
	for (unsigned int i = 0; i < 300; i++)
		random_step(bed);
	for (unsigned int i = 0; i < FLOWS; i++)
		while (flows[i].sent != flows[i].n)
			flow_send(bed, &flows[i]);
	do
		bed_run(bed);
	while (pe_moving(bed->pe));
	receive_flows(bed);
	for (unsigned int id = 0; id < next_id; id++)
		ck_assert_int_eq(out[id].next, out[id].end);
	bed_sleep(bed, 2100);
	ck_assert_uint_eq(bed_number(bed, "fragments/datagrams"), 0);
	ck_assert_uint_eq(drops(bed, 0, "fragment-time-out"), n_never);
}

#define THREE "\"cores\": [0, 1, 2]"

START_TEST(test_fragments_flow_while_their_buckets_and_hosts_move)
{
	static const char *const documents[] = {
		DOCUMENT(THREE, RED, STEPS("a", "291", "red", FW ", " ONE)),
		DOCUMENT(THREE, RED, STEPS("a", "291", "red", ONE ", " FW)),
		DOCUMENT(THREE, RED, STEPS("a", "291", "red", FW ", " FW2 ", " ONE ", " FW2)),
		DOCUMENT(THREE, RED, STEPS("a", "291", "red", FW)),
	};
	struct bed *bed = bed_open(documents[_i]);

	n_never = 0;
	for (unsigned int round = 0; round < 200; round++) {
		bed_seed(round);
		random_round(bed);
	}
	ck_assert_uint_gt(bed_number(bed, "buckets/moves"), 1000);
	ck_assert_uint_eq(bed_number(bed, "buckets/moves_given_up"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/holds"), bed_number(bed, "paths/0/holds_ended"));
	ck_assert_uint_gt(bed_number(bed, "paths/0/holds"), n_never);
	ck_assert_uint_eq(drops(bed, 0, "moving") + drops(bed, 0, "fragment-limit"), 0);
	ck_assert_uint_eq(bed_number(bed, "instances/2/counters/foreign-writer"), 0);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("fragments move");
	TCase *tcase = tcase_create("fragments move");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_datagrams_move_with_their_bucket);
	tcase_add_loop_test(tcase, test_what_waits_is_accounted_for_at_every_stage, 0, 12);
	tcase_add_loop_test(tcase, test_every_order_of_polls_and_fragments, 0, 4);
	tcase_add_loop_test(tcase, test_fragments_flow_while_their_buckets_and_hosts_move, 0, 4);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
