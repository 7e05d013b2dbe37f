/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Virtual reassembly: which bytes of a datagram have come, and which ports its first fragment has.
 * Nothing is put together; later fragments only learn what they belong to. An overlap poisons the
 * whole datagram (RFC 5722, RFC 8200 section 4.5; the same for IPv4), an exact duplicate does not.
 */

#ifndef WP_FRAG_H
#define WP_FRAG_H

#include <stdbool.h>
#include <stdint.h>

#include "packet.h"

/** Fragments of one datagram at the most: 65,535 bytes at the IPv6 minimum MTU make 54. */
#define FRAG_SPANS_MAX 64

/** Why a fragment, or its whole datagram, is refused. */
enum frag_fault {
	FRAG_FINE,
	FRAG_MALFORMED, /* empty, no multiple of 8 bytes, cut short, or it ends behind 65,535 */
	FRAG_TINY,    /* a first one that ends before its L4 header does, or a later one that begins
		       * before (RFC 1858, RFC 3128) */
	FRAG_OVERLAP, /* it says otherwise what another fragment of the datagram has said */
	FRAG_TOO_MANY, /* more than FRAG_SPANS_MAX */
};

/** What all fragments of a datagram have in common; hashed as it lies in memory. */
struct frag_key {
	uint16_t tenant;
	uint8_t version; /* 4 or 6 */
	uint8_t proto;   /* IPv4: the header's; IPv6: 0, as fragments may differ in it */
	uint32_t id;     /* IPv4: 16 bits of it */
	uint8_t addresses[2][16];
};

_Static_assert(sizeof(struct frag_key) == 40, "a key that is hashed has no padding");

/** One fragment, as its headers say. */
struct frag_piece {
	struct frag_key key;
	uint16_t start, end; /* units of 8 bytes, from the first byte behind the fragmented header;
			      * the end of the last one is rounded up */
	uint16_t total;      /* the last one: bytes of the whole; else 0 */
	uint16_t at, size;   /* its own bytes: where they begin, from buf, and how many */
	uint8_t next;        /* protocol at the beginning of the fragmentable part */
	/* Of the first one (start 0): */
	uint16_t sport, dport; /* as in struct wp_packet */
	uint8_t proto;
};

/** Units of 8 bytes that one fragment has brought. */
struct frag_span {
	uint16_t start, end;
};

/** One datagram. Owner of its bucket only. */
struct frag_record {
	struct frag_key key;
	uint64_t made_ns;
	struct wp_packet *waiting, *last_waiting; /* in the order they came, linked by 'next' */
	uint16_t n_waiting;
	uint16_t total;        /* bytes; 0: the last fragment has not come */
	uint16_t covered;      /* units of 8 bytes that have come */
	uint16_t sport, dport; /* of the first fragment */
	uint8_t proto;
	bool first_seen;
	uint8_t fault;                          /* enum frag_fault: poisoned */
	uint8_t n_spans;                        /* fragments that have come */
	uint32_t head, chain, older, newer;     /* the table's */
	struct frag_span spans[FRAG_SPANS_MAX]; /* by start; they do not overlap */
};

/**
 * Reads the fragment that a parsed packet with WP_PKT_FRAGMENT is. Worker.
 * @return FRAG_FINE, or why it is none; @p piece is then not whole, but where it has a size:
 * FRAG_TINY, and FRAG_MALFORMED of IPv4, where it is what is a multiple of 8 bytes
 */
enum frag_fault frag_read(const struct wp_packet *pkt, struct frag_piece *piece);

/**
 * Enters a fragment into the record of its datagram. Then record->first_seen says whether it can go
 * on. Worker.
 * @return FRAG_FINE, or why the datagram is poisoned, by this fragment or by an earlier one
 */
enum frag_fault frag_note(struct frag_record *record, const struct frag_piece *piece);

/** @return whether all fragments have come. */
bool frag_is_complete(const struct frag_record *record);

/** @return whether a fragment belongs to a later datagram that has the same id again: the record's
 * lacks nothing, and this is a first one again or none of its fragments. */
bool frag_is_next(const struct frag_record *record, const struct frag_piece *piece);

/** Puts a packet behind those that wait for the first fragment. */
void frag_wait(struct frag_record *record, struct wp_packet *pkt);

/** Takes all that wait, as a list in the order they came. @return NULL when none do */
struct wp_packet *frag_take_waiting(struct frag_record *record);

/** Tells a fragment what the first one said: ports and protocol, and WP_PKT_FIRST_SEEN. */
void frag_tell(const struct frag_record *record, struct wp_packet *pkt);

#endif
