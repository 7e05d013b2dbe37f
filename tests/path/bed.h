/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole PE inside a test: ring ports, workers polled by hand, a clock that the test moves. Each
 * test ends with bed_close(), which checks that the accounts are closed and the packet pool is
 * full.
 */

#ifndef TESTS_PATH_BED_H
#define TESTS_PATH_BED_H

#include <check.h>
#include <errno.h>
#include <stdint.h>

#include "pe/pe.h"

#define FRAME_MAX 2048

/** A PE under test. */
struct bed {
	struct pe *pe;
	uint64_t now_ns;
};

/** A frame on its way in or out. */
struct frame {
	uint16_t len;
	uint8_t bytes[FRAME_MAX];
};

/** What frame_udp() and its like make frames of; zero members take the defaults. */
struct frame_spec {
	uint32_t spi;          /* 291 */
	uint8_t si;            /* 255 */
	uint8_t ttl;           /* NSH TTL; 63 */
	uint8_t md_type;       /* 1 */
	uint8_t next;          /* NSH next protocol; 3, Ethernet */
	uint32_t source, dest; /* IPv4; 10.0.0.1, 10.0.0.2 */
	uint16_t sport, dport; /* 1000, 2000 */
	const void *payload;
	uint16_t payload_len;
	uint16_t pad; /* Ethernet padding behind the packet */
};

/** Makes a folder for this test program, and goes there; it is removed at the end. */
const char *bed_folder(void);

/** Starts DPDK for this test program. */
void bed_start_dpdk(void);

/** Opens a PE with a document; %s in it stands for the probe module's file. */
struct bed *bed_open(const char *format);

/** Tries to; @return the error's path and message in one text, or NULL when it opened (and was
 * closed again) */
char *bed_refusal(const char *format);

/** Puts another document in force. @return 0 or a negative errno; see bed_error() */
int bed_reload(struct bed *bed, const char *format);

/** @return what the last bed_reload() said. */
const char *bed_error(void);

/** Checks that everything is closed and given back, and closes. */
void bed_close(struct bed *bed);

/** Polls all workers until nothing moves. */
void bed_run(struct bed *bed);

/** Moves the clock and runs. */
void bed_sleep(struct bed *bed, unsigned int ms);

/** Polls until a move is in a state: first the old owner, then the new one, and so on. */
void bed_bring_to(struct bed *bed, enum move_state state);

/**
 * @return whether a worker (@p runtime) may write what is of a bucket now: asked of what the move
 * says, not of the workers' tables. The probe asks it for each of its entries.
 */
bool probe_may_write(const void *runtime, uint8_t bucket);

/** Random numbers that are the same each time: from a seed on, below @p n. */
void bed_seed(uint64_t seed);
unsigned int bed_pick(unsigned int n);

/** @return a bucket that has had packets, or any when none has. */
uint8_t bed_loaded_bucket(const struct pe *pe);

/** Puts a frame on port @p port ("p0"). */
void bed_send(struct bed *bed, const char *port, const struct frame *frame);

/** Takes a frame that came out of a port. @return whether there was one */
bool bed_receive(struct bed *bed, const char *port, struct frame *frame);

/** Likewise of either port, "p0" or "p1". */
bool bed_receive_any(struct bed *bed, struct frame *frame);

/** Takes all frames that came out of a port. @return how many */
unsigned int bed_receive_all(struct bed *bed, const char *port);

/** Puts a UDP packet with a few bytes on a port. Endpoints in host order. */
void bed_send_udp(struct bed *bed, const char *port, uint32_t spi, uint32_t source, uint16_t sport,
		  uint32_t dest, uint16_t dport);

/** @return a number of the PE's snapshot, "paths/0/drops/tx-full"; fails the test when there is
 * none. */
uint64_t bed_number(struct bed *bed, const char *where);

/** Makes an NSH frame around Ethernet, IPv4, UDP and a payload. */
struct frame frame_udp(const struct frame_spec *spec);

/** @return the UDP payload of a frame made by frame_udp(). */
uint8_t *frame_payload(struct frame *frame);

/** The NSH's service path identifier and index of a frame. */
uint32_t frame_spi(const struct frame *frame);
uint8_t frame_si(const struct frame *frame);

/** Runs a suite in this process; prints Check's closing line. @return the exit status */
int bed_main(Suite *suite);

#endif
