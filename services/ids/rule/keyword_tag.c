/* SPDX-License-Identifier: BSD-3-Clause */
/* "tag": what is kept besides the packet that a rule has alerted on. */

#include "rule/keyword_condition.h"

#include <errno.h>

static const struct keyword_choice tag_ofs[] = {
	{"session", TAG_SESSION}, {"host", TAG_SOURCE}, {NULL, 0}};
static const struct keyword_choice tag_metrics[] = {
	{"packets", TAG_PACKETS}, {"seconds", TAG_SECONDS}, {"bytes", TAG_BYTES}, {NULL, 0}};
static const struct keyword_choice tag_sides[] = {
	{"src", TAG_SOURCE}, {"dst", TAG_DESTINATION}, {NULL, 0}};

/** COUNT,METRIC[,SIDE] behind what is tagged */
static int
read_tag_rest(struct rule_reader *reader, char *const *parts, unsigned int n, struct rule_tag *tag)
{
	const struct keyword_choice *metric, *side;
	uint64_t count;
	int err;

	if (n == 2 || n > 4)
		return reader_fault(reader, "it must be session|host,COUNT,METRIC,src|dst");
	err = reader_number(reader, parts[1], 0, UINT32_MAX, &count);
	if (err != 0)
		return err;
	metric = keyword_choose(tag_metrics, parts[2]);
	if (metric == NULL)
		return reader_fault(reader, "'%.30s' is none of packets, seconds, bytes", parts[2]);
	tag->count = (uint32_t)count;
	tag->metric = metric->value;
	if (n < 4)
		return 0;
	side = keyword_choose(tag_sides, parts[3]);
	if (side == NULL)
		return reader_fault(reader, "'%.30s' is neither src nor dst", parts[3]);
	if (tag->of != TAG_SESSION)
		tag->of = side->value;
	return 0;
}

/** "session,5,packets", "host,100,seconds,dst" */
int
keyword_tag_read(struct rule_reader *reader, const struct keyword *keyword, char *value)
{
	enum { TAG_PACKETS_DEFAULT = 256 };
	struct rule_tag tag = {.count = TAG_PACKETS_DEFAULT, .metric = TAG_PACKETS};
	char *parts[4];
	unsigned int n = reader_split(value, parts, 4);
	const struct keyword_choice *of = keyword_choose(tag_ofs, parts[0]);
	struct rule_match *match;
	int err;

	if (of == NULL)
		return reader_fault(reader, "'%.30s' is neither session nor host", parts[0]);
	tag.of = of->value;
	if (n > 1) {
		err = read_tag_rest(reader, parts, n, &tag);
		if (err != 0)
			return err;
	}
	match = reader_after(reader, MATCH_TAG);
	if (match == NULL)
		return -EINVAL;
	match->tag = tag;
	return 0;
}
