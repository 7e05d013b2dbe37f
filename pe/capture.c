/* SPDX-License-Identifier: BSD-3-Clause */
/* See capture.h. */

#include "pe/capture.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pe/drain.h"
#include "pe/epoch.h"
#include "pe/pe.h"
#include "pe/worker.h"
#include "pe/worker_ops.h"

enum { COMMENT_MAX = 256, NO_PACKET = UINT8_MAX };

/** One worker's copies. Positions count on; modulo the size they are places. */
struct ring {
	alignas(64) _Atomic uint64_t head; /* the worker writes */
	_Atomic uint64_t lost;
	alignas(64) _Atomic uint64_t tail; /* control writes */
	uint8_t bytes[CAPTURE_RING];
};

/** In front of each copy, on 8 bytes. */
struct record {
	uint64_t time_ns;
	uint32_t whole; /* bytes of this, packet and comment, rounded up */
	uint32_t size, n;
	uint16_t comment;    /* bytes, with its end; in front of the packet */
	uint8_t is_ethernet; /* NO_PACKET: the rest up to the end of the ring is left out */
};

struct capture {
	struct capture_wish wish;
	uint16_t n_workers;
	struct ring *rings; /* index: worker */
};

/* Control. */

int
capture_begin(struct pe *pe, const struct capture_wish *wish, struct capture **capture)
{
	struct capture *new = calloc(1, sizeof(*new));

	if (new == NULL ||
	    posix_memalign((void **)&new->rings, 64, pe->n_workers * sizeof(struct ring)) != 0) {
		free(new);
		return -ENOMEM;
	}
	for (uint16_t i = 0; i < pe->n_workers; i++) {
		atomic_init(&new->rings[i].head, 0);
		atomic_init(&new->rings[i].tail, 0);
		atomic_init(&new->rings[i].lost, 0);
	}
	new->wish = *wish;
	if (new->wish.snap > CAPTURE_SNAP_MAX)
		new->wish.snap = CAPTURE_SNAP_MAX;
	new->n_workers = pe->n_workers;
	*capture = new;
	atomic_store_explicit(&pe->capture, new, memory_order_release);
	return 0;
}

void
capture_end(struct pe *pe, struct capture *capture)
{
	atomic_store_explicit(&pe->capture, NULL, memory_order_release);
	drain_polls(pe); /* who is in a poll may still use it */
}

void
capture_free(struct capture *capture)
{
	if (capture == NULL)
		return;
	free(capture->rings);
	free(capture);
}

uint64_t
capture_lost(const struct capture *capture)
{
	uint64_t lost = 0;

	for (uint16_t i = 0; i < capture->n_workers; i++)
		lost += atomic_load_explicit(&capture->rings[i].lost, memory_order_relaxed);
	return lost;
}

static void
take_ring(struct ring *ring, captured_fn fn, void *arg)
{
	uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

	while (tail != head) {
		const struct record *record = (const void *)&ring->bytes[tail % CAPTURE_RING];
		const char *comment = (const char *)(record + 1);

		if (record->is_ethernet != NO_PACKET)
			fn(arg,
			   &(struct captured){.time_ns = record->time_ns,
					      .size = record->size,
					      .n = record->n,
					      .bytes = (const uint8_t *)comment + record->comment,
					      .comment = comment,
					      .is_ethernet = record->is_ethernet});
		tail += record->whole;
		atomic_store_explicit(&ring->tail, tail, memory_order_release);
	}
}

void
capture_take(struct capture *capture, captured_fn fn, void *arg)
{
	for (uint16_t i = 0; i < capture->n_workers; i++)
		take_ring(&capture->rings[i], fn, arg);
}

/* Workers. */

/** Makes room for a record in one piece. @return where; NULL: there is none */
static struct record *
make_room(struct ring *ring, uint32_t whole, uint64_t *head)
{
	uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
	uint32_t place, rest;

	*head = atomic_load_explicit(&ring->head, memory_order_relaxed);
	place = (uint32_t)(*head % CAPTURE_RING);
	rest = CAPTURE_RING - place;
	if (rest >= whole)
		return *head + whole - tail <= CAPTURE_RING ? (void *)&ring->bytes[place] : NULL;
	if (*head + rest + whole - tail > CAPTURE_RING)
		return NULL;
	if (rest >= sizeof(struct record))
		*(struct record *)&ring->bytes[place] =
			(struct record){.whole = rest, .is_ethernet = NO_PACKET};
	*head += rest;
	return (void *)&ring->bytes[0];
}

/** Copies one packet. */
static void
note(struct worker *worker, const struct wp_packet *pkt, bool is_ethernet, const char *comment)
{
	const struct capture *capture = worker->capture;
	struct ring *ring = &capture->rings[worker->id];
	uint32_t n = pkt->len < capture->wish.snap ? pkt->len : capture->wish.snap;
	uint32_t n_comment = (uint32_t)strlen(comment) + 1;
	/* What is left at the end of the ring always has room for a record. */
	uint32_t whole = (uint32_t)(sizeof(struct record) + n_comment + n + 31) / 32 * 32;
	struct record *record;
	uint64_t head;

	if ((uint32_t)pkt->start + n > pkt->room)
		return; /* a service's mistake */
	record = make_room(ring, whole, &head);
	if (record == NULL) {
		atomic_fetch_add_explicit(&ring->lost, 1, memory_order_relaxed);
		return;
	}
	*record = (struct record){.time_ns = worker->now_ns,
				  .whole = whole,
				  .size = pkt->len,
				  .n = n,
				  .comment = (uint16_t)n_comment,
				  .is_ethernet = is_ethernet};
	memcpy(record + 1, comment, n_comment);
	memcpy((char *)(record + 1) + n_comment, wp_start(pkt), n);
	atomic_store_explicit(&ring->head, head + whole, memory_order_release);
}

_Static_assert(sizeof(struct record) <= 32, "a record's head fits into the least that is left");

/** @return whether one of a packet's addresses is wanted. */
static bool
has_address(const struct wp_packet *pkt, const struct wp_prefix *prefix)
{
	if (prefix->addr.version == 0)
		return true;
	return pkt->l3 != 0 && (wp_prefix_has(prefix, pkt->ip_version, wp_source(pkt)) ||
				wp_prefix_has(prefix, pkt->ip_version, wp_dest(pkt)));
}

/** @return whether a packet is of the path. A path of that number may be another tenant's by now.
 */
static bool
is_wanted(const struct worker *worker, const struct wp_packet *pkt)
{
	const struct capture_wish *wish = &worker->capture->wish;

	return pkt->path->spi == wish->spi && pkt->path->tenant == wish->tenant &&
	       has_address(pkt, &wish->address);
}

static bool
wants(const struct worker *worker, unsigned int points)
{
	return worker->capture != NULL && (worker->capture->wish.points & points) != 0;
}

static bool
is_ethernet(const struct wp_packet *pkt)
{
	return (pkt->flags & WP_PKT_ETHERNET) != 0;
}

void
capture_in(struct worker *worker, struct wp_packet *const *pkts, uint16_t n)
{
	char comment[COMMENT_MAX];

	if (!wants(worker, CAPTURE_IN))
		return;
	for (uint16_t i = 0; i < n; i++) {
		if (!is_wanted(worker, pkts[i]))
			continue;
		snprintf(comment, sizeof(comment), "in, spi %u si %u", pkts[i]->tag.path,
			 pkts[i]->tag.index);
		note(worker, pkts[i], is_ethernet(pkts[i]), comment);
	}
}

/** Says what a service has decided. */
static void
say_verdict(const struct instance *instance, const struct wp_packet *pkt, char *text, size_t size)
{
	static const char *const words[] = {"next",   "drop", "hold",  "reply",
					    "absorb", "fail", "again", "turn"};
	static const char *const causes[] = {"down", "overload", "no-key", "table-full"};
	const char *word = pkt->verdict < RTE_DIM(words) ? words[pkt->verdict] : "?", *why = "";

	if (pkt->verdict == WP_DROP && pkt->reason < instance->n_reasons)
		why = instance->service->reasons[pkt->reason];
	else if (pkt->verdict == WP_FAIL && pkt->reason < RTE_DIM(causes))
		why = causes[pkt->reason];
	snprintf(text, size, "%s (%s): %s%s%s", instance->name, instance->service->name, word,
		 why[0] != '\0' ? ", " : "", why);
}

void
capture_step(struct worker *worker, const struct instance *instance, struct wp_packet *const *pkts,
	     uint16_t n)
{
	char comment[COMMENT_MAX];

	if (!wants(worker, CAPTURE_STEPS | CAPTURE_DROPS))
		return;
	for (uint16_t i = 0; i < n; i++) {
		bool ends = pkts[i]->verdict == WP_DROP || pkts[i]->verdict == WP_FAIL;

		if (!is_wanted(worker, pkts[i]) || (!ends && !wants(worker, CAPTURE_STEPS)))
			continue;
		say_verdict(instance, pkts[i], comment, sizeof(comment));
		note(worker, pkts[i], is_ethernet(pkts[i]), comment);
	}
}

void
capture_out(struct worker *worker, struct wp_packet *const *pkts, uint16_t n)
{
	if (!wants(worker, CAPTURE_OUT))
		return;
	for (uint16_t i = 0; i < n; i++)
		if (is_wanted(worker, pkts[i]))
			note(worker, pkts[i], true, "out");
}
