/* SPDX-License-Identifier: BSD-3-Clause */
/* The view of DNS, and what its files share. */

#ifndef WP_STREAM_L7_DNS_VIEW_H
#define WP_STREAM_L7_DNS_VIEW_H

#include "stream/l7/dns.h"
#include "stream/l7/view.h"

enum {
	DNS_HEADER = 12,        /* bytes (RFC 1035 section 4.1.1) */
	DNS_NAME_MAX = 255,     /* bytes of a name with its root (section 2.3.4) */
	DNS_LABELS_MAX = 127,   /* of a name, without the root, which follows from that */
	DNS_QUESTION_FIXED = 4, /* bytes behind a question's name */
	DNS_RECORD_FIXED = 10,  /* bytes behind a record's name */
	DNS_TEXTS_SIZE = 16384, /* bytes for what is told as text */
	DNS_CLASS_IN = 1,
	DNS_CLASS_NONE = 254,    /* RFC 2136 section 2.4 */
	DNS_CLASS_FLAG = 0x8000, /* RFC 6762 sections 5.4 and 10.2 */
	DNS_OPCODE_UPDATE = 5,
};

/**
 * A message while it is read. On the stack: what of it has not been set yet is not zero.
 *
 * The work on a message is bounded by its size, and for each name that is told, at most 3 of a
 * record, by DNS_NAME_MAX bytes of labels and DNS_LABELS_MAX pointers that are followed.
 */
struct dns_reader {
	const uint8_t *message;
	uint32_t size;   /* bytes of it */
	uint32_t at;     /* where the next part of it begins; at most size */
	uint32_t n_text; /* bytes of texts that are used */
	struct wp_dns_message told;
	struct wp_dns_question questions[WP_DNS_QUESTIONS_MAX];
	struct wp_dns_record records[WP_DNS_RECORDS_MAX];
	uint8_t texts[DNS_TEXTS_SIZE];
};

/** Why the end of a name is not known. */
enum dns_name_end { DNS_NAME_CUT = -1, DNS_NAME_RESERVED = -2 };

/** @return where the name at @p at ends that stands before @p end; else enum dns_name_end. */
int32_t dns_name_skip(const uint8_t *message, uint32_t at, uint32_t end);

/**
 * Reads the name at reader->at, and goes behind it.
 *
 * @param end   what it may not go beyond: at most reader->size
 * @param name  set, whatever is wrong with it
 * @return 0, or enum dns_name_end: nothing can be read behind it, and reader->at stays
 */
int dns_name_read(struct dns_reader *reader, uint32_t end, struct wp_dns_name *name);

/** Reads what a record's data says, as far as its type is known. */
void dns_rdata_read(struct dns_reader *reader, struct wp_dns_record *record);

/** Notes an anomaly. */
static inline void
dns_note(struct dns_reader *reader, enum wp_dns_anomaly anomaly)
{
	reader->told.anomalies |= (uint16_t)WP_DNS_ANOMALY_BIT(anomaly);
}

/** Reads a message and tells it. @param offset  of it in the side's stream */
void dns_message_read(struct l7_run *run, struct wp_span message, uint64_t offset);

/** @return whether a flow is of DNS: struct l7_view. */
enum l7_match dns_match(const struct l7_hint *hint);

extern const struct l7_view l7_dns_view;

#endif
