/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside of the service nat: what its files share. All state of one inside host (its subscriber
 * entry, port blocks, mappings and peers) lives in the host's bucket, so that one worker writes all
 * of it.
 */

#ifndef NAT_H
#define NAT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "event.h"
#include "knock.h"
#include "log.h"
#include "nat64.h"
#include "pmtu/icmp.h"
#include "service.h"
#include "state/state.h"

#define BLOCK_PORTS 64      /* ports of an external address that a subscriber takes at a time */
#define ADDRESS_BLOCKS 1024 /* 65536 / BLOCK_PORTS */
#define NAT_BRAKES 256      /* of quota events; hosts share them */
#define NAT_FTP_PORTS 8     /* of control connections */
#define NAT_FTP_DATA 2048   /* bytes of data of one of their packets */

/** Index: nat_tables. */
enum nat_table {
	NAT_MAPPINGS,     /* inside endpoint and outside endpoint */
	NAT_PEERS,        /* further remote endpoints of a mapping; the first is in the mapping */
	NAT_SUBSCRIBERS,  /* inside hosts */
	NAT_BLOCKS,       /* port blocks that subscribers have */
	NAT_ADDRESSES,    /* external addresses: which blocks are taken */
	NAT_CLAIMS,       /* mappings that hosts have asked for */
	NAT_FTP,          /* control connections of FTP; see ftp.h */
	NAT_SUBSCRIBERS6, /* IPv6 prefixes of inside hosts */
};

/** Index: nat_counters. */
enum nat_counter {
	NAT_COUNT_CREATED,
	NAT_COUNT_REMOVED,
	NAT_COUNT_BLOCKS_TAKEN,
	NAT_COUNT_BLOCKS_GIVEN,
	NAT_COUNT_ERRORS,
	NAT_COUNT_HAIRPINS,
	NAT_COUNT_PINGS,
	NAT_COUNT_QUOTA,
	NAT_COUNT_EXHAUSTED,
	NAT_COUNT_RESTORED,
	NAT_COUNT_PCP,
	NAT_COUNT_PCP_REFUSED,
	NAT_COUNT_SYNS,
	NAT_COUNT_FTP,
	NAT_COUNT_FTP_LEFT,
	NAT_COUNT_CUT,
	NAT_COUNT_TOO_BIG,
	NAT_COUNT_LOG, /* enum nat_log_count from here on */
};

/** Index: nat_reasons. */
enum nat_reason {
	NAT_DROP_MALFORMED,
	NAT_DROP_PROTOCOL,
	NAT_DROP_FRAGMENT,
	NAT_DROP_NO_MAPPING,
	NAT_DROP_NO_SESSION,
	NAT_DROP_FILTERED,
	NAT_DROP_PORTS,
	NAT_DROP_QUOTA,
	NAT_DROP_TABLE_FULL,
	NAT_DROP_ICMP,
	NAT_DROP_CHECKSUM,
	NAT_DROP_ADDRESS,
	NAT_DROP_FTP,
	NAT_DROP_TOO_BIG,
};

/** Protocols whose ports a block has; index of its bitmaps. */
enum nat_proto { NAT_TCP, NAT_UDP, NAT_ICMP, NAT_PROTOS };

/** Who from outside may use a mapping (RFC 4787 section 5). */
enum nat_filtering { NAT_ANYBODY, NAT_ADDRESS, NAT_ADDRESS_AND_PORT };

/** State of one TCP connection (RFC 6146 3.5.2, RFC 7857 section 2). */
enum tcp_state {
	TCP_CLOSED,
	TCP_INIT_IN,  /* SYN from the inside */
	TCP_INIT_OUT, /* SYN from the outside */
	TCP_ESTABLISHED,
	TCP_FIN_IN,  /* FIN from the inside */
	TCP_FIN_OUT, /* FIN from the outside */
	TCP_FIN_BOTH,
	TCP_TRANS, /* RST seen; goes on if anything but an RST comes */
	TCP_STATES,
};

/** A mapping: value of NAT_MAPPINGS. The inside endpoint is its first key, the outside endpoint its
 * second. */
struct mapping {
	struct wp_entry *subscriber;
	struct wp_entry *block; /* that its port is of */
	uint32_t outside;       /* address, network order */
	uint16_t outside_port;  /* or ICMP identifier; network order */
	uint16_t address_delta; /* what the IP checksum gains on the way out (RFC 1624) */
	uint16_t delta;         /* likewise the L4 checksum; of an IPv6 host, by the port alone */
	uint8_t state;          /* of the first peer; enum tcp_state */
	bool has_peer;          /* the first peer is in use */
	uint32_t peer;          /* first remote endpoint, network order */
	uint16_t peer_port;     /* of TCP, 0: any, it is expected; see session_expect() */
	bool peer_permits;      /* the inside has sent to it */
	bool pinned;            /* a host has asked for it (pcp.c): silence does not end it */
	uint32_t peer_used; /* tick; of UDP and ICMP, with filtering: what it may is over idle later
			     */
	uint32_t n_peers;   /* further ones, in NAT_PEERS */
	uint32_t created;   /* tick */
	uint32_t checked; /* fixed_mark of the configuration that has no fixed mapping in its place
			   */
	bool first_is_peer; /* the first place is a watched connection's, in NAT_PEERS */
};

/** A further remote endpoint, or a remote address that a TCP connection was made to (port 0, only
 * for address-dependent filtering): value of NAT_PEERS. */
struct peer {
	struct wp_entry *mapping;
	uint32_t n;    /* of an address: connections in NAT_PEERS by which it may come in */
	uint8_t state; /* enum tcp_state */
	bool permits;  /* the inside has sent to it */
	bool held;     /* counted in its address's */
	bool first;    /* has the mapping's first place */
};

/** An inside host: value of NAT_SUBSCRIBERS and NAT_SUBSCRIBERS6. */
struct subscriber {
	struct wp_entry *blocks; /* list of those it has */
	uint32_t outside;        /* external address it is paired with, network order */
	uint32_t n_mappings[NAT_PROTOS];
	uint32_t n_sessions; /* mappings, and further remote endpoints of them */
	uint16_t n_blocks;
	uint16_t n_told; /* of them, those that the log knows of */
};

/** A port block: value of NAT_BLOCKS. A port that is free again rests in 'resting', then in
 * 'rested', for one quarantine each at the most. */
struct block {
	struct wp_entry *subscriber;
	struct wp_entry *next; /* of the subscriber */
	uint64_t used[NAT_PROTOS], resting[NAT_PROTOS], rested[NAT_PROTOS];
	uint64_t allowed;   /* ports of it that the pool's range has */
	uint32_t outside;   /* address, network order */
	uint16_t first;     /* port, host order */
	bool told;          /* the log knows of it: it was no part of its host's share */
	uint8_t version;    /* 4 or 6, of 'inside' */
	uint8_t inside[16]; /* the subscriber's key: a record's only way to it */
};

/** An external address: value of NAT_ADDRESSES. */
struct address {
	_Atomic uint64_t taken[ADDRESS_BLOCKS / 64]; /* bits: blocks */
	_Atomic uint64_t began_ns;                   /* pcp.c's epoch; 0: not yet */
};

/** That an inside host has asked for a mapping, whose key this has: value of NAT_CLAIMS. */
struct claim {
	uint8_t nonce[12]; /* only who knows it may ask again, or give it up */
};

/** An external address of a pool. */
struct pool_address {
	uint32_t outside;       /* network order */
	struct wp_entry *entry; /* NAT_ADDRESSES */
};

/** Addresses in a row. */
struct pool_range {
	uint32_t first, last; /* host order */
	uint32_t index;       /* of the first in the pool's addresses */
};

struct pool {
	const char *name;
	struct pool_address *addresses;
	struct pool_range *ranges;
	uint32_t n_addresses, n_ranges;
	struct wp_port_range ports;
	uint64_t usable[ADDRESS_BLOCKS / 64]; /* bits: blocks with ports in the range */
	struct deterministic *deterministic;  /* NULL: all blocks are taken on demand */
};

/** A mapping of the configuration. All of network order; port 0: all ports, protocol 0: all. */
struct fixed {
	uint32_t inside, outside;
	uint16_t inside_port, outside_port;
	uint16_t tenant;
	uint8_t proto;
};

/** An instance. */
struct nat {
	struct pool *pools;
	uint32_t n_pools;
	struct inside_range *inside; /* sorted: hosts with shares of deterministic pools */
	uint32_t n_inside;
	uint32_t outside_first, outside_size; /* host order: all external addresses lie in it */
	struct fixed *by_inside, *by_outside; /* sorted */
	uint32_t n_fixed;
	uint32_t fixed_mark;           /* another one for another list */
	uint32_t filtering;            /* enum nat_filtering */
	uint32_t idle[NAT_PROTOS];     /* ticks; of TCP: opening */
	uint32_t tcp_idle[TCP_STATES]; /* ticks */
	uint32_t quarantine;           /* ticks */
	uint32_t max_blocks,
		max_mappings; /* of a subscriber; the second by protocol; 0: no limit */
	uint32_t max_sessions, max_mapping_sessions; /* of a subscriber; of a mapping, 0: no limit
						      */
	uint32_t mtu; /* bytes of a packet that fits the links; 0: not known */
	struct wp_icmp_rate icmp_rate;
	uint64_t syn_wait_ns;              /* until an unsolicited SYN is answered; 0: never */
	uint16_t ftp_ports[NAT_FTP_PORTS]; /* of control connections, host order */
	uint32_t n_ftp_ports;              /* 0: FTP is nothing special */
	uint32_t event_kinds;              /* bits: enum nat_event_kind that some log wants */
	struct wp_list log;                /* struct nat_log_target */
	struct nat_log_names names;
	struct {
		uint32_t *servers; /* addresses, network order */
		uint32_t n_servers;
		uint32_t max_lifetime; /* seconds */
		uint16_t port;         /* host order; 0: there are no servers */
	} pcp;
	struct nat64 six;
	bool forward_unmatched, inbound_refresh, tcp_loose, ping;
};

/** One use of an instance on a path. */
struct nat_step {
	const struct pool *pool; /* of new mappings; NULL: there is none */
};

/** A worker's scratch. */
struct nat_core {
	uint64_t drawn;       /* random numbers, so far */
	uint32_t shares_told; /* of the instance's inside ranges; by the first worker */
	struct wp_icmp_limit icmp_limit;
	struct wp_packet *pieces[WP_BURST_MAX]; /* of the packet being translated, cut */
	unsigned int n_pieces;
	uint64_t id_of;                      /* the burst that 'id' was drawn in */
	uint16_t id;                         /* next IPv4 identification */
	struct nat_event_brake exhausted[2]; /* addresses, ports */
	struct nat_event_brake quota[NAT_BRAKES];
	struct knocks knocks;
	uint8_t ftp_data[NAT_FTP_DATA]; /* of the packet at hand */
};

/** @return the family of an entry's first key: 4 or 6. */
static inline uint8_t
key_version(const struct wp_entry *entry)
{
	return atomic_load_explicit(&entry->key_version, memory_order_relaxed);
}

/** @return a value of an entry for its owner to change in place: fields that no other worker
 * reads, or that need no consistent view. */
static inline void *
nat_mutable(struct wp_entry *entry)
{
	return (void *)(uintptr_t)wp_value(entry);
}

/** @return what a checksum that covers an address and a port gains when they change: a ones'
 * complement difference (RFC 1624). All in network order. */
static inline uint16_t
nat_difference(uint32_t from, uint32_t to, uint16_t port_from, uint16_t port_to)
{
	uint32_t sum = (uint32_t)(uint16_t)~from + (uint16_t) ~(from >> 16) + (uint16_t)to +
		       (to >> 16) + (uint16_t)~port_from + port_to;

	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/** @return a number that nobody can foresee. */
uint64_t nat_random(struct wp_core *core);

/* pool.c */

/** @return the address of a pool, or NULL. */
const struct pool_address *pool_find(const struct pool *pool, uint32_t outside);

/** @return the pool that has an address, or NULL. */
const struct pool *nat_pool_of(const struct nat *nat, uint32_t outside);

/** @return whether an address is one that the instance translates to. */
bool nat_is_outside(const struct nat *nat, uint32_t outside);

/** @return whether an inside host has one of the instance's own external addresses: an identity
 * mapping. */
bool nat_is_identity(const struct nat *nat, const struct wp_packet *pkt, uint32_t address);

/* fixed.c */

/** Sorts the fixed mappings. */
int fixed_sort(struct nat *nat);

/** @return the fixed mapping of an inside endpoint, the narrowest, or NULL. */
const struct fixed *fixed_inside(const struct nat *nat, uint16_t tenant, uint32_t inside,
				 uint16_t port, uint8_t proto);

/** @return that of an outside endpoint, or NULL. */
const struct fixed *fixed_outside(const struct nat *nat, uint32_t outside, uint16_t port,
				  uint8_t proto);

/* ports.c */

/** A port that was found. */
struct port {
	struct wp_entry *block;
	uint32_t outside;      /* network order */
	uint16_t outside_port; /* network order */
};

/**
 * Takes a free port for a subscriber, and a further block if it needs one.
 * @return 0; -EDQUOT when it has as many blocks as it may; -ENOSPC when its address, or the pool,
 * has no block left; -ENOMEM when the table is full
 */
int port_take(const struct nat *nat, struct wp_core *core, struct wp_entry *subscriber,
	      const struct pool *pool, enum nat_proto proto, struct port *port);

/** Gives a port back; it rests before it is used again. */
void port_give(const struct nat *nat, struct wp_core *core, const struct port *port,
	       enum nat_proto proto);

/** Gives a port back that nobody has seen. */
void port_return(const struct port *port, enum nat_proto proto);

/** @return how many ports a subscriber may have. @param pool  of new subscribers */
uint32_t port_limit(const struct nat *nat, const struct wp_entry *subscriber,
		    const struct pool *pool);

/**
 * Takes a certain block of an address, and puts it in front of its subscriber's.
 * @param number  its first port / BLOCK_PORTS
 * @return 0; -EBUSY when it is taken; or a negative errno, as wp_table_insert()
 */
int block_claim(const struct nat *nat, const struct pool *pool, struct wp_core *core,
		struct wp_entry *subscriber, const struct pool_address *from, unsigned int number);

/** Finds a block. @param outside  network order @return NULL: nobody has it */
struct wp_entry *block_find(struct wp_core *core, uint16_t tenant, uint32_t outside,
			    unsigned int number);

/** @return why a block is not for a subscriber to take, or NULL. */
const char *block_fault(const struct nat *nat, const struct wp_entry *subscriber, uint32_t outside,
			unsigned int number);

/** A block's quarantine is over. @return as wp_service.expire() */
uint32_t block_expire(const struct nat *nat, struct wp_core *core, struct wp_entry *block);

/* mapping.c */

/** @return the mapping that a port of an outbound packet's source has now; NULL: none.
 * @param inside_port  network order */
struct wp_entry *mapping_find(struct wp_core *core, const struct wp_packet *pkt, uint8_t protocol,
			      uint16_t inside_port);

/** @return the table that has the inside hosts of a family. */
static inline struct wp_table *
subscribers_of(struct wp_core *core, uint8_t version)
{
	return core->tables[version == 6 ? NAT_SUBSCRIBERS6 : NAT_SUBSCRIBERS];
}

/** Makes a mapping for an outbound packet. @return its entry, or NULL with the packet's verdict set
 */
struct wp_entry *mapping_make(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
			      enum nat_proto proto, uint16_t port);

/** Writes the key of a mapping of IPv4, and the second one of any: an endpoint and its protocol.
 * @param port  network order */
static inline void
mapping_key(uint8_t *key, const void *address, uint16_t port, uint8_t protocol)
{
	memcpy(key, address, 4);
	memcpy(key + 4, &port, 2);
	key[6] = protocol;
}

/** @return bytes of an endpoint in a key: address and port. */
static inline unsigned int
endpoint_size(uint8_t version)
{
	return version == 6 ? 18 : 6;
}

/** Writes the first key of a mapping of either family. */
static inline void
mapping_key_of(uint8_t *key, uint8_t version, const void *address, uint16_t port, uint8_t protocol)
{
	unsigned int size = endpoint_size(version);

	memcpy(key, address, size - 2);
	memcpy(key + size - 2, &port, 2);
	key[size] = protocol;
}

/** @return the protocol of a mapping, IANA; of ICMPv6 that of ICMP. */
static inline uint8_t
mapping_protocol(const struct wp_entry *mapping)
{
	return wp_entry_key(mapping)[endpoint_size(key_version(mapping))];
}

/** @return the port of a mapping's inside endpoint, network order. */
static inline uint16_t
mapping_inside_port(const struct wp_entry *mapping)
{
	uint16_t port;

	memcpy(&port, wp_entry_key(mapping) + endpoint_size(key_version(mapping)) - 2, 2);
	return port;
}

#define MAPPING_KEY_SIZE 7      /* of IPv4 */
#define MAPPING_KEY_SIZE_MAX 19 /* of IPv6 */

/** @return where a peer's key has the remote's address: behind it port and protocol. */
static inline unsigned int
peer_remote_at(uint8_t version)
{
	return endpoint_size(version);
}

#define PEER_KEY_SIZE_MAX 25

/** Writes the key of a peer of a mapping. @param remote, port  network order */
static inline void
peer_key(uint8_t *key, const struct wp_entry *mapping, uint32_t remote, uint16_t port)
{
	unsigned int size = endpoint_size(key_version(mapping));

	memcpy(key, wp_entry_key(mapping), size);
	memcpy(key + size, &remote, 4);
	memcpy(key + size + 4, &port, 2);
	key[size + 6] = wp_entry_key(mapping)[size];
}

/** Sets what checksums gain by a mapping, whose entry has its key. */
void mapping_set_deltas(struct mapping *mapping, const struct wp_entry *entry);

/** Gives back what a mapping has; its entry is to be removed. */
void mapping_end(const struct nat *nat, struct wp_core *core, struct wp_entry *entry);

/** @return as wp_service.expire() */
uint32_t mapping_expire(const struct nat *nat, struct wp_core *core, struct wp_entry *entry);
uint32_t subscriber_expire(const struct nat *nat, struct wp_entry *entry);

/* session.c */

/** @return the limit that keeps a mapping, or its host, from one more session; 0: none does. The
 * last quarter of each is for sessions that begin inside: a flood from outside uses up nobody's. */
uint32_t session_limit(const struct nat *nat, const struct mapping *mapping, bool from_inside);

/** Counts a new entry of NAT_PEERS. */
void session_count(struct mapping *mapping, struct peer *peer);

/**
 * Looks whether a packet that has a mapping may pass, and keeps the mapping's peers and TCP states.
 * Sets the verdict of one that may not.
 * @param remote, port  network order
 */
bool session_pass(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
		  struct wp_entry *mapping, bool from_inside, uint32_t remote, uint16_t port);

/** Expects a remote address, whatever its port, to open the first connection of a mapping: its host
 * has asked it to. */
void session_expect(const struct nat *nat, struct wp_core *core, struct wp_entry *mapping,
		    uint32_t remote);

/** @return whether the inside has sent to a remote endpoint of TCP by a mapping, which may be
 * another worker's. */
bool session_permits(const struct nat *nat, struct wp_core *core, struct wp_entry *mapping,
		     uint32_t remote, uint16_t port);

/** @return as wp_service.expire() */
uint32_t peer_expire(const struct nat *nat, struct wp_core *core, struct wp_entry *entry);

/* peer.c. The key of a peer: inside endpoint, remote endpoint, protocol; see nat_tables. */

/** Finds the entry of the remote address of a peer's key. @return NULL: nobody holds it */
struct wp_entry *peer_find_address(struct wp_core *core, const struct wp_entry *mapping,
				   const uint8_t *key);

/** Counts one connection more to that address, or less. @return 0 or a negative errno, as
 * wp_table_insert() */
int peer_hold_address(struct wp_core *core, struct wp_entry *mapping, const uint8_t *key);
void peer_release_address(struct wp_core *core, const struct wp_entry *mapping, const uint8_t *key);

/* slow.c */

/** A packet from inside, or from outside, that is not simply part of an established conversation.
 */
void nat_out_slowly(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt);
void nat_in_slowly(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt);

/** Finds or makes the mapping of a packet from inside. @param entry  that was found, or NULL
 * @return NULL with the verdict set */
struct wp_entry *nat_mapping_for(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt,
				 bool is_endpoint, struct wp_entry *entry);

/** Tells the sender of a packet that was refused a port or a session, if it was (RFC 5508 REQ-8,
 * RFC 6888 REQ-4). */
void nat_answer_refusal(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt);

/** @return whether an L4 header contradicts itself: a TCP segment that opens a connection and ends
 * it at once, a UDP length that cannot be. */
bool nat_is_bad_l4(const struct wp_packet *pkt);

/** A packet whose source is translated: is it for another inside host? Then it comes in again, as
 * if from outside (RFC 4787 REQ-9). */
void nat_hairpin(const struct nat *nat, struct wp_core *core, struct wp_packet *pkt);

/* tell.c: to the log, if it wants to know */

void tell_mapping(const struct nat *nat, struct wp_core *core, enum nat_event_kind kind,
		  const struct wp_entry *entry);
void tell_block(const struct nat *nat, struct wp_core *core, enum nat_event_kind kind,
		const struct wp_entry *subscriber, const struct block *block);
/** Tells of inside ranges that have not been told of: a few, so that it never takes long. */
void tell_shares(const struct nat *nat, struct wp_core *core);
void tell_exhausted(const struct nat *nat, struct wp_core *core, const struct wp_entry *subscriber,
		    const struct pool *pool, uint8_t protocol);
/** @param limit  entries of its state that the host may have, and has */
void tell_quota(const struct nat *nat, struct wp_core *core, struct wp_entry *subscriber,
		uint8_t protocol, uint32_t limit);

/* tcp.c */

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

/** @return the state after a segment. @param flags  of its header */
enum tcp_state tcp_next(enum tcp_state state, uint8_t flags, bool from_inside);

/** @return whether a segment asks for a connection: a SYN alone. */
bool tcp_opens(uint8_t flags);

/** @return whether a segment shows a connection whose beginning nobody has seen. */
bool tcp_goes_on(uint8_t flags);

/** @return whether a segment that leaves a connection in its state shows that it lives. */
bool tcp_refreshes(enum tcp_state state, uint8_t flags);

/* icmp.c */

/* Types of ICMPv6 (RFC 4443). */
#define ICMPV6_ERROR_LAST 127
#define ICMPV6_ECHO 128
#define ICMPV6_ECHO_REPLY 129

/** The packet that an ICMP error is about. */
struct quoted {
	uint8_t *ip;           /* its IP header, in the error */
	uint8_t *l4;           /* its first 8 bytes at least */
	uint16_t size;         /* bytes from ip to the end of the packet */
	uint8_t l4_protocol;   /* IANA */
	bool has_ports;        /* ... or an identifier; else both are 0 */
	uint16_t source, dest; /* ports, or the identifier in both; network order */
};

/** Reads what an ICMP error quotes. @return false when that is no packet */
bool quoted_read(const struct wp_packet *pkt, struct quoted *quoted);

/** @return whether an ICMP type is an error about another packet. */
bool icmp_is_error(uint8_t type);

/** @return whether it is a query, or the answer to one; a query; an echo request; one that no NAT
 * passes on (RFC 5508 has no use for it). */
bool icmp_is_query(uint8_t type);
bool icmp_is_request(uint8_t type);
bool icmp_is_echo(uint8_t type);
bool icmp_is_refused(uint8_t type);

/**
 * Translates an ICMP error: one endpoint of the packet that it quotes, and its own address on the
 * same side.
 * @param from_inside    the quoted destination and the error's source; else the other two
 * @param address, port  of the quoted packet, network order
 * @param own            of the error
 */
void icmp_translate(struct wp_packet *pkt, const struct quoted *quoted, bool from_inside,
		    uint32_t address, uint16_t port, uint32_t own);

/** A sum of 0 that was come to by differences is one of all ones when all that it covers is 0. */
void icmp_mend_sum(struct wp_packet *pkt);

/** Answers an echo request in place. */
void icmp_answer_echo(struct wp_packet *pkt);

#endif
