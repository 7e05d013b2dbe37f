/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lets one event a second through of each kind that tells of a want: by kind and pool, and of
 * quotas by host, too. The others are counted, and the next that goes out says how many there were.
 * Log thread.
 */

#ifndef NAT_LOG_LIMIT_H
#define NAT_LOG_LIMIT_H

#include "log_writer.h"

enum { LOG_LIMIT_SLOTS = 256, LOG_LIMIT_NAME = 64 };

/** What is known of one kind and pool. Two that fall into one slot only cost further records. */
struct log_limit_slot {
	uint64_t next_ns;       /* 0: free */
	uint64_t time_ns;       /* of the event */
	uint32_t held;          /* events held back since the last that went out */
	struct nat_event event; /* the last of them */
	char tenant[LOG_LIMIT_NAME], pool[LOG_LIMIT_NAME];
};

struct log_limit {
	uint32_t n_held; /* slots with events held back */
	struct log_limit_slot slots[LOG_LIMIT_SLOTS];
};

/** Where events that go out go. */
typedef void log_limit_out(void *arg, const struct nat_log_entry *entry);

/** Judges an event: it goes out, alone or with the count of those before it, or is held back. */
void log_limit_put(struct log_limit *limit, const struct nat_log_entry *entry, uint64_t now_ns,
		   log_limit_out *out, void *arg);

/** Lets out those held back whose second is over, or all of them. @param like  gives the instance
 */
void log_limit_tick(struct log_limit *limit, const struct nat_log_entry *like, uint64_t now_ns,
		    bool all, log_limit_out *out, void *arg);

#endif
