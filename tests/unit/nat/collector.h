/* SPDX-License-Identifier: BSD-3-Clause */
/* A collector inside the test: a socket on the loopback, and libfixbuf's collecting side, which is
 * given the bytes that came. */

#ifndef TESTS_COLLECTOR_H
#define TESTS_COLLECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include <fixbuf/public.h>

#include "log.h"

enum { COLLECTED_MAX = 64 << 20 };

struct collector {
	struct nat_log_target target; /* what a log is opened with to reach it */
	bool stream;
	int listener, fd; /* UDP: fd only; -1: none */
	uint8_t *bytes;   /* all that came since the connection began */
	uint32_t size;
	uint32_t largest; /* UDP: bytes of the largest datagram */
	fbInfoModel_t *model;
};

/** One record as libfixbuf has read it; what its template lacks is 0. */
struct collected {
	uint64_t time_ms;
	uint32_t source4, post_source4;
	uint16_t sport, post_sport, first_port, last_port;
	uint8_t event, pad[7];
	fbVarfield_t realm;
};

void collector_open(struct collector *collector, bool stream);

/** TCP: takes the connection that has been made. @return false when there is none */
bool collector_accept(struct collector *collector);

/** Takes what is there. @return bytes */
uint32_t collector_read(struct collector *collector);

/** TCP: hangs up; what came is forgotten. UDP: nobody is at its port any more; likewise. */
void collector_hang_up(struct collector *collector);

/** UDP: somebody is at its port again. */
void collector_come_back(struct collector *collector);

/** Calls @p fn for each data record that came, and fails the test when libfixbuf cannot read it
 * all.
 * @return records */
uint32_t collector_each(struct collector *collector,
			void (*fn)(void *arg, uint16_t template, const struct collected *record),
			void *arg);

/** @return messages that came; each record in its place: the sequence number of message i must be
 * the number of records before, and of those that are missing, which add up to @p missing. */
uint32_t collector_check_sequence(struct collector *collector, uint32_t *missing);

void collector_close(struct collector *collector);

#endif
