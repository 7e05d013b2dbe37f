/* SPDX-License-Identifier: BSD-3-Clause */
/* See scratch.h. */

#include "pe/scratch.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

int
scratch_make(char *name, size_t size)
{
	const char *where = getenv("TMPDIR");
	int n = snprintf(name, size, "%s/waypoint-XXXXXX", where != NULL ? where : "/tmp");

	if (n < 0 || (size_t)n >= size || mkdtemp(name) == NULL) {
		int err = n < 0 || (size_t)n >= size ? -ENAMETOOLONG : -errno;

		name[0] = '\0';
		return err;
	}
	return 0;
}

static int
remove_one(const char *name, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(name);
}

void
scratch_remove(const char *name)
{
	if (name[0] != '\0')
		nftw(name, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
