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
	/** @return why the NAT cannot be configured so, and the test does not count; NULL: it can.
	 * NULL: it can be anything. */
	const char *(*lacks)(const struct model_config *config);
	uint16_t block_size; /* where the configuration has no blocks; 0: none then */
	void *(*open)(const struct model_config *config);
	void (*packet)(void *nat, const struct model_input *input, struct model_observed *outcome);
	void (*close)(void *nat);
	/** Lets it do what it does when time passes; NULL: it looks at the clock with each packet.
	 */
	void (*wait)(void *nat, uint64_t time);
	/** Takes the oldest packet that it has sent by itself. @return false: there is none. NULL:
	 * it never sends any */
	bool (*emitted)(void *nat, uint64_t *time, uint8_t *bytes, size_t *size);
};

/** Takes all that a NAT has sent by itself, and fails the test if the model finds that it may not
 * have been. @param last  the last one, if there was one; or NULL @return how many */
unsigned int bench_take_emitted(const struct nat_product *product, void *nat, struct model *judge,
				struct model_observed *last);

/** How far the timers of a NAT that has some may be off. */
enum { BENCH_SLACK_MS = 300 };

/** Brings a NAT to a time by way of all that ends before it: one that looks at its timers only now
 * and then would think that it all ended late. */
void bench_pass_time(const struct nat_product *product, void *nat, const struct model *judge,
		     uint64_t from, uint64_t to);

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

/** @param config  one that the product can have */
struct bench *bench_open(const struct nat_product *product, const struct model_config *config);
void bench_close(struct bench *bench);

/** Sends a packet; fails the test if the model disagrees with the outcome, or if right checksums
 * came out wrong. */
struct bench_out bench_send(struct bench *bench, enum model_direction direction, uint16_t tenant,
			    const struct forge *forge);
struct bench_out bench_send_bytes(struct bench *bench, enum model_direction direction,
				  uint16_t tenant, const uint8_t *bytes, size_t size);

void bench_wait(struct bench *bench, uint64_t ms);
/** @return whether the product ever sends packets by itself. */
bool bench_emits(const struct bench *bench);
/** Lets the product do what it does by now. @return how many packets it has sent by itself since
 * the last call; the last of them in @p last */
unsigned int bench_emitted(struct bench *bench, struct bench_out *last);
uint64_t bench_time(const struct bench *bench);
/** @return how far the product's timers may be off; 0: it has none. */
uint64_t bench_slack(const struct bench *bench);
/** @return ports of a block that is one host's for all protocols; 0: there are no blocks. */
uint16_t bench_block_size(const struct bench *bench);
/** The model that judges. */
struct model *bench_judge(struct bench *bench);

#endif
