/* SPDX-License-Identifier: BSD-3-Clause */
/* A port of the document: one or several DPDK ports, with their queues and who serves them. */

#ifndef PE_PORT_H
#define PE_PORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "pe/pools.h"

#include "pe/account.h"
#include "pe/document.h"
#include "tag/tag.h"

#define PORT_QUEUES_MAX 32

/** Why a frame that a port received is on no path; counted by port, behind enum wp_tag_reason. */
enum port_refusal {
	PORT_NO_PATH = WP_N_TAG_REASONS, /* no path has its SPI */
	PORT_BAD_INDEX,                  /* its service index is none of the path's steps */
	PORT_LOOP,     /* its service index says that it has been through the path */
	PORT_TOO_LONG, /* more segments than fit into one buffer */
	PORT_N_REFUSALS,
};

/** Cells of a port. */
enum port_cell {
	PORT_RX,
	PORT_RX_BYTES,
	PORT_TX,
	PORT_TX_BYTES,
	PORT_REFUSED, /* one for each refusal */
	PORT_CELLS = PORT_REFUSED + PORT_N_REFUSALS,
};

/** @return the name of a refusal, enum wp_tag_reason or enum port_refusal. */
const char *port_refusal_name(unsigned int refusal);

/** One DPDK port behind a port. */
struct port_part {
	uint16_t dpdk_port;
	uint16_t n_rx, n_tx; /* queues */
	char device[1024];   /* made by us and removed with the port; "": not ours */
};

struct port {
	char name[64];
	char interface[16];           /* of the kernel's; "": none */
	unsigned int interface_index; /* another of the same name is not ours */
	uint32_t cells;               /* block of enum port_cell */
	uint32_t n_parts;
	struct port_part parts[PORT_QUEUES_MAX];
	atomic_bool up;      /* control writes: there is a link */
	atomic_bool blocked; /* control writes: what is offered now is lost without a word */
	int xdp_tags;        /* descriptor of our XDP program's map; -1: none */
	int claim;           /* descriptor of our claim on the interface; -1: none */
	uint32_t type;       /* enum port_type */
	bool drained;        /* pcap: 'in' is read to its end */
};

/**
 * Makes, configures and starts the device of a port.
 *
 * @param n_tx     send queues wanted: one for each worker, fewer where the device has no more
 * @param[out] message  what failed, the evidence, and the command that mends it
 * @return 0 or a negative errno
 */
int port_open(struct port *port, const struct document_port *conf, unsigned int index,
	      unsigned int n_tx, const struct pools *pools, char *message, size_t message_size);

/** Stops, closes and removes. Accepts a port that failed to open. */
void port_close(struct port *port);

/** Looks whether there is a link. Control, now and then. @return whether that has changed */
bool port_check_link(struct port *port);

/** @return frames that came for a port and were lost in front of it, as its driver counts them. */
uint64_t port_missed(const struct port *port);

#endif
