/* SPDX-License-Identifier: BSD-3-Clause */
/* See flows.h. */

#include "flows.h"

#include <stdio.h>
#include <string.h>

#include "pe/stats.h"
#include "pe/tables.h"

uint32_t sent[2][HOSTS], got[2][HOSTS];

void
forget_flows(void)
{
	memset(sent, 0, sizeof(sent));
	memset(got, 0, sizeof(got));
}

struct frame
host_frame(unsigned int host, bool back, const char *order, uint32_t number)
{
	uint32_t inside = 0x0a000000 + host, outside = 0xc0000201;
	uint8_t payload[8];

	memcpy(payload, order, 4);
	memcpy(payload + 4, &number, 4);
	return frame_udp(&(struct frame_spec){
		.spi = back ? SPI_BACK : SPI_OUT,
		.source = back ? outside : inside,
		.dest = back ? inside : outside,
		.payload = payload,
		.payload_len = sizeof(payload),
	});
}

void
send_next(struct bed *bed, unsigned int host, bool back)
{
	struct frame frame = host_frame(host, back, "n...", ++sent[back][host]);

	bed_send(bed, back ? "p1" : "p0", &frame);
}

unsigned int
receive_flows(struct bed *bed)
{
	unsigned int n = 0;
	struct frame frame;

	for (unsigned int back = 0; back < 2; back++) {
		while (bed_receive(bed, back ? "p1" : "p0", &frame)) {
			const uint8_t *payload = frame_payload(&frame);
			unsigned int host = payload[back ? -9 : -13];
			uint32_t number;

			memcpy(&number, payload + 4, sizeof(number));
			ck_assert_uint_eq(number, got[back][host] + 1);
			got[back][host]++;
			n++;
		}
	}
	return n;
}

static int
note_bucket(void *arg, const struct wp_record *record)
{
	uint8_t *buckets = arg;

	buckets[((const uint8_t *)record->key)[3]] = record->bucket;
	return 0;
}

static void
export_buckets(void *arg, const char *service, struct wp_table *table)
{
	if (strcmp(service, "probe") == 0)
		wp_table_export(table, -1, note_bucket, arg);
}

void
find_buckets(struct bed *bed, uint8_t buckets[256])
{
	for (unsigned int host = 0; host < HOSTS; host++)
		send_next(bed, host, false);
	bed_run(bed);
	receive_flows(bed);
	ck_assert_uint_eq(bed_number(bed, "tables/0/entries") % HOSTS, 0);
	tables_each(bed->pe->tables, export_buckets, buckets);
}

struct bed *
open_flows(const char *document, uint8_t buckets[256])
{
	struct bed *bed;

	forget_flows();
	bed = bed_open(document);
	find_buckets(bed, buckets);
	return bed;
}

void
end_moves(struct bed *bed)
{
	while (pe_moving(bed->pe))
		bed_run(bed);
}

static void
check_probe(struct bed *bed, unsigned int instance)
{
	static const char *const names[] = {"foreign-writer", "reordered"};
	char where[64];

	for (unsigned int i = 0; i < 2; i++) {
		snprintf(where, sizeof(where), "instances/%u/counters/%s", instance, names[i]);
		ck_assert_uint_eq(bed_number(bed, where), 0);
	}
}

void
check_flows(struct bed *bed)
{
	do
		bed_run(bed);
	while (receive_flows(bed) != 0 || pe_moving(bed->pe));
	ck_assert_mem_eq(got, sent, sizeof(sent));
	for (unsigned int i = 0; i < bed->pe->current->n_instances; i++)
		if (strcmp(bed->pe->current->instances[i].service->name, "probe") == 0)
			check_probe(bed, i);
	ck_assert_uint_eq(bed_number(bed, "paths/0/drops/moving"), 0);
	ck_assert_uint_eq(bed_number(bed, "paths/1/drops/moving"), 0);
}
