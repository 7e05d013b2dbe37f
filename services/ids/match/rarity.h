/* SPDX-License-Identifier: BSD-3-Clause */
/* How seldom bytes are met in traffic: an estimate that needs no traffic. */

#ifndef IDS_RARITY_H
#define IDS_RARITY_H

#include <stdbool.h>
#include <stdint.h>

/** @return how much bytes tell, in eighths of a bit: the more, the less often they are met. @param
 * nocase  letters of both cases will do */
unsigned int rarity(const uint8_t *bytes, unsigned int size, bool nocase);

/**
 * Hyperscan looks for the last bytes of a literal first: where those are rare, it has less to look
 * at.
 * @return how many of its first bytes are better looked for than all of them
 */
unsigned int rarity_end(const uint8_t *bytes, unsigned int size, bool nocase);

#endif
