/* SPDX-License-Identifier: BSD-3-Clause */
/* What the configuration alone says of who has which external ports. */

#ifndef NAT_ASK_H
#define NAT_ASK_H

#include <stddef.h>

/** As wp_service.ask(): "203.0.113.7:2345", whose is it? "10.0.0.5" or "red/10.0.0.5", of the
 * tenant red, what has it? */
int nat_ask(const void *inst, const char *question, char *answer, size_t size);

#endif
