/* SPDX-License-Identifier: BSD-3-Clause */
/* See replace.h. */

#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static int
write_all(int fd, const char *bytes, size_t size)
{
	while (size != 0) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

int
wp_replace_at(int folder, const char *name, const void *bytes, size_t size)
{
	char part[NAME_MAX + 1];
	int fd, err;

	if ((size_t)snprintf(part, sizeof(part), "%s.new", name) >= sizeof(part))
		return -ENAMETOOLONG;
	unlinkat(folder, part, 0); /* of a process that was killed */
	fd = openat(folder, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	err = write_all(fd, bytes, size);
	if (err == 0 && fsync(fd) != 0)
		err = -errno;
	close(fd);
	if (err == 0 && renameat(folder, part, folder, name) != 0)
		err = -errno;
	if (err != 0)
		unlinkat(folder, part, 0);
	return err != 0 || fsync(folder) == 0 ? err : -errno;
}
