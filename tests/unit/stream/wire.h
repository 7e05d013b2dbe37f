/* SPDX-License-Identifier: BSD-3-Clause */
/* Two hosts that talk through a tracker, and a record of what it tells. */

#ifndef STREAM_WIRE_H
#define STREAM_WIRE_H

#include "bed.h"
#include "stream/segment.h"

enum { WIRE_LOG = 64 * 1024 };

struct wire {
	struct stream_bed bed;
	uint32_t wants; /* events that count; others are those that they are made of */
	uint8_t log[2]
		   [WIRE_LOG]; /* index: enum wp_side; bytes told, '?' for each that was missed */
	unsigned int n_log[2];
	char story[8192];     /* events in words, each with a blank behind it */
	struct wp_flow *flow; /* of the last event */
	uint8_t verdict;      /* of the last packet */
	uint16_t reason;
	struct {
		uint16_t window;
		uint16_t urgent;       /* pointer */
		bool is_signed;        /* TCP: option MD5 (RFC 2385) */
		bool has_ao;           /* TCP: option TCP-AO (RFC 5925) */
		uint8_t proto;         /* of datagrams; 0: UDP */
		uint32_t tsval, tsecr; /* timestamps; tsval 0: none, but for has_ts */
		bool has_ts;
		uint8_t wscale; /* of SYNs; 0: not offered */
		bool bad_checksum;
		uint16_t tenant, client_port;
		bool ipv6;
	} next; /* what the next packets have */
};

/** A TCP connection as tests write it down: relative to its initial sequence numbers. */
enum { CLIENT_ISN = 0xfffffff0, SERVER_ISN = 5000 };

/** @param conf  JSON text @param wants  0: all */
void wire_open(struct wire *wire, const char *conf, uint32_t max_flows, uint32_t wants);
void wire_close(struct wire *wire);

/** Sends a segment; seq and ack count from the initial sequence numbers. */
void wire_tcp(struct wire *wire, enum wp_side from, uint8_t flags, uint32_t seq, uint32_t ack,
	      const char *data);

/** SYN, SYN and ACK, ACK. */
void wire_handshake(struct wire *wire);

/** Sends a datagram. */
void wire_udp(struct wire *wire, enum wp_side from, const char *data);

/** Likewise of any bytes. */
void wire_datagram(struct wire *wire, enum wp_side from, const void *data, unsigned int data_size);

/** @return what was told of a side so far, as text. */
const char *wire_told(struct wire *wire, enum wp_side side);

/** Forgets the story. */
void wire_forget(struct wire *wire);

#endif
