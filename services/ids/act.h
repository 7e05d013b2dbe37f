/* SPDX-License-Identifier: BSD-3-Clause */
/* What a rule that holds does at once: it sets bits, and describes its alert. */

#ifndef IDS_ACT_H
#define IDS_ACT_H

#include "match/ask.h"

/** Does what the rule says: an ask_hit. @param arg  struct detect */
void act(void *arg, struct moment *moment, const struct asked *asked);

#endif
