/* SPDX-License-Identifier: BSD-3-Clause */
/* One connection to a control socket: calls, one after another. */

#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <jansson.h>
#include <stddef.h>

struct client;
struct secure_options;

/** Connects by TLS. @param[out] message  why not @return NULL when it cannot */
struct client *client_open_secure(const struct secure_options *options, char *message,
				  size_t message_size);

/** Connects to a Unix socket. @param[out] message  why not, and what to do @return NULL when it
 * cannot */
struct client *client_open(const char *socket, char *message, size_t message_size);

/** Accepts NULL. */
void client_close(struct client *client);

/**
 * Calls a method and waits for the answer.
 * @param params  that it takes; NULL: none
 * @return a new reference to the answer, which has "result" or "error"; NULL when the connection
 * has ended, with @p message filled
 */
json_t *client_call(struct client *client, const char *method, json_t *params, char *message,
		    size_t message_size);

/**
 * Waits for what the server tells on its own, of a call that began it.
 * @return a new reference to the notification; NULL when the connection has ended, with @p message
 * filled
 */
json_t *client_hear(struct client *client, char *message, size_t message_size);

#endif
