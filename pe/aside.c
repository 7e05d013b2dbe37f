/* SPDX-License-Identifier: BSD-3-Clause */
/* See aside.h. */

#include "pe/aside.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pe/env.h"

enum { NICE = 10 /* of the thread: it takes what workers and control leave */ };

struct aside {
	struct pe *pe;
	struct document *document;
	pthread_t thread;
	int fd;
	/* The thread's until it has ended. */
	char *said; /* lines for the log, each with a zero at its end */
	size_t said_size;
	FILE *say;
	int err;
	struct document_error error;
};

static bool
opens_aside(const struct document_instance *conf)
{
	return (conf->contract->flags & WP_OPENS_ASIDE) != 0 && conf->contract->open != NULL;
}

static int
open_one(struct aside *aside, uint32_t i)
{
	struct document_instance *conf = &aside->document->instances[i];
	struct instance instance = {.name = conf->name};
	char at[64];
	struct wp_env env = {.pe = aside->pe,
			     .document = aside->document,
			     .instance = &instance,
			     .at = at,
			     .tenant = -1,
			     .said = aside->say,
			     .error = &aside->error};
	int err;

	snprintf(at, sizeof(at), "/instances/%u/config", i);
	err = conf->contract->open(&env, conf->config, &conf->opened);
	conf->is_opened = err == 0;
	if (err != 0 && aside->error.message[0] == '\0')
		wp_error(&env, err, NULL, "service '%s' refuses to open: %s", conf->service,
			 strerror(-err));
	return err;
}

static void *
open_all(void *arg)
{
	struct aside *aside = arg;
	const uint64_t one = 1;

	pthread_setname_np(pthread_self(), "wp-aside");
	setpriority(PRIO_PROCESS, 0, NICE); /* Linux: of this thread only */
	for (uint32_t i = 0; aside->err == 0 && i < aside->document->n_instances; i++)
		if (opens_aside(&aside->document->instances[i]))
			aside->err = open_one(aside, i);
	while (write(aside->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return NULL;
}

static bool
takes_long(const struct document *document)
{
	for (uint32_t i = 0; i < document->n_instances; i++)
		if (opens_aside(&document->instances[i]))
			return true;
	return false;
}

static void
aside_free(struct aside *aside)
{
	if (aside->say != NULL)
		fclose(aside->say);
	if (aside->fd >= 0)
		close(aside->fd);
	free(aside->said);
	free(aside);
}

int
aside_begin(struct pe *pe, struct document *document, struct aside **aside,
	    struct document_error *error)
{
	int err = pe_bind(pe, document, error);
	struct aside *new;

	if (err != 0)
		return err;
	if (!takes_long(document))
		return -ENOENT;
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return document_refuse(error, -ENOMEM, "", "no memory");
	new->pe = pe;
	new->document = document;
	new->fd = eventfd(0, EFD_CLOEXEC);
	new->say = open_memstream(&new->said, &new->said_size);
	if (new->fd < 0 || new->say == NULL)
		err = -ENOMEM;
	else
		err = -pthread_create(&new->thread, NULL, open_all, new);
	if (err != 0) {
		aside_free(new);
		return document_refuse(error, err, "", "no thread to open it: %s", strerror(-err));
	}
	*aside = new;
	return 0;
}

int
aside_fd(const struct aside *aside)
{
	return aside->fd;
}

int
aside_end(struct aside *aside, struct document_error *error)
{
	int err;

	pthread_join(aside->thread, NULL);
	fflush(aside->say);
	for (size_t at = 0; at < aside->said_size; at += strlen(aside->said + at) + 1)
		pe_log(aside->pe, "%s", aside->said + at);
	err = aside->err;
	if (err != 0) {
		*error = aside->error;
		aside_close(aside->document);
	}
	aside_free(aside);
	return err;
}

void
aside_close(struct document *document)
{
	for (uint32_t i = 0; i < document->n_instances; i++) {
		struct document_instance *conf = &document->instances[i];

		if (conf->is_opened)
			conf->contract->close(conf->opened);
		conf->is_opened = false;
	}
}
