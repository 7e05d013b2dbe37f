/* SPDX-License-Identifier: BSD-3-Clause */
/* See ahead.h. */

#include "ctl/agent/ahead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pe/aside.h"

struct ahead {
	struct event_base *base;
	struct pe *pe;
	const char *file;
	struct aside *aside; /* NULL: nothing is being opened */
	struct event *opened;
	ahead_fn ready;
	void *arg; /* its */
	json_t *json;
	struct document *document; /* NULL: it was taken, or could not be opened */
	/* While ready() runs. */
	bool is_ready;
	int err;
	struct document_error error;
};

struct ahead *
ahead_create(struct event_base *base, struct pe *pe, const char *file)
{
	struct ahead *ahead = calloc(1, sizeof(*ahead));

	if (ahead != NULL) {
		ahead->base = base;
		ahead->pe = pe;
		ahead->file = file;
	}
	return ahead;
}

/** Closes what nobody has taken. */
static void
clear(struct ahead *ahead)
{
	if (ahead->document != NULL)
		aside_close(ahead->document);
	document_destroy(ahead->document);
	json_decref(ahead->json);
	ahead->document = NULL;
	ahead->json = NULL;
}

/** Waits until the document is open, or cannot be. */
static void
finish(struct ahead *ahead)
{
	if (ahead->opened != NULL)
		event_free(ahead->opened);
	ahead->err = aside_end(ahead->aside, &ahead->error);
	ahead->aside = NULL;
	ahead->opened = NULL;
}

void
ahead_destroy(struct ahead *ahead)
{
	if (ahead == NULL)
		return;
	if (ahead->aside != NULL) {
		aside_give_up(ahead->aside);
		finish(ahead);
		clear(ahead);
		ahead->ready(ahead->arg);
	}
	clear(ahead);
	free(ahead);
}

void
ahead_give_up(struct ahead *ahead)
{
	if (ahead->aside != NULL)
		aside_give_up(ahead->aside);
}

bool
ahead_is_busy(const struct ahead *ahead)
{
	return ahead->aside != NULL;
}

bool
ahead_is_ready(const struct ahead *ahead)
{
	return ahead->is_ready;
}

static void
on_opened(evutil_socket_t fd, short what, void *arg)
{
	struct ahead *ahead = arg;

	finish(ahead);
	ahead->is_ready = true;
	ahead->ready(ahead->arg);
	ahead->is_ready = false;
	clear(ahead);
}

/** Begins to open a document that was parsed. */
static int
begin(struct ahead *ahead)
{
	int err = aside_begin(ahead->pe, ahead->document, &ahead->aside, &ahead->error);

	if (err != 0)
		return err;
	ahead->opened = event_new(ahead->base, aside_fd(ahead->aside), EV_READ, on_opened, ahead);
	if (ahead->opened != NULL && event_add(ahead->opened, NULL) == 0)
		return 0;
	finish(ahead);
	return -ENOMEM;
}

bool
ahead_begin(struct ahead *ahead, json_t *document, ahead_fn ready, void *arg)
{
	char *text;
	int err;

	if (ahead->aside != NULL || ahead->is_ready)
		return false;
	text = json_dumps(document, JSON_COMPACT);
	if (text == NULL)
		return false;
	err = document_parse_as(ahead->file, text, strlen(text), &ahead->document, &ahead->error);
	free(text);
	if (err != 0)
		return false;
	ahead->json = json_incref(document);
	ahead->ready = ready;
	ahead->arg = arg;
	if (begin(ahead) == 0)
		return true;
	clear(ahead);
	return false;
}

int
ahead_take(struct ahead *ahead, const json_t *json, struct document **document,
	   struct document_error *error)
{
	if (!ahead->is_ready || !json_equal(json, ahead->json))
		return -ENOENT;
	if (ahead->err != 0) {
		*error = ahead->error;
		return ahead->err;
	}
	if (ahead->document == NULL)
		return -ENOENT;
	*document = ahead->document;
	ahead->document = NULL;
	return 0;
}
