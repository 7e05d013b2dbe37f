/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the scenarios of all requirements against one NAT. */

#ifndef TESTS_NAT_RUNNER_H
#define TESTS_NAT_RUNNER_H

#include "requirements.h"

/** @return how many scenarios there are, those that only say where to look included. */
int runner_count(void);

/** @return one of them. @param i  from 0 */
const struct requirement *runner_at(int i);

/** @return the one of that name, or NULL. */
const struct requirement *runner_find(const char *name);

/** @return why a scenario is not run against @p product: "elsewhere", or what it lacks; NULL: it is
 */
const char *runner_skips(const struct nat_product *product, const struct requirement *row);

/** Runs one against @p product, unless it is to be skipped. */
void runner_run(const struct nat_product *product, const struct requirement *row);

/** Prints all with what becomes of them. @return EXIT_SUCCESS */
int runner_list(const struct nat_product *product);

#endif
