/* SPDX-License-Identifier: BSD-3-Clause */
/* See bed.h. */

#include "bed.h"

#include <stdio.h>
#include <string.h>

#include "conf/arena.h"
#include "conf/conf.h"
#include "state/state.h"

static char fault[512];

static const char *
fill_conf(struct stream_bed *bed, const char *text)
{
	char message[256], path[128];
	struct wp_conf_error error = {path, sizeof(path), message, sizeof(message)};
	int line, column, err;
	json_t *json =
		wp_conf_load(text, strlen(text), 16, message, sizeof(message), &line, &column);

	if (json == NULL) {
		snprintf(fault, sizeof(fault), "%s", message);
		return fault;
	}
	err = wp_conf_fill(stream_service.fields, json, "", bed->arena, &bed->conf, &error);
	json_decref(json);
	if (err == 0)
		return NULL;
	snprintf(fault, sizeof(fault), "%s: %s", path, message);
	return fault;
}

const char *
stream_bed_open(struct stream_bed *bed, const char *conf, uint32_t max_flows, uint32_t wants,
		stream_tell_fn tell, void *arg)
{
	struct wp_table_limits limits = {
		.max_entries = max_flows != 0 ? max_flows : stream_service.tables[0].max_entries};
	struct stream_pool_limits limits_of_pool, limits_of_views;
	const char *why;

	memset(bed, 0, sizeof(*bed));
	bed->hash_key = (struct wp_hash_key){.k0 = 0x0706050403020100, .k1 = 0x0f0e0d0c0b0a0908};
	bed->arena = wp_arena_create();
	why = fill_conf(bed, conf);
	if (why == NULL && wp_table_create(&stream_service.tables[0], &limits, &bed->hash_key, 1,
					   &bed->table) != 0)
		why = "no memory for the table";
	if (why != NULL)
		return why;
	limits_of_pool = stream_limits(&bed->conf);
	limits_of_views = stream_view_limits(&bed->conf);
	bed->tables[0] = bed->table;
	for (uint8_t type = 0; type < WP_FLOW_EVENTS; type++)
		if ((wants & WP_EVENT_BIT(type)) != 0)
			stream_plan_add(&bed->plan, type, 0);
	stream_plan_close(&bed->plan);
	bed->core = (struct wp_core){
		.counters = bed->counters, .tables = bed->tables, .n_workers = 1, .instance = 1};
	if (stream_service.open_core(NULL, &bed->conf, &bed->core) != 0 ||
	    stream_pool_create(&limits_of_pool, &bed->pool) != 0 ||
	    stream_pool_create(&limits_of_views, &bed->views) != 0 ||
	    stream_defrag_create(&bed->hash_key, &bed->defrag) != 0)
		return "no memory";
	stream_connect(&bed->core, &(struct stream_link){.pool = bed->pool,
							 .views = bed->views,
							 .defrag = bed->defrag,
							 .tell = tell,
							 .tell_arg = arg});
	return NULL;
}

void
stream_bed_close(struct stream_bed *bed)
{
	stream_service.close_core(NULL, &bed->core);
	stream_defrag_destroy(bed->defrag, bed->pool);
	stream_pool_destroy(bed->pool);
	stream_pool_destroy(bed->views);
	wp_table_destroy(bed->table);
	wp_arena_destroy(bed->arena);
}

void
stream_bed_packet(struct stream_bed *bed, struct wp_packet *pkt)
{
	struct wp_packet whole;

	if (pkt->l3 != 0 && (pkt->flags & WP_PKT_FRAGMENT) != 0) {
		if (!stream_reassemble(&bed->core, pkt, &whole))
			return;
		pkt = &whole;
	}
	stream_bed_burst(bed, &pkt, 1);
}

void
stream_bed_burst(struct stream_bed *bed, struct wp_packet *const *pkts, unsigned int n)
{
	struct wp_key *wanted[WP_BURST_MAX] = {NULL};
	struct stream_arrival arrivals[WP_BURST_MAX];
	unsigned int n_flows = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct stream_arrival *arrival = &arrivals[n_flows];
		struct wp_key *key = &bed->keys[n_flows];

		arrival->pkt = pkts[i];
		arrival->plan = bed->other != NULL ? bed->other : &bed->plan;
		arrival->key = key->bytes;
		arrival->from = stream_key(pkts[i], key->bytes);
		if (arrival->from == STREAM_FROM_NONE)
			continue;
		key->version = pkts[i]->ip_version;
		wp_table_address(bed->table, key, bed->core.instance, pkts[i]->tenant);
		wanted[n_flows++] = key;
	}
	wp_table_resolve(bed->tables, wanted, n_flows);
	for (unsigned int i = 0; i < n_flows; i++) {
		arrivals[i].entry = wanted[i]->entry;
		stream_ask_for(&arrivals[i]);
	}
	for (unsigned int i = 0; i < n_flows; i++) {
		stream_packet(&bed->core, &arrivals[i]);
		if (arrivals[i].outcome != STREAM_GOES_ON)
			arrivals[i].pkt->verdict = WP_DROP;
	}
	stream_tell(&bed->core);
}

static uint32_t
expire(void *arg, struct wp_table *table, struct wp_entry *entry)
{
	struct stream_bed *bed = arg;

	(void)table;
	stream_end(&bed->core, entry, &bed->plan, WP_FLOW_BY_TIME_OUT);
	return 0;
}

static void
expire_at(struct stream_bed *bed, uint64_t now_ns)
{
	for (unsigned int bucket = 0; bucket < 256; bucket++)
		while (wp_table_expire(bed->table, 0, (uint8_t)bucket, now_ns, 4096, expire, bed) ==
		       0)
			;
	wp_table_reclaim(bed->table);
}

void
stream_bed_expire(struct stream_bed *bed)
{
	expire_at(bed, bed->core.now_ns);
}

void
stream_bed_end(struct stream_bed *bed)
{
	expire_at(bed, bed->core.now_ns + 2000000ull * 1000000000);
}
