/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Records: what is written about packets, flows and messages, as flat bytes on their way from
 * workers to whoever makes lines of them (json.h). A record keeps no pointers. What does not fit is
 * cut or left away, never refused. No heap, no locks.
 */

#ifndef IDS_RECORD_H
#define IDS_RECORD_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet.h"
#include "rule/rule.h"
#include "stream/event.h"
#include "stream/flow.h"

enum {
	RECORD_MAX = 16384,        /* bytes of a record: WP_EVENT_SIZE_MAX */
	RECORD_KEPT_MAX = 6144,    /* of what is kept of messages; see record_keep() */
	RECORD_PAYLOAD_MAX = 4096, /* of a payload or packet that is told */
};

/** What a record is about: EVE's event_type. */
enum record_kind {
	RECORD_ALERT,
	RECORD_DROP,
	RECORD_FLOW,
	RECORD_HTTP,
	RECORD_DNS,
	RECORD_TLS,
	RECORD_SSH,
	RECORD_SMTP,
	RECORD_FTP,
	RECORD_SMB,
	RECORD_FILE,
	RECORD_ANOMALY,
	RECORD_STATS,
	RECORD_KINDS,
};

/** A record. One for each worker, made anew for each event. */
struct record {
	uint32_t size; /* bytes; 0: there is nothing to tell */
	alignas(8) uint8_t bytes[RECORD_MAX];
};

/** A number that rules have counted in a flow. */
struct record_int {
	const char *name;
	uint32_t value;
};

/** What rules have left with a flow: EVE's "metadata". */
struct record_marks {
	const char *const *bits; /* names of the flowbits that are set */
	const struct record_int *ints;
	uint8_t n_bits, n_ints;
};

/** What a record is about, as far as it is known. */
struct record_context {
	const struct wp_packet *pkt; /* NULL: there is none */
	const struct wp_flow *flow;  /* NULL: there is none; the packet's own addresses are told */
	const struct wp_stream_event *event; /* the message; NULL: there is none */
	const struct wp_packet *outer;       /* that the packet was found in; NULL: in none */
	struct wp_span kept; /* of the messages before it in its transaction: record_keep() */
	const struct record_marks *marks; /* NULL: none */
	uint64_t now_ns;                  /* the clock that the flow's times are of */
	uint64_t pcap_cnt;                /* number of the packet in its capture, from 1; 0: none */
	uint64_t length;     /* HTTP: bytes of the response's body so far, unless that was kept */
	int64_t tx;          /* number of the transaction in its flow, from 0; -1: none */
	uint8_t side;        /* enum wp_side: whose packet or message it is; with a flow only */
	uint8_t link;        /* bits: enum record_link */
	uint8_t from, depth; /* enum record_from; how many tunnels it was in */
};

/** What a packet of a capture was taken out of; see record_context.from. */
enum record_from {
	RECORD_FROM_WIRE,
	RECORD_FROM_IP,
	RECORD_FROM_GRE,
	RECORD_FROM_ERSPAN,
	RECORD_FROM_TEREDO,
	RECORD_FROM_VXLAN,
	RECORD_FROM_GENEVE,
	RECORD_FROM_FRAGMENTS,
	RECORD_FROMS,
};

/** What is told of the Ethernet header of a packet; bits of record_context.link. */
enum record_link { RECORD_MACS = 1 << 0, RECORD_VLANS = 1 << 1 };

/** What became of a packet. */
enum record_verdict { RECORD_ALLOWED, RECORD_BLOCKED };

struct record_file;

/** What an alert says beyond its context. */
struct record_alert {
	const struct rule *rule;
	uint8_t verdict;        /* enum record_verdict: what the rule has done to the packet */
	uint8_t action;         /* enum rule_action: likewise; RULE_REJECT as rule->reject says */
	bool dropped;           /* the packet does not go on, for this rule or for another */
	bool of_stream;         /* found in bytes of the stream rather than in the packet */
	struct wp_span payload; /* bytes that are told as they are; NULL: none */
	struct wp_span packet;  /* likewise, from its first header on */
	struct wp_span body;    /* likewise, of HTTP */
	const struct record_file *file; /* that the side has sent so far; NULL: none */
};

/** Why a packet did not go on: EVE's drop.reason. */
enum record_drop {
	RECORD_DROP_RULES,  /* a rule said so */
	RECORD_DROP_STREAM, /* the tracker did not believe it */
	RECORD_DROP_DECODE, /* its headers cannot be read */
	RECORD_DROP_OTHER,
	RECORD_DROPS,
};

/** A file that a message has brought. */
struct record_file {
	struct wp_span name;
	const uint8_t *md5, *sha1, *sha256; /* NULL: not made */
	uint64_t size;                      /* bytes seen of it */
	bool has_gaps, is_whole, is_open;
};

/** Where an anomaly was met. */
enum record_layer { RECORD_DECODE, RECORD_STREAM, RECORD_L7 };

/** A counter: its name's parts have dots between them, "decoder.pkts"; those of one object stand
 * next to each other. */
struct record_counter {
	const char *name;
	uint64_t value;
};

void record_alert(struct record *record, const struct record_context *context,
		  const struct record_alert *alert);

/** A packet that did not go on. @param alert  whose rule said so; NULL: none did */
void record_drop(struct record *record, const struct record_context *context,
		 enum record_drop reason, const struct record_alert *alert);

/** A flow that has ended. @param alerted  whether alerts were raised about it */
void record_flow(struct record *record, const struct record_context *context, bool alerted);

/** A transaction of an application protocol: what was kept of it and the context's event.
 * @param kind  RECORD_HTTP to RECORD_SMB */
void record_message(struct record *record, const struct record_context *context,
		    enum record_kind kind);

/** A file. The context's kept messages say which transaction brought it. */
void record_file(struct record *record, const struct record_context *context,
		 const struct record_file *file);

/** Something odd. @param event  its name; NULL: the context's event is WP_FLOW_ANOMALY or
 * WP_L7_ANOMALY, which has one */
void record_anomaly(struct record *record, const struct record_context *context,
		    enum record_layer layer, const char *event);

/** Counters. @param uptime_s  seconds since counting began */
void record_stats(struct record *record, uint64_t uptime_s, const struct record_counter *counters,
		  unsigned int n);

/**
 * Keeps what later records of its transaction will say of a message: a request for its response, a
 * client's hello for the certificates. Events of other kinds add nothing.
 * @param[in,out] kept  bytes; what is there already stays
 * @param size  of @p kept, at most RECORD_KEPT_MAX @param used  of them
 * @return bytes of it used now
 */
size_t record_keep(void *kept, size_t size, size_t used, const struct wp_stream_event *event);

/** Likewise, how long the body of an HTTP response was, as it was sent. */
size_t record_keep_length(void *kept, size_t size, size_t used, uint64_t length);

/** Reads the values of a record of counters. @param[out] values  room for @p n, in their order
 * @return false: it is another record, and nothing is read */
bool record_read_stats(const void *bytes, size_t size, uint64_t *values, unsigned int n);

#endif
