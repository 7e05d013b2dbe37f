/* SPDX-License-Identifier: BSD-3-Clause */
/* One service alone, linked into the test: opened from JSON by the real reader of configurations,
 * with real state tables, and bursts of parsed packets. Only the runtime around it is stood for. */

#ifndef TESTS_SVC_H
#define TESTS_SVC_H

#include <stdbool.h>
#include <stdint.h>

#include "service.h"

#ifndef SVC_PACKET_ROOM
#define SVC_PACKET_ROOM 2300 /* benchmarks take less, so that bursts stay in the cache */
#endif

/** An instance with what it was made from. */
struct svc;

/** A packet with its bytes; svc_ipv4() and svc_ipv6() make it, svc_parse() reads it. */
struct svc_packet {
	struct wp_packet view;
	uint8_t bytes[SVC_PACKET_ROOM];
};

/** How many entries tables that are made from now on have; index: the service's table id. 0: as
 * declared. */
extern uint32_t svc_max_entries[8];

/** Opens wp_service with @p config, a JSON object. A refusal aborts. */
struct svc *svc_open(const char *config);

/** @return why @p config is refused, "member: text"; static memory. It must be. */
const char *svc_refusal(const char *config);

void svc_close(struct svc *svc);

/** Asks the instance. @return as wp_service.ask() */
int svc_ask(struct svc *svc, const char *question, char *answer, size_t size);

/** Prepares a use of the instance on a path of @p tenant; its packets carry it as args. Lives as
 * long as the instance. */
const void *svc_step(struct svc *svc, uint16_t tenant, const char *args);

/** Moves the clock, and runs the timers of all tables to the end. */
void svc_set_time(struct svc *svc, uint64_t now_ns);

/** @return the tables of the service, and a worker that may use them. */
struct wp_core *svc_core(struct svc *svc);

/** @return the instance itself. */
const void *svc_inst(const struct svc *svc);

/** Looks up what packets ask for, and calls burst() once: what a worker does. n <= WP_BURST_MAX */
void svc_pass(struct svc *svc, struct wp_packet **views, uint16_t n);

/** One burst of the instance's; verdicts are in the views. A packet whose verdict is WP_AGAIN meets
 * the instance again. */
void svc_burst(struct svc *svc, struct svc_packet *packets, uint16_t n);

/** Calls tick(), as a worker does every 10 ms or so. */
void svc_tick(struct svc *svc);

/** Takes the oldest packet that the service has made. @return false when there is none */
bool svc_created(struct svc *svc, struct svc_packet *packet);

/** @return the packets that the service has made in the last burst; they are taken. */
struct svc_packet *svc_pieces(struct svc *svc, uint16_t *n);

/** Takes the oldest record that the service has emitted. @return false when there is none */
bool svc_event(struct svc *svc, void *event, uint16_t size);

/** @return a counter of the instance's. */
uint64_t svc_count(const struct svc *svc, unsigned int counter);

/** @return the first word of the WP_SHARED entry with a U32 key, all parts added up. */
uint64_t svc_shared(struct svc *svc, unsigned int table, uint32_t key);

/** Makes an Ethernet frame with an IP packet of @p l4_size zeroed bytes behind the IP header.
 * @return the IP header */
uint8_t *svc_ipv4(struct svc_packet *packet, uint8_t proto, uint16_t l4_size);
uint8_t *svc_ipv6(struct svc_packet *packet, uint8_t proto, uint16_t l4_size);

/** Parses the frame again, after a test has changed it. */
void svc_parse(struct svc_packet *packet);

#endif
