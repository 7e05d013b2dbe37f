/* SPDX-License-Identifier: BSD-3-Clause */
/* See plans.h. */

#include "match/plans.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "match/asked.h"
#include "match/detector.h"
#include "match/fast.h"

struct plans {
	const struct rule_set *set;
	bool wants_l7[RULE_L7_OTHER + 1]; /* messages of these are asked about */
	/* Laid out like those of the detector. */
	struct family_plan *packets[TRANSPORTS][2];
	struct family_plan *streams[2];
	struct bundle_plan heads[RULE_L7_OTHER][2];
	struct bundle_plan certificates[2];
	struct bundle_plan bodies[RULE_L7_OTHER][2];
};

_Static_assert(offsetof(struct plans, heads) - offsetof(struct plans, packets) ==
			       DETECTOR_FAMILIES * sizeof(struct family_plan *) &&
		       sizeof(struct plans) - offsetof(struct plans, heads) ==
			       DETECTOR_BUNDLES * sizeof(struct bundle_plan),
	       "a plan for each family or bundle, in the same order");

struct plans *
plans_create(const struct rule_set *set)
{
	struct plans *plans = calloc(1, sizeof(*plans));
	struct family_plan **families;

	if (plans == NULL)
		return NULL;
	plans->set = set;
	families = &plans->packets[0][0];
	for (unsigned int i = 0; i < DETECTOR_FAMILIES; i++) {
		families[i] = family_plan_create();
		if (families[i] == NULL) {
			plans_destroy(plans);
			return NULL;
		}
	}
	return plans;
}

void
plans_destroy(struct plans *plans)
{
	struct family_plan **families;
	struct bundle_plan *bundles;

	if (plans == NULL)
		return;
	families = &plans->packets[0][0];
	bundles = &plans->heads[0][0];
	for (unsigned int i = 0; i < DETECTOR_FAMILIES; i++)
		family_plan_destroy(families[i]);
	for (unsigned int i = 0; i < DETECTOR_BUNDLES; i++)
		bundle_plan_clear(&bundles[i]);
	free(plans);
}

/* Packets and streams. */

/** @return the ports that a rule wants of the server, when @p side sends. */
static const struct port_set *
server_ports(const struct rule *rule, unsigned int side)
{
	if (rule->both_ways)
		return NULL;
	return side == WP_CLIENT ? rule->destination_ports : rule->source_ports;
}

static int
join_ways(struct family_plan *plans[2], const struct fast *fast, const struct asked *asked)
{
	const struct rule *rule = asked->rule;
	struct family_rule joining = {
		.need = fast->need.content == NULL ? NULL : &fast->need,
		.rule = rule->number,
		.l7 = rule->proto == RULE_L7 ? rule->l7 : RULE_L7_UNKNOWN,
	};
	unsigned int bits = asked_senders(asked);
	int err = 0;

	for (unsigned int side = 0; side < 2 && err == 0; side++) {
		joining.ports = server_ports(rule, side);
		if ((bits >> side & 1) != 0)
			err = family_add(plans[side], &joining);
	}
	return err;
}

static int
add_packets(struct plans *plans, const struct asked *asked)
{
	struct fast fast = fast_choose(asked->rule, asked->lists[MOMENT_PACKET]);
	int err = 0;

	for (unsigned int t = 0; t < TRANSPORTS && err == 0; t++)
		if (asked_is_of_transport(asked, (enum transport)t))
			err = join_ways(plans->packets[t], &fast, asked);
	return err;
}

static int
add_payload(struct plans *plans, const struct asked *asked)
{
	struct fast fast = fast_choose(asked->rule, asked->lists[MOMENT_STREAM]);
	int err = 0;

	if (asked->is_of_stream)
		err = join_ways(plans->streams, &fast, asked);
	for (unsigned int t = 0; t < TRANSPORTS && err == 0; t++)
		if (asked_is_of_transport(asked, (enum transport)t) &&
		    (t != TRANSPORT_TCP || asked_is_of_packets(asked)))
			err = join_ways(plans->packets[t], &fast, asked);
	return err;
}

/* Messages. */

static int
add(const struct plans *plans, struct bundle_plan *plan, const struct fast *fast,
    const struct rule *rule)
{
	return fast->need.content == NULL
		       ? bundle_add_always(plan, rule->number)
		       : bundle_add(plan, &fast->need, plans->set->n_data, rule->number);
}

/** @param bits  who sends: asked_senders() */
static int
add_sides(const struct plans *plans, struct bundle_plan to[2], const struct fast *fast,
	  const struct rule *rule, unsigned int bits)
{
	int err = 0;

	for (unsigned int side = 0; side < 2 && err == 0; side++)
		if ((bits >> side & 1) != 0)
			err = add(plans, &to[side], fast, rule);
	return err;
}

/** @return the moment at which a rule that has no literal is asked first. */
static enum moment_kind
first_moment(const struct asked *asked)
{
	uint32_t lists = asked_message_lists(asked);
	uint32_t body_only = asked->lists[MOMENT_BODY] & ~asked->lists[MOMENT_HEAD];

	if ((asked->lists[MOMENT_HEAD] & lists) != 0 || lists == 0)
		return MOMENT_HEAD;
	return body_only != 0 ? MOMENT_BODY : MOMENT_CERTIFICATES;
}

/** Adds a rule, or what of a pair is about one side, to where messages of a protocol are asked
 * about. @param bits  who sends: asked_senders() */
static int
add_l7(struct plans *plans, const struct asked *asked, unsigned int l7, unsigned int bits)
{
	/* A head is kept for as long as its body comes; hellos are not. */
	uint32_t eligible = l7 == RULE_L7_HTTP || asked->lists[MOMENT_HEAD] == 0
				    ? asked_message_lists(asked)
				    : asked->lists[MOMENT_HEAD];
	struct fast fast = fast_choose(asked->rule, eligible);
	struct bundle_plan *plan;
	int err;

	if (fast.need.content == NULL)
		fast.moment = first_moment(asked);
	plan = fast.moment == MOMENT_BODY           ? plans->bodies[l7]
	       : fast.moment == MOMENT_CERTIFICATES ? plans->certificates
						    : plans->heads[l7];
	plans->wants_l7[l7] = true;
	err = add_sides(plans, plan, &fast, asked->rule, bits);
	/* The names of a form's parts come with its body. */
	if (err == 0 && l7 == RULE_L7_HTTP && fast.need.content != NULL &&
	    buffer_is_name((enum buffer_id)plans->set->data[fast.need.data].buffer))
		err = add_sides(plans, plans->bodies[l7], &fast, asked->rule, bits & 1);
	return err;
}

/** Adds both halves of a pair, each found by what it is about. */
static int
add_pair(struct plans *plans, const struct asked *asked, unsigned int l7)
{
	int err = 0;

	for (unsigned int side = 0; side < 2 && err == 0; side++) {
		struct asked half = *asked;

		for (unsigned int k = 0; k < MOMENTS; k++)
			half.lists[k] &= asked->sides[side];
		err = add_l7(plans, &half, l7, 1u << side);
	}
	return err;
}

static int
add_message(struct plans *plans, const struct asked *asked)
{
	int err = 0;

	for (unsigned int l7 = RULE_L7_HTTP; l7 < RULE_L7_FTP_DATA && err == 0; l7++) {
		if (!asked_is_of_l7(asked, (enum rule_l7)l7) ||
		    (l7 != RULE_L7_HTTP && l7 != RULE_L7_SMTP && (asked->needs & ASKED_FILE) != 0))
			continue;
		err = asked->rule->is_pair ? add_pair(plans, asked, l7)
					   : add_l7(plans, asked, l7, asked_senders(asked));
	}
	return err;
}

int
plans_add(struct plans *plans, const struct asked *asked)
{
	if (asked->is_of_message)
		return add_message(plans, asked);
	return asked_has_payload(asked) ? add_payload(plans, asked) : add_packets(plans, asked);
}

/* Making what was planned. */

static int
make_families(const struct plans *plans, const struct compiling *compiling,
	      struct detector *detector, char *why, size_t size)
{
	struct family *families = &detector->packets[0][0];
	struct family_plan *const *plan = &plans->packets[0][0];
	int err = 0;

	for (unsigned int i = 0; i < DETECTOR_FAMILIES && err == 0; i++) {
		err = family_create(plan[i], plans->set->n_data, compiling, &families[i], why,
				    size);
		if (err == 0)
			err = family_grow_scratch(&families[i], &detector->scratch);
	}
	return err;
}

static int
make_bundles(struct plans *plans, const struct compiling *compiling, struct detector *detector,
	     char *why, size_t size)
{
	struct bundle *bundles = &detector->heads[0][0];
	struct bundle_plan *plan = &plans->heads[0][0];
	int err = 0;

	for (unsigned int i = 0; i < DETECTOR_BUNDLES && err == 0; i++) {
		err = bundle_create(&plan[i], compiling, &bundles[i], why, size);
		if (err == 0)
			err = bundle_grow_scratch(&bundles[i], &detector->scratch);
	}
	return err;
}

int
plans_make(struct plans *plans, const struct compiling *compiling, struct detector *detector,
	   char *why, size_t size)
{
	int err = make_families(plans, compiling, detector, why, size);

	memcpy(detector->wants_l7, plans->wants_l7, sizeof(detector->wants_l7));
	return err == 0 ? make_bundles(plans, compiling, detector, why, size) : err;
}
