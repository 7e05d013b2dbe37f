/* SPDX-License-Identifier: BSD-3-Clause */
/* Which events are written, and what they tell: what the configuration's words ask for. */

#ifndef IDS_KINDS_H
#define IDS_KINDS_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "out/record.h"

/** What events tell beyond the usual. */
enum detail {
	DETAIL_APP_LAYER, /* alerts: what was said in the transaction before */
	DETAIL_METADATA,  /* of rules, and the marks that rules have left */
	DETAIL_VERDICT,   /* what became of the packet: alerts and drops */
	DETAIL_PAYLOAD,
	DETAIL_PRINTABLE, /* payload, readable */
	DETAIL_PACKET,
	DETAIL_HTTP_BODY,
	DETAIL_HTTP_BODY_PRINTABLE,
	DETAIL_MACS,
	DETAIL_RULE,     /* its text */
	DETAIL_EXTENDED, /* of HTTP: more than the request */
	DETAIL_ALERTS,   /* drops: the rule that said so */
	DETAIL_DECODE,   /* anomalies of packets, too */
	DETAIL_STREAM,   /* anomalies of streams, too */
	DETAIL_MD5,      /* digests of files */
	DETAIL_SHA1,
	DETAIL_SHA256,
	DETAILS,
};

/** What is asked for. Constant once it is read. */
struct kinds {
	uint32_t events;  /* bits: enum record_kind */
	uint32_t details; /* bits: enum detail */
	uint32_t told;    /* bits: enum record_kind; that subscribers hear of */
	uint8_t digests;  /* bits: enum file_digest: that are told of all files */
	uint32_t gathers; /* bits: enum wp_l7: whose transactions are kept */
};

/** Reads the words. @param[out] member, word  what is wrong @return 0 or -EINVAL. Control. */
int kinds_read(const struct ids_conf *conf, struct kinds *kinds, const char **member,
	       const char **word);

static inline bool
kinds_have(const struct kinds *kinds, enum record_kind kind)
{
	return (kinds->events & 1u << kind) != 0;
}

static inline bool
kinds_tell(const struct kinds *kinds, enum detail detail)
{
	return (kinds->details & 1u << detail) != 0;
}

#endif
