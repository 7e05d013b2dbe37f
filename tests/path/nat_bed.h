/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A NAT in a whole PE, packets in words around it. What goes in is forged, what must come out is
 * forged as well, with the other endpoints: the two are compared byte by byte, all checksums of the
 * one come to from scratch.
 *
 *      red    10.0.0.0/24 ---- path out, in ------+
 *                                                 nat n ---- 198.51.100.0/24, 203.0.113.0/28
 *      green  10.0.0.0/24 ---- path gout, gin ----+
 */

#ifndef TESTS_PATH_NAT_BED_H
#define TESTS_PATH_NAT_BED_H

#include "bed.h"
#include "forge.h"
#include "wire.h"

/* Paths: their service path identifiers. */
enum { OUT = 10, IN = 11, GREEN_OUT = 20, GREEN_IN = 21 };

/* Offsets in a frame. */
enum { NAT_IP = 14 + 24 + 14, NAT_FRAME_MIN = NAT_IP + 46 };

/* Protocols. */
enum { ICMP = 1, TCP = 6, UDP = 17, GRE = 47, SCTP = 132 };

#define HOST_A 0x0a000001 /* 10.0.0.1 */
#define HOST_B 0x0a000002
#define HOST_C 0x0a000003
#define REMOTE 0xc6336401 /* 198.51.100.1 */
#define REMOTE_2 0xc6336402
#define POOL 0xcb007100     /* 203.0.113.0 */
#define STATIC_1 0xc0000201 /* 192.0.2.1: what tests map one address to */

/** A pool of 16 addresses, for nat_open(). */
#define POOL_16 "\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.0/28\"]}]"
/** One of a single address, and of these ports of it. */
#define POOL_1(PORTS)                                                                              \
	"\"pools\": [{\"name\": \"p\", \"addresses\": [\"203.0.113.1\"], \"ports\": \"" PORTS "\"" \
	"}]"

struct endpoint {
	uint32_t address;
	uint16_t port;
};

/** A PE with so many workers (1 or 2); @p config has the members of the NAT's configuration. */
struct bed *nat_open(unsigned int workers, const char *config);

/** Puts another configuration in force. */
void nat_reload(struct bed *bed, unsigned int workers, const char *config);

/** An IPv4 packet in its tag. @param pad  bytes of Ethernet padding behind it */
struct frame nat_frame(uint32_t spi, const uint8_t *bytes, size_t size, unsigned int pad);

/** Sends bytes, and checks that exactly @p want comes out, on path @p spi_out. */
void nat_pass_bytes(struct bed *bed, uint32_t spi, const uint8_t *bytes, size_t size,
		    uint32_t spi_out, const uint8_t *want, size_t want_size);
void nat_pass(struct bed *bed, uint32_t spi, const struct forge *forge, uint32_t spi_out,
	      const struct forge *want);

/** Checks that a packet is the one that is wanted, byte by byte. 0 and 0xffff are one checksum. */
void nat_compare(const uint8_t *seen, const uint8_t *want, size_t size);

/** Sends a packet, and checks that the NAT answers it itself. */
void nat_answers(struct bed *bed, uint32_t spi, const struct forge *forge, uint32_t spi_out,
		 const struct forge *want);

/** Sends a packet from inside, and checks that it comes out with nothing changed but its source and
 * what hangs on that. @return the source, after checks: of a pool, not the host's */
struct endpoint nat_out(struct bed *bed, uint32_t spi, const struct forge *forge);

/** Sends a packet to an external endpoint; checks that it reaches a host's, on the path of it. */
void nat_in(struct bed *bed, uint32_t spi, const struct forge *forge, uint32_t spi_out,
	    struct endpoint host);

/** Sends a packet that is dropped by the NAT for a reason. */
void nat_drop(struct bed *bed, uint32_t spi, const struct forge *forge, const char *reason);

/** @return how often a path's NAT has dropped for a reason. */
uint64_t nat_drops(struct bed *bed, uint32_t spi, const char *reason);

/** @return a counter of the NAT. */
uint64_t nat_count(struct bed *bed, const char *counter);

/** Lets time pass, and timers run. */
void nat_wait(struct bed *bed, unsigned int seconds);

/** A packet with the source or the destination of an endpoint. */
struct forge nat_from(struct forge forge, struct endpoint source);
struct forge nat_to(struct forge forge, struct endpoint dest);

/** @return the answer to a packet that came out. */
struct forge nat_answer(const struct forge *forge, struct endpoint external);

/** For tests with one and two workers. */
#define NAT_WORKERS (1 + (unsigned int)_i)
#define nat_add_test(TCASE, TEST) tcase_add_loop_test(TCASE, TEST, 0, 2)

#endif
