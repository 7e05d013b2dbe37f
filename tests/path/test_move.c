/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buckets move from worker to worker while packets flow: workers polled by hand, in every order and
 * in random ones. Those that control makes for the sake of balance are in test_balance.c.
 */

#include "flows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pe/stats.h"

/* Every order. */

enum { MODEL_STEPS = 8, MODEL_KINDS = 4 };

/** What may happen next: a poll of either worker, a packet of the flow from either side. */
static void
model_step(struct bed *bed, unsigned int kind)
{
	if (kind < 2)
		worker_poll(bed->pe->workers[kind]);
	else
		send_next(bed, 0, kind == 3);
}

START_TEST(test_every_order_of_polls_and_packets)
{
	uint8_t buckets[256] = {0};
	struct bed *bed = open_flows(TWO, buckets);
	unsigned int orders = 1;

	for (unsigned int i = 0; i < MODEL_STEPS; i++)
		orders *= MODEL_KINDS;
	for (unsigned int order = 0; order < orders; order++) {
		uint8_t to = 1 - bed->pe->owner[buckets[0]];

		ck_assert_int_eq(pe_move_bucket(bed->pe, buckets[0], to), 0);
		for (unsigned int i = 0, left = order; i < MODEL_STEPS; i++, left /= MODEL_KINDS)
			model_step(bed, left % MODEL_KINDS);
		while (pe_moving(bed->pe)) {
			pe_poll(bed->pe);
			move_tick(bed->pe);
		}
		ck_assert_uint_eq(bed->pe->owner[buckets[0]], to);
		pe_poll(bed->pe);
		pe_poll(bed->pe);
		receive_flows(bed);
		ck_assert_mem_eq(got, sent, sizeof(sent));
	}
	ck_assert_uint_eq(bed->pe->moves.done, orders);
	check_flows(bed);
	bed_close(bed);
}
END_TEST

/* Random orders. */

static void
random_step(struct bed *bed, const uint8_t *buckets)
{
	switch (bed_pick(8)) {
	case 0:
	case 1:
	case 2:
		worker_poll(bed->pe->workers[bed_pick(bed->pe->n_workers)]);
		break;
	case 3:
		pe_move_bucket(bed->pe, buckets[bed_pick(HOSTS)],
			       (uint16_t)bed_pick(bed->pe->n_workers));
		break;
	case 4:
		bed->now_ns += 10000;
		pe_tick(bed->pe);
		break;
	case 5:
		receive_flows(bed);
		break;
	default:
		for (unsigned int i = bed_pick(16); i != 0; i--)
			send_next(bed, bed_pick(HOSTS), bed_pick(2) != 0);
		break;
	}
}

START_TEST(test_random_orders_with_three_workers)
{
	uint8_t buckets[256] = {0};
	struct bed *bed = open_flows(THREE, buckets);

	for (unsigned int round = 0; round < 300; round++) {
		bed_seed(round);
		for (unsigned int i = 0; i < 300; i++)
			random_step(bed, buckets);
		check_flows(bed);
	}
	ck_assert_uint_gt(bed_number(bed, "buckets/moves"), 1000);
	ck_assert_uint_eq(bed_number(bed, "buckets/moves_given_up"), 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_reload_in_the_middle)
{
	uint8_t buckets[256] = {0};
	struct bed *bed = open_flows(THREE, buckets);

	for (unsigned int round = 0; round < 300; round++) {
		bed_seed(round);
		for (unsigned int i = 0; i < 40; i++)
			random_step(bed, buckets);
		ck_assert_int_eq(bed_reload(bed, THREE), 0);
		for (unsigned int i = 0; i < 20; i++)
			random_step(bed, buckets);
		check_flows(bed);
	}
	ck_assert_uint_gt(bed_number(bed, "buckets/moves"), 200);
	bed_close(bed);
}
END_TEST

START_TEST(test_old_owner_in_front_of_a_port_that_takes_nothing_is_waited_for)
{
	uint8_t buckets[256] = {0};
	struct bed *bed = open_flows(TWO, buckets);
	unsigned int n = 0;

	/* The port's ring takes 1023; worker 0 has its send queue, and the rest waits there. */
	pe_move_bucket(bed->pe, buckets[0], 0);
	end_moves(bed);
	while (n < 1200) {
		for (unsigned int i = 0; i < 30; i++, n++)
			send_next(bed, 0, false);
		pe_poll(bed->pe);
	}
	ck_assert_uint_gt(bed_number(bed, "workers/0/queued"), 0);
	pe_move_bucket(bed->pe, buckets[0], 1);
	for (unsigned int i = 0; i < 20; i++)
		pe_poll(bed->pe);
	ck_assert_uint_eq(pe_move(bed->pe).state, MOVE_DRAINED);
	send_next(bed, 0, false);
	pe_poll(bed->pe);
	ck_assert_uint_eq(bed_number(bed, "workers/1/queued"), 1);
	/* Not for ever: other ports may take something. */
	bed->now_ns += 60000000;
	for (unsigned int i = 0; i < 5; i++)
		pe_poll(bed->pe);
	ck_assert_uint_eq(pe_move(bed->pe).state, MOVE_DONE);
	check_flows(bed);
	bed_close(bed);
}
END_TEST

START_TEST(test_what_the_old_owner_left_in_the_new_ones_ring_comes_first)
{
	uint8_t buckets[256] = {0};
	struct bed *bed = open_flows(TWO, buckets);

	pe_move_bucket(bed->pe, buckets[0], 1);
	end_moves(bed);
	/* Worker 0 sends for worker 1. */
	for (unsigned int i = 0; i < 30; i++) {
		for (unsigned int n = 0; n < 30; n++)
			send_next(bed, 0, true);
		worker_poll(bed->pe->workers[1]);
	}
	pe_move_bucket(bed->pe, buckets[0], 0);
	for (unsigned int i = 0; i < 30; i++) {
		send_next(bed, 0, true);
		worker_poll(bed->pe->workers[1]);
		worker_poll(bed->pe->workers[0]);
	}
	check_flows(bed);
	bed_close(bed);
}
END_TEST

/* One stage after the other. */

static const enum move_state stages[] = {MOVE_ASKED,   MOVE_FROZEN,  MOVE_PARKING,
					 MOVE_DRAINED, MOVE_RUNNING, MOVE_DONE};

START_TEST(test_nobody_owns_a_bucket_on_its_way)
{
	enum move_state state = stages[_i];
	uint8_t buckets[256] = {0};
	struct bed *bed = open_flows(TWO, buckets);
	bool owns[2];

	pe_move_bucket(bed->pe, buckets[0], 1 - bed->pe->owner[buckets[0]]);
	bed_bring_to(bed, state);
	for (unsigned int i = 0; i < 2; i++)
		owns[i] = worker_owns(bed->pe->workers[i], buckets[0]);
	ck_assert_uint_eq(owns[pe_move(bed->pe).from], state == MOVE_ASKED);
	ck_assert_uint_eq(owns[pe_move(bed->pe).to], state == MOVE_DONE);
	check_flows(bed);
	bed_close(bed);
}
END_TEST

START_TEST(test_shutdown_at_every_stage)
{
	uint8_t buckets[256] = {0};
	struct bed *bed = open_flows(TWO, buckets);
	uint64_t gone;

	pe_move_bucket(bed->pe, buckets[0], 1 - bed->pe->owner[buckets[0]]);
	for (enum move_state state = MOVE_ASKED; state <= stages[_i]; state++) {
		bed_bring_to(bed, state);
		for (unsigned int i = 0; i < 4; i++) {
			send_next(bed, 0, false);
			send_next(bed, 0, true);
		}
	}
	bed_bring_to(bed, stages[_i]);
	if (stages[_i] < MOVE_RUNNING)
		worker_poll(bed->pe->workers[pe_move(bed->pe).to]);
	move_abandon(bed->pe);
	ck_assert_msg(pe_audit(bed->pe), "%s", bed->pe->audit.last);
	end_moves(bed);
	bed_run(bed);
	gone = bed_number(bed, "paths/0/drops/shutdown") +
	       bed_number(bed, "paths/1/drops/shutdown");
	if (stages[_i] > MOVE_ASKED && stages[_i] < MOVE_RUNNING)
		ck_assert_uint_gt(gone, 0);
	ck_assert_uint_eq(bed_receive_all(bed, "p0") + bed_receive_all(bed, "p1") + gone,
			  sent[0][0] + sent[1][0] - 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_close_at_every_stage)
{
	uint8_t buckets[256] = {0};
	struct bed *bed = open_flows(TWO, buckets);

	pe_move_bucket(bed->pe, buckets[0], 1 - bed->pe->owner[buckets[0]]);
	for (unsigned int i = 0; i < 8; i++)
		send_next(bed, 0, i % 2 == 0);
	bed_bring_to(bed, stages[_i]);
	ck_assert(pe_drain(bed->pe, 1000));
	receive_flows(bed);
	for (unsigned int i = 0; i < 2; i++)
		atomic_store(&bed->pe->workers[i]->closed, false);
	check_flows(bed);
	bed_close(bed);
}
END_TEST

START_TEST(test_too_many_packets_on_the_way_are_counted_as_such)
{
	enum { MORE = 100 };
	uint8_t buckets[256] = {0};
	struct bed *bed = open_flows(TWO, buckets);
	struct frame frame;

	pe_move_bucket(bed->pe, buckets[0], 0);
	end_moves(bed);
	pe_move_bucket(bed->pe, buckets[0], 1);
	bed_bring_to(bed, MOVE_PARKING); /* worker 0 does not come back */
	for (unsigned int i = 0; i < PARK_MAX + MORE; i++) {
		frame = host_frame(0, true, "n...", i + 1);
		bed_send(bed, "p1", &frame);
		if (i % 16 == 15)
			worker_poll(bed->pe->workers[1]);
	}
	worker_poll(bed->pe->workers[1]);
	ck_assert_uint_eq(bed_number(bed, "paths/1/drops/moving"), MORE);
	ck_assert_uint_eq(bed_number(bed, "workers/1/queued"), PARK_MAX);
	ck_assert(pe_audit(bed->pe));
	for (unsigned int i = 0; i < 200; i++) {
		pe_poll(bed->pe);
		receive_flows(bed); /* in order, none missing */
	}
	ck_assert_uint_eq(got[1][0], PARK_MAX);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/reordered"), 0);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/foreign-writer"), 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_what_cannot_be_is_refused)
{
	struct bed *bed = bed_open(TWO);

	ck_assert_int_eq(pe_move_bucket(bed->pe, 7, 2), -EINVAL);
	ck_assert_int_eq(pe_move_bucket(bed->pe, 7, bed->pe->owner[7]), 0);
	ck_assert(!pe_moving(bed->pe));
	bed_close(bed);
}
END_TEST

/* Holds. */

static void
send_held(struct bed *bed, unsigned int host)
{
	struct frame frame = host_frame(host, false, "h\xffn.", ++sent[0][host]);

	bed_send(bed, "p0", &frame);
	bed_run(bed);
}

START_TEST(test_held_packets_are_waited_for)
{
	uint8_t buckets[256] = {0};
	struct bed *bed = open_flows(TWO, buckets);

	send_held(bed, 0);
	pe_move_bucket(bed->pe, buckets[0], 1 - bed->pe->owner[buckets[0]]);
	bed_run(bed);
	ck_assert_uint_eq(pe_move(bed->pe).state, MOVE_ASKED);
	send_next(bed, 0, true); /* goes on as before */
	bed_run(bed);
	ck_assert_uint_eq(receive_flows(bed), 1);
	bed_sleep(bed, 300);
	check_flows(bed);
	ck_assert_uint_eq(bed_number(bed, "buckets/moves"), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_move_is_given_up_when_packets_are_held_all_the_time)
{
	uint8_t buckets[256] = {0}, was;
	struct bed *bed = open_flows(TWO, buckets);

	was = bed->pe->owner[buckets[0]];
	pe_move_bucket(bed->pe, buckets[0], was); /* nothing */
	send_held(bed, 0);
	pe_move_bucket(bed->pe, buckets[0], 1 - was);
	for (unsigned int i = 0; i < 11; i++) {
		ck_assert(pe_moving(bed->pe));
		bed_sleep(bed, 200);
		send_held(bed, 0);
	}
	ck_assert(!pe_moving(bed->pe));
	ck_assert_uint_eq(bed_number(bed, "buckets/moves_given_up"), 1);
	ck_assert_ptr_nonnull(strstr(bed->pe->moves.last, "which holds"));
	ck_assert_uint_eq(bed->pe->owner[buckets[0]], was);
	bed_sleep(bed, 300);
	check_flows(bed);
	bed_close(bed);
}
END_TEST

START_TEST(test_move_that_is_not_wanted_any_more_does_not_begin)
{
	uint8_t buckets[256] = {0}, was;
	struct bed *bed = open_flows(TWO, buckets);

	was = bed->pe->owner[buckets[0]];
	send_held(bed, 0);
	pe_move_bucket(bed->pe, buckets[0], 1 - was);
	pe_move_bucket(bed->pe, buckets[0], was);
	ck_assert(!pe_moving(bed->pe));
	bed_sleep(bed, 300);
	check_flows(bed);
	ck_assert_uint_eq(bed_number(bed, "buckets/moves"), 0);
	bed_close(bed);
}
END_TEST

/* Fragments that wait for their first, and whole packets of the same hosts. More of them
 * moves in test_fragments_move.c. */

#define FILTER "{\"name\": \"fw\", \"service\": \"firewall\", \"config\": {\"default\": \"allow\"}}"
#define FILTERED                                                                                   \
	DOCUMENT("[0, 1, 2]", "\"%s\", \"firewall\"", COUNTING "," FILTER,                         \
		 BOTH_WAYS("{\"instance\": \"fw\"}, " STEP))

/** A fragment whose first one never comes, each of another datagram. */
static void
send_later(struct bed *bed, unsigned int host, uint16_t id)
{
	enum { IP = 14 + 24 + 14 };
	struct frame frame = host_frame(host, false, "n...", 0);

	frame.bytes[IP + 4] = (uint8_t)(id >> 8);
	frame.bytes[IP + 5] = (uint8_t)id;
	frame.bytes[IP + 7] = 2; /* 16 bytes in, the last one */
	bed_send(bed, "p0", &frame);
}

START_TEST(test_fragments_that_wait_hold_up_no_move)
{
	struct bed *bed;
	uint64_t later = 0;

	forget_flows();
	bed_seed(1);
	bed = bed_open(FILTERED);
	for (unsigned int round = 0; round < 2000; round++) {
		for (unsigned int i = 0; i < 4; i++)
			send_next(bed, bed_pick(HOSTS), bed_pick(2) != 0);
		send_later(bed, bed_pick(HOSTS), (uint16_t)later++);
		for (unsigned int i = bed_pick(8); i != 0; i--)
			worker_poll(bed->pe->workers[bed_pick(3)]);
		if (!pe_moving(bed->pe))
			pe_move_bucket(bed->pe, (uint8_t)bed_pick(256), (uint16_t)bed_pick(3));
		bed->now_ns += 500000; /* they wait for 4000 rounds */
		move_tick(bed->pe);
		receive_flows(bed);
	}
	check_flows(bed);
	ck_assert_uint_gt(bed_number(bed, "buckets/moves"), 200);
	ck_assert_uint_eq(bed_number(bed, "buckets/moves_given_up"), 0);
	ck_assert_uint_eq(bed_number(bed, "workers/0/held") + bed_number(bed, "workers/1/held") +
				  bed_number(bed, "workers/2/held"),
			  later);
	ck_assert_uint_eq(bed_number(bed, "fragments/datagrams"), later);
	bed_sleep(bed, 2100);
	bed_sleep(bed, 10);
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/fragment-time-out"), later);
	bed_close(bed);
}
END_TEST

/* Hand-over by keys: a tunnel's packets go to the owner of its SA, then to their hosts'. */

#define TUNNEL                                                                                     \
	DOCUMENT_OF(                                                                               \
		" \"key_store\": \"keys.json\", \"state_dir\": \"state\",", "[0, 1, 2]",           \
		"\"%s\", \"encrypt\", \"decrypt\"",                                                \
		COUNTING ", {\"name\": \"enc\", \"service\": \"encrypt\"}, {\"name\": \"dec\", "   \
			 "\"service\": \"decrypt\"}",                                              \
		"{\"name\": \"far\", \"spi\": 291, \"inside\": \"destination\", \"steps\": "       \
		"[{\"instance\": \"enc\", \"args\": {\"spi\": 8192, \"local\": \"192.0.2.2\", "    \
		"\"remote\": \"192.0.2.1\", \"key\": \"b@1\"}}]},"                                 \
		"{\"name\": \"near\", \"spi\": 292, \"inside\": \"source\", \"steps\": "           \
		"[{\"instance\": \"dec\", \"args\": {\"local\": \"192.0.2.1\", \"remote\": "       \
		"\"192.0.2.2\", \"sas\": [{\"spi\": 8192, \"key\": \"b@1\"}]}}, " STEP "]}")

enum { SEALED = 512 };

/** Seals numbered packets of all hosts, in the order in which they will be sent. */
static void
seal(struct bed *bed, struct frame *sealed)
{
	static const uint8_t near_path[4] = {0, 0x01, 0x24, 255};

	for (unsigned int i = 0; i < SEALED; i++) {
		send_next(bed, bed_pick(HOSTS), false);
		bed_run(bed);
		ck_assert(bed_receive(bed, "p0", &sealed[i]));
		memcpy(sealed[i].bytes + 14 + 4, near_path, sizeof(near_path));
	}
}

/** Forgets which buckets had packets. */
static void
forget_loads(const struct pe *pe)
{
	for (unsigned int i = 0; i < pe->n_workers; i++)
		memset(pe->workers[i]->load, 0, sizeof(pe->workers[i]->load));
}

/** Opens what was sealed, in random order of polls. */
static void
open_sealed(struct bed *bed, const struct frame *sealed)
{
	unsigned int next = 0;

	forget_loads(bed->pe);
	while (next < SEALED) {
		for (unsigned int i = bed_pick(6); i != 0 && next < SEALED; i--)
			bed_send(bed, "p0", &sealed[next++]);
		for (unsigned int i = bed_pick(6); i != 0; i--)
			worker_poll(bed->pe->workers[bed_pick(3)]);
		pe_move_bucket(bed->pe, bed_loaded_bucket(bed->pe), (uint16_t)bed_pick(3));
		receive_flows(bed);
	}
	check_flows(bed);
}

START_TEST(test_tunnels_and_hosts_move_while_packets_flow)
{
	static struct frame sealed[SEALED];
	struct bed *bed;

	forget_flows();
	bed_seed(1);
	bed = bed_open(TUNNEL);
	for (unsigned int round = 0; round < 10; round++) {
		seal(bed, sealed);
		open_sealed(bed, sealed);
	}
	ck_assert_uint_gt(bed_number(bed, "buckets/moves"), 200);
	ck_assert_uint_eq(bed_number(bed, "paths/1/steps/0/drops/replay"), 0);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/seen"), 10 * SEALED);
	bed_close(bed);
}
END_TEST

/** Keys for the tunnel, in the folder that the tests run in. */
static void
write_keys(void)
{
	FILE *file = fopen("keys.json", "w");

	fputs("{\"keys\": [{\"name\": \"b@1\", \"algorithm\": \"aes-256-gcm\", "
	      "\"salt\": \"aabbccdd\", \"key\":"
	      " \"f00102030405060708090a0b0c0d0e0ff00102030405060708090a0b0c0d0e0f\"}]}",
	      file);
	fclose(file);
	if (system("chmod 600 keys.json") != 0)
		exit(1);
}

int
main(void)
{
	enum { STAGES = sizeof(stages) / sizeof(stages[0]) };
	Suite *suite = suite_create("move");
	TCase *tcase = tcase_create("move");

	bed_folder();
	write_keys();
	tcase_set_timeout(tcase, 100);
	tcase_add_test(tcase, test_every_order_of_polls_and_packets);
	tcase_add_test(tcase, test_random_orders_with_three_workers);
	tcase_add_test(tcase, test_reload_in_the_middle);
	tcase_add_test(tcase, test_old_owner_in_front_of_a_port_that_takes_nothing_is_waited_for);
	tcase_add_test(tcase, test_what_the_old_owner_left_in_the_new_ones_ring_comes_first);
	tcase_add_loop_test(tcase, test_nobody_owns_a_bucket_on_its_way, 0, STAGES);
	tcase_add_loop_test(tcase, test_shutdown_at_every_stage, 0, STAGES);
	tcase_add_loop_test(tcase, test_close_at_every_stage, 0, STAGES);
	tcase_add_test(tcase, test_too_many_packets_on_the_way_are_counted_as_such);
	tcase_add_test(tcase, test_what_cannot_be_is_refused);
	tcase_add_test(tcase, test_held_packets_are_waited_for);
	tcase_add_test(tcase, test_move_is_given_up_when_packets_are_held_all_the_time);
	tcase_add_test(tcase, test_move_that_is_not_wanted_any_more_does_not_begin);
	tcase_add_test(tcase, test_fragments_that_wait_hold_up_no_move);
	tcase_add_test(tcase, test_tunnels_and_hosts_move_while_packets_flow);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
