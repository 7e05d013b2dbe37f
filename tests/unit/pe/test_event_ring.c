/* SPDX-License-Identifier: BSD-3-Clause */
/* The ring between a worker and the log thread, with a thread at each end. */

#include "pe/event_ring.h"

#include <pthread.h>
#include <sched.h>

#include "service.h"
#include "unit.h"

enum { RING = 1 << 16, RECORDS = 300000 };

static const struct instance *const owner = (const struct instance *)&owner;

/** @return the size of record @p i: mostly small, all there are, in no simple order. */
static uint16_t
size_of(uint32_t i)
{
	uint32_t most = i % 32 == 31 ? WP_EVENT_SIZE_MAX : 192;

	return (uint16_t)(4 + (i * 2654435761u >> 8) % (most - 3));
}

static void
fill(uint8_t *record, uint32_t i)
{
	memset(record, (int)(i * 31 & 0xff), size_of(i));
	memcpy(record, &i, sizeof(i));
}

static void *
produce(void *arg)
{
	struct event_ring *ring = arg;
	uint8_t record[WP_EVENT_SIZE_MAX];

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
	uint8_t record[WP_EVENT_SIZE_MAX];

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
	uint8_t record[WP_EVENT_SIZE_MAX];
	uint32_t n = 0;

	ck_assert_int_eq(event_ring_open(&ring, RING), 0);
	for (;; n++) {
		fill(record, n);
		if (!event_ring_put(&ring, owner, n, record, size_of(n)))
			break;
	}
	ck_assert_uint_ge(n, RING / (WP_EVENT_SIZE_MAX + sizeof(struct event_header)));
	ck_assert_uint_le(event_ring_used(&ring), RING);
	ck_assert(!event_ring_put(&ring, owner, n, record, size_of(n)));
	ck_assert_uint_eq(consume(&ring, 0), n);
	fill(record, n);
	ck_assert(event_ring_put(&ring, owner, n, record, size_of(n)));
	ck_assert_uint_eq(consume(&ring, n), n + 1);
	event_ring_close(&ring);
}
END_TEST

START_TEST(test_records_of_all_sizes_fit_everywhere)
{
	struct event_ring ring = {0};
	static uint8_t record[WP_EVENT_SIZE_MAX];
	const struct event_header *header;

	ck_assert_int_eq(event_ring_open(&ring, RING), 0);
	for (uint32_t size = 1; size <= WP_EVENT_SIZE_MAX; size++) {
		uint64_t at = atomic_load(&ring.tail), end;

		record[size - 1] = (uint8_t)size;
		ck_assert(event_ring_put(&ring, owner, size, record, (uint16_t)size));
		end = at + event_ring_used(&ring);
		header = event_ring_next(&ring, &at, end);
		ck_assert_ptr_nonnull(header);
		ck_assert_uint_eq(header->size, size);
		ck_assert_uint_eq((uintptr_t)header % 8, 0);
		ck_assert_mem_eq(header + 1, record, size);
		ck_assert_uint_eq(at, end);
		event_ring_take(&ring, at);
	}
	event_ring_close(&ring);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("event ring");

	tcase_add_test(tcase, test_every_record_comes_out_whole_and_in_order);
	tcase_add_test(tcase, test_full_ring_refuses_and_stays_as_it_is);
	tcase_add_test(tcase, test_records_of_all_sizes_fit_everywhere);
	return unit_main("event ring", tcase);
}
