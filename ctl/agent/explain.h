/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process of its own that says what would become of packets: waypointd --explain, with the
 * document in force and a copy of the state. Whatever it does, neither workers nor control notice.
 * One at a time. Control thread.
 */

#ifndef AGENT_EXPLAIN_H
#define AGENT_EXPLAIN_H

#include <event2/event.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pe/pe.h"
#include "pe/state_filter.h"

#define EXPLAIN_S 60               /* that it may take */
#define EXPLAIN_OUT_MAX (8u << 20) /* bytes of its answer */

struct explainer;

/** What is asked. */
struct explain_question {
	const uint8_t *pcap; /* a capture file's bytes */
	size_t size;
	const char *path;                  /* for frames without a tag; "": none */
	json_t *document;                  /* whose part is to be used */
	const struct state_filter *filter; /* which state; NULL: none */
};

/**
 * Hears the answer.
 * @param packets  a list, one item for each packet; NULL: there is none, and
 * @param why      says why; else what was remarkable, such as that there are more; or NULL
 */
typedef void (*explain_fn)(void *arg, json_t *packets, const char *why);

/** @return NULL without memory */
struct explainer *explainer_create(struct event_base *base, struct pe *pe);

/** What is under way is ended, and answered. Accepts NULL. */
void explainer_destroy(struct explainer *explainer);

/** @return whether somebody's question is being answered. */
bool explainer_is_busy(const struct explainer *explainer);

/** Asks; answered later, once. @return 0, or a negative errno: there will be no answer */
int explainer_ask(struct explainer *explainer, const struct explain_question *question,
		  explain_fn answer, void *arg);

#endif
