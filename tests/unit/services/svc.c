/* SPDX-License-Identifier: BSD-3-Clause */
/* The runtime's side of the contract, as far as a service that neither holds nor creates needs it.
 */

#include "svc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "parse/parse.h"
#include "state/state.h"

enum { WORKERS = 2, TABLES_MAX = 4, COUNTERS_MAX = 16, ETHER_SIZE = 14 };

/* Dense ids are the places in this list. */
static const char *const tenants[] = {"red", "green", "blue"};

struct wp_env {
	struct wp_table **tables;
	char refusal[512];
};

struct svc {
	struct wp_env env;
	struct wp_arena *arena;
	void *inst;
	struct wp_table *tables[TABLES_MAX];
	uint64_t counters[COUNTERS_MAX];
	struct wp_core core;
};

/* Not Check's: benchmarks use this file too. An abort is a failed test. */
#define MUST(CONDITION, WHY)                                                                       \
	do {                                                                                       \
		if (!(CONDITION)) {                                                                \
			fprintf(stderr, "%s: %s\n", #CONDITION, WHY);                              \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int
wp_error(struct wp_env *env, int error, const char *member, const char *format, ...)
{
	va_list args;
	int n = snprintf(env->refusal, sizeof(env->refusal), "%s: ", member != NULL ? member : "");

	va_start(args, format);
	vsnprintf(env->refusal + n, sizeof(env->refusal) - (size_t)n, format, args);
	va_end(args);
	return error;
}

int
wp_env_tenant_id(struct wp_env *env, const char *name)
{
	for (unsigned int i = 0; i < sizeof(tenants) / sizeof(tenants[0]); i++)
		if (strcmp(tenants[i], name) == 0)
			return (int)i;
	return -ENOENT;
}

int
wp_env_entry(struct wp_env *env, unsigned int table, uint8_t version, const void *key,
	     struct wp_entry **entry)
{
	int err = wp_table_hold(env->tables[table], 1, 0, version, key, entry);

	return err == 0 ? 0 : wp_error(env, err, NULL, "no entry");
}

static void
open_tables(struct svc *svc)
{
	static const struct wp_hash_key hash_key = {1, 2};
	const struct wp_table_decl *decl = wp_service.tables;

	for (unsigned int i = 0; decl != NULL && decl[i].name != NULL; i++) {
		struct wp_table_limits limits = {.max_entries = decl[i].max_entries,
						 .n_tenants = 1};

		MUST(i < TABLES_MAX, "too many tables");
		MUST(wp_table_create(&decl[i], &limits, &hash_key, WORKERS, &svc->tables[i]) == 0,
		     decl[i].name);
	}
}

/** Fills the service's struct from JSON and opens it. @return what open() does */
static int
try_open(struct svc *svc, const char *config)
{
	char path[256], message[256];
	struct wp_conf_error error = {path, sizeof(path), message, sizeof(message)};
	int line, column, err;
	json_t *json =
		wp_conf_load(config, strlen(config), 32, message, sizeof(message), &line, &column);
	void *conf;

	MUST(json != NULL, message);
	svc->arena = wp_arena_create();
	conf = wp_arena_alloc(svc->arena, wp_service.config_size);
	err = wp_conf_fill(wp_service.fields, json, "", svc->arena, conf, &error);
	json_decref(json);
	if (err != 0)
		return wp_error(&svc->env, err, path, "%s", message);
	open_tables(svc);
	svc->env.tables = svc->tables;
	svc->core = (struct wp_core){
		.counters = svc->counters, .worker = 1, .n_workers = WORKERS, .instance = 1};
	svc->core.tables = svc->tables;
	return wp_service.open(&svc->env, conf, &svc->inst);
}

void
svc_close(struct svc *svc)
{
	wp_service.close(svc->inst);
	for (unsigned int i = 0; i < TABLES_MAX; i++)
		wp_table_destroy(svc->tables[i]);
	wp_arena_destroy(svc->arena);
	free(svc);
}

struct svc *
svc_open(const char *config)
{
	struct svc *svc = calloc(1, sizeof(*svc));

	MUST(svc != NULL, "no memory");
	MUST(try_open(svc, config) == 0, svc->env.refusal);
	return svc;
}

const char *
svc_refusal(const char *config)
{
	static char refusal[512];
	struct svc *svc = calloc(1, sizeof(*svc));

	MUST(svc != NULL, "no memory");
	MUST(try_open(svc, config) < 0, "it is accepted");
	memcpy(refusal, svc->env.refusal, sizeof(refusal));
	MUST(svc->inst == NULL, "an instance in spite of the refusal");
	svc_close(svc);
	return refusal;
}

void
svc_burst(struct svc *svc, struct svc_packet *packets, uint16_t n)
{
	struct wp_packet *views[WP_BURST_MAX];

	MUST(n <= WP_BURST_MAX, "too many packets");
	for (uint16_t i = 0; i < n; i++) {
		views[i] = &packets[i].view;
		views[i]->verdict = WP_NEXT;
	}
	wp_service.burst(svc->inst, &svc->core, views, n);
}

uint64_t
svc_count(const struct svc *svc, unsigned int counter)
{
	return svc->counters[counter];
}

struct wanted {
	uint32_t key;
	uint64_t value;
};

static int
take_shared(void *arg, const struct wp_record *record)
{
	struct wanted *wanted = arg;

	if (memcmp(record->key, &wanted->key, sizeof(wanted->key)) == 0)
		memcpy(&wanted->value, record->value, sizeof(wanted->value));
	return 0;
}

uint64_t
svc_shared(struct svc *svc, unsigned int table, uint32_t key)
{
	struct wanted wanted = {.key = key};

	MUST(wp_table_export(svc->tables[table], -1, take_shared, &wanted) == 0, "export failed");
	return wanted.value;
}

static uint8_t *
start_frame(struct svc_packet *packet, uint16_t ethertype, uint16_t size)
{
	memset(packet, 0, sizeof(*packet));
	MUST(ETHER_SIZE + size <= SVC_PACKET_ROOM, "packet too big");
	packet->view = (struct wp_packet){.room = SVC_PACKET_ROOM,
					  .len = (uint16_t)(ETHER_SIZE + size),
					  .flags = WP_PKT_ETHERNET};
	packet->bytes[12] = (uint8_t)(ethertype >> 8);
	packet->bytes[13] = (uint8_t)ethertype;
	return packet->bytes + ETHER_SIZE;
}

uint8_t *
svc_ipv4(struct svc_packet *packet, uint8_t proto, uint16_t l4_size)
{
	uint8_t *ip = start_frame(packet, WP_ETHERTYPE_IPV4, (uint16_t)(20 + l4_size));

	ip[0] = 0x45;
	ip[3] = (uint8_t)(20 + l4_size);
	ip[8] = 64;
	ip[9] = proto;
	if (proto == WP_PROTO_TCP && l4_size > 12)
		ip[20 + 12] = 0x50;
	return ip;
}

uint8_t *
svc_ipv6(struct svc_packet *packet, uint8_t proto, uint16_t l4_size)
{
	uint8_t *ip = start_frame(packet, WP_ETHERTYPE_IPV6, (uint16_t)(40 + l4_size));

	ip[0] = 0x60;
	ip[5] = (uint8_t)l4_size;
	ip[6] = proto;
	ip[7] = 64;
	if (proto == WP_PROTO_TCP && l4_size > 12)
		ip[40 + 12] = 0x50;
	return ip;
}

void
svc_parse(struct svc_packet *packet)
{
	packet->view.buf = packet->bytes;
	wp_parse(&packet->view);
}
