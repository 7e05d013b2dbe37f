/* SPDX-License-Identifier: BSD-3-Clause */
/* See ids_control.h. */

#include "ids_control.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct control {
	struct host *host;
	pthread_t thread;
	atomic_bool ends;
	int core; /* the worker's */
	uint64_t cpu_ns;
};

static const struct timespec turn = {.tv_nsec = 1000000};

/** Goes to another core than the worker's. With one core only, it stays there. */
static void
move(int core)
{
	cpu_set_t cores;

	CPU_ZERO(&cores);
	for (int i = 0; i < (int)sysconf(_SC_NPROCESSORS_CONF); i++)
		if (i != core)
			CPU_SET(i, &cores);
	(void)pthread_setaffinity_np(pthread_self(), sizeof(cores), &cores);
}

static void *
run(void *arg)
{
	struct control *control = arg;
	struct timespec took;

	move(control->core);
	while (!atomic_load_explicit(&control->ends, memory_order_relaxed)) {
		host_control(control->host);
		nanosleep(&turn, NULL);
	}
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &took);
	control->cpu_ns = (uint64_t)took.tv_sec * 1000000000 + (uint64_t)took.tv_nsec;
	return NULL;
}

struct control *
control_start(struct host *host)
{
	struct control *new = calloc(1, sizeof(*new));

	if (new != NULL) {
		new->host = host;
		new->core = sched_getcpu();
	}
	if (new == NULL || pthread_create(&new->thread, NULL, run, new) != 0) {
		fprintf(stderr, "ids_bench: no thread for control\n");
		exit(EXIT_FAILURE);
	}
	return new;
}

uint64_t
control_stop(struct control *control)
{
	uint64_t cpu_ns;

	atomic_store_explicit(&control->ends, true, memory_order_relaxed);
	pthread_join(control->thread, NULL);
	cpu_ns = control->cpu_ns;
	free(control);
	return cpu_ns;
}
