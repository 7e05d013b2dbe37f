/* SPDX-License-Identifier: BSD-3-Clause */
/* See nat_bed.h. */

#include "nat_bed.h"

#include <string.h>

#include "parse/checksum.h"

enum { IPV4 = 20 };

struct svc *svc;
const void *step;
uint64_t now_s;
struct svc_packet packet;

void
bed_open(const char *config)
{
	svc = svc_open(config);
	step = svc_step(svc, 0, "{}");
	now_s = 1000;
	svc_set_time(svc, now_s * NS_PER_S);
}

void
bed_close(void)
{
	if (svc != NULL)
		svc_close(svc);
	svc = NULL;
	memset(svc_max_entries, 0, sizeof(svc_max_entries));
}

void
bed_sleep(uint64_t seconds)
{
	now_s += seconds;
	svc_set_time(svc, now_s * NS_PER_S);
}

void
bed_finish(uint8_t *ip, unsigned int sum_at)
{
	wp_store16(ip + 10, wp_checksum_ipv4(ip, IPV4));
	svc_parse(&packet);
	wp_store16(ip + IPV4 + sum_at, 0);
	wp_store16(ip + IPV4 + sum_at, wp_checksum_l4(&packet.view));
}

enum wp_verdict
bed_pass(enum wp_inside inside)
{
	packet.view.inside = (uint8_t)inside;
	packet.view.args = step;
	svc_burst(svc, &packet, 1);
	return packet.view.verdict;
}

void
bed_copy(struct svc_packet *copy, enum wp_inside inside)
{
	*copy = packet;
	copy->view.buf = copy->bytes;
	copy->view.args = step;
	copy->view.inside = (uint8_t)inside;
}
