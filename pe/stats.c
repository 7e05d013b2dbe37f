/* SPDX-License-Identifier: BSD-3-Clause */
/* Adds cells up over workers and names them. */

#include "pe/stats.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/aead.h"
#include "pe/audit.h"
#include "pe/events.h"
#include "pe/fragments.h"
#include "pe/tables.h"
#include "pe/xdp.h"
#include "state/siphash.h"

static json_t *
number(const struct pe *pe, uint32_t cell)
{
	return json_integer((json_int_t)account_sum(pe->account, cell));
}

static json_t *
worker_json(struct pe *pe, uint16_t id)
{
	struct worker *worker = pe->workers[id];
	struct account_totals totals = {0};
	json_t *json = json_object();
	uint64_t packets;

	audit_totals(worker, &totals);
	packets = totals.rx + totals.ring_in;
	json_object_set_new(json, "core", json_integer(pe->current->document->cores[id]));
	json_object_set_new(json, "packets", json_integer((json_int_t)packets));
	json_object_set_new(json, "bursts",
			    json_integer(__atomic_load_n(&worker->bursts, __ATOMIC_RELAXED)));
	json_object_set_new(json, "handed_over", json_integer((json_int_t)totals.ring_out));
	json_object_set_new(json, "held", json_integer((json_int_t)totals.held));
	json_object_set_new(json, "queued", json_integer((json_int_t)totals.queued));
	json_object_set_new(json, "busy_permille", json_integer(pe->balance.seen.busy[id] / 1000));
	json_object_set_new(json, "busy_cycles",
			    json_integer((json_int_t)atomic_load_explicit(&worker->busy_cycles,
									  memory_order_relaxed)));
	return json;
}

/** Who owns each bucket, what it had of the last second's packets, and what moves. */
static json_t *
buckets_json(const struct pe *pe)
{
	json_t *owner = json_array(), *load = json_array();
	const uint64_t *seen = pe->balance.seen.load;
	uint64_t all = 0;

	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++)
		all += seen[bucket];
	for (unsigned int bucket = 0; bucket < PE_BUCKETS; bucket++) {
		uint64_t share = all == 0 ? 0 : seen[bucket] * 1000 / all;

		json_array_append_new(owner, json_integer(pe->owner[bucket]));
		json_array_append_new(load, json_integer((json_int_t)share));
	}
	return json_pack("{so so sI sI sb ss}", "owner", owner, "load_permille", load, "moves",
			 (json_int_t)pe->moves.done, "moves_given_up",
			 (json_int_t)pe->moves.gave_up, "moving", pe_moving(pe), "last_given_up",
			 pe->moves.last);
}

static json_t *
port_json(struct pe *pe, uint16_t id)
{
	const struct port *port = &pe->ports[id];
	json_t *json = json_object(), *refused = json_object();
	struct xdp_frames frames;
	uint64_t missed = port_missed(port);

	json_object_set_new(json, "name", json_string(port->name));
	json_object_set_new(json, "up",
			    json_boolean(atomic_load_explicit(&port->up, memory_order_relaxed)));
	json_object_set_new(json, "rx", number(pe, port->cells + PORT_RX));
	json_object_set_new(json, "rx_bytes", number(pe, port->cells + PORT_RX_BYTES));
	json_object_set_new(json, "tx", number(pe, port->cells + PORT_TX));
	json_object_set_new(json, "tx_bytes", number(pe, port->cells + PORT_TX_BYTES));
	for (unsigned int i = 1; i < PORT_N_REFUSALS; i++)
		json_object_set_new(refused, port_refusal_name(i),
				    number(pe, port->cells + PORT_REFUSED + i));
	json_object_set_new(json, "refused", refused);
	if (port->xdp_tags >= 0 && xdp_read(port->xdp_tags, &frames) == 0) {
		uint64_t rx = account_sum(pe->account, port->cells + PORT_RX);

		/* The socket's full ring is in no counter of the driver's. */
		missed = frames.to_pe > rx ? frames.to_pe - rx : 0;
		json_object_set_new(json, "xdp",
				    json_pack("{sI sI sI}", "to_pe", (json_int_t)frames.to_pe,
					      "to_kernel", (json_int_t)frames.to_kernel,
					      "no_socket", (json_int_t)frames.no_socket));
	}
	json_object_set_new(json, "missed", json_integer((json_int_t)missed));
	return json;
}

/** @return packets that a step has dropped, for reasons of its service's. */
static uint64_t
step_drops(const struct pe *pe, const struct step *step)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < step->instance->n_reasons; i++)
		sum += account_sum(pe->account, step->cells + STEP_DROPS + i);
	return sum;
}

/** @param packets  that have come to the step, as far as earlier steps dropped the others */
static json_t *
step_json(const struct pe *pe, const struct step *step, uint64_t packets)
{
	json_t *json = json_object(), *drops = json_object();
	uint64_t timed = account_sum(pe->account, step->cells + STEP_TIMED);
	uint64_t cycles = account_sum(pe->account, step->cells + STEP_CYCLES);

	json_object_set_new(json, "instance", json_string(step->instance->name));
	json_object_set_new(json, "service", json_string(step->instance->service->name));
	json_object_set_new(json, "packets", json_integer((json_int_t)packets));
	json_object_set_new(json, "timed_packets", json_integer((json_int_t)timed));
	json_object_set_new(json, "cycles_per_packet",
			    json_real(timed == 0 ? 0 : (double)cycles / (double)timed));
	json_object_set_new(json, "cycles_p99",
			    json_integer((json_int_t)account_quantile(
				    pe->account, step->cells + STEP_HISTOGRAM,
				    STEP_HISTOGRAM_END - STEP_HISTOGRAM, 990)));
	json_object_set_new(json, "bypassed", number(pe, step->cells + STEP_BYPASSED));
	for (unsigned int i = 0; i < step->instance->n_reasons; i++)
		json_object_set_new(drops, step->instance->service->reasons[i],
				    number(pe, step->cells + STEP_DROPS + i));
	json_object_set_new(json, "drops", drops);
	return json;
}

/** @return whether a path's tenant has a controller of its own. */
static bool
is_delegated(const struct pe *pe, uint32_t path)
{
	const struct document *document = pe->current->document;

	return document->tenants[document->paths[path].tenant_index].is_delegated;
}

struct stats_totals
stats_totals(const struct pe *pe)
{
	struct stats_totals totals = {0, 0};

	for (uint32_t i = 0; i < pe->current->n_paths; i++) {
		const struct wp_path *path = &pe->current->paths[i];

		if (is_delegated(pe, i))
			continue;
		totals.rx += account_sum(pe->account, path->cells + PATH_RX);
		for (unsigned int reason = 0; reason < N_DROPS; reason++)
			totals.dropped +=
				account_sum(pe->account, path->rare + PATH_DROPS + reason);
		for (unsigned int step = 0; step < path->n_steps; step++)
			totals.dropped += step_drops(pe, &path->steps[step]);
	}
	return totals;
}

static json_t *
latency_json(const struct pe *pe, const struct wp_path *path)
{
	static const struct {
		const char *name;
		unsigned int permille;
	} quantiles[] = {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"max", 1000}};
	json_t *json = json_object();

	for (unsigned int i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++)
		json_object_set_new(
			json, quantiles[i].name,
			json_integer((json_int_t)account_quantile(
				pe->account, path->rare + PATH_LATENCY,
				PATH_LATENCY_END - PATH_LATENCY, quantiles[i].permille)));
	return json;
}

/** @return the histogram of a path, by powers of two. */
static json_t *
histogram_json(const struct pe *pe, const struct wp_path *path)
{
	enum { FIRST_LOG = 10 }; /* a microsecond */
	json_t *buckets = json_array();
	uint64_t count = 0;

	for (unsigned int i = 0; i < PATH_LATENCY_END - PATH_LATENCY; i++) {
		uint64_t top = account_bucket_top(i) + 1;

		count += account_sum(pe->account, path->rare + PATH_LATENCY + i);
		if ((top & (top - 1)) == 0 && top >= 1u << FIRST_LOG &&
		    i + 1 < PATH_LATENCY_END - PATH_LATENCY) /* the last one has all the rest */
			json_array_append_new(
				buckets, json_pack("[I, I]", (json_int_t)top, (json_int_t)count));
	}
	return json_pack("{so sI so}", "buckets", buckets, "count", (json_int_t)count, "sum_ns",
			 number(pe, path->rare + PATH_LATENCY_SUM));
}

void
stats_add_latency(const struct pe *pe, json_t *stats)
{
	const json_t *paths = json_object_get(stats, "paths");

	for (uint32_t i = 0; i < pe->current->n_paths; i++)
		json_object_set_new(json_array_get(paths, i), "latency",
				    histogram_json(pe, &pe->current->paths[i]));
}

static json_t *
path_json(const struct pe *pe, const struct wp_path *path)
{
	static const char *const names[PATH_CELLS] = {
		[PATH_RX] = "rx",           [PATH_RX_BYTES] = "rx_bytes",
		[PATH_TX] = "tx",           [PATH_TX_BYTES] = "tx_bytes",
		[PATH_CREATED] = "created", [PATH_ABSORBED] = "absorbed",
		[PATH_HELD] = "holds",      [PATH_RELEASED] = "holds_ended",
	};
	json_t *json = json_object(), *drops = json_object(), *steps = json_array();
	uint64_t packets = account_sum(pe->account, path->cells + PATH_RX);

	json_object_set_new(json, "name", json_string(epoch_path_name(pe->current, path)));
	json_object_set_new(json, "spi", json_integer(path->spi));
	json_object_set_new(json, "tenant", json_string(epoch_tenant_name(pe->current, path)));
	for (unsigned int i = 0; i < PATH_CELLS; i++)
		json_object_set_new(json, names[i], number(pe, path->cells + i));
	json_object_set_new(json, "replied", number(pe, path->rare + PATH_REPLIED));
	json_object_set_new(json, "turned_out", number(pe, path->rare + PATH_TURNED_OUT));
	json_object_set_new(json, "turned_in", number(pe, path->rare + PATH_TURNED_IN));
	json_object_set_new(json, "to_peer", number(pe, path->rare + PATH_PEERED));
	json_object_set_new(json, "holds_refused", number(pe, path->rare + PATH_HOLD_FULL));
	json_object_set_new(json, "not_created", number(pe, path->rare + PATH_NOT_CREATED));
	for (unsigned int i = 0; i < N_DROPS; i++)
		json_object_set_new(drops, drop_names[i], number(pe, path->rare + PATH_DROPS + i));
	json_object_set_new(json, "drops", drops);
	json_object_set_new(json, "latency_ns", latency_json(pe, path));
	for (unsigned int i = 0; i < path->n_steps; i++) {
		json_array_append_new(steps, step_json(pe, &path->steps[i], packets));
		packets -= step_drops(pe, &path->steps[i]);
	}
	json_object_set_new(json, "steps", steps);
	return json;
}

static json_t *
instance_json(const struct pe *pe, const struct instance *instance)
{
	json_t *json = json_object(), *counters = json_object(), *events;
	const char *const *names = instance->service->counters;

	json_object_set_new(json, "name", json_string(instance->name));
	json_object_set_new(json, "service", json_string(instance->service->name));
	for (unsigned int i = 0; names != NULL && names[i] != NULL; i++)
		json_object_set_new(counters, names[i], number(pe, instance->counters + i));
	json_object_set_new(json, "counters", counters);
	if (instance->service->log != NULL) {
		json_object_set_new(json, "events", events = json_object());
		json_object_set_new(events, "taken", number(pe, instance->events + EVENT_PUT));
		json_object_set_new(events, "lost", number(pe, instance->events + EVENT_LOST));
	}
	return json;
}

static void
table_json(void *arg, const char *service, struct wp_table *table)
{
	json_t *tables = arg;
	struct wp_table_stats stats;

	wp_table_stats(table, &stats);
	json_array_append_new(tables,
			      json_pack("{ss ss sI sI sI sI sI sI}", "service", service, "table",
					wp_table_decl(table)->name, "entries",
					(json_int_t)stats.entries, "max", (json_int_t)stats.max,
					"memory_bytes", (json_int_t)stats.memory,
					"memory_bytes_full", (json_int_t)stats.memory_max,
					"refused_full", (json_int_t)stats.refused_full,
					"refused_tenant", (json_int_t)stats.refused_tenant));
}

json_t *
stats_json(struct pe *pe)
{
	const struct wp_epoch *epoch = pe->current;
	json_t *json = json_object(), *list;
	uint64_t used, max;

	json_object_set_new(json, "time_ns", json_integer((json_int_t)pe_now_ns(pe)));
	json_object_set_new(json, "tsc_hz", json_integer((json_int_t)pe->tsc_hz));
	json_object_set_new(json, "epoch", json_integer((json_int_t)epoch->number));
	json_object_set_new(json, "isa", json_string(wp_siphash_isa()));
	json_object_set_new(json, "crypto", json_string(wp_aead_best()));
	json_object_set_new(json, "workers", list = json_array());
	for (uint16_t i = 0; i < pe->n_workers; i++)
		json_array_append_new(list, worker_json(pe, i));
	json_object_set_new(json, "buckets", buckets_json(pe));
	json_object_set_new(json, "ports", list = json_array());
	for (uint16_t i = 0; i < pe->n_ports; i++)
		json_array_append_new(list, port_json(pe, i));
	json_object_set_new(json, "paths", list = json_array());
	for (uint32_t i = 0; i < epoch->n_paths; i++)
		json_array_append_new(list, path_json(pe, &epoch->paths[i]));
	json_object_set_new(json, "instances", list = json_array());
	for (uint32_t i = 0; i < epoch->n_instances; i++)
		json_array_append_new(list, instance_json(pe, &epoch->instances[i]));
	json_object_set_new(json, "tables", list = json_array());
	tables_each(pe->tables, table_json, list);
	used = fragments_used(pe->fragments, &max);
	json_object_set_new(
		json, "fragments",
		json_pack("{sI sI}", "datagrams", (json_int_t)used, "max", (json_int_t)max));
	json_object_set_new(json, "audit",
			    json_pack("{sI sI ss}", "checks", (json_int_t)pe->audit.checks,
				      "failures", (json_int_t)pe->audit.failures, "last",
				      pe->audit.last));
	return json;
}

/** Makes a file anew; what has its name, such as a link to another file, goes. */
static int
create(const char *file)
{
	int fd;

	if (unlink(file) != 0 && errno != ENOENT)
		return -errno;
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd < 0 ? -errno : fd;
}

int
stats_write(struct pe *pe, const char *file)
{
	char part[PATH_MAX];
	json_t *json;
	int fd, err = 0;

	if ((size_t)snprintf(part, sizeof(part), "%s.part", file) >= sizeof(part))
		return -ENAMETOOLONG;
	fd = create(part);
	if (fd < 0)
		return fd;
	json = stats_json(pe);
	errno = 0;
	if (json_dumpfd(json, fd, JSON_COMPACT) != 0)
		err = errno != 0 ? -errno : -EIO;
	if (close(fd) != 0 && err == 0)
		err = -errno;
	if (err == 0 && rename(part, file) != 0)
		err = -errno;
	json_decref(json);
	return err;
}
