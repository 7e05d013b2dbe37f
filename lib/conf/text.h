/* SPDX-License-Identifier: BSD-3-Clause */
/* Small texts of configurations; for the files of this folder only. */

#ifndef WP_CONF_TEXT_H
#define WP_CONF_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "addr.h"

/** Reads a decimal number without sign or spaces. @return 0 or -EINVAL */
int conf_number(const char *text, uint32_t *number);

/** Reads "80", "1024-65535" or "any". @return 0 or -EINVAL */
int conf_port_range(const char *text, struct wp_port_range *range);

/** Puts '?' for each byte that is not printable ASCII: what others wrote must not reach a terminal
 * or a JSON reply as it is. */
void conf_make_printable(char *text);

#endif
