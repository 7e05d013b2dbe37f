/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records as IPFIX (RFC 7011) on their way to one collector: what a service has of its own are its
 * elements, its templates, and a struct that fills them. Nothing here waits for a collector: what
 * does not get away is kept up to a limit, then dropped and counted. Log thread, but for opening.
 *
 * Not part of libwaypoint: services that export are linked with dep_ipfix, others and the runtime
 * have no use for libfixbuf.
 */

#ifndef WP_IPFIX_H
#define WP_IPFIX_H

#include <stddef.h>
#include <stdint.h>

#include <fixbuf/public.h>

#include "ipfix/collector.h"

/** An element of a template or of a layout; size 0: a string. */
#define IPFIX_ELEMENT(NAME, SIZE)                                                                  \
	{                                                                                          \
		(char *)(uintptr_t)(NAME), SIZE, 0                                                 \
	}
/** Behind the last one. */
#define IPFIX_ELEMENTS_END FB_IESPEC_NULL

/** Elements of one template or layout at the most, the end included. */
enum { IPFIX_ELEMENTS_MAX = 32 };

/** The id of a service's first template; the others follow (RFC 7011 3.4.1: lower ones are not for
 * data). */
enum { IPFIX_FIRST_ID = 256 };

/** What a service exports; constant, for as long as any exporter of it is open. */
struct ipfix_kind {
	/** The layout of the struct that records are: all elements of all templates, in host order
	 * as libfixbuf takes them, strings as fbVarfield_t. No padding but paddingOctets. */
	const fbInfoElementSpec_t *layout;
	size_t record_size; /* bytes of that struct */
	const fbInfoElementSpec_t (*templates)[IPFIX_ELEMENTS_MAX];
	uint16_t n_templates;
};

struct ipfix;

/**
 * Opens the way to a collector; the connection is made later.
 * @param domain  the observation domain
 * @return 0, or a negative errno with @p message filled. Control.
 */
int ipfix_open(const struct ipfix_collector *collector, const struct ipfix_kind *kind,
	       uint32_t domain, char *message, size_t size, struct ipfix **ipfix);

/** Takes a record. @param template  index of its template @param counts  index: enum ipfix_count */
void ipfix_put(struct ipfix *ipfix, uint16_t template, const void *record, uint64_t *counts);

/** Brings out what there is, as far as it goes without waiting. */
void ipfix_tick(struct ipfix *ipfix, uint64_t *counts, uint64_t now_ns);

/** Brings out what goes until @p until_ns (ipfix_clock_ns()), counts the rest as lost, frees.
 * Accepts NULL. */
void ipfix_close(struct ipfix *ipfix, uint64_t *counts, uint64_t until_ns);

#endif
