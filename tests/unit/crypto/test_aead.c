/* SPDX-License-Identifier: BSD-3-Clause */
/* AES-GCM: the backends against each other, forgeries, workers, bursts of several keys, wiping. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/aead.h"
#include "unit.h"

static const char *const backends[] = {"ipsec-mb", "openssl"};

/** @return a key for one backend; the test is over when it does not run here. */
static struct wp_aead *
make(enum wp_aead_alg alg, const uint8_t *key, const char *backend)
{
	struct wp_aead *aead = NULL;
	int err = wp_aead_create(alg, key, 2, backend, &aead);

	ck_assert(err == 0 || err == -ENOTSUP);
	return aead;
}

/* Ours against ours. */

START_TEST(test_backends_agree_on_every_length)
{
	uint8_t key[36], text[2100], copy[2100], tags[2][16], aad[12];
	enum wp_aead_alg alg = (enum wp_aead_alg)_i;
	struct wp_aead *aeads[2];

	srand((unsigned int)_i);
	for (unsigned int i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)rand();
	for (unsigned int i = 0; i < 2; i++)
		aeads[i] = make(alg, key, backends[i]);
	for (uint32_t n = 0; n <= 2048 && aeads[0] != NULL; n++) {
		struct wp_aead_job jobs[2];

		for (uint32_t i = 0; i < n; i++)
			text[i] = copy[i] = (uint8_t)rand();
		for (unsigned int i = 0; i < 12; i++)
			aad[i] = (uint8_t)rand();
		for (unsigned int i = 0; i < 2; i++)
			jobs[i] = (struct wp_aead_job){.aead = aeads[i],
						       .text = i == 0 ? text : copy,
						       .len = n,
						       .tag = tags[i],
						       .aad = aad,
						       .aad_len = n % 2 == 0 ? 8 : 12,
						       .iv = n};
		wp_aead_seal(jobs, 2, 0);
		ck_assert_mem_eq(text, copy, n);
		ck_assert_mem_eq(tags[0], tags[1], 16);
		jobs[0].aead = aeads[1];
		jobs[1].aead = aeads[0];
		tags[1][n % 16] ^= 1;
		wp_aead_open(jobs, 2, 1);
		ck_assert_int_eq(jobs[0].status, 0);
		ck_assert_int_eq(jobs[1].status, -EBADMSG);
	}
	wp_aead_destroy(aeads[0]);
	wp_aead_destroy(aeads[1]);
}
END_TEST

START_TEST(test_any_changed_bit_is_noticed)
{
	uint8_t key[36] = {1}, text[32], sealed[32], tag[16], sealed_tag[16], aad[8] = {9};
	struct wp_aead *aead = make(WP_AES_256_GCM, key, backends[_i]);
	struct wp_aead_job job = {.aead = aead,
				  .text = text,
				  .len = 32,
				  .tag = tag,
				  .aad = aad,
				  .aad_len = 8,
				  .iv = 5};

	if (aead == NULL)
		return;
	memset(text, 7, sizeof(text));
	wp_aead_seal(&job, 1, 0);
	memcpy(sealed, text, sizeof(text));
	memcpy(sealed_tag, tag, sizeof(tag));
	for (unsigned int bit = 0; bit < 8 * (32 + 16 + 8 + 8); bit++) {
		uint8_t *where[] = {text, text + 8, text + 16, text + 24,
				    tag,  tag + 8,  aad,       (uint8_t *)&job.iv};
		uint8_t *byte = &where[bit / 64][bit / 8 % 8];

		memcpy(text, sealed, sizeof(text));
		memcpy(tag, sealed_tag, sizeof(tag));
		*byte ^= (uint8_t)(1 << bit % 8);
		wp_aead_open(&job, 1, 0);
		ck_assert_int_eq(job.status, -EBADMSG);
		if (bit / 64 >= 6)
			*byte ^= (uint8_t)(1 << bit % 8);
	}
	wp_aead_destroy(aead);
}
END_TEST

START_TEST(test_wrong_use_is_refused)
{
	uint8_t key[36] = {0};
	struct wp_aead *aead = NULL;

	ck_assert_int_eq(wp_aead_create(WP_N_AEAD_ALGS, key, 1, NULL, &aead), -EINVAL);
	ck_assert_int_eq(wp_aead_create(WP_AES_128_GCM, key, 0, NULL, &aead), -EINVAL);
	ck_assert_int_eq(wp_aead_create(WP_AES_128_GCM, key, 1, "rot13", &aead), -ENOTSUP);
	ck_assert_ptr_null(aead);
	wp_aead_destroy(NULL);
}
END_TEST

START_TEST(test_best_backend_says_what_it_is)
{
	uint8_t key[36] = {0};
	struct wp_aead *best = NULL, *mb = make(WP_AES_256_GCM, key, "ipsec-mb");

	ck_assert_int_eq(wp_aead_create(WP_AES_256_GCM, key, 1, NULL, &best), 0);
	ck_assert_str_eq(wp_aead_backend(best), mb != NULL ? wp_aead_backend(mb) : "openssl (evp)");
	ck_assert_ptr_nonnull(strchr(wp_aead_backend(best), '('));
	ck_assert_int_eq(wp_aead_alg(best), WP_AES_256_GCM);
	ck_assert_str_eq(wp_aead_alg_name(WP_AES_256_GCM), "aes-256-gcm");
	ck_assert_uint_eq(wp_aead_key_size(WP_AES_128_GCM), 20);
	wp_aead_destroy(best);
	wp_aead_destroy(mb);
}
END_TEST

/* Bursts. */

enum { BURST = 32, N_KEYS = 5, LEN = 100 };

/** All algorithms on all backends, as far as they run here. */
static unsigned int
make_keys(struct wp_aead **aeads, unsigned int n_workers)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < 2 * WP_N_AEAD_ALGS; i++) {
		uint8_t key[36];

		memset(key, (int)i + 1, sizeof(key));
		n += wp_aead_create((enum wp_aead_alg)(i / 2), key, n_workers, backends[i % 2],
				    &aeads[n]) == 0;
	}
	return n;
}

/** A burst's buffers. */
struct burst {
	uint8_t texts[BURST][LEN], tags[BURST][16], aads[BURST][8];
	struct wp_aead_job jobs[BURST];
};

static void
fill_burst(struct burst *burst, struct wp_aead *const *aeads, unsigned int n_aeads, uint64_t iv)
{
	memset(burst, (int)iv & 0x7f, sizeof(*burst));
	for (unsigned int i = 0; i < BURST; i++)
		burst->jobs[i] = (struct wp_aead_job){
			.aead = aeads[(i / 3 * 7 + i) % n_aeads], /* runs of one, two and three */
			.text = burst->texts[i],
			.len = LEN - i,
			.tag = burst->tags[i],
			.aad = burst->aads[i],
			.aad_len = 8,
			.iv = iv + i};
}

START_TEST(test_burst_of_several_keys_is_as_one_by_one)
{
	struct wp_aead *aeads[N_KEYS];
	unsigned int n = make_keys(aeads, 1);
	struct burst together, alone;

	ck_assert_uint_ge(n, WP_N_AEAD_ALGS);
	for (unsigned int size = 0; size <= BURST; size++) {
		fill_burst(&together, aeads, n, size);
		fill_burst(&alone, aeads, n, size);
		wp_aead_seal(together.jobs, size, 0);
		for (unsigned int i = 0; i < size; i++)
			wp_aead_seal(&alone.jobs[i], 1, 0);
		ck_assert_mem_eq(together.texts, alone.texts, sizeof(alone.texts));
		ck_assert_mem_eq(together.tags, alone.tags, sizeof(alone.tags));
		/* One forged packet is that packet's matter alone. */
		if (size > 0)
			together.tags[size / 2][15] ^= 0x80;
		wp_aead_open(together.jobs, size, 0);
		for (unsigned int i = 0; i < size; i++) {
			ck_assert_int_eq(together.jobs[i].status, i == size / 2 ? -EBADMSG : 0);
			if (i != size / 2)
				ck_assert_uint_eq(together.texts[i][0], size);
		}
	}
	for (unsigned int i = 0; i < n; i++)
		wp_aead_destroy(aeads[i]);
}
END_TEST

/* Workers. */

enum { WORKERS = 4, ROUNDS = 300 };

struct thread {
	pthread_t thread;
	struct wp_aead *const *aeads;
	unsigned int n_aeads, worker, bad;
};

/** Seals and opens what no other thread does; counts what did not come back as it was. */
static void *
work(void *arg)
{
	struct thread *thread = arg;
	struct burst burst, clear;

	for (uint64_t round = 0; round < ROUNDS; round++) {
		uint64_t iv = (round * WORKERS + thread->worker) * BURST;

		fill_burst(&burst, thread->aeads, thread->n_aeads, iv);
		fill_burst(&clear, thread->aeads, thread->n_aeads, iv);
		wp_aead_seal(burst.jobs, BURST, thread->worker);
		thread->bad += memcmp(burst.texts, clear.texts, sizeof(clear.texts)) == 0;
		wp_aead_open(burst.jobs, BURST, thread->worker);
		for (unsigned int i = 0; i < BURST; i++)
			thread->bad += burst.jobs[i].status != 0;
		thread->bad += memcmp(burst.texts, clear.texts, sizeof(clear.texts)) != 0;
	}
	return NULL;
}

START_TEST(test_workers_use_a_key_at_the_same_time)
{
	struct wp_aead *aeads[N_KEYS];
	unsigned int n = make_keys(aeads, WORKERS);
	struct thread threads[WORKERS];

	for (unsigned int i = 0; i < WORKERS; i++) {
		threads[i] = (struct thread){.aeads = aeads, .n_aeads = n, .worker = i};
		ck_assert_int_eq(pthread_create(&threads[i].thread, NULL, work, &threads[i]), 0);
	}
	for (unsigned int i = 0; i < WORKERS; i++) {
		pthread_join(threads[i].thread, NULL);
		ck_assert_uint_eq(threads[i].bad, 0);
	}
	for (unsigned int i = 0; i < n; i++)
		wp_aead_destroy(aeads[i]);
}
END_TEST

/* Wiping. */

/** @return how often the key, given inverted so as not to find itself, is in a mapping. */
static unsigned int
count_in(int memory, unsigned long from, unsigned long to, const uint8_t *inverted, size_t n)
{
	uint8_t *copy =
		mmap(NULL, to - from, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t got = pread(memory, copy, to - from, (off_t)from);
	unsigned int found = 0;

	for (ssize_t at = 0; at + (ssize_t)n <= got; at++) {
		size_t i = 0;

		while (i < n && (copy[at + (ssize_t)i] ^ inverted[i]) == 0xff)
			i++;
		found += i == n;
	}
	munmap(copy, to - from);
	return found;
}

/** Looks through all memory that can be written, but for the stack and an address sanitizer's. */
static unsigned int
count_key(const uint8_t *inverted, size_t n)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY);
	unsigned long from, to;
	unsigned int found = 0;
	char line[512];

	ck_assert(maps != NULL && memory >= 0);
	while (fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%lx-%lx rw", &from, &to) == 2 && strstr(line, " rw") != NULL &&
		    strstr(line, "[stack]") == NULL && to - from <= 64ul << 20)
			found += count_in(memory, from, to, inverted, n);
	fclose(maps);
	close(memory);
	return found;
}

START_TEST(test_key_is_gone_after_destroy)
{
	uint8_t inverted[32], key[36], text[LEN] = {0}, tag[16];
	struct wp_aead *aead;
	struct wp_aead_job job = {.text = text, .len = LEN, .tag = tag};

	for (unsigned int i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 29 + 0x5b);
	for (unsigned int i = 0; i < sizeof(inverted); i++)
		inverted[i] = (uint8_t)~key[i];
	aead = make(WP_AES_256_GCM, key, backends[_i]);
	explicit_bzero(key, sizeof(key));
	if (aead == NULL)
		return;
	job.aead = aead;
	wp_aead_seal(&job, 1, 0);
	wp_aead_open(&job, 1, 1);
	ck_assert_int_eq(job.status, 0);
	ck_assert_uint_ge(count_key(inverted, 16), 1); /* the first round key: we look well */
	wp_aead_destroy(aead);
	ck_assert_uint_eq(count_key(inverted, 16), 0);
	ck_assert_uint_eq(count_key(inverted + 16, 16), 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("aead");

	tcase_add_loop_test(tcase, test_backends_agree_on_every_length, 0, WP_N_AEAD_ALGS);
	tcase_add_loop_test(tcase, test_any_changed_bit_is_noticed, 0, ROWS(backends));
	tcase_add_test(tcase, test_wrong_use_is_refused);
	tcase_add_test(tcase, test_best_backend_says_what_it_is);
	tcase_add_test(tcase, test_burst_of_several_keys_is_as_one_by_one);
	tcase_add_test(tcase, test_workers_use_a_key_at_the_same_time);
	tcase_add_loop_test(tcase, test_key_is_gone_after_destroy, 0, ROWS(backends));
	return unit_main("aead", tcase);
}
