/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Copies of packets of one path, as they come, after each step and as they go, with what was
 * decided of them in words. Workers put them into rings of their own, control takes them out; what
 * finds its ring full is counted and lost. Workers look once a poll whether there is a capture at
 * all.
 */

#ifndef PE_CAPTURE_H
#define PE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "packet.h"

#define CAPTURE_RING (1u << 20) /* bytes of each worker's ring */
#define CAPTURE_SNAP_MAX 16384  /* bytes of a packet */

struct capture;
struct instance;
struct pe;
struct worker;

/** Where packets are copied; bits. */
enum capture_point {
	CAPTURE_IN = 1 << 0,    /* in front of the first step, without the tag */
	CAPTURE_STEPS = 1 << 1, /* behind each step */
	CAPTURE_DROPS = 1 << 2, /* behind a step that drops, or fails */
	CAPTURE_OUT = 1 << 3,   /* as sent, with the tag */
};

/** What is wanted. */
struct capture_wish {
	uint32_t spi;             /* of the path */
	uint16_t tenant;          /* its number */
	uint8_t points;           /* enum capture_point */
	uint32_t snap;            /* bytes of a packet at the most */
	struct wp_prefix address; /* of the source or the destination; version 0: any */
};

/** One copy; valid during the call. */
struct captured {
	uint64_t time_ns; /* the runtime's clock */
	uint32_t size;    /* bytes of the packet; of which are copied: */
	uint32_t n;
	const uint8_t *bytes;
	const char *comment; /* "fw (firewall): drop, default" */
	bool is_ethernet;    /* else it begins with its IP header */
};

typedef void (*captured_fn)(void *arg, const struct captured *packet);

/** Begins a capture; there is none. Control. @return 0 or -ENOMEM */
int capture_begin(struct pe *pe, const struct capture_wish *wish, struct capture **capture);

/** Calls @p fn for all copies that are there. Control. */
void capture_take(struct capture *capture, captured_fn fn, void *arg);

/** @return how many copies found no room so far. Control. */
uint64_t capture_lost(const struct capture *capture);

/** Ends a capture: workers know of it no more, what they have copied is still there. Control. */
void capture_end(struct pe *pe, struct capture *capture);

/** Frees it, when it has been ended. Accepts NULL. Control. */
void capture_free(struct capture *capture);

/* Workers, when worker->capture is there. */

void capture_in(struct worker *worker, struct wp_packet *const *pkts, uint16_t n);

/** @param instance  that has just served them; verdicts are set */
void capture_step(struct worker *worker, const struct instance *instance,
		  struct wp_packet *const *pkts, uint16_t n);

/** The tag is on them. */
void capture_out(struct worker *worker, struct wp_packet *const *pkts, uint16_t n);

#endif
