/* SPDX-License-Identifier: BSD-3-Clause */
/* See control.h. */

#include "pe/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <event2/event.h>

#include "ctl/agent/agent.h"
#include "ctl/agent/supervisor.h"
#include "ctl/agent/wipe.h"
#include "pe/carry.h"
#include "pe/registry.h"
#include "pe/stats.h"

enum {
	TICK_MS = 10,
	MOVING_MS = 1, /* while buckets wait for their turn to move */
	STATS_NS = 1000000000,
};

/** What the loop goes round. */
struct control {
	struct pe *pe;
	const struct control_options *options;
	struct event_base *base;
	struct event *tick, *signals;
	struct agent *agent;
	struct supervisor supervisor;
	uint64_t next_stats_ns;
	bool ends;
	bool again; /* reload the file: that was asked while a document was being opened */
};

void
control_write_stats(struct pe *pe, const struct control_options *options)
{
	static int told; /* once: the same each second would push all else out of the log */
	int err = stats_write(pe, options->stats);

	if (err != 0 && err != told)
		pe_log(pe, "--stats: %s: %s", options->stats, strerror(-err));
	told = err;
}

void
control_export(struct pe *pe, const struct control_options *options)
{
	if (options->export != NULL)
		carry_out(pe, options->export);
	else
		pe_log(pe, "SIGUSR2: there is no --export that says where to");
}

/** Says what is wrong with the operator's file. */
static void
report(const struct control *control, const struct config_fault *fault)
{
	const struct document_error *at = &fault->document;

	pe_log(control->pe, "%s%s%s: %s", control->options->document,
	       at->path[0] != '\0' ? ": " : "", at->path, at->message);
	if (at->line != 0)
		pe_log(control->pe, "that is in line %d, column %d", at->line, at->column);
	pe_log(control->pe, "epoch %lu goes on", control->pe->current->number);
}

/** Puts the operator's file in force. */
static void
reload_now(struct control *control)
{
	struct config_fault fault;
	const char *changed;

	if (!agent_reload(control->agent, &fault)) {
		report(control, &fault);
		return;
	}
	changed = registry_changed(control->pe->registry);
	if (changed != NULL)
		pe_log(control->pe,
		       "%s was written over and what was loaded of it is in danger: move new files "
		       "into place (install, mv) instead, and restart",
		       changed);
}

/** As config_ready_fn. */
static void
on_ready(void *arg)
{
	struct control *control = arg;

	if (!control->ends)
		reload_now(control);
}

/** While a document is being opened, it waits: the file, and what it names, may have changed since
 * that began. */
static void
reload(struct control *control)
{
	control->again = config_is_opening(agent_config(control->agent));
	if (!control->again && !agent_reload_ahead(control->agent, on_ready, control))
		reload_now(control);
}

static void
on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct control *control = arg;
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGHUP:
			reload(control);
			break;
		case SIGUSR2:
			control_export(control->pe, control->options);
			break;
		default:
			event_base_loopbreak(control->base);
			return;
		}
	}
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct control *control = arg;
	struct pe *pe = control->pe;
	struct timeval wait = {0};

	pe_tick(pe);
	supervisor_tick(&control->supervisor, pe);
	if (control->again)
		reload(control);
	if (control->options->stats != NULL && pe_now_ns(pe) >= control->next_stats_ns) {
		control_write_stats(pe, control->options);
		control->next_stats_ns = pe_now_ns(pe) + STATS_NS;
	}
	wait.tv_usec = (pe_moving(pe) ? MOVING_MS : TICK_MS) * 1000L;
	event_add(control->tick, &wait);
}

/** @return 0 or a negative errno */
static int
open_loop(struct control *control, const sigset_t *signals)
{
	const struct timeval at_once = {0};
	int fd = signalfd(-1, signals, SFD_NONBLOCK | SFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	control->base = event_base_new();
	if (control->base != NULL) {
		control->tick = evtimer_new(control->base, on_tick, control);
		control->signals =
			event_new(control->base, fd, EV_READ | EV_PERSIST, on_signal, control);
	}
	if (control->tick == NULL || control->signals == NULL) {
		close(fd);
		return -ENOMEM;
	}
	event_add(control->tick, &at_once);
	event_add(control->signals, NULL);
	return 0;
}

static void
close_loop(struct control *control)
{
	control->ends = true;
	agent_close(control->agent);
	if (control->tick != NULL)
		event_free(control->tick);
	if (control->signals != NULL) {
		close(event_get_fd(control->signals));
		event_free(control->signals);
	}
	if (control->base != NULL)
		event_base_free(control->base);
}

int
control_run(struct pe *pe, const struct control_options *options, const sigset_t *signals,
	    struct history *history)
{
	struct control control = {.pe = pe, .options = options};
	struct document_error error = {0};
	int err;

	wipe_what_is_freed();
	err = open_loop(&control, signals);

	if (err != 0) {
		history_close(history);
		pe_log(pe, "control cannot run: %s", strerror(-err));
	} else {
		err = agent_open(control.base, pe, options->document, history, &control.agent,
				 &error);
		if (err != 0)
			pe_log(pe, "%s: %s: %s", options->document, error.path, error.message);
	}
	if (err == 0) {
		supervisor_ready(&control.supervisor, pe);
		event_base_dispatch(control.base);
		supervisor_stopping();
		if (config_is_opening(agent_config(control.agent)))
			pe_log(pe, "the document that is being opened is given up");
	}
	close_loop(&control);
	return err;
}
