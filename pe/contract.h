/* SPDX-License-Identifier: BSD-3-Clause */
/* What a module says of itself, looked over before any of it is believed. */

#ifndef PE_CONTRACT_H
#define PE_CONTRACT_H

#include <stddef.h>

#include "service.h"

/**
 * Checks a service's contract: ABI, calls, field tables (each field inside its struct, none over
 * another), state tables, counters and reasons. Control.
 * @param[out] message  "FILE: what is wrong, where"
 * @return 0 or -EINVAL
 */
int contract_check(const struct wp_service *service, const char *file, char *message, size_t size);

#endif
