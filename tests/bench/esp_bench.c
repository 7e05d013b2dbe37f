/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * TSC cycles a packet of the encrypt and decrypt modules, with the AEAD call on the same buffers
 * beside them: the difference is what the services cost. Bursts of 32 in buffers that stay in
 * cache; no driver, no dispatch. Rounds alternate, medians are printed.
 *
 * usage: esp_bench [ROUNDS]
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include "harness.h"

enum { BURSTS = 200, ROUNDS_MAX = 1001 };

enum what { SEAL, ENCRYPT, OPEN, DECRYPT, N_WHATS };
static const char *const what_names[] = {"seal", "encrypt", "open", "decrypt"};

static const struct mix {
	const char *name;
	uint16_t sizes[12];
	unsigned int n;
} mixes[] = {
	{"64", {50}, 1},
	{"imix", {50, 580, 50, 50, 580, 50, 1504, 50, 580, 50, 580, 50}, 12},
	{"1400", {1386}, 1},
};

static struct frame frames[WP_BURST_MAX];
static struct wp_packet clear[WP_BURST_MAX];
static struct wp_packet *pkts[WP_BURST_MAX];
static struct service *out, *in;
static struct step to, from;
static uint64_t samples[N_WHATS][ROUNDS_MAX];

/** One burst's worth of inner packets, as a worker has them: parsed, in Ethernet. */
static void
fill(const struct mix *mix)
{
	for (unsigned int i = 0; i < WP_BURST_MAX; i++) {
		const struct inner inner = {
			.version = 4, .size = mix->sizes[i % mix->n], .ethernet = true};

		frame_inner(&frames[i], &inner, i);
		frames[i].pkt.args = to.args;
		clear[i] = frames[i].pkt;
		pkts[i] = &frames[i].pkt;
	}
}

static uint64_t
run_encrypt(void)
{
	uint64_t start, sum = 0;

	for (unsigned int burst = 0; burst < BURSTS; burst++) {
		for (unsigned int i = 0; i < WP_BURST_MAX; i++) {
			/* The link header has moved; the rest is what it was, or ciphertext: the
			 * same work. */
			frames[i].pkt = clear[i];
			wp_l3(&frames[i].pkt)[0] = 0x45;
		}
		start = __rdtsc();
		out->ops->burst(out->inst, &out->core, pkts, WP_BURST_MAX);
		sum += __rdtsc() - start;
	}
	for (unsigned int i = 0; i < WP_BURST_MAX; i++)
		if (pkts[i]->verdict != WP_NEXT)
			exit(1);
	return sum / (BURSTS * WP_BURST_MAX);
}

/** The bare AEAD, on texts of the lengths that the services see. */
static uint64_t
run_aead(bool seal)
{
	struct wp_aead_job jobs[WP_BURST_MAX];
	uint8_t aad[12] = {0}, tags[WP_BURST_MAX][16];
	uint64_t start, sum = 0;

	for (unsigned int i = 0; i < WP_BURST_MAX; i++) {
		const struct wp_packet *pkt = &clear[i];
		uint32_t size = (uint32_t)(pkt->end - pkt->l3);

		jobs[i] = (struct wp_aead_job){.aead = to.aeads[0],
					       .text = frames[i].bytes + pkt->l3,
					       .len = size + esp_padding(size) + ESP_TRAILER,
					       .aad = aad,
					       .aad_len = sizeof(aad),
					       .iv = i,
					       .tag = tags[i]};
	}
	for (unsigned int burst = 0; burst < BURSTS; burst++) {
		start = __rdtsc();
		if (seal)
			wp_aead_seal(jobs, WP_BURST_MAX, 0);
		else
			wp_aead_open(jobs, WP_BURST_MAX, 0);
		sum += __rdtsc() - start;
	}
	return sum / (BURSTS * WP_BURST_MAX);
}

/** Each burst is sealed anew, untimed: a window takes a number once. Decrypting makes the packets
 * what they were. */
static uint64_t
run_decrypt(void)
{
	uint64_t start, sum = 0;
	static struct wp_keys keys;

	for (unsigned int burst = 0; burst < BURSTS; burst++) {
		for (unsigned int i = 0; i < WP_BURST_MAX; i++)
			frames[i].pkt = clear[i];
		out->ops->burst(out->inst, &out->core, pkts, WP_BURST_MAX);
		for (unsigned int i = 0; i < WP_BURST_MAX; i++)
			frames[i].pkt.args = from.args;
		keys.n = 0;
		memset(keys.n_slots, 0, sizeof(keys.n_slots));
		start = __rdtsc();
		in->ops->keys(in->inst, &in->core, pkts, WP_BURST_MAX, &keys);
		in->ops->burst(in->inst, &in->core, pkts, WP_BURST_MAX);
		sum += __rdtsc() - start;
		for (unsigned int i = 0; i < WP_BURST_MAX; i++)
			if (pkts[i]->verdict != WP_NEXT)
				exit(1);
	}
	return sum / (BURSTS * WP_BURST_MAX);
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void
report(const char *key, const struct mix *mix, unsigned int rounds)
{
	printf("%s %-5s", key, mix->name);
	for (int what = 0; what < N_WHATS; what++) {
		qsort(samples[what], rounds, sizeof(samples[0][0]), compare);
		printf("  %s %lu", what_names[what], samples[what][rounds / 2]);
	}
	printf("  encrypt-seal %ld  decrypt-open %ld\n",
	       (long)(samples[ENCRYPT][rounds / 2] - samples[SEAL][rounds / 2]),
	       (long)(samples[DECRYPT][rounds / 2] - samples[OPEN][rounds / 2]));
}

static void
bench(const char *key, unsigned int rounds)
{
	char json[256];

	snprintf(json, sizeof(json),
		 "{\"spi\": 4096, \"local\": \"192.0.2.1\", \"remote\": \"192.0.2.2\", \"key\": "
		 "\"%s\","
		 " \"mtu\": 9000}",
		 key);
	if (step_open(out, &to, json) != 0)
		exit(1);
	snprintf(json, sizeof(json),
		 "{\"local\": \"192.0.2.2\", \"remote\": \"192.0.2.1\","
		 " \"sas\": [{\"spi\": 4096, \"key\": \"%s\"}]}",
		 key);
	if (step_open(in, &from, json) != 0)
		exit(1);
	for (unsigned int i = 0; i < sizeof(mixes) / sizeof(mixes[0]); i++) {
		for (unsigned int round = 0; round < rounds; round++) {
			fill(&mixes[i]);
			samples[SEAL][round] = run_aead(true);
			samples[ENCRYPT][round] = run_encrypt();
			samples[OPEN][round] = run_aead(false);
			fill(&mixes[i]);
			samples[DECRYPT][round] = run_decrypt();
		}
		report(key, &mixes[i], rounds);
	}
	step_close(&to);
	step_close(&from);
}

int
main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? (unsigned int)atoi(argv[1]) : 51;

	if (rounds == 0 || rounds > ROUNDS_MAX)
		return 2;
	out = service_open("encrypt");
	in = service_open("decrypt");
	bench("128k@1", rounds);
	bench("256k@1", rounds);
	service_close(out);
	service_close(in);
	return 0;
}
