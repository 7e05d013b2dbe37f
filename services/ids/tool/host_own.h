/* SPDX-License-Identifier: BSD-3-Clause */
/* What a host has; for host*.c only. */

#ifndef IDS_HOST_OWN_H
#define IDS_HOST_OWN_H

#include "state/state.h"
#include "stream/stream.h"
#include "tool/host.h"

enum {
	HOST_START = 128,     /* bytes in front of a packet */
	HOST_ROOM = 65536,    /* bytes of a packet's buffer */
	HOST_TABLES_MAX = 16, /* of the service */
	HOST_DEPTH_MAX = 16,  /* packets in packets */
	HOST_WHOLES_MAX = 4,  /* datagrams in fragments, in each other */
};

/** Numbers of instances, as the contract has them. */
enum { HOST_TRACKER = 1, HOST_SERVICE = 2 };

/** What has to be said while something is opened. */
struct wp_env {
	struct host *host;
	char *why;
	size_t size;
};

/** Where wp_tell() goes. */
struct wp_teller {
	void (*heard)(void *arg, const char *text, size_t size); /* NULL: nobody hears */
	void *arg;
};

/** A service's side, or the tracker's. */
struct host_side {
	struct wp_core core; /* first: the runtime is found from it */
	struct host *host;
	void *conf;         /* what its configuration has filled */
	uint64_t *counters; /* as many as it has names for */
	struct wp_table *tables[HOST_TABLES_MAX];
	unsigned int n_tables;
};

struct host {
	const struct wp_service *service;
	FILE *notes;
	struct tunnel_conf tunnels;
	struct wp_teller teller;
	struct wp_arena *arena;
	struct wp_hash_key hash_key;
	bool is_repeatable, has_control;
	_Atomic uint64_t turns; /* packets that were begun */
	uint64_t reclaimed;     /* of them, when memory came back last; whose host_control() is */

	struct host_side tracker, side;
	struct stream_plan plan;
	struct stream_pool *pool, *views;
	struct stream_defrag *defrag;
	unsigned int n_wants;             /* rows */
	uint32_t rows_of[WP_FLOW_EVENTS]; /* bits: those that an event may meet */

	void *inst;
	void *step; /* what packets carry as args */
	bool is_open, has_step, has_core;
	void *log;
	uint64_t *log_counters; /* the log's own part */

	/* Time. */
	uint64_t packet_ns;    /* UTC: of the packet that is looked at */
	uint64_t latest_ns;    /* of the latest of those since time went back */
	uint64_t left_ns;      /* likewise before time went back for longer; 0: it has not */
	uint64_t now_ns;       /* the runtime clock: as packets' time, but never goes back */
	uint64_t next_tick_ns; /* by now_ns */
	uint64_t next_expiry_ns;

	struct host_counts counts;
	uint8_t *buffer;                  /* the packet's */
	uint8_t *wholes[HOST_WHOLES_MAX]; /* datagrams put together; NULL: not needed yet */
};

/** Tells the service what has happened: of struct stream_link. */
void host_tell(void *arg, const struct wp_stream_event *events, unsigned int n);

/** Closes the service's log, if it is open. */
void host_close_log(struct host *host);

/** Sets the clocks to a packet's time, and does what is due. */
void host_set_time(struct host *host, uint64_t packet_ns);

#endif
