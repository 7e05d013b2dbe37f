/* SPDX-License-Identifier: BSD-3-Clause */
/* Control's side of what is being opened: the wp_env that a service's open functions get. */

#ifndef PE_ENV_H
#define PE_ENV_H

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "pe/document.h"
#include "pe/epoch.h"
#include "pe/pe.h"
#include "service.h"

/** Keys and entries that an opening has taken; given back when it is closed. */
struct env_resources;

struct wp_env {
	struct pe *pe;
	const struct document *document;
	const struct keystore *keys; /* NULL: there are none */
	struct instance *instance;
	const char *at; /* JSON pointer of the configuration or arguments being opened */
	int32_t tenant; /* dense id; -1: not in a step */
	struct env_resources **resources; /* NULL: none may be taken */
	FILE *said; /* takes wp_log()'s lines, a zero behind each; NULL: the log does */
	const atomic_bool *is_over; /* what is opened is not wanted any more; NULL: as
				     * pe_options.is_over says */
	struct document_error *error;
};

/** Ends the keys whose lifetime is over. @param now  seconds since 1970 */
void env_end_keys(struct env_resources *resources, time_t now);

/** Gives everything back. Accepts NULL. */
void env_release(struct env_resources *resources);

#endif
