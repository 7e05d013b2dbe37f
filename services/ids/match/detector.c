/* SPDX-License-Identifier: BSD-3-Clause */
/* See detector.h. */

#include "match/detector.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hs/hs.h>

#include "match/file_facts.h"
#include "match/pattern_set.h"
#include "parse/parse.h"
#include "state/flow_state.h"

/** Families and bundles while they are gathered; laid out like those of the detector. */
struct plans {
	struct family_plan *packets[TRANSPORTS][2];
	struct family_plan *streams[2];
	struct bundle_plan heads[RULE_L7_OTHER][2];
	struct bundle_plan certificates[2];
	struct bundle_plan bodies[RULE_L7_OTHER][2];
};

/** A content by which a rule is found. */
struct fast {
	struct bundle_need need; /* its content is NULL: none will do */
	enum moment_kind moment;
};

/* What a rule is about. */

static bool
has_condition(const struct rule *rule, enum match_kind from, enum match_kind to)
{
	for (unsigned int i = 0; i < rule->n_packet; i++)
		if (rule->packet[i].kind >= from && rule->packet[i].kind <= to)
			return true;
	return false;
}

/** @return whether conditions ask for a packet itself. */
static bool
needs_packet(const struct rule *rule)
{
	return rule->scope == RULE_PACKETS || has_condition(rule, MATCH_TTL, MATCH_IP_ID) ||
	       has_condition(rule, MATCH_TOS, MATCH_IPOPTS) ||
	       has_condition(rule, MATCH_TCP_FLAGS, MATCH_DSIZE);
}

/** @return bits: lists whose buffers come at a moment of messages. */
static uint32_t
message_lists(const struct asked *asked)
{
	return asked->lists[MOMENT_HEAD] | asked->lists[MOMENT_CERTIFICATES] |
	       asked->lists[MOMENT_BODY];
}

static bool
asks_payload(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_lists; i++)
		if (rule->lists[i].buffer == BUFFER_PAYLOAD)
			return true;
	return false;
}

/** @return whether conditions on the payload count from its beginning: a packet's, too. */
static bool
counts_from_start(const struct rule *rule)
{
	const uint16_t flags = CONTENT_DEPTH | CONTENT_OFFSET | CONTENT_STARTSWITH;

	for (unsigned int i = 0; i < rule->n_lists; i++)
		for (unsigned int k = 0;
		     rule->lists[i].buffer == BUFFER_PAYLOAD && k < rule->lists[i].n; k++)
			if (rule->lists[i].matches[k].kind == MATCH_CONTENT &&
			    (rule->lists[i].matches[k].content.flags & flags) != 0)
				return true;
	return false;
}

/** @return whether a rule is about addresses and nothing else. */
static bool
is_address_only(const struct rule *rule)
{
	return rule->n_lists == 0 && rule->flow == 0 && rule->proto != RULE_L7 &&
	       rule->proto != RULE_PKTHDR && !has_condition(rule, MATCH_TTL, MATCH_FLOW_BYTES) &&
	       !has_condition(rule, MATCH_FLOWINT, MATCH_FTPBOUNCE);
}

/** @return whether a rule is about the protocol of flows and nothing else. */
static bool
is_protocol_only(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_packet; i++)
		if (rule->packet[i].kind != MATCH_L7_PROTOCOL)
			return false;
	return rule->n_packet != 0 && rule->n_lists == 0;
}

static int
read_lists(struct asked *asked, char *why, size_t size)
{
	const struct rule *rule = asked->rule;

	if (rule->n_lists > 30) { /* all bits together mean something else: ask.c */
		snprintf(why, size, "conditions on more than 30 buffers");
		return -EINVAL;
	}
	for (unsigned int i = 0; i < rule->n_lists; i++) {
		enum moment_kind moment = moment_of((enum buffer_id)rule->lists[i].buffer);
		uint32_t bit = 1u << i;

		if (rule->lists[i].buffer == BUFFER_BASE64)
			continue; /* asked where it is decoded */
		asked->needs |= bit;
		for (unsigned int k = 0; k < MOMENTS; k++)
			if (moment == MOMENTS || moment == k || moment == MOMENT_PACKET ||
			    (k == MOMENT_BODY && moment == MOMENT_HEAD))
				asked->lists[k] |= bit;
	}
	return 0;
}

/** Notes which lists are about what a side sends: all of them, but of a pair. */
static void
read_sides(struct asked *asked)
{
	const struct rule *rule = asked->rule;

	asked->sides[WP_CLIENT] = asked->sides[WP_SERVER] = UINT32_MAX;
	if (!rule->is_pair)
		return;
	asked->sides[WP_CLIENT] = rule->file_side == BUFFER_TO_SERVER ? ASKED_FILE : 0;
	asked->sides[WP_SERVER] = rule->file_side == BUFFER_TO_CLIENT ? ASKED_FILE : 0;
	for (unsigned int i = 0; i < rule->n_lists; i++)
		asked->sides[rule->lists[i].side == BUFFER_TO_SERVER ? WP_CLIENT : WP_SERVER] |=
			1u << i;
}

/** Notes what a rule asks about files. It is found when they have come. */
static int
read_files(struct detector *detector, struct asked *asked, char *why, size_t size)
{
	const struct rule *rule = asked->rule;

	for (unsigned int i = 0; i < rule->n_lists; i++)
		detector->asks_names |= buffer_is_name((enum buffer_id)rule->lists[i].buffer);
	if (!file_facts_are_asked(rule))
		return 0;
	if (rule->proto == RULE_L7 && rule->l7 != RULE_L7_HTTP) {
		snprintf(why, size, "files of its protocol are not looked at");
		return -EINVAL;
	}
	asked->is_of_message = true;
	asked->needs |= ASKED_FILE;
	asked->lists[MOMENT_BODY] |= ASKED_FILE;
	detector->asks_files = true;
	detector->digests |= file_facts_digests(rule);
	return 0;
}

/* What a rule is found by. */

/** @return whether all bytes of a content are the same, as in padding. */
static bool
is_run(const struct rule_content *content)
{
	return memcmp(content->bytes, content->bytes + 1, content->size - 1u) == 0;
}

/** @return how good a content is to be found by; 0: it will not do. */
static unsigned int
worth(const struct rule_match *match)
{
	const struct rule_content *content = &match->content;

	if (match->kind != MATCH_CONTENT || (content->flags & CONTENT_NEGATED) != 0 ||
	    content->size == 0)
		return 0;
	if ((content->flags & (CONTENT_FAST_PATTERN | CONTENT_FAST_PATTERN_ONLY)) != 0)
		return 1u << 16;
	return is_run(content) ? 1 : content->size;
}

/** @return whether a content lies within the first BUNDLE_NEAR bytes, or not where it should. */
static bool
is_near(const struct rule_content *content)
{
	int64_t end = content->depth.value;

	if ((content->flags & CONTENT_STARTSWITH) != 0)
		return content->size <= BUNDLE_NEAR;
	if ((content->flags & CONTENT_DEPTH) == 0 || content->depth.var >= 0)
		return false;
	if ((content->flags & CONTENT_OFFSET) != 0)
		end += content->offset.value;
	return content->offset.var < 0 && end <= BUNDLE_NEAR;
}

/** @return whether a rule is about packets with BUNDLE_NEAR bytes at the most. */
static bool
is_of_small(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_packet; i++) {
		const struct rule_range *range = &rule->packet[i].range;
		uint64_t most = range->compare == RULE_BETWEEN ? range->high : range->low;

		if (rule->packet[i].kind == MATCH_DSIZE && !rule->packet[i].negated &&
		    most <= BUNDLE_NEAR &&
		    (range->compare == RULE_EQ || range->compare == RULE_LT ||
		     range->compare == RULE_LE || range->compare == RULE_BETWEEN))
			return true;
	}
	return false;
}

/** @param eligible  bits: lists among which to choose */
static struct fast
choose(const struct rule *rule, uint32_t eligible)
{
	struct fast fast = {{NULL, 0, false}, MOMENTS};
	bool is_small = is_of_small(rule);
	unsigned int best = 0;

	for (unsigned int i = 0; i < rule->n_lists; i++)
		for (unsigned int k = 0; (eligible >> i & 1) != 0 && k < rule->lists[i].n; k++) {
			const struct rule_match *match = &rule->lists[i].matches[k];

			if (worth(match) <= best)
				continue;
			best = worth(match);
			fast.need.content = &match->content;
			fast.need.data = rule->lists[i].data;
			fast.need.is_near = rule->lists[i].buffer == BUFFER_PAYLOAD &&
					    (is_near(&match->content) || is_small);
			fast.moment = moment_of((enum buffer_id)rule->lists[i].buffer);
		}
	return fast;
}

static int
add(const struct detector *detector, struct bundle_plan *plan, const struct fast *fast,
    const struct rule *rule)
{
	return fast->need.content == NULL
		       ? bundle_add_always(plan, rule->number)
		       : bundle_add(plan, &fast->need, detector->set->n_data, rule->number);
}

/* Which bundles a rule is in. */

/** @return bits: who may send what a rule is about; 1: client, 2: server. */
static unsigned int
senders(const struct rule *rule)
{
	unsigned int bits = 3;

	if ((rule->flow & RULE_TO_SERVER) != 0)
		bits &= 1;
	if ((rule->flow & RULE_TO_CLIENT) != 0)
		bits &= 2;
	for (unsigned int i = 0; i < rule->n_lists; i++)
		bits &= buffers[rule->lists[i].buffer].directions;
	return bits;
}

/** @param bits  who sends: senders() */
static int
add_sides(const struct detector *detector, struct bundle_plan plans[2], const struct fast *fast,
	  const struct rule *rule, unsigned int bits)
{
	int err = 0;

	for (unsigned int side = 0; side < 2 && err == 0; side++)
		if ((bits >> side & 1) != 0)
			err = add(detector, &plans[side], fast, rule);
	return err;
}

/** @return the ports that a rule wants of the server, when @p side sends. */
static const struct port_set *
server_ports(const struct rule *rule, unsigned int side)
{
	if (rule->both_ways)
		return NULL;
	return side == WP_CLIENT ? rule->destination_ports : rule->source_ports;
}

static int
join_ways(struct family_plan *plans[2], const struct fast *fast, const struct rule *rule)
{
	struct family_rule joining = {
		.need = fast->need.content == NULL ? NULL : &fast->need,
		.rule = rule->number,
		.l7 = rule->proto == RULE_L7 ? rule->l7 : RULE_L7_UNKNOWN,
	};
	unsigned int bits = senders(rule);
	int err = 0;

	for (unsigned int side = 0; side < 2 && err == 0; side++) {
		joining.ports = server_ports(rule, side);
		if ((bits >> side & 1) != 0)
			err = family_add(plans[side], &joining);
	}
	return err;
}

/** @return whether a rule may be about packets of a transport protocol. */
static bool
is_of_transport(const struct rule *rule, enum transport transport)
{
	switch ((enum rule_proto)rule->proto) {
	case RULE_TCP:
		return transport == TRANSPORT_TCP;
	case RULE_UDP:
		return transport == TRANSPORT_UDP;
	case RULE_ICMP:
		return transport == TRANSPORT_ICMP;
	case RULE_SCTP:
		return transport == TRANSPORT_OTHER;
	case RULE_L7:
		return transport == TRANSPORT_TCP ||
		       (transport == TRANSPORT_UDP && rule->l7 == RULE_L7_DNS);
	default:
		return true;
	}
}

static int
add_packets(struct plans *plans, const struct asked *asked)
{
	const struct rule *rule = asked->rule;
	struct fast fast = choose(rule, asked->lists[MOMENT_PACKET]);
	int err = 0;

	for (unsigned int t = 0; t < TRANSPORTS && err == 0; t++)
		if (is_of_transport(rule, (enum transport)t))
			err = join_ways(plans->packets[t], &fast, rule);
	return err;
}

/** @return whether a rule about TCP's payload is asked about packets, too. */
static bool
is_of_packets(const struct rule *rule)
{
	return !asks_payload(rule) || needs_packet(rule) ||
	       (rule->scope != RULE_STREAM && counts_from_start(rule));
}

static int
add_payload(struct plans *plans, struct asked *asked)
{
	const struct rule *rule = asked->rule;
	bool may_be_tcp = is_of_transport(rule, TRANSPORT_TCP);
	bool is_of_stream = may_be_tcp && asks_payload(rule) && !needs_packet(rule);
	struct fast fast = choose(rule, asked->lists[MOMENT_STREAM]);
	int err = 0;

	asked->is_of_stream = is_of_stream;
	if (is_of_stream)
		err = join_ways(plans->streams, &fast, rule);
	for (unsigned int t = 0; t < TRANSPORTS && err == 0; t++)
		if (is_of_transport(rule, (enum transport)t) &&
		    (t != TRANSPORT_TCP || is_of_packets(rule)))
			err = join_ways(plans->packets[t], &fast, rule);
	return err;
}

/** @return whether a rule is about messages of a protocol. */
static bool
is_of_l7(const struct rule *rule, enum rule_l7 l7)
{
	if (rule->proto == RULE_L7 && rule->l7 != l7)
		return false;
	for (unsigned int i = 0; i < rule->n_lists; i++)
		if (buffers[rule->lists[i].buffer].l7 != RULE_L7_UNKNOWN &&
		    buffers[rule->lists[i].buffer].l7 != l7)
			return false;
	return true;
}

/** @return the moment at which a rule that has no literal is asked first. */
static enum moment_kind
first_moment(const struct asked *asked)
{
	uint32_t body_only = asked->lists[MOMENT_BODY] & ~asked->lists[MOMENT_HEAD];

	if ((asked->lists[MOMENT_HEAD] & message_lists(asked)) != 0 || message_lists(asked) == 0)
		return MOMENT_HEAD;
	return body_only != 0 ? MOMENT_BODY : MOMENT_CERTIFICATES;
}

/** Adds a rule, or what of a pair is about one side, to where messages of a protocol are asked
 * about. @param bits  who sends: senders() */
static int
add_l7(struct detector *detector, struct plans *plans, const struct asked *asked, unsigned int l7,
       unsigned int bits)
{
	struct bundle_plan *plan;
	/* A head is kept for as long as its body comes; hellos are not. */
	struct fast fast = choose(asked->rule, l7 == RULE_L7_HTTP || asked->lists[MOMENT_HEAD] == 0
						       ? message_lists(asked)
						       : asked->lists[MOMENT_HEAD]);
	int err;

	if (fast.need.content == NULL)
		fast.moment = first_moment(asked);
	plan = fast.moment == MOMENT_BODY           ? plans->bodies[l7]
	       : fast.moment == MOMENT_CERTIFICATES ? plans->certificates
						    : plans->heads[l7];
	detector->wants_l7[l7] = true;
	err = add_sides(detector, plan, &fast, asked->rule, bits);
	/* The names of a form's parts come with its body. */
	if (err == 0 && l7 == RULE_L7_HTTP && fast.need.content != NULL &&
	    buffer_is_name((enum buffer_id)detector->set->data[fast.need.data].buffer))
		err = add_sides(detector, plans->bodies[l7], &fast, asked->rule, bits & 1);
	return err;
}

/** Adds both halves of a pair, each found by what it is about. */
static int
add_pair(struct detector *detector, struct plans *plans, const struct asked *asked, unsigned int l7)
{
	int err = 0;

	for (unsigned int side = 0; side < 2 && err == 0; side++) {
		struct asked half = *asked;

		for (unsigned int k = 0; k < MOMENTS; k++)
			half.lists[k] &= asked->sides[side];
		err = add_l7(detector, plans, &half, l7, 1u << side);
	}
	return err;
}

static int
add_message(struct detector *detector, struct plans *plans, const struct asked *asked)
{
	const struct rule *rule = asked->rule;
	int err = 0;

	for (unsigned int l7 = RULE_L7_HTTP; l7 < RULE_L7_FTP_DATA && err == 0; l7++) {
		if (!is_of_l7(rule, (enum rule_l7)l7) ||
		    (l7 != RULE_L7_HTTP && (asked->needs & ASKED_FILE) != 0))
			continue;
		err = rule->is_pair ? add_pair(detector, plans, asked, l7)
				    : add_l7(detector, plans, asked, l7, senders(rule));
	}
	return err;
}

/** @return whether a rule has conditions on messages that are none on their bytes. */
static bool
asks_message(const struct rule *rule)
{
	return has_condition(rule, MATCH_TLS_VERSION, MATCH_FTPBOUNCE);
}

/** @return whether a rule holds where there is no body. */
static bool
asks_absent_body(const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->n_lists; i++)
		if (buffers[rule->lists[i].buffer].stage == STAGE_BODY &&
		    rule->lists[i].matches[0].kind == MATCH_ABSENT)
			return true;
	return false;
}

static int
add_rule(struct detector *detector, struct plans *plans, struct asked *asked, char *why,
	 size_t size)
{
	int err = read_lists(asked, why, size);

	if (err != 0)
		return err;
	read_sides(asked);
	err = read_files(detector, asked, why, size);
	if (err != 0)
		return err;
	if (has_condition(asked->rule, MATCH_TLS_CERTS_COUNT, MATCH_TLS_CERTS_COUNT) ||
	    has_condition(asked->rule, MATCH_FTPBOUNCE, MATCH_FTPBOUNCE)) {
		snprintf(why, size,
			 "a condition on certificates' number or FTP's ports, "
			 "which are not looked at");
		return -EINVAL;
	}
	asked->is_address_only = is_address_only(asked->rule);
	asked->is_protocol_only = is_protocol_only(asked->rule);
	detector->asks_sides |= asked->is_protocol_only;
	asked->is_of_packet = needs_packet(asked->rule);
	asked->is_of_protocol = asked->rule->proto == RULE_L7 ||
				has_condition(asked->rule, MATCH_L7_PROTOCOL, MATCH_L7_PROTOCOL);
	for (unsigned int i = 0; i < asked->rule->n_lists; i++)
		if (buffers[asked->rule->lists[i].buffer].stage >= STAGE_HEAD)
			asked->is_of_message = true;
	detector->asks_absent |= asks_absent_body(asked->rule);
	if (event_rules_are_of(asked->rule))
		return event_rules_add(&detector->events, asked->rule);
	if (asked->is_of_message || asks_message(asked->rule)) {
		asked->is_of_message = true;
		return add_message(detector, plans, asked);
	}
	return asks_payload(asked->rule) ? add_payload(plans, asked) : add_packets(plans, asked);
}

/* Making it. */

static int
name_names(struct detector *detector)
{
	for (unsigned int kind = 0; kind < READER_NAMES; kind++) {
		uint16_t n = rule_set_names(detector->set, kind);

		detector->names[kind] = calloc((size_t)n + 1, sizeof(uint32_t));
		if (detector->names[kind] == NULL)
			return -ENOMEM;
		for (uint32_t i = 1; i <= n; i++)
			detector->names[kind][i] =
				flow_state_name(rule_set_name(detector->set, kind, (uint16_t)i));
	}
	return 0;
}

/** Adds a rule to the faults of its set. It stays among the rules, but is not asked. */
static int
add_fault(struct detector *detector, const struct rule *rule, const char *why)
{
	struct rule_fault fault = {.file = rule->file,
				   .line = rule->line,
				   .column = 1,
				   .sid = rule->sid,
				   .why = wp_arena_string(detector->set->arena, why),
				   .hint = "",
				   .text = rule->text};

	return fault.why == NULL ? -ENOMEM : rule_set_add_fault(detector->set, &fault);
}

/** Makes a rule's patterns ready, and finds out what it costs. */
static int
admit(struct detector *detector, struct cost_meter *meter, struct asked *asked, char *why,
      size_t size)
{
	int err = pattern_set_give(detector->patterns, asked->rule, &detector->scratch, why, size);

	return err == 0 ? cost_admit(meter, asked->rule, detector->scratch, &asked->cost, why, size)
			: err;
}

static int
add_rules(struct detector *detector, struct plans *plans, char *why, size_t size)
{
	struct cost_meter *meter = cost_meter_create();
	int err = meter == NULL ? -ENOMEM : 0;

	for (uint32_t i = 0; i < detector->set->n && err == 0; i++) {
		struct asked *asked = &detector->asked[i];

		asked->rule = detector->set->rules[i];
		err = admit(detector, meter, asked, why, size);
		if (err == 0)
			err = add_rule(detector, plans, asked, why, size);
		if (err == -EINVAL)
			err = add_fault(detector, asked->rule, why);
		else
			detector->n_serving++;
	}
	cost_meter_destroy(meter);
	return err;
}

enum {
	FAMILIES = offsetof(struct plans, heads) / sizeof(struct family_plan *),
	BUNDLES =
		(sizeof(struct plans) - offsetof(struct plans, heads)) / sizeof(struct bundle_plan),
};

_Static_assert(offsetof(struct detector, heads) - offsetof(struct detector, packets) ==
			       FAMILIES * sizeof(struct family) &&
		       sizeof(struct detector) - offsetof(struct detector, heads) ==
			       BUNDLES * sizeof(struct bundle),
	       "a family or bundle for each plan, in the same order");

static int
create_families(struct detector *detector, const struct plans *plans, const char *cache, char *why,
		size_t size)
{
	struct family *families = &detector->packets[0][0];
	struct family_plan *const *plan = &plans->packets[0][0];
	int err = 0;

	for (unsigned int i = 0; i < FAMILIES && err == 0; i++) {
		err = family_create(plan[i], detector->set->n_data, cache, &families[i], why, size);
		if (err == 0)
			err = family_grow_scratch(&families[i], &detector->scratch);
	}
	return err;
}

static int
create_bundles(struct detector *detector, struct plans *plans, const char *cache, char *why,
	       size_t size)
{
	struct bundle *bundles = &detector->heads[0][0];
	struct bundle_plan *plan = &plans->heads[0][0];
	int err = 0;

	for (unsigned int i = 0; i < BUNDLES && err == 0; i++) {
		err = bundle_create(&plan[i], cache, &bundles[i], why, size);
		if (err == 0)
			err = bundle_grow_scratch(&bundles[i], &detector->scratch);
	}
	return err;
}

static int
begin_plans(struct plans *plans)
{
	struct family_plan **plan = &plans->packets[0][0];

	for (unsigned int i = 0; i < FAMILIES; i++)
		if ((plan[i] = family_plan_create()) == NULL)
			return -ENOMEM;
	return 0;
}

static void
clear_plans(struct plans *plans)
{
	struct family_plan **families = &plans->packets[0][0];
	struct bundle_plan *plan = &plans->heads[0][0];

	for (unsigned int i = 0; i < FAMILIES; i++)
		family_plan_destroy(families[i]);
	for (unsigned int i = 0; i < BUNDLES; i++)
		bundle_plan_clear(&plan[i]);
}

/** @return a number that no detector had before: the time. */
static uint64_t
next_number(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int
detector_create(struct rule_set *set, const char *cache, struct detector **detector, char *why,
		size_t size)
{
	struct detector *new = calloc(1, sizeof(*new));
	struct plans plans = {0};
	int err = -ENOMEM;

	snprintf(why, size, "no memory");
	if (new == NULL)
		return err;
	new->set = set;
	new->number = next_number();
	new->asked = calloc((size_t)set->n + 1, sizeof(*new->asked));
	if (new->asked == NULL || name_names(new) != 0 || begin_plans(&plans) != 0)
		goto err_new;
	err = pattern_set_create(set, cache, &new->patterns);
	if (err == 0)
		err = add_rules(new, &plans, why, size);
	if (err == 0)
		err = event_rules_finish(&new->events, set->rules);
	if (err == 0)
		err = create_families(new, &plans, cache, why, size);
	if (err == 0)
		err = create_bundles(new, &plans, cache, why, size);
	if (err != 0)
		goto err_new;
	clear_plans(&plans);
	malloc_trim(0); /* compiling has had far more than it leaves behind */
	*detector = new;
	return 0;

err_new:
	clear_plans(&plans);
	new->set = NULL; /* it stays the caller's */
	detector_destroy(new);
	return err;
}

void
detector_destroy(struct detector *detector)
{
	struct family *families;
	struct bundle *bundles;

	if (detector == NULL)
		return;
	families = &detector->packets[0][0];
	bundles = &detector->heads[0][0];
	for (unsigned int i = 0; i < FAMILIES; i++)
		family_destroy(&families[i]);
	for (unsigned int i = 0; i < BUNDLES; i++)
		bundle_destroy(&bundles[i]);
	hs_free_scratch(detector->scratch);
	event_rules_clear(&detector->events);
	pattern_set_destroy(detector->patterns);
	for (unsigned int kind = 0; kind < READER_NAMES; kind++)
		free(detector->names[kind]);
	free(detector->asked);
	rule_set_destroy(detector->set);
	free(detector);
}

static enum transport
transport_of(uint8_t proto)
{
	switch (proto) {
	case WP_PROTO_TCP:
		return TRANSPORT_TCP;
	case WP_PROTO_UDP:
		return TRANSPORT_UDP;
	case WP_PROTO_ICMP:
	case WP_PROTO_ICMPV6:
		return TRANSPORT_ICMP;
	default:
		return TRANSPORT_OTHER;
	}
}

const struct bundle *
detector_bundle(const struct detector *detector, const struct moment *moment)
{
	switch (moment->kind) {
	case MOMENT_HEAD:
		return &detector->heads[moment->l7][moment->side];
	case MOMENT_CERTIFICATES:
		return &detector->certificates[moment->side];
	default:
		return &detector->bodies[moment->l7][moment->side];
	}
}

const struct family *
detector_packets(const struct detector *detector, const struct moment *moment)
{
	return &detector->packets[transport_of(moment->proto)][moment->side];
}
