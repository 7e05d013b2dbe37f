/* SPDX-License-Identifier: BSD-3-Clause */
/* What nptv6 costs a packet, by the pair that matches: TSC cycles, best of many runs, packets in
 * the cache. Prints a table; pin it to a quiet core: taskset -c 1 nptv6_bench. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include "parse/parse.h"
#include "svc.h"

enum { ROUNDS = 20000, SOURCE_AT = 8, DEST_AT = 24 };

/** Opens n pairs of @p bits bits; the packets' is the last. */
static struct svc *
open_pairs(unsigned int n, unsigned int bits)
{
	char *config = NULL;
	size_t size;
	FILE *out = open_memstream(&config, &size);
	struct svc *svc;

	fprintf(out, "{\"prefixes\": [");
	for (unsigned int i = n; i-- != 0;)
		fprintf(out,
			"{\"inside\": \"fd01:2:%x::/%u\", \"outside\": \"2001:db8:%x::/%u\"}%s", i,
			bits, i, bits, i != 0 ? "," : "");
	fprintf(out, "]}");
	fclose(out);
	svc = svc_open(config);
	free(config);
	return svc;
}

/** @return cycles a packet on its way out */
static double
measure(unsigned int n, unsigned int bits)
{
	static const uint8_t source[16] = {0xfd, 1, 0, 2, [15] = 9};
	static const uint8_t dest[16] = {0x20, 1, 0xd, 0xb8, 0xff, 0xff, [15] = 1};
	static struct svc_packet packets[WP_BURST_MAX];
	struct svc *svc = open_pairs(n, bits);
	double best = 1e9;

	for (int i = 0; i < WP_BURST_MAX; i++) {
		memcpy(svc_ipv6(&packets[i], WP_PROTO_UDP, 20) + DEST_AT, dest, sizeof(dest));
		svc_parse(&packets[i]);
	}
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start;
		double clk;

		for (int i = 0; i < WP_BURST_MAX; i++)
			memcpy(wp_l3(&packets[i].view) + SOURCE_AT, source, sizeof(source));
		start = __rdtsc();
		svc_burst(svc, packets, WP_BURST_MAX);
		clk = (double)(__rdtsc() - start) / WP_BURST_MAX;
		if (clk < best)
			best = clk;
	}
	if (packets[0].view.verdict != WP_NEXT)
		fprintf(stderr, "the packet is not translated\n");
	svc_close(svc);
	return best;
}

int
main(void)
{
	static const unsigned int pairs[] = {1, 2, 8, 64, 1024};

	printf("%8s %10s %10s\n", "pair", "/48 clk", "/56 clk");
	for (unsigned int i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		printf("%8u %10.1f %10.1f\n", pairs[i], measure(pairs[i], 48),
		       measure(pairs[i], 56));
	return 0;
}
