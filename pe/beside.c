/* SPDX-License-Identifier: BSD-3-Clause */
/* See beside.h. */

#include "pe/beside.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *
beside_program(const char *relative, char file[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", file, PATH_MAX - 1);

	while (n > 0 && file[n - 1] != '/')
		n--;
	if (n <= 0 || (size_t)n + strlen(relative) >= PATH_MAX)
		return NULL;
	snprintf(&file[n], PATH_MAX - (size_t)n, "%s", relative);
	return access(file, R_OK) == 0 ? file : NULL;
}
