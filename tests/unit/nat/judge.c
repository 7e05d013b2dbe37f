/* SPDX-License-Identifier: BSD-3-Clause */
/* Compares what the NAT did with what it should have done. */

#include <string.h>

#include "inner.h"

bool
judge_complain(struct work *work, const char *what, const char *detail)
{
	struct model_verdict *verdict = work->verdict;

	verdict->agreed = false;
	story_say(verdict->why, sizeof(verdict->why), "%s%s\n", what, detail);
	return false;
}

/* An ICMP error of the NAT's own, back to the sender of the packet. */
static bool
is_error_about(const struct model_input *input, const uint8_t *bytes, size_t size, uint8_t type)
{
	struct wire wire, old;
	size_t kept;

	if (!wire_read(&old, input->bytes, input->size) || !wire_read(&wire, bytes, size))
		return false;
	if (wire.kind != WIRE_ERROR || wire.type != type || wire.dst != old.src ||
	    old.kind == WIRE_ERROR)
		return false;
	kept = wire.size - wire_embedded(&wire);
	return wire_ip_checksum_ok(bytes, wire.l4) && wire_icmp_checksum_ok(bytes, &wire) &&
	       kept >= old.l4 + 8 && kept <= old.size &&
	       memcmp(bytes + wire_embedded(&wire), input->bytes, old.l4 + 8) == 0;
}

/* A drop may be told to the sender: RFC 5508 REQ-8 says code 13, RFC 6888 REQ-11 code 1. */
static bool
may_answer(const struct work *work)
{
	const struct model_observed *seen = work->seen, *out = work->out;
	struct wire wire;

	if (out->outcome != MODEL_DROPPED || work->input->direction != MODEL_OUTBOUND)
		return (out->reasons & MODEL_TTL) != 0 &&
		       is_error_about(work->input, seen->bytes, seen->size, 11);
	if ((out->reasons & MODEL_TTL) != 0)
		return is_error_about(work->input, seen->bytes, seen->size, 11);
	if ((out->reasons & (MODEL_EXHAUSTED | MODEL_QUOTA)) == 0 ||
	    !is_error_about(work->input, seen->bytes, seen->size, 3))
		return false;
	wire_read(&wire, seen->bytes, seen->size);
	return wire.code == 1 || wire.code == 13;
}

static bool
same_answer(const struct work *work)
{
	const struct model_observed *seen = work->seen, *out = work->out;
	struct wire wire;

	if (out->outcome != MODEL_ANSWERED)
		return may_answer(work);
	/* A NAT's own packet has a header of its own: only addresses, ICMP and the right sums
	 * count. */
	return wire_read(&wire, seen->bytes, seen->size) &&
	       wire_ip_checksum_ok(seen->bytes, wire.l4) &&
	       memcmp(seen->bytes + 12, out->bytes + 12, 8) == 0 &&
	       wire.size - wire.l4 == work->out->size - work->wire.l4 &&
	       memcmp(seen->bytes + wire.l4, out->bytes + work->wire.l4, wire.size - wire.l4) == 0;
}

static bool
same_packet(const struct work *work)
{
	const struct model_observed *seen = work->seen, *out = work->out;
	struct wire wire;

	if (seen->direction != out->direction ||
	    (out->direction == MODEL_INBOUND && seen->tenant != out->tenant))
		return false;
	if (seen->size != out->size && seen->size != work->input->size)
		return false;
	wire_read(&wire, work->input->bytes, work->input->size);
	return wire_differ(out->bytes, seen->bytes, work->input->bytes, &wire) == wire.size;
}

static bool
is_same(const struct work *work)
{
	const struct model_observed *seen = work->seen, *out = work->out;

	if (seen->outcome == MODEL_ANSWERED)
		return same_answer(work);
	if (seen->outcome != out->outcome)
		return false;
	return seen->outcome == MODEL_PASSED ? same_packet(work)
					     : (seen->reasons & out->reasons) != 0;
}

/* A mapping that the NAT says it made, and none that should be. */
static bool
made_too_much(const struct work *work)
{
	return work->seen->made.addr != 0 &&
	       (!work->verdict->made || !same(work->seen->made, work->out->made));
}

static void
explain(struct work *work)
{
	struct model_verdict *verdict = work->verdict;
	char *why = verdict->why;
	size_t size = sizeof(verdict->why);
	struct wire wire;

	story_say(why, size, "at %llu, %s of tenant %u: ", (unsigned long long)work->input->time,
		  work->input->direction == MODEL_OUTBOUND ? "outbound" : "inbound",
		  work->input->tenant);
	story_packet(why, size, work->input->bytes, work->input->size);
	story_say(why, size, "expected: ");
	story_outcome(why, size, work->out);
	story_say(why, size, "observed: ");
	story_outcome(why, size, work->seen);
	if (work->seen->made.addr != 0)
		story_say(why, size, "made: %08x:%u\n", work->seen->made.addr,
			  work->seen->made.port);
	if (wire_read(&wire, work->input->bytes, work->input->size))
		story_tell(work->model, why, size, work->input->tenant, &wire);
}

void
judge_outcome(struct work *work)
{
	struct model_verdict *verdict = work->verdict;

	if (!verdict->judged)
		return;
	if (verdict->agreed && !is_same(work))
		judge_complain(work, "the outcome is another", "");
	else if (verdict->agreed && made_too_much(work))
		judge_complain(work, "a mapping was made that should not be", "");
	if (!verdict->agreed)
		explain(work);
}
