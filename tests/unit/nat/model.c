/* SPDX-License-Identifier: BSD-3-Clause */
/* The model as its users see it. */

#include <stdlib.h>
#include <string.h>

#include "inner.h"

static void
run(struct work *work)
{
	struct model_verdict *verdict = work->verdict;

	verdict->agreed = verdict->judged = true;
	verdict->made = false;
	verdict->why[0] = '\0';
	memset(&verdict->expected, 0, offsetof(struct model_observed, bytes));
	verdict->expected.size = 0;
	verdict->expected.made = (struct model_endpoint){0};
	work->out = &verdict->expected;
	if (work->input->size > MODEL_MAX_PACKET || work->input->time < work->model->now)
		abort();
	state_expire(work->model, work->input->time);
	walk_packet(work);
}

bool
model_packet(struct model *model, const struct model_input *input,
	     const struct model_observed *observed, struct model_verdict *verdict)
{
	struct work work = {.model = model, .input = input, .seen = observed, .verdict = verdict};

	run(&work);
	judge_outcome(&work);
	return verdict->agreed;
}

void
model_play(struct model *model, const struct model_input *input, uint64_t random,
	   struct model_observed *outcome)
{
	static _Thread_local struct model_verdict verdict;
	struct work work = {.model = model, .input = input, .random = random, .verdict = &verdict};

	run(&work);
	if (!verdict.judged)
		verdict.expected.size = input->size;
	*outcome = verdict.expected;
}

bool
model_emitted(struct model *model, uint64_t time, const uint8_t *bytes, size_t size, char *why,
	      size_t why_size)
{
	struct wire wire, inner;

	why[0] = '\0';
	if (!wire_read(&wire, bytes, size) || wire.kind != WIRE_ERROR || wire.type != 3 ||
	    wire.code != 3 || !wire_ip_checksum_ok(bytes, wire.l4) ||
	    !wire_icmp_checksum_ok(bytes, &wire) ||
	    !wire_read_embedded(&inner, bytes + wire_embedded(&wire),
				wire.size - wire_embedded(&wire)) ||
	    inner.kind != WIRE_TCP || wire.dst != inner.src) {
		story_say(why, why_size, "is no port unreachable for a SYN: ");
		story_packet(why, why_size, bytes, size);
		return false;
	}
	for (unsigned int i = 0; i < MODEL_SYNS; i++) {
		struct syn *syn = &model->syns[i];

		if (!same(syn->from, (struct model_endpoint){inner.src, inner.sport}) ||
		    !same(syn->to, (struct model_endpoint){inner.dst, inner.dport}))
			continue;
		if (time >= syn->time + 6000) {
			*syn = (struct syn){0};
			return true;
		}
	}
	story_say(why, why_size, "no unanswered SYN is 6 s old for: ");
	story_packet(why, why_size, bytes, size);
	return false;
}

void
model_config_init(struct model_config *config)
{
	memset(config, 0, sizeof(*config));
	config->first_port = 1024;
	config->last_port = 65535;
	config->quarantine = 120 * 1000;
	config->udp = 300 * 1000;
	config->icmp = 60 * 1000;
	config->tcp_established = 7440 * 1000;
	config->tcp_opening = 240 * 1000;
	config->tcp_half_closed = 240 * 1000;
	config->tcp_closing = 240 * 1000;
	config->inbound_refresh = true;
	config->inbound_session = true;
	config->drop_bad_flags = true;
	config->validate_errors = true;
}

struct model *
model_create(const struct model_config *config)
{
	struct model *model = calloc(1, sizeof(*model));

	if (model == NULL)
		return NULL;
	model->config = *config;
	model->first_deadline = UINT64_MAX;
	for (uint16_t i = 0; i < config->n_forwards; i++) {
		const struct model_forward *forward = &config->forwards[i];

		state_add(model, forward->tenant, forward->proto, forward->in, forward->ext)
			->fixed = true;
	}
	return model;
}

void
model_destroy(struct model *model)
{
	if (model == NULL)
		return;
	for (struct mapping *mapping = model->mappings, *next; mapping != NULL; mapping = next) {
		next = mapping->next;
		for (struct session *session = mapping->sessions, *after; session != NULL;
		     session = after) {
			after = session->next;
			free(session);
		}
		free(mapping);
	}
	for (struct quarantine *quarantine = model->quarantines, *next; quarantine != NULL;
	     quarantine = next) {
		next = quarantine->next;
		free(quarantine);
	}
	free(model);
}

/* The end of a deadline's neighbourhood, if 'time' is in it. */
static uint64_t
step_over(uint64_t time, uint64_t deadline, uint64_t slack)
{
	return deadline <= time + slack && time <= deadline + slack ? deadline + slack + 1 : time;
}

/* A session's deadline, what comes of it if nothing refreshes it: end of lingering, end of
 * quarantine. */
static uint64_t
step_over_session(const struct model *model, const struct session *session, uint64_t time,
		  uint64_t slack)
{
	uint64_t deadline = session->deadline;

	time = step_over(time, deadline, slack);
	time = step_over(time, deadline + model->config.quarantine, slack);
	if (session->state != ESTABLISHED || !model->config.established_lingers)
		return time;
	deadline += model->config.tcp_closing;
	time = step_over(time, deadline, slack);
	return step_over(time, deadline + model->config.quarantine, slack);
}

static uint64_t
step_over_all(const struct model *model, uint64_t time, uint64_t slack)
{
	for (const struct mapping *mapping = model->mappings; mapping != NULL;
	     mapping = mapping->next)
		for (const struct session *session = mapping->sessions; session != NULL;
		     session = session->next)
			time = step_over_session(model, session, time, slack);
	for (const struct quarantine *at = model->quarantines; at != NULL; at = at->next)
		time = step_over(time, at->until, slack);
	return time;
}

uint64_t
model_settle(const struct model *model, uint64_t time, uint64_t slack)
{
	uint64_t before;

	do {
		before = time;
		time = step_over_all(model, time, slack);
	} while (time != before);
	return time;
}

static uint64_t
sooner(uint64_t end, uint64_t time, uint64_t best)
{
	return end > time && end < best ? end : best;
}

uint64_t
model_next_end(const struct model *model, uint64_t time)
{
	uint64_t best = UINT64_MAX;

	for (const struct mapping *mapping = model->mappings; mapping != NULL;
	     mapping = mapping->next)
		for (const struct session *session = mapping->sessions; session != NULL;
		     session = session->next) {
			best = sooner(session->deadline, time, best);
			best = sooner(session->deadline + model->config.quarantine, time, best);
		}
	for (const struct quarantine *at = model->quarantines; at != NULL; at = at->next)
		best = sooner(at->until, time, best);
	return best;
}

unsigned int
model_mappings(const struct model *model)
{
	unsigned int n = 0;

	for (const struct mapping *mapping = model->mappings; mapping != NULL;
	     mapping = mapping->next)
		n++;
	return n;
}

unsigned int
model_sessions(const struct model *model)
{
	unsigned int n = 0;

	for (const struct mapping *mapping = model->mappings; mapping != NULL;
	     mapping = mapping->next)
		for (const struct session *session = mapping->sessions; session != NULL;
		     session = session->next)
			n++;
	return n;
}
