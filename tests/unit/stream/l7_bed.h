/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A view alone: bytes in, lines of text out, memory counted; for unit tests and fuzzers. What comes
 * out may not depend on how bytes were cut.
 */

#ifndef L7_BED_H
#define L7_BED_H

#include <stdio.h>

#include "stream/flow.h"
#include "stream/l7/view.h"

struct l7_bed;

/** Writes what is particular to an event of the view's, without a newline: by the test. Events
 * with bytes (WP_HTTP_BODY, WP_SMTP_DATA, WP_MIME_DATA) and anomalies are the bed's. */
typedef void (*l7_write)(FILE *out, const struct wp_stream_event *event);

struct l7_bed {
	/* Set these, then l7_bed_open(). */
	const struct l7_view *view;
	l7_write write;
	uint16_t server_port;
	size_t limit;   /* bytes that the view may have taken; 0: 1 MiB */
	uint32_t wants; /* WP_EVENT_BIT()s that are looked at; 0: all but those of
			 * mail, and WP_HTTP_LINE */
	/* To be looked at. */
	size_t used;  /* bytes that it has */
	size_t peak;  /* bytes that it had at the most */
	bool is_over; /* it has stopped, or something else begins */
	enum l7_then then;
	uint32_t left;  /* bytes of the last feed that were not read */
	unsigned int n; /* events */
	/* The bed's own. */
	struct l7_run run;
	struct wp_flow flow;
	uint64_t offsets[2];
	char *text;
	size_t text_size;
	FILE *out;
	int open_body; /* 1 + side whose bytes the line that is not ended has; 0: none */
	unsigned int open_type;
	uint64_t open_offset; /* behind the last byte of that body */
	bool is_closing;
};

void l7_bed_open(struct l7_bed *bed);

/** Feeds bytes of a side, @p step at a time (0: all). @p side: enum wp_side */
void l7_bed_feed(struct l7_bed *bed, unsigned int side, const void *data, size_t size, size_t step);

/** Feeds a string. */
#define l7_bed_say(BED, SIDE, TEXT, STEP) l7_bed_feed(BED, SIDE, TEXT, sizeof(TEXT) - 1, STEP)

void l7_bed_gap(struct l7_bed *bed, unsigned int side, uint64_t size);

void l7_bed_finish(struct l7_bed *bed, unsigned int side);

/** Ends the view; it must have given back all that it took. @return what it has told: a line for
 * each event, "C " or "S " in front (the side), runs of body bytes joined; valid until
 * l7_bed_free() */
const char *l7_bed_close(struct l7_bed *bed);

void l7_bed_free(struct l7_bed *bed);

/** Writes bytes so that they stay on a line: \xNN for what is not printable, and \\. */
void l7_write_bytes(FILE *out, const uint8_t *data, size_t size);

/** Writes "NAME=BYTES", or nothing when the span is not there; a space in front. */
void l7_write_span(FILE *out, const char *name, struct wp_span span);

/** l7_bed.wants of l7_fuzz(). */
extern uint32_t l7_fuzz_wants;

/** What fuzzers of views do with their input: steps of a control byte, a length and so many bytes,
 * fed as they come, and once more cut otherwise: both must tell the same. */
void l7_fuzz(const struct l7_view *view, l7_write write, uint16_t server_port, const uint8_t *data,
	     size_t size);

#endif
