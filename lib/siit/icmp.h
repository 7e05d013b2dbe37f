/* SPDX-License-Identifier: BSD-3-Clause */
/* Types, codes and second words of ICMP messages of one family in the other's words (RFC 7915 4.2
 * and 5.2). */

#ifndef SIIT_ICMP_H
#define SIIT_ICMP_H

#include <stdbool.h>
#include <stdint.h>

#include "siit/header.h"
#include "siit/siit.h"

#define ICMP_HEADER_SIZE 8

/** @return whether a message of a type that has a counterpart quotes a packet. */
bool icmp_quotes(uint8_t version, uint8_t type);

/**
 * @param icmp  8 bytes; the length of RFC 4884 becomes 0, the checksum stays as it is
 * @param quoted  what an error quotes, read; NULL for others
 * @return 0, or -EPROTONOSUPPORT with @p icmp untouched
 */
int icmp_turn(uint8_t version, uint8_t *icmp, const struct header *quoted,
	      const struct wp_siit *how);

/** @return how many bytes of the packet that an error quotes belong to it, by RFC 4884: extensions
 * follow. 0: it does not say. */
unsigned int icmp_quoted_length(uint8_t version, const uint8_t *icmp);

#endif
