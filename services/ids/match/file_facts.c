/* SPDX-License-Identifier: BSD-3-Clause */
/* See file_facts.h. */

#include "match/file_facts.h"

#include <stddef.h>

#include "match/range.h"
#include "rule/hashes.h"

static bool
is_about_files(const struct rule_match *match)
{
	return match->kind == MATCH_FILE_SIZE || match->kind == MATCH_FILE_HASH;
}

bool
file_facts_are_asked(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_packet; i++)
		if (is_about_files(&rule->packet[i]))
			return true;
	return false;
}

uint8_t
file_facts_digests(const struct rule *rule)
{
	uint8_t digests = 0;

	for (unsigned int i = 0; i < rule->n_packet; i++) {
		if (rule->packet[i].kind != MATCH_FILE_HASH)
			continue;
		switch (hashes_kind(rule->packet[i].hashes)) {
		case HASHES_MD5:
			digests |= FILE_MD5;
			break;
		case HASHES_SHA1:
			digests |= FILE_SHA1;
			break;
		case HASHES_SHA256:
			digests |= FILE_SHA256;
			break;
		}
	}
	return digests;
}

static const uint8_t *
digest_of(const struct file_facts *facts, enum hashes_kind kind)
{
	switch (kind) {
	case HASHES_MD5:
		return facts->md5;
	case HASHES_SHA1:
		return facts->sha1;
	default:
		return facts->sha256;
	}
}

/** Of a file that was cut off it is known only that it is larger than something. */
static bool
size_holds(const struct rule_match *match, const struct file_facts *facts)
{
	bool is_least = match->range.compare == RULE_GT || match->range.compare == RULE_GE;

	if (!facts->is_whole && (!is_least || match->negated))
		return false;
	return range_has(&match->range, facts->size) != match->negated;
}

static bool
holds(const struct rule_match *match, const struct file_facts *facts)
{
	const uint8_t *digest;

	if (match->kind == MATCH_FILE_SIZE)
		return size_holds(match, facts);
	digest = digest_of(facts, hashes_kind(match->hashes));
	return digest != NULL && hashes_has(match->hashes, digest) != match->negated;
}

bool
file_facts_hold(const struct rule *rule, const struct file_facts *facts)
{
	if (facts == NULL)
		return false;
	for (unsigned int i = 0; i < rule->n_packet; i++)
		if (is_about_files(&rule->packet[i]) && !holds(&rule->packet[i], facts))
			return false;
	return true;
}
