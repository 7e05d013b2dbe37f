/* SPDX-License-Identifier: BSD-3-Clause */
/* The whole service on a bench: some rules, packets between a client and a server, and the lines
 * that come of them. */

#ifndef TESTS_HOST_BED_H
#define TESTS_HOST_BED_H

#include <jansson.h>
#include <stdint.h>

#include "tool/host.h"
#include "unit.h"

enum { SYN = 0x02, FIN = 0x01, ACK = 0x10, PSH = 0x08 };

extern struct host *host;
extern char bed_folder[32]; /* for files of a test; empty again at its end */
extern char bed_eve[64];    /* file of lines */
extern char bed_why[256];   /* the last bed_open() failed */

/* Set anew for each test. */
extern uint64_t bed_now_ns;      /* when the next packet comes, since the first; 1 ms later each */
extern uint16_t bed_server_port; /* of TCP: 80 */
extern uint32_t bed_next[2];     /* sequence numbers; index: enum wp_side */

/** For the beginning of each test, and for its end, also where nothing is open. */
void bed_set_up(void);
void bed_tear_down(void);

/** Opens the service. @param config  stolen; rules and, if it names none, eve are added
 * @return as host_open() does */
int bed_open(const char *rules, json_t *config);

/** Closes it, and removes its lines. */
void bed_close(void);

/** Sends an IPv4 packet. @param from  enum wp_side @param size  bytes behind its header */
void bed_send(unsigned int from, uint8_t proto, const uint8_t *bytes, size_t size);

/** Likewise in two fragments. @param first  bytes of the first one: a multiple of 8 */
void bed_send_in_two(unsigned int from, uint8_t proto, const uint8_t *bytes, size_t size,
		     size_t first);

/** Sends a segment, and goes on behind it. */
void bed_segment(unsigned int from, uint8_t flags, const char *data);

/** Likewise, of bytes that may be zero. */
void bed_bytes(unsigned int from, uint8_t flags, const void *data, size_t size);

/** Begins a connection; the first bytes are number 1001 and 5001. */
void bed_shake_hands(void);

/** @return how many lines have a text, now that no more packets come. */
unsigned int bed_count(const char *text);

#endif
