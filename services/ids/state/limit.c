/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See limit.h. A table of buckets of a few counts each, found by a keyed hash: nobody who does not
 * know the key can make many of them fall together. Where a bucket is full, and no count's time is
 * up, one of the rule that has most of it makes room: who makes a rule count much does not take the
 * places of others.
 *
 * A count goes on for as long as its seconds say from the first hit on; they are not begun anew
 * before they have passed. What the types make of it is what Suricata 7 makes of it.
 */

#include "state/limit.h"

#include <stdlib.h>
#include <string.h>

#include "packet.h"
#include "rule/address.h"
#include "state/siphash.h"
#include "state/state.h"

enum {
	BUCKET = 8,
	TRACK_PORT = 0x80, /* beside limit_key.track: the count of one port */
	BACKOFF_S = 300,   /* without a hit: its flow is taken for over */
};

#define NS_PER_S 1000000000u

/** What hits are counted of. Without padding: it is hashed. */
struct limit_key {
	uint8_t a[16], b[16]; /* addresses, or the number of a flow */
	uint32_t sid, gid;
	uint16_t tenant;
	uint8_t version; /* 4 or 6; 0: it is not about addresses */
	uint8_t track;
};

_Static_assert(sizeof(struct limit_key) == 44, "no padding is hashed");

/** One count. */
struct limit_count {
	struct limit_key key;
	uint32_t hits;
	uint64_t ends_ns;  /* its time is up behind this; 0: it is free */
	uint64_t until_ns; /* RATE: the other action is taken until then; BACKOFF: the number of
			    * hits that alerts next; 0: none */
};

struct limit_table {
	struct wp_hash_key key;
	uint32_t mask; /* of buckets */
	struct limit_count counts[];
};

static uint32_t
power_of_two(uint32_t n)
{
	uint32_t power = 1;

	while (power < n && power < 1u << 28)
		power <<= 1;
	return power;
}

struct limit_table *
limit_table_create(uint32_t entries, uint64_t k0, uint64_t k1)
{
	uint32_t buckets = power_of_two(entries / BUCKET);
	struct limit_table *table =
		calloc(1, sizeof(*table) + (size_t)buckets * BUCKET * sizeof(table->counts[0]));

	if (table == NULL)
		return NULL;
	table->key = (struct wp_hash_key){.k0 = k0, .k1 = k1};
	table->mask = buckets - 1;
	return table;
}

void
limit_table_destroy(struct limit_table *table)
{
	free(table);
}

static void
put_address(uint8_t *to, const uint8_t *address, uint8_t version)
{
	memcpy(to, address, version == 4 ? 4 : 16);
}

/** A pair counts whichever way it is. */
static void
put_pair(struct limit_key *key, const struct limit_hit *hit)
{
	bool is_turned = memcmp(hit->source, hit->destination, hit->version == 4 ? 4 : 16) > 0;

	put_address(key->a, is_turned ? hit->destination : hit->source, hit->version);
	put_address(key->b, is_turned ? hit->source : hit->destination, hit->version);
}

static struct limit_key
make_key(const struct rule *rule, const struct limit *limit, const struct limit_hit *hit)
{
	struct limit_key key = {.sid = rule->sid,
				.gid = rule->gid,
				.tenant = hit->tenant,
				.version = hit->version,
				.track = (uint8_t)limit->track};

	switch (limit->track) {
	case LIMIT_BY_SOURCE:
		put_address(key.a, hit->source, hit->version);
		break;
	case LIMIT_BY_DESTINATION:
		put_address(key.a, hit->destination, hit->version);
		break;
	case LIMIT_BY_BOTH:
		put_pair(&key, hit);
		break;
	case LIMIT_BY_FLOW:
		memcpy(key.a, &hit->flow, sizeof(hit->flow));
		key.version = 0;
		break;
	default:
		key.version = 0;
		break;
	}
	return key;
}

static uint64_t
time_left(const struct limit_count *count)
{
	return count->ends_ns > count->until_ns ? count->ends_ns : count->until_ns;
}

static bool
is_of_rule(const struct limit_key *key, const struct limit_key *of)
{
	return key->sid == of->sid && key->gid == of->gid;
}

/** @return how many counts of a bucket, and one that is to come, are of the same rule. */
static unsigned int
crowd(const struct limit_count *bucket, const struct limit_key *to_come, const struct limit_key *of)
{
	unsigned int n = is_of_rule(to_come, of);

	for (unsigned int i = 0; i < BUCKET; i++)
		n += is_of_rule(&bucket[i].key, of);
	return n;
}

/** @return which count of a bucket makes room. @param oldest  its time is up first */
static struct limit_count *
give_way(struct limit_count *bucket, const struct limit_key *to_come, struct limit_count *oldest,
	 uint64_t now_ns)
{
	unsigned int most = crowd(bucket, to_come, &oldest->key);

	if (time_left(oldest) < now_ns)
		return oldest;
	for (unsigned int i = 0; i < BUCKET; i++) {
		unsigned int n = crowd(bucket, to_come, &bucket[i].key);

		if (n < most || (n == most && time_left(&bucket[i]) >= time_left(oldest)))
			continue;
		most = n;
		oldest = &bucket[i];
	}
	return oldest;
}

/** @param[out] is_new  it was not there: its key is set, no hits are counted */
static struct limit_count *
find_count(struct limit_table *table, const struct limit_key *key, uint64_t now_ns, bool *is_new)
{
	uint64_t hash = wp_siphash(&table->key, key, sizeof(*key));
	struct limit_count *bucket = &table->counts[(hash & table->mask) * BUCKET];
	struct limit_count *oldest = bucket;

	*is_new = false;
	for (unsigned int i = 0; i < BUCKET; i++) {
		if (memcmp(&bucket[i].key, key, sizeof(*key)) == 0 && bucket[i].ends_ns != 0)
			return &bucket[i];
		if (time_left(&bucket[i]) < time_left(oldest))
			oldest = &bucket[i];
	}
	*is_new = true;
	oldest = give_way(bucket, key, oldest, now_ns);
	*oldest = (struct limit_count){.key = *key};
	return oldest;
}

static void
begin(struct limit_count *count, const struct limit *limit, uint64_t now_ns)
{
	count->hits = 1;
	count->ends_ns = now_ns + (uint64_t)limit->seconds * NS_PER_S;
	if (count->ends_ns == 0)
		count->ends_ns = 1;
}

/** Counts a hit. @return whether its time had begun anew with it */
static bool
count_hit(struct limit_count *count, const struct limit *limit, uint64_t now_ns, bool is_new)
{
	if (is_new || now_ns > count->ends_ns) {
		begin(count, limit, now_ns);
		return true;
	}
	if (count->hits < UINT32_MAX)
		count->hits++;
	return false;
}

/** The first ones alert. */
static enum limit_outcome
check_limit(struct limit_count *count, const struct limit *limit, uint64_t now_ns, bool is_new)
{
	bool is_first = count_hit(count, limit, now_ns, is_new);

	return is_first || count->hits <= limit->count ? LIMIT_PASSES : LIMIT_SILENT;
}

/** The one that makes the count full alerts; then it is empty again. */
static enum limit_outcome
check_threshold(struct limit_count *count, const struct limit *limit, uint64_t now_ns, bool is_new)
{
	bool is_first = count_hit(count, limit, now_ns, is_new);

	if (is_first ? limit->count != 1 : count->hits < limit->count)
		return LIMIT_NO_MATCH;
	count->hits = 0;
	return LIMIT_PASSES;
}

/** One of them alerts, once there are so many. */
static enum limit_outcome
check_both(struct limit_count *count, const struct limit *limit, uint64_t now_ns, bool is_new)
{
	count_hit(count, limit, now_ns, is_new);
	if (count->hits == limit->count)
		return LIMIT_PASSES;
	return count->hits > limit->count ? LIMIT_SILENT : LIMIT_NO_MATCH;
}

/** All behind so many alert. */
static enum limit_outcome
check_detection(struct limit_count *count, const struct limit *limit, uint64_t now_ns, bool is_new)
{
	bool is_first = count_hit(count, limit, now_ns, is_new);

	return !is_first && count->hits > limit->count ? LIMIT_PASSES : LIMIT_NO_MATCH;
}

/** Notes a port for as long as the count of its host goes on: by a count of its own. The key of a
 * host has nothing in 'b': ports are counted of hosts only. @return whether it was noted for the
 * same time already */
static bool
note_port(struct limit_table *table, struct limit_key key, uint16_t port, uint64_t ends_ns,
	  uint64_t now_ns)
{
	struct limit_count *count;
	bool is_new;

	key.track |= TRACK_PORT;
	memcpy(key.b, &port, sizeof(port));
	count = find_count(table, &key, now_ns, &is_new);
	if (!is_new && count->ends_ns == ends_ns)
		return true;
	count->ends_ns = ends_ns;
	return false;
}

/** Likewise, but each port counts once. */
static enum limit_outcome
check_ports(struct limit_table *table, const struct limit_key *key, const struct limit *limit,
	    const struct limit_hit *hit, uint64_t now_ns)
{
	uint16_t port =
		limit->unique == LIMIT_OF_SOURCE_PORTS ? hit->source_port : hit->destination_port;
	bool is_new, is_known;
	struct limit_count *count = find_count(table, key, now_ns, &is_new);

	if (is_new || now_ns > count->ends_ns) {
		begin(count, limit, now_ns);
		note_port(table, *key, port, count->ends_ns, now_ns);
		return LIMIT_NO_MATCH;
	}
	is_known = note_port(table, *key, port, count->ends_ns, now_ns);
	/* The port's count may have taken its place. */
	count = find_count(table, key, now_ns, &is_new);
	if (is_new || !is_known)
		return check_detection(count, limit, now_ns, is_new);
	return count->hits > limit->count ? LIMIT_PASSES : LIMIT_NO_MATCH;
}

/** Behind so many, another action is taken for some time. Hits within it are not counted, nor is
 * the first one behind it. */
static enum limit_outcome
check_rate(struct limit_count *count, const struct limit *limit, uint64_t now_ns, bool is_new,
	   enum rule_action *action)
{
	bool is_on = count->until_ns != 0;

	if (is_on && now_ns > count->until_ns) {
		count->until_ns = 0;
		return LIMIT_PASSES;
	}
	if (!is_on) {
		if (count_hit(count, limit, now_ns, is_new) || count->hits <= limit->count)
			return LIMIT_PASSES;
		count->until_ns = now_ns + (uint64_t)limit->timeout_s * NS_PER_S;
	}
	*action = limit->action;
	return limit->action == RULE_PASS ? LIMIT_SILENT : LIMIT_PASSES;
}

/** Of a flow, of which nobody tells the end: it is over when there were no hits for a while. */
static enum limit_outcome
check_backoff(struct limit_count *count, const struct limit *limit, uint64_t now_ns, bool is_new)
{
	if (is_new || now_ns > count->ends_ns) {
		count->hits = 0;
		count->until_ns = limit->count;
	}
	count->ends_ns = now_ns + (uint64_t)BACKOFF_S * NS_PER_S;
	if (count->hits < UINT32_MAX)
		count->hits++;
	if (count->hits != count->until_ns)
		return LIMIT_SILENT;
	count->until_ns *= limit->multiplier; /* of two below 2^32 */
	return LIMIT_PASSES;
}

static enum limit_outcome
check_suppress(const struct limit *limit, const struct limit_hit *hit)
{
	bool source = limit->track == LIMIT_BY_SOURCE || limit->track == LIMIT_BY_EITHER;
	bool destination = limit->track == LIMIT_BY_DESTINATION || limit->track == LIMIT_BY_EITHER;

	if (limit->hosts == NULL ||
	    (source && address_set_has(limit->hosts, hit->version, hit->source)) ||
	    (destination && address_set_has(limit->hosts, hit->version, hit->destination)))
		return LIMIT_SILENT;
	return LIMIT_PASSES;
}

static enum limit_outcome
check_count(struct limit_table *table, const struct rule *rule, const struct limit *limit,
	    const struct limit_hit *hit, uint64_t now_ns, enum rule_action *action)
{
	struct limit_key key = make_key(rule, limit, hit);
	struct limit_count *count;
	bool is_new;

	if (limit->track == LIMIT_BY_FLOW && hit->flow == 0)
		return LIMIT_PASSES;
	if (limit->unique != LIMIT_OF_HITS)
		return check_ports(table, &key, limit, hit, now_ns);
	count = find_count(table, &key, now_ns, &is_new);
	switch (limit->type) {
	case LIMIT_LIMIT:
		return check_limit(count, limit, now_ns, is_new);
	case LIMIT_THRESHOLD:
		return check_threshold(count, limit, now_ns, is_new);
	case LIMIT_BOTH:
		return check_both(count, limit, now_ns, is_new);
	case LIMIT_DETECTION:
		return check_detection(count, limit, now_ns, is_new);
	case LIMIT_RATE:
		return check_rate(count, limit, now_ns, is_new, action);
	default:
		return check_backoff(count, limit, now_ns, is_new);
	}
}

enum limit_outcome
limit_check(struct limit_table *table, const struct rule *rule, const struct limit_hit *hit,
	    uint64_t now_ns, enum rule_action *action)
{
	enum limit_outcome outcome = LIMIT_PASSES;

	if (hit->version != 4 && hit->version != 6)
		return LIMIT_PASSES;
	for (const struct limit *limit = rule->limit; limit != NULL; limit = limit->next) {
		if (limit->type == LIMIT_SUPPRESS)
			outcome = check_suppress(limit, hit);
		else if (limit->type != LIMIT_NONE)
			outcome = check_count(table, rule, limit, hit, now_ns, action);
		if (outcome != LIMIT_PASSES)
			return outcome;
	}
	return outcome;
}
