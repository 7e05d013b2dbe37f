/* SPDX-License-Identifier: BSD-3-Clause */
/* See crash.h. Only what a signal handler may do is done here: no heap, no stdio. */

#include "pe/crash.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "pe/worker_ops.h"

static _Thread_local const struct worker *crash_worker; /* the one that this thread runs */

void
crash_tell(const struct worker *worker)
{
	crash_worker = worker;
}

static void
put(const char *text)
{
	ssize_t n = write(STDERR_FILENO, text, strlen(text));

	(void)n; /* there is nobody left to tell */
}

static const char *
signal_name(int number)
{
	switch (number) {
	case SIGSEGV:
		return "SIGSEGV (a wrong pointer)";
	case SIGBUS:
		return "SIGBUS";
	case SIGFPE:
		return "SIGFPE (a division by zero)";
	case SIGILL:
		return "SIGILL";
	default:
		return "SIGABRT";
	}
}

static void
handle(int number)
{
	const struct instance *instance =
		crash_worker == NULL
			? NULL
			: atomic_load_explicit(&crash_worker->running, memory_order_relaxed);

	put("waypointd: ");
	put(signal_name(number));
	if (instance != NULL) {
		put(" in instance '");
		put(instance->name);
		put("' of service '");
		put(instance->service->name);
		put("', or in what it left behind");
	}
	put("\n");
	raise(number); /* the handler is gone by now: it takes its course */
}

void
crash_watch(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	struct sigaction action = {.sa_handler = handle, .sa_flags = (int)SA_RESETHAND};

	for (unsigned int i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &action, NULL);
}
