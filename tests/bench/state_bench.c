/* SPDX-License-Identifier: BSD-3-Clause */
/* What a hash and a look-up cost a packet: ns and TSC cycles, best of many runs. Prints two tables;
 * pin it to a quiet core: taskset -c 1 build/tests/bench/state_bench. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#include "state/siphash.h"
#include "state/state.h"

enum { RUNS = 15, HASHES = 20000, LOOKUPS = 1 << 18, KEY_SIZE = 13, N_KEYS = 1 << 20 };

static const struct wp_hash_key hash_key = {.k0 = 0x243f6a8885a308d3, .k1 = 0x13198a2e03707344};
static const struct wp_table_decl flows = {
	.name = "flows",
	.version = 1,
	.class = WP_FLOW,
	.key = {WP_KEY_ADDR, WP_KEY_ADDR, WP_KEY_PORT, WP_KEY_PORT, WP_KEY_U8},
	.value_size = 64,
};

static uint64_t sink; /* what is measured must be used */

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/** @return TSC cycles in one ns. */
static double
tsc_rate(void)
{
	uint64_t start_ns = now_ns(), start = __rdtsc();

	while (now_ns() - start_ns < 50000000)
		;
	return (double)(__rdtsc() - start) / (double)(now_ns() - start_ns);
}

static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/** @return cycles a hash of @p size bytes takes, 32 keys in turn */
static double
measure_hash(size_t size, bool bulk)
{
	static uint8_t keys[WP_BURST_MAX][64];
	const void *data[WP_BURST_MAX];
	uint64_t out[WP_BURST_MAX];
	double best = 1e9;

	for (unsigned int i = 0; i < WP_BURST_MAX; i++)
		data[i] = keys[i];
	for (unsigned int run = 0; run < RUNS; run++) {
		uint64_t start = __rdtsc();
		double clk;

		for (unsigned int round = 0; round < HASHES; round++) {
			keys[round % WP_BURST_MAX][0]++;
			if (bulk)
				wp_siphash_bulk(&hash_key, data, size, out, WP_BURST_MAX);
			for (unsigned int i = 0; !bulk && i < WP_BURST_MAX; i++)
				out[i] = wp_siphash(&hash_key, data[i], size);
			sink += out[round % WP_BURST_MAX];
		}
		clk = (double)(__rdtsc() - start) / HASHES / WP_BURST_MAX;
		best = clk < best ? clk : best;
	}
	return best;
}

static void
print_hashes(double rate)
{
	static const size_t sizes[] = {16, 40, 48};

	printf("SipHash-1-3 (%s)\n%8s  %10s %10s  %10s %10s\n", wp_siphash_isa(), "bytes",
	       "single ns", "clk", "bulk ns", "clk");
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		double single = measure_hash(sizes[i], false), bulk = measure_hash(sizes[i], true);

		printf("%8zu  %10.1f %10.1f  %10.1f %10.1f\n", sizes[i], single / rate, single,
		       bulk / rate, bulk);
	}
}

/** Makes a table of n flows with random keys. */
static struct wp_table *
fill(uint32_t n, uint8_t (*keys)[KEY_SIZE])
{
	const struct wp_table_limits limits = {.max_entries = n};
	struct wp_core core = {.instance = 1};
	struct wp_table *table;
	uint64_t random = 88172645463325252;
	struct wp_entry *entry;

	if (wp_table_create(&flows, &limits, &hash_key, 1, &table) != 0)
		exit(EXIT_FAILURE);
	for (uint32_t i = 0; i < n; i++) {
		for (unsigned int j = 0; j < KEY_SIZE; j++)
			keys[i][j] = (uint8_t)next_random(&random);
		if (wp_table_insert(&core, table, 0, 0, 4, keys[i], NULL, &entry) != 0)
			exit(EXIT_FAILURE);
	}
	return table;
}

/** Looks LOOKUPS flows up, in an order without pattern, and reads their values. @return cycles a
 * look-up takes */
static double
measure_lookups(struct wp_table *table, uint32_t n, uint8_t (*keys)[KEY_SIZE], unsigned int burst,
		uint64_t *random)
{
	static struct wp_keys keys_out;
	struct wp_key *wanted[WP_BURST_MAX];
	uint64_t clk = 0;

	for (unsigned int done = 0; done < LOOKUPS; done += burst) {
		uint8_t packets[WP_BURST_MAX][KEY_SIZE]; /* in the cache */
		uint64_t start;

		for (unsigned int i = 0; i < burst; i++)
			memcpy(packets[i], keys[(next_random(random) >> 32) * n >> 32], KEY_SIZE);
		start = __rdtsc();
		keys_out.n = 0;
		memset(keys_out.n_slots, 0, sizeof(keys_out.n_slots));
		for (uint16_t i = 0; i < burst; i++) {
			memcpy(wp_key_ask(&keys_out, i, 0, 4), packets[i], KEY_SIZE);
			wanted[i] = &keys_out.keys[i];
			wp_table_address(table, wanted[i], 1, 0);
		}
		wp_table_resolve(&table, wanted, burst);
		for (unsigned int i = 0; i < burst; i++)
			sink += *(const uint64_t *)wp_value(wanted[i]->entry);
		clk += __rdtsc() - start;
	}
	return (double)clk / LOOKUPS;
}

/** Measures bursts of 32 and, for the same 32, one by one; the price of the clock is taken off. */
static void
print_lookups(double rate, uint32_t n, uint8_t (*keys)[KEY_SIZE])
{
	struct wp_table *table = fill(n, keys);
	uint64_t random = 2463534242;
	double single = 1e9, bulk = 1e9, tsc = 1e9;

	for (unsigned int run = 0; run < RUNS; run++) {
		uint64_t start = __rdtsc();
		double one, many;

		for (unsigned int i = 0; i < 1000; i++)
			sink += __rdtsc();
		one = (double)(__rdtsc() - start) / 1000;
		tsc = one < tsc ? one : tsc;
		one = measure_lookups(table, n, keys, 1, &random) - tsc;
		many = measure_lookups(table, n, keys, WP_BURST_MAX, &random) - tsc / WP_BURST_MAX;
		single = one < single ? one : single;
		bulk = many < bulk ? many : bulk;
	}
	printf("%8u  %10.1f %10.1f  %10.1f %10.1f\n", n, single / rate, single, bulk / rate, bulk);
	wp_table_destroy(table);
}

int
main(void)
{
	static const uint32_t sizes[] = {1000, 100000, 1000000};
	uint8_t(*keys)[KEY_SIZE] = malloc((size_t)N_KEYS * KEY_SIZE);
	double rate = tsc_rate();

	if (keys == NULL)
		return EXIT_FAILURE;
	printf("1 ns = %.3f clk; hash, look-up and first touch of a 64-byte value; v4 5-tuples\n\n",
	       rate);
	print_hashes(rate);
	printf("\nlook-up\n%8s  %10s %10s  %10s %10s\n", "entries", "single ns", "clk", "by 32 ns",
	       "clk");
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		print_lookups(rate, sizes[i], keys);
	free(keys);
	return sink == 1 ? EXIT_FAILURE : EXIT_SUCCESS;
}
