/* SPDX-License-Identifier: BSD-3-Clause */
/* TCP connections through a PE under test: both sides, segment by segment. */

#ifndef TESTS_PATH_TALK_H
#define TESTS_PATH_TALK_H

#include "bed.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/** The client of all that is sent from now on; host order. Its server has port 80. */
extern uint32_t talk_client;

/** A document with the path "out" (SPI 291) and its reverse "back"; "%s" stands for the workers'
 * cores. */
#define DOCUMENT(MORE, INSTANCES, STEPS, BACK_STEPS)                                               \
	"{\"version\": 1, \"workers\": {\"cores\": %s, \"buffers\": 8192}, \"modules\": ["         \
	"\"" WP_LISTENER                                                                           \
	"\", \"nat\", \"flowlog\", \"altered\", \"ipfix\"], \"ports\": [{\"name\": \"p0\", "       \
	"\"type\": \"ring\"}, {\"name\": \"p1\", \"type\": \"ring\"}]," MORE                       \
	" \"instances\": [" INSTANCES "], \"paths\": ["                                            \
	"{\"name\": \"out\", \"spi\": 291, \"inside\": \"source\", \"reverse\": \"back\","         \
	" \"steps\": [" STEPS "]},"                                                                \
	"{\"name\": \"back\", \"spi\": 292, \"inside\": \"destination\", \"reverse\": \"out\","    \
	" \"steps\": [" BACK_STEPS "]}]}"
#define LISTENER(NAME) "{\"name\": \"" NAME "\", \"service\": \"listener\"}"
#define STEP(NAME) "{\"instance\": \"" NAME "\"}"

/** Opens a PE with a document like that. @param workers  0: one, 1: two */
struct bed *talk_open(const char *format, int workers);

/** @return the text of a document like that; valid until the next call. */
const char *talk_document(const char *format, int workers);

/** Makes a frame with a segment; numbers count from the initial ones. @param back  from the server
 */
struct frame talk_segment(uint16_t port, bool back, uint8_t flags, uint32_t seq, uint32_t ack,
			  const char *data);

/** Sends one. */
void send_segment(struct bed *bed, uint16_t port, bool back, uint8_t flags, uint32_t seq,
		  uint32_t ack, const char *data);

/** Sends one of two fragments of a client's segment, which has its sequence number for an id. */
void send_fragment(struct bed *bed, uint16_t port, uint32_t seq, const char *data,
		   unsigned int which);

/** Sends the client's next segment in two fragments, the second one behind 24 bytes. @param first
 * which of them goes first */
void send_fragments(struct bed *bed, uint16_t port, uint32_t seq, const char *data,
		    unsigned int first);

/** SYN, SYN and ACK, ACK. */
void handshake(struct bed *bed, uint16_t port);

/** @return how many frames came out. */
unsigned int receive_all(struct bed *bed);

/** @return a counter of the @p i th instance. */
uint64_t count(struct bed *bed, unsigned int i, const char *counter);

/** What the listener that is the @p i th instance was told came in order, to the flow's owner. */
void check_order(struct bed *bed, unsigned int i);

#endif
