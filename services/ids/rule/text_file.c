/* SPDX-License-Identifier: BSD-3-Clause */
/* See text_file.h. */

#include "rule/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** Reads until there is no more; a file that grows meanwhile is cut. */
static int
read_all(int fd, char *text, size_t size, size_t *got)
{
	*got = 0;
	while (*got < size) {
		ssize_t n = read(fd, text + *got, size - *got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return 0;
}

int
text_file_read(const char *file, char **text, size_t *size)
{
	struct stat is = {0};
	char *made = NULL;
	size_t got = 0;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int err = fd < 0 ? -errno : fstat(fd, &is) != 0 ? -errno : 0;

	if (err == 0)
		err = S_ISDIR(is.st_mode)          ? -EISDIR
		      : !S_ISREG(is.st_mode)       ? -EINVAL
		      : is.st_size > TEXT_FILE_MAX ? -EFBIG
						   : 0;
	if (err == 0) {
		made = malloc((size_t)is.st_size + 1);
		err = made == NULL ? -ENOMEM : read_all(fd, made, (size_t)is.st_size, &got);
	}
	if (fd >= 0)
		close(fd);
	if (err != 0) {
		free(made);
		return err;
	}
	made[got] = '\0';
	*text = made;
	*size = got;
	return 0;
}

const char *
text_file_why(int err)
{
	return err == -EINVAL ? "is no plain file" : strerror(-err);
}
