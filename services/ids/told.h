/* SPDX-License-Identifier: BSD-3-Clause */
/* What is kept of a flow's messages and files until they are told. told_target() is for
 * detect.c, too; the rest is tell.c's. */

#ifndef IDS_TOLD_H
#define IDS_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "out/talk.h"

struct detect;
struct wp_core;

enum { TOLD_NAME = 256 /* bytes of a file's name that are told */ };

/** A file that a side of a flow sends. */
struct told_file {
	uint64_t tx;   /* number of its transaction, from 1; 0: there is no file */
	uint64_t size; /* bytes so far */
	bool has_gaps, is_whole;
	bool is_told; /* it is over */
	uint16_t n_name;
	uint8_t name[TOLD_NAME];
};

/** Value of TABLE_TOLD. */
struct told {
	struct told_file files[2]; /* index: enum wp_side */
	struct talk talk;          /* the last: its bytes need not be 0 at first */
};

/** @return what is kept of a flow; NULL: nothing. */
struct told *told_find(struct wp_flow *flow, const struct wp_core *core);

/** Likewise, made if need be. @return NULL: there is no room, which is counted */
struct told *told_make(struct detect *detect, struct wp_flow *flow);

/** @return the target of the request that a head of HTTP belongs to; NULL: it is not known. Valid
 * until the next event. */
struct wp_span told_target(struct detect *detect, const struct wp_stream_event *event);

/** A head of HTTP was taken: the body behind it is a file. */
void told_file_begin(struct told *told, const struct wp_stream_event *event);

/** A part of mail begins: if it has a name it is a file. */
void told_file_begin_part(struct told *told, const struct wp_stream_event *event);

/** The next bytes of it, or a gap. */
void told_file_take(struct told *told, const struct wp_stream_event *event);

#endif
