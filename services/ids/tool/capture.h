/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets of a capture file, pcap or pcapng. */

#ifndef IDS_CAPTURE_H
#define IDS_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct capture;

/** One packet as it was captured. */
struct capture_packet {
	const uint8_t *bytes; /* valid until the next one */
	uint32_t size;        /* bytes that were kept of it */
	uint32_t wire_size;   /* bytes that it had */
	uint64_t time_ns;     /* UTC, since 1970 */
	uint64_t number;      /* in the file, from 1 */
	int link;             /* DLT_ of libpcap */
};

/**
 * Opens a file.
 * @param file    "-": the standard input
 * @param filter  packets that are wanted, in libpcap's words; NULL: all
 * @param[out] why  on failure, room for @p size bytes
 * @return 0 or -EINVAL
 */
int capture_open(const char *file, const char *filter, struct capture **capture, char *why,
		 size_t size);

/** Accepts NULL. */
void capture_close(struct capture *capture);

/** @return 1: there is a packet; 0: there are no more; -EIO: the file goes on with something else,
 * see capture_fault() */
int capture_next(struct capture *capture, struct capture_packet *packet);

/** @return DLT_ of libpcap. */
int capture_link(const struct capture *capture);

/** @return packets that were read, wanted or not. */
uint64_t capture_packets(const struct capture *capture);

/** @return what was wrong with the file. */
const char *capture_fault(const struct capture *capture);

#endif
