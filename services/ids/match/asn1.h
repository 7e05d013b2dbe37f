/* SPDX-License-Identifier: BSD-3-Clause */
/* "asn1": encodings (X.690) that have broken those who read them. */

#ifndef IDS_ASN1_H
#define IDS_ASN1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rule/rule.h"

/**
 * Looks at objects one after the other, and at those within sequences and sets. An object that is
 * not whole ends it, with all that is within.
 *
 * @param data  where the first one begins
 * @return whether there is anything of what a rule asks for. Pure; linear in @p size
 */
bool asn1_holds(const struct rule_asn1 *want, const uint8_t *data, size_t size);

#endif
