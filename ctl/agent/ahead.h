/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What takes long of a change is done ahead of it: instances that open for seconds are opened aside
 * while control answers others; then the change itself, which finds them open, takes no time. One
 * document at a time. Control thread.
 */

#ifndef AGENT_AHEAD_H
#define AGENT_AHEAD_H

#include <stdbool.h>

#include <event2/event.h>
#include <jansson.h>

#include "pe/document.h"
#include "pe/pe.h"

struct ahead;

/** Is called when a document is open, or cannot be opened; what it does not take is closed. */
typedef void (*ahead_fn)(void *arg);

/** @param file  relative file names of documents begin in its folder @return NULL without memory */
struct ahead *ahead_create(struct event_base *base, struct pe *pe, const char *file);

/** Gives up what is being opened; then calls ready() for the last time: the change is not to be
 * made any more. Accepts NULL. */
void ahead_destroy(struct ahead *ahead);

/** Gives up what is being opened, if anything is; ready() is called when that has ended. */
void ahead_give_up(struct ahead *ahead);

/** @return whether a document is being opened. */
bool ahead_is_busy(const struct ahead *ahead);

/** @return whether ready() is being called. */
bool ahead_is_ready(const struct ahead *ahead);

/**
 * Begins to open a document.
 * @return whether ready() will be called; else nothing takes long, or it cannot be opened, and the
 * change can be tried at once
 */
bool ahead_begin(struct ahead *ahead, json_t *document, ahead_fn ready, void *arg);

/**
 * Takes the document that is open, if it is this one; only in ready().
 * @param[out] document  the caller's from now on
 * @return 0; -ENOENT: it is not; or another negative errno with @p error filled: it cannot be
 * opened
 */
int ahead_take(struct ahead *ahead, const json_t *json, struct document **document,
	       struct document_error *error);

#endif
