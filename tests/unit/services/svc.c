/* SPDX-License-Identifier: BSD-3-Clause */
/* The runtime's side of the contract, as far as a service that does not hold needs it. */

#include "svc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "parse/parse.h"
#include "state/state.h"

enum {
	WORKERS = 2,
	TABLES_MAX = 8,
	COUNTERS_MAX = 32,
	STEPS_MAX = 4,
	ETHER_SIZE = 14,
	HEADROOM = 128
};

/* Dense ids are the places in this list. */
static const char *const tenants[] = {"red", "green", "blue"};

uint32_t svc_max_entries[TABLES_MAX];

struct wp_env {
	struct wp_table **tables;
	uint16_t tenant; /* of the step being opened */
	char refusal[512];
};

struct svc {
	struct wp_env env;
	struct wp_arena *arena;
	void *inst;
	struct wp_table *tables[TABLES_MAX];
	uint64_t counters[COUNTERS_MAX];
	struct wp_core core;
	struct wp_keys keys;
	void *steps[STEPS_MAX];
	unsigned int n_steps;
	struct svc_event *events; /* a list; the last first */
	struct svc_packet created[WP_BURST_MAX];
	unsigned int n_created;
};

/** One record that the service has emitted. */
struct svc_event {
	struct svc_event *before;
	uint16_t size;
	uint8_t bytes[];
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

void
wp_log(struct wp_env *env, const char *format, ...)
{
}

uint8_t
wp_bucket_of_host(const struct wp_core *core, uint16_t tenant, uint8_t version, const void *address)
{
	return 0; /* all packets are of one bucket here */
}

uint16_t
wp_env_tenant(const struct wp_env *env)
{
	return env->tenant;
}

uint32_t
wp_env_tenants(struct wp_env *env)
{
	return sizeof(tenants) / sizeof(tenants[0]);
}

const char *
wp_env_tenant_name(struct wp_env *env, uint16_t tenant)
{
	return tenant < wp_env_tenants(env) ? tenants[tenant] : NULL;
}

const char *
wp_env_instance(const struct wp_env *env, uint32_t *number)
{
	if (number != NULL)
		*number = 1;
	return "instance";
}

bool
wp_event(struct wp_core *core, const void *event, uint16_t size)
{
	struct svc *svc = (struct svc *)((char *)core - offsetof(struct svc, core));
	struct svc_event *new = malloc(sizeof(*new) + size);

	MUST(new != NULL &&size <= WP_EVENT_SIZE_MAX, "no memory, or too big");
	new->before = svc->events;
	new->size = size;
	memcpy(new->bytes, event, size);
	svc->events = new;
	return true;
}

struct wp_packet *
wp_create(struct wp_core *core, const struct wp_packet *like, uint16_t len)
{
	struct svc *svc = (struct svc *)((char *)core - offsetof(struct svc, core));
	uint16_t link = (uint16_t)(like->l3 - like->start);
	struct svc_packet *packet;

	if (svc->n_created == WP_BURST_MAX || HEADROOM + link + len > SVC_PACKET_ROOM)
		return NULL;
	packet = &svc->created[svc->n_created++];
	packet->view = *like;
	packet->view.buf = packet->bytes;
	packet->view.room = SVC_PACKET_ROOM;
	packet->view.start = HEADROOM;
	packet->view.len = (uint16_t)(link + len);
	packet->view.l3 = (uint16_t)(HEADROOM + link);
	packet->view.end = (uint16_t)(packet->view.l3 + len);
	packet->view.verdict = WP_NEXT;
	memcpy(packet->bytes + HEADROOM, like->buf + like->start, link);
	return &packet->view;
}

void
svc_tick(struct svc *svc)
{
	if (wp_service.tick != NULL)
		wp_service.tick(svc->inst, &svc->core, svc->core.now_ns);
}

bool
svc_created(struct svc *svc, struct svc_packet *packet)
{
	if (svc->n_created == 0)
		return false;
	*packet = svc->created[0];
	packet->view.buf = packet->bytes;
	memmove(&svc->created[0], &svc->created[1], --svc->n_created * sizeof(svc->created[0]));
	for (unsigned int i = 0; i < svc->n_created; i++)
		svc->created[i].view.buf = svc->created[i].bytes;
	return true;
}

bool
svc_event(struct svc *svc, void *event, uint16_t size)
{
	struct svc_event **first = &svc->events, *taken;

	while (*first != NULL && (*first)->before != NULL)
		first = &(*first)->before;
	taken = *first;
	if (taken == NULL)
		return false;
	MUST(taken->size == size, "a record of another size");
	memcpy(event, taken->bytes, size);
	*first = NULL;
	free(taken);
	return true;
}

struct svc_packet *
svc_pieces(struct svc *svc, uint16_t *n)
{
	*n = (uint16_t)svc->n_created;
	svc->n_created = 0;
	return svc->created;
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
	int err = wp_table_hold(env->tables[table], 1, env->tenant, version, key, entry);

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
		if (svc_max_entries[i] != 0)
			limits.max_entries = svc_max_entries[i];
		MUST(wp_table_create(&decl[i], &limits, &hash_key, WORKERS, &svc->tables[i]) == 0,
		     decl[i].name);
	}
}

/** Fills a struct from JSON. @return 0, or a negative errno with the refusal said */
static int
read_conf(struct svc *svc, const struct wp_field *fields, const char *text, void *conf)
{
	char path[256], message[256];
	struct wp_conf_error error = {path, sizeof(path), message, sizeof(message)};
	int line, column, err;
	json_t *json =
		wp_conf_load(text, strlen(text), 32, message, sizeof(message), &line, &column);

	MUST(json != NULL, message);
	err = wp_conf_fill(fields, json, "", svc->arena, conf, &error);
	json_decref(json);
	return err == 0 ? 0 : wp_error(&svc->env, err, path, "%s", message);
}

/** Fills the service's struct from JSON and opens it. @return what open() does */
static int
try_open(struct svc *svc, const char *config)
{
	void *conf;
	int err;

	svc->arena = wp_arena_create();
	conf = wp_arena_alloc(svc->arena, wp_service.config_size);
	err = read_conf(svc, wp_service.fields, config, conf);
	if (err != 0)
		return err;
	open_tables(svc);
	svc->env.tables = svc->tables;
	svc->core = (struct wp_core){
		.counters = svc->counters, .worker = 1, .n_workers = WORKERS, .instance = 1};
	svc->core.tables = svc->tables;
	err = wp_service.open(&svc->env, conf, &svc->inst);
	if (err == 0 && wp_service.open_core != NULL)
		MUST(wp_service.open_core(&svc->env, svc->inst, &svc->core) == 0, "no core");
	return err;
}

const void *
svc_step(struct svc *svc, uint16_t tenant, const char *args)
{
	void *conf = wp_arena_alloc(svc->arena, wp_service.step_size);

	MUST(svc->n_steps < STEPS_MAX, "too many steps");
	svc->env.tenant = tenant;
	MUST(read_conf(svc, wp_service.step_fields, args, conf) == 0, svc->env.refusal);
	MUST(wp_service.open_step(&svc->env, svc->inst, conf, &svc->steps[svc->n_steps]) == 0,
	     svc->env.refusal);
	return svc->steps[svc->n_steps++];
}

int
svc_ask(struct svc *svc, const char *question, char *answer, size_t size)
{
	return wp_service.ask(svc->inst, question, answer, size);
}

struct wp_core *
svc_core(struct svc *svc)
{
	return &svc->core;
}

const void *
svc_inst(const struct svc *svc)
{
	return svc->inst;
}

static uint32_t
ask_service(void *arg, struct wp_table *table, struct wp_entry *entry)
{
	struct svc *svc = arg;
	unsigned int id = 0;

	while (svc->tables[id] != table)
		id++;
	return wp_service.expire == NULL ? 0 : wp_service.expire(svc->inst, &svc->core, id, entry);
}

void
svc_set_time(struct svc *svc, uint64_t now_ns)
{
	svc->core.now_ns = now_ns;
	for (unsigned int i = 0; i < TABLES_MAX; i++) {
		if (svc->tables[i] == NULL)
			continue;
		for (unsigned int bucket = 0; wp_table_expires(svc->tables[i]) && bucket < 256;
		     bucket++)
			MUST(wp_table_expire(svc->tables[i], svc->core.worker, (uint8_t)bucket,
					     now_ns, UINT32_MAX, ask_service, svc) != 0,
			     "timers do not end");
		wp_table_reclaim(svc->tables[i]);
		wp_table_reclaim(svc->tables[i]);
	}
}

void
svc_close(struct svc *svc)
{
	for (unsigned int i = 0; i < svc->n_steps; i++)
		wp_service.close_step(svc->inst, svc->steps[i]);
	if (svc->inst != NULL && wp_service.close_core != NULL)
		wp_service.close_core(svc->inst, &svc->core);
	wp_service.close(svc->inst);
	for (unsigned int i = 0; i < TABLES_MAX; i++)
		wp_table_destroy(svc->tables[i]);
	wp_arena_destroy(svc->arena);
	for (struct svc_event *event = svc->events, *before; event != NULL; event = before) {
		before = event->before;
		free(event);
	}
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

/** Resolves the state that packets need. */
static void
resolve(struct svc *svc, struct wp_packet **views, uint16_t n)
{
	struct wp_key *wanted[WP_BURST_MAX * WP_STATE_MAX];
	struct wp_keys *keys = &svc->keys;

	keys->n = 0;
	memset(keys->n_slots, 0, sizeof(keys->n_slots));
	for (uint16_t i = 0; i < n; i++)
		memset(views[i]->state, 0, sizeof(views[i]->state));
	wp_service.keys(svc->inst, &svc->core, views, n, keys);
	for (unsigned int k = 0; k < keys->n; k++) {
		wanted[k] = &keys->keys[k];
		wp_table_address(svc->tables[wanted[k]->table], wanted[k], svc->core.instance,
				 views[wanted[k]->pkt]->tenant);
	}
	wp_table_resolve(svc->tables, wanted, keys->n);
	for (unsigned int k = 0; k < keys->n; k++)
		views[wanted[k]->pkt]->state[wanted[k]->slot] = wanted[k]->entry;
}

void
svc_pass(struct svc *svc, struct wp_packet **views, uint16_t n)
{
	if (wp_service.keys != NULL)
		resolve(svc, views, n);
	svc->core.random += 0x9e3779b97f4a7c15;
	wp_service.burst(svc->inst, &svc->core, views, n);
}

static void
run_burst(struct svc *svc, struct wp_packet **views, uint16_t n)
{
	uint16_t n_again = 0;

	for (uint16_t i = 0; i < n; i++)
		views[i]->verdict = WP_NEXT;
	svc->n_created = 0;
	svc_pass(svc, views, n);
	for (uint16_t i = 0; i < n; i++) {
		if (views[i]->verdict != WP_AGAIN)
			continue;
		MUST((views[i]->flags & WP_PKT_AGAIN) == 0, "again and again");
		views[i]->flags |= WP_PKT_AGAIN;
		views[n_again++] = views[i];
	}
	if (n_again != 0)
		run_burst(svc, views, n_again);
}

void
svc_burst(struct svc *svc, struct svc_packet *packets, uint16_t n)
{
	struct wp_packet *views[WP_BURST_MAX];

	MUST(n <= WP_BURST_MAX, "too many packets");
	for (uint16_t i = 0; i < n; i++)
		views[i] = &packets[i].view;
	run_burst(svc, views, n);
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
	ip[2] = (uint8_t)((20 + l4_size) >> 8);
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
