/* SPDX-License-Identifier: BSD-3-Clause */
/* Whose bytes count where two segments overlap: each kind of end host has its own answer. */

#ifndef WP_STREAM_POLICY_H
#define WP_STREAM_POLICY_H

#include <stdbool.h>
#include <stdint.h>

/** Kinds of end hosts, under the names that rules and configurations of detectors use. */
enum stream_policy {
	STREAM_BSD,
	STREAM_FIRST,
	STREAM_LAST,
	STREAM_LINUX,
	STREAM_OLD_LINUX,
	STREAM_WINDOWS,
	STREAM_VISTA,
	STREAM_SOLARIS,
	STREAM_HPUX10,
	STREAM_HPUX11,
	STREAM_IRIX,
	STREAM_MACOS,
	STREAM_POLICIES,
};

/** Names of the policies; NULL-terminated, index: enum stream_policy. */
extern const char *const stream_policy_names[];

/** A segment on the sequence line. */
struct stream_span {
	uint32_t start, end; /* of bytes: [start, end) */
};

/** @return whether the later one of two segments wins the bytes that they have in common. */
bool stream_policy_takes_new(enum stream_policy policy, struct stream_span old,
			     struct stream_span new);

/** Likewise of two fragments of a datagram, which the same hosts resolve otherwise. */
bool stream_policy_takes_fragment(enum stream_policy policy, struct stream_span old,
				  struct stream_span new);

/** @return whether to hosts of a kind a segment that waits is one with the one that ends where it
 * begins (Linux: tcp_ooo_try_coalesce). */
static inline bool
stream_policy_joins(enum stream_policy policy)
{
	return policy == STREAM_LINUX;
}

/** @return whether hosts of a kind take what is a multiple of 8 bytes of a fragment of IPv4 that is
 * none and is not the last (Linux: ip_frag_queue); others drop it. */
static inline bool
stream_policy_evens_fragment(enum stream_policy policy)
{
	return policy == STREAM_LINUX || policy == STREAM_OLD_LINUX;
}

/** @return whether an urgent pointer counts until its byte comes, in whichever segment, and 0 means
 * the first byte; else it counts within its own segment. */
static inline bool
stream_policy_keeps_urgent(enum stream_policy policy)
{
	return policy == STREAM_LINUX || policy == STREAM_OLD_LINUX;
}

/** @return whether hosts of a kind drop a segment with a signature by MD5 (RFC 2385) that they have
 * no key for: the others do not know the option. */
static inline bool
stream_policy_knows_md5(enum stream_policy policy)
{
	return policy == STREAM_LINUX;
}

/** @return by how much a timestamp may be less than the last, and hosts of a kind take it all the
 * same (Linux: TCP_PAWS_WINDOW). */
static inline uint32_t
stream_policy_paws_slack(enum stream_policy policy)
{
	return policy == STREAM_LINUX;
}

/** @return whether hosts of a kind take a RST anywhere in the window (RFC 793), and not only at the
 * very sequence number they expect (RFC 5961 section 3). */
bool stream_policy_resets_in_window(enum stream_policy policy);

#endif
