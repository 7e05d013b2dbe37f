/* SPDX-License-Identifier: BSD-3-Clause */
/* Conditions on the headers of a packet. */

#ifndef IDS_HOLDS_PACKET_H
#define IDS_HOLDS_PACKET_H

#include <stdbool.h>

#include "match/moment.h"
#include "rule/rule.h"

/** @param match  of a kind from MATCH_TTL to MATCH_DSIZE @param pkt  NULL: there is none, and then
 * nothing holds */
bool holds_packet(const struct rule_match *match, const struct wp_packet *pkt);

#endif
