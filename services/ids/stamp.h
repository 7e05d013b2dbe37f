/* SPDX-License-Identifier: BSD-3-Clause */
/* By which files a set of rules is known: whether they are still the ones that were read. */

#ifndef IDS_STAMP_H
#define IDS_STAMP_H

#include <stdint.h>

struct ids_conf;

/** @return a number that is another one when a file of the configuration is another one:
 * rules, thresholds, classes, references, the database of countries. Control, or a thread beside
 * it. */
uint64_t stamp_of(const struct ids_conf *conf);

#endif
