/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes captures that Wireshark and tcpdump read: pcapng (draft-ietf-opsawg-pcapng), of packets,
 * each with a comment. One that begins with IP gets an Ethernet header of zeros. Control thread. */

#ifndef AGENT_PCAPNG_H
#define AGENT_PCAPNG_H

#include <stdint.h>
#include <stdio.h>

#include "pe/capture.h"

/** Begins a file. @param name  of the path that packets are of @return bytes written, 0: it failed
 */
size_t pcapng_begin(FILE *file, const char *name, uint32_t snap);

/** Adds a packet. @param time_ns  since 1970 @return bytes written, 0: it failed */
size_t pcapng_add(FILE *file, const struct captured *packet, uint64_t time_ns);

#endif
