/* SPDX-License-Identifier: BSD-3-Clause */
/* AES-GCM: Wycheproof's vectors through both backends, and the backends against each other. */

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "crypto/aead.h"
#include "crypto/secret.h"
#include "unit.h"

enum { TEXT_MAX = 4096 };

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

/* Wycheproof. */

static size_t
unhex(const json_t *test, const char *member, uint8_t *out)
{
	const char *hex = json_string_value(json_object_get(test, member));
	size_t n = strlen(hex) / 2;

	ck_assert_uint_le(n, TEXT_MAX);
	for (size_t i = 0; i < n; i++) {
		unsigned int byte;

		ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
		out[i] = (uint8_t)byte;
	}
	return n;
}

static json_t *
load_vectors(void)
{
	const char *suites = getenv("WP_SUITES");
	char file[512];

	snprintf(file, sizeof(file), "%s/crypto/aes_gcm_test.json",
		 suites != NULL ? suites : "../shared/suites");
	return json_load_file(file, 0, NULL);
}

/** One vector as our API takes it: salt and IV are the two parts of the nonce. */
static void
run_vector(const json_t *test, enum wp_aead_alg alg, const char *backend)
{
	uint8_t key[40], iv[16], aad[TEXT_MAX], msg[TEXT_MAX], ct[TEXT_MAX], tag[16],
		text[TEXT_MAX], made[16];
	size_t n_key = unhex(test, "key", key), n_aad = unhex(test, "aad", aad),
	       n = unhex(test, "msg", msg);
	bool valid = strcmp(json_string_value(json_object_get(test, "result")), "valid") == 0;
	long long number = json_integer_value(json_object_get(test, "tcId"));
	struct wp_aead_job job = {.text = text,
				  .aad = aad,
				  .aad_len = (uint16_t)n_aad,
				  .len = (uint32_t)n,
				  .tag = made};
	struct wp_aead *aead;

	unhex(test, "iv", iv);
	unhex(test, "ct", ct);
	unhex(test, "tag", tag);
	memcpy(key + n_key, iv, 4);
	memcpy(&job.iv, iv + 4, 8);
	aead = make(alg, key, backend);
	if (aead == NULL)
		return;
	job.aead = aead;
	memcpy(text, msg, n);
	wp_aead_seal(&job, 1, 1);
	ck_assert_msg((memcmp(text, ct, n) == 0 && memcmp(made, tag, 16) == 0) == valid,
		      "vector %lld", number);
	memcpy(text, ct, n);
	job.tag = tag;
	wp_aead_open(&job, 1, 0);
	ck_assert_msg((job.status == 0) == valid, "vector %lld", number);
	ck_assert_msg(!valid || memcmp(text, msg, n) == 0, "vector %lld", number);
	wp_aead_destroy(aead);
}

START_TEST(test_wycheproof_vectors_hold)
{
	json_t *root = load_vectors(), *group, *test;
	unsigned int ran = 0, others = 0;
	size_t i, j;

	ck_assert_ptr_nonnull(root);
	json_array_foreach(json_object_get(root, "testGroups"), i, group)
	{
		long long key = json_integer_value(json_object_get(group, "keySize"));
		bool ours = (key == 128 || key == 256) &&
			    json_integer_value(json_object_get(group, "ivSize")) == 96 &&
			    json_integer_value(json_object_get(group, "tagSize")) == 128;

		json_array_foreach(json_object_get(group, "tests"), j, test)
		{
			if (ours)
				run_vector(test, key == 128 ? WP_AES_128_GCM : WP_AES_256_GCM,
					   backends[_i]);
			ran += ours;
			others += !ours;
		}
	}
	printf("%s: %u vectors, %u with other key, IV or tag sizes left out\n", backends[_i], ran,
	       others);
	ck_assert_uint_gt(ran, 100);
	json_decref(root);
}
END_TEST

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

START_TEST(test_secret_is_gone_when_given_back)
{
	uint8_t *secret = wp_secret_alloc(200), *again;

	memset(secret, 0xaa, 200);
	wp_secret_free(secret);
	again = wp_secret_alloc(200);
	ck_assert_ptr_eq(secret, again); /* the same block, so that we may look at it */
	for (unsigned int i = 0; i < 200; i++)
		ck_assert_uint_eq(again[i], 0);
	wp_secret_free(again);
	ck_assert_uint_eq((uintptr_t)again % 64, 0);
}
END_TEST

int
main(void)
{
	TCase *tcase = tcase_create("aead");
	json_t *vectors = load_vectors();

	if (vectors != NULL)
		tcase_add_loop_test(tcase, test_wycheproof_vectors_hold, 0, ROWS(backends));
	else
		puts("no Wycheproof vectors: test material is expected in ../shared/suites, or in "
		     "$WP_SUITES");
	json_decref(vectors);
	tcase_add_loop_test(tcase, test_backends_agree_on_every_length, 0, WP_N_AEAD_ALGS);
	tcase_add_loop_test(tcase, test_any_changed_bit_is_noticed, 0, ROWS(backends));
	tcase_add_test(tcase, test_secret_is_gone_when_given_back);
	return unit_main("aead", tcase);
}
