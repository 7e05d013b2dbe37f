/* SPDX-License-Identifier: BSD-3-Clause */
/* One connection over a wire, as tests of what becomes of it have it: to be included once. */

#ifndef TESTS_WIRE_TALK_H
#define TESTS_WIRE_TALK_H

#include "unit.h"
#include "wire.h"

static struct wire wire;

#define ARRIVAL "{\"tell\": \"arrival\"}"
#define ACKED "{\"tell\": \"acknowledged\"}"

/** Checks what was told of a side, and the events since they were checked last. */
#define TOLD(SIDE, TEXT) ck_assert_str_eq(wire_told(&wire, SIDE), TEXT)
#define STORY(TEXT)                                                                                \
	do {                                                                                       \
		ck_assert_str_eq(wire.story, TEXT);                                                \
		wire_forget(&wire);                                                                \
	} while (0)

/** Opens a wire, and a connection over it. */
static inline void
open_connection(const char *conf)
{
	wire_open(&wire, conf, 0, 0);
	wire_handshake(&wire);
	wire_forget(&wire);
}

static inline void
client(uint32_t seq, const char *data)
{
	wire_tcp(&wire, WP_CLIENT, TCP_ACK, seq, 1, data);
}

static inline void
server_acks(uint32_t ack)
{
	wire_tcp(&wire, WP_SERVER, TCP_ACK, 1, ack, "");
}

#endif
