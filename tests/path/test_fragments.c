/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments through a whole PE with two workers. Port p0 is worker 0's, p1 worker 1's; a frame
 * leaves by the port it came in by. The firewall lets UDP to port 80 through, and nothing else: a
 * later fragment comes out only if it knows its first one's ports.
 */

#include "bed.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "frag/frag.h"
#include "pe/fragments.h"
#include "state/siphash.h"
#include "state/state.h"

#define DOCUMENT(WORKERS, TENANTS, PATHS)                                                          \
	"{\"version\": 1, \"workers\": {" WORKERS ", \"buffers\": 16384},"                         \
	" \"modules\": [\"%s\", \"firewall\"], \"tenants\": [" TENANTS "],"                        \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": \"p1\", \"type\": "       \
	"\"ring\"}],"                                                                              \
	" \"instances\": [{\"name\": \"fw\", \"service\": \"firewall\", \"config\": " WEB "},"     \
	"  {\"name\": \"fw2\", \"service\": \"firewall\", \"config\": " WEB "},"                   \
	"  {\"name\": \"one\", \"service\": \"probe\", \"config\": {\"count_hosts\": true}}],"     \
	" \"paths\": [" PATHS "]}"
#define WEB                                                                                        \
	"{\"rules\": [{\"action\": \"allow\", \"protocol\": \"udp\", \"to_port\": 80}],"           \
	" \"default\": \"drop\"}"
#define RED "{\"name\": \"red\"}"
#define TWO "\"cores\": [0, 1]"
#define STEPS(PATH, SPI, TENANT, LIST)                                                             \
	"{\"name\": \"" PATH "\", \"spi\": " SPI ", \"tenant\": \"" TENANT "\", \"steps\": [" LIST \
	"]}"
#define FW "{\"instance\": \"fw\"}"
#define FW2 "{\"instance\": \"fw2\"}"
#define ONE "{\"instance\": \"one\"}"
#define PLAIN DOCUMENT(TWO, RED, STEPS("a", "291", "red", FW))

enum { IP = 14 + 24 + 14, L4 = IP + 20, SIZE = 64, DATAGRAMS = 64 };

static const char *const ports[2] = {"p0", "p1"};

/** One fragment of SIZE bytes; number 0 is the first. */
struct fragment {
	uint32_t spi;
	uint16_t id, number, dport; /* port 80 if 0 */
	bool last;
	uint32_t source;
};

static struct frame
frame_of(const struct fragment *fragment)
{
	uint8_t payload[SIZE - 8] = {0};
	struct frame frame = frame_udp(&(struct frame_spec){
		.spi = fragment->spi,
		.source = fragment->source,
		.dport = fragment->dport != 0 ? fragment->dport : 80,
		.payload = payload,
		.payload_len = sizeof(payload),
	});
	unsigned int field = fragment->number * (SIZE / 8) | (fragment->last ? 0 : 0x2000);

	frame.bytes[IP + 4] = (uint8_t)(fragment->id >> 8);
	frame.bytes[IP + 5] = (uint8_t)fragment->id;
	frame.bytes[IP + 6] = (uint8_t)(field >> 8);
	frame.bytes[IP + 7] = (uint8_t)field;
	if (fragment->number != 0)
		memset(frame.bytes + L4, 0xee, SIZE);
	frame.bytes[L4 + 16] = (uint8_t)fragment->number; /* for the tests to see */
	return frame;
}

static void
send(struct bed *bed, unsigned int port, const struct fragment *fragment)
{
	struct frame frame = frame_of(fragment);

	bed_send(bed, ports[port], &frame);
}

static unsigned int
receive_both(struct bed *bed)
{
	return bed_receive_all(bed, "p0") + bed_receive_all(bed, "p1");
}

/** @return a reason's drops on a path. */
static uint64_t
drops(struct bed *bed, unsigned int path, const char *reason)
{
	char where[64];

	snprintf(where, sizeof(where), "paths/%u/drops/%s", path, reason);
	return bed_number(bed, where);
}

static uint64_t
held(struct bed *bed)
{
	return bed_number(bed, "workers/0/held") + bed_number(bed, "workers/1/held");
}

/* Both orders, each fragment by the one or the other worker's port. */
START_TEST(test_fragments_meet_whoever_received_them)
{
	struct bed *bed = bed_open(PLAIN);
	unsigned int first_port = _i & 1, later_port = _i >> 1 & 1;
	bool later_before = (_i & 4) != 0;

	for (uint16_t id = 0; id < DATAGRAMS; id++) {
		struct fragment first = {.id = id}, later = {.id = id, .number = 1, .last = true};

		send(bed, later_before ? later_port : first_port, later_before ? &later : &first);
		bed_run(bed);
		ck_assert_uint_eq(held(bed), later_before);
		send(bed, later_before ? first_port : later_port, later_before ? &first : &later);
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
		send(bed, 1, &(struct fragment){.id = id, .number = 1, .last = true});
		send(bed, 0, &(struct fragment){.id = id, .dport = 81});
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
		send(bed, 0, &(struct fragment){.id = 7, .number = number});
	bed_run(bed);
	ck_assert_uint_eq(held(bed), 30);
	send(bed, 0, &(struct fragment){.id = 7});
	send(bed, 0, &(struct fragment){.id = 7, .number = 31, .last = true});
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

	send(bed, 0, &(struct fragment){.spi = 292, .id = 7, .number = 1});
	send(bed, 1, &(struct fragment){.spi = 292, .id = 7, .number = 2, .last = true});
	bed_run(bed);
	ck_assert_uint_eq(held(bed), 2);
	send(bed, 0, &(struct fragment){.spi = 291, .id = 7});
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
		send(bed, 0,
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
		send(bed, 0, &(struct fragment){.id = id, .number = 1, .last = true});
	bed_run(bed);
	for (uint16_t id = 0; id < DATAGRAMS; id++)
		send(bed, 1, &(struct fragment){.id = id});
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

		send(bed, id & 1, &(struct fragment){.id = id, .source = host});
		bed_send(bed, ports[id & 1], &whole);
		send(bed, ~id & 1,
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
		send(bed, id & 1, &(struct fragment){.id = id, .number = 1});
	bed_run(bed);
	bed_sleep(bed, 499);
	ck_assert_uint_eq(held(bed), DATAGRAMS);
	ck_assert_uint_eq(drops(bed, 0, "fragment-time-out"), 0);
	bed_sleep(bed, 10);
	ck_assert_uint_eq(held(bed), 0);
	ck_assert_uint_eq(drops(bed, 0, "fragment-time-out"), DATAGRAMS);
	ck_assert_uint_eq(bed_number(bed, "fragments/datagrams"), 0);
	/* The first one alone is judged all the same, and later ones wait anew. */
	send(bed, 0, &(struct fragment){.id = 1});
	bed_run(bed);
	ck_assert_uint_eq(receive_both(bed), 1);
	bed_close(bed);
}
END_TEST

START_TEST(test_overlap_poisons_also_what_waits)
{
	struct bed *bed = bed_open(PLAIN);
	struct frame other = frame_of(&(struct fragment){.id = 7, .number = 1});

	send(bed, 0, &(struct fragment){.id = 7, .number = 1});
	send(bed, 1, &(struct fragment){.id = 7, .number = 3});
	bed_run(bed);
	ck_assert_uint_eq(held(bed), 2);
	other.bytes[IP + 7]++; /* 8 bytes on: into the next one */
	bed_send(bed, "p1", &other);
	bed_run(bed);
	ck_assert_uint_eq(held(bed), 0);
	ck_assert_uint_eq(drops(bed, 0, "fragment-overlap"), 3);
	send(bed, 0, &(struct fragment){.id = 7}); /* the first one comes too late */
	bed_run(bed);
	ck_assert_uint_eq(drops(bed, 0, "fragment-overlap"), 4);
	bed_sleep(bed, 2010); /* forgotten: another datagram */
	send(bed, 0, &(struct fragment){.id = 7});
	send(bed, 0, &(struct fragment){.id = 7, .number = 1, .last = true});
	bed_run(bed);
	ck_assert_uint_eq(receive_both(bed), 2);
	bed_close(bed);
}
END_TEST

START_TEST(test_fragments_that_are_none_are_dropped_by_reason)
{
	struct bed *bed = bed_open(PLAIN);
	struct frame frame = frame_of(&(struct fragment){.id = 7, .number = 1});

	frame.bytes[IP + 3] -= 1; /* 63 bytes, and more to come */
	bed_send(bed, "p0", &frame);
	frame = frame_of(&(struct fragment){.id = 7, .number = 1023, .last = true});
	frame.bytes[IP + 7] = 0xff; /* ends behind 65,535 */
	frame.bytes[IP + 6] = 0x1f;
	bed_send(bed, "p1", &frame);
	frame = frame_of(&(struct fragment){.id = 7, .number = 1});
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
			send(bed, _i == 0 ? 0 : 1 - (number != 0),
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
		send(bed, 0, &(struct fragment){.id = id, .number = 1, .last = true});
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
		send(bed, 0, &(struct fragment){.id = 7, .number = 1});
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
		send(bed, *id & 1,
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
		send(bed, 0, &(struct fragment){.spi = 292, .id = blue, .number = 1, .last = true});
		pe_poll(bed->pe);
		flood(bed, &id, 50);
		pe_poll(bed->pe);
		send(bed, 1, &(struct fragment){.spi = 292, .id = blue});
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
		send(bed, 0, &(struct fragment){.spi = 291, .id = (uint16_t)round});
		flood(bed, &id, 50);
		send(bed, 1,
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
		send(bed, 0, &(struct fragment){.id = id, .number = 1, .last = true});
	bed_run(bed);
	ck_assert_uint_eq(epoch_in_flight(bed->pe->current), 8);
	for (uint16_t id = 0; id < 8; id++) /* come in under the new document */
		send(bed, 1, &(struct fragment){.id = id});
	ck_assert_int_eq(bed_reload(bed, PLAIN), 0);
	bed_run(bed);
	ck_assert_uint_eq(receive_both(bed), 16);
	for (uint16_t id = 8; id < 16; id++)
		send(bed, 0, &(struct fragment){.id = id, .number = 1, .last = true});
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
		send(bed, id & 1, &(struct fragment){.id = id, .number = 1});
	bed_run(bed);
	for (unsigned int i = 0; i < 2; i++)
		fragments_abandon(bed->pe->workers[i]);
	ck_assert_uint_eq(drops(bed, 0, "shutdown"), 8);
	ck_assert_uint_eq(held(bed), 0);
	bed_close(bed);
}
END_TEST

START_TEST(test_datagrams_move_with_their_bucket)
{
	struct bed *bed = bed_open(PLAIN);
	uint64_t was;

	for (uint16_t id = 0; id < DATAGRAMS; id++) { /* half of them have their first one */
		if (id % 2 == 0)
			send(bed, 0, &(struct fragment){.id = id});
		send(bed, 1, &(struct fragment){.id = id, .number = 1});
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
			send(bed, 0, &(struct fragment){.id = id});
		send(bed, 1, &(struct fragment){.id = id, .number = 2, .last = true});
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

	send(bed, from, &later);
	bed_run(bed);
	pe_move_bucket(bed->pe, bucket, to);
	for (enum move_state state = MOVE_ASKED; state <= stage; state++) {
		bed_bring_to(bed, state);
		for (unsigned int port = 0; port < 2; port++) {
			struct frame frame = frame_of(&later);

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
		send(bed, 0, &(struct fragment){.id = 7});
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
	send(model->bed, model->port,
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
	send(bed, (unsigned int)(flow - flows) % 2, &fragment);
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
	tcase_add_test(tcase, test_datagrams_move_with_their_bucket);
	tcase_add_loop_test(tcase, test_what_waits_is_accounted_for_at_every_stage, 0, 12);
	tcase_add_loop_test(tcase, test_every_order_of_polls_and_fragments, 0, 4);
	tcase_add_loop_test(tcase, test_fragments_flow_while_their_buckets_and_hosts_move, 0, 4);
	suite_add_tcase(suite, tcase);
	return bed_main(suite);
}
