/* SPDX-License-Identifier: BSD-3-Clause */
/* See aside.h. */

#include "pe/aside.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "pe/env.h"
#include "pe/opened.h"
#include "pe/tables.h"

enum { NICE = 10 /* of the thread: it takes what workers and control leave */ };

struct aside {
	struct pe *pe;
	struct document *document;
	uint32_t *numbers; /* index: instance; its stable number; 0: it is not to be opened */
	pthread_t thread;
	int fd;
	atomic_bool is_over; /* control writes: what is not open yet is not wanted any more */
	atomic_int tid;      /* the thread's; 0: it has not begun */
	/* The thread's until it has ended. */
	char *said; /* lines for the log, each with a zero at its end */
	size_t said_size;
	FILE *say;
	int err;
	struct document_error error;
};

/** @return whether there is something to do for an instance. */
static bool
opens_aside(const struct aside *aside, const struct document_instance *conf)
{
	return (conf->contract->flags & WP_OPENS_ASIDE) != 0 && conf->contract->open != NULL &&
	       opened_find(aside->pe->current, aside->document, conf) == NULL;
}

static bool
is_over(const struct aside *aside)
{
	return atomic_load(&aside->is_over);
}

static int
open_one(struct aside *aside, uint32_t i)
{
	struct document_instance *conf = &aside->document->instances[i];
	struct instance instance = {.name = conf->name, .number = aside->numbers[i]};
	char at[64];
	struct wp_env env = {.pe = aside->pe,
			     .document = aside->document,
			     .instance = &instance,
			     .at = at,
			     .tenant = -1,
			     .said = aside->say,
			     .is_over = &aside->is_over,
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
	atomic_store(&aside->tid, gettid());
	for (uint32_t i = 0; aside->err == 0 && i < aside->document->n_instances; i++)
		if (aside->numbers[i] != 0 && !is_over(aside))
			aside->err = open_one(aside, i);
	while (write(aside->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return NULL;
}

/** Notes which instances are to be opened. @return 0; -ENOENT: none; -ENOMEM */
static int
look(struct aside *aside)
{
	uint32_t n = aside->document->n_instances;
	bool some = false;

	aside->numbers = calloc(n + 1, sizeof(*aside->numbers));
	if (aside->numbers == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const struct document_instance *conf = &aside->document->instances[i];

		if (!opens_aside(aside, conf))
			continue;
		aside->numbers[i] = tables_instance(aside->pe->tables, conf->service, conf->name);
		if (aside->numbers[i] == 0)
			return -ENOMEM;
		some = true;
	}
	return some ? 0 : -ENOENT;
}

/** Begins. @return 0 or a negative errno */
static int
start(struct aside *aside)
{
	aside->fd = eventfd(0, EFD_CLOEXEC);
	aside->say = open_memstream(&aside->said, &aside->said_size);
	if (aside->fd < 0 || aside->say == NULL)
		return -ENOMEM;
	return -pthread_create(&aside->thread, NULL, open_all, aside);
}

static void
aside_free(struct aside *aside)
{
	if (aside->say != NULL)
		fclose(aside->say);
	if (aside->fd >= 0)
		close(aside->fd);
	free(aside->said);
	free(aside->numbers);
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
	new = calloc(1, sizeof(*new));
	if (new == NULL)
		return document_refuse(error, -ENOMEM, "", "no memory");
	new->pe = pe;
	new->document = document;
	new->fd = -1;
	err = look(new);
	if (err == 0)
		err = start(new);
	if (err != 0) {
		aside_free(new);
		return err == -ENOENT ? err
				      : document_refuse(error, err, "", "no thread to open it: %s",
							strerror(-err));
	}
	*aside = new;
	return 0;
}

int
aside_fd(const struct aside *aside)
{
	return aside->fd;
}

void
aside_give_up(struct aside *aside)
{
	int tid;

	atomic_store(&aside->is_over, true);
	tid = atomic_load(&aside->tid);
	if (tid != 0) /* it is waited for now */
		setpriority(PRIO_PROCESS, (id_t)tid, getpriority(PRIO_PROCESS, 0));
}

int
aside_end(struct aside *aside, struct document_error *error)
{
	int err;

	pthread_join(aside->thread, NULL);
	fflush(aside->say);
	for (size_t at = 0; at < aside->said_size; at += strlen(aside->said + at) + 1)
		pe_log(aside->pe, "%s", aside->said + at);
	if (aside->err == 0 && is_over(aside))
		aside->err = document_refuse(&aside->error, -ECANCELED, "", "given up");
	err = aside->err;
	if (err != 0) {
		*error = aside->error;
		aside_close(aside->document);
		tables_forget_instances(aside->pe->tables, aside->pe->current->document);
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
