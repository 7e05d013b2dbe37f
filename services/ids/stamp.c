/* SPDX-License-Identifier: BSD-3-Clause */
/* See stamp.h. */

#include "stamp.h"

#include <sys/stat.h>

#include "conf.h"

/** Stirs what a file is known by into a number (FNV-1a, by words). */
static uint64_t
stir(uint64_t stamp, const char *file)
{
	struct stat is;
	uint64_t words[5];

	if (file[0] == '\0' || stat(file, &is) != 0)
		return stamp;
	words[0] = is.st_dev;
	words[1] = is.st_ino;
	words[2] = (uint64_t)is.st_size;
	words[3] = (uint64_t)is.st_mtim.tv_sec;
	words[4] = (uint64_t)is.st_mtim.tv_nsec;
	for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		stamp = (stamp ^ words[i]) * 1099511628211;
	return stamp;
}

uint64_t
stamp_of(const struct ids_conf *conf)
{
	const char *const *files = conf->rules.items;
	uint64_t stamp = stir(14695981039346656037u, conf->thresholds);

	stamp = stir(stamp, conf->classification);
	stamp = stir(stamp, conf->references);
	stamp = stir(stamp, conf->geo);
	for (uint32_t i = 0; i < conf->rules.n; i++)
		stamp = stir(stamp, files[i]);
	return stamp;
}
