/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether what a rule says about packets and flows holds, bytes apart. */

#ifndef IDS_HOLDS_H
#define IDS_HOLDS_H

#include <stdbool.h>

#include "match/detector.h"

struct wp_core;

/** @return whether a rule is about such packets: protocol, addresses, ports, direction. */
bool holds_header(const struct asked *asked, const struct moment *moment);

/** @return whether its conditions on packets, flows and messages hold. */
bool holds_conditions(const struct detector *detector, const struct asked *asked,
		      const struct moment *moment, struct wp_core *core);

#endif
