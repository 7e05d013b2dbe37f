/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the PE says without being asked: events, with numbers that have no gap, and counters now and
 * then. Controllers of single tenants hear of their tenants only, and have numbers of their own: of
 * others' events they do not even learn how many there are. Each goes out as a notification of
 * JSON-RPC to those who wish it. The last events are kept, so that who was slow or away can take up
 * where it was; who was away for longer is told what it has missed. Nobody slow holds up anybody.
 * Control thread.
 */

#ifndef AGENT_PUSH_H
#define AGENT_PUSH_H

#include <stdbool.h>
#include <stdint.h>

#include <event2/event.h>
#include <jansson.h>

#include "ctl/agent/conn.h"

struct agent;
struct push;

/** @return NULL without memory */
struct push *push_create(struct event_base *base, struct agent *agent);

/** No connection is there any more. Accepts NULL. */
void push_destroy(struct push *push);

/**
 * Enters an event, and sends it.
 * @param kind    a constant
 * @param tenant  whom it is about; NULL: the PE, and tenants' controllers do not hear of it
 * @param data    an object that it takes
 */
void push_event(struct push *push, const char *kind, const char *tenant, json_t *data);

/** Another document is in force: tells controllers of single tenants whose part has changed. @param
 * before  the one before */
void push_changed(struct push *push, json_t *before);

/**
 * Sends events to a connection from now on.
 * @param from  number of the first; 0: the next one that happens
 * @param[out] next  number of the first that comes; higher than @p from: others are gone
 * @return whether there is memory
 */
bool push_subscribe(struct push *push, struct conn *conn, uint64_t from, uint64_t *next);

/** Sends counters to a connection each so many seconds. @param seconds  0: no more */
bool push_watch(struct push *push, struct conn *conn, uint32_t seconds);

/** A connection wishes nothing any more, or is gone. */
void push_forget(struct push *push, struct conn *conn);

/** A connection takes more again. */
void push_resume(struct push *push, struct conn *conn);

#endif
