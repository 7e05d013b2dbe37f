/* SPDX-License-Identifier: BSD-3-Clause */
/* Puts the parts together, and replaces one document by another. */

#include "pe/pe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "conf/arena.h"
#include "pe/aside.h"
#include "pe/audit.h"
#include "pe/crash.h"
#include "pe/drain.h"
#include "pe/eal.h"
#include "pe/events.h"
#include "pe/fragments.h"
#include "pe/keystore.h"
#include "pe/queues.h"
#include "pe/registry.h"
#include "pe/reserve.h"
#include "pe/streams.h"
#include "pe/tables.h"
#include "pe/teller.h"
#include "pe/tenants.h"

enum {
	CHECK_NS = 100000000, /* between looks at the accounts */
	LOG_LINE_MAX = 1024,
};

void
pe_log(const struct pe *pe, const char *format, ...)
{
	FILE *out = pe->options.log != NULL ? pe->options.log : stderr;
	char line[LOG_LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	fprintf(out, "waypointd: %s\n", line);
	fflush(out);
	if (pe->options.said != NULL)
		pe->options.said(pe->options.said_arg, line);
}

uint64_t
pe_now_ns(const struct pe *pe)
{
	if (pe->clock_ns != NULL)
		return *pe->clock_ns;
	return (uint64_t)(((unsigned __int128)(rte_rdtsc() - pe->tsc_base) * pe->tsc_mult) >> 32);
}

/* Opening. */

static void
start_clock(struct pe *pe)
{
	pe->clock_ns = pe->options.clock_ns;
	pe->tsc_hz = rte_get_tsc_hz();
	pe->tsc_base = rte_rdtsc();
	pe->tsc_mult = (uint64_t)(((unsigned __int128)1000000000 << 32) / pe->tsc_hz);
}

static int
open_ports(struct pe *pe, const struct document *document, struct document_error *error)
{
	pe->ports = calloc(document->n_ports + 1, sizeof(*pe->ports));
	if (pe->ports == NULL)
		return document_refuse(error, -ENOMEM, "/ports", "no memory");
	while (pe->n_ports < document->n_ports) {
		const struct document_port *conf = &document->ports[pe->n_ports];
		struct port *port = &pe->ports[pe->n_ports];
		char at[32];
		int err;

		snprintf(at, sizeof(at), "/ports/%u", pe->n_ports);
		if (account_block(pe->account, ACCOUNT_PORT, conf->name, PORT_CELLS,
				  &port->cells) != 0)
			return document_refuse(error, -ENOMEM, at, "no memory");
		err = port_open(port, conf, pe->n_ports++, pe->n_workers, &pe->pools,
				error->message, sizeof(error->message));
		if (err != 0) {
			snprintf(error->path, sizeof(error->path), "%s", at);
			return err;
		}
	}
	return 0;
}

/** Loads what the document's modules name. */
static int
load_modules(struct pe *pe, struct document *document, struct document_error *error)
{
	char at[32];

	document->services = wp_arena_alloc(
		document->arena, (document->n_modules + 1) * sizeof(const struct wp_service *));
	if (document->services == NULL)
		return document_refuse(error, -ENOMEM, "/modules", "no memory");
	for (uint32_t i = 0; i < document->n_modules; i++) {
		const struct wp_service *service;
		int err = registry_load(pe->registry, document->modules[i], &service,
					error->message, sizeof(error->message));

		snprintf(at, sizeof(at), "/modules/%u", i);
		if (err != 0) {
			snprintf(error->path, sizeof(error->path), "%s", at);
			return err;
		}
		if (document_service(document, service->name) != NULL)
			return document_refuse(error, -EEXIST, at,
					       "modules: '%.200s' has a service '%s', as another "
					       "of them",
					       document->modules[i], service->name);
		document->services[i] = service;
	}
	return 0;
}

static const struct wp_service *
find_service(void *document, const char *name)
{
	return document_service(document, name);
}

static int
open_state_dir(struct pe *pe, const struct document *document, struct document_error *error)
{
	const char *dir =
		pe->options.rehearsal != NULL ? pe->options.rehearsal : document->state_dir;
	int err = 0;

	if (document->state_dir[0] != '\0' && !pe->options.check_only)
		err = reserve_open(dir, &pe->reserve, error->message, sizeof(error->message));
	if (err != 0)
		snprintf(error->path, sizeof(error->path), "/state_dir");
	return err;
}

/** Makes a worker; on its own core, so that its memory is of its node. */
struct making {
	struct pe *pe;
	uint16_t id;
	uint32_t hold_max;
};

static int
make_worker(void *arg)
{
	struct making *making = arg;

	return worker_create(making->pe, making->id, making->hold_max,
			     &making->pe->workers[making->id]);
}

static int
make_worker_there(struct making *making)
{
	unsigned int lcore = eal_lcore(making->id);
	int err;

	if (!making->pe->options.threads)
		return make_worker(making);
	err = rte_eal_remote_launch(make_worker, making, lcore);
	return err != 0 ? err : rte_eal_wait_lcore(lcore);
}

static int
open_workers(struct pe *pe, uint32_t hold_max, struct document_error *error)
{
	if (pe->n_workers == 0) /* no document says so */
		return -EINVAL;
	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++)
		pe->owner[bucket] = (uint8_t)(bucket % pe->n_workers);
	move_start(pe);
	for (uint16_t i = 0; i < pe->n_workers; i++) {
		struct making making = {.pe = pe, .id = i, .hold_max = hold_max};
		int err = make_worker_there(&making);

		if (err != 0)
			return document_refuse(error, err, "/workers",
					       "worker %u cannot be made: %s", i, strerror(-err));
	}
	return queues_deal(pe, error);
}

void
pe_start(struct pe *pe)
{
	if (!pe->options.threads || pe->running)
		return;
	for (unsigned int i = 0; i < pe->n_workers; i++)
		rte_eal_remote_launch(worker_main, pe->workers[i], eal_lcore(i));
	pe->running = true;
}

/** Opens what lasts as long as the process: everything but the document's services. */
static int
open_house(struct pe *pe, const struct document *document, struct document_error *error)
{
	const char *dir =
		document->module_dir[0] != '\0' ? document->module_dir : pe->options.module_dir;
	int err;

	if (getrandom(&pe->hash_key, sizeof(pe->hash_key), 0) != sizeof(pe->hash_key))
		return document_refuse(error, -EIO, "", "the kernel gives no random numbers");
	pe->n_workers = (uint16_t)document->n_cores;
	pe->idle = document->workers.idle;
	start_clock(pe);
	err = account_create(pe->n_workers + 1u, &pe->account); /* the log thread's, too */
	if (err == 0)
		err = registry_create(dir, &pe->registry);
	if (err == 0)
		err = events_create(pe, &pe->events);
	if (err == 0)
		err = teller_create(&pe->teller);
	if (err == 0)
		err = tenants_create(&pe->tenants);
	if (err == 0)
		err = tables_create(&pe->hash_key, pe->n_workers, &pe->tables);
	if (err == 0)
		err = fragments_create(&document->workers, &pe->fragments);
	if (err != 0)
		return document_refuse(error, err, "", "no memory");
	err = open_state_dir(pe, document, error);
	if (err == 0)
		err = pools_open(pe, document, error);
	if (err == 0)
		err = open_ports(pe, document, error);
	if (err == 0 && pe->options.threads) {
		err = events_start(pe->events);
		if (err != 0)
			return document_refuse(error, err, "", "the log thread does not start");
	}
	return err;
}

static int
open_keys(const struct pe *pe, const struct document *document, struct keystore **keys,
	  struct document_error *error)
{
	int err;

	if (document->key_store[0] == '\0')
		return 0;
	err = keystore_open(document->key_store, keys, error->message, sizeof(error->message));
	if (err != 0)
		snprintf(error->path, sizeof(error->path), "/key_store");
	else if (pe->options.rehearsal != NULL)
		err = keystore_disguise(*keys);
	return err;
}

/** What was written over is not what it was: it must not be called any more than it is. */
static int
check_modules(const struct pe *pe, struct document_error *error)
{
	const char *changed = registry_changed(pe->registry);

	if (changed == NULL)
		return 0;
	return document_refuse(
		error, -EINVAL, "/modules",
		"%s was written over while it is in use; move new files into its place "
		"(install, mv) instead, and restart",
		changed);
}

int
pe_bind(struct pe *pe, struct document *document, struct document_error *error)
{
	int err = check_modules(pe, error);

	if (err != 0 || document->is_bound)
		return err;
	err = load_modules(pe, document, error);
	if (err == 0)
		err = document_bind(document, find_service, document, error);
	if (err == 0)
		err = tenants_number(pe->tenants, pe->tables, document,
				     pe->current == NULL ? NULL : pe->current->document, error);
	document->is_bound = err == 0;
	return err;
}

/** Loads, binds and opens a document's services. Takes the document when it succeeds. */
static int
open_epoch(struct pe *pe, struct document *document, struct wp_epoch **epoch,
	   struct document_error *error)
{
	struct keystore *keys = NULL;
	int err = pe_bind(pe, document, error);

	if (err == 0)
		err = open_keys(pe, document, &keys, error);
	if (err == 0)
		err = epoch_open(pe, document, keys, pe->next_epoch + 1, epoch, error);
	if (err == 0)
		pe->next_epoch++;
	if (err != 0)
		keystore_close(keys);
	return err;
}

static void
publish(struct pe *pe, struct wp_epoch *epoch)
{
	pe->current = epoch;
	tables_forget_instances(pe->tables, epoch->document);
	atomic_store_explicit(&pe->epoch, epoch, memory_order_release);
}

int
pe_open(struct pe **pe, struct document *document, const struct pe_options *options,
	struct document_error *error)
{
	struct wp_epoch *epoch = NULL;
	struct pe *new;
	int err;

	if (posix_memalign((void **)&new, 64, sizeof(*new)) != 0) {
		document_destroy(document);
		return document_refuse(error, -ENOMEM, "", "no memory");
	}
	memset(new, 0, sizeof(*new));
	new->options = *options;
	new->next_epoch = options->first_epoch == 0 ? 0 : options->first_epoch - 1;
	error->path[0] = error->message[0] = '\0';
	err = open_house(new, document, error);
	if (err == 0)
		err = open_workers(new, document->workers.hold_max, error);
	if (err == 0)
		err = open_epoch(new, document, &epoch, error);
	if (err != 0) {
		document_destroy(document);
		pe_close(new);
		return err;
	}
	publish(new, epoch);
	for (uint16_t i = 0; i < new->n_workers; i++)
		worker_look(new->workers[i]);
	if (!options->wait)
		pe_start(new);
	*pe = new;
	return 0;
}

/* Replacing and closing. */

static bool
same_control(const struct document_control *a, const struct document_control *b)
{
	return strcmp(a->socket, b->socket) == 0 && strcmp(a->listen, b->listen) == 0 &&
	       strcmp(a->certificate, b->certificate) == 0 &&
	       strcmp(a->private_key, b->private_key) == 0 &&
	       strcmp(a->authority, b->authority) == 0 && strcmp(a->revoked, b->revoked) == 0;
}

/** Says what cannot change while the process runs. */
static int
check_fixed(const struct document *old, const struct document *new, struct document_error *error)
{
	bool same_ports = old->n_ports == new->n_ports;

	for (uint32_t i = 0; same_ports && i < new->n_ports; i++) {
		const struct document_port *a = &old->ports[i], *b = &new->ports[i];

		same_ports = strcmp(a->name, b->name) == 0 && a->type == b->type &&
			     a->queues == b->queues && a->mtu == b->mtu && a->loop == b->loop &&
			     strcmp(a->in, b->in) == 0 && strcmp(a->out, b->out) == 0 &&
			     strcmp(a->interface, b->interface) == 0 &&
			     strcmp(a->device, b->device) == 0 && strcmp(a->socket, b->socket) == 0;
	}
	if (!same_ports)
		return document_refuse(error, -EINVAL, "/ports",
				       "ports cannot change while waypointd runs; restart it");
	if (old->n_cores != new->n_cores ||
	    memcmp(old->cores, new->cores, new->n_cores * sizeof(new->cores[0])) != 0 ||
	    old->workers.hold_max != new->workers.hold_max ||
	    old->workers.fragment_max != new->workers.fragment_max ||
	    old->workers.fragment_wait != new->workers.fragment_wait ||
	    old->workers.fragment_ms != new->workers.fragment_ms ||
	    old->workers.buffers != new->workers.buffers ||
	    old->workers.buffer_size != new->workers.buffer_size)
		return document_refuse(
			error, -EINVAL, "/workers",
			"workers and buffers cannot change while waypointd runs; restart it");
	if (!same_control(&old->control, &new->control))
		return document_refuse(error, -EINVAL, "/control",
				       "of control only identities can change while waypointd "
				       "runs; restart it");
	if (strcmp(old->state_dir, new->state_dir) != 0)
		return document_refuse(error, -EINVAL, "/state_dir",
				       "state_dir cannot change while waypointd runs; restart it");
	return 0;
}

/** Names of a document that was opened in vain take no room. */
static void
forget_trial(struct pe *pe)
{
	account_undo(pe->account);
	tables_forget_instances(pe->tables, pe->current->document);
}

int
pe_prepare(struct pe *pe, struct document *document, struct wp_epoch **epoch,
	   struct document_error *error)
{
	const struct document *now = pe->current->document;
	int err;

	error->path[0] = error->message[0] = '\0';
	err = check_fixed(now, document, error);
	account_try(pe->account);
	if (err == 0)
		err = open_epoch(pe, document, epoch, error);
	tables_limit(pe->tables, now); /* until it is committed */
	if (err != 0) {
		forget_trial(pe);
		aside_close(document);
		document_destroy(document);
	}
	return err;
}

void
pe_commit(struct pe *pe, struct wp_epoch *epoch)
{
	struct wp_epoch *old = pe->current;

	account_keep(pe->account);
	tables_limit(pe->tables, epoch->document);
	atomic_store_explicit(&pe->draining, old, memory_order_release);
	publish(pe, epoch);
	drain_epoch(pe, old);
	epoch_close(old);
}

void
pe_abort(struct pe *pe, struct wp_epoch *epoch)
{
	if (epoch == NULL)
		return;
	if (epoch->number == pe->next_epoch)
		pe->next_epoch--; /* nobody has run under it */
	epoch_close(epoch);
	forget_trial(pe);
}

int
pe_reload(struct pe *pe, struct document *document, struct document_error *error)
{
	struct wp_epoch *epoch;
	int err = pe_prepare(pe, document, &epoch, error);

	if (err == 0)
		pe_commit(pe, epoch);
	return err;
}

unsigned int
pe_poll(struct pe *pe)
{
	unsigned int work = 0;

	for (uint16_t i = 0; i < pe->n_workers; i++) {
		crash_tell(pe->workers[i]);
		work += worker_poll(pe->workers[i]);
	}
	crash_tell(NULL);
	return work;
}

static void
check_links(const struct pe *pe)
{
	for (uint16_t i = 0; i < pe->n_ports; i++)
		if (port_check_link(&pe->ports[i]))
			pe_log(pe, "port '%s': link %s", pe->ports[i].name,
			       pe->ports[i].up ? "up" : "down; what is to leave there drops");
}

void
pe_tick(struct pe *pe)
{
	uint64_t now_ns = pe_now_ns(pe);
	int err = pe->reserve == NULL ? 0 : tables_refill(pe->tables, pe->reserve);

	if (err != 0 && !pe->refill_failed)
		pe_log(pe,
		       "state_dir: sequence numbers cannot be reserved (%s); tunnels stop when "
		       "what they have is used up",
		       strerror(-err));
	pe->refill_failed = err != 0;
	check_links(pe);
	events_run(pe->events);
	teller_hand_on(pe->teller, now_ns, pe->options.told, pe->options.told_arg);
	balance_tick(pe);
	move_tick(pe);
	if (now_ns < pe->next_check_ns)
		return;
	pe->next_check_ns = now_ns + CHECK_NS;
	drain_polls(pe);
	tables_reclaim(pe->tables);
	epoch_end_keys(pe->current);
	pe_audit(pe);
}

static void
stop_threads(struct pe *pe)
{
	for (uint16_t i = 0; i < pe->n_workers; i++)
		if (pe->workers[i] != NULL)
			atomic_store_explicit(&pe->workers[i]->stop, true, memory_order_relaxed);
	if (pe->running)
		rte_eal_mp_wait_lcore();
	pe->running = false;
}

void
pe_stop(struct pe *pe)
{
	stop_threads(pe);
	if (pe->current == NULL)
		return;
	if (!pe->options.keeps_flows && pe->options.rehearsal == NULL && !pe->options.check_only)
		streams_end(pe);
	epoch_close_logs(pe->current);
}

void
pe_close(struct pe *pe)
{
	if (pe == NULL)
		return;
	pe_stop(pe);
	move_abandon(pe);
	for (uint16_t i = 0; i < pe->n_workers; i++)
		worker_destroy(pe->workers[i]);
	epoch_close(pe->current);
	events_destroy(pe->events);
	teller_destroy(pe->teller);
	while (pe->n_ports != 0)
		port_close(&pe->ports[--pe->n_ports]);
	free(pe->ports);
	pools_close(&pe->pools);
	fragments_destroy(pe->fragments);
	tables_destroy(pe->tables);
	tenants_destroy(pe->tenants);
	reserve_close(pe->reserve);
	registry_destroy(pe->registry);
	account_destroy(pe->account);
	explicit_bzero(&pe->hash_key, sizeof(pe->hash_key));
	free(pe);
}
