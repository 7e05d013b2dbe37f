/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Random traffic for a NAT, the same for the same seed: few hosts, few ports, few remotes, so that
 * everything collides; answers to what came through the NAT; TCP flags in all orders; ICMP errors
 * about packets that were and about some that were not; hairpins; wrong checksums; malformed
 * headers; time that stands still or jumps by hours.
 */

#ifndef TESTS_NAT_TRAFFIC_H
#define TESTS_NAT_TRAFFIC_H

#include "model.h"

struct traffic_config {
	uint64_t seed;
	uint16_t tenants; /* numbered from 1; all have the same inside addresses */
	uint16_t hosts;   /* of each tenant: 10.0.0.1 and on */
	uint16_t ports;   /* that hosts use: 1, 65535 and the like first */
	uint16_t remotes; /* 203.0.113.1 and on */
	uint16_t calm; /* of 100 packets, those that follow within 50 ms; the rest leaves a gap */
	const struct model_config
		*nat; /* its addresses, time-outs and statics are worth aiming at */
};

struct traffic;

/** A NAT for random traffic: two addresses, and a bit of everything static. The rest is as
 * model_config_init() has it. */
void traffic_nat(struct model_config *config);

struct traffic *traffic_create(const struct traffic_config *config);
void traffic_destroy(struct traffic *traffic);

/** The next packet; its bytes are valid until the next call. */
void traffic_next(struct traffic *traffic, struct model_input *input);

/** What the NAT made of the last packet, to be answered later on. */
void traffic_learn(struct traffic *traffic, const struct model_observed *outcome);

/** The clock, if the driver chose a later time for the last packet (model_settle()). */
void traffic_set_time(struct traffic *traffic, uint64_t time);

/** A random number of the traffic's own sequence. */
uint64_t traffic_random(struct traffic *traffic);

#endif
