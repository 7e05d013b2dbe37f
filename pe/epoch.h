/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One accepted document, compiled: what workers read while they serve packets. Constant from
 * publication on, but for the counts of what is in flight under it.
 */

#ifndef PE_EPOCH_H
#define PE_EPOCH_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "pe/document.h"
#include "service.h"
#include "state/state.h"

struct pe;
struct env_resources;
struct event_log;
struct flow_plan;
struct keystore;
struct opened;
struct worker;

/** One opened instance of a service. */
struct instance {
	void (*burst)(const void *inst, struct wp_core *core, struct wp_packet *const *pkts,
		      uint16_t n);
	void (*keys)(const void *inst, struct wp_core *core, struct wp_packet *const *pkts,
		     uint16_t n, struct wp_keys *keys);
	void (*tick)(const void *inst, struct wp_core *core, uint64_t now_ns);
	/** Asked in place of service->expire(), when the runtime itself keeps the entries; else
	 * NULL */
	uint32_t (*expire)(struct worker *worker, const struct instance *instance,
			   struct wp_entry *entry);
	void *inst;
	struct instance_core *cores; /* index: worker */
	struct wp_table **tables;    /* index: the service's table id */
	struct event_log *log;       /* where its records go, or NULL */
	uint32_t events;             /* block of enum event_cell */
	uint16_t n_reasons;
	uint8_t n_tables;
	bool needs_l4; /* its fragments know the ports of their first */
	bool hears;    /* of flows: its packets are put to theirs first */
	bool by_key; /* has keys(), or hears of flows: they steer, and only what they say nothing of
		      * is steered as its tenant wishes */
	/* Index: tenant; the first path on which it serves what goes to the tenant's hosts. NULL:
	 * not a service with WP_NEEDS_HOST. */
	const struct wp_path **to_hosts;
	/* Control only. */
	struct opened *opened; /* NULL: nothing is */
	uint32_t n_cores;      /* open_core() done for these */
	uint32_t number;       /* stable number of its name */
	uint32_t counters;     /* block of its counters */
	const struct wp_service *service;
	const char *name;
	struct env_resources *resources;
};

/** A worker's wp_core, on cache lines of its own. */
struct instance_core {
	alignas(64) struct wp_core core;
	const struct instance *instance;
};

/** One step of a path. */
struct step {
	const struct instance *instance;
	const void *args;              /* what packets carry */
	const struct flow_plan *flows; /* who hears of them from here on; NULL: it does not */
	uint32_t cells;                /* block of enum step_cell */
	bool bypassable;
	/* Control only. */
	bool opened;
	struct env_resources *resources;
};

/** One path, on one cache line. */
struct wp_path {
	alignas(64) uint32_t spi;
	uint32_t cells; /* block of enum path_cell */
	uint32_t rare;  /* block of enum path_rare_cell */
	uint32_t peer_spi;
	uint16_t tenant;
	uint8_t first_index; /* NSH service index at which the first step runs */
	uint8_t n_steps;
	uint8_t inside;            /* enum wp_inside */
	uint8_t steering;          /* enum wp_steering */
	uint8_t fail[WP_N_CAUSES]; /* enum fail_mode */
	uint16_t order; /* by which way packets come to who hears of flows: the same number, the
			 * same way; 0: nobody does */
	bool order_is_blind;           /* on that way their addresses change */
	const struct wp_path *reverse; /* NULL: none */
	const struct step *steps;
	/* Of the first step, so that most packets need not look further. */
	const struct instance *instance;
	const void *args;
};

_Static_assert(sizeof(struct wp_path) == 64, "a path is one cache line");

/** What one worker has in flight under an epoch: written by it alone. */
struct epoch_count {
	alignas(64) _Atomic uint64_t in; /* packets that entered under it here */
	_Atomic uint64_t out;            /* packets that left for good here */
};

/** A slot of the map from SPI to path. */
struct path_slot {
	uint32_t spi;  /* 0: free */
	uint32_t path; /* index into paths */
};

struct wp_epoch {
	/* Workers read. */
	uint64_t number; /* from 1 */
	uint32_t slot_mask, slot_mul;
	struct path_slot *slots;
	struct wp_path *paths;
	uint16_t n_orders;  /* different ones of paths: see flow_order.h */
	bool steers;        /* buckets are needed: several workers, or state that lives by bucket */
	uint32_t n_tenants; /* the highest number of one, and 1 */
	uint32_t n_numbers;
	const struct instance **by_number; /* index: stable number of an instance; NULL: not here */
	const uint32_t *shares;            /* index: tenant; of a worker under overload */
	struct epoch_count *counts;        /* index: worker */
	/* Control only. */
	uint32_t n_paths, n_instances, n_steps;
	struct instance *instances;
	struct step *steps;
	struct flow_plan *flow_plans; /* a list */
	struct document *document;
	struct keystore
		*keys;    /* that its openings had theirs from; NULL: the document names none */
	time_t keys_seen; /* when their lifetimes were looked at last */
	struct pe *pe;
};

/**
 * Opens all instances and steps of a bound document. On failure everything opened is closed again.
 * @param keys  NULL: there are none
 * @param[out] epoch  owns @p document and @p keys from success on
 * @return 0, or a negative errno with @p error filled
 */
int epoch_open(struct pe *pe, struct document *document, struct keystore *keys, uint64_t number,
	       struct wp_epoch **epoch, struct document_error *error);

/** Closes what was opened and frees; accepts NULL. Nothing is in flight under it any more. */
void epoch_close(struct wp_epoch *epoch);

/** Brings out the records of its instances and closes their logs, but for those that a newer
 * epoch's go on with. No worker serves under it any more. */
void epoch_close_logs(struct wp_epoch *epoch);

/** @return packets in flight under it; exact once no worker receives under it any more. */
uint64_t epoch_in_flight(const struct wp_epoch *epoch);

/** Ends the keys whose lifetime is over: who uses them fails for want of a key. Control, each
 * second.
 */
void epoch_end_keys(struct wp_epoch *epoch);

/** @return the name of a path's tenant. Control. */
const char *epoch_tenant_name(const struct wp_epoch *epoch, const struct wp_path *path);

/** @return the name of one of its paths. Control. */
const char *epoch_path_name(const struct wp_epoch *epoch, const struct wp_path *path);

/** @return the instance of a stable number, or NULL. Worker. */
static inline const struct instance *
epoch_instance(const struct wp_epoch *epoch, uint32_t number)
{
	return number < epoch->n_numbers ? epoch->by_number[number] : NULL;
}

/** @return the path of an SPI, or NULL. Worker. */
static inline const struct wp_path *
epoch_path(const struct wp_epoch *epoch, uint32_t spi)
{
	uint32_t slot = (spi * epoch->slot_mul) >> 8 & epoch->slot_mask;

	while (epoch->slots[slot].spi != spi) {
		if (epoch->slots[slot].spi == 0)
			return NULL;
		slot = (slot + 1) & epoch->slot_mask;
	}
	return &epoch->paths[epoch->slots[slot].path];
}

#endif
