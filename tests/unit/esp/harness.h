/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The smallest environment that the real encrypt and decrypt modules run in: real tables, real
 * keys, real parser, one worker, no DPDK. Whatever is refused or impossible here ends the test.
 */

#ifndef TESTS_ESP_HARNESS_H
#define TESTS_ESP_HARNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/aead.h"
#include "esp/esp.h"
#include "parse/parse.h"
#include "service.h"
#include "state/state.h"

enum {
	FRAME_ROOM = 12288,
	FRAME_START = 256, /* headroom */
	ENTRIES_MAX = 16,
	COUNTERS_MAX = 16,
};

/** A module, opened as one instance for one worker. */
struct service {
	const struct wp_service *ops;
	struct wp_table *tables[4];
	struct wp_core core;
	uint64_t counters[COUNTERS_MAX];
	void *inst;
	struct wp_entry *entries[ENTRIES_MAX]; /* held by steps, in the order they were asked for */
	unsigned int n_entries;
	char member[64], message[256]; /* of the last refusal */
	struct frame *made;            /* what the last burst made with wp_create() */
	uint16_t n_made, made_max;     /* may be lowered, for want of buffers */
};

/** A step: what packets carry as args, and what it was made of. */
struct step {
	struct service *service;
	void *args;
	struct wp_arena *arena;
	struct wp_aead *aeads[ENTRIES_MAX];
	unsigned int n_aeads, first_entry, n_entries;
	bool is_open;
};

/** A packet in a buffer of its own. */
struct frame {
	struct wp_packet pkt;
	_Alignas(64) uint8_t bytes[FRAME_ROOM];
};

/** What an inner packet is like; the rest is the same for all. */
struct inner {
	uint8_t version;
	uint16_t size;  /* bytes of the IP packet */
	uint8_t class;  /* DSCP and ECN */
	uint8_t df;     /* 0x40 or 0 */
	bool ethernet;  /* 14 bytes in front */
	uint8_t behind; /* bytes of Ethernet padding */
};

/** Opens a module by its name. */
struct service *service_open(const char *name);
void service_close(struct service *service);

/** Makes a key known: its name begins with "128" or "256", the rest is up to the test. */
void key_add(const char *name, const uint8_t *bytes);

/** @return the bytes of a key, salt last; those of one that was not added follow from its name. */
const uint8_t *key_bytes(const char *name, enum wp_aead_alg *alg);

/** Opens a step by arguments as they stand in a document. @return 0 or why not */
int step_open(struct service *service, struct step *step, const char *json);
void step_close(struct step *step);

/** Hands packets of one service to it as the runtime does. */
void service_burst(struct service *service, struct wp_packet *const *pkts, uint16_t n);

/** The same for one packet and step. @return the outcome; see outcome() */
const char *step_one(struct step *step, struct frame *frame);

/** @return "next", "absorb", "fail N", or the reason of a drop. */
const char *outcome(const struct service *service, const struct wp_packet *pkt);

/** @return a counter by its name. */
uint64_t counter(const struct service *service, const char *name);

/** Writes an inner packet and parses it. Payload bytes depend on @p seed. */
void frame_inner(struct frame *frame, const struct inner *inner, uint32_t seed);

/** Takes bytes as they are for a packet, and parses it. */
void frame_bytes(struct frame *frame, const uint8_t *bytes, uint16_t size, bool ethernet);

/** Copies a frame; its view points to its own buffer. */
void frame_copy(struct frame *to, const struct frame *from);

/** Tells the runtime's part of a counter entry where it stands. */
void counter_set(struct wp_entry *entry, uint64_t next, uint64_t reserved);

/** Seals @p text as ESP between 192.0.2.1 and 192.0.2.2 without ESN, whatever it is: for trailers
 * and contents that our encrypt never makes. */
void frame_sealed(struct frame *frame, const char *key, uint32_t spi, uint32_t number,
		  const uint8_t *text, uint16_t size);

#endif
