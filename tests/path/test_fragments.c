/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments through a whole PE with two workers: who waits for whom, limits, and changes. Those
 * whose buckets move are in test_fragments_move.c. */

#include "fragment.h"

#include <string.h>

#include "pe/fragments.h"

/* Both orders, each fragment by the one or the other worker's port. */
START_TEST(test_fragments_meet_whoever_received_them)
{
	struct bed *bed = bed_open(PLAIN);
	unsigned int first_port = _i & 1, later_port = _i >> 1 & 1;
	bool later_before = (_i & 4) != 0;

	for (uint16_t id = 0; id < DATAGRAMS; id++) {
		struct fragment first = {.id = id}, later = {.id = id, .number = 1, .last = true};

		fragment_send(bed, later_before ? later_port : first_port,
			      later_before ? &later : &first);
		bed_run(bed);
		ck_assert_uint_eq(held(bed), later_before);
		fragment_send(bed, later_before ? first_port : later_port,
			      later_before ? &first : &later);
		bed_run(bed);
		ck_assert_uint_eq(held(bed), 0);
		ck_assert_uint_eq(receive_both(bed), 2);
	}
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/allowed"), 2 * DATAGRAMS);
	ck_assert_uint_eq(bed_number(bed, "fragments/datagrams"), DATAGRAMS);
	ck_assert_uint_gt(bed_number(bed, "workers/0/handed_over"), 0);
	bed_sleep(bed, 3000);
	ck_assert_uint_eq(bed_number(bed, "fragments/datagrams"), 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_later_fragments_share_the_fate_of_their_first)
{
	struct bed *bed = bed_open(PLAIN);

	for (uint16_t id = 0; id < DATAGRAMS; id++) {
		fragment_send(bed, 1, &(struct fragment){.id = id, .number = 1, .last = true});
		fragment_send(bed, 0, &(struct fragment){.id = id, .dport = 81});
	}
	bed_run(bed);
	ck_assert_uint_eq(receive_both(bed), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/0/steps/0/drops/default"), 2 * DATAGRAMS);
	bed_close(bed);
}
END_TEST

START_TEST(test_those_that_waited_come_right_behind_their_first)
{
	struct bed *bed = bed_open(PLAIN);
	struct frame frame;

	for (uint16_t number = 30; number > 0; number--)
		fragment_send(bed, 0, &(struct fragment){.id = 7, .number = number});
	bed_run(bed);
	ck_assert_uint_eq(held(bed), 30);
	fragment_send(bed, 0, &(struct fragment){.id = 7});
	fragment_send(bed, 0, &(struct fragment){.id = 7, .number = 31, .last = true});
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame.bytes[L4 + 16], 0);
	for (unsigned int i = 0; i < 30; i++) {
		ck_assert(bed_receive(bed, "p0", &frame));
		ck_assert_uint_eq(frame.bytes[L4 + 16], 30 - i);
	}
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame.bytes[L4 + 16], 31);
	ck_assert_uint_eq(bed_number(bed, "paths/0/holds"), 30);
	ck_assert_uint_eq(bed_number(bed, "paths/0/holds_ended"), 30);
	bed_close(bed);
}
END_TEST

/* A router that looks at ports puts the first one on another path than the others. */
START_TEST(test_fragments_of_one_datagram_may_be_on_several_paths)
{
	struct bed *bed = bed_open(DOCUMENT(
		TWO, RED,
		STEPS("a", "291", "red", FW) "," STEPS("b", "292", "red", ONE ", " FW2 ", " ONE)));
	struct frame frame;

	fragment_send(bed, 0, &(struct fragment){.spi = 292, .id = 7, .number = 1});
	fragment_send(bed, 1, &(struct fragment){.spi = 292, .id = 7, .number = 2, .last = true});
	bed_run(bed);
	ck_assert_uint_eq(held(bed), 2);
	fragment_send(bed, 0, &(struct fragment){.spi = 291, .id = 7});
	bed_run(bed);
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame_spi(&frame), 291);
	ck_assert_uint_eq(frame_si(&frame), 254);
	ck_assert(bed_receive(bed, "p0", &frame));
	ck_assert_uint_eq(frame_spi(&frame), 292);
	ck_assert_uint_eq(frame_si(&frame), 252);
	ck_assert_uint_eq(receive_both(bed), 1);
	bed_close(bed);
}
END_TEST

/* Out by one path, and in again by another while its last ones are still on the first. */
START_TEST(test_datagram_may_come_on_two_paths)
{
	static const struct {
		uint32_t spi;
		uint16_t number;
	} order[] = {{291, 0}, {291, 1}, {292, 0}, {292, 1},
		     {291, 2}, {291, 3}, {292, 2}, {292, 3}};
	struct bed *bed = bed_open(
		DOCUMENT(TWO, RED, STEPS("a", "291", "red", FW) "," STEPS("b", "292", "red", FW2)));

	for (unsigned int i = 0; i < RTE_DIM(order); i++) {
		fragment_send(bed, 0,
			      &(struct fragment){.spi = order[i].spi,
						 .id = 7,
						 .number = order[i].number,
						 .last = order[i].number == 3});
		bed_run(bed);
		ck_assert_uint_eq(bed_receive_all(bed, "p0"), 1);
	}
	bed_close(bed);
}
END_TEST

START_TEST(test_second_service_that_needs_ports_asks_no_more)
{
	struct bed *bed = bed_open(
		DOCUMENT(TWO, RED, STEPS("a", "291", "red", FW ", " FW2 ", " ONE ", " FW)));

	for (uint16_t id = 0; id < DATAGRAMS; id++)
		fragment_send(bed, 0, &(struct fragment){.id = id, .number = 1, .last = true});
	bed_run(bed);
	for (uint16_t id = 0; id < DATAGRAMS; id++)
		fragment_send(bed, 1, &(struct fragment){.id = id});
	bed_run(bed);
	ck_assert_uint_eq(receive_both(bed), 2 * DATAGRAMS);
	ck_assert_uint_eq(bed_number(bed, "instances/0/counters/allowed"), 4 * DATAGRAMS);
	ck_assert_uint_eq(bed_number(bed, "instances/1/counters/allowed"), 2 * DATAGRAMS);
	ck_assert_uint_eq(bed_number(bed, "paths/0/holds"), DATAGRAMS);
	ck_assert_uint_eq(bed_number(bed, "fragments/datagrams"), DATAGRAMS);
	bed_close(bed);
}
END_TEST

START_TEST(test_fragments_go_back_to_the_worker_of_their_host)
{
	struct bed *bed = bed_open(DOCUMENT(TWO, RED, STEPS("a", "291", "red", FW ", " ONE)));

	for (uint16_t id = 0; id < 8 * DATAGRAMS; id++) {
		uint32_t host = 0x0a000100u + id % DATAGRAMS;
		struct frame whole = frame_udp(&(struct frame_spec){.source = host, .dport = 80});

		fragment_send(bed, id & 1, &(struct fragment){.id = id, .source = host});
		bed_send(bed, ports[id & 1], &whole);
		fragment_send(
			bed, ~id & 1,
			&(struct fragment){.id = id, .source = host, .number = 1, .last = true});
	}
	bed_run(bed);
	ck_assert_uint_eq(receive_both(bed), 24 * DATAGRAMS);
	ck_assert_uint_eq(bed_number(bed, "instances/2/counters/foreign-writer"), 0);
	ck_assert_uint_eq(bed_number(bed, "instances/2/counters/seen"), 24 * DATAGRAMS);
	ck_assert_uint_eq(bed_number(bed, "tables/0/entries"), DATAGRAMS);
	bed_close(bed);
}
END_TEST

START_TEST(test_fragment_whose_first_does_not_come_is_dropped_in_time)
{
	struct bed *bed =
		bed_open(DOCUMENT(TWO ", \"fragment_ms\": 500", RED, STEPS("a", "291", "red", FW)));

	for (uint16_t id = 0; id < DATAGRAMS; id++)
		fragment_send(bed, id & 1, &(struct fragment){.id = id, .number = 1});
	bed_run(bed);
	bed_sleep(bed, 499);
	ck_assert_uint_eq(held(bed), DATAGRAMS);
	ck_assert_uint_eq(drops(bed, 0, "fragment-time-out"), 0);
	bed_sleep(bed, 10);
	ck_assert_uint_eq(held(bed), 0);
	ck_assert_uint_eq(drops(bed, 0, "fragment-time-out"), DATAGRAMS);
	ck_assert_uint_eq(bed_number(bed, "fragments/datagrams"), 0);
	/* The first one alone is judged all the same, and later ones wait anew. */
	fragment_send(bed, 0, &(struct fragment){.id = 1});
	bed_run(bed);
	ck_assert_uint_eq(receive_both(bed), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_overlap_poisons_also_what_waits)
{
	struct bed *bed = bed_open(PLAIN);
	struct frame other = fragment_frame(&(struct fragment){.id = 7, .number = 1});

	fragment_send(bed, 0, &(struct fragment){.id = 7, .number = 1});
	fragment_send(bed, 1, &(struct fragment){.id = 7, .number = 3});
	bed_run(bed);
	ck_assert_uint_eq(held(bed), 2);
	other.bytes[IP + 7]++; /* 8 bytes on: into the next one */
	bed_send(bed, "p1", &other);
	bed_run(bed);
	ck_assert_uint_eq(held(bed), 0);
	ck_assert_uint_eq(drops(bed, 0, "fragment-overlap"), 3);
	fragment_send(bed, 0, &(struct fragment){.id = 7}); /* the first one comes too late */
	bed_run(bed);
	ck_assert_uint_eq(drops(bed, 0, "fragment-overlap"), 4);
	bed_sleep(bed, 2010); /* forgotten: another datagram */
	fragment_send(bed, 0, &(struct fragment){.id = 7});
	fragment_send(bed, 0, &(struct fragment){.id = 7, .number = 1, .last = true});
	bed_run(bed);
	ck_assert_uint_eq(receive_both(bed), 2);
	bed_close(bed);
}
END_TEST

START_TEST(test_fragments_that_are_none_are_dropped_by_reason)
{
	struct bed *bed = bed_open(PLAIN);
	struct frame frame = fragment_frame(&(struct fragment){.id = 7, .number = 1});

	frame.bytes[IP + 3] -= 1; /* 63 bytes, and more to come */
	bed_send(bed, "p0", &frame);
	frame = fragment_frame(&(struct fragment){.id = 7, .number = 1023, .last = true});
	frame.bytes[IP + 7] = 0xff; /* ends behind 65,535 */
	frame.bytes[IP + 6] = 0x1f;
	bed_send(bed, "p1", &frame);
	frame = fragment_frame(&(struct fragment){.id = 7, .number = 1});
	frame.bytes[IP + 9] = 6; /* TCP, of which 8 bytes are in front */
	frame.bytes[IP + 7] = 1;
	bed_send(bed, "p0", &frame);
	bed_run(bed);
	ck_assert_uint_eq(drops(bed, 0, "fragment-malformed"), 2);
	ck_assert_uint_eq(drops(bed, 0, "fragment-tiny"), 1);
	ck_assert_uint_eq(bed_number(bed, "fragments/datagrams"), 0);
	bed_close(bed);
}
END_TEST

/* At once when its fragments come in order; when later ones overtake the first, a little later. */
START_TEST(test_id_may_be_used_again)
{
	struct bed *bed = bed_open(PLAIN);

	for (unsigned int i = 0; i < 40; i++) { /* of two and of three fragments, either way */
		uint16_t n = 2 + i / 4 % 2, dport = i % 3 == 0 ? 81 : 80;

		for (uint16_t number = 0; number < n; number++)
			fragment_send(bed, _i == 0 ? 0 : 1 - (number != 0),
				      &(struct fragment){.id = 7,
							 .number = number,
							 .last = number == n - 1,
							 .dport = dport});
		bed_run(bed);
		ck_assert_uint_eq(receive_both(bed), dport == 80 ? n : 0);
		bed->now_ns += _i == 0 ? 0 : 100000000;
	}
	ck_assert_uint_eq(bed_number(bed, "fragments/datagrams"), 1);
	bed_close(bed);
}
END_TEST

/* Limits. */

START_TEST(test_no_more_wait_than_may)
{
	struct bed *bed = bed_open(DOCUMENT("\"cores\": [0], \"fragment_wait\": 512", RED,
					    STEPS("a", "291", "red", FW)));

	for (uint16_t id = 0; id < 4000; id++) {
		fragment_send(bed, 0, &(struct fragment){.id = id, .number = 1, .last = true});
		if (id % 32 == 31)
			pe_poll(bed->pe);
	}
	bed_run(bed);
	ck_assert_uint_gt(bed_number(bed, "workers/0/held"), 500);
	ck_assert_uint_le(bed_number(bed, "workers/0/held"), 512);
	ck_assert_uint_eq(bed_number(bed, "workers/0/held") + drops(bed, 0, "fragment-limit"),
			  4000);
	for (unsigned int i = 0; i < 4; i++) /* a tick gives up a limited number */
		bed_sleep(bed, 2000);
	ck_assert_uint_eq(bed_number(bed, "workers/0/held"), 0);
	bed_close(bed);
}
END_TEST

#define ROOMY DOCUMENT(TWO ", \"fragment_wait\": 65536", RED, STEPS("a", "291", "red", FW))

START_TEST(test_one_datagram_lets_64_fragments_wait)
{
	struct bed *bed = bed_open(ROOMY);

	for (unsigned int i = 0; i < 100; i++) /* the same again and again */
		fragment_send(bed, 0, &(struct fragment){.id = 7, .number = 1});
	bed_run(bed);
	ck_assert_uint_eq(held(bed), 64);
	ck_assert_uint_eq(drops(bed, 0, "fragment-limit"), 36);
	bed_close(bed);
}
END_TEST

#define FLOODED                                                                                    \
	DOCUMENT(TWO ", \"fragment_max\": 1024, \"fragment_wait\": 512",                           \
		 RED ", {\"name\": \"blue\"}",                                                     \
		 STEPS("a", "291", "red", FW) "," STEPS("b", "292", "blue", FW))

/** First-less fragments, each of another datagram. */
static void
flood(struct bed *bed, unsigned int *id, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++, (*id)++)
		fragment_send(bed, *id & 1,
			      &(struct fragment){.spi = 291,
						 .id = (uint16_t)*id,
						 .source = 0x0a010000 + (*id >> 8),
						 .number = 1});
}

START_TEST(test_flood_of_one_tenant_costs_another_nothing)
{
	struct bed *bed = bed_open(FLOODED);
	unsigned int id = 0, got = 0, n = 0;

	for (unsigned int round = 0; round < 400; round++) {
		uint16_t blue = (uint16_t)round;

		flood(bed, &id, 50);
		fragment_send(
			bed, 0,
			&(struct fragment){.spi = 292, .id = blue, .number = 1, .last = true});
		pe_poll(bed->pe);
		flood(bed, &id, 50);
		pe_poll(bed->pe);
		fragment_send(bed, 1, &(struct fragment){.spi = 292, .id = blue});
		bed->now_ns += 1000000;
		n += 2;
		for (unsigned int i = 0; i < 3; i++)
			pe_poll(bed->pe);
		got += receive_both(bed);
	}
	bed_run(bed);
	got += receive_both(bed);
	ck_assert_uint_eq(got, n);
	ck_assert_uint_le(bed_number(bed, "fragments/datagrams"), 1024);
	ck_assert_uint_le(held(bed), 512);
	ck_assert_uint_gt(drops(bed, 0, "fragment-limit"), 30000);
	ck_assert_uint_eq(drops(bed, 1, "fragment-limit"), 0);
	bed_close(bed);
}
END_TEST

/* Within a tenant what came last is worth most: who sends in order gets through. */
START_TEST(test_flood_leaves_the_same_tenants_datagrams_that_come_at_once)
{
	struct bed *bed = bed_open(FLOODED);
	unsigned int id = 0, got = 0;

	for (unsigned int round = 0; round < 200; round++) {
		flood(bed, &id, 100);
		fragment_send(bed, 0, &(struct fragment){.spi = 291, .id = (uint16_t)round});
		flood(bed, &id, 50);
		fragment_send(
			bed, 1,
			&(struct fragment){
				.spi = 291, .id = (uint16_t)round, .number = 1, .last = true});
		for (unsigned int i = 0; i < 8; i++)
			pe_poll(bed->pe);
		got += receive_both(bed);
	}
	bed_run(bed);
	ck_assert_uint_ge(got + receive_both(bed), 380); /* a bucket has room for four */
	bed_close(bed);
}
END_TEST

/* Changes. */

START_TEST(test_reload_waits_for_those_that_wait)
{
	struct bed *bed = bed_open(PLAIN);

	for (uint16_t id = 0; id < 8; id++)
		fragment_send(bed, 0, &(struct fragment){.id = id, .number = 1, .last = true});
	bed_run(bed);
	ck_assert_uint_eq(epoch_in_flight(bed->pe->current), 8);
	for (uint16_t id = 0; id < 8; id++) /* come in under the new document */
		fragment_send(bed, 1, &(struct fragment){.id = id});
	ck_assert_int_eq(bed_reload(bed, PLAIN), 0);
	bed_run(bed);
	ck_assert_uint_eq(receive_both(bed), 16);
	for (uint16_t id = 8; id < 16; id++)
		fragment_send(bed, 0, &(struct fragment){.id = id, .number = 1, .last = true});
	bed_run(bed);
	bed->now_ns += 2000000000; /* their time is over while the new document waits */
	ck_assert_int_eq(bed_reload(bed, PLAIN), 0);
	ck_assert_uint_eq(drops(bed, 0, "fragment-time-out"), 8);
	ck_assert_int_ne(bed_reload(bed, DOCUMENT(TWO ", \"fragment_ms\": 100", RED,
						  STEPS("a", "291", "red", FW))),
			 0);
	ck_assert_ptr_nonnull(strstr(bed_error(), "/workers: "));
	bed_close(bed);
}
END_TEST

START_TEST(test_those_that_wait_when_all_ends_are_counted)
{
	struct bed *bed = bed_open(PLAIN);

	for (uint16_t id = 0; id < 8; id++)
		fragment_send(bed, id & 1, &(struct fragment){.id = id, .number = 1});
	bed_run(bed);
	for (unsigned int i = 0; i < 2; i++)
		fragments_abandon(bed->pe->workers[i]);
	ck_assert_uint_eq(drops(bed, 0, "shutdown"), 8);
	ck_assert_uint_eq(held(bed), 0);
	bed_close(bed);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("fragments");
	TCase *tcase = tcase_create("fragments");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_fragments_meet_whoever_received_them, 0, 8);
	tcase_add_test(tcase, test_later_fragments_share_the_fate_of_their_first);
	tcase_add_test(tcase, test_those_that_waited_come_right_behind_their_first);
	tcase_add_test(tcase, test_fragments_of_one_datagram_may_be_on_several_paths);
	tcase_add_test(tcase, test_datagram_may_come_on_two_paths);
	tcase_add_test(tcase, test_second_service_that_needs_ports_asks_no_more);
	tcase_add_test(tcase, test_fragments_go_back_to_the_worker_of_their_host);
	tcase_add_test(tcase, test_fragment_whose_first_does_not_come_is_dropped_in_time);
	tcase_add_test(tcase, test_overlap_poisons_also_what_waits);
	tcase_add_test(tcase, test_fragments_that_are_none_are_dropped_by_reason);
	tcase_add_loop_test(tcase, test_id_may_be_used_again, 0, 2);
	tcase_add_test(tcase, test_no_more_wait_than_may);
	tcase_add_test(tcase, test_one_datagram_lets_64_fragments_wait);
	tcase_add_test(tcase, test_flood_of_one_tenant_costs_another_nothing);
	tcase_add_test(tcase, test_flood_leaves_the_same_tenants_datagrams_that_come_at_once);
	tcase_add_test(tcase, test_reload_waits_for_those_that_wait);
	tcase_add_test(tcase, test_those_that_wait_when_all_ends_are_counted);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
