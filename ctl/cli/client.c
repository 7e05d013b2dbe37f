/* SPDX-License-Identifier: BSD-3-Clause */
/* See client.h. */

#include "ctl/cli/client.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/cli/secure.h"

struct client {
	FILE *in, *out;        /* one socket: a stream that reads and writes would have to seek */
	struct secure *secure; /* NULL: a Unix socket */
	json_int_t next_id;
};

static const char *
hint_of(int err)
{
	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		return "; does waypointd run, and does its document name this control/socket?";
	case EACCES:
		return "; the socket is its owner's and its group's: try sudo";
	default:
		return "";
	}
}

static int
connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

struct client *
client_open(const char *socket, char *message, size_t message_size)
{
	struct client *client = calloc(1, sizeof(*client));
	int fd = client == NULL ? -1 : connect_to(socket), second;

	if (fd < 0) {
		snprintf(message, message_size, "%s: %s%s", socket, strerror(errno),
			 hint_of(errno));
		free(client);
		return NULL;
	}
	second = dup(fd);
	client->in = fdopen(fd, "r");
	client->out = second < 0 ? NULL : fdopen(second, "w");
	if (client->in != NULL && client->out != NULL)
		return client;
	snprintf(message, message_size, "%s: %s", socket, strerror(errno));
	client_close(client);
	return NULL;
}

struct client *
client_open_secure(const struct secure_options *options, char *message, size_t message_size)
{
	struct client *client = calloc(1, sizeof(*client));

	snprintf(message, message_size, "no memory");
	if (client == NULL)
		return NULL;
	client->secure = secure_open(options, message, message_size);
	if (client->secure != NULL) {
		client->in = secure_stream(client->secure, "r");
		client->out = secure_stream(client->secure, "w");
	}
	if (client->in != NULL && client->out != NULL)
		return client;
	client_close(client);
	return NULL;
}

void
client_close(struct client *client)
{
	if (client == NULL)
		return;
	if (client->in != NULL)
		fclose(client->in);
	if (client->out != NULL)
		fclose(client->out);
	secure_close(client->secure);
	free(client);
}

/** @return whether a request is out. */
static int
send_line(struct client *client, const json_t *request)
{
	/* A server that has gone is an answer, too; who reads our output may still go unheard. */
	void (*before)(int) = signal(SIGPIPE, SIG_IGN);
	int err = json_dumpf(request, client->out, JSON_COMPACT);

	if (err == 0 && (fputc('\n', client->out) == EOF || fflush(client->out) != 0))
		err = -1;
	signal(SIGPIPE, before);
	return err;
}

/** @return the next line as JSON, or NULL. */
static json_t *
receive_line(struct client *client)
{
	char *line = NULL;
	size_t size = 0;
	json_t *answer = NULL;

	if (getline(&line, &size, client->in) > 0)
		answer = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	free(line);
	return answer;
}

static void
say_ended(char *message, size_t message_size)
{
	snprintf(message, message_size, "the connection has ended%s%s", errno != 0 ? ": " : "",
		 errno != 0 ? strerror(errno) : "");
}

/** @return the next line that is an answer: subscribers are told of other things in between. */
static json_t *
receive_answer(struct client *client)
{
	json_t *line = receive_line(client);

	while (line != NULL && json_object_get(line, "id") == NULL) {
		json_decref(line);
		line = receive_line(client);
	}
	return line;
}

json_t *
client_call(struct client *client, const char *method, json_t *params, char *message,
	    size_t message_size)
{
	json_t *request = json_pack("{ss ss so sI}", "jsonrpc", "2.0", "method", method, "params",
				    params != NULL ? params : json_object(), "id",
				    (json_int_t)++client->next_id);
	json_t *answer = NULL;

	errno = 0;
	if (send_line(client, request) == 0)
		answer = receive_answer(client);
	if (answer == NULL)
		say_ended(message, message_size);
	json_decref(request);
	return answer;
}

json_t *
client_hear(struct client *client, char *message, size_t message_size)
{
	json_t *told;

	errno = 0;
	told = receive_line(client);
	if (told == NULL)
		say_ended(message, message_size);
	return told;
}
