/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a service has opened for an instance. Where a newer document says the same of it, and what
 * was read besides is as it was (wp_service.is_current), both epochs have it: opening it again
 * would take long for nothing. Control.
 */

#ifndef PE_OPENED_H
#define PE_OPENED_H

#include "pe/document.h"
#include "pe/epoch.h"

struct opened {
	const struct wp_service *service;
	void *inst;
	struct document *document; /* that it was opened by: its configuration stays there */
	unsigned int users;        /* instances */
};

/** @return what was opened, with one user; NULL without memory. */
struct opened *opened_create(const struct wp_service *service, void *inst,
			     struct document *document);

/** One user less; closes it when that was the last. Accepts NULL. */
void opened_release(struct opened *opened);

/** @return what an epoch (or NULL) has opened that will do for an instance of a newer document, as
 * it is bound; NULL: nothing. */
struct opened *opened_find(const struct wp_epoch *current, const struct document *document,
			   const struct document_instance *conf);

#endif
