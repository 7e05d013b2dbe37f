/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An executable model of a NAPT44 after RFC 3022, 4787, 5382, 5508, 6888 and 7857: linear lists,
 * nothing clever, no code of the product. It watches a NAT at work. For each packet it is told what
 * the NAT made of it, says whether that was right, and takes over what the NAT was free to choose
 * (external addresses and ports) after judging it.
 *
 * Where the RFCs leave a choice, the model has taken one; these are to be known when a difference
 * shows up:
 *
 * - A deadline is reached at its very millisecond: a session with deadline t is dead at t. A NAT
 * whose timers are coarser is driven at times that model_settle() gives.
 * - A hairpinned packet is one that went out and came back in: first all that an outbound packet
 * does, then all that an inbound one does. If the second half drops it, the first half's state
 * stays.
 * - An ICMP query has one identifier: a hairpinned one is looked up by the identifier its sender
 * was mapped to.
 * - TCP (RFC 6146 section 3.5.2, RFC 7857 section 2): flags count in the order RST, SYN, FIN.
 * Packets that fit no session but a mapping are translated and change nothing. A RST takes
 * established and half-closed sessions to TRANS, in all other states it changes nothing. TRANS goes
 * to ESTABLISHED by any packet but RST and SYN. After both FINs, and in TRANS, a SYN opens anew:
 * half-open from the side it came from, established once the other side's SYN is seen.
 * - Only a SYN without ACK, an UDP packet, an ICMP request makes a mapping. ICMP replies use the
 * mappings there are.
 * - Sessions count for the quotas where a NAT has to know the remote: all of TCP's, under a filter
 * those of UDP and ICMP. A mapping has the room of its first session for as long as it lives: when
 * that one has ended, it still counts, and the next takes its place for nothing. So a mapping
 * counts as one at least. Port forwards count for nobody.
 * - A session that an inbound packet made keeps its mapping alive and counts for the quota but
 * permits nothing.
 * - ICMP errors are types 3, 11, 12, queries 8/0 and 13/14; others are dropped but for 1:1
 * addresses, where only errors of types 4 and 5 are. An error's destination is the source of the
 * packet that it carries, of which at least the IP header and 8 bytes are there. An error needs a
 * mapping, no session, and passes any filter.
 * - Static 1:1 translation has no state and no filter; port forwards have sessions and no filter,
 * and do not pair.
 * - Port 0 of TCP and UDP is malformed. Sources or destinations in 0/8, 127/8 and from 224/4 on are
 * bad addresses; so is a source, inbound or outbound, that is one of the NAT's own (identity maps
 * excepted, outbound).
 * - Packets to exempt destinations pass as they are: no MSS clamp either.
 * - Fragments are not judged. Bytes behind the IP total length are nobody's business.
 */

#ifndef TESTS_NAT_MODEL_H
#define TESTS_NAT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_MAX_PACKET 2048
#define MODEL_MAX_POOL 16
#define MODEL_MAX_STATIC 16

enum model_direction { MODEL_OUTBOUND, MODEL_INBOUND };
enum model_filter { MODEL_ANY_REMOTE, MODEL_SAME_ADDRESS, MODEL_SAME_ADDRESS_AND_PORT };

/** Why a packet is dropped. A set of bits: the model accepts a drop for any of those it gives. */
enum model_reason {
	MODEL_MALFORMED = 1,
	MODEL_ADDRESS = 2,     /* a source or destination that no packet may have */
	MODEL_UNSUPPORTED = 4, /* protocol or ICMP type that is not translated */
	MODEL_NO_SESSION = 8,  /* TCP that fits nothing and opens nothing */
	MODEL_NO_MAPPING = 16,
	MODEL_FILTERED = 32,
	MODEL_EXHAUSTED = 64, /* no port */
	MODEL_QUOTA = 128,
	MODEL_CHECKSUM = 256,
	MODEL_TTL = 512,
};

/** Host order. Of an ICMP query, the port is the identifier. */
struct model_endpoint {
	uint32_t addr;
	uint16_t port;
};

struct model_forward {
	uint16_t tenant;
	uint8_t proto;
	struct model_endpoint in, ext;
};

struct model_one_to_one {
	uint16_t tenant;
	uint32_t in, ext;
};

/** Destinations that are not translated (RFC 6888 REQ-6). Ports 0 to 65535: any protocol; else TCP
 * and UDP. */
struct model_exempt {
	uint32_t addr;
	uint8_t bits;
	uint16_t first, last;
};

/** Inside hosts in a row that have shares of the pool's ports (RFC 7422). */
struct model_hosts {
	uint16_t tenant;
	uint32_t first, n;
};

/** Times are milliseconds. model_config_init() gives the product's defaults. */
struct model_config {
	uint32_t pool[MODEL_MAX_POOL];
	uint16_t n_pool;
	uint16_t first_port, last_port; /* of every pool address; ICMP identifiers too */
	uint16_t block_size;   /* 0: no blocks; else block = (port - first_port) / block_size */
	uint16_t max_blocks;   /* per subscriber, all protocols together; 0: blocks are nobody's */
	uint32_t max_sessions; /* per subscriber, all protocols; 0: no limit */
	uint32_t max_mapping_sessions; /* per mapping; 0: no limit */
	uint64_t quarantine;           /* of a port after its mapping ended */
	enum model_filter filter;

	uint64_t udp, icmp;
	uint64_t tcp_established;
	uint64_t tcp_opening;     /* the SYN of one side seen */
	uint64_t tcp_half_closed; /* the FIN of one side seen */
	uint64_t tcp_closing;     /* both FINs seen, or a RST */

	bool inbound_refresh;     /* UDP and ICMP: inbound packets refresh a session */
	bool inbound_session;     /* UDP and ICMP: inbound packets of new remotes make one, if
				     inbound_refresh too */
	bool tcp_loose;           /* TCP other than SYN and RST makes a mapping, in state TRANS */
	bool established_lingers; /* idle established sessions spend tcp_closing in TRANS first (RFC
				     7857 fig. 1) */
	bool drop_bad_flags;      /* SYN with FIN or RST */
	bool drop_bad_ip_checksum;
	bool validate_errors; /* ICMP errors: own checksum and that of the IP header inside (RFC
				 5508 REQ-3) */
	bool decrement_ttl;
	bool answer_ping;    /* echo requests to a pool address: from inside all, from outside those
				that fit no mapping */
	bool answer_syn;     /* unsolicited SYNs, 6 s later, if nobody inside has sent one (RFC 5382
				REQ-4) */
	bool pass_unmatched; /* inbound packets to addresses that are not the NAT's */
	bool id_free;        /* the NAT may change the IP identification (RFC 6864) */
	uint16_t mss;        /* 0: leave it */

	/* Hosts are numbered in this order; each share is share_blocks of one address, from the
	 * lowest up. What is left has blocks on demand, at most overflow_blocks a host. */
	struct model_hosts hosts[MODEL_MAX_STATIC];
	uint16_t n_hosts; /* 0: no shares */
	uint16_t hosts_per_address, share_blocks, overflow_blocks;

	struct model_forward forwards[MODEL_MAX_STATIC];
	struct model_one_to_one ones[MODEL_MAX_STATIC];
	struct model_exempt exempts[MODEL_MAX_STATIC];
	uint16_t n_forwards, n_ones, n_exempts;
};

/** A packet that comes to the NAT: at the IP header, behind it perhaps padding. */
struct model_input {
	uint64_t time; /* never runs backwards */
	enum model_direction direction;
	uint16_t tenant; /* of the inside host; without meaning inbound */
	const uint8_t *bytes;
	size_t size;
};

enum model_outcome { MODEL_PASSED, MODEL_DROPPED, MODEL_ANSWERED };

/** What the NAT did. */
struct model_observed {
	enum model_outcome outcome;
	uint32_t reasons; /* dropped: at least one; as many as the product's reason may mean */
	enum model_direction
		direction; /* passed: where it goes, MODEL_INBOUND is to a host inside */
	uint16_t tenant;   /* passed inbound: to whose */
	uint8_t bytes[MODEL_MAX_PACKET]; /* passed or answered */
	size_t size;
	/* The external endpoint of the mapping that the packet made, addr 0: none, or look into the
	 * packet. To be given where the packet does not show it: dropped behind the sender's half
	 * of a hairpin, or a hairpinned ICMP query. */
	struct model_endpoint made;
};

/** What the model thinks of it. */
struct model_verdict {
	bool agreed;
	bool judged;                    /* false: a fragment, anything goes */
	bool made;                      /* a mapping was made */
	struct model_observed expected; /* .reasons: all that are accepted */
	char why[8192]; /* if not agreed: expected, observed and the story of those concerned */
};

struct model;

/** Fills in the defaults: pool, statics and limits are empty, ports 1024 to 65535. */
void model_config_init(struct model_config *config);

/** @return a model, NULL when out of memory. @p config is copied; its statics do not overlap. */
struct model *model_create(const struct model_config *config);
void model_destroy(struct model *model);

/**
 * Judges what the NAT made of one packet, and follows it.
 *
 * @return verdict->agreed. After a difference the model is of no further use.
 */
bool model_packet(struct model *model, const struct model_input *input,
		  const struct model_observed *observed, struct model_verdict *verdict);

/** Lets the model play the NAT. @p random decides which of the legal ports it takes. */
void model_play(struct model *model, const struct model_input *input, uint64_t random,
		struct model_observed *outcome);

/**
 * Judges a packet that the NAT sent by itself at @p time: with answer_syn, the answer to a SYN of 6
 * s or more ago.
 *
 * @return whether it may; @p why (of @p why_size bytes) says why not.
 */
bool model_emitted(struct model *model, uint64_t time, const uint8_t *bytes, size_t size, char *why,
		   size_t why_size);

/** @return the first time from @p time on with no deadline (session, quarantine) within @p slack
 * before or after it. */
uint64_t model_settle(const struct model *model, uint64_t time, uint64_t slack);

/** @return the next time behind @p time at which something ends (session, quarantine); UINT64_MAX:
 * never. */
uint64_t model_next_end(const struct model *model, uint64_t time);

/** Live mappings and sessions at the last packet's time. */
unsigned int model_mappings(const struct model *model);
unsigned int model_sessions(const struct model *model);

#endif
