/* SPDX-License-Identifier: BSD-3-Clause */
/* "asn1". */

#include "rule/keyword_condition.h"

#include <errno.h>
#include <string.h>

static const char spaces[] = " \t,";

/** Reads one of its words. @param[in,out] rest  behind the word: its number is taken off */
static int
read_word(struct rule_reader *reader, const char *word, char **rest, struct rule_asn1 *asn1)
{
	bool is_size = strcmp(word, "oversize_length") == 0;
	bool is_relative = strcmp(word, "relative_offset") == 0;
	int64_t number;
	const char *text;
	int err;

	if (strcmp(word, "bitstring_overflow") == 0) {
		asn1->flags |= ASN1_BITSTRING;
		return 0;
	}
	if (strcmp(word, "double_overflow") == 0) {
		asn1->flags |= ASN1_DOUBLE;
		return 0;
	}
	if (!is_size && !is_relative && strcmp(word, "absolute_offset") != 0)
		return reader_fault(reader, "'%.40s' is not known here", word);
	text = strtok_r(NULL, spaces, rest);
	if (text == NULL)
		return reader_fault(reader, "'%s' needs a number", word);
	err = reader_signed(reader, text, is_relative ? INT32_MIN : 0,
			    is_size ? (int64_t)UINT32_MAX : INT32_MAX, &number);
	if (err != 0)
		return err;
	if (is_size) {
		asn1->flags |= ASN1_OVERSIZE;
		asn1->oversize = (uint32_t)number;
		return 0;
	}
	asn1->flags |= is_relative ? ASN1_RELATIVE : 0;
	asn1->offset = (int32_t)number;
	return 0;
}

/** "double_overflow, oversize_length 500, relative_offset 0" */
int
keyword_asn1_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	struct rule_asn1 asn1 = {0};
	struct rule_match *match;
	char *rest = NULL;

	for (char *word = strtok_r(value, spaces, &rest); word != NULL;
	     word = strtok_r(NULL, spaces, &rest)) {
		int err = read_word(reader, word, &rest, &asn1);

		if (err != 0)
			return err;
	}
	match = reader_bytes(reader, MATCH_ASN1);
	if (match == NULL)
		return -EINVAL;
	match->asn1 = asn1;
	return 0;
}
