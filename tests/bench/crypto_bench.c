/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TSC cycles a packet of the AEAD, both backends, sealing and opening, beside what the library
 * under it takes for the same calls by itself: the difference is what our layer costs. Bursts of 32
 * in buffers of their own that stay in cache. Rounds of all contestants alternate; medians and
 * best.
 *
 * usage: crypto_bench [ROUNDS]
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include <intel-ipsec-mb.h>

#include "crypto/aead.h"

enum { BURST = 32, BURSTS = 50, ROUNDS_MAX = 2001, ROOM = 2048, N_SIZES = 3, AAD = 12 };

static const uint32_t sizes[N_SIZES] = {64, 256, 1420};
static const char *const backends[] = {"ipsec-mb", "openssl", "bare ipsec-mb"};
enum { N_BACKENDS = 3, BARE = 2 };

/** One line of the table: a backend, an algorithm, a direction. */
struct line {
	unsigned int backend;
	enum wp_aead_alg alg;
	bool open;
	struct wp_aead *aead;       /* NULL for the bare library */
	uint64_t *samples[N_SIZES]; /* cycles of BURSTS bursts */
};

static uint8_t buffers[BURST][ROOM] __attribute__((aligned(64)));
static uint8_t tags[BURST][16], aads[BURST][AAD];
static struct wp_aead_job jobs[BURST];
static struct gcm_key_data bare_keys[WP_N_AEAD_ALGS];
static IMB_MGR *manager;
static uint8_t key[36];

static void
fill_jobs(const struct line *line, uint32_t size)
{
	for (unsigned int i = 0; i < BURST; i++)
		jobs[i] = (struct wp_aead_job){.aead = line->aead,
					       .text = buffers[i],
					       .aad = aads[i],
					       .aad_len = AAD,
					       .tag = tags[i],
					       .len = size,
					       .iv = i};
}

/** The least that has to be done: nonce, library call, and for opening the comparison. */
static void
run_bare(const struct line *line)
{
	const struct gcm_key_data *bare = &bare_keys[line->alg];
	struct gcm_context_data context;

	for (unsigned int i = 0; i < BURST; i++) {
		struct wp_aead_job *job = &jobs[i];
		uint8_t nonce[16] = {0}, tag[16];

		memcpy(nonce + 4, &job->iv, 8);
		if (line->alg == WP_AES_128_GCM && !line->open)
			IMB_AES128_GCM_ENC(manager, bare, &context, job->text, job->text, job->len,
					   nonce, job->aad, AAD, job->tag, 16);
		else if (!line->open)
			IMB_AES256_GCM_ENC(manager, bare, &context, job->text, job->text, job->len,
					   nonce, job->aad, AAD, job->tag, 16);
		else if (line->alg == WP_AES_128_GCM)
			IMB_AES128_GCM_DEC(manager, bare, &context, job->text, job->text, job->len,
					   nonce, job->aad, AAD, tag, 16);
		else
			IMB_AES256_GCM_DEC(manager, bare, &context, job->text, job->text, job->len,
					   nonce, job->aad, AAD, tag, 16);
		if (line->open)
			job->status = memcmp(tag, job->tag, 16) == 0 ? 0 : -1;
	}
}

static void
run_burst(const struct line *line)
{
	if (line->aead == NULL)
		run_bare(line);
	else if (line->open)
		wp_aead_open(jobs, BURST, 0);
	else
		wp_aead_seal(jobs, BURST, 0);
}

/**
 * Opening in place spoils the text, so the tags fit the first time only: the time is the same, as
 * they are compared to their end.
 */
static void
measure(const struct line *line, unsigned int size, unsigned int round)
{
	uint64_t start;

	fill_jobs(line, sizes[size]);
	run_burst(line);
	start = __rdtsc();
	for (unsigned int i = 0; i < BURSTS; i++)
		run_burst(line);
	line->samples[size][round] = __rdtsc() - start;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
print_line(const struct line *line, unsigned int rounds)
{
	printf("%-26s %-12s %-5s",
	       line->aead == NULL ? backends[line->backend] : wp_aead_backend(line->aead),
	       wp_aead_alg_name(line->alg), line->open ? "open" : "seal");
	for (unsigned int size = 0; size < N_SIZES; size++) {
		uint64_t *samples = line->samples[size];

		qsort(samples, rounds, sizeof(samples[0]), compare);
		printf("  %7.1f %7.1f", (double)samples[rounds / 2] / (BURSTS * BURST),
		       (double)samples[0] / (BURSTS * BURST));
	}
	putchar('\n');
}

/** @return whether the backend runs here. */
static bool
make_line(struct line *line, unsigned int backend, enum wp_aead_alg alg, bool open)
{
	*line = (struct line){.backend = backend, .alg = alg, .open = open};
	if (backend == BARE ? manager == NULL
			    : wp_aead_create(alg, key, 1, backends[backend], &line->aead) != 0)
		return false;
	for (unsigned int size = 0; size < N_SIZES; size++) {
		line->samples[size] = calloc(ROUNDS_MAX, sizeof(uint64_t));
		if (line->samples[size] == NULL)
			exit(EXIT_FAILURE);
	}
	return true;
}

static void
make_bare(void)
{
	struct wp_aead *probe;

	if (wp_aead_create(WP_AES_128_GCM, key, 1, "ipsec-mb", &probe) != 0)
		return; /* it does not run here */
	wp_aead_destroy(probe);
	manager = alloc_mb_mgr(0);
	if (manager == NULL)
		return;
	init_mb_mgr_auto(manager, NULL);
	IMB_AES128_GCM_PRE(manager, key, &bare_keys[WP_AES_128_GCM]);
	IMB_AES256_GCM_PRE(manager, key, &bare_keys[WP_AES_256_GCM]);
}

int
main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? (unsigned int)atoi(argv[1]) : 201, n = 0;
	struct line lines[N_BACKENDS * WP_N_AEAD_ALGS * 2];

	if (rounds == 0 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: crypto_bench [ROUNDS], 1 to %d\n", ROUNDS_MAX);
		return EXIT_FAILURE;
	}
	for (unsigned int i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 37 + 1);
	make_bare();
	for (unsigned int alg = 0; alg < WP_N_AEAD_ALGS; alg++)
		for (unsigned int open = 0; open < 2; open++)
			for (unsigned int backend = 0; backend < N_BACKENDS; backend++)
				n += make_line(&lines[n], backend, (enum wp_aead_alg)alg, open);
	for (unsigned int round = 0; round < rounds; round++)
		for (unsigned int size = 0; size < N_SIZES; size++)
			for (unsigned int i = 0; i < n; i++)
				measure(&lines[i], size, round);
	printf("TSC cycles a packet, %u rounds, median and best%17s %15u %15u\n", rounds, "64 B",
	       256u, 1420u);
	for (unsigned int i = 0; i < n; i++) {
		print_line(&lines[i], rounds);
		wp_aead_destroy(lines[i].aead);
		for (unsigned int size = 0; size < N_SIZES; size++)
			free(lines[i].samples[size]);
	}
	if (manager != NULL)
		free_mb_mgr(manager);
	return EXIT_SUCCESS;
}
