/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts DPDK's environment as a document wants it, and says in words why it did not. Control
 * thread. */

#ifndef PE_EAL_H
#define PE_EAL_H

#include <stddef.h>

#include "pe/document.h"

/**
 * Starts the environment: one lcore for each worker core, huge pages when there are some and none
 * otherwise.
 * @param workers  false: no lcores for workers (pcap files, tests)
 * @return 0, or a negative errno with @p message filled: cause, evidence, command that mends it
 */
int eal_start(const struct document *document, bool workers, char *message, size_t message_size);

void eal_stop(void);

/** @return the lcore of a worker; lcore 0 is control. */
static inline unsigned int
eal_lcore(unsigned int worker)
{
	return worker + 1;
}

#endif
