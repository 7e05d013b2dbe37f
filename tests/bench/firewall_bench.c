/* SPDX-License-Identifier: BSD-3-Clause */
/* What the firewall costs a packet, by the rule that matches: TSC cycles, best of many runs,
 * packets in the cache. Prints a table; pin it to a quiet core: taskset -c 1 firewall_bench. */

#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

#include "parse/parse.h"
#include "svc.h"

enum { ROUNDS = 2000, RUNS = 9 };

/** Opens n rules that tell prefixes, protocols and ports apart; only the last one matches. */
static struct svc *
open_rules(unsigned int n, uint8_t version)
{
	char *config = NULL;
	size_t size;
	FILE *out = open_memstream(&config, &size);
	struct svc *svc;

	fprintf(out, "{\"rules\": [");
	for (unsigned int i = 1; i <= n; i++) {
		if (version == 4)
			fprintf(out, "{\"to\": \"10.%u.%u.0/24\"", (n - i) >> 8, (n - i) & 255);
		else
			fprintf(out, "{\"to\": \"2001:db8:0:%x::/64\"", n - i);
		fprintf(out, ", \"action\": \"allow\", \"protocol\": \"udp\", \"to_port\": 443}%s",
			i < n ? "," : "");
	}
	fprintf(out, "]}");
	fclose(out);
	svc = svc_open(config);
	free(config);
	return svc;
}

/** Makes a packet to the first prefix. */
static void
make_packet(struct svc_packet *packet, uint8_t version)
{
	bool v4 = version == 4;
	uint8_t *ip = v4 ? svc_ipv4(packet, WP_PROTO_UDP, 20) : svc_ipv6(packet, WP_PROTO_UDP, 20);
	uint8_t *l4 = ip + (v4 ? 20 : 40);

	if (v4) {
		ip[16] = 10;
	} else {
		ip[24] = 0x20;
		ip[25] = 0x01;
		ip[26] = 0x0d;
		ip[27] = 0xb8;
	}
	l4[2] = 1;
	l4[3] = 187;
	svc_parse(packet);
}

/** @return cycles a packet */
static double
measure(unsigned int n_rules, uint8_t version)
{
	static struct svc_packet packets[WP_BURST_MAX];
	struct svc *svc = open_rules(n_rules, version);
	double best = 1e9;

	for (int i = 0; i < WP_BURST_MAX; i++)
		make_packet(&packets[i], version);
	for (int run = 0; run < RUNS; run++) {
		unsigned int rounds = n_rules > 100 ? ROUNDS / 50 : ROUNDS;
		uint64_t start = __rdtsc();
		double clk;

		for (unsigned int round = 0; round < rounds; round++)
			svc_burst(svc, packets, WP_BURST_MAX);
		clk = (double)(__rdtsc() - start) / rounds / WP_BURST_MAX;
		if (clk < best)
			best = clk;
	}
	if (packets[0].view.verdict != WP_NEXT)
		fprintf(stderr, "the packet matches no rule\n");
	svc_close(svc);
	return best;
}

int
main(void)
{
	static const unsigned int rules[] = {1, 4, 8, 16, 64, 256, 4096};

	printf("%8s %10s %10s\n", "rule", "IPv4 clk", "IPv6 clk");
	for (unsigned int i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		printf("%8u %10.1f %10.1f\n", rules[i], measure(rules[i], 4), measure(rules[i], 6));
	return 0;
}
