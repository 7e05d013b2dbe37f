/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening a file of the operator's that must be a plain one. Control or log thread. */

#ifndef WP_PLAIN_FILE_H
#define WP_PLAIN_FILE_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/**
 * Opens a plain file by its own name. What is none is not waited for, nor does it become our
 * terminal: a pipe or a device is refused at once.
 *
 * @param flags    of open(), beyond those that see to this
 * @param mode     of a file that O_CREAT makes
 * @param[out] is  what the file is
 * @return a descriptor, or a negative errno: -ELOOP for a symbolic link, -EINVAL for no plain file
 */
static inline int
wp_open_plain(const char *file, int flags, mode_t mode, struct stat *is)
{
	int fd = open(file, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode);
	int err;

	*is = (struct stat){0};
	if (fd < 0)
		return -errno;
	err = fstat(fd, is) != 0 ? -errno : S_ISREG(is->st_mode) ? 0 : -EINVAL;
	if (err == 0)
		return fd;
	close(fd);
	return err;
}

/** @return in words what is wrong with a file that was not opened: a negative errno of ours. */
static inline const char *
wp_plain_why(int err)
{
	return err == -ELOOP    ? "is a symbolic link: name the file itself"
	       : err == -EINVAL ? "is no plain file"
				: strerror(-err);
}

#endif
