/* SPDX-License-Identifier: BSD-3-Clause */
/* The ring between a worker and the log thread, with a thread at each end. */

#include "pe/event_ring.h"

#include <pthread.h>
#include <sched.h>

#include "unit.h"

enum { RING = 1 << 12, RECORDS = 300000, SIZE_MAX_ = 192 };

static const struct instance *const owner = (const struct instance *)&owner;

/** @return the size of record @p i: all of them, in no simple order. */
static uint16_t
size_of(uint32_t i)
{
	return (uint16_t)(4 + (i * 2654435761u >> 8) % (SIZE_MAX_ - 3));
}

static void
fill(uint8_t *record, uint32_t i)
{
	memset(record, (int)(i * 31 & 0xff), SIZE_MAX_);
	memcpy(record, &i, sizeof(i));
}

static void *
produce(void *arg)
{
	struct event_ring *ring = arg;
	uint8_t record[SIZE_MAX_];

	for (uint32_t i = 0; i < RECORDS; i++) {
		fill(record, i);
		while (!event_ring_put(ring, owner, i, record, size_of(i)))
			sched_yield();
	}
	return NULL;
}

/** Takes what is there, and checks it against what was put in. @return the number of the next */
static uint32_t
consume(struct event_ring *ring, uint32_t i)
{
	uint64_t at = atomic_load(&ring->tail), end = at + event_ring_used(ring);
	const struct event_header *header;
	uint8_t record[SIZE_MAX_];

	while ((header = event_ring_next(ring, &at, end)) != NULL) {
		fill(record, i);
		ck_assert_ptr_eq(header->instance, owner);
		ck_assert_uint_eq(header->time_ns, i);
		ck_assert_uint_eq(header->size, size_of(i));
		ck_assert_mem_eq(header + 1, record, header->size);
		event_ring_take(ring, at);
		i++;
	}
	return i;
}

START_TEST(test_every_record_comes_out_whole_and_in_order)
{
	struct event_ring ring = {0};
	pthread_t thread;
	uint32_t i = 0;

	ck_assert_int_eq(event_ring_open(&ring, RING), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, produce, &ring), 0);
	while (i < RECORDS) {
		uint32_t before = i;

		i = consume(&ring, i);
		if (i == before)
			sched_yield();
	}
	pthread_join(thread, NULL);
	ck_assert_uint_eq(event_ring_used(&ring), 0);
	event_ring_close(&ring);
}
END_TEST

START_TEST(test_full_ring_refuses_and_stays_as_it_is)
{
	struct event_ring ring = {0};
	uint8_t record[SIZE_MAX_];
	uint32_t n = 0;

	ck_assert_int_eq(event_ring_open(&ring, RING), 0);
	for (;; n++) {
		fill(record, n);
		if (!event_ring_put(&ring, owner, n, record, size_of(n)))
			break;
	}
	ck_assert_uint_ge(n, RING / (SIZE_MAX_ + sizeof(struct event_header)));
	ck_assert_uint_le(event_ring_used(&ring), RING);
	ck_assert(!event_ring_put(&ring, owner, n, record, SIZE_MAX_));
	ck_assert_uint_eq(consume(&ring, 0), n);
	fill(record, n);
	ck_assert(event_ring_put(&ring, owner, n, record, size_of(n)));
	ck_assert_uint_eq(consume(&ring, n), n + 1);
	event_ring_close(&ring);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("event ring");

	tcase_add_test(tcase, test_every_record_comes_out_whole_and_in_order);
	tcase_add_test(tcase, test_full_ring_refuses_and_stays_as_it_is);
	return unit_main("event ring", tcase);
}
