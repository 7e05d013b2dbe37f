/* SPDX-License-Identifier: BSD-3-Clause */
/* Wycheproof's AES-GCM vectors through both backends, as far as they have our sizes. */

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/aead.h"
#include "unit.h"

enum { TEXT_MAX = 4096, SKIPPED = 77 };

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

/** Finds the test material: $WP_SUITES, or shared/suites beside the project's root or up to two
 * folders further up. */
static json_t *
load_vectors(void)
{
	static const char *const places[] = {"../shared/suites", "../../shared/suites",
					     "../../../shared/suites"};
	const char *suites = getenv("WP_SUITES");
	char file[4096];

	if (suites != NULL) {
		snprintf(file, sizeof(file), "%s/crypto/aes_gcm_test.json", suites);
		return json_load_file(file, 0, NULL);
	}
	for (int i = 0; i < ROWS(places); i++) {
		snprintf(file, sizeof(file), "%s/crypto/aes_gcm_test.json", places[i]);
		if (access(file, R_OK) == 0)
			return json_load_file(file, 0, NULL);
	}
	return NULL;
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

int
main(void)
{
	TCase *tcase = tcase_create("wycheproof");
	json_t *vectors = load_vectors();

	if (vectors == NULL) {
		puts("skipped: no Wycheproof vectors; they are looked for in $WP_SUITES, else in "
		     "../shared/suites from the project's root");
		return SKIPPED;
	}
	json_decref(vectors);
	tcase_add_loop_test(tcase, test_wycheproof_vectors_hold, 0, ROWS(backends));
	return unit_main("wycheproof", tcase);
}
