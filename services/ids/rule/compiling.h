/* SPDX-License-Identifier: BSD-3-Clause */
/* What rules are read and compiled with. Control, or a thread beside it. */

#ifndef IDS_COMPILING_H
#define IDS_COMPILING_H

#include <stdbool.h>
#include <stddef.h>

struct wp_env;

struct compiling {
	const char *cache; /* folder of what is compiled, or NULL */
	/** As wp_env_is_over(); or NULL. Asked before what takes half a second. */
	bool (*is_over)(const struct wp_env *env);
	const struct wp_env *env;
	int *not_kept; /* gets a negative errno when the folder takes something not; or NULL */
};

/** @return the folder. @param compiling  NULL: there is none, as where it says so */
static inline const char *
compiling_cache(const struct compiling *compiling)
{
	return compiling == NULL ? NULL : compiling->cache;
}

/** Notes that something was kept, or why not: it is made again the next time. */
static inline void
compiling_kept(const struct compiling *compiling, int err)
{
	if (err != 0 && compiling->not_kept != NULL)
		*compiling->not_kept = err;
}

/** @return whether to give up, with -ECANCELED. @param compiling  NULL: never */
static inline bool
compiling_is_over(const struct compiling *compiling)
{
	return compiling != NULL && compiling->is_over != NULL &&
	       compiling->is_over(compiling->env);
}

#endif
