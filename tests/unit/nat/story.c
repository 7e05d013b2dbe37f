/* SPDX-License-Identifier: BSD-3-Clause */
/* What the model says to humans. */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "inner.h"

void
story_say(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, size - used, format, args);
	va_end(args);
}

const char *
story_state(enum tcp_state state)
{
	static const char *const names[] = {
		"",           "INSIDE_INIT", "OUTSIDE_INIT", "ESTABLISHED",
		"INSIDE_FIN", "OUTSIDE_FIN", "BOTH_FIN",     "TRANS"};

	return names[state];
}

static void
say_endpoint(char *text, size_t size, uint32_t addr, uint16_t port)
{
	story_say(text, size, "%u.%u.%u.%u:%u", addr >> 24, addr >> 16 & 255, addr >> 8 & 255,
		  addr & 255, port);
}

static void
say_flags(char *text, size_t size, uint8_t flags)
{
	static const char letters[] = "FSRPAUEC";

	for (int i = 0; i < 8; i++)
		if ((flags >> i & 1) != 0)
			story_say(text, size, "%c", letters[i]);
}

static void
say_wire(char *text, size_t size, const struct wire *wire)
{
	static const char *const kinds[] = {"tcp",        "udp",  "icmp query",
					    "icmp error", "icmp", "protocol"};

	story_say(text, size, "%s ", kinds[wire->kind]);
	if (wire->kind == WIRE_OTHER)
		story_say(text, size, "%u ", wire->proto);
	if (wire->proto == WIRE_ICMP_PROTO)
		story_say(text, size, "%u/%u ", wire->type, wire->code);
	say_endpoint(text, size, wire->src, wire->sport);
	story_say(text, size, " > ");
	say_endpoint(text, size, wire->dst, wire->dport);
	if (wire->kind == WIRE_TCP) {
		story_say(text, size, " ");
		say_flags(text, size, wire->flags);
	}
}

static void
say_bytes(char *text, size_t size, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n && i < 128; i++)
		story_say(text, size, "%s%02x",
			  i % 32 == 0  ? "\n    "
			  : i % 4 == 0 ? " "
				       : "",
			  bytes[i]);
	story_say(text, size, "\n");
}

void
story_packet(char *text, size_t size, const uint8_t *bytes, size_t n)
{
	struct wire wire, inner;

	if (!wire_read(&wire, bytes, n)) {
		story_say(text, size, "malformed");
	} else {
		say_wire(text, size, &wire);
		if (wire.kind == WIRE_ERROR &&
		    wire_read_embedded(&inner, bytes + wire_embedded(&wire),
				       wire.size - wire_embedded(&wire))) {
			story_say(text, size, " about ");
			say_wire(text, size, &inner);
		}
	}
	story_say(text, size, ", %zu bytes", n);
	say_bytes(text, size, bytes, n);
}

static void
say_reasons(char *text, size_t size, uint32_t reasons)
{
	static const char *const names[] = {"malformed",  "address",  "unsupported", "no-session",
					    "no-mapping", "filtered", "exhausted",   "quota",
					    "checksum",   "ttl"};

	for (unsigned int i = 0; i < 10; i++)
		if ((reasons >> i & 1) != 0)
			story_say(text, size, " %s", names[i]);
	story_say(text, size, "\n");
}

void
story_outcome(char *text, size_t size, const struct model_observed *outcome)
{
	switch (outcome->outcome) {
	case MODEL_DROPPED:
		story_say(text, size, "dropped:");
		say_reasons(text, size, outcome->reasons);
		break;
	case MODEL_ANSWERED:
		story_say(text, size, "answered: ");
		story_packet(text, size, outcome->bytes, outcome->size);
		break;
	case MODEL_PASSED:
		if (outcome->direction == MODEL_INBOUND)
			story_say(text, size, "passed inside, to tenant %u: ", outcome->tenant);
		else
			story_say(text, size, "passed outside: ");
		story_packet(text, size, outcome->bytes, outcome->size);
		break;
	}
}

/* Events */

void
story_note(struct model *model, const char *what, const struct mapping *mapping,
	   const struct session *session, uint8_t flags)
{
	struct event *event = &model->events[model->n_events++ % MODEL_EVENTS];

	*event = (struct event){.time = model->now,
				.what = what,
				.tenant = mapping->tenant,
				.proto = mapping->proto,
				.flags = flags,
				.in = mapping->in,
				.ext = mapping->ext};
	if (session != NULL) {
		event->remote = session->remote;
		event->state = session->state;
		event->deadline = session->deadline;
	}
}

static bool
concerns(const struct event *event, uint16_t tenant, const struct wire *wire)
{
	struct model_endpoint src = {wire->src, wire->sport}, dst = {wire->dst, wire->dport};

	if (event->proto != wire->proto)
		return false;
	return (event->tenant == tenant && (same(event->in, src) || same(event->in, dst))) ||
	       same(event->ext, dst) || same(event->ext, src);
}

static void
say_event(char *text, size_t size, const struct event *event)
{
	story_say(text, size, "  %" PRIu64 " tenant %u proto %u ", event->time, event->tenant,
		  event->proto);
	say_endpoint(text, size, event->in.addr, event->in.port);
	story_say(text, size, " = ");
	say_endpoint(text, size, event->ext.addr, event->ext.port);
	story_say(text, size, ": %s", event->what);
	if (event->remote.addr != 0) {
		story_say(text, size, ", remote ");
		say_endpoint(text, size, event->remote.addr, event->remote.port);
		story_say(text, size, " %s until %" PRIu64 " ", story_state(event->state),
			  event->deadline);
		say_flags(text, size, event->flags);
	}
	story_say(text, size, "\n");
}

/* The last 24 events, oldest first. */
void
story_tell(const struct model *model, char *text, size_t size, uint16_t tenant,
	   const struct wire *wire)
{
	const struct event *found[24];
	unsigned int n = 0;

	for (uint64_t back = 1; back <= MODEL_EVENTS && back <= model->n_events && n < 24; back++) {
		const struct event *event = &model->events[(model->n_events - back) % MODEL_EVENTS];

		if (concerns(event, tenant, wire))
			found[n++] = event;
	}
	story_say(text, size, n == 0 ? "story: none\n" : "story:\n");
	while (n > 0)
		say_event(text, size, found[--n]);
}
