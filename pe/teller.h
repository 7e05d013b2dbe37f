/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records that services tell whoever has subscribed at the control socket: from the log thread to
 * control, through a queue with a bound. So many a second at the most: what else happens is to be
 * heard of, too.
 */

#ifndef PE_TELLER_H
#define PE_TELLER_H

#include <stddef.h>
#include <stdint.h>

#include "service.h"

enum {
	TELLER_MAX = 256,       /* records that wait, and that may come at once */
	TELLER_A_SECOND = 100,  /* in the long run */
	TELLER_SIZE_MAX = 16384 /* bytes of one */
};

/** Hears a record: a JSON object as text. Control. */
typedef void (*teller_fn)(void *arg, const char *instance, const char *text, size_t size);

/** @return 0 or -ENOMEM. Control. */
int teller_create(struct wp_teller **teller);

/** Nobody tells any more. Accepts NULL. Control. */
void teller_destroy(struct wp_teller *teller);

/** Hands on what waits. @param fn  NULL: nobody hears. Control, every 10 ms or so. */
void teller_hand_on(struct wp_teller *teller, uint64_t now_ns, teller_fn fn, void *arg);

#endif
