/* SPDX-License-Identifier: BSD-3-Clause */
/* See listen.h. */

#include "ctl/agent/listen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/listener.h>

enum { BACKLOG = 64, MODE = 0660 };

struct listening {
	struct conns *conns;
	struct evconnlistener *listener;
	struct sockaddr_un address;
	dev_t device; /* of the file that is ours */
	ino_t inode;
};

static void
on_connection(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
	      int length, void *arg)
{
	struct listening *listening = arg;
	struct bufferevent *bev;
	struct ucred cred = {.uid = (uid_t)-1};
	socklen_t size = sizeof(cred);
	char who[64];

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) != 0) {
		close(fd);
		return;
	}
	snprintf(who, sizeof(who), "uid %u pid %d", cred.uid, cred.pid);
	bev = bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
	if (bev == NULL)
		close(fd);
	else
		conn_begin(listening->conns, bev, who, true);
}

/** @return whether somebody listens on a socket file. */
static bool
is_alive(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive;

	if (fd < 0)
		return true; /* who knows */
	alive = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		errno != ECONNREFUSED;
	close(fd);
	return alive;
}

/** Takes away what an earlier process has left. @return 0 or a negative errno */
static int
clear_place(const struct sockaddr_un *address)
{
	struct stat is;

	if (lstat(address->sun_path, &is) != 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(is.st_mode))
		return -EEXIST;
	if (is_alive(address))
		return -EADDRINUSE;
	return unlink(address->sun_path) == 0 ? 0 : -errno;
}

/** Binds with the right mode from the beginning. @return a socket or a negative errno */
static int
open_socket(const struct sockaddr_un *address)
{
	int err = clear_place(address), fd;
	mode_t mask;

	if (err != 0)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	mask = umask(0777 & ~MODE);
	err = bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ? 0 : -errno;
	umask(mask);
	if (err == 0 && listen(fd, BACKLOG) != 0)
		err = -errno;
	if (err == 0)
		return fd;
	close(fd);
	return err;
}

static const char *
words_of(int err)
{
	switch (err) {
	case -EADDRINUSE:
		return "another process listens there";
	case -EEXIST:
		return "there is a file that is no socket";
	default:
		return strerror(-err);
	}
}

int
listen_unix(struct event_base *base, struct conns *conns, const char *path,
	    struct listening **listening, char *message, size_t message_size)
{
	struct listening *new = calloc(1, sizeof(*new));
	struct stat is;
	int fd = -ENOMEM;

	if (new != NULL && strlen(path) >= sizeof(new->address.sun_path))
		fd = -ENAMETOOLONG;
	else if (new != NULL) {
		new->conns = conns;
		new->address.sun_family = AF_UNIX;
		strcpy(new->address.sun_path, path);
		fd = open_socket(&new->address);
	}
	if (fd >= 0) {
		new->listener =
			evconnlistener_new(base, on_connection, new,
					   LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
		if (new->listener != NULL && stat(path, &is) == 0) {
			new->device = is.st_dev;
			new->inode = is.st_ino;
			*listening = new;
			return 0;
		}
		close(fd);
		fd = -ENOMEM;
	}
	snprintf(message, message_size, "%s: %s", path, words_of(fd));
	free(new);
	return fd;
}

void
listen_end(struct listening *listening)
{
	struct stat is;

	if (listening == NULL)
		return;
	/* Another process may have its own there by now. */
	if (lstat(listening->address.sun_path, &is) == 0 && is.st_dev == listening->device &&
	    is.st_ino == listening->inode)
		unlink(listening->address.sun_path);
	evconnlistener_free(listening->listener);
	free(listening);
}
