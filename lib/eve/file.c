/* SPDX-License-Identifier: BSD-3-Clause */
/* The file that lines go to. A line that does not get there is counted, and nobody waits for it. */

#include "eve/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const eve_counters[] = {[EVE_LOST] = "lost", [EVE_WRITTEN] = "written", NULL};

/** @return whether the file of that name is still the one that is open. */
static bool
is_same(const struct eve *eve, const char *name)
{
	struct stat here, there;

	return strcmp(eve->name, name) == 0 && fstat(eve->fd, &here) == 0 &&
	       stat(name, &there) == 0 && here.st_dev == there.st_dev &&
	       here.st_ino == there.st_ino;
}

int
eve_open(const char *file, void *old, void **log)
{
	struct eve *new;

	if (old != NULL && is_same(old, file)) {
		*log = old;
		return 0;
	}
	new = calloc(1, sizeof(*new));
	if (new == NULL || (new->name = strdup(file)) == NULL) {
		free(new);
		return -ENOMEM;
	}
	new->fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0640);
	if (new->fd < 0) {
		int err = -errno;

		free(new->name);
		free(new);
		return err;
	}
	*log = new;
	return 0;
}

static uint64_t
count_lines(const char *text, size_t size)
{
	uint64_t n = 0;

	for (size_t i = 0; i < size; i++)
		n += text[i] == '\n';
	return n;
}

/** Writes what has gathered. */
static void
flush(struct eve *eve, uint64_t *counters)
{
	uint64_t lost;
	size_t at = 0;

	while (at < eve->used) {
		ssize_t n = write(eve->fd, eve->text + at, eve->used - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	lost = count_lines(eve->text + at, eve->used - at);
	counters[EVE_LOST] += lost;
	counters[EVE_WRITTEN] += count_lines(eve->text, at);
	eve->used = 0;
	/* A line that is there in part is ended, so that the next one can be read. */
	if (lost != 0 && at != 0 && eve->text[at - 1] != '\n')
		eve->text[eve->used++] = '\n';
}

void
eve_tick(void *log, uint64_t *counters, uint64_t now_ns)
{
	(void)now_ns;
	flush(log, counters);
}

void
eve_close(void *log, uint64_t *counters)
{
	struct eve *eve = log;

	flush(eve, counters);
	close(eve->fd);
	free(eve->name);
	free(eve);
}

char *
eve_line(struct eve *eve, uint64_t *counters)
{
	if (sizeof(eve->text) - eve->used < EVE_LINE_MAX)
		flush(eve, counters);
	return eve->text + eve->used;
}

void
eve_line_done(struct eve *eve, uint64_t *counters, int size)
{
	if (size <= 0 || size >= EVE_LINE_MAX)
		counters[EVE_LOST]++;
	else
		eve->used += (size_t)size;
}
