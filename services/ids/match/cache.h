/* SPDX-License-Identifier: BSD-3-Clause */
/* Compiled databases on disk, by what they were made of. Control. */

#ifndef IDS_CACHE_H
#define IDS_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#define CACHE_KEPT_S (30L * 86400) /* seconds that what nobody takes is kept */

struct hs_database;

/** What databases are made of: literals, or regular expressions. */
struct cache_source {
	const char *const *bytes;
	const size_t *sizes;
	const unsigned int *flags;
	unsigned int n;
};

/** Takes databases from a folder. @param[out] databases  @p n of them, each NULL if it was when
 * they were saved @return false: there are none of this source, or they are not whole, or of
 * another version or processor */
bool cache_load(const char *folder, const struct cache_source *source,
		struct hs_database **databases, unsigned int n);

/** Puts databases into a folder, in one file. @return 0 or a negative errno */
int cache_save(const char *folder, const struct cache_source *source,
	       struct hs_database *const *databases, unsigned int n);

/** Removes what processes that were killed have not finished, and what nobody has taken for
 * CACHE_KEPT_S: each set of rules leaves files of its own. */
void cache_sweep(const char *folder);

#endif
