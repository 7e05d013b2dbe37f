/* SPDX-License-Identifier: BSD-3-Clause */
/* See lines.h. */

#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plain_file.h"

enum {
	BUFFER_SIZE = 1 << 18,
	LOOK_NS = 1000000000, /* between looks at whether the file is still the one of that name */
};

struct wp_lines {
	char *path;
	int fd; /* -1: could not be opened again yet */
	dev_t device;
	ino_t inode;
	uint64_t next_look_ns;
	uint32_t start, used;     /* of the buffer: first byte not yet written, one past the last */
	char buffer[BUFFER_SIZE]; /* begins with the line that is not yet written whole */
};

/** Ends the line that somebody has left in the middle, for want of room: ours is not to be its
 * rest.
 */
static void
end_line(int fd, off_t size)
{
	char last = '\n';

	if (size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n' &&
	    write(fd, "\n", 1) != 1)
		return; /* nothing else will get into it either */
}

static int
open_file(struct wp_lines *lines)
{
	struct stat is;
	int fd = wp_open_plain(lines->path, O_RDWR | O_APPEND | O_CREAT, 0640, &is);

	if (fd == -EACCES) /* one may be allowed to write there, and no more */
		fd = wp_open_plain(lines->path, O_WRONLY | O_APPEND | O_CREAT, 0640, &is);
	if (fd < 0)
		return fd;
	end_line(fd, is.st_size);
	lines->start = 0; /* a line of which a part is in another file comes whole here */
	lines->fd = fd;
	lines->device = is.st_dev;
	lines->inode = is.st_ino;
	return 0;
}

int
wp_lines_open(const char *path, struct wp_lines **lines)
{
	struct wp_lines *new = calloc(1, sizeof(*new));
	int err = -ENOMEM;

	if (new == NULL)
		return -ENOMEM;
	new->path = strdup(path);
	if (new->path != NULL)
		err = open_file(new);
	if (err != 0) {
		free(new->path);
		free(new);
		return err;
	}
	*lines = new;
	return 0;
}

const char *
wp_lines_path(const struct wp_lines *lines)
{
	return lines->path;
}

/** @return whether the file of that name is the one we write. */
static bool
is_same_file(const struct wp_lines *lines)
{
	struct stat is;

	return lines->fd >= 0 && lstat(lines->path, &is) == 0 && is.st_dev == lines->device &&
	       is.st_ino == lines->inode;
}

static uint64_t
count_lines(const char *text, size_t n)
{
	uint64_t lines = 0;

	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	return lines;
}

/** Forgets the lines that are written whole. */
static void
drop_written(struct wp_lines *lines)
{
	const char *end = memrchr(lines->buffer, '\n', lines->start);
	uint32_t whole = end == NULL ? 0 : (uint32_t)(end + 1 - lines->buffer);

	memmove(lines->buffer, lines->buffer + whole, lines->used - whole);
	lines->used -= whole;
	lines->start -= whole;
}

/** Writes the buffer out as far as the file takes it; the rest stays for the next time. */
static void
flush(struct wp_lines *lines, uint64_t *written)
{
	while (lines->fd >= 0 && lines->start != lines->used) {
		const char *from = lines->buffer + lines->start;
		ssize_t n = write(lines->fd, from, lines->used - lines->start);

		if (n <= 0)
			break; /* no room on the disk, say */
		*written += count_lines(from, (size_t)n);
		lines->start += (uint32_t)n;
	}
	drop_written(lines);
}

bool
wp_lines_put(struct wp_lines *lines, const char *text, size_t size, uint64_t *written)
{
	if (lines->used + size > BUFFER_SIZE)
		flush(lines, written);
	if (lines->used + size > BUFFER_SIZE)
		return false;
	memcpy(lines->buffer + lines->used, text, size);
	lines->used += (uint32_t)size;
	return true;
}

bool
wp_lines_tick(struct wp_lines *lines, uint64_t now_ns, uint64_t *written)
{
	flush(lines, written);
	if (now_ns < lines->next_look_ns)
		return false;
	lines->next_look_ns = now_ns + LOOK_NS;
	if (is_same_file(lines))
		return false;
	if (lines->fd >= 0)
		close(lines->fd);
	lines->fd = -1;
	return open_file(lines) == 0;
}

uint64_t
wp_lines_close(struct wp_lines *lines, uint64_t *written)
{
	uint64_t lost;

	flush(lines, written);
	lost = count_lines(lines->buffer, lines->used);
	if (lines->fd >= 0)
		close(lines->fd);
	free(lines->path);
	free(lines);
	return lost;
}
