/* SPDX-License-Identifier: BSD-3-Clause */
/* What the RFCs ask of a NAT44 and packets can show: a scenario for each requirement. */

#ifndef TESTS_NAT_REQUIREMENTS_H
#define TESTS_NAT_REQUIREMENTS_H

#include <check.h>

#include "bench.h"

struct requirement {
	const char *name;                               /* rfcNUMBER_reqN, or _sN of a section */
	const char *text;                               /* what it asks, in one line */
	void (*configure)(struct model_config *config); /* NULL: as config_common() leaves it */
	void (*run)(struct bench *bench); /* NULL: packets do not show it; the text says where it is
					     looked after */
};

/** Each ends with a row without a name. */
extern const struct requirement requirements_rfc4787[], requirements_rfc5382[],
	requirements_rfc5508[], requirements_rfc6888[], requirements_rfc7857[],
	requirements_other[];

/* Addresses of the scenarios. */
enum { ICMP = 1, TCP = 6, UDP = 17 };
#define HOST_A 0x0a000001 /* 10.0.0.1 */
#define HOST_B 0x0a000002
#define REMOTE 0xcb007101 /* 203.0.113.1 */
#define REMOTE_2 0xcb007102
#define POOL_1 0xc6336401 /* 198.51.100.1, .7, .9: not contiguous */
#define POOL_2 0xc6336407
#define POOL_3 0xc6336409
#define SECONDS 1000ULL

/** Three pool addresses, ports 1024 to 2047. */
void config_common(struct model_config *config);

/* Packets of the common kinds. */
struct bench_out udp_out(struct bench *bench, uint32_t host, uint16_t port, uint32_t remote,
			 uint16_t remote_port);
struct bench_out udp_in(struct bench *bench, uint32_t remote, uint16_t remote_port, uint32_t ext,
			uint16_t ext_port);
struct bench_out tcp_out(struct bench *bench, uint32_t host, uint16_t port, uint32_t remote,
			 uint16_t remote_port, uint8_t flags);
struct bench_out tcp_in(struct bench *bench, uint32_t remote, uint16_t remote_port, uint32_t ext,
			uint16_t ext_port, uint8_t flags);
struct bench_out ping_out(struct bench *bench, uint32_t host, uint16_t id, uint32_t remote);
struct bench_out ping_in(struct bench *bench, uint32_t remote, uint32_t ext, uint16_t id,
			 uint8_t type);
/** An ICMP error from @p from, about a packet that came out of the NAT, back to where that came
 * from. */
struct bench_out error_back(struct bench *bench, const struct bench_out *about, uint32_t from,
			    uint8_t type, uint8_t code);

/* Both fail the test. */
void expect_passed(const struct bench_out *out);
void expect_dropped(const struct bench_out *out, uint32_t reasons);

/** Waits, behind a packet, until just before @p ms are over, if the NAT's timers are right; then
 * what was left. */
void wait_nearly(struct bench *bench, uint64_t ms);
void wait_rest(struct bench *bench);

/** Whether a packet of @p proto from outside to an external endpoint still reaches an inside host.
 */
bool is_alive(struct bench *bench, uint8_t proto, uint32_t ext, uint16_t port);

#endif
