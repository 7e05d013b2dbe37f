/* SPDX-License-Identifier: BSD-3-Clause */
/* One option of a rule: what its word is, and who reads it. Tables of these are the language. */

#ifndef IDS_KEYWORD_H
#define IDS_KEYWORD_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/arena.h"
#include "rule/rule.h"

struct rule_set;
struct rule_reader;
struct vars;

/** Whether a word has a value behind a colon. */
enum keyword_value { KEYWORD_ALONE, KEYWORD_VALUE, KEYWORD_EITHER };

struct keyword {
	const char *name; /* as rules have it; NULL ends a table */
	enum keyword_value value;
	/**
	 * Reads the option into the rule.
	 * @param value  without white space around it; not unquoted (see reader_unquote()); NULL:
	 *               there is none
	 * @return 0, or -EINVAL after reader_fault(), or -ENOMEM
	 */
	int (*read)(struct rule_reader *reader, const struct keyword *keyword, char *value);
	uint32_t detail; /* for read(), where one function reads several words */
};

/** A rule while it is read. */
struct rule_reader {
	struct rule_set *set;
	struct wp_arena *arena; /* the set's */
	const struct vars *vars;
	struct rule *rule;
	bool ips;

	uint32_t column;           /* of the option that is read, from 1 */
	struct rule_list *current; /* conditions on bytes go here; NULL: on the payload */
	struct rule_match *last;   /* content or pcre that was read last, wherever it went: what
				    * modifiers are about; NULL: none since the last buffer */

	char why[192], hint[192]; /* of a fault */
	uint32_t fault_column;
};

/** Says why a rule cannot be used. @return -EINVAL */
int reader_fault(struct rule_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Says besides what to do about it. @return -EINVAL */
int reader_hint(struct rule_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Takes the quotes off a value, and backslashes in front of " ; \ and :. In place.
 * @return NULL after reader_fault(): a quote is missing */
char *reader_unquote(struct rule_reader *reader, char *value);

/** Takes the quotes off a value that must have them; what is within stays as it is. In place.
 * @return NULL after reader_fault() */
char *reader_quoted(struct rule_reader *reader, char *value);

/** Whether "!" stands in front: steps over it. */
bool reader_negated(char **value);

/** Reads a whole number within bounds. @return 0 or -EINVAL after reader_fault() */
int reader_number(struct rule_reader *reader, const char *text, uint64_t min, uint64_t max,
		  uint64_t *number);

/** Likewise, one that may be below zero. */
int reader_signed(struct rule_reader *reader, const char *text, int64_t min, int64_t max,
		  int64_t *number);

/** Reads "5", "<5", ">5", "1<>9", "1-9", "<=5", ">=5", "!5". Likewise */
int reader_range(struct rule_reader *reader, const char *text, uint64_t max,
		 struct rule_range *range);

/** Parts a value at commas that stand outside of quotes, in place, white space taken off. @return
 * how many there are; at most @p max are written */
unsigned int reader_split(char *value, char **parts, unsigned int max);

/** @return a new condition at the end of the list of the current buffer; NULL: no memory, or too
 * many: -ENOMEM or a fault */
struct rule_match *reader_bytes(struct rule_reader *reader, enum match_kind kind);

/** @return a new condition at the end of the list of another buffer, which does not become the
 * current one: for words that say themselves what they are about. Likewise. */
struct rule_match *reader_bytes_of(struct rule_reader *reader, enum buffer_id buffer,
				   enum match_kind kind);

/** Makes a buffer the current one, as its own word does. @return 0, -EINVAL after reader_fault(),
 * or -ENOMEM */
int reader_buffer(struct rule_reader *reader, enum buffer_id buffer);

/** @return a new condition on packets or flows, likewise. */
struct rule_match *reader_packet(struct rule_reader *reader, enum match_kind kind);

/** @return a new thing to do afterwards, likewise. */
struct rule_match *reader_after(struct rule_reader *reader, enum match_kind kind);

/** Names become numbers, from 1, the same for all rules of the set. @return 0: no memory */
enum reader_names { NAMES_FLOWBITS, NAMES_FLOWINTS, NAMES_XBITS, NAMES_HOSTBITS, READER_NAMES };
uint16_t reader_name(struct rule_reader *reader, enum reader_names kind, const char *name);

/** Requires a protocol of the rule: for keywords of one application. @return 0, or -EINVAL after
 * reader_fault(): the rule has another */
int reader_needs_l7(struct rule_reader *reader, enum rule_l7 l7);

/** The tables; each ends with a NULL. */
extern const struct keyword keywords_meta[];   /* msg, sid, reference, ... */
extern const struct keyword keywords_bytes[];  /* content and its modifiers, pcre, byte_*, ... */
extern const struct keyword keywords_buffer[]; /* sticky buffers and transforms beyond buffer.c's */
extern const struct keyword keywords_packet[]; /* ttl, flags, itype, dsize, events, ... */
extern const struct keyword keywords_flow[];   /* flow, flowbits, xbits, stream_size, ... */
extern const struct keyword keywords_message[]; /* tls.version, app-layer-event, filesize, ... */
extern const struct keyword keywords_limit[];   /* threshold, detection_filter */

#endif
