/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The runtime of one service over packets of a capture: the service, the tracker of flows in front
 * of it, one worker, one tenant, one thread (or two: host_control()). The time is the packets' own.
 * What the contract lets a service do with other packets (hold, release, create) is refused as
 * where there is no room for it.
 */

#ifndef IDS_HOST_H
#define IDS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "service.h"
#include "tool/capture.h"
#include "tool/tunnel.h"

struct host;

/** What is opened. */
struct host_conf {
	const struct wp_service *service;
	const json_t *config;  /* of the service; NULL: {} */
	const json_t *tracker; /* of the tracker; NULL: {} */
	struct tunnel_conf tunnels;
	FILE *notes; /* what wp_log() writes to; NULL: nothing */
	/** Hears what the service tells subscribers; or NULL */
	void (*heard)(void *arg, const char *text, size_t size);
	void *heard_arg;
	bool is_repeatable; /* no random numbers: the same input gives the same output */
	bool has_control;   /* host_control() is called, from a thread of its own */
};

/** What has come by. */
struct host_counts {
	uint64_t packets, bytes, bytes_max; /* as they were captured */
	uint64_t ethernet, vlan, vlan_qinq;
	uint64_t ipv4, ipv6, tcp, udp, sctp, icmpv4, icmpv6, esp; /* inner ones, too */
	uint64_t invalid;                                         /* that cannot be read */
	uint64_t tunnels[TUNNEL_KINDS];
	uint64_t fragments, reassembled;
	uint64_t accepted, blocked;
	uint64_t first_ns, last_ns; /* times of packets; 0: there were none */
};

/**
 * Opens the service.
 * @param[out] why  on failure, room for @p size bytes
 * @return 0 or a negative errno
 */
int host_open(const struct host_conf *conf, struct host **host, char *why, size_t size);

/** Closes it; accepts NULL. */
void host_close(struct host *host);

/** Looks at a packet, and at those within it. For the service its number is in tag.context; 'next'
 * is the packet of the capture that it was found in, or NULL, tag.md_type says in what (enum
 * record_from), tag.ttl in how many tunnels. */
void host_packet(struct host *host, const struct capture_packet *packet);

/** Does once what control does beside a worker: memory that was given up comes back, more is made
 * ready. Every 100 ms or so; another thread than the one that brings packets, for which it waits.
 * @return false: none has come since */
bool host_control(struct host *host);

/** Ends all flows, and closes the log: there are no more packets. */
void host_end(struct host *host);

const struct host_counts *host_counts(const struct host *host);

/** @return a counter of the service (its log's part included); 0: it has none of that name. */
uint64_t host_counter(const struct host *host, const char *name);

/** @return a counter of the tracker. @param counter  enum stream_counter */
uint64_t host_tracker_counter(const struct host *host, unsigned int counter);

#endif
