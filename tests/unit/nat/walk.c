/* SPDX-License-Identifier: BSD-3-Clause */
/* The model's NAT: what becomes of a packet. Read outbound() and inbound() first. */

#include <string.h>

#include "inner.h"

/* Every step says whether the packet goes on. */
static bool
drop(struct work *work, uint32_t reasons)
{
	work->out->outcome = MODEL_DROPPED;
	work->out->reasons = reasons;
	return false;
}

static bool
is_external(const struct model_config *config, uint32_t addr)
{
	for (uint16_t i = 0; i < config->n_pool; i++)
		if (config->pool[i] == addr)
			return true;
	for (uint16_t i = 0; i < config->n_forwards; i++)
		if (config->forwards[i].ext.addr == addr)
			return true;
	for (uint16_t i = 0; i < config->n_ones; i++)
		if (config->ones[i].ext == addr)
			return true;
	return false;
}

static const struct model_one_to_one *
one_by_inside(const struct model_config *config, uint16_t tenant, uint32_t addr)
{
	for (uint16_t i = 0; i < config->n_ones; i++)
		if (config->ones[i].tenant == tenant && config->ones[i].in == addr)
			return &config->ones[i];
	return NULL;
}

static const struct model_one_to_one *
one_by_outside(const struct model_config *config, uint32_t addr)
{
	for (uint16_t i = 0; i < config->n_ones; i++)
		if (config->ones[i].ext == addr)
			return &config->ones[i];
	return NULL;
}

static bool
is_exempt(const struct model_config *config, uint32_t addr, uint16_t port, enum wire_kind kind)
{
	for (uint16_t i = 0; i < config->n_exempts; i++) {
		const struct model_exempt *exempt = &config->exempts[i];
		uint32_t mask = exempt->bits == 0 ? 0 : ~(uint32_t)0 << (32 - exempt->bits);

		if ((addr & mask) != (exempt->addr & mask))
			continue;
		if (exempt->first == 0 && exempt->last == 65535)
			return true;
		if ((kind == WIRE_TCP || kind == WIRE_UDP) && port >= exempt->first &&
		    port <= exempt->last)
			return true;
	}
	return false;
}

static bool
is_bad(uint32_t addr)
{
	return addr >> 24 == 0 || addr >> 24 == 127 || addr >> 24 >= 224;
}

static bool
is_opening(const struct wire *wire)
{
	return wire->kind == WIRE_TCP &&
	       (wire->flags & (WIRE_SYN | WIRE_ACK | WIRE_RST | WIRE_FIN)) == WIRE_SYN;
}

/* Whether an outbound packet may make a mapping. */
static bool
may_begin(const struct work *work)
{
	const struct wire *wire = &work->wire;

	switch (wire->kind) {
	case WIRE_TCP:
		return is_opening(wire) || (work->model->config.tcp_loose &&
					    (wire->flags & (WIRE_SYN | WIRE_RST)) == 0);
	case WIRE_QUERY:
		return wire->type == 8 || wire->type == 13;
	default:
		return wire->kind == WIRE_UDP;
	}
}

static struct model_endpoint
source(const struct work *work)
{
	return (struct model_endpoint){work->wire.src, work->wire.sport};
}

static struct model_endpoint
destination(const struct work *work)
{
	return (struct model_endpoint){work->wire.dst, work->wire.dport};
}

/* Sessions of ICMP queries are with an address, and so are those of UDP when that is what the
 * filter looks at. */
static struct model_endpoint
as_remote(const struct work *work, struct model_endpoint remote)
{
	if (work->wire.kind == WIRE_QUERY || (work->wire.proto == WIRE_UDP_PROTO &&
					      work->model->config.filter == MODEL_SAME_ADDRESS))
		remote.port = 0;
	return remote;
}

static void
reread(struct work *work)
{
	wire_read(&work->wire, work->out->bytes, work->input->size);
}

/* New mappings */

static bool
at_quota(const struct work *work, uint16_t tenant, uint32_t addr)
{
	uint32_t max = work->model->config.max_sessions;

	return max != 0 && state_sessions_of(work->model, tenant, addr) >= max;
}

/* Whether a mapping may have no further session. */
static bool
mapping_is_full(const struct work *work, const struct mapping *mapping)
{
	uint32_t max = work->model->config.max_mapping_sessions;

	if (mapping->fixed || state_has_room(mapping))
		return false;
	if (mapping->proto != WIRE_TCP_PROTO && work->model->config.filter == MODEL_ANY_REMOTE)
		return false;
	return (max != 0 && state_counted(work->model, mapping) >= max) ||
	       at_quota(work, mapping->tenant, mapping->in.addr);
}

/* Whether what is left of the limits is for sessions that begin inside. */
static bool
mapping_is_crowded(const struct work *work, const struct mapping *mapping)
{
	const struct model_config *config = &work->model->config;
	uint32_t of_mapping = config->max_mapping_sessions, of_host = config->max_sessions;

	if (mapping->fixed || mapping->proto != WIRE_TCP_PROTO || state_has_room(mapping))
		return false;
	return (of_mapping != 0 &&
		state_counted(work->model, mapping) >= of_mapping - of_mapping / 4) ||
	       (of_host != 0 && state_sessions_of(work->model, mapping->tenant, mapping->in.addr) >=
					of_host - of_host / 4);
}

/* The external endpoint that the NAT has taken, as far as it lets see. */
static bool
seen_choice(const struct work *work, struct model_endpoint *ext)
{
	const struct model_observed *seen = work->seen;
	struct wire wire;

	*ext = seen->made;
	if (ext->addr != 0)
		return true;
	if (seen->outcome != MODEL_PASSED || (work->hairpin && work->wire.kind == WIRE_QUERY) ||
	    !wire_read(&wire, seen->bytes, seen->size) || wire.kind != work->wire.kind)
		return false;
	*ext = (struct model_endpoint){wire.src, wire.sport};
	return true;
}

static bool
refused(const struct work *work)
{
	return work->seen->outcome == MODEL_ANSWERED ||
	       (work->seen->outcome == MODEL_DROPPED &&
		(work->seen->reasons & MODEL_EXHAUSTED) != 0);
}

/* A NAT that says it has no port left: has it none? */
static bool
judge_refusal(struct work *work)
{
	struct model_endpoint ext;
	char text[64] = "";

	drop(work, MODEL_EXHAUSTED);
	if (!ports_available(work->model, work->input->tenant, work->wire.proto, source(work),
			     &ext))
		return false;
	story_say(text, sizeof(text), "%u.%u.%u.%u:%u", ext.addr >> 24, ext.addr >> 16 & 255,
		  ext.addr >> 8 & 255, ext.addr & 255, ext.port);
	return judge_complain(work, "refused for want of a port, but there is ", text);
}

static bool
judge_choice(struct work *work, struct model_endpoint *ext)
{
	const char *illegal;

	if (!seen_choice(work, ext)) {
		if (ports_available(work->model, work->input->tenant, work->wire.proto,
				    source(work), ext))
			return judge_complain(
				work, "a mapping was to be made; which one cannot be seen", "");
		return drop(work, MODEL_EXHAUSTED);
	}
	illegal = ports_illegal(work->model, work->input->tenant, work->wire.proto, source(work),
				*ext);
	if (illegal != NULL)
		return judge_complain(work, "a mapping was made that may not be: ", illegal);
	return true;
}

static bool
choose(struct work *work, struct model_endpoint *ext)
{
	if (work->seen != NULL)
		return refused(work) ? judge_refusal(work) : judge_choice(work, ext);
	if (ports_choose(work->model, work->input->tenant, work->wire.proto, source(work),
			 work->random, ext))
		return true;
	return drop(work, MODEL_EXHAUSTED);
}

/* Nothing to translate by: TCP misses a session, others a mapping. */
static uint32_t
nothing_fits(const struct work *work)
{
	return work->wire.kind == WIRE_TCP ? MODEL_NO_SESSION | MODEL_NO_MAPPING : MODEL_NO_MAPPING;
}

static bool
make_mapping(struct work *work, struct mapping **mapping)
{
	struct model_endpoint ext;

	if (!may_begin(work))
		return drop(work, nothing_fits(work));
	if (at_quota(work, work->input->tenant, work->wire.src))
		return drop(work, MODEL_QUOTA);
	if (!choose(work, &ext))
		return false;
	*mapping = state_add(work->model, work->input->tenant, work->wire.proto, source(work), ext);
	work->verdict->made = true;
	work->out->made = ext;
	return true;
}

/* Sessions */

/* Whether a packet that fits a mapping but no session opens one. */
static bool
opens(const struct work *work, bool from_inside)
{
	const struct model_config *config = &work->model->config;

	if (work->wire.kind == WIRE_TCP)
		return is_opening(&work->wire) || (from_inside && may_begin(work));
	return from_inside || (config->inbound_session && config->inbound_refresh);
}

static enum tcp_state
first_state(const struct work *work, bool from_inside)
{
	if (work->wire.kind != WIRE_TCP)
		return NOT_TCP;
	if (!is_opening(&work->wire))
		return TRANS;
	return from_inside ? INSIDE_INIT : OUTSIDE_INIT;
}

static bool
use_session(struct work *work, struct mapping *mapping, struct model_endpoint remote,
	    bool from_inside)
{
	struct session *session;

	remote = as_remote(work, remote);
	session = state_session(mapping, remote);
	if (session != NULL) {
		state_packet(work->model, mapping, session, from_inside, &work->wire);
		return true;
	}
	if (!opens(work, from_inside))
		return true;
	if (!from_inside && mapping_is_crowded(work, mapping))
		return true;
	if (mapping_is_full(work, mapping))
		return drop(work, MODEL_QUOTA);
	session = state_open(work->model, mapping, remote, first_state(work, from_inside));
	if (from_inside)
		session->permits = true;
	if (session->state == NOT_TCP)
		state_packet(work->model, mapping, session, from_inside, &work->wire);
	return true;
}

/* Unsolicited SYNs that wait for their answer (RFC 5382 REQ-4) */

static void
remember_syn(struct work *work)
{
	struct model *model = work->model;

	if (!model->config.answer_syn || !is_opening(&work->wire) || work->hairpin)
		return;
	model->syns[model->n_syns++ % MODEL_SYNS] =
		(struct syn){.time = model->now, .from = source(work), .to = destination(work)};
}

/* An outbound SYN of the same connection: the unsolicited one is forgotten. */
static void
forget_syn(struct model *model, struct model_endpoint ext, struct model_endpoint remote)
{
	for (unsigned int i = 0; i < MODEL_SYNS; i++)
		if (same(model->syns[i].from, remote) && same(model->syns[i].to, ext))
			model->syns[i] = (struct syn){0};
}

/* ICMP errors */

/* No errors are sent about errors (RFC 1122 section 3.2.2), source quench and redirect included. */
static bool
is_about_error(const struct wire *inner)
{
	return inner->kind == WIRE_ERROR ||
	       (inner->kind == WIRE_ICMP_OTHER && (inner->type == 4 || inner->type == 5));
}

/* Reads what the error is about. */
static bool
read_inner(struct work *work, struct wire *inner)
{
	const struct model_config *config = &work->model->config;
	const uint8_t *bytes = work->out->bytes;
	size_t at = wire_embedded(&work->wire);

	/* The sums are looked at as the packet came: on the second half of a hairpin they are not
	 * yet made good. */
	if (config->validate_errors && !wire_icmp_checksum_ok(work->input->bytes, &work->wire))
		return drop(work, MODEL_CHECKSUM | MODEL_MALFORMED | MODEL_NO_MAPPING);
	if (!wire_read_embedded(inner, bytes + at, work->wire.size - at))
		return drop(work, MODEL_MALFORMED | MODEL_NO_MAPPING);
	if (config->validate_errors && !wire_ip_checksum_ok(work->input->bytes + at, inner->l4))
		return drop(work, MODEL_CHECKSUM | MODEL_MALFORMED | MODEL_NO_MAPPING);
	if (is_about_error(inner) || inner->src != work->wire.dst)
		return drop(work, MODEL_MALFORMED | MODEL_NO_MAPPING);
	return true;
}

static bool
has_ports(const struct wire *wire)
{
	return wire->kind == WIRE_TCP || wire->kind == WIRE_UDP || wire->kind == WIRE_QUERY;
}

/* From inside, about a packet that came in: what it was sent to becomes external again (RFC 5508
 * REQ-5). */
static bool
error_out(struct work *work)
{
	const struct model_config *config = &work->model->config;
	uint16_t tenant = work->input->tenant;
	const struct model_one_to_one *one, *own = one_by_inside(config, tenant, work->wire.src);
	struct model_endpoint ext;
	struct wire inner;

	if (!read_inner(work, &inner))
		return false;
	ext.port = inner.dport;
	one = one_by_inside(config, tenant, inner.dst);
	if (one != NULL) {
		ext.addr = one->ext;
	} else {
		struct model_endpoint in = {inner.dst, inner.dport};
		struct mapping *mapping =
			has_ports(&inner) ? state_by_inside(work->model, tenant, inner.proto, in)
					  : NULL;

		if (mapping == NULL)
			return drop(work, MODEL_NO_MAPPING);
		ext = mapping->ext;
	}
	wire_set_destination(work->out->bytes + wire_embedded(&work->wire), &inner, ext.addr,
			     ext.port);
	wire_set_source(work->out->bytes, &work->wire, own != NULL ? own->ext : ext.addr, 0);
	return true;
}

/* From outside, about a packet that left: its source becomes the inside host again (RFC 5508
 * REQ-4). */
static bool
error_in(struct work *work)
{
	const struct model_one_to_one *one;
	struct model_endpoint in;
	struct wire inner;

	if (!read_inner(work, &inner))
		return false;
	one = one_by_outside(&work->model->config, inner.src);
	if (one != NULL) {
		in = (struct model_endpoint){one->in, inner.sport};
		work->out->tenant = one->tenant;
	} else {
		struct model_endpoint ext = {inner.src, inner.sport};
		struct mapping *mapping =
			has_ports(&inner) ? state_by_outside(work->model, inner.proto, ext) : NULL;

		if (mapping == NULL)
			return drop(work, MODEL_NO_MAPPING);
		in = mapping->in;
		work->out->tenant = mapping->tenant;
	}
	wire_set_source(work->out->bytes + wire_embedded(&work->wire), &inner, in.addr, in.port);
	wire_set_destination(work->out->bytes, &work->wire, in.addr, 0);
	return true;
}

/* Outbound */

static bool
out_by_mapping(struct work *work)
{
	struct mapping *mapping =
		state_by_inside(work->model, work->input->tenant, work->wire.proto, source(work));

	if (mapping == NULL && !make_mapping(work, &mapping))
		return false;
	if (!use_session(work, mapping, destination(work), true))
		return false;
	if (is_opening(&work->wire))
		forget_syn(work->model, mapping->ext, destination(work));
	wire_set_source(work->out->bytes, &work->wire, mapping->ext.addr, mapping->ext.port);
	return true;
}

static bool
out_by_address(struct work *work, const struct model_one_to_one *one)
{
	if (work->wire.kind == WIRE_ICMP_OTHER && (work->wire.type == 4 || work->wire.type == 5))
		return drop(work, MODEL_UNSUPPORTED);
	wire_set_source(work->out->bytes, &work->wire, one->ext, work->wire.sport);
	return true;
}

static bool
answer_ping(struct work *work)
{
	struct model_observed *out = work->out;

	if (!wire_ip_checksum_ok(work->input->bytes, work->wire.l4) ||
	    !wire_icmp_checksum_ok(work->input->bytes, &work->wire))
		return drop(work, MODEL_CHECKSUM | MODEL_MALFORMED | MODEL_NO_MAPPING);
	out->outcome = MODEL_ANSWERED;
	wire_set_source(out->bytes, &work->wire, work->wire.dst, work->wire.sport);
	wire_set_destination(out->bytes, &work->wire, work->wire.src, work->wire.sport);
	out->bytes[work->wire.l4] = 0;
	wire_finish(out->bytes, work->input->bytes, &work->wire);
	out->size = work->wire.size;
	return false;
}

static bool
translate_out(struct work *work)
{
	const struct model_one_to_one *one =
		one_by_inside(&work->model->config, work->input->tenant, work->wire.src);

	if (work->wire.kind == WIRE_ERROR)
		return error_out(work);
	if (work->model->config.answer_ping && work->wire.kind == WIRE_QUERY &&
	    work->wire.type == 8 && ports_in_pool(&work->model->config, work->wire.dst))
		return answer_ping(work);
	if (one != NULL)
		return out_by_address(work, one);
	if (!has_ports(&work->wire))
		return drop(work, MODEL_UNSUPPORTED);
	return out_by_mapping(work);
}

/* Inbound */

static bool
in_by_mapping(struct work *work)
{
	struct mapping *mapping =
		state_by_outside(work->model, work->wire.proto, destination(work));

	if (mapping == NULL) {
		remember_syn(work);
		if (work->model->config.answer_ping && work->wire.kind == WIRE_QUERY &&
		    work->wire.type == 8 && !work->hairpin)
			return answer_ping(work);
		return drop(work, nothing_fits(work));
	}
	if (!state_permits(work->model, mapping, as_remote(work, source(work)))) {
		remember_syn(work);
		return drop(work, MODEL_FILTERED);
	}
	if (!use_session(work, mapping, source(work), false))
		return false;
	work->out->tenant = mapping->tenant;
	wire_set_destination(work->out->bytes, &work->wire, mapping->in.addr, mapping->in.port);
	return true;
}

static bool
in_by_address(struct work *work, const struct model_one_to_one *one)
{
	if (work->wire.kind == WIRE_ICMP_OTHER && (work->wire.type == 4 || work->wire.type == 5))
		return drop(work, MODEL_UNSUPPORTED);
	work->out->tenant = one->tenant;
	wire_set_destination(work->out->bytes, &work->wire, one->in, work->wire.dport);
	return true;
}

static bool
translate_in(struct work *work)
{
	const struct model_one_to_one *one = one_by_outside(&work->model->config, work->wire.dst);

	work->out->direction = MODEL_INBOUND;
	if (work->wire.kind == WIRE_ERROR)
		return error_in(work);
	if (one != NULL)
		return in_by_address(work, one);
	if (!has_ports(&work->wire))
		return drop(work, MODEL_UNSUPPORTED | MODEL_NO_MAPPING);
	return in_by_mapping(work);
}

/* The two ways through */

/* A NAT that looks for mappings first may have another reason to drop an inbound packet. */
static uint32_t
bad_address(const struct work *work)
{
	uint32_t late = MODEL_NO_MAPPING | MODEL_NO_SESSION | MODEL_FILTERED | MODEL_UNSUPPORTED;

	return work->input->direction == MODEL_INBOUND ? MODEL_ADDRESS | late : MODEL_ADDRESS;
}

static bool
outbound(struct work *work)
{
	const struct model_config *config = &work->model->config;

	if (is_external(config, work->wire.src)) {
		const struct model_one_to_one *one =
			one_by_inside(config, work->input->tenant, work->wire.src);

		if (one == NULL || one->ext != one->in)
			return drop(work, MODEL_ADDRESS);
	}
	work->hairpin = is_external(config, work->wire.dst);
	if (!translate_out(work))
		return false;
	reread(work);
	return !work->hairpin || translate_in(work);
}

/* Nothing from outside has one of the NAT's addresses: what says so is forged. */
static bool
inbound(struct work *work)
{
	if (is_external(&work->model->config, work->wire.src))
		return drop(work, bad_address(work));
	if (is_external(&work->model->config, work->wire.dst))
		return translate_in(work);
	return drop(work, MODEL_NO_MAPPING);
}

/* Whether a packet goes through as it is. */
static bool
is_untranslated(const struct work *work)
{
	const struct model_config *config = &work->model->config;
	const struct wire *wire = &work->wire;

	if (work->input->direction == MODEL_OUTBOUND)
		return is_exempt(config, wire->dst, wire->dport, wire->kind);
	return !is_external(config, wire->dst) &&
	       (config->pass_unmatched || is_exempt(config, wire->src, wire->sport, wire->kind));
}

/* Everything that is wrong with a packet before the NAT begins. */
static bool
admit(struct work *work)
{
	const struct model_config *config = &work->model->config;
	const struct wire *wire = &work->wire;
	uint32_t reasons = 0;

	if (!wire_read(&work->wire, work->input->bytes, work->input->size))
		return drop(work, MODEL_MALFORMED);
	if (config->drop_bad_ip_checksum && !wire_ip_checksum_ok(work->input->bytes, wire->l4))
		reasons |= MODEL_MALFORMED | MODEL_CHECKSUM;
	if (config->drop_bad_flags && (wire->flags & WIRE_SYN) != 0 &&
	    (wire->flags & (WIRE_RST | WIRE_FIN)) != 0)
		reasons |= MODEL_MALFORMED;
	if (is_bad(wire->src) || is_bad(wire->dst))
		reasons |= bad_address(work);
	if (config->decrement_ttl && wire->ttl <= 1)
		reasons |= MODEL_TTL;
	return reasons == 0 || drop(work, reasons);
}

void
walk_packet(struct work *work)
{
	const struct model_config *config = &work->model->config;
	struct model_observed *out = work->out;
	struct wire before;
	bool passes;

	out->outcome = MODEL_PASSED;
	out->direction = work->input->direction;
	out->tenant = work->input->tenant;
	memcpy(out->bytes, work->input->bytes, work->input->size);
	if (!admit(work))
		return;
	before = work->wire;
	if (before.fragment) {
		work->verdict->judged = false;
		return;
	}
	passes = is_untranslated(work);
	if (!passes) {
		if (!(work->input->direction == MODEL_OUTBOUND ? outbound(work) : inbound(work)))
			return;
		if (config->mss != 0)
			wire_clamp_mss(out->bytes, &before, config->mss);
	}
	if (config->decrement_ttl)
		out->bytes[8]--;
	if (config->id_free && work->seen != NULL && work->seen->outcome == MODEL_PASSED &&
	    work->seen->size >= 20)
		memcpy(out->bytes + 4, work->seen->bytes + 4, 2);
	wire_finish(out->bytes, work->input->bytes, &before);
	out->size = before.size;
}
