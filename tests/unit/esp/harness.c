/* SPDX-License-Identifier: BSD-3-Clause */
/* See harness.h. The functions that services call are defined here, for this process. */

#include "harness.h"

#include <dlfcn.h>
#include <errno.h>
#include <openssl/sha.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "parse/checksum.h"

enum { KEYS_MAX = 64, KEY_BYTES_MAX = 36, FREE_NUMBERS = 1 };

struct wp_env {
	struct service *service;
	struct step *step;
};

static const struct wp_hash_key hash_key = {1, 2};

static struct {
	char name[32];
	uint8_t bytes[KEY_BYTES_MAX];
} keys[KEYS_MAX];
static unsigned int n_keys;

static void
require(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "harness: %s\n", what);
	abort();
}

/* What services call. */

int
wp_error(struct wp_env *env, int error, const char *member, const char *format, ...)
{
	va_list args;

	snprintf(env->service->member, sizeof(env->service->member), "%s",
		 member != NULL ? member : "");
	va_start(args, format);
	vsnprintf(env->service->message, sizeof(env->service->message), format, args);
	va_end(args);
	return error;
}

void
wp_log(struct wp_env *env, const char *format, ...)
{
}

unsigned int
wp_env_workers(const struct wp_env *env)
{
	return 1;
}

uint16_t
wp_env_tenant(const struct wp_env *env)
{
	return 0;
}

int
wp_env_key(struct wp_env *env, const char *member, const char *name, enum wp_key_use use,
	   const struct wp_aead **aead, uint8_t fingerprint[16])
{
	struct step *step = env->step;
	uint8_t digest[SHA256_DIGEST_LENGTH];
	const uint8_t *bytes;
	enum wp_aead_alg alg;

	if (strncmp(name, "none", 4) == 0)
		return wp_error(env, -ENOKEY, member, "no key '%s'", name);
	require(step->n_aeads < ENTRIES_MAX, "too many keys in one step");
	bytes = key_bytes(name, &alg);
	require(wp_aead_create(alg, bytes, 1, getenv("WP_BACKEND"), &step->aeads[step->n_aeads]) ==
			0,
		"key cannot be expanded");
	SHA256(bytes, wp_aead_key_size(alg), digest);
	memcpy(fingerprint, digest, 16);
	*aead = step->aeads[step->n_aeads++];
	return 0;
}

int
wp_env_entry(struct wp_env *env, unsigned int table, uint8_t version, const void *key,
	     struct wp_entry **entry)
{
	struct service *service = env->service;
	const struct wp_table_decl *decl = wp_table_decl(service->tables[table]);

	require(service->n_entries < ENTRIES_MAX, "too many entries");
	require(wp_table_hold(service->tables[table], decl->global ? 0 : 1, 0, version, key,
			      entry) == 0,
		"no entry");
	if (decl->durable && ((const struct wp_counter *)wp_value(*entry))->reserved == 0)
		counter_set(*entry, FREE_NUMBERS, UINT64_MAX);
	service->entries[service->n_entries++] = *entry;
	env->step->n_entries++;
	return 0;
}

struct wp_packet *
wp_create(struct wp_core *core, const struct wp_packet *like, uint16_t len)
{
	struct service *service = core->runtime;
	uint16_t link = (uint16_t)(like->l3 - like->start);
	struct frame *frame = &service->made[service->n_made];

	if (service->n_made == service->made_max)
		return NULL;
	service->n_made++;
	frame->pkt = *like;
	frame->pkt.buf = frame->bytes;
	frame->pkt.room = FRAME_ROOM;
	frame->pkt.start = FRAME_START;
	frame->pkt.len = (uint16_t)(link + len);
	frame->pkt.l3 = (uint16_t)(FRAME_START + link);
	frame->pkt.l4 = frame->pkt.payload = 0;
	frame->pkt.end = (uint16_t)(frame->pkt.l3 + len);
	frame->pkt.verdict = WP_NEXT;
	memcpy(frame->bytes + FRAME_START, wp_start(like), link);
	return &frame->pkt;
}

/* Keys. */

void
key_add(const char *name, const uint8_t *bytes)
{
	enum wp_aead_alg alg = name[0] == '1' ? WP_AES_128_GCM : WP_AES_256_GCM;

	require(n_keys < KEYS_MAX, "too many keys");
	snprintf(keys[n_keys].name, sizeof(keys[0].name), "%s", name);
	memcpy(keys[n_keys].bytes, bytes, wp_aead_key_size(alg));
	n_keys++;
}

const uint8_t *
key_bytes(const char *name, enum wp_aead_alg *alg)
{
	uint8_t digest[SHA512_DIGEST_LENGTH];

	*alg = name[0] == '1' ? WP_AES_128_GCM : WP_AES_256_GCM;
	for (unsigned int i = 0; i < n_keys; i++)
		if (strcmp(keys[i].name, name) == 0)
			return keys[i].bytes;
	SHA512((const uint8_t *)name, strlen(name), digest);
	key_add(name, digest);
	return keys[n_keys - 1].bytes;
}

/* Services and steps. */

struct service *
service_open(const char *name)
{
	struct service *service = calloc(1, sizeof(*service));
	struct wp_env env = {.service = service};
	char path[512];
	void *module;

	snprintf(path, sizeof(path), "%s/%s/%s.so", WP_MODULES, name, name);
	module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	require(module != NULL, dlerror());
	service->ops = dlsym(module, "wp_service");
	require(service->ops != NULL && service->ops->abi == WP_SERVICE_ABI, "not a service");
	for (unsigned int i = 0; service->ops->tables[i].name != NULL; i++) {
		const struct wp_table_limits limits = {.max_entries = 1024, .n_tenants = 1};

		require(wp_table_create(&service->ops->tables[i], &limits, &hash_key, 1,
					&service->tables[i]) == 0,
			"no table");
	}
	service->core.counters = service->counters;
	service->core.tables = service->tables;
	service->core.n_workers = 1;
	service->core.runtime = service;
	service->made = calloc(WP_BURST_MAX, sizeof(*service->made));
	service->made_max = WP_BURST_MAX;
	require(service->ops->open(&env, NULL, &service->inst) == 0, service->message);
	require(service->ops->open_core == NULL ||
			service->ops->open_core(&env, service->inst, &service->core) == 0,
		service->message);
	return service;
}

void
service_close(struct service *service)
{
	if (service->ops->close_core != NULL)
		service->ops->close_core(service->inst, &service->core);
	service->ops->close(service->inst);
	free(service->made);
	for (unsigned int i = 0; i < 4; i++)
		wp_table_destroy(service->tables[i]);
	free(service);
}

int
step_open(struct service *service, struct step *step, const char *json)
{
	struct wp_env env = {.service = service, .step = step};
	struct wp_conf_error error = {service->member, sizeof(service->member), service->message,
				      sizeof(service->message)};
	char message[256];
	int line, column, err;
	json_t *object =
		wp_conf_load(json, strlen(json), 8, message, sizeof(message), &line, &column);
	void *conf;

	require(object != NULL, message);
	memset(step, 0, sizeof(*step));
	step->service = service;
	step->first_entry = service->n_entries;
	step->arena = wp_arena_create();
	conf = wp_arena_alloc(step->arena, service->ops->step_size);
	err = wp_conf_fill(service->ops->step_fields, object, "", step->arena, conf, &error);
	if (err == 0)
		err = service->ops->open_step(&env, service->inst, conf, &step->args);
	json_decref(object);
	step->is_open = err == 0;
	if (err != 0)
		step_close(step);
	return err;
}

void
step_close(struct step *step)
{
	struct service *service = step->service;

	if (step->is_open)
		service->ops->close_step(service->inst, step->args);
	for (unsigned int i = 0; i < step->n_entries; i++)
		wp_table_release(service->tables[0], service->entries[step->first_entry + i]);
	for (unsigned int i = 0; i < step->n_aeads; i++)
		wp_aead_destroy(step->aeads[i]);
	wp_arena_destroy(step->arena);
	step->is_open = false;
}

void
service_burst(struct service *service, struct wp_packet *const *pkts, uint16_t n)
{
	static struct wp_keys asked;

	for (uint16_t i = 0; i < n; i++) {
		pkts[i]->verdict = WP_NEXT;
		pkts[i]->flags &= (uint16_t)~WP_PKT_STEER;
	}
	service->n_made = 0;
	asked.n = 0;
	memset(asked.n_slots, 0, sizeof(asked.n_slots));
	if (service->ops->keys != NULL)
		service->ops->keys(service->inst, &service->core, pkts, n, &asked);
	for (unsigned int k = 0; k < asked.n; k++)
		pkts[asked.keys[k].pkt]->state[asked.keys[k].slot] = asked.keys[k].entry;
	service->ops->burst(service->inst, &service->core, pkts, n);
}

const char *
step_one(struct step *step, struct frame *frame)
{
	struct wp_packet *pkt = &frame->pkt;

	pkt->args = step->args;
	service_burst(step->service, &pkt, 1);
	return outcome(step->service, pkt);
}

const char *
outcome(const struct service *service, const struct wp_packet *pkt)
{
	static const char *const fails[] = {"fail down", "fail overload", "fail no-key",
					    "fail table-full"};

	switch (pkt->verdict) {
	case WP_NEXT:
		return "next";
	case WP_ABSORB:
		return "absorb";
	case WP_REPLY:
		return "reply";
	case WP_DROP:
		return service->ops->reasons[pkt->reason];
	case WP_FAIL:
		return fails[pkt->reason];
	default:
		return "another verdict";
	}
}

uint64_t
counter(const struct service *service, const char *name)
{
	for (unsigned int i = 0; service->ops->counters[i] != NULL; i++)
		if (strcmp(service->ops->counters[i], name) == 0)
			return service->counters[i];
	require(false, name);
	return 0;
}

void
counter_set(struct wp_entry *entry, uint64_t next, uint64_t reserved)
{
	struct wp_counter *numbers = wp_atomics(entry);

	numbers->next = next;
	numbers->reserved = reserved;
}

/* Packets. */

static void
put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void
frame_view(struct frame *frame, uint16_t size, bool ethernet)
{
	memset(&frame->pkt, 0, sizeof(frame->pkt));
	frame->pkt.buf = frame->bytes;
	frame->pkt.room = FRAME_ROOM;
	frame->pkt.start = FRAME_START;
	frame->pkt.len = size;
	frame->pkt.flags = ethernet ? WP_PKT_ETHERNET : 0;
	wp_parse(&frame->pkt);
}

static void
write_ip(uint8_t *ip, const struct inner *inner)
{
	if (inner->version == 6) {
		ip[0] = (uint8_t)(0x60 | inner->class >> 4);
		ip[1] = (uint8_t)(inner->class << 4);
		put16(ip + 2, 0);
		put16(ip + 4, inner->size - 40u);
		ip[6] = WP_PROTO_UDP;
		ip[7] = 64;
		memset(ip + 8, 0x20, 32);
		ip[8 + 15] = 1;
		return;
	}
	memset(ip, 0, 20);
	ip[0] = 0x45;
	ip[1] = inner->class;
	put16(ip + 2, inner->size);
	ip[6] = inner->df;
	ip[8] = 64;
	ip[9] = WP_PROTO_UDP;
	memcpy(ip + 12, (const uint8_t[]){10, 0, 0, 1, 10, 1, 0, 2}, 8);
	memcpy(ip + 10, &(uint16_t){wp_checksum_ipv4(ip, 20)}, 2);
}

void
frame_inner(struct frame *frame, const struct inner *inner, uint32_t seed)
{
	uint16_t header = inner->version == 4 ? 20 : 40, link = inner->ethernet ? 14 : 0;
	uint8_t *at = frame->bytes + FRAME_START;

	memset(frame->bytes, 0xa5, sizeof(frame->bytes));
	if (inner->ethernet) {
		memcpy(at, (const uint8_t[]){2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1}, 12);
		put16(at + 12, inner->version == 4 ? WP_ETHERTYPE_IPV4 : WP_ETHERTYPE_IPV6);
		at += link;
	}
	write_ip(at, inner);
	for (unsigned int i = header; i < inner->size; i++) {
		seed = seed * 1664525 + 1013904223;
		at[i] = (uint8_t)(seed >> 24);
	}
	frame_view(frame, (uint16_t)(link + inner->size + inner->behind), inner->ethernet);
}

void
frame_bytes(struct frame *frame, const uint8_t *bytes, uint16_t size, bool ethernet)
{
	require(FRAME_START + size <= FRAME_ROOM, "frame too long");
	memset(frame->bytes, 0xa5, sizeof(frame->bytes));
	memcpy(frame->bytes + FRAME_START, bytes, size);
	frame_view(frame, size, ethernet);
}

void
frame_copy(struct frame *to, const struct frame *from)
{
	*to = *from;
	to->pkt.buf = to->bytes;
}

void
frame_sealed(struct frame *frame, const char *key, uint32_t spi, uint32_t number,
	     const uint8_t *text, uint16_t size)
{
	const struct wp_addr local = {.version = 4, .bytes = {192, 0, 2, 1}},
			     remote = {.version = 4, .bytes = {192, 0, 2, 2}};
	const struct inner like = {.version = 4, .size = 20};
	uint8_t packet[4096], *esp = packet + 20;
	struct wp_aead_job job = {.iv = number,
				  .text = esp + ESP_FRONT,
				  .len = size,
				  .aad = esp,
				  .aad_len = ESP_HEADER};
	struct esp_outer outer;
	struct wp_aead *aead;
	enum wp_aead_alg alg;
	const uint8_t *bytes = key_bytes(key, &alg);
	uint8_t inner[20];

	require(wp_aead_create(alg, bytes, 1, NULL, &aead) == 0, "no key");
	write_ip(inner, &like);
	esp_outer_init(&outer, &local, &remote, &(struct esp_outer_rules){.ttl = 64});
	esp_outer_write(&outer, packet, inner, (uint16_t)(ESP_FRONT + size + ESP_ICV), 0);
	memcpy(esp, &(uint32_t){__builtin_bswap32(spi)}, 4);
	memcpy(esp + 4, &(uint32_t){__builtin_bswap32(number)}, 4);
	memcpy(esp + ESP_HEADER, &job.iv, 8);
	memcpy(job.text, text, size);
	job.tag = job.text + size;
	job.aead = aead;
	wp_aead_seal(&job, 1, 0);
	wp_aead_destroy(aead);
	frame_bytes(frame, packet, (uint16_t)(20 + ESP_FRONT + size + ESP_ICV), false);
}
