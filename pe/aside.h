/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Instances that take long to open (WP_OPENS_ASIDE), opened by a thread of its own while control
 * goes on: what is opened waits in its document until an epoch of that document takes it.
 */

#ifndef PE_ASIDE_H
#define PE_ASIDE_H

#include "pe/document.h"
#include "pe/pe.h"

struct aside;

/**
 * Binds a document, and begins to open what takes long of it, if anything does. Nothing else may
 * bind or open a document before aside_end(). Control.
 * @param document  the caller's; it must not be touched before aside_end()
 * @return 0; -ENOENT: nothing of it takes long; or another negative errno with @p error filled
 */
int aside_begin(struct pe *pe, struct document *document, struct aside **aside,
		struct document_error *error);

/** @return a descriptor that is readable when all is opened. Control. */
int aside_fd(const struct aside *aside);

/** Has the thread end as soon as services can (wp_env_is_over()); aside_end() will then say
 * -ECANCELED, or what a service says. Control. */
void aside_give_up(struct aside *aside);

/** Waits until all is opened, and writes to the log what there is to say. Control.
 * @return 0; or a negative errno with @p error filled: what was opened is closed again */
int aside_end(struct aside *aside, struct document_error *error);

/** Closes what was opened of a document and no epoch has taken. Control. */
void aside_close(struct document *document);

#endif
