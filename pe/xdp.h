/* SPDX-License-Identifier: BSD-3-Clause */
/* Our XDP program on AF_XDP ports: tagged frames to the PE, all others to the kernel. Control
 * thread. */

#ifndef PE_XDP_H
#define PE_XDP_H

#include <stddef.h>
#include <stdint.h>

/** What the program counts, by CPU; same order as in xdp/waypoint_xdp.bpf.c. */
struct xdp_frames {
	uint64_t to_pe, to_kernel, no_socket;
};

/** @return the file of the compiled program: WAYPOINT_XDP, beside the binary (build tree), or as
 * installed. */
const char *xdp_program(void);

/**
 * Finds the program's map of tags on an interface that the driver has put it on, and fills it.
 * @param[out] frames  descriptor of its counters; xdp_close() it
 * @return 0, or a negative errno with @p message filled
 */
int xdp_open(const char *interface, int *frames, char *message, size_t message_size);

/** Accepts -1. */
void xdp_close(int frames);

/** Reads what the program has counted. @return 0 or a negative errno */
int xdp_read(int frames, struct xdp_frames *sum);

#endif
