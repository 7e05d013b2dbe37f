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
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "pe/audit.h"
#include "pe/buffer.h"
#include "pe/keystore.h"
#include "pe/registry.h"
#include "pe/reserve.h"
#include "pe/tables.h"

enum {
	POOL_CACHE = 256,
	BUFFERS_PER_QUEUE = 4096,
	BUFFERS_PER_WORKER = 4096,
	CHECK_NS = 100000000, /* between looks at links and accounts */
	DRAIN_STEP_US = 200,
};

void
pe_log(const struct pe *pe, const char *format, ...)
{
	FILE *out = pe->options.log != NULL ? pe->options.log : stderr;
	va_list args;

	fputs("waypointd: ", out);
	va_start(args, format);
	vfprintf(out, format, args);
	va_end(args);
	fputc('\n', out);
	fflush(out);
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

/**
 * Makes the pool. Without huge pages DPDK would put one buffer on each page, so that all views fell
 * into the same cache sets; as no device of ours needs physical addresses then, it is told not to
 * care.
 */
static struct rte_mempool *
make_pool(unsigned int n, size_t room)
{
	struct rte_pktmbuf_pool_private private = {
		.mbuf_data_room_size = (uint16_t)room,
		.mbuf_priv_size = BUFFER_PRIVATE,
	};
	unsigned int size = sizeof(struct rte_mbuf) + BUFFER_PRIVATE + (unsigned int)room;
	struct rte_mempool *pool = rte_mempool_create_empty(
		"packets", n, size, POOL_CACHE, sizeof(private), SOCKET_ID_ANY,
		rte_eal_has_hugepages() ? 0 : RTE_MEMPOOL_F_NO_IOVA_CONTIG);

	if (pool == NULL)
		return NULL;
	rte_pktmbuf_pool_init(pool, &private);
	if (rte_mempool_populate_default(pool) < 0) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

static int
open_pool(struct pe *pe, const struct document *document, struct document_error *error)
{
	const struct document_workers *workers = &document->workers;
	unsigned int n = workers->buffers;
	size_t room = RTE_PKTMBUF_HEADROOM + workers->buffer_size;

	if (n == 0) {
		n = pe->n_workers * (BUFFERS_PER_WORKER + workers->hold_max);
		for (uint32_t i = 0; i < document->n_ports; i++)
			n += document->ports[i].queues * BUFFERS_PER_QUEUE;
	}
	pe->pool = make_pool(n, room);
	if (pe->pool == NULL)
		return document_refuse(
			error, -rte_errno, "/workers/buffers",
			"no memory for %u packet buffers of %zu bytes: %s; take fewer, or "
			"reserve huge pages: "
			"sysctl vm.nr_hugepages=%zu",
			n, room, rte_strerror(rte_errno), (n * (room + 512) >> 21) + 64);
	return 0;
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
		err = port_open(port, conf, pe->n_ports++, pe->n_workers, pe->pool, error->message,
				sizeof(error->message));
		if (err != 0) {
			snprintf(error->path, sizeof(error->path), "%s", at);
			return err;
		}
	}
	return 0;
}

/** Loads what the document's modules name; a service named by an instance need not be listed. */
static int
load_modules(struct pe *pe, const struct document *document, struct document_error *error)
{
	const struct wp_service *service;
	int err;

	for (uint32_t i = 0; i < document->n_modules; i++) {
		err = registry_load(pe->registry, document->modules[i], &service, error->message,
				    sizeof(error->message));
		if (err != 0) {
			snprintf(error->path, sizeof(error->path), "/modules/%u", i);
			return err;
		}
	}
	return 0;
}

static const struct wp_service *
find_service(void *registry, const char *name)
{
	return registry_find(registry, name);
}

static int
open_stores(struct pe *pe, const struct document *document, struct document_error *error)
{
	int err = 0;

	if (document->key_store[0] != '\0')
		err = keystore_open(document->key_store, &pe->keys, error->message,
				    sizeof(error->message));
	if (err != 0) {
		snprintf(error->path, sizeof(error->path), "/key_store");
		return err;
	}
	if (document->state_dir[0] != '\0' && !pe->options.check_only)
		err = reserve_open(document->state_dir, &pe->reserve, error->message,
				   sizeof(error->message));
	if (err != 0)
		snprintf(error->path, sizeof(error->path), "/state_dir");
	return err;
}

/** Deals receive queues out to workers, and says which worker sends through which queue. */
static int
deal_queues(struct pe *pe, struct document_error *error)
{
	unsigned int next = 0;

	if (pe->n_workers == 0) /* no document says so */
		return -EINVAL;
	for (uint16_t w = 0; w < pe->n_workers; w++)
		pe->workers[w]->sends_all = true;
	for (uint16_t p = 0; p < pe->n_ports; p++) {
		struct port *port = &pe->ports[p];
		unsigned int n_tx = port->n_parts == 1 ? port->parts[0].n_tx : port->n_parts;

		for (uint32_t i = 0; i < port->n_parts; i++) {
			for (uint16_t q = 0; q < port->parts[i].n_rx; q++) {
				struct worker *worker = pe->workers[next++ % pe->n_workers];

				if (worker->n_rxqs == WORKER_QUEUES_MAX)
					return document_refuse(error, -EINVAL, "/ports",
							       "more than %u queues for a worker",
							       WORKER_QUEUES_MAX);
				worker->rxqs[worker->n_rxqs++] = (struct worker_rxq){
					.port = p,
					.dpdk_port = port->parts[i].dpdk_port,
					.queue = q,
					.cells = port->cells,
					.refused = worker->cells + port->cells + PORT_REFUSED,
				};
			}
		}
		for (uint16_t w = 0; w < pe->n_workers; w++) {
			struct worker_txq *txq = &pe->workers[w]->txqs[p];
			unsigned int queue = w % (n_tx == 0 ? 1 : n_tx);

			txq->cells = port->cells;
			txq->usable = w < n_tx;
			pe->workers[w]->sends_all &= txq->usable;
			txq->sender = (uint8_t)queue;
			txq->dpdk_port = port->parts[port->n_parts == 1 ? 0 : queue].dpdk_port;
			txq->queue = port->n_parts == 1 ? (uint16_t)queue : 0;
		}
		if (n_tx == 0)
			return document_refuse(error, -EINVAL, "/ports",
					       "port '%s' cannot send: it has no send queue",
					       port->name);
	}
	return 0;
}

static int
open_workers(struct pe *pe, uint32_t hold_max, struct document_error *error)
{
	if (pe->n_workers == 0) /* no document says so */
		return -EINVAL;
	for (uint16_t i = 0; i < pe->n_workers; i++) {
		int err = worker_create(pe, i, hold_max, SOCKET_ID_ANY, &pe->workers[i]);

		if (err != 0)
			return document_refuse(error, err, "/workers",
					       "worker %u cannot be made: %s", i, strerror(-err));
	}
	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++)
		atomic_store_explicit(&pe->owner[bucket], (uint8_t)(bucket % pe->n_workers),
				      memory_order_relaxed);
	return deal_queues(pe, error);
}

static void
start_threads(struct pe *pe)
{
	unsigned int lcore, i = 0;

	RTE_LCORE_FOREACH_WORKER(lcore)
	{
		if (i == pe->n_workers)
			break;
		rte_eal_remote_launch(worker_main, pe->workers[i++], lcore);
	}
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
	err = account_create(pe->n_workers, &pe->account);
	if (err == 0)
		err = registry_create(dir, &pe->registry);
	if (err == 0)
		err = tables_create(&pe->hash_key, pe->n_workers, &pe->tables);
	if (err != 0)
		return document_refuse(error, err, "", "no memory");
	err = open_stores(pe, document, error);
	if (err == 0)
		err = open_pool(pe, document, error);
	if (err == 0)
		err = open_ports(pe, document, error);
	return err;
}

/** Loads, binds and opens a document's services. Takes the document when it succeeds. */
static int
open_epoch(struct pe *pe, struct document *document, struct wp_epoch **epoch,
	   struct document_error *error)
{
	int err = load_modules(pe, document, error);

	if (err == 0)
		err = document_bind(document, find_service, pe->registry, error);
	if (err == 0)
		err = epoch_open(pe, document, ++pe->next_epoch, epoch, error);
	return err;
}

static void
publish(struct pe *pe, struct wp_epoch *epoch)
{
	pe->current = epoch;
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
	if (options->threads)
		start_threads(new);
	*pe = new;
	return 0;
}

/* Replacing and closing. */

/** @return whether all workers take new packets under @p epoch. */
static bool
all_seen(const struct pe *pe, const struct wp_epoch *epoch)
{
	for (uint16_t i = 0; i < pe->n_workers; i++)
		if (atomic_load_explicit(&pe->workers[i]->seen, memory_order_acquire) !=
		    epoch->number)
			return false;
	return true;
}

/** Lets some time pass for the workers: they run by themselves, or here. */
static void
give_time(struct pe *pe)
{
	if (pe->running)
		usleep(DRAIN_STEP_US);
	else
		pe_poll(pe);
}

/** Waits until every worker has ended the poll that it may be in. */
static void
wait_polls(struct pe *pe)
{
	uint64_t before[DOCUMENT_WORKERS_MAX];

	if (!pe->running)
		return;
	for (uint16_t i = 0; i < pe->n_workers; i++)
		before[i] = atomic_load_explicit(&pe->workers[i]->sequence, memory_order_acquire);
	for (uint16_t i = 0; i < pe->n_workers; i++)
		while ((before[i] & 1) != 0 &&
		       atomic_load_explicit(&pe->workers[i]->sequence, memory_order_acquire) ==
			       before[i])
			usleep(DRAIN_STEP_US);
}

/**
 * Waits until nothing is in flight under @p old. A worker may count a packet out and, when the port
 * does not take it, in again within one poll: hence the second look.
 */
static void
wait_drained(struct pe *pe, const struct wp_epoch *old)
{
	while (!all_seen(pe, pe->current))
		give_time(pe);
	do {
		while (epoch_in_flight(old) != 0) {
			give_time(pe);
			pe_tick(pe);
		}
		wait_polls(pe);
	} while (epoch_in_flight(old) != 0);
}

/** Says what cannot change while the process runs. */
static int
check_fixed(const struct document *old, const struct document *new, struct document_error *error)
{
	bool same_ports = old->n_ports == new->n_ports;

	for (uint32_t i = 0; same_ports && i < new->n_ports; i++) {
		const struct document_port *a = &old->ports[i], *b = &new->ports[i];

		same_ports = strcmp(a->name, b->name) == 0 && a->type == b->type &&
			     a->queues == b->queues && strcmp(a->interface, b->interface) == 0 &&
			     strcmp(a->device, b->device) == 0 && strcmp(a->socket, b->socket) == 0;
	}
	if (!same_ports)
		return document_refuse(error, -EINVAL, "/ports",
				       "ports cannot change while waypointd runs; restart it");
	if (old->n_cores != new->n_cores ||
	    memcmp(old->cores, new->cores, new->n_cores * sizeof(new->cores[0])) != 0 ||
	    old->workers.hold_max != new->workers.hold_max ||
	    old->workers.buffers != new->workers.buffers ||
	    old->workers.buffer_size != new->workers.buffer_size)
		return document_refuse(
			error, -EINVAL, "/workers",
			"workers and buffers cannot change while waypointd runs; restart it");
	if (strcmp(old->state_dir, new->state_dir) != 0)
		return document_refuse(error, -EINVAL, "/state_dir",
				       "state_dir cannot change while waypointd runs; restart it");
	return 0;
}

/** Reads the key store of a new document; keys may have been added. */
static int
swap_keys(struct pe *pe, const struct document *document, struct keystore **old,
	  struct document_error *error)
{
	struct keystore *keys = NULL;
	int err = 0;

	if (document->key_store[0] != '\0')
		err = keystore_open(document->key_store, &keys, error->message,
				    sizeof(error->message));
	if (err != 0) {
		snprintf(error->path, sizeof(error->path), "/key_store");
		return err;
	}
	*old = pe->keys;
	pe->keys = keys;
	return 0;
}

int
pe_reload(struct pe *pe, struct document *document, struct document_error *error)
{
	struct wp_epoch *old = pe->current, *epoch = NULL;
	struct keystore *old_keys = NULL;
	int err;

	error->path[0] = error->message[0] = '\0';
	err = check_fixed(old->document, document, error);
	if (err == 0)
		err = swap_keys(pe, document, &old_keys, error);
	if (err != 0) {
		document_destroy(document);
		return err;
	}
	err = open_epoch(pe, document, &epoch, error);
	if (err != 0) {
		keystore_close(pe->keys);
		pe->keys = old_keys;
		document_destroy(document);
		return err;
	}
	keystore_close(old_keys);
	publish(pe, epoch);
	wait_drained(pe, old);
	epoch_close(old);
	return 0;
}

unsigned int
pe_poll(struct pe *pe)
{
	unsigned int work = 0;

	for (uint16_t i = 0; i < pe->n_workers; i++)
		work += worker_poll(pe->workers[i]);
	return work;
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
	if (now_ns < pe->next_check_ns)
		return;
	pe->next_check_ns = now_ns + CHECK_NS;
	for (uint16_t i = 0; i < pe->n_ports; i++)
		port_check_link(&pe->ports[i]);
	wait_polls(pe);
	tables_reclaim(pe->tables);
	pe_audit(pe);
}

bool
pe_drain(struct pe *pe, unsigned int ms)
{
	uint64_t end_ns = 0;
	struct timespec now;

	for (uint16_t i = 0; i < pe->n_workers; i++)
		atomic_store_explicit(&pe->workers[i]->closed, true, memory_order_relaxed);
	wait_polls(pe);
	clock_gettime(CLOCK_MONOTONIC, &now);
	end_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + ms * 1000000ull;
	for (;;) {
		give_time(pe);
		pe_tick(pe);
		if (epoch_in_flight(pe->current) == 0)
			return true;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if ((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec > end_ns)
			return false;
	}
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
pe_close(struct pe *pe)
{
	if (pe == NULL)
		return;
	stop_threads(pe);
	for (uint16_t i = 0; i < pe->n_workers; i++)
		worker_destroy(pe->workers[i]);
	epoch_close(pe->current);
	while (pe->n_ports != 0)
		port_close(&pe->ports[--pe->n_ports]);
	free(pe->ports);
	rte_mempool_free(pe->pool);
	tables_destroy(pe->tables);
	reserve_close(pe->reserve);
	keystore_close(pe->keys);
	registry_destroy(pe->registry);
	account_destroy(pe->account);
	explicit_bzero(&pe->hash_key, sizeof(pe->hash_key));
	free(pe);
}
