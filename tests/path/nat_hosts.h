/* SPDX-License-Identifier: BSD-3-Clause */
/* Many hosts behind a NAT, each with a UDP and a TCP flow: made, and checked to be what they were.
 */

#ifndef TESTS_PATH_NAT_HOSTS_H
#define TESTS_PATH_NAT_HOSTS_H

#include "bed.h"

#define DOCUMENT(CORES, POOL_ADDRESSES, MORE) DOCUMENT_OF(TWO, CORES, POOL_ADDRESSES, MORE)
#define TWO "{\"name\": \"blue\"}, {\"name\": \"red\"}"
#define SWAPPED "{\"name\": \"red\"}, {\"name\": \"blue\"}" /* so their numbers are, too */
#define DOCUMENT_OF(TENANTS, CORES, POOL_ADDRESSES, MORE)                                          \
	"{\"version\": 1, \"workers\": {\"cores\": [" CORES "], \"buffers\": 8192},"               \
	" \"modules\": [\"nat\", \"firewall\"],"                                                   \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}],"                                    \
	" \"tables\": [{\"service\": \"nat\", \"table\": \"mappings\", \"max_entries\": 10000},"   \
	"  {\"service\": \"nat\", \"table\": \"peers\", \"max_entries\": 10000},"                  \
	"  {\"service\": \"nat\", \"table\": \"subscribers\", \"max_entries\": 10000},"            \
	"  {\"service\": \"nat\", \"table\": \"blocks\", \"max_entries\": 10000},"                 \
	"  {\"service\": \"nat\", \"table\": \"addresses\", \"max_entries\": 100}],"               \
	" \"tenants\": [" TENANTS "],"                                                             \
	" \"instances\": [{\"name\": \"n\", \"service\": \"nat\", \"config\": {\"pools\": "        \
	"  [{\"name\": \"p\", \"addresses\": [\"" POOL_ADDRESSES "\"]" MORE "}},"                  \
	"  {\"name\": \"fw\", \"service\": \"firewall\", \"config\": {\"rules\": "                 \
	"   [{\"action\": \"drop\", \"to_port\": 666}, {\"action\": \"allow\"}]}}],"               \
	" \"paths\": [{\"name\": \"out\", \"spi\": 10, \"tenant\": \"red\", \"inside\": "          \
	"   \"source\", \"reverse\": \"in\", \"steps\": [{\"instance\": \"fw\"}, "                 \
	"   {\"instance\": \"n\"}]},"                                                              \
	"  {\"name\": \"in\", \"spi\": 11, \"tenant\": \"red\", \"inside\": \"destination\","      \
	"   \"reverse\": \"out\", \"steps\": [{\"instance\": \"n\"}]}]}"
#define POOL "203.0.113.0/28"
#define BEFORE DOCUMENT("0, 1", POOL, "}]")

/** AT_ONCE: of how many hosts packets may be in the PE's port. */
enum { HOSTS = 1000, AT_ONCE = 125, OUT = 10, IN = 11 };
enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };
enum { PROTO_TCP = 6, PROTO_UDP = 17 };

struct endpoint {
	uint32_t address;
	uint16_t port;
};

/** What a packet was when it came out. */
struct seen {
	uint32_t source, dest;
	uint16_t sport, dport;
	uint8_t proto;
};

/** One host's UDP and TCP flow. */
struct host {
	struct endpoint udp, tcp;
};

/** Documents of the PE that comes after that of BEFORE: the same, and one of another number of
 * workers in which tenants have other numbers. */
extern const char *const afterwards[2];

extern struct host hosts[HOSTS]; /* where they come from outside */
extern const uint32_t remote;    /* whom all talk to */

/** @return a host's address inside. */
uint32_t address_of(unsigned int host);

/** Puts a TCP packet on the port. */
void send_tcp(struct bed *bed, uint32_t spi, uint32_t source, uint16_t sport, uint32_t dest,
	      uint16_t dport, uint8_t flags);

/** Takes a packet that came out. @return whether there was one */
bool receive(struct bed *bed, struct seen *seen);

/** A host's segment or datagram to its remote endpoint, or back. */
void tcp_of(struct bed *bed, unsigned int host, bool out, uint8_t flags);
void udp_of(struct bed *bed, unsigned int host, bool out);

/** Notes, or compares, where outbound packets of hosts come from outside. @return how many */
unsigned int take_outbound(struct bed *bed, bool compare);

/**
 * Opens flows of some hosts, or of all. Connections are in a state by host % 8; host % 8 == 6 has a
 * second one to remote + 1, host % 8 == 7 one from remote + 2.
 */
void open_hosts(struct bed *bed, unsigned int first, unsigned int end);
void open_all(struct bed *bed);

/** Sends packets of all flows of some hosts, or of all, in both directions, and checks where they
 * go. */
void check_hosts(struct bed *bed, unsigned int first, unsigned int end);
void check_all(struct bed *bed);

#endif
