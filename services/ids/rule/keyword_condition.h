/* SPDX-License-Identifier: BSD-3-Clause */
/* What readers of conditions on packets, flows and messages have in common. For the files of this
 * folder only. */

#ifndef IDS_KEYWORD_CONDITION_H
#define IDS_KEYWORD_CONDITION_H

#include "rule/draft.h"
#include "rule/keyword.h"

/** How wide a number is: in a keyword's detail, beside its enum match_kind. */
enum keyword_width {
	KEYWORD_8 = 8 << 8,
	KEYWORD_16 = 16 << 8,
	KEYWORD_32 = 32 << 8,
	KEYWORD_64 = 64 << 8,
};

/** A word and what it stands for; NULL ends them. */
struct keyword_choice {
	const char *name;
	uint32_t value;
};

/** @return the choice of that name, as it is written; NULL: none. */
const struct keyword_choice *keyword_choose(const struct keyword_choice *choices, const char *name);

/** Reads a range that some number of @p bits bits is in. @return 0, or -EINVAL after a fault */
int keyword_range(struct rule_reader *reader, const char *text, unsigned int bits,
		  struct rule_range *range);

/** @return the last condition on packets or flows of a kind up to another; NULL: there is none. */
struct rule_match *keyword_find(struct rule_reader *reader, enum match_kind from,
				enum match_kind to);

/** Reads a keyword that is a range. @p detail: its kind and width */
int keyword_range_read(struct rule_reader *reader, const struct keyword *keyword, char *value);

/** Reads a keyword that is one number; likewise. */
int keyword_number_read(struct rule_reader *reader, const struct keyword *keyword, char *value);

/** Readers that stand in files of their own. */
int keyword_flags_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_decode_event_read(struct rule_reader *reader, const struct keyword *keyword,
			      char *value);
int keyword_stream_event_read(struct rule_reader *reader, const struct keyword *keyword,
			      char *value);
int keyword_engine_event_read(struct rule_reader *reader, const struct keyword *keyword,
			      char *value);
int keyword_l7_event_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_l7_protocol_read(struct rule_reader *reader, const struct keyword *keyword,
			     char *value);
int keyword_tag_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_flowbits_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_hostbits_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_xbits_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_flowint_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_asn1_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_address_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_dataset_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_datarep_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_file_name_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_file_hash_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_file_size_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_geo_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_filestore_read(struct rule_reader *reader, const struct keyword *keyword, char *value);
int keyword_tls_version_read(struct rule_reader *reader, const struct keyword *keyword,
			     char *value);
int keyword_ssl_version_read(struct rule_reader *reader, const struct keyword *keyword,
			     char *value);

#endif
