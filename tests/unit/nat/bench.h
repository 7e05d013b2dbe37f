/* SPDX-License-Identifier: BSD-3-Clause */
/* A NAT on a bench: packets in words go in, what comes out is judged by the model and by the test.
 * Any NAT fits that can be spoken to as struct nat_product says; the model itself is one. */

#ifndef TESTS_NAT_BENCH_H
#define TESTS_NAT_BENCH_H

#include "forge.h"
#include "model.h"

/** A NAT under test. */
struct nat_product {
	const char *name;
	/** @return NULL: the NAT cannot be configured so, and the test does not count */
	void *(*open)(const struct model_config *config);
	void (*packet)(void *nat, const struct model_input *input, struct model_observed *outcome);
	void (*close)(void *nat);
};

/** The model, playing. */
extern const struct nat_product bench_model;

/** What came out, in words. */
struct bench_out {
	enum model_outcome outcome;
	uint32_t reasons;
	enum model_direction direction;
	uint16_t tenant;
	uint8_t proto, flags, type, code, ttl;
	uint32_t src, dst;
	uint16_t sport, dport; /* ICMP: both the identifier */
	uint16_t l4_checksum;
	uint8_t bytes[FORGE_MAX];
	size_t size;
	/* ICMP errors: the packet inside. */
	uint8_t inner_proto;
	uint32_t inner_src, inner_dst;
	uint16_t inner_sport, inner_dport;
	size_t inner, inner_size; /* where in the bytes; 0: none */
};

struct bench;

/** @return NULL when the product cannot be configured so. */
struct bench *bench_open(const struct nat_product *product, const struct model_config *config);
void bench_close(struct bench *bench);

/** Sends a packet; fails the test if the model disagrees with the outcome, or if right checksums
 * came out wrong. */
struct bench_out bench_send(struct bench *bench, enum model_direction direction, uint16_t tenant,
			    const struct forge *forge);
struct bench_out bench_send_bytes(struct bench *bench, enum model_direction direction,
				  uint16_t tenant, const uint8_t *bytes, size_t size);

void bench_wait(struct bench *bench, uint64_t ms);
uint64_t bench_time(const struct bench *bench);
/** The model that judges. */
struct model *bench_judge(struct bench *bench);

#endif
