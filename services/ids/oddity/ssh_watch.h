/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watches SSH for what is odd, as Suricata's parser counts it: the bytes of both sides as they are
 * told, up to where they are encrypted (RFC 4253).
 */

#ifndef IDS_SSH_WATCH_H
#define IDS_SSH_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "oddity/oddity.h"
#include "stream/event.h"

/** One side. All zero: nothing has come of it. */
struct ssh_watch {
	uint8_t phase;   /* see ssh_watch.c */
	uint8_t head[6]; /* of a packet */
	uint8_t n_head;  /* bytes of it that have come */
	uint16_t n_line; /* bytes of the banner; no more than matter */
	bool has_version;
	bool has_dash; /* behind the version */
	uint32_t left; /* bytes of the packet that have not come */
};

/** Takes the next bytes. Owner of the flow. */
void ssh_watch_take(struct ssh_watch *watch, struct wp_span bytes, struct oddities *odd);

/** Nothing more is looked at. */
void ssh_watch_end(struct ssh_watch *watch);

#endif
