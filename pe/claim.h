/* SPDX-License-Identifier: BSD-3-Clause */
/* One waypointd for each interface: a claim on it that ends with the process. Control thread. */

#ifndef PE_CLAIM_H
#define PE_CLAIM_H

#include <stddef.h>

/**
 * Claims an interface of this network namespace.
 * @param[out] claim  a descriptor; closing it ends the claim
 * @return 0, or a negative errno with @p message filled
 */
int claim_interface(const char *interface, int *claim, char *message, size_t message_size);

#endif
