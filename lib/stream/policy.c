/* SPDX-License-Identifier: BSD-3-Clause */
/* See policy.h. After Novak, "Target-Based Fragmentation Reassembly" (2005), and Novak and Sturges,
 * "Target-Based TCP Stream Reassembly" (2007). */

#include "stream/policy.h"

#include <stddef.h>

#include "stream/seq.h"

const char *const stream_policy_names[] = {
	[STREAM_BSD] = "bsd",       [STREAM_FIRST] = "first",         [STREAM_LAST] = "last",
	[STREAM_LINUX] = "linux",   [STREAM_OLD_LINUX] = "old_linux", [STREAM_WINDOWS] = "windows",
	[STREAM_VISTA] = "vista",   [STREAM_SOLARIS] = "solaris",     [STREAM_HPUX10] = "hpux10",
	[STREAM_HPUX11] = "hpux11", [STREAM_IRIX] = "irix",           [STREAM_MACOS] = "macos",
	[STREAM_POLICIES] = NULL,
};

/* Where the new segment begins and ends, seen from the old one: before it, with it, behind it. */
enum { BEFORE, SAME, BEHIND };

/** The bit of a case: how the new one begins, how it ends. */
#define CASE(STARTS, ENDS) (1u << (3 * (STARTS) + (ENDS)))
#define STARTS_BEFORE (CASE(BEFORE, BEFORE) | CASE(BEFORE, SAME) | CASE(BEFORE, BEHIND))
#define STARTS_WITH (CASE(SAME, BEFORE) | CASE(SAME, SAME) | CASE(SAME, BEHIND))
#define COVERS (CASE(BEFORE, SAME) | CASE(BEFORE, BEHIND) | CASE(SAME, SAME) | CASE(SAME, BEHIND))

/** In which cases the new one wins. Index: enum stream_policy. */
static const uint16_t new_wins[STREAM_POLICIES] = {
	[STREAM_BSD] = STARTS_BEFORE,
	[STREAM_FIRST] = 0,
	[STREAM_LAST] = 0x1ff,
	[STREAM_LINUX] = STARTS_BEFORE | CASE(SAME, BEHIND),
	[STREAM_OLD_LINUX] = STARTS_BEFORE | CASE(SAME, SAME) | CASE(SAME, BEHIND),
	[STREAM_WINDOWS] = STARTS_BEFORE,
	[STREAM_VISTA] = 0,
	[STREAM_SOLARIS] = COVERS | CASE(BEHIND, BEHIND),
	[STREAM_HPUX10] = STARTS_BEFORE,
	[STREAM_HPUX11] = COVERS | CASE(BEHIND, BEHIND),
	[STREAM_IRIX] = STARTS_BEFORE,
	[STREAM_MACOS] = STARTS_BEFORE,
};

/** Likewise of fragments. */
static const uint16_t new_fragment_wins[STREAM_POLICIES] = {
	[STREAM_BSD] = STARTS_BEFORE,
	[STREAM_FIRST] = 0,
	[STREAM_LAST] = 0x1ff,
	[STREAM_LINUX] = STARTS_BEFORE | STARTS_WITH,
	[STREAM_OLD_LINUX] = STARTS_BEFORE | STARTS_WITH,
	[STREAM_WINDOWS] = CASE(BEFORE, BEHIND),
	[STREAM_VISTA] = CASE(BEFORE, BEHIND),
	[STREAM_SOLARIS] = CASE(BEFORE, SAME) | CASE(BEFORE, BEHIND),
	[STREAM_HPUX10] = STARTS_BEFORE,
	[STREAM_HPUX11] = 0,
	[STREAM_IRIX] = STARTS_BEFORE,
	[STREAM_MACOS] = 0,
};

static unsigned int
place(uint32_t at, uint32_t of)
{
	int32_t diff = seq_diff(at, of);

	return diff < 0 ? BEFORE : diff == 0 ? SAME : BEHIND;
}

/** @return how two segments lie to each other. */
static uint16_t
case_of(struct stream_span old, struct stream_span new)
{
	return (uint16_t)CASE(place(new.start, old.start), place(new.end, old.end));
}

bool
stream_policy_takes_new(enum stream_policy policy, struct stream_span old, struct stream_span new)
{
	return (new_wins[policy] & case_of(old, new)) != 0;
}

bool
stream_policy_takes_fragment(enum stream_policy policy, struct stream_span old,
			     struct stream_span new)
{
	return (new_fragment_wins[policy] & case_of(old, new)) != 0;
}

bool
stream_policy_resets_in_window(enum stream_policy policy)
{
	return policy == STREAM_OLD_LINUX || policy == STREAM_SOLARIS || policy == STREAM_HPUX11;
}
