/* SPDX-License-Identifier: BSD-3-Clause */
/* The model's mappings and sessions: lists, walked from their beginning. */

#include <stdlib.h>

#include "inner.h"

static uint64_t
min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The model is a test: it does without memory that it cannot have. */
static void *
make(size_t size)
{
	void *made = calloc(1, size);

	if (made == NULL)
		abort();
	return made;
}

/* Time */

static void
end_mapping(struct model *model, struct mapping *mapping, uint64_t ended)
{
	struct quarantine *quarantine = make(sizeof(*quarantine));

	*quarantine = (struct quarantine){.next = model->quarantines,
					  .tenant = mapping->tenant,
					  .proto = mapping->proto,
					  .in = mapping->in,
					  .ext = mapping->ext,
					  .until = ended + model->config.quarantine};
	model->quarantines = quarantine;
	story_note(model, "mapping ended", mapping, NULL, 0);
	free(mapping);
}

/* RFC 7857 figure 1: a session idle for TCP_EST goes to TRANS. */
static bool
lingers(const struct model *model, struct session *session)
{
	if (!model->config.established_lingers || session->state != ESTABLISHED)
		return false;
	session->state = TRANS;
	session->deadline += model->config.tcp_closing;
	return session->deadline > model->now;
}

/* Removes the sessions that are over. @return the last deadline of those removed */
static uint64_t
expire_sessions(struct model *model, struct mapping *mapping)
{
	struct session **at = &mapping->sessions;
	uint64_t last = 0;

	while (*at != NULL) {
		struct session *session = *at;

		if (session->deadline > model->now || lingers(model, session)) {
			model->first_deadline = min(model->first_deadline, session->deadline);
			at = &session->next;
			continue;
		}
		if (session->deadline > last)
			last = session->deadline;
		story_note(model, "session ended", mapping, session, 0);
		*at = session->next;
		free(session);
	}
	return last;
}

static void
expire_quarantines(struct model *model)
{
	struct quarantine **at = &model->quarantines;

	while (*at != NULL) {
		struct quarantine *quarantine = *at;

		if (quarantine->until > model->now) {
			model->first_deadline = min(model->first_deadline, quarantine->until);
			at = &quarantine->next;
			continue;
		}
		*at = quarantine->next;
		free(quarantine);
	}
}

void
state_expire(struct model *model, uint64_t now)
{
	struct mapping **at = &model->mappings;

	model->now = now;
	if (now < model->first_deadline)
		return;
	model->first_deadline = UINT64_MAX;
	while (*at != NULL) {
		struct mapping *mapping = *at;
		uint64_t ended = expire_sessions(model, mapping);

		if (mapping->sessions != NULL || mapping->fixed) {
			at = &mapping->next;
			continue;
		}
		*at = mapping->next;
		end_mapping(model, mapping, ended);
	}
	expire_quarantines(model);
}

/* Finding and making */

struct mapping *
state_by_inside(const struct model *model, uint16_t tenant, uint8_t proto, struct model_endpoint in)
{
	for (struct mapping *mapping = model->mappings; mapping != NULL; mapping = mapping->next)
		if (mapping->tenant == tenant && mapping->proto == proto && same(mapping->in, in))
			return mapping;
	return NULL;
}

struct mapping *
state_by_outside(const struct model *model, uint8_t proto, struct model_endpoint ext)
{
	for (struct mapping *mapping = model->mappings; mapping != NULL; mapping = mapping->next)
		if (mapping->proto == proto && same(mapping->ext, ext))
			return mapping;
	return NULL;
}

struct mapping *
state_add(struct model *model, uint16_t tenant, uint8_t proto, struct model_endpoint in,
	  struct model_endpoint ext)
{
	struct mapping *mapping = make(sizeof(*mapping));

	*mapping = (struct mapping){
		.next = model->mappings, .tenant = tenant, .proto = proto, .in = in, .ext = ext};
	model->mappings = mapping;
	story_note(model, "mapping made", mapping, NULL, 0);
	return mapping;
}

struct session *
state_session(const struct mapping *mapping, struct model_endpoint remote)
{
	for (struct session *session = mapping->sessions; session != NULL; session = session->next)
		if (same(session->remote, remote))
			return session;
	return NULL;
}

struct session *
state_open(struct model *model, struct mapping *mapping, struct model_endpoint remote,
	   enum tcp_state state)
{
	struct session *session = make(sizeof(*session));

	*session = (struct session){.next = mapping->sessions,
				    .first = state_has_room(mapping),
				    .remote = remote,
				    .state = state,
				    .deadline = model->now + (state == TRANS
								      ? model->config.tcp_closing
								      : model->config.tcp_opening)};
	mapping->sessions = session;
	model->first_deadline = min(model->first_deadline, session->deadline);
	story_note(model, "session opened", mapping, session, 0);
	return session;
}

void
state_set(struct model *model, struct mapping *mapping, struct session *session,
	  enum tcp_state state, uint64_t lifetime, const char *why, uint8_t flags)
{
	session->state = state;
	session->deadline = model->now + lifetime;
	model->first_deadline = min(model->first_deadline, session->deadline);
	story_note(model, why, mapping, session, flags);
}

/* Whether a NAT has to know the remotes of a mapping. */
static bool
has_remotes(const struct model *model, const struct mapping *mapping)
{
	return mapping->proto == WIRE_TCP_PROTO || model->config.filter != MODEL_ANY_REMOTE;
}

bool
state_has_room(const struct mapping *mapping)
{
	for (struct session *session = mapping->sessions; session != NULL; session = session->next)
		if (session->first)
			return false;
	return true;
}

unsigned int
state_counted(const struct model *model, const struct mapping *mapping)
{
	unsigned int n = state_has_room(mapping);

	if (!has_remotes(model, mapping))
		return 1;
	for (struct session *session = mapping->sessions; session != NULL; session = session->next)
		n++;
	return n;
}

unsigned int
state_sessions_of(const struct model *model, uint16_t tenant, uint32_t addr)
{
	unsigned int n = 0;

	for (struct mapping *mapping = model->mappings; mapping != NULL; mapping = mapping->next)
		if (mapping->tenant == tenant && mapping->in.addr == addr && !mapping->fixed)
			n += state_counted(model, mapping);
	return n;
}

bool
state_permits(const struct model *model, const struct mapping *mapping,
	      struct model_endpoint remote)
{
	if (mapping->fixed || model->config.filter == MODEL_ANY_REMOTE)
		return true;
	for (struct session *session = mapping->sessions; session != NULL;
	     session = session->next) {
		if (!session->permits || session->remote.addr != remote.addr)
			continue;
		if (model->config.filter == MODEL_SAME_ADDRESS ||
		    session->remote.port == remote.port)
			return true;
	}
	return false;
}

/* Sessions */

/* A SYN that opens again what was closed. */
static void
tcp_reopen(struct model *model, struct mapping *mapping, struct session *session, bool inside,
	   uint8_t flags)
{
	state_set(model, mapping, session, inside ? INSIDE_INIT : OUTSIDE_INIT,
		  model->config.tcp_opening, "SYN after the end", flags);
}

/* RFC 6146 section 3.5.2.2, with what model.h says. What is not named changes nothing. */
static void
tcp_packet(struct model *model, struct mapping *mapping, struct session *session, bool inside,
	   uint8_t flags)
{
	const struct model_config *config = &model->config;
	bool rst = (flags & WIRE_RST) != 0, syn = !rst && (flags & WIRE_SYN) != 0;
	bool fin = !rst && !syn && (flags & WIRE_FIN) != 0;

	switch (session->state) {
	case INSIDE_INIT:
	case OUTSIDE_INIT:
		if (syn && inside != (session->state == INSIDE_INIT))
			state_set(model, mapping, session, ESTABLISHED, config->tcp_established,
				  "SYNs of both", flags);
		else if (syn && inside)
			state_set(model, mapping, session, INSIDE_INIT, config->tcp_opening,
				  "SYN again", flags);
		break;
	case ESTABLISHED:
		if (rst)
			state_set(model, mapping, session, TRANS, config->tcp_closing, "RST",
				  flags);
		else if (fin)
			state_set(model, mapping, session, inside ? INSIDE_FIN : OUTSIDE_FIN,
				  config->tcp_half_closed, "FIN", flags);
		else
			state_set(model, mapping, session, ESTABLISHED, config->tcp_established,
				  "data", flags);
		break;
	case INSIDE_FIN:
	case OUTSIDE_FIN:
		if (rst)
			state_set(model, mapping, session, TRANS, config->tcp_closing, "RST",
				  flags);
		else if (fin && inside == (session->state == OUTSIDE_FIN))
			state_set(model, mapping, session, BOTH_FIN, config->tcp_closing,
				  "FINs of both", flags);
		else
			state_set(model, mapping, session, session->state, config->tcp_half_closed,
				  "data", flags);
		break;
	case BOTH_FIN:
		if (syn)
			tcp_reopen(model, mapping, session, inside, flags);
		break;
	case TRANS:
		if (syn)
			tcp_reopen(model, mapping, session, inside, flags);
		else if (!rst)
			state_set(model, mapping, session, ESTABLISHED, config->tcp_established,
				  "data after RST", flags);
		break;
	case NOT_TCP:
		break;
	}
}

void
state_packet(struct model *model, struct mapping *mapping, struct session *session,
	     bool from_inside, const struct wire *wire)
{
	if (from_inside)
		session->permits = true;
	if (wire->kind == WIRE_TCP)
		tcp_packet(model, mapping, session, from_inside, wire->flags);
	else if (from_inside || model->config.inbound_refresh)
		state_set(model, mapping, session, NOT_TCP,
			  wire->kind == WIRE_UDP ? model->config.udp : model->config.icmp,
			  "refreshed", 0);
}
