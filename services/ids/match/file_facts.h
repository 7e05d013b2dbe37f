/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known of a file when all of it that comes has come, and whether a rule's conditions hold
 * of it. */

#ifndef IDS_FILE_FACTS_H
#define IDS_FILE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "rule/rule.h"

/** Digests of files; bits. */
enum file_digest { FILE_MD5 = 1, FILE_SHA1 = 2, FILE_SHA256 = 4 };

struct file_facts {
	uint64_t size;                      /* bytes that came */
	const uint8_t *md5, *sha1, *sha256; /* NULL: not made, or not of all of it */
	bool is_whole;
};

/** @return whether a rule asks about files themselves: their size, their digests. */
bool file_facts_are_asked(const struct rule *rule);

/** @return digests that the conditions of a rule need; bits */
uint8_t file_facts_digests(const struct rule *rule);

/** @param facts  NULL: nothing is known @return whether all conditions of a rule on files hold */
bool file_facts_hold(const struct rule *rule, const struct file_facts *facts);

#endif
