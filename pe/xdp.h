/* SPDX-License-Identifier: BSD-3-Clause */
/* Our XDP program on AF_XDP ports: tagged frames to the PE, all others to the kernel. Control
 * thread. */

#ifndef PE_XDP_H
#define PE_XDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What the program counts, by CPU; same order as in xdp/waypoint_xdp.bpf.c. */
struct xdp_frames {
	uint64_t to_pe, to_kernel, no_socket;
};

/** @return the file of the compiled program: WAYPOINT_XDP, beside the binary (build tree), or as
 * installed. */
const char *xdp_program(void);

/* DPDK's driver puts a program on the interface for each of its devices, and wants to be the only
 * one; a device of ours has one queue. So for each further queue of an interface, the program that
 * is there makes way for a moment, and then takes the new queue's socket over. */
struct xdp_aside {
	int program; /* descriptor of the program that made way; -1: none */
	unsigned int n_sockets;
	int sockets[64]; /* AF_XDP sockets of this process before the new one */
};

/** Takes the program off. @return 0 or a negative errno */
int xdp_step_aside(const char *interface, struct xdp_aside *aside);

/** Puts the program back, and gives it the socket that was opened since, as @p queue's.
 * @return 0 or a negative errno */
int xdp_step_back(const char *interface, struct xdp_aside *aside, uint32_t queue);

/**
 * Takes our program off an interface that a killed process has left it on; the caller has claimed
 * the interface. Another's program stays, and is a refusal: the driver would take it off.
 * @return 0, or a negative errno with @p message filled
 */
int xdp_clear(const char *interface, char *message, size_t message_size);

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
