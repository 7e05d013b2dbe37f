/* SPDX-License-Identifier: BSD-3-Clause */
/* See sink.h. */

#include "sink.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	ROOM = 1 << 20,
	AGAIN_NS = 1000000000, /* between attempts to connect */
};

struct sink {
	struct sockaddr_un to;
	int fd; /* -1: nobody listens */
	uint64_t next_ns;
	uint32_t start, used; /* of the buffer: first byte not yet sent, one past the last */
	char buffer[ROOM];
};

static void
connect_now(struct sink *sink)
{
	sink->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (sink->fd < 0)
		return;
	if (connect(sink->fd, (struct sockaddr *)&sink->to, sizeof(sink->to)) == 0)
		return;
	close(sink->fd);
	sink->fd = -1;
}

int
sink_open(const char *path, struct sink **sink)
{
	size_t size = strlen(path) + 1;
	struct sink *new;

	if (size > sizeof(new->to.sun_path))
		return -ENAMETOOLONG;
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return -ENOMEM;
	new->to.sun_family = AF_UNIX;
	memcpy(new->to.sun_path, path, size);
	connect_now(new);
	*sink = new;
	return 0;
}

const char *
sink_path(const struct sink *sink)
{
	return sink->to.sun_path;
}

static uint64_t
count_lines(const char *text, size_t size)
{
	uint64_t n = 0;

	for (size_t i = 0; i < size; i++)
		n += text[i] == '\n';
	return n;
}

/** Nobody listens any more. @return lines that are lost by that */
static uint64_t
hang_up(struct sink *sink)
{
	uint64_t lost = count_lines(sink->buffer + sink->start, sink->used - sink->start);

	close(sink->fd);
	sink->fd = -1;
	sink->start = sink->used = 0;
	return lost;
}

/** Sends what the socket takes. @return lines that are lost */
static uint64_t
flush(struct sink *sink)
{
	ssize_t n = 0;

	while (sink->fd >= 0 && sink->start != sink->used) {
		n = send(sink->fd, sink->buffer + sink->start, sink->used - sink->start,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n <= 0)
			break;
		sink->start += (uint32_t)n;
	}
	if (sink->start == sink->used)
		sink->start = sink->used = 0;
	return n < 0 && errno != EAGAIN && errno != EINTR ? hang_up(sink) : 0;
}

uint64_t
sink_put(struct sink *sink, const char *text, size_t size)
{
	uint64_t lost = 0;

	if (sink->fd >= 0 && sink->used + size > ROOM) {
		lost = flush(sink);
		memmove(sink->buffer, sink->buffer + sink->start, sink->used - sink->start);
		sink->used -= sink->start;
		sink->start = 0;
	}
	if (sink->fd < 0 || sink->used + size > ROOM)
		return lost + count_lines(text, size);
	memcpy(sink->buffer + sink->used, text, size);
	sink->used += (uint32_t)size;
	return lost;
}

uint64_t
sink_tick(struct sink *sink, uint64_t now_ns)
{
	uint64_t lost = flush(sink);

	if (sink->fd < 0 && now_ns >= sink->next_ns) {
		sink->next_ns = now_ns + AGAIN_NS;
		connect_now(sink);
	}
	return lost;
}

uint64_t
sink_close(struct sink *sink)
{
	uint64_t lost;

	if (sink == NULL)
		return 0;
	lost = flush(sink);
	if (sink->fd >= 0)
		lost += hang_up(sink);
	free(sink);
	return lost;
}
