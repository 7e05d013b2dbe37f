/* SPDX-License-Identifier: BSD-3-Clause */
/* One worker's detector: what its instance knows of packets and flows comes in here, and goes out
 * as alerts and verdicts. */

#ifndef IDS_DETECT_H
#define IDS_DETECT_H

#include <stdint.h>

#include "conf.h"
#include "hits.h"
#include "load.h"
#include "match/ask.h"
#include "match/view.h"
#include "noted.h"
#include "oddity/tcp_watch.h"
#include "out/record.h"
#include "reject.h"
#include "service.h"
#include "state/limit.h"
#include "tell.h"

/** Counters of the service. */
enum ids_counter {
	COUNT_LOST,    /* events that did not get to the log */
	COUNT_WRITTEN, /* lines that did */
	COUNT_ALERTS,
	COUNT_SILENCED, /* by a limit */
	COUNT_DROPPED,
	COUNT_REJECTED,
	COUNT_PASSED,
	COUNT_ASKED,   /* rules */
	COUNT_GAVE_UP, /* rules that took more steps than they may */
	COUNT_NO_ROOM, /* flows whose bytes could not be kept; bits and integers likewise */
	COUNT_UNHEARD, /* lines that nobody at the socket has taken */
	COUNT_UNTOLD,  /* lines that subscribers of the control socket did not get */
	COUNT_OVER,    /* packets that have taken more than they may */
	COUNT_HEAVY,   /* flows that are put off, and those that are no more */
	COUNT_LIGHT,
	COUNT_WAITED,  /* looks that were left until later, */
	COUNT_UNSEEN,  /* or out */
	COUNT_INVALID, /* segments that were not believed, and did not go on */
};

/** Why the service drops. */
enum ids_reason { REASON_RULE, REASON_LOAD, REASON_INVALID };

/** Of one worker. */
struct detect {
	const struct ids_conf *conf;
	const struct detector *detector;
	struct wp_core *core;
	struct asker *asker;
	struct limit_table *limits;
	bool prevents;
	bool drops_invalid; /* segments that the tracker does not believe do not go on */
	uint8_t dark;       /* bits: enum wp_flow_flag: of flows whose payload is not looked at, */
	uint8_t unread;     /* and of those whose bytes are not read as what they carry */
	uint8_t digests;    /* bits: enum file_digest: that are made of files */
	bool keeps_files;   /* files are followed */
	unsigned int odd;   /* enum odd_bit: what rules ask about bytes */
	struct noted refused; /* that the tracker has not believed: their bytes are in no stream */
	struct noted mended;  /* that another content was put into */
	const struct wp_packet *met; /* whose events come; it was not asked about itself yet */
	struct wp_tag met_tag;       /* its own */
	uint64_t round_ns; /* when the burst came whose events are told; 0: it was looked at */
	uint32_t chunk; /* bytes of a stream that are enough to be looked at; where it prevents, all
			 * that a packet brings is, before that goes on */
	uint64_t body;  /* bytes of a body that are looked at */
	const struct wp_flow *unanswered_flow; /* NULL: none; else what 'unanswered' was of before
						* the packet that is looked at began it anew */
	struct tcp_watch unanswered;
	unsigned int alerts_max; /* of one packet */
	struct view view;
	struct record record;
	struct tell tell;
	struct rejects rejects;
	struct load load;
	struct hits hits;
};

/** @return 0 or -ENOMEM. Control. */
int detect_create(const struct ids_conf *conf, const struct detector *detector,
		  struct wp_core *core, struct detect **detect);

/** Accepts NULL. Control. */
void detect_destroy(struct detect *detect);

/** @return whether what a flow carries is encrypted, and not to be looked at. */
static inline bool
detect_is_dark(const struct detect *detect, const struct wp_flow *flow)
{
	return (flow->flags & detect->dark) != 0;
}

/** @return whether the bytes of a flow are read as what it carries. */
static inline bool
detect_is_read(const struct detect *detect, const struct wp_flow *flow)
{
	return (flow->flags & detect->unread) == 0;
}

/** Looks at a packet. Worker. */
void detect_packet(struct detect *detect, struct wp_packet *pkt);

/** Looks at what has happened to a flow. Its owner. */
void detect_event(struct detect *detect, const struct wp_stream_event *event);

/** Asks about what a message begins with, or is. */
void detect_head(struct detect *detect, const struct wp_stream_event *event, uint64_t transaction);

/** Asks the rules of a moment. For the files of this folder. */
void detect_moment(struct detect *detect, struct moment *moment);

#endif
