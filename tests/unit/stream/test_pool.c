/* SPDX-License-Identifier: BSD-3-Clause */
/* Chunks: their limits, and their way home from other workers. */

#include "stream/pool.h"

#include <pthread.h>
#include <string.h>

#include "unit.h"

#define ALL ((size_t)64 << 10)

static struct stream_pool *pool, *other;
static enum wp_cap cap;

static void
open_pools(void)
{
	const struct stream_pool_limits limits = {

		.all = ALL, .tenant = ALL / 2, .n_tenants = 4};

	ck_assert_int_eq(stream_pool_create(&limits, &pool), 0);
	ck_assert_int_eq(stream_pool_create(&limits, &other), 0);
}

static void
close_pools(void)
{
	stream_pool_destroy(pool);
	stream_pool_destroy(other);
}

/** Takes chunks of a tenant until there are none. @return how many */
static unsigned int
take_all(uint16_t tenant, size_t want, struct stream_chunk **chunks)
{
	unsigned int n = 0;

	while ((chunks[n] = stream_pool_take(pool, tenant, want, &cap)) != NULL)
		n++;
	return n;
}

START_TEST(test_limits_of_tenants_and_of_all)
{
	struct stream_chunk *chunks[300];
	unsigned int n;

	n = take_all(1, STREAM_CHUNK_LARGE, chunks);
	ck_assert_uint_eq(n, 16);
	ck_assert_uint_eq(cap, WP_CAP_TENANT);
	n += take_all(2, 100, chunks + n);
	ck_assert_uint_eq(n, 16 + 128);
	ck_assert_uint_eq(take_all(3, 100, chunks + n), 0);
	ck_assert_uint_eq(cap, WP_CAP_WORKER);
	ck_assert_uint_eq(stream_pool_used(pool), ALL);
	for (unsigned int i = 0; i < n; i++)
		stream_pool_give(pool, chunks[i]);
	ck_assert_uint_eq(stream_pool_used(pool), 0);
	ck_assert_uint_eq(take_all(3, 100, chunks), 128);
}
END_TEST

START_TEST(test_chunks_do_not_overlap)
{
	struct stream_chunk *chunks[300];
	unsigned int n = take_all(1, 300, chunks);

	n += take_all(2, 10, chunks + n);
	for (unsigned int i = 0; i < n; i++)
		memset(chunks[i] + 1, (int)i, chunks[i]->size - sizeof(*chunks[i]));
	for (unsigned int i = 0; i < n; i++) {
		const uint8_t *bytes = (const uint8_t *)(chunks[i] + 1);

		for (size_t j = 0; j < chunks[i]->size - sizeof(*chunks[i]); j++)
			ck_assert_uint_eq(bytes[j], (uint8_t)i);
	}
}
END_TEST

static void *
give_back(void *arg)
{
	struct stream_chunk **chunks = arg;

	for (unsigned int i = 0; chunks[i] != NULL; i++)
		stream_pool_give(other, chunks[i]);
	return NULL;
}

START_TEST(test_another_worker_gives_back)
{
	struct stream_chunk *chunks[300];
	pthread_t thread;

	for (unsigned int round = 0; round < 50; round++) {
		ck_assert_uint_eq(take_all(1, STREAM_CHUNK_LARGE, chunks), 16);
		ck_assert_int_eq(pthread_create(&thread, NULL, give_back, chunks), 0);
		ck_assert_int_eq(pthread_join(thread, NULL), 0);
	}
	ck_assert_uint_eq(stream_pool_used(other), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("pool");

	tcase_add_checked_fixture(tcase, open_pools, close_pools);
	tcase_add_test(tcase, test_limits_of_tenants_and_of_all);
	tcase_add_test(tcase, test_chunks_do_not_overlap);
	tcase_add_test(tcase, test_another_worker_gives_back);
	return unit_main("stream pool", tcase);
}
