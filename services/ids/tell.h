/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What goes to the log: alerts, packets that were dropped, and what flows have carried, as far as
 * the configuration asks for it. A worker's own.
 */

#ifndef IDS_TELL_H
#define IDS_TELL_H

#include <stdbool.h>
#include <stdint.h>

#include "kinds.h"
#include "match/moment.h"
#include "out/record.h"
#include "service.h"

struct detect;
struct hit;
struct ids;
struct marks;
struct oddities;

/** Of one worker. */
struct tell {
	const struct kinds *kinds;
	const struct marks *marks;
	uint32_t gathers; /* bits: enum wp_l7: whose transactions are kept, for records or rules */
	bool of_capture;  /* packets have numbers: tag.context */
	uint64_t next_ns; /* when counters are told again */
	struct record record;
};

/** @return whether records need a row of wishes that rules may not. Control. */
bool tell_hears(const struct kinds *kinds, const struct wp_stream_want *want);

/** @param ids  stays. Control. */
void tell_create(struct tell *tell, const struct ids *ids);

/** Takes what has happened to a flow, before rules are asked about it: all but its end. */
void tell_event(struct detect *detect, const struct wp_stream_event *event);

/** Takes the end of a flow, before its state goes. */
void tell_end(struct detect *detect, const struct wp_stream_event *event);

/** Makes the record of an alert; what came of it is not known yet. */
void tell_alert(struct detect *detect, const struct moment *moment, const struct rule *rule,
		struct record *record);

/** Sends the record of an alert. @param hit  what it is about */
void tell_hit(struct detect *detect, const struct hit *hit, const void *record);

/** A packet does not go on. @param hit  why */
void tell_drop(struct detect *detect, const struct hit *hit);

/** Tells that a packet did not go on, though no rule said so. */
void tell_refusal(struct detect *detect, const struct wp_packet *pkt, struct wp_flow *flow,
		  unsigned int side, enum record_drop why);

/** @return whether what is odd about packets is to be told. */
bool tell_wants_odd(const struct detect *detect);

/** What is odd about a packet. */
void tell_odd(struct detect *detect, const struct moment *moment, const struct oddities *odd);

/** What looking at packets or flows costs has been too much, or is no more. @param name  what is so
 */
void tell_load(struct detect *detect, const struct moment *moment, const char *name);

/** Tells what was counted, now and then. */
void tell_tick(struct detect *detect, uint64_t now_ns);

#endif
