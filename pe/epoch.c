/* SPDX-License-Identifier: BSD-3-Clause */
/* Compiles a document into what workers read: instances opened, steps prepared, paths found by SPI.
 */

#include "pe/epoch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pe/account.h"
#include "pe/env.h"
#include "pe/events.h"
#include "pe/flow_order.h"
#include "pe/keystore.h"
#include "pe/opened.h"
#include "pe/pe.h"
#include "pe/streams.h"
#include "pe/tables.h"

static void *
zeroed_lines(size_t n, size_t size)
{
	void *memory;

	if (posix_memalign(&memory, 64, n * size == 0 ? 64 : n * size) != 0)
		return NULL;
	memset(memory, 0, n * size);
	return memory;
}

static unsigned int
count_names(const char *const *names)
{
	unsigned int n = 0;

	while (names != NULL && names[n] != NULL)
		n++;
	return n;
}

/** @return a number for a list of names: cells that count something else are others, also when a
 * module was replaced. */
static uint32_t
digest_names(const char *const *names)
{
	uint32_t digest = 2166136261; /* FNV-1a */

	for (; names != NULL && *names != NULL; names++)
		for (const char *c = *names; c == *names || c[-1] != '\0'; c++)
			digest = (digest ^ (uint8_t)*c) * 16777619;
	return digest;
}

static int
out_of_memory(struct document_error *error, const char *at)
{
	return document_refuse(error, -ENOMEM, at,
			       "no memory, or too many counters, for all of this");
}

/* Instances. */

static void
close_instance(struct instance *instance)
{
	for (uint32_t i = 0; i < instance->n_cores; i++)
		if (instance->service->close_core != NULL)
			instance->service->close_core(instance->inst, &instance->cores[i].core);
	opened_release(instance->opened);
	env_release(instance->resources);
	free(instance->to_hosts);
	free(instance->cores);
	free(instance->tables);
}

/** Gives each worker its side of an instance. */
static int
open_cores(struct wp_env *env, struct instance *instance)
{
	const struct wp_service *service = instance->service;
	struct pe *pe = env->pe;

	for (uint16_t i = 0; i < pe->n_workers; i++) {
		struct wp_core *core = &instance->cores[i].core;
		int err = 0;

		instance->cores[i].instance = instance;
		*core = (struct wp_core){
			.counters = account_cells(pe->account, i) + instance->counters,
			.tables = instance->tables,
			.runtime = pe->workers[i],
			.worker = i,
			.n_workers = pe->n_workers,
			.socket = pe->node[i],
			.instance = instance->number,
		};
		if (service->open_core != NULL)
			err = service->open_core(env, instance->inst, core);
		if (err != 0)
			return err;
		instance->n_cores++;
	}
	return service == &stream_service ? streams_connect(pe, instance) : 0;
}

/** @return whether a service has entries that live in the bucket of the packet that makes them. */
static bool
has_table(const struct wp_service *service)
{
	for (const struct wp_table_decl *decl = service->tables; decl != NULL && decl->name != NULL;
	     decl++)
		if (decl->owner == WP_OWNER_STEER && decl->class != WP_COUNTER &&
		    decl->class != WP_SHARED)
			return true;
	return false;
}

/** Fills in what stands before anything is opened. */
static int
prepare_instance(struct pe *pe, const struct document *document,
		 const struct document_instance *conf, struct instance *instance)
{
	const struct wp_service *service = conf->contract;
	unsigned int n_counters = count_names(service->counters);
	char block[160];
	int err;

	instance->service = service;
	instance->name = conf->name;
	instance->burst = service->burst;
	instance->expire = service == &stream_service ? streams_expire : NULL;
	instance->keys = service->keys;
	instance->tick = service->tick;
	instance->n_reasons = (uint16_t)count_names(service->reasons);
	for (const struct wp_table_decl *decl = service->tables; decl != NULL && decl->name != NULL;
	     decl++)
		instance->n_tables++;
	instance->hears = service->wants != NULL;
	instance->needs_l4 = (service->flags & WP_NEEDS_L4) != 0 || instance->hears;
	instance->by_key = service->keys != NULL || instance->hears;
	instance->number = tables_instance(pe->tables, conf->service, conf->name);
	instance->cores = zeroed_lines(pe->n_workers, sizeof(*instance->cores));
	if (instance->number == 0 || instance->cores == NULL)
		return -ENOMEM;
	snprintf(block, sizeof(block), "%s/%s/%x", conf->service, conf->name,
		 digest_names(service->counters));
	err = account_block(pe->account, ACCOUNT_INSTANCE, block, n_counters + EVENT_CELLS,
			    &instance->counters);
	if (err != 0)
		return err;
	instance->events = instance->counters + n_counters;
	return tables_open(pe->tables, service, document, &instance->tables);
}

/** @return the log of the instance that has that name now, or NULL. What another module has made is
 * not for this one's to go on with. */
static struct event_log *
log_in_use(const struct wp_epoch *current, const struct instance *instance)
{
	for (uint32_t i = 0; current != NULL && i < current->n_instances; i++)
		if (current->instances[i].number == instance->number)
			return current->instances[i].service == instance->service
				       ? current->instances[i].log
				       : NULL;
	return NULL;
}

/** Opens an instance, unless it is open already. */
static int
open_or_take(struct wp_env *env, struct document *document, struct document_instance *conf,
	     struct instance *instance)
{
	struct opened *same = opened_find(env->pe->current, document, conf);
	struct wp_env opening = *env;
	void *inst = conf->config;
	int err = 0;

	if (same != NULL && !conf->is_opened) {
		same->users++;
		instance->opened = same;
		instance->inst = same->inst;
		return 0;
	}
	if ((conf->contract->flags & WP_OPENS_ASIDE) != 0)
		opening.resources = NULL; /* as it is aside */
	if (conf->is_opened)
		inst = conf->opened;
	else if (conf->contract->open != NULL)
		err = conf->contract->open(&opening, conf->config, &inst);
	conf->is_opened = false;
	if (err != 0)
		return err;
	instance->inst = inst;
	instance->opened = opened_create(conf->contract, inst, document);
	if (instance->opened == NULL && conf->contract->close != NULL)
		conf->contract->close(inst);
	return instance->opened == NULL ? -ENOMEM : 0;
}

static int
open_instance(struct wp_epoch *epoch, uint32_t i, struct document_error *error)
{
	struct instance *instance = &epoch->instances[i];
	struct document_instance *conf = &epoch->document->instances[i];
	char at[64];
	struct wp_env env = {
		.pe = epoch->pe,
		.document = epoch->document,
		.keys = epoch->keys,
		.instance = instance,
		.at = at,
		.tenant = -1,
		.resources = &instance->resources,
		.error = error,
	};
	int err;

	snprintf(at, sizeof(at), "/instances/%u/config", i);
	if (prepare_instance(epoch->pe, epoch->document, conf, instance) != 0)
		return out_of_memory(error, at);
	err = open_or_take(&env, epoch->document, conf, instance);
	if (err == 0)
		err = open_cores(&env, instance);
	if (err == 0 && !epoch->pe->options.check_only && epoch->pe->options.rehearsal == NULL)
		err = events_open_log(epoch->pe->events, &env, instance,
				      log_in_use(epoch->pe->current, instance));
	if (err != 0 && error->message[0] == '\0')
		wp_error(&env, err, NULL, "service '%s' refuses to open: %s", conf->service,
			 strerror(-err));
	return err;
}

/* Paths and steps. */

static int
open_step(struct wp_epoch *epoch, uint32_t path, uint32_t i, struct document_error *error)
{
	const struct document_path *path_conf = &epoch->document->paths[path];
	const struct document_step *conf = &path_conf->steps[i];
	struct step *step = (struct step *)(uintptr_t)&epoch->paths[path].steps[i];
	struct instance *instance = &epoch->instances[conf->instance_index];
	const struct wp_service *service = instance->service;
	char at[64], block[256];
	void *args = NULL;
	struct wp_env env = {
		.pe = epoch->pe,
		.document = epoch->document,
		.keys = epoch->keys,
		.instance = instance,
		.at = at,
		.tenant = (int32_t)epoch->document->tenants[path_conf->tenant_index].number,
		.resources = &step->resources,
		.error = error,
	};
	int err = 0;

	snprintf(at, sizeof(at), "/paths/%u/steps/%u/args", path, i);
	snprintf(block, sizeof(block), "%s/%u/%s/%s/%x", path_conf->name, i, service->name,
		 instance->name, digest_names(service->reasons));
	step->instance = instance;
	step->bypassable = (service->flags & WP_NEVER_BYPASS) == 0;
	step->args = conf->args;
	if (account_block(epoch->pe->account, ACCOUNT_STEP, block, STEP_DROPS + instance->n_reasons,
			  &step->cells) != 0)
		return out_of_memory(error, at);
	if (service->open_step == NULL)
		return 0;
	err = service->open_step(&env, instance->inst, conf->args, &args);
	if (err != 0) {
		if (error->message[0] == '\0')
			wp_error(&env, err, NULL, "service '%s' refuses this step: %s",
				 service->name, strerror(-err));
		return err;
	}
	step->args = args;
	step->opened = true;
	return 0;
}

static void
close_step(struct step *step)
{
	const struct wp_service *service;

	if (step->opened) {
		service = step->instance->service;
		if (service->close_step != NULL)
			service->close_step(step->instance->inst, (void *)(uintptr_t)step->args);
	}
	env_release(step->resources);
}

static int
open_path(struct wp_epoch *epoch, uint32_t i, struct document_error *error)
{
	const struct document_path *conf = &epoch->document->paths[i];
	struct wp_path *path = &epoch->paths[i];
	struct account *account = epoch->pe->account;
	char at[64];

	path->spi = conf->spi;
	path->tenant = (uint16_t)epoch->document->tenants[conf->tenant_index].number;
	path->first_index = (uint8_t)conf->first_index;
	path->n_steps = (uint8_t)conf->n_steps;
	path->inside = (uint8_t)conf->inside;
	path->steering = (uint8_t)epoch->document->tenants[conf->tenant_index].steering;
	path->peer_spi = conf->peer_spi;
	path->reverse = conf->reverse_index < 0 ? NULL : &epoch->paths[conf->reverse_index];
	for (unsigned int c = 0; c < WP_N_CAUSES; c++)
		path->fail[c] = (uint8_t)conf->fail.mode[c];
	snprintf(at, sizeof(at), "/paths/%u", i);
	if (account_block(account, ACCOUNT_PATH, conf->name, PATH_CELLS, &path->cells) != 0 ||
	    account_block(account, ACCOUNT_PATH_RARE, conf->name, PATH_RARE_CELLS, &path->rare) !=
		    0)
		return out_of_memory(error, at);
	for (uint32_t step = 0; step < conf->n_steps; step++) {
		int err = open_step(epoch, i, step, error);

		if (err != 0)
			return err;
	}
	if (conf->n_steps != 0) {
		path->instance = path->steps[0].instance;
		path->args = path->steps[0].args;
	}
	return 0;
}

/** Fills the map from SPI to path; at most half full, so that each chain of slots ends soon. */
static void
map_paths(struct wp_epoch *epoch)
{
	for (uint32_t i = 0; i < epoch->n_paths; i++) {
		uint32_t spi = epoch->paths[i].spi;
		uint32_t slot = (spi * epoch->slot_mul) >> 8 & epoch->slot_mask;

		while (epoch->slots[slot].spi != 0)
			slot = (slot + 1) & epoch->slot_mask;
		epoch->slots[slot] = (struct path_slot){.spi = spi, .path = i};
	}
}

/** Sets up the arrays; steps of all paths stand in one. */
static int
make_arrays(struct wp_epoch *epoch)
{
	const struct document *document = epoch->document;
	uint32_t n_slots = 2, *shares;

	while (n_slots < 2 * document->n_paths)
		n_slots *= 2;
	for (uint32_t i = 0; i < document->n_paths; i++)
		epoch->n_steps += document->paths[i].n_steps;
	epoch->slot_mask = n_slots - 1;
	epoch->slot_mul = 0x9e3779b1;
	for (uint32_t i = 0; i < document->n_tenants; i++)
		epoch->n_tenants = RTE_MAX(epoch->n_tenants, document->tenants[i].number + 1);
	epoch->slots = zeroed_lines(n_slots, sizeof(*epoch->slots));
	epoch->counts = zeroed_lines(epoch->pe->n_workers, sizeof(*epoch->counts));
	epoch->instances = calloc(document->n_instances + 1, sizeof(*epoch->instances));
	epoch->paths = zeroed_lines(document->n_paths, sizeof(*epoch->paths));
	epoch->steps = zeroed_lines(epoch->n_steps, sizeof(*epoch->steps));
	epoch->shares = shares = calloc(epoch->n_tenants + 1, sizeof(*shares));
	if (epoch->slots == NULL || epoch->counts == NULL || epoch->instances == NULL ||
	    epoch->paths == NULL || epoch->steps == NULL || shares == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < document->n_tenants; i++)
		shares[document->tenants[i].number] = document->tenants[i].share;
	for (uint32_t i = 0, at = 0; i < document->n_paths; at += document->paths[i++].n_steps)
		epoch->paths[i].steps = &epoch->steps[at];
	return 0;
}

/** @return whether workers must know packets' buckets. */
static bool
needs_steering(const struct wp_epoch *epoch)
{
	if (epoch->pe->n_workers > 1)
		return true;
	for (uint32_t i = 0; i < epoch->n_instances; i++)
		if (epoch->instances[i].keys == NULL && has_table(epoch->instances[i].service))
			return true;
	return epoch->flow_plans != NULL;
}

static int
number_instances(struct wp_epoch *epoch)
{
	for (uint32_t i = 0; i < epoch->n_instances; i++)
		epoch->n_numbers = RTE_MAX(epoch->n_numbers, epoch->instances[i].number + 1);
	epoch->by_number = calloc(epoch->n_numbers + 1, sizeof(struct instance *));
	if (epoch->by_number == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < epoch->n_instances; i++)
		epoch->by_number[epoch->instances[i].number] = &epoch->instances[i];
	return 0;
}

/** Enters a path with its instances that need to know the way to a tenant's hosts. */
static void
list_path(const struct wp_path *path)
{
	for (unsigned int i = 0; path->inside == WP_INSIDE_DESTINATION && i < path->n_steps; i++) {
		const struct wp_path **to_hosts = path->steps[i].instance->to_hosts;

		if (to_hosts != NULL && to_hosts[path->tenant] == NULL)
			to_hosts[path->tenant] = path;
	}
}

/** Finds for the instances that need it which path leads to each tenant's hosts. */
static int
list_hosts(struct wp_epoch *epoch)
{
	for (uint32_t i = 0; i < epoch->n_instances; i++) {
		struct instance *instance = &epoch->instances[i];

		if ((instance->service->flags & WP_NEEDS_HOST) == 0)
			continue;
		instance->to_hosts = calloc(epoch->n_tenants, sizeof(struct wp_path *));
		if (instance->to_hosts == NULL)
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < epoch->n_paths; i++)
		list_path(&epoch->paths[i]);
	return 0;
}

/** What it is made of stays the caller's. */
static void
close_unfinished(struct wp_epoch *epoch)
{
	epoch->document = NULL;
	epoch->keys = NULL;
	epoch_close(epoch);
}

int
epoch_open(struct pe *pe, struct document *document, struct keystore *keys, uint64_t number,
	   struct wp_epoch **epoch, struct document_error *error)
{
	struct wp_epoch *new = calloc(1, sizeof(*new));
	int err;

	error->path[0] = error->message[0] = '\0';
	if (new == NULL)
		return out_of_memory(error, "");
	new->pe = pe;
	new->document = document;
	new->keys = keys;
	new->number = number;
	err = make_arrays(new);
	if (err != 0)
		out_of_memory(error, "");
	while (err == 0 && new->n_instances < document->n_instances)
		err = open_instance(new, new->n_instances++, error);
	while (err == 0 && new->n_paths < document->n_paths)
		err = open_path(new, new->n_paths++, error);
	if (err != 0) {
		close_unfinished(new);
		return err;
	}
	map_paths(new);
	err = number_instances(new);
	if (err == 0)
		err = list_hosts(new);
	if (err != 0)
		out_of_memory(error, "");
	else
		err = flow_plans_make(new, error);
	if (err != 0) {
		close_unfinished(new);
		return err;
	}
	flow_order_make(new);
	new->steers = needs_steering(new);
	*epoch = new;
	return 0;
}

void
epoch_close_logs(struct wp_epoch *epoch)
{
	struct events *events = epoch->pe->events;
	bool some = false;

	for (uint32_t i = 0; i < epoch->n_instances; i++)
		some |= epoch->instances[i].log != NULL;
	if (!some)
		return;
	events_settle(events);
	for (uint32_t i = 0; i < epoch->n_instances; i++) {
		events_close_log(events, epoch->instances[i].log);
		epoch->instances[i].log = NULL;
	}
	events_settle(events); /* they are closed by now */
}

void
epoch_close(struct wp_epoch *epoch)
{
	if (epoch == NULL)
		return;
	for (uint32_t i = 0; epoch->steps != NULL && i < epoch->n_steps; i++)
		close_step(&epoch->steps[i]);
	epoch_close_logs(epoch);
	for (uint32_t i = 0; i < epoch->n_instances; i++)
		close_instance(&epoch->instances[i]);
	free((void *)(uintptr_t)epoch->shares);
	flow_plans_free(epoch);
	free(epoch->by_number);
	free(epoch->steps);
	free(epoch->paths);
	free(epoch->instances);
	free(epoch->counts);
	free(epoch->slots);
	document_destroy(epoch->document);
	keystore_close(epoch->keys);
	free(epoch);
}

/** @return whether a key of the store has come to its end since the last look. */
static bool
some_key_ends(struct wp_epoch *epoch, time_t now)
{
	bool some = false;

	for (unsigned int i = 0; epoch->keys != NULL && i < keystore_size(epoch->keys); i++) {
		time_t end = keystore_key(epoch->keys, i)->not_after;

		some |= end != 0 && end >= epoch->keys_seen && end < now;
	}
	epoch->keys_seen = now;
	return some;
}

void
epoch_end_keys(struct wp_epoch *epoch)
{
	time_t now = time(NULL);

	if (!some_key_ends(epoch, now))
		return;
	for (uint32_t i = 0; i < epoch->n_instances; i++)
		env_end_keys(epoch->instances[i].resources, now);
	for (uint32_t i = 0; i < epoch->n_steps; i++)
		env_end_keys(epoch->steps[i].resources, now);
}

const char *
epoch_tenant_name(const struct wp_epoch *epoch, const struct wp_path *path)
{
	const struct document *document = epoch->document;

	return document->tenants[document->paths[path - epoch->paths].tenant_index].name;
}

const char *
epoch_path_name(const struct wp_epoch *epoch, const struct wp_path *path)
{
	return epoch->document->paths[path - epoch->paths].name;
}

uint64_t
epoch_in_flight(const struct wp_epoch *epoch)
{
	uint64_t in = 0, out = 0;

	for (uint16_t i = 0; i < epoch->pe->n_workers; i++)
		out += atomic_load_explicit(&epoch->counts[i].out, memory_order_acquire);
	for (uint16_t i = 0; i < epoch->pe->n_workers; i++)
		in += atomic_load_explicit(&epoch->counts[i].in, memory_order_acquire);
	return in - out;
}
