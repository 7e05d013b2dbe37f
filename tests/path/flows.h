/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Flows of a few hosts while buckets move: each host sends on p0 and is sent to on p1, its packets
 * numbered from 1. The probe counts them by host; nothing may be lost or overtaken, and no entry
 * may have two writers.
 */

#ifndef TESTS_PATH_FLOWS_H
#define TESTS_PATH_FLOWS_H

#include "bed.h"

#define DOCUMENT(CORES, MODULES, INSTANCES, PATHS) DOCUMENT_OF("", CORES, MODULES, INSTANCES, PATHS)
#define DOCUMENT_OF(MORE, CORES, MODULES, INSTANCES, PATHS)                                        \
	"{\"version\": 1, \"workers\": {\"cores\": " CORES                                         \
	", \"buffers\": 16384}, \"modules\": [" MODULES "]," MORE                                  \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": \"p1\", \"type\": "       \
	"\"ring\"}], \"instances\": [" INSTANCES "], \"paths\": [" PATHS "]}"
#define COUNTER(NAME)                                                                              \
	"{\"name\": \"" NAME "\", \"service\": \"probe\", \"config\": {\"count_hosts\": true}}"
#define COUNTING COUNTER("one")
#define BOTH_WAYS(STEPS)                                                                           \
	"{\"name\": \"out\", \"spi\": 291, \"inside\": \"source\", \"reverse\": \"back\","         \
	" \"steps\": [" STEPS "]},"                                                                \
	"{\"name\": \"back\", \"spi\": 292, \"inside\": \"destination\", \"reverse\": \"out\","    \
	" \"steps\": [" STEPS "]}"
#define STEP "{\"instance\": \"one\"}"
#define TWO DOCUMENT("[0, 1]", "\"%s\"", COUNTING, BOTH_WAYS(STEP))
#define THREE                                                                                      \
	DOCUMENT("[0, 1, 2]", "\"%s\"", COUNTING "," COUNTER("two"),                               \
		 BOTH_WAYS(STEP ", {\"instance\": \"two\"}"))

enum { HOSTS = 24, SPI_OUT = 291, SPI_BACK = 292 };

/** Numbers of the last packets; first index: 0 out, 1 back. */
extern uint32_t sent[2][HOSTS], got[2][HOSTS];

/** All flows start anew. */
void forget_flows(void);

/** Makes a packet of a host, or to it. @param order  what the probe does with it, 4 bytes */
struct frame host_frame(unsigned int host, bool back, const char *order, uint32_t number);

/** Sends a flow's next packet. */
void send_next(struct bed *bed, unsigned int host, bool back);

/** Takes what came out, and checks that each flow's numbers have no gap and no step back. @return
 * how many */
unsigned int receive_flows(struct bed *bed);

/** Makes each host known, and finds its bucket; index: host. */
void find_buckets(struct bed *bed, uint8_t buckets[256]);

/** Forgets flows of before, opens a PE, and finds the hosts' buckets. */
struct bed *open_flows(const char *document, uint8_t buckets[256]);

/** Waits until all moves have ended. */
void end_moves(struct bed *bed);

/** Everything out, in order; one writer at a time. */
void check_flows(struct bed *bed);

#endif
