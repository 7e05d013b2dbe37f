/* SPDX-License-Identifier: BSD-3-Clause */
/* docs/nat-conformance.md: what holds, and which scenario shows it. */

#ifndef TESTS_NAT_MARKDOWN_H
#define TESTS_NAT_MARKDOWN_H

#include "bench.h"
#include "clauses.h"

/** Prints the document. @return EXIT_SUCCESS */
int markdown_print(const struct nat_product *product);

/** @return what a clause claims that no scenario backs, or a name in it that there is not; NULL:
 * nothing. */
const char *markdown_fault(const struct nat_product *product, const struct clause *clause);

/** @return whether some clause names a scenario. */
bool markdown_mentions(const char *scenario);

#endif
