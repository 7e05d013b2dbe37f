/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments through a whole PE. Port p0 is worker 0's, p1 worker 1's; a frame leaves by the port it
 * came in by. The firewall lets UDP to port 80 through, and nothing else: a later fragment comes
 * out only if it knows its first one's ports.
 */

#ifndef TESTS_PATH_FRAGMENT_H
#define TESTS_PATH_FRAGMENT_H

#include "bed.h"

#define DOCUMENT(WORKERS, TENANTS, PATHS)                                                          \
	"{\"version\": 1, \"workers\": {" WORKERS ", \"buffers\": 16384},"                         \
	" \"modules\": [\"%s\", \"firewall\"], \"tenants\": [" TENANTS "],"                        \
	" \"ports\": [{\"name\": \"p0\", \"type\": \"ring\"}, {\"name\": \"p1\", \"type\": "       \
	"\"ring\"}],"                                                                              \
	" \"instances\": [{\"name\": \"fw\", \"service\": \"firewall\", \"config\": " WEB "},"     \
	"  {\"name\": \"fw2\", \"service\": \"firewall\", \"config\": " WEB "},"                   \
	"  {\"name\": \"one\", \"service\": \"probe\", \"config\": {\"count_hosts\": true}}],"     \
	" \"paths\": [" PATHS "]}"
#define WEB                                                                                        \
	"{\"rules\": [{\"action\": \"allow\", \"protocol\": \"udp\", \"to_port\": 80}],"           \
	" \"default\": \"drop\"}"
#define RED "{\"name\": \"red\"}"
#define TWO "\"cores\": [0, 1]"
#define STEPS(PATH, SPI, TENANT, LIST)                                                             \
	"{\"name\": \"" PATH "\", \"spi\": " SPI ", \"tenant\": \"" TENANT "\", \"steps\": [" LIST \
	"]}"
#define FW "{\"instance\": \"fw\"}"
#define FW2 "{\"instance\": \"fw2\"}"
#define ONE "{\"instance\": \"one\"}"
#define PLAIN DOCUMENT(TWO, RED, STEPS("a", "291", "red", FW))

/* Where the inner packet is; bytes of a fragment. */
enum { IP = 14 + 24 + 14, L4 = IP + 20, SIZE = 64 };

/** Many, for what is to happen with either worker. */
enum { DATAGRAMS = 64 };

/** Names of ports; index: worker. */
extern const char *const ports[2];

/** One fragment of SIZE bytes; number 0 is the first. */
struct fragment {
	uint32_t spi;
	uint16_t id, number, dport; /* port 80 if 0 */
	bool last;
	uint32_t source;
};

/** Makes a frame of a fragment; byte 16 of what it carries is its number. */
struct frame fragment_frame(const struct fragment *fragment);

/** Puts a fragment on a port. */
void fragment_send(struct bed *bed, unsigned int port, const struct fragment *fragment);

/** Takes all frames that came out of either port. @return how many */
unsigned int receive_both(struct bed *bed);

/** @return a reason's drops on a path. */
uint64_t drops(struct bed *bed, unsigned int path, const char *reason);

/** @return packets that the two workers hold. */
uint64_t held(struct bed *bed);

#endif
