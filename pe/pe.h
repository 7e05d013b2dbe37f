/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The processing element as a whole: what main() starts, and what a test starts inside itself. All
 * functions: control thread.
 */

#ifndef PE_PE_H
#define PE_PE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "pe/account.h"
#include "pe/balance.h"
#include "pe/buckets.h"
#include "pe/document.h"
#include "pe/epoch.h"
#include "pe/move.h"
#include "pe/pools.h"
#include "pe/port.h"
#include "pe/worker.h"
#include "state/state.h"

struct capture;
struct events;
struct fragments;
struct registry;
struct reserve;
struct tables;
struct tenants;

/** How a PE is run. */
struct pe_options {
	bool threads;     /* workers run on lcores; else pe_poll() runs them (tests, pcap files) */
	bool wait;        /* workers do not run before pe_start() */
	bool keeps_flows; /* they are exported at the end: another process goes on with them */
	bool check_only;  /* nothing is reserved on disk: no packet can be encrypted */
	/* Not the real thing: keys are random, nothing is logged, each burst is timed, and numbers
	 * are reserved here instead of in the document's state_dir. NULL: it is the real thing. */
	const char *rehearsal;
	uint64_t first_epoch;     /* its number; 0: 1 */
	const char *module_dir;   /* where modules are found when the document names no place */
	const uint64_t *clock_ns; /* a clock of the caller's; NULL: the TSC */
	FILE *log;                /* where log lines go; NULL: stderr */
	/** Hears each log line, too; or NULL. Control. */
	void (*said)(void *arg, const char *line);
	void *said_arg;
	/** Hears what services tell those who have subscribed; or NULL. As teller_fn. Control. */
	void (*told)(void *arg, const char *instance, const char *text, size_t size);
	void *told_arg;
	/** @return whether the process is told to end, while control opens something and hears
	 * nothing else; or NULL. Control. */
	bool (*is_over)(void);
};

/** What the auditor found. */
struct pe_audit {
	uint64_t checks, failures;
	char last[256]; /* the last failure in words; "": none */
};

struct pe {
	/* Workers read; control writes. */
	_Atomic(const struct wp_epoch *) epoch;
	_Atomic(const struct wp_epoch *)
		draining;                        /* the one before, while it has packets; or NULL */
	_Atomic(const struct capture *) capture; /* that somebody wants; or NULL */
	atomic_bool hurry; /* packets that wait for a port are not waited for any longer */
	_Atomic uint64_t
		move; /* of a bucket, as move_word() says it; 0: none. Workers write, too */
	struct wp_hash_key hash_key;
	uint16_t n_workers;
	uint16_t n_ports;
	struct worker *workers[DOCUMENT_WORKERS_MAX];
	struct port *ports;
	uint8_t node[DOCUMENT_WORKERS_MAX]; /* NUMA node of each worker */
	struct pools pools;
	struct fragments *fragments;
	const uint64_t *clock_ns;
	uint64_t tsc_base, tsc_hz, tsc_mult; /* ns = (tsc - base) * mult >> 32 */
	uint32_t idle;                       /* enum idle_mode */

	/* Control only. */
	alignas(64) struct pe_options options;
	uint8_t owner[PE_BUCKETS]; /* index: bucket; the worker that owns it, while it does not move
				    */
	struct moves moves;
	struct balance balance;
	struct account *account;
	struct events *events;
	struct wp_teller *teller;
	struct registry *registry;
	struct tables *tables;
	struct tenants *tenants;
	struct reserve *reserve;
	struct wp_epoch *current;
	uint64_t next_epoch;
	struct pe_audit audit;
	uint64_t next_check_ns;
	bool refill_failed; /* said so already */
	bool running;
};

/**
 * Opens everything the document names and, with options.threads, starts the workers. EAL must be
 * up. Takes the document (also on failure).
 * @return 0, or a negative errno with @p error filled
 */
int pe_open(struct pe **pe, struct document *document, const struct pe_options *options,
	    struct document_error *error);

/** Starts the workers, where they are threads and have been told to wait. */
void pe_start(struct pe *pe);

/** Stops the workers and closes the logs of all instances: all numbers are final. Only to read
 * them, and pe_close(), may follow. */
void pe_stop(struct pe *pe);

/** Stops the workers, drops what is left, closes everything. Accepts NULL. */
void pe_close(struct pe *pe);

/**
 * Loads a document's modules, and binds it to their services; once. Before pe_prepare(), if
 * something is to be done in between.
 * @return 0, or a negative errno with @p error filled
 */
int pe_bind(struct pe *pe, struct document *document, struct document_error *error);

/**
 * Opens all of another document beside the one in force; packets notice nothing. Takes the document
 * (also on failure).
 * @param[out] epoch  for one of pe_commit() and pe_abort(), before the next pe_prepare()
 * @return 0, or a negative errno with @p error filled
 */
int pe_prepare(struct pe *pe, struct document *document, struct wp_epoch **epoch,
	       struct document_error *error);

/** Puts a prepared epoch in force without losing a packet: publishes it, waits until nothing is in
 * flight under the old one, closes the old one. */
void pe_commit(struct pe *pe, struct wp_epoch *epoch);

/** Closes a prepared epoch that is not wanted. Accepts NULL. */
void pe_abort(struct pe *pe, struct wp_epoch *epoch);

/** Prepares and commits. Takes the document (also on failure, when the old one goes on).
 * @return 0, or a negative errno with @p error filled */
int pe_reload(struct pe *pe, struct document *document, struct document_error *error);

/** Runs each worker once when there are no threads. @return packets they had to do with */
unsigned int pe_poll(struct pe *pe);

/** What control does now and then: reservations, links, reclaim, audit. Every 10 ms or so. */
void pe_tick(struct pe *pe);

/** Receives no more, and waits until nothing is inside. @return whether it was so within @p ms */
bool pe_drain(struct pe *pe, unsigned int ms);

/** Checks the accounting once, now. @return whether it is closed */
bool pe_audit(struct pe *pe);

/** @return the runtime's clock. Any thread. */
uint64_t pe_now_ns(const struct pe *pe);

/** Writes a log line. Control. */
void pe_log(const struct pe *pe, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
