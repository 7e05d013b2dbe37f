/* SPDX-License-Identifier: BSD-3-Clause */
/* What the NAT tells of itself, one record an event: made by workers for wp_event(), read by the
 * log. See log.md. */

#ifndef NAT_EVENT_H
#define NAT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

/** What has happened. */
enum nat_event_kind {
	NAT_SESSION_CREATED, /* an inside endpoint and a remote one */
	NAT_SESSION_DELETED,
	NAT_MAPPING_CREATED, /* an inside endpoint, whoever the remote one (RFC 8158: BIB) */
	NAT_MAPPING_DELETED,
	NAT_BLOCK_ALLOCATED, /* ports of an outside address, for one inside host */
	NAT_BLOCK_RELEASED,
	NAT_BINDING_CREATED, /* an outside address, for one inside host (paired pooling) */
	NAT_BINDING_DELETED,
	NAT_ADDRESSES_EXHAUSTED, /* a pool has no address left */
	NAT_PORTS_EXHAUSTED,     /* an address, or all of a pool, has no port left */
	NAT_QUOTA_EXCEEDED,
	NAT_SHARES_SET, /* a deterministic pool's hosts in a row: at the start, and at a reload */
	NAT_N_EVENTS,
};

/** Whose quota; values of IE 466, natQuotaExceededEvent. */
enum nat_quota {
	NAT_QUOTA_SESSIONS = 1,
	NAT_QUOTA_MAPPINGS = 2,
	NAT_QUOTA_USER = 3, /* entries of one inside host */
	NAT_QUOTA_HOSTS = 4,
	NAT_QUOTA_END,
};

/** One event. What it does not have is 0. Ports in host order, addresses in network order, of IPv4
 * the first four bytes. */
struct nat_event {
	uint8_t kind;         /* enum nat_event_kind */
	uint8_t version;      /* 4, or 6 (NAT64): of 'inside' and 'remote' */
	uint8_t protocol;     /* IANA number */
	uint8_t quota;        /* enum nat_quota */
	uint16_t tenant;      /* dense id */
	uint16_t pool;        /* its number in the configuration, from 0 */
	uint16_t inside_port; /* ICMP: identifier */
	uint16_t outside_port;
	uint16_t remote_port; /* of the other side, as the inside host knows it */
	uint16_t far_port;    /* as it is outside: differs only where that is translated, too */
	uint16_t first_port, last_port; /* of a block */
	uint32_t limit;                 /* the quota; of shares set: hosts in the row */
	uint32_t suppressed; /* events of this kind that this one stands for as well; of shares
				set: hosts of an outside address */
	uint8_t inside[16];
	uint8_t remote[16];
	uint8_t outside[4];
	uint8_t far[4];
};

_Static_assert(sizeof(struct nat_event) == 68, "no padding: it is copied as it is");

/** A worker's own brake on events that an attacker can cause with every packet: one a second of
 * each kind, pool or host it is kept for. Zeroed at the start. */
struct nat_event_brake {
	uint64_t next_ns;
	uint32_t suppressed;
};

/**
 * @param[out] suppressed  how many were held back since the last that was let through
 * @return whether an event may be emitted now; else it is counted
 */
static inline bool
nat_event_allowed(struct nat_event_brake *brake, uint64_t now_ns, uint32_t *suppressed)
{
	if (now_ns < brake->next_ns) {
		brake->suppressed++;
		return false;
	}
	*suppressed = brake->suppressed;
	*brake = (struct nat_event_brake){.next_ns = now_ns + 1000000000};
	return true;
}

#endif
